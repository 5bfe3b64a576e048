/* SPDX-License-Identifier: Apache-2.0 */
/* Samples that no simulator could run: a study keeps the reason of the first in its state and tells
 * it in what people read, whether the sample was to measure or to confirm. No simulator fails on
 * demand, so failures are written into the state of a study that is done. */
#include "study_files.h"

#define STUDY HEAD "methods: [{name: a}, {name: b}]\nconfirm: {analog: table, samples: 2}\n"
#define REASON "time step . <too> small"

static ms_study *opened(void) {
  ms_study *study;
  ms_error err = {0};
  if (load(STUDY, &study, &err))
    fail_msg("%s", err.text);
  return study;
}

/* Copies a line with another number at a place (0: the first after the word) and a reason. */
static void change(const char *line, int place, FILE *out) {
  char copy[2000], *rest = copy, *word;
  snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
  for (int i = -1; (word = strtok_r(rest, " ", &rest)) != NULL; i++) {
    if (!strcmp(word, ".") && !*rest)
      fputs("!" REASON " .\n", out);
    else
      fprintf(out, "%s ", i == place ? "0x1p+0" : word);
  }
}

/* In the state of `name`: a failed sample of method b on the second die, one of method a that was
 * to confirm. Number 5 of an item, 3 of a confirmation is how many failed. */
static void let_fail(const char *name) {
  char path[100], line[4000], *text;
  size_t size;
  snprintf(path, sizeof path, "%s/%s/state.txt", folder, name);
  FILE *in = fopen(path, "r"), *out = open_memstream(&text, &size);
  int changed = 0;
  while (fgets(line, sizeof line, in)) {
    if (!strncmp(line, "item 3 ", 7))
      changed++, change(line, 5, out);
    else if (!strncmp(line, "confirm 0 ", 10))
      changed++, change(line, 3, out);
    else
      fputs(line, out);
  }
  assert_int_equal(changed, 2);
  assert_int_equal(fclose(in) | fclose(out), 0);
  assert_int_equal(ms_write_file(path, text, size, NULL), MS_OK);
  free(text);
}

static void has(const ms_study_report *r, ms_study_format format, const char *words, int wanted) {
  char *text;
  assert_int_equal(ms_study_text(r, format, &text, NULL), MS_OK);
  if ((strstr(text, words) != NULL) != wanted)
    fail_msg("format %d %s '%s':\n%s", format, wanted ? "lacks" : "has", words, text);
  free(text);
}

static void a_reason_is_kept_and_told(void **state) {
  (void)state;
  ms_study *study = opened();
  ms_study_report r;
  assert_int_equal(run(study, "failing", 0, 1 << 30, &r), MS_OK);
  has(&r, MS_STUDY_TABLE, "failed", 0);
  has(&r, MS_STUDY_HTML, "Samples that failed", 0);
  ms_study_report_clear(&r);
  let_fail("failing");
  assert_int_equal(run(study, "failing", 1, 1 << 30, &r), MS_OK);
  assert_string_equal(r.item[3].failure, REASON);
  assert_string_equal(r.confirmation[0].failure, REASON);
  assert_true(!r.item[0].failure[0] && !r.confirmation[1].failure[0]);
  has(&r, MS_STUDY_TABLE, "nominal, b: 1 of 18, first on die 11: " REASON "\n", 1);
  has(&r, MS_STUDY_TABLE, "a: 1 of 2 that were to confirm, first on die 10: " REASON "\n", 1);
  has(&r, MS_STUDY_HTML, "first on die 11: time step . &lt;too&gt; small\n", 1);
  ms_study_report_clear(&r);
  ms_study_destroy(study);
}

/* The task's table may lie elsewhere, or be gone, when a study is only looked at. */
static void a_report_needs_no_data_of_the_task(void **state) {
  (void)state;
  ms_study *study;
  ms_error err = {0};
  if (load(STUDY "tasks: [{name: gone, task: {name: csv, file: gone.csv}}]\n", &study, &err))
    fail_msg("%s", err.text);
  ms_study_destroy(study);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_reason_is_kept_and_told),
      cmocka_unit_test(a_report_needs_no_data_of_the_task),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
