/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one-dimensional data sets back from our own HDF5 files. */
#include "experiment/h5.h"

#include <hdf5.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_VALUES = 1 << 28 };

int ms_h5_open(const char *path, ms_h5 *out, ms_error *err) {
  *out = (ms_h5){.file = -1, .path = path};
  if (access(path, R_OK))
    return ms_fail(err, MS_EMISSING, "%s: no such file", path);
  hid_t file;
  H5E_BEGIN_TRY {
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  }
  H5E_END_TRY;
  if (file < 0)
    return ms_fail(err, MS_EPARSE, "%s: not an HDF5 file, or a damaged one", path);
  out->file = file;
  return MS_OK;
}

void ms_h5_close(ms_h5 *h5) {
  if (h5->file >= 0)
    H5Fclose((hid_t)h5->file);
  h5->file = -1;
}

static int read_all(ms_h5 *h5, const char *name, hid_t type, size_t size, void **out, size_t *n,
                    ms_error *err) {
  *out = NULL;
  *n = 0;
  hid_t set, space = -1;
  hssize_t count = -1;
  herr_t failed = -1;
  H5E_BEGIN_TRY {
    set = H5Dopen2((hid_t)h5->file, name, H5P_DEFAULT);
    if (set >= 0)
      space = H5Dget_space(set);
    if (space >= 0)
      count = H5Sget_simple_extent_npoints(space);
    if (count >= 0 && count <= MOST_VALUES) {
      *out = calloc((size_t)count + 1, size);
      failed = *out ? (count ? H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) : 0) : -1;
    }
    if (space >= 0)
      H5Sclose(space);
    if (set >= 0)
      H5Dclose(set);
  }
  H5E_END_TRY;
  if (failed < 0) {
    free(*out);
    *out = NULL;
    return ms_fail(err, MS_EPARSE, "%s: data set '%s' is missing or cannot be read", h5->path,
                   name);
  }
  *n = (size_t)count;
  return MS_OK;
}

int ms_h5_doubles(ms_h5 *h5, const char *name, double **out, size_t *n, ms_error *err) {
  void *data;
  int rc = read_all(h5, name, H5T_NATIVE_DOUBLE, sizeof(double), &data, n, err);
  *out = data;
  return rc;
}

int ms_h5_integers(ms_h5 *h5, const char *name, uint64_t **out, size_t *n, ms_error *err) {
  void *data;
  int rc = read_all(h5, name, H5T_NATIVE_UINT64, sizeof(uint64_t), &data, n, err);
  *out = data;
  return rc;
}
