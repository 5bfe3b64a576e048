/* SPDX-License-Identifier: Apache-2.0 */
/* A group's run behind mixspike/engine.h: inputs become ramps, steps become transitions, promises
 * and reports. Everything happens inside ms_group_wait, on the caller's thread. */
#include "engine/table/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ms_table_engine *engine_of(const ms_table_group *g) {
  return (ms_table_engine *)g->base.engine;
}

static ms_block *request_block(ms_table_group *g) {
  return &g->solver.block[g->req_block];
}

static int group_create(ms_engine *engine, ms_group **out, ms_error *err) {
  ms_table_group *g = calloc(1, sizeof *g);
  if (!g)
    return ms_fail(err, MS_ENOMEM, "out of memory for a group");
  g->base.engine = engine;
  *out = &g->base;
  return MS_OK;
}

static void group_destroy(ms_group *group) {
  ms_table_group *g = (ms_table_group *)group;
  ms_table_engine *engine = engine_of(g);
  pthread_mutex_lock(&engine->lock);
  if (g->instance)
    g->instance->users--;
  pthread_mutex_unlock(&engine->lock);
  for (int i = 0; g->variant && i < g->variant->plan->n_signal; i++)
    free(g->solver.signal[i].ramp);
  ms_table_maps_free(g);
  ms_solver_free(&g->solver);
  ms_table_record_clear(g);
  free(g->transition);
  free(g);
}

static int start(ms_group *group, const ms_run_spec *spec, ms_error *err) {
  ms_table_group *g = (ms_table_group *)group;
  if (!spec->t_stop)
    return ms_fail(err, MS_EINVAL, "a run needs a length: t_stop is 0");
  if (spec->self_ack && !spec->self_ack->clock_ps)
    return ms_fail(err, MS_EINVAL, "self_ack needs a clock period");
  g->spec = spec;
  g->active = g->waiting = g->proposed = g->unsure = 0;
  g->note[0] = 0;
  g->req_level = 0;
  g->committed = g->promise = 0;
  g->n_ack = g->n_transition = 0;
  ms_table_record_clear(g);
  int code = ms_table_start(g, err);
  if (code)
    return code;
  g->start_charge_c = ms_table_supply_charge(g, 0);
  g->active = 1;
  return ms_table_record(g, 0, err);
}

int ms_table_drive(ms_table_group *g, int signal, ms_time t_ps, int logical, ms_error *err) {
  ms_signal *s = &g->solver.signal[signal];
  double t = ms_time_to_s(t_ps), edge = g->solver.edge_s;
  double to = (logical != 0) == (g->variant->plan->signal[signal].active_low != 0) ? 0 : g->vdd;
  double from = s->start_v;
  if (s->n) {
    const ms_ramp *last = &s->ramp[s->n - 1];
    double part = (t - last->t_s) / edge;
    from = part >= 1 ? last->to_v : last->from_v + (last->to_v - last->from_v) * fmax(part, 0);
    if (t < last->t_s)
      return ms_fail(err, MS_ECAUSALITY, "inputs of a pin are not in order of time");
  }
  if (from == to)
    return MS_OK;
  if (s->n == s->room) {
    size_t room = s->room ? 2 * s->room : 32;
    ms_ramp *more = realloc(s->ramp, room * sizeof *more);
    if (!more)
      return ms_fail(err, MS_ENOMEM, "out of memory for inputs");
    s->ramp = more;
    s->room = room;
  }
  s->ramp[s->n++] = (ms_ramp){t, from, to};
  g->proposed = 0;
  for (int k = 0; k < g->solver.n_block; k++) {
    const ms_block *b = &g->solver.block[k];
    int reads = 0;
    for (int i = 0; i < b->n_input; i++)
      reads |= b->input[i].kind == MS_INPUT_DRIVEN && b->input[i].source == signal;
    if (reads && engine_of(g)->kernel->input_changed(&g->solver, k, t))
      return ms_fail(err, MS_ECAUSALITY, "an input at %.4f us lies too far in the past", 1e6 * t);
  }
  return MS_OK;
}

static int find_signal(const ms_plan *plan, char kind, int row, int bit) {
  for (int i = 0; i < plan->n_signal; i++)
    if (plan->signal[i].kind == kind && plan->signal[i].row == row && plan->signal[i].bit == bit)
      return i;
  return -1;
}

static int stimulate(ms_group *group, const ms_stimulus *stimulus, size_t n, ms_error *err) {
  ms_table_group *g = (ms_table_group *)group;
  const ms_core *core = group->engine->core;
  if (!g->active)
    return ms_fail(err, MS_EINVAL, "an input to a group that does not run");
  const ms_plan *plan = g->variant->plan;
  int code = MS_OK;
  for (size_t i = 0; i < n && !code; i++) {
    const ms_stimulus *s = &stimulus[i];
    if (s->t < g->committed)
      return ms_fail(err, MS_ECAUSALITY, "input at %llu ps, but the circuit stands at %llu ps",
                     (unsigned long long)s->t, (unsigned long long)g->committed);
    if (s->kind == MS_STIM_ACK) {
      if (g->spec->self_ack)
        return ms_fail(err, MS_EINVAL, "an acknowledge for a group that acknowledges itself");
      code =
          plan->ack_signal >= 0 ? ms_table_drive(g, plan->ack_signal, s->t, s->level, err) : MS_OK;
      continue;
    }
    if (s->row >= core->n_row)
      return ms_fail(err, MS_ERANGE, "pulse on row %u of %zu", s->row, core->n_row);
    if (s->level && s->code >> core->dac_bits)
      return ms_fail(err, MS_ERANGE, "weight code %u does not fit %u bits", s->code,
                     core->dac_bits);
    for (unsigned b = 0; s->level && b < core->dac_bits && !code; b++) {
      int signal = find_signal(plan, 'w', s->row, (int)b);
      if (signal >= 0)
        code = ms_table_drive(g, signal, s->t, s->code >> b & 1, err);
    }
    int signal = find_signal(plan, 'p', s->row, 0);
    if (!code && signal >= 0)
      code = ms_table_drive(g, signal, s->t, s->level, err);
  }
  return code;
}

static int grant(ms_group *group, ms_time limit, int cut, ms_error *err) {
  ms_table_group *g = (ms_table_group *)group;
  if (!g->active || g->waiting)
    return ms_fail(err, MS_EINVAL,
                   g->active ? "a grant before the last one was answered"
                             : "a grant to a group that does not run");
  g->limit = limit < g->spec->t_stop ? limit : g->spec->t_stop;
  g->cut = cut;
  g->waiting = 1;
  return MS_OK;
}

/* Time at which the request crosses its threshold inside the proposed step; INFINITY: it does not.
 */
static double crossing(const ms_table_group *g) {
  const ms_block *b = &g->solver.block[g->req_block];
  const ms_kernel *kernel = engine_of(g)->kernel;
  double threshold = g->req_level ? g->fall_v : g->rise_v, end = b->x_new[g->req_unknown];
  if (g->req_level ? end > threshold : end < threshold)
    return INFINITY;
  double low = b->t[0], high = b->t_new;
  for (int i = 0; i < 48 && high - low > 1e-14; i++) {
    double middle = 0.5 * (low + high);
    double v = kernel->proposed_at(&g->solver, g->req_block, g->req_unknown, middle);
    if (g->req_level ? v > threshold : v < threshold)
      low = middle;
    else
      high = middle;
  }
  return high;
}

static int push_transition(ms_table_group *g, ms_time t, ms_error *err) {
  if (g->n_transition == g->transition_room) {
    size_t room = g->transition_room ? 2 * g->transition_room : 32;
    ms_transition *more = realloc(g->transition, room * sizeof *more);
    if (!more)
      return ms_fail(err, MS_ENOMEM, "out of memory for transitions");
    g->transition = more;
    g->transition_room = room;
  }
  g->req_level = !g->req_level;
  g->transition[g->n_transition++] = (ms_transition){t, g->req_level};
  return MS_OK;
}

/* When the group answers its own request change at t: contention may delay that, never hurry it. */
static ms_time own_answer(const ms_table_group *g, ms_time t) {
  const ms_run_spec *spec = g->spec;
  ms_time answer = ms_ack_time(spec->self_ack, t, !g->req_level);
  if (g->n_ack < spec->n_ack_override && spec->ack_override[g->n_ack] > answer)
    answer = spec->ack_override[g->n_ack];
  return answer > t ? answer : t + 1;
}

/* Makes a proposed step end no later than `t_ps`; true if it had to be made again. */
static int shorten(ms_table_group *g, ms_time t_ps, int *failed) {
  double t = ms_time_to_s(t_ps);
  if (request_block(g)->t_new <= t)
    return 0;
  *failed = engine_of(g)->kernel->propose(&g->solver, g->req_block, t);
  return 1;
}

/* A step of the request's block up to `limit`. Where the request crosses its threshold in the
 * middle of a long step is a guess: the step is made again to end there, and the next one knows. */
static int propose(ms_table_group *g, double limit) {
  const ms_kernel *kernel = engine_of(g)->kernel;
  const ms_block *b = request_block(g);
  const double sharp_s = g->solver.edge_s / 16;
  int failed = kernel->propose(&g->solver, g->req_block, limit);
  double cross = failed ? INFINITY : crossing(g);
  if (cross < INFINITY && cross - b->t[0] > sharp_s && b->t_new - cross > sharp_s)
    failed = kernel->propose(&g->solver, g->req_block, cross);
  return failed;
}

/* No use in going on: says so, and ends the run. */
static int give_up(ms_table_group *g) {
  g->unsure = 1;
  g->committed = g->promise = g->spec->t_stop;
  snprintf(g->note, sizeof g->note, "the solver found no step small enough at %.6f us",
           1e6 * request_block(g)->t[0]);
  return MS_OK;
}

/* One step of the request's block, or the news that there is none before the limit. */
static int step(ms_table_group *g, int *stop, ms_error *err) {
  const ms_kernel *kernel = engine_of(g)->kernel;
  ms_block *b = request_block(g);
  double limit = ms_time_to_s(g->limit), end = g->solver.t_end_s;
  int failed = 0;
  if (!g->proposed || (g->cut && b->t_new > limit))
    failed = propose(g, g->cut ? limit : end);
  g->proposed = !failed;
  if (failed) {
    *stop = 1;
    return give_up(g);
  }
  double cross = crossing(g);
  ms_time cross_ps = cross < INFINITY ? ms_time_from_s(cross) : MS_TIME_NEVER;
  if (!g->cut && b->t_new > limit) {
    *stop = 1;
    ms_time reach = cross_ps < MS_TIME_NEVER ? cross_ps : (ms_time)(b->t_new * 1e12);
    g->committed =
        g->committed > (ms_time)(b->t[0] * 1e12) ? g->committed : (ms_time)(b->t[0] * 1e12);
    g->promise = reach > g->committed ? reach : g->committed;
    return MS_OK;
  }
  if (cross < INFINITY) {
    ms_time bound = g->spec->self_ack ? own_answer(g, cross_ps) : cross_ps + g->spec->lookahead_ps;
    if (shorten(g, bound, &failed)) {
      if (failed) {
        *stop = 1;
        return give_up(g);
      }
      cross = crossing(g);
      cross_ps = cross < INFINITY ? ms_time_from_s(cross) : MS_TIME_NEVER;
    }
  }
  kernel->take(&g->solver, g->req_block);
  g->proposed = 0;
  int code = MS_OK;
  if (cross < INFINITY) {
    ms_time answer = g->spec->self_ack ? own_answer(g, cross_ps) : 0;
    code = push_transition(g, cross_ps, err);
    if (!code && g->spec->self_ack) {
      g->n_ack++;
      if (answer < (ms_time)(b->t[0] * 1e12))
        answer = (ms_time)(b->t[0] * 1e12) + 1;
      if (g->variant->plan->ack_signal >= 0)
        code = ms_table_drive(g, g->variant->plan->ack_signal, answer, g->req_level, err);
    } else {
      *stop = 1;
    }
  }
  g->committed = g->promise = (ms_time)(b->t[0] * 1e12 + 0.5);
  return code ? code : ms_table_record(g, b->t[0], err);
}

static int wait_report(ms_group *group, ms_report *report, ms_error *err) {
  ms_table_group *g = (ms_table_group *)group;
  if (!g->active || !g->waiting)
    return ms_fail(err, MS_EINVAL, "nothing to wait for: no grant was given");
  g->waiting = 0;
  g->n_transition = 0;
  int stop = 0, code = MS_OK;
  const uint64_t start = ms_ticks(&g->solver);
  while (!code && !stop && g->committed < g->limit)
    code = step(g, &stop, err);
  g->solver.work.ticks += ms_ticks(&g->solver) - start;
  *report = (ms_report){.committed = g->committed,
                        .promise = g->promise,
                        .transition = g->transition,
                        .n_transition = g->n_transition,
                        .finished = g->committed >= g->spec->t_stop};
  return code;
}

static int finish(ms_group *group, ms_group_result *result, ms_error *err) {
  ms_table_group *g = (ms_table_group *)group;
  memset(result, 0, sizeof *result);
  if (!g->active)
    return ms_fail(err, MS_EINVAL, "no run to finish");
  g->active = g->waiting = 0;
  double t = request_block(g)->t[0], charge = ms_table_supply_charge(g, t) - g->start_charge_c;
  for (int i = 0; i < g->solver.n_block; i++) {
    const ms_block *b = &g->solver.block[i];
    charge += b->supply_c - b->supply_a * (b->t[0] - t);
  }
  const ms_work *work = &g->solver.work;
  result->energy_j = charge * g->vdd;
  result->steps = work->steps;
  result->iterations = work->evaluations;
  result->rejected = work->rejected;
  result->n_device = work->device_full + work->device_bypassed;
  result->n_lookup = work->device_full;
  if (work->ticks) {
    result->device_share = (double)work->device_ticks / (double)work->ticks;
    result->solver_share = (double)work->solver_ticks / (double)work->ticks;
  }
  result->unsure = g->unsure || work->outside;
  if (work->outside && !g->unsure)
    snprintf(
        g->note, sizeof g->note, "%.80s left the range of its table",
        g->variant->circuit->element[g->variant->plan->device[work->outside_device].element].name);
  memcpy(result->note, g->note, sizeof result->note);
  result->wave = calloc(MS_N_PROBE, sizeof *result->wave);
  if (!result->wave)
    return ms_fail(err, MS_ENOMEM, "out of memory for waveforms");
  for (int i = 0; i < MS_N_PROBE; i++)
    if (g->wave[i].n) {
      result->wave[result->n_wave++] = g->wave[i];
      g->wave[i] = (ms_wave){0};
    }
  return MS_OK;
}

void ms_table_profile(ms_engine *engine, int on) {
  ((ms_table_engine *)engine)->profiled = on;
}

static int bias(ms_engine *engine, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                double *bias_v, double *power_w, ms_error *err) {
  ms_table_engine *e = (ms_table_engine *)engine;
  return ms_engine_bias(e->bias_engine, die, pvt, code, bias_v, power_w, err);
}

static int bias_set(ms_engine *engine, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                    uint64_t own, unsigned set, double *bias_v, double *power_w, ms_error *err) {
  ms_table_engine *e = (ms_table_engine *)engine;
  return ms_engine_bias_set(e->bias_engine, die, pvt, code, own, set, bias_v, power_w, err);
}

static void destroy(ms_engine *engine) {
  ms_table_engine *e = (ms_table_engine *)engine;
  for (size_t i = 0; i < e->n_instance; i++)
    ms_instance_destroy(e->instance[i]);
  for (size_t i = 0; i < e->n_variant; i++)
    ms_variant_destroy(e->variant[i]);
  for (size_t i = 0; i < e->n_held; i++)
    ms_table_free(e->held[i].table);
  free(e->instance);
  free(e->variant);
  free(e->held);
  ms_engine_destroy(e->bias_engine);
  pthread_mutex_destroy(&e->lock);
  free(e->worker_path);
  free(e->cache_dir);
  free(e);
}

const ms_engine_ops ms_table_ops = {
    .bias = bias,
    .bias_set = bias_set,
    .group_create = group_create,
    .group_destroy = group_destroy,
    .start = start,
    .stimulate = stimulate,
    .grant = grant,
    .wait = wait_report,
    .finish = finish,
    .destroy = destroy,
};
