/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers out of curves and waveforms: crossings, straight lines, time constants, converter errors.
 * NaN stands for "there is none". */
#ifndef MS_VALIDATE_CURVE_H
#define MS_VALIDATE_CURVE_H

#include "mixspike/measure.h"

/** A curve that belongs to someone else; x rises. */
typedef struct ms_xy {
  const double *x, *y;
  size_t n;
} ms_xy;

/** First x >= `from` at which y passes `level` (rising or falling), on the straight line between
 * two points. */
double ms_xy_cross(const ms_xy *c, double from, double level, bool rising);
/** y at x, on the straight line between two points; the first or last value outside. */
double ms_xy_at(const ms_xy *c, double x);
/** The part of a curve from x = `from` on. */
ms_xy ms_xy_after(const ms_xy *c, double from);
double ms_xy_max(const ms_xy *c);
double ms_xy_min(const ms_xy *c);
/** Mean over x (trapezoids). */
double ms_xy_mean(const ms_xy *c);
/** Root mean square of what deviates from the mean, weighted by time. */
double ms_xy_rms(const ms_xy *c);
/** Integral over x (trapezoids). */
double ms_xy_integral(const ms_xy *c);

/** Least squares line through n points. */
void ms_line_fit(const double *x, const double *y, size_t n, double *slope, double *offset);
/** Slope of the least squares line. */
double ms_xy_gain(const ms_xy *c);
/** Largest distance from the least squares line, over the range of y. */
double ms_xy_linearity(const ms_xy *c);
/** Integral and differential nonlinearity in steps, against the line through the end points. */
double ms_xy_inl(const ms_xy *c);
double ms_xy_dnl(const ms_xy *c);
/** 1 if y rises (or falls) at every step, else 0. */
double ms_xy_monotonic(const ms_xy *c);

/** Time constant of an exponential approach from `start` to `end` after x = `from`: a straight line
 * through the logarithm of the distance left, between 80 % and 20 % of it. */
double ms_xy_tau(const ms_xy *c, double from, double start, double end);

/** The number of a result kind that is defined on any waveform; `level` NaN: half amplitude. */
double ms_xy_result(const ms_xy *c, ms_result_kind result, double level);

#endif
