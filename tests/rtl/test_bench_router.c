/* SPDX-License-Identifier: Apache-2.0 */
/* The router bench runs, reaches the loads it names and gives its figures as JSON. */
#include "../../bench/bench_router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void loads_are_reached_and_idle_edges_are_not_evaluated(void **state) {
  (void)state;
  ms_bench_router_row low, full;
  ms_error err;
  if (ms_bench_router_run(MS_ROUTER_RTL, 64, 0.01, 0.05, &low, &err) != MS_OK ||
      ms_bench_router_run(MS_ROUTER_RTL, 64, 1.0, 0.05, &full, &err) != MS_OK)
    fail_msg("%s", err.text);
  /* The run is short, so the load is reached only roughly. */
  assert_true(low.load_reached > 0.005 && low.load_reached < 0.02);
  assert_true(full.load_reached > 0.7);
  assert_true(low.edges_share < 0.1);
}

static void figures_come_as_json(void **state) {
  (void)state;
  char *json;
  ms_error err;
  if (ms_bench_router(getenv("MS_VERBOSE") ? 1.0 : 0.01, &json, &err) != MS_OK)
    fail_msg("%s", err.text);
  assert_non_null(strstr(json, "\"events_per_s\""));
  if (getenv("MS_VERBOSE"))
    puts(json);
  free(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loads_are_reached_and_idle_edges_are_not_evaluated),
      cmocka_unit_test(figures_come_as_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
