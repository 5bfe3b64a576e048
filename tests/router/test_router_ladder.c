/* SPDX-License-Identifier: Apache-2.0 */
/* One suite on every router: `rtl`, `tlm`, `tlm_lt`, `ideal`. Configuration, latencies, handshake,
 * delivery, counters, and what the kernel relies on. MS_SEED sets the first seed. */
#include "traffic.h"

#include "mixspike/model.h"
#include "mixspike/router_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { T = TRAFFIC_CLOCK, N = TRAFFIC_NEURONS };
static const ms_router_kind kinds[] = {MS_ROUTER_RTL, MS_ROUTER_TLM, MS_ROUTER_TLM_LT,
                                       MS_ROUTER_IDEAL};
#define EVERY_ROUTER(kind) for (const ms_router_kind *kind = kinds; kind < kinds + 4; kind++)

static uint64_t seed(void) {
  const char *text = getenv("MS_SEED");
  uint64_t s = text ? strtoull(text, NULL, 10) : 1;
  print_message("seed %llu\n", (unsigned long long)s);
  return s;
}

static ms_router *create(ms_router_kind kind, unsigned n_neuron, unsigned n_input) {
  const ms_router_options o = {
      .kind = kind, .n_neuron = n_neuron, .n_input = n_input, .n_bias = 7, .clock_ps = T};
  ms_router *r;
  ms_error err;
  if (ms_router_create(&o, &r, &err))
    fail_msg("%s: %s", ms_router_name(kind), err.text);
  return r;
}

static uint32_t get(ms_router *r, uint32_t address) {
  uint32_t data = 0;
  ms_error err;
  if (ms_router_read(r, address, &data, &err))
    fail_msg("%s", err.text);
  return data;
}

static void every_router_has_the_size_and_latency_registers_of_the_rtl(void **state) {
  (void)state;
  static const unsigned sizes[][2] = {{1, 1}, {16, 64}, {17, 3}, {5, 65}, {64, 256}, {200, 900}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    ms_router *rtl = create(MS_ROUTER_RTL, sizes[i][0], sizes[i][1]);
    EVERY_ROUTER(kind) {
      ms_router *r = create(*kind, sizes[i][0], sizes[i][1]);
      for (uint32_t address = MS_MAP_ID; address <= MS_MAP_TIMEOUT; address++)
        assert_int_equal(get(r, address), get(rtl, address));
      const ms_ack_timing a = ms_router_ack_timing(r), b = ms_router_ack_timing(rtl);
      assert_memory_equal(&a, &b, sizeof a);
      assert_int_equal(ms_router_lookahead(r), ms_router_lookahead(rtl));
      ms_router_destroy(r);
    }
    ms_router_destroy(rtl);
  }
}

static void every_router_reads_back_what_was_written_and_refuses_what_is_not_there(void **state) {
  (void)state;
  EVERY_ROUTER(kind) {
    ms_router *r = create(*kind, 10, 8);
    const uint32_t address[] = {MS_MAP_CONTROL,   MS_MAP_PULSE_WIDTH,  MS_MAP_TRIGGER_WIDTH,
                                MS_MAP_TIMEOUT,   MS_MAP_BIAS + 31,    MS_MAP_ROUTE + 79,
                                MS_MAP_ENTRY + 9, MS_MAP_ENTRY + 2047, MS_MAP_ROUTE};
    const uint32_t mask[] = {7,          0xffffff, 0xffffff, 0xffffff,  0xffff,
                             UINT32_MAX, 0xffffff, 0xffffff, UINT32_MAX};
    for (size_t i = 0; i < sizeof address / sizeof *address; i++) {
      assert_int_equal(ms_router_write(r, address[i], 0xa5c3f00fu + (uint32_t)i, NULL), MS_OK);
      assert_int_equal(get(r, address[i]), (0xa5c3f00fu + (uint32_t)i) & mask[i]);
    }
    uint32_t data;
    assert_int_equal(ms_router_write(r, MS_MAP_BIAS + 32, 0, NULL), MS_ERANGE);
    assert_int_equal(ms_router_write(r, MS_MAP_ROUTE + 80, 0, NULL), MS_ERANGE);
    assert_int_equal(ms_router_write(r, MS_MAP_ENTRY + 2048, 0, NULL), MS_ERANGE);
    assert_int_equal(ms_router_write(r, MS_MAP_ID, 0, NULL), MS_ERANGE);
    assert_int_equal(ms_router_read(r, 0x30, &data, NULL), MS_ERANGE);
    assert_int_equal(ms_router_request(r, 5, 10, 1, NULL), MS_ERANGE);
    assert_int_equal(ms_router_event(r, 5, 8, NULL), MS_ERANGE);
    ms_router_destroy(r);
  }
}

static void nothing_may_happen_in_a_routers_past(void **state) {
  (void)state;
  EVERY_ROUTER(kind) {
    ms_router *r = create(*kind, 10, 8);
    traffic_outputs out = {0};
    traffic_advance(r, 50000, &out);
    assert_int_equal(ms_router_request(r, 49999, 0, 1, NULL), MS_ECAUSALITY);
    assert_int_equal(ms_router_event(r, 49999, 0, NULL), MS_ECAUSALITY);
    assert_int_equal(ms_router_request(r, 50000, 0, 1, NULL), MS_OK);
    ms_router_destroy(r);
    free(out.out);
  }
}

/* Traffic of one kind after another, on all routers: what is the same everywhere. */
static traffic plan(uint64_t s, int sparse) {
  traffic t = {.random = s * 77 + 5,
               .gap_ps = sparse ? 4000 * T : (ms_time)(20 + s % 5 * 40) * T,
               .most_rows = sparse ? 1 : 4,
               .pulse = sparse ? 12 : 1 + (unsigned)s % 7,
               .control =
                   (s & 1 ? MS_MAP_CONTROL_TRIGGER : 0) | (s & 2 ? MS_MAP_CONTROL_OUTPUT : 0),
               .timeout = s % 3 == 0 ? 40 : 0,
               .t_stop = sparse ? 60000 * T : 6000 * T};
  traffic_plan(&t);
  return t;
}

/* Far apart in time: nothing waits for anything. A neuron that sticks is no contention. */
static int waited(const ms_router_counters *c) {
  return c->arbiter_wait || c->fifo_wait || c->queue_wait || c->row_wait || c->external_wait;
}

static void without_contention_every_router_gives_the_outputs_of_the_rtl(void **state) {
  (void)state;
  unsigned compared = 0;
  size_t outputs = 0;
  for (uint64_t first = seed(), s = first; s < first + 40; s++) {
    traffic t = plan(s, 1);
    ms_router *rtl = traffic_router(&t, MS_ROUTER_RTL);
    traffic_outputs a = {0};
    ms_router_counters c;
    traffic_live(&t, rtl, &a);
    traffic_sort(&a);
    ms_router_get_counters(rtl, &c);
    ms_router_destroy(rtl);
    for (unsigned k = 1; !waited(&c) && k < 4; k++) {
      ms_router *r = traffic_router(&t, kinds[k]);
      traffic_outputs b = {0};
      ms_router_counters d;
      traffic_replay(&t, r, &b);
      traffic_sort(&b);
      ms_router_get_counters(r, &d);
      traffic_same(&a, &b, ms_router_name(kinds[k]));
      assert_int_equal(c.captured, d.captured);
      assert_int_equal(c.delivered, d.delivered);
      assert_int_equal(c.unrouted, d.unrouted);
      assert_int_equal(c.stuck, d.stuck);
      compared++;
      outputs += b.n;
      free(b.out);
      ms_router_destroy(r);
    }
    free(a.out);
    traffic_free(&t);
  }
  print_message("%u runs, %zu outputs\n", compared, outputs);
  assert_true(compared >= 30 && outputs > 10000);
}

/* Every entry of every event that was taken is delivered once. */
static void check_deliveries(const traffic *t, const traffic_outputs *out,
                             const ms_router_counters *c, ms_router_kind kind) {
  uint64_t expected = 0, pulses = 0, ends = 0, rises = 0;
  size_t want[N * 8 * 64] = {0}, have[N * 8 * 64] = {0};
  for (size_t i = 0; i < t->n_input; i++) {
    const traffic_input *in = &t->input[i];
    if (!in->external && !in->level)
      continue;
    rises++;
    uint32_t route = t->route[in->external ? N + in->address : in->address];
    for (uint32_t k = 0; k < ms_map_route_count(route); k++, expected++) {
      uint32_t e = t->entry[ms_map_route_base(route) + k];
      want[(ms_map_entry_target(e) * 8 + ms_map_entry_sign(e) * 4 + ms_map_entry_row(e)) * 64 +
           ms_map_entry_code(e)]++;
    }
  }
  for (size_t i = 0; i < out->n; i++) {
    const ms_router_out *o = &out->out[i];
    if (o->kind != MS_OUT_PULSE)
      continue;
    pulses += o->level;
    ends += !o->level;
    if (o->level)
      have[(o->neuron * 8u + o->sign * 4u + o->row) * 64 + o->code]++;
  }
  if (memcmp(want, have, sizeof want))
    fail_msg("%s: deliveries were lost, doubled or changed", ms_router_name(kind));
  assert_int_equal(pulses, expected);
  assert_int_equal(ends, expected);
  assert_int_equal(c->delivered, expected);
  assert_int_equal(c->captured + c->external, rises);
  assert_int_equal(c->vanished, 0);
}

/* A row is never driven twice at a time, and its line is low for a cycle between two pulses. */
static void check_rows(const traffic *t, const traffic_outputs *out) {
  ms_time since[N * 8] = {0}, ended[N * 8] = {0};
  unsigned high = t->control & MS_MAP_CONTROL_TRIGGER && t->pulse > 3 ? 3 : t->pulse;
  for (size_t i = 0; i < out->n; i++) {
    const ms_router_out *o = &out->out[i];
    if (o->kind != MS_OUT_PULSE)
      continue;
    unsigned line = o->neuron * 8u + o->sign * 4u + o->row;
    if (o->level) {
      assert_true(!since[line] && (!ended[line] || o->t > ended[line]));
      since[line] = o->t;
    } else {
      assert_int_equal(o->t - since[line], high * T);
      since[line] = 0;
      ended[line] = o->t;
    }
  }
}

static void under_load_no_router_loses_doubles_or_overlaps_anything(void **state) {
  (void)state;
  uint64_t pulses = 0;
  for (uint64_t first = seed(), s = first; s < first + 12; s++)
    EVERY_ROUTER(kind) {
      traffic t = plan(s, 0);
      ms_router *r = traffic_router(&t, *kind);
      traffic_outputs out = {0};
      ms_router_counters c;
      traffic_live(&t, r, &out);
      ms_router_get_counters(r, &c);
      check_deliveries(&t, &out, &c, *kind);
      check_rows(&t, &out);
      pulses += c.delivered;
      ms_router_destroy(r);
      free(out.out);
      traffic_free(&t);
    }
  print_message("%llu pulses\n", (unsigned long long)pulses);
  assert_true(pulses > 10000);
}

/* One input more, somewhere in random traffic: the outputs up to and with the lookahead stay. */
static void no_router_answers_an_input_within_its_lookahead(void **state) {
  (void)state;
  unsigned noticed = 0;
  for (uint64_t first = seed(), s = first; s < first + 24; s++)
    EVERY_ROUTER(kind) {
      traffic t = plan(s, 0);
      ms_router *r = traffic_router(&t, *kind);
      traffic_outputs a = {0}, b = {0};
      traffic_live(&t, r, &a);
      assert_int_equal(ms_router_reset(r, NULL), MS_OK);
      const size_t at = t.n_input / 2;
      const ms_time extra = t.input[at].t;
      for (size_t i = 0; i < t.n_input; i++) {
        const traffic_input *in = &t.input[i];
        if (i == at)
          assert_int_equal(ms_router_event(r, extra, 1, NULL), MS_OK);
        assert_int_equal(in->external ? ms_router_event(r, in->t, in->address, NULL)
                                      : ms_router_request(r, in->t, in->address, in->level, NULL),
                         MS_OK);
      }
      traffic_advance(r, extra + 200 * T, &b);
      traffic_outputs x = a, y = b;
      const ms_time until = extra + ms_router_lookahead(r);
      for (x.n = 0; x.n < a.n && a.out[x.n].t <= until; x.n++)
        ;
      for (y.n = 0; y.n < b.n && b.out[y.n].t <= until; y.n++)
        ;
      traffic_sort(&x);
      traffic_sort(&y);
      traffic_same(&x, &y, ms_router_name(*kind));
      noticed += b.n != a.n;
      ms_router_destroy(r);
      free(a.out);
      free(b.out);
      traffic_free(&t);
    }
  assert_true(noticed > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_router_has_the_size_and_latency_registers_of_the_rtl),
      cmocka_unit_test(every_router_reads_back_what_was_written_and_refuses_what_is_not_there),
      cmocka_unit_test(nothing_may_happen_in_a_routers_past),
      cmocka_unit_test(without_contention_every_router_gives_the_outputs_of_the_rtl),
      cmocka_unit_test(under_load_no_router_loses_doubles_or_overlaps_anything),
      cmocka_unit_test(no_router_answers_an_input_within_its_lookahead),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
