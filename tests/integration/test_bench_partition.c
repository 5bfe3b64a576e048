/* SPDX-License-Identifier: Apache-2.0 */
/* The partition bench on two neurons: groups on ngspice and on tables fire as one flat netlist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bench/bench_partition.h"

static void groups_fire_as_the_flat_netlist_does(void **state) {
  (void)state;
  ms_core *core;
  ms_error err = {0};
  ms_bench_partition_row row;
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16x4", 0, &core, &err) ||
      ms_bench_partition_run(core, 2, 20, true, &row, &err))
    fail_msg("%s", err.text);
  print_message("%zu spikes, largest shift %g tau (ngspice), %g tau (table)\n", row.n_spike,
                row.worst_tau, row.table_worst_tau);
  assert_true(row.n_spike > 4 && row.n_event > 20);
  /* 1 % of tau, as the bench itself asks; 0.2 to 0.5 % is what was seen on up to 32 neurons. */
  assert_true(row.spikes_equal && row.table_equal);
  assert_true(row.worst_tau > 0 && row.table_worst_tau > 0);
  assert_true(row.table_s_per_ms < row.partitioned_s_per_ms);
  ms_core_destroy(core);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(groups_fire_as_the_flat_netlist_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
