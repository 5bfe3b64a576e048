/* SPDX-License-Identifier: Apache-2.0 */
/* Experiment files: values and defaults arrive, and every kind of mistake is named with its place.
 */
#include "mixspike/experiment.h"
#include "mixspike/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD                                                                                       \
  "name: small\ncore: dpi16\nanalog: model\ndigital: ideal\n"                                      \
  "network: {hidden: 8}\ntask: {name: yinyang}\n"
#define DIES "dies: {training: [0-2, 7], validation: [8], held_out: [10]}\n"

static void values_and_defaults_arrive(void **state) {
  (void)state;
  ms_experiment *e;
  ms_error err = {0};
  const char *text = HEAD DIES "training: {epochs: 3, loop: {batches: 2}}\nbiases: {a.b: 0x103}\n"
                               "pvt: {temperature: 60 C, supply: 1.7 V}\n";
  if (ms_experiment_parse(text, "x.yaml", &e, &err))
    fail_msg("%s", err.text);
  assert_int_equal(e->hidden, 8);
  assert_int_equal(e->parallel, 1);
  assert_int_equal(e->epochs, 3);
  assert_int_equal(e->loop_batches, 2);
  assert_int_equal(e->n_training_die, 4);
  assert_int_equal(e->training_die[2], 2);
  assert_int_equal(e->training_die[3], 7);
  assert_int_equal(e->n_validation_die, 1);
  assert_int_equal(e->validation_die[0], 8);
  assert_int_equal(e->held_out_die[0], 10);
  assert_int_equal(e->analog, MS_ENGINE_MODEL);
  assert_int_equal(e->bias[0].code, 0x103);
  assert_true(e->pvt.temp_set && e->pvt.temp_c == 60 && e->pvt.supply_v == 1.7);
  assert_true(e->encoding.bias_tau == 0.9);
  assert_string_equal(e->output, "out/small");
  assert_string_equal(e->text, text);
  ms_experiment_destroy(e);
}

static void refused(const char *text, const char *line, const char *word) {
  ms_experiment *e;
  ms_error err = {0};
  int rc = ms_experiment_parse(text, "x.yaml", &e, &err);
  if (!rc)
    fail_msg("accepted: %s", text);
  assert_null(e);
  if (!strstr(err.text, line) || !strstr(err.text, word))
    fail_msg("message '%s' lacks '%s' or '%s'", err.text, line, word);
}

static void mistakes_are_named_with_file_line_and_key(void **state) {
  (void)state;
  refused(HEAD DIES "trainning: {epochs: 3}\n", "x.yaml:8", "trainning");
  refused(HEAD DIES "training: {epoch: 3}\n", "x.yaml:8", "epoch");
  refused(HEAD DIES "training: {refit: {samples: 5}}\n", "x.yaml:8", "neurons: fitted");
  refused(HEAD DIES "training: {neurons: fitted, refit: {rounds: 0}}\n", "x.yaml:8", "rounds");
  refused(HEAD DIES "training: {rate: 30}\n", "x.yaml:8", "rate");
  refused(HEAD DIES "pvt: {temperature: 60 V}\n", "x.yaml:8", "temperature");
  refused(HEAD DIES "dac_bits: 9\n", "x.yaml:8", "1 to 8");
  refused(HEAD DIES "encoding: {first: 3}\n", "x.yaml:8", "first < last");
  refused(HEAD "dies: {training: [x]}\n", "x.yaml:7", "range like 0-7");
  refused(HEAD "dies: {training: [5-2]}\n", "x.yaml:7", "range like 0-7");
  refused(HEAD "dies: {held_out: [1]}\ntraining: {loop: {batches: 1}}\n", "x.yaml:7", "training");
}

static void a_die_cannot_be_trained_on_and_held_out(void **state) {
  (void)state;
  refused(HEAD "dies: {training: [0-9], held_out: [9-12]}\n", "x.yaml:7", "die 9");
  refused(HEAD "dies: {validation: [4-6], held_out: [6]}\n", "x.yaml:7", "die 6");
  refused(HEAD "dies: {training: [6], validation: [4-6]}\n", "x.yaml:7", "'validation'");
  refused(HEAD "dies: {training: [3, 3]}\n", "x.yaml:7", "twice");
}

/* A core named by a path is found beside the experiment, wherever one stands. */
static void a_core_is_found_beside_its_experiment(void **state) {
  (void)state;
  char folder[] = "/tmp/mixspike-experiment-XXXXXX", core[100], file[100], text[400], *manifest;
  size_t size;
  assert_non_null(mkdtemp(folder));
  snprintf(core, sizeof core, "%s/own.yaml", folder);
  snprintf(file, sizeof file, "%s/e.yaml", folder);
  snprintf(text, sizeof text,
           "name: x\ncore: own.yaml\nmodels_dir: " MS_TEST_MODELS_DIR
           "\nanalog: model\ndigital: ideal\nnetwork: {hidden: 3}\n"
           "task: {name: yinyang, train: 2, validation: 2, test: 2}\n" DIES);
  assert_int_equal(ms_read_file(MS_TEST_MODELS_DIR "/cores/dpi16.yaml", &manifest, &size, NULL), 0);
  char *name = strstr(manifest, "name: dpi16");
  assert_non_null(name);
  memcpy(name, "name: own16", 11);
  ms_experiment *e;
  ms_setup *s;
  ms_error err = {0};
  if (ms_write_file(file, text, strlen(text), &err) || ms_experiment_load(file, &e, &err))
    fail_msg("%s", err.text);
  assert_int_equal(ms_setup_create(e, &s, &err), MS_EMISSING);
  assert_non_null(strstr(err.text, "'core'"));
  assert_non_null(strstr(err.text, "own.yaml"));
  if (ms_write_file(core, manifest, size, &err) || ms_setup_create(e, &s, &err))
    fail_msg("%s", err.text);
  assert_string_equal(s->core->name, "own16");
  ms_setup_destroy(s);
  ms_experiment_destroy(e);
  free(manifest);
  unlink(core);
  unlink(file);
  rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_and_defaults_arrive),
      cmocka_unit_test(mistakes_are_named_with_file_line_and_key),
      cmocka_unit_test(a_die_cannot_be_trained_on_and_held_out),
      cmocka_unit_test(a_core_is_found_beside_its_experiment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
