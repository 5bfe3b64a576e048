/* SPDX-License-Identifier: Apache-2.0 */
/* Studies confirmed on another engine: the very samples, network, codes and conditions that were
 * measured, in any order of doing it, also when a study that is done asks for it later. The
 * behavioural model is the study's engine here, circuits of the table engine confirm it. */
#include "study_files.h"

#include <math.h>

#define METHODS                                                                                    \
  "methods:\n  - {name: plain}\n  - {name: each, start: plain, dies: each,\n"                      \
  "     training: {loop: {batches: 1, batch: 4, rate: 0.1}}}\n"
#define PLACES                                                                                     \
  "conditions: [{name: nominal}, {name: worn, pvt: {temperature: \"40 C\"},\n"                     \
  "  distortion: {bias: 0.2, jitter: 0.1, drift: 0.3, drift_samples: 10}},\n"                      \
  "  {name: dead, distortion: {dead: 1}}]\n"
enum { DIES = 3, N_METHOD = 2, N_CONDITION = 3, TEST = 6, N = DIES * N_METHOD * N_CONDITION };

static ms_study *loaded(const char *text) {
  ms_study *study;
  ms_error err = {0};
  if (load(text, &study, &err))
    fail_msg("%s", err.text);
  return study;
}

static void mistakes_in_what_confirms_are_named(void **state) {
  (void)state;
#define STUDY HEAD "methods: [{name: a}, {name: b}]\n"
  refused(STUDY "confirm: {samples: 2}\n", "study.yaml:4", "analog");
  refused(STUDY "confirm: {analog: spice}\n", "study.yaml:4", "spice");
  refused(STUDY "confirm: {analog: model}\n", "study.yaml:4", "model itself");
  refused(STUDY "confirm: {analog: ngspice, dies: 4}\n", "study.yaml:4", "3 held-out dies");
  refused(STUDY "confirm: {analog: ngspice, samples: 7}\n", "study.yaml:4", "6 samples");
  refused(STUDY "confirm: {analog: ngspice, methods: [a, c]}\n", "study.yaml:4", "'c'");
  refused(STUDY "confirm: {analog: ngspice, method: [a]}\n", "study.yaml:4", "method");
  refused(STUDY "confirm: {analog: ngspice, methods: []}\n", "study.yaml:4", "methods");
#undef STUDY
}

static void same_side(const ms_study_side *a, const ms_study_side *b) {
  assert_memory_equal(a, b, sizeof *a);
}

static void same_confirmations(const ms_study_report *a, const ms_study_report *b) {
  assert_int_equal(a->n_item, b->n_item);
  for (size_t i = 0; i < a->n_item; i++) {
    const ms_study_confirmation *x = &a->confirmation[i], *y = &b->confirmation[i];
    assert_int_equal(x->done, y->done);
    assert_true(x->samples == y->samples && x->failed == y->failed && x->equal == y->equal);
    same_side(&x->there, &y->there);
    same_side(&x->engine, &y->engine);
  }
}

/* Confirmed with every sample, what the study's engine gives again is what was measured. */
static void is_as_measured(const ms_study_confirmation *c, const ms_study_item *item) {
  assert_true(c->samples == TEST && c->failed == 0 && c->equal <= TEST);
  assert_true(fabs(c->engine.right / TEST - item->accuracy) < 1e-9);
  assert_true(fabs(c->engine.spikes - item->spikes) < 1e-9 * (1 + item->spikes));
  assert_true(fabs(c->engine.energy_j / item->energy_j - 1) < 1e-9);
  assert_true(c->there.energy_j > 0 && c->there.energy_j != c->engine.energy_j);
}

static void is_told(const ms_study_report *r) {
  static const char *const words[][2] = {
      {"confirmed on table (model on the same samples)", "die 10, 11: "},
      {"\"confirming_engine\":\t\"table\"", "\"decisions_equal\":"},
      {"equal_decisions,confirmed_right,engine_right", "\nyinyang,"},
      {"task,", "plain"},
      {"task,", "each"},
      {"Confirmed on table", "confirmed on table: "}};
  for (int format = MS_STUDY_TABLE; format <= MS_STUDY_HTML; format++) {
    char *text;
    assert_int_equal(ms_study_text(r, (ms_study_format)format, &text, NULL), MS_OK);
    for (int k = 0; k < 2; k++)
      if (!strstr(text, words[format][k]))
        fail_msg("format %d lacks '%s'", format, words[format][k]);
    free(text);
  }
}

/* The same samples on the same dies at the same age and under the same conditions; on circuits as
 * well, those of dead neurons are silent and two conditions differ. */
static void what_was_measured_is_confirmed(void **state) {
  (void)state;
  ms_study *study = loaded(HEAD METHODS PLACES "confirm: {analog: table, samples: 6, dies: 2}\n");
  ms_study_report r;
  assert_int_equal(run(study, "whole", 0, 1 << 30, &r), MS_OK);
  assert_int_equal(r.n_item, N);
  double fired = 0;
  for (size_t i = 0; i < N; i++) {
    const size_t die = i / N_METHOD % DIES, condition = i / N_METHOD / DIES;
    const ms_study_confirmation *c = &r.confirmation[i];
    assert_int_equal(c->done, die < 2);
    if (!c->done)
      continue;
    is_as_measured(c, &r.item[i]);
    fired += condition == 0 ? c->there.spikes : 0;
    if (condition == 2)
      assert_true(c->there.spikes == 0 && c->equal == TEST);
    if (condition == 0)
      assert_true(c->there.energy_j != r.confirmation[i + N_METHOD * DIES].there.energy_j);
  }
  assert_true(fired > 0);
  assert_int_equal(r.cell[0].confirmed.done, 2);
  assert_true(r.cell[0].confirmed.samples == 2 * TEST);
  is_told(&r);
  ms_study_report_clear(&r);
  ms_study_destroy(study);
}

/* Two methods that differ in bias codes alone: the codes of the calibrated die stand on the other
 * engine as well, and are taken back for the next one. */
static void a_calibrated_die_keeps_its_codes(void **state) {
  (void)state;
  ms_study *study = loaded(HEAD "methods: [{name: tuned, calibrate: 1}, {name: plain}]\n"
                                "confirm: {analog: table, samples: 6}\n");
  ms_study_report r;
  assert_int_equal(run(study, "codes", 0, 1 << 30, &r), MS_OK);
  for (size_t i = 0; i < 2; i++)
    is_as_measured(&r.confirmation[i], &r.item[i]);
  assert_true(r.confirmation[0].there.energy_j != r.confirmation[1].there.energy_j);
  ms_study_report_clear(&r);
  ms_study_destroy(study);
}

/* A study that is done without, then asked to confirm: nothing is trained or measured again. Two
 * processes, or one that is interrupted time and again, give the same bits as one. Another number
 * of samples begins anew, and another seed is another study. */
static void a_study_that_is_done_can_be_confirmed(void **state) {
  (void)state;
#define SHORT "methods: [{name: plain}, {name: drawn, training: {mismatch: 0.1}}]\n"
  static const char confirmed[] = HEAD "\n# on circuits\nconfirm:\n  analog: table\n\n# few\n  "
                                       "samples: 2\n  methods: [drawn]\n" SHORT;
  ms_study *study = loaded(HEAD SHORT);
  ms_study_report plain, later, at_once, two, parts;
  assert_int_equal(run(study, "later", 0, 1 << 30, &plain), MS_OK);
  char *text;
  ms_error err = {0};
  assert_int_equal(ms_study_text(&plain, MS_STUDY_TABLE, &text, &err), MS_OK);
  assert_non_null(strstr(text, "engine model, not confirmed"));
  free(text);
  ms_study_report_clear(&plain);
  ms_study_destroy(study);

  study = loaded(confirmed);
  assert_int_equal(run(study, "later", 1, 1 << 30, &later), MS_OK);
  assert_int_equal(run(study, "at_once", 0, 1 << 30, &at_once), MS_OK);
  assert_int_equal(run_on(2, study, "two", 0, 1 << 30, &two), MS_OK);
  int rc = run(study, "parts", 0, 3, &parts), stops = 0;
  for (; rc == MS_EINTERRUPTED; stops++) {
    assert_true(stops < 50);
    ms_study_report_clear(&parts);
    rc = run(study, "parts", 1, 3 + 4 * stops, &parts);
  }
  assert_true(stops > 0);
  size_t done = 0;
  for (size_t i = 0; i < later.n_item; i++)
    done += later.confirmation[i].done != 0;
  assert_int_equal(done, 1);
  assert_true(later.confirmation[1].done && later.confirmation[1].samples == 2);
  same_confirmations(&later, &at_once);
  same_confirmations(&later, &two);
  same_confirmations(&later, &parts);
  ms_study_report_clear(&at_once);
  ms_study_report_clear(&two);
  ms_study_report_clear(&parts);
  ms_study_report_clear(&later);
  ms_study_destroy(study);

  study = loaded(HEAD "confirm: {analog: table, samples: 3}\n" SHORT);
  assert_int_equal(run(study, "later", 1, 1 << 30, &later), MS_OK);
  assert_true(later.confirmation[0].samples == 3 && later.confirmation[1].samples == 3);
  ms_study_report_clear(&later);
  ms_study_destroy(study);

  study = loaded(HEAD "confirm: {analog: table, samples: 3}\nseeds: [2]\n" SHORT);
  char path[100];
  snprintf(path, sizeof path, "%s/later", folder);
  assert_int_equal(
      ms_study_run(study, &(ms_study_options){.output = path, .resume = 1}, &later, &err),
      MS_EREFUSED);
  ms_study_report_clear(&later);
  ms_study_destroy(study);
#undef SHORT
}

/* All dies alike, so that the cell stops after two of three: the third one is not confirmed. */
static void what_does_not_count_is_not_confirmed(void **state) {
  (void)state;
  ms_study *study = loaded(HEAD "methods: [{name: plain}]\nmismatch: [0]\n"
                                "stop: {half_width: 0.01, minimum: 2}\n"
                                "confirm: {analog: table, samples: 1, dies: 3}\n");
  ms_study_report r;
  assert_int_equal(run(study, "stop", 0, 1 << 30, &r), MS_OK);
  assert_true(r.confirmation[0].done && r.confirmation[1].done && !r.confirmation[2].done);
  ms_study_report_clear(&r);
  ms_study_destroy(study);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes_in_what_confirms_are_named),
      cmocka_unit_test(what_was_measured_is_confirmed),
      cmocka_unit_test(a_calibrated_die_keeps_its_codes),
      cmocka_unit_test(a_study_that_is_done_can_be_confirmed),
      cmocka_unit_test(what_does_not_count_is_not_confirmed),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
