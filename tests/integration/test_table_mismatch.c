/* SPDX-License-Identifier: Apache-2.0 */
/* The currents of a fast transistor at 0 C, by the table of a typical one and by ngspice: what a
 * shift of the threshold and of the mobility does beyond moving the gate and multiplying.
 *
 * Tolerance: 0.03 % of the current from 1 pA to 1 uA, the spline included (seen: 0.015 %). A plain
 * shift and factor are off by 2 %. */
#include "engine/table/spice.h"
#include "engine/table/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DVTH_V -0.03
#define MOBILITY 1.05
#define FIRST_V 0.2 /* of the gate against the source */
#define STEP_V 0.05
#define TOLERANCE 3e-4
enum { N_GATE = 5, N_SOURCE = 3 };
static const double source_v[N_SOURCE] = {0, 0.5, 0.9}, drain_v[N_SOURCE] = {1.2, 0.1, 0.6};

/* Sources' currents of a device for each source voltage; m is the gate against the source. */
static void ask_ngspice(const ms_core *core, ms_vectors *out) {
  char line[5 + 6 * N_SOURCE][400], *at[5 + 6 * N_SOURCE];
  ms_deck deck = {0};
  ms_error err = {0};
#define LINE(...) (snprintf(line[deck.n_line], sizeof line[0], __VA_ARGS__), deck.n_line++)
  LINE("fast transistors");
  LINE(".include %s", core->process->include[0]);
  LINE(".options gmin=1e-20 abstol=1e-19 reltol=1e-6 temp=0");
  LINE("Vm m 0 0");
  for (int k = 0; k < N_SOURCE; k++) {
    LINE("Vs%d s%d 0 %g", k, k, source_v[k]);
    LINE("Vd%d d%d 0 %g", k, k, source_v[k] + drain_v[k]);
    LINE("Eg%d g%d s%d m 0 1", k, k, k);
    LINE("M%d d%d g%d s%d 0 nfet w=8u l=0.5u ad=4p as=4p pd=9u ps=9u delvto=%g mulu0=%g", k, k, k,
         k, DVTH_V, MOBILITY);
    LINE(".save i(vs%d)", k);
  }
#undef LINE
  for (size_t i = 0; i < deck.n_line; i++)
    at[i] = line[i];
  deck.line = at;
  char sweep[64];
  snprintf(sweep, sizeof sweep, "dc vm %g %g %g", FIRST_V, FIRST_V + (N_GATE - 0.5) * STEP_V,
           STEP_V);
  if (ms_spice_run(NULL, &deck, sweep, out, &err))
    fail_msg("%s", err.text);
  assert_int_equal(out->n_point, N_GATE);
}

static void a_fast_transistor_conducts_as_in_ngspice(void **state) {
  (void)state;
  ms_core *core;
  ms_table *table;
  ms_vectors v;
  ms_error err = {0};
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &core, &err))
    fail_msg("%s", err.text);
  const ms_pvt pvt = {.temp_set = true};
  const ms_geometry geometry = {"nfet", MS_NFET, 8e-6, 0.5e-6, 4e-12, 4e-12, 9e-6, 9e-6};
  if (ms_table_extract(core, &pvt, &geometry, NULL, &table, &err))
    fail_msg("%s", err.text);
  ask_ngspice(core, &v);
  for (int k = 0; k < N_SOURCE; k++)
    for (int i = 0; i < N_GATE; i++) {
      double f[MS_N_F], df[MS_N_AXIS][MS_N_F], trim[MS_N_TRIM];
      double gate = FIRST_V + i * STEP_V, z = drain_v[k] / (drain_v[k] + table->z_c_v);
      assert_int_equal(ms_table_eval(table, gate - DVTH_V, source_v[k], drain_v[k], f, df), 0);
      ms_table_trim(table, f[MS_F_Y], source_v[k], DVTH_V, log(MOBILITY), trim);
      double got = exp(f[MS_F_Y] + trim[0] + z * (trim[1] + z * trim[2])) *
                   -expm1(-drain_v[k] / table->ut_v);
      double want = v.value[(size_t)i * v.n_vector + (size_t)k];
      if (fabs(got / want - 1) > TOLERANCE)
        fail_msg("V_s = %g V, V_gs = %.2f V: %.5g A instead of %.5g A", source_v[k], gate, got,
                 want);
    }
  ms_vectors_clear(&v);
  ms_table_free(table);
  ms_core_destroy(core);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_fast_transistor_conducts_as_in_ngspice)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
