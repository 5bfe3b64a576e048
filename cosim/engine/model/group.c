/* SPDX-License-Identifier: Apache-2.0 */
/* A group of the model engine: events, phases of the handshake, and the promise to the driver. */
#include "engine/model/model.h"

#include <stdlib.h>
#include <string.h>

static ms_model_group *self(ms_group *group) {
  return (ms_model_group *)group;
}

static ms_time min_time(ms_time a, ms_time b) {
  return a < b ? a : b;
}

int ms_model_group_create(ms_engine *engine, ms_group **out, ms_error *err) {
  ms_model_group *g = calloc(1, sizeof *g);
  if (!g)
    return ms_fail(err, MS_ENOMEM, "no memory for a model group");
  g->base.engine = engine;
  *out = &g->base;
  return 0;
}

void ms_model_group_destroy(ms_group *group) {
  ms_model_group *g = self(group);
  ms_group_result_clear(&g->result);
  free(g->stimulus);
  free(g->transition);
  free(g);
}

/* Parameters of the run's neuron: its own, or the core's nominal ones drawn for the die. */
static int load_model(ms_model_group *g, ms_error *err) {
  const ms_model_engine *engine = (const ms_model_engine *)g->base.engine;
  const ms_core *core = engine->base.core;
  const ms_run_spec *spec = &g->spec;
  if (spec->neuron < engine->n_own && engine->own[spec->neuron]) {
    g->m = *engine->own[spec->neuron];
    return 0;
  }
  double *bias_a = calloc(core->n_bias + 1, sizeof *bias_a);
  if (!bias_a)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu biases", core->n_bias);
  for (size_t i = 0; i < core->n_bias; i++)
    bias_a[i] = spec->bias_v ? ms_model_bias_decode(spec->bias_v[i])
                             : ms_model_bias_current(core, i, core->bias[i].bias->code[0]);
  int rc = ms_model_from_currents(core, &spec->pvt, bias_a, &g->m, err);
  free(bias_a);
  if (!rc)
    ms_neuron_model_draw(&g->m, core, &engine->spread, &spec->die, spec->neuron);
  return rc;
}

int ms_model_group_start(ms_group *group, const ms_run_spec *spec, ms_error *err) {
  ms_model_group *g = self(group);
  g->spec = *spec;
  int rc = load_model(g, err);
  if (rc)
    return rc;
  ms_model_prepare(g);
  g->now = (ms_model_state){.v = g->v_rest};
  for (unsigned r = 0; r < g->m.n_row; r++) {
    g->now.i_a[r] = g->m.row[r].i0_a;
    g->w_a[r] = 0;
    g->pulse_end[r] = MS_TIME_NEVER;
    g->code[r] = 0;
  }
  g->phase = MS_MODEL_INTEGRATE;
  g->phase_at = g->ack_at = g->crossing = MS_TIME_NEVER;
  g->req = g->ack = g->has_tentative = g->stopped = 0;
  g->n_stimulus = g->next_stimulus = g->n_ack = g->n_transition = 0;
  g->limit = g->committed = 0;
  g->n_spike = g->n_event = 0;
  g->running = 1;
  ms_group_result_clear(&g->result);
  return ms_model_record_begin(g, err);
}

int ms_model_group_stimulate(ms_group *group, const ms_stimulus *stimulus, size_t n,
                             ms_error *err) {
  ms_model_group *g = self(group);
  ms_time last = g->n_stimulus ? g->stimulus[g->n_stimulus - 1].t : 0;
  last = last > g->limit ? last : g->limit;
  for (size_t i = 0; i < n; i++) {
    if (stimulus[i].t < last)
      return ms_fail(err, MS_ECAUSALITY, "neuron %u: input at %llu ps, but %llu ps has passed",
                     g->spec.neuron, (unsigned long long)stimulus[i].t, (unsigned long long)last);
    if (stimulus[i].kind == MS_STIM_PULSE && stimulus[i].row >= g->m.n_row)
      return ms_fail(err, MS_EINVAL, "neuron %u: pulse for row %u, but it has %u", g->spec.neuron,
                     stimulus[i].row, g->m.n_row);
    last = stimulus[i].t;
  }
  if (g->next_stimulus && g->next_stimulus == g->n_stimulus)
    g->next_stimulus = g->n_stimulus = 0;
  if (g->n_stimulus + n > g->stimulus_capacity) {
    size_t capacity = 2 * (g->n_stimulus + n);
    ms_stimulus *grown = realloc(g->stimulus, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for %zu inputs", capacity);
    g->stimulus = grown;
    g->stimulus_capacity = capacity;
  }
  if (n)
    memcpy(g->stimulus + g->n_stimulus, stimulus, n * sizeof *stimulus);
  g->n_stimulus += n;
  return 0;
}

static int add_transition(ms_model_group *g, ms_time t, int level, ms_error *err) {
  if (g->n_transition == g->transition_capacity) {
    size_t capacity = g->transition_capacity ? 2 * g->transition_capacity : 16;
    ms_transition *grown = realloc(g->transition, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for %zu transitions", capacity);
    g->transition = grown;
    g->transition_capacity = capacity;
  }
  g->transition[g->n_transition++] = (ms_transition){.t = t, .level = level};
  g->req = level;
  if (g->spec.self_ack) {
    g->ack_at = ms_ack_time(g->spec.self_ack, t, level);
    if (g->n_ack < g->spec.n_ack_override && g->spec.ack_override[g->n_ack] > g->ack_at)
      g->ack_at = g->spec.ack_override[g->n_ack];
    g->n_ack++;
  } else {
    g->stopped = 1;
  }
  return 0;
}

static void enter(ms_model_group *g, ms_model_phase phase, ms_time until) {
  g->phase = phase;
  g->phase_at = until;
  g->has_tentative = 0;
}

static int end_phase(ms_model_group *g, ms_error *err) {
  ms_time t = g->now.t;
  switch (g->phase) {
  case MS_MODEL_RISING:
    g->n_spike++;
    enter(g, MS_MODEL_WAIT_ACK, MS_TIME_NEVER);
    return add_transition(g, t, 1, err);
  case MS_MODEL_FALLING:
    g->now.v = g->v_rest;
    g->now.compare_s = 0;
    enter(g, MS_MODEL_WAIT_RELEASE, MS_TIME_NEVER);
    return add_transition(g, t, 0, err);
  default:
    enter(g, MS_MODEL_INTEGRATE, MS_TIME_NEVER);
    return 0;
  }
}

static void acknowledge(ms_model_group *g, int level) {
  g->ack = level;
  if (level && g->phase == MS_MODEL_WAIT_ACK)
    enter(g, MS_MODEL_FALLING, g->now.t + g->fall_ps);
  else if (!level && g->phase == MS_MODEL_WAIT_RELEASE)
    enter(g, MS_MODEL_REFRACTORY, g->now.t + g->refractory_ps);
}

static void apply(ms_model_group *g, const ms_stimulus *s) {
  if (s->kind == MS_STIM_ACK) {
    acknowledge(g, s->level);
    return;
  }
  const ms_row_model *row = &g->m.row[s->row];
  if (!s->level && row->pulse_s > 0)
    return; /* the row's own pulse goes on */
  g->has_tentative = 0;
  g->w_a[s->row] = 0;
  if (s->level) {
    if (row->pulse_s > 0)
      g->pulse_end[s->row] = g->now.t + ms_time_from_s(row->pulse_s);
    g->n_event++;
    g->code[s->row] = s->code;
    g->w_a[s->row] = ms_row_model_weight_a(row, s->code);
  }
}

/* Moves the anchor to t, recording on the way. */
static int move_to(ms_model_group *g, ms_time t, ms_error *err) {
  if (t == g->now.t)
    return 0;
  ms_model_state next = ms_model_state_at(g, t);
  int rc = ms_model_record(g, &next, err);
  g->now = next;
  g->has_tentative = 0;
  return rc;
}

/* Time of the first pulse's end among those that rows make from triggers. */
static ms_time next_pulse_end(const ms_model_group *g) {
  ms_time t = MS_TIME_NEVER;
  for (unsigned r = 0; r < g->m.n_row; r++)
    t = min_time(t, g->pulse_end[r]);
  return t;
}

static void end_pulses(ms_model_group *g) {
  for (unsigned r = 0; r < g->m.n_row; r++)
    if (g->pulse_end[r] == g->now.t) {
      g->pulse_end[r] = MS_TIME_NEVER;
      g->w_a[r] = 0;
    }
  g->has_tentative = 0;
}

/* Handles what comes next, if it comes by the limit. An event at the time of another is handled in
 * a fixed order: crossing, phase, own acknowledge, end of an own pulse, input; so an input that a
 * driver can only know after its grant to exactly that time does not come too late. Returns 1 if
 * something was done. */
static int advance_one(ms_model_group *g, ms_error *err) {
  if (!g->has_tentative)
    ms_model_tentative(g);
  ms_time input =
      g->next_stimulus < g->n_stimulus ? g->stimulus[g->next_stimulus].t : MS_TIME_NEVER;
  ms_time pulse_end = next_pulse_end(g);
  ms_time event = min_time(min_time(g->phase_at, g->ack_at), min_time(pulse_end, input));
  ms_time next = min_time(min_time(g->crossing, g->tentative.t), event);
  if (next > g->limit)
    return 0;
  int rc;
  if (g->crossing == next) {
    rc = move_to(g, next, err);
    enter(g, MS_MODEL_RISING, next + g->rise_ps);
    return rc ? rc : 1;
  }
  rc = move_to(g, next, err);
  if (rc)
    return rc;
  if (g->phase_at == next) {
    rc = end_phase(g, err);
    return rc ? rc : 1;
  }
  if (g->ack_at == next) {
    g->ack_at = MS_TIME_NEVER;
    acknowledge(g, g->req);
    return 1;
  }
  if (pulse_end == next) {
    end_pulses(g);
    return 1;
  }
  if (input == next)
    apply(g, &g->stimulus[g->next_stimulus++]);
  return 1;
}

int ms_model_group_grant(ms_group *group, ms_time limit, int cut, ms_error *err) {
  ms_model_group *g = self(group);
  if (!g->running)
    return ms_fail(err, MS_EINVAL, "grant without a run");
  limit = min_time(limit, g->spec.t_stop);
  if (limit < g->limit)
    return ms_fail(err, MS_ECAUSALITY, "neuron %u: granted %llu ps after %llu ps", g->spec.neuron,
                   (unsigned long long)limit, (unsigned long long)g->limit);
  g->limit = limit;
  g->n_transition = 0;
  g->stopped = 0;
  int rc = 1;
  while (rc > 0 && !g->stopped)
    rc = advance_one(g, err);
  if (rc < 0)
    return rc;
  if (g->now.t > g->committed)
    g->committed = g->now.t;
  /* Left tentative, a step ends past the limit; at the end of the run there is nothing past it. */
  if (!g->stopped && (cut || limit == g->spec.t_stop))
    g->committed = limit;
  return 0;
}

/* No request change comes before this unless an input does. */
static ms_time promise(ms_model_group *g) {
  switch (g->phase) {
  case MS_MODEL_INTEGRATE:
    if (!g->has_tentative)
      ms_model_tentative(g);
    return min_time(min_time(g->crossing, g->tentative.t), next_pulse_end(g)) + g->rise_ps;
  case MS_MODEL_RISING:
  case MS_MODEL_FALLING:
    return g->phase_at;
  case MS_MODEL_REFRACTORY:
    return g->phase_at + g->rise_ps;
  default:
    return g->ack_at;
  }
}

int ms_model_group_wait(ms_group *group, ms_report *report, ms_error *err) {
  ms_model_group *g = self(group);
  if (!g->running)
    return ms_fail(err, MS_EINVAL, "wait without a run");
  ms_time p = promise(g);
  /* An input that is already known may change it. */
  if (g->next_stimulus < g->n_stimulus)
    p = min_time(p, g->stimulus[g->next_stimulus].t);
  *report = (ms_report){.committed = g->committed,
                        .promise = p > g->committed ? p : g->committed,
                        .transition = g->transition,
                        .n_transition = g->n_transition,
                        .finished = g->committed >= g->spec.t_stop};
  return 0;
}

int ms_model_group_finish(ms_group *group, ms_group_result *result, ms_error *err) {
  ms_model_group *g = self(group);
  if (!g->running)
    return ms_fail(err, MS_EINVAL, "finish without a run");
  int rc = move_to(g, g->committed > g->now.t ? g->committed : g->now.t, err);
  g->running = 0;
  g->result.energy_j = g->m.power_w * ms_time_to_s(g->now.t) + (double)g->n_spike * g->m.spike_j +
                       (double)g->n_event * g->m.event_j;
  *result = g->result;
  g->result = (ms_group_result){0};
  return rc;
}
