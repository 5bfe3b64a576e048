/* SPDX-License-Identifier: Apache-2.0 */
/* The file that keeps the rows of a run, so that an interrupted one can go on. */
#ifndef MS_VALIDATE_STATE_H
#define MS_VALIDATE_STATE_H

#include "mixspike/validate.h"

typedef struct ms_state ms_state;

/** Opens a state file, new or to be continued. A continued one must be of the same cell, process,
 * measures, points, engine and seed (MS_EDIFFERS), whatever the number of dies. */
int ms_state_open(const char *path, bool resume, const ms_validation *v, ms_state **out,
                  ms_error *err);
/** The next row that an earlier run left; false at the end. A line that was cut off is passed. */
bool ms_state_next(ms_state *state, size_t *task, double *row, size_t stride);
/** Adds a row. Numbers are written in full: what is read back is the same to the last bit. */
int ms_state_add(ms_state *state, size_t task, const double *row, size_t stride, ms_error *err);
void ms_state_close(ms_state *state);

#endif
