/* SPDX-License-Identifier: Apache-2.0 */
/* Cell manifest: the bench of a measure that works on pins: what drives them, is swept, is read. */
#include "models/cell_measure.h"

#include "yaml/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ms_pin *find_pin(const ms_cell *cell, const char *name) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (!strcasecmp(cell->pin[i].name, name))
      return &cell->pin[i];
  return NULL;
}

/* A pin that the key names, in lower case; an error says which there are. */
static int read_pin(ms_cell_reader *r, ms_yaml_node *node, const char *key, char **out) {
  const ms_cell *cell = &r->cc->cell;
  const char *name = ms_yaml_name(node, key);
  if (*name && !find_pin(cell, name)) {
    char known[300] = "";
    for (size_t i = 0; i < cell->n_pin; i++) {
      size_t used = strlen(known);
      snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", cell->pin[i].name);
    }
    ms_yaml_fail(ms_yaml_find(node, key), MS_EPARSE, "the cell has no pin '%s'; allowed: %s", name,
                 known);
  }
  return ms_cell_copy_lower(r, out, name);
}

/* A level: a quantity, or the name of the supply pin. */
static double read_level(ms_cell_reader *r, ms_yaml_node *node, const char *key, const char *unit,
                         bool *at_supply) {
  const ms_pin *pin = find_pin(&r->cc->cell, ms_yaml_string(node, key));
  *at_supply = pin && pin->role == MS_ROLE_SUPPLY;
  return *at_supply ? 0 : ms_yaml_quantity(node, key, unit, -20, 20);
}

static void read_pulse(ms_cell_reader *r, ms_yaml_node *node, ms_drive *d, const char *unit) {
  if (ms_yaml_find(node, "noise"))
    d->noise = ms_yaml_quantity(node, "noise", unit, 0, 20);
  if (!ms_yaml_find(node, "high"))
    return;
  d->high = read_level(r, node, "high", unit, &d->high_at_supply);
  d->delay_s = ms_yaml_quantity_or(node, "delay", "s", 0, 0, 100);
  d->edge_s = ms_yaml_quantity_or(node, "edge", "s", 5e-9, 1e-12, 10);
  d->width_s = ms_yaml_quantity(node, "width", "s", 1e-12, 100);
  d->period_s = ms_yaml_quantity_or(node, "period", "s", 0, 0, 100);
  if (d->period_s > 0 && d->period_s < d->width_s + 2 * d->edge_s)
    ms_yaml_fail(node, MS_ERANGE, "period must hold width and two edges");
  if (d->noise > 0)
    ms_yaml_fail(node, MS_EPARSE, "a source has noise or a pulse, not both");
}

static int read_drive(ms_cell_reader *r, ms_yaml_node *node, ms_drive *d) {
  static const char *const key[] = {"voltage", "current", "load", "resistor", "code", "wire"};
  static const char *const unit[] = {"V", "A", "F", "Ohm", "1", NULL};
  int found = -1, n = 0;
  for (int i = 0; i < 6; i++)
    if (ms_yaml_find(node, key[i])) {
      found = i;
      n++;
    }
  int rc = read_pin(r, node, "pin", &d->pin);
  if (rc)
    return rc;
  if (n != 1) {
    ms_yaml_fail(node, MS_EPARSE,
                 "needs exactly one of voltage, current, load, resistor, code, wire");
    return 0;
  }
  d->kind = (ms_drive_kind)found;
  switch (d->kind) {
  case MS_DRIVE_VOLTAGE:
  case MS_DRIVE_CURRENT:
    d->value = read_level(r, node, key[found], unit[found], &d->at_supply);
    read_pulse(r, node, d, unit[found]);
    break;
  case MS_DRIVE_WIRE:
    rc = read_pin(r, node, "wire", &d->to);
    break;
  case MS_DRIVE_CODE:
    d->value = (double)ms_yaml_int(node, "code", 0, 65535);
    break;
  case MS_DRIVE_LOAD:
    d->value = ms_yaml_quantity(node, key[found], "F", 1e-18, 1e-3);
    break;
  case MS_DRIVE_RESISTOR:
    d->value = ms_yaml_quantity(node, key[found], "Ohm", 1e-3, 1e15);
  }
  return rc;
}

static int read_sweep(ms_cell_reader *r, ms_yaml_node *node, ms_measure *m) {
  ms_yaml_node *sweep = ms_yaml_map(node, "sweep");
  int rc = read_pin(r, sweep, "pin", &m->sweep_pin);
  double value;
  const char *from = ms_yaml_string(sweep, "from");
  m->sweep_current = !ms_quantity_parse(from, "A", &value);
  const char *unit = m->sweep_current ? "A" : "V";
  m->sweep_from = ms_yaml_quantity(sweep, "from", unit, -20, 20);
  m->sweep_to = ms_yaml_quantity(sweep, "to", unit, -20, 20);
  m->sweep_points = (size_t)ms_yaml_int_or(sweep, "points", 51, 3, 1001);
  if (sweep && m->sweep_from >= m->sweep_to)
    ms_yaml_fail(sweep, MS_ERANGE, "from must be less than to");
  return rc;
}

/* What can be read: of a node, a pin, a transistor inside. */
static const struct {
  const char *word, *unit;
  char read;
} readable[] = {{"v", "V", 'v'},   {"i", "A", 'i'},   {"id", "A", 'd'},   {"gm", "S", 'd'},
                {"gds", "S", 'd'}, {"vth", "V", 'd'}, {"vdsat", "V", 'd'}};
enum { N_READABLE = sizeof readable / sizeof *readable };

/* "v(node)", "i(pin)", "gm(transistor)". */
static int read_what(ms_cell_reader *r, ms_yaml_node *node, ms_measure *m) {
  const char *text = ms_yaml_string(node, "read");
  char word[8], name[64];
  int end = 0;
  if (!*text)
    return 0;
  bool good =
      sscanf(text, "%7[A-Za-z](%63[A-Za-z0-9_.])%n", word, name, &end) == 2 && end && !text[end];
  for (size_t i = 0; i < N_READABLE && good; i++)
    if (!strcasecmp(word, readable[i].word)) {
      m->read = readable[i].read;
      m->read_unit = readable[i].unit;
      m->read_what = m->read == 'd' ? readable[i].word : NULL;
    }
  if (!m->read) {
    ms_yaml_fail(ms_yaml_find(node, "read"), MS_EPARSE,
                 "'%.80s' must be v(NODE), i(PIN), or id, gm, gds, vth or vdsat of (TRANSISTOR)",
                 text);
    return 0;
  }
  if (m->read == 'i' && !find_pin(&r->cc->cell, name))
    ms_yaml_fail(ms_yaml_find(node, "read"), MS_EPARSE,
                 "the cell has no pin '%s' whose current could be read; id(TRANSISTOR) reads one "
                 "inside",
                 name);
  return ms_cell_copy_lower(r, &m->read_name, name);
}

int ms_cell_read_bench(ms_cell_reader *r, ms_yaml_node *node, ms_measure *m) {
  ms_yaml_node *list = ms_yaml_find(node, "drive") ? ms_yaml_list(node, "drive", 0, 64) : NULL;
  m->drive = calloc(ms_yaml_count(list) + 1, sizeof *m->drive);
  int rc = m->drive ? 0 : ms_fail(r->loader->err, MS_ENOMEM, "out of memory");
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++)
    rc = read_drive(r, ms_yaml_item(list, i), &m->drive[m->n_drive++]);
  if (!rc && m->kind == MS_MEASURE_DC)
    rc = read_sweep(r, node, m);
  if (!rc && (m->kind == MS_MEASURE_CODES || m->kind == MS_MEASURE_NOISE))
    rc = read_pin(r, node, m->kind == MS_MEASURE_CODES ? "bits" : "input", &m->sweep_pin);
  if (!rc && m->kind != MS_MEASURE_STATIC_POWER && m->result != MS_RESULT_ENERGY)
    rc = read_what(r, node, m);
  return rc;
}

static bool has_bits(const ms_cell *cell, const char *name) {
  const ms_pin *pin = find_pin(cell, name);
  return pin && (pin->role == MS_ROLE_WEIGHT_BITS || pin->role == MS_ROLE_FINE_BITS);
}

void ms_cell_check_measures(ms_cell_reader *r) {
  const ms_cell *cell = &r->cc->cell;
  for (size_t i = 0; i < cell->n_measure; i++) {
    const ms_measure *m = &cell->measure[i];
    ms_yaml_node *node = ms_yaml_item(ms_yaml_find(r->root, "measures"), i);
    if (m->read == 'v' && !ms_cell_has_node(r, m->read_name))
      ms_yaml_fail(ms_yaml_find(node, "read"), MS_EPARSE,
                   "node '%s' does not exist in .subckt %s (%s:%d)", m->read_name, cell->subckt,
                   r->cc->text->file, r->cc->text->port_line);
    if (m->read == 'd' && !ms_cell_has_transistor(r, m->read_name))
      ms_yaml_fail(ms_yaml_find(node, "read"), MS_EPARSE,
                   "transistor '%s' does not exist in .subckt %s (%s:%d)", m->read_name,
                   cell->subckt, r->cc->text->file, r->cc->text->port_line);
    if (m->kind == MS_MEASURE_CODES && !has_bits(cell, m->sweep_pin))
      ms_yaml_fail(ms_yaml_find(node, "bits"), MS_EPARSE,
                   "pin '%s' must have the role weight_bits or fine_bits", m->sweep_pin);
    for (size_t k = 0; k < m->n_drive; k++)
      if (m->drive[k].kind == MS_DRIVE_CODE && !has_bits(cell, m->drive[k].pin))
        ms_yaml_fail(ms_yaml_item(ms_yaml_find(node, "drive"), k), MS_EPARSE,
                     "pin '%s' takes no code: its role is not weight_bits or fine_bits",
                     m->drive[k].pin);
  }
}
