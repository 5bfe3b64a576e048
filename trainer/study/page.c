/* SPDX-License-Identifier: Apache-2.0 */
/* A study as one page: pictures, and the tables. */
#include "study/study.h"

#include "record/page.h"

#include <math.h>

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
  ms_study_page_pictures(r, out);
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
