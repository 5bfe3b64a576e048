/* SPDX-License-Identifier: Apache-2.0 */
/* What the pictures share: a gnuplot script and its data, drawn by the gnuplot program. */
#ifndef MIXSPIKE_PLOT_IMPL_H
#define MIXSPIKE_PLOT_IMPL_H

#include "mixspike/record.h"
#include <stdio.h>

/* Colours that the colour-blind tell apart (Okabe and Ito). */
#define MS_BLUE "#0072b2"
#define MS_ORANGE "#d55e00"
#define MS_GREEN "#009e73"
#define MS_PURPLE "#cc79a7"
#define MS_GREY "#8a8f98"
#define MS_INK "#22262b"

typedef struct ms_drawing {
  const char *folder, *name;
  FILE *script, *data;
  char *script_text, *data_text;
  size_t script_size, data_size;
} ms_drawing;

/* Opens the two streams and writes terminal and common style. Size in pixels. */
int ms_drawing_begin(ms_drawing *drawing, const char *folder, const char *name, unsigned width,
                     unsigned height, ms_error *err);
/* A string of the script, quoted so that gnuplot takes it literally. */
void ms_drawing_quote(ms_drawing *drawing, const char *text);
/* Ends a block of data; the script addresses blocks by `index`. */
void ms_drawing_end_block(ms_drawing *drawing);
/* Writes both files and has gnuplot draw FOLDER/NAME.svg; releases the drawing in any case. */
int ms_drawing_finish(ms_drawing *drawing, ms_error *err);

#endif
