/* SPDX-License-Identifier: Apache-2.0 */
/* Table engine, production ngspice and tight ngspice on the same dies and events. */
#include "bench_engine.h"

#include "engine/table/group.h"
#include "neuron_bench.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIE = 200, REPEATS = 3 };
static const double length_tau = 6, reference_reltol = 1e-5;
static const uint64_t first_die = 1;

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* One more run that tells where its time goes. */
static int add_break_down(ms_neuron_bench *b, const ms_die *die, ms_bench_engine_row *row,
                          ms_error *err) {
  const ms_pvt nominal = {0};
  ms_neuron_run *o = calloc(1, sizeof *o);
  if (!o)
    return ms_fail(err, MS_ENOMEM, "no memory for a run");
  ms_table_profile(b->engine[MS_BENCH_TABLE], 1);
  int code = ms_neuron_bench_run(b, MS_BENCH_TABLE, die, &nominal, o, err);
  ms_table_profile(b->engine[MS_BENCH_TABLE], 0);
  row->device_share += o->device_share / row->n_die;
  row->solver_share += o->solver_share / row->n_die;
  row->devices += (double)o->n_device / (double)o->evaluations / row->n_die;
  row->lookups += (double)o->n_lookup / (double)o->evaluations / row->n_die;
  free(o);
  return code;
}

int ms_bench_engine_run(const ms_core *core, int set, bool pulses, unsigned n_die,
                        ms_bench_engine_row *row, ms_error *err) {
  static const char *const name[2][2] = {{"soma acc", "soma bio"},
                                         {"synapses acc", "synapses bio"}};
  double error[2][MAX_DIE];
  unsigned n_equal = 0;
  const ms_pvt nominal = {0};
  ms_neuron_bench b = {0};
  ms_neuron_run *o = calloc(MS_BENCH_N_ENGINE, sizeof *o);
  memset(row, 0, sizeof *row);
  row->name = name[pulses][set == MS_SET_BIOLOGICAL];
  row->n_die = n_die = n_die > MAX_DIE ? MAX_DIE : n_die < 1 ? 1 : n_die;
  int code = o ? ms_neuron_bench_open(&b, core, set, pulses ? ~0u : 0, length_tau, reference_reltol,
                                      false, err)
               : ms_fail(err, MS_ENOMEM, "no memory for a bench");
  for (unsigned d = 0; d < n_die && !code; d++) {
    const ms_die die = {1, first_die + d, 1};
    code = ms_neuron_bench_bias(&b, &die, &nominal, err);
    for (int i = 0; i < MS_BENCH_N_ENGINE && !code; i++)
      code = ms_neuron_bench_run(&b, (ms_bench_engine_kind)i, &die, &nominal, &o[i], err);
    double least = o[MS_BENCH_TABLE].seconds;
    for (int i = 0; i < REPEATS && !code; i++) { /* caches warm, as they are in training */
      code = ms_neuron_bench_run(&b, MS_BENCH_TABLE, &die, &nominal, &o[MS_BENCH_TABLE], err);
      least = fmin(least, o[MS_BENCH_TABLE].seconds);
    }
    if (code)
      break;
    code = add_break_down(&b, &die, row, err);
    bool equal, ignored;
    error[0][d] = ms_neuron_bench_shift(core->tau_s[set], length_tau, &o[MS_BENCH_TABLE],
                                        &o[MS_BENCH_REFERENCE], &equal);
    error[1][d] = ms_neuron_bench_shift(core->tau_s[set], length_tau, &o[MS_BENCH_PRODUCTION],
                                        &o[MS_BENCH_REFERENCE], &ignored);
    n_equal += equal;
    row->table_s += least;
    row->ngspice_s += o[MS_BENCH_PRODUCTION].seconds;
    row->energy_error = fmax(row->energy_error,
                             fabs(o[MS_BENCH_TABLE].energy_j / o[MS_BENCH_REFERENCE].energy_j - 1));
    row->n_spike += (double)o[MS_BENCH_TABLE].n_spike / n_die;
    row->steps += (double)o[MS_BENCH_TABLE].steps / n_die;
    row->evaluations += (double)o[MS_BENCH_TABLE].evaluations / n_die;
    row->rejected += (double)o[MS_BENCH_TABLE].rejected / n_die;
    row->unsure += o[MS_BENCH_TABLE].unsure;
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
    row->ns_per_device = row->device_share * row->ns_per_evaluation / row->devices;
  }
  ms_neuron_bench_close(&b);
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
                {"evaluations_per_step", r->evaluations / r->steps},
                {"ns_per_evaluation", r->ns_per_evaluation},
                {"devices_per_evaluation", r->devices},
                {"lookups_per_evaluation", r->lookups},
                {"ns_per_device", r->ns_per_device},
                {"device_share", r->device_share},
                {"solver_share", r->solver_share},
                {"bookkeeping_share", 1 - r->device_share - r->solver_share},
                {"steps_per_spike", r->steps / r->n_spike},
                {"unsure", r->unsure}};
  for (size_t i = 0; i < sizeof number / sizeof *number; i++)
    cJSON_AddNumberToObject(o, number[i].name, number[i].value);
  return o;
}

/* Steps that a pulse costs: those of the run with pulses beyond what its spikes cost alone. */
static double per_event(const ms_bench_engine_row *soma, const ms_bench_engine_row *pulses) {
  return (pulses->steps - pulses->n_spike * soma->steps / soma->n_spike) / pulses->n_pulse;
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
  ms_bench_engine_row row[4];
  for (int i = 0; i < 4 && !code; i++) {
    code = ms_bench_engine_run(core, i & 1 ? MS_SET_BIOLOGICAL : MS_SET_ACCELERATED, i >= 2, n_die,
                               &row[i], err);
    if (code)
      break;
    cJSON_AddItemToArray(rows, row_json(&row[i]));
    product *= row[i].speedup;
    equal += row[i].count_equal / 4;
    error = fmax(error, row[i].table_error_tau);
  }
  if (!code) {
    cJSON_AddNumberToObject(object, "speedup", pow(product, 0.25));
    cJSON_AddNumberToObject(object, "spike_count_equal", equal);
    cJSON_AddNumberToObject(object, "spike_time_error_tau", error);
    cJSON_AddNumberToObject(object, "steps_per_event_accelerated", per_event(&row[0], &row[2]));
    cJSON_AddNumberToObject(object, "steps_per_event_biological", per_event(&row[1], &row[3]));
    code = ms_bench_sample(core, object, err);
    code = code ? code : ms_bench_tables(core, object, err);
  }
  if (!code) {
    *json = cJSON_PrintUnformatted(object);
    if (!*json)
      code = ms_fail(err, MS_ENOMEM, "no memory for the figures");
  }
  cJSON_Delete(object);
  ms_core_destroy(core);
  return code;
}
