/* SPDX-License-Identifier: Apache-2.0 */
/* An FST file in the making: changes are collected in any order and written in that of time. The
 * file appears under its name when it is whole. */
#ifndef MIXSPIKE_RECORD_FST_H
#define MIXSPIKE_RECORD_FST_H

#include "mixspike/base.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ms_fst ms_fst;

/** Time unit 1 ps. @param out  NULL after an error */
int ms_fst_create(const char *path, ms_fst **out, ms_error *err);
void ms_fst_open_scope(ms_fst *fst, const char *name);
void ms_fst_close_scope(ms_fst *fst);
/** Declares a vector of bits, 1 to 64, or a real; the number returned stands for it. */
uint32_t ms_fst_bits(ms_fst *fst, const char *name, unsigned width);
uint32_t ms_fst_real(ms_fst *fst, const char *name);
/** Adds a change of bits. */
void ms_fst_set(ms_fst *fst, ms_time t, uint32_t variable, uint64_t value);
/** Adds a change of a real. @param value  must outlive ms_fst_finish */
void ms_fst_set_real(ms_fst *fst, ms_time t, uint32_t variable, const double *value);
/** Writes the file, or nothing and says why; frees in either case. */
int ms_fst_finish(ms_fst *fst, ms_error *err);

#endif
