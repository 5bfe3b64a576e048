/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML reader: values, units, and that every kind of bad input gets its one clear message. */
#include "yaml/unit.h"
#include "yaml/yaml.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ms_yaml *parse(const char *text) {
  ms_yaml *doc = NULL;
  ms_error err = {0};
  if (ms_yaml_parse("f.yaml", text, strlen(text), &doc, &err))
    fail_msg("%s", err.text);
  return doc;
}

/* The text must be refused while it is read. */
static void refuse(const char *text, int code, const char *message) {
  ms_yaml *doc = NULL;
  ms_error err = {0};
  assert_int_equal(ms_yaml_parse("f.yaml", text, strlen(text), &doc, &err), code);
  assert_null(doc);
  if (!strstr(err.text, message))
    fail_msg("'%s' lacks '%s'", err.text, message);
}

static void expect(ms_yaml *doc, int code, const char *message) {
  ms_error err = {0};
  int rc = ms_yaml_finish(doc, &err);
  if (rc != code || strcmp(err.text, message) != 0)
    fail_msg("got %d '%s'\nwant %d '%s'", rc, err.text, code, message);
  ms_yaml_destroy(doc);
}

static void test_values_of_every_kind(void **state) {
  (void)state;
  ms_yaml *doc = parse("name: dpi\nn: 12\nhex: 0x10\nx: -1.5e3\non: true\nv: 1.8 V\n"
                       "list: [1, 2, 3]\nmap: {a: 5 pA, b: '10 us'}\nkind: soma\n");
  ms_yaml_node *root = ms_yaml_root(doc), *map = ms_yaml_map(root, "map");
  ms_yaml_node *list = ms_yaml_list(root, "list", 1, 3);
  static const char *const kinds[] = {"dac", "soma", NULL};
  assert_string_equal(ms_yaml_string(root, "name"), "dpi");
  assert_string_equal(ms_yaml_name(root, "name"), "dpi");
  assert_int_equal(ms_yaml_int(root, "n", 1, 100), 12);
  assert_int_equal(ms_yaml_int(root, "hex", 1, 100), 16);
  assert_true(ms_yaml_real(root, "x", -INFINITY, INFINITY) == -1500);
  assert_true(ms_yaml_bool(root, "on"));
  assert_true(ms_yaml_quantity(root, "v", "V", 0, 5) == 1.8);
  assert_int_equal(ms_yaml_count(list), 3);
  assert_int_equal(ms_yaml_int(ms_yaml_item(list, 2), NULL, 0, 9), 3);
  assert_true(ms_yaml_quantity(map, "a", "A", 0, 1) == 5e-12);
  assert_int_equal(ms_yaml_time(map, "b", 0, 1000000000), 10000000);
  assert_int_equal(ms_yaml_choice(root, "kind", kinds), 1);
  assert_string_equal(ms_yaml_key(ms_yaml_item(map, 1)), "b");
  assert_int_equal(ms_yaml_line(map), 8);
  assert_int_equal(ms_yaml_int_or(root, "absent", 7, 0, 9), 7);
  assert_null(ms_yaml_find(root, "absent2"));
  expect(doc, MS_OK, "");
}

static void test_quantities_are_exact_and_checked(void **state) {
  (void)state;
  static const struct {
    const char *text, *unit;
    double value;
  } good[] = {
      {"0.5 um", "m", 0.5e-6},
      {"7.0 mV.um", "V.m", 7.0e-9},
      {"1.0 %.um", "m", 1.0e-8},
      {"1.2 fF/um^2", "F/m^2", 1.2e-3},
      {"1.2 fF/um2", "F/m^2", 1.2e-3},
      {"100 MHz", "Hz", 1e8},
      {"5 \xc2\xb5s", "s", 5e-6},
      {"-40 C", "C", -40},
      {"27 degC", "C", 27},
      {"5 %", "1", 0.05},
      {"0.05", "1", 0.05},
      {"5pA", "A", 5e-12},
      {"1e-3 V", "V", 1e-3},
      {"1 V.A", "W", 1},
      {"3 Ohm", "V/A", 3},
      {"2 Hz", "1/s", 2},
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    double value = 0;
    if (ms_quantity_parse(good[i].text, good[i].unit, &value) || value != good[i].value)
      fail_msg("'%s' in %s gives %.17g", good[i].text, good[i].unit, value);
  }
  static const struct {
    const char *text, *unit;
    int code;
  } bad[] = {
      {"5", "V", MS_EUNIT},      {"5 A", "V", MS_EUNIT},      {"5 mm", "s", MS_EUNIT},
      {"5 xV", "V", MS_EUNIT},   {"V", "V", MS_EPARSE},       {"", "V", MS_EPARSE},
      {"5 V V", "V", MS_EUNIT},  {"5 V/", "V", MS_EUNIT},     {"5 V^9", "V", MS_EUNIT},
      {"nan V", "V", MS_EPARSE}, {"1e999 V", "V", MS_EPARSE}, {"0x5 V", "V", MS_EUNIT},
      {"5 kC", "C", MS_EUNIT},   {"5,0 V", "V", MS_EUNIT},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    double value;
    int rc = ms_quantity_parse(bad[i].text, bad[i].unit, &value);
    if (rc != bad[i].code)
      fail_msg("'%s' in %s gives %d", bad[i].text, bad[i].unit, rc);
  }
}

static void test_quantities_print_with_prefix(void **state) {
  (void)state;
  char buf[48];
  assert_string_equal(ms_quantity_format(5e-12, "A", buf, sizeof buf), "5 pA");
  assert_string_equal(ms_quantity_format(1.8, "V", buf, sizeof buf), "1.8 V");
  assert_string_equal(ms_quantity_format(0, "V", buf, sizeof buf), "0 V");
  assert_string_equal(ms_quantity_format(1e-3, "s", buf, sizeof buf), "1 ms");
  assert_string_equal(ms_quantity_format(-40, "C", buf, sizeof buf), "-40 C");
  assert_string_equal(ms_quantity_format(0.25, "1", buf, sizeof buf), "0.25");
}

static void test_unknown_key_names_file_line_and_allowed_keys(void **state) {
  (void)state;
  ms_yaml *doc = parse("name: a\nsupply:\n  min: 1 V\n  maks: 2 V\n");
  ms_yaml_node *root = ms_yaml_root(doc), *supply = ms_yaml_map(root, "supply");
  ms_yaml_string(root, "name");
  ms_yaml_quantity(supply, "min", "V", 0, 5);
  ms_yaml_quantity_or(supply, "max", "V", 3, 0, 5);
  expect(doc, MS_EPARSE,
         "f.yaml:4: key 'supply.maks': unknown (did you mean 'max'?); allowed: min, max");
}

static void test_missing_key_names_what_was_probably_meant(void **state) {
  (void)state;
  ms_yaml *doc = parse("nmae: a\n");
  assert_string_equal(ms_yaml_string(ms_yaml_root(doc), "name"), "");
  expect(doc, MS_EPARSE, "f.yaml:1: key 'name' is missing (is 'nmae' in line 1 meant?)");
  doc = parse("a:\n  - {b: 1}\n");
  ms_yaml_node *list = ms_yaml_list(ms_yaml_root(doc), "a", 1, 9);
  ms_yaml_int(ms_yaml_item(list, 0), "other", 0, 1);
  expect(doc, MS_EPARSE, "f.yaml:2: key 'a[0]': key 'other' is missing");
}

static void test_wrong_values_say_what_is_allowed(void **state) {
  (void)state;
  static const char *const kinds[] = {"soma", "synapse", NULL};
  const char *text = "i: 1.5\nr: 300\nv: 1.8 A\nw: 9 V\nk: somma\nb: yes\ne:\nl: [1, 2]\nn: a b\n";
#define CHECK(call, code, message)                                                                 \
  do {                                                                                             \
    ms_yaml *doc = parse(text);                                                                    \
    ms_yaml_node *root = ms_yaml_root(doc);                                                        \
    (void)(call);                                                                                  \
    expect(doc, code, message);                                                                    \
  } while (0)
  CHECK(ms_yaml_int(root, "i", 0, 9), MS_EPARSE,
        "f.yaml:1: key 'i': '1.5' is not a whole number; allowed: 0 to 9");
  CHECK(ms_yaml_int(root, "r", 1, 255), MS_ERANGE,
        "f.yaml:2: key 'r': 300 is out of range; allowed: 1 to 255");
  CHECK(ms_yaml_quantity(root, "v", "V", 1, 2), MS_EUNIT,
        "f.yaml:3: key 'v': '1.8 A' is not a voltage in a unit like V; allowed: 1 V to 2 V");
  CHECK(ms_yaml_quantity(root, "w", "V", 0.001, 2), MS_ERANGE,
        "f.yaml:4: key 'w': 9 V is out of range; allowed: 1 mV to 2 V");
  CHECK(ms_yaml_choice(root, "k", kinds), MS_EPARSE,
        "f.yaml:5: key 'k': 'somma' is unknown (did you mean 'soma'?); allowed: soma, synapse");
  CHECK(ms_yaml_bool(root, "b"), MS_EPARSE,
        "f.yaml:6: key 'b': 'yes' is neither; allowed: true, false");
  CHECK(ms_yaml_string(root, "e"), MS_EPARSE, "f.yaml:7: key 'e': is empty; a text is needed");
  CHECK(ms_yaml_map(root, "e"), MS_EPARSE,
        "f.yaml:7: key 'e': is empty; a mapping (key: value) is needed");
  CHECK(ms_yaml_list(root, "l", 3, 4), MS_ERANGE,
        "f.yaml:8: key 'l': has 2 items; allowed: 3 to 4");
  CHECK(ms_yaml_string(root, "l"), MS_EPARSE,
        "f.yaml:8: key 'l': must be a single value, not a list");
  CHECK(ms_yaml_name(root, "n"), MS_EPARSE,
        "f.yaml:9: key 'n': 'a b' is not a name; allowed: letters, digits and '_', a letter first, "
        "at most 63 characters");
  CHECK(ms_yaml_real(root, "w", 0, 1), MS_EPARSE,
        "f.yaml:4: key 'w': '9 V' is not a number without unit; allowed: 0 to 1");
  CHECK(ms_yaml_string(ms_yaml_map(root, "i"), "x"), MS_EPARSE,
        "f.yaml:1: key 'i': must be a mapping (key: value), not a single value");
#undef CHECK
}

static void test_first_error_wins_and_later_getters_are_harmless(void **state) {
  (void)state;
  ms_yaml *doc = parse("a: x\nb: y\n");
  ms_yaml_node *root = ms_yaml_root(doc);
  assert_int_equal(ms_yaml_int(root, "a", 0, 9), 0);
  assert_int_equal(ms_yaml_int(root, "b", 0, 9), 0);
  assert_string_equal(ms_yaml_string(ms_yaml_map(root, "c"), "d"), "");
  assert_null(ms_yaml_item(NULL, 3));
  expect(doc, MS_EPARSE, "f.yaml:1: key 'a': 'x' is not a whole number; allowed: 0 to 9");
}

static void test_malformed_and_unsafe_files_are_refused(void **state) {
  (void)state;
  refuse("a: [1, 2\n", MS_EPARSE, "f.yaml:2: not valid YAML");
  refuse("a: 1\na: 2\n", MS_EPARSE, "f.yaml:2: key 'a' is given twice, first in line 1");
  refuse("a: &x 1\nb: *x\n", MS_EREFUSED, "f.yaml:1: anchors");
  refuse("a: !!python/object x\n", MS_EREFUSED, "f.yaml:1: tags");
  refuse("a: 1\n---\nb: 2\n", MS_EPARSE, "f.yaml:2: only one document");
  refuse("", MS_EPARSE, "empty");
  refuse("? [a]\n: 1\n", MS_EPARSE, "f.yaml:1: a key must be a plain word");
  refuse("a: \"x\\0y\"\n", MS_EREFUSED, "NUL");
  refuse("a: \x80\xff\n", MS_EPARSE, "f.yaml:1: not valid YAML");
  char deep[200] = "a: ";
  memset(deep + 3, '[', 40);
  refuse(deep, MS_EREFUSED, "nested too deeply");
  ms_yaml *doc = parse("---\n...\n");
  assert_null(ms_yaml_root(doc));
  expect(doc, MS_EPARSE, "f.yaml:2: the file must hold keys and values (key: value)");
  doc = parse("- 1\n- 2\n");
  assert_null(ms_yaml_root(doc));
  expect(doc, MS_EPARSE, "f.yaml:1: the file must hold keys and values (key: value)");
}

static void test_missing_file_is_named(void **state) {
  (void)state;
  ms_yaml *doc;
  ms_error err = {0};
  assert_int_equal(ms_yaml_read("/nonexistent/x.yaml", &doc, &err), MS_EMISSING);
  assert_non_null(strstr(err.text, "/nonexistent/x.yaml"));
}

static void test_numbers_do_not_depend_on_the_locale(void **state) {
  (void)state;
  char *end;
  assert_true(ms_strtod("1.8", &end) == 1.8);
  assert_int_equal(*end, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values_of_every_kind),
      cmocka_unit_test(test_quantities_are_exact_and_checked),
      cmocka_unit_test(test_quantities_print_with_prefix),
      cmocka_unit_test(test_unknown_key_names_file_line_and_allowed_keys),
      cmocka_unit_test(test_missing_key_names_what_was_probably_meant),
      cmocka_unit_test(test_wrong_values_say_what_is_allowed),
      cmocka_unit_test(test_first_error_wins_and_later_getters_are_harmless),
      cmocka_unit_test(test_malformed_and_unsafe_files_are_refused),
      cmocka_unit_test(test_missing_file_is_named),
      cmocka_unit_test(test_numbers_do_not_depend_on_the_locale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
