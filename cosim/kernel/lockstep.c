/* SPDX-License-Identifier: Apache-2.0 */
/* The reference driver: windows of at most the lookahead, analog first, then the router. */
#include "kernel/kernel.h"

static ms_time min_time(ms_time a, ms_time b) {
  return a < b ? a : b;
}

/* Brings every group exactly to the end of the window. A group that stops at its own request goes
 * on: what answers the request lies beyond the window. */
static int run_groups(ms_session *s, ms_time end, ms_error *err) {
  int rc = 0, left = 1;
  while (!rc && left) {
    left = 0;
    for (unsigned n = 0; !rc && n < s->n_neuron; n++)
      if (s->group[n].committed < end)
        rc = ms_session_grant(s, n, end, 1, err);
    for (unsigned n = 0; !rc && n < s->n_neuron; n++)
      if (s->group[n].committed < end) {
        rc = ms_session_wait(s, n, err);
        left |= s->group[n].committed < end;
      }
  }
  return rc;
}

int ms_drive_lockstep(ms_session *s, ms_error *err) {
  int rc = ms_session_start_all(s, err);
  for (ms_time now = 0; !rc && now < s->t_stop;) {
    rc = ms_session_check(s, err);
    if (rc)
      break;
    /* Outputs that are known already, and the earliest that anything new can bring. */
    ms_time end = min_time(ms_session_next_output(s), now + s->lookahead);
    end = min_time(end, s->t_stop);
    if (end <= now)
      rc = ms_fail(err, MS_ESIM, "the router announces an output in the past of %llu ps",
                   (unsigned long long)now);
    if (!rc)
      rc = run_groups(s, end, err);
    while (!rc && ms_session_next_input(s) <= end)
      rc = ms_session_feed_one(s, err);
    if (!rc)
      rc = ms_session_route(s, end, err);
    now = end;
  }
  return rc ? rc : ms_session_finish_all(s, err);
}
