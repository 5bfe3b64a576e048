/* SPDX-License-Identifier: Apache-2.0 */
/* A router of several cores through the C API: latency over the mesh, delays, read-back of what
 * belongs to it, time-outs, refusals. */
#include "mixspike/model.h"
#include "mixspike/router.h"
#include "mixspike/router_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { CLOCK_PS = 10000, TAG_SOURCE = 16 + 64 };

static ms_router *create(unsigned side, unsigned n_neuron, unsigned n_input) {
  const ms_router_options options = {.kind = MS_ROUTER_RTL,
                                     .n_neuron = n_neuron,
                                     .n_input = n_input,
                                     .n_bias = 1,
                                     .clock_ps = CLOCK_PS,
                                     .cols = side,
                                     .rows = side};
  ms_router *router = NULL;
  ms_error err = {0};
  if (ms_router_create(&options, &router, &err))
    fail_msg("%s", err.text);
  return router;
}

static void write_core(ms_router *r, unsigned core, uint32_t address, uint32_t data) {
  ms_error err = {0};
  if (ms_router_write(r, core << MS_MAP_ADDRESS_BITS | address, data, &err))
    fail_msg("%s", err.text);
}

static uint32_t read_word(ms_router *r, uint32_t address) {
  ms_error err = {0};
  uint32_t data = 0;
  if (ms_router_read(r, address, &data, &err))
    fail_msg("%s", err.text);
  return data;
}

/* Every core sends its neuron 0 to all cores of the mask as tag 9, which is row 0 of neuron 1
 * there. */
static void connect_all(ms_router *r, unsigned cores, uint32_t mask, uint32_t delay) {
  for (unsigned k = 0; k < cores; k++) {
    write_core(r, k, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE);
    write_core(r, k, MS_MAP_PULSE_WIDTH, 2);
    write_core(r, k, MS_MAP_NET_CONTROL, 1);
    write_core(r, k, MS_MAP_SEND_TAG, ms_map_send_tag(9, 0));
    write_core(r, k, MS_MAP_SEND_DEST, ms_map_send_dest(mask, delay));
    write_core(r, k, MS_MAP_ROUTE + TAG_SOURCE + 9, ms_map_route(5, 1));
    write_core(r, k, MS_MAP_ENTRY + 5, ms_map_entry(1, MS_EXC, 0, 40 + k));
  }
}

static unsigned hops(unsigned a, unsigned b, unsigned cols) {
  const int x = (int)(a % cols) - (int)(b % cols), y = (int)(a / cols) - (int)(b / cols);
  return (unsigned)((x < 0 ? -x : x) + (y < 0 ? -y : y));
}

/* A lone spike at edge 1: acknowledge at S + 1 = 3, and 8 edges and a hop each later its pulse. */
static void check_latency(unsigned side, uint32_t delay) {
  const unsigned cores = side * side;
  ms_router *r = create(side, cores * 16, cores * 64);
  connect_all(r, cores, 0xffff >> (16 - cores), delay);
  for (unsigned from = 0; from < cores; from++) {
    ms_error err = {0};
    assert_int_equal(ms_router_reset(r, &err), 0);
    assert_int_equal(ms_router_request(r, CLOCK_PS / 2, from, 1, &err), 0);
    unsigned seen = 0;
    for (ms_time t; (t = ms_router_next_output(r)) != MS_TIME_NEVER && seen < cores;) {
      const ms_router_out *out;
      size_t n;
      if (ms_router_advance(r, t, &out, &n, &err))
        fail_msg("%s", err.text);
      for (size_t i = 0; i < n; i++) {
        assert_true(out[i].t >= t); /* nothing comes before it was announced */
        if (out[i].kind == MS_OUT_ACK && out[i].level)
          assert_int_equal(out[i].t / CLOCK_PS, 3);
        if (out[i].kind != MS_OUT_PULSE || !out[i].level)
          continue;
        const unsigned to = out[i].neuron % cores;
        assert_int_equal(out[i].neuron / cores, 1);
        assert_int_equal(out[i].code, 40 + to);
        assert_int_equal(out[i].t / CLOCK_PS, 3 + 8 + hops(from, to, side) + delay);
        seen++;
      }
    }
    assert_int_equal(seen, cores);
  }
  ms_network_counters c;
  ms_router_get_network(r, &c);
  assert_int_equal(c.flits, 1);
  assert_int_equal(c.tags, cores);
  assert_int_equal(c.expired + c.bad_send + c.bad_tag, 0);
  ms_router_destroy(r);
}

static void a_lone_spike_takes_eight_edges_and_one_a_hop(void **state) {
  (void)state;
  check_latency(2, 0);
  check_latency(4, 0);
}

static void a_delay_adds_its_cycles(void **state) {
  (void)state;
  check_latency(2, 1);
  check_latency(2, 1000);
}

static void neurons_and_inputs_are_spread_over_the_cores(void **state) {
  (void)state;
  ms_router *r = create(2, 10, 5); /* two or three neurons, one or two inputs a core */
  ms_error err = {0};
  for (unsigned k = 0; k < 4; k++) {
    write_core(r, k, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE);
    for (unsigned x = 0; x < 2; x++)
      write_core(r, k, MS_MAP_ROUTE + 16 + x, ms_map_route(x, 1));
    for (unsigned x = 0; x < 2; x++)
      write_core(r, k, MS_MAP_ENTRY + x, ms_map_entry(x, MS_INH, 2, k));
  }
  for (unsigned x = 0; x < 5; x++) {
    assert_int_equal(ms_router_reset(r, &err), 0);
    assert_int_equal(ms_router_event(r, 100, x, &err), 0);
    const ms_router_out *out;
    size_t n;
    assert_int_equal(ms_router_advance(r, 10 * CLOCK_PS, &out, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(out[0].t, 4 * CLOCK_PS);
    assert_int_equal(out[0].code, x % 4);
    assert_int_equal(out[0].neuron, 4 * (x / 4) + x % 4);
  }
  ms_router_destroy(r);
}

static void every_word_towards_the_mesh_reads_back(void **state) {
  (void)state;
  ms_router *r = create(2, 64, 256);
  ms_error err = {0};
  assert_int_equal(read_word(r, MS_MAP_CHIP_ID), MS_MAP_CHIP_ID_VALUE);
  assert_int_equal(read_word(r, MS_MAP_CHIP_CORES), 0x0202);
  const struct {
    uint32_t address, count, mask;
  } block[] = {{MS_MAP_NET_CONTROL, 1, 1},          {MS_MAP_DELAY_SHIFT, 1, 15},
               {MS_MAP_SEND_TIMEOUT, 1, 0xffffff},  {MS_MAP_SEND_TAG, 128, 0xffffffff},
               {MS_MAP_SEND_DEST, 128, 0xffffffff}, {MS_MAP_ROUTE, 16 + 64 + 256, 0xffffffff}};
  for (unsigned k = 0; k < 4; k++)
    for (unsigned b = 0; b < sizeof block / sizeof block[0]; b++)
      for (uint32_t i = 0; i < block[b].count; i++)
        write_core(r, k, block[b].address + i, (k + 1) * 0x01234567u ^ ~i);
  for (unsigned k = 0; k < 4; k++)
    for (unsigned b = 0; b < sizeof block / sizeof block[0]; b++)
      for (uint32_t i = 0; i < block[b].count; i++)
        assert_int_equal(read_word(r, k << MS_MAP_ADDRESS_BITS | (block[b].address + i)),
                         ((k + 1) * 0x01234567u ^ ~i) & block[b].mask);
  for (unsigned k = 0; k < 4; k++) {
    const uint32_t core = k << MS_MAP_ADDRESS_BITS;
    assert_int_equal(read_word(r, core | MS_MAP_CORES), 0x0202);
    assert_int_equal(read_word(r, core | MS_MAP_TAGS), 256);
    assert_int_equal(read_word(r, core | MS_MAP_SENDS), 128);
    assert_int_equal(read_word(r, core | MS_MAP_NET_COUNTERS), 9);
    assert_int_equal(read_word(r, core | MS_MAP_NET_STATUS), 0);
  }
  uint32_t data;
  const uint32_t missing[] = {4u << MS_MAP_ADDRESS_BITS, MS_MAP_CHIP_LATE + 1,
                              MS_MAP_NET_STATUS + 1,     MS_MAP_SEND_TAG + 128,
                              MS_MAP_SEND_DEST + 128,    1u << MS_MAP_CHIP_ADDRESS_BITS};
  for (unsigned i = 0; i < sizeof missing / sizeof missing[0]; i++)
    assert_int_equal(ms_router_read(r, missing[i], &data, &err), MS_ERANGE);
  assert_int_equal(ms_router_write(r, MS_MAP_TAGS, 1, &err), MS_ERANGE);
  assert_int_equal(ms_router_write(r, MS_MAP_CHIP_ID, 1, &err), MS_ERANGE);
  /* The first, and the last, which the port cannot even name. */
  assert_int_equal(read_word(r, MS_MAP_CHIP_BAD), 2);
  ms_router_destroy(r);
}

static void an_unbuilt_mesh_is_refused(void **state) {
  (void)state;
  ms_router_options options = {.kind = MS_ROUTER_RTL,
                               .n_neuron = 4,
                               .n_input = 1,
                               .clock_ps = CLOCK_PS,
                               .cols = 3,
                               .rows = 2};
  ms_router *router = NULL;
  ms_error err = {0};
  assert_int_equal(ms_router_create(&options, &router, &err), MS_ERANGE);
  assert_non_null(strstr(err.text, "3x2"));
  options.cols = options.rows = 65536;
  assert_int_equal(ms_router_create(&options, &router, &err), MS_ERANGE);
  options.cols = options.rows = 2;
  options.n_neuron = 4 * 256 + 1; /* there is no larger core */
  assert_int_equal(ms_router_create(&options, &router, &err), MS_ERANGE);
  assert_non_null(strstr(err.text, "2x2 cores hold"));
  assert_non_null(strstr(err.text, "2x2x16 4x4x16"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_lone_spike_takes_eight_edges_and_one_a_hop),
      cmocka_unit_test(a_delay_adds_its_cycles),
      cmocka_unit_test(neurons_and_inputs_are_spread_over_the_cores),
      cmocka_unit_test(every_word_towards_the_mesh_reads_back),
      cmocka_unit_test(an_unbuilt_mesh_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
