/* SPDX-License-Identifier: Apache-2.0 */
/* The run loop. It lives inside ngspice's GetSyncData, on ngspice's own thread: a step that was
 * solved is accepted, redone shorter, or held while the library decides. */
#include "engine/ngspice/worker/run.h"

#include "engine/ngspice/worker/corners.h"
#include "engine/ngspice/worker/crossing.h"
#include "engine/ngspice/worker/leave.h"
#include "engine/ngspice/worker/record.h"
#include "engine/ngspice/worker/sim.h"
#include "engine/ngspice/worker/source.h"
#include "mixspike/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ngspice/sharedspice.h>

typedef struct run {
  int fd;
  ms_ng_setup setup;
  ms_wire out;
  double edge_s;
  ms_sources sources;
  ms_corners corners;
  ms_recorder record;
  ms_crossing *crossing; /* [n_watch] of the requests, which are the first probes */
  double *crossed_s;     /* [n_watch] inside the tentative step, negative without */
  size_t n_watch, first; /* the one that crosses first */
  bool begun;
  double t0_s;       /* accepted up to here */
  double earliest_s; /* a ramp can still begin here: a breakpoint cannot be set at a point that
                        ngspice has left already, so the ramp is then moved by one picosecond */
  double hit_s;      /* crossing inside the tentative step, valid while has_hit */
  bool has_hit;
  ms_time limit_ps; /* of the last grant */
  bool cut;
  bool granted;        /* a grant is being served; false: the next thing is to wait for one */
  size_t n_transition; /* not reported yet */
  ms_transition *transition;
  size_t transition_capacity, n_ack;
  unsigned raised; /* rejected steps that were raised to the floor since the last accepted one */
  uint64_t redone, rejected, iterations, steps;
  struct timespec last_word;
} run;

static _Noreturn void leave(void) {
  ms_worker_leave(0);
}

void ms_worker_send(int fd, uint32_t type, const ms_wire *body) {
  if (ms_wire_send(fd, type, body, 0, NULL))
    leave();
}

static void say(run *r, uint32_t type) {
  ms_worker_send(r->fd, type, &r->out);
  clock_gettime(CLOCK_MONOTONIC, &r->last_word);
}

/* Keeps the library's patience while a long stretch is computed. */
static void show_progress(run *r) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_sec - r->last_word.tv_sec < 1)
    return;
  ms_wire_clear(&r->out);
  ms_wire_put_f64(&r->out, r->t0_s);
  say(r, MS_NG_PROGRESS);
}

static void report(run *r, double committed_s, double promise_s, bool finished) {
  ms_wire_clear(&r->out);
  ms_wire_put_u64(&r->out, (uint64_t)floor(committed_s * MS_PS_PER_S + 1e-3));
  ms_wire_put_u64(&r->out, (uint64_t)floor(promise_s * MS_PS_PER_S + 1e-3));
  ms_wire_put_u64(&r->out, finished);
  ms_wire_put_u64(&r->out, r->n_transition);
  for (size_t i = 0; i < r->n_transition; i++) {
    ms_wire_put_u64(&r->out, r->transition[i].t);
    ms_wire_put_u64(&r->out, (uint64_t)r->transition[i].level);
  }
  say(r, MS_NG_REPORT);
  r->n_transition = 0;
  r->granted = false;
}

static void fail(run *r, int code, const char *text) {
  ms_wire_clear(&r->out);
  ms_wire_put_u64(&r->out, (uint64_t)-code);
  ms_wire_put_text(&r->out, text);
  say(r, MS_NG_ERROR);
}

static void send_result(run *r) {
  r->record.steps = r->steps;
  r->record.iterations = r->iterations;
  r->record.rejected = r->rejected + r->redone;
  ms_wire_clear(&r->out);
  ms_recorder_put(&r->record, &r->out);
  say(r, MS_NG_RESULT);
}

static void ramp(run *r, size_t source, ms_time t_ps, double v) {
  double t_s = ms_time_to_s(t_ps);
  if (t_s < r->earliest_s)
    t_s = r->earliest_s;
  int moves = ms_sources_ramp(&r->sources, source, t_s, r->edge_s, v);
  if (moves < 0 ||
      (moves && (ms_corners_add(&r->corners, t_s) || ms_corners_add(&r->corners, t_s + r->edge_s))))
    leave();
}

static void set_breakpoint(double t_s) {
  ngSpice_SetBkpt(t_s);
}

/* Stops the step before a corner, and splits what is left before one in two rather than leave a
 * sliver: a step of femtoseconds makes capacitor currents out of rounding errors, which do not
 * converge ("timestep too small"). Newer versions of ngspice do the same. */
static void tame(const run *r, double from_s, double *delta_s) {
  double next_s = ms_corners_next(&r->corners, from_s, ms_time_to_s(r->setup.t_stop_ps));
  double limit_s = ms_time_to_s(r->limit_ps);
  if (r->cut && limit_s < next_s && limit_s > from_s + 0.5 * MS_TICK_S)
    next_s = limit_s;
  double left_s = next_s - from_s;
  if (left_s <= 0)
    return;
  if (*delta_s > left_s)
    *delta_s = left_s;
  else if (*delta_s < left_s && 1.9 * *delta_s > left_s)
    *delta_s = 0.5 * left_s;
}

/* Keeps the error control from asking for slivers. After a corner the simulator takes the kink for
 * an error that shrinks with the step only, and asks for reltol times the last step: femtoseconds,
 * which do not converge (see tame). A tenth of a picosecond always passes, since the charge
 * tolerance spread over it is more current than flows. Should it not, the simulator has its way. */
static void raise_to_floor(run *r, double *delta_s) {
  enum { MOST = 4 };
  if (*delta_s >= 0.1 * MS_TICK_S || r->raised == MOST)
    return;
  *delta_s = 0.1 * MS_TICK_S;
  r->raised++;
}

/* Waits for the next grant. Anything else ends the run. */
static void wait_grant(run *r) {
  ms_wire in = {0};
  uint32_t type;
  if (ms_wire_receive(r->fd, &type, &in, 0, NULL))
    leave();
  if (type == MS_NG_FINISH) { /* early: hand out what there is; ngspice cannot be stopped here */
    send_result(r);
    leave();
  }
  if (type != MS_NG_GRANT)
    leave();
  r->limit_ps = ms_wire_get_u64(&in);
  r->cut = ms_wire_get_u64(&in) != 0;
  uint64_t n = ms_wire_get_u64(&in);
  for (uint64_t i = 0; i < n && !in.bad; i++) {
    const void *bytes = ms_wire_get(&in, sizeof(ms_ng_ramp));
    if (!bytes)
      break;
    ms_ng_ramp one;
    memcpy(&one, bytes, sizeof one);
    if (one.source >= r->setup.n_source)
      in.bad = true;
    else
      ramp(r, one.source, one.t_ps, one.v);
  }
  if (in.bad)
    leave();
  ms_wire_free(&in);
  r->granted = true;
}

static ms_time ack_time(const run *r, double crossing_s, int level) {
  ms_ack_timing timing = {.clock_ps = r->setup.clock_ps,
                          .rise_cycles = (unsigned)r->setup.rise_cycles,
                          .fall_cycles = (unsigned)r->setup.fall_cycles};
  ms_time t_ps = ms_time_from_s(crossing_s);
  ms_time nominal_ps = ms_ack_time(&timing, t_ps, level);
  /* An override only delays (mixspike/engine.h): a request can have moved since it was made. */
  if (r->n_ack < r->setup.n_override && r->setup.override_ps[r->n_ack] > nominal_ps)
    return r->setup.override_ps[r->n_ack];
  return nominal_ps;
}

static void note_transition(run *r, size_t k) {
  if (r->n_transition == r->transition_capacity) {
    size_t capacity = r->transition_capacity ? 2 * r->transition_capacity : 16;
    ms_transition *t = realloc(r->transition, capacity * sizeof *t);
    if (!t)
      leave();
    r->transition = t;
    r->transition_capacity = capacity;
  }
  int level = !r->crossing[k].level;
  double t_s = r->crossed_s[k];
  r->transition[r->n_transition++] = (ms_transition){.t = ms_time_from_s(t_s), .level = level};
  if (r->setup.self_ack) {
    ramp(r, r->setup.ack_source + k, ack_time(r, t_s, level), r->setup.ack_v[level]);
    r->n_ack++;
  }
}

/* Asks for the step to be solved again, ending at end_s. */
static int redo(run *r, double end_s, double *delta_s) {
  double delta = end_s - r->t0_s;
  *delta_s = delta > 0.1 * MS_TICK_S ? delta : 0.1 * MS_TICK_S;
  r->redone++;
  return 1;
}

/* How surely the crossing lies after this: an interpolated time moves when the step is redone. */
static double promise_before_crossing(const run *r, double t1_s) {
  double margin = 0.1 * (t1_s - r->t0_s), most = 0.25 * ms_time_to_s(r->setup.lookahead_ps);
  double t_s = r->hit_s - (margin < most || most <= 0 ? margin : most);
  return t_s > r->t0_s ? t_s : r->t0_s;
}

static double last_end_after_crossing(const run *r) {
  if (r->setup.self_ack)
    return ms_time_to_s(ack_time(r, r->hit_s, !r->crossing[r->first].level));
  return r->hit_s + ms_time_to_s(r->setup.lookahead_ps);
}

/* Which requests cross inside the tentative step, and which of them first. */
static void find_crossings(run *r, double t1_s) {
  r->has_hit = false;
  for (size_t k = 0; k < r->n_watch; k++) {
    double *t_s = &r->crossed_s[k];
    if (!ms_crossing_find(&r->crossing[k], t1_s, r->record.now[k], t_s)) {
      *t_s = -1;
    } else if (!r->has_hit || *t_s < r->hit_s) {
      r->has_hit = true;
      r->hit_s = *t_s;
      r->first = k;
    }
  }
}

static void commit_crossings(run *r, double t1_s) {
  for (size_t k = 0; k < r->n_watch; k++) {
    if (r->crossed_s[k] >= 0)
      note_transition(r, k);
    ms_crossing_commit(&r->crossing[k], t1_s, r->record.now[k], r->crossed_s[k] >= 0);
  }
}

static void begin_crossings(run *r) {
  r->n_watch = r->setup.n_watch ? r->setup.n_watch : 1;
  r->crossing = calloc(r->n_watch, sizeof *r->crossing);
  r->crossed_s = calloc(r->n_watch, sizeof *r->crossed_s);
  if (!r->crossing || !r->crossed_s)
    leave();
  for (size_t k = 0; k < r->n_watch; k++)
    ms_crossing_begin(&r->crossing[k], r->record.now[k], r->setup.rise_v, r->setup.fall_v);
}

/* Less than half a picosecond before the limit is at the limit: no step is that short, and who
 * asked for a cut would wait for ever. */
static double reached(const run *r, double t_s) {
  double limit_s = ms_time_to_s(r->limit_ps);
  return t_s < limit_s && t_s >= limit_s - 0.5 * MS_TICK_S ? limit_s : t_s;
}

/* A step was solved and ngspice would keep it: decide. */
static int step_solved(run *r, double t1_s, double *delta_s) {
  const double eps_s = 0.5 * MS_TICK_S;
  double stop_s = ms_time_to_s(r->setup.t_stop_ps);
  ms_recorder_look(&r->record, t1_s, delta_s);
  find_crossings(r, t1_s);
  for (;;) {
    double corner_s = ms_corners_next(&r->corners, r->t0_s, t1_s);
    if (corner_s < t1_s - eps_s)
      return redo(r, corner_s, delta_s);
    if (r->has_hit) {
      double end_s = last_end_after_crossing(r);
      if (t1_s > end_s + eps_s)
        return redo(r, r->setup.self_ack ? end_s : r->hit_s + 0.8 * (end_s - r->hit_s), delta_s);
    }
    double limit_s = ms_time_to_s(r->limit_ps);
    if (r->granted && t1_s <= limit_s + eps_s)
      break;
    bool useful = r->granted && limit_s > r->t0_s + eps_s;
    if (useful && (r->cut || (r->has_hit && r->hit_s < limit_s)))
      return redo(r, limit_s, delta_s);
    double at_s = r->granted && r->cut && !useful ? reached(r, r->t0_s) : r->t0_s;
    if (r->granted)
      report(r, at_s, fmax(at_s, r->has_hit ? promise_before_crossing(r, t1_s) : t1_s), false);
    wait_grant(r);
  }
  /* Accepted: from here on this is history. */
  ms_recorder_commit(&r->record, t1_s);
  r->t0_s = r->earliest_s = t1_s;
  r->steps++;
  r->raised = 0;
  bool hold = r->cut && t1_s >= ms_time_to_s(r->limit_ps) - eps_s;
  hold = hold || (r->has_hit && !r->setup.self_ack);
  commit_crossings(r, t1_s);
  if (hold && t1_s < stop_s - eps_s) {
    /* The point is final but ngspice has not gone on: an input at this very time can still become
     * a breakpoint. */
    do {
      report(r, reached(r, t1_s), reached(r, t1_s), false);
      wait_grant(r);
    } while (ms_time_to_s(r->limit_ps) <= t1_s + eps_s);
  }
  ms_corners_pass(&r->corners, t1_s);
  ms_corners_tell(&r->corners, t1_s, set_breakpoint);
  r->earliest_s = t1_s + MS_TICK_S;
  show_progress(r);
  return 0;
}

static int on_sync(void *user, double t_s, double *delta_s, bool rejected, int location) {
  run *r = user;
  if (location == 0) {
    if (!r->begun) {
      ms_recorder_begin(&r->record, &r->setup, delta_s);
      begin_crossings(r);
      wait_grant(r);
      ms_corners_tell(&r->corners, 0.0, set_breakpoint);
      r->begun = true;
      r->earliest_s = MS_TICK_S;
    }
    tame(r, t_s, delta_s);
    return 0;
  }
  if (rejected) {
    r->rejected++;
    raise_to_floor(r, delta_s);
    tame(r, r->t0_s, delta_s);
    show_progress(r);
    return 0;
  }
  return step_solved(r, t_s, delta_s);
}

static double on_source(void *user, const char *name, double t_s) {
  run *r = user;
  if (r->sources.n && r->sources.pwl[0].key == name)
    r->iterations++;
  return ms_sources_value(&r->sources, name, t_s);
}

static void serve_until_finish(run *r, bool failed) {
  /* Answers what is still owed: the report of the last grant, then the result. */
  for (;;) {
    if (r->granted)
      report(r, ms_time_to_s(r->setup.t_stop_ps), ms_time_to_s(r->setup.t_stop_ps), true);
    ms_wire in = {0};
    uint32_t type;
    if (ms_wire_receive(r->fd, &type, &in, 0, NULL))
      leave();
    ms_wire_free(&in);
    if (type == MS_NG_GRANT && !failed)
      r->granted = true;
    else if (type == MS_NG_FINISH) {
      send_result(r);
      return;
    }
  }
}

/* The end of what ngspice printed, for a message of limited length. */
static const char *tail(const char *text, size_t most) {
  size_t n = strlen(text);
  return n > most ? text + n - most : text;
}

void ms_worker_run(int fd, ms_wire *body) {
  run r = {.fd = fd};
  clock_gettime(CLOCK_MONOTONIC, &r.last_word);
  bool failed = false;
  char message[700];
  ms_sim_forget_text();
  if (ms_ng_setup_get(body, &r.setup) ||
      ms_sources_create(&r.sources, r.setup.source, r.setup.n_source)) {
    fail(&r, MS_EIO, "malformed description of a run");
    failed = true;
  } else if (ms_sim_commands(r.setup.commands)) {
    snprintf(message, sizeof message, "ngspice refused a setting: %s", tail(ms_sim_text(), 500));
    fail(&r, MS_ESIM, message);
    failed = true;
  } else {
    r.edge_s = ms_time_to_s(r.setup.edge_ps);
    double stop_s = ms_time_to_s(r.setup.t_stop_ps);
    ms_sim_hooks hooks = {.source = on_source, .sync = on_sync, .user = &r};
    ms_sim_set_hooks(&hooks);
    char line[200];
    snprintf(line, sizeof line, "tran %.17g %.17g 0 %.17g", r.setup.max_step_s, stop_s,
             r.setup.max_step_s);
    ms_sim_command(line);
    ms_sim_set_hooks(NULL);
    failed = !r.begun || fabs(r.t0_s - stop_s) > 1e-6 * stop_s + MS_TICK_S;
    if (failed) {
      snprintf(message, sizeof message, "ngspice stopped at %.6g s of %.6g s and said: %s", r.t0_s,
               stop_s, tail(ms_sim_text(), 500));
      fail(&r, MS_ESIM, message);
    }
  }
  if (failed)
    r.granted = false;
  serve_until_finish(&r, failed);
  ms_sim_command("destroy all");
  ms_sources_clear(&r.sources);
  ms_recorder_clear(&r.record);
  ms_corners_clear(&r.corners);
  free(r.transition);
  free(r.crossing);
  free(r.crossed_s);
  ms_wire_free(&r.out);
}
