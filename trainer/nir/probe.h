/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a file that may be hostile: HDF5 1.10 itself can crash or loop on a damaged one. */
#ifndef MS_NIR_PROBE_H
#define MS_NIR_PROBE_H

#include "mixspike/base.h"

/** Calls `read` in a process of its own, whose crash or endless loop is only a failure.
 * @return what `read` returned, with its message; MS_EPARSE where it did not return */
int ms_nir_probe(const char *path, int (*read)(const char *path, ms_error *err), ms_error *err);

#endif
