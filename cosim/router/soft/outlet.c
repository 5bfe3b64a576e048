/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs and trace of routers that are no RTL. */
#include "router/soft/outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH = 24, ROWS = 4 };
enum { OUT_NEURON, FIRST_NEURON }; /* signals of the core, then those of every neuron */
enum { REQ, ACK, PULSE, PER_NEURON };

static size_t n_signal(const ms_outlet *o) {
  return FIRST_NEURON + (size_t)PER_NEURON * o->n_neuron;
}

int ms_outlet_create(ms_outlet *o, unsigned n_neuron, ms_error *err) {
  *o = (ms_outlet){.n_neuron = n_neuron};
  o->name = calloc(n_signal(o) + 1, sizeof *o->name);
  o->value = calloc(n_signal(o), sizeof *o->value);
  char *text = calloc(n_signal(o), NAME_LENGTH);
  if (!o->name || !o->value || !text) {
    free(text);
    return ms_fail(err, MS_ENOMEM, "no memory for the signals of a router");
  }
  for (size_t i = 0; i < n_signal(o); i++)
    o->name[i] = text + i * NAME_LENGTH;
  snprintf(o->name[OUT_NEURON], NAME_LENGTH, "out_neuron[12]");
  for (unsigned k = 0; k < n_neuron; k++) {
    char **name = &o->name[FIRST_NEURON + PER_NEURON * k];
    snprintf(name[REQ], NAME_LENGTH, "n%u.req[1]", k);
    snprintf(name[ACK], NAME_LENGTH, "n%u.ack[1]", k);
    snprintf(name[PULSE], NAME_LENGTH, "n%u.pulse[%d]", k, 2 * ROWS);
  }
  return MS_OK;
}

void ms_outlet_free(ms_outlet *o) {
  if (o->name)
    free(o->name[0]);
  free(o->name);
  free(o->value);
  free(o->out);
  free(o->change);
}

static int change(ms_outlet *o, ms_time t, size_t signal, uint64_t value, ms_error *err) {
  if (!o->tracing)
    return MS_OK;
  if (o->n_change == o->change_capacity) {
    size_t capacity = o->change_capacity ? 2 * o->change_capacity : 256;
    ms_signal_change *grown = realloc(o->change, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for the router's trace");
    o->change = grown;
    o->change_capacity = capacity;
  }
  o->value[signal] = value;
  o->change[o->n_change++] = (ms_signal_change){.t = t, .signal = (uint32_t)signal, .value = value};
  return MS_OK;
}

static size_t signal_of(unsigned neuron, unsigned which) {
  return FIRST_NEURON + (size_t)PER_NEURON * neuron + which;
}

int ms_outlet_request(ms_outlet *o, ms_time t, unsigned neuron, int level, ms_error *err) {
  return change(o, t, signal_of(neuron, REQ), level != 0, err);
}

static int trace_output(ms_outlet *o, const ms_router_out *out, ms_error *err) {
  if (!o->tracing || out->neuron >= o->n_neuron)
    return MS_OK;
  if (out->kind == MS_OUT_EVENT)
    return change(o, out->t, OUT_NEURON, out->neuron, err);
  if (out->kind == MS_OUT_ACK)
    return change(o, out->t, signal_of(out->neuron, ACK), out->level, err);
  size_t signal = signal_of(out->neuron, PULSE);
  uint64_t bit = UINT64_C(1) << (out->sign * ROWS + out->row);
  return change(o, out->t, signal, out->level ? o->value[signal] | bit : o->value[signal] & ~bit,
                err);
}

int ms_outlet_put(ms_outlet *o, const ms_router_out *out, ms_error *err) {
  if (o->n == o->capacity) {
    size_t capacity = o->capacity ? 2 * o->capacity : 64;
    ms_router_out *grown = realloc(o->out, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for %zu router outputs", capacity);
    o->out = grown;
    o->capacity = capacity;
  }
  o->out[o->n++] = *out;
  return trace_output(o, out, err);
}

int ms_outlet_reset(ms_outlet *o, ms_error *err) {
  int rc = MS_OK;
  o->n = o->n_change = 0;
  for (size_t i = 0; !rc && o->tracing && i < n_signal(o); i++)
    rc = change(o, 0, i, 0, err);
  return rc;
}

size_t ms_outlet_take_trace(ms_outlet *o, const ms_signal_change **change_out) {
  size_t n = o->n_change;
  *change_out = o->change;
  o->n_change = 0;
  return n;
}
