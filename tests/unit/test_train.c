/* SPDX-License-Identifier: Apache-2.0 */
/* Training: a run that is interrupted over and over and resumed ends in the same bits as one that
 * is left alone, whatever the number of threads; a checkpoint of another experiment is refused. */
#include "methods/state.h"
#include "mixspike/publish.h"
#include "mixspike/record.h"
#include "mixspike/train.h"
#include "patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT(epochs, jobs)                                                                         \
  "name: tiny\ncore: dpi16\nmodels_dir: " MS_TEST_MODELS_DIR "\nanalog: model\ndigital: ideal\n"   \
  "network: {hidden: 3, outputs_per_class: 1}\n"                                                   \
  "task: {name: yinyang, train: 64, validation: 20, test: 6}\n"                                    \
  "training: {epochs: " epochs ", fine_epochs: 1, batch: 16, fine_step: 0.025,\n"                  \
  "           loop: {batches: 3, batch: 5, rate: 0.02}}\n"                                         \
  "fit: {per_die: true, stimuli: 6, neuron_runs: 12}\n"                                            \
  "dies: {training: [0, 1], held_out: [5]}\njobs: " jobs "\n"

static ms_experiment *parse(const char *text) {
  ms_experiment *e;
  ms_error err;
  if (ms_experiment_parse(text, "tiny.yaml", &e, &err))
    fail_msg("%s", err.text);
  return e;
}

static int train(const ms_experiment *e, const char *folder, int resume, int left,
                 ms_train_report *report) {
  patience p = {.left = left};
  ms_train_options options = {.output = folder,
                              .resume = resume,
                              .no_package = 1,
                              .control = {.report = count_down, .user = &p, .cancel = &p.cancel}};
  ms_error err = {0};
  int rc = ms_train(e, &options, report, &err);
  if (rc && rc != MS_EINTERRUPTED)
    fail_msg("%s", err.text);
  return rc;
}

static void clean(const char *folder) {
  char path[200];
  snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
  unlink(path);
  rmdir(folder);
}

static void assert_same(const ms_train_report *a, const ms_train_report *b) {
  size_t n = (size_t)a->network->n_hidden * a->network->n_input * a->network->parallel;
  assert_memory_equal(a->network->in, b->network->in, n * sizeof *a->network->in);
  assert_int_equal(a->offline.n, b->offline.n);
  assert_int_equal(a->loop.n, b->loop.n);
  assert_memory_equal(a->offline.point, b->offline.point, a->offline.n * sizeof *a->offline.point);
  for (size_t i = 0; i < a->loop.n; i++) {
    assert_true(a->loop.point[i].loss == b->loop.point[i].loss);
    assert_int_equal(a->loop.point[i].samples, b->loop.point[i].samples);
  }
  assert_int_equal(a->n_die, b->n_die);
  for (size_t i = 0; i < a->n_die; i++) {
    assert_true(a->die[i].accuracy == b->die[i].accuracy);
    assert_true(a->die[i].before == b->die[i].before);
    assert_true(a->die[i].spikes == b->die[i].spikes);
  }
  assert_true(a->chip_samples == b->chip_samples);
  assert_true(a->model_accuracy == b->model_accuracy);
}

/* @param whole  out, of the run that was left alone */
static void resumed_over_and_over(const ms_experiment *e, ms_train_report *whole) {
  char folder_a[] = "/tmp/mixspike-train-XXXXXX", folder_b[] = "/tmp/mixspike-train-XXXXXX";
  assert_non_null(mkdtemp(folder_a));
  assert_non_null(mkdtemp(folder_b));
  ms_train_report parts;
  assert_int_equal(train(e, folder_a, 0, 1 << 30, whole), MS_OK);
  assert_int_equal(whole->n_die, 3);
  assert_int_equal(whole->loop.n, 3);
  int rc = train(e, folder_b, 0, 1, &parts), stops = 0;
  while (rc == MS_EINTERRUPTED) {
    stops++;
    assert_true(stops < 200);
    ms_train_report_clear(&parts);
    /* Ever more patience: a phase without checkpoints of its own must come to its end. */
    rc = train(e, folder_b, 1, 1 + 3 * stops, &parts);
  }
  assert_int_equal(rc, MS_OK);
  assert_true(stops > 0);
  assert_same(whole, &parts);
  ms_train_report_clear(&parts);
  clean(folder_a);
  clean(folder_b);
}

static void a_resumed_training_ends_in_the_same_bits(void **state) {
  (void)state;
  ms_experiment *e = parse(TEXT("2", "2"));
  ms_train_report whole;
  resumed_over_and_over(e, &whole);
  ms_train_report_clear(&whole);
  ms_experiment_destroy(e);
}

/* Between two rounds of training on fitted neurons these are fitted anew, which costs chip samples
 * and changes what the next round learns from. */
static void further_fits_can_be_resumed(void **state) {
  (void)state;
  ms_train_report once, twice;
  ms_experiment *e = parse(TEXT("2", "1"));
  e->fitted = 1;
  resumed_over_and_over(e, &once);
  e->refit_samples = 4;
  e->refit_epochs = e->refit_fine_epochs = 1;
  e->refit_rounds = 2;
  resumed_over_and_over(e, &twice);
  assert_int_equal(once.offline.n, 3);
  assert_int_equal(twice.offline.n, 7);
  for (size_t i = 0; i < once.offline.n; i++) /* the first round is the same */
    assert_true(once.offline.point[i].loss == twice.offline.point[i].loss);
  for (size_t i = 3; i < twice.offline.n; i++) /* two dies, four samples, in either round */
    assert_int_equal(twice.offline.point[i].samples,
                     once.offline.point[2].samples + (i < 5 ? 1u : 2u) * 2 * 4);
  assert_int_equal(twice.chip_samples, once.chip_samples + 2 * 2 * 4);
  ms_train_report_clear(&once);
  ms_train_report_clear(&twice);
  ms_experiment_destroy(e);
}

/* Trains in one go and in pieces that end between two batches of the loop: what its method keeps
 * beside the weights is needed there.
 * @param piece  reports of progress to a piece, enough for a batch but not for all */
static void loop_resumed(const ms_experiment *e, int piece, ms_train_report *whole) {
  char folder_a[] = "/tmp/mixspike-train-XXXXXX", folder_b[] = "/tmp/mixspike-train-XXXXXX";
  assert_non_null(mkdtemp(folder_a));
  assert_non_null(mkdtemp(folder_b));
  ms_train_report parts;
  assert_int_equal(train(e, folder_a, 0, 1 << 30, whole), MS_OK);
  assert_int_equal(whole->loop.n, 3);
  int rc = train(e, folder_b, 0, 12, &parts), inside = 0, stops = 0;
  uint64_t before = 0;
  for (int left = 12; rc == MS_EINTERRUPTED;) {
    inside |= parts.loop.n > 0 && parts.loop.n < 3;
    assert_true(++stops < 200);
    /* Reports come by the clock: on a busy machine a step may take more of them than a piece has.
     */
    const uint64_t now = parts.offline.n + parts.loop.n + parts.chip_samples;
    left = parts.n_fit && now != before ? piece : left + 1;
    before = now;
    ms_train_report_clear(&parts);
    rc = train(e, folder_b, 1, left, &parts);
  }
  assert_true(inside);
  assert_same(whole, &parts);
  ms_train_report_clear(&parts);
  clean(folder_a);
  clean(folder_b);
}

/* Membranes, the chip's or the model's that spikes only reset, are other sources of gradients, and
 * the loop takes other ways. */
static void loops_can_be_resumed_between_batches(void **state) {
  (void)state;
  enum { SPIKES, LOOSE, MEMBRANES, CHAINS, LOOPS };
  ms_train_report report[LOOPS];
  for (int k = 0; k < LOOPS; k++) {
    ms_experiment *e = parse(TEXT("1", "1"));
    e->loop_rate = 0.2; /* three batches must move codes */
    e->fit_per_die = 0;
    e->loose = k == LOOSE;
    e->observe = k == MEMBRANES;
    e->loop_method = k == CHAINS ? MS_LOOP_METROPOLIS : MS_LOOP_GRADIENT;
    loop_resumed(e, k == CHAINS ? 9 : 2, &report[k]);
    ms_experiment_destroy(e);
  }
  assert_true(report[MEMBRANES].loop.point[0].loss == report[SPIKES].loop.point[0].loss);
  for (int k = LOOSE; k <= MEMBRANES; k++) {
    const ms_network *a = report[SPIKES].network, *b = report[k].network;
    assert_memory_not_equal(a->in, b->in, (size_t)a->n_hidden * a->n_input * sizeof *a->in);
  }
  for (int k = 0; k < LOOPS; k++)
    ms_train_report_clear(&report[k]);
}

static void the_number_of_threads_does_not_matter(void **state) {
  (void)state;
  char folder[] = "/tmp/mixspike-train-XXXXXX";
  assert_non_null(mkdtemp(folder));
  ms_experiment *one = parse(TEXT("1", "1")), *three = parse(TEXT("1", "3"));
  ms_train_report a, b;
  assert_int_equal(train(one, folder, 0, 1 << 30, &a), MS_OK);
  assert_int_equal(train(three, folder, 0, 1 << 30, &b), MS_OK);
  assert_same(&a, &b);
  ms_train_report_clear(&a);
  ms_train_report_clear(&b);
  ms_experiment_destroy(one);
  ms_experiment_destroy(three);
  clean(folder);
}

static void a_checkpoint_of_another_experiment_is_refused(void **state) {
  (void)state;
  char folder[] = "/tmp/mixspike-train-XXXXXX";
  assert_non_null(mkdtemp(folder));
  ms_experiment *first = parse(TEXT("1", "1")), *other = parse(TEXT("2", "1"));
  ms_train_report report;
  ms_error err = {0};
  ms_train_options options = {.output = folder, .resume = 1, .no_package = 1};
  assert_int_equal(ms_train(first, &options, &report, &err), MS_EMISSING);
  ms_train_report_clear(&report);
  train(first, folder, 0, 2, &report);
  ms_train_report_clear(&report);
  assert_int_equal(ms_train(other, &options, &report, &err), MS_EREFUSED);
  assert_non_null(strstr(err.text, "another experiment"));
  ms_train_report_clear(&report);
  ms_experiment_destroy(first);
  ms_experiment_destroy(other);
  clean(folder);
}

/* Why a sample failed is said in the checkpoint, which a resumed run reads, and on the page. */
static void the_reason_of_a_failure_is_shown(void **state) {
  (void)state;
  static const char reason[] = "die 5: the simulator <stopped> at 3.2 us";
  char folder[] = "/tmp/mixspike-train-XXXXXX", path[200], *page;
  size_t size;
  assert_non_null(mkdtemp(folder));
  ms_experiment *e = parse(TEXT("1", "1"));
  ms_train_report r, again;
  assert_int_equal(train(e, folder, 0, 1 << 30, &r), MS_OK);
  ms_setup *setup;
  ms_state *s;
  assert_int_equal(ms_setup_create(e, &setup, NULL), MS_OK);
  assert_int_equal(ms_state_create(setup, &s, NULL), MS_OK);
  snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
  assert_int_equal(ms_state_load(s, setup, path, NULL), MS_OK);
  s->die[2].errors = 2;
  strcpy(s->die[2].failure, reason);
  assert_int_equal(ms_state_save(s, path, NULL), MS_OK);
  ms_state_destroy(s);
  ms_setup_destroy(setup);
  assert_int_equal(train(e, folder, 1, 1 << 30, &again), MS_OK);
  assert_string_equal(again.die[2].failure, reason);
  assert_int_equal(again.die[2].errors, 2);
  ms_publish_options options = {.folder = folder};
  ms_error err = {0};
  assert_int_equal(ms_publish_training(e, &again, &options, &err), MS_OK);
  snprintf(path, sizeof path, "%s/index.html", folder);
  assert_int_equal(ms_read_file(path, &page, &size, NULL), MS_OK);
  assert_non_null(strstr(page, "2 failed: die 5: the simulator &lt;stopped&gt; at 3.2 us"));
  free(page);
  ms_train_report_clear(&again);
  ms_train_report_clear(&r);
  ms_experiment_destroy(e);
  snprintf(path, sizeof path, "rm -r '%s'", folder);
  assert_int_equal(system(path), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_resumed_training_ends_in_the_same_bits),
      cmocka_unit_test(further_fits_can_be_resumed),
      cmocka_unit_test(loops_can_be_resumed_between_batches),
      cmocka_unit_test(the_number_of_threads_does_not_matter),
      cmocka_unit_test(a_checkpoint_of_another_experiment_is_refused),
      cmocka_unit_test(the_reason_of_a_failure_is_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
