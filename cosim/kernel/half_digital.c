/* SPDX-License-Identifier: Apache-2.0 */
/* The digital half alone, from a boundary log. */
#include "kernel/half.h"
#include "mixspike/router_map.h"

#include <stdlib.h>

/* Outputs of one clock edge come in an order that is nobody's business. */
static int by_time(const void *a, const void *b) {
  const ms_boundary_event *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  uint64_t kx = (uint64_t)x->kind << 40 | (uint64_t)x->address << 24 | (uint64_t)x->sign << 20 |
                (uint64_t)x->row << 16 | x->level;
  uint64_t ky = (uint64_t)y->kind << 40 | (uint64_t)y->address << 24 | (uint64_t)y->sign << 20 |
                (uint64_t)y->row << 16 | y->level;
  return kx < ky ? -1 : kx > ky;
}

/* The order in which the kernel tells a router: outside events of a time first, then neurons. */
static int by_call(const void *a, const void *b) {
  const ms_boundary_event *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  if (x->kind != y->kind)
    return x->kind < y->kind ? -1 : 1;
  if (x->kind == MS_BOUNDARY_REQUEST && x->address != y->address)
    return x->address < y->address ? -1 : 1;
  return x->line < y->line ? -1 : x->line > y->line;
}

static int is_input(const ms_boundary_event *e) {
  return e->kind == MS_BOUNDARY_IN || e->kind == MS_BOUNDARY_REQUEST;
}

/* Those events of a log that go into the router, or come out of it, in order. */
static int pick(const ms_boundary *log, int inputs, ms_boundary_event **out, size_t *n,
                ms_error *err) {
  *n = 0;
  *out = malloc((log->n_event + 1) * sizeof **out);
  if (!*out)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu boundary events", log->n_event);
  for (size_t i = 0; i < log->n_event; i++) {
    const ms_boundary_event *e = &log->event[i];
    if (e->kind != MS_BOUNDARY_GRANT && is_input(e) == inputs)
      (*out)[(*n)++] = *e;
  }
  for (size_t i = 0; inputs && i < *n; i++)
    if (!(*out)[i].line)
      (*out)[i].line = (uint32_t)i; /* keeps the order of a log that was never in a file */
  qsort(*out, *n, sizeof **out, inputs ? by_call : by_time);
  return 0;
}

int ms_half_inputs(const ms_boundary *log, ms_boundary_event **out, size_t *n, ms_error *err) {
  return pick(log, 1, out, n, err);
}

ms_boundary ms_half_log(const ms_chip *chip, const ms_run_result *run, ms_time t_stop) {
  return (ms_boundary){.core = chip->core->name,
                       .core_file = chip->core->file,
                       .dac_bits = chip->core->dac_bits,
                       .core_checksum = chip->core->checksum,
                       .analog = chip->options.engine.kind,
                       .pulse_maps = chip->options.engine.pulse_maps,
                       .digital = chip->options.router,
                       .driver = run->driver,
                       .ack = ms_router_ack_timing(chip->router),
                       .cols = chip->options.cols ? chip->options.cols : 1,
                       .rows = chip->options.rows ? chip->options.rows : 1,
                       .n_neuron = chip->options.n_neuron,
                       .n_input = chip->options.n_input,
                       .die = chip->die,
                       .pvt = chip->pvt,
                       .clock_ps = chip->core->clock_ps,
                       .lookahead_ps = ms_router_lookahead(chip->router),
                       .t_stop = t_stop,
                       .n_write = chip->n_write,
                       .write = chip->write,
                       .n_event = run->n_boundary,
                       .event = run->boundary};
}

static int program(ms_router *router, const ms_boundary *log, ms_error *err) {
  int rc = ms_router_reset(router, err);
  for (size_t i = 0; !rc && i < log->n_write; i++)
    rc = ms_router_write(router, log->write[i][0], log->write[i][1], err);
  return rc ? rc : ms_router_reset(router, err);
}

static int make_router(const ms_boundary *log, ms_router_kind kind, ms_router **router,
                       ms_error *err) {
  unsigned n_bias = 0;
  for (size_t i = 0; i < log->n_write; i++)
    if (log->write[i][0] - MS_MAP_BIAS < MS_MAP_ROUTE - MS_MAP_BIAS &&
        log->write[i][0] - MS_MAP_BIAS >= n_bias)
      n_bias = log->write[i][0] - MS_MAP_BIAS + 1;
  const ms_router_options options = {.kind = kind,
                                     .n_neuron = log->n_neuron,
                                     .n_input = log->n_input,
                                     .n_bias = n_bias,
                                     .clock_ps = log->clock_ps,
                                     .cols = log->cols,
                                     .rows = log->rows};
  int rc = ms_router_create(&options, router, err);
  return rc ? rc : program(*router, log, err);
}

int ms_half_digital(const ms_boundary *log, ms_router_kind kind, ms_router_out **out, size_t *n,
                    ms_error *err) {
  ms_boundary_event *in = NULL;
  ms_router *router = NULL;
  const ms_router_out *all;
  size_t n_in, n_all = 0;
  *out = NULL;
  *n = 0;
  int rc = ms_half_inputs(log, &in, &n_in, err);
  if (!rc)
    rc = make_router(log, kind, &router, err);
  for (size_t i = 0; !rc && i < n_in; i++)
    rc = in[i].kind == MS_BOUNDARY_IN
             ? ms_router_event(router, in[i].t, in[i].address, err)
             : ms_router_request(router, in[i].t, in[i].address, in[i].level, err);
  if (!rc)
    rc = ms_router_advance(router, log->t_stop, &all, &n_all, err);
  if (!rc && !(*out = malloc((n_all + 1) * sizeof **out)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for %zu router outputs", n_all);
  for (size_t i = 0; !rc && i < n_all; i++)
    if (all[i].t < log->t_stop)
      (*out)[(*n)++] = all[i];
  free(in);
  ms_router_destroy(router);
  return rc;
}

ms_boundary_event ms_half_event(const ms_router_out *o) {
  static const ms_boundary_kind kind[] = {[MS_OUT_PULSE] = MS_BOUNDARY_PULSE,
                                          [MS_OUT_ACK] = MS_BOUNDARY_ACK,
                                          [MS_OUT_EVENT] = MS_BOUNDARY_OUT};
  return (ms_boundary_event){.t = o->t,
                             .kind = kind[o->kind],
                             .address = o->neuron,
                             .level = o->level,
                             .sign = o->sign,
                             .row = o->row,
                             .code = o->kind == MS_OUT_PULSE ? o->code : 0};
}

int ms_boundary_replay_digital(const ms_boundary *log, ms_router_kind kind,
                               ms_boundary_report *report, ms_error *err) {
  ms_router_out *out = NULL;
  ms_boundary_event *want = NULL, *have = NULL;
  size_t n_out, n_want = 0;
  *report = (ms_boundary_report){0};
  int rc = ms_half_digital(log, kind, &out, &n_out, err);
  if (!rc)
    rc = pick(log, 0, &want, &n_want, err);
  if (!rc && !(have = malloc((n_out + 1) * sizeof *have)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for %zu boundary events", n_out);
  for (size_t i = 0; !rc && i < n_out; i++)
    have[i] = ms_half_event(&out[i]);
  if (!rc) {
    qsort(have, n_out, sizeof *have, by_time);
    size_t i = 0;
    while (i < n_want && i < n_out && !by_time(&want[i], &have[i]) && want[i].code == have[i].code)
      i++;
    report->compared = i;
    if (i < n_want || i < n_out)
      ms_half_note(report, i < n_want ? &want[i] : NULL, i < n_out ? &have[i] : NULL);
  }
  free(out);
  free(want);
  free(have);
  return rc ? rc : ms_half_conclude(report, err);
}
