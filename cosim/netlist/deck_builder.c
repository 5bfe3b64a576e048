/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a deck in the making, and the cells that go into it. */
#include "netlist/deck_builder.h"

#include "netlist/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void deck_fail(deck_builder *b, int code, const char *format, ...) {
  if (b->rc)
    return;
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  b->rc = ms_fail(b->err, code, "%s", text);
}

void deck_line(deck_builder *b, const char *format, ...) {
  if (b->rc)
    return;
  if (b->deck->n_line == b->room) {
    size_t room = b->room ? 2 * b->room : 256;
    char **grown = realloc(b->deck->line, room * sizeof *grown);
    if (!grown) {
      deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
      return;
    }
    b->deck->line = grown;
    b->room = room;
  }
  char *line;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&line, format, args);
  va_end(args);
  if (n < 0)
    deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
  else
    b->deck->line[b->deck->n_line++] = line;
}

static void check_pvt(deck_builder *b, double temp_c) {
  const ms_process *p = b->core->process;
  if (b->pvt->corner >= p->n_corner)
    deck_fail(b, MS_ERANGE, "corner %u does not exist; process %s has %zu", b->pvt->corner, p->name,
              p->n_corner);
  if (!(b->supply_v >= p->supply_v[0] && b->supply_v <= p->supply_v[2]))
    deck_fail(b, MS_ERANGE, "supply of %g V is out of range; process %s allows %g to %g V",
              b->supply_v, p->name, p->supply_v[0], p->supply_v[2]);
  if (!(temp_c >= p->temp_c[0] && temp_c <= p->temp_c[2]))
    deck_fail(b, MS_ERANGE, "temperature of %g C is out of range; process %s allows %g to %g C",
              temp_c, p->name, p->temp_c[0], p->temp_c[2]);
}

int deck_begin(deck_builder *b, const ms_core *core, const ms_pvt *pvt, const char *title,
               ms_error *err) {
  static const ms_pvt nominal = {0};
  const ms_process *p = core->process;
  *b = (deck_builder){.core = core, .pvt = pvt ? pvt : &nominal, .err = err};
  b->deck = calloc(1, sizeof *b->deck);
  if (!b->deck)
    return b->rc = ms_fail(err, MS_ENOMEM, "out of memory writing a deck");
  b->supply_v = b->pvt->supply_v > 0 ? b->pvt->supply_v : p->supply_v[1];
  double temp_c = b->pvt->temp_set ? b->pvt->temp_c : p->temp_c[1];
  check_pvt(b, temp_c);
  if (b->rc)
    return b->rc;
  deck_line(b, "* %s of core %s, process %s", title, core->name, p->name);
  for (size_t i = 0; i < p->n_include; i++)
    deck_line(b, ".include \"%s\"", p->include[i]);
  const ms_corner *corner = &p->corner[b->pvt->corner];
  if (corner->lib_file)
    deck_line(b, ".lib \"%s\" %s", corner->lib_file, corner->lib_section);
  /* Picoampere circuits: the defaults of gmin, abstol and chgtol are larger than the signals;
   * trtol 1 keeps spike times from depending on one bad step at a pulse edge. */
  deck_line(b, ".options gmin=1e-16 abstol=1e-14 vntol=1e-6 chgtol=1e-16 reltol=1e-3 trtol=1 "
               "method=trap");
  deck_line(b, ".temp %.10g", temp_c);
  deck_line(b, "vdd vdd 0 dc %.10g", b->supply_v);
  return b->rc;
}

int deck_end(deck_builder *b, ms_deck **out) {
  *out = NULL;
  if (b->rc) {
    ms_deck_destroy(b->deck);
    return b->rc;
  }
  *out = b->deck;
  return 0;
}

const ms_core_cell *deck_find_cell(const ms_core *core, const ms_cell *cell) {
  const ms_core_impl *impl = ms_core_get_impl(core);
  for (size_t i = 0; i < impl->n_cell; i++)
    if (&impl->cell[i]->cell == cell)
      return impl->cell[i];
  return NULL;
}

/* A transistor line with the generic name replaced by the process's device. */
static void write_transistor(deck_builder *b, const char *text) {
  ms_words w;
  if (!ms_words_cut(&w, text) || w.n < 6) {
    deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
    ms_words_free(&w);
    return;
  }
  const ms_process *p = b->core->process;
  const ms_device *device = !strcmp(w.word[5], "nfet")   ? &p->device[MS_NFET]
                            : !strcmp(w.word[5], "pfet") ? &p->device[MS_PFET]
                                                         : NULL;
  if (!device)
    deck_line(b, "%s", text);
  else {
    char rest[4096];
    size_t used = 0;
    rest[0] = 0;
    for (size_t i = 6; i < w.n && used < sizeof rest; i++)
      used += (size_t)snprintf(rest + used, sizeof rest - used, " %s", w.word[i]);
    if (used >= sizeof rest)
      deck_fail(b, MS_EREFUSED, "'%.40s': the line is too long", w.word[0]);
    bool plain = !device->subcircuit || (device->parallel && strstr(rest, " m="));
    deck_line(b, "%s%s %s %s %s %s %s%s", plain ? "" : "x_", w.word[0], w.word[1], w.word[2],
              w.word[3], w.word[4], plain && device->parallel ? device->parallel : device->name,
              rest);
  }
  ms_words_free(&w);
}

void deck_cell(deck_builder *b, const ms_cell *cell) {
  const ms_core_impl *impl = ms_core_get_impl(b->core);
  for (size_t i = 0; i < impl->n_cell; i++) {
    const ms_core_cell *cc = impl->cell[i];
    if (&cc->cell != cell || b->used[i])
      continue;
    b->used[i] = true;
    for (size_t u = 0; u < cc->n_use; u++)
      for (size_t j = 0; j < impl->n_cell; j++)
        if (!strcmp(impl->cell[j]->cell.name, cc->use[u]))
          deck_cell(b, &impl->cell[j]->cell);
    deck_line(b, "* cell %s", cell->name);
    for (size_t k = 0; k < cc->text->n_line; k++) {
      const char *text = cc->text->line[k].text;
      if (*text == 'm')
        write_transistor(b, text);
      else
        deck_line(b, "%s", text);
    }
  }
}

static const ms_pin *find_pin(const ms_core_cell *cc, const char *port, unsigned *bit) {
  for (size_t i = 0; i < cc->cell.n_pin; i++) {
    const ms_pin *pin = &cc->cell.pin[i];
    bool bits = pin->role == MS_ROLE_WEIGHT_BITS || pin->role == MS_ROLE_FINE_BITS;
    for (*bit = 0; *bit < (bits ? cc->bits : 1); (*bit)++) {
      char name[MS_NODE_NAME];
      snprintf(name, sizeof name, bits ? "%s%u" : "%s", pin->name, *bit);
      if (!strcmp(name, port))
        return pin;
    }
  }
  return NULL;
}

void deck_instance(deck_builder *b, const char *name, const ms_cell *cell, deck_node node,
                   const void *context, const char *params) {
  const ms_core_cell *cc = deck_find_cell(b->core, cell);
  char *line = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&line, &n);
  if (!f) {
    deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
    return;
  }
  fprintf(f, "%s", name);
  for (size_t i = 0; i < cc->text->n_port; i++) {
    unsigned bit = 0;
    char where[MS_NODE_NAME];
    const ms_pin *pin = find_pin(cc, cc->text->port[i], &bit);
    node(context, pin, bit, where);
    fprintf(f, " %s", where);
  }
  fprintf(f, " %s", cell->subckt);
  for (size_t i = 0; i < cell->n_parameter; i++) {
    /* What the caller gives replaces the manifest's value. */
    char key[80];
    snprintf(key, sizeof key, " %s=", cell->parameter[i].name);
    if (!strstr(params, key))
      fprintf(f, "%s%.15g", key, cell->parameter[i].value);
  }
  fprintf(f, "%s", params);
  if (fclose(f))
    deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
  else
    deck_line(b, "%s", line);
  free(line);
}

void ms_deck_destroy(ms_deck *deck) {
  if (!deck)
    return;
  for (size_t i = 0; i < deck->n_line; i++)
    free(deck->line[i]);
  free(deck->line);
  free(deck);
}

int ms_deck_write(const ms_deck *deck, const char *path, ms_error *err) {
  FILE *f = fopen(path, "we");
  if (!f)
    return ms_fail(err, MS_EIO, "%s: cannot be written: %m", path);
  for (size_t i = 0; i < deck->n_line; i++)
    fprintf(f, "%s\n", deck->line[i]);
  int bad = ferror(f);
  if (fclose(f) || bad)
    return ms_fail(err, MS_EIO, "%s: cannot be written: %m", path);
  return 0;
}
