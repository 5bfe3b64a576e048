/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of one sample: events in, spikes of every neuron, some membrane voltages. */
#include "record/plot_impl.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TRACES = 5, MAX_POINTS = 1600, WIDTH = 900 };
static const char *const TRACE_COLOURS[MAX_TRACES] = {MS_ORANGE, MS_GREEN, MS_PURPLE, "#b8860b",
                                                      "#56b4e9"};

static const ms_wave *find_wave(const ms_run_result *run, unsigned neuron) {
  if (!run->group || neuron >= run->n_neuron)
    return NULL;
  for (size_t i = 0; i < run->group[neuron].n_wave; i++)
    if (run->group[neuron].wave[i].probe == MS_PROBE_VMEM && run->group[neuron].wave[i].n)
      return &run->group[neuron].wave[i];
  return NULL;
}

/* Events as `t address` lines; an empty block still has a line, or indices would shift. */
static void event_block(ms_drawing *d, const ms_event *event, size_t n, double scale) {
  for (size_t i = 0; i < n; i++)
    fprintf(d->data, "%.9g %u\n", ms_time_to_s(event[i].t) * scale, event[i].address);
  if (!n)
    fprintf(d->data, "nan nan\n");
  ms_drawing_end_block(d);
}

/* A wave thinned to what the picture resolves: each stretch keeps its lowest and highest point. */
static void wave_block(ms_drawing *d, const ms_wave *w, double scale) {
  size_t stretch = w->n / (MAX_POINTS / 2) + 1;
  for (size_t i = 0; i < w->n; i += stretch) {
    size_t low = i, high = i;
    for (size_t j = i; j < w->n && j < i + stretch; j++) {
      low = w->v[j] < w->v[low] ? j : low;
      high = w->v[j] > w->v[high] ? j : high;
    }
    size_t a = low < high ? low : high, b = low < high ? high : low;
    fprintf(d->data, "%.9g %.5g\n", w->t_s[a] * scale, w->v[a]);
    if (a != b)
      fprintf(d->data, "%.9g %.5g\n", w->t_s[b] * scale, w->v[b]);
  }
  ms_drawing_end_block(d);
}

/* One panel between two heights of the screen (0 bottom, 1 top). */
static void panel(ms_drawing *d, double bottom, double top, const char *y_label) {
  fprintf(d->script, "set bmargin at screen %.4f\nset tmargin at screen %.4f\nset ylabel ", bottom,
          top);
  ms_drawing_quote(d, y_label);
  fprintf(d->script, " offset 0.5,0 textcolor rgb '" MS_INK "'\n");
}

/* What one raster shows. */
typedef struct raster {
  const ms_event *in;
  size_t n_in, n_wave;
  const ms_run_result *run;
  const ms_wave *wave[MAX_TRACES];
  unsigned shown[MAX_TRACES]; /* neurons of the waves */
  unsigned n_input, n_neuron;
  double end_s, top_v;
} raster;

static void later(double *end_s, double t_s) {
  *end_s = t_s > *end_s ? t_s : *end_s;
}

static void collect(raster *r, const unsigned *neuron, size_t n_trace) {
  r->n_input = 1;
  r->n_neuron = r->run->n_neuron ? r->run->n_neuron : 1;
  for (size_t i = 0; i < n_trace && r->n_wave < MAX_TRACES; i++) {
    const ms_wave *w = find_wave(r->run, neuron[i]);
    if (!w)
      continue;
    later(&r->end_s, w->t_s[w->n - 1]);
    for (size_t j = 0; j < w->n; j++)
      later(&r->top_v, w->v[j]);
    r->wave[r->n_wave] = w;
    r->shown[r->n_wave++] = neuron[i];
  }
  for (size_t i = 0; i < r->n_in; i++) {
    r->n_input = r->in[i].address >= r->n_input ? r->in[i].address + 1u : r->n_input;
    later(&r->end_s, ms_time_to_s(r->in[i].t));
  }
  for (size_t i = 0; i < r->run->n_spike; i++)
    later(&r->end_s, ms_time_to_s(r->run->spike[i].t));
}

static void time_axis(ms_drawing *d, const char *unit) {
  fprintf(d->script, "set format x '%%g'\nset xlabel 'time (%s)' textcolor rgb '" MS_INK "'\n",
          unit);
}

static double at_most(double value, double limit) {
  return value < limit ? value : limit;
}

int ms_picture_raster(const char *folder, const char *name, const char *title, const ms_event *in,
                      size_t n_in, const ms_run_result *run, const unsigned *neuron, size_t n_trace,
                      ms_error *err) {
  raster r = {.in = in, .n_in = n_in, .run = run};
  collect(&r, neuron, n_trace);
  const char *unit = r.end_s < 1e-3 ? "µs" : r.end_s < 1 ? "ms" : "s";
  double scale = r.end_s < 1e-3 ? 1e6 : r.end_s < 1 ? 1e3 : 1;
  /* Heights in pixels; the margin at the bottom has room for the label of the time axis. */
  double top = 40, bottom = 84, gap = 16, wave_px = 84;
  double input_px = at_most(24 + 7.0 * r.n_input, 120);
  double neuron_px = at_most(60 + 9.0 * r.n_neuron, 400);
  double height = top + bottom + input_px + gap + neuron_px + (gap + wave_px) * (double)r.n_wave;
  ms_drawing d;
  int code = ms_drawing_begin(&d, folder, name, WIDTH, (unsigned)height, err);
  if (code)
    return code;
  event_block(&d, in, n_in, scale);
  event_block(&d, run->spike, run->n_spike, scale);
  for (size_t i = 0; i < r.n_wave; i++)
    wave_block(&d, r.wave[i], scale);

  fprintf(d.script,
          "set multiplot\nset lmargin at screen 0.095\nset rmargin at screen 0.975\n"
          "set xrange [0:%.9g]\nunset key\nset format x ''\nset label 1 ",
          r.end_s > 0 ? r.end_s * scale : 1);
  ms_drawing_quote(&d, title);
  fprintf(d.script,
          " at screen 0.095, screen %.4f left font 'sans-serif,17' textcolor rgb '" MS_INK "'\n",
          1 - 20 / height);
  double y = height - top;
  panel(&d, (y - input_px) / height, y / height, "input");
  fprintf(d.script,
          "set grid noytics xtics\nset yrange [-0.7:%g]\nset ytics %u\n"
          "plot data index 0 using 1:($2-0.4):(0):(0.8) with vectors nohead lw 2.2 lc rgb '%s'\n"
          "unset label 1\n",
          r.n_input - 0.3, r.n_input > 2 ? (r.n_input + 1) / 2 : 1, MS_INK);
  y -= input_px + gap;
  if (!r.n_wave)
    time_axis(&d, unit);
  panel(&d, (y - neuron_px) / height, y / height, "neuron");
  fprintf(d.script,
          "set yrange [-0.7:%g]\nset ytics autofreq\nplot data index 1 using "
          "1:($2-0.45):(0):(0.9) with vectors nohead lw 1.8 lc rgb '%s'",
          r.n_neuron - 0.3, MS_BLUE);
  for (size_t i = 0; i < r.n_wave; i++)
    fprintf(d.script,
            ", data index 1 using ($2==%u ? $1 : NaN):($2-0.45):(0):(0.9) with vectors nohead lw "
            "2.6 lc rgb '%s'",
            r.shown[i], TRACE_COLOURS[i]);
  fprintf(d.script, "\nset grid ytics\nset yrange [0:%.3g]\nset ytics %g\n",
          r.top_v > 0 ? 1.08 * r.top_v : 1,
          r.top_v > 1     ? 0.5
          : r.top_v > 0.4 ? 0.2
                          : 0.1);
  y -= neuron_px + gap;
  for (size_t i = 0; i < r.n_wave; i++, y -= wave_px + gap) {
    char text[64];
    snprintf(text, sizeof text, "n%u (V)", r.shown[i]);
    if (i + 1 == r.n_wave)
      time_axis(&d, unit);
    panel(&d, (y - wave_px) / height, y / height, text);
    fprintf(d.script, "plot data index %zu using 1:2 with lines lw 1.6 lc rgb '%s'\n", 2 + i,
            TRACE_COLOURS[i]);
  }
  fprintf(d.script, "unset multiplot\n");
  return ms_drawing_finish(&d, err);
}
