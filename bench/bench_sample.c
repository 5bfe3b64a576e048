/* SPDX-License-Identifier: Apache-2.0 */
/* What whole samples cost on the table engine: a classifier's, and cores of many sizes and rates.
 */
#include "bench_engine.h"

#include "mixspike/chip.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { N_HIDDEN = 60, N_OUT = 12, N_IN = 10, REPEATS = 2 };

/** One chip with drawn connections, and what one of its samples cost. */
typedef struct sample {
  unsigned n_hidden, n_out, n_in;
  double length_tau;
  bool maps; /**< pulse maps, full in all runs but the first */
  uint64_t n_spike, n_event, n_step, n_evaluation;
  double first_s, later_s; /**< processor time: with start-up of the die, without */
  double router_share;
  double memory_mib; /**< that the chip and its first run took */
} sample;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Resident memory of this process, MiB. */
static double resident_mib(void) {
  FILE *f = fopen("/proc/self/statm", "r");
  unsigned long total = 0, resident = 0;
  if (f && fscanf(f, "%lu %lu", &total, &resident) != 2)
    resident = 0;
  if (f)
    fclose(f);
  return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

/* A number in 0..n-1 from a 64-bit xorshift: the same network in every run. */
static unsigned draw(uint64_t *state, unsigned n) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (unsigned)((*state >> 33) % n);
}

/* All inputs to all hidden neurons, those to all outputs; signs as trained networks have them. */
static size_t connect_all(const sample *s, ms_synapse *synapse) {
  uint64_t state = 88172645463325252u;
  size_t n = 0;
  unsigned n_neuron = s->n_hidden + s->n_out;
  for (unsigned from = 0; from < s->n_in + (s->n_out ? s->n_hidden : 0); from++) {
    int input = from < s->n_in;
    unsigned source = input ? n_neuron + from : from - s->n_in;
    unsigned first = input ? 0 : s->n_hidden, end = input ? s->n_hidden : n_neuron;
    for (unsigned to = first; to < end; to++) {
      int excites = draw(&state, 100) < (input ? 80 : 55);
      synapse[n++] = (ms_synapse){(uint16_t)source, (uint16_t)to, excites ? MS_EXC : MS_INH, 0,
                                  (uint16_t)(1 + draw(&state, 15))};
    }
  }
  return n;
}

static int run_once(ms_chip *chip, const ms_event *in, sample *s, double *took_s, ms_error *err) {
  double tau = ms_chip_core(chip)->tau_s[MS_SET_ACCELERATED], before = seconds();
  ms_run_options options = {.t_stop = ms_time_from_s(s->length_tau * tau)};
  ms_run_result result;
  int code = ms_chip_run(chip, in, s->n_in, &options, &result, err);
  if (code)
    return code;
  *took_s = seconds() - before;
  s->n_spike = result.n_spike;
  s->n_event = result.n_delivery;
  s->n_step = s->n_evaluation = 0;
  for (unsigned i = 0; i < result.n_neuron; i++) {
    s->n_step += result.group[i].steps;
    s->n_evaluation += result.group[i].iterations;
  }
  s->router_share = result.router_wall_s / result.wall_s;
  ms_run_result_clear(&result);
  return MS_OK;
}

static int measure(const ms_core *core, sample *s, ms_error *err) {
  ms_chip_options options = {.core = core,
                             .engine = {.kind = MS_ENGINE_TABLE, .pulse_maps = s->maps},
                             .router = MS_ROUTER_IDEAL,
                             .n_neuron = s->n_hidden + s->n_out,
                             .n_input = s->n_in,
                             .set = MS_SET_ACCELERATED};
  size_t room = (size_t)s->n_hidden * (s->n_in + s->n_out);
  ms_synapse *synapse = calloc(room, sizeof *synapse);
  ms_event *in = calloc(s->n_in, sizeof *in);
  ms_chip *chip = NULL;
  double before_mib = resident_mib();
  int code = synapse && in ? ms_chip_create(&options, &chip, err)
                           : ms_fail(err, MS_ENOMEM, "no memory for a sample");
  if (!code) {
    double tau = core->tau_s[MS_SET_ACCELERATED];
    for (unsigned i = 0; i < s->n_in; i++)
      in[i] =
          (ms_event){ms_time_from_s(tau * (0.1 + 0.4 * s->length_tau * i / s->n_in)), (uint16_t)i};
    ms_config config = {.n_synapse = connect_all(s, synapse), .synapse = synapse};
    code = ms_chip_configure(chip, &config, err);
  }
  code = code ? code : ms_chip_set_die(chip, &(ms_die){1, 1, 1}, err);
  code = code ? code : run_once(chip, in, s, &s->first_s, err);
  s->memory_mib = resident_mib() - before_mib;
  s->later_s = INFINITY;
  for (int i = 0; i < REPEATS && !code; i++) {
    double took_s = 0;
    code = run_once(chip, in, s, &took_s, err);
    s->later_s = fmin(s->later_s, took_s);
  }
  ms_chip_destroy(chip);
  free(in);
  free(synapse);
  return code;
}

/* Slope of log y over log x. */
static double exponent(const double *x, const double *y, int n) {
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int i = 0; i < n; i++) {
    double u = log(x[i]), v = log(y[i]);
    sx += u;
    sy += v;
    sxx += u * u;
    sxy += u * v;
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

static int add_exponents(const ms_core *core, cJSON *object, ms_error *err) {
  static const unsigned n_neuron[] = {8, 64, 512}, n_input[] = {8, 32, 128};
  double x[3], y[3];
  int code = MS_OK;
  for (int i = 0; i < 3 && !code; i++) {
    sample s = {.n_hidden = n_neuron[i], .n_in = 8, .length_tau = 2};
    code = measure(core, &s, err);
    x[i] = n_neuron[i];
    y[i] = s.later_s;
  }
  if (!code)
    cJSON_AddNumberToObject(object, "neuron_exponent", exponent(x, y, 3));
  for (int i = 0; i < 3 && !code; i++) {
    sample s = {.n_hidden = 8, .n_in = n_input[i], .length_tau = 4};
    code = measure(core, &s, err);
    x[i] = (double)s.n_event;
    y[i] = s.later_s;
  }
  if (!code)
    cJSON_AddNumberToObject(object, "event_exponent", exponent(x, y, 3));
  return code;
}

static int add_sample(const ms_core *core, bool maps, const char *prefix, cJSON *object,
                      ms_error *err) {
  sample s = {.n_hidden = N_HIDDEN, .n_out = N_OUT, .n_in = N_IN, .length_tau = 4, .maps = maps};
  int code = measure(core, &s, err);
  const struct {
    const char *name;
    double value;
  } number[] = {{"ms", 1e3 * s.later_s},          {"first_ms", 1e3 * s.first_s},
                {"spikes", (double)s.n_spike},    {"events", (double)s.n_event},
                {"steps", (double)s.n_step},      {"evaluations", (double)s.n_evaluation},
                {"router_share", s.router_share}, {"memory_mib", s.memory_mib}};
  for (size_t i = 0; i < sizeof number / sizeof *number && !code; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s_%s", prefix, number[i].name);
    cJSON_AddNumberToObject(object, name, number[i].value);
  }
  return code;
}

int ms_bench_sample(const ms_core *core, cJSON *object, ms_error *err) {
  int code = add_sample(core, false, "sample", object, err);
  code = code ? code : add_sample(core, true, "sample_maps", object, err);
  return code ? code : add_exponents(core, object, err);
}
