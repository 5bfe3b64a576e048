/* SPDX-License-Identifier: Apache-2.0 */
/* Chips of several cores: `tlm` against `rtl` at every edge, with random tables, tags, delays and
 * time-outs, from idle to beyond saturation; the other routers where nothing contends. MS_SEED sets
 * the first seed. */
#include "traffic.h"

#include "mixspike/router_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { T = TRAFFIC_CLOCK, EXTERNALS = 4, USED_TAGS = 24 };

typedef struct mesh {
  unsigned side, cores;
  unsigned neurons, inputs, tags, sends; /* of a core */
} mesh;
static const mesh four = {2, 4, 16, 64, 256, 128}, sixteen = {4, 16, 16, 64, 256, 128},
                  four_large = {2, 4, 64, 256, 1024, 512};

static uint64_t seed(void) {
  const char *text = getenv("MS_SEED");
  uint64_t s = text ? strtoull(text, NULL, 10) : 1;
  print_message("seed %llu\n", (unsigned long long)s);
  return s;
}

static ms_router *create(ms_router_kind kind, const mesh *m) {
  const ms_router_options o = {.kind = kind,
                               .n_neuron = m->cores * m->neurons,
                               .n_input = m->cores * EXTERNALS,
                               .n_bias = 2,
                               .clock_ps = T,
                               .cols = m->side,
                               .rows = m->side};
  ms_router *r;
  ms_error err;
  if (ms_router_create(&o, &r, &err))
    fail_msg("%s", err.text);
  return r;
}

static void put(ms_router *r, unsigned core, uint32_t address, uint32_t data) {
  ms_error err;
  if (ms_router_write(r, core << MS_MAP_ADDRESS_BITS | address, data, &err))
    fail_msg("%s", err.text);
}

/* One core's tables; `busy`: 0 to 3, how much it has to do. */
static void program_core(ms_router *r, unsigned core, const mesh *m, uint64_t *random,
                         unsigned busy) {
  uint32_t entry = 0;
  put(r, core, MS_MAP_CONTROL,
      MS_MAP_CONTROL_ENABLE | (traffic_below(random, 4) ? MS_MAP_CONTROL_OUTPUT : 0));
  put(r, core, MS_MAP_PULSE_WIDTH, 1 + traffic_below(random, 8 * busy + 2));
  put(r, core, MS_MAP_NET_CONTROL, traffic_below(random, 8) != 0);
  put(r, core, MS_MAP_DELAY_SHIFT, traffic_below(random, 4));
  put(r, core, MS_MAP_SEND_TIMEOUT, traffic_below(random, 3) ? 0 : 20 + traffic_below(random, 40));
  for (unsigned s = 0; s < m->neurons + m->inputs + USED_TAGS; s++) {
    uint32_t count = traffic_below(random, busy + 2);
    put(r, core, MS_MAP_ROUTE + s, ms_map_route(entry, count));
    for (uint32_t k = 0; k < count; k++)
      put(r, core, MS_MAP_ENTRY + entry++,
          ms_map_entry(traffic_below(random, m->neurons), traffic_below(random, 2),
                       traffic_below(random, 4), traffic_below(random, 64)));
  }
  for (unsigned s = 0; s < m->sends; s++) {
    /* Now and then a next entry that is none, or a core that does not exist. */
    const uint32_t next = traffic_below(random, 4) ? 0 : traffic_below(random, m->sends + 8);
    uint32_t mask = traffic_below(random, 3) ? 1u << traffic_below(random, m->cores)
                                             : traffic_below(random, 1u << m->cores);
    mask |= traffic_below(random, 40) ? 0 : 1u << 15;
    put(r, core, MS_MAP_SEND_TAG + s, ms_map_send_tag(traffic_below(random, USED_TAGS), next));
    put(r, core, MS_MAP_SEND_DEST + s, ms_map_send_dest(mask, traffic_below(random, 30)));
  }
}

static void program(ms_router *r, const mesh *m, uint64_t s) {
  uint64_t random = s * 31 + 7;
  for (unsigned k = 0; k < m->cores; k++)
    program_core(r, k, m, &random, (unsigned)(s % 4));
  assert_int_equal(ms_router_reset(r, NULL), MS_OK);
}

static void same_counters(ms_router *a, ms_router *b, ms_network_counters *sum) {
  ms_router_counters x, y;
  ms_network_counters u, v;
  ms_router_get_counters(a, &x);
  ms_router_get_counters(b, &y);
  ms_router_get_network(a, &u);
  ms_router_get_network(b, &v);
#define MS_X(name, text)                                                                           \
  if (strcmp(#name, "cycles") && x.name != y.name)                                                 \
    fail_msg(#name ": rtl %llu, tlm %llu", (unsigned long long)x.name, (unsigned long long)y.name);
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
#define MS_X(name, text)                                                                           \
  if (u.name != v.name)                                                                            \
    fail_msg(#name ": rtl %llu, tlm %llu", (unsigned long long)u.name,                             \
             (unsigned long long)v.name);                                                          \
  sum->name += u.name;
  MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
}

static void compare(const mesh *m, unsigned runs, ms_time t_stop) {
  size_t outputs = 0;
  ms_network_counters sum = {0};
  for (uint64_t first = seed(), s = first; s < first + runs; s++) {
    traffic t = {.random = s * 99 + m->side,
                 .neurons = m->cores * m->neurons,
                 .externals = m->cores * EXTERNALS,
                 .gap_ps = (ms_time)(40 << s % 7) * T,
                 .t_stop = t_stop};
    ms_router *rtl = create(MS_ROUTER_RTL, m), *tlm = create(MS_ROUTER_TLM, m);
    program(rtl, m, s);
    program(tlm, m, s);
    traffic_outputs a = {0}, b = {0};
    traffic_live(&t, rtl, &a);
    traffic_replay(&t, tlm, &b);
    traffic_sort(&a);
    traffic_sort(&b);
    traffic_same(&a, &b, "rtl against tlm");
    same_counters(rtl, tlm, &sum);
    outputs += a.n;
    ms_router_destroy(rtl);
    ms_router_destroy(tlm);
    free(a.out);
    free(b.out);
    traffic_free(&t);
  }
  print_message("%ux%u cores of %u: %zu outputs", m->side, m->side, m->neurons, outputs);
#define MS_X(name, text) print_message(", " #name " %llu", (unsigned long long)sum.name);
  MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
  print_message("\n");
  assert_true(sum.flits > 2000 && sum.tags > sum.flits / 2);
  assert_true(sum.send_wait && sum.delay_wait && sum.mesh_wait && sum.receive_wait && sum.expired &&
              sum.bad_send);
}

static void tlm_gives_the_outputs_of_2x2_cores_at_every_edge(void **state) {
  (void)state;
  compare(&four, 16, 6000 * T);
}

static void tlm_gives_the_outputs_of_4x4_cores_at_every_edge(void **state) {
  (void)state;
  compare(&sixteen, 8, 2000 * T);
}

static void tlm_gives_the_outputs_of_larger_cores_at_every_edge(void **state) {
  (void)state;
  if (!strstr(ms_router_meshes(), "2x2x64"))
    skip();
  compare(&four_large, 8, 2000 * T);
}

/* One entry in every core that an event gets to; chains of two send entries, whose flits keep away
 * from each other by their delays. */
static void program_sparse(ms_router *r, const mesh *m, uint64_t s) {
  uint64_t random = s;
  for (unsigned k = 0; k < m->cores; k++) {
    put(r, k, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT);
    put(r, k, MS_MAP_PULSE_WIDTH, 3);
    put(r, k, MS_MAP_NET_CONTROL, k != 1);
    put(r, k, MS_MAP_DELAY_SHIFT, k % 3);
    for (unsigned i = 0; i < m->neurons + m->inputs + m->tags; i++) {
      put(r, k, MS_MAP_ROUTE + i, ms_map_route(i, 1));
      put(r, k, MS_MAP_ENTRY + i,
          ms_map_entry(traffic_below(&random, m->neurons), traffic_below(&random, 2),
                       traffic_below(&random, 4), traffic_below(&random, 64)));
    }
    for (unsigned i = 0; i < m->sends; i++) {
      const uint32_t mask = traffic_below(&random, 1u << m->cores);
      const uint32_t next = i < 20 ? 100 + i : 0;
      put(r, k, MS_MAP_SEND_TAG + i, ms_map_send_tag(traffic_below(&random, m->tags), next));
      put(r, k, MS_MAP_SEND_DEST + i,
          ms_map_send_dest(mask, (i < 100 ? 0 : 20) + traffic_below(&random, 10)));
    }
  }
}

/* Every neuron, then every input, each when the event before has had its last effect. */
static void drive_alone(ms_router *r, const mesh *m, traffic_outputs *out) {
  const unsigned n_neuron = m->cores * m->neurons, n = n_neuron + m->cores * EXTERNALS;
  ms_error err;
  ms_time t = 12345;
  assert_int_equal(ms_router_reset(r, NULL), MS_OK);
  for (unsigned s = 0; s < n; s++, t += 1000 * T) {
    const int external = s >= n_neuron;
    if (external
            ? ms_router_event(r, t, s - n_neuron, &err)
            : ms_router_request(r, t, s, 1, &err) || (traffic_advance(r, t + 20 * T, out), 0) ||
                  ms_router_request(r, t + 20 * T, s, 0, &err))
      fail_msg("%s", err.text);
    traffic_advance(r, t + 900 * T, out);
  }
  traffic_sort(out);
}

static void without_contention_all_routers_of_a_mesh_are_equal(void **state) {
  static const ms_router_kind others[] = {MS_ROUTER_TLM, MS_ROUTER_TLM_LT, MS_ROUTER_IDEAL};
  const uint64_t s = seed();
  (void)state;
  static const mesh *const meshes[] = {&four, &sixteen};
  for (unsigned i = 0; i < 2; i++) {
    const mesh *m = meshes[i];
    ms_router *rtl = create(MS_ROUTER_RTL, m);
    traffic_outputs a = {0};
    ms_network_counters u, v;
    program_sparse(rtl, m, s);
    drive_alone(rtl, m, &a);
    ms_router_get_network(rtl, &u);
    assert_true(u.flits > 20 * m->cores && u.tags > u.flits);
    for (unsigned k = 0; k < 3; k++) {
      ms_router *other = create(others[k], m);
      traffic_outputs b = {0};
      program_sparse(other, m, s);
      drive_alone(other, m, &b);
      traffic_same(&a, &b, ms_router_name(others[k]));
      ms_router_get_network(other, &v);
      assert_true(u.flits == v.flits && u.tags == v.tags);
      free(b.out);
      ms_router_destroy(other);
    }
    print_message("%ux%u: %zu outputs\n", m->side, m->side, a.n);
    free(a.out);
    ms_router_destroy(rtl);
  }
}

/* Whatever stands behind an address of a chip, all say the same of it. */
static void same_words(ms_router *rtl, ms_router *other) {
  unsigned known = 0;
  for (uint32_t core = 0; core <= 16; core++) {
    static const uint32_t block[][2] = {
        {0, 0x10},           {0x20, 0x40},        {MS_MAP_COUNTER, 0x20}, {MS_MAP_BIAS, 40},
        {MS_MAP_ROUTE, 340}, {MS_MAP_ENTRY, 100}, {MS_MAP_SEND_TAG, 130}, {MS_MAP_SEND_DEST, 130}};
    for (size_t b = 0; b < sizeof block / sizeof *block; b++)
      for (uint32_t i = 0; i < block[b][1]; i++) {
        const uint32_t address = ms_map_address(core, block[b][0] + i);
        uint32_t x = 0, y = 0;
        if (address == MS_MAP_CHIP_TIME || address == MS_MAP_CHIP_BAD || block[b][0] + i == 0x4d)
          continue; /* of the Verilated clock; of accesses like these */
        const int rx = ms_router_read(rtl, address, &x, NULL);
        const int ry = ms_router_read(other, address, &y, NULL);
        if (rx != ry || (!rx && x != y))
          fail_msg("0x%x: rtl %d 0x%x, other %d 0x%x", address, rx, x, ry, y);
        known += !rx;
      }
  }
  assert_true(known > 4 * 700);
  assert_int_equal(ms_router_write(other, MS_MAP_CHIP_COMMAND, 3, NULL), MS_OK);
  assert_int_equal(ms_router_write(other, MS_MAP_CHIP_ID, 3, NULL), MS_ERANGE);
  assert_int_equal(ms_router_write(other, ms_map_address(5, 0), 3, NULL), MS_ERANGE);
}

static void the_port_of_a_chip_reads_the_same(void **state) {
  (void)state;
  static const ms_router_kind others[] = {MS_ROUTER_TLM, MS_ROUTER_TLM_LT, MS_ROUTER_IDEAL};
  for (unsigned k = 0; k < 3; k++) {
    ms_router *rtl = create(MS_ROUTER_RTL, &four), *other = create(others[k], &four);
    program(rtl, &four, 3);
    program(other, &four, 3);
    same_words(rtl, other);
    ms_router_destroy(rtl);
    ms_router_destroy(other);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tlm_gives_the_outputs_of_2x2_cores_at_every_edge),
      cmocka_unit_test(tlm_gives_the_outputs_of_4x4_cores_at_every_edge),
      cmocka_unit_test(tlm_gives_the_outputs_of_larger_cores_at_every_edge),
      cmocka_unit_test(without_contention_all_routers_of_a_mesh_are_equal),
      cmocka_unit_test(the_port_of_a_chip_reads_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
