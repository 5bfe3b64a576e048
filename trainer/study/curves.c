/* SPDX-License-Identifier: Apache-2.0 */
/* Accuracy against chip samples along trainings in the loop. */
#include "study/study.h"

#include "record/page.h"
#include "record/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int ms_study_curve_create(ms_study_curve *c, size_t n, ms_error *err) {
  c->samples = calloc(n + 1, sizeof *c->samples);
  c->accuracy = calloc(n + 1, sizeof *c->accuracy);
  c->n = n;
  if (c->samples && c->accuracy)
    return MS_OK;
  ms_study_curve_clear(c);
  return ms_fail(err, MS_ENOMEM, "no memory for a curve of %zu batches", n);
}

void ms_study_curve_clear(ms_study_curve *c) {
  free(c->samples);
  free(c->accuracy);
  *c = (ms_study_curve){.item = c->item};
}

int ms_study_take_curves(ms_study_known *k, ms_study_report *r, ms_error *err) {
  size_t n = 0;
  for (size_t i = 0; i < r->n_item; i++)
    n += k->network[i].curve.n > 0;
  r->curve = calloc(n + 1, sizeof *r->curve);
  if (!r->curve)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu curves", n);
  for (size_t i = 0; i < r->n_item; i++) {
    ms_study_curve *c = &k->network[i].curve;
    if (!c->n)
      continue;
    r->curve[r->n_curve++] = *c;
    *c = (ms_study_curve){.item = i};
  }
  return MS_OK;
}

void ms_study_put_name(const char *name, char after, FILE *out) {
  const int quoted = strpbrk(name, ",\"\n") != NULL;
  if (quoted)
    fputc('"', out);
  for (; *name; name++) {
    if (*name == '"')
      fputc('"', out);
    fputc(*name, out);
  }
  if (quoted)
    fputc('"', out);
  fputc(after, out);
}

void ms_study_write_curves(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  fputs("task,seed,mismatch,condition,die,method,chip_samples,accuracy\n", out);
  for (size_t i = 0; i < r->n_curve; i++) {
    const ms_study_curve *c = &r->curve[i];
    ms_study_place p = ms_study_place_of(s, c->item);
    for (size_t k = 0; k < c->n; k++) {
      ms_study_put_name(s->task[p.task].name, ',', out);
      fprintf(out, "%llu,%g,", (unsigned long long)s->seed[p.seed], s->strength[p.strength]);
      ms_study_put_name(s->condition[p.condition].name, ',', out);
      if (s->method[p.method].each)
        fprintf(out, "%llu", (unsigned long long)s->base->held_out_die[p.die]);
      fputc(',', out);
      ms_study_put_name(s->method[p.method].name, ',', out);
      fprintf(out, "%.0f,%.6g\n", c->samples[k], c->accuracy[k]);
    }
  }
}

/* ---- pictures ---- */

/* Batches are small: a point of a picture is the mean of a stretch of them. */
enum { MOST = 16 };

/* Mean of stretch `at` of `stretches`, of which there are at most as many as values. */
static double mean(const double *value, size_t n, size_t at, size_t stretches) {
  double sum = 0;
  const size_t from = n * at / stretches, to = n * (at + 1) / stretches;
  for (size_t i = from; i < to; i++)
    sum += value[i];
  return sum / (double)(to - from);
}

static int belongs(const ms_study_report *r, const ms_study_curve *c, const ms_study_place *like) {
  ms_study_place p = ms_study_place_of(r->study, c->item);
  return p.task == like->task && p.strength == like->strength && p.condition == like->condition &&
         p.method == like->method;
}

/* A method's curves thin, the mean over them thick. */
static void draw(ms_svg *svg, const ms_study_report *r, const ms_study_place *like) {
  double x[MOST], y[MOST], sum_x[MOST] = {0}, sum_y[MOST] = {0};
  const char *colour = ms_study_colour(like->method);
  size_t n = 0, stretches = MOST;
  for (size_t i = 0; i < r->n_curve; i++)
    if (belongs(r, &r->curve[i], like) && r->curve[i].n < stretches)
      stretches = r->curve[i].n;
  for (size_t i = 0; i < r->n_curve; i++) {
    const ms_study_curve *c = &r->curve[i];
    if (!belongs(r, c, like))
      continue;
    for (size_t k = 0; k < stretches; k++) {
      sum_x[k] += x[k] = mean(c->samples, c->n, k, stretches);
      sum_y[k] += y[k] = mean(c->accuracy, c->n, k, stretches);
    }
    ms_svg_line(svg, x, y, stretches, colour, 0.8, 0.35);
    n++;
  }
  for (size_t k = 0; n && k < stretches; k++) {
    x[k] = sum_x[k] / (double)n;
    y[k] = sum_y[k] / (double)n;
    ms_svg_dot(svg, x[k], y[k], 2.6, colour);
  }
  ms_svg_line(svg, x, y, n ? stretches : 0, colour, 2.4, 1);
}

static void picture(const ms_study_report *r, ms_study_place place, FILE *out) {
  const ms_study *s = r->study;
  char title[200];
  ms_svg svg = {.x0 = 0, .x1 = 0, .y0 = 1, .y1 = 1, .x_scale = 1, .y_scale = 100};
  for (size_t i = 0; i < r->n_curve; i++) {
    const ms_study_curve *c = &r->curve[i];
    place.method = ms_study_place_of(s, c->item).method;
    if (!belongs(r, c, &place))
      continue;
    const size_t stretches = c->n < MOST ? c->n : MOST;
    svg.x1 = fmax(svg.x1, c->samples[c->n - 1]);
    for (size_t k = 0; k < stretches; k++)
      svg.y0 = fmin(svg.y0, floor(10 * mean(c->accuracy, c->n, k, stretches)) / 10);
  }
  if (!(svg.x1 > 0))
    return;
  snprintf(title, sizeof title, "%s, %s, mismatch %g", s->task[place.task].name,
           s->condition[place.condition].name, s->strength[place.strength]);
  ms_svg_begin(&svg, out, title, "chip samples spent", "accuracy of the batches, %");
  for (place.method = 0; place.method < s->n_method; place.method++)
    draw(&svg, r, &place);
  ms_svg_end(&svg);
}

void ms_study_page_curves(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  if (!r->n_curve)
    return;
  fputs(
      "<h2>Along the loop: accuracy against chip samples spent</h2><p>Of the loop's own batches, "
      "each before learning from it; a point is the mean of a stretch of batches. Thin: a training "
      "(a die where each has its own); thick: the mean of a method's.</p>\n",
      out);
  ms_study_page_key(s, out);
  fputs("<div class=\"grid\">\n", out);
  for (size_t t = 0; t < s->n_task; t++)
    for (size_t k = 0; k < s->n_strength; k++)
      for (size_t c = 0; c < s->n_condition; c++)
        picture(r, (ms_study_place){.task = t, .strength = k, .condition = c}, out);
  fputs("</div>\n", out);
}
