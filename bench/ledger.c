/* SPDX-License-Identifier: Apache-2.0 */
/* The deviation ledger: the campaign, and the figures. */
#include "ledger.h"
#include "base/clock.h"

#include "ledger_case.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* REFERENCE_EVERY: the core at tight tolerances takes minutes a die. */
enum { N_TEMP = 3, N_CORNER = 5, N_POINT = N_TEMP * N_CORNER, REFERENCE_EVERY = 10 };
static const double temp_c[N_TEMP] = {27, 0, 85};
static const double count_limit = 0.99;

/** What a die gave. */
typedef struct deviation {
  unsigned point;
  double table_tau, production_tau; /**< NaN: no reference on this die */
  double table_production_tau;
  double table_energy, production_energy; /**< relative */
  unsigned equal_table, equal_production; /**< neurons */
  bool unsure;
} deviation;

typedef struct campaign {
  const ms_ledger_options *options;
  const ms_core *core;
  ms_ledger_store *store;
  cJSON *rows;
  uint64_t done, total, run; /**< run: in this call, for the time left */
  double spent_s;
} campaign;

static unsigned point_of(uint64_t die) {
  return (unsigned)(die % N_TEMP + die / N_TEMP % N_CORNER * N_TEMP);
}

static ms_pvt pvt_of(const ms_core *core, unsigned point) {
  unsigned corner = point / N_TEMP;
  return (ms_pvt){.corner = corner < core->process->n_corner ? corner : 0,
                  .temp_c = temp_c[point % N_TEMP],
                  .temp_set = true};
}

static bool has_reference(const ms_ledger_case *which, uint64_t die) {
  return !which->core || die % REFERENCE_EVERY == 1;
}

static int cancelled(const campaign *c, ms_error *err) {
  const ms_control *control = &c->options->control;
  return control->cancel && *control->cancel
             ? ms_fail(err, MS_EINTERRUPTED, "interrupted; the same command goes on from %s",
                       c->options->file)
             : MS_OK;
}

static void report(const campaign *c, const char *phase) {
  const ms_control *control = &c->options->control;
  ms_progress p = {.phase = phase,
                   .done = c->done,
                   .total = c->total,
                   .eta_s =
                       c->run ? c->spent_s / (double)c->run * (double)(c->total - c->done) : -1,
                   .loss = NAN,
                   .accuracy = NAN};
  if (control->report)
    control->report(control->user, &p);
}

/* The kept run, or NULL; it stays until the next one is added. */
static const ms_ledger_run *find(const campaign *c, const ms_ledger_case *which,
                                 ms_bench_engine_kind engine, uint64_t die) {
  char key[MS_LEDGER_KEY];
  ms_ledger_key(which, engine, key);
  return ms_ledger_store_find(c->store, key, die, engine);
}

/* Sees to it that the file has a run of ngspice. */
static int need_run(campaign *c, ms_ledger_bench *bench, const ms_ledger_case *which,
                    ms_bench_engine_kind engine, const ms_die *die, ms_error *err) {
  int rc = cancelled(c, err);
  if (!rc && !find(c, which, engine, die->die)) {
    const ms_pvt pvt = pvt_of(c->core, point_of(die->die));
    char key[MS_LEDGER_KEY];
    ms_ledger_run run;
    double start_s = ms_clock_s();
    ms_ledger_key(which, engine, key);
    rc = ms_ledger_bench_run(bench, engine, die, &pvt, &run, err);
    rc = rc ? rc : ms_ledger_store_add(c->store, key, die->die, engine, &run, err);
    ms_ledger_run_clear(&run);
    c->spent_s += ms_clock_s() - start_s;
    c->run++;
  }
  c->done++;
  report(c, which->name);
  return rc;
}

static int compare_die(campaign *c, ms_ledger_bench *bench, const ms_ledger_case *which,
                       uint64_t number, deviation *d, ms_error *err) {
  const ms_die die = {1, number, 1};
  const ms_pvt pvt = pvt_of(c->core, point_of(number));
  unsigned ignored;
  *d = (deviation){.point = point_of(number), .table_tau = NAN, .production_tau = NAN};
  bool tight = has_reference(which, number);
  int rc = tight ? need_run(c, bench, which, MS_BENCH_REFERENCE, &die, err) : MS_OK;
  rc = rc ? rc : need_run(c, bench, which, MS_BENCH_PRODUCTION, &die, err);
  ms_ledger_run table = {0};
  rc = rc ? rc : ms_ledger_bench_run(bench, MS_BENCH_TABLE, &die, &pvt, &table, err);
  if (!rc) {
    const ms_ledger_run *production = find(c, which, MS_BENCH_PRODUCTION, number);
    const ms_ledger_run *reference =
        tight ? find(c, which, MS_BENCH_REFERENCE, number) : production;
    d->unsure = table.unsure;
    d->table_production_tau = ms_ledger_deviation(c->core, which, &table, production, &ignored);
    double table_tau = ms_ledger_deviation(c->core, which, &table, reference, &d->equal_table);
    double production_tau =
        ms_ledger_deviation(c->core, which, production, reference, &d->equal_production);
    d->table_energy = table.energy_j / reference->energy_j - 1;
    d->production_energy = production->energy_j / reference->energy_j - 1;
    if (tight) {
      d->table_tau = table_tau;
      d->production_tau = production_tau;
    }
  }
  ms_ledger_run_clear(&table);
  return rc;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Adds median and worst of a field over the dies that have it, and which die is the worst. */
static void add_spread(cJSON *row, const char *name, const deviation *d, size_t n, size_t field,
                       int point, double *room) {
  size_t k = 0, worst_die = 0;
  double most = -1;
  for (size_t i = 0; i < n; i++) {
    double value;
    memcpy(&value, (const char *)&d[i] + field, sizeof value);
    if ((point >= 0 && d[i].point != (unsigned)point) || isnan(value))
      continue;
    room[k++] = fabs(value);
    if (fabs(value) > most) {
      most = fabs(value);
      worst_die = i + 1;
    }
  }
  qsort(room, k, sizeof *room, ascending);
  char key[64];
  for (int worst = 0; worst < 2 && k; worst++) {
    snprintf(key, sizeof key, "%s_%s", name, worst ? "worst" : "median");
    cJSON_AddNumberToObject(row, key, room[worst ? k - 1 : k / 2]);
  }
  snprintf(key, sizeof key, "%s_worst_die", name);
  if (k)
    cJSON_AddNumberToObject(row, key, (double)worst_die);
}

/* One line of the ledger: a case, at one point or (point < 0) over all of them. */
static void add_row(campaign *c, const ms_ledger_case *which, const deviation *d, size_t n,
                    int point, double *room) {
  unsigned dies = 0, unsure = 0, neurons = ms_ledger_neurons(which);
  double table = 0, production = 0;
  for (size_t i = 0; i < n; i++) {
    if (point >= 0 && d[i].point != (unsigned)point)
      continue;
    dies++;
    unsure += d[i].unsure;
    table += d[i].equal_table;
    production += d[i].equal_production;
  }
  if (!dies)
    return;
  cJSON *row = cJSON_CreateObject();
  cJSON_AddStringToObject(row, "case", which->name);
  if (point < 0) {
    cJSON_AddStringToObject(row, "temp_c", "all");
    cJSON_AddStringToObject(row, "corner", "all");
  } else {
    ms_pvt pvt = pvt_of(c->core, (unsigned)point);
    cJSON_AddNumberToObject(row, "temp_c", pvt.temp_c);
    cJSON_AddStringToObject(row, "corner", c->core->process->corner[pvt.corner].name);
  }
  cJSON_AddNumberToObject(row, "dies", dies);
  cJSON_AddNumberToObject(row, "count_equal", table / dies / neurons);
  cJSON_AddNumberToObject(row, "ngspice_count_equal", production / dies / neurons);
  add_spread(row, "tau", d, n, offsetof(deviation, table_tau), point, room);
  add_spread(row, "ngspice_tau", d, n, offsetof(deviation, production_tau), point, room);
  add_spread(row, "from_ngspice_tau", d, n, offsetof(deviation, table_production_tau), point, room);
  add_spread(row, "energy", d, n, offsetof(deviation, table_energy), point, room);
  add_spread(row, "ngspice_energy", d, n, offsetof(deviation, production_energy), point, room);
  cJSON_AddNumberToObject(row, "unsure", unsure);
  cJSON_AddItemToArray(c->rows, row);
}

static unsigned dies_of(const ms_ledger_options *o, const ms_ledger_case *which) {
  return which->core ? o->n_core : o->n_die;
}

static bool wanted(const ms_ledger_options *o, const ms_ledger_case *which) {
  return dies_of(o, which) && (!o->only || !strcmp(o->only, which->name));
}

static int run_case(campaign *c, const ms_ledger_case *which, ms_error *err) {
  unsigned n = dies_of(c->options, which);
  deviation *d = calloc(n, sizeof *d);
  double *room = calloc(n, sizeof *room);
  ms_ledger_bench *bench = NULL;
  int rc = d && room ? ms_ledger_bench_open(c->core, which, c->options->pulse_maps, &bench, err)
                     : ms_fail(err, MS_ENOMEM, "no memory for %u dies", n);
  for (unsigned i = 0; i < n && !rc; i++)
    rc = compare_die(c, bench, which, i + 1, &d[i], err);
  for (int point = -1; point < N_POINT && !rc; point++)
    add_row(c, which, d, n, point, room);
  ms_ledger_bench_close(bench);
  free(d);
  free(room);
  return rc;
}

/* The verdict that the rows over all points give. */
static void add_verdict(const campaign *c, cJSON *object) {
  double equal = 1, median = 0;
  bool better = true;
  const cJSON *row;
  cJSON_ArrayForEach(row, c->rows) {
    if (!cJSON_IsString(cJSON_GetObjectItem(row, "temp_c")))
      continue;
    const cJSON *tau = cJSON_GetObjectItem(row, "tau_median"),
                *theirs = cJSON_GetObjectItem(row, "ngspice_tau_median"),
                *worst = cJSON_GetObjectItem(row, "tau_worst"),
                *their_worst = cJSON_GetObjectItem(row, "ngspice_tau_worst");
    equal = fmin(equal, cJSON_GetObjectItem(row, "count_equal")->valuedouble);
    if (!tau)
      continue;
    median = fmax(median, tau->valuedouble);
    better = better && tau->valuedouble <= theirs->valuedouble &&
             worst->valuedouble <= their_worst->valuedouble;
  }
  cJSON_AddNumberToObject(object, "spike_count_equal", equal);
  cJSON_AddNumberToObject(object, "spike_time_error_tau", median);
  cJSON_AddBoolToObject(object, "counts_hold", equal >= count_limit);
  cJSON_AddBoolToObject(object, "no_worse_than_ngspice", better);
}

int ms_bench_ledger(const ms_ledger_options *options, char **json, ms_error *err) {
  campaign c = {.options = options};
  ms_core *core = NULL;
  uint64_t checksum;
  *json = NULL;
  for (unsigned i = 0; i < ms_ledger_n_case(); i++) {
    const ms_ledger_case *which = &ms_ledger_cases[i];
    if (!wanted(options, which))
      continue;
    for (unsigned die = 1; die <= dies_of(options, which); die++)
      c.total += 1 + has_reference(which, die);
  }
  if (!c.total)
    return ms_fail(err, MS_EINVAL, "there is no case '%s' in the ledger", options->only);
  int rc = ms_core_load(NULL, "dpi16", 0, &core, err);
  rc = rc ? rc : ms_ledger_checksum(core, &checksum, err);
  rc = rc ? rc : ms_ledger_store_open(options->file, checksum, &c.store, err);
  c.core = core;
  cJSON *object = cJSON_CreateObject();
  c.rows = cJSON_AddArrayToObject(object, "rows");
  for (unsigned i = 0; i < ms_ledger_n_case() && !rc; i++)
    if (wanted(options, &ms_ledger_cases[i]))
      rc = run_case(&c, &ms_ledger_cases[i], err);
  if (!rc) {
    add_verdict(&c, object);
    *json = cJSON_PrintUnformatted(object);
    if (!*json)
      rc = ms_fail(err, MS_ENOMEM, "no memory for the figures");
  }
  cJSON_Delete(object);
  ms_ledger_store_close(c.store);
  ms_core_destroy(core);
  return rc;
}
