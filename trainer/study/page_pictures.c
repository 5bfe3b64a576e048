/* SPDX-License-Identifier: Apache-2.0 */
/* A study's pictures: what each method reaches against mismatch, or under each condition where
 * there is one strength alone, for how many chip samples, and how it spreads over dies. */
#include "study/study.h"

#include "record/page.h"
#include "record/svg.h"

#include <math.h>
#include <stdlib.h>

/* The first eight are those that the colour-blind tell apart (Okabe and Ito). */
static const char *const COLOUR[] = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8f98", "#22262b",
    "#8c510a", "#7b3294", "#7cae00", "#b2182b", "#01665e", "#4d4dff", "#c2a5cf", "#5a3d00"};
enum { COLOURS = sizeof COLOUR / sizeof *COLOUR, MOST_SPREADS = 12 };

const char *ms_study_colour(size_t method) {
  return COLOUR[method % COLOURS];
}

void ms_study_page_key(const ms_study *s, FILE *out) {
  fputs("<p>", out);
  for (size_t m = 0; m < s->n_method; m++) {
    fprintf(out, "<span style=\"color:%s\">&#9632;</span> ", ms_study_colour(m));
    ms_write_escaped(out, s->method[m].name);
    fputs(" &nbsp; ", out);
  }
  fputs("</p>\n", out);
}

/* ---- one figure of every method ---- */

typedef struct reach {
  double low, middle, high; /* no band: all alike */
} reach;

static reach accuracy_of(const ms_study_cell *c) {
  return (reach){c->low, c->median, c->high};
}

static reach yield_of(const ms_study_cell *c) {
  return (reach){c->yield_interval.low, c->yield, c->yield_interval.high};
}

static reach energy_of(const ms_study_cell *c) {
  return (reach){c->energy_j, c->energy_j, c->energy_j};
}

static reach spikes_of(const ms_study_cell *c) {
  return (reach){c->spikes, c->spikes, c->spikes};
}

typedef struct figure {
  const char *head, *label; /* no label: that of a yield, which names the study's accuracy */
  reach (*of)(const ms_study_cell *cell);
  int share; /* 0 to 1 */
  double scale;
} figure;

static const figure FIGURE[] = {
    {"Accuracy: median and band from the 5th to the 95th percentile of dies", "accuracy, %",
     accuracy_of, 1, 100},
    {"Yield, with its Clopper-Pearson interval", NULL, yield_of, 1, 100},
    {"Energy of a sample", "mean energy, pJ", energy_of, 0, 1e12},
    {"Spikes of a sample", "mean spikes", spikes_of, 0, 1}};
enum { FIGURES = sizeof FIGURE / sizeof *FIGURE };

static const ms_study_cell *find(const ms_study_report *r, const ms_study_place *p) {
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    if (c->task == p->task && c->condition == p->condition && c->method == p->method &&
        c->strength == p->strength)
      return c;
  }
  return NULL;
}

static double top_of(const ms_study_report *r, const figure *f) {
  double top = f->share;
  for (size_t i = 0; !f->share && i < r->n_cell; i++)
    top = fmax(top, 1.05 * f->of(&r->cell[i]).high);
  return top;
}

static void begin(const ms_study_report *r, const figure *f, const ms_study_place *p,
                  int conditions, ms_svg *svg, FILE *out) {
  const ms_study *s = r->study;
  char title[200], label[80];
  if (conditions)
    snprintf(title, sizeof title, "%s, mismatch %g", s->task[p->task].name, s->strength[0]);
  else
    snprintf(title, sizeof title, "%s, %s", s->task[p->task].name, s->condition[p->condition].name);
  snprintf(label, sizeof label, "dies with %.0f %% or more, %%", 100 * s->yield_at);
  *svg = (ms_svg){.y1 = top_of(r, f), .x_scale = 1, .y_scale = f->scale};
  if (conditions) {
    svg->x0 = 0.5;
    svg->x1 = (double)s->n_condition + 0.5;
  } else {
    svg->x0 = svg->x1 = s->strength[0];
    for (size_t k = 0; k < s->n_strength; k++) {
      svg->x0 = fmin(svg->x0, s->strength[k]);
      svg->x1 = fmax(svg->x1, s->strength[k]);
    }
  }
  ms_svg_begin(svg, out, title, conditions ? "condition" : "mismatch, times the process's own",
               f->label ? f->label : label);
}

static void against_mismatch(const ms_study_report *r, const figure *f, ms_study_place p,
                             double *memory, FILE *out) {
  const ms_study *s = r->study;
  const size_t n = s->n_strength;
  double *low = memory, *middle = low + n, *high = middle + n;
  ms_svg svg;
  begin(r, f, &p, 0, &svg, out);
  for (p.method = 0; p.method < s->n_method; p.method++) {
    const char *colour = ms_study_colour(p.method);
    for (p.strength = 0; p.strength < n; p.strength++) {
      const ms_study_cell *c = find(r, &p);
      const reach v = c ? f->of(c) : (reach){NAN, NAN, NAN};
      low[p.strength] = v.low;
      middle[p.strength] = v.middle;
      high[p.strength] = v.high;
    }
    ms_svg_band(&svg, s->strength, low, high, n, colour);
    ms_svg_line(&svg, s->strength, middle, n, colour, 2.2, 1);
    for (size_t k = 0; k < n; k++)
      ms_svg_dot(&svg, s->strength[k], middle[k], 3.2, colour);
  }
  ms_svg_end(&svg);
}

/* Methods side by side over the number of the condition. */
static void against_conditions(const ms_study_report *r, const figure *f, ms_study_place p,
                               FILE *out) {
  const ms_study *s = r->study;
  ms_svg svg;
  begin(r, f, &p, 1, &svg, out);
  for (; p.condition < s->n_condition; p.condition++)
    for (p.method = 0; p.method < s->n_method; p.method++) {
      const ms_study_cell *c = find(r, &p);
      if (!c)
        continue;
      const reach v = f->of(c);
      const double x =
          (double)p.condition + 0.6 + 0.8 * ((double)p.method + 0.5) / (double)s->n_method;
      const char *colour = ms_study_colour(p.method);
      ms_svg_line(&svg, (const double[]){x, x}, (const double[]){v.low, v.high}, 2, colour, 1.4, 1);
      ms_svg_dot(&svg, x, v.middle, s->n_condition > 6 ? 2.4 : 3.2, colour);
    }
  ms_svg_end(&svg);
}

static void put_conditions(const ms_study *s, FILE *out) {
  if (s->n_strength > 1 || s->n_condition == 1)
    return;
  fputs("<p>Conditions:", out);
  for (size_t c = 0; c < s->n_condition; c++) {
    fprintf(out, "%s %zu ", c ? "," : "", c + 1);
    ms_write_escaped(out, s->condition[c].name);
  }
  fputs("</p>\n", out);
}

static void write_figure(const ms_study_report *r, const figure *f, double *memory, FILE *out) {
  const ms_study *s = r->study;
  fprintf(out, "<h2>%s</h2>\n", f->head);
  ms_study_page_key(s, out);
  put_conditions(s, out);
  fputs("<div class=\"grid\">\n", out);
  for (ms_study_place p = {.task = 0}; p.task < s->n_task; p.task++) {
    if (s->n_strength == 1)
      against_conditions(r, f, p, out);
    else
      for (p.condition = 0; p.condition < s->n_condition; p.condition++)
        against_mismatch(r, f, p, memory, out);
    p.condition = 0;
  }
  fputs("</div>\n", out);
}

/* ---- against chip samples ---- */

/* Median accuracy against what training cost, one dot a method and strength. */
static void against_samples(const ms_study_report *r, size_t task, size_t condition, FILE *out) {
  const ms_study *s = r->study;
  char title[200];
  snprintf(title, sizeof title, "%s, %s", s->task[task].name, s->condition[condition].name);
  ms_svg svg = {.x0 = 0, .x1 = 3, .y0 = 0, .y1 = 1, .x_scale = 1, .y_scale = 100};
  for (size_t i = 0; i < r->n_cell; i++)
    svg.x1 = fmax(svg.x1, ceil(log10(1 + r->cell[i].spent)));
  ms_svg_begin(&svg, out, title, "log10 of chip samples spent", "median accuracy, %");
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    if (c->task == task && c->condition == condition)
      ms_svg_dot(&svg, log10(1 + c->spent), c->median, 3 + 1.5 * (double)c->strength,
                 ms_study_colour(c->method));
  }
  ms_svg_end(&svg);
}

static void write_samples(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  double most = 0;
  for (size_t i = 0; i < r->n_cell; i++)
    most = fmax(most, r->cell[i].spent);
  if (!(most > 0))
    return;
  fputs("<h2>Accuracy against chip samples; larger dots: stronger mismatch</h2>\n", out);
  ms_study_page_key(s, out);
  fputs("<div class=\"grid\">\n", out);
  for (size_t t = 0; t < s->n_task; t++)
    for (size_t c = 0; c < s->n_condition; c++)
      against_samples(r, t, c, out);
  fputs("</div>\n", out);
}

/* ---- over dies ---- */

/* Accuracies of a cell's dies and seeds, from the lowest. @param value  [dies times seeds] */
static size_t accuracies(const ms_study_report *r, ms_study_place p, double *value) {
  const ms_study *s = r->study;
  size_t n = 0;
  for (p.seed = 0; p.seed < s->n_seed; p.seed++)
    for (p.die = 0; p.die < s->base->n_held_out_die; p.die++) {
      const ms_study_item *item = &r->item[ms_study_index(s, &p)];
      if (item->done && isfinite(item->accuracy))
        value[n++] = item->accuracy;
    }
  ms_sort(value, n);
  return n;
}

/* The share of dies with at least an accuracy falls by a step at each die's. */
static void steps(ms_svg *svg, const double *value, size_t n, const char *colour) {
  double x = svg->x0;
  for (size_t i = 0; i <= n; i++) {
    const double share = (double)(n - i) / (double)n, to = i < n ? value[i] : svg->x1;
    const double next = i < n ? (double)(n - i - 1) / (double)n : share;
    ms_svg_line(svg, (const double[]){x, to, to}, (const double[]){share, share, next}, 3, colour,
                1.8, 1);
    x = to;
  }
}

static void over_dies(const ms_study_report *r, ms_study_place p, double *value, FILE *out) {
  const ms_study *s = r->study;
  char title[200];
  snprintf(title, sizeof title, "%s, %s, mismatch %g", s->task[p.task].name,
           s->condition[p.condition].name, s->strength[p.strength]);
  ms_svg svg = {.x0 = 1, .x1 = 1, .y1 = 1, .x_scale = 100, .y_scale = 100};
  for (p.method = 0; p.method < s->n_method; p.method++)
    if (accuracies(r, p, value))
      svg.x0 = fmin(svg.x0, floor(10 * value[0]) / 10);
  ms_svg_begin(&svg, out, title, "accuracy, %", "dies with at least that, %");
  for (p.method = 0; p.method < s->n_method; p.method++) {
    const size_t n = accuracies(r, p, value);
    if (n)
      steps(&svg, value, n, ms_study_colour(p.method));
  }
  ms_svg_end(&svg);
}

static void write_spreads(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  const size_t n = s->n_seed * s->base->n_held_out_die;
  const int all = s->n_task * s->n_condition * s->n_strength <= MOST_SPREADS;
  double *value = calloc(n + 1, sizeof *value);
  if (!value || n < 2) {
    free(value);
    return;
  }
  fprintf(out, "<h2>Share of dies with at least an accuracy%s</h2>\n",
          all ? "" : ", under the first condition");
  ms_study_page_key(s, out);
  fputs("<div class=\"grid\">\n", out);
  for (ms_study_place p = {.task = 0}; p.task < s->n_task; p.task++)
    for (p.condition = 0; p.condition < (all ? s->n_condition : 1); p.condition++)
      for (p.strength = 0; p.strength < s->n_strength; p.strength++)
        over_dies(r, p, value, out);
  fputs("</div>\n", out);
  free(value);
}

void ms_study_page_pictures(const ms_study_report *r, FILE *out) {
  double *memory = calloc(3 * r->study->n_strength + 1, sizeof *memory);
  for (int i = 0; memory && i < FIGURES; i++) {
    write_figure(r, &FIGURE[i], memory, out);
    if (i == 0)
      write_spreads(r, out);
  }
  free(memory);
  write_samples(r, out);
}
