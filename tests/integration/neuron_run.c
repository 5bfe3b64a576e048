/* SPDX-License-Identifier: Apache-2.0 */
/* One neuron of a core on a die, driven by pulses or by a constant current: for circuit tests. */
#include "neuron_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void must(int rc, const ms_error *err, const char *what) {
  if (rc)
    fail_msg("%s: %s", what, err->text);
}

/* Pulses as stimuli in order of time: on, and off a pulse width later. */
static size_t make_stimuli(const neuron_case *c, ms_stimulus *out) {
  size_t n = 0;
  for (size_t i = 0; i < c->n_event; i++) {
    ms_time t = ms_time_from_s(c->event[i].t_s);
    out[n++] = (ms_stimulus){.t = t,
                             .kind = MS_STIM_PULSE,
                             .row = (uint8_t)c->event[i].row,
                             .level = 1,
                             .code = c->event[i].code};
    out[n++] = (ms_stimulus){.t = t + ms_core_line_ps(c->core, c->set),
                             .kind = MS_STIM_PULSE,
                             .row = (uint8_t)c->event[i].row};
  }
  for (size_t i = 1; i < n; i++) /* pulses of different rows may overlap */
    for (size_t j = i; j > 0 && out[j].t < out[j - 1].t; j--) {
      ms_stimulus s = out[j];
      out[j] = out[j - 1];
      out[j - 1] = s;
    }
  return n;
}

static void take(neuron_result *r, const ms_report *report) {
  for (size_t i = 0; i < report->n_transition; i++) {
    const ms_transition *x = &report->transition[i];
    double t = ms_time_to_s(x->t);
    r->request = x->level;
    if (x->level && r->n_spike < NEURON_MAX_SPIKES) {
      r->spike_s[r->n_spike] = t;
      r->width_s[r->n_spike++] = -1;
    } else if (!x->level && r->n_spike)
      r->width_s[r->n_spike - 1] = t - r->spike_s[r->n_spike - 1];
  }
}

void neuron_run(ms_engine *engine, ms_group *group, const neuron_case *c, neuron_result *r) {
  ms_error err = {0};
  double bias_v[64];
  uint16_t code[64];
  ms_stimulus stimulus[2 * NEURON_MAX_EVENTS];
  const ms_ack_timing ack = {.clock_ps = c->core->clock_ps, .rise_cycles = 3, .fall_cycles = 3};
  memset(r, 0, sizeof *r);
  assert_true(c->core->n_bias <= 64 && c->n_event <= NEURON_MAX_EVENTS);
  for (size_t i = 0; i < c->core->n_bias; i++)
    code[i] = c->code ? c->code[i] : (uint16_t)c->core->bias[i].bias->code[c->set];
  must(ms_engine_bias(engine, &c->die, &c->pvt, code, bias_v, NULL, &err), &err, "bias lines");
  ms_run_spec spec = {.die = c->die,
                      .pvt = c->pvt,
                      .bias_v = bias_v,
                      .t_stop = ms_time_from_s(c->t_stop_s),
                      .lookahead_ps = c->core->clock_ps,
                      .self_ack = &ack,
                      .probe_mask = c->probe_mask,
                      .inject_a = c->inject_a > 0 ? &c->inject_a : NULL};
  must(ms_group_start(group, &spec, &err), &err, "start");
  size_t n = make_stimuli(c, stimulus);
  if (n)
    must(ms_group_stimulate(group, stimulus, n, &err), &err, "stimuli");
  ms_report report = {0};
  for (int turn = 0; turn < 1000000 && !report.finished; turn++) {
    must(ms_group_grant(group, spec.t_stop, 1, &err), &err, "grant");
    must(ms_group_wait(group, &report, &err), &err, "run");
    take(r, &report);
  }
  assert_true(report.finished);
  must(ms_group_finish(group, &r->run, &err), &err, "finish");
}
