/* SPDX-License-Identifier: Apache-2.0 */
/* Core manifest: which cells make a neuron, its rows, its bias lines, its time scales. */
#include "models/load.h"
#include "models/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const set_name[MS_N_SET] = {"accelerated", "biological"};

static int read_process(ms_loader *loader, ms_yaml_node *root, const char *core_file) {
  const char *name = ms_yaml_string(root, "process");
  if (!*name)
    return 0;
  char *path = NULL;
  int rc = 0;
  if (ms_is_path(name)) {
    path = ms_load_beside(core_file, name);
    if (!path)
      rc = ms_fail(loader->err, MS_ENOMEM, "out of memory");
  } else
    rc = ms_load_find(loader, "process", name, "process.yaml", &path);
  if (!rc)
    rc = ms_load_process(loader, path);
  else
    ms_fail_context(loader->err, "%s:%d: key 'process'", core_file,
                    ms_yaml_line(ms_yaml_find(root, "process")));
  free(path);
  loader->impl->core.process = &loader->impl->process;
  return rc;
}

static bool has_pin(const ms_cell *cell, const char *name) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (!strcmp(cell->pin[i].name, name))
      return true;
  return false;
}

static int read_soma(ms_loader *loader, ms_yaml_node *root) {
  ms_core *core = &loader->impl->core;
  const char *name = ms_yaml_name(root, "soma");
  if (!*name)
    return 0;
  ms_yaml_node *at = ms_yaml_find(root, "soma");
  int rc = ms_load_cell(loader, name, core->dac_bits, at, &core->soma);
  if (!rc && core->soma->kind != MS_CELL_SOMA)
    ms_yaml_fail(at, MS_EPARSE, "cell '%s' is not of kind soma", name);
  return rc;
}

static int read_row(ms_loader *loader, ms_yaml_node *node) {
  static const char *const signs[] = {"exc", "inh", NULL};
  ms_core *core = &loader->impl->core;
  ms_row *row = &core->row[core->n_row];
  row->sign = ms_yaml_choice(node, "sign", signs);
  const char *name = ms_yaml_name(node, "name"), *cell = ms_yaml_name(node, "cell");
  if (!*name || !*cell || !core->soma)
    return 0;
  for (size_t i = 0; i < core->n_row; i++) {
    row->index += core->row[i].sign == row->sign;
    if (!strcasecmp(core->row[i].name, name))
      ms_yaml_fail(node, MS_EPARSE, "row '%s' is listed twice", name);
  }
  if (!strcasecmp(name, "soma"))
    ms_yaml_fail(node, MS_EPARSE, "a row must not be called soma");
  int rc = ms_load_copy(loader, &row->name, name);
  if (rc)
    return rc;
  core->n_row++;
  rc = ms_load_cell(loader, cell, core->dac_bits, ms_yaml_find(node, "cell"), &row->cell);
  if (rc)
    return rc;
  if (row->cell->kind != MS_CELL_SYNAPSE)
    ms_yaml_fail(node, MS_EPARSE, "cell '%s' is not of kind synapse", cell);
  for (size_t i = 0; i < row->cell->n_pin; i++) {
    const ms_pin *pin = &row->cell->pin[i];
    if (pin->role == MS_ROLE_PULSE && pin->trigger && !core->trigger_ps)
      ms_yaml_fail(node, MS_EPARSE,
                   "cell '%s' extends a short trigger: give its width as 'trigger' under 'pulse'",
                   cell);
    if (pin->role == MS_ROLE_PULSE && !pin->trigger && core->trigger_ps)
      ms_yaml_fail(node, MS_EPARSE,
                   "cell '%s' needs whole pulses, but 'pulse' has a 'trigger': take a cell whose "
                   "pin has role: trigger, or leave 'trigger' out",
                   cell);
    if (pin->role == MS_ROLE_CURRENT_OUT && !has_pin(core->soma, pin->into))
      ms_yaml_fail(node, MS_EPARSE, "%s: pin '%s' gives its current to '%s', no pin of soma '%s'",
                   row->cell->file, pin->name, pin->into, core->soma->name);
  }
  return 0;
}

/* The default codes of a DAC unit's current are for unit_bits; another width keeps the full scale.
 * The smallest coarse range that reaches the current resolves it best. */
static int scale_unit(ms_loader *loader, const ms_cell *cell, ms_bias *bias,
                      const ms_cell *branch) {
  unsigned dac_bits = loader->impl->core.dac_bits;
  if (!bias->unit_bits || !dac_bits || bias->unit_bits == dac_bits)
    return 0;
  double scale = ((1u << bias->unit_bits) - 1.0) / ((1u << dac_bits) - 1.0);
  for (int set = 0; set < MS_N_SET; set++) {
    unsigned code = bias->code[set];
    double current_a = scale * branch->coarse_a[code >> MS_FINE_BITS] * (code & 0xffu);
    unsigned best = 0;
    for (size_t c = branch->n_coarse; c-- > 0;) {
      double fine = current_a / branch->coarse_a[c] + 0.5;
      if (fine >= 1 && fine < 256)
        best = (unsigned)c << MS_FINE_BITS | (unsigned)fine;
    }
    if (!best)
      return ms_fail(
          loader->err, MS_ERANGE,
          "%s:%d: bias '%s': no code of branch '%s' gives the unit current of %u bits; the "
          "%s code is meant for unit_bits: %u",
          cell->file, bias->line, bias->name, bias->branch, dac_bits, set_name[set],
          bias->unit_bits);
    bias->code[set] = best;
  }
  return 0;
}

static ms_bias *owned_bias(const ms_loader *loader, const ms_cell *cell, size_t i) {
  for (size_t k = 0; k < loader->impl->n_cell; k++)
    if (&loader->impl->cell[k]->cell == cell)
      return &loader->impl->cell[k]->cell.bias[i];
  return NULL;
}

/* Codes mean the same current in a line's own branches, so their ranges are as many. */
static int load_own(ms_loader *loader, ms_yaml_node *at, ms_core_bias *b) {
  b->own = b->branch;
  if (!b->branch->own)
    return 0;
  int rc = ms_load_cell(loader, b->branch->own, loader->impl->core.dac_bits, at, &b->own);
  if (!rc && (b->own->kind != MS_CELL_BIAS || b->own->n_coarse != b->branch->n_coarse))
    rc = ms_fail(loader->err, MS_EPARSE,
                 "%s: key 'own': cell '%s' must be of kind bias with %zu coarse ranges",
                 b->branch->file, b->branch->own, b->branch->n_coarse);
  return rc;
}

int ms_load_biases(ms_loader *loader, ms_yaml_node *root, const ms_cell *cell) {
  ms_core *core = &loader->impl->core;
  for (size_t i = 0; i < core->n_bias; i++)
    if (core->bias[i].cell == cell)
      return 0;
  ms_core_bias *grown = realloc(core->bias, (core->n_bias + cell->n_bias + 1) * sizeof *grown);
  if (!grown)
    return ms_fail(loader->err, MS_ENOMEM, "out of memory");
  core->bias = grown;
  for (size_t i = 0; i < cell->n_bias; i++) {
    const ms_bias *bias = &cell->bias[i];
    ms_core_bias *b = &core->bias[core->n_bias];
    *b = (ms_core_bias){.cell = cell, .bias = bias};
    int rc = ms_load_cell(loader, bias->branch, core->dac_bits, root, &b->branch);
    if (rc)
      return rc;
    if (asprintf(&b->name, "%s.%s", cell->name, bias->name) < 0)
      return ms_fail(loader->err, MS_ENOMEM, "out of memory");
    core->n_bias++;
    if (b->branch->kind != MS_CELL_BIAS)
      return ms_fail(loader->err, MS_EPARSE, "%s:%d: bias '%s': cell '%s' is not of kind bias",
                     cell->file, bias->line, bias->name, bias->branch);
    if ((rc = load_own(loader, root, b)))
      return rc;
    for (int set = 0; set < MS_N_SET; set++)
      if (bias->code[set] >> MS_FINE_BITS >= b->branch->n_coarse)
        return ms_fail(
            loader->err, MS_ERANGE,
            "%s:%d: bias '%s': %s coarse %u is out of range; allowed: 0 to %zu, the ranges "
            "of '%s'",
            cell->file, bias->line, bias->name, set_name[set], bias->code[set] >> MS_FINE_BITS,
            b->branch->n_coarse - 1, bias->branch);
    if ((rc = scale_unit(loader, cell, owned_bias(loader, cell, i), b->branch)))
      return rc;
  }
  return 0;
}

/* A row with a pulse extender gets a short trigger and stays busy for longer than its pulse. */
static void read_trigger(ms_core *core, ms_yaml_node *pulse) {
  double margin = 1;
  if (pulse && ms_yaml_find(pulse, "trigger")) {
    core->trigger_ps = ms_yaml_time_or(pulse, "trigger", 0, 1000, (ms_time)1000000 * 1000000);
    margin = ms_yaml_quantity_or(pulse, "margin", "1", 1.5, 1, 10);
    ms_yaml_node *at = ms_yaml_find(pulse, "trigger");
    if (core->trigger_ps < core->clock_ps)
      ms_yaml_fail(at, MS_ERANGE, "is shorter than one clock period");
    if (core->trigger_ps >= core->pulse_ps[MS_SET_ACCELERATED])
      ms_yaml_fail(at, MS_ERANGE, "must be shorter than the pulse that is made from it");
  } else if (pulse && ms_yaml_find(pulse, "margin"))
    ms_yaml_fail(ms_yaml_find(pulse, "margin"), MS_EPARSE,
                 "only rows with a 'trigger' have a margin");
  for (int set = 0; set < MS_N_SET; set++)
    core->busy_ps[set] = (ms_time)((double)core->pulse_ps[set] * margin + 0.5);
}

static void read_times(ms_core *core, ms_yaml_node *root) {
  const ms_time us = 1000000, s = 1000000 * us;
  double clock_hz = ms_yaml_quantity(root, "clock", "Hz", 1e3, 1e10);
  core->clock_ps = clock_hz > 0 ? (ms_time)(1e12 / clock_hz + 0.5) : 1;
  ms_yaml_node *pulse = ms_yaml_map(root, "pulse"), *tau = ms_yaml_map(root, "tau");
  for (int set = 0; set < MS_N_SET; set++) {
    core->pulse_ps[set] = ms_yaml_time(pulse, set_name[set], 1000, s);
    core->tau_s[set] = ms_yaml_quantity(tau, set_name[set], "s", 1e-9, 10);
    if (pulse && core->pulse_ps[set] < core->clock_ps)
      ms_yaml_fail(ms_yaml_find(pulse, set_name[set]), MS_ERANGE,
                   "is shorter than one clock period");
  }
  core->edge_ps = ms_yaml_time_or(pulse, "edge", 5000, 10, us);
  read_trigger(core, pulse);
  if (pulse && core->edge_ps >= ms_core_line_ps(core, MS_SET_ACCELERATED))
    ms_yaml_fail(pulse, MS_ERANGE, "edge must be shorter than the %s",
                 core->trigger_ps ? "trigger" : "pulse");
  core->decap_f = ms_yaml_quantity_or(root, "decap", "F", 10e-12, 1e-15, 1e-3);
}

static int read_core(ms_loader *loader, ms_yaml *doc, unsigned dac_bits) {
  ms_core *core = &loader->impl->core;
  ms_yaml_node *root = ms_yaml_root(doc);
  int rc = ms_load_copy(loader, &core->name, ms_yaml_name(root, "name"));
  ms_yaml_string_or(root, "description", "");
  core->dac_bits = (unsigned)ms_yaml_int(root, "dac_bits", 1, 8);
  if (dac_bits)
    core->dac_bits = dac_bits;
  read_times(core, root);
  /* Cells are expanded for the number of bits: nothing below makes sense without it. */
  if (!rc)
    rc = ms_yaml_status(doc, loader->err);
  if (!rc)
    rc = read_process(loader, root, core->file);
  if (!rc)
    rc = read_soma(loader, root);
  ms_yaml_node *rows = ms_yaml_list(root, "rows", 1, MS_MAX_ROWS);
  for (size_t i = 0; i < ms_yaml_count(rows) && !rc; i++)
    rc = read_row(loader, ms_yaml_item(rows, i));
  if (!rc)
    rc = ms_yaml_finish(doc, loader->err);
  if (!rc)
    rc = ms_load_biases(loader, root, core->soma);
  for (size_t i = 0; i < core->n_row && !rc; i++)
    rc = ms_load_biases(loader, root, core->row[i].cell);
  return rc;
}

int ms_core_load(const char *models_dir, const char *name, unsigned dac_bits, ms_core **out,
                 ms_error *err) {
  *out = NULL;
  if (dac_bits > 8)
    return ms_fail(err, MS_ERANGE, "dac_bits is %u; allowed: 1 to 8, or 0 for the manifest's own",
                   dac_bits);
  ms_core_impl *impl = calloc(1, sizeof *impl);
  if (!impl)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  impl->core.checksum = 0xcbf29ce484222325u; /* FNV offset basis */
  ms_loader loader = {.impl = impl, .err = err};
  ms_yaml *doc = NULL;
  int rc = ms_find_core(&loader, models_dir, name, &impl->core.file);
  if (!rc)
    rc = ms_load_yaml(&loader, impl->core.file, &doc);
  if (!rc)
    rc = read_core(&loader, doc, dac_bits);
  ms_yaml_destroy(doc);
  return ms_load_end(&loader, rc, out);
}

int ms_load_end(ms_loader *loader, int rc, ms_core **out) {
  for (size_t i = 0; i < loader->n_dir; i++)
    free(loader->dir[i]);
  if (rc)
    ms_core_destroy(&loader->impl->core);
  *out = rc ? NULL : &loader->impl->core;
  return rc;
}

void ms_core_destroy(ms_core *core) {
  if (!core)
    return;
  ms_core_impl *impl = (ms_core_impl *)(void *)core;
  ms_process_clear(&impl->process);
  for (size_t i = 0; i < impl->n_cell; i++)
    ms_core_cell_destroy(impl->cell[i]);
  for (size_t i = 0; i < core->n_row; i++)
    free(core->row[i].name);
  for (size_t i = 0; i < core->n_bias; i++)
    free(core->bias[i].name);
  free(core->bias);
  free(core->name);
  free(core->file);
  free(impl);
}

int ms_core_find_bias(const ms_core *core, const char *name) {
  for (size_t i = 0; i < core->n_bias; i++)
    if (!strcmp(core->bias[i].name, name))
      return (int)i;
  return MS_EMISSING;
}
