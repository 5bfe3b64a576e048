/* SPDX-License-Identifier: Apache-2.0 */
/* Samples that no simulator could run. They are in no accuracy, so a report has to tell them. */
#include "study/study.h"

#include "record/page.h"

#include <stdlib.h>
#include <string.h>

/* Of one method under one circumstance. */
typedef struct tally {
  ms_study_place first; /* the die of the reason */
  double samples, failed;
  const char *why;
} tally;

static void count(tally *t, const ms_study_place *p, double samples, double failed,
                  const char *why) {
  t->samples += samples;
  t->failed += failed;
  if (failed > 0 && !t->why) {
    t->first = *p;
    t->why = why;
  }
}

/* One tally for each method under each circumstance, that of measuring and that of confirming side
 * by side. */
static tally *count_all(const ms_study_report *r, size_t *n) {
  const ms_study *s = r->study;
  *n = s->n_task * s->n_strength * s->n_condition * s->n_method;
  tally *all = calloc(2 * *n + 1, sizeof *all);
  for (size_t i = 0; all && i < r->n_item; i++) {
    const ms_study_place p = ms_study_place_of(s, i);
    const ms_study_item *item = &r->item[i];
    const ms_study_confirmation *c = &r->confirmation[i];
    tally *t = all + 2 * (((p.task * s->n_strength + p.strength) * s->n_condition + p.condition) *
                              s->n_method +
                          p.method);
    if (item->done)
      count(t, &p, item->samples, item->errors, item->failure);
    if (c->done)
      count(t + 1, &p, c->samples, c->failed, c->failure);
  }
  return all;
}

static void put_tally(const ms_study *s, const tally *t, int confirming, FILE *out) {
  const ms_study_place *p = &t->first;
  fprintf(out, "%s, mismatch %g, %s, %s: %.0f of %.0f%s, first on die %llu: %s\n",
          s->task[p->task].name, s->strength[p->strength], s->condition[p->condition].name,
          s->method[p->method].name, t->failed, t->samples,
          confirming ? " that were to confirm" : "",
          (unsigned long long)s->base->held_out_die[p->die],
          t->why[0] ? t->why : "the reason was not kept");
}

/* @return how many lines */
static size_t put_lines(const ms_study_report *r, FILE *out) {
  size_t n, said = 0;
  tally *all = count_all(r, &n);
  for (size_t i = 0; all && i < 2 * n; i++)
    if (all[i].why) {
      put_tally(r->study, &all[i], i % 2 == 1, out);
      said++;
    }
  free(all);
  return said;
}

/* The lines, malloc'd; NULL where nothing failed. */
static char *lines(const ms_study_report *r) {
  char *text = NULL;
  size_t size = 0, said = 0;
  FILE *out = open_memstream(&text, &size);
  if (out) {
    said = put_lines(r, out);
    said = fclose(out) ? 0 : said;
  }
  if (said)
    return text;
  free(text);
  return NULL;
}

void ms_study_text_failed(const ms_study_report *r, FILE *out) {
  char *text = lines(r);
  if (text)
    fprintf(out, "\nsamples that failed; no figure here has them\n%s", text);
  free(text);
}

void ms_study_page_failed(const ms_study_report *r, FILE *out) {
  char *text = lines(r);
  if (text) {
    fputs("<h2>Samples that failed</h2><p>No simulator could run them; no figure here has "
          "them.</p><pre>",
          out);
    ms_write_escaped_lines(out, text);
    fputs("</pre>\n", out);
  }
  free(text);
}
