/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one-dimensional data sets back from our own HDF5 files. */
#ifndef MS_EXPERIMENT_H5_H
#define MS_EXPERIMENT_H5_H

#include "mixspike/base.h"

typedef struct ms_h5 {
  int64_t file;
  const char *path; /**< for messages */
} ms_h5;

/** @return MS_EMISSING if there is no such file, MS_EPARSE if it is not HDF5 */
int ms_h5_open(const char *path, ms_h5 *out, ms_error *err);
void ms_h5_close(ms_h5 *h5);
/** A whole data set. @param out  malloc'd */
int ms_h5_doubles(ms_h5 *h5, const char *name, double **out, size_t *n, ms_error *err);
int ms_h5_integers(ms_h5 *h5, const char *name, uint64_t **out, size_t *n, ms_error *err);

#endif
