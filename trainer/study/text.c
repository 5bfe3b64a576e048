/* SPDX-License-Identifier: Apache-2.0 */
/* A study as a table, as JSON, as CSV. */
#include "publish/publish_impl.h"
#include "record/json.h"
#include "study/study.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What chains tell about themselves, where there were any. */
static void write_chains(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  int said = 0;
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    if (!isfinite(c->acceptance))
      continue;
    if (!said++)
      fputs("\nchains: proposals taken, autocorrelation of the energy, scale reduction (1: chains "
            "agree)\n",
            out);
    fprintf(out, "%s, mismatch %g, %s, %s: %.0f %%, %.3f, %.2f\n", s->task[c->task].name,
            s->strength[c->strength], s->condition[c->condition].name, s->method[c->method].name,
            100 * c->acceptance, c->autocorrelation, c->chain_spread);
  }
}

static void write_table(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  size_t task = SIZE_MAX, strength = SIZE_MAX, condition = SIZE_MAX;
  int width = 6; /* of the longest name */
  for (size_t m = 0; m < s->n_method; m++)
    if (strlen(s->method[m].name) > (size_t)width)
      width = (int)strlen(s->method[m].name);
  ms_study_engines(r, out);
  fputs("\n\n", out);
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    if (c->task != task || c->strength != strength || c->condition != condition) {
      fprintf(out, "%s%s, mismatch %g, %s\n%-*s %5s %8s %7s %7s %14s %16s %9s %8s %9s %8s\n",
              i ? "\n" : "", s->task[c->task].name, s->strength[c->strength],
              s->condition[c->condition].name, width, "method", "dies", "median", "5 %", "95 %",
              "mean", "yield", "gain", "p", "samples", "pJ");
      task = c->task;
      strength = c->strength;
      condition = c->condition;
    }
    fprintf(out, "%-*s %5zu %7.1f%% %6.1f%% %6.1f%% %7.1f ", width, s->method[c->method].name, c->n,
            100 * c->median, 100 * c->low, 100 * c->high, 100 * c->mean);
    if (isfinite(c->half_width))
      fprintf(out, "+-%4.1f%%", 100 * c->half_width);
    else
      fprintf(out, "%7s", ""); /* of one die */
    fprintf(out, " %5.0f%% %3.0f..%3.0f%%", 100 * c->yield, 100 * c->yield_interval.low,
            100 * c->yield_interval.high);
    if (c->method)
      fprintf(out, " %+8.1f%% %8.2g", 100 * c->gain, c->p);
    else
      fprintf(out, " %9s %8s", "", "");
    fprintf(out, " %9.0f %8.3g\n", c->spent, 1e12 * c->energy_j);
  }
  ms_study_text_failed(r, out);
  write_chains(r, out);
  ms_study_text_confirmed(r, out);
}

static cJSON *cell_json(const ms_study *s, const ms_study_cell *c) {
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "task", s->task[c->task].name);
  ms_json_number(o, "mismatch", s->strength[c->strength]);
  cJSON_AddStringToObject(o, "condition", s->condition[c->condition].name);
  cJSON_AddStringToObject(o, "method", s->method[c->method].name);
  ms_json_number(o, "dies", (double)c->n);
  ms_json_number(o, "median", c->median);
  ms_json_number(o, "percentile_5", c->low);
  ms_json_number(o, "percentile_95", c->high);
  ms_json_number(o, "mean", c->mean);
  ms_json_number(o, "mean_half_width", c->half_width);
  ms_json_number(o, "yield", c->yield);
  ms_json_number(o, "yield_low", c->yield_interval.low);
  ms_json_number(o, "yield_high", c->yield_interval.high);
  ms_json_number(o, "energy_j", c->energy_j);
  ms_json_number(o, "spikes", c->spikes);
  ms_json_number(o, "chip_samples", c->spent);
  ms_json_number(o, "test_samples_per_die", c->test_samples);
  ms_json_number(o, "test_s_per_die", c->test_s);
  ms_json_number(o, "neurons_area_m2", c->area_m2);
  ms_json_number(o, "bias_area_m2", c->bias_m2);
  ms_json_number(o, "own_bias_area_m2", c->own_bias_m2);
  ms_json_number(o, "bias_codes_per_die", c->codes);
  ms_json_number(o, "area_factor", s->method[c->method].area);
  cJSON_AddBoolToObject(o, "pareto", c->pareto);
  if (isfinite(c->acceptance)) {
    ms_json_number(o, "acceptance", c->acceptance);
    ms_json_number(o, "autocorrelation", c->autocorrelation);
    ms_json_number(o, "chain_spread", c->chain_spread);
  }
  if (c->confirmed.done)
    cJSON_AddItemToObject(o, "confirmed", ms_study_json_confirmed(&c->confirmed));
  if (c->method) {
    ms_json_number(o, "pairs", (double)c->n_pair);
    ms_json_number(o, "median_gain", c->gain);
    ms_json_number(o, "signed_rank_p", c->p);
  }
  return o;
}

static void write_json(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  cJSON *root = cJSON_CreateObject();
  cJSON_AddBoolToObject(root, "ok", 1);
  cJSON_AddStringToObject(root, "study", s->name);
  cJSON_AddStringToObject(root, "compared_with", s->method[0].name);
  ms_json_number(root, "confidence", s->confidence);
  ms_json_number(root, "yield_at", s->yield_at);
  ms_json_number(root, "wall_s", r->wall_s);
  cJSON_AddStringToObject(root, "engine", ms_engine_word(s->base->analog));
  if (s->confirm.n_die)
    cJSON_AddStringToObject(root, "confirming_engine", ms_engine_word(s->confirm.analog));
  else
    cJSON_AddNullToObject(root, "confirming_engine");
  cJSON *cells = cJSON_AddArrayToObject(root, "cells");
  for (size_t i = 0; i < r->n_cell; i++)
    cJSON_AddItemToArray(cells, cell_json(s, &r->cell[i]));
  char *text = cJSON_Print(root);
  fputs(text ? text : "", out);
  fputc('\n', out);
  cJSON_free(text);
  cJSON_Delete(root);
}

/* Numbers of a comma each, or as many empty fields. */
static void put_confirmation(const ms_study_confirmation *c, FILE *out) {
  if (c->done)
    fprintf(out, ",%.0f,%.0f,%.0f,%.0f,%.0f,%.6g,%.6g,%.6g,%.6g\n", c->samples, c->failed, c->equal,
            c->there.right, c->engine.right, c->there.spikes, c->engine.spikes, c->there.energy_j,
            c->engine.energy_j);
  else
    fputs(",,,,,,,,,\n", out);
}

static void write_csv(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  fputs("task,seed,mismatch,condition,die,method,accuracy,energy_j,spikes,samples,failed,"
        "chip_samples,test_samples,area_um2,acceptance,autocorrelation,chain_spread,"
        "confirm_samples,confirm_failed,equal_decisions,confirmed_right,engine_right,"
        "confirmed_spikes,engine_spikes,confirmed_energy_j,engine_energy_j\n",
        out);
  for (size_t i = 0; i < r->n_item; i++) {
    const ms_study_item *item = &r->item[i];
    if (!item->done)
      continue;
    ms_study_place p = ms_study_place_of(s, i);
    ms_study_put_name(s->task[p.task].name, ',', out);
    fprintf(out, "%llu,%g,", (unsigned long long)s->seed[p.seed], s->strength[p.strength]);
    ms_study_put_name(s->condition[p.condition].name, ',', out);
    fprintf(out, "%llu,", (unsigned long long)s->base->held_out_die[p.die]);
    ms_study_put_name(s->method[p.method].name, ',', out);
    fprintf(out, "%.6g,%.6g,%.6g,%.0f,%.0f,%.0f,%.0f,%.6g", item->accuracy, item->energy_j,
            item->spikes, item->samples, item->errors, item->spent, item->test_samples,
            1e12 * item->area_m2);
    if (isfinite(item->acceptance))
      fprintf(out, ",%.4g,%.4g,%.4g", item->acceptance, item->autocorrelation, item->chain_spread);
    else
      fputs(",,,", out);
    put_confirmation(&r->confirmation[i], out);
  }
}

static void write_levers(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  fputs("task,mismatch,condition,method,area_factor,area_um2,bias_um2,test_samples,test_s,dies,"
        "median,percentile_5,energy_j,spikes,pareto,own_bias_um2,codes\n",
        out);
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    ms_study_put_name(s->task[c->task].name, ',', out);
    fprintf(out, "%g,", s->strength[c->strength]);
    ms_study_put_name(s->condition[c->condition].name, ',', out);
    ms_study_put_name(s->method[c->method].name, ',', out);
    fprintf(out, "%g,%.6g,%.6g,%.6g,%.6g,%zu,%.6g,%.6g,%.6g,%.6g,%d,%.6g,%.6g\n",
            s->method[c->method].area, 1e12 * c->area_m2, 1e12 * c->bias_m2, c->test_samples,
            c->test_s, c->n, c->median, c->low, c->energy_j, c->spikes, c->pareto,
            1e12 * c->own_bias_m2, c->codes);
  }
}

int ms_study_text(const ms_study_report *r, ms_study_format format, char **text, ms_error *err) {
  static void (*const write[])(const ms_study_report *, FILE *) = {
      write_table, write_json, write_csv, write_levers, ms_study_write_curves, ms_study_page};
  size_t size = 0;
  *text = NULL;
  FILE *out = open_memstream(text, &size);
  if (!out)
    return ms_fail(err, MS_ENOMEM, "no memory for the report of a study");
  write[format](r, out);
  return fclose(out) ? ms_fail(err, MS_ENOMEM, "no memory for the report of a study") : MS_OK;
}
