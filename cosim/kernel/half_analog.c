/* SPDX-License-Identifier: Apache-2.0 */
/* The analog half alone, from a boundary log: neuron by neuron, since circuits touch each other
 * through the router only. Grants are repeated as they were, so that a circuit simulator places its
 * time steps as it did. */
#include "kernel/half.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void say(const ms_boundary_event *e, char *text, size_t size) {
  double us = 1e-6 * (double)e->t;
  switch (e->kind) {
  case MS_BOUNDARY_REQUEST:
    snprintf(text, size, "request of neuron %u %s at %.6f us", e->address,
             e->level ? "rises" : "falls", us);
    break;
  case MS_BOUNDARY_ACK:
    snprintf(text, size, "acknowledge of neuron %u %s at %.6f us", e->address,
             e->level ? "rises" : "falls", us);
    break;
  case MS_BOUNDARY_PULSE:
    snprintf(text, size, "pulse to neuron %u row %s%u code %u %s at %.6f us", e->address,
             e->sign == MS_INH ? "inh" : "exc", e->row, e->code, e->level ? "starts" : "ends", us);
    break;
  default:
    snprintf(text, size, "spike of neuron %u leaves at %.6f us", e->address, us);
  }
}

void ms_half_note(ms_boundary_report *report, const ms_boundary_event *want,
                  const ms_boundary_event *have) {
  const ms_time t = !want ? have->t : !have || want->t < have->t ? want->t : have->t;
  char a[90] = "nothing", b[90] = "nothing";
  if (report->differs && report->t <= t)
    return;
  if (want)
    say(want, a, sizeof a);
  if (have)
    say(have, b, sizeof b);
  report->differs = 1;
  report->t = t;
  report->line = want ? want->line : 0;
  snprintf(report->first, sizeof report->first, "recorded: %s; now: %s", a, b);
}

int ms_half_conclude(const ms_boundary_report *report, ms_error *err) {
  char line[24] = "its end";
  if (!report->differs)
    return 0;
  if (report->line)
    snprintf(line, sizeof line, "line %" PRIu32, report->line);
  return ms_fail(err, MS_EDIFFERS, "first difference at %.6f us, %s of the log: %s",
                 1e-6 * (double)report->t, line, report->first);
}

typedef struct replay {
  const ms_boundary *log;
  const ms_core *core;
  ms_group *group;
  ms_run_spec spec;
  ms_time promise;
  ms_stimulus *stimulus; /* since the last grant */
  size_t n_stimulus, capacity;
  ms_time *ack; /* of the neuron, for a circuit that acknowledges itself */
  size_t n_ack, ack_capacity;
  size_t next; /* recorded event from which on the next request is looked for */
  int done;    /* a difference was found */
  ms_boundary_report *report;
} replay;

/* The neuron's next recorded request change, or NULL. */
static const ms_boundary_event *next_request(replay *r) {
  for (; r->next < r->log->n_event; r->next++) {
    const ms_boundary_event *e = &r->log->event[r->next];
    if (e->kind == MS_BOUNDARY_REQUEST && e->address == r->spec.neuron)
      return &r->log->event[r->next++];
  }
  return NULL;
}

static int stimulate(replay *r, const ms_boundary_event *e, ms_error *err) {
  ms_stimulus s = {.t = e->t, .kind = MS_STIM_ACK, .level = e->level};
  if (e->kind == MS_BOUNDARY_PULSE) {
    size_t row = 0;
    while (row < r->core->n_row &&
           (r->core->row[row].sign != e->sign || r->core->row[row].index != e->row))
      row++;
    if (row == r->core->n_row)
      return ms_fail(err, MS_ERANGE, "line %" PRIu32 " of the log drives a row that core %s lacks",
                     e->line, r->core->name);
    s.kind = MS_STIM_PULSE;
    s.row = (uint8_t)row;
    s.code = e->code;
  }
  int rc = ms_grow(&r->stimulus, r->n_stimulus, &r->capacity, sizeof s, err);
  if (rc)
    return rc;
  r->stimulus[r->n_stimulus++] = s;
  if (s.t < r->promise)
    r->promise = s.t;
  return 0;
}

/* Request changes against the recorded ones, up to the first difference. As the kernel reads them:
 * not before the time up to which silence was promised. */
static void compare(replay *r, const ms_report *report, ms_time promise) {
  for (size_t i = 0; !r->done && i < report->n_transition; i++) {
    const ms_transition *x = &report->transition[i];
    const ms_boundary_event now = {.t = x->t > promise ? x->t : promise,
                                   .kind = MS_BOUNDARY_REQUEST,
                                   .address = (uint16_t)r->spec.neuron,
                                   .level = x->level != 0};
    const ms_boundary_event *want = next_request(r);
    if (want && want->t == now.t && want->level == now.level) {
      r->report->compared++;
      continue;
    }
    ms_half_note(r->report, want, &now);
    r->done = 1;
  }
}

/* Repeats a grant and compares what the circuit reports. */
static int grant(replay *r, const ms_boundary_event *e, ms_error *err) {
  ms_report report;
  const ms_time promise = r->promise;
  int rc = r->n_stimulus ? ms_group_stimulate(r->group, r->stimulus, r->n_stimulus, err) : 0;
  r->n_stimulus = 0;
  if (!rc)
    rc = ms_group_grant(r->group, e->t, e->level, err);
  if (!rc)
    rc = ms_group_wait(r->group, &report, err);
  if (rc)
    return rc;
  r->promise = report.promise;
  compare(r, &report, promise);
  return 0;
}

/* A circuit of a feed-forward run: all pulses are known, and it acknowledges itself at the recorded
 * times, as it did in its last run. */
static int run_alone(replay *r, const volatile int *cancel, ms_error *err) {
  ms_report report = {0};
  int rc = ms_group_start(r->group, &r->spec, err);
  if (!rc && r->n_stimulus)
    rc = ms_group_stimulate(r->group, r->stimulus, r->n_stimulus, err);
  while (!rc && !report.finished) {
    rc = cancel && *cancel ? ms_fail(err, MS_EINTERRUPTED, "the replay was interrupted")
                           : ms_group_grant(r->group, r->spec.t_stop, 1, err);
    if (!rc)
      rc = ms_group_wait(r->group, &report, err);
    if (!rc)
      compare(r, &report, 0);
  }
  return rc;
}

/* What the neuron got in such a run. */
static int gather(replay *r, ms_error *err) {
  int rc = 0;
  r->n_ack = 0;
  for (size_t i = 0; !rc && i < r->log->n_event; i++) {
    const ms_boundary_event *e = &r->log->event[i];
    if (e->address != r->spec.neuron)
      continue;
    if (e->kind == MS_BOUNDARY_PULSE)
      rc = stimulate(r, e, err);
    if (e->kind != MS_BOUNDARY_ACK)
      continue;
    rc = ms_grow(&r->ack, r->n_ack, &r->ack_capacity, sizeof *r->ack, err);
    if (!rc)
      r->ack[r->n_ack++] = e->t;
  }
  r->spec.self_ack = &r->log->ack;
  r->spec.ack_override = r->ack;
  r->spec.n_ack_override = r->n_ack;
  return rc;
}

/* One neuron from reset, up to its first difference. */
static int run_neuron(replay *r, const volatile int *cancel, ms_error *err) {
  const int alone = r->log->driver == MS_DRIVER_FEEDFORWARD;
  r->promise = 0;
  r->n_stimulus = r->next = 0;
  r->done = 0;
  int rc = alone ? gather(r, err) : ms_group_start(r->group, &r->spec, err);
  if (!rc && alone)
    rc = run_alone(r, cancel, err);
  for (size_t i = 0; !rc && !alone && !r->done && i < r->log->n_event; i++) {
    const ms_boundary_event *e = &r->log->event[i];
    if (cancel && *cancel)
      rc = ms_fail(err, MS_EINTERRUPTED, "the replay was interrupted");
    else if (e->address != r->spec.neuron)
      continue;
    else if (e->kind == MS_BOUNDARY_ACK || e->kind == MS_BOUNDARY_PULSE)
      rc = stimulate(r, e, err);
    else if (e->kind == MS_BOUNDARY_GRANT)
      rc = grant(r, e, err);
  }
  if (!rc && !r->done) {
    const ms_boundary_event *want = next_request(r);
    if (want)
      ms_half_note(r->report, want, NULL);
  }
  ms_group_result result = {0};
  if (!rc)
    rc = ms_group_finish(r->group, &result, err);
  ms_group_result_clear(&result);
  if (rc)
    ms_fail_context(err, "neuron %u", r->spec.neuron);
  return rc;
}

/* Bias codes are what the writes of the port leave in the registers. */
static int solve_bias(ms_engine *engine, const ms_boundary *log, const ms_core *core,
                      double *bias_v, ms_error *err) {
  uint16_t *code = calloc(core->n_bias + 1, sizeof *code);
  if (!code)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu bias codes", core->n_bias);
  for (size_t i = 0; i < log->n_write; i++) {
    uint32_t k = log->write[i][0] - MS_MAP_BIAS;
    if (k < core->n_bias)
      code[k] = (uint16_t)log->write[i][1];
  }
  int rc = 0;
  for (size_t i = 0; !rc && i < core->n_bias; i++)
    if (code[i] >> 8 >= core->bias[i].branch->n_coarse)
      rc = ms_fail(err, MS_ERANGE,
                   "bias %s: the log gives code 0x%04x, but the branch has %zu ranges",
                   core->bias[i].name, code[i], core->bias[i].branch->n_coarse);
  if (!rc)
    rc = ms_engine_bias(engine, &log->die, &log->pvt, code, bias_v, NULL, err);
  free(code);
  return rc;
}

int ms_boundary_replay_analog(const ms_boundary *log, const ms_core *core,
                              const ms_engine_options *options, const volatile int *cancel,
                              ms_boundary_report *report, ms_error *err) {
  *report = (ms_boundary_report){0};
  ms_engine *engine = NULL;
  replay r = {.log = log, .core = core, .report = report};
  double *bias_v = calloc(core->n_bias + 1, sizeof *bias_v);
  int rc = bias_v ? ms_engine_create(options, core, &engine, err)
                  : ms_fail(err, MS_ENOMEM, "no memory for bias voltages");
  if (!rc)
    rc = solve_bias(engine, log, core, bias_v, err);
  if (!rc)
    rc = ms_group_create(engine, &r.group, err);
  for (unsigned n = 0; !rc && n < log->n_neuron; n++) {
    r.spec = (ms_run_spec){.die = log->die,
                           .pvt = log->pvt,
                           .neuron = n,
                           .bias_v = bias_v,
                           .t_stop = log->t_stop,
                           .lookahead_ps = log->lookahead_ps};
    rc = run_neuron(&r, cancel, err);
  }
  ms_group_destroy(r.group);
  ms_engine_destroy(engine);
  free(r.stimulus);
  free(r.ack);
  free(bias_v);
  return rc ? rc : ms_half_conclude(report, err);
}
