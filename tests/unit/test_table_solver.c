/* SPDX-License-Identifier: Apache-2.0 */
/* The block solver on circuits with known answers, with every build of the inner loops. */
#include "engine/table/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GROUND, SUPPLY, REQ, OTHER, N_NODE };
#define R_OHM 1e6
#define C_F 1e-12

static char *node_name[N_NODE] = {"0", "vdd", "req", "x.other"};

/* vdd - R - req - C - ground, and a second RC that is not connected to the first. */
static ms_element elements[] = {
    {.name = "vdd", .path = "vdd", .kind = 'v', .node = {SUPPLY, GROUND}, .value = 1.8},
    {.name = "r.r1", .path = "r1", .kind = 'r', .node = {SUPPLY, REQ}, .value = R_OHM},
    {.name = "c.c1", .path = "c1", .kind = 'c', .node = {REQ, GROUND}, .value = C_F},
    {.name = "r.r2", .path = "r2", .kind = 'r', .node = {SUPPLY, OTHER}, .value = 10 * R_OHM},
    {.name = "c.c2", .path = "c2", .kind = 'c', .node = {OTHER, GROUND}, .value = C_F},
};

static ms_cell soma;
static ms_core core = {.name = "test", .soma = &soma};
static ms_circuit circuit = {
    .n_node = N_NODE, .node = node_name, .n_element = 5, .element = elements};

static void start(ms_plan **plan, ms_solver *solver, const ms_kernel *kernel) {
  const ms_table *none[8] = {NULL};
  ms_error err = {0};
  if (ms_plan_create(&core, &circuit, 1.8, none, MS_WEAK_COUPLING, plan, &err))
    fail_msg("%s", err.text);
  assert_int_equal(ms_plan_solver(*plan, solver, &err), 0);
  solver->edge_s = 5e-9;
  solver->ut_v = 0.02585;

  solver->t_end_s = 1e-3;
  for (int k = 0; k < solver->n_block; k++) {
    ms_block *b = &solver->block[k];
    for (int i = 0; i < b->n_input; i++)
      b->v[b->n + i] = (*plan)->node[b->input[i].source].fixed_v;
    for (int i = 0; i < b->n_capacitor; i++)
      b->clinear[ms_lu_place(&b->lu, b->capacitor[i].row_a, b->capacitor[i].row_a)] =
          b->capacitor[i].c_f;
    b->time_error_s = 1e-11;
    b->tolerance_high_v[0] = 1e-3; /* the request itself is allowed more */
    b->tolerance_low_v[0] = 5e-6;

    b->h_s = 1e-9;
    b->t_break = INFINITY;
    kernel->charges(solver, b);
  }
}

static void unconnected_parts_are_blocks_of_their_own(void **state) {
  (void)state;
  ms_plan *plan;
  ms_solver solver;
  start(&plan, &solver, ms_kernel_list(0));
  assert_int_equal(plan->n_block, 2);
  assert_int_equal(plan->block_size[0] + plan->block_size[1], 2);
  ms_solver_free(&solver);
  ms_plan_destroy(plan);
}

static void an_rc_charges_exponentially(void **state) {
  (void)state;
  const ms_kernel *kernel;
  for (unsigned k = 0; (kernel = ms_kernel_list(k)); k++) {
    ms_plan *plan;
    ms_solver solver;
    start(&plan, &solver, kernel);
    int block = plan->node[REQ].block;
    ms_block *b = &solver.block[block];
    while (b->t[0] < 3e-6) {
      double before = b->t[0];
      assert_int_equal(kernel->propose(&solver, block, 3e-6), 0);
      kernel->take(&solver, block);
      /* 1e-11 s of time error a step at up to 1.8 V/us, some 100 steps: below 1 mV */
      double t = b->t[0], want = 1.8 * (1 - exp(-t / (R_OHM * C_F)));
      if (fabs(b->v[0] - want) > 1e-3)
        fail_msg("%s: %g V instead of %g V at %g s", kernel->name, b->v[0], want, t);
      double middle = 0.5 * (before + t), inside = kernel->voltage_at(&solver, block, 0, middle);
      assert_true(fabs(inside - 1.8 * (1 - exp(-middle / (R_OHM * C_F)))) < 2e-3);
    }
    assert_true(solver.work.steps < 400);
    assert_true(solver.block[1 - block].t[0] == 0); /* the other block was not asked for */
    ms_solver_free(&solver);
    ms_plan_destroy(plan);
  }
}

static void the_builds_of_the_inner_loops_agree(void **state) {
  (void)state;
  double at_end[4] = {0};
  unsigned n = 0;
  const ms_kernel *kernel;
  for (; n < 4 && (kernel = ms_kernel_list(n)); n++) {
    ms_plan *plan;
    ms_solver solver;
    start(&plan, &solver, kernel);
    int block = plan->node[REQ].block;
    while (solver.block[block].t[0] < 1e-6) {
      assert_int_equal(kernel->propose(&solver, block, 1e-6), 0);
      kernel->take(&solver, block);
    }
    at_end[n] = solver.block[block].v[0];
    ms_solver_free(&solver);
    ms_plan_destroy(plan);
  }
  for (unsigned k = 1; k < n; k++)
    assert_true(fabs(at_end[k] - at_end[0]) < 1e-6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unconnected_parts_are_blocks_of_their_own),
      cmocka_unit_test(an_rc_charges_exponentially),
      cmocka_unit_test(the_builds_of_the_inner_loops_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
