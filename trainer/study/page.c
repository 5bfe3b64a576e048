/* SPDX-License-Identifier: Apache-2.0 */
/* A study as one page: pictures against mismatch and chip samples, and the tables. */
#include "study/study.h"

#include "record/page.h"
#include "record/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Colours that the colour-blind tell apart (Okabe and Ito). */
static const char *const COLOUR[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                     "#e69f00", "#56b4e9", "#8a8f98", "#22262b"};
enum { COLOURS = sizeof COLOUR / sizeof *COLOUR };

const char *ms_study_colour(size_t method) {
  return COLOUR[method % COLOURS];
}

static const ms_study_cell *find(const ms_study_report *r, size_t task, size_t condition,
                                 size_t method, size_t strength) {
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    if (c->task == task && c->condition == condition && c->method == method &&
        c->strength == strength)
      return c;
  }
  return NULL;
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

typedef struct lines {
  double *x, *y, *low, *high;
} lines;

static void against_mismatch(const ms_study_report *r, size_t task, size_t condition, int yield,
                             lines *l, FILE *out) {
  const ms_study *s = r->study;
  char title[200];
  snprintf(title, sizeof title, "%s, %s", s->task[task].name, s->condition[condition].name);
  ms_svg svg = {
      .x0 = s->strength[0], .x1 = s->strength[0], .y0 = 0, .y1 = 1, .x_scale = 1, .y_scale = 100};
  for (size_t k = 0; k < s->n_strength; k++) {
    svg.x0 = fmin(svg.x0, s->strength[k]);
    svg.x1 = fmax(svg.x1, s->strength[k]);
  }
  int one = s->n_strength == 1; /* methods side by side */
  if (one) {
    svg.x0 -= 0.5;
    svg.x1 += 0.5;
  }
  char label[80];
  if (yield)
    snprintf(label, sizeof label, "dies with %.0f %% or more, %%", 100 * s->yield_at);
  else
    snprintf(label, sizeof label, "accuracy, %%");
  ms_svg_begin(&svg, out, title, "mismatch, times the process's own", label);
  for (size_t m = 0; m < s->n_method; m++) {
    for (size_t k = 0; k < s->n_strength; k++) {
      const ms_study_cell *c = find(r, task, condition, m, k);
      l->x[k] = s->strength[k] + (one ? ((double)m + 0.5) / (double)s->n_method - 0.5 : 0);
      l->y[k] = c ? (yield ? c->yield : c->median) : NAN;
      l->low[k] = c ? (yield ? c->yield_interval.low : c->low) : NAN;
      l->high[k] = c ? (yield ? c->yield_interval.high : c->high) : NAN;
    }
    if (one)
      ms_svg_line(&svg, (const double[]){l->x[0], l->x[0]}, (const double[]){l->low[0], l->high[0]},
                  2, ms_study_colour(m), 1.4, 1);
    ms_svg_band(&svg, l->x, l->low, l->high, s->n_strength, ms_study_colour(m));
    ms_svg_line(&svg, l->x, l->y, s->n_strength, ms_study_colour(m), 2.2, 1);
    for (size_t k = 0; k < s->n_strength; k++)
      ms_svg_dot(&svg, l->x[k], l->y[k], 3.2, ms_study_colour(m));
  }
  ms_svg_end(&svg);
}

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

static void write_pictures(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  double *memory = calloc(4 * s->n_strength + 1, sizeof *memory);
  if (!memory)
    return;
  lines l = {memory, memory + s->n_strength, memory + 2 * s->n_strength,
             memory + 3 * s->n_strength};
  static const char *const head[] = {
      "Accuracy against mismatch: median and band from the 5th to the 95th percentile of dies",
      "Yield against mismatch, with its Clopper-Pearson interval",
      "Accuracy against chip samples; larger dots: stronger mismatch"};
  for (int kind = 0; kind < 3; kind++) {
    fprintf(out, "<h2>%s</h2>\n", head[kind]);
    ms_study_page_key(s, out);
    fputs("<div class=\"grid\">\n", out);
    for (size_t t = 0; t < s->n_task; t++)
      for (size_t c = 0; c < s->n_condition; c++) {
        if (kind == 2)
          against_samples(r, t, c, out);
        else
          against_mismatch(r, t, c, kind, &l, out);
      }
    fputs("</div>\n", out);
  }
  free(memory);
}

void ms_study_page_row(const ms_study *s, const ms_study_cell *c, FILE *out) {
  char a[80];
  fputs("<tr>", out);
  ms_page_cell(out, "", s->task[c->task].name);
  snprintf(a, sizeof a, "%g", s->strength[c->strength]);
  ms_page_cell(out, "n", a);
  ms_page_cell(out, "", s->condition[c->condition].name);
  ms_page_cell(out, "", s->method[c->method].name);
}

static void write_row(const ms_study *s, const ms_study_cell *c, FILE *out) {
  ms_study_page_row(s, c, out);
  fprintf(out,
          "<td class=\"n\">%zu</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f .. %.1f</td>"
          "<td class=\"n\">%.1f",
          c->n, 100 * c->median, 100 * c->low, 100 * c->high, 100 * c->mean);
  if (isfinite(c->half_width)) /* of one die it is not */
    fprintf(out, " &plusmn; %.1f", 100 * c->half_width);
  fprintf(out, "</td><td class=\"n\">%.0f (%.0f .. %.0f)</td>", 100 * c->yield,
          100 * c->yield_interval.low, 100 * c->yield_interval.high);
  if (c->method)
    fprintf(out, "<td class=\"n\">%+.1f</td><td class=\"n\">%.2g</td>", 100 * c->gain, c->p);
  else
    fputs("<td></td><td></td>", out);
  fprintf(out, "<td class=\"n\">%.0f</td><td class=\"n\">%.3g</td><td class=\"n\">%.1f</td></tr>\n",
          c->spent, 1e12 * c->energy_j, c->spikes);
}

static void write_chains(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  int said = 0;
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    if (!isfinite(c->acceptance))
      continue;
    if (!said++)
      fputs("<h2>Chains</h2><p>Metropolis-Hastings: share of proposals taken, autocorrelation of "
            "the energy one step apart, and Gelman and Rubin's scale reduction of the energy (1: "
            "chains agree). Means over dies.</p><div class=\"scroll\"><table><tr><th>task</th>"
            "<th>mismatch</th><th>condition</th><th>method</th><th>taken %</th>"
            "<th>autocorrelation</th><th>scale reduction</th></tr>\n",
            out);
    ms_study_page_row(s, c, out);
    fprintf(out,
            "<td class=\"n\">%.0f</td><td class=\"n\">%.3f</td><td class=\"n\">%.2f</td></tr>\n",
            100 * c->acceptance, c->autocorrelation, c->chain_spread);
  }
  if (said)
    fputs("</table></div>\n", out);
}

void ms_study_page(const ms_study_report *r, FILE *out) {
  const ms_study *s = r->study;
  char title[200];
  snprintf(title, sizeof title, "%s: study", s->name);
  ms_page_begin(out, title);
  fputs("<h1>", out);
  ms_write_escaped(out, s->name);
  fputs("</h1><p>", out);
  ms_study_engines(r, out);
  fprintf(out,
          " &middot; core %s &middot; %u hidden neurons &middot; up to %zu held-out dies of seed "
          "%llu &middot; %zu training seeds</p>\n",
          s->base->core, s->base->hidden, s->base->n_held_out_die,
          (unsigned long long)s->base->die_seed, s->n_seed);
  write_pictures(r, out);
  ms_study_page_curves(r, out);
  ms_study_page_levers(r, out);
  fprintf(
      out,
      "<h2>All figures</h2><p>Gain: median over dies of the difference to %s on the same die and "
      "seed, with the p value of Wilcoxon's signed-rank test. Intervals: %.4g %%. Chip samples: "
      "what training and calibration took for the network of a die, measuring left "
      "out.</p><div class=\"scroll\"><table><tr><th>task</th><th>mismatch</th>"
      "<th>condition</th><th>method</th><th>dies</th><th>median %%</th><th>5 .. 95 %%</th>"
      "<th>mean %%</th><th>yield at %.0f %%</th><th>gain</th><th>p</th><th>chip samples</th>"
      "<th>pJ</th><th>spikes</th></tr>\n",
      s->method[0].name, 100 * s->confidence, 100 * s->yield_at);
  for (size_t i = 0; i < r->n_cell; i++)
    write_row(s, &r->cell[i], out);
  fputs("</table></div>\n", out);
  ms_study_page_failed(r, out);
  write_chains(r, out);
  ms_study_page_confirmed(r, out);
  fputs("<h2>The study</h2><pre>", out);
  ms_write_escaped_lines(out, s->text);
  fputs("</pre>\n<h2>Its experiment</h2><pre>", out);
  ms_write_escaped_lines(out, s->base->text);
  fputs("</pre>\n", out);
  ms_page_end(out);
}
