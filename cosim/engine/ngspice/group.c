/* SPDX-License-Identifier: Apache-2.0 */
/* One neuron's circuit in a worker of its own: turns the engine's contract into ramps, grants and
 * reports, and repeats a run whose worker was lost. */
#include "engine/ngspice/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A grant as it was sent, kept to repeat the run. */
typedef struct grant {
  ms_time limit;
  bool cut;
  size_t first, n; /* its ramps */
} grant;

typedef struct ngspice_group {
  ms_group base;
  ms_service *service;
  const ms_prepared *loaded, *wanted;
  /* The run */
  bool active, waiting;
  ms_ng_setup setup;
  ms_text commands;
  ms_ng_source *source, *probe;
  size_t pulse_source[MS_MAX_ROWS], bit_source[MS_MAX_ROWS];
  double off_v[MS_MAX_ROWS], on_v[MS_MAX_ROWS], bit_v[MS_MAX_ROWS][2], ack_v[2];
  ms_probe wave[32];
  ms_ng_ramp *ramp;
  grant *grant;
  size_t n_ramp, n_sent, ramp_capacity, n_grant, grant_capacity;
  ms_time committed;
  unsigned retries;
} ngspice_group;

static ms_ngspice_engine *engine_of(const ngspice_group *g) {
  return (ms_ngspice_engine *)g->base.engine;
}

static int group_create(ms_engine *engine, ms_group **out, ms_error *err) {
  ngspice_group *g = calloc(1, sizeof *g);
  if (!g)
    return ms_fail(err, MS_ENOMEM, "no memory for a group");
  g->base.engine = engine;
  *out = &g->base;
  return 0;
}

static void drop_service(ngspice_group *g) {
  ms_service_destroy(g->service);
  g->service = NULL;
  g->loaded = NULL;
}

static void group_destroy(ms_group *group) {
  ngspice_group *g = (ngspice_group *)group;
  drop_service(g);
  ms_text_free(&g->commands);
  free(g->source);
  free(g->probe);
  free(g->ramp);
  free(g->grant);
  free(g);
}

static bool active_low(const ms_cell *cell, ms_role role) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (cell->pin[i].role == role)
      return cell->pin[i].active_low;
  return false;
}

/* The sources of the deck, where each row's begin, and their levels. */
static int list_sources(ngspice_group *g, const ms_core *core, double vdd, ms_error *err) {
  size_t n = 1 + core->n_row * (1 + core->dac_bits), k = 0;
  ms_ng_source *s = realloc(g->source, n * sizeof *s);
  if (!s)
    return ms_fail(err, MS_ENOMEM, "no memory for a run");
  g->source = s;
  bool low = active_low(core->soma, MS_ROLE_ACKNOWLEDGE);
  g->ack_v[0] = low ? vdd : 0;
  g->ack_v[1] = low ? 0 : vdd;
  s[k] = (ms_ng_source){.name = "vnack", .v = g->ack_v[0]};
  k++;
  for (size_t r = 0; r < core->n_row; r++) {
    bool pulse_low = active_low(core->row[r].cell, MS_ROLE_PULSE);
    bool bits_low = active_low(core->row[r].cell, MS_ROLE_WEIGHT_BITS);
    g->off_v[r] = pulse_low ? vdd : 0;
    g->on_v[r] = pulse_low ? 0 : vdd;
    g->bit_v[r][0] = bits_low ? vdd : 0;
    g->bit_v[r][1] = bits_low ? 0 : vdd;
    g->pulse_source[r] = k;
    s[k].v = g->off_v[r];
    snprintf(s[k++].name, sizeof s->name, "vp%zu", r);
    g->bit_source[r] = k;
    for (unsigned b = 0; b < core->dac_bits; b++) {
      s[k].v = g->bit_v[r][0];
      snprintf(s[k++].name, sizeof s->name, "vw%zu_%u", r, b);
    }
  }
  g->setup.source = s;
  g->setup.n_source = k;
  return 0;
}

/* The request first, then the waveforms that were asked for. */
static int list_probes(ngspice_group *g, uint32_t mask, ms_error *err) {
  const ms_prepared *p = g->wanted;
  ms_ng_source *s = realloc(g->probe, (p->n_probe + 1) * sizeof *s);
  if (!s)
    return ms_fail(err, MS_ENOMEM, "no memory for a run");
  g->probe = s;
  size_t n = 0;
  snprintf(s[n].name, sizeof s->name, "%s", p->probe[MS_PROBE_REQ]);
  s[n++].v = 0;
  for (size_t i = 0; i < p->n_probe && i < 32; i++)
    if ((mask >> i & 1) && p->probe[i][0]) {
      g->wave[n - 1] = (ms_probe)i;
      snprintf(s[n].name, sizeof s->name, "%s", p->probe[i]);
      s[n++].v = 0;
    }
  g->setup.probe = s;
  g->setup.n_probe = n;
  return 0;
}

static int list_commands(ngspice_group *g, const ms_core *core, const ms_run_spec *spec,
                         ms_error *err) {
  char prefix[24];
  snprintf(prefix, sizeof prefix, "n%u.", spec->neuron);
  g->commands.n = 0;
  ms_text_add_shifts(&g->commands, g->wanted->circuit, core->process, &spec->die, &spec->pvt,
                     prefix);
  for (size_t i = 0; i < core->n_bias; i++)
    ms_text_add(&g->commands, "alter vb%zu=%.15g\n", i, spec->bias_v[i]);
  ms_text_add(&g->commands, "alter ims_inject=%.15g\n", spec->inject_a ? *spec->inject_a : 0.0);
  g->setup.commands = g->commands.data;
  return g->commands.bad ? ms_fail(err, MS_ENOMEM, "no memory for a run") : 0;
}

/* Brings the worker to the point where the run has begun. */
static int begin(ngspice_group *g, ms_error *err) {
  ms_ngspice_engine *e = engine_of(g);
  int rc = 0;
  if (g->service && !ms_service_alive(g->service))
    drop_service(g);
  if (!g->service)
    rc = ms_service_create(e->worker_path, e->timeout_s, &g->service, err);
  if (rc == 0 && g->loaded != g->wanted) {
    rc = ms_service_deck(g->service, g->wanted->deck, err);
    g->loaded = rc ? NULL : g->wanted;
  }
  return rc ? rc : ms_service_run(g->service, &g->setup, err);
}

static bool worker_lost(int rc) {
  return rc == MS_ECRASH || rc == MS_ETIMEOUT || rc == MS_EIO;
}

static int send_grant(ngspice_group *g, size_t k, ms_error *err) {
  const grant *x = &g->grant[k];
  return ms_service_grant(g->service, x->limit, x->cut, g->ramp + x->first, x->n, err);
}

/* Runs a fresh worker through everything so far; the last grant's report is left to be waited
 * for. */
static int replay(ngspice_group *g, ms_error *err) {
  drop_service(g);
  int rc = begin(g, err);
  ms_report passed;
  for (size_t k = 0; rc == 0 && k < g->n_grant; k++) {
    rc = send_grant(g, k, err);
    if (rc == 0 && k + 1 < g->n_grant)
      rc = ms_service_wait(g->service, &passed, err);
  }
  return rc;
}

/* After a failure: repeats while tries are left. Returns 0 if the run stands where it stood. */
static int recover(ngspice_group *g, int rc, ms_error *err) {
  while (worker_lost(rc) && g->retries < engine_of(g)->max_retries) {
    g->retries++;
    rc = replay(g, err);
  }
  if (worker_lost(rc)) {
    drop_service(g);
    ms_fail_context(err, "given up after %u repetitions", g->retries);
  }
  return rc;
}

static int finish(ms_group *group, ms_group_result *result, ms_error *err);

static int start(ms_group *group, const ms_run_spec *spec, ms_error *err) {
  ngspice_group *g = (ngspice_group *)group;
  const ms_core *core = group->engine->core;
  if (g->active) {
    ms_group_result dropped;
    if (finish(group, &dropped, NULL) == 0)
      ms_group_result_clear(&dropped);
  }
  if (spec->t_stop == 0)
    return ms_fail(err, MS_EINVAL, "a run needs a length: t_stop is 0");
  ms_ngspice_engine *e = engine_of(g);
  int rc = ms_ngspice_prepare(e, &spec->pvt, &g->wanted, err);
  if (rc)
    return rc;
  double vdd = ms_ngspice_supply(core, &spec->pvt);
  double tau_s = core->tau_s[ms_ngspice_bias_set(e, spec)], stop_s = ms_time_to_s(spec->t_stop);
  double step_s = (tau_s > 0 ? tau_s / 100 : stop_s / 400) * ms_ngspice_tightness(e);
  g->setup = (ms_ng_setup){
      .t_stop_ps = spec->t_stop,
      .edge_ps = core->edge_ps,
      .lookahead_ps = spec->lookahead_ps,
      .max_step_s = step_s < stop_s / 10 ? step_s : stop_s / 10,
      .rise_v = 0.6 * vdd,
      .fall_v = 0.4 * vdd,
      .supply_v = vdd,
      .self_ack = spec->self_ack != NULL,
      .sample_ps = spec->sample_ps,
      .n_override = spec->self_ack ? spec->n_ack_override : 0,
      .override_ps = spec->ack_override,
  };
  if (spec->self_ack) {
    if (spec->self_ack->clock_ps == 0)
      return ms_fail(err, MS_EINVAL, "self_ack needs a clock period");
    g->setup.clock_ps = spec->self_ack->clock_ps;
    g->setup.rise_cycles = spec->self_ack->rise_cycles;
    g->setup.fall_cycles = spec->self_ack->fall_cycles;
  }
  rc = list_sources(g, core, vdd, err);
  rc = rc ? rc : list_probes(g, spec->probe_mask, err);
  rc = rc ? rc : list_commands(g, core, spec, err);
  if (rc)
    return rc;
  memcpy(g->setup.ack_v, g->ack_v, sizeof g->setup.ack_v);
  g->n_ramp = g->n_sent = g->n_grant = 0;
  g->committed = 0;
  g->retries = 0;
  g->waiting = false;
  ms_error local, *why = err ? err : &local;
  rc = begin(g, why);
  rc = rc ? recover(g, rc, why) : 0;
  g->active = rc == 0;
  return rc;
}

static int push_ramp(ngspice_group *g, size_t source, ms_time t, double v) {
  if (g->n_ramp == g->ramp_capacity) {
    size_t capacity = g->ramp_capacity ? 2 * g->ramp_capacity : 64;
    ms_ng_ramp *ramp = realloc(g->ramp, capacity * sizeof *ramp);
    if (!ramp)
      return -1;
    g->ramp = ramp;
    g->ramp_capacity = capacity;
  }
  g->ramp[g->n_ramp++] = (ms_ng_ramp){.source = source, .t_ps = t, .v = v};
  return 0;
}

static int stimulate(ms_group *group, const ms_stimulus *stimulus, size_t n, ms_error *err) {
  ngspice_group *g = (ngspice_group *)group;
  const ms_core *core = group->engine->core;
  if (!g->active)
    return ms_fail(err, MS_EINVAL, "an input to a group that does not run");
  for (size_t i = 0; i < n; i++) {
    const ms_stimulus *s = &stimulus[i];
    int bad = 0;
    if (s->t < g->committed)
      return ms_fail(err, MS_ECAUSALITY, "input at %llu ps, but the circuit stands at %llu ps",
                     (unsigned long long)s->t, (unsigned long long)g->committed);
    if (s->kind == MS_STIM_ACK) {
      if (g->setup.self_ack)
        return ms_fail(err, MS_EINVAL, "an acknowledge for a group that acknowledges itself");
      bad = push_ramp(g, 0, s->t, g->ack_v[s->level != 0]);
    } else {
      if (s->row >= core->n_row)
        return ms_fail(err, MS_ERANGE, "pulse on row %u of %zu", s->row, core->n_row);
      if (s->level && s->code >> core->dac_bits)
        return ms_fail(err, MS_ERANGE, "weight code %u does not fit %u bits", s->code,
                       core->dac_bits);
      bad = push_ramp(g, g->pulse_source[s->row], s->t,
                      s->level ? g->on_v[s->row] : g->off_v[s->row]);
      for (unsigned b = 0; s->level && b < core->dac_bits; b++)
        bad |= push_ramp(g, g->bit_source[s->row] + b, s->t, g->bit_v[s->row][s->code >> b & 1]);
    }
    if (bad)
      return ms_fail(err, MS_ENOMEM, "no memory for inputs");
  }
  return 0;
}

static int give_grant(ms_group *group, ms_time limit, int cut, ms_error *err) {
  ngspice_group *g = (ngspice_group *)group;
  if (!g->active || g->waiting)
    return ms_fail(err, MS_EINVAL,
                   g->active ? "a grant before the last one was answered"
                             : "a grant to a group that does not run");
  if (g->n_grant == g->grant_capacity) {
    size_t capacity = g->grant_capacity ? 2 * g->grant_capacity : 64;
    grant *more = realloc(g->grant, capacity * sizeof *more);
    if (!more)
      return ms_fail(err, MS_ENOMEM, "no memory for a grant");
    g->grant = more;
    g->grant_capacity = capacity;
  }
  g->grant[g->n_grant++] = (grant){limit, cut != 0, g->n_sent, g->n_ramp - g->n_sent};
  g->n_sent = g->n_ramp;
  g->waiting = true;
  /* A worker that is gone shows in the wait, which repeats the run. */
  int rc = send_grant(g, g->n_grant - 1, err);
  return worker_lost(rc) ? 0 : rc;
}

static int wait_report(ms_group *group, ms_report *report, ms_error *err) {
  ngspice_group *g = (ngspice_group *)group;
  if (!g->active || !g->waiting)
    return ms_fail(err, MS_EINVAL, "nothing to wait for: no grant was given");
  ms_error local, *why = err ? err : &local;
  int rc = ms_service_wait(g->service, report, why);
  while (worker_lost(rc)) {
    rc = recover(g, rc, why);
    if (rc)
      break;
    rc = ms_service_wait(g->service, report, why);
  }
  g->waiting = false;
  if (rc == 0)
    g->committed = report->committed;
  return rc;
}

static int copy_waves(const ngspice_group *g, const ms_ng_result *from, ms_group_result *to,
                      ms_error *err) {
  to->wave = calloc(from->n_wave + 1, sizeof *to->wave);
  if (!to->wave)
    return ms_fail(err, MS_ENOMEM, "no memory for waveforms");
  for (size_t w = 0; w < from->n_wave; w++) {
    ms_wave *wave = &to->wave[to->n_wave++];
    wave->probe = g->wave[w];
    wave->n = from->n_point;
    wave->t_s = malloc((from->n_point + 1) * sizeof *wave->t_s);
    wave->v = malloc((from->n_point + 1) * sizeof *wave->v);
    if (!wave->t_s || !wave->v)
      return ms_fail(err, MS_ENOMEM, "no memory for waveforms");
    /* In the message the numbers need not lie on their natural boundary. */
    memcpy(wave->t_s, from->t_s, from->n_point * sizeof *wave->t_s);
    for (size_t i = 0; i < from->n_point; i++)
      memcpy(&wave->v[i], from->v + i * from->n_wave + w, sizeof *wave->v);
  }
  return 0;
}

static int finish(ms_group *group, ms_group_result *result, ms_error *err) {
  ngspice_group *g = (ngspice_group *)group;
  memset(result, 0, sizeof *result);
  if (!g->active)
    return ms_fail(err, MS_EINVAL, "no run to finish");
  ms_error local, *why = err ? err : &local;
  ms_ng_result got;
  int rc = g->service ? ms_service_finish(g->service, &got, why)
                      : ms_fail(why, MS_ECRASH, "the simulation worker was lost");
  while (worker_lost(rc) && g->n_grant > 0) {
    rc = recover(g, rc, why);
    ms_report passed;
    rc = rc ? rc : ms_service_wait(g->service, &passed, why);
    if (rc == 0)
      rc = ms_service_finish(g->service, &got, why);
    else
      break;
  }
  g->active = g->waiting = false;
  if (rc)
    return rc;
  result->energy_j = got.energy_j;
  result->steps = got.steps;
  result->iterations = got.iterations;
  result->rejected = got.rejected;
  result->retries = g->retries;
  rc = copy_waves(g, &got, result, why);
  if (rc)
    ms_group_result_clear(result);
  return rc;
}

pid_t ms_ngspice_group_pid(const ms_group *group) {
  const ngspice_group *g = (const ngspice_group *)group;
  return g->service && ms_service_alive(g->service) ? ms_service_pid(g->service) : 0;
}

const ms_engine_ops ms_ngspice_ops = {
    .bias = ms_ngspice_bias,
    .bias_set = ms_ngspice_bias_of_set,
    .group_create = group_create,
    .group_destroy = group_destroy,
    .start = start,
    .stimulate = stimulate,
    .grant = give_grant,
    .wait = wait_report,
    .finish = finish,
    .destroy = ms_ngspice_destroy,
};
