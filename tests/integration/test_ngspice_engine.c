/* SPDX-License-Identifier: Apache-2.0 */
/* The ngspice engine on a neuron of the core dpi16: the same run is the same run, however it is cut
 * up and whoever acknowledges; against plain ngspice; memory over many runs. */
#include "integration/ngspice_runs.h"

/* Windows move the solver's steps, and with them the error that its tolerances allow. Spike times
 * of this neuron then scatter by up to 20 ns (tau = 10 us; docs/ngspice.md: 51 ns against tight
 * tolerances). */
static const double window_tolerance_s = 30e-9;

static void the_same_run_gives_the_same_bits(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 1);
  ms_run_spec spec = bench_spec(&b, 12 * US);
  spec.self_ack = &bench_ack;
  outcome first, second;
  bench_run(&b, &spec, &first);
  bench_run(&b, &spec, &second);
  assert_true(first.n >= 4);
  assert_true(bench_difference(&first, &second) == 0);
  assert_true(first.result.energy_j == second.result.energy_j);
  assert_int_equal(first.result.n_wave, 1);
  assert_int_equal(first.result.wave[0].n, second.result.wave[0].n);
  assert_memory_equal(first.result.wave[0].v, second.result.wave[0].v,
                      first.result.wave[0].n * sizeof(double));
  print_message("%zu transitions, %.3g pJ, %llu steps\n", first.n, first.result.energy_j * 1e12,
                (unsigned long long)first.result.steps);
  outcome_clear(&first);
  outcome_clear(&second);
  bench_close(&b);
}

static void acknowledges_from_inside_and_outside_give_the_same_spikes(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 1);
  ms_run_spec spec = bench_spec(&b, 12 * US);
  outcome inside, outside;
  bench_run_outside(&b, &spec, (windows){0}, &outside);
  spec.self_ack = &bench_ack;
  bench_run(&b, &spec, &inside);
  double d = bench_difference(&inside, &outside);
  print_message("%zu transitions, %zu reports, at most %.3g ns apart\n", outside.n,
                outside.n_report, d * 1e9);
  assert_true(outside.n >= 4);
  assert_true(d < window_tolerance_s);
  outcome_clear(&inside);
  outcome_clear(&outside);
  bench_close(&b);
}

static void windows_do_not_change_the_spikes(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 2);
  ms_run_spec spec = bench_spec(&b, 8 * US);
  outcome whole, part;
  bench_run_outside(&b, &spec, (windows){0}, &whole);
  static const windows cases[] = {{.length = 30 * NS, .cut = 1},
                                  {.length = 200 * NS, .cut = 1},
                                  {.length = 200 * NS, .cut = 0},
                                  {.cut = 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bench_run_outside(&b, &spec, cases[i], &part);
    double d = bench_difference(&whole, &part);
    print_message("window %llu ns cut %d: %zu reports, %llu steps, at most %.3g ns apart\n",
                  (unsigned long long)cases[i].length / NS, cases[i].cut, part.n_report,
                  (unsigned long long)part.result.steps, d * 1e9);
    assert_true(d < window_tolerance_s);
    outcome_clear(&part);
  }
  assert_true(whole.n >= 2);
  outcome_clear(&whole);
  bench_close(&b);
}

/* Corners of a source that steps between levels with the core's edge time. */
typedef struct pwl {
  char text[8000];
  size_t n;
  double v;
} pwl;

static void pwl_step(pwl *p, ms_time t, ms_time edge_ps, double v) {
  if (v != p->v)
    p->n += (size_t)snprintf(p->text + p->n, sizeof p->text - p->n, " %.15g %.15g %.15g %.15g",
                             ms_time_to_s(t), p->v, ms_time_to_s(t + edge_ps), v);
  p->v = v;
}

static void pwl_line(const pwl *p, const char *node, double first, char *line, size_t size) {
  snprintf(line, size, "v%s %s 0 pwl(0 %.15g%s)", node, node, first, p->text);
}

/* The deck with what drove the run as ordinary PWL sources: no external source, no harness. */
static void drive_by_pwl(const bench *b, const ms_run_spec *spec, const outcome *run,
                         ms_deck *deck) {
  static char line[8100];
  ms_time edge = b->core->edge_ps;
  ms_stimulus s[400];
  size_t n = bench_pulses(b, spec->t_stop, s);
  pwl *nack = calloc(1, sizeof *nack), *pulse = calloc(1, sizeof *pulse);
  nack->v = 1.8;
  for (size_t i = 0; i < run->n; i++)
    pwl_step(nack, ms_ack_time(&bench_ack, run->transition[i].t, run->transition[i].level), edge,
             run->transition[i].level ? 0 : 1.8);
  for (size_t i = 0; i < n; i++)
    pwl_step(pulse, s[i].t, edge, s[i].level ? 1.8 : 0);
  for (size_t i = 0; i < deck->n_line; i++) {
    const char *old = deck->line[i];
    if (!strstr(old, " external"))
      continue;
    char node[24];
    assert_int_equal(sscanf(old, "%*s %23s", node), 1);
    pwl bit = {.v = 0};
    unsigned row, k;
    if (!strcmp(node, "nack"))
      pwl_line(nack, node, 1.8, line, sizeof line);
    else if (!strcmp(node, "p0"))
      pwl_line(pulse, node, 0, line, sizeof line);
    else if (sscanf(node, "w%u_%u", &row, &k) == 2 && row == 0) {
      pwl_step(&bit, s[0].t, edge, s[0].code >> k & 1 ? 1.8 : 0);
      pwl_line(&bit, node, 0, line, sizeof line);
    } else {
      /* row 1 is inhibitory: its pins are active low */
      snprintf(line, sizeof line, "v%s %s 0 1.8", node, node);
    }
    free(deck->line[i]);
    deck->line[i] = strdup(line);
  }
  free(nack);
  free(pulse);
}

/* Processor time that a process has used so far; other load on the machine does not count. */
static double processor_s(pid_t pid) {
  char path[64], text[512];
  unsigned long user = 0, system = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *f = fopen(path, "r");
  size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
  if (f)
    fclose(f);
  text[n] = '\0';
  const char *after_name = strrchr(text, ')');
  assert_non_null(after_name);
  assert_int_equal(
      sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system),
      2);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* The same neuron on the same die, once under the harness and once in plain ngspice with every
 * input, acknowledges included, as a PWL source. The supply's thresholds are 1.08 V and 0.72 V;
 * crossings of the plain run are interpolated linearly. */
static void plain_ngspice_gives_the_same_spikes(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 1);
  ms_run_spec spec = bench_spec(&b, 12 * US);
  spec.die.strength = 0; /* no device needs to be altered in the plain run */
  spec.self_ack = &bench_ack;
  outcome run;
  bench_run(&b, &spec, &run);
  outcome_clear(&run);
  double start = processor_s(ms_ngspice_group_pid(b.group));
  bench_run(&b, &spec, &run);
  double harness_s = processor_s(ms_ngspice_group_pid(b.group)) - start;
  assert_true(run.n >= 4);

  ms_deck *deck;
  ms_service *s;
  MUST(ms_deck_group(b.core, &spec.pvt, &deck, must));
  drive_by_pwl(&b, &spec, &run, deck);
  MUST(ms_service_create(NULL, 60, &s, must));
  MUST(ms_service_deck(s, deck, must));
  MUST(ms_service_command(s, "save v(req)", NULL, must));
  for (size_t i = 0; i < b.core->n_bias; i++) {
    char line[60];
    snprintf(line, sizeof line, "alter vb%zu=%.15g", i, b.bias_v[i]);
    MUST(ms_service_command(s, line, NULL, must));
  }
  start = processor_s(ms_service_pid(s));
  MUST(ms_service_command(s, "tran 100n 12u 0 100n", NULL, must));
  double plain_s = processor_s(ms_service_pid(s)) - start;
  const double *v;
  size_t n, n_time, found = 0;
  MUST(ms_service_vector(s, "time", &v, &n_time, must));
  double *t = malloc(n_time * sizeof *t);
  memcpy(t, v, n_time * sizeof *t);
  MUST(ms_service_vector(s, "v(req)", &v, &n, must));
  assert_int_equal(n, n_time);
  double worst = 0;
  for (size_t i = 1, level = 0; i < n; i++) {
    double threshold = level ? 0.72 : 1.08;
    if (level ? v[i] > threshold : v[i] < threshold)
      continue;
    double at = t[i - 1] + (t[i] - t[i - 1]) * (threshold - v[i - 1]) / (v[i] - v[i - 1]);
    level = !level;
    assert_true(found < run.n);
    double d = fabs(at - ms_time_to_s(run.transition[found].t));
    assert_int_equal(level, run.transition[found++].level);
    if (d > worst)
      worst = d;
  }
  print_message("%zu transitions, at most %.3g ns apart; %llu points in %.2f s against %zu in "
                "%.2f s of processor time\n",
                run.n, worst * 1e9, (unsigned long long)run.result.steps, harness_s, n, plain_s);
  assert_int_equal(found, run.n);
  assert_true(worst < window_tolerance_s);
  free(t);
  ms_service_destroy(s);
  ms_deck_destroy(deck);
  outcome_clear(&run);
  bench_close(&b);
}

static void an_overridden_acknowledge_comes_when_it_is_told(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 1);
  ms_run_spec spec = bench_spec(&b, 8 * US);
  spec.self_ack = &bench_ack;
  spec.probe_mask = 1u << MS_PROBE_NACK;
  outcome plain, late;
  bench_run(&b, &spec, &plain);
  assert_true(plain.n >= 2);
  ms_time override = plain.transition[0].t + 500 * NS;
  spec.ack_override = &override;
  spec.n_ack_override = 1;
  bench_run(&b, &spec, &late);
  assert_true(late.transition[0].t == plain.transition[0].t);
  /* The request falls only after the acknowledge. */
  assert_true(late.transition[1].t > override);
  assert_true(plain.transition[1].t < override);
  outcome_clear(&plain);
  outcome_clear(&late);
  bench_close(&b);
}

static void input_errors_are_told(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 1);
  ms_error err = {0};
  ms_run_spec spec = bench_spec(&b, 2 * US);
  ms_report r;
  assert_int_equal(ms_group_grant(b.group, 1, 0, &err), MS_EINVAL);
  MUST(ms_group_start(b.group, &spec, must));
  MUST(ms_group_grant(b.group, 1 * US, 1, must));
  MUST(ms_group_wait(b.group, &r, must));
  assert_int_equal(r.committed, 1 * US);
  ms_stimulus s = {.t = 900 * NS, .kind = MS_STIM_PULSE, .level = 1, .code = 3};
  assert_int_equal(ms_group_stimulate(b.group, &s, 1, &err), MS_ECAUSALITY);
  s.t = 1 * US;
  s.row = 9;
  assert_int_equal(ms_group_stimulate(b.group, &s, 1, &err), MS_ERANGE);
  s.row = 0;
  s.code = 99;
  assert_int_equal(ms_group_stimulate(b.group, &s, 1, &err), MS_ERANGE);
  print_message("%s\n", err.text);
  /* An unfinished run can be ended; the group is good for another. */
  ms_group_result result;
  MUST(ms_group_finish(b.group, &result, must));
  assert_true(result.steps > 0);
  ms_group_result_clear(&result);
  outcome o;
  spec.self_ack = &bench_ack;
  bench_run(&b, &spec, &o);
  outcome_clear(&o);
  bench_close(&b);
}

static long resident_kib(pid_t pid) {
  char path[64];
  long pages = 0, ignored;
  snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
  FILE *f = fopen(path, "r");
  if (f && fscanf(f, "%ld %ld", &ignored, &pages) != 2)
    pages = 0;
  if (f)
    fclose(f);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Another die each time, so that every device is altered. 200 runs may cost 1 MiB at most: a leak
 * of every point's vectors alone would be 200 x 30 points x 40 nodes x 8 bytes = 2 MiB. */
static void memory_stays_flat_over_200_runs(void **state) {
  (void)state;
  bench b;
  bench_open(&b, 60, 0, 1);
  ms_run_spec spec = bench_spec(&b, 300 * NS);
  spec.self_ack = &bench_ack;
  long at_20 = 0;
  for (unsigned i = 0; i < 200; i++) {
    outcome o;
    spec.die.die = i;
    bench_run(&b, &spec, &o);
    outcome_clear(&o);
    if (i == 20)
      at_20 = resident_kib(ms_ngspice_group_pid(b.group));
  }
  long at_200 = resident_kib(ms_ngspice_group_pid(b.group));
  print_message("worker: %ld KiB after 20 runs, %ld KiB after 200\n", at_20, at_200);
  assert_true(at_20 > 0 && at_200 - at_20 < 1024);
  bench_close(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_run_gives_the_same_bits),
      cmocka_unit_test(acknowledges_from_inside_and_outside_give_the_same_spikes),
      cmocka_unit_test(windows_do_not_change_the_spikes),
      cmocka_unit_test(plain_ngspice_gives_the_same_spikes),
      cmocka_unit_test(an_overridden_acknowledge_comes_when_it_is_told),
      cmocka_unit_test(input_errors_are_told),
      cmocka_unit_test(memory_stays_flat_over_200_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
