/* SPDX-License-Identifier: Apache-2.0 */
/* Where nothing contends, the ideal router gives exactly the outputs of the Verilated one. */
#include "mixspike/model.h"
#include "mixspike/router.h"
#include "mixspike/router_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { T = 10000, NEURONS = 12, INPUTS = 6, MAX = 64 };

static ms_router *make(ms_router_kind kind, unsigned control, uint32_t timeout) {
  const ms_router_options o = {
      .kind = kind, .n_neuron = NEURONS, .n_input = INPUTS, .n_bias = 4, .clock_ps = T};
  ms_router *r;
  ms_error err;
  uint32_t neurons, entry = 0;
  if (ms_router_create(&o, &r, &err) != MS_OK)
    fail_msg("%s", err.text);
  assert_int_equal(ms_router_read(r, MS_MAP_NEURONS, &neurons, &err), MS_OK);
  assert_int_equal(ms_router_write(r, MS_MAP_CONTROL, control, &err), MS_OK);
  assert_int_equal(ms_router_write(r, MS_MAP_PULSE_WIDTH, 12, &err), MS_OK);
  assert_int_equal(ms_router_write(r, MS_MAP_TRIGGER_WIDTH, 3, &err), MS_OK);
  assert_int_equal(ms_router_write(r, MS_MAP_TIMEOUT, timeout, &err), MS_OK);
  for (unsigned s = 0; s < NEURONS + INPUTS; s++) {
    const uint32_t address = s < NEURONS ? s : neurons + s - NEURONS;
    /* One entry each: several would leave one a cycle in the RTL, at once in the ideal router. */
    assert_int_equal(ms_router_write(r, MS_MAP_ROUTE + address, ms_map_route(entry, 1), &err),
                     MS_OK);
    assert_int_equal(ms_router_write(r, MS_MAP_ENTRY + entry++,
                                     ms_map_entry((s * 5 + 1) % NEURONS, s & 1, s & 3, s), &err),
                     MS_OK);
  }
  assert_int_equal(ms_router_reset(r, &err), MS_OK);
  return r;
}

/* In order of time, then kind and neuron: the order within one edge is free. */
static size_t take(ms_router *r, ms_time t, ms_router_out *out) {
  const ms_router_out *o;
  size_t n;
  ms_error err;
  if (ms_router_advance(r, t, &o, &n, &err) != MS_OK)
    fail_msg("%s", err.text);
  assert_true(n <= MAX);
  for (size_t i = 0; i < n; i++) {
    size_t k = i;
    for (; k > 0; k--) {
      const ms_router_out *p = &out[k - 1];
      if (p->t < o[i].t || (p->t == o[i].t && p->kind * 1000 + p->neuron * 2 + p->level <=
                                                  o[i].kind * 1000 + o[i].neuron * 2 + o[i].level))
        break;
      out[k] = *p;
    }
    out[k] = o[i];
  }
  return n;
}

/* With a time-out every fourth request falls too late. */
static void compare(unsigned control, uint32_t timeout) {
  ms_router *a = make(MS_ROUTER_RTL, control, timeout);
  ms_router *b = make(MS_ROUTER_IDEAL, control, timeout);
  ms_router_out x[MAX], y[MAX];
  ms_error err;
  const ms_ack_timing ta = ms_router_ack_timing(a), tb = ms_router_ack_timing(b);
  size_t outputs = 0;
  uint64_t random = 7;
  assert_int_equal(ms_router_lookahead(a), ms_router_lookahead(b));
  assert_memory_equal(&ta, &tb, sizeof ta);
  ms_time t = 0;
  for (unsigned k = 0; k < 500; k++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const unsigned neuron = (unsigned)(random >> 33) % NEURONS;
    const ms_time width = timeout && k % 8 == 2 ? (2 * timeout + 5) * T : 7 * T + 3;
    t += 100 * T + (random >> 40) % (3 * T); /* the one before is over */
    ms_router *both[2] = {a, b};
    for (int i = 0; i < 2; i++)
      if (k & 1) {
        assert_int_equal(ms_router_event(both[i], t, neuron % INPUTS, &err), MS_OK);
      } else {
        assert_int_equal(ms_router_request(both[i], t, neuron, 1, &err), MS_OK);
        assert_int_equal(ms_router_request(both[i], t + width, neuron, 0, &err), MS_OK);
      }
    const size_t n = take(a, t + 99 * T, x), m = take(b, t + 99 * T, y);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(x[i].t, y[i].t);
      assert_int_equal(x[i].kind, y[i].kind);
      assert_int_equal(x[i].level, y[i].level);
      assert_int_equal(x[i].neuron, y[i].neuron);
      if (x[i].kind == MS_OUT_PULSE) {
        assert_int_equal(x[i].sign, y[i].sign);
        assert_int_equal(x[i].row, y[i].row);
        assert_int_equal(x[i].code, y[i].code);
      }
    }
    outputs += n;
  }
  assert_true(outputs >= 1500);
  ms_router_counters ca, cb;
  ms_router_get_counters(a, &ca);
  ms_router_get_counters(b, &cb);
  assert_int_equal(ca.stuck, cb.stuck);
  assert_true(timeout ? ca.stuck > 50 : ca.stuck == 0);
  ms_router_destroy(a);
  ms_router_destroy(b);
}

static void ideal_and_rtl_agree_with_full_pulses(void **state) {
  (void)state;
  compare(MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT, 0);
}

static void ideal_and_rtl_agree_with_triggers(void **state) {
  (void)state;
  compare(MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_TRIGGER, 0);
}

static void ideal_and_rtl_agree_on_stuck_requests(void **state) {
  (void)state;
  compare(MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT, 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ideal_and_rtl_agree_with_full_pulses),
      cmocka_unit_test(ideal_and_rtl_agree_with_triggers),
      cmocka_unit_test(ideal_and_rtl_agree_on_stuck_requests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
