/* SPDX-License-Identifier: Apache-2.0 */
/* The deviation ledger on two dies: interrupted and continued it repeats nothing, and the table
 * engine is near ngspice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bench/ledger.h"

typedef struct watch {
  int reports, cancel_after;
  volatile int cancel;
} watch;

static void count_reports(void *user, const ms_progress *progress) {
  watch *w = user;
  (void)progress;
  w->cancel = ++w->reports == w->cancel_after;
}

static int count_lines(const char *path) {
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  int n = 0;
  for (int c; (c = getc(f)) != EOF;)
    n += c == '\n';
  fclose(f);
  return n;
}

static double number(const cJSON *row, const char *key) {
  const cJSON *item = cJSON_GetObjectItem(row, key);
  assert_non_null(item);
  return item->valuedouble;
}

static void an_interrupted_ledger_goes_on_and_holds_table_against_ngspice(void **state) {
  (void)state;
  char path[] = "/tmp/mixspike-ledger-XXXXXX", *json;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  unlink(path);
  ms_error err = {0};
  watch w = {.cancel_after = 1};
  ms_ledger_options options = {
      .n_die = 2, .only = "soma acc", .file = path, .control = {count_reports, &w, &w.cancel}};
  assert_int_equal(ms_bench_ledger(&options, &json, &err), MS_EINTERRUPTED);
  assert_null(json);
  assert_int_equal(count_lines(path), 2);
  options.control.cancel = NULL;
  if (ms_bench_ledger(&options, &json, &err))
    fail_msg("%s", err.text);
  assert_int_equal(count_lines(path), 5);

  cJSON *object = cJSON_Parse(json);
  const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(object, "rows"), 0);
  assert_string_equal(cJSON_GetObjectItem(row, "corner")->valuestring, "all");
  assert_int_equal((int)number(row, "dies"), 2);
  assert_true(number(row, "count_equal") == 1);
  /* A first spike after 0.8 tau, then every 0.2 to 1 tau: 1 % of tau of shift after 4 tau is three
   * times what 200 dies showed at worst, and ten times less than a wrong bias makes. */
  assert_true(number(row, "tau_worst") < 0.01);
  assert_true(number(row, "ngspice_tau_worst") > 0);
  assert_true(number(row, "energy_worst") < 0.01);
  assert_int_equal((int)number(row, "unsure"), 0);
  cJSON_Delete(object);
  free(json);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_interrupted_ledger_goes_on_and_holds_table_against_ngspice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
