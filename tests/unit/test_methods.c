/* SPDX-License-Identifier: Apache-2.0 */
/* Training methods by what can be known of them: chains sample a known posterior, genes have the
 * gradient of finite differences, and thresholds are read off membranes. */
#include "methods/gene.h"
#include "methods/membrane.h"
#include "methods/metropolis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 3, CHAINS = 4 };

/* Energy of a normal likelihood with mean m and sd 0.1 (m inside the box by five of them); with the
 * prior of sd 0.2 the posterior is normal: mean m 0.04/0.05 = 0.8 m, variance 0.008. */
static double energy(const double *v, const double *m) {
  double e = 0;
  for (int i = 0; i < N; i++)
    e += (v[i] - m[i]) * (v[i] - m[i]) / (2 * 0.01);
  return e;
}

static void chains_find_a_known_posterior(void **state) {
  (void)state;
  const double m[N] = {0.3, -0.4, 0};
  ms_mh_options o = {.step = 0.12, .moved = 1, .temperature = 1, .prior_sd = 0.2};
  double memory[CHAINS][3 * N + MS_MH_FIGURES], squares[N] = {0}, sum[N] = {0}, trial[N];
  memset(memory, 0, sizeof memory);
  ms_random random = {.state = 5};
  ms_mh_chain chain[CHAINS];
  const int steps = 40000, burn_in = 2000;
  for (int c = 0; c < CHAINS; c++) {
    chain[c] = ms_mh_view(memory[c], N);
    chain[c].value[0] = 0.5 - 0.3 * c;
    for (int k = 0; k < steps; k++) {
      ms_mh_propose(&chain[c], &o, &random, trial);
      double bound = ms_mh_bound(&chain[c], &o, &random, trial);
      ms_mh_decide(&chain[c], trial, energy(trial, m), bound, k >= burn_in);
      for (int i = 0; k >= burn_in && i < N; i++) {
        sum[i] += chain[c].value[i];
        squares[i] += chain[c].value[i] * chain[c].value[i];
      }
    }
  }
  /* 152 000 correlated steps: some 8000 independent ones, 0.001 of standard error. */
  double count = CHAINS * (double)(steps - burn_in);
  for (int i = 0; i < N; i++) {
    double mean = 0;
    for (int c = 0; c < CHAINS; c++)
      mean += chain[c].sum[i] / count;
    assert_true(fabs(mean - sum[i] / count) < 1e-9);
    assert_true(fabs(mean - 0.8 * m[i]) < 0.006);
    assert_true(fabs(squares[i] / count - mean * mean - 0.008) < 0.0008);
  }
  ms_mh_diagnosis d = ms_mh_diagnose(chain, CHAINS);
  assert_true(d.acceptance > 0.2 && d.acceptance < 0.6);
  assert_true(d.autocorrelation > 0.3 && d.autocorrelation < 0.95);
  assert_true(d.spread > 0.99 && d.spread < 1.01);
}

static void chains_that_do_not_meet_are_told(void **state) {
  (void)state;
  double memory[2][3 + MS_MH_FIGURES], trial;
  memset(memory, 0, sizeof memory);
  ms_mh_options o = {.step = 0.01, .moved = 1, .temperature = 1, .prior_sd = INFINITY};
  ms_random random = {.state = 9};
  ms_mh_chain chain[2];
  for (int c = 0; c < 2; c++) { /* two valleys of different depth, too far apart to change over */
    chain[c] = ms_mh_view(memory[c], 1);
    chain[c].value[0] = c ? 0.5 : -0.5;
    for (int k = 0; k < 2000; k++) {
      ms_mh_propose(&chain[c], &o, &random, &trial);
      double d = (fabs(trial) - 0.5) / 0.02;
      double bound = ms_mh_bound(&chain[c], &o, &random, &trial);
      ms_mh_decide(&chain[c], &trial, d * d / 2 + (trial > 0 ? 10 : 0), bound, k > 500);
    }
  }
  assert_true(ms_mh_diagnose(chain, 2).spread > 2);
  assert_true(fabs(chain[0].best[0] + 0.5) < 0.05);
}

static void a_chain_stays_in_the_box(void **state) {
  (void)state;
  double memory[3 + MS_MH_FIGURES] = {0.95}, trial;
  ms_mh_options o = {.step = 0.4, .moved = 0.5, .temperature = 1, .prior_sd = INFINITY};
  ms_random random = {.state = 1};
  ms_mh_chain chain = ms_mh_view(memory, 1);
  for (int k = 0; k < 1000; k++) {
    ms_mh_propose(&chain, &o, &random, &trial);
    assert_true(fabs(trial) <= 1);
    double bound = ms_mh_bound(&chain, &o, &random, &trial);
    ms_mh_decide(&chain, &trial, -100 * trial, bound, 1); /* pulled to the upper end */
  }
  assert_true(chain.sum[0] / chain.figure[MS_MH_COUNTED] > 0.97);
}

/* Flat energy in the box: reflected proposals leave it flat up to its sides, of which a proposal of
 * this width meets one nearly always. 200 000 steps, nearly independent: 0.001 of standard error.
 */
static void proposals_at_the_sides_stay_symmetric(void **state) {
  (void)state;
  double memory[3 + MS_MH_FIGURES] = {0.3}, trial, outer = 0, squares = 0;
  ms_mh_options o = {.step = 1.5, .moved = 1, .temperature = 1, .prior_sd = INFINITY};
  ms_random random = {.state = 2};
  ms_mh_chain chain = ms_mh_view(memory, 1);
  const int steps = 200000;
  for (int k = 0; k < steps; k++) {
    ms_mh_propose(&chain, &o, &random, &trial);
    assert_true(fabs(trial) <= 1);
    ms_mh_decide(&chain, &trial, 0, ms_mh_bound(&chain, &o, &random, &trial), 1);
    outer += fabs(chain.value[0]) > 0.9;
    squares += chain.value[0] * chain.value[0];
  }
  assert_true(fabs(outer / steps - 0.1) < 0.004);
  assert_true(fabs(squares / steps - 1.0 / 3) < 0.004);
}

/* Each energy against the one before it, also over few steps that go one way. */
static void autocorrelation_is_that_of_the_energies(void **state) {
  (void)state;
  const double energies[] = {9, 5, 4, 3, 2, 1}, jumps[] = {9, 1, 4, 1, 4, 1};
  double memory[2][3 + MS_MH_FIGURES], trial = 0;
  memset(memory, 0, sizeof memory);
  ms_mh_chain down = ms_mh_view(memory[0], 1), to_and_fro = ms_mh_view(memory[1], 1);
  for (int k = 0; k < 6; k++) { /* the first is the start, the second comes from it */
    ms_mh_decide(&down, &trial, energies[k], INFINITY, k > 1);
    ms_mh_decide(&to_and_fro, &trial, jumps[k], INFINITY, k > 1);
  }
  assert_true(fabs(ms_mh_diagnose(&down, 1).autocorrelation - 1) < 1e-9);
  assert_true(fabs(ms_mh_diagnose(&to_and_fro, 1).autocorrelation + 1) < 1e-9);
  assert_true(ms_mh_diagnose(&down, 1).acceptance == 1);
}

/* An energy that is above the bound already need not be known: the chain stays the same. */
static void a_rejection_may_come_early(void **state) {
  (void)state;
  double memory[2][3 + MS_MH_FIGURES] = {{0.3}, {0.3}}, trial;
  ms_mh_options o = {.step = 0.3, .moved = 1, .temperature = 1, .prior_sd = 0.5};
  int early = 0;
  for (int c = 0; c < 2; c++) {
    ms_random random = {.state = 4};
    ms_mh_chain chain = ms_mh_view(memory[c], 1);
    for (int k = 0; k < 500; k++) {
      ms_mh_propose(&chain, &o, &random, &trial);
      double bound = ms_mh_bound(&chain, &o, &random, &trial), e = 0;
      for (int part = 0; part < 10 && (!c || e <= bound); part++)
        e += 2 * fabs(trial);
      early += c && e < 20 * fabs(trial) - 1e-9;
      ms_mh_decide(&chain, &trial, e, bound, 1);
    }
  }
  assert_true(early > 50);
  assert_memory_equal(memory[0], memory[1], sizeof memory[0]);
}

/* Loss sum(c W) of the expressed weights: central differences in single precision, 1 %. */
static double loss(const ms_topology *t, const float *gene, const float *c, float *weight) {
  ms_gene_express(t, 3, gene, weight);
  double sum = 0;
  for (size_t i = 0; i < ms_topology_weights(t); i++)
    sum += (double)(c[i] * weight[i]);
  return sum;
}

static void gene_gradient_is_the_derivative(void **state) {
  (void)state;
  const ms_topology t = {.n_input = 3, .n_hidden = 4, .n_class = 2, .per_class = 2, .parallel = 2};
  size_t n = ms_gene_count(&t, 3), n_weight = ms_topology_weights(&t);
  assert_int_equal(n, (6 + 4 + 4) * 3 + 9);
  float *gene = calloc(2 * n + 2 * n_weight, sizeof *gene), *by_gene = gene + n, *c = by_gene + n,
        *weight = c + n_weight;
  ms_random random = {.state = 3};
  ms_gene_begin(&t, 3, &random, gene);
  for (size_t i = 0; i < n_weight; i++)
    c[i] = (float)ms_random_normal(&random);
  ms_gene_gradient(&t, 3, gene, c, by_gene);
  double largest = 0;
  for (size_t i = 0; i < n; i++)
    largest = fmax(largest, fabs((double)by_gene[i]));
  assert_true(largest > 0.1);
  for (size_t i = 0; i < n; i++) {
    float keep = gene[i];
    gene[i] = keep + 0.01f;
    double up = loss(&t, gene, c, weight);
    gene[i] = keep - 0.01f;
    double slope = (up - loss(&t, gene, c, weight)) / 0.02;
    gene[i] = keep;
    assert_true(fabs(slope - (double)by_gene[i]) < 0.01 * largest);
  }
  free(gene);
}

/* A ramp of 10 mV/us that fires at 0.45 V and at 0.47 V; the third neuron never does. */
static void thresholds_are_where_the_membrane_was_before_its_spike(void **state) {
  (void)state;
  enum { NEURONS = 3, SAMPLES = 101 };
  float volts[NEURONS * SAMPLES];
  for (int k = 0; k < NEURONS; k++)
    for (int i = 0; i < SAMPLES; i++)
      volts[k * SAMPLES + i] = 0.01f * (float)i; /* a sample every us */
  ms_event spike[2] = {{.t = 45500000, .address = 0}, {.t = 47500000, .address = 1}};
  ms_lab_result run = {.n_spike = 2, .spike = spike, .n_sample = SAMPLES, .membrane_v = volts};
  double threshold[NEURONS] = {0};
  ms_membrane_thresholds(&run, 1, NEURONS, 1e-6, 10e-6, threshold);
  assert_true(fabs(threshold[0] - 0.45) < 1e-6 && fabs(threshold[1] - 0.47) < 1e-6);
  assert_true(fabs(threshold[2] - 0.46) < 1e-6);
  ms_membrane_levels(&run, NEURONS, threshold, 0.035);
  assert_true(fabs((double)run.membrane_v[45]) < 1e-4);
  assert_true(fabs((double)run.membrane_v[SAMPLES + 40] + 2) < 1e-4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chains_find_a_known_posterior),
      cmocka_unit_test(chains_that_do_not_meet_are_told),
      cmocka_unit_test(a_chain_stays_in_the_box),
      cmocka_unit_test(proposals_at_the_sides_stay_symmetric),
      cmocka_unit_test(a_rejection_may_come_early),
      cmocka_unit_test(autocorrelation_is_that_of_the_energies),
      cmocka_unit_test(gene_gradient_is_the_derivative),
      cmocka_unit_test(thresholds_are_where_the_membrane_was_before_its_spike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
