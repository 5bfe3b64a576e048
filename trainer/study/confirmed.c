/* SPDX-License-Identifier: Apache-2.0 */
/* What a study's confirming engine made of the same samples, in words and as rows of tables. */
#include "publish/publish_impl.h"
#include "record/json.h"
#include "study/study.h"

#include <cjson/cJSON.h>

static void add_side(ms_study_side *sum, double n, const ms_study_side *more, double n_more) {
  sum->right += more->right;
  if (n_more > 0) {
    sum->spikes = (n * sum->spikes + n_more * more->spikes) / (n + n_more);
    sum->energy_j = (n * sum->energy_j + n_more * more->energy_j) / (n + n_more);
  }
}

void ms_study_add_confirmation(ms_study_confirmation *sum, const ms_study_confirmation *more) {
  const double n = sum->samples - sum->failed, n_more = more->samples - more->failed;
  add_side(&sum->there, n, &more->there, n_more);
  add_side(&sum->engine, n, &more->engine, n_more);
  sum->done += more->done;
  sum->samples += more->samples;
  sum->failed += more->failed;
  sum->equal += more->equal;
}

static ms_study_confirmation total(const ms_study_report *r) {
  ms_study_confirmation sum = {.done = 0};
  for (size_t i = 0; i < r->n_cell; i++)
    ms_study_add_confirmation(&sum, &r->cell[i].confirmed);
  return sum;
}

void ms_study_engines(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  const ms_study_confirmation sum = total(r);
  const char *there = ms_engine_word(s->confirm.analog);
  fprintf(out, "engine %s", ms_engine_word(s->base->analog));
  if (sum.done)
    fprintf(out, ", confirmed on %s: %.0f of %.0f decisions equal", there, sum.equal,
            sum.samples - sum.failed);
  else if (s->confirm.n_die)
    fprintf(out, ", not confirmed on %s yet", there);
  else if (s->base->analog != MS_ENGINE_NGSPICE)
    fputs(", not confirmed on another engine (key 'confirm')", out);
}

/* Which dies a sum is over. */
static void put_dies(const ms_study_report *r, const ms_study_cell *c, FILE *out) {
  const ms_study *s = r->study;
  ms_study_place p = {
      .task = c->task, .strength = c->strength, .condition = c->condition, .method = c->method};
  size_t n = 0;
  for (; p.die < s->confirm.n_die; p.die++) {
    int done = 0;
    for (p.seed = 0; p.seed < s->n_seed; p.seed++)
      done |= r->confirmation[ms_study_index(s, &p)].done;
    if (done)
      fprintf(out, "%s%llu", n++ ? ", " : "", (unsigned long long)s->base->held_out_die[p.die]);
  }
}

void ms_study_text_confirmed(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  const char *there = ms_engine_word(s->confirm.analog), *engine = ms_engine_word(s->base->analog);
  if (!total(r).done)
    return;
  fprintf(out, "\nconfirmed on %s (%s on the same samples)\n", there, engine);
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    const ms_study_confirmation *k = &c->confirmed;
    if (!k->done)
      continue;
    fprintf(out, "%s, mismatch %g, %s, %s: die ", s->task[c->task].name, s->strength[c->strength],
            s->condition[c->condition].name, s->method[c->method].name);
    put_dies(r, c, out);
    fprintf(out,
            ": %.0f of %.0f right (%.0f), %.0f decisions equal, %.1f spikes (%.1f), %.4g pJ "
            "(%.4g)",
            k->there.right, k->samples - k->failed, k->engine.right, k->equal, k->there.spikes,
            k->engine.spikes, 1e12 * k->there.energy_j, 1e12 * k->engine.energy_j);
    if (k->failed > 0)
      fprintf(out, "; %.0f more failed", k->failed);
    fputc('\n', out);
  }
}

void ms_study_page_confirmed(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  const char *there = ms_engine_word(s->confirm.analog), *engine = ms_engine_word(s->base->analog);
  if (!total(r).done)
    return;
  fprintf(
      out,
      "<h2>Confirmed on %s</h2><p>The first test samples of a die on %s and on the study's own "
      "engine (%s), with the same network, bias codes and conditions. Spikes and energy are means "
      "per sample, %s first.</p>"
      "<div class=\"scroll\"><table><tr><th>task</th><th>mismatch</th><th>condition</th>"
      "<th>method</th><th>dies</th><th>samples</th><th>failed</th><th>decisions equal</th>"
      "<th>right on %s</th><th>right on %s</th><th>spikes</th><th>pJ</th></tr>\n",
      there, there, engine, there, there, engine);
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    const ms_study_confirmation *k = &c->confirmed;
    if (!k->done)
      continue;
    ms_study_page_row(s, c, out);
    fputs("<td>", out);
    put_dies(r, c, out);
    fprintf(out,
            "</td><td class=\"n\">%.0f</td><td class=\"n\">%.0f</td><td class=\"n\">%.0f</td>"
            "<td class=\"n\">%.0f</td><td class=\"n\">%.0f</td><td class=\"n\">%.1f, %.1f</td>"
            "<td class=\"n\">%.4g, %.4g</td></tr>\n",
            k->samples, k->failed, k->equal, k->there.right, k->engine.right, k->there.spikes,
            k->engine.spikes, 1e12 * k->there.energy_j, 1e12 * k->engine.energy_j);
  }
  fputs("</table></div>\n", out);
}

static void add_json_side(cJSON *object, const char *name, const ms_study_side *side) {
  cJSON *o = cJSON_AddObjectToObject(object, name);
  ms_json_number(o, "right", side->right);
  ms_json_number(o, "spikes", side->spikes);
  ms_json_number(o, "energy_j", side->energy_j);
}

cJSON *ms_study_json_confirmed(const ms_study_confirmation *c) {
  cJSON *o = cJSON_CreateObject();
  ms_json_number(o, "dies", c->done);
  ms_json_number(o, "samples", c->samples);
  ms_json_number(o, "failed", c->failed);
  ms_json_number(o, "decisions_equal", c->equal);
  add_json_side(o, "confirming", &c->there);
  add_json_side(o, "engine", &c->engine);
  return o;
}
