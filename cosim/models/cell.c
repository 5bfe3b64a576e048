/* SPDX-License-Identifier: Apache-2.0 */
/* Cell manifest: netlist, pins with roles, parameters, start values, biases. */
#include "models/cell_measure.h"

#include "yaml/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const ms_cell_kind_name[] = {"soma", "synapse", "dac", "bias", "other", NULL};
const char *const ms_cell_role_name[] = {
    "supply",      "ground",      "bias",    "pulse", "weight_bits", "request",
    "acknowledge", "current_out", "input",   "probe", "coarse",      "fine_bits",
    "bias_out",    "other",       "trigger", NULL}; /* in the order of ms_role */

static void *make(ms_cell_reader *r, size_t n, size_t size, int *rc) {
  void *p = calloc(n + 1, size);
  if (!p)
    *rc = ms_fail(r->loader->err, MS_ENOMEM, "out of memory");
  return p;
}

int ms_cell_copy_lower(ms_cell_reader *r, char **to, const char *from) {
  int rc = ms_load_copy(r->loader, to, from);
  for (char *c = *to; !rc && *c; c++)
    *c = (char)tolower((unsigned char)*c);
  return rc;
}

static ms_yaml_node *optional_list(ms_yaml_node *node, const char *key, size_t max) {
  return ms_yaml_find(node, key) ? ms_yaml_list(node, key, 0, max) : NULL;
}

static int read_pins(ms_cell_reader *r) {
  static const char *const levels[] = {"high", "low", NULL};
  ms_cell *cell = &r->cc->cell;
  ms_yaml_node *list = ms_yaml_list(r->root, "pins", 1, 200);
  int rc = 0;
  cell->pin = make(r, ms_yaml_count(list), sizeof *cell->pin, &rc);
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++) {
    ms_yaml_node *node = ms_yaml_item(list, i);
    ms_pin *pin = &cell->pin[cell->n_pin++];
    pin->line = ms_yaml_line(node);
    pin->role = (ms_role)ms_yaml_choice(node, "role", ms_cell_role_name);
    pin->trigger = pin->role == MS_ROLE_TRIGGER;
    if (pin->trigger)
      pin->role = MS_ROLE_PULSE;
    rc = ms_cell_copy_lower(r, &pin->name, ms_yaml_name(node, "name"));
    bool digital = pin->role == MS_ROLE_PULSE || pin->role == MS_ROLE_WEIGHT_BITS ||
                   pin->role == MS_ROLE_FINE_BITS || pin->role == MS_ROLE_ACKNOWLEDGE ||
                   pin->role == MS_ROLE_REQUEST;
    if (digital)
      pin->active_low = ms_yaml_choice_or(node, "active", levels, 0) == 1;
    if (!rc && pin->role == MS_ROLE_BIAS)
      rc = ms_load_copy(r->loader, &pin->bias, ms_yaml_name(node, "bias"));
    if (!rc && pin->role == MS_ROLE_CURRENT_OUT)
      rc = ms_cell_copy_lower(r, &pin->into, ms_yaml_name(node, "into"));
    for (size_t j = 0; j < i && !rc; j++)
      if (!strcmp(cell->pin[j].name, pin->name))
        ms_yaml_fail(node, MS_EPARSE, "pin '%s' is listed twice, first in line %d", pin->name,
                     cell->pin[j].line);
  }
  return rc;
}

/* A parameter's value: a plain number or a quantity in any unit. */
static double any_value(ms_yaml_node *node) {
  static const char *const units[] = {"1", "F", "m", "A", "V", "Ohm", "s", "Hz"};
  const char *text = ms_yaml_string(node, NULL);
  double value = 0;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (!ms_quantity_parse(text, units[i], &value))
      return value;
  ms_yaml_fail(node, MS_EUNIT, "'%.80s' is not a number with a unit such as pF, um, nA, mV, kOhm",
               text);
  return 0;
}

static int read_parameters(ms_cell_reader *r) {
  ms_cell *cell = &r->cc->cell;
  ms_yaml_node *map = ms_yaml_find(r->root, "parameters");
  int rc = 0;
  if (map)
    map = ms_yaml_map(r->root, "parameters");
  cell->parameter = make(r, ms_yaml_count(map), sizeof *cell->parameter, &rc);
  for (size_t i = 0; i < ms_yaml_count(map) && !rc; i++) {
    ms_yaml_node *node = ms_yaml_item(map, i);
    if (!strcmp(ms_yaml_key(node), "bits")) {
      r->cc->bits = (unsigned)ms_yaml_int(node, NULL, 1, 8);
      continue;
    }
    ms_parameter *p = &cell->parameter[cell->n_parameter++];
    rc = ms_cell_copy_lower(r, &p->name, ms_yaml_key(node));
    p->value = any_value(node);
  }
  return rc;
}

static int read_initial(ms_cell_reader *r) {
  ms_cell *cell = &r->cc->cell;
  ms_yaml_node *list = optional_list(r->root, "initial", 200);
  int rc = 0;
  cell->initial = make(r, ms_yaml_count(list), sizeof *cell->initial, &rc);
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++) {
    ms_yaml_node *node = ms_yaml_item(list, i);
    ms_initial *initial = &cell->initial[cell->n_initial++];
    rc = ms_cell_copy_lower(r, &initial->node, ms_yaml_name(node, "node"));
    const char *voltage = ms_yaml_string(node, "voltage");
    for (size_t j = 0; j < cell->n_pin; j++)
      initial->at_supply |=
          cell->pin[j].role == MS_ROLE_SUPPLY && !strcmp(cell->pin[j].name, voltage);
    if (initial->at_supply)
      initial->voltage_v = -ms_yaml_quantity_or(node, "below", "V", 0, 0, 20);
    else
      initial->voltage_v = ms_yaml_quantity(node, "voltage", "V", -20, 20);
  }
  return rc;
}

static unsigned read_code(ms_yaml_node *bias, const char *key) {
  ms_yaml_node *node = ms_yaml_map(bias, key);
  unsigned coarse = (unsigned)ms_yaml_int(node, "coarse", 0, MS_MAX_COARSE - 1);
  return coarse << MS_FINE_BITS | (unsigned)ms_yaml_int(node, "fine", 0, 255);
}

static int read_biases(ms_cell_reader *r) {
  ms_cell *cell = &r->cc->cell;
  ms_yaml_node *list = optional_list(r->root, "biases", 64);
  int rc = 0;
  cell->bias = make(r, ms_yaml_count(list), sizeof *cell->bias, &rc);
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++) {
    ms_yaml_node *node = ms_yaml_item(list, i);
    ms_bias *b = &cell->bias[cell->n_bias++];
    b->line = ms_yaml_line(node);
    rc = ms_load_copy(r->loader, &b->name, ms_yaml_name(node, "name"));
    if (!rc)
      rc = ms_cell_copy_lower(r, &b->pin, ms_yaml_name(node, "pin"));
    if (!rc)
      rc = ms_load_copy(r->loader, &b->branch, ms_yaml_name(node, "branch"));
    b->w_m = ms_yaml_quantity(node, "w", "m", 1e-8, 1e-3);
    b->l_m = ms_yaml_quantity(node, "l", "m", 1e-8, 1e-3);
    b->code[MS_SET_ACCELERATED] = read_code(node, "accelerated");
    b->code[MS_SET_BIOLOGICAL] = read_code(node, "biological");
    if (ms_yaml_find(node, "unit_bits"))
      b->unit_bits = (unsigned)ms_yaml_int(node, "unit_bits", 1, 8);
    b->min_a = ms_yaml_quantity_or(node, "min", "A", 0, 0, 1e-3);
    b->max_a = ms_yaml_quantity_or(node, "max", "A", 1e-3, 0, 1e-3);
    if (b->min_a > b->max_a)
      ms_yaml_fail(node, MS_ERANGE, "min is larger than max");
    ms_yaml_string_or(node, "description", "");
    bool known = false;
    for (size_t j = 0; j < cell->n_pin && !rc; j++)
      known |= cell->pin[j].role == MS_ROLE_BIAS && !strcmp(cell->pin[j].name, b->pin) &&
               !strcmp(cell->pin[j].bias, b->name);
    if (!rc && !known)
      ms_yaml_fail(node, MS_EPARSE, "pin '%s' must be in 'pins' with role: bias, bias: %s", b->pin,
                   b->name);
    for (size_t j = 0; j < i && !rc; j++)
      if (!strcmp(cell->bias[j].name, b->name))
        ms_yaml_fail(node, MS_EPARSE, "bias '%s' is listed twice", b->name);
  }
  for (size_t j = 0; j < cell->n_pin && !rc; j++) {
    bool known = cell->pin[j].role != MS_ROLE_BIAS;
    for (size_t i = 0; i < cell->n_bias; i++)
      known |= !strcmp(cell->bias[i].name, cell->pin[j].bias ? cell->pin[j].bias : "");
    if (!known)
      ms_yaml_fail(r->root, MS_EPARSE, "pin '%s' (line %d): bias '%s' is not listed in 'biases'",
                   cell->pin[j].name, cell->pin[j].line, cell->pin[j].bias);
  }
  return rc;
}

static int read_coarse(ms_cell_reader *r) {
  ms_cell *cell = &r->cc->cell;
  int rc = 0;
  if (cell->kind != MS_CELL_BIAS)
    return 0;
  ms_yaml_node *list = ms_yaml_list(r->root, "coarse", 1, MS_MAX_COARSE);
  cell->coarse_a = make(r, ms_yaml_count(list), sizeof *cell->coarse_a, &rc);
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++)
    cell->coarse_a[cell->n_coarse++] =
        ms_yaml_quantity(ms_yaml_item(list, i), NULL, "A", 1e-15, 1e-2);
  return !rc && ms_yaml_find(r->root, "own")
             ? ms_load_copy(r->loader, &cell->own, ms_yaml_name(r->root, "own"))
             : rc;
}

static int read_uses(ms_cell_reader *r) {
  ms_core_cell *cc = r->cc;
  ms_yaml_node *list = optional_list(r->root, "uses", 32);
  int rc = 0;
  cc->use = make(r, ms_yaml_count(list), sizeof *cc->use, &rc);
  if (!rc)
    cc->use_line = make(r, ms_yaml_count(list), sizeof *cc->use_line, &rc);
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++) {
    ms_yaml_node *item = ms_yaml_item(list, i);
    cc->use_line[i] = ms_yaml_line(item);
    rc = ms_load_copy(r->loader, &cc->use[cc->n_use++], ms_yaml_name(item, NULL));
  }
  return rc;
}

/* A netlist lies in the cell's folder or below, or in the library: nothing else is read. */
static int check_place(ms_cell_reader *r) {
  ms_cell *cell = &r->cc->cell;
  ms_yaml_node *at = ms_yaml_find(r->root, "netlist");
  if (access(cell->netlist, F_OK))
    return ms_fail(r->loader->err, MS_EMISSING, "%s:%d: netlist %s was not found", cell->file,
                   ms_yaml_line(at), cell->netlist);
  char *folder = realpath(cell->dir, NULL);
  bool inside = folder && ms_lies_in(cell->netlist, folder);
  free(folder);
  for (size_t i = 0; i < r->loader->n_dir && !inside; i++)
    inside = ms_lies_among(cell->netlist, r->loader->dir[i], "cells");
  return inside
             ? 0
             : ms_fail(
                   r->loader->err, MS_EREFUSED,
                   "%s:%d: netlist %s lies outside the cell's folder and the folders called cells",
                   cell->file, ms_yaml_line(at), cell->netlist);
}

static int read_cell(ms_cell_reader *r, const char *name, const char *path, unsigned dac_bits) {
  ms_core_cell *cc = r->cc;
  ms_cell *cell = &cc->cell;
  int rc = ms_load_copy(r->loader, &cell->file, path);
  if (!rc)
    rc = ms_load_copy(r->loader, &cell->name, ms_yaml_name(r->root, "name"));
  if (rc)
    return rc;
  if (strcmp(cell->name, name) != 0)
    ms_yaml_fail(r->root, MS_EPARSE, "key 'name' must be '%s', like the cell's folder", name);
  cell->dir = ms_load_folder(path);
  cell->netlist = ms_load_beside(path, ms_yaml_string(r->root, "netlist"));
  if (!cell->dir || !cell->netlist)
    return ms_fail(r->loader->err, MS_ENOMEM, "out of memory");
  cell->kind = (ms_cell_kind)ms_yaml_choice(r->root, "kind", ms_cell_kind_name);
  ms_yaml_string_or(r->root, "description", "");
  ms_yaml_string_or(r->root, "equation", "");
  cc->bits = cell->kind == MS_CELL_BIAS ? MS_FINE_BITS : dac_bits ? dac_bits : 4;
  rc = ms_cell_copy_lower(r, &cell->subckt, ms_yaml_name(r->root, "subckt"));
  int (*const part[])(ms_cell_reader *) = {
      read_pins,   read_parameters, read_initial,         read_biases,
      read_coarse, read_uses,       ms_cell_read_measures};
  for (size_t i = 0; i < sizeof part / sizeof *part && !rc; i++)
    rc = part[i](r);
  if (rc)
    return rc;
  ms_cell_check_roles(r);
  if (cell->kind != MS_CELL_BIAS && dac_bits)
    cc->bits = dac_bits;
  if ((rc = ms_yaml_finish(r->doc, r->loader->err)))
    return rc;
  rc = check_place(r);
  if (!rc)
    rc = ms_cell_text_read(cell->netlist, cell->subckt, cc->bits, &cc->text, r->loader->err);
  if (!rc)
    rc = ms_load_sum(r->loader, cell->netlist);
  if (rc)
    return rc;
  ms_cell_check_pins(r);
  ms_cell_check_names(r);
  ms_cell_check_measures(r);
  rc = ms_yaml_finish(r->doc, r->loader->err);
  return rc ? rc : ms_cell_load_uses(r, dac_bits ? dac_bits : cc->bits);
}

int ms_load_cell_file(ms_loader *loader, const char *name, const char *path, unsigned dac_bits,
                      const ms_cell **out) {
  ms_core_impl *impl = loader->impl;
  int rc = 0;
  if (++loader->depth > MS_MAX_CELLS)
    rc = ms_fail(loader->err, MS_EPARSE, "%s: the cell uses itself", path);
  ms_cell_reader r = {.loader = loader};
  if (!rc)
    rc = ms_load_yaml(loader, path, &r.doc);
  if (!rc) {
    r.root = ms_yaml_root(r.doc);
    r.cc = calloc(1, sizeof *r.cc);
    rc = r.cc ? read_cell(&r, name, path, dac_bits)
              : ms_fail(loader->err, MS_ENOMEM, "out of memory");
  }
  if (!rc && impl->n_cell == MS_MAX_CELLS)
    rc = ms_fail(loader->err, MS_ERANGE, "%s: a core holds at most %d different cells", path,
                 MS_MAX_CELLS);
  if (!rc) {
    impl->cell[impl->n_cell++] = r.cc;
    *out = &r.cc->cell;
  } else
    ms_core_cell_destroy(r.cc);
  loader->depth--;
  ms_yaml_destroy(r.doc);
  return rc;
}

int ms_load_cell(ms_loader *loader, const char *name, unsigned dac_bits, ms_yaml_node *at,
                 const ms_cell **out) {
  ms_core_impl *impl = loader->impl;
  *out = NULL;
  for (size_t i = 0; i < impl->n_cell; i++)
    if (!strcmp(impl->cell[i]->cell.name, name)) {
      *out = &impl->cell[i]->cell;
      return 0;
    }
  char *path;
  int rc = ms_load_find(loader, "cells", name, "cell.yaml", &path);
  if (rc) {
    if (at)
      ms_fail_context(loader->err, "%s:%d", ms_yaml_file(at), ms_yaml_line(at));
    return rc;
  }
  rc = ms_load_cell_file(loader, name, path, dac_bits, out);
  free(path);
  return rc;
}

void ms_core_cell_destroy(ms_core_cell *cc) {
  if (!cc)
    return;
  ms_cell *cell = &cc->cell;
  for (size_t i = 0; i < cell->n_pin; i++) {
    free(cell->pin[i].name);
    free(cell->pin[i].bias);
    free(cell->pin[i].into);
  }
  for (size_t i = 0; i < cell->n_parameter; i++)
    free(cell->parameter[i].name);
  for (size_t i = 0; i < cell->n_initial; i++)
    free(cell->initial[i].node);
  for (size_t i = 0; i < cell->n_bias; i++) {
    free(cell->bias[i].name);
    free(cell->bias[i].pin);
    free(cell->bias[i].branch);
  }
  for (size_t i = 0; i < cc->n_use; i++)
    free(cc->use[i]);
  void *const block[] = {cell->pin,  cell->parameter, cell->initial, cell->bias,    cell->coarse_a,
                         cell->name, cell->dir,       cell->file,    cell->netlist, cell->subckt,
                         cell->own,  cc->use,         cc->use_line};
  for (size_t i = 0; i < sizeof block / sizeof *block; i++)
    free(block[i]);
  ms_cell_clear_measures(cell);
  ms_cell_text_destroy(cc->text);
  free(cc);
}
