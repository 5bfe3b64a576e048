/* SPDX-License-Identifier: Apache-2.0 */
/* One cell in a core of its own, to be measured. */
#include "models/load.h"
#include "models/paths.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands for the soma that takes a synapse's current: a resistor to a fixed voltage. It has the
 * pins of a soma, since an engine's group is a soma with rows; creq makes the table engine follow
 * the current, as it computes what the request depends on. */
static const char ammeter_text[] =
    ".subckt ms_ammeter %1$s ms_mem ms_req ms_nack ms_gnd r=1meg v=1\n"
    "vmid mid ms_gnd dc {v}\n"
    "rin %1$s mid {r}\n"
    "cin %1$s ms_gnd 1f\n"
    "rmem ms_mem ms_gnd 1meg\n"
    "cmem ms_mem ms_gnd 1f\n"
    "rreq ms_req ms_gnd 1meg\n"
    "creq ms_req %1$s 1f\n"
    "rnack ms_nack ms_gnd 1g\n"
    ".ends\n";

double ms_ammeter_ohm(int set) {
  return set == MS_SET_ACCELERATED ? 1e5 : 1e8;
}

static int make_ammeter(ms_loader *loader, int set, const char *into, const ms_cell **out) {
  const struct {
    const char *name;
    ms_role role;
  } pins[] = {{into, MS_ROLE_INPUT},
              {"ms_mem", MS_ROLE_PROBE},
              {"ms_req", MS_ROLE_REQUEST},
              {"ms_nack", MS_ROLE_ACKNOWLEDGE},
              {"ms_gnd", MS_ROLE_GROUND}};
  enum { N = sizeof pins / sizeof *pins };
  ms_core_impl *impl = loader->impl;
  ms_core_cell *cc = calloc(1, sizeof *cc);
  if (!cc)
    return ms_fail(loader->err, MS_ENOMEM, "out of memory");
  impl->cell[impl->n_cell++] = cc; /* freed with the core */
  ms_cell *cell = &cc->cell;
  cc->bits = 1;
  cell->kind = MS_CELL_SOMA;
  cell->pin = calloc(N, sizeof *cell->pin);
  cell->parameter = calloc(2, sizeof *cell->parameter);
  int rc = cell->pin && cell->parameter ? 0 : ms_fail(loader->err, MS_ENOMEM, "out of memory");
  rc = rc ? rc : ms_load_copy(loader, &cell->name, "ms_ammeter");
  rc = rc ? rc : ms_load_copy(loader, &cell->subckt, "ms_ammeter");
  rc = rc ? rc : ms_load_copy(loader, &cell->file, "ms_ammeter");
  for (size_t i = 0; i < N && !rc; i++) {
    ms_pin *pin = &cell->pin[cell->n_pin++];
    pin->role = pins[i].role;
    pin->active_low = pin->role == MS_ROLE_ACKNOWLEDGE;
    rc = ms_load_copy(loader, &pin->name, pins[i].name);
  }
  for (size_t i = 0; i < 2 && !rc; i++) {
    ms_parameter *p = &cell->parameter[cell->n_parameter++];
    p->value = i ? MS_AMMETER_V : ms_ammeter_ohm(set);
    rc = ms_load_copy(loader, &p->name, i ? "v" : "r");
  }
  char text[800];
  int n = snprintf(text, sizeof text, ammeter_text, into);
  if (!rc)
    rc = ms_cell_text_parse("ms_ammeter", text, (size_t)n, "ms_ammeter", 1, &cc->text, loader->err);
  *out = cell;
  return rc;
}

/* Time scales of the library's cores; a cell's manifest has none. */
static void set_times(ms_core *core) {
  const ms_time ns = 1000, us = 1000 * ns;
  core->clock_ps = 10 * ns;
  core->edge_ps = 5 * ns;
  core->pulse_ps[MS_SET_ACCELERATED] = 100 * ns;
  core->pulse_ps[MS_SET_BIOLOGICAL] = 10 * us;
  core->tau_s[MS_SET_ACCELERATED] = 10e-6;
  core->tau_s[MS_SET_BIOLOGICAL] = 20e-3;
}

static const ms_pin *find_role(const ms_cell *cell, ms_role role) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (cell->pin[i].role == role)
      return &cell->pin[i];
  return NULL;
}

/* The first row of its sign, named as in the library's cores: its draws are then those that the
 * row has in neuron 0 of the same die. */
static int add_row(ms_loader *loader, int set, const ms_cell *cell) {
  ms_core *core = &loader->impl->core;
  const char *into = find_role(cell, MS_ROLE_CURRENT_OUT)->into;
  int rc = make_ammeter(loader, set, into, &core->soma);
  if (rc)
    return rc;
  ms_row *row = &core->row[core->n_row++];
  row->cell = cell;
  if (find_role(cell, MS_ROLE_PULSE)->trigger)
    core->trigger_ps = 20000;
  row->sign = strcmp(into, "nin") ? MS_INH : MS_EXC;
  return ms_load_copy(loader, &row->name, row->sign == MS_EXC ? "exc0" : "inh0");
}

static int load_process(ms_loader *loader, const char *name) {
  /* The simulator runs in another folder: what the manifest includes needs its full path. */
  char *path = ms_is_path(name) ? realpath(name, NULL) : NULL;
  int rc = path ? 0
           : ms_is_path(name)
               ? ms_fail(loader->err, MS_EMISSING, "process manifest %s was not found", name)
               : ms_load_find(loader, "process", name, "process.yaml", &path);
  rc = rc ? rc : ms_load_process(loader, path);
  free(path);
  loader->impl->core.process = &loader->impl->process;
  return rc;
}

static int load(ms_loader *loader, const char *models_dir, const char *where, const char *process,
                int set, const ms_cell **dut) {
  ms_core *core = &loader->impl->core;
  int rc = ms_find_cell(loader, models_dir, where, &core->file);
  char *folder = rc ? NULL : ms_load_folder(core->file);
  if (!rc && !folder)
    rc = ms_fail(loader->err, MS_ENOMEM, "out of memory");
  rc = rc ? rc : ms_load_copy(loader, &core->name, basename(folder));
  rc = rc ? rc : load_process(loader, process ? process : "gen180");
  rc = rc ? rc : ms_load_cell_file(loader, core->name, core->file, 0, dut);
  free(folder);
  if (rc)
    return rc;
  const ms_core_impl *impl = loader->impl;
  core->dac_bits = impl->cell[impl->n_cell - 1]->bits;
  rc = ms_load_biases(loader, NULL, *dut);
  if (!rc && (*dut)->kind == MS_CELL_SOMA)
    core->soma = *dut;
  if (!rc && (*dut)->kind == MS_CELL_SYNAPSE)
    rc = add_row(loader, set, *dut);
  return rc;
}

int ms_core_load_cell(const char *models_dir, const char *cell, const char *process, int set,
                      ms_core **out, const ms_cell **dut, ms_error *err) {
  *out = NULL;
  ms_core_impl *impl = calloc(1, sizeof *impl);
  if (!impl)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  impl->core.checksum = 0xcbf29ce484222325u; /* FNV offset basis */
  ms_loader loader = {.impl = impl, .err = err};
  set_times(&impl->core);
  return ms_load_end(&loader, load(&loader, models_dir, cell, process, set, dut), out);
}
