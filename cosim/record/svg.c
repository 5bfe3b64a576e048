/* SPDX-License-Identifier: Apache-2.0 */
/* Small pictures as inline SVG. */
#include "record/svg.h"

#include "record/page.h"

#include <math.h>

enum { WIDTH = 460, HEIGHT = 270, LEFT = 64, RIGHT = 14, TOP = 30, BOTTOM = 44 };

static double place_x(const ms_svg *s, double x) {
  return LEFT + (WIDTH - LEFT - RIGHT) * (x - s->x0) / (s->x1 - s->x0);
}

static double place_y(const ms_svg *s, double y) {
  return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - s->y0) / (s->y1 - s->y0);
}

/* 1, 2 or 5 times a power of ten: some five steps to the range. */
static double round_step(double range) {
  double power = pow(10, floor(log10(range / 5)));
  double part = range / 5 / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

static void widen(double *low, double *high) {
  if (isfinite(*low) && isfinite(*high) && *high - *low > 1e-12 * fmax(fabs(*low), fabs(*high)))
    return;
  double middle = isfinite(*low) ? *low : 0, half = fmax(0.05 * fabs(middle), 1e-15);
  *low = middle - half;
  *high = middle + half;
}

static void text(ms_svg *s, double x, double y, const char *anchor, const char *words) {
  fprintf(s->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
  ms_write_escaped(s->out, words);
  fputs("</text>\n", s->out);
}

static void ticks(ms_svg *s, bool vertical) {
  double low = vertical ? s->y0 : s->x0, high = vertical ? s->y1 : s->x1;
  double scale = vertical ? s->y_scale : s->x_scale, step = round_step(high - low);
  for (double t = ceil(low / step - 1e-9) * step; t <= high + 1e-9 * step; t += step) {
    char words[32];
    snprintf(words, sizeof words, "%.4g", fabs(t) < 1e-9 * step ? 0 : t * scale);
    double x = vertical ? LEFT : place_x(s, t), y = vertical ? place_y(s, t) : HEIGHT - BOTTOM;
    fprintf(s->out, "<path class=\"grid\" d=\"M%.1f %.1f%s%d\"/>\n", x, y, vertical ? "H" : "V",
            vertical ? WIDTH - RIGHT : TOP);
    text(s, vertical ? x - 6 : x, vertical ? y + 4 : y + 15, vertical ? "end" : "middle", words);
  }
}

void ms_svg_begin(ms_svg *s, FILE *out, const char *title, const char *x_label,
                  const char *y_label) {
  s->out = out;
  widen(&s->x0, &s->x1);
  widen(&s->y0, &s->y1);
  fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\">\n<title>", WIDTH, HEIGHT);
  ms_write_escaped(out, title);
  fputs("</title>\n", out);
  ticks(s, false);
  ticks(s, true);
  fprintf(out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, HEIGHT - BOTTOM,
          WIDTH - RIGHT);
  text(s, LEFT, TOP - 12, "start", title);
  text(s, 0.5 * (LEFT + WIDTH - RIGHT), HEIGHT - 8, "middle", x_label);
  fprintf(out, "<g transform=\"translate(13 %d) rotate(-90)\">", (TOP + HEIGHT - BOTTOM) / 2);
  text(s, 0, 0, "middle", y_label);
  fputs("</g>\n", out);
}

void ms_svg_end(ms_svg *s) {
  fputs("</svg>\n", s->out);
}

void ms_svg_line(ms_svg *s, const double *x, const double *y, size_t n, const char *colour,
                 double width, double opacity) {
  bool down = false;
  fprintf(s->out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" opacity=\"%.2f\" d=\"",
          colour, width, opacity);
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i]) || isnan(y[i])) {
      down = false;
      continue;
    }
    fprintf(s->out, "%c%.1f %.1f", down ? 'L' : 'M', place_x(s, x[i]), place_y(s, y[i]));
    down = true;
  }
  fputs("\"/>\n", s->out);
}

void ms_svg_bar(ms_svg *s, double x0, double x1, double y, const char *colour) {
  double left = place_x(s, x0), right = place_x(s, x1), top = place_y(s, y);
  fprintf(s->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
          left + 0.5, top, fmax(right - left - 1, 0.5), place_y(s, s->y0) - top, colour);
}

void ms_svg_mark(ms_svg *s, double x, const char *word, const char *colour) {
  fprintf(s->out,
          "<path d=\"M%.1f %dV%d\" stroke=\"%s\" stroke-width=\"1.6\" stroke-dasharray=\"4 3\"/>\n",
          place_x(s, x), TOP, HEIGHT - BOTTOM, colour);
  bool right = x > s->x0 + 0.85 * (s->x1 - s->x0);
  text(s, place_x(s, x) + (right ? -3 : 3), TOP + 10, right ? "end" : "start", word);
}

void ms_svg_band(ms_svg *s, const double *x, const double *low, const double *high, size_t n,
                 const char *colour) {
  for (size_t i = 0; i + 1 < n; i++) {
    if (isnan(low[i] + high[i] + low[i + 1] + high[i + 1]))
      continue;
    fprintf(
        s->out,
        "<path fill=\"%s\" opacity=\"0.14\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>\n",
        colour, place_x(s, x[i]), place_y(s, low[i]), place_x(s, x[i + 1]), place_y(s, low[i + 1]),
        place_x(s, x[i + 1]), place_y(s, high[i + 1]), place_x(s, x[i]), place_y(s, high[i]));
  }
}

void ms_svg_dot(ms_svg *s, double x, double y, double radius, const char *colour) {
  if (!isnan(x + y))
    fprintf(s->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n", place_x(s, x),
            place_y(s, y), radius, colour);
}

void ms_svg_word(ms_svg *s, double x, double y, const char *word) {
  if (!isnan(x + y))
    text(s, place_x(s, x) + 5, place_y(s, y) - 4, "start", word);
}
