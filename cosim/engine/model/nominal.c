/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a behavioural neuron from a core's nominal values, and their draws on a die. */
#include "engine/model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Slopes of the gen180 cards in weak inversion, and the leak transistors' ratio to their bias
 * diodes in the dpi cells. */
static const double kappa_n = 0.757, kappa_p = 0.722, leak_ratio = 16;
static const double boltzmann_v_per_k = 8.617333262e-5, nominal_k = 300.15;
/* Swing of the refractory capacitor until the reset transistor lets go. */
static const double refractory_swing_v = 1.4;
/* Charge that the soma's comparator node takes until the request rises. */
static const double comparator_c = 50e-15;

double ms_model_bias_current(const ms_core *core, size_t i, unsigned code) {
  const ms_cell *branch = core->bias[i].branch;
  unsigned coarse = code >> 8;
  return coarse < branch->n_coarse ? branch->coarse_a[coarse] * (code & 0xffu) / 256 : 0;
}

static double cell_parameter(const ms_cell *cell, const char *name, double otherwise) {
  for (size_t i = 0; i < cell->n_parameter; i++)
    if (!strcmp(cell->parameter[i].name, name))
      return cell->parameter[i].value;
  return otherwise;
}

static size_t find_bias(const ms_core *core, const ms_cell *cell, const char *name) {
  for (size_t i = 0; i < core->n_bias; i++)
    if (core->bias[i].cell == cell && !strcmp(core->bias[i].bias->name, name))
      return i;
  return SIZE_MAX;
}

/* Reads bias currents of one cell; the first that is missing or zero ends in `rc`. */
typedef struct reader {
  const ms_core *core;
  const ms_cell *cell;
  const double *bias_a;
  ms_error *err;
  int rc;
} reader;

static double current(reader *r, const char *name) {
  size_t i = find_bias(r->core, r->cell, name);
  if (i != SIZE_MAX && r->bias_a[i] > 0)
    return r->bias_a[i];
  if (!r->rc)
    r->rc = ms_fail(r->err, MS_EMISSING,
                    i == SIZE_MAX ? "the model engine needs a bias `%s` in cell %s"
                                  : "the model engine needs a current in bias `%s` of cell %s",
                    name, r->cell->name);
  return 1e-12;
}

/* A rest level of zero means as low as the devices leak; an input may be zero. */
static double current_or(reader *r, const char *name, double otherwise_a, double lowest_a) {
  size_t i = find_bias(r->core, r->cell, name);
  return i == SIZE_MAX ? otherwise_a : fmax(r->bias_a[i], lowest_a);
}

/* A time that the core states for each bias set and that a bias current divides: from the set whose
 * default current is nearest, scaled to this current. 0: none is stated. */
static double scaled_time(const ms_core *core, size_t bias, double current_a,
                          const double *stated_s) {
  double best = 0, time_s = 0;
  for (int set = 0; set < MS_N_SET; set++) {
    double nominal_a = ms_model_bias_current(core, bias, core->bias[bias].bias->code[set]);
    if (nominal_a <= 0 || stated_s[set] <= 0)
      continue;
    double distance = fabs(log(nominal_a / current_a));
    if (time_s <= 0 || distance < best) {
      best = distance;
      time_s = stated_s[set] * nominal_a / current_a;
    }
  }
  return time_s;
}

/* Width of the pulse that a row makes from a trigger. */
static double extended_pulse(reader *r) {
  const ms_core *core = r->core;
  const double stated_s[MS_N_SET] = {ms_time_to_s(core->pulse_ps[0]),
                                     ms_time_to_s(core->pulse_ps[1])};
  double ipw_a = current(r, "ipw");
  return r->rc ? 0 : scaled_time(core, find_bias(core, r->cell, "ipw"), ipw_a, stated_s);
}

/* The membrane's time constant: the core's own figure, scaled to this leak. */
static double membrane_tau(const ms_core *core, double leak_a, double ut_v) {
  double tau_s =
      scaled_time(core, find_bias(core, core->soma, "ileak"), leak_a * leak_ratio, core->tau_s);
  if (tau_s <= 0)
    return cell_parameter(core->soma, "cmem", 1e-12) * ut_v / (kappa_n * leak_a);
  return tau_s * ut_v / (boltzmann_v_per_k * nominal_k);
}

int ms_model_from_currents(const ms_core *core, const ms_pvt *pvt, const double *bias_a,
                           ms_neuron_model *out, ms_error *err) {
  double kelvin = pvt && pvt->temp_set ? pvt->temp_c + 273.15 : nominal_k;
  double ut_v = boltzmann_v_per_k * kelvin;
  double supply_v = pvt && pvt->supply_v > 0 ? pvt->supply_v : core->process->supply_v[1];
  reader r = {.core = core, .cell = core->soma, .bias_a = bias_a, .err = err};
  ms_neuron_model m = {.n_row = (unsigned)core->n_row};
  m.itau_a = current(&r, "ileak") / leak_ratio;
  m.igain_a = current(&r, "igain");
  m.ithr_a = current(&r, "ithr");
  m.compare_s = comparator_c / m.ithr_a;
  m.i0_a = current_or(&r, "irest", m.igain_a / 2, 1e-15);
  m.idc_a = current_or(&r, "idc", 0, 0);
  double iref_a = current(&r, "iref");
  if (r.rc)
    return r.rc;
  m.tau_s = membrane_tau(core, m.itau_a, ut_v);
  m.t_ref_s = cell_parameter(core->soma, "cref", 200e-15) * refractory_swing_v / iref_a;
  m.rise_s = 0.005 * m.tau_s;
  m.fall_s = 20e-9;
  m.slope_v = ut_v / kappa_n;
  m.rest_v = 0;
  m.power_w = supply_v * (m.ithr_a + m.idc_a);
  m.spike_j = 10e-12;
  m.event_j = 1e-12;
  for (unsigned k = 0; k < m.n_row; k++) {
    ms_row_model *row = &m.row[k];
    r.cell = core->row[k].cell;
    row->sign = core->row[k].sign;
    row->itau_a = current(&r, "itau") / leak_ratio;
    row->igain_a = current(&r, "igain");
    row->i0_a = current_or(&r, "irest", row->igain_a / 2, 1e-15);
    double unit_a = current(&r, "iw");
    row->pulse_s = core->trigger_ps ? extended_pulse(&r) : 0;
    if (r.rc)
      return r.rc;
    row->tau_s = cell_parameter(r.cell, "csyn", 400e-15) * ut_v /
                 ((row->sign == MS_EXC ? kappa_p : kappa_n) * row->itau_a);
    for (unsigned bit = 0; bit < core->dac_bits && bit < MS_MODEL_MAX_BITS; bit++)
      row->iw_bit_a[bit] = ldexp(unit_a, (int)bit);
  }
  *out = m;
  return 0;
}

int ms_neuron_model_nominal(const ms_core *core, const ms_pvt *pvt, const uint16_t *code, int set,
                            ms_neuron_model *out, ms_error *err) {
  double *bias_a = calloc(core->n_bias + 1, sizeof *bias_a);
  if (!bias_a)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu biases", core->n_bias);
  for (size_t i = 0; i < core->n_bias; i++)
    bias_a[i] = ms_model_bias_current(core, i, code ? code[i] : core->bias[i].bias->code[set]);
  int rc = ms_model_from_currents(core, pvt, bias_a, out, err);
  free(bias_a);
  return rc;
}

ms_model_spread ms_model_spread_default(void) {
  return (ms_model_spread){.soma_itau = 0.1,
                           .soma_igain = 0.1,
                           .soma_ithr = 0.1,
                           .soma_tref = 0.1,
                           .row_itau = 0.1,
                           .row_igain = 0.1,
                           .row_bit = 0.1};
}

static double factor(const ms_die *die, unsigned neuron, const char *cell, const char *name,
                     double spread) {
  char path[160];
  snprintf(path, sizeof path, "n%u.%s.%s", neuron, cell, name);
  return spread > 0 ? exp(spread * ms_die_draw(die, path, MS_DRAW_DBETA)) : 1;
}

void ms_neuron_model_draw(ms_neuron_model *m, const ms_core *core, const ms_model_spread *spread,
                          const ms_die *die, unsigned neuron) {
  double f = factor(die, neuron, "soma", "itau", spread->soma_itau);
  m->itau_a *= f;
  m->tau_s /= f;
  m->igain_a *= factor(die, neuron, "soma", "igain", spread->soma_igain);
  m->ithr_a *= factor(die, neuron, "soma", "ithr", spread->soma_ithr);
  m->t_ref_s /= factor(die, neuron, "soma", "iref", spread->soma_tref);
  for (unsigned r = 0; r < m->n_row; r++) {
    ms_row_model *row = &m->row[r];
    const char *name = core->row[r].name;
    f = factor(die, neuron, name, "itau", spread->row_itau);
    row->itau_a *= f;
    row->tau_s /= f;
    row->igain_a *= factor(die, neuron, name, "igain", spread->row_igain);
    for (unsigned bit = 0; bit < MS_MODEL_MAX_BITS; bit++) {
      char path[16];
      snprintf(path, sizeof path, "iw%u", bit);
      /* A bit is 2^k units in parallel: their errors average out. */
      row->iw_bit_a[bit] *=
          factor(die, neuron, name, path, spread->row_bit / sqrt(ldexp(1, (int)bit)));
    }
  }
}
