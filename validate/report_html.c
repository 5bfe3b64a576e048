/* SPDX-License-Identifier: Apache-2.0 */
/* A validation as one page that needs no other file: tables, histograms, curves, waveforms. */
#include "record/page.h"
#include "report.h"

#include "record/svg.h"
#include "statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 24, MOST_LINES = 60, WAVE_POINTS = 1200 };

/* The prefix that fits the size of a value: factor for labels, and the unit's name with it. */
static double scale_of(double size, const char *unit, char *name, size_t n) {
  static const char *const prefix[] = {"a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T"};
  size = fabs(size);
  if (!strcmp(unit, "1") || !(size > 0) || !isfinite(size)) {
    snprintf(name, n, "%s", strcmp(unit, "1") ? unit : "");
    return 1;
  }
  int k = (int)floor(log10(size) / 3 + 1e-9);
  k = k < -6 ? -6 : k > 4 ? 4 : k;
  snprintf(name, n, "%s%s", prefix[k + 6], unit);
  return pow(10, -3.0 * k);
}

static void write_specs(const ms_validation *v, FILE *out) {
  char a[140];
  fputs("<h2>Specs</h2><div class=\"scroll\"><table><tr><th>spec</th><th>limits</th><th>needed</th>"
        "<th>yield</th><th>interval</th><th></th><th>worst die</th><th>there</th></tr>\n",
        out);
  for (size_t i = 0; i < v->n_spec; i++) {
    const ms_spec_result *r = &v->spec[i];
    fputs("<tr>", out);
    ms_page_cell(out, "", r->spec->name);
    ms_page_cell(out, "", ms_limits_text(r->measure, r->spec, a, sizeof a));
    fprintf(out, "<td class=\"n\">%.1f %%</td>", 100 * r->spec->yield);
    if (!r->measured) {
      fputs("<td></td><td></td><td class=\"skip\">not measured</td><td></td><td></td></tr>\n", out);
      continue;
    }
    fprintf(out,
            "<td class=\"n\">%.1f %%</td><td class=\"n\">%.1f .. %.1f %%</td>"
            "<td class=\"%s\">%s</td><td class=\"n\">%" PRIu64 "</td>",
            100 * r->yield, 100 * r->interval.low, 100 * r->interval.high,
            r->pass ? "pass" : "fail", r->pass ? "pass" : "fail", r->worst_die);
    fputs("<td>", out);
    ms_write_escaped(out, ms_value_text(r->measure, r->worst_value, a, sizeof a));
    fputs(" at ", out);
    ms_write_escaped(out, v->point_name[r->worst_point]);
    fputs("</td></tr>\n", out);
  }
  fprintf(out,
          "<tr><td><b>all</b></td><td></td><td></td><td class=\"n\">%.1f %%</td><td class=\"n\">"
          "%.1f .. %.1f %%</td><td></td><td></td><td></td></tr></table></div>\n",
          100 * v->yield, 100 * v->interval.low, 100 * v->interval.high);
}

static void write_measures(const ms_validation *v, FILE *out) {
  char a[60];
  fputs("<h2>Measures at each point of operation</h2><div class=\"scroll\"><table><tr>"
        "<th>measure</th><th>point</th><th>mean</th><th>sd</th><th>min</th><th>median</th>"
        "<th>max</th><th>no value</th></tr>\n",
        out);
  for (size_t k = 0; k < v->n_measure; k++)
    for (size_t p = 0; p < v->n_point; p++) {
      const ms_measure *m = v->measure[k];
      ms_spread s = ms_validation_spread(v, k, p);
      fputs("<tr>", out);
      ms_page_cell(out, "", p ? "" : m->name);
      ms_page_cell(out, "", v->point_name[p]);
      const double value[] = {s.mean, s.sd, s.min, s.median, s.max};
      for (size_t i = 0; i < 5; i++)
        ms_page_cell(out, "n", ms_value_text(m, value[i], a, sizeof a));
      fprintf(out, "<td class=\"n\">%zu</td></tr>\n", s.n_missing);
    }
  fputs("</table></div>\n", out);
}

static void mark_limits(const ms_validation *v, size_t k, ms_svg *svg) {
  for (size_t i = 0; i < v->n_spec; i++) {
    const ms_spec_result *r = &v->spec[i];
    if (!r->measured || r->column != k)
      continue;
    if (r->spec->min >= svg->x0 && r->spec->min <= svg->x1)
      ms_svg_mark(svg, r->spec->min, "min", MS_SVG_ORANGE);
    if (r->spec->max >= svg->x0 && r->spec->max <= svg->x1)
      ms_svg_mark(svg, r->spec->max, "max", MS_SVG_ORANGE);
  }
}

/* The axis reaches to a limit that is not far away. */
static void include_limits(const ms_validation *v, size_t k, double *low, double *high) {
  double span = *high - *low;
  for (size_t i = 0; i < v->n_spec; i++) {
    const ms_spec_result *r = &v->spec[i];
    if (!r->measured || r->column != k)
      continue;
    if (r->spec->min < *low && r->spec->min > *low - span)
      *low = r->spec->min - 0.03 * span;
    if (r->spec->max > *high && r->spec->max < *high + span)
      *high = r->spec->max + 0.03 * span;
  }
}

static void write_histogram(const ms_validation *v, size_t k, FILE *out) {
  const ms_measure *m = v->measure[k];
  ms_spread s = ms_validation_spread(v, k, v->n_point);
  if (!s.n || !(s.max > s.min))
    return;
  size_t count[BINS] = {0}, most = 1;
  double width = (s.max - s.min) / BINS;
  for (size_t d = 0; d < v->n_die; d++)
    for (size_t p = 0; p < v->n_point; p++) {
      double value = ms_validation_value(v, d, p, k);
      if (isnan(value))
        continue;
      size_t bin = (size_t)((value - s.min) / width);
      bin = bin < BINS ? bin : BINS - 1;
      most = ++count[bin] > most ? count[bin] : most;
    }
  char unit[24], label[60];
  ms_svg svg = {.x0 = s.min, .x1 = s.max, .y1 = 1.05 * (double)most, .y_scale = 1};
  include_limits(v, k, &svg.x0, &svg.x1);
  svg.x_scale = scale_of(fmax(fabs(s.max), fabs(s.min)), m->unit, unit, sizeof unit);
  snprintf(label, sizeof label, *unit ? "%s (%s)" : "%s", m->name, unit);
  ms_svg_begin(&svg, out, m->name, label, v->n_point > 1 ? "dies x points" : "dies");
  for (size_t b = 0; b < BINS; b++)
    ms_svg_bar(&svg, s.min + (double)b * width, s.min + (double)(b + 1) * width, (double)count[b],
               MS_SVG_BLUE);
  mark_limits(v, k, &svg);
  ms_svg_end(&svg);
}

static const double *curve_row(const ms_validation *v, size_t d, size_t p, size_t k) {
  return v->row + (d * v->n_point + p) * v->stride + v->offset[k] + 1;
}

/* One measure's curves at a point of operation: dies as thin lines, the median over them. The scale
 * is the same at every point. */
static void write_curve(const ms_validation *v, size_t k, size_t p, FILE *out) {
  const ms_measure *m = v->measure[k];
  size_t n = v->curve_n[k];
  double *median = calloc(n + 1, sizeof *median), *all = calloc(v->n_die + 1, sizeof *all);
  ms_svg svg = {.x0 = v->curve_x[k][0], .x1 = v->curve_x[k][n - 1], .y0 = NAN, .y1 = NAN};
  for (size_t i = 0; i < n && median && all; i++) {
    for (size_t q = 0; q < v->n_point; q++) {
      for (size_t d = 0; d < v->n_die; d++)
        all[d] = curve_row(v, d, q, k)[i];
      ms_spread s = ms_spread_of(all, v->n_die);
      if (q == p)
        median[i] = s.median;
      svg.y0 = fmin(svg.y0, s.min);
      svg.y1 = fmax(svg.y1, s.max);
    }
  }
  if (median && all && isfinite(svg.y0)) {
    const char *y_unit = m->kind == MS_MEASURE_FI_CURVE        ? "Hz"
                         : m->kind == MS_MEASURE_CODE_RESPONSE ? "A"
                                                               : m->read_unit;
    const char *x_unit = m->kind == MS_MEASURE_FI_CURVE ? "A"
                         : m->kind != MS_MEASURE_DC     ? "1"
                         : m->sweep_current             ? "A"
                                                        : "V";
    const char *x_word = m->kind == MS_MEASURE_FI_CURVE ? "current"
                         : m->kind == MS_MEASURE_DC     ? m->sweep_pin
                                                        : "code";
    char unit[24], x_label[100], y_label[60];
    svg.x_scale = scale_of(svg.x1, x_unit, unit, sizeof unit);
    snprintf(x_label, sizeof x_label, *unit ? "%s (%s)" : "%s", x_word, unit);
    svg.y_scale = scale_of(fmax(fabs(svg.y0), fabs(svg.y1)), y_unit, unit, sizeof unit);
    snprintf(y_label, sizeof y_label, "%s (%s)",
             m->kind == MS_MEASURE_FI_CURVE ? "rate"
             : m->read                      ? m->read_name
                                            : "peak",
             unit);
    char title[160];
    snprintf(title, sizeof title, "%s, %s", m->name, v->point_name[p]);
    ms_svg_begin(&svg, out, title, x_label, y_label);
    for (size_t d = 0; d < v->n_die && d < MOST_LINES; d++)
      ms_svg_line(&svg, v->curve_x[k], curve_row(v, d, p, k), n, MS_SVG_GREY, 0.8, 0.5);
    ms_svg_line(&svg, v->curve_x[k], median, n, MS_SVG_BLUE, 2, 1);
    ms_svg_end(&svg);
  }
  free(median);
  free(all);
}

/* At most two points (least, largest) for each of WAVE_POINTS slices of time: spikes stay. */
static void write_wave(const ms_worst_wave *w, FILE *out) {
  double t[2 * WAVE_POINTS + 2], y[2 * WAVE_POINTS + 2], end = w->n ? w->t_s[w->n - 1] : 0;
  size_t n = 0, i = 0;
  char x_label[40], y_label[40], unit[24];
  ms_svg svg = {.x1 = end, .y0 = NAN, .y1 = NAN};
  for (size_t slice = 0; slice < WAVE_POINTS && i < w->n; slice++) {
    double until = end * (double)(slice + 1) / WAVE_POINTS;
    size_t low = i, high = i, first = i;
    for (; i < w->n && (w->t_s[i] <= until || slice + 1 == WAVE_POINTS); i++) {
      low = w->y[i] < w->y[low] ? i : low;
      high = w->y[i] > w->y[high] ? i : high;
    }
    if (i == first)
      continue;
    size_t a = low < high ? low : high, b = low < high ? high : low;
    for (size_t k = a;; k = b) {
      t[n] = w->t_s[k];
      y[n++] = w->y[k];
      if (k == b)
        break;
    }
    svg.y0 = fmin(svg.y0, w->y[low]);
    svg.y1 = fmax(svg.y1, w->y[high]);
  }
  if (!n)
    return;
  svg.x_scale = scale_of(end, "s", unit, sizeof unit);
  snprintf(x_label, sizeof x_label, "time (%s)", unit);
  svg.y_scale = scale_of(fmax(fabs(svg.y0), fabs(svg.y1)), w->unit, unit, sizeof unit);
  snprintf(y_label, sizeof y_label, "(%s)", unit);
  ms_svg_begin(&svg, out, w->name, x_label, y_label);
  ms_svg_line(&svg, t, y, n, MS_SVG_BLUE, 1, 1);
  ms_svg_end(&svg);
}

static void write_causes(const ms_validation *v, FILE *out) {
  fputs("<h2>Which mismatch causes the spread</h2><p>Linear regression over the draws of the dies "
        "at the first point of operation; shares of the variance.</p><div class=\"scroll\"><table>"
        "<tr><th>measure</th><th>explained</th><th>devices</th></tr>\n",
        out);
  for (size_t k = 0; k < v->n_measure; k++) {
    const ms_sensitivity *s = &v->sensitivity[k * v->n_point];
    if (!s->n)
      continue;
    fprintf(out, "<tr><td>%s</td><td class=\"n\">%.0f %%</td><td>", v->measure[k]->name,
            100 * s->explained);
    for (size_t i = 0; i < s->n_influence && i < 6 && s->influence[i].share > 0.01; i++)
      fprintf(out, "%s%s %.0f %%", i ? ", " : "", s->influence[i].device,
              100 * s->influence[i].share);
    fputs("</td></tr>\n", out);
  }
  fputs("</table></div>\n", out);
}

void ms_write_html(const ms_validation *v, FILE *out) {
  char title[120];
  snprintf(title, sizeof title, "%.80s: validation", v->cell->name);
  ms_page_begin(out, title);
  fprintf(out, "<h1>%s</h1><p>process %s &middot; %s &middot; bias set %s &middot; ", v->cell->name,
          v->core->process->name, ms_validation_engine(v->engine), ms_set_word(v->set));
  fprintf(out,
          "%zu dies%s from number %" PRIu64 " of seed %" PRIu64 " &middot; %zu points of operation "
          "&middot; %.1f s &middot; checksum of netlists, manifests and models "
          "<code>%016" PRIx64 "</code></p>\n",
          v->n_die, v->stopped_early ? " (stopped early)" : "", v->first_die, v->seed, v->n_point,
          v->wall_s, v->core->checksum);
  fprintf(out,
          "<p>A die passes a spec if it holds at every point. Intervals are Clopper-Pearson, "
          "%.4g %%.</p>\n",
          100 * v->confidence);
  if (v->n_failed) {
    fprintf(out, "<p class=\"fail\">%zu simulations failed; the first: ", v->n_failed);
    ms_write_escaped(out, v->failure);
    fputs("</p>\n", out);
  }
  write_specs(v, out);
  fputs("<h2>Spread over dies and points</h2><div class=\"grid\">\n", out);
  for (size_t k = 0; k < v->n_measure; k++)
    write_histogram(v, k, out);
  fputs("</div>\n<h2>Curves</h2><div class=\"grid\">\n", out);
  for (size_t k = 0; k < v->n_measure; k++)
    for (size_t p = 0; p < v->n_point && v->curve_n[k] > 1; p++)
      write_curve(v, k, p, out);
  fputs("</div>\n", out);
  if (v->sensitivity)
    write_causes(v, out);
  if (v->n_wave) {
    fprintf(out,
            "<h2>Waveforms of the worst die: number %" PRIu64 " at %s</h2><div class=\"grid\">",
            v->wave[0].die, v->point_name[v->wave[0].point]);
    for (size_t i = 0; i < v->n_wave && i < 12; i++)
      write_wave(&v->wave[i], out);
    fputs("</div>\n", out);
  }
  write_measures(v, out);
  ms_page_end(out);
}
