/* SPDX-License-Identifier: Apache-2.0 */
/* The driver for layered networks. Groups run to the end of the sample on their own, acknowledged
 * as if nothing contended; the router then replays all events. Groups whose pulses or acknowledges
 * came out otherwise than they ran with run again, lowest layer first, until none is left.
 *
 * Every replay gets the events before the earliest difference right, and with them the outputs up
 * to a lookahead later; so each pass moves the earliest difference on, and the end is the same run
 * that lockstep makes. */
#include "kernel/feedforward.h"

#include <stdlib.h>
#include <string.h>

static ms_time min_time(ms_time a, ms_time b) {
  return a < b ? a : b;
}

unsigned ms_layers(const ms_chip *chip, unsigned *layer, ms_error *err) {
  unsigned n = chip->options.n_neuron, deepest = 0;
  int moved = 1;
  memset(layer, 0, n * sizeof *layer);
  /* A path without a loop has fewer than n edges. */
  for (unsigned round = 0; moved; round++) {
    if (round > n) {
      ms_fail(err, MS_EUNSUPPORTED, "the connections form a loop");
      return 0;
    }
    moved = 0;
    for (size_t i = 0; i < chip->n_synapse; i++) {
      const ms_synapse *s = &chip->synapse[i];
      if (s->source < n && layer[s->target] <= layer[s->source]) {
        layer[s->target] = layer[s->source] + 1;
        moved = 1;
        deepest = layer[s->target] > deepest ? layer[s->target] : deepest;
      }
    }
  }
  return deepest + 1;
}

static int add_time(ms_time_list *list, ms_time t, ms_error *err) {
  int rc = ms_grow(&list->t, list->n, &list->capacity, sizeof *list->t, err);
  if (!rc)
    list->t[list->n++] = t;
  return rc;
}

static int same_times(const ms_time_list *a, const ms_time_list *b) {
  return a->n == b->n && (!a->n || !memcmp(a->t, b->t, a->n * sizeof *a->t));
}

static int same_pulses(const ms_pulse_list *a, const ms_pulse_list *b) {
  if (a->n != b->n)
    return 0;
  for (size_t i = 0; i < a->n; i++) {
    const ms_stimulus *x = &a->stimulus[i], *y = &b->stimulus[i];
    if (x->t != y->t || x->row != y->row || x->level != y->level || x->code != y->code)
      return 0;
  }
  return 1;
}

/* Puts a group's next request change before the router, as far after the last acknowledge as in
 * the group's own run: a request never falls before the router has acknowledged it. */
static int offer_next(ms_layered *l, unsigned n, ms_error *err) {
  ms_layered_group *g = &l->group[n];
  size_t k = g->n_offered;
  if (k >= g->n_transition)
    return 0;
  ms_time t = g->transition[k].t;
  if (k > 0) {
    if (g->replayed.n < k || g->used.n < k)
      return 0;
    t = g->replayed.t[k - 1] + (t - g->used.t[k - 1]);
  }
  g->n_offered++;
  return ms_session_add_pending(l->session, t, n, g->transition[k].level, err);
}

static int take_output(ms_layered *l, const ms_router_out *out, ms_error *err) {
  ms_stimulus stimulus;
  int rc = ms_session_take(l->session, out, &stimulus, err);
  if (rc <= 0)
    return rc;
  ms_layered_group *g = &l->group[out->neuron];
  if (stimulus.kind == MS_STIM_ACK) {
    rc = add_time(&g->replayed, stimulus.t, err);
    return rc ? rc : offer_next(l, out->neuron, err);
  }
  ms_pulse_list *p = &g->wanted;
  rc = ms_grow(&p->stimulus, p->n, &p->capacity, sizeof *p->stimulus, err);
  if (!rc)
    p->stimulus[p->n++] = stimulus;
  return rc;
}

/* All events through the router, in order of time. */
static int replay(ms_layered *l, ms_error *err) {
  ms_session *s = l->session;
  int rc = ms_session_rewind(s, err);
  for (unsigned n = 0; !rc && n < s->n_neuron; n++) {
    l->group[n].n_offered = l->group[n].replayed.n = l->group[n].wanted.n = 0;
    rc = offer_next(l, n, err);
  }
  while (!rc) {
    ms_time input = ms_session_next_input(s), output = ms_session_next_output(s);
    if (input < output && input <= s->t_stop) {
      rc = ms_session_feed_one(s, err);
      continue;
    }
    ms_time to = min_time(output, s->t_stop);
    const ms_router_out *out;
    size_t n_out;
    rc = ms_session_advance(s, to, &out, &n_out, err);
    for (size_t i = 0; !rc && i < n_out; i++)
      rc = take_output(l, &out[i], err);
    if (to == s->t_stop)
      break;
  }
  return rc;
}

/* Whether the group has to run: its last run had other inputs, or there was none. */
static int is_stale(const ms_layered_group *g) {
  return !g->has_run || !same_pulses(&g->wanted, &g->given) || !same_times(&g->replayed, &g->used);
}

static int start_group(ms_layered *l, unsigned n, ms_group *group, ms_error *err) {
  ms_session *s = l->session;
  ms_layered_group *g = &l->group[n];
  ms_pulse_list pulses = g->given;
  g->given = g->wanted;
  g->wanted = pulses;
  ms_time_list times = g->overrides;
  g->overrides = g->replayed;
  g->replayed = times;
  g->place = group;
  g->spec = ms_session_spec(s, n);
  g->spec.self_ack = &l->ack;
  g->spec.ack_override = g->overrides.t;
  g->spec.n_ack_override = g->overrides.n;
  g->n_transition = 0;
  int rc = ms_group_start(group, &g->spec, err);
  if (!rc && g->given.n)
    rc = ms_group_stimulate(group, g->given.stimulus, g->given.n, err);
  return rc ? rc : ms_group_grant(group, s->t_stop, 1, err);
}

/* When the group acknowledged itself: the same rule as the engine's. */
static int list_acks(ms_layered *l, ms_layered_group *g, ms_error *err) {
  g->used.n = 0;
  for (size_t k = 0; k < g->n_transition; k++) {
    ms_time t = ms_ack_time(&l->ack, g->transition[k].t, g->transition[k].level);
    if (k < g->overrides.n && g->overrides.t[k] > t)
      t = g->overrides.t[k];
    if (t >= l->session->t_stop)
      break;
    int rc = add_time(&g->used, t, err);
    if (rc)
      return rc;
  }
  return 0;
}

static int finish_group(ms_layered *l, unsigned n, ms_error *err) {
  ms_session *s = l->session;
  ms_layered_group *g = &l->group[n];
  ms_report report = {0};
  int rc = 0;
  while (!rc && !report.finished) {
    rc = ms_group_wait(g->place, &report, err);
    for (size_t i = 0; !rc && i < report.n_transition; i++) {
      rc = ms_grow(&g->transition, g->n_transition, &g->transition_capacity, sizeof *g->transition,
                   err);
      if (!rc)
        g->transition[g->n_transition++] = report.transition[i];
    }
    if (!rc && !report.finished)
      rc = ms_group_grant(g->place, s->t_stop, 1, err);
  }
  if (!rc) {
    s->result->retries += s->result->group[n].retries; /* of the run that this one replaces */
    ms_group_result_clear(&s->result->group[n]);
    rc = ms_group_finish(g->place, &s->result->group[n], err);
  }
  if (rc) {
    ms_fail_context(err, "neuron %u", n);
    return rc;
  }
  s->result->reruns += (unsigned)g->has_run;
  g->has_run = 1;
  return list_acks(l, g, err);
}

/* Runs the listed groups, as many at once as there are workers. */
static int run_groups(ms_layered *l, const unsigned *list, unsigned n_list, ms_error *err) {
  ms_session *s = l->session;
  unsigned workers = s->chip->options.workers < n_list ? s->chip->options.workers : n_list;
  int rc = ms_chip_need_groups(s->chip, workers, err);
  for (unsigned i = 0; !rc && i < n_list + workers; i++) {
    if (i >= workers)
      rc = finish_group(l, list[i - workers], err);
    if (!rc)
      rc = ms_session_check(s, err);
    if (!rc && i < n_list)
      rc = start_group(l, list[i], s->chip->group[i % workers], err);
  }
  return rc;
}

/* Groups to run next: the stale ones of the lowest layer that has any. */
static unsigned choose(const ms_layered *l, unsigned *list) {
  unsigned n_list = 0, lowest = UINT32_MAX;
  for (unsigned n = 0; n < l->session->n_neuron; n++)
    if (l->layer[n] < lowest && is_stale(&l->group[n]))
      lowest = l->layer[n];
  for (unsigned n = 0; n < l->session->n_neuron; n++)
    if (l->layer[n] == lowest && is_stale(&l->group[n]))
      list[n_list++] = n;
  return n_list;
}

/* Runs and replays until nothing moves. *settled is 0 if so many groups had to run again that the
 * promises are cheaper: under saturation every change moves everything behind it. */
static int settle(ms_layered *l, unsigned *list, int *settled, ms_error *err) {
  ms_session *s = l->session;
  unsigned most = 8 + 3 * s->n_neuron;
  for (;;) {
    int rc = replay(l, err);
    unsigned n_list = rc ? 0 : choose(l, list);
    *settled = !n_list;
    if (rc || !n_list || s->result->reruns > most)
      return rc;
    s->result->passes++;
    rc = run_groups(l, list, n_list, err);
    if (rc)
      return rc;
  }
}

/* Starts the session over under the other driver. */
static int fall_back(ms_session *s, ms_error *err) {
  for (unsigned n = 0; n < s->n_neuron; n++)
    ms_group_result_clear(&s->result->group[n]);
  s->replays = 0;
  s->result->driver = MS_DRIVER_PROMISES;
  int rc = ms_session_rewind(s, err);
  return rc ? rc : ms_drive_promises(s, err);
}

int ms_drive_feedforward(ms_session *s, ms_error *err) {
  ms_layered l = {.session = s, .ack = ms_router_ack_timing(s->router)};
  s->replays = 1;
  l.group = calloc(s->n_neuron, sizeof *l.group);
  l.layer = calloc(s->n_neuron, sizeof *l.layer);
  unsigned *list = calloc(s->n_neuron, sizeof *list);
  int rc = 0, settled = 0;
  if (!l.group || !l.layer || !list)
    rc = ms_fail(err, MS_ENOMEM, "no memory for the layers of %u neurons", s->n_neuron);
  if (!rc) {
    l.n_layer = ms_layers(s->chip, l.layer, err);
    rc = l.n_layer ? settle(&l, list, &settled, err) : MS_EUNSUPPORTED;
  }
  for (unsigned n = 0; l.group && n < s->n_neuron; n++) {
    ms_layered_group *g = &l.group[n];
    for (size_t i = 0; !rc && settled && i < g->n_transition; i++)
      if (g->transition[i].level)
        rc = ms_session_add_spike(s, g->transition[i].t, n, err);
    free(g->transition);
    free(g->given.stimulus);
    free(g->wanted.stimulus);
    free(g->used.t);
    free(g->replayed.t);
    free(g->overrides.t);
  }
  free(l.group);
  free(l.layer);
  free(list);
  return rc || settled ? rc : fall_back(s, err);
}
