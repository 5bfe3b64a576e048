/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router against the RTL where nothing contends, and its own rules where something does.
 */
#include "kernel_fixture.h"

#include "mixspike/router_map.h"

static ms_router *make(ms_router_kind kind) {
  ms_router_options options = {
      .kind = kind, .n_neuron = 4, .n_input = 4, .n_bias = 2, .clock_ps = 10000};
  ms_router *r;
  fixture_ok(ms_router_create(&options, &r, err));
  uint32_t neurons;
  fixture_ok(ms_router_read(r, MS_MAP_NEURONS, &neurons, err));
  fixture_ok(ms_router_write(r, MS_MAP_PULSE_WIDTH, 5, err));
  /* Neuron 0 to three rows, neuron 1 to one of them, input 2 to two rows of neuron 3. */
  uint32_t entry[] = {ms_map_entry(1, MS_EXC, 0, 3), ms_map_entry(2, MS_INH, 1, 15),
                      ms_map_entry(0, MS_EXC, 2, 7), ms_map_entry(1, MS_EXC, 0, 9),
                      ms_map_entry(3, MS_EXC, 1, 4), ms_map_entry(3, MS_EXC, 3, 5)};
  for (uint32_t i = 0; i < 6; i++)
    fixture_ok(ms_router_write(r, MS_MAP_ENTRY + i, entry[i], err));
  fixture_ok(ms_router_write(r, MS_MAP_ROUTE + 0, ms_map_route(0, 3), err));
  fixture_ok(ms_router_write(r, MS_MAP_ROUTE + 1, ms_map_route(3, 1), err));
  fixture_ok(ms_router_write(r, MS_MAP_ROUTE + neurons + 2, ms_map_route(4, 2), err));
  fixture_ok(
      ms_router_write(r, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT, err));
  fixture_ok(ms_router_reset(r, err));
  return r;
}

typedef struct outputs {
  ms_router_out out[200];
  size_t n;
} outputs;

static int compare_outputs(const void *a, const void *b) {
  const ms_router_out *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  int kx = (int)x->kind * 100000 + x->neuron * 100 + x->sign * 10 + x->row;
  int ky = (int)y->kind * 100000 + y->neuron * 100 + y->sign * 10 + y->row;
  return kx - ky;
}

static void advance(ms_router *r, ms_time t, outputs *o) {
  const ms_router_out *out;
  size_t n;
  fixture_ok(ms_router_advance(r, t, &out, &n, err));
  for (size_t i = 0; i < n; i++) {
    assert_true(out[i].t <= t);
    o->out[o->n++] = out[i];
  }
}

/* Events far apart: every handshake and pulse ends before the next event. */
static void play_sparse_events(ms_router *r, outputs *o) {
  o->n = 0;
  for (unsigned k = 0; k < 6; k++) {
    ms_time t = 100000 + k * 1000000 + k * 1700;
    if (k % 3 == 2) {
      fixture_ok(ms_router_event(r, t, 2, err));
      advance(r, t + 500000, o);
    } else {
      fixture_ok(ms_router_request(r, t, k % 3, 1, err));
      advance(r, t + 300000, o);
      fixture_ok(ms_router_request(r, t + 300000, k % 3, 0, err));
      advance(r, t + 500000, o);
    }
    assert_true(ms_router_next_output(r) == MS_TIME_NEVER);
  }
  qsort(o->out, o->n, sizeof o->out[0], compare_outputs);
}

static void sparse_events_give_the_same_outputs_as_the_rtl(void **state) {
  (void)state;
  ms_router *ideal = make(MS_ROUTER_IDEAL), *rtl = make(MS_ROUTER_RTL);
  outputs a, b;
  play_sparse_events(ideal, &a);
  play_sparse_events(rtl, &b);
  assert_int_equal(a.n, b.n);
  for (size_t i = 0; i < a.n; i++) {
    assert_true(a.out[i].t == b.out[i].t);
    assert_int_equal(compare_outputs(&a.out[i], &b.out[i]), 0);
    assert_int_equal(a.out[i].level, b.out[i].level);
    if (a.out[i].kind == MS_OUT_PULSE && a.out[i].level)
      assert_int_equal(a.out[i].code, b.out[i].code);
  }
  ms_router_counters ca, cb;
  ms_router_get_counters(ideal, &ca);
  ms_router_get_counters(rtl, &cb);
  assert_true(ca.captured == cb.captured && ca.external == cb.external);
  assert_true(ca.delivered == cb.delivered && ca.sent == cb.sent && ca.row_wait == cb.row_wait);
  ms_router_destroy(ideal);
  ms_router_destroy(rtl);
}

static void both_routers_report_the_same_latencies(void **state) {
  (void)state;
  ms_router *ideal = make(MS_ROUTER_IDEAL), *rtl = make(MS_ROUTER_RTL);
  uint32_t a, b;
  fixture_ok(ms_router_read(ideal, MS_MAP_LATENCY, &a, err));
  fixture_ok(ms_router_read(rtl, MS_MAP_LATENCY, &b, err));
  assert_int_equal(a, b);
  assert_true(ms_router_lookahead(ideal) == ms_router_lookahead(rtl));
  ms_ack_timing x = ms_router_ack_timing(ideal), y = ms_router_ack_timing(rtl);
  assert_true(x.clock_ps == y.clock_ps && x.rise_cycles == y.rise_cycles &&
              x.fall_cycles == y.fall_cycles);
  ms_router_destroy(ideal);
  ms_router_destroy(rtl);
}

static void acknowledges_come_at_the_nominal_time_however_many_requests(void **state) {
  (void)state;
  ms_router *r = make(MS_ROUTER_IDEAL);
  ms_ack_timing timing = ms_router_ack_timing(r);
  outputs o = {.n = 0};
  for (unsigned n = 0; n < 4; n++)
    fixture_ok(ms_router_request(r, 5000, n, 1, err));
  assert_true(ms_router_next_output(r) == ms_ack_time(&timing, 5000, 1));
  advance(r, 1000000, &o);
  unsigned n_ack = 0;
  for (size_t i = 0; i < o.n; i++)
    if (o.out[i].kind == MS_OUT_ACK) {
      assert_true(o.out[i].t == ms_ack_time(&timing, 5000, 1));
      n_ack++;
    }
  assert_int_equal(n_ack, 4);
  ms_router_destroy(r);
}

static void a_row_makes_one_pulse_at_a_time(void **state) {
  (void)state;
  ms_router *r = make(MS_ROUTER_IDEAL);
  outputs o = {.n = 0};
  fixture_ok(ms_router_request(r, 5000, 0, 1, err));
  fixture_ok(ms_router_request(r, 5000, 1, 1, err)); /* the same row of neuron 1 */
  advance(r, 1000000, &o);
  ms_time last_end = 0;
  unsigned n_pulse = 0;
  for (size_t i = 0; i < o.n; i++) {
    if (o.out[i].kind != MS_OUT_PULSE || o.out[i].neuron != 1)
      continue;
    if (o.out[i].level) {
      assert_true(!n_pulse || o.out[i].t > last_end);
      assert_int_equal(o.out[i].code, n_pulse++ ? 9 : 3);
    } else {
      last_end = o.out[i].t;
    }
  }
  assert_int_equal(n_pulse, 2);
  ms_router_counters c;
  ms_router_get_counters(r, &c);
  assert_true(c.row_wait > 0);
  ms_router_destroy(r);
}

static void a_request_shorter_than_a_clock_is_counted_as_vanished(void **state) {
  (void)state;
  ms_router *r = make(MS_ROUTER_IDEAL);
  outputs o = {.n = 0};
  fixture_ok(ms_router_request(r, 11000, 0, 1, err));
  fixture_ok(ms_router_request(r, 12000, 0, 0, err));
  advance(r, 1000000, &o);
  assert_int_equal(o.n, 0);
  ms_router_counters c;
  ms_router_get_counters(r, &c);
  assert_int_equal(c.vanished, 1);
  ms_router_destroy(r);
}

static void inputs_in_the_past_and_unknown_registers_are_refused(void **state) {
  (void)state;
  ms_router *r = make(MS_ROUTER_IDEAL);
  outputs o = {.n = 0};
  advance(r, 50000, &o);
  assert_int_equal(ms_router_request(r, 49999, 0, 1, NULL), MS_ECAUSALITY);
  assert_int_equal(ms_router_event(r, 49999, 0, NULL), MS_ECAUSALITY);
  assert_int_equal(ms_router_write(r, 0x7ffff, 0, NULL), MS_ERANGE);
  ms_router_destroy(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sparse_events_give_the_same_outputs_as_the_rtl),
      cmocka_unit_test(both_routers_report_the_same_latencies),
      cmocka_unit_test(acknowledges_come_at_the_nominal_time_however_many_requests),
      cmocka_unit_test(a_row_makes_one_pulse_at_a_time),
      cmocka_unit_test(a_request_shorter_than_a_clock_is_counted_as_vanished),
      cmocka_unit_test(inputs_in_the_past_and_unknown_registers_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
