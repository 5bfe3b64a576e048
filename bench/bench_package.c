/* SPDX-License-Identifier: Apache-2.0 */
/* What a trained network's samples cost on the table engine. */
#include "bench_engine.h"

#include "methods/lab.h"
#include "mixspike/package.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <time.h>

/** Of one way to run a package's samples: processor time, means of a sample. */
typedef struct cost {
  bool maps;
  size_t n_sample;
  double first_s, later_s; /**< with the start of the die and what it fills; without */
  double n_spike, n_event;
} cost;

static double processor_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All jobs once. */
static int run_all(ms_lab *lab, const ms_lab_job *job, size_t n, double *took_s, cost *c,
                   ms_error *err) {
  ms_lab_result *result = calloc(n, sizeof *result);
  const ms_progress progress = {.phase = "samples", .total = n};
  double before_s = processor_s();
  int rc = result ? ms_lab_run(lab, job, n, result, NULL, &progress, err)
                  : ms_fail(err, MS_ENOMEM, "no memory for %zu samples", n);
  *took_s = (processor_s() - before_s) / (double)n;
  c->n_spike = c->n_event = 0;
  for (size_t i = 0; !rc && i < n; i++) {
    if (result[i].rc)
      rc = ms_fail(err, result[i].rc, "sample %zu: %s", i, result[i].note);
    c->n_spike += (double)result[i].n_spike / (double)n;
    c->n_event += (double)result[i].n_delivery / (double)n;
  }
  if (result)
    ms_lab_results_clear(result, n);
  free(result);
  return rc;
}

/* The package's recorded samples of its first golden die, twice. */
static int measure(ms_package *package, const ms_golden *golden, cost *c, ms_error *err) {
  ms_setup *setup = NULL;
  ms_lab *lab = NULL;
  ms_lab_job *job = calloc(golden->n_run + 1, sizeof *job);
  package->experiment->analog = MS_ENGINE_TABLE;
  package->experiment->pulse_maps = c->maps;
  int rc = job ? ms_setup_create(package->experiment, &setup, err)
               : ms_fail(err, MS_ENOMEM, "no memory for samples");
  for (size_t i = 0; !rc && i < golden->n_run && golden->run[i].die == golden->run[0].die; i++)
    job[c->n_sample++] = (ms_lab_job){.die = ms_setup_die(setup, golden->run[i].die),
                                      .in = golden->run[i].in,
                                      .n_in = golden->run[i].n_in};
  if (!rc && !c->n_sample)
    rc = ms_fail(err, MS_EMISSING, "package %s has no golden samples to run", package->dir);
  rc = rc ? rc : ms_lab_create(setup, 1, &lab, err);
  rc = rc ? rc : ms_package_fits(package, ms_lab_chip(lab), err);
  rc = rc ? rc
          : ms_lab_configure_writes(lab, (const uint32_t(*)[2])package->write, package->n_write,
                                    err);
  rc = rc ? rc : run_all(lab, job, c->n_sample, &c->first_s, c, err);
  rc = rc ? rc : run_all(lab, job, c->n_sample, &c->later_s, c, err);
  ms_lab_destroy(lab);
  ms_setup_destroy(setup);
  free(job);
  return rc;
}

int ms_bench_package(const char *dir, char **json, ms_error *err) {
  ms_package *package = NULL;
  ms_golden golden = {0};
  cJSON *object = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(object, "rows");
  *json = NULL;
  int rc = ms_package_open(dir, &package, err);
  rc = rc ? rc : ms_golden_read(dir, &golden, err);
  for (int maps = 0; maps < 2 && !rc; maps++) {
    cost c = {.maps = maps};
    rc = measure(package, &golden, &c, err);
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "case", maps ? "pulse maps" : "integration");
    cJSON_AddNumberToObject(row, "samples", (double)c.n_sample);
    cJSON_AddNumberToObject(row, "spikes", c.n_spike);
    cJSON_AddNumberToObject(row, "events", c.n_event);
    cJSON_AddNumberToObject(row, "first_ms", 1e3 * c.first_s);
    cJSON_AddNumberToObject(row, "later_ms", 1e3 * c.later_s);
    cJSON_AddItemToArray(rows, row);
  }
  if (!rc && !(*json = cJSON_PrintUnformatted(object)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for the figures");
  cJSON_Delete(object);
  ms_golden_clear(&golden);
  ms_package_destroy(package);
  return rc;
}
