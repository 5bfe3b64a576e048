/* SPDX-License-Identifier: Apache-2.0 */
/* The router's and the mesh's bench run, reach the loads they name and give their figures as JSON.
 */
#include "../../bench/bench_mesh.h"
#include "../../bench/bench_router.h"

#include <math.h>
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

static ms_mesh_point measure(ms_mesh_level level, ms_mesh_traffic traffic, unsigned side,
                             double offered) {
  const ms_mesh_load load = {level, traffic, side, offered, 2000};
  ms_mesh_point point;
  ms_error err;
  if (ms_mesh_measure(&load, &point, &err) != MS_OK)
    fail_msg("%s", err.text);
  return point;
}

static void a_lone_event_takes_its_latency_and_a_full_mesh_saturates(void **state) {
  (void)state;
  /* From port to port a cycle and one a hop, on average one hop in 2x2; from spike to pulse 8 more.
   */
  assert_true(fabs(measure(MS_MESH_NETWORK, MS_MESH_UNIFORM, 2, 0.05).latency - 2.0) < 0.3);
  assert_true(fabs(measure(MS_MESH_CHIP, MS_MESH_UNIFORM, 2, 0.05).latency - 9.0) < 0.3);
  assert_true(measure(MS_MESH_CHIP, MS_MESH_UNIFORM, 1, 0.3).latency == 3.0);
  /* A receiver takes one event a cycle; a core's fan-out serves what it gets and what it sends. */
  assert_true(measure(MS_MESH_NETWORK, MS_MESH_HOT_SPOT, 4, 1.0).delivered > 0.95);
  assert_true(measure(MS_MESH_NETWORK, MS_MESH_UNIFORM, 4, 1.0).delivered > 0.6);
  const ms_mesh_point chip = measure(MS_MESH_CHIP, MS_MESH_UNIFORM, 2, 1.0);
  assert_true(chip.delivered > 0.47 && chip.delivered < 0.51);
  assert_true(chip.latency > 30 && chip.latency_p99 > chip.latency);
}

static void mesh_loads_out_of_range_are_refused(void **state) {
  (void)state;
  const ms_mesh_load wrong[] = {{MS_MESH_CHIP, MS_MESH_UNIFORM, 3, 0.5, 100},
                                {MS_MESH_CHIP, MS_MESH_UNIFORM, 2, 1.5, 100},
                                {MS_MESH_CHIP, MS_MESH_UNIFORM, 2, 0, 100}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    ms_mesh_point point;
    ms_error err;
    assert_int_equal(ms_mesh_measure(&wrong[i], &point, &err), MS_ERANGE);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loads_are_reached_and_idle_edges_are_not_evaluated),
      cmocka_unit_test(figures_come_as_json),
      cmocka_unit_test(a_lone_event_takes_its_latency_and_a_full_mesh_saturates),
      cmocka_unit_test(mesh_loads_out_of_range_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
