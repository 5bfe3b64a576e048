/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and checks a cell's netlist: what it may contain, its pins, its nodes. */
#include "netlist/cell_text.h"

#include "netlist/cell_values.h"
#include "netlist/expand.h"
#include "netlist/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20 };

typedef struct node {
  char *name;
  bool port, used, dc; /* dc: some device can carry current into it */
  int line;
} node;

/* The subcircuit being read. */
typedef struct scope {
  bool open, own;
  size_t n, room;
  node *node;
} scope;

typedef struct checker {
  ms_cell_text *text;
  const char *subckt;
  size_t n_local; /* subcircuits and models defined in the file */
  char **local;
  scope scope;
  ms_error *err;
} checker;

__attribute__((format(printf, 4, 5))) static int fail_at(const checker *c, int line, int code,
                                                         const char *format, ...) {
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return ms_fail(c->err, code, "%s:%d: %s", c->text->file, line, text);
}

static int no_memory(const checker *c) {
  return ms_fail(c->err, MS_ENOMEM, "out of memory reading %s", c->text->file);
}

static int push(const checker *c, char ***list, size_t *n, const char *s) {
  char **grown = realloc(*list, (*n + 1) * sizeof *grown);
  if (!grown)
    return no_memory(c);
  *list = grown;
  if (!(grown[*n] = strdup(s)))
    return no_memory(c);
  (*n)++;
  return 0;
}

static bool is_local(const checker *c, const char *name) {
  for (size_t i = 0; i < c->n_local; i++)
    if (!strcmp(c->local[i], name))
      return true;
  return false;
}

/* Notes that a device touches a node. */
static int touch(checker *c, const char *name, bool port, bool dc, int line) {
  if (!strcmp(name, "0"))
    return 0;
  scope *s = &c->scope;
  for (size_t i = 0; i < s->n; i++)
    if (!strcmp(s->node[i].name, name)) {
      if (port)
        return fail_at(c, line, MS_EPARSE, "pin '%s' is named twice", name);
      s->node[i].used = true;
      s->node[i].dc |= dc;
      return 0;
    }
  if (s->n == s->room) {
    s->room = s->room ? 2 * s->room : 32;
    node *grown = realloc(s->node, s->room * sizeof *grown);
    if (!grown)
      return no_memory(c);
    s->node = grown;
  }
  char *copy = strdup(name);
  if (!copy)
    return no_memory(c);
  s->node[s->n++] = (node){copy, port, !port, dc, line};
  return 0;
}

static int open_scope(checker *c, const ms_words *w, int line) {
  if (c->scope.open)
    return fail_at(c, line, MS_EPARSE, ".subckt inside .subckt is not supported");
  if (w->n < 2)
    return fail_at(c, line, MS_EPARSE, ".subckt needs a name");
  size_t first = ms_words_first_param(w, 2);
  ms_cell_text *t = c->text;
  c->scope = (scope){.open = true, .own = !strcmp(w->word[1], c->subckt)};
  int rc = 0;
  if (c->scope.own && t->port_line)
    return fail_at(c, line, MS_EPARSE, "subcircuit '%s' is defined twice", c->subckt);
  for (size_t i = 2; i < first && !rc; i++) {
    if (!strcmp(w->word[i], "0"))
      return fail_at(c, line, MS_EPARSE, "node 0 cannot be a pin; name a ground pin");
    rc = touch(c, w->word[i], true, false, line);
    if (!rc && c->scope.own)
      rc = push(c, &t->port, &t->n_port, w->word[i]);
  }
  for (size_t i = first; i < w->n && !rc && c->scope.own; i++) {
    char *equal = strchr(w->word[i], '=');
    if (!equal)
      continue;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(equal - w->word[i]), w->word[i]);
    rc = push(c, &t->param, &t->n_param, name);
  }
  if (c->scope.own)
    t->port_line = line;
  return rc;
}

static void free_scope(scope *s) {
  for (size_t i = 0; i < s->n; i++)
    free(s->node[i].name);
  free(s->node);
  *s = (scope){0};
}

static int close_scope(checker *c, int line) {
  if (!c->scope.open)
    return fail_at(c, line, MS_EPARSE, ".ends without .subckt");
  int rc = 0;
  for (size_t i = 0; i < c->scope.n && !rc; i++) {
    const node *n = &c->scope.node[i];
    if (n->port && !n->used)
      rc = fail_at(c, n->line, MS_EPARSE, "pin '%s' floats: no device inside connects to it",
                   n->name);
    else if (!n->port && !n->dc)
      rc = fail_at(c, n->line, MS_EPARSE,
                   "node '%s' floats: only gates and capacitors connect to it", n->name);
    else if (!n->port && c->scope.own)
      rc = push(c, &c->text->node, &c->text->n_node, n->name);
  }
  free_scope(&c->scope);
  return rc;
}

static int check_dot(checker *c, const ms_words *w, int line) {
  const char *dot = w->word[0];
  if (!strcmp(dot, ".subckt"))
    return open_scope(c, w, line);
  if (!strcmp(dot, ".ends"))
    return close_scope(c, line);
  if (!strcmp(dot, ".param") || !strcmp(dot, ".model"))
    return 0;
  return fail_at(c, line, MS_EREFUSED,
                 "'%.40s' is not accepted in a cell; allowed: .subckt, .ends, .param, .model%s",
                 dot,
                 !strcmp(dot, ".include") || !strcmp(dot, ".lib")
                     ? " (a process manifest says what to include; a subcircuit becomes a cell of "
                       "its own)"
                     : "");
}

static int check_use(checker *c, const ms_words *w, int line) {
  size_t end = ms_words_first_param(w, 1);
  if (end < 3)
    return fail_at(c, line, MS_EPARSE, "'%.40s' needs nodes and the name of a subcircuit",
                   w->word[0]);
  int rc = 0;
  for (size_t i = 1; i + 1 < end && !rc; i++)
    rc = touch(c, w->word[i], false, true, line);
  const char *name = w->word[end - 1];
  if (rc || is_local(c, name))
    return rc;
  ms_cell_text *t = c->text;
  ms_text_use *grown = realloc(t->use, (t->n_use + 1) * sizeof *grown);
  if (!grown)
    return no_memory(c);
  t->use = grown;
  grown[t->n_use] = (ms_text_use){strdup(name), line, end - 2};
  if (!grown[t->n_use].name)
    return no_memory(c);
  t->n_use++;
  return 0;
}

static int check_device(checker *c, const ms_words *w, int line) {
  const char *name = w->word[0];
  int n_node = ms_spice_node_count(*name);
  if (n_node < 0 || !strchr("mrcvidx", *name))
    return fail_at(c, line, MS_EREFUSED,
                   "'%.40s': devices of kind '%c' are not accepted, only M, R, C, V, I, D and X",
                   name, *name);
  if (!c->scope.open)
    return fail_at(c, line, MS_EPARSE, "'%.40s' stands outside .subckt", name);
  if (strpbrk(name, ".#"))
    return fail_at(c, line, MS_EPARSE, "'%.40s': a name must not hold '.' or '#'", name);
  for (size_t i = 1; i < w->n; i++)
    if (!strcmp(w->word[i], "external") || !strncmp(w->word[i], "file=", 5) ||
        strchr(w->word[i], '`'))
      return fail_at(c, line, MS_EREFUSED, "'%.40s' is not accepted in a cell", w->word[i]);
  if (*name == 'x')
    return check_use(c, w, line);
  if (w->n < (size_t)n_node + 2)
    return fail_at(c, line, MS_EPARSE, "'%.40s' needs %d nodes and a model or value", name, n_node);
  if (*name == 'm' && strcmp(w->word[5], "nfet") && strcmp(w->word[5], "pfet") &&
      !is_local(c, w->word[5]))
    return fail_at(
        c, line, MS_EPARSE,
        "'%.40s': unknown model '%.60s'; use nfet or pfet, which the process maps to its "
        "devices, or a .model of this file",
        name, w->word[5]);
  if (*name == 'd' && !is_local(c, w->word[3]))
    return fail_at(c, line, MS_EPARSE, "'%.40s': no .model of this file is called '%.60s'", name,
                   w->word[3]);
  for (int i = 1; i <= n_node; i++) {
    bool dc = *name == 'm' ? i == 1 || i == 3 : *name != 'c';
    int rc = touch(c, w->word[i], false, dc, line);
    if (rc)
      return rc;
  }
  return 0;
}

static int check_lines(checker *c) {
  ms_cell_text *t = c->text;
  int rc = 0;
  for (int pass = 0; pass < 2 && !rc; pass++)
    for (size_t i = 0; i < t->n_line && !rc; i++) {
      ms_words w;
      int line = t->line[i].line;
      if (!ms_words_cut(&w, t->line[i].text))
        rc = fail_at(c, line, MS_EREFUSED, "too many words in a line");
      else if (!w.n)
        rc = 0;
      else if (pass == 0) {
        if (w.n > 1 && (!strcmp(w.word[0], ".subckt") || !strcmp(w.word[0], ".model")))
          rc = push(c, &c->local, &c->n_local, w.word[1]);
      } else if (*w.word[0] == '.')
        rc = check_dot(c, &w, line);
      else
        rc = check_device(c, &w, line);
      ms_words_free(&w);
    }
  if (!rc && c->scope.open)
    rc = fail_at(c, c->text->port_line ? c->text->port_line : 1, MS_EPARSE, ".subckt has no .ends");
  if (!rc && !t->port_line)
    rc = fail_at(c, 1, MS_EPARSE, "subcircuit '%s' is not defined here", c->subckt);
  return rc;
}

int ms_cell_text_parse(const char *file, const char *source, size_t n, const char *subckt,
                       unsigned bits, ms_cell_text **out, ms_error *err) {
  *out = NULL;
  ms_cell_text *t = calloc(1, sizeof *t);
  if (!t || !(t->file = strdup(file))) {
    free(t);
    return ms_fail(err, MS_ENOMEM, "out of memory reading %s", file);
  }
  checker c = {.text = t, .subckt = subckt, .err = err};
  int rc = ms_text_expand(t, source, n, bits, err);
  if (!rc)
    rc = check_lines(&c);
  if (!rc)
    rc = ms_cell_text_check_values(t, err);
  free_scope(&c.scope);
  for (size_t i = 0; i < c.n_local; i++)
    free(c.local[i]);
  free(c.local);
  if (rc) {
    ms_cell_text_destroy(t);
    return rc;
  }
  *out = t;
  return 0;
}

int ms_cell_text_read(const char *file, const char *subckt, unsigned bits, ms_cell_text **out,
                      ms_error *err) {
  *out = NULL;
  FILE *f = fopen(file, "rbe");
  if (!f)
    return ms_fail(err, errno == ENOENT ? MS_EMISSING : MS_EIO, "%s: cannot be opened: %s", file,
                   strerror(errno));
  char *source = malloc(MAX_BYTES + 1);
  size_t n = source ? fread(source, 1, MAX_BYTES + 1, f) : 0;
  int bad = ferror(f);
  fclose(f);
  int rc;
  if (!source)
    rc = ms_fail(err, MS_ENOMEM, "out of memory reading %s", file);
  else if (bad)
    rc = ms_fail(err, MS_EIO, "%s: cannot be read", file);
  else if (n > MAX_BYTES)
    rc = ms_fail(err, MS_EREFUSED, "%s: larger than 1 MiB", file);
  else
    rc = ms_cell_text_parse(file, source, n, subckt, bits, out, err);
  free(source);
  return rc;
}

static void free_list(char **list, size_t n) {
  for (size_t i = 0; i < n; i++)
    free(list[i]);
  free(list);
}

void ms_cell_text_destroy(ms_cell_text *text) {
  if (!text)
    return;
  for (size_t i = 0; i < text->n_line; i++)
    free(text->line[i].text);
  for (size_t i = 0; i < text->n_use; i++)
    free(text->use[i].name);
  free_list(text->port, text->n_port);
  free_list(text->param, text->n_param);
  free_list(text->node, text->n_node);
  free(text->line);
  free(text->use);
  free(text->file);
  free(text);
}

int ms_cell_text_find_port(const ms_cell_text *text, const char *name) {
  for (size_t i = 0; i < text->n_port; i++)
    if (!strcmp(text->port[i], name))
      return (int)i;
  return -1;
}
