/* SPDX-License-Identifier: Apache-2.0 */
/* What a validation is made of: points of operation and measures; and its verdict. */
#ifndef MS_VALIDATE_PLAN_H
#define MS_VALIDATE_PLAN_H

#include "bench.h"
#include "mixspike/validate.h"

/** Loads the cell and lists points and measures; no row is there yet. */
int ms_plan_validation(const ms_validate_options *options, ms_validation **out, ms_error *err);
ms_bench_setup ms_validation_bench(const ms_validation *v, const ms_validate_options *options);
/** Whether a die meets a spec at a point. */
bool ms_spec_meets(const ms_spec *spec, double value);
/** How many of the first n dies meet everything. */
size_t ms_count_good(const ms_validation *v, size_t n);
/** Fills the spec results from the rows. */
int ms_judge(ms_validation *v, ms_error *err);
/** Fills v->wave: all waveforms of the worst die of the spec with the least yield. */
int ms_keep_worst(ms_validation *v, const ms_validate_options *options, ms_error *err);

#endif
