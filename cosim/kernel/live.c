/* SPDX-License-Identifier: Apache-2.0 */
/* A session under the promises that stops wherever its events are known to, and goes on. */
#include "mixspike/live.h"
#include "base/clock.h"

#include "kernel/kernel.h"

#include <stdlib.h>

struct ms_live {
  ms_session session;
  ms_run_options options;
  ms_run_result result;
  ms_event *in;               /* given so far, by time, then in the order given */
  size_t in_capacity, n_host; /* host events handed out */
  int finished;               /* the groups are through */
  double start_s;
};

static void destroy(ms_live *live) {
  ms_session_end(&live->session);
  ms_run_result_clear(&live->result);
  free(live->in);
  free(live);
}

int ms_live_begin(ms_chip *chip, const ms_run_options *options, ms_live **out, ms_error *err) {
  *out = NULL;
  int rc = ms_chip_check_run(chip, NULL, 0, options, err);
  if (rc)
    return rc;
  ms_live *live = calloc(1, sizeof *live);
  if (!live)
    return ms_fail(err, MS_ENOMEM, "no memory for a run");
  live->options = *options;
  live->start_s = ms_clock_s();
  rc = ms_session_begin(&live->session, chip, NULL, 0, &live->options, &live->result, err);
  live->session.horizon = 0;
  live->result.driver = MS_DRIVER_PROMISES;
  if (!rc)
    rc = ms_session_start_all(&live->session, err);
  if (rc) {
    destroy(live);
    return rc;
  }
  *out = live;
  return 0;
}

int ms_live_event(ms_live *live, ms_time t, unsigned input, ms_error *err) {
  ms_session *s = &live->session;
  unsigned n_input = s->chip->options.n_input;
  if (input >= n_input)
    return ms_fail(err, MS_ERANGE, "input event: address %u, but there are %u inputs", input,
                   n_input);
  if (t < s->horizon)
    return ms_fail(err, MS_ECAUSALITY, "input event at %llu ps: the chip is at %llu ps already",
                   (unsigned long long)t, (unsigned long long)s->horizon);
  if (t >= s->t_stop)
    return 0;
  int rc = ms_grow(&live->in, s->n_in, &live->in_capacity, sizeof *live->in, err);
  if (rc)
    return rc;
  size_t i = s->n_in++;
  for (; i > s->next_in && live->in[i - 1].t > t; i--)
    live->in[i] = live->in[i - 1];
  live->in[i] = (ms_event){.t = t, .address = (uint16_t)input};
  s->in = live->in;
  return 0;
}

int ms_live_advance(ms_live *live, ms_time t, const ms_event **host, size_t *n, ms_error *err) {
  ms_session *s = &live->session;
  int rc = 0;
  if (t < s->horizon)
    return ms_fail(err, MS_ECAUSALITY, "advance to %llu ps: the chip is at %llu ps already",
                   (unsigned long long)t, (unsigned long long)s->horizon);
  s->horizon = t;
  if (!live->finished) {
    rc = ms_drive_promises_on(s, err);
    if (!rc && t >= s->t_stop) {
      rc = ms_drive_promises_out(s, err);
      live->finished = 1;
    }
  }
  *host = live->result.host + live->n_host;
  *n = rc ? 0 : live->result.n_host - live->n_host;
  live->n_host = live->result.n_host;
  return rc;
}

ms_time ms_live_next(const ms_live *live) {
  const ms_session *s = &live->session;
  if (live->finished)
    return MS_TIME_NEVER;
  ms_time input = ms_session_promise(s), given = ms_session_next_input(s);
  input = given < input ? given : input;
  ms_time answer = input > MS_TIME_NEVER - s->lookahead ? input : input + s->lookahead;
  ms_time output = ms_router_next_output(s->router);
  answer = output < answer ? output : answer;
  return answer < s->t_stop ? answer : s->t_stop;
}

ms_time ms_live_lookahead(const ms_live *live) {
  return live->session.lookahead;
}

int ms_live_end(ms_live *live, ms_run_result *result, ms_error *err) {
  ms_session *s = &live->session;
  int rc = live->finished ? 0 : ms_session_finish_all(s, err);
  if (!rc)
    rc = ms_session_conclude(s, err);
  live->result.wall_s = ms_clock_s() - live->start_s;
  if (result) {
    *result = rc ? (ms_run_result){0} : live->result;
    if (!rc)
      live->result = (ms_run_result){0};
  }
  destroy(live);
  return rc;
}
