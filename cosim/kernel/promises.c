/* SPDX-License-Identifier: Apache-2.0 */
/* The fast driver for any network: groups run as far as the promises of all and the lookahead
 * allow (docs/coupling.md). */
#include "kernel/kernel.h"

static ms_time min_time(ms_time a, ms_time b) {
  return a < b ? a : b;
}

static ms_time add_time(ms_time t, ms_time d) {
  return t > MS_TIME_NEVER - d ? MS_TIME_NEVER : t + d;
}

ms_time ms_session_promise(const ms_session *s) {
  ms_time t = MS_TIME_NEVER;
  for (unsigned n = 0; n < s->n_neuron; n++)
    if (!s->group[n].finished)
      t = min_time(t, s->group[n].promise);
  return t;
}

/* Lets the router catch up as far as its inputs are known: those before `silent` and the horizon
 * all are. An output may make a group break its silence, so inputs go in only up to the next
 * output. */
static int run_router(ms_session *s, ms_time *silent, ms_error *err) {
  for (;;) {
    ms_time output = ms_session_next_output(s), input = ms_session_next_input(s);
    int rc;
    if (input < output && input < *silent && input < s->horizon) {
      rc = ms_session_feed_one(s, err);
    } else if (output <= *silent && output <= s->horizon && output < s->t_stop) {
      rc = ms_session_route(s, output, err);
      *silent = ms_session_promise(s);
    } else {
      return 0;
    }
    if (rc)
      return rc;
  }
}

/* Grants every group whose promise does not reach the bound, then waits for all of them. */
static int run_groups(ms_session *s, ms_time bound, int *moved, ms_error *err) {
  int rc = 0;
  *moved = 0;
  for (unsigned n = 0; !rc && n < s->n_neuron; n++) {
    ms_session_group *g = &s->group[n];
    g->running = !g->finished && g->promise < bound;
    if (!g->running)
      continue;
    g->before = g->committed;
    rc = ms_session_grant(s, n, bound, g->stuck, err);
    *moved = 1;
  }
  for (unsigned n = 0; !rc && n < s->n_neuron; n++) {
    ms_session_group *g = &s->group[n];
    if (!g->running)
      continue;
    size_t n_pending = s->n_pending;
    rc = ms_session_wait(s, n, err);
    if (rc)
      break;
    /* Its next step reaches past the bound, a request inside it falls before: it must end there. */
    int idle = g->committed == g->before && g->promise < bound && s->n_pending == n_pending;
    if (idle && g->stuck)
      rc = ms_fail(err, MS_ESIM, "neuron %u: the engine does not get past %llu ps", n,
                   (unsigned long long)g->committed);
    g->stuck = idle;
  }
  return rc;
}

/* Everything is decided: the groups only have to get to the end. */
static int run_out(ms_session *s, ms_error *err) {
  int rc = 0, left = 1;
  while (!rc && left) {
    left = 0;
    for (unsigned n = 0; !rc && n < s->n_neuron; n++)
      if (!s->group[n].finished)
        rc = ms_session_grant(s, n, s->t_stop, 1, err);
    for (unsigned n = 0; !rc && n < s->n_neuron; n++)
      if (!s->group[n].finished) {
        rc = ms_session_wait(s, n, err);
        left |= !s->group[n].finished;
      }
  }
  return rc;
}

int ms_drive_promises_on(ms_session *s, ms_error *err) {
  int rc = 0, moved = 1;
  while (!rc && moved) {
    rc = ms_session_check(s, err);
    ms_time silent = ms_session_promise(s);
    if (!rc)
      rc = run_router(s, &silent, err);
    if (rc)
      break;
    /* The next output that is known, and the first answer to anything that is not. */
    ms_time input = min_time(min_time(silent, ms_session_next_input(s)), s->horizon);
    ms_time bound = min_time(add_time(input, s->lookahead), ms_session_next_output(s));
    rc = run_groups(s, min_time(bound, s->t_stop), &moved, err);
  }
  return rc;
}

int ms_drive_promises_out(ms_session *s, ms_error *err) {
  int rc = run_out(s, err);
  while (!rc && ms_session_next_input(s) <= s->t_stop)
    rc = ms_session_feed_one(s, err);
  if (!rc)
    rc = ms_session_route(s, s->t_stop, err);
  return rc ? rc : ms_session_finish_all(s, err);
}

int ms_drive_promises(ms_session *s, ms_error *err) {
  int rc = ms_session_start_all(s, err);
  if (!rc)
    rc = ms_drive_promises_on(s, err);
  return rc ? rc : ms_drive_promises_out(s, err);
}
