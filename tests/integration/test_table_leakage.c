/* SPDX-License-Identifier: Apache-2.0 */
/* What a hot transistor conducts and leaks, by its table and by ngspice: at 85 C the junctions of a
 * wide device leak femtoamperes, a third of a percent of what the biological set works with.
 *
 * Tolerance: 1 % of the current, over five decades of it; the spline alone is within 0.3 %. */
#include "engine/table/spice.h"
#include "engine/table/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEMP_C 85
#define SOURCE_V 0.6
#define FIRST_V 0.45 /* of the gate: the channel is off */
#define STEP_V 0.05
#define TOLERANCE 0.01
enum { N_GATE = 13, N_DRAIN = 3 };
static const char *const drain_v[N_DRAIN] = {"1e-3", "50e-3", "0.9"};

/* The three devices as ngspice has them, gates swept; two currents of each a point. */
static void ask_ngspice(const ms_core *core, ms_vectors *out) {
  char line[6 + 5 * N_DRAIN][400];
  ms_deck deck = {0};
  ms_error err = {0};
  char *at[6 + 5 * N_DRAIN];
#define LINE(...) (snprintf(line[deck.n_line], sizeof line[0], __VA_ARGS__), deck.n_line++)
  LINE("hot transistors");
  LINE(".include %s", core->process->include[0]);
  LINE(".options gmin=1e-20 abstol=1e-19 reltol=1e-6 temp=%d", TEMP_C);
  LINE("Vg g 0 0");
  for (int k = 0; k < N_DRAIN; k++) {
    LINE("Vs%d s%d 0 %g", k, k, SOURCE_V);
    LINE("Vd%d d%d s%d %s", k, k, k, drain_v[k]);
    LINE("M%d d%d g s%d 0 nfet w=8u l=0.5u ad=4p as=4p pd=9u ps=9u", k, k, k);
    LINE(".save i(vs%d) i(vd%d)", k, k);
  }
#undef LINE
  for (size_t i = 0; i < deck.n_line; i++)
    at[i] = line[i];
  deck.line = at;
  char sweep[64];
  snprintf(sweep, sizeof sweep, "dc vg %g %g %g", FIRST_V, FIRST_V + (N_GATE - 0.5) * STEP_V,
           STEP_V);
  if (ms_spice_run(NULL, &deck, sweep, out, &err))
    fail_msg("%s", err.text);
  assert_int_equal(out->n_point, N_GATE);
}

static double leak_a(const ms_table *t, int side, double u) {
  return t->leak_a[side] * -expm1(-u / t->leak_v);
}

static void assert_near(double got, double want, const char *what, int k, int i) {
  if (fabs(got - want) > TOLERANCE * fabs(want))
    fail_msg("%s at V_ds = %s V, V_gs = %.2f V: %.4g A instead of %.4g A", what, drain_v[k],
             FIRST_V + i * STEP_V - SOURCE_V, got, want);
}

static void a_hot_transistor_leaks_as_in_ngspice(void **state) {
  (void)state;
  ms_core *core;
  ms_table *table;
  ms_vectors v;
  ms_error err = {0};
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &core, &err))
    fail_msg("%s", err.text);
  const ms_pvt pvt = {.temp_c = TEMP_C, .temp_set = true};
  const ms_geometry geometry = {"nfet", MS_NFET, 8e-6, 0.5e-6, 4e-12, 4e-12, 9e-6, 9e-6};
  if (ms_table_extract(core, &pvt, &geometry, NULL, &table, &err))
    fail_msg("%s", err.text);
  ask_ngspice(core, &v);
  assert_true(table->leak_a[1] > 1e-15);
  for (int k = 0; k < N_DRAIN; k++)
    for (int i = 0; i < N_GATE; i++) {
      double f[MS_N_F], df[MS_N_AXIS][MS_N_F], delta = atof(drain_v[k]);
      double gate = FIRST_V + i * STEP_V;
      assert_int_equal(ms_table_eval(table, gate - SOURCE_V, SOURCE_V, delta, f, df), 0);
      double channel = exp(f[MS_F_Y]) * -expm1(-delta / table->ut_v);
      /* Into drain and source from their sources, which stand in series. */
      double drain = channel + leak_a(table, 0, SOURCE_V + delta);
      double source = leak_a(table, 1, SOURCE_V) - channel;
      const double *is = &v.value[(size_t)i * v.n_vector + 2 * (size_t)k];
      assert_near(drain, -is[1], "drain current", k, i);
      assert_near(source + drain, -is[0], "leakage of both junctions", k, i);
    }
  ms_vectors_clear(&v);
  ms_table_free(table);
  ms_core_destroy(core);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_hot_transistor_leaks_as_in_ngspice)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
