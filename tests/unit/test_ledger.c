/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the deviation ledger: runs come back as they went in, a cut line is dropped, files of
 * other circuits and damaged lines are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bench/ledger_store.h"

enum { CHECKSUM = 4711 };

typedef struct fixture {
  char path[40];
  ms_error err;
} fixture;

static int setup(void **state) {
  fixture *f = *state = calloc(1, sizeof *f);
  if (!f)
    return -1;
  strcpy(f->path, "/tmp/mixspike-ledger-XXXXXX");
  int fd = mkstemp(f->path);
  close(fd);
  return fd < 0 || unlink(f->path);
}

static int teardown(void **state) {
  fixture *f = *state;
  unlink(f->path);
  free(f);
  return 0;
}

static ms_ledger_store *store_open(fixture *f) {
  ms_ledger_store *s;
  if (ms_ledger_store_open(f->path, CHECKSUM, &s, &f->err))
    fail_msg("%s", f->err.text);
  return s;
}

static void add_run(fixture *f, ms_ledger_store *s, const char *name, uint64_t die, size_t n) {
  ms_ledger_run run = {.n_spike = n, .spike = calloc(n + 1, sizeof(ms_event)), .energy_j = 2.5e-11};
  assert_non_null(run.spike);
  for (size_t i = 0; i < n; i++)
    run.spike[i] = (ms_event){.t = 1000000007u * (i + 1), .address = (uint16_t)(31 - i)};
  assert_int_equal(ms_ledger_store_add(s, name, die, 1, &run, &f->err), 0);
  assert_null(run.spike);
}

static void append(const fixture *f, const char *text) {
  FILE *file = fopen(f->path, "a");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void runs_come_back_as_they_went_in(void **state) {
  fixture *f = *state;
  ms_ledger_store *s = store_open(f);
  add_run(f, s, "soma acc", 1, 3);
  add_run(f, s, "core acc", 7, 0);
  ms_ledger_store_close(s);
  s = store_open(f);
  const ms_ledger_run *run = ms_ledger_store_find(s, "soma acc", 1, 1);
  assert_non_null(run);
  assert_int_equal(run->n_spike, 3);
  assert_true(run->spike[2].t == 3000000021u && run->spike[2].address == 29);
  assert_true(run->energy_j == 2.5e-11);
  assert_int_equal(ms_ledger_store_find(s, "core acc", 7, 1)->n_spike, 0);
  assert_null(ms_ledger_store_find(s, "core acc", 7, 2));
  assert_null(ms_ledger_store_find(s, "soma acc", 2, 1));
  ms_ledger_store_close(s);
}

static void a_line_cut_short_is_dropped(void **state) {
  fixture *f = *state;
  ms_ledger_store *s = store_open(f);
  add_run(f, s, "soma acc", 1, 2);
  ms_ledger_store_close(s);
  append(f, "soma acc\t2\t1\t0.1\t2e-11\t0:17");
  s = store_open(f);
  assert_null(ms_ledger_store_find(s, "soma acc", 2, 1));
  add_run(f, s, "soma acc", 3, 1);
  ms_ledger_store_close(s);
  s = store_open(f);
  assert_non_null(ms_ledger_store_find(s, "soma acc", 1, 1));
  assert_non_null(ms_ledger_store_find(s, "soma acc", 3, 1));
  ms_ledger_store_close(s);
}

static void runs_of_other_circuits_are_refused(void **state) {
  fixture *f = *state;
  ms_ledger_store *s = store_open(f);
  ms_ledger_store_close(s);
  assert_int_equal(ms_ledger_store_open(f->path, CHECKSUM + 1, &s, &f->err), MS_EDIFFERS);
  assert_null(s);
  assert_non_null(strstr(f->err.text, ":1: made with other circuits"));
}

static void a_damaged_line_is_named(void **state) {
  fixture *f = *state;
  ms_ledger_store *s = store_open(f);
  ms_ledger_store_close(s);
  append(f, "soma acc\t2\t1\t0.1\t2e-11\t0;17\n");
  assert_int_equal(ms_ledger_store_open(f->path, CHECKSUM, &s, &f->err), MS_EPARSE);
  assert_non_null(strstr(f->err.text, ":2: not a run"));
}

static void another_file_is_left_alone(void **state) {
  fixture *f = *state;
  ms_ledger_store *s;
  append(f, "hello\n");
  assert_int_equal(ms_ledger_store_open(f->path, CHECKSUM, &s, &f->err), MS_EPARSE);
  assert_non_null(strstr(f->err.text, ":1: not a ledger"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(runs_come_back_as_they_went_in, setup, teardown),
      cmocka_unit_test_setup_teardown(a_line_cut_short_is_dropped, setup, teardown),
      cmocka_unit_test_setup_teardown(runs_of_other_circuits_are_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(a_damaged_line_is_named, setup, teardown),
      cmocka_unit_test_setup_teardown(another_file_is_left_alone, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
