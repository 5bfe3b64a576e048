/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks: the Yin-Yang set is the published one to the last bit, and the latency code is exact. */
#include "mixspike/task.h"
#include "tasks/mt19937.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void generator_gives_the_published_words(void **state) {
  (void)state;
  ms_mt19937 mt;
  ms_mt19937_seed(&mt, 5489); /* the authors' default seed */
  assert_int_equal(ms_mt19937_u32(&mt), 3499211612u);
  for (int i = 1; i < 9999; i++)
    ms_mt19937_u32(&mt);
  assert_int_equal(ms_mt19937_u32(&mt), 4123659995u); /* the 10000th, as in the C++ standard */
}

static void yinyang_is_the_published_set(void **state) {
  (void)state;
  ms_task *task;
  ms_task_options options = {.name = "yinyang"};
  assert_int_equal(ms_task_create(&options, &task, NULL), MS_OK);
  assert_int_equal(task->train.n, 5000);
  assert_int_equal(task->validation.n, 1000);
  assert_int_equal(task->test.n, 1000);
  assert_true(task->train.value[0] == 0.6803075385877797);
  assert_true(task->train.value[1] == 0.450499251969543);
  assert_true(task->train.value[2] == 1 - 0.6803075385877797);
  assert_int_equal(task->train.label[0], 2);
  assert_true(task->test.value[0] == 0.23409664559563403);
  assert_true(task->test.value[1] == 0.4017249751828972);
  assert_int_equal(task->test.label[0], 2);
  int train[3] = {0}, test[3] = {0};
  for (size_t i = 0; i < task->train.n; i++)
    train[task->train.label[i]]++;
  for (size_t i = 0; i < task->test.n; i++)
    test[task->test.label[i]]++;
  assert_int_equal(train[0], 1681);
  assert_int_equal(train[1], 1702);
  assert_int_equal(train[2], 1617);
  assert_int_equal(test[0], 350);
  assert_int_equal(test[1], 316);
  assert_int_equal(test[2], 334);
  ms_task_destroy(task);
}

static void a_shorter_split_is_the_head_of_the_published_one(void **state) {
  (void)state;
  ms_task *all, *some;
  ms_task_options options = {.name = "yinyang"};
  assert_int_equal(ms_task_create(&options, &all, NULL), MS_OK);
  options.n_train = 37;
  assert_int_equal(ms_task_create(&options, &some, NULL), MS_OK);
  assert_int_equal(some->train.n, 37);
  assert_memory_equal(some->train.value, all->train.value, 37 * 4 * sizeof(double));
  ms_task_destroy(all);
  ms_task_destroy(some);
}

static void wrong_requests_are_refused_with_a_reason(void **state) {
  (void)state;
  ms_task *task;
  ms_error err;
  ms_task_options options = {.name = "yingyang"};
  assert_int_equal(ms_task_create(&options, &task, &err), MS_EMISSING);
  assert_non_null(strstr(err.text, "yingyang"));
  options = (ms_task_options){.name = "yinyang", .n_test = 1001};
  assert_int_equal(ms_task_create(&options, &task, &err), MS_ERANGE);
  assert_non_null(strstr(err.text, "1000"));
}

static void latency_code_puts_events_at_their_times_in_order(void **state) {
  (void)state;
  ms_encoding e = {
      .tau_s = 10e-6, .first_tau = 0.15, .last_tau = 2.0, .bias_tau = 0.9, .window_tau = 4};
  double value[4] = {1, 0, 0.5, 0};
  ms_event event[5];
  assert_int_equal(ms_encode(&e, value, 4, event), 5);
  ms_time t[5] = {1500000, 1500000, 9000000, 10750000, 20000000};
  uint16_t address[5] = {1, 3, 4, 2, 0};
  for (int i = 0; i < 5; i++) {
    assert_int_equal(event[i].t, t[i]);
    assert_int_equal(event[i].address, address[i]);
  }
  e.bias_tau = -1;
  assert_int_equal(ms_encode(&e, value, 4, event), 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(generator_gives_the_published_words),
      cmocka_unit_test(yinyang_is_the_published_set),
      cmocka_unit_test(a_shorter_split_is_the_head_of_the_published_one),
      cmocka_unit_test(wrong_requests_are_refused_with_a_reason),
      cmocka_unit_test(latency_code_puts_events_at_their_times_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
