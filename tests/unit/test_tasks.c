/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks from files and the temporal XOR: splits and their statistics are pinned, and what a file
 * says wrong is named with its line. */
#include "mixspike/task.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/mixspike-tasks-XXXXXX", path[100];

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

static FILE *begin(const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  return f;
}

static ms_task *make(const ms_task_options *options) {
  ms_task *task;
  ms_error err = {0};
  if (ms_task_create(options, &task, &err))
    fail_msg("%s", err.text);
  return task;
}

static void refused(const ms_task_options *options, const char *a, const char *b) {
  ms_task *task;
  ms_error err = {0};
  assert_true(ms_task_create(options, &task, &err) < 0);
  assert_null(task);
  if (!strstr(err.text, a) || !strstr(err.text, b))
    fail_msg("message '%s' lacks '%s' or '%s'", err.text, a, b);
}

/* 60 samples of class "a", 40 of "b"; the second column is constant. */
static void write_table(const char *last_line) {
  FILE *f = begin("t.csv");
  fputs("x,kind,y\n", f);
  for (int i = 0; i < 100; i++)
    fprintf(f, "%d,%s,7\r\n", 10 * i, i % 5 < 3 ? "b" : "a");
  fputs(last_line, f);
  fclose(f);
}

static void a_table_is_split_class_by_class_and_scaled(void **state) {
  (void)state;
  write_table("");
  ms_task_options o = {.name = "csv", .file = path, .label = "kind"};
  ms_task *t = make(&o), *again = make(&o);
  assert_int_equal(t->n_value, 2);
  assert_int_equal(t->n_class, 2);
  assert_int_equal(t->train.n, 64);
  assert_int_equal(t->validation.n, 16);
  assert_int_equal(t->test.n, 20);
  size_t b = 0;
  for (size_t i = 0; i < t->test.n; i++)
    b += t->test.label[i];
  assert_int_equal(b, 12); /* classes in the order of their names */
  double low = 1, high = 0;
  for (size_t i = 0; i < t->train.n; i++) {
    low = fmin(low, t->train.value[2 * i]);
    high = fmax(high, t->train.value[2 * i]);
    assert_true(t->train.value[2 * i + 1] == 0);
  }
  assert_true(low == 0 && high == 1);
  assert_memory_equal(t->train.value, again->train.value, t->train.n * 2 * sizeof(double));
  ms_task_destroy(again);
  o.split = 3;
  again = make(&o);
  assert_int_equal(again->test.n, 20);
  assert_memory_not_equal(t->test.value, again->test.value, t->test.n * 2 * sizeof(double));
  ms_task_destroy(again);
  o.split = 0;
  o.n_train = 10;
  again = make(&o);
  assert_int_equal(again->train.n, 10);
  /* Scaled by the whole training split, whatever part is used: the head stays the head. */
  assert_memory_equal(again->train.label, t->train.label, 10);
  ms_task_destroy(again);
  ms_task_destroy(t);
  unlink(path);
}

static void what_a_table_says_wrong_is_named(void **state) {
  (void)state;
  ms_task_options o = {.name = "csv", .file = path, .label = "kind"};
  write_table("1,a\n");
  refused(&o, "t.csv:102", "2 fields instead of 3");
  write_table("1,a,x7\n");
  refused(&o, "t.csv:102", "'x7' is not a number");
  write_table("");
  o.label = "colour";
  refused(&o, "t.csv", "'colour'");
  o.label = "kind";
  o.n_test = 21;
  refused(&o, "20 test samples", "21");
  unlink(path);
  refused(&o, "t.csv", "");
  refused(&(ms_task_options){.name = "csv"}, "file", "csv");
}

static void put(FILE *f, uint32_t word) {
  for (int k = 3; k >= 0; k--)
    fputc((int)(word >> 8 * k & 0xff), f);
}

static void write_idx(const char *part, uint32_t n, uint32_t side) {
  char name[40];
  snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
  FILE *f = begin(name);
  put(f, 0x803), put(f, n), put(f, side), put(f, side);
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t k = 0; k < side * side; k++)
      fputc(k / side == 2   ? 255
            : k % side == 2 ? 102
                            : 0,
            f); /* the crop's first line and column */
  fclose(f);
  snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
  f = begin(name);
  put(f, 0x801), put(f, n);
  for (uint32_t i = 0; i < n; i++)
    fputc((int)(i % 10), f);
  fclose(f);
}

static void remove_idx(void) {
  static const char *const name[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                     "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, name[i]);
    unlink(path);
  }
}

static void images_become_latencies_of_16_x_16_pixels(void **state) {
  (void)state;
  write_idx("train", 24, 28);
  write_idx("t10k", 6, 28);
  ms_task_options o = {.name = "mnist", .file = folder};
  ms_task *t = make(&o);
  assert_int_equal(t->n_value, 256);
  assert_int_equal(t->train.n, 22);
  assert_int_equal(t->validation.n, 2);
  assert_int_equal(t->test.n, 6);
  assert_int_equal(t->test.label[5], 5);
  assert_int_equal(t->validation.label[0], 2);
  const double *v = t->test.value;
  /* An output pixel covers 1.5 lines: the white line gives two thirds of the first row. */
  assert_true(fabs(v[5] - (1 - 1 / 1.5)) < 1e-9);
  assert_true(fabs(v[16] - (1 - 0.4 / 1.5)) < 1e-9);
  assert_true(v[17] < 0); /* dark: no event */
  ms_event event[257];
  ms_encoding e = {.tau_s = 1e-5, .first_tau = 0.15, .last_tau = 2, .bias_tau = 0.9};
  assert_int_equal(ms_encode(&e, v, 256, event), 32);
  ms_task_destroy(t);
  write_idx("t10k", 6, 20);
  refused(&o, "t10k-images-idx3-ubyte", "28 x 28");
  remove_idx();
  refused(&o, "train-images", "mixspike data");
}

static void temporal_xor_has_its_statistics(void **state) {
  (void)state;
  ms_task_options o = {.name = "xor", .n_train = 2000};
  ms_task *t = make(&o);
  assert_int_equal(t->test.n, 1000);
  assert_int_equal(t->n_class, 2);
  ms_encoding e = {.tau_s = 1e-5,
                   .first_tau = 0.15,
                   .last_tau = 3,
                   .bias_tau = -1,
                   .window_tau = 4,
                   .per_input = t->per_input};
  assert_int_equal(ms_encoding_inputs(&e, t->n_value), 2);
  size_t differs = 0, events = 0;
  for (size_t i = 0; i < t->train.n; i++) {
    ms_event event[64];
    size_t n = ms_encode(&e, t->train.value + i * t->n_value, t->n_value, event);
    assert_true(n >= 6 && n <= 12);
    /* The sign of each pulse is the input of its events; the class says whether they differ. */
    assert_int_equal(event[0].address != event[n - 1].address, t->train.label[i]);
    assert_true(event[0].t >= 1500000 && event[n - 1].t <= 30000000);
    differs += t->train.label[i];
    events += n;
  }
  /* As drawn; half of 2000 and 4.8 events a pulse are expected. */
  assert_int_equal(differs, 1028);
  assert_int_equal(events, 19277);
  ms_task_destroy(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_table_is_split_class_by_class_and_scaled),
      cmocka_unit_test(what_a_table_says_wrong_is_named),
      cmocka_unit_test(images_become_latencies_of_16_x_16_pixels),
      cmocka_unit_test(temporal_xor_has_its_statistics),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
