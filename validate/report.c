/* SPDX-License-Identifier: Apache-2.0 */
/* A validation as text: for the terminal, as JSON, CSV and JUnit XML. */
#include "report.h"

#include "record/json.h"
#include "record/page.h"
#include "yaml/unit.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *ms_validation_engine(ms_engine_kind kind) {
  return kind == MS_ENGINE_TABLE ? "table" : "ngspice";
}

const char *ms_set_word(int set) {
  return set == MS_SET_BIOLOGICAL ? "biological" : "accelerated";
}

const char *ms_value_text(const ms_measure *m, double value, char *buf, size_t n) {
  char full[60];
  if (isnan(value)) {
    snprintf(buf, n, "none");
    return buf;
  }
  /* Four digits are what a spread over dies can bear. */
  char rounded[40];
  snprintf(rounded, sizeof rounded, "%.4g", value);
  snprintf(buf, n, "%s", ms_quantity_format(ms_strtod(rounded, NULL), m->unit, full, sizeof full));
  return buf;
}

const char *ms_limits_text(const ms_measure *m, const ms_spec *s, char *buf, size_t n) {
  char low[60], high[60];
  ms_value_text(m, s->min, low, sizeof low);
  ms_value_text(m, s->max, high, sizeof high);
  if (isnan(s->min))
    snprintf(buf, n, "<= %s", high);
  else if (isnan(s->max))
    snprintf(buf, n, ">= %s", low);
  else
    snprintf(buf, n, "%s .. %s", low, high);
  return buf;
}

static const char *verdict(const ms_spec_result *r) {
  return !r->measured ? "skipped" : r->pass ? "pass" : "FAIL";
}

/* The devices that cause the spread of each measure at the first point. */
static void write_causes(const ms_validation *v, FILE *out) {
  fprintf(out, "\n%-20s %9s  %s\n", "spread of", "explained", "by the mismatch of");
  for (size_t k = 0; k < v->n_measure; k++) {
    const ms_sensitivity *s = &v->sensitivity[k * v->n_point];
    if (!s->n)
      continue;
    fprintf(out, "%-20s %8.0f%%  ", v->measure[k]->name, 100 * s->explained);
    for (size_t i = 0; i < s->n_influence && i < 4 && s->influence[i].share > 0.02; i++)
      fprintf(out, "%s%s %.0f%%", i ? ", " : "", s->influence[i].device,
              100 * s->influence[i].share);
    fputc('\n', out);
  }
}

void ms_write_table(const ms_validation *v, FILE *out) {
  char a[60], b[60], c[140];
  fprintf(out, "%s, process %s, %s, bias set %s, seed %" PRIu64 "\n", v->cell->name,
          v->core->process->name, ms_validation_engine(v->engine), ms_set_word(v->set), v->seed);
  fprintf(out, "%zu dies%s x %zu points of operation (%s%s%s)\n\n", v->n_die,
          v->stopped_early ? ", enough for the precision asked for," : "", v->n_point,
          v->point_name[0], v->n_point > 1 ? " .. " : "",
          v->n_point > 1 ? v->point_name[v->n_point - 1] : "");
  fprintf(out, "%-20s %12s %12s %9s %12s %12s\n", "measure", "mean", "sd", "sd/mean", "min", "max");
  for (size_t k = 0; k < v->n_measure; k++) {
    ms_spread s = ms_validation_spread(v, k, v->n_point);
    fprintf(out, "%-20s %12s %12s ", v->measure[k]->name,
            ms_value_text(v->measure[k], s.mean, a, sizeof a),
            ms_value_text(v->measure[k], s.sd, b, sizeof b));
    if (fabs(s.mean) > 0)
      fprintf(out, "%8.1f%% ", 100 * s.sd / fabs(s.mean));
    else
      fprintf(out, "%9s ", "-");
    fprintf(out, "%12s %12s", ms_value_text(v->measure[k], s.min, a, sizeof a),
            ms_value_text(v->measure[k], s.max, b, sizeof b));
    if (s.n_missing)
      fprintf(out, "  (%zu without a value)", s.n_missing);
    fputc('\n', out);
  }
  fprintf(out, "\n%-20s %-24s %8s %8s %17s  %-7s %s\n", "spec", "limits", "needed", "yield",
          "interval", "", "worst die");
  for (size_t i = 0; i < v->n_spec; i++) {
    const ms_spec_result *r = &v->spec[i];
    fprintf(out, "%-20s %-24s %7.1f%% ", r->spec->name,
            ms_limits_text(r->measure, r->spec, c, sizeof c), 100 * r->spec->yield);
    if (!r->measured) {
      fprintf(out, "%8s %17s  %-7s\n", "-", "-", verdict(r));
      continue;
    }
    fprintf(out, "%7.1f%% %6.1f%% .. %5.1f%%  %-7s %" PRIu64 " at %s: %s\n", 100 * r->yield,
            100 * r->interval.low, 100 * r->interval.high, verdict(r), r->worst_die,
            v->point_name[r->worst_point], ms_value_text(r->measure, r->worst_value, a, sizeof a));
  }
  fprintf(out, "%-20s %-24s %8s %7.1f%% %6.1f%% .. %5.1f%%\n", "all specs", "", "", 100 * v->yield,
          100 * v->interval.low, 100 * v->interval.high);
  if (v->sensitivity)
    write_causes(v, out);
  if (v->n_failed)
    fprintf(out, "\n%zu simulations failed; the first: %s\n", v->n_failed, v->failure);
}

static void add_spread(cJSON *object, const ms_spread *s) {
  cJSON_AddNumberToObject(object, "n", (double)s->n);
  cJSON_AddNumberToObject(object, "missing", (double)s->n_missing);
  ms_json_number(object, "mean", s->mean);
  ms_json_number(object, "sd", s->sd);
  ms_json_number(object, "min", s->min);
  ms_json_number(object, "median", s->median);
  ms_json_number(object, "max", s->max);
}

static void add_causes(cJSON *object, const ms_sensitivity *s) {
  cJSON *causes = cJSON_AddObjectToObject(object, "sensitivity");
  cJSON_AddNumberToObject(causes, "dies", (double)s->n);
  cJSON_AddNumberToObject(causes, "explained", s->explained);
  cJSON *list = cJSON_AddArrayToObject(causes, "devices");
  for (size_t i = 0; i < s->n_influence; i++) {
    cJSON *x = cJSON_CreateObject();
    cJSON_AddStringToObject(x, "device", s->influence[i].device);
    cJSON_AddNumberToObject(x, "share", s->influence[i].share);
    cJSON_AddNumberToObject(x, "per_sigma_vth", s->influence[i].dvth);
    cJSON_AddNumberToObject(x, "per_sigma_beta", s->influence[i].dbeta);
    cJSON_AddNumberToObject(x, "per_sigma_cap", s->influence[i].dcap);
    cJSON_AddItemToArray(list, x);
  }
}

static cJSON *measures_json(const ms_validation *v) {
  cJSON *list = cJSON_CreateArray();
  for (size_t k = 0; k < v->n_measure; k++) {
    cJSON *m = cJSON_CreateObject();
    ms_spread all = ms_validation_spread(v, k, v->n_point);
    cJSON_AddStringToObject(m, "name", v->measure[k]->name);
    cJSON_AddStringToObject(m, "kind", ms_measure_word(v->measure[k]->kind));
    cJSON_AddStringToObject(m, "unit", v->measure[k]->unit);
    add_spread(m, &all);
    cJSON *points = cJSON_AddArrayToObject(m, "points");
    for (size_t p = 0; p < v->n_point; p++) {
      ms_spread s = ms_validation_spread(v, k, p);
      cJSON *point = cJSON_CreateObject();
      cJSON_AddStringToObject(point, "point", v->point_name[p]);
      add_spread(point, &s);
      cJSON_AddItemToArray(points, point);
    }
    if (v->sensitivity)
      add_causes(m, &v->sensitivity[k * v->n_point]);
    cJSON_AddItemToArray(list, m);
  }
  return list;
}

static void add_yield(cJSON *object, double yield, ms_interval interval) {
  cJSON_AddNumberToObject(object, "yield", yield);
  cJSON_AddNumberToObject(object, "yield_low", interval.low);
  cJSON_AddNumberToObject(object, "yield_high", interval.high);
}

static cJSON *specs_json(const ms_validation *v) {
  cJSON *list = cJSON_CreateArray();
  for (size_t i = 0; i < v->n_spec; i++) {
    const ms_spec_result *r = &v->spec[i];
    cJSON *s = cJSON_CreateObject();
    cJSON_AddStringToObject(s, "name", r->spec->name);
    cJSON_AddStringToObject(s, "measure", r->measure->name);
    cJSON_AddStringToObject(s, "unit", r->measure->unit);
    ms_json_number(s, "min", r->spec->min);
    ms_json_number(s, "typ", r->spec->typ);
    ms_json_number(s, "max", r->spec->max);
    cJSON_AddNumberToObject(s, "required_yield", r->spec->yield);
    cJSON_AddBoolToObject(s, "measured", r->measured);
    if (r->measured) {
      cJSON_AddNumberToObject(s, "dies", (double)r->n);
      cJSON_AddNumberToObject(s, "passed", (double)r->n_pass);
      add_yield(s, r->yield, r->interval);
      cJSON_AddBoolToObject(s, "pass", r->pass);
      cJSON_AddNumberToObject(s, "worst_die", (double)r->worst_die);
      cJSON_AddStringToObject(s, "worst_point", v->point_name[r->worst_point]);
      ms_json_number(s, "worst_value", r->worst_value);
    }
    cJSON_AddItemToArray(list, s);
  }
  return list;
}

int ms_write_json(const ms_validation *v, FILE *out) {
  cJSON *root = cJSON_CreateObject();
  char sum[24];
  snprintf(sum, sizeof sum, "%016" PRIx64, v->core->checksum);
  cJSON_AddBoolToObject(root, "ok", ms_validation_passes(v));
  cJSON_AddStringToObject(root, "cell", v->cell->name);
  cJSON_AddStringToObject(root, "process", v->core->process->name);
  cJSON_AddStringToObject(root, "engine", ms_validation_engine(v->engine));
  cJSON_AddStringToObject(root, "bias_set", ms_set_word(v->set));
  cJSON_AddStringToObject(root, "checksum", sum);
  cJSON_AddNumberToObject(root, "seed", (double)v->seed);
  cJSON_AddNumberToObject(root, "first_die", (double)v->first_die);
  cJSON_AddNumberToObject(root, "dies", (double)v->n_die);
  cJSON_AddBoolToObject(root, "stopped_early", v->stopped_early);
  cJSON_AddNumberToObject(root, "strength", v->strength);
  cJSON_AddBoolToObject(root, "mismatch_biases", v->mismatch_biases);
  cJSON_AddNumberToObject(root, "confidence", v->confidence);
  cJSON_AddNumberToObject(root, "passed", (double)v->n_pass);
  add_yield(root, v->yield, v->interval);
  cJSON_AddNumberToObject(root, "failed_simulations", (double)v->n_failed);
  cJSON_AddNumberToObject(root, "wall_s", v->wall_s);
  cJSON_AddItemToObject(root, "specs", specs_json(v));
  cJSON_AddItemToObject(root, "measures", measures_json(v));
  char *text = cJSON_Print(root);
  if (text)
    fprintf(out, "%s\n", text);
  cJSON_free(text);
  cJSON_Delete(root);
  return text ? 0 : MS_ENOMEM;
}

void ms_write_csv(const ms_validation *v, FILE *out) {
  fprintf(out, "die,corner,temperature_c,supply_v");
  for (size_t k = 0; k < v->n_measure; k++) {
    fprintf(out, ",%s [%s]", v->measure[k]->name, v->measure[k]->unit);
    for (size_t i = 0; i < v->curve_n[k]; i++)
      fprintf(out, ",%s(%.9g)", v->measure[k]->name, v->curve_x[k][i]);
  }
  fputc('\n', out);
  for (size_t d = 0; d < v->n_die; d++)
    for (size_t p = 0; p < v->n_point; p++) {
      const ms_pvt *pvt = &v->point[p];
      fprintf(out, "%" PRIu64 ",%s,%g,%g", v->first_die + d,
              v->core->process->corner[pvt->corner].name, pvt->temp_c, pvt->supply_v);
      for (size_t i = 0; i < v->stride; i++) {
        double value = v->row[(d * v->n_point + p) * v->stride + i];
        fputc(',', out);
        if (!isnan(value))
          fprintf(out, "%.9g", value);
      }
      fputc('\n', out);
    }
}

void ms_write_junit(const ms_validation *v, FILE *out) {
  size_t failed = 0, skipped = 0;
  char text[140], value[60];
  for (size_t i = 0; i < v->n_spec; i++) {
    skipped += !v->spec[i].measured;
    failed += v->spec[i].measured && !v->spec[i].pass;
  }
  fprintf(out,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"%s\" "
          "tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
          v->cell->name, v->n_spec, failed, skipped, v->wall_s);
  for (size_t i = 0; i < v->n_spec; i++) {
    const ms_spec_result *r = &v->spec[i];
    fprintf(out, "<testcase classname=\"%s.%s\" name=\"", v->cell->name,
            ms_validation_engine(v->engine));
    ms_write_escaped(out, r->spec->name);
    fputs("\">", out);
    ms_limits_text(r->measure, r->spec, text, sizeof text);
    if (!r->measured)
      fputs("<skipped message=\"not measured by this engine or bias set\"/>", out);
    else if (!r->pass) {
      fprintf(out, "<failure message=\"yield %.1f %% of %.1f %% needed\">", 100 * r->yield,
              100 * r->spec->yield);
      ms_write_escaped(out, text);
      fprintf(out, "; %zu of %zu dies; worst: die %" PRIu64 " at %s, %s</failure>", r->n_pass, r->n,
              r->worst_die, v->point_name[r->worst_point],
              ms_value_text(r->measure, r->worst_value, value, sizeof value));
    }
    fputs("</testcase>\n", out);
  }
  fputs("</testsuite>\n</testsuites>\n", out);
}

int ms_validation_text(const ms_validation *v, ms_validation_format format, char **text,
                       ms_error *err) {
  size_t n = 0;
  int rc = 0;
  *text = NULL;
  FILE *out = open_memstream(text, &n);
  if (!out)
    return ms_fail(err, MS_ENOMEM, "no memory for a report");
  if (format == MS_FORMAT_TABLE)
    ms_write_table(v, out);
  else if (format == MS_FORMAT_JSON)
    rc = ms_write_json(v, out);
  else if (format == MS_FORMAT_CSV)
    ms_write_csv(v, out);
  else if (format == MS_FORMAT_JUNIT)
    ms_write_junit(v, out);
  else
    ms_write_html(v, out);
  if (fclose(out) || rc) {
    free(*text);
    *text = NULL;
    return ms_fail(err, MS_ENOMEM, "no memory for a report");
  }
  return 0;
}
