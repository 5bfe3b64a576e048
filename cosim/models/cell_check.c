/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a cell's manifest and its netlist fit together. */
#include "models/cell_measure.h"

#include <stdio.h>
#include <string.h>

static size_t count_role(const ms_cell *cell, ms_role role) {
  size_t n = 0;
  for (size_t i = 0; i < cell->n_pin; i++)
    n += cell->pin[i].role == role;
  return n;
}

/* Each kind of cell needs certain pins exactly once. */
void ms_cell_check_roles(ms_cell_reader *r) {
  static const struct {
    ms_cell_kind kind;
    ms_role role;
  } need[] = {{MS_CELL_SOMA, MS_ROLE_REQUEST},        {MS_CELL_SOMA, MS_ROLE_ACKNOWLEDGE},
              {MS_CELL_SYNAPSE, MS_ROLE_PULSE},       {MS_CELL_SYNAPSE, MS_ROLE_CURRENT_OUT},
              {MS_CELL_SYNAPSE, MS_ROLE_WEIGHT_BITS}, {MS_CELL_BIAS, MS_ROLE_COARSE},
              {MS_CELL_BIAS, MS_ROLE_FINE_BITS},      {MS_CELL_BIAS, MS_ROLE_BIAS_OUT}};
  const ms_cell *cell = &r->cc->cell;
  for (size_t i = 0; i < sizeof need / sizeof *need; i++)
    if (need[i].kind == cell->kind && count_role(cell, need[i].role) != 1)
      ms_yaml_fail(r->root, MS_EPARSE, "a cell of kind %s needs exactly one pin with role: %s%s",
                   ms_cell_kind_name[cell->kind], ms_cell_role_name[need[i].role],
                   need[i].role == MS_ROLE_PULSE ? " (or trigger)" : "");
  if (cell->kind == MS_CELL_SOMA && count_role(cell, MS_ROLE_INPUT) < 1)
    ms_yaml_fail(r->root, MS_EPARSE, "a soma needs a pin with role: input");
  if (cell->kind == MS_CELL_SOMA && count_role(cell, MS_ROLE_PROBE) < 1)
    ms_yaml_fail(r->root, MS_EPARSE, "a soma needs a pin with role: probe (the membrane)");
  if (cell->kind == MS_CELL_BIAS && r->cc->bits != MS_FINE_BITS)
    ms_yaml_fail(r->root, MS_ERANGE, "a bias branch has %d fine bits: parameters needs bits: %d",
                 MS_FINE_BITS, MS_FINE_BITS);
}

static bool has_bits(const ms_pin *pin) {
  return pin->role == MS_ROLE_WEIGHT_BITS || pin->role == MS_ROLE_FINE_BITS;
}

/* Pins of the manifest and of the netlist must be the same. */
void ms_cell_check_pins(ms_cell_reader *r) {
  const ms_cell *cell = &r->cc->cell;
  const ms_cell_text *text = r->cc->text;
  size_t n = 0;
  for (size_t i = 0; i < cell->n_pin; i++) {
    const ms_pin *pin = &cell->pin[i];
    for (unsigned b = 0; b < (has_bits(pin) ? r->cc->bits : 1); b++, n++) {
      char name[80];
      snprintf(name, sizeof name, has_bits(pin) ? "%s%u" : "%s", pin->name, b);
      if (ms_cell_text_find_port(text, name) < 0)
        ms_yaml_fail(ms_yaml_item(ms_yaml_find(r->root, "pins"), i), MS_EPARSE,
                     "pin '%s' is no pin of .subckt %s (%s:%d)", name, cell->subckt, text->file,
                     text->port_line);
    }
  }
  for (size_t k = 0; k < text->n_port; k++) {
    bool known = false;
    for (size_t i = 0; i < cell->n_pin; i++)
      for (unsigned b = 0; b < (has_bits(&cell->pin[i]) ? r->cc->bits : 1); b++) {
        char name[80];
        snprintf(name, sizeof name, has_bits(&cell->pin[i]) ? "%s%u" : "%s", cell->pin[i].name, b);
        known |= !strcmp(name, text->port[k]);
      }
    if (!known)
      ms_yaml_fail(ms_yaml_find(r->root, "pins"), MS_EPARSE,
                   "pin '%s' of .subckt %s (%s:%d) is not listed in 'pins'", text->port[k],
                   cell->subckt, text->file, text->port_line);
  }
}

bool ms_cell_has_node(const ms_cell_reader *r, const char *name) {
  const ms_cell_text *text = r->cc->text;
  for (size_t i = 0; i < text->n_node; i++)
    if (!strcmp(text->node[i], name))
      return true;
  return ms_cell_text_find_port(text, name) >= 0;
}

bool ms_cell_has_transistor(const ms_cell_reader *r, const char *name) {
  const ms_cell_text *text = r->cc->text;
  size_t n = strcspn(name, ".");
  if (*name != (name[n] ? 'x' : 'm'))
    return false;
  for (size_t i = 0; i < text->n_line; i++)
    if (!strncmp(text->line[i].text, name, n) && text->line[i].text[n] == ' ')
      return true;
  return false;
}

void ms_cell_check_names(ms_cell_reader *r) {
  const ms_cell *cell = &r->cc->cell;
  const ms_cell_text *text = r->cc->text;
  for (size_t i = 0; i < cell->n_initial; i++)
    if (!ms_cell_has_node(r, cell->initial[i].node))
      ms_yaml_fail(ms_yaml_item(ms_yaml_find(r->root, "initial"), i), MS_EPARSE,
                   "node '%s' does not exist in .subckt %s (%s:%d)", cell->initial[i].node,
                   cell->subckt, text->file, text->port_line);
  for (size_t i = 0; i < cell->n_parameter; i++) {
    bool known = false;
    for (size_t j = 0; j < text->n_param; j++)
      known |= !strcmp(text->param[j], cell->parameter[i].name);
    if (!known)
      ms_yaml_fail(ms_yaml_find(r->root, "parameters"), MS_EPARSE,
                   "'%s' is no parameter of .subckt %s (%s:%d)", cell->parameter[i].name,
                   cell->subckt, text->file, text->port_line);
  }
}

static int find_use(const ms_core_cell *cc, const char *subckt) {
  for (size_t i = 0; i < cc->n_use; i++)
    if (!strcasecmp(cc->use[i], subckt))
      return (int)i;
  return -1;
}

/* Loads what the cell instantiates, and checks the number of nodes given. */
int ms_cell_load_uses(ms_cell_reader *r, unsigned dac_bits) {
  ms_core_cell *cc = r->cc;
  const ms_core_impl *impl = r->loader->impl;
  for (size_t i = 0; i < cc->n_use; i++) {
    ms_yaml_node *at = ms_yaml_item(ms_yaml_find(r->root, "uses"), i);
    const ms_cell *used;
    int rc = ms_load_cell(r->loader, cc->use[i], dac_bits, at, &used);
    if (rc)
      return rc;
  }
  for (size_t k = 0; k < cc->text->n_use; k++) {
    const ms_text_use *use = &cc->text->use[k];
    int i = find_use(cc, use->name);
    if (i < 0)
      return ms_fail(r->loader->err, MS_EMISSING,
                     "%s:%d: subcircuit '%s' is not defined here; define it, or list the cell of "
                     "that name under 'uses' in %s",
                     cc->text->file, use->line, use->name, cc->cell.file);
    for (size_t j = 0; j < impl->n_cell; j++)
      if (!strcmp(impl->cell[j]->cell.name, cc->use[i]) &&
          impl->cell[j]->text->n_port != use->n_node)
        return ms_fail(r->loader->err, MS_EPARSE, "%s:%d: '%s' has %zu pins but is given %zu nodes",
                       cc->text->file, use->line, use->name, impl->cell[j]->text->n_port,
                       use->n_node);
  }
  return 0;
}
