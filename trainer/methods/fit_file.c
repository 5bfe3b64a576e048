/* SPDX-License-Identifier: Apache-2.0 */
/* Fits of dies on disk. */
#include "methods/fit_file.h"

#include "experiment/h5.h"
#include "methods/state.h"
#include "mixspike/record.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIE_FIELDS = 7, MODEL_WORDS = sizeof(ms_neuron_model) / sizeof(uint64_t) };

/* ---- fit.h5 ---- */

static int save_die(ms_results *r, const ms_die_fit *d, ms_error *err) {
  char value[64], error[64];
  snprintf(value, sizeof value, "die%llu/value", (unsigned long long)d->die);
  snprintf(error, sizeof error, "die%llu/error", (unsigned long long)d->die);
  size_t n = d->n_neuron * d->n_parameter;
  int rc = ms_results_doubles(r, value, "1", d->value, n, err);
  return rc ? rc : ms_results_doubles(r, error, "1", d->error, n, err);
}

static int save_names(ms_results *r, const ms_core *core, ms_error *err) {
  int rc = MS_OK;
  for (size_t i = 0; !rc && i < ms_fit_count(core); i++) {
    char key[32], name[64];
    snprintf(key, sizeof key, "column%zu", i);
    rc = ms_results_text(r, "parameters", key, ms_fit_parameter(core, i, name, sizeof name), err);
  }
  return rc;
}

static void fields_of(const ms_die_fit *d, double *v) {
  const double from[DIE_FIELDS] = {(double)d->die,   d->nominal.rate, d->nominal.time_tau,
                                   d->nominal.agree, d->fitted.rate,  d->fitted.time_tau,
                                   d->fitted.agree};
  memcpy(v, from, sizeof from);
}

int ms_fit_file_save(const char *path, const ms_setup *setup, const ms_fit_report *report,
                     ms_error *err) {
  ms_results *r;
  double *dies = calloc(report->n_die * DIE_FIELDS + 1, sizeof *dies);
  if (!dies)
    return ms_fail(err, MS_ENOMEM, "no memory for a fit's file");
  int rc = ms_results_create(&r, err);
  if (rc) {
    free(dies);
    return rc;
  }
  uint64_t model[MODEL_WORDS];
  memcpy(model, &report->nominal, sizeof model);
  const double error[3] = {report->error.rate, report->error.time_tau, report->error.agree};
  (void)((rc = ms_results_text(r, "/", "format", "mixspike fit", err)) ||
         (rc = ms_results_text(r, "/", "experiment", setup->experiment->text, err)) ||
         (rc = ms_results_integer(r, "/", "chip_samples", report->chip_samples, err)) ||
         (rc = ms_results_integers(r, "nominal/model", "1", model, MODEL_WORDS, err)) ||
         (rc = ms_results_doubles(r, "nominal/error", "1", error, 3, err)) ||
         (rc = ms_results_integers(
              r, "identity", "1",
              (const uint64_t[]){ms_setup_identity(setup), report->chip_samples}, 2, err)) ||
         (rc = save_names(r, setup->core, err)));
  for (size_t i = 0; !rc && i < report->n_die; i++) {
    fields_of(&report->die[i], dies + i * DIE_FIELDS);
    rc = save_die(r, &report->die[i], err);
  }
  if (!rc)
    rc = ms_results_doubles(r, "dies", "1", dies, report->n_die * DIE_FIELDS, err);
  if (!rc)
    rc = ms_results_save(r, path, err);
  ms_results_destroy(r);
  free(dies);
  return rc;
}

/* A data set that must have `wanted` values. */
static int exactly(ms_h5 *h5, const char *name, size_t wanted, double *out, ms_error *err) {
  double *v;
  size_t n;
  int rc = ms_h5_doubles(h5, name, &v, &n, err);
  if (!rc && n != wanted)
    rc = ms_fail(err, MS_EPARSE, "%s: data set '%s' has %zu values instead of %zu", h5->path, name,
                 n, wanted);
  if (!rc)
    memcpy(out, v, n * sizeof *v);
  free(v);
  return rc;
}

static int load_die(ms_h5 *h5, const ms_setup *setup, const double *field, ms_die_fit *d,
                    ms_error *err) {
  char name[64];
  int rc = ms_die_fit_create(setup, (uint64_t)field[0], d, err);
  if (rc)
    return rc;
  d->nominal = (ms_fit_error){d->die, field[1], field[2], field[3]};
  d->fitted = (ms_fit_error){d->die, field[4], field[5], field[6]};
  size_t n = d->n_neuron * d->n_parameter;
  snprintf(name, sizeof name, "die%llu/value", (unsigned long long)d->die);
  rc = exactly(h5, name, n, d->value, err);
  snprintf(name, sizeof name, "die%llu/error", (unsigned long long)d->die);
  if (!rc)
    rc = exactly(h5, name, n, d->error, err);
  if (rc)
    ms_die_fit_clear(d);
  return rc;
}

static int load_dies(ms_h5 *h5, const ms_setup *setup, const ms_fit_options *o,
                     ms_fit_report *report, ms_error *err) {
  double *dies;
  size_t n;
  int rc = ms_h5_doubles(h5, "dies", &dies, &n, err);
  for (size_t i = 0; !rc && i < n / DIE_FIELDS && i < o->n_die; i++) {
    const double *field = dies + i * DIE_FIELDS;
    if ((uint64_t)field[0] != o->die[i])
      rc = ms_fail(err, MS_EREFUSED,
                   "%s: has die %.0f where die %llu is asked for; name the same "
                   "dies, or fit without --resume",
                   h5->path, field[0], (unsigned long long)o->die[i]);
    else if (!(rc = load_die(h5, setup, field, &report->die[i], err)))
      report->n_die++;
  }
  free(dies);
  return rc;
}

int ms_fit_file_load(const char *path, const ms_setup *setup, const ms_fit_options *options,
                     ms_fit_report *report, ms_error *err) {
  ms_h5 h5;
  int rc = ms_h5_open(path, &h5, err);
  if (rc)
    return rc;
  uint64_t *identity = NULL, *model = NULL;
  size_t n, n_model;
  double error[3];
  rc = ms_h5_integers(&h5, "identity", &identity, &n, err);
  if (!rc && (n != 2 || identity[0] != ms_setup_identity(setup)))
    rc = ms_fail(err, MS_EREFUSED,
                 "%s: belongs to another experiment, or the experiment file was changed since; "
                 "restore it, or fit without --resume",
                 path);
  if (!rc && !(rc = ms_h5_integers(&h5, "nominal/model", &model, &n_model, err)) &&
      n_model != MODEL_WORDS)
    rc = ms_fail(err, MS_EPARSE, "%s: was written by another version", path);
  if (!rc && !(rc = exactly(&h5, "nominal/error", 3, error, err))) {
    memcpy(&report->nominal, model, sizeof report->nominal);
    report->error = (ms_fit_error){0, error[0], error[1], error[2]};
    report->chip_samples = identity[1];
    rc = load_dies(&h5, setup, options, report, err);
  }
  free(identity);
  free(model);
  ms_h5_close(&h5);
  return rc;
}

/* ---- tables ---- */

static void write_csv(FILE *out, const ms_core *core, const ms_fit_report *r) {
  char name[64];
  fputs("die,neuron", out);
  for (size_t i = 0; i < r->n_parameter; i++) {
    ms_fit_parameter(core, i, name, sizeof name);
    fprintf(out, ",%s,%s.error", name, name);
  }
  fputc('\n', out);
  for (size_t d = 0; d < r->n_die; d++)
    for (size_t k = 0; k < r->die[d].n_neuron; k++) {
      fprintf(out, "%llu,%zu", (unsigned long long)r->die[d].die, k);
      for (size_t i = 0; i < r->n_parameter; i++)
        fprintf(out, ",%.6g,%.3g", r->die[d].value[k * r->n_parameter + i],
                r->die[d].error[k * r->n_parameter + i]);
      fputc('\n', out);
    }
}

static cJSON *error_json(const ms_fit_error *e) {
  cJSON *o = cJSON_CreateObject();
  cJSON_AddNumberToObject(o, "time_error_tau", e->time_tau);
  cJSON_AddNumberToObject(o, "rate_error", e->rate);
  cJSON_AddNumberToObject(o, "equal_counts", e->agree);
  return o;
}

char *ms_fit_json(const ms_fit_report *r) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddBoolToObject(root, "ok", true);
  cJSON_AddNumberToObject(root, "chip_samples", (double)r->chip_samples);
  cJSON_AddNumberToObject(root, "wall_s", r->wall_s);
  cJSON_AddItemToObject(root, "nominal", error_json(&r->error));
  cJSON *dies = cJSON_AddArrayToObject(root, "dies");
  for (size_t i = 0; i < r->n_die; i++) {
    cJSON *die = cJSON_CreateObject();
    cJSON_AddNumberToObject(die, "die", (double)r->die[i].die);
    cJSON_AddItemToObject(die, "nominal_model", error_json(&r->die[i].nominal));
    cJSON_AddItemToObject(die, "fitted", error_json(&r->die[i].fitted));
    cJSON_AddItemToArray(dies, die);
  }
  cJSON *spread = cJSON_AddObjectToObject(root, "spread");
  for (size_t i = 0; i < r->n_spread; i++) {
    const ms_fit_spread *s = &r->spread[i];
    cJSON *o = cJSON_AddObjectToObject(spread, s->name);
    cJSON_AddNumberToObject(o, "mean", s->mean);
    cJSON_AddNumberToObject(o, "sd", s->sd);
    cJSON_AddNumberToObject(o, "sd_of_dies", s->sd_die);
    if (isfinite(s->error))
      cJSON_AddNumberToObject(o, "standard_error", s->error);
    cJSON_AddNumberToObject(o, "percentile_5", s->low);
    cJSON_AddNumberToObject(o, "percentile_95", s->high);
  }
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  return text;
}

int ms_fit_file_tables(const char *folder, const ms_setup *setup, const ms_fit_report *report,
                       ms_error *err) {
  char path[700], *csv = NULL, *json = ms_fit_json(report);
  size_t size = 0;
  FILE *out = open_memstream(&csv, &size);
  int rc = out && json ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for the tables of a fit");
  if (out) {
    if (!rc)
      write_csv(out, setup->core, report);
    if (fclose(out) && !rc)
      rc = ms_fail(err, MS_ENOMEM, "no memory for the tables of a fit");
  }
  snprintf(path, sizeof path, "%s/fit.csv", folder);
  if (!rc)
    rc = ms_write_file(path, csv, size, err);
  snprintf(path, sizeof path, "%s/fit.json", folder);
  if (!rc)
    rc = ms_write_file(path, json, strlen(json), err);
  free(csv);
  cJSON_free(json);
  return rc;
}
