/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of training and of accuracy per die. */
#include "mixspike/statistics.h"
#include "record/plot_impl.h"

#include <stdlib.h>
#include <string.h>

static const char *const COLOURS[] = {MS_BLUE, MS_ORANGE, MS_GREEN, MS_PURPLE, MS_GREY};
enum { N_COLOUR = sizeof COLOURS / sizeof *COLOURS };

static void label(ms_drawing *d, const char *what, const char *text) {
  if (!text)
    return;
  fprintf(d->script, "set %s ", what);
  ms_drawing_quote(d, text);
  fprintf(d->script, " textcolor rgb '" MS_INK "'\n");
}

/* The title at the top left, the key at the top right. */
static void head(ms_drawing *d, const char *title) {
  fprintf(d->script, "set key at screen 0.97, screen 0.955 right horizontal\n"
                     "set tmargin at screen 0.86\nset label 1 ");
  ms_drawing_quote(d, title);
  fprintf(d->script, " at screen 0.03, screen 0.955 left font 'sans-serif,17' "
                     "textcolor rgb '" MS_INK "'\n");
}

int ms_picture_lines(const char *folder, const char *name, const ms_plot *plot,
                     const ms_series *series, size_t n_series, ms_error *err) {
  ms_drawing d;
  int code = ms_drawing_begin(&d, folder, name, 860, 480, err);
  if (code)
    return code;
  head(&d, plot->title);
  label(&d, "xlabel", plot->x_label);
  label(&d, "ylabel", plot->y_label);
  int right = 0;
  for (size_t i = 0; i < n_series; i++)
    right |= series[i].right_axis;
  if (right) {
    label(&d, "y2label", plot->right_label);
    fprintf(d.script, "set border 11\nset y2tics\n");
  }
  if (plot->y_min < plot->y_max)
    fprintf(d.script, "set yrange [%g:%g]\n", plot->y_min, plot->y_max);
  else
    fprintf(d.script, "set yrange [0:*]\n");
  double last = n_series && series[0].n ? series[0].x[series[0].n - 1] : 0;
  if (last < 10) /* epochs and batches are whole */
    fprintf(d.script, "set xtics 1\n");
  if (plot->right_min < plot->right_max)
    fprintf(d.script, "set y2range [%g:%g]\n", plot->right_min, plot->right_max);
  fprintf(d.script, "set autoscale xfix\nset offsets "
                    "graph 0.02, graph 0.02, 0, 0\n"
                    "plot ");
  for (size_t i = 0; i < n_series; i++) {
    const ms_series *s = &series[i];
    fprintf(d.script,
            "%sdata index %zu using 1:2 %swith linespoints lw 2.4 pt 7 ps 0.45 lc rgb '%s' ",
            i ? ", " : "", i, s->right_axis ? "axes x1y2 " : "", COLOURS[i % N_COLOUR]);
    fprintf(d.script, s->name ? "title " : "notitle");
    if (s->name)
      ms_drawing_quote(&d, s->name);
    for (size_t j = 0; j < s->n; j++)
      fprintf(d.data, "%.9g %.9g\n", s->x[j], s->y[j]);
    if (!s->n)
      fprintf(d.data, "nan nan\n");
    ms_drawing_end_block(&d);
  }
  fputc('\n', d.script);
  return ms_drawing_finish(&d, err);
}

/* Where in its column a die's dot stands: spread evenly, the same in every drawing. */
static double spread(size_t i, size_t n) {
  return n < 2 ? 0 : 0.5 * ((double)((i * 7919) % n) / (double)(n - 1) - 0.5);
}

int ms_picture_dies(const char *folder, const char *name, const char *title,
                    const ms_series *series, size_t n_series, double chance, ms_error *err) {
  ms_drawing d;
  int code = ms_drawing_begin(&d, folder, name, 620, 480, err);
  if (code)
    return code;
  head(&d, title);
  label(&d, "ylabel", "accuracy (%)");
  fprintf(d.script, "set yrange [0:103]\nset xrange [0.4:%g]\nset bmargin 4\n",
          (double)n_series + 0.6);
  fprintf(d.script, "set xtics scale 0 (");
  for (size_t i = 0; i < n_series; i++) {
    char text[120];
    const ms_series *s = &series[i];
    snprintf(text, sizeof text, "%s\\n%zu %s", s->name ? s->name : "", s->n,
             s->n == 1 ? "die" : "dies");
    fprintf(d.script, "%s\"%s\" %zu", i ? ", " : "", text, i + 1);
    double *sorted = malloc((s->n + 1) * sizeof *sorted);
    if (!sorted) {
      code = ms_fail(err, MS_ENOMEM, "no memory for picture %s", name);
      break;
    }
    if (s->n)
      memcpy(sorted, s->y, s->n * sizeof *sorted);
    ms_sort(sorted, s->n);
    for (size_t j = 0; j < s->n; j++)
      fprintf(d.data, "%g %.9g %.17g\n", (double)(i + 1) + spread(j, s->n), 100 * s->y[j], s->x[j]);
    if (!s->n)
      fprintf(d.data, "nan nan nan\n");
    ms_drawing_end_block(&d);
    fprintf(d.data, "%g %.9g %.9g\n", (double)(i + 1), 100 * ms_quantile(sorted, s->n, 0.5),
            100 * ms_quantile(sorted, s->n, 0.05));
    ms_drawing_end_block(&d);
    free(sorted);
  }
  fprintf(d.script, ")\n");
  if (chance > 0)
    fprintf(d.script,
            "set arrow from graph 0, first %g to graph 1, first %g nohead dt 3 lw 1.4 lc rgb "
            "'" MS_GREY "'\nset label 'chance' at graph 0.99, first %g right textcolor rgb "
            "'" MS_GREY "'\n",
            100 * chance, 100 * chance, 100 * chance + 3);
  fprintf(d.script, "plot ");
  for (size_t i = 0; i < n_series; i++)
    fprintf(d.script,
            "data index %zu using 1:2 with points pt 7 ps 0.6 lc rgb '%s' notitle, "
            "data index %zu using ($1-0.32):2:(0.64):(0) with vectors nohead lw 3 lc rgb "
            "'" MS_INK "' %s, "
            "data index %zu using ($1-0.32):3:(0.64):(0) with vectors nohead lw 1.6 dt 2 lc rgb "
            "'" MS_INK "' %s%s",
            2 * i, COLOURS[i % N_COLOUR], 2 * i + 1, i ? "notitle" : "title 'median'", 2 * i + 1,
            i ? "notitle" : "title '5th percentile'", i + 1 < n_series ? ", " : "\n");
  int drawn = ms_drawing_finish(&d, code ? NULL : err);
  return code ? code : drawn;
}
