/* SPDX-License-Identifier: Apache-2.0 */
/* Random traffic for a router. */
#include "traffic.h"

#include "mixspike/router_map.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { T = TRAFFIC_CLOCK, N = TRAFFIC_NEURONS };

static uint64_t next(uint64_t *random) {
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return *random >> 33;
}

unsigned traffic_below(uint64_t *random, unsigned n) {
  return (unsigned)(next(random) % n);
}

static ms_time gap(traffic *t) {
  double u = ((double)next(&t->random) + 1.0) / 2147483649.0;
  return 1 + (ms_time)(-log(u) * (double)t->gap_ps);
}

void traffic_plan(traffic *t) {
  uint32_t n = 0;
  for (unsigned s = 0; s < N + TRAFFIC_INPUTS; s++) {
    uint32_t count = traffic_below(&t->random, t->most_rows + 1);
    t->route[s] = ms_map_route(n, count);
    for (uint32_t k = 0; k < count; k++)
      t->entry[n++] = ms_map_entry(traffic_below(&t->random, N), traffic_below(&t->random, 2),
                                   traffic_below(&t->random, 4), traffic_below(&t->random, 64));
  }
}

static void put(ms_router *r, uint32_t address, uint32_t data) {
  ms_error err;
  if (ms_router_write(r, address, data, &err))
    fail_msg("%s", err.text);
}

ms_router *traffic_router(const traffic *t, ms_router_kind kind) {
  const ms_router_options o = {
      .kind = kind, .n_neuron = N, .n_input = TRAFFIC_INPUTS, .n_bias = 4, .clock_ps = T};
  ms_router *r;
  ms_error err;
  uint32_t built;
  if (ms_router_create(&o, &r, &err) || ms_router_read(r, MS_MAP_NEURONS, &built, &err))
    fail_msg("%s", err.text);
  put(r, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | t->control);
  put(r, MS_MAP_PULSE_WIDTH, t->pulse);
  put(r, MS_MAP_TRIGGER_WIDTH, 3);
  put(r, MS_MAP_TIMEOUT, t->timeout);
  for (unsigned s = 0; s < N + TRAFFIC_INPUTS; s++)
    put(r, MS_MAP_ROUTE + (s < N ? s : built + s - N), t->route[s]);
  for (uint32_t k = 0; k < sizeof t->entry / sizeof *t->entry; k++)
    put(r, MS_MAP_ENTRY + k, t->entry[k]);
  assert_int_equal(ms_router_reset(r, &err), MS_OK);
  return r;
}

static void keep(traffic_outputs *o, const ms_router_out *out, size_t n) {
  if (o->n + n > o->capacity) {
    o->capacity = 2 * (o->n + n);
    o->out = realloc(o->out, o->capacity * sizeof *o->out);
    assert_non_null(o->out);
  }
  if (n)
    memcpy(o->out + o->n, out, n * sizeof *out);
  o->n += n;
}

void traffic_advance(ms_router *r, ms_time until, traffic_outputs *o) {
  const ms_router_out *out;
  size_t n;
  ms_error err;
  if (ms_router_advance(r, until, &out, &n, &err))
    fail_msg("%s", err.text);
  for (size_t i = 0; i < n; i++) {
    assert_true(out[i].t <= until && out[i].t % T == 0);
    assert_true(i == 0 || out[i].t >= out[i - 1].t);
  }
  keep(o, out, n);
}

static void give(ms_router *r, const traffic_input *i) {
  ms_error err;
  int rc = i->external ? ms_router_event(r, i->t, i->address, &err)
                       : ms_router_request(r, i->t, i->address, i->level, &err);
  if (rc)
    fail_msg("%s", err.text);
}

static void input(traffic *t, ms_router *r, traffic_input i) {
  if (t->n_input == t->input_capacity) {
    t->input_capacity = t->input_capacity ? 2 * t->input_capacity : 256;
    t->input = realloc(t->input, t->input_capacity * sizeof *t->input);
    assert_non_null(t->input);
  }
  t->input[t->n_input++] = i;
  give(r, &i);
}

/* When every neuron's request changes next, and when the next external event comes. */
typedef struct actors {
  ms_time due[TRAFFIC_MOST], event;
  uint8_t level[TRAFFIC_MOST];
} actors;

static void answer(traffic *t, actors *a, const ms_router_out *o) {
  if (o->kind != MS_OUT_ACK)
    return;
  ms_time delay = 1 + traffic_below(&t->random, 4 * T);
  if (o->level && t->timeout && traffic_below(&t->random, 8) == 0)
    delay += 3 * t->timeout * T; /* stuck: its acknowledge is withdrawn before it falls */
  if (o->level && a->level[o->neuron])
    a->due[o->neuron] = o->t + delay;
  else if (!a->level[o->neuron] && o->t < t->t_stop)
    a->due[o->neuron] = o->t + gap(t);
}

void traffic_live(traffic *t, ms_router *r, traffic_outputs *out) {
  const unsigned n = t->neurons ? t->neurons : N;
  actors a = {.event = gap(t)};
  for (unsigned k = 0; k < n; k++)
    a.due[k] = gap(t);
  for (;;) {
    unsigned who = n;
    ms_time first = a.event < t->t_stop ? a.event : MS_TIME_NEVER;
    for (unsigned k = 0; k < n; k++)
      if (a.due[k] < first && (a.level[k] || a.due[k] < t->t_stop)) {
        first = a.due[k];
        who = k;
      }
    ms_time answered = ms_router_next_output(r);
    if (first == MS_TIME_NEVER && answered == MS_TIME_NEVER)
      return;
    if (first < answered && who == n) {
      unsigned address = traffic_below(&t->random, t->externals ? t->externals : TRAFFIC_INPUTS);
      input(t, r, (traffic_input){.t = first, .address = (uint16_t)address, .external = 1});
      a.event += gap(t);
    } else if (first < answered) {
      a.level[who] ^= 1;
      a.due[who] = MS_TIME_NEVER;
      input(t, r, (traffic_input){.t = first, .address = (uint16_t)who, .level = a.level[who]});
      /* A neuron whose acknowledge was withdrawn gets no second answer when it falls. */
      if (!a.level[who] && t->timeout)
        a.due[who] = first + 10 * T + gap(t);
    } else {
      size_t from = out->n;
      traffic_advance(r, answered, out);
      for (size_t i = from; i < out->n; i++)
        answer(t, &a, &out->out[i]);
    }
  }
}

void traffic_replay(const traffic *t, ms_router *r, traffic_outputs *out) {
  for (size_t i = 0; i < t->n_input; i++) {
    /* As the kernel does: outputs are taken as far as the inputs are known. */
    if (i % 3 == 0)
      traffic_advance(r, t->input[i].t, out);
    give(r, &t->input[i]);
  }
  while (ms_router_next_output(r) != MS_TIME_NEVER)
    traffic_advance(r, ms_router_next_output(r), out);
}

void traffic_free(traffic *t) {
  free(t->input);
}

static int by_time(const void *a, const void *b) {
  const ms_router_out *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  int kx = (int)x->kind << 24 | x->neuron << 8 | x->sign << 5 | x->row << 1 | x->level;
  int ky = (int)y->kind << 24 | y->neuron << 8 | y->sign << 5 | y->row << 1 | y->level;
  return kx < ky ? -1 : kx > ky;
}

void traffic_sort(traffic_outputs *out) {
  if (out->n)
    qsort(out->out, out->n, sizeof *out->out, by_time);
}

void traffic_same(const traffic_outputs *a, const traffic_outputs *b, const char *what) {
  for (size_t i = 0; i < a->n && i < b->n; i++) {
    const ms_router_out *x = &a->out[i], *y = &b->out[i];
    if (by_time(x, y) || (x->kind == MS_OUT_PULSE && x->code != y->code))
      fail_msg("%s: output %zu: kind %d neuron %u level %u at %llu ps, kind %d neuron %u level %u "
               "at %llu ps",
               what, i, (int)x->kind, x->neuron, x->level, (unsigned long long)x->t, (int)y->kind,
               y->neuron, y->level, (unsigned long long)y->t);
  }
  if (a->n != b->n)
    fail_msg("%s: %zu outputs, %zu outputs", what, a->n, b->n);
}
