/* SPDX-License-Identifier: Apache-2.0 */
/* Studies: mistakes are named before anything runs, an interrupted study resumed ends in the same
 * items, methods meet the same dies, distortions are a die's own. */
#include "methods/distort.h"
#include "methods/fit.h"
#include "study_files.h"

#include <math.h>

#define METHODS                                                                                    \
  "methods:\n  - {name: plain}\n"                                                                  \
  "  - {name: each, start: plain, dies: each,\n"                                                   \
  "     training: {loop: {batches: 2, batch: 4, rate: 0.1}}}\n"

static void mistakes_are_named_before_anything_runs(void **state) {
  (void)state;
  refused(HEAD, "study.yaml", "methods");
  refused(HEAD METHODS "mismach: [1]\n", "study.yaml:7", "mismach");
  refused(HEAD METHODS "conditions: [{name: hot, pvt: {temperature: 60 V}}]\n", "study.yaml:7",
          "temperature");
  refused(HEAD METHODS "conditions: [{name: odd, distortion: {ded: 0.1}}]\n", "study.yaml:7",
          "ded");
  refused(HEAD "methods: [{name: a, training: {epoch: 3}}]\n", "study.yaml:3", "epoch");
  refused(HEAD "methods: [{name: a}, {name: a}]\n", "study.yaml:3", "twice");
  refused(HEAD METHODS "  - {name: all, start: each}\n", "study.yaml:7", "dies: each");
  refused(HEAD "methods: [{name: a, training: {neurons: fitted}}]\n", "study.yaml:3", "per_die");
  refused(HEAD "methods: [{name: a, start: b}]\n", "study.yaml:3", "'b'");
  refused("name: x\nbase: none.yaml\n" METHODS, "none.yaml", "");
}

static void a_resumed_study_ends_in_the_same_items(void **state) {
  (void)state;
  ms_study *study;
  ms_error err = {0};
  if (load(HEAD METHODS "mismatch: [0.5, 1]\nyield_at: 0.3\n"
                        "conditions: [{name: nominal}, {name: dead, distortion: {dead: 0.5}}]\n",
           &study, &err))
    fail_msg("%s", err.text);
  ms_study_report whole, parts;
  assert_int_equal(run(study, "whole", 0, 1 << 30, &whole), MS_OK);
  assert_int_equal(whole.n_item, 2 * 2 * 2 * 3);
  assert_int_equal(whole.n_cell, 8);
  int rc = run(study, "parts", 0, 3, &parts), stops = 0;
  while (rc == MS_EINTERRUPTED) {
    assert_true(++stops < 50);
    ms_study_report_clear(&parts);
    rc = run(study, "parts", 1, 3 + 4 * stops, &parts);
  }
  assert_true(stops > 1);
  for (size_t i = 0; i < whole.n_item; i++) {
    assert_true(whole.item[i].done && parts.item[i].done);
    assert_true(whole.item[i].accuracy == parts.item[i].accuracy);
    assert_true(whole.item[i].spikes == parts.item[i].spikes);
  }
  /* Methods are counted: the plain one spends nothing, the other its batches; dead neurons are
   * silent on the same die. */
  assert_true(whole.cell[0].spent == 0 && whole.cell[1].spent == 8);
  assert_int_equal(whole.cell[1].n_pair, 3);
  assert_true(whole.item[6].spikes < whole.item[0].spikes);
  /* A curve of every training in the loop: of 3 dies at 2 strengths under 2 conditions. */
  assert_int_equal(whole.n_curve, 12);
  assert_int_equal(parts.n_curve, 12);
  for (size_t i = 0; i < 12; i++) {
    const ms_study_curve *a = &whole.curve[i], *b = &parts.curve[i];
    assert_true(a->n == 2 && b->n == 2 && a->item == b->item && a->item % 2 == 1);
    assert_true(a->samples[0] == 4 && a->samples[1] == 8);
    assert_memory_equal(a->samples, b->samples, 2 * sizeof(double));
    assert_memory_equal(a->accuracy, b->accuracy, 2 * sizeof(double));
    assert_true(a->accuracy[0] * 4 == round(a->accuracy[0] * 4)); /* of four samples */
  }
  char *text;
  for (int format = MS_STUDY_TABLE; format <= MS_STUDY_HTML; format++) {
    assert_int_equal(ms_study_text(&whole, (ms_study_format)format, &text, &err), MS_OK);
    assert_non_null(strstr(text, format == MS_STUDY_CURVES ? "each" : "plain"));
    assert_non_null(strstr(text, "dead"));
    assert_true(format != MS_STUDY_HTML || strstr(text, "Along the loop"));
    free(text);
  }
  ms_study_report_clear(&parts);
  ms_study_report_clear(&whole);
  ms_study_destroy(study);
}

/* First on each die's own fitted neurons, then in the loop on that die: a die's network goes on
 * where the same die's was, and everything that ran on it counts. */
static void a_loop_begins_with_the_die_s_own_network(void **state) {
  (void)state;
  ms_study *study;
  ms_error err = {0};
  if (load(HEAD "methods:\n  - {name: plain}\n"
                "  - {name: fitted, start: plain, dies: each, fit: {per_die: true, stimuli: 6},\n"
                "     training: {neurons: fitted, epochs: 2, rate: 0.05}}\n"
                "  - {name: loop, start: fitted, dies: each,\n"
                "     training: {loop: {batches: 2, batch: 4, rate: 1.0e-6}}}\n"
                "  - {name: small, start: fitted, dies: each,\n"
                "     training: {loop: {batches: 2, batch: 4, rate: 0.01}}}\n",
           &study, &err))
    fail_msg("%s", err.text);
  ms_study_report r;
  assert_int_equal(run(study, "chain", 0, 1 << 30, &r), MS_OK);
  /* Six stimuli to fit and half as many to judge the fit. */
  assert_true(r.cell[1].spent == 9 && r.cell[1].test_samples == 9);
  assert_true(r.cell[2].spent == 17 && r.cell[2].test_samples == 17);
  assert_int_equal(r.n_curve, 6);
  assert_true(r.curve[0].samples[0] == 13 && r.curve[0].samples[1] == 17);
  int moved = 0, part = 0;
  for (size_t die = 0; die < 3; die++) {
    const ms_study_item *item = &r.item[4 * die];
    moved |= item[0].spikes != item[1].spikes;
    assert_true(item[1].spikes == item[2].spikes); /* at this rate no code moves */
    part |=
        item[2].spikes != item[3].spikes; /* at most 0.3 codes a weight: some cross to the next */
  }
  assert_true(moved && part);
  ms_study_report_clear(&r);
  ms_study_destroy(study);
}

/* With `split: seed` a seed is trained and measured on samples of its own, also beside other seeds.
 */
static void seeds_may_have_splits_of_their_own(void **state) {
  (void)state;
  char table[4000] = "";
  for (int i = 0; i < 100; i++)
    snprintf(table + strlen(table), sizeof table - strlen(table), "%d,%d,%d\n", i * 37 % 101,
             i * i % 89, i * 37 % 101 > 50);
  put("table.csv", table);
  static const char *const seeds[] = {"[1, 2]", "[2]"};
  ms_study_report r[2];
  ms_study *study[2];
  for (int k = 0; k < 2; k++) {
    char text[600], name[8];
    snprintf(text, sizeof text,
             HEAD METHODS "seeds: %s\ntasks: [{name: table, task: {name: csv, file: "
                          "%s/table.csv, split: seed}}]\n",
             seeds[k], folder);
    ms_error err = {0};
    if (load(text, &study[k], &err))
      fail_msg("%s", err.text);
    snprintf(name, sizeof name, "seeds%d", k);
    assert_int_equal(run(study[k], name, 0, 1 << 30, &r[k]), MS_OK);
  }
  assert_int_equal(r[0].n_item, 2 * r[1].n_item);
  int differ = 0;
  for (size_t i = 0; i < r[1].n_item; i++) {
    const ms_study_item *first = &r[0].item[i], *second = &r[0].item[r[1].n_item + i];
    assert_true(second->spikes == r[1].item[i].spikes);
    assert_true(second->accuracy == r[1].item[i].accuracy);
    differ += first->spikes != second->spikes;
  }
  assert_true(differ > 0);
  for (int k = 0; k < 2; k++) {
    ms_study_report_clear(&r[k]);
    ms_study_destroy(study[k]);
  }
}

/* Gates of four times the area halve the mismatch and cost three times themselves more; calibration
 * and training on the very die are what a die's test costs; more for less is Pareto's. */
static void levers_have_their_price(void **state) {
  (void)state;
  ms_study *study;
  ms_error err = {0};
  if (load(HEAD "methods:\n  - {name: plain}\n  - {name: wide, chip: {area: 4}}\n"
                "  - {name: large, chip: {hidden: 5, outputs_per_class: 2}}\n"
                "  - {name: each, start: plain, dies: each,\n"
                "     training: {loop: {batches: 2, batch: 4, rate: 0.1}}}\n"
                "  - {name: tuned, calibrate: 1}\n"
                "  - {name: finer, chip: {rows: 2}}\n"
                "mismatch: [0.5, 1]\n",
           &study, &err))
    fail_msg("%s", err.text);
  ms_study_report r;
  assert_int_equal(run(study, "levers", 0, 1 << 30, &r), MS_OK);
  enum { PLAIN, WIDE, LARGE, EACH, TUNED, FINER, METHODS_ALL, DIES = 3 };
  for (size_t die = 0; die < DIES; die++) {
    const ms_study_item *half = &r.item[die * METHODS_ALL + PLAIN];
    const ms_study_item *wide = &r.item[(DIES + die) * METHODS_ALL + WIDE];
    assert_true(half->accuracy == wide->accuracy && half->spikes == wide->spikes);
    assert_true(half->energy_j == wide->energy_j);
  }
  const ms_study_cell *c = r.cell;
  /* 203 um2 of gates and 2000 um2 of capacitors a neuron; 3 + 3 neurons, 5 + 6 in the large one. */
  assert_true(fabs(c[PLAIN].area_m2 / (6 * 2203e-12) - 1) < 1e-3);
  assert_true(fabs(c[WIDE].area_m2 / (6 * 2812e-12) - 1) < 1e-3);
  assert_true(fabs(c[LARGE].area_m2 / (11 * 2203e-12) - 1) < 1e-3);
  /* A second synapse from each input takes another delivery, but no silicon. */
  assert_true(c[FINER].area_m2 == c[PLAIN].area_m2 && c[FINER].test_samples == 0);
  assert_true(c[FINER].energy_j != c[PLAIN].energy_j);
  assert_true(c[PLAIN].test_samples == 0 && c[PLAIN].test_s == 0);
  assert_true(c[EACH].test_samples == 8);
  assert_true(fabs(c[EACH].test_s / (8 * 40e-6) - 1) < 1e-9); /* a window of 4 tau */
  assert_true(c[TUNED].test_samples > 0 && c[TUNED].test_samples == c[TUNED].spent);
  for (size_t i = 0; i < METHODS_ALL; i++) {
    int beaten = 0;
    for (size_t k = 0; k < METHODS_ALL; k++)
      beaten |= c[k].median > c[i].median && c[k].area_m2 < c[i].area_m2 * 1.0001 &&
                c[k].test_samples <= c[i].test_samples;
    assert_true(!beaten || !c[i].pareto);
  }
  assert_true(c[PLAIN].pareto || c[FINER].pareto); /* nothing is cheaper in both */
  char *text;
  assert_int_equal(ms_study_text(&r, MS_STUDY_HTML, &text, &err), MS_OK);
  assert_non_null(strstr(text, "Levers:"));
  free(text);
  ms_study_report_clear(&r);
  ms_study_destroy(study);
}

/* All dies alike (no mismatch): after the minimum of two the mean is known. */
static void a_cell_stops_when_its_mean_is_known(void **state) {
  (void)state;
  ms_study *study;
  ms_error err = {0};
  if (load(HEAD "methods: [{name: plain}]\nmismatch: [0]\nstop: {half_width: 0.01, minimum: 2}\n",
           &study, &err))
    fail_msg("%s", err.text);
  ms_study_report r;
  assert_int_equal(run(study, "stop", 0, 1 << 30, &r), MS_OK);
  assert_int_equal(r.cell[0].n, 2);
  assert_true(r.item[0].done && r.item[1].done && !r.item[2].done);
  ms_study_report_clear(&r);
  ms_study_destroy(study);
}

static void distortions_belong_to_the_die(void **state) {
  (void)state;
  ms_core *core;
  assert_int_equal(ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &core, NULL), MS_OK);
  enum { N = 4000 };
  ms_synapse *synapse = calloc(3 * N, sizeof *synapse);
  ms_distortion d = {.dead = 0.2, .stuck = 0.1};
  ms_die die[3] = {{1, 5, 1}, {1, 5, 0.5}, {1, 6, 1}};
  ms_config config[3];
  for (int k = 0; k < 3; k++) {
    for (unsigned i = 0; i < N; i++)
      synapse[k * N + (int)i] =
          (ms_synapse){.source = (uint16_t)(i % 20), .target = (uint16_t)(i / 20), .code = 7};
    config[k] = (ms_config){.n_synapse = N, .synapse = synapse + k * N};
    ms_distort_config(&d, &die[k], 0, core, 0, &config[k]);
  }
  /* Whatever its mismatch, the die is the same die; another one is another. */
  assert_int_equal(config[0].n_synapse, config[1].n_synapse);
  assert_memory_equal(config[0].synapse, config[1].synapse, config[0].n_synapse * sizeof *synapse);
  assert_int_not_equal(config[0].n_synapse, config[2].n_synapse);
  size_t moved = 0, neurons = 0;
  for (size_t i = 0; i < config[0].n_synapse; i++) {
    moved += config[0].synapse[i].code != 7;
    neurons += !i || config[0].synapse[i].target != config[0].synapse[i - 1].target;
  }
  /* 200 neurons with 20 connections: 160 +- 6 left alive; of the connections 9.4 % at another code.
   */
  assert_in_range(neurons, 142, 178);
  assert_true(fabs((double)moved / (double)config[0].n_synapse - 0.0875) < 0.02);
  assert_true(!ms_distorted(&d, &(ms_die){1, 5, 0}));
  free(synapse);
  ms_core_destroy(core);
}

/* Biases begin at their codes and then wander, as far on average as they were told to; heat comes
 * at once. Both leave the die without mismatch alone, and say the same whenever they are asked. */
static void distortions_come_with_age(void **state) {
  (void)state;
  ms_core *core;
  assert_int_equal(ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &core, NULL), MS_OK);
  const ms_distortion d = {
      .drift = 0.1, .drift_samples = 50, .temp_step_c = 20, .temp_after_samples = 30};
  const ms_die die = {1, 5, 1}, flat = {1, 5, 0};
  enum { CODE = 0x280, AGES = 4000 };
  uint16_t bias[64];
  assert_true(core->n_bias <= 64);
  double sum2 = 0, largest = 0;
  uint16_t before = CODE;
  for (uint64_t age = 0; age < AGES; age++) {
    for (size_t k = 0; k < core->n_bias; k++)
      bias[k] = CODE;
    ms_config config = {.bias = bias, .n_bias = core->n_bias};
    ms_distort_config(&d, &die, age, core, 0, &config);
    if (!age)
      assert_int_equal(bias[0], CODE);
    if (ms_distort_phase(&d, age) == ms_distort_phase(&d, age ? age - 1 : 0))
      assert_int_equal(bias[0], before);
    double moved = log((bias[0] & 0xff) / 128.0);
    largest = fmax(largest, fabs(log((bias[0] & 0xff) / (double)(before & 0xff))));
    sum2 += moved * moved;
    before = bias[0];
  }
  /* 80 draws: their standard deviation is known to 8 %; the limit is three times that. A step of a
   * tenth of the way is at most 0.16 of the largest of 80 differences, some 4 standard deviations.
   */
  assert_true(fabs(sqrt(sum2 / AGES) / 0.1 - 1) < 0.24);
  assert_true(largest > 0.004 && largest < 0.08);
  assert_true(ms_distorted(&d, &die) && !ms_distorted(&d, &flat));
  assert_true(ms_distort_heat_c(&d, &die, 29) == 0 && ms_distort_heat_c(&d, &die, 30) == 20);
  assert_true(ms_distort_heat_c(&d, &flat, 30) == 0);
  ms_core_destroy(core);
}

static int same_spikes(const ms_lab_result *a, const ms_lab_result *b) {
  int same = a->n_spike == b->n_spike;
  for (size_t i = 0; same && i < a->n_spike; i++)
    same = a->spike[i].t == b->spike[i].t && a->spike[i].address == b->spike[i].address;
  return same;
}

/* The same network on the same die, cold and getting hot half way: the first samples agree to the
 * last spike, later ones do not. In two threads as in one. */
static void a_die_gets_hot_between_two_samples(void **state) {
  (void)state;
  static const char text[] =
      "name: c\ncore: dpi16\nmodels_dir: " MS_TEST_MODELS_DIR "\nanalog: model\n"
      "digital: ideal\nnetwork: {hidden: 3}\ntask: {name: yinyang, train: 8, test: 12}\n"
      "dies: {seed: 1}\n%s";
  enum { N = 12, HOT = 6 };
  ms_lab_result result[3][N];
  for (int k = 0; k < 3; k++) {
    char full[500];
    ms_experiment *e;
    ms_setup *s;
    ms_lab *lab;
    ms_network *network;
    ms_error err = {0};
    snprintf(full, sizeof full, text,
             k ? "distortion: {temperature_step: 30 C, temperature_after: 6}\n" : "");
    if (ms_experiment_parse(full, "c.yaml", &e, &err) || ms_setup_create(e, &s, &err) ||
        ms_lab_create(s, k == 2 ? 2 : 1, &lab, &err) ||
        ms_network_create(s->n_input, 3, s->task->n_class, 1, e->parallel, s->core->dac_bits,
                          &network, &err))
      fail_msg("%s", err.text);
    for (unsigned i = 0; i < 3 * s->n_input * e->parallel; i++)
      network->in[i] = (int16_t)(network->dac_bits > 3 ? 12 : 2);
    ms_lab_job job[N];
    for (size_t i = 0; i < N; i++)
      job[i] = (ms_lab_job){.die = ms_setup_die(s, 4),
                            .value = s->task->test.value + i * s->task->n_value};
    if (ms_lab_configure(lab, network, &err) ||
        ms_lab_run(lab, job, N, result[k], NULL, NULL, &err))
      fail_msg("%s", err.text);
    ms_network_destroy(network);
    ms_lab_destroy(lab);
    ms_setup_destroy(s);
    ms_experiment_destroy(e);
  }
  int moved = 0;
  for (int i = 0; i < N; i++) {
    const ms_lab_result *cold = &result[0][i], *hot = &result[1][i], *two = &result[2][i];
    assert_true(cold->n_spike > 0 || hot->n_spike > 0);
    assert_true(same_spikes(hot, two));
    int same = same_spikes(cold, hot);
    if (i < HOT)
      assert_true(same);
    moved += !same;
  }
  assert_int_equal(moved, N - HOT);
  for (int k = 0; k < 3; k++)
    ms_lab_results_clear(result[k], N);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes_are_named_before_anything_runs),
      cmocka_unit_test(a_resumed_study_ends_in_the_same_items),
      cmocka_unit_test(a_loop_begins_with_the_die_s_own_network),
      cmocka_unit_test(seeds_may_have_splits_of_their_own),
      cmocka_unit_test(levers_have_their_price),
      cmocka_unit_test(a_cell_stops_when_its_mean_is_known),
      cmocka_unit_test(distortions_belong_to_the_die),
      cmocka_unit_test(distortions_come_with_age),
      cmocka_unit_test(a_die_gets_hot_between_two_samples),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
