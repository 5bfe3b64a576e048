/* SPDX-License-Identifier: Apache-2.0 */
/* One flat ngspice netlist against the kernel on the same ngspice, die and events. */
#include "bench_partition.h"

#include "kernel/flat.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* ACK_CYCLES: the RTL's latency from a request to its acknowledge. */
enum { MAX_BIAS = 64, ACK_CYCLES = 2, ROWS = 4, EXC_CODE = 15, INH_CODE = 4 };
static const double rate_hz = 200;
static const ms_die die = {.seed = 1, .die = 1, .strength = 1};

typedef struct workload {
  ms_synapse *synapse;
  ms_event *event;
  size_t n_synapse, n_event;
} workload;

/* Uniform in (0, 1], from a linear congruential generator (Knuth's MMIX constants). */
static double uniform(uint64_t *random) {
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return ((double)(*random >> 11) + 1.0) * 0x1p-53;
}

static int compare_time(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  return (x->t > y->t) - (x->t < y->t);
}

/* An input of its own for every synapse, Poisson. */
static int make_workload(const ms_core *core, unsigned n_neuron, ms_time t_stop, workload *w,
                         ms_error *err) {
  double length_s = ms_time_to_s(t_stop);
  w->n_synapse = (size_t)n_neuron * ROWS;
  size_t most = w->n_synapse * (size_t)(10 + 4 * rate_hz * length_s);
  w->synapse = calloc(w->n_synapse, sizeof *w->synapse);
  w->event = calloc(most, sizeof *w->event);
  if (!w->synapse || !w->event)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu synapses", w->n_synapse);
  uint64_t random = 1;
  for (size_t i = 0; i < w->n_synapse; i++) {
    const ms_row *row = &core->row[i % ROWS];
    w->synapse[i] = (ms_synapse){.source = (uint16_t)(n_neuron + i),
                                 .target = (uint16_t)(i / ROWS),
                                 .sign = (uint8_t)row->sign,
                                 .row = (uint8_t)row->index,
                                 .code = row->sign == MS_EXC ? EXC_CODE : INH_CODE};
    double t_s = 0;
    while (w->n_event < most && (t_s -= log(uniform(&random)) / rate_hz) < length_s)
      w->event[w->n_event++] = (ms_event){.t = ms_time_from_s(t_s), .address = (uint16_t)i};
  }
  qsort(w->event, w->n_event, sizeof *w->event, compare_time);
  return 0;
}

static void default_codes(const ms_core *core, uint16_t *code) {
  for (size_t i = 0; i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[MS_SET_BIOLOGICAL];
}

static int run_partitioned(const ms_core *core, ms_engine_kind engine, unsigned n_neuron,
                           ms_time t_stop, const workload *w, ms_run_result *result, double *bias_v,
                           double *wall_s, ms_error *err) {
  ms_chip_options options = {.core = core,
                             .engine = {.kind = engine, .timeout_s = 600},
                             .router = MS_ROUTER_RTL,
                             .driver = MS_DRIVER_PROMISES,
                             .n_neuron = n_neuron,
                             .n_input = (unsigned)w->n_synapse,
                             .set = MS_SET_BIOLOGICAL};
  ms_config config = {.n_synapse = w->n_synapse, .synapse = w->synapse};
  ms_run_options run = {.t_stop = t_stop, .record_inputs = 1}, first = {.t_stop = 1000};
  ms_chip *chip = NULL;
  int rc = ms_chip_create(&options, &chip, err);
  rc = rc ? rc : ms_chip_set_die(chip, &die, err);
  rc = rc ? rc : ms_chip_configure(chip, &config, err);
  /* Workers start and load their decks, and tables are read, once for all samples; the flat run
   * leaves that out too. */
  rc = rc ? rc : ms_chip_run(chip, NULL, 0, &first, result, err);
  if (!rc)
    ms_run_result_clear(result);
  rc = rc ? rc : ms_chip_run(chip, w->event, w->n_event, &run, result, err);
  *wall_s = rc ? 0 : result->wall_s;
  uint16_t code[MAX_BIAS];
  ms_pvt pvt = {0};
  default_codes(core, code);
  rc = rc ? rc : ms_engine_bias(ms_chip_engine(chip), &die, &pvt, code, bias_v, NULL, err);
  ms_chip_destroy(chip);
  return rc;
}

/* The flat netlist gets the bias lines as the groups do, ideal: its branches would only slow it. */
static int run_flat(const ms_core *core, unsigned n_neuron, ms_time t_stop,
                    const ms_run_result *from, const double *bias_v, ms_flat_result *flat,
                    ms_error *err) {
  uint16_t code[MAX_BIAS];
  default_codes(core, code);
  double step_s = core->tau_s[MS_SET_BIOLOGICAL] / 100, length_s = ms_time_to_s(t_stop);
  ms_flat_options options = {
      .core = core,
      .die = die,
      .code = code,
      .bias_v = bias_v,
      .n_neuron = n_neuron,
      .change = from->input_change,
      .n_change = from->n_input_change,
      .t_stop = t_stop,
      .ack = {.clock_ps = core->clock_ps, .rise_cycles = ACK_CYCLES, .fall_cycles = ACK_CYCLES},
      .max_step_s = fmin(step_s, length_s / 10),
      .timeout_s = 7200};
  return ms_flat_run(&options, flat, err);
}

/* The spikes of one neuron, in order: its next one after *i, or n. */
static size_t next_spike(const ms_event *spike, size_t n, size_t i, unsigned neuron) {
  while (i < n && spike[i].address != neuron)
    i++;
  return i;
}

/* Spikes neuron by neuron: how far apart at most, in time constants; equal within 1 % of one. A
 * spike that only one of them has must lie that near the end, where the other's is just outside. */
static bool compare_spikes(const ms_run_result *a, const ms_flat_result *b, unsigned n_neuron,
                           double tau_s, double end_s, double *worst_tau) {
  const double limit_tau = 0.01;
  bool equal = true;
  *worst_tau = 0;
  for (unsigned n = 0; n < n_neuron; n++) {
    size_t i = 0, j = 0;
    for (;; i++, j++) {
      i = next_spike(a->spike, a->n_spike, i, n);
      j = next_spike(b->spike, b->n_spike, j, n);
      if (i == a->n_spike || j == b->n_spike)
        break;
      double d = fabs(ms_time_to_s(a->spike[i].t) - ms_time_to_s(b->spike[j].t)) / tau_s;
      *worst_tau = fmax(*worst_tau, d);
    }
    double left_s = i < a->n_spike   ? ms_time_to_s(a->spike[i].t)
                    : j < b->n_spike ? ms_time_to_s(b->spike[j].t)
                                     : end_s;
    equal = equal && left_s > end_s - limit_tau * tau_s;
  }
  return equal && *worst_tau < limit_tau;
}

int ms_bench_partition_run(const ms_core *core, unsigned n_neuron, double simulated_ms,
                           bool with_flat, ms_bench_partition_row *row, ms_error *err) {
  memset(row, 0, sizeof *row);
  if (core->n_row < ROWS || core->n_bias > MAX_BIAS)
    return ms_fail(err, MS_EINVAL, "core %s has %zu rows and %zu biases: not %d and at most %d",
                   core->name, core->n_row, core->n_bias, ROWS, MAX_BIAS);
  ms_time t_stop = ms_time_from_s(1e-3 * simulated_ms);
  workload w = {0};
  ms_run_result result = {0}, table = {0};
  ms_flat_result flat = {0};
  double wall_s = 0, table_s = 0, bias_v[MAX_BIAS], tau_s = core->tau_s[MS_SET_BIOLOGICAL];
  int rc = make_workload(core, n_neuron, t_stop, &w, err);
  rc = rc ? rc
          : run_partitioned(core, MS_ENGINE_TABLE, n_neuron, t_stop, &w, &table, bias_v, &table_s,
                            err);
  rc = rc ? rc
          : run_partitioned(core, MS_ENGINE_NGSPICE, n_neuron, t_stop, &w, &result, bias_v, &wall_s,
                            err);
  if (!rc && with_flat)
    rc = run_flat(core, n_neuron, t_stop, &result, bias_v, &flat, err);
  if (!rc) {
    row->n_neuron = n_neuron;
    row->simulated_ms = simulated_ms;
    row->partitioned_s_per_ms = wall_s / simulated_ms;
    row->table_s_per_ms = table_s / simulated_ms;
    row->n_spike = result.n_spike;
    row->n_event = result.n_delivery;
  }
  if (!rc && with_flat) {
    row->flat_s_per_ms = flat.wall_s / simulated_ms;
    row->speedup = flat.wall_s / wall_s;
    row->spikes_equal =
        compare_spikes(&result, &flat, n_neuron, tau_s, 1e-3 * simulated_ms, &row->worst_tau);
    row->table_speedup = flat.wall_s / table_s;
    row->table_equal =
        compare_spikes(&table, &flat, n_neuron, tau_s, 1e-3 * simulated_ms, &row->table_worst_tau);
  }
  ms_flat_result_clear(&flat);
  ms_run_result_clear(&result);
  ms_run_result_clear(&table);
  free(w.synapse);
  free(w.event);
  return rc;
}

/* Slope of ln(cost) over ln(N). */
static double exponent(const ms_bench_partition_row *row, size_t n, bool flat) {
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (size_t i = 0; i < n; i++) {
    double x = log(row[i].n_neuron),
           y = log(flat ? row[i].flat_s_per_ms : row[i].partitioned_s_per_ms);
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  return ((double)n * sxy - sx * sy) / ((double)n * sxx - sx * sx);
}

static char *to_json(const ms_bench_partition_row *row, size_t n) {
  cJSON *object = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(object, "rows");
  for (size_t i = 0; i < n; i++) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "neurons", row[i].n_neuron);
    cJSON_AddNumberToObject(o, "simulated_ms", row[i].simulated_ms);
    cJSON_AddNumberToObject(o, "flat_s_per_ms", row[i].flat_s_per_ms);
    cJSON_AddNumberToObject(o, "partitioned_s_per_ms", row[i].partitioned_s_per_ms);
    cJSON_AddNumberToObject(o, "speedup", row[i].speedup);
    cJSON_AddBoolToObject(o, "spikes_equal", row[i].spikes_equal);
    cJSON_AddNumberToObject(o, "largest_difference_tau", row[i].worst_tau);
    cJSON_AddNumberToObject(o, "table_s_per_ms", row[i].table_s_per_ms);
    cJSON_AddNumberToObject(o, "table_speedup", row[i].table_speedup);
    cJSON_AddBoolToObject(o, "table_spikes_equal", row[i].table_equal);
    cJSON_AddNumberToObject(o, "table_difference_tau", row[i].table_worst_tau);
    cJSON_AddNumberToObject(o, "spikes", (double)row[i].n_spike);
    cJSON_AddNumberToObject(o, "pulses", (double)row[i].n_event);
    cJSON_AddItemToArray(rows, o);
  }
  cJSON_AddNumberToObject(object, "exponent", exponent(row, n, false));
  cJSON_AddNumberToObject(object, "flat_exponent", exponent(row, n, true));
  char *json = cJSON_PrintUnformatted(object);
  cJSON_Delete(object);
  return json;
}

/* Simulated ms that the flat netlist gets through in wall_s, from its cost at N neurons; 4 at
 * least, before which hardly a neuron spikes. */
static double choose_length(unsigned n_neuron, double wall_s) {
  double s_per_ms = 0.043 * pow(n_neuron, 1.87), ms = wall_s / s_per_ms;
  return ms < 4 ? 4 : ms > 50 ? 50 : floor(ms);
}

int ms_bench_partition(double wall_s, char **json, ms_error *err) {
  static const unsigned size[] = {1, 4, 8, 32};
  enum { N = sizeof size / sizeof *size };
  ms_bench_partition_row row[N];
  *json = NULL;
  ms_core *core;
  int rc = ms_core_load(NULL, "dpi16x4", 0, &core, err);
  if (rc)
    return rc;
  /* One core for both: the workers inherit it. */
  cpu_set_t before, one;
  int pinned = !sched_getaffinity(0, sizeof before, &before);
  for (size_t k = 0; pinned && k < CPU_SETSIZE; k++)
    if (CPU_ISSET(k, &before)) {
      CPU_ZERO(&one);
      CPU_SET(k, &one);
      pinned = !sched_setaffinity(0, sizeof one, &one);
      break;
    }
  for (size_t i = 0; !rc && i < N; i++)
    rc = ms_bench_partition_run(core, size[i], choose_length(size[i], wall_s / N), true, &row[i],
                                err);
  if (pinned)
    sched_setaffinity(0, sizeof before, &before);
  ms_core_destroy(core);
  if (rc)
    return rc;
  *json = to_json(row, N);
  return *json ? 0 : ms_fail(err, MS_ENOMEM, "no memory for the figures");
}
