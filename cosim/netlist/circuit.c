/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ngspice's expanded listing: its front end has already flattened the subcircuits and
 * evaluated the parameters. A line reads "    26 : m.xexc0.mt1 out a 0 0 nfet w=0.5u ...". */
#include "mixspike/netlist.h"
#include "netlist/words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct model {
  char name[MS_MAX_WORD];
  int type; /* MS_NFET, MS_PFET or -1 */
} model;

typedef struct parser {
  const ms_process *process;
  ms_circuit *circuit;
  size_t node_room, element_room, ic_room;
  size_t n_model;
  model *model;
  double scale; /* of lengths: `.options scale=` */
  int line;     /* of the deck, as the listing numbers it */
  ms_error *err;
} parser;

__attribute__((format(printf, 3, 4))) static int fail(const parser *p, int code, const char *format,
                                                      ...) {
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return ms_fail(p->err, code, "expanded netlist, line %d: %s", p->line, text);
}

/* The items with room for one more, zeroed; NULL without memory (they then stay as they are). */
static void *grow(void *items, size_t n, size_t *room, size_t size) {
  if (n < *room)
    return items;
  size_t more = *room ? 2 * *room : 64;
  char *grown = realloc(items, more * size);
  if (!grown)
    return NULL;
  memset(grown + *room * size, 0, (more - *room) * size);
  *room = more;
  return grown;
}

static int no_memory(const parser *p) {
  return ms_fail(p->err, MS_ENOMEM, "out of memory reading an expanded netlist");
}

static int find_node(parser *p, const char *name, unsigned *out) {
  ms_circuit *c = p->circuit;
  if (!strcmp(name, "gnd"))
    name = "0";
  for (size_t i = 0; i < c->n_node; i++)
    if (!strcmp(c->node[i], name)) {
      *out = (unsigned)i;
      return 0;
    }
  char **grown = grow(c->node, c->n_node, &p->node_room, sizeof *grown);
  if (!grown)
    return no_memory(p);
  c->node = grown;
  if (!(grown[c->n_node] = strdup(name)))
    return no_memory(p);
  *out = (unsigned)c->n_node++;
  return 0;
}

/* "m.xsoma.mt1" -> "soma.mt1". A device that the process makes of a subcircuit sits one level
 * deeper ("m.xsoma.x_mt1.m0"): the instance is what was drawn, not what is inside. */
static char *path_of(const ms_process *process, const char *name, int type) {
  const char *s = name;
  if (s[0] && s[1] == '.')
    s += 2;
  char *path = strdup(s), *to = path;
  if (!path || s == name)
    return path;
  const char *end = s + strlen(s), *last = strrchr(s, '.');
  if (type >= 0 && process->device[type].subcircuit && last) {
    const char *level = last;
    while (level > s && level[-1] != '.')
      level--;
    if (!strncmp(level, "x_m", 3))
      end = last;
  }
  for (bool start = true; s < end; s++) {
    bool inner = memchr(s, '.', (size_t)(end - s)) || end == last;
    if (start && *s == 'x' && inner)
      s += s[1] == '_';
    else
      *to++ = *s;
    start = *s == '.';
  }
  *to = 0;
  return path;
}

static int add_model(parser *p, const ms_words *w) {
  if (w->n < 3)
    return 0;
  model *grown = realloc(p->model, (p->n_model + 1) * sizeof *grown);
  if (!grown)
    return no_memory(p);
  p->model = grown;
  model *m = &grown[p->n_model++];
  snprintf(m->name, sizeof m->name, "%s", w->word[1]);
  m->type = !strncmp(w->word[2], "nmos", 4)   ? MS_NFET
            : !strncmp(w->word[2], "pmos", 4) ? MS_PFET
                                              : -1;
  return 0;
}

/* Models of one transistor in several size bins are called NAME.1, NAME.2... */
static int model_type(const parser *p, const char *name) {
  size_t n = strlen(name);
  for (size_t i = 0; i < p->n_model; i++)
    if (!strncmp(p->model[i].name, name, n) && (!p->model[i].name[n] || p->model[i].name[n] == '.'))
      return p->model[i].type;
  for (int type = MS_NFET; type <= MS_PFET; type++)
    if (!strcmp(p->process->device[type].name, name))
      return type;
  return -1;
}

static int number(const parser *p, const char *device, const char *what, const char *text,
                  double *value) {
  if (ms_spice_number(text, value))
    return 0;
  return fail(p, MS_EPARSE, "%s: %s '%.80s' is not a number; ngspice left it as it is", device,
              what, text);
}

static int transistor_params(const parser *p, const ms_words *w, ms_element *e) {
  const struct {
    const char *name;
    double *to;
  } known[] = {{"w", &e->w_m},    {"l", &e->l_m},   {"m", &e->m},    {"ad", &e->ad_m2},
               {"as", &e->as_m2}, {"pd", &e->pd_m}, {"ps", &e->ps_m}};
  enum { N_KNOWN = sizeof known / sizeof *known };
  e->m = 1;
  for (size_t i = 6; i < w->n; i++) {
    const char *equal = strchr(w->word[i], '=');
    if (!equal)
      return fail(p, MS_EPARSE, "%s: '%.80s' is no parameter", e->name, w->word[i]);
    size_t n = (size_t)(equal - w->word[i]), k = 0;
    double value;
    int rc = number(p, e->name, "parameter", equal + 1, &value);
    if (rc)
      return rc;
    while (k < N_KNOWN && (strlen(known[k].name) != n || strncmp(known[k].name, w->word[i], n)))
      k++;
    if (k < N_KNOWN)
      *known[k].to = value;
    else if (!strncmp(w->word[i], "nf=", 3) ? value != 1 : value != 0)
      return fail(p, MS_EUNSUPPORTED, "%s: parameter '%.80s' is not supported here", e->name,
                  w->word[i]);
  }
  e->w_m *= p->scale;
  e->l_m *= p->scale;
  e->pd_m *= p->scale;
  e->ps_m *= p->scale;
  e->ad_m2 *= p->scale * p->scale;
  e->as_m2 *= p->scale * p->scale;
  if (!(e->w_m > 0 && e->l_m > 0 && e->m > 0))
    return fail(p, MS_ERANGE, "%s: w, l and m must be positive", e->name);
  return 0;
}

/* Value of R, C, V, I and the area of D; sources only with a constant or `external`. */
static int read_value(const parser *p, const ms_words *w, ms_element *e) {
  size_t at = e->kind == 'd' ? 4 : 3;
  if (e->kind == 'd') {
    e->value = 1;
    if (w->n < 4 || !(e->model = strdup(w->word[3])))
      return w->n < 4 ? fail(p, MS_EPARSE, "%s: has no model", e->name) : no_memory(p);
    if (w->n == 4)
      return 0;
  }
  if (at < w->n && (e->kind == 'v' || e->kind == 'i')) {
    if (!strcmp(w->word[at], "external") && at + 1 == w->n)
      return 0; /* value 0: whoever drives it knows */
    at += !strcmp(w->word[at], "dc");
  }
  if (at >= w->n)
    return fail(p, MS_EPARSE, "%s: has no value", e->name);
  const char *text = w->word[at];
  if (text[0] == e->kind && text[1] == '=')
    text += 2;
  int rc = number(p, e->name, "value", text, &e->value);
  for (size_t i = at + 1; i < w->n && !rc; i++)
    if (strncmp(w->word[i], "ic=", 3) != 0)
      rc = fail(p, MS_EUNSUPPORTED, "%s: '%.80s' is not supported here", e->name, w->word[i]);
  return rc;
}

static int read_element(parser *p, const ms_words *w) {
  ms_circuit *c = p->circuit;
  char kind = *w->word[0];
  if (!strchr("mrcvid", kind))
    return fail(p, MS_EUNSUPPORTED,
                "%.100s: devices of kind '%c' are not supported here; only M, R, C, V, I and D",
                w->word[0], kind);
  ms_element *grown = grow(c->element, c->n_element, &p->element_room, sizeof *grown);
  if (!grown)
    return no_memory(p);
  c->element = grown;
  ms_element *e = &c->element[c->n_element++];
  *e = (ms_element){.name = strdup(w->word[0]), .kind = kind, .type = -1};
  if (!e->name)
    return no_memory(p);
  size_t n_node = kind == 'm' ? 4 : 2;
  if (w->n < n_node + 2)
    return fail(p, MS_EPARSE, "%s: needs %zu nodes and a model or value", e->name, n_node);
  int rc = 0;
  for (size_t i = 0; i < n_node && !rc; i++)
    rc = find_node(p, w->word[1 + i], &e->node[i]);
  if (!rc && kind == 'm') {
    e->type = model_type(p, w->word[5]);
    if (e->type < 0)
      return fail(p, MS_EPARSE, "%s: model '%.80s' is neither nmos nor pmos", e->name, w->word[5]);
    if (!(e->model = strdup(w->word[5])))
      return no_memory(p);
    rc = transistor_params(p, w, e);
  } else if (!rc)
    rc = read_value(p, w, e);
  if (!rc && !(e->path = path_of(p->process, e->name, e->type)))
    rc = no_memory(p);
  return rc;
}

/* "v(node)=0.5", several in one line. */
static int read_ic(parser *p, const ms_words *w) {
  ms_circuit *c = p->circuit;
  for (size_t i = 1; i < w->n; i++) {
    char node[MS_MAX_WORD], value[64];
    double v;
    unsigned at;
    if (sscanf(w->word[i], "v(%159[^)])=%63s", node, value) != 2 || !ms_spice_number(value, &v))
      return fail(p, MS_EPARSE, ".ic: '%.80s' is not v(node)=number", w->word[i]);
    int rc = find_node(p, node, &at);
    if (rc)
      return rc;
    void *grown = grow(c->ic, c->n_ic, &p->ic_room, sizeof *c->ic);
    if (!grown)
      return no_memory(p);
    c->ic = grown;
    c->ic[c->n_ic].node = at;
    c->ic[c->n_ic++].v = v;
  }
  return 0;
}

/* Some processes give sizes in micrometres and say so in `.options scale=1u`. */
static int read_scale(parser *p, const ms_words *w) {
  for (size_t i = 1; i < w->n; i++)
    if (!strncmp(w->word[i], "scale=", 6) &&
        (!ms_spice_number(w->word[i] + 6, &p->scale) || !(p->scale > 0)))
      return fail(p, MS_EPARSE, "'%.80s' is not a positive number", w->word[i]);
  return 0;
}

/* Text of a numbered line, or NULL for what else ngspice prints. */
static char *numbered(char *s, int *line) {
  if (!strncmp(s, "stdout ", 7))
    s += 7;
  char *end;
  while (*s == ' ')
    s++;
  long n = strtol(s, &end, 10);
  if (end == s || n <= 0 || n > 100000000 || strncmp(end, " : ", 3) != 0)
    return NULL;
  *line = (int)n;
  return end + 3;
}

static int read_line(parser *p, char *text, int pass) {
  if (*text == '*' || !*text)
    return 0;
  for (char *c = text; *c; c++)
    *c = (char)tolower((unsigned char)*c);
  bool dot = *text == '.', is_model = !strncmp(text, ".model", 6);
  bool is_option = !strncmp(text, ".option", 7);
  if (pass == 0 ? !is_model && !is_option : dot && strncmp(text, ".ic", 3) != 0)
    return 0;
  ms_words w;
  int rc = 0;
  if (!ms_words_cut(&w, text))
    rc = fail(p, MS_EREFUSED, "too many words");
  else if (w.n)
    rc = is_model    ? add_model(p, &w)
         : is_option ? read_scale(p, &w)
         : dot       ? read_ic(p, &w)
                     : read_element(p, &w);
  ms_words_free(&w);
  return rc;
}

/* Calls read_line for every logical line but the title. */
static int read_listing(parser *p, const char *listing, int pass) {
  char *copy = strdup(listing), *rest = copy, *held = NULL;
  int rc = copy ? 0 : no_memory(p), line = 0;
  while (!rc && rest) {
    char *s = numbered(strsep(&rest, "\n"), &line);
    if (!s || line == 1) /* the title, which is left out if it looks like a comment */
      continue;
    if (*s == '+' && held) {
      size_t n = strlen(held) + strlen(s) + 1;
      char *joined = malloc(n);
      if (!joined) {
        rc = no_memory(p);
        break;
      }
      snprintf(joined, n, "%s %s", held, s + 1);
      free(held);
      held = joined;
      continue;
    }
    if (held)
      rc = read_line(p, held, pass);
    free(held);
    p->line = line;
    if (!(held = strdup(s)))
      rc = no_memory(p);
  }
  if (!rc && held)
    rc = read_line(p, held, pass);
  free(held);
  free(copy);
  return rc;
}

int ms_circuit_parse(const char *listing, const ms_process *process, ms_circuit **out,
                     ms_error *err) {
  *out = NULL;
  parser p = {.process = process, .circuit = calloc(1, sizeof(ms_circuit)), .scale = 1, .err = err};
  if (!p.circuit)
    return no_memory(&p);
  unsigned ground;
  int rc = find_node(&p, "0", &ground);
  for (int pass = 0; pass < 2 && !rc; pass++)
    rc = read_listing(&p, listing, pass);
  if (!rc && !p.circuit->n_element)
    rc = ms_fail(err, MS_EPARSE, "the expanded netlist holds no device; ngspice refused the deck");
  free(p.model);
  if (rc) {
    ms_circuit_destroy(p.circuit);
    return rc;
  }
  *out = p.circuit;
  return 0;
}

void ms_circuit_destroy(ms_circuit *circuit) {
  if (!circuit)
    return;
  for (size_t i = 0; i < circuit->n_node; i++)
    free(circuit->node[i]);
  for (size_t i = 0; i < circuit->n_element; i++) {
    free(circuit->element[i].name);
    free(circuit->element[i].path);
    free(circuit->element[i].model);
  }
  free(circuit->node);
  free(circuit->element);
  free(circuit->ic);
  free(circuit);
}
