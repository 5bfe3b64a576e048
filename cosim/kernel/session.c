/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a chip: what all drivers need to move events between groups and router. */
#include "base/clock.h"
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

int ms_grow(void *array, size_t n, size_t *capacity, size_t size, ms_error *err) {
  if (n < *capacity)
    return 0;
  size_t wanted = *capacity ? 2 * *capacity : 32;
  void *old;
  memcpy(&old, array, sizeof old);
  void *grown = realloc(old, wanted * size);
  if (!grown)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu items of a run", wanted);
  memcpy(array, &grown, sizeof grown);
  *capacity = wanted;
  return 0;
}

int ms_session_begin(ms_session *s, ms_chip *chip, const ms_event *in, size_t n_in,
                     const ms_run_options *options, ms_run_result *result, ms_error *err) {
  unsigned n = chip->options.n_neuron;
  *s = (ms_session){.chip = chip,
                    .options = options,
                    .result = result,
                    .router = chip->router,
                    .lookahead = ms_router_lookahead(chip->router),
                    .t_stop = options->t_stop,
                    .horizon = MS_TIME_NEVER,
                    .in = in,
                    .n_in = n_in,
                    .n_neuron = n};
  while (s->n_in && in[s->n_in - 1].t >= s->t_stop)
    s->n_in--;
  s->group = calloc(n, sizeof *s->group);
  result->group = calloc(n, sizeof *result->group);
  if (!s->group || !result->group)
    return ms_fail(err, MS_ENOMEM, "no memory for a run of %u neurons", n);
  result->n_neuron = n;
  result->cores = chip->size.cores;
  int rc = ms_chip_bias_solve(chip, err);
  result->bias_power_w = chip->bias_power_w;
  if (!rc)
    rc = ms_router_trace(s->router, options->trace_router, err);
  return rc ? rc : ms_router_reset(s->router, err);
}

void ms_session_end(ms_session *s) {
  for (unsigned n = 0; s->group && n < s->n_neuron; n++)
    free(s->group[n].stimulus);
  free(s->group);
  free(s->pending);
}

int ms_session_check(const ms_session *s, ms_error *err) {
  if (s->options->cancel && *s->options->cancel)
    return ms_fail(err, MS_EINTERRUPTED, "the run was interrupted");
  return 0;
}

ms_run_spec ms_session_spec(const ms_session *s, unsigned n) {
  const ms_run_options *o = s->options;
  int probed = !o->probe_neuron || o->probe_neuron[n];
  const ms_chip *chip = s->chip;
  const size_t set = ms_bias_set_of(&chip->options, n);
  return (ms_run_spec){.die = chip->die,
                       .pvt = chip->pvt,
                       .neuron = n,
                       .bias_v = chip->bias_v + set * chip->core->n_bias,
                       .t_stop = s->t_stop,
                       .lookahead_ps = s->lookahead,
                       .probe_mask = probed ? o->probe_mask : 0,
                       .sample_ps = o->sample_ps};
}

int ms_session_start_all(ms_session *s, ms_error *err) {
  int rc = ms_chip_need_groups(s->chip, s->n_neuron, err);
  for (unsigned n = 0; !rc && n < s->n_neuron; n++) {
    ms_session_group *g = &s->group[n];
    g->group = s->chip->group[n];
    g->spec = ms_session_spec(s, n);
    rc = ms_group_start(g->group, &g->spec, err);
    if (rc)
      ms_fail_context(err, "neuron %u", n);
  }
  return rc;
}

/* Notes what crosses the boundary, if that is wanted. */
static int record(ms_session *s, ms_boundary_event event, ms_error *err) {
  ms_run_result *r = s->result;
  if (!s->options->record_boundary)
    return 0;
  int rc = ms_grow(&r->boundary, r->n_boundary, &s->boundary_capacity, sizeof event, err);
  if (!rc)
    r->boundary[r->n_boundary++] = event;
  return rc;
}

int ms_session_grant(ms_session *s, unsigned n, ms_time limit, int cut, ms_error *err) {
  ms_session_group *g = &s->group[n];
  int rc = 0;
  if (g->n_stimulus)
    rc = ms_group_stimulate(g->group, g->stimulus, g->n_stimulus, err);
  g->n_stimulus = 0;
  if (!rc)
    rc = record(
        s,
        (ms_boundary_event){
            .t = limit, .kind = MS_BOUNDARY_GRANT, .address = (uint16_t)n, .level = cut != 0},
        err);
  return rc ? rc : ms_group_grant(g->group, limit, cut, err);
}

int ms_session_wait(ms_session *s, unsigned n, ms_error *err) {
  ms_session_group *g = &s->group[n];
  ms_report report;
  ms_time promise = g->promise;
  int rc = ms_group_wait(g->group, &report, err);
  if (rc) {
    ms_fail_context(err, "neuron %u", n);
    return rc;
  }
  g->committed = report.committed;
  g->promise = report.promise;
  g->finished = report.finished;
  for (size_t i = 0; !rc && i < report.n_transition; i++) {
    /* A circuit simulator that solves a step again may find a crossing a hair before the time up to
     * which it had promised silence; the event then counts at that time. */
    ms_time t = report.transition[i].t > promise ? report.transition[i].t : promise;
    rc = ms_session_add_pending(s, t, n, report.transition[i].level, err);
    if (!rc && report.transition[i].level)
      rc = ms_session_add_spike(s, t, n, err);
    if (!rc)
      rc = record(s,
                  (ms_boundary_event){.t = t,
                                      .kind = MS_BOUNDARY_REQUEST,
                                      .address = (uint16_t)n,
                                      .level = report.transition[i].level != 0},
                  err);
  }
  return rc;
}

int ms_session_finish_all(ms_session *s, ms_error *err) {
  int rc = 0;
  for (unsigned n = 0; !rc && n < s->n_neuron; n++)
    rc = ms_group_finish(s->group[n].group, &s->result->group[n], err);
  return rc;
}

int ms_session_add_spike(ms_session *s, ms_time t, unsigned n, ms_error *err) {
  ms_run_result *r = s->result;
  int rc = ms_grow(&r->spike, r->n_spike, &s->spike_capacity, sizeof *r->spike, err);
  if (!rc)
    r->spike[r->n_spike++] = (ms_event){.t = t, .address = (uint16_t)n};
  return rc;
}

static int pending_before(const ms_pending *a, const ms_pending *b) {
  return a->t != b->t ? a->t < b->t : a->neuron < b->neuron;
}

int ms_session_add_pending(ms_session *s, ms_time t, unsigned n, int level, ms_error *err) {
  int rc = ms_grow(&s->pending, s->n_pending, &s->pending_capacity, sizeof *s->pending, err);
  if (rc)
    return rc;
  ms_pending p = {.t = t, .neuron = (uint16_t)n, .level = (uint8_t)(level != 0)};
  size_t i = s->n_pending++;
  for (; i > 0 && pending_before(&p, &s->pending[(i - 1) / 2]); i = (i - 1) / 2)
    s->pending[i] = s->pending[(i - 1) / 2];
  s->pending[i] = p;
  return 0;
}

static ms_pending pop_pending(ms_session *s) {
  ms_pending top = s->pending[0], last = s->pending[--s->n_pending];
  size_t i = 0;
  for (;;) {
    size_t child = 2 * i + 1;
    if (child >= s->n_pending)
      break;
    if (child + 1 < s->n_pending && pending_before(&s->pending[child + 1], &s->pending[child]))
      child++;
    if (!pending_before(&s->pending[child], &last))
      break;
    s->pending[i] = s->pending[child];
    i = child;
  }
  s->pending[i] = last;
  return top;
}

ms_time ms_session_next_input(const ms_session *s) {
  ms_time t = s->next_in < s->n_in ? s->in[s->next_in].t : MS_TIME_NEVER;
  return s->n_pending && s->pending[0].t < t ? s->pending[0].t : t;
}

int ms_session_feed_one(ms_session *s, ms_error *err) {
  double start_s = ms_clock_s();
  int rc;
  if (s->next_in < s->n_in && (!s->n_pending || s->in[s->next_in].t <= s->pending[0].t)) {
    const ms_event *e = &s->in[s->next_in++];
    rc = ms_router_event(s->router, e->t, e->address, err);
    if (!rc)
      rc = record(s, (ms_boundary_event){.t = e->t, .kind = MS_BOUNDARY_IN, .address = e->address},
                  err);
  } else {
    ms_pending p = pop_pending(s);
    rc = ms_router_request(s->router, p.t, p.neuron, p.level, err);
    if (!rc && s->replays)
      rc = record(s,
                  (ms_boundary_event){
                      .t = p.t, .kind = MS_BOUNDARY_REQUEST, .address = p.neuron, .level = p.level},
                  err);
  }
  s->result->router_wall_s += ms_clock_s() - start_s;
  return rc;
}

ms_time ms_session_next_output(ms_session *s) {
  return ms_router_next_output(s->router);
}

int ms_session_advance(ms_session *s, ms_time t, const ms_router_out **out, size_t *n,
                       ms_error *err) {
  double start_s = ms_clock_s();
  int rc = ms_router_advance(s->router, t, out, n, err);
  s->result->router_wall_s += ms_clock_s() - start_s;
  return rc;
}

static int record_input(ms_session *s, unsigned n, const ms_stimulus *stimulus, ms_error *err) {
  ms_run_result *r = s->result;
  if (!s->options->record_inputs)
    return 1;
  int rc = ms_grow(&r->input_change, r->n_input_change, &s->input_change_capacity,
                   sizeof *r->input_change, err);
  if (rc)
    return rc;
  r->input_change[r->n_input_change++] =
      (ms_input_change){.stimulus = *stimulus, .neuron = (uint16_t)n};
  return 1;
}

int ms_session_take(ms_session *s, const ms_router_out *out, ms_stimulus *stimulus, ms_error *err) {
  ms_run_result *r = s->result;
  if (out->t >= s->t_stop)
    return 0;
  if (out->neuron >= s->n_neuron)
    return ms_fail(err, MS_ESIM, "the router drives neuron %u, but there are %u", out->neuron,
                   s->n_neuron);
  static const ms_boundary_kind kind[] = {[MS_OUT_PULSE] = MS_BOUNDARY_PULSE,
                                          [MS_OUT_ACK] = MS_BOUNDARY_ACK,
                                          [MS_OUT_EVENT] = MS_BOUNDARY_OUT};
  int rc = record(s,
                  (ms_boundary_event){.t = out->t,
                                      .kind = kind[out->kind],
                                      .address = out->neuron,
                                      .level = out->level,
                                      .sign = out->sign,
                                      .row = out->row,
                                      .code = out->kind == MS_OUT_PULSE ? out->code : 0},
                  err);
  if (rc)
    return rc;
  switch (out->kind) {
  case MS_OUT_EVENT:
    rc = ms_grow(&r->host, r->n_host, &s->host_capacity, sizeof *r->host, err);
    if (!rc)
      r->host[r->n_host++] = (ms_event){.t = out->t, .address = out->neuron};
    return rc;
  case MS_OUT_ACK:
    *stimulus = (ms_stimulus){.t = out->t, .kind = MS_STIM_ACK, .level = out->level};
    return record_input(s, out->neuron, stimulus, err);
  case MS_OUT_PULSE:
    break;
  }
  int row =
      out->sign <= MS_INH && out->row < MS_MAX_ROWS ? s->chip->row_of[out->sign][out->row] : -1;
  if (row < 0)
    return ms_fail(err, MS_ESIM, "the router drives a row that core %s does not have",
                   s->chip->core->name);
  *stimulus = (ms_stimulus){.t = out->t,
                            .kind = MS_STIM_PULSE,
                            .row = (uint8_t)row,
                            .level = out->level,
                            .code = out->code};
  if (out->level) {
    rc = ms_grow(&r->delivery, r->n_delivery, &s->delivery_capacity, sizeof *r->delivery, err);
    if (rc)
      return rc;
    r->delivery[r->n_delivery++] = (ms_delivery){
        .t = out->t, .target = out->neuron, .sign = out->sign, .row = out->row, .code = out->code};
  }
  return record_input(s, out->neuron, stimulus, err);
}

int ms_session_route(ms_session *s, ms_time t, ms_error *err) {
  const ms_router_out *out;
  size_t n_out;
  int rc = ms_session_advance(s, t, &out, &n_out, err);
  for (size_t i = 0; !rc && i < n_out; i++) {
    ms_stimulus stimulus;
    int for_group = ms_session_take(s, &out[i], &stimulus, err);
    if (for_group <= 0) {
      rc = for_group;
      continue;
    }
    ms_session_group *g = &s->group[out[i].neuron];
    rc = ms_grow(&g->stimulus, g->n_stimulus, &g->stimulus_capacity, sizeof *g->stimulus, err);
    if (rc)
      break;
    g->stimulus[g->n_stimulus++] = stimulus;
    if (stimulus.t < g->promise)
      g->promise = stimulus.t;
  }
  return rc;
}

int ms_session_rewind(ms_session *s, ms_error *err) {
  const ms_signal_change *stale;
  ms_router_take_trace(s->router, &stale);
  s->next_in = 0;
  s->n_pending = 0;
  s->result->n_host = s->result->n_delivery = s->result->n_input_change = 0;
  s->result->n_boundary = 0;
  return ms_router_reset(s->router, err);
}

int ms_compare_events(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  return (x->address > y->address) - (x->address < y->address);
}

int ms_session_conclude(ms_session *s, ms_error *err) {
  ms_run_result *r = s->result;
  if (r->n_spike)
    qsort(r->spike, r->n_spike, sizeof *r->spike, ms_compare_events);
  for (unsigned n = 0; n < s->n_neuron; n++) {
    r->energy_j += r->group[n].energy_j;
    r->retries += r->group[n].retries;
  }
  ms_router_get_counters(s->router, &r->counters);
  ms_router_get_network(s->router, &r->network);
  if (!s->options->trace_router)
    return 0;
  const ms_signal_change *change;
  size_t n = ms_router_take_trace(s->router, &change);
  r->signal_change = malloc((n + 1) * sizeof *r->signal_change);
  if (!r->signal_change)
    return ms_fail(err, MS_ENOMEM, "no memory for the router's trace");
  if (n)
    memcpy(r->signal_change, change, n * sizeof *change);
  r->n_signal_change = n;
  return 0;
}
