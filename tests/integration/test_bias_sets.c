/* SPDX-License-Identifier: Apache-2.0 */
/* Bias lines that sets of neurons have for themselves: what their branches give, on circuits. */
#include "mixspike/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LINES = 64 };

typedef struct fixture {
  ms_core *core;
  ms_engine *engine[2]; /* ngspice, table */
  uint64_t own;
  uint16_t code[LINES];
} fixture;

static int set_up(void **state) {
  static fixture f;
  static const ms_engine_kind kind[] = {MS_ENGINE_NGSPICE, MS_ENGINE_TABLE};
  ms_error err = {0};
  *state = &f;
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &f.core, &err) || f.core->n_bias > LINES)
    return -1;
  for (int k = 0; k < 2; k++)
    if (ms_engine_create(&(ms_engine_options){.kind = kind[k]}, f.core, &f.engine[k], &err))
      return -1;
  f.own = ms_calibrate_lines(f.core);
  for (size_t i = 0; i < f.core->n_bias; i++)
    f.code[i] = (uint16_t)f.core->bias[i].bias->code[MS_SET_ACCELERATED];
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  ms_engine_destroy(f->engine[0]);
  ms_engine_destroy(f->engine[1]);
  ms_core_destroy(f->core);
  return 0;
}

static void shared(const fixture *f, int engine, const ms_die *die, double *v) {
  ms_error err = {0};
  if (ms_engine_bias(f->engine[engine], die, &(ms_pvt){0}, f->code, v, NULL, &err))
    fail_msg("%s", err.text);
}

static double solve(const fixture *f, int engine, const ms_die *die, unsigned set, double *v) {
  ms_error err = {0};
  double power_w;
  if (ms_engine_bias_set(f->engine[engine], die, &(ms_pvt){0}, f->code, f->own, set, v, &power_w,
                         &err))
    fail_msg("%s", err.text);
  return power_w;
}

/* Without mismatch a compact branch gives what the core's does: within 1.5 mV, 4 % of a current in
 * weak inversion; its units have less output resistance. Lines that stay the core's are as they
 * were. Codes count as there: half the current is UT ln 2 / kappa or more. */
static void compact_branches_give_the_core_s_currents(void **state) {
  fixture *f = *state;
  const ms_die die = {1, 0, 0};
  double v[LINES], own[LINES], half[LINES];
  shared(f, 0, &die, v);
  memcpy(own, v, sizeof own);
  assert_true(solve(f, 0, &die, 3, own) > 0);
  fixture more = *f;
  for (size_t i = 0; i < f->core->n_bias; i++)
    if (f->own >> i & 1)
      more.code[i] = (uint16_t)((f->code[i] & 0xff00) | (f->code[i] & 0xff) / 2);
  memcpy(half, v, sizeof half);
  solve(&more, 0, &die, 3, half);
  for (size_t i = 0; i < f->core->n_bias; i++) {
    const int is_own = f->own >> i & 1, p = !strcmp(f->core->bias[i].own->name, "bias_p_own");
    if (!is_own)
      assert_true(own[i] == v[i] && half[i] == v[i]);
    else if (fabs(own[i] - v[i]) > 1.5e-3)
      fail_msg("%s: %g V, the core's branch %g V", f->core->bias[i].name, own[i], v[i]);
    else
      assert_true((p ? half[i] - own[i] : own[i] - half[i]) > 0.02);
  }
}

/* Each set draws its own mismatch, the same in whatever order, and the same on both engines. */
static void every_set_has_mismatch_of_its_own(void **state) {
  fixture *f = *state;
  const ms_die die = {1, 5, 1};
  double v[LINES], first[LINES], again[LINES], other[LINES], table[LINES];
  shared(f, 0, &die, v);
  memcpy(first, v, sizeof v), memcpy(other, v, sizeof v), memcpy(table, v, sizeof v);
  solve(f, 0, &die, 1, first);
  solve(f, 0, &die, 2, other);
  solve(f, 0, &(ms_die){1, 6, 1}, 1, table); /* the circuit now stands on another die */
  memcpy(again, v, sizeof v), memcpy(table, v, sizeof v);
  solve(f, 1, &die, 2, again);
  solve(f, 1, &die, 1, table);
  for (size_t i = 0; i < f->core->n_bias; i++) {
    assert_true((first[i] != other[i]) == (f->own >> i & 1));
    assert_true(fabs(first[i] - table[i]) < 1e-9 && fabs(other[i] - again[i]) < 1e-9);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(compact_branches_give_the_core_s_currents),
      cmocka_unit_test(every_set_has_mismatch_of_its_own),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
