/* SPDX-License-Identifier: Apache-2.0 */
/* One neuron on the same die in three engines. */
#include "neuron_bench.h"

#include "engine/ngspice/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double pulse_every_tau = 0.15, margin_tau = 0.1;

/* Processor time of whoever computes for the group. */
static double seconds_used(const ms_neuron_bench *b, ms_bench_engine_kind which) {
  struct timespec t;
  clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
  if (which != MS_BENCH_TABLE) {
    pid_t pid = ms_ngspice_group_pid(b->group[which]);
    if (!pid || clock_getcpuclockid(pid, &clock))
      return 0;
  }
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int ms_neuron_bench_run(ms_neuron_bench *b, ms_bench_engine_kind which, const ms_die *die,
                        const ms_pvt *pvt, ms_neuron_run *out, ms_error *err) {
  const ms_ack_timing ack = {b->core->clock_ps, 2, 2};
  ms_run_spec spec = {.die = *die,
                      .pvt = *pvt,
                      .bias_v = b->bias_v,
                      .t_stop = ms_time_from_s(b->length_tau * b->core->tau_s[b->set]),
                      .lookahead_ps = 2 * b->core->clock_ps,
                      .self_ack = &ack};
  ms_group *g = b->group[which];
  ms_report report = {0};
  ms_group_result result;
  memset(out, 0, sizeof *out);
  int code = ms_group_start(g, &spec, err);
  code = code ? code : ms_group_stimulate(g, b->pulse, b->n_pulse, err);
  double before = seconds_used(b, which);
  while (!code && !report.finished) {
    code = ms_group_grant(g, spec.t_stop, 1, err);
    code = code ? code : ms_group_wait(g, &report, err);
    for (size_t i = 0; !code && i < report.n_transition && out->n_spike < MS_BENCH_MAX_SPIKE; i++)
      if (report.transition[i].level)
        out->spike_s[out->n_spike++] = ms_time_to_s(report.transition[i].t);
  }
  out->seconds = seconds_used(b, which) - before;
  if (code)
    return code;
  code = ms_group_finish(g, &result, err);
  if (code)
    return code;
  out->energy_j = result.energy_j;
  out->steps = result.steps;
  out->evaluations = result.iterations;
  out->rejected = result.rejected;
  out->n_device = result.n_device;
  out->n_lookup = result.n_lookup;
  out->device_share = result.device_share;
  out->solver_share = result.solver_share;
  out->unsure = result.unsure;
  ms_group_result_clear(&result);
  return MS_OK;
}

/* Pulses on the chosen rows in turn. */
static int make_pulses(ms_neuron_bench *b, unsigned rows, ms_error *err) {
  double tau = b->core->tau_s[b->set];
  uint8_t row[MS_MAX_ROWS];
  unsigned n_row = 0, k = 0;
  for (uint8_t r = 0; r < b->core->n_row; r++)
    if (rows >> r & 1)
      row[n_row++] = r;
  if (!n_row)
    return MS_OK;
  b->pulse = calloc((size_t)(2 * b->length_tau / pulse_every_tau) + 4, sizeof *b->pulse);
  if (!b->pulse)
    return ms_fail(err, MS_ENOMEM, "no memory for pulses");
  for (double t = margin_tau * tau; t < (b->length_tau - margin_tau) * tau;
       t += pulse_every_tau * tau, k++) {
    uint8_t r = row[k % n_row];
    uint16_t code = (uint16_t)(1 + k * 5 % ((1u << b->core->dac_bits) - 1));
    ms_time on = ms_time_from_s(t);
    b->pulse[b->n_pulse++] = (ms_stimulus){on, MS_STIM_PULSE, r, 1, code};
    b->pulse[b->n_pulse++] =
        (ms_stimulus){on + ms_core_line_ps(b->core, b->set), MS_STIM_PULSE, r, 0, 0};
  }
  return MS_OK;
}

int ms_neuron_bench_open(ms_neuron_bench *b, const ms_core *core, int set, unsigned rows,
                         double length_tau, double reference_reltol, bool pulse_maps,
                         ms_error *err) {
  *b = (ms_neuron_bench){.core = core, .set = set, .length_tau = length_tau};
  for (int i = 0; i < MS_BENCH_N_ENGINE; i++) {
    ms_engine_options o = {.kind = i == MS_BENCH_TABLE ? MS_ENGINE_TABLE : MS_ENGINE_NGSPICE,
                           .reltol = i == MS_BENCH_REFERENCE ? reference_reltol : 0,
                           .pulse_maps = pulse_maps};
    int code = ms_engine_create(&o, core, &b->engine[i], err);
    code = code ? code : ms_group_create(b->engine[i], &b->group[i], err);
    if (code)
      return code;
  }
  return make_pulses(b, rows, err);
}

void ms_neuron_bench_close(ms_neuron_bench *b) {
  for (int i = 0; i < MS_BENCH_N_ENGINE; i++) {
    ms_group_destroy(b->group[i]);
    ms_engine_destroy(b->engine[i]);
  }
  free(b->pulse);
}

int ms_neuron_bench_codes(const ms_core *core, int set, uint16_t code[MS_BENCH_MAX_BIAS],
                          ms_error *err) {
  if (core->n_bias > MS_BENCH_MAX_BIAS)
    return ms_fail(err, MS_ERANGE, "core %s has more than %d bias lines", core->name,
                   MS_BENCH_MAX_BIAS);
  for (size_t i = 0; i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[set];
  int idc = ms_core_find_bias(core, "dpi_soma.idc");
  if (idc >= 0)
    code[idc] = (uint16_t)(set == MS_SET_ACCELERATED ? 4 << 8 | 200 : 2 << 8 | 80);
  return MS_OK;
}

int ms_neuron_bench_bias(ms_neuron_bench *b, const ms_die *die, const ms_pvt *pvt, ms_error *err) {
  uint16_t code[MS_BENCH_MAX_BIAS];
  int rc = ms_neuron_bench_codes(b->core, b->set, code, err);
  int idc = ms_core_find_bias(b->core, "dpi_soma.idc");
  if (!rc && b->drive && idc >= 0)
    code[idc] = b->drive;
  return rc ? rc
            : ms_engine_bias(b->engine[MS_BENCH_PRODUCTION], die, pvt, code, b->bias_v, NULL, err);
}

double ms_neuron_bench_shift(double tau_s, double length_tau, const ms_neuron_run *a,
                             const ms_neuron_run *r, bool *equal) {
  double worst = 0, end_s = (length_tau - 0.01) * tau_s;
  size_t n = a->n_spike < r->n_spike ? a->n_spike : r->n_spike;
  for (size_t i = 0; i < n; i++)
    worst = fmax(worst, fabs(a->spike_s[i] - r->spike_s[i]) / tau_s);
  const ms_neuron_run *more = a->n_spike > n ? a : r;
  *equal = more->n_spike == n || (more->n_spike == n + 1 && more->spike_s[n] > end_s);
  return worst;
}
