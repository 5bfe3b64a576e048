/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of the ladder cost where events contend: `tlm` gives the outputs of `rtl` at every
 * edge and counts the same waits; `tlm_lt` and `ideal` are early, by figures that are printed. */
#include "traffic.h"

#include "mixspike/router_map.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { T = TRAFFIC_CLOCK };

static uint64_t seed(void) {
  const char *text = getenv("MS_SEED");
  uint64_t s = text ? strtoull(text, NULL, 10) : 1;
  print_message("seed %llu\n", (unsigned long long)s);
  return s;
}

static traffic plan(uint64_t s, ms_time gap_ps, unsigned most_rows, unsigned pulse,
                    uint32_t timeout) {
  traffic t = {.random = s * 1234567 + 9,
               .gap_ps = gap_ps,
               .most_rows = most_rows,
               .pulse = pulse,
               .control =
                   (s & 1 ? MS_MAP_CONTROL_TRIGGER : 0) | (s & 2 ? MS_MAP_CONTROL_OUTPUT : 0),
               .timeout = timeout,
               .t_stop = 20000 * T};
  traffic_plan(&t);
  return t;
}

static void same_counters(const ms_router_counters *a, const ms_router_counters *b) {
#define MS_X(name, text)                                                                           \
  if (strcmp(#name, "cycles") && a->name != b->name)                                               \
    fail_msg(#name ": rtl %llu, tlm %llu", (unsigned long long)a->name,                            \
             (unsigned long long)b->name);
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
}

static void tlm_gives_the_outputs_and_waits_of_the_rtl_at_every_edge(void **state) {
  (void)state;
  size_t outputs = 0;
  uint64_t waits[5] = {0};
  for (uint64_t first = seed(), s = first; s < first + 30; s++) {
    /* From idle to far beyond saturation, rows busy for one cycle or for many, time-outs. */
    traffic t = plan(s, (ms_time)(5 << s % 9) * T, 1 + (unsigned)(s % 5),
                     1 + (unsigned)(s * s % 40), s % 4 == 3 ? 25 : 0);
    ms_router *rtl = traffic_router(&t, MS_ROUTER_RTL), *tlm = traffic_router(&t, MS_ROUTER_TLM);
    traffic_outputs a = {0}, b = {0};
    ms_router_counters x, y;
    traffic_live(&t, rtl, &a);
    traffic_replay(&t, tlm, &b);
    traffic_sort(&a);
    traffic_sort(&b);
    traffic_same(&a, &b, "rtl against tlm");
    ms_router_get_counters(rtl, &x);
    ms_router_get_counters(tlm, &y);
    same_counters(&x, &y);
    const uint64_t w[5] = {x.arbiter_wait, x.fifo_wait, x.queue_wait, x.row_wait, x.external_wait};
    for (int i = 0; i < 5; i++)
      waits[i] += w[i];
    outputs += a.n;
    ms_router_destroy(rtl);
    ms_router_destroy(tlm);
    free(a.out);
    free(b.out);
    traffic_free(&t);
  }
  print_message("%zu outputs; cycles waited at arbiter %llu, full queue %llu, queues %llu, rows "
                "%llu, port %llu\n",
                outputs, (unsigned long long)waits[0], (unsigned long long)waits[1],
                (unsigned long long)waits[2], (unsigned long long)waits[3],
                (unsigned long long)waits[4]);
  for (int i = 0; i < 5; i++)
    assert_true(waits[i] > 1000);
}

/* Start times of the pulses of each cause, in the order of its entries. */
static int by_cause(const void *a, const void *b) {
  const ms_router_out *x = a, *y = b;
  uint64_t kx = (uint64_t)x->cause << 32 | x->neuron << 16 | x->sign << 12 | x->row << 8 | x->code;
  uint64_t ky = (uint64_t)y->cause << 32 | y->neuron << 16 | y->sign << 12 | y->row << 8 | y->code;
  if (kx != ky)
    return kx < ky ? -1 : 1;
  return x->t < y->t ? -1 : x->t > y->t;
}

static size_t starts(traffic_outputs *o) {
  size_t n = 0;
  for (size_t i = 0; i < o->n; i++)
    if (o->out[i].kind == MS_OUT_PULSE && o->out[i].level)
      o->out[n++] = o->out[i];
  qsort(o->out, n, sizeof *o->out, by_cause);
  return n;
}

typedef struct deviation {
  double mean, rms, worst; /* cycles; positive: the coarse router is early */
  double moved;            /* share of pulses */
} deviation;

/* Pulses of a coarse router against those of tlm, which are the RTL's and name their cause. */
static deviation compare(ms_router_kind kind, const traffic *t) {
  ms_router *exact = traffic_router(t, MS_ROUTER_TLM), *coarse = traffic_router(t, kind);
  traffic_outputs a = {0}, b = {0};
  traffic_replay(t, exact, &a);
  traffic_replay(t, coarse, &b);
  size_t n = starts(&a);
  assert_int_equal(n, starts(&b));
  deviation d = {0};
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(a.out[i].cause, b.out[i].cause);
    double e = ((double)a.out[i].t - (double)b.out[i].t) / T;
    d.mean += e / (double)n;
    d.rms += e * e / (double)n;
    d.worst = fmax(d.worst, fabs(e));
    d.moved += (e != 0) / (double)n;
  }
  d.rms = sqrt(d.rms);
  ms_router_destroy(exact);
  ms_router_destroy(coarse);
  free(a.out);
  free(b.out);
  return d;
}

/* Bounds with room to spare for any seed; near saturation a wait grows without bound. */
static void coarser_routers_are_early_by_the_stated_times(void **state) {
  (void)state;
  static const struct {
    double load;
    ms_time gap;
  } point[] = {{0.02, 1900}, {0.1, 370}, {0.3, 117}, {0.5, 66}, {0.8, 38}};
  const uint64_t s = seed() * 4;
  print_message("load  router  moved   mean    rms  worst (cycles, pulse starts)\n");
  for (size_t i = 0; i < sizeof point / sizeof *point; i++) {
    traffic t = plan(s, point[i].gap * T, 5, 4, 0);
    t.t_stop = 100000 * T;
    ms_router *rtl = traffic_router(&t, MS_ROUTER_RTL);
    traffic_outputs out = {0};
    ms_router_counters c;
    traffic_live(&t, rtl, &out);
    ms_router_get_counters(rtl, &c);
    const double load = (double)c.delivered * T / (double)t.t_stop;
    const deviation lt = compare(MS_ROUTER_TLM_LT, &t), ideal = compare(MS_ROUTER_IDEAL, &t);
    print_message("%4.2f  tlm_lt %5.1f %% %6.2f %6.2f %6.0f\n", load, 100 * lt.moved, lt.mean,
                  lt.rms, lt.worst);
    print_message("      ideal  %5.1f %% %6.2f %6.2f %6.0f\n", 100 * ideal.moved, ideal.mean,
                  ideal.rms, ideal.worst);
    assert_true(lt.rms <= ideal.rms + 0.5);
    if (load < 0.6)
      assert_true(fabs(lt.mean) < 2 && fabs(ideal.mean) < 10);
    if (load < 0.05)
      assert_true(lt.moved < 0.1 && lt.rms < 1);
    ms_router_destroy(rtl);
    free(out.out);
    traffic_free(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tlm_gives_the_outputs_and_waits_of_the_rtl_at_every_edge),
      cmocka_unit_test(coarser_routers_are_early_by_the_stated_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
