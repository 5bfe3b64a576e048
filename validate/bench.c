/* SPDX-License-Identifier: Apache-2.0 */
/* The bench: engine, place, runs of somas and synapses. */
#include "bench.h"

#include "mixspike/record.h"
#include "models/load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ms_bench_create(const ms_bench_setup *setup, ms_bench **out, ms_error *err) {
  *out = NULL;
  ms_bench *b = calloc(1, sizeof *b);
  if (!b)
    return ms_fail(err, MS_ENOMEM, "no memory for a bench");
  b->setup = *setup;
  b->n_circuit = setup->cell->n_measure;
  b->bias_v = calloc(setup->core->n_bias + 1, sizeof *b->bias_v);
  b->circuit = calloc(b->n_circuit + 1, sizeof(ms_circuit *));
  /* Without a soma there is no group; the engine then only solves bias branches. */
  ms_engine_options options = {.kind = setup->core->soma ? setup->engine : MS_ENGINE_NGSPICE,
                               .worker_path = setup->worker_path};
  int rc = b->bias_v && b->circuit ? 0 : ms_fail(err, MS_ENOMEM, "no memory for a bench");
  rc = rc ? rc : ms_engine_create(&options, setup->core, &b->engine, err);
  if (!rc && setup->core->soma)
    rc = ms_group_create(b->engine, &b->group, err);
  if (rc) {
    ms_bench_destroy(b);
    return rc;
  }
  *out = b;
  return 0;
}

void ms_bench_run_clear(ms_bench_run *run) {
  free(run->rise_s);
  free(run->fall_s);
  ms_group_result_clear(&run->result);
  *run = (ms_bench_run){0};
}

static void forget(ms_bench *b) {
  for (size_t i = 0; i < b->n_run; i++)
    ms_bench_run_clear(&b->run[i]);
  free(b->run);
  b->run = NULL;
  b->n_run = 0;
}

void ms_bench_destroy(ms_bench *b) {
  if (!b)
    return;
  forget(b);
  for (size_t i = 0; i < b->n_circuit && b->circuit; i++)
    ms_circuit_destroy(b->circuit[i]);
  for (size_t i = 0; i < b->n_wave; i++) {
    free(b->wave[i].t_s);
    free(b->wave[i].y);
  }
  free(b->wave);
  free(b->circuit);
  free(b->bias_v);
  ms_service_destroy(b->service);
  ms_group_destroy(b->group);
  ms_engine_destroy(b->engine);
  free(b);
}

int ms_bench_place(ms_bench *b, const ms_die *die, const ms_pvt *pvt, ms_error *err) {
  const ms_core *core = b->setup.core;
  uint16_t code[64];
  forget(b);
  b->die = *die;
  b->pvt = *pvt;
  if (core->n_bias > sizeof code / sizeof *code)
    return ms_fail(err, MS_ERANGE, "%s has more than 64 bias lines", core->file);
  for (size_t i = 0; i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[b->setup.set];
  ms_die of_biases = *die;
  if (!b->setup.mismatch_biases)
    of_biases = (ms_die){0};
  return core->n_bias ? ms_engine_bias(b->engine, &of_biases, pvt, code, b->bias_v, NULL, err) : 0;
}

void ms_bench_keep_waves(ms_bench *b) {
  b->keep_waves = true;
}

const ms_bench_wave *ms_bench_waves(const ms_bench *b, size_t *n) {
  *n = b->n_wave;
  return b->wave;
}

int ms_bench_add_wave(ms_bench *b, const ms_bench_wave *wave, ms_error *err) {
  if (!b->keep_waves || !wave->n)
    return 0;
  for (size_t i = 0; i < b->n_wave; i++)
    if (!strcmp(b->wave[i].run, wave->run) && !strcmp(b->wave[i].name, wave->name))
      return 0; /* measures that share a run */
  ms_bench_wave *more = realloc(b->wave, (b->n_wave + 1) * sizeof *more);
  if (more)
    b->wave = more;
  ms_bench_wave w = *wave;
  w.t_s = malloc(w.n * sizeof *w.t_s);
  w.y = malloc(w.n * sizeof *w.y);
  if (!more || !w.t_s || !w.y) {
    free(w.t_s);
    free(w.y);
    return ms_fail(err, MS_ENOMEM, "no memory for waveforms");
  }
  memcpy(w.t_s, wave->t_s, w.n * sizeof *w.t_s);
  memcpy(w.y, wave->y, w.n * sizeof *w.y);
  b->wave[b->n_wave++] = w;
  return 0;
}

/* The waveforms of a run, the one that is measured first. `measured` replaces the voltage of the
 * probe that the run was made for. */
static int add_run(ms_bench *b, const char *run, ms_probe probe, const ms_bench_wave *measured,
                   const ms_group_result *result, ms_error *err) {
  ms_bench_wave w = *measured;
  snprintf(w.run, sizeof w.run, "%s", run);
  w.measured = true;
  int rc = ms_bench_add_wave(b, &w, err);
  for (size_t i = 0; i < result->n_wave && !rc; i++) {
    const ms_wave *other = &result->wave[i];
    if (other->probe == probe)
      continue;
    w = (ms_bench_wave){.unit = "V", .n = other->n, .t_s = other->t_s, .y = other->v};
    snprintf(w.run, sizeof w.run, "%s", run);
    snprintf(w.name, sizeof w.name, "%s",
             other->probe >= MS_PROBE_SYN0 ? "vsyn" : ms_probe_name(b->setup.core, other->probe));
    rc = ms_bench_add_wave(b, &w, err);
  }
  return rc;
}

/* Static power is that of a quiet run where there is one: a soma has several operating points. */
static bool is_quiet_power(const ms_bench_setup *s, const ms_measure *m) {
  return m->kind == MS_MEASURE_STATIC_POWER && s->core->soma && !m->n_drive;
}

bool ms_bench_can(const ms_bench_setup *s, const ms_measure *m) {
  return m->set == s->set &&
         (s->engine == MS_ENGINE_NGSPICE ||
          (s->engine == MS_ENGINE_TABLE && (ms_measure_is_group(m->kind) || is_quiet_power(s, m))));
}

/* Bits of the pin that a measure sweeps, or of the synapse's weight. */
static unsigned code_bits(const ms_bench_setup *s, const ms_measure *m) {
  const ms_core_impl *impl = ms_core_get_impl(s->core);
  (void)m;
  for (size_t i = 0; i < impl->n_cell; i++)
    if (&impl->cell[i]->cell == s->cell)
      return impl->cell[i]->bits;
  return s->core->dac_bits;
}

size_t ms_bench_curve_size(const ms_bench_setup *s, const ms_measure *m) {
  switch (m->kind) {
  case MS_MEASURE_FI_CURVE:
    return m->n_list;
  case MS_MEASURE_CODE_RESPONSE:
    return m->n_list ? m->n_list : (1u << code_bits(s, m)) - 1;
  case MS_MEASURE_CODES:
    return m->n_list ? m->n_list : 1u << code_bits(s, m);
  case MS_MEASURE_DC:
    return m->sweep_points;
  default:
    return 0;
  }
}

double ms_bench_curve_x(const ms_bench_setup *s, const ms_measure *m, size_t i) {
  (void)s;
  if (m->n_list)
    return m->list[i];
  if (m->kind == MS_MEASURE_DC)
    return m->sweep_from +
           (m->sweep_to - m->sweep_from) * (double)i / (double)(m->sweep_points - 1);
  return (double)(m->kind == MS_MEASURE_CODE_RESPONSE ? i + 1 : i);
}

/* ---- Runs of a group. */

static int add_transitions(ms_bench_run *run, const ms_report *report, ms_error *err) {
  for (size_t i = 0; i < report->n_transition; i++) {
    const ms_transition *x = &report->transition[i];
    if (!x->level) {
      if (run->n_spike)
        run->fall_s[run->n_spike - 1] = ms_time_to_s(x->t);
      continue;
    }
    if (run->n_spike == MS_BENCH_SPIKES)
      return ms_fail(err, MS_ESIM, "more than %d spikes; take a shorter window", MS_BENCH_SPIKES);
    if (run->n_spike % 64 == 0) {
      double *rise = realloc(run->rise_s, (run->n_spike + 64) * sizeof *rise);
      run->rise_s = rise ? rise : run->rise_s;
      double *fall = realloc(run->fall_s, (run->n_spike + 64) * sizeof *fall);
      run->fall_s = fall ? fall : run->fall_s;
      if (!rise || !fall)
        return ms_fail(err, MS_ENOMEM, "no memory for spikes");
    }
    run->rise_s[run->n_spike] = ms_time_to_s(x->t);
    run->fall_s[run->n_spike++] = NAN;
  }
  return 0;
}

ms_ack_timing ms_bench_ack(const ms_core *core) {
  enum { FINE = 100 };
  return (ms_ack_timing){
      .clock_ps = core->clock_ps / FINE, .rise_cycles = 7 * FINE / 2, .fall_cycles = 7 * FINE / 2};
}

static int run_group(ms_bench *b, const double *current_a, const ms_stimulus *stimulus, size_t n,
                     double window_s, ms_probe probe, ms_bench_run *run, ms_error *err) {
  const ms_core *core = b->setup.core;
  const ms_ack_timing ack = ms_bench_ack(core);
  /* What a person wants to see beside the waveform that is measured. */
  static const uint32_t beside[] = {[MS_PROBE_VMEM] = 1u << MS_PROBE_REQ | 1u << MS_PROBE_NACK,
                                    [MS_PROBE_NIN] = 1u << MS_PROBE_SYN0,
                                    [MS_PROBE_SYN0] = 0};
  ms_run_spec spec = {.die = b->die,
                      .pvt = b->pvt,
                      .bias_v = b->bias_v,
                      .t_stop = ms_time_from_s(window_s),
                      .lookahead_ps = core->clock_ps,
                      .self_ack = &ack,
                      .probe_mask = 1u << probe | (b->keep_waves ? beside[probe] : 0),
                      .inject_a = current_a};
  *run = (ms_bench_run){.window_s = window_s, .current_a = current_a ? *current_a : 0};
  int rc = ms_group_start(b->group, &spec, err);
  if (!rc && n)
    rc = ms_group_stimulate(b->group, stimulus, n, err);
  ms_report report = {0};
  while (!rc && !report.finished) {
    rc = ms_group_grant(b->group, spec.t_stop, 1, err);
    rc = rc ? rc : ms_group_wait(b->group, &report, err);
    rc = rc ? rc : add_transitions(run, &report, err);
  }
  ms_group_result dropped;
  if (rc) {
    if (!ms_group_finish(b->group, &dropped, NULL))
      ms_group_result_clear(&dropped);
  } else {
    rc = ms_group_finish(b->group, &run->result, err);
  }
  if (rc) {
    ms_bench_run_clear(run);
    return rc;
  }
  for (size_t i = 0; i < run->result.n_wave; i++)
    if (run->result.wave[i].probe == probe)
      run->wave = (ms_xy){run->result.wave[i].t_s, run->result.wave[i].v, run->result.wave[i].n};
  return 0;
}

int ms_bench_soma(ms_bench *b, double current_a, double window_s, const ms_bench_run **out,
                  ms_error *err) {
  for (size_t i = 0; i < b->n_run; i++)
    if (b->run[i].current_a == current_a && b->run[i].window_s == window_s) {
      *out = &b->run[i];
      return 0;
    }
  ms_bench_run run, *more = realloc(b->run, (b->n_run + 1) * sizeof *more);
  if (!more)
    return ms_fail(err, MS_ENOMEM, "no memory for a run");
  b->run = more;
  int rc =
      run_group(b, current_a > 0 ? &current_a : NULL, NULL, 0, window_s, MS_PROBE_VMEM, &run, err);
  if (rc)
    return rc;
  *out = &b->run[b->n_run];
  b->run[b->n_run++] = run;
  char name[80];
  snprintf(name, sizeof name, "iin_%.4gnA_for_%.4gus", 1e9 * current_a, 1e6 * window_s);
  const ms_bench_wave w = {.name = "vmem",
                           .unit = "V",
                           .n = run.wave.n,
                           .t_s = (double *)(size_t)run.wave.x,
                           .y = (double *)(size_t)run.wave.y};
  return add_run(b, name, MS_PROBE_VMEM, &w, &run.result, err);
}

int ms_bench_synapse(ms_bench *b, unsigned code, const double *pulse_s, size_t n, double window_s,
                     ms_bench_run *run, ms_error *err) {
  const ms_core *core = b->setup.core;
  ms_stimulus *s = calloc(2 * n + 1, sizeof *s);
  if (!s)
    return ms_fail(err, MS_ENOMEM, "no memory for pulses");
  for (size_t i = 0; i < n; i++) {
    ms_time t = ms_time_from_s(pulse_s[i]);
    s[2 * i] = (ms_stimulus){.t = t, .kind = MS_STIM_PULSE, .level = 1, .code = (uint16_t)code};
    s[2 * i + 1] =
        (ms_stimulus){.t = t + ms_core_line_ps(core, b->setup.set), .kind = MS_STIM_PULSE};
  }
  int rc = run_group(b, NULL, s, 2 * n, window_s, MS_PROBE_NIN, run, err);
  free(s);
  if (rc)
    return rc;
  double *v = (double *)(size_t)run->wave.y;
  for (size_t i = 0; i < run->wave.n; i++)
    v[i] = (v[i] - MS_AMMETER_V) / ms_ammeter_ohm(b->setup.set);
  char name[80];
  snprintf(name, sizeof name, "code_%u_%zu_pulses_for_%.4gus", code, n, 1e6 * window_s);
  const ms_bench_wave w = {
      .name = "iout", .unit = "A", .n = run->wave.n, .t_s = (double *)(size_t)run->wave.x, .y = v};
  return add_run(b, name, MS_PROBE_NIN, &w, &run->result, err);
}

/* Power between 5 and 10 time constants after the start. */
static int take_quiet_power(ms_bench *b, double *value, ms_error *err) {
  double tau = b->setup.core->tau_s[b->setup.set], energy[2] = {0};
  for (int i = 0; i < 2; i++) {
    ms_bench_run run;
    int rc = run_group(b, NULL, NULL, 0, 5 * (i + 1) * tau, MS_PROBE_REQ, &run, err);
    if (rc)
      return rc;
    energy[i] = run.result.energy_j;
    ms_bench_run_clear(&run);
  }
  *value = (energy[1] - energy[0]) / (5 * tau);
  return 0;
}

int ms_bench_take(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  int rc;
  if (m->kind <= MS_MEASURE_FALSE_SPIKES)
    rc = ms_take_soma(b, m, value, err);
  else if (m->kind <= MS_MEASURE_LEAKAGE)
    rc = ms_take_synapse(b, m, value, err);
  else if (is_quiet_power(&b->setup, m))
    rc = take_quiet_power(b, value, err);
  else
    rc = ms_take_pins(b, m, value, err);
  return rc && err ? ms_fail_context(err, "measure '%s'", m->name) : rc;
}
