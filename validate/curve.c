/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers out of curves and waveforms. */
#include "curve.h"

#include <math.h>

double ms_xy_cross(const ms_xy *c, double from, double level, bool rising) {
  for (size_t i = 1; i < c->n; i++) {
    double a = c->y[i - 1] - level, b = c->y[i] - level;
    if (c->x[i] < from || (rising ? !(a < 0 && b >= 0) : !(a > 0 && b <= 0)))
      continue;
    double x = c->x[i - 1] + (c->x[i] - c->x[i - 1]) * a / (a - b);
    if (x >= from)
      return x;
  }
  return NAN;
}

double ms_xy_at(const ms_xy *c, double x) {
  if (!c->n)
    return NAN;
  size_t low = 0, high = c->n - 1;
  if (x <= c->x[low])
    return c->y[low];
  if (x >= c->x[high])
    return c->y[high];
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    *(c->x[middle] <= x ? &low : &high) = middle;
  }
  double part = (x - c->x[low]) / (c->x[high] - c->x[low]);
  return c->y[low] + part * (c->y[high] - c->y[low]);
}

ms_xy ms_xy_after(const ms_xy *c, double from) {
  ms_xy part = *c;
  while (part.n && part.x[0] < from) {
    part.x++;
    part.y++;
    part.n--;
  }
  return part;
}

double ms_xy_max(const ms_xy *c) {
  double best = NAN;
  for (size_t i = 0; i < c->n; i++)
    best = fmax(best, c->y[i]);
  return best;
}

double ms_xy_min(const ms_xy *c) {
  double best = NAN;
  for (size_t i = 0; i < c->n; i++)
    best = fmin(best, c->y[i]);
  return best;
}

double ms_xy_integral(const ms_xy *c) {
  double sum = 0;
  for (size_t i = 1; i < c->n; i++)
    sum += 0.5 * (c->y[i] + c->y[i - 1]) * (c->x[i] - c->x[i - 1]);
  return sum;
}

double ms_xy_mean(const ms_xy *c) {
  double span = c->n ? c->x[c->n - 1] - c->x[0] : 0;
  return span > 0 ? ms_xy_integral(c) / span : c->n ? c->y[0] : NAN;
}

double ms_xy_rms(const ms_xy *c) {
  double mean = ms_xy_mean(c), span = c->n ? c->x[c->n - 1] - c->x[0] : 0, sum = 0;
  for (size_t i = 1; i < c->n; i++) {
    double a = c->y[i - 1] - mean, b = c->y[i] - mean;
    sum += (a * a + a * b + b * b) / 3 * (c->x[i] - c->x[i - 1]);
  }
  return span > 0 ? sqrt(sum / span) : NAN;
}

void ms_line_fit(const double *x, const double *y, size_t n, double *slope, double *offset) {
  double mx = 0, my = 0, sxx = 0, sxy = 0;
  for (size_t i = 0; i < n; i++) {
    mx += x[i] / (double)n;
    my += y[i] / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    sxx += (x[i] - mx) * (x[i] - mx);
    sxy += (x[i] - mx) * (y[i] - my);
  }
  *slope = sxx > 0 ? sxy / sxx : NAN;
  *offset = my - *slope * mx;
}

double ms_xy_gain(const ms_xy *c) {
  double slope, offset;
  ms_line_fit(c->x, c->y, c->n, &slope, &offset);
  return slope;
}

double ms_xy_linearity(const ms_xy *c) {
  double slope, offset, worst = 0;
  ms_line_fit(c->x, c->y, c->n, &slope, &offset);
  for (size_t i = 0; i < c->n; i++)
    worst = fmax(worst, fabs(c->y[i] - slope * c->x[i] - offset));
  double range = ms_xy_max(c) - ms_xy_min(c);
  return range > 0 ? worst / range : NAN;
}

/* One step of the ideal converter that has the same end points. */
static double step(const ms_xy *c) {
  size_t last = c->n - 1;
  double s = c->n > 1 ? (c->y[last] - c->y[0]) / (c->x[last] - c->x[0]) : 0;
  return fabs(s) > 0 ? s : NAN;
}

double ms_xy_inl(const ms_xy *c) {
  double s = step(c), worst = 0;
  for (size_t i = 0; i < c->n; i++)
    worst = fmax(worst, fabs((c->y[i] - c->y[0]) / s - (c->x[i] - c->x[0])));
  return isnan(s) ? NAN : worst;
}

double ms_xy_dnl(const ms_xy *c) {
  double s = step(c), worst = 0;
  for (size_t i = 1; i < c->n; i++) {
    double width = c->x[i] - c->x[i - 1];
    worst = fmax(worst, fabs((c->y[i] - c->y[i - 1]) / (s * width) - 1));
  }
  return isnan(s) ? NAN : worst;
}

double ms_xy_monotonic(const ms_xy *c) {
  double s = step(c);
  for (size_t i = 1; i < c->n; i++)
    if (!((c->y[i] - c->y[i - 1]) * s > 0))
      return 0;
  return isnan(s) ? 0 : 1;
}

double ms_xy_tau(const ms_xy *c, double from, double start, double end) {
  enum { N = 41 };
  double t[N], log_left[N], span = start - end, slope, offset;
  bool rising = span < 0;
  double first = ms_xy_cross(c, from, end + 0.8 * span, rising);
  double last = ms_xy_cross(c, first, end + 0.2 * span, rising);
  if (!(last > first))
    return NAN;
  for (int i = 0; i < N; i++) {
    t[i] = (last - first) * i / (N - 1);
    log_left[i] = log((ms_xy_at(c, first + t[i]) - end) / span);
  }
  ms_line_fit(t, log_left, N, &slope, &offset);
  return slope < 0 ? -1 / slope : NAN;
}

/* Mean and spread of the times between rising crossings. */
static size_t periods(const ms_xy *c, double level, double *mean, double *spread) {
  double last = NAN, sum = 0, squares = 0;
  size_t n = 0;
  for (size_t i = 1; i < c->n; i++) {
    if (!(c->y[i - 1] < level && c->y[i] >= level))
      continue;
    double t = ms_xy_cross(c, c->x[i - 1], level, true);
    if (!isnan(last)) {
      sum += t - last;
      squares += (t - last) * (t - last);
      n++;
    }
    last = t;
  }
  *mean = n ? sum / (double)n : NAN;
  *spread = n > 1 ? sqrt(fmax(squares / (double)n - *mean * *mean, 0)) : NAN;
  return isnan(last) ? 0 : n + 1;
}

double ms_xy_result(const ms_xy *c, ms_result_kind result, double level) {
  double low = ms_xy_min(c), high = ms_xy_max(c), span = high - low, start = c->n ? c->x[0] : 0;
  double mean, spread, at = isnan(level) ? 0.5 * (low + high) : level;
  switch (result) {
  case MS_RESULT_MAX:
    return high;
  case MS_RESULT_MIN:
    return low;
  case MS_RESULT_MEAN:
    return ms_xy_mean(c);
  case MS_RESULT_RMS:
    return ms_xy_rms(c);
  case MS_RESULT_FINAL:
  case MS_RESULT_FULL_SCALE:
    return c->n ? c->y[c->n - 1] : NAN;
  case MS_RESULT_ZERO:
    return c->n ? c->y[0] : NAN;
  case MS_RESULT_AMPLITUDE:
    return span;
  case MS_RESULT_RISE_TIME: {
    double first = ms_xy_cross(c, start, low + 0.1 * span, true);
    return ms_xy_cross(c, first, low + 0.9 * span, true) - first;
  }
  case MS_RESULT_FALL_TIME: {
    double first = ms_xy_cross(c, start, low + 0.9 * span, false);
    return ms_xy_cross(c, first, low + 0.1 * span, false) - first;
  }
  case MS_RESULT_TAU_RISE:
    return ms_xy_tau(c, start, low, c->n ? c->y[c->n - 1] : NAN);
  case MS_RESULT_TAU_FALL:
    return ms_xy_tau(c, start, high, c->n ? c->y[c->n - 1] : NAN);
  case MS_RESULT_WIDTH: {
    double first = ms_xy_cross(c, start, at, true);
    return ms_xy_cross(c, first, at, false) - first;
  }
  case MS_RESULT_DELAY:
    return fmin(ms_xy_cross(c, start, at, true), ms_xy_cross(c, start, at, false)) - start;
  case MS_RESULT_FREQUENCY:
    periods(c, at, &mean, &spread);
    return isnan(mean) ? 0 : 1 / mean;
  case MS_RESULT_COUNT:
    return (double)periods(c, at, &mean, &spread);
  case MS_RESULT_JITTER:
    periods(c, at, &mean, &spread);
    return spread / mean;
  case MS_RESULT_GAIN:
    return ms_xy_gain(c);
  case MS_RESULT_LINEARITY:
    return ms_xy_linearity(c);
  case MS_RESULT_CROSSING:
    return fmin(ms_xy_cross(c, start, level, true), ms_xy_cross(c, start, level, false));
  case MS_RESULT_INL:
    return ms_xy_inl(c);
  case MS_RESULT_DNL:
    return ms_xy_dnl(c);
  case MS_RESULT_MONOTONIC:
    return ms_xy_monotonic(c);
  default:
    return NAN;
  }
}
