/* SPDX-License-Identifier: Apache-2.0 */
/* The page's section on levers: what a chip team pays for accuracy, in area and in test time. */
#include "study/study.h"

#include "record/page.h"
#include "record/svg.h"

#include <math.h>
#include <stdlib.h>

enum { AREA, LOG_AREA, TEST };

static double cost(const ms_study_cell *c, int axis) {
  return axis == AREA       ? 1e6 * ms_study_area(c)
         : axis == LOG_AREA ? log10(1e6 * ms_study_area(c))
                            : log10(1 + c->test_samples);
}

static int by_area(const void *a, const void *b) {
  const ms_study_cell *x = *(const ms_study_cell *const *)a, *y = *(const ms_study_cell *const *)b;
  return (ms_study_area(x) > ms_study_area(y)) - (ms_study_area(x) < ms_study_area(y));
}

/* The best median that so much area buys, as steps: first without a test of each die, then with. */
static void frontier(ms_svg *svg, const ms_study_cell **cell, size_t n, int axis, int tested,
                     const char *colour) {
  double best = NAN, from = NAN;
  for (size_t i = 0; i <= n; i++) {
    if (i < n && ((!tested && cell[i]->test_samples > 0) || cell[i]->median <= best))
      continue;
    const double to = i < n ? cost(cell[i], axis) : svg->x1;
    if (isfinite(best))
      ms_svg_line(svg, (const double[]){from, to, to},
                  (const double[]){best, best, i < n ? cell[i]->median : best}, 3, colour, 1.2, 1);
    if (i < n) {
      best = cell[i]->median;
      from = to;
    }
  }
}

/* Height of a dot's number: methods of equal price would have theirs on top of each other, so one
 * that would cover another is put above it.
 * @param x, y  [i + 1] of all dots so far, `y` of their numbers  */
static void place_number(const ms_svg *svg, const double *x, double *y, size_t i) {
  const double wide = 0.05 * (svg->x1 - svg->x0), high = 0.045 * (svg->y1 - svg->y0);
  for (size_t k = 0; k < i; k++)
    if (fabs(x[k] - x[i]) < wide && fabs(y[k] - y[i]) < 0.99 * high) {
      y[i] = y[k] + high;
      k = (size_t)-1; /* it may cover an earlier one now */
    }
}

static void numbers(ms_svg *svg, const ms_study_cell **cell, size_t n, int axis) {
  double *x = calloc(2 * n + 1, sizeof *x), *y = x + n;
  char number[24];
  for (size_t i = 0; x && i < n; i++) {
    x[i] = cost(cell[i], axis);
    y[i] = cell[i]->median;
    place_number(svg, x, y, i);
    snprintf(number, sizeof number, "%zu", cell[i]->method + 1);
    ms_svg_word(svg, x[i], y[i], number);
  }
  free(x);
}

static void picture(const ms_study_report *r, const ms_study_cell **cell, size_t n, int axis,
                    FILE *out) {
  const ms_study *s = r->study;
  static const char *const label[] = {
      [AREA] = "area of the neurons and their own bias branches, mm2",
      [LOG_AREA] = "log10 of the area of neurons and their own bias branches in mm2",
      [TEST] = "log10(1 + chip samples for each die)"};
  char title[200];
  snprintf(title, sizeof title, "%s, %s, mismatch %g", s->task[cell[0]->task].name,
           s->condition[cell[0]->condition].name, s->strength[cell[0]->strength]);
  ms_svg svg = {.x0 = INFINITY, .x1 = -INFINITY, .y0 = 1, .y1 = 1, .x_scale = 1, .y_scale = 100};
  for (size_t i = 0; i < n; i++) {
    svg.x0 = fmin(svg.x0, cost(cell[i], axis));
    svg.x1 = fmax(svg.x1, cost(cell[i], axis));
    svg.y0 = fmin(svg.y0, floor(10 * cell[i]->low) / 10);
  }
  const double margin = 0.06 * (svg.x1 - svg.x0);
  svg.x0 -= margin;
  svg.x1 += margin;
  ms_svg_begin(&svg, out, title, label[axis], "median accuracy, %");
  if (axis != TEST) {
    frontier(&svg, cell, n, axis, 1, MS_SVG_GREY);
    frontier(&svg, cell, n, axis, 0, "#22262b");
  }
  for (size_t i = 0; i < n; i++) {
    const ms_study_cell *c = cell[i];
    const double x = cost(c, axis);
    ms_svg_line(&svg, (const double[]){x, x}, (const double[]){c->low, c->median}, 2,
                ms_study_colour(c->method), 1, 0.7);
    ms_svg_dot(&svg, x, c->median, c->test_samples > 0 ? 3 : 4, ms_study_colour(c->method));
  }
  numbers(&svg, cell, n, axis);
  ms_svg_end(&svg);
}

static void table(const ms_study_report *r, const ms_study_cell **cell, size_t n, FILE *out) {
  const ms_study *s = r->study;
  fputs(
      "<div class=\"scroll\"><table><tr><th></th><th>method</th><th>gates, times</th><th>neurons, "
      "mm&sup2;</th><th>their bias branches, mm&sup2;</th><th>codes a die</th><th>test, samples a "
      "die</th><th>test, ms a die</th><th>median %</th><th>5th "
      "percentile %</th><th>pJ</th><th>Pareto</th></tr>\n",
      out);
  for (size_t i = 0; i < n; i++) {
    const ms_study_cell *c = cell[i];
    fprintf(out, "<tr><td class=\"n\">%zu</td>", c->method + 1);
    ms_page_cell(out, "", s->method[c->method].name);
    fprintf(out,
            "<td class=\"n\">%g</td><td class=\"n\">%.4f</td><td class=\"n\">%.4f</td><td "
            "class=\"n\">%.0f</td><td class=\"n\">%.0f</td><td "
            "class=\"n\">%.3g</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td><td "
            "class=\"n\">%.3g</td><td>%s</td></tr>\n",
            s->method[c->method].area, 1e6 * c->area_m2, 1e6 * c->own_bias_m2, c->codes,
            c->test_samples, 1e3 * c->test_s, 100 * c->median, 100 * c->low, 1e12 * c->energy_j,
            c->pareto ? "yes" : "");
  }
  fputs("</table></div>\n", out);
}

static void price(const ms_study *s, const ms_study_cell *c, FILE *out) {
  if (!c) {
    fputs("<td>none here reaches it</td>", out);
    return;
  }
  fprintf(out, "<td>%zu: ", c->method + 1);
  ms_write_escaped(out, s->method[c->method].name);
  fprintf(out, ", %.4f mm&sup2;", 1e6 * ms_study_area(c));
  if (c->test_samples > 0)
    fprintf(out, ", %.0f samples a die", c->test_samples);
  fputs("</td>", out);
}

static void prices(const ms_study_report *r, const ms_study_cell *like, FILE *out) {
  const ms_study *s = r->study;
  fputs("<table><tr><th>median of at least</th><th>least area without a test of each die</th>"
        "<th>least area</th></tr>\n",
        out);
  for (size_t i = 0; i < s->n_target; i++) {
    fprintf(out, "<tr><td class=\"n\">%.4g %%</td>", 100 * s->target[i]);
    price(s, ms_study_cheapest(r, like, s->target[i], 1), out);
    price(s, ms_study_cheapest(r, like, s->target[i], 0), out);
    fputs("</tr>\n", out);
  }
  fputs("</table>\n", out);
}

/* Whether there is anything to choose. */
static int differ(const ms_study_report *r) {
  int all = r->n_cell > 0, any = 0;
  for (size_t i = 0; i < r->n_cell; i++) {
    all &= isfinite(r->cell[i].area_m2);
    any |= r->cell[i].test_samples > 0 ||
           fabs(ms_study_area(&r->cell[i]) / ms_study_area(&r->cell[0]) - 1) > 1e-9;
  }
  return all && any;
}

void ms_study_page_levers(const ms_study_report *r, FILE *out) {
  const ms_study_cell **cell = calloc(r->n_cell + 1, sizeof *cell);
  if (cell && differ(r)) {
    fprintf(
        out,
        "<h2>Levers: accuracy on unseen dies against silicon area and test time</h2><p>Dots: "
        "median, with a line down to the 5th percentile; numbers are those of the table. Steps: "
        "the best median for so much area, black without a test of each die, grey with. Area: "
        "gates (W L) and capacitors of all neurons with their rows and weight DACs, and of the "
        "bias branches that sets of neurons have for themselves beyond the core's; one set for a "
        "core (%.3g mm&sup2; here) is left out, as are wiring and the digital half. Test: chip "
        "samples run on the very die to calibrate or "
        "train it, and the time that they take on the chip.</p>\n",
        1e6 * r->cell[0].bias_m2);
    for (size_t i = 0; i < r->n_cell; i++) {
      if (i && ms_study_same_circumstances(&r->cell[i], &r->cell[i - 1]))
        continue;
      size_t n = 0;
      while (i + n < r->n_cell && ms_study_same_circumstances(&r->cell[i], &r->cell[i + n])) {
        cell[n] = &r->cell[i + n];
        n++;
      }
      qsort(cell, n, sizeof *cell, by_area);
      fputs("<div class=\"grid\">\n", out);
      /* Bias branches of a neuron's own are a hundred times the neuron. */
      picture(r, cell, n,
              ms_study_area(cell[n - 1]) > 10 * ms_study_area(cell[0]) ? LOG_AREA : AREA, out);
      picture(r, cell, n, TEST, out);
      fputs("</div>\n", out);
      prices(r, cell[0], out);
      table(r, cell, n, out);
    }
  }
  free(cell);
}
