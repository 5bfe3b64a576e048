/* SPDX-License-Identifier: Apache-2.0 */
/* A choice as one page and as JSON: what was picked from what, and how unseen dies confirm it. */
#include "choice/choice.h"

#include "publish/publish_impl.h"
#include "record/json.h"
#include "record/page.h"
#include "record/svg.h"

#include <inttypes.h>
#include <stdlib.h>

static void write_pick(const ms_experiment *e, const ms_choice_report *r, FILE *out) {
  const ms_choice_candidate *c = &r->candidate[r->picked];
  fputs("<p>Picked: <b>", out);
  ms_write_escaped(out, c->name);
  fprintf(out,
          "</b>, the best of %zu candidates by quantile %.4g of the accuracy over %zu validation "
          "dies (%zu validation samples each, engine %s): %.1f&nbsp;%%.</p>\n",
          r->n_candidate, r->quantile, r->n_validation, r->n_validation_sample,
          ms_engine_word(e->analog), 100 * c->decided);
}

static void write_confirmation(const ms_experiment *e, const ms_choice_report *r, FILE *out) {
  fprintf(out,
          "<p>Confirmed on <b>%zu unseen dies</b> with engine <b>%s</b>, %zu test samples each: "
          "median %.1f&nbsp;%%, 5th percentile %.1f&nbsp;%%, 95th percentile %.1f&nbsp;%%.",
          r->spread.n, ms_engine_word(e->analog), r->n_test_sample, 100 * r->spread.median,
          100 * r->spread.low, 100 * r->spread.high);
  if (r->confirmed.n)
    fprintf(out,
            " With engine <b>%s</b>: %zu unseen %s, %u test samples each, median "
            "%.1f&nbsp;%%, %.1f to %.1f&nbsp;%%.",
            ms_engine_word(e->confirm_analog), r->confirmed.n, r->confirmed.n == 1 ? "die" : "dies",
            r->unseen[0].confirm_samples, 100 * r->confirmed.median, 100 * r->confirmed.low,
            100 * r->confirmed.high);
  else if (e->analog != MS_ENGINE_NGSPICE)
    fputs(" No circuit simulator confirmed it (key <code>confirm</code>).", out);
  if (e->analog == MS_ENGINE_MODEL)
    fputs(" The behavioural model says nothing about circuits.", out);
  fprintf(out,
          "</p>\n<p>Dies are of seed %" PRIu64 " at %.4g times the process's mismatch. No "
          "candidate was trained on a validation die or an unseen die, and these are different "
          "dies.</p>\n",
          e->die_seed, e->strength);
}

/* Every die of every candidate, and the unseen dies of the picked one, side by side. */
static void draw(const ms_choice_report *r, FILE *out) {
  ms_svg svg = {.x0 = 0.4,
                .x1 = (double)r->n_candidate + 1.6,
                .y0 = 0,
                .y1 = 1,
                .x_scale = 1,
                .y_scale = 100};
  ms_svg_begin(&svg, out, "Dies", "candidate, in the order of the table; last: unseen dies",
               "accuracy, %");
  for (size_t i = 0; i < r->n_candidate; i++) {
    const ms_choice_candidate *c = &r->candidate[i];
    const char *colour = i == r->picked ? MS_SVG_BLUE : MS_SVG_GREY;
    double x = (double)i + 1;
    for (size_t k = 0; k < r->n_validation; k++)
      ms_svg_dot(&svg, x, c->accuracy[k], 2.5, colour);
    ms_svg_line(&svg, (double[]){x - 0.3, x + 0.3}, (double[]){c->decided, c->decided}, 2, colour,
                2.2, 1);
  }
  for (size_t k = 0; k < r->n_unseen; k++)
    ms_svg_dot(&svg, (double)r->n_candidate + 1, r->unseen[k].accuracy, 2.5, MS_SVG_ORANGE);
  ms_svg_end(&svg);
}

static void write_candidates(const ms_choice_report *r, FILE *out) {
  fprintf(out,
          "<h2>Candidates, on validation dies</h2><div class=\"scroll\"><table><tr><th>candidate"
          "</th><th>quantile %.4g, %%</th><th>5th percentile %%</th><th>median %%</th><th>95th "
          "percentile %%</th></tr>\n",
          r->quantile);
  for (size_t i = 0; i < r->n_candidate; i++) {
    const ms_choice_candidate *c = &r->candidate[i];
    fputs("<tr>", out);
    ms_page_cell(out, i == r->picked ? "pass" : "", c->name);
    fprintf(out,
            "<td class=\"n\">%.1f</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td>"
            "<td class=\"n\">%.1f</td></tr>\n",
            100 * c->decided, 100 * c->spread.low, 100 * c->spread.median, 100 * c->spread.high);
  }
  fputs("</table></div>\n", out);
}

static void write_dies(const ms_choice_report *r, FILE *out) {
  fputs("<h2>Unseen dies</h2><div class=\"scroll\"><table><tr><th>die</th><th>accuracy %</th>"
        "<th>samples</th><th>failed</th><th>pJ per sample</th><th>spikes per sample</th>"
        "<th>confirmed %</th><th>samples</th></tr>\n",
        out);
  for (size_t i = 0; i < r->n_unseen; i++) {
    const ms_die_result *d = &r->unseen[i];
    fprintf(out,
            "<tr><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%.1f</td><td class=\"n\">%u</td>"
            "<td class=\"n\">%u</td><td class=\"n\">%.4g</td><td class=\"n\">%.1f</td>",
            d->die, 100 * d->accuracy, d->samples, d->errors, 1e12 * d->energy_j, d->spikes);
    if (d->confirm_samples)
      fprintf(out, "<td class=\"n\">%.1f</td><td class=\"n\">%u</td></tr>\n", 100 * d->confirmed,
              d->confirm_samples);
    else
      fputs("<td></td><td></td></tr>\n", out);
  }
  fputs("</table></div>\n<p>Validation dies:", out);
  for (size_t i = 0; i < r->n_validation; i++)
    fprintf(out, "%s %" PRIu64, i ? "," : "", r->validation_die[i]);
  fputs(".</p>\n", out);
}

void ms_choice_page(const ms_experiment *e, const ms_choice_report *r, FILE *out) {
  char title[200];
  snprintf(title, sizeof title, "%.150s: robust package", e->name);
  ms_page_begin(out, title);
  fputs("<h1>", out);
  ms_write_escaped(out, title);
  fputs("</h1>\n", out);
  write_pick(e, r, out);
  write_confirmation(e, r, out);
  fputs("<div class=\"grid\">\n", out);
  draw(r, out);
  fputs("</div>\n", out);
  write_candidates(r, out);
  write_dies(r, out);
  fputs("<h2>The experiment</h2><pre>", out);
  ms_write_escaped_lines(out, e->text);
  fputs("</pre>\n", out);
  ms_page_end(out);
}

static void add_spread(cJSON *object, const char *name, const ms_choice_spread *s) {
  cJSON *own = cJSON_AddObjectToObject(object, name);
  ms_json_number(own, "dies", (double)s->n);
  ms_json_number(own, "percentile_5", s->low);
  ms_json_number(own, "median", s->median);
  ms_json_number(own, "percentile_95", s->high);
}

static cJSON *candidate_object(const ms_choice_candidate *c, size_t n) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddStringToObject(object, "name", c->name);
  ms_json_number(object, "at_quantile", c->decided);
  add_spread(object, "validation", &c->spread);
  cJSON_AddItemToObject(object, "accuracy", cJSON_CreateDoubleArray(c->accuracy, (int)n));
  return object;
}

static cJSON *die_object(const ms_die_result *d) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddItemToObject(object, "die", ms_json_die(d->die));
  ms_json_number(object, "accuracy", d->accuracy);
  ms_json_number(object, "energy_j", d->energy_j);
  ms_json_number(object, "spikes", d->spikes);
  ms_json_number(object, "samples", d->samples);
  ms_json_number(object, "failed_samples", d->errors);
  ms_json_number(object, "confirmed", d->confirmed);
  ms_json_number(object, "confirm_samples", d->confirm_samples);
  return object;
}

char *ms_choice_json(const ms_experiment *e, const ms_choice_report *r) {
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "experiment", e->name);
  cJSON_AddStringToObject(root, "picked", r->candidate[r->picked].name);
  ms_json_number(root, "quantile", r->quantile);
  cJSON_AddStringToObject(root, "engine", ms_engine_word(e->analog));
  cJSON_AddItemToObject(root, "die_seed", ms_json_die(e->die_seed));
  ms_json_number(root, "mismatch", e->strength);
  ms_json_number(root, "validation_samples", (double)r->n_validation_sample);
  ms_json_number(root, "test_samples", (double)r->n_test_sample);
  add_spread(root, "unseen", &r->spread);
  if (r->confirmed.n) {
    cJSON_AddStringToObject(root, "confirm_engine", ms_engine_word(e->confirm_analog));
    add_spread(root, "confirmed", &r->confirmed);
  }
  cJSON *list = cJSON_AddArrayToObject(root, "validation_dies");
  for (size_t i = 0; i < r->n_validation; i++)
    cJSON_AddItemToArray(list, ms_json_die(r->validation_die[i]));
  list = cJSON_AddArrayToObject(root, "candidates");
  for (size_t i = 0; i < r->n_candidate; i++)
    cJSON_AddItemToArray(list, candidate_object(&r->candidate[i], r->n_validation));
  list = cJSON_AddArrayToObject(root, "unseen_dies");
  for (size_t i = 0; i < r->n_unseen; i++)
    cJSON_AddItemToArray(list, die_object(&r->unseen[i]));
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  return text;
}
