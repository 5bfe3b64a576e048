/* SPDX-License-Identifier: Apache-2.0 */
/* A simulation worker that dies or falls silent costs its own run: the run is repeated and gives
 * the same result; when the tries are used up, the caller is told what happened. */
#include "integration/ngspice_runs.h"

static void survives(int signal_number, double timeout_s) {
  bench b;
  bench_open(&b, timeout_s, 2, 1);
  ms_run_spec spec = bench_spec(&b, 5 * US);
  outcome whole, hit;
  bench_run_outside(&b, &spec, (windows){0}, &whole);
  bench_run_outside(&b, &spec, (windows){.kill_at = 25, .signal = signal_number}, &hit);
  assert_true(whole.n >= 1);
  assert_true(bench_difference(&whole, &hit) == 0);
  assert_true(whole.result.energy_j == hit.result.energy_j);
  outcome_clear(&whole);
  outcome_clear(&hit);
  bench_close(&b);
}

static void a_killed_worker_is_replaced_and_the_run_repeated(void **state) {
  (void)state;
  survives(SIGKILL, 60);
  survives(SIGSEGV, 60);
}

static void a_hung_worker_is_given_up_and_the_run_repeated(void **state) {
  (void)state;
  survives(SIGSTOP, 5); /* well above what a healthy worker needs on a busy machine */
}

static void after_the_last_try_the_failure_is_reported(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 1);
  ms_run_spec spec = bench_spec(&b, 200 * US);
  ms_error err = {0};
  ms_report r;
  MUST(ms_group_start(b.group, &spec, must));
  MUST(ms_group_grant(b.group, spec.t_stop, 0, must));
  kill(ms_ngspice_group_pid(b.group), SIGKILL);
  assert_int_equal(ms_group_wait(b.group, &r, &err), MS_ECRASH);
  print_message("%s\n", err.text);
  assert_non_null(strstr(err.text, "signal 9"));
  assert_int_equal(ms_ngspice_group_pid(b.group), 0);
  /* The group itself is none the worse for it. */
  outcome o;
  spec = bench_spec(&b, 2 * US);
  spec.self_ack = &bench_ack;
  bench_run(&b, &spec, &o);
  outcome_clear(&o);
  bench_close(&b);
}

static void a_missing_worker_is_named(void **state) {
  (void)state;
  ms_service *s;
  ms_error err = {0};
  assert_int_equal(ms_service_create("/nonexistent/mixspike-ngspice", 5, &s, &err), MS_EMISSING);
  print_message("%s\n", err.text);
  assert_non_null(strstr(err.text, "/nonexistent/mixspike-ngspice"));
}

static void a_program_that_is_no_worker_is_refused(void **state) {
  (void)state;
  ms_service *s;
  ms_error err = {0};
  assert_int_equal(ms_service_create("/bin/true", 5, &s, &err), MS_ECRASH);
  print_message("%s\n", err.text);
}

/* Nothing is left behind when the process that uses the library is gone. */
static void workers_end_with_their_owner(void **state) {
  (void)state;
  int pipe_fd[2];
  assert_int_equal(pipe(pipe_fd), 0);
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    ms_service *s;
    pid_t worker = ms_service_create(NULL, 30, &s, NULL) ? 0 : ms_service_pid(s);
    if (write(pipe_fd[1], &worker, sizeof worker) != sizeof worker)
      _exit(1);
    pause();
    _exit(0);
  }
  pid_t worker = 0;
  assert_int_equal(read(pipe_fd[0], &worker, sizeof worker), sizeof worker);
  assert_true(worker > 0);
  assert_int_equal(kill(worker, 0), 0);
  char folder[256] = "", path[64];
  snprintf(path, sizeof path, "/proc/%d/cwd", (int)worker);
  assert_true(readlink(path, folder, sizeof folder - 1) > 0);
  assert_int_equal(access(folder, F_OK), 0);
  kill(child, SIGKILL);
  snprintf(path, sizeof path, "/proc/%d/exe", (int)worker);
  int left_ms = 5000;
  /* A zombie that nobody reaps here no longer has an executable. */
  char target[256];
  while (left_ms > 0 && readlink(path, target, sizeof target) > 0) {
    nanosleep(&(struct timespec){0, 10000000}, NULL);
    left_ms -= 10;
  }
  assert_true(left_ms > 0);
  assert_int_equal(access(folder, F_OK), -1);
  close(pipe_fd[0]);
  close(pipe_fd[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_killed_worker_is_replaced_and_the_run_repeated),
      cmocka_unit_test(a_hung_worker_is_given_up_and_the_run_repeated),
      cmocka_unit_test(after_the_last_try_the_failure_is_reported),
      cmocka_unit_test(a_missing_worker_is_named),
      cmocka_unit_test(a_program_that_is_no_worker_is_refused),
      cmocka_unit_test(workers_end_with_their_owner),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
