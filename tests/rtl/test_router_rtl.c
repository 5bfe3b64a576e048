/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated router through the C API: latencies, handshake, pulses, configuration, errors. */
#include "mixspike/model.h"
#include "mixspike/router.h"
#include "mixspike/router_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { T = 10000 }; /* clock period, ps */

typedef struct fixture {
  ms_router *router;
  uint32_t neurons; /* as built */
  ms_error err;
} fixture;

static int setup(void **state) {
  static fixture f;
  const ms_router_options o = {
      .kind = MS_ROUTER_RTL, .n_neuron = 10, .n_input = 8, .n_bias = 5, .clock_ps = T};
  if (ms_router_create(&o, &f.router, &f.err) != MS_OK)
    return -1;
  if (ms_router_read(f.router, MS_MAP_NEURONS, &f.neurons, &f.err) != MS_OK)
    return -1;
  *state = &f;
  return 0;
}

static int teardown(void **state) {
  ms_router_destroy(((fixture *)*state)->router);
  return 0;
}

static void put(fixture *f, uint32_t address, uint32_t data) {
  if (ms_router_write(f->router, address, data, &f->err) != MS_OK)
    fail_msg("write 0x%x: %s", address, f->err.text);
}

static uint32_t get(fixture *f, uint32_t address) {
  uint32_t data = 0;
  if (ms_router_read(f->router, address, &data, &f->err) != MS_OK)
    fail_msg("read 0x%x: %s", address, f->err.text);
  return data;
}

/* Everything up to t; the caller's array holds what came out. */
static size_t run(fixture *f, ms_time t, ms_router_out *out, size_t max) {
  const ms_router_out *o;
  size_t n;
  assert_int_equal(ms_router_advance(f->router, t, &o, &n, &f->err), MS_OK);
  assert_true(n <= max);
  if (n)
    memcpy(out, o, n * sizeof *o);
  return n;
}

/* Neuron 3 -> neuron 4 exc row 1 code 9, neuron 5 inh row 2 code 33; input 2 -> neuron 0 row 0. */
static void configure(fixture *f) {
  put(f, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT);
  put(f, MS_MAP_PULSE_WIDTH, 5);
  put(f, MS_MAP_ENTRY + 10, ms_map_entry(4, MS_EXC, 1, 9));
  put(f, MS_MAP_ENTRY + 11, ms_map_entry(5, MS_INH, 2, 33));
  put(f, MS_MAP_ENTRY + 12, ms_map_entry(0, MS_EXC, 0, 63));
  put(f, MS_MAP_ROUTE + 3, ms_map_route(10, 2));
  put(f, MS_MAP_ROUTE + f->neurons + 2, ms_map_route(12, 1));
}

static void request_gives_acknowledge_pulses_and_event_at_the_documented_edges(void **state) {
  fixture *f = *state;
  ms_router_out o[16];
  configure(f);
  assert_int_equal(ms_router_lookahead(f->router), 2 * T);
  assert_int_equal(ms_router_next_output(f->router), MS_TIME_NEVER);
  /* A change exactly at an edge is sampled by the next one: edge 101 here. */
  const ms_time t = 100 * T, first = 101 * T;
  assert_int_equal(ms_router_request(f->router, t, 3, 1, &f->err), MS_OK);
  assert_int_equal(ms_router_next_output(f->router), first + 2 * T);
  size_t n = run(f, first + 30 * T, o, 16);
  assert_int_equal(n, 6);
  assert_int_equal(o[0].kind, MS_OUT_ACK);
  assert_int_equal(o[0].neuron, 3);
  assert_int_equal(o[0].level, 1);
  assert_int_equal(o[0].t, first + 2 * T);
  const ms_ack_timing a = ms_router_ack_timing(f->router);
  assert_int_equal(o[0].t, ms_ack_time(&a, t, 1));
  assert_int_equal(o[1].kind, MS_OUT_EVENT);
  assert_int_equal(o[1].neuron, 3);
  assert_int_equal(o[1].t, first + 2 * T);
  assert_int_equal(o[2].kind, MS_OUT_PULSE);
  assert_int_equal(o[2].neuron, 4);
  assert_int_equal(o[2].sign, MS_EXC);
  assert_int_equal(o[2].row, 1);
  assert_int_equal(o[2].code, 9);
  assert_int_equal(o[2].level, 1);
  assert_int_equal(o[2].t, first + 5 * T);
  assert_int_equal(o[3].neuron, 5);
  assert_int_equal(o[3].sign, MS_INH);
  assert_int_equal(o[3].row, 2);
  assert_int_equal(o[3].code, 33);
  assert_int_equal(o[3].t, first + 6 * T);
  assert_int_equal(o[4].neuron, 4);
  assert_int_equal(o[4].level, 0);
  assert_int_equal(o[4].code, 9);
  assert_int_equal(o[4].t, first + 10 * T);
  assert_int_equal(o[5].level, 0);
  assert_int_equal(o[5].t, first + 11 * T);
  /* The acknowledge stays until the request has fallen, then takes as long to be released. */
  assert_int_equal(ms_router_next_output(f->router), MS_TIME_NEVER);
  assert_int_equal(ms_router_request(f->router, 200 * T + 1, 3, 0, &f->err), MS_OK);
  n = run(f, 300 * T, o, 16);
  assert_int_equal(n, 1);
  assert_int_equal(o[0].kind, MS_OUT_ACK);
  assert_int_equal(o[0].level, 0);
  assert_int_equal(o[0].t, ms_ack_time(&a, 200 * T + 1, 0));
  assert_int_equal(o[0].t, 203 * T);
}

static void external_event_gives_its_pulse_after_four_edges(void **state) {
  fixture *f = *state;
  ms_router_out o[4];
  configure(f);
  assert_int_equal(ms_router_event(f->router, 7 * T - 1, 2, &f->err), MS_OK);
  assert_int_equal(ms_router_next_output(f->router), 10 * T);
  assert_int_equal(run(f, 10 * T, o, 4), 1);
  assert_int_equal(o[0].t, 10 * T);
  assert_int_equal(o[0].neuron, 0);
  assert_int_equal(o[0].code, 63);
  assert_int_equal(ms_router_next_output(f->router), 15 * T);
  assert_int_equal(run(f, 15 * T - 1, o, 4), 0);
  assert_int_equal(run(f, 15 * T, o, 4), 1);
  assert_int_equal(o[0].level, 0);
}

static void delivery_to_a_busy_row_waits_and_is_counted(void **state) {
  fixture *f = *state;
  ms_router_out o[8];
  ms_router_counters c;
  configure(f);
  assert_int_equal(ms_router_event(f->router, 0, 2, &f->err), MS_OK);
  assert_int_equal(ms_router_event(f->router, 0, 2, &f->err), MS_OK);
  assert_int_equal(run(f, 100 * T, o, 8), 4);
  assert_int_equal(o[0].t, 4 * T);
  assert_int_equal(o[1].t, 9 * T);
  assert_int_equal(o[2].level, 1);
  assert_int_equal(o[2].t, 10 * T); /* the line is low for one cycle in between */
  assert_int_equal(o[3].t, 15 * T);
  ms_router_get_counters(f->router, &c);
  assert_int_equal(c.external, 2);
  assert_int_equal(c.delivered, 2);
  assert_int_equal(c.row_wait, 5); /* it was ready to start at edge 5 */
  assert_int_equal(c.external_wait, 1);
}

static void trigger_mode_gives_a_short_pulse_and_keeps_the_row_busy(void **state) {
  fixture *f = *state;
  ms_router_out o[8];
  configure(f);
  put(f, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_TRIGGER);
  put(f, MS_MAP_TRIGGER_WIDTH, 2);
  put(f, MS_MAP_PULSE_WIDTH, 20);
  assert_int_equal(ms_router_event(f->router, 0, 2, &f->err), MS_OK);
  assert_int_equal(ms_router_event(f->router, 0, 2, &f->err), MS_OK);
  assert_int_equal(run(f, 100 * T, o, 8), 4);
  assert_int_equal(o[0].t, 4 * T);
  assert_int_equal(o[1].t, 6 * T);
  assert_int_equal(o[2].t, 25 * T);
  assert_int_equal(o[3].t, 27 * T);
}

static void request_that_falls_before_its_grant_is_counted_as_vanished(void **state) {
  fixture *f = *state;
  ms_router_out o[4];
  ms_router_counters c;
  configure(f);
  put(f, MS_MAP_CONTROL, 0); /* nothing is granted */
  assert_int_equal(ms_router_request(f->router, T, 6, 1, &f->err), MS_OK);
  assert_int_equal(run(f, 5 * T, o, 4), 0);
  assert_int_equal(get(f, MS_MAP_REQUEST), 1u << 6);
  assert_int_equal(ms_router_reset(f->router, &f->err), MS_OK);
  put(f, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE);
  /* Two at once: neuron 6 waits one cycle for neuron 3, and is gone when its turn comes. */
  assert_int_equal(ms_router_request(f->router, T, 3, 1, &f->err), MS_OK);
  assert_int_equal(ms_router_request(f->router, T, 6, 1, &f->err), MS_OK);
  assert_int_equal(ms_router_request(f->router, 2 * T, 6, 0, &f->err), MS_OK);
  assert_int_equal(run(f, 6 * T, o, 4), 1);
  assert_int_equal(o[0].neuron, 3);
  ms_router_get_counters(f->router, &c);
  assert_int_equal(c.captured, 1);
  assert_int_equal(c.vanished, 1);
  assert_int_equal(c.arbiter_wait, 1);
}

static void configuration_reads_back_and_survives_reset(void **state) {
  fixture *f = *state;
  const uint32_t sources = f->neurons + get(f, MS_MAP_INPUTS), entries = get(f, MS_MAP_ENTRIES);
  assert_int_equal(get(f, MS_MAP_ID), MS_MAP_ID_VALUE);
  assert_int_equal(get(f, MS_MAP_ROWS), 4);
  assert_int_equal(get(f, MS_MAP_LATENCY), 0x04060302);
  for (uint32_t i = 0; i < sources; i++)
    put(f, MS_MAP_ROUTE + i, i * 2654435761u);
  for (uint32_t i = 0; i < entries; i++)
    put(f, MS_MAP_ENTRY + i, (i * 2246822519u) >> 8);
  for (uint32_t i = 0; i < get(f, MS_MAP_BIASES); i++)
    put(f, MS_MAP_BIAS + i, (i * 40503u) & 0xffffu);
  put(f, MS_MAP_PULSE_WIDTH, 0xabcdef);
  put(f, MS_MAP_TRIGGER_WIDTH, 0x123456);
  put(f, MS_MAP_TIMEOUT, 0x987654);
  put(f, MS_MAP_CONTROL, 7);
  assert_int_equal(ms_router_reset(f->router, &f->err), MS_OK);
  for (uint32_t i = 0; i < sources; i++)
    assert_int_equal(get(f, MS_MAP_ROUTE + i), i * 2654435761u);
  for (uint32_t i = 0; i < entries; i++)
    assert_int_equal(get(f, MS_MAP_ENTRY + i), (i * 2246822519u) >> 8);
  for (uint32_t i = 0; i < get(f, MS_MAP_BIASES); i++)
    assert_int_equal(get(f, MS_MAP_BIAS + i), (i * 40503u) & 0xffffu);
  assert_int_equal(get(f, MS_MAP_PULSE_WIDTH), 0xabcdef);
  assert_int_equal(get(f, MS_MAP_TRIGGER_WIDTH), 0x123456);
  assert_int_equal(get(f, MS_MAP_TIMEOUT), 0x987654);
  assert_int_equal(get(f, MS_MAP_CONTROL), 7);
  assert_int_equal(get(f, MS_MAP_COMMAND), 0);
  assert_int_equal(get(f, MS_MAP_STATUS), 0);
}

static void counters_of_the_port_are_those_of_the_api(void **state) {
  fixture *f = *state;
  ms_router_out o[64];
  ms_router_counters c;
  configure(f);
  for (unsigned k = 0; k < 10; k++)
    assert_int_equal(ms_router_request(f->router, T, k, 1, &f->err), MS_OK);
  for (unsigned k = 0; k < 3; k++)
    assert_int_equal(ms_router_event(f->router, T, 2, &f->err), MS_OK);
  run(f, 1000 * T, o, 64);
  assert_int_equal(get(f, MS_MAP_ACK), 0x3ff);
  ms_router_get_counters(f->router, &c);
  assert_int_equal(c.captured, 10);
  assert_int_equal(c.sent, 10);
  assert_int_equal(c.arbiter_wait, 45);
  assert_int_equal(c.unrouted, 9);
  const uint64_t expect[] = {c.captured,     c.external,  c.delivered,  c.sent,
                             c.arbiter_wait, c.fifo_wait, c.queue_wait, c.row_wait};
  for (uint32_t i = 0; i < 8; i++)
    assert_int_equal(get(f, MS_MAP_COUNTER + i), expect[i]);
  assert_int_equal(get(f, MS_MAP_COUNTER + 10), c.vanished);
  assert_int_equal(get(f, MS_MAP_COUNTER + 11), c.unrouted);
  assert_int_equal(get(f, MS_MAP_COUNTER + 12), c.bad_entry);
  put(f, MS_MAP_COMMAND, MS_MAP_COMMAND_CLEAR_COUNTERS);
  for (uint32_t i = 0; i < get(f, MS_MAP_COUNTERS); i++)
    assert_int_equal(get(f, MS_MAP_COUNTER + i), 0);
}

static void wrong_addresses_and_arguments_are_refused_with_a_message(void **state) {
  fixture *f = *state;
  const uint32_t bad[] = {0x0e,
                          0x3f,
                          MS_MAP_COUNTER + 15,
                          MS_MAP_REQUEST + 1,
                          MS_MAP_BIAS + 32,
                          MS_MAP_ROUTE + f->neurons + 64,
                          MS_MAP_ENTRY + 2048,
                          0xfffff,
                          0x100000,
                          0x80000000};
  ms_router_counters c;
  uint32_t data;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(ms_router_read(f->router, bad[i], &data, &f->err), MS_ERANGE);
    assert_int_equal(ms_router_write(f->router, bad[i], 1, &f->err), MS_ERANGE);
  }
  assert_int_equal(ms_router_write(f->router, MS_MAP_ID, 1, &f->err), MS_ERANGE);
  ms_router_get_counters(f->router, &c);
  assert_int_equal(c.bad_address, 21);
  assert_int_equal(ms_router_request(f->router, 0, 10, 1, &f->err), MS_ERANGE);
  assert_int_equal(ms_router_event(f->router, 0, 8, &f->err), MS_ERANGE);
  assert_int_equal(ms_router_event(f->router, 50 * T, 1, &f->err), MS_OK);
  assert_int_equal(ms_router_read(f->router, MS_MAP_ID, &data, &f->err), MS_EINVAL);
  assert_int_equal(ms_router_event(f->router, 49 * T, 1, &f->err), MS_ECAUSALITY);
  const ms_router_options o = {
      .kind = MS_ROUTER_RTL, .n_neuron = 257, .n_input = 8, .n_bias = 5, .clock_ps = T};
  ms_router *none;
  assert_int_equal(ms_router_create(&o, &none, &f->err), MS_ERANGE);
  assert_null(none);
}

static void deliveries_to_rows_that_do_not_exist_are_dropped_and_counted(void **state) {
  fixture *f = *state;
  ms_router_out o[8];
  ms_router_counters c;
  put(f, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE);
  put(f, MS_MAP_ENTRY, ms_map_entry(f->neurons, MS_EXC, 0, 1));
  put(f, MS_MAP_ENTRY + 1, ms_map_entry(0, MS_EXC, 4, 1));
  put(f, MS_MAP_ENTRY + 2, ms_map_entry(0, MS_EXC, 3, 1));
  put(f, MS_MAP_ROUTE + f->neurons, ms_map_route(0, 3));
  put(f, MS_MAP_ROUTE + f->neurons + 1, ms_map_route(2047, 4)); /* runs past the memory */
  assert_int_equal(ms_router_event(f->router, 0, 0, &f->err), MS_OK);
  assert_int_equal(ms_router_event(f->router, 100 * T, 1, &f->err), MS_OK);
  assert_true(run(f, 500 * T, o, 8) >= 2);
  assert_int_equal(o[0].neuron, 0);
  assert_int_equal(o[0].row, 3);
  ms_router_get_counters(f->router, &c);
  assert_int_equal(c.bad_entry, 5);
}

static void trace_holds_request_acknowledge_and_pulse(void **state) {
  fixture *f = *state;
  ms_router_out o[16];
  const ms_signal_change *change;
  configure(f);
  assert_int_equal(ms_router_trace(f->router, 1, &f->err), MS_OK);
  assert_int_equal(ms_router_request(f->router, 123456, 3, 1, &f->err), MS_OK);
  run(f, 100 * T, o, 16);
  const size_t n = ms_router_take_trace(f->router, &change);
  const char *const *name = ms_router_signals(f->router);
  int seen = 0;
  for (size_t i = 0; i < n; i++) {
    if (i)
      assert_true(change[i].t >= change[i - 1].t);
    if (strcmp(name[change[i].signal], "n3.req[1]") == 0 && change[i].value) {
      assert_int_equal(change[i].t, 123456);
      seen |= 1;
    }
    if (strcmp(name[change[i].signal], "n3.ack[1]") == 0 && change[i].value) {
      assert_int_equal(change[i].t, 15 * T);
      seen |= 2;
    }
    if (strcmp(name[change[i].signal], "n5.pulse[8]") == 0 && change[i].value == 1u << 6) {
      assert_int_equal(change[i].t, 19 * T);
      seen |= 4;
    }
  }
  assert_int_equal(seen, 7);
  assert_int_equal(ms_router_take_trace(f->router, &change), 0);
}

/* A request that does not fall: its acknowledge is withdrawn between one and two time-outs later,
 * the others go on, and once it has fallen the neuron takes part again. */
static void a_stuck_request_times_out_and_stops_nobody(void **state) {
  fixture *f = *state;
  ms_router_out o[64];
  ms_router_counters c;
  configure(f);
  put(f, MS_MAP_TIMEOUT, 20);
  assert_int_equal(ms_router_request(f->router, 0, 7, 1, &f->err), MS_OK);
  size_t n = run(f, 10 * T, o, 64);
  assert_int_equal(n, 2); /* acknowledge and output event */
  assert_int_equal(o[0].t, 3 * T);
  assert_true(ms_router_next_output(f->router) <= 44 * T);
  n = run(f, 200 * T, o, 64);
  assert_int_equal(n, 1);
  assert_int_equal(o[0].kind, MS_OUT_ACK);
  assert_int_equal(o[0].level, 0);
  assert_int_equal(o[0].t, (3 + 1 + 2 * 20) * T);
  assert_int_equal(get(f, MS_MAP_STUCK), 1u << 7);
  assert_int_equal(get(f, MS_MAP_REQUEST), 1u << 7);
  assert_int_equal(get(f, MS_MAP_ACK), 0);
  assert_int_equal(ms_router_next_output(f->router), MS_TIME_NEVER);
  assert_int_equal(ms_router_request(f->router, 300 * T, 3, 1, &f->err), MS_OK);
  assert_int_equal(ms_router_request(f->router, 310 * T, 3, 0, &f->err), MS_OK);
  assert_int_equal(run(f, 400 * T, o, 64), 7);
  assert_int_equal(ms_router_request(f->router, 500 * T, 7, 0, &f->err), MS_OK);
  assert_int_equal(ms_router_request(f->router, 501 * T, 7, 1, &f->err), MS_OK);
  n = run(f, 520 * T, o, 64);
  assert_int_equal(n, 2);
  assert_int_equal(o[0].neuron, 7);
  assert_int_equal(o[0].t, 504 * T);
  ms_router_get_counters(f->router, &c);
  assert_int_equal(c.stuck, 1);
  assert_int_equal(c.captured, 3);
  assert_int_equal(c.vanished, 0);
}

/* Shorter than a clock period, between two edges: the synchroniser cannot see it. */
static void a_request_between_two_edges_leaves_no_trace(void **state) {
  fixture *f = *state;
  ms_router_out o[16];
  ms_router_counters c;
  configure(f);
  assert_int_equal(ms_router_request(f->router, 10 * T + 1, 3, 1, &f->err), MS_OK);
  assert_int_equal(ms_router_request(f->router, 11 * T - 1, 3, 0, &f->err), MS_OK);
  assert_int_equal(run(f, 100 * T, o, 16), 0);
  ms_router_get_counters(f->router, &c);
  assert_int_equal(c.captured + c.vanished, 0);
}

/* All at once: each is granted once, one a cycle, and nobody waits for more than the others. */
static void simultaneous_requests_are_granted_one_a_cycle(void **state) {
  fixture *f = *state;
  ms_router_out o[64];
  ms_time at[10] = {0};
  put(f, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE);
  for (unsigned k = 0; k < 10; k++)
    assert_int_equal(ms_router_request(f->router, 5 * T + 1, k, 1, &f->err), MS_OK);
  size_t n = run(f, 100 * T, o, 64);
  assert_int_equal(n, 10);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(o[i].t, (8 + i) * T);
    assert_int_equal(at[o[i].neuron], 0);
    at[o[i].neuron] = o[i].t;
  }
}

/* Stopped while requests wait, queues are full and pulses run, a run leaves nothing behind. */
static void reset_in_the_middle_of_a_run_gives_a_fresh_one(void **state) {
  fixture *f = *state;
  static ms_router_out out[2][256];
  size_t n[2];
  ms_router_counters c[2];
  configure(f);
  put(f, MS_MAP_PULSE_WIDTH, 40);
  assert_int_equal(ms_router_reset(f->router, &f->err), MS_OK);
  for (int run_number = 0; run_number < 2; run_number++) {
    for (unsigned k = 0; k < 10; k++)
      assert_int_equal(ms_router_request(f->router, 3 * T + k, k, 1, &f->err), MS_OK);
    for (unsigned k = 0; k < 30; k++)
      assert_int_equal(ms_router_event(f->router, 2 * T, 2, &f->err), MS_OK);
    n[run_number] = run(f, 60 * T, out[run_number], 256);
    ms_router_get_counters(f->router, &c[run_number]);
    assert_int_equal(ms_router_reset(f->router, &f->err), MS_OK);
    assert_int_equal(ms_router_next_output(f->router), MS_TIME_NEVER);
    assert_int_equal(get(f, MS_MAP_STATUS), 0);
    assert_int_equal(get(f, MS_MAP_REQUEST), 0);
    assert_int_equal(get(f, MS_MAP_ACK), 0);
    ms_router_out late[1];
    assert_int_equal(run(f, 1000 * T, late, 1), 0);
    assert_int_equal(ms_router_reset(f->router, &f->err), MS_OK);
  }
  assert_true(n[0] > 20);
  assert_int_equal(n[0], n[1]);
  assert_memory_equal(out[0], out[1], n[0] * sizeof out[0][0]);
  assert_memory_equal(&c[0], &c[1], sizeof c[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(request_gives_acknowledge_pulses_and_event_at_the_documented_edges),
      TEST(external_event_gives_its_pulse_after_four_edges),
      TEST(delivery_to_a_busy_row_waits_and_is_counted),
      TEST(trigger_mode_gives_a_short_pulse_and_keeps_the_row_busy),
      TEST(request_that_falls_before_its_grant_is_counted_as_vanished),
      TEST(a_stuck_request_times_out_and_stops_nobody),
      TEST(a_request_between_two_edges_leaves_no_trace),
      TEST(simultaneous_requests_are_granted_one_a_cycle),
      TEST(configuration_reads_back_and_survives_reset),
      TEST(counters_of_the_port_are_those_of_the_api),
      TEST(wrong_addresses_and_arguments_are_refused_with_a_message),
      TEST(deliveries_to_rows_that_do_not_exist_are_dropped_and_counted),
      TEST(reset_in_the_middle_of_a_run_gives_a_fresh_one),
      TEST(trace_holds_request_acknowledge_and_pulse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
