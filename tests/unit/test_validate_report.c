/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict over dies and what is written about it: JSON, CSV and XML that other programs read.
 */
#include "fixture_models.h"
#include "plan.h"
#include "state.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define AT "subckt: soma\n"
#define MEASURES                                                                                   \
  AT "measures:\n"                                                                                 \
     "  - {name: rate, kind: spike_rate, current: 150 nA, window: 150 us}\n"                       \
     "  - {name: fi, kind: fi_curve, currents: [10 nA, 20 nA, 40 nA], window: 1 ms, result: "      \
     "max}\n"                                                                                      \
     "  - {name: power, kind: static_power}\n"                                                     \
     "specs:\n"                                                                                    \
     "  - {measure: rate, name: 'rate <of> \"spikes\" & more', min: 10 Hz, max: 20 Hz, yield: 50 " \
     "%}\n"                                                                                        \
     "  - {measure: fi, max: 95 Hz, yield: 90 %}\n"                                                \
     "  - {measure: power, max: 1 uW}\n"

/* Four dies at two points; rate and its limits 10..20: die 0 good, 1 bad at the second point, 2 has
 * no value, 3 good at a limit. Dies 2 and 3 are too fast for `fi`. The power
 * was not measured. */
static ms_validation *make(fixture *f) {
  fixture_create(f);
  fixture_edit(f, "cells/soma/cell.yaml", AT, MEASURES);
  ms_validation *v = calloc(1, sizeof *v);
  assert_non_null(v);
  v->core = fixture_load(f);
  v->cell = v->core->soma;
  v->confidence = 0.95;
  v->n_point = 2;
  v->point = calloc(2, sizeof *v->point);
  v->point_name = calloc(2, sizeof *v->point_name);
  v->point_name[0] = strdup("tt 27 C 1.8 V");
  v->point_name[1] = strdup("ss 27 C 1.8 V");
  v->point[1].corner = 1;
  v->n_measure = 2;
  v->measure = calloc(2, sizeof *v->measure);
  v->offset = calloc(2, sizeof *v->offset);
  v->curve_n = calloc(2, sizeof *v->curve_n);
  v->curve_x = calloc(2, sizeof *v->curve_x);
  for (size_t k = 0; k < 2; k++) {
    v->measure[k] = &v->cell->measure[k];
    v->offset[k] = k;
    v->curve_n[k] = 3 * k;
    v->curve_x[k] = calloc(4, sizeof(double));
  }
  v->curve_x[1][0] = 1e-8;
  v->curve_x[1][1] = 2e-8;
  v->curve_x[1][2] = 4e-8;
  v->stride = 5;
  v->n_die = 4;
  v->first_die = 7;
  const double rate[] = {12, 19, 13, 21, 14, NAN, 10, 20};
  v->row = calloc(8 * 5, sizeof *v->row);
  for (size_t i = 0; i < 8; i++) {
    v->row[5 * i] = rate[i];
    for (size_t j = 1; j < 5; j++)
      v->row[5 * i + j] = 90 + (double)(i + j);
  }
  ms_error err = {0};
  assert_int_equal(ms_judge(v, &err), 0);
  return v;
}

static void test_verdict(void **state) {
  (void)state;
  fixture f;
  ms_validation *v = make(&f);
  assert_int_equal(v->spec[0].n_pass, 2);
  assert_true(v->spec[0].pass && v->spec[0].yield == 0.5);
  assert_int_equal(v->spec[0].worst_die, 9); /* without a value */
  assert_int_equal(v->spec[0].worst_point, 1);
  assert_int_equal(v->spec[0].point_pass[0], 4);
  assert_int_equal(v->spec[0].point_pass[1], 2);
  assert_false(v->spec[1].pass);
  assert_false(v->spec[2].measured);
  assert_int_equal(v->n_pass, 1);
  assert_false(ms_validation_passes(v));
  ms_spread s = ms_validation_spread(v, 0, 1);
  assert_int_equal(s.n_missing, 1);
  assert_true(s.max == 21 && s.mean == 20);
  ms_validation_destroy(v);
  fixture_destroy(&f);
}

static char *text_of(const ms_validation *v, ms_validation_format format) {
  char *text;
  ms_error err = {0};
  assert_int_equal(ms_validation_text(v, format, &text, &err), 0);
  return text;
}

static void test_json_can_be_read_back(void **state) {
  (void)state;
  fixture f;
  ms_validation *v = make(&f);
  char *text = text_of(v, MS_FORMAT_JSON);
  cJSON *root = cJSON_Parse(text);
  assert_non_null(root);
  assert_true(cJSON_IsFalse(cJSON_GetObjectItem(root, "ok")));
  const cJSON *spec = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "specs"), 0);
  assert_true(cJSON_GetObjectItem(spec, "yield")->valuedouble == 0.5);
  assert_true(cJSON_IsNull(cJSON_GetObjectItem(spec, "worst_value")));
  assert_string_equal(cJSON_GetObjectItem(spec, "name")->valuestring,
                      "rate <of> \"spikes\" & more");
  cJSON_Delete(root);
  free(text);
  ms_validation_destroy(v);
  fixture_destroy(&f);
}

static void test_csv_is_a_table(void **state) {
  (void)state;
  fixture f;
  ms_validation *v = make(&f);
  char *text = text_of(v, MS_FORMAT_CSV), *rest = text;
  size_t lines = 0;
  for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
    size_t commas = 0;
    for (const char *c = line; *c; c++)
      commas += *c == ',';
    assert_int_equal(commas, 3 + 5);
    if (lines == 6) /* die 9 at ss: no value, and its curve */
      assert_string_equal(line, "9,ss,0,0,,96,97,98,99");
  }
  assert_int_equal(lines, 1 + 8);
  free(text);
  ms_validation_destroy(v);
  fixture_destroy(&f);
}

/* Every element is closed in order and every & begins an entity. */
static void check_markup(const char *text, bool html) {
  char stack[64][32];
  size_t depth = 0;
  for (const char *c = text; *c; c++) {
    if (*c == '&')
      assert_true(strspn(c + 1, "abcdefghijklmnopqrstuvwxyz") > 0 && strchr(c, ';'));
    if (*c != '<')
      continue;
    const char *end = strchr(c, '>');
    assert_non_null(end);
    char name[32] = "";
    sscanf(c + 1 + (c[1] == '/'), "%31[a-z0-9]", name);
    bool empty = end[-1] == '/' || c[1] == '?' || c[1] == '!' ||
                 (html && (!strcmp(name, "meta") || !strcmp(name, "link")));
    if (c[1] == '/') {
      assert_true(depth > 0);
      assert_string_equal(stack[--depth], name);
    } else if (!empty) {
      assert_true(depth < 64);
      strcpy(stack[depth++], name);
    }
    c = end;
  }
  assert_int_equal(depth, 0);
}

static void test_xml_and_html_are_well_formed(void **state) {
  (void)state;
  fixture f;
  ms_validation *v = make(&f);
  char *xml = text_of(v, MS_FORMAT_JUNIT), *html = text_of(v, MS_FORMAT_HTML);
  check_markup(xml, false);
  assert_non_null(strstr(xml, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""));
  assert_non_null(strstr(xml, "rate &lt;of&gt; &quot;spikes&quot; &amp; more"));
  check_markup(html, true);
  assert_non_null(strstr(html, "rate &lt;of&gt;"));
  free(xml);
  free(html);
  ms_validation_destroy(v);
  fixture_destroy(&f);
}

static void test_state_gives_back_the_same_bits(void **state) {
  (void)state;
  fixture f;
  ms_validation *v = make(&f);
  char path[300];
  snprintf(path, sizeof path, "%s/state", f.dir);
  ms_state *s;
  ms_error err = {0};
  double row[5];
  size_t task;
  assert_int_equal(ms_state_open(path, true, v, &s, &err), MS_EMISSING);
  assert_int_equal(ms_state_open(path, false, v, &s, &err), 0);
  v->row[5] = 0.1 + 0.2;
  assert_int_equal(ms_state_add(s, 1, v->row + 5, 5, &err), 0);
  assert_int_equal(ms_state_add(s, 5, v->row + 25, 5, &err), 0);
  ms_state_close(s);
  assert_int_equal(ms_state_open(path, true, v, &s, &err), 0);
  assert_true(ms_state_next(s, &task, row, 5) && task == 1);
  assert_memory_equal(row, v->row + 5, sizeof row);
  assert_true(ms_state_next(s, &task, row, 5) && task == 5 && isnan(row[0]));
  assert_false(ms_state_next(s, &task, row, 5));
  ms_state_close(s);
  v->seed = 99;
  assert_int_equal(ms_state_open(path, true, v, &s, &err), MS_EDIFFERS);
  unlink(path);
  ms_validation_destroy(v);
  fixture_destroy(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_verdict),
      cmocka_unit_test(test_json_can_be_read_back),
      cmocka_unit_test(test_csv_is_a_table),
      cmocka_unit_test(test_xml_and_html_are_well_formed),
      cmocka_unit_test(test_state_gives_back_the_same_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
