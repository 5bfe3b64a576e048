/* SPDX-License-Identifier: Apache-2.0 */
/* Small pictures as inline SVG: axes with round numbers, lines, bars. */
#ifndef MS_RECORD_SVG_H
#define MS_RECORD_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MS_SVG_BLUE "#2b6cb0"
#define MS_SVG_ORANGE "#c05621"
#define MS_SVG_GREY "#9aa3ad"

/** A picture with one pair of axes. */
typedef struct ms_svg {
  FILE *out;
  double x0, x1, y0, y1;   /**< range of the axes, in units of the data */
  double x_scale, y_scale; /**< what tick labels are multiplied with */
} ms_svg;

/** Begins a picture; equal ends of a range are widened.
 * @param x_label  with the unit after scaling */
void ms_svg_begin(ms_svg *svg, FILE *out, const char *title, const char *x_label,
                  const char *y_label);
void ms_svg_end(ms_svg *svg);
/** A line through n points; NaN interrupts it. */
void ms_svg_line(ms_svg *svg, const double *x, const double *y, size_t n, const char *colour,
                 double width, double opacity);
/** The area between two lines over the same x; NaN in either leaves a gap. */
void ms_svg_band(ms_svg *svg, const double *x, const double *low, const double *high, size_t n,
                 const char *colour);
/** A dot; `radius` in pixels. */
void ms_svg_dot(ms_svg *svg, double x, double y, double radius, const char *colour);
/** A word beside a point. */
void ms_svg_word(ms_svg *svg, double x, double y, const char *word);
void ms_svg_bar(ms_svg *svg, double x0, double x1, double y, const char *colour);
/** A vertical line over the whole height with a word at its top. */
void ms_svg_mark(ms_svg *svg, double x, const char *word, const char *colour);

#endif
