/* SPDX-License-Identifier: Apache-2.0 */
/* Packages: what is exported replays spike by spike; whatever is changed in it is refused. */
#include "mixspike/package.h"
#include "mixspike/record.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char experiment_text[] = "name: package_test\n"
                                      "core: dpi16\n"
                                      "analog: model\n"
                                      "digital: rtl\n"
                                      "network: {hidden: 5, outputs_per_class: 1}\n"
                                      "task: {name: yinyang, train: 10, validation: 10, test: 6}\n"
                                      "dies: {seed: 3, training: [0], held_out: [1-2]}\n"
                                      "golden: 4\n"
                                      "jobs: 2\n";

static const char *const files[] = {"manifest.json", "experiment.yaml", "config.hex",  "route.hex",
                                    "entry.hex",     "bias.hex",        "weights.csv", "biases.csv",
                                    "golden.h5",     "SHA256SUMS"};

typedef struct bench {
  char folder[64], package[96];
  ms_experiment *experiment;
  ms_setup *setup;
  ms_network *network;
  ms_neuron_model model;
} bench;

static char *in_package(const bench *b, const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", b->package, name);
  return path;
}

static int make(void **state) {
  bench *b = calloc(1, sizeof *b);
  ms_error err = {0};
  snprintf(b->folder, sizeof b->folder, "/tmp/mixspike-package-XXXXXX");
  if (!mkdtemp(b->folder))
    return -1;
  snprintf(b->package, sizeof b->package, "%s/package", b->folder);
  int rc = ms_experiment_parse(experiment_text, "package_test.yaml", &b->experiment, &err);
  if (!rc)
    rc = ms_setup_create(b->experiment, &b->setup, &err);
  if (!rc)
    rc = ms_network_create(5, 5, 3, 1, 1, b->setup->core->dac_bits, &b->network, &err);
  for (int i = 0; !rc && i < 25; i++)
    b->network->in[i] = (int16_t)(15 - (i * 7) % 20);
  for (int i = 0; !rc && i < 15; i++)
    b->network->out[i] = (int16_t)(15 - (i * 11) % 18);
  uint64_t die[] = {1, 2};
  if (!rc)
    rc = ms_neuron_model_nominal(b->setup->core, NULL, NULL, MS_SET_ACCELERATED, &b->model, &err);
  const ms_choice_note choice = {.candidate = "run/after \"loop\"",
                                 .candidates = 3,
                                 .quantile = 0.05,
                                 .accuracy = 0.75,
                                 .die = die,
                                 .n_die = 2,
                                 .samples = 6,
                                 .engine = MS_ENGINE_MODEL};
  const ms_package_origin origin = {.model = &b->model, .choice = &choice};
  if (!rc)
    rc = ms_package_write(b->setup, b->network, b->package, die, 2, &origin, NULL, &err);
  if (rc)
    print_error("%s\n", err.text);
  *state = b;
  return rc;
}

static int unmake(void **state) {
  bench *b = *state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    unlink(in_package(b, files[i]));
  rmdir(b->package);
  rmdir(b->folder);
  ms_network_destroy(b->network);
  ms_setup_destroy(b->setup);
  ms_experiment_destroy(b->experiment);
  free(b);
  return 0;
}

static void an_exported_package_replays_spike_by_spike(void **state) {
  bench *b = *state;
  ms_error err = {0};
  ms_replay_report report;
  int rc = ms_replay(b->package, NULL, &report, &err);
  if (rc)
    print_error("%s\n", err.text);
  assert_int_equal(rc, MS_OK);
  assert_int_equal(report.dies, 2);
  assert_int_equal(report.samples, 8);
  assert_int_equal(report.samples_equal, 8);
  assert_int_equal(report.decisions_equal, 8);
  assert_true(report.spikes > 8);
  assert_true(report.worst_s == 0.0);
}

/* The routers have one size and one map: what was exported for the RTL programs all of them. */
static void a_package_of_the_rtl_replays_on_every_router(void **state) {
  bench *b = *state;
  for (int k = 0; k < MS_N_ROUTER; k++) {
    const ms_router_kind kind = (ms_router_kind)k;
    const ms_replay_options options = {.digital = &kind};
    ms_error err = {0};
    ms_replay_report report;
    if (ms_replay(b->package, &options, &report, &err))
      fail_msg("%s: %s", ms_router_name(kind), err.text);
    assert_int_equal(report.samples_equal, 8);
    if (kind == MS_ROUTER_TLM)
      assert_true(report.worst_s == 0.0);
  }
}

static void a_package_gives_its_network_back(void **state) {
  bench *b = *state;
  ms_package *p = NULL;
  assert_int_equal(ms_package_open(b->package, &p, NULL), MS_OK);
  assert_int_equal(p->network->n_hidden, 5);
  assert_memory_equal(p->network->in, b->network->in, 25 * sizeof(int16_t));
  assert_memory_equal(p->network->out, b->network->out, 15 * sizeof(int16_t));
  ms_package_destroy(p);
}

/* Numbers go through decimal text: they come back to the last but one digit. */
static void near(double a, double b) {
  assert_true(fabs(a - b) <= 4e-16 * fabs(a));
}

static void a_package_gives_its_fitted_neuron_back(void **state) {
  bench *b = *state;
  ms_package *p = NULL;
  assert_int_equal(ms_package_open(b->package, &p, NULL), MS_OK);
  assert_non_null(p->model);
  near(b->model.tau_s, p->model->tau_s);
  near(b->model.ithr_a, p->model->ithr_a);
  near(b->model.compare_s, p->model->compare_s);
  assert_int_equal(p->model->n_row, b->model.n_row);
  for (unsigned r = 0; r < b->model.n_row; r++) {
    assert_int_equal(p->model->row[r].sign, b->model.row[r].sign);
    near(b->model.row[r].tau_s, p->model->row[r].tau_s);
    for (int k = 0; k < MS_MODEL_MAX_BITS; k++)
      near(b->model.row[r].iw_bit_a[k], p->model->row[r].iw_bit_a[k]);
  }
  ms_package_destroy(p);
}

static void a_manifest_says_how_its_configuration_was_picked(void **state) {
  bench *b = *state;
  char *text = NULL;
  assert_int_equal(ms_read_file(in_package(b, "manifest.json"), &text, NULL, NULL), MS_OK);
  static const char *const words[] = {
      "\"candidate\":\t\"run/after \\\"loop\\\"\"", "\"candidates\":\t3", "\"quantile\":\t0.05",
      "\"engine\":\t\"model\"", "\"validation_dies\":\t[\"1\", \"2\"]"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strstr(text, words[i]))
      fail_msg("%s is not in the manifest", words[i]);
  free(text);
}

/* One byte of each file in turn, in the middle and at the end. */
static void a_package_for_cores_of_another_size_is_refused_with_both_sizes(void **state) {
  bench *b = *state;
  ms_error err = {0};
  ms_package *p = NULL;
  ms_chip *chip = NULL;
  assert_int_equal(ms_package_open(b->package, &p, &err), 0);
  assert_int_equal(ms_chip_create(&b->setup->chip, &chip, &err), 0);
  assert_true(p->neurons >= 8 && p->inputs >= 5);
  assert_int_equal(ms_package_fits(p, chip, &err), 0);
  p->neurons += 1000;
  assert_int_equal(ms_package_fits(p, chip, &err), MS_EREFUSED);
  char size[32];
  snprintf(size, sizeof size, "%u neurons", p->neurons);
  assert_non_null(strstr(err.text, size));
  assert_non_null(strstr(err.text, b->package));
  p->neurons = 0; /* as packages of earlier versions */
  assert_int_equal(ms_package_fits(p, chip, &err), 0);
  ms_chip_destroy(chip);
  ms_package_destroy(p);
}

static void a_changed_byte_in_any_file_is_refused(void **state) {
  bench *b = *state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    for (int at_end = 0; at_end < 2; at_end++) {
      char *data = NULL;
      size_t size = 0;
      ms_error err = {0};
      assert_int_equal(ms_read_file(in_package(b, files[i]), &data, &size, NULL), MS_OK);
      size_t at = at_end ? size - 2 : size / 2;
      data[at] ^= 1;
      assert_int_equal(ms_write_file(in_package(b, files[i]), data, size, NULL), MS_OK);
      assert_int_equal(ms_package_verify(b->package, &err), MS_ETAMPERED);
      assert_non_null(strstr(err.text, b->package));
      ms_replay_report report;
      assert_int_equal(ms_replay(b->package, NULL, &report, NULL), MS_ETAMPERED);
      data[at] ^= 1;
      assert_int_equal(ms_write_file(in_package(b, files[i]), data, size, NULL), MS_OK);
      free(data);
    }
  assert_int_equal(ms_package_verify(b->package, NULL), MS_OK);
}

static void a_missing_file_is_named(void **state) {
  bench *b = *state;
  char moved[256], *path = in_package(b, "route.hex");
  ms_error err = {0};
  snprintf(moved, sizeof moved, "%s/route.hex", b->folder);
  assert_int_equal(rename(path, moved), 0);
  assert_int_equal(ms_package_verify(b->package, &err), MS_ETAMPERED);
  assert_non_null(strstr(err.text, "route.hex"));
  assert_int_equal(rename(moved, in_package(b, "route.hex")), 0);
}

static void a_folder_with_other_files_is_never_replaced(void **state) {
  bench *b = *state;
  uint64_t die = 1;
  ms_error err = {0};
  char note[128];
  snprintf(note, sizeof note, "%s/note", b->folder);
  assert_int_equal(ms_write_file(note, "x", 1, NULL), MS_OK);
  assert_int_equal(ms_package_write(b->setup, b->network, b->folder, &die, 1, NULL, NULL, &err),
                   MS_EREFUSED);
  assert_int_equal(access(note, F_OK), 0);
  unlink(note);
}

static void a_package_is_replaced_by_a_newer_one(void **state) {
  bench *b = *state;
  uint64_t die[] = {1, 2};
  b->network->in[0] = 3;
  assert_int_equal(ms_package_write(b->setup, b->network, b->package, die, 2, NULL, NULL, NULL),
                   MS_OK);
  ms_package *p = NULL;
  assert_int_equal(ms_package_open(b->package, &p, NULL), MS_OK);
  assert_int_equal(p->network->in[0], 3);
  ms_package_destroy(p);
}

/* The images are what the port writes say: words of route.hex are those written to the table. */
static void images_and_port_writes_agree(void **state) {
  bench *b = *state;
  ms_package *p = NULL;
  char *text = NULL, *rest = NULL;
  assert_int_equal(ms_package_open(b->package, &p, NULL), MS_OK);
  assert_int_equal(ms_read_file(in_package(b, "entry.hex"), &text, NULL, NULL), MS_OK);
  uint32_t k = 0;
  for (char *l = strtok_r(text, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest), k++) {
    uint32_t word = 0;
    for (size_t i = 0; i < p->n_write; i++)
      if (p->write[i][0] == 0x20000u + k)
        word = p->write[i][1];
    assert_int_equal(strtoul(l, NULL, 16), word);
  }
  assert_true(k >= 25);
  free(text);
  ms_package_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_exported_package_replays_spike_by_spike),
      cmocka_unit_test(a_package_of_the_rtl_replays_on_every_router),
      cmocka_unit_test(a_package_gives_its_network_back),
      cmocka_unit_test(a_package_gives_its_fitted_neuron_back),
      cmocka_unit_test(a_manifest_says_how_its_configuration_was_picked),
      cmocka_unit_test(a_package_for_cores_of_another_size_is_refused_with_both_sizes),
      cmocka_unit_test(a_changed_byte_in_any_file_is_refused),
      cmocka_unit_test(a_missing_file_is_named),
      cmocka_unit_test(a_folder_with_other_files_is_never_replaced),
      cmocka_unit_test(a_package_is_replaced_by_a_newer_one),
      cmocka_unit_test(images_and_port_writes_agree),
  };
  return cmocka_run_group_tests(tests, make, unmake);
}
