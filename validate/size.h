/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of sizing. */
#ifndef MS_VALIDATE_SIZE_H
#define MS_VALIDATE_SIZE_H

#include "plan.h"

/** Lists the transistor lines of the cell's netlist file and which of them may change. */
int ms_size_list(const ms_cell *cell, const ms_size_options *options, ms_size_report *report,
                 ms_error *err);
/** Whether a device of the expanded circuit ("soma.mu2") comes from a line ("mu@k@"). */
bool ms_size_is_copy(const char *path, const char *line_name);
/** Writes the cell with its new sizes to FOLDER/NAME. */
int ms_size_write(const ms_cell *cell, const ms_size_report *report, const char *folder,
                  ms_error *err);

/** A demand on the variance of a measure: rest + sum effect_i / scale_i <= limit. */
typedef struct ms_demand {
  double rest, limit;
  double *effect; /**< [n] variance that each device causes at its present size */
} ms_demand;

/** The scales of areas that meet the demands with the least total area, by multiplying the weight
 * of each demand until it is met.
 * @param area   [n] present areas
 * @param low, high  [n] limits of the scales; equal: fixed
 * @param scale  [n] out */
void ms_size_solve(const ms_demand *demand, size_t n_demand, const double *area, const double *low,
                   const double *high, size_t n, double *scale);

/** Largest standard deviation with which a normal value lies within the limits (NaN: none) with
 * this probability; negative if the mean is too near to a limit or outside. */
double ms_size_sigma(double mean, double min, double max, double probability);

#endif
