/* SPDX-License-Identifier: Apache-2.0 */
/* Fits of dies on disk: fit.h5 holds all and is what a resumed fit continues; fit.csv and fit.json
 * are for people and other programs. */
#ifndef MS_METHODS_FIT_FILE_H
#define MS_METHODS_FIT_FILE_H

#include "methods/fit_die.h"

int ms_fit_file_save(const char *path, const ms_setup *setup, const ms_fit_report *report,
                     ms_error *err);
/** Takes over the dies that the file has, as far as they are the first of options->die.
 * @return MS_EMISSING without a file, MS_EREFUSED if it is of another experiment or other dies */
int ms_fit_file_load(const char *path, const ms_setup *setup, const ms_fit_options *options,
                     ms_fit_report *report, ms_error *err);
/** fit.csv (every parameter of every neuron) and fit.json (dies and spreads) into a folder. */
int ms_fit_file_tables(const char *folder, const ms_setup *setup, const ms_fit_report *report,
                       ms_error *err);

#endif
