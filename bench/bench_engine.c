/* SPDX-License-Identifier: Apache-2.0 */
/* Table engine, production ngspice and tight ngspice on the same dies and events. */
#include "bench_engine.h"

#include "engine/ngspice/engine.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_BIAS = 64, MAX_CHANGE = 512, MAX_DIE = 200, REPEATS = 3 };
enum { TABLE, PRODUCTION, REFERENCE, N_ENGINE };
static const double length_tau = 6;
static const uint64_t first_die = 1;

typedef struct bench {
  const ms_core *core;
  int set;
  ms_engine *engine[N_ENGINE];
  ms_group *group[N_ENGINE];
  ms_stimulus *pulse;
  size_t n_pulse;
  double bias_v[MAX_BIAS];
} bench;

typedef struct outcome {
  size_t n_spike;
  double spike_s[MAX_CHANGE], seconds, energy_j;
  uint64_t steps, evaluations, rejected;
  bool unsure;
} outcome;

/* Processor time of whoever computes for the group. */
static double seconds_used(const bench *b, int which) {
  struct timespec t;
  clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
  if (which != TABLE) {
    pid_t pid = ms_ngspice_group_pid(b->group[which]);
    if (!pid || clock_getcpuclockid(pid, &clock))
      return 0;
  }
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int run_once(bench *b, int which, uint64_t die, outcome *out, ms_error *err) {
  const ms_ack_timing ack = {b->core->clock_ps, 2, 2};
  ms_run_spec spec = {.die = {1, die, 1},
                      .bias_v = b->bias_v,
                      .t_stop = ms_time_from_s(length_tau * b->core->tau_s[b->set]),
                      .lookahead_ps = 2 * b->core->clock_ps,
                      .self_ack = &ack};
  ms_group *g = b->group[which];
  ms_report report = {0};
  ms_group_result result;
  memset(out, 0, sizeof *out);
  int code = ms_group_start(g, &spec, err);
  code = code ? code : ms_group_stimulate(g, b->pulse, b->n_pulse, err);
  double before = seconds_used(b, which);
  while (!code && !report.finished) {
    code = ms_group_grant(g, spec.t_stop, 1, err);
    code = code ? code : ms_group_wait(g, &report, err);
    for (size_t i = 0; !code && i < report.n_transition && out->n_spike < MAX_CHANGE; i++)
      if (report.transition[i].level)
        out->spike_s[out->n_spike++] = ms_time_to_s(report.transition[i].t);
  }
  out->seconds = seconds_used(b, which) - before;
  if (code)
    return code;
  code = ms_group_finish(g, &result, err);
  if (code)
    return code;
  out->energy_j = result.energy_j;
  out->steps = result.steps;
  out->evaluations = result.iterations;
  out->rejected = result.rejected;
  out->unsure = result.unsure;
  ms_group_result_clear(&result);
  return MS_OK;
}

/* Pulses on all rows in turn, every 0.15 tau, codes over the DAC's range. */
static int make_pulses(bench *b, ms_error *err) {
  double tau = b->core->tau_s[b->set];
  b->pulse = calloc((size_t)(2 * length_tau / 0.15) + 4, sizeof *b->pulse);
  if (!b->pulse)
    return ms_fail(err, MS_ENOMEM, "no memory for pulses");
  unsigned k = 0;
  for (double t = 0.1 * tau; t < (length_tau - 0.1) * tau; t += 0.15 * tau, k++) {
    uint8_t row = (uint8_t)(k % b->core->n_row);
    uint16_t code = (uint16_t)(1 + k * 5 % ((1u << b->core->dac_bits) - 1));
    b->pulse[b->n_pulse++] = (ms_stimulus){ms_time_from_s(t), MS_STIM_PULSE, row, 1, code};
    b->pulse[b->n_pulse++] =
        (ms_stimulus){ms_time_from_s(t) + b->core->pulse_ps[b->set], MS_STIM_PULSE, row, 0, 0};
  }
  return MS_OK;
}

static int open_engines(bench *b, ms_error *err) {
  for (int i = 0; i < N_ENGINE; i++) {
    ms_engine_options o = {.kind = i == TABLE ? MS_ENGINE_TABLE : MS_ENGINE_NGSPICE,
                           .reltol = i == REFERENCE ? 1e-5 : 0};
    int code = ms_engine_create(&o, b->core, &b->engine[i], err);
    code = code ? code : ms_group_create(b->engine[i], &b->group[i], err);
    if (code)
      return code;
  }
  return MS_OK;
}

static void close_engines(bench *b) {
  for (int i = 0; i < N_ENGINE; i++) {
    ms_group_destroy(b->group[i]);
    ms_engine_destroy(b->engine[i]);
  }
  free(b->pulse);
}

/* A constant current of about three times the leak makes the soma fire. */
static int set_biases(bench *b, uint64_t die, ms_error *err) {
  uint16_t code[MAX_BIAS];
  if (b->core->n_bias > MAX_BIAS)
    return ms_fail(err, MS_ERANGE, "more than %d bias lines", MAX_BIAS);
  for (size_t i = 0; i < b->core->n_bias; i++)
    code[i] = (uint16_t)b->core->bias[i].bias->code[b->set];
  int idc = ms_core_find_bias(b->core, "dpi_soma.idc");
  if (idc >= 0)
    code[idc] = (uint16_t)(b->set == MS_SET_ACCELERATED ? 4 << 8 | 200 : 2 << 8 | 80);
  return ms_engine_bias(b->engine[PRODUCTION], &(ms_die){1, die, 1}, &(ms_pvt){0}, code, b->bias_v,
                        NULL, err);
}

/* Largest shift of a spike, in tau; a spike that only one has counts if it lies clear of the end.
 */
static double shift(const bench *b, const outcome *a, const outcome *r, bool *equal) {
  double tau = b->core->tau_s[b->set], worst = 0, end = (length_tau - 0.01) * tau;
  size_t n = a->n_spike < r->n_spike ? a->n_spike : r->n_spike;
  for (size_t i = 0; i < n; i++)
    worst = fmax(worst, fabs(a->spike_s[i] - r->spike_s[i]) / tau);
  const outcome *more = a->n_spike > n ? a : r;
  *equal = more->n_spike == n || (more->n_spike == n + 1 && more->spike_s[n] > end);
  return worst;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int ms_bench_engine_run(const ms_core *core, int set, bool pulses, unsigned n_die,
                        ms_bench_engine_row *row, ms_error *err) {
  static const char *const name[2][2] = {{"soma acc", "soma bio"},
                                         {"synapses acc", "synapses bio"}};
  double error[2][MAX_DIE];
  unsigned n_equal = 0;
  bench b = {.core = core, .set = set};
  outcome *o = calloc(N_ENGINE, sizeof *o);
  memset(row, 0, sizeof *row);
  row->name = name[pulses][set == MS_SET_BIOLOGICAL];
  row->n_die = n_die = n_die > MAX_DIE ? MAX_DIE : n_die < 1 ? 1 : n_die;
  int code = o ? open_engines(&b, err) : ms_fail(err, MS_ENOMEM, "no memory for a bench");
  if (!code && pulses)
    code = make_pulses(&b, err);
  for (unsigned d = 0; d < n_die && !code; d++) {
    uint64_t die = first_die + d;
    code = set_biases(&b, die, err);
    for (int i = 0; i < N_ENGINE && !code; i++)
      code = run_once(&b, i, die, &o[i], err);
    double least = o[TABLE].seconds;
    for (int i = 0; i < REPEATS && !code; i++) { /* caches warm, as they are in training */
      code = run_once(&b, TABLE, die, &o[TABLE], err);
      least = fmin(least, o[TABLE].seconds);
    }
    if (code)
      break;
    bool equal, ignored;
    error[0][d] = shift(&b, &o[TABLE], &o[REFERENCE], &equal);
    error[1][d] = shift(&b, &o[PRODUCTION], &o[REFERENCE], &ignored);
    n_equal += equal;
    row->table_s += least;
    row->ngspice_s += o[PRODUCTION].seconds;
    row->energy_error =
        fmax(row->energy_error, fabs(o[TABLE].energy_j / o[REFERENCE].energy_j - 1));
    row->n_spike += (double)o[TABLE].n_spike / n_die;
    row->steps += (double)o[TABLE].steps / n_die;
    row->evaluations += (double)o[TABLE].evaluations / n_die;
    row->rejected += (double)o[TABLE].rejected / n_die;
    row->unsure += o[TABLE].unsure;
  }
  if (!code) {
    for (int k = 0; k < 2; k++)
      qsort(error[k], n_die, sizeof(double), ascending);
    row->table_error_tau = error[0][n_die / 2];
    row->table_worst_tau = error[0][n_die - 1];
    row->ngspice_error_tau = error[1][n_die / 2];
    row->ngspice_worst_tau = error[1][n_die - 1];
    row->n_pulse = (double)b.n_pulse / 2;
    row->count_equal = (double)n_equal / n_die;
    row->speedup = row->ngspice_s / row->table_s;
    row->ns_per_evaluation = 1e9 * row->table_s / (row->evaluations * n_die);
  }
  close_engines(&b);
  free(o);
  return code;
}

static cJSON *row_json(const ms_bench_engine_row *r) {
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "case", r->name);
  const struct {
    const char *name;
    double value;
  } number[] = {{"dies", r->n_die},
                {"ngspice_ms", 1e3 * r->ngspice_s / r->n_die},
                {"table_ms", 1e3 * r->table_s / r->n_die},
                {"speedup", r->speedup},
                {"count_equal", r->count_equal},
                {"error_tau", r->table_error_tau},
                {"worst_tau", r->table_worst_tau},
                {"ngspice_error_tau", r->ngspice_error_tau},
                {"ngspice_worst_tau", r->ngspice_worst_tau},
                {"energy_error", r->energy_error},
                {"spikes", r->n_spike},
                {"pulses", r->n_pulse},
                {"steps", r->steps},
                {"evaluations", r->evaluations},
                {"rejected", r->rejected},
                {"ns_per_evaluation", r->ns_per_evaluation},
                {"unsure", r->unsure}};
  for (size_t i = 0; i < sizeof number / sizeof *number; i++)
    cJSON_AddNumberToObject(o, number[i].name, number[i].value);
  return o;
}

int ms_bench_engine(double wall_s, char **json, ms_error *err) {
  ms_core *core;
  *json = NULL;
  int code = ms_core_load(NULL, "dpi16", 0, &core, err);
  if (code)
    return code;
  cJSON *object = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(object, "rows");
  double product = 1, equal = 0, error = 0;
  unsigned n_die = (unsigned)fmin(fmax(wall_s / 8, 1), MAX_DIE);
  for (int i = 0; i < 4 && !code; i++) {
    ms_bench_engine_row row;
    code = ms_bench_engine_run(core, i & 1 ? MS_SET_BIOLOGICAL : MS_SET_ACCELERATED, i >= 2, n_die,
                               &row, err);
    if (code)
      break;
    cJSON_AddItemToArray(rows, row_json(&row));
    product *= row.speedup;
    equal += row.count_equal / 4;
    error = fmax(error, row.table_error_tau);
  }
  if (!code) {
    cJSON_AddNumberToObject(object, "speedup", pow(product, 0.25));
    cJSON_AddNumberToObject(object, "spike_count_equal", equal);
    cJSON_AddNumberToObject(object, "spike_time_error_tau", error);
    *json = cJSON_PrintUnformatted(object);
    if (!*json)
      code = ms_fail(err, MS_ENOMEM, "no memory for the figures");
  }
  cJSON_Delete(object);
  ms_core_destroy(core);
  return code;
}
