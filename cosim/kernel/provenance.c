/* SPDX-License-Identifier: Apache-2.0 */
/* Provenance: the recorded inputs go through a router that names the cause of every output. */
#include "mixspike/provenance.h"

#include "kernel/half.h"

#include <stdlib.h>

/* What an event did, as far as it is one per event. */
typedef struct cause {
  ms_boundary_event input;
  ms_time grant, leaves;
  size_t n_pulse;
} cause;

typedef struct trace {
  const ms_chip *chip;
  ms_provenance *out;
  size_t capacity;
  cause *cause; /* [n_cause], event 1 first */
  size_t n_cause;
} trace;

/* Events are numbered as the router numbers its inputs. */
static int number_causes(trace *t, const ms_boundary *log, ms_error *err) {
  ms_boundary_event *in;
  size_t n;
  int rc = ms_half_inputs(log, &in, &n, err);
  if (!rc && !(t->cause = calloc(n + 1, sizeof *t->cause)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for %zu events", n);
  for (size_t i = 0; !rc && i < n; i++)
    if (in[i].kind == MS_BOUNDARY_IN || in[i].level)
      t->cause[t->n_cause++] =
          (cause){.input = in[i], .grant = MS_TIME_NEVER, .leaves = MS_TIME_NEVER};
  free(in);
  return rc;
}

static ms_provenance_row row_of(const trace *t, uint32_t event) {
  const cause *c = &t->cause[event - 1];
  const ms_time clock_ps = t->chip->core->clock_ps;
  const int external = c->input.kind == MS_BOUNDARY_IN;
  const ms_table_size *size = &t->chip->size;
  return (ms_provenance_row){.event = event,
                             .external = external,
                             .source = c->input.address,
                             .tag = (uint16_t)(ms_map_index(c->input.address, size->cores) +
                                               (external ? size->neurons : 0)),
                             .source_core = (uint16_t)ms_map_core(c->input.address, size->cores),
                             .crossing = c->input.t,
                             .sampled = (c->input.t / clock_ps + 1) * clock_ps,
                             .grant = MS_TIME_NEVER,
                             .leaves = MS_TIME_NEVER,
                             .start = MS_TIME_NEVER,
                             .end = MS_TIME_NEVER};
}

static int add_row(trace *t, const ms_provenance_row *row, ms_error *err) {
  int rc = ms_grow(&t->out->row, t->out->n_row, &t->capacity, sizeof *row, err);
  if (!rc)
    t->out->row[t->out->n_row++] = *row;
  return rc;
}

/* The end belongs to the row's last pulse. */
static void end_pulse(trace *t, const ms_router_out *o) {
  for (size_t i = t->out->n_row; i > 0; i--) {
    ms_provenance_row *r = &t->out->row[i - 1];
    if (r->target == o->neuron && r->sign == o->sign && r->row == o->row) {
      r->end = o->t;
      return;
    }
  }
}

static int take(trace *t, const ms_router_out *o, ms_error *err) {
  if (!o->cause || o->cause > t->n_cause)
    return ms_fail(err, MS_ESIM, "the router names event %u of %zu as a cause", o->cause,
                   t->n_cause);
  cause *c = &t->cause[o->cause - 1];
  if (o->kind == MS_OUT_EVENT)
    c->leaves = o->t;
  if (o->kind == MS_OUT_ACK && o->level)
    c->grant = o->t;
  if (o->kind != MS_OUT_PULSE)
    return 0;
  if (!o->level) {
    end_pulse(t, o);
    return 0;
  }
  ms_provenance_row row = row_of(t, o->cause);
  row.pulses = 1;
  row.target = o->neuron;
  row.target_core = (uint16_t)ms_map_core(o->neuron, t->chip->size.cores);
  row.code = o->code;
  row.sign = o->sign;
  row.row = o->row;
  row.start = o->t;
  c->n_pulse++;
  return add_row(t, &row, err);
}

static int by_event(const void *a, const void *b) {
  const ms_provenance_row *x = a, *y = b;
  if (x->event != y->event)
    return x->event < y->event ? -1 : 1;
  return x->start < y->start ? -1 : x->start > y->start;
}

static int fill(trace *t, const ms_router_out *out, size_t n, ms_error *err) {
  int rc = 0;
  for (size_t i = 0; !rc && i < n && out[i].t < t->out->until; i++)
    rc = take(t, &out[i], err);
  for (uint32_t e = 1; !rc && e <= t->n_cause; e++) {
    const ms_provenance_row row = row_of(t, e);
    if (!t->cause[e - 1].n_pulse && row.crossing < t->out->until)
      rc = add_row(t, &row, err);
  }
  if (rc)
    return rc;
  for (size_t i = 0; i < t->out->n_row; i++) {
    const cause *c = &t->cause[t->out->row[i].event - 1];
    t->out->row[i].grant = c->grant;
    t->out->row[i].leaves = c->leaves;
  }
  if (t->out->n_row)
    qsort(t->out->row, t->out->n_row, sizeof *t->out->row, by_event);
  return 0;
}

int ms_provenance_trace(const ms_chip *chip, const ms_run_result *run, ms_time t_stop,
                        ms_provenance *out, ms_error *err) {
  const ms_boundary log = ms_half_log(chip, run, t_stop);
  const ms_router_kind kind =
      chip->options.router == MS_ROUTER_RTL ? MS_ROUTER_TLM : chip->options.router;
  trace t = {.chip = chip, .out = out};
  ms_boundary_report report;
  ms_router_out *outputs = NULL;
  size_t n = 0;
  *out = (ms_provenance){.cores = chip->size.cores, .until = MS_TIME_NEVER};
  if (!run->boundary)
    return run->n_spike ? ms_fail(err, MS_EINVAL, "provenance needs a run with record_boundary")
                        : 0;
  int rc = ms_boundary_replay_digital(&log, kind, &report, err);
  if (rc == MS_EDIFFERS) {
    out->until = report.t;
    rc = 0;
  }
  if (!rc)
    rc = number_causes(&t, &log, err);
  if (!rc)
    rc = ms_half_digital(&log, kind, &outputs, &n, err);
  if (!rc)
    rc = fill(&t, outputs, n, err);
  free(outputs);
  free(t.cause);
  if (rc)
    ms_provenance_clear(out);
  return rc;
}

void ms_provenance_clear(ms_provenance *provenance) {
  free(provenance->row);
  *provenance = (ms_provenance){0};
}
