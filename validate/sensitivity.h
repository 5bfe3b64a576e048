/* SPDX-License-Identifier: Apache-2.0 */
/* Which device's mismatch moves which measure. */
#ifndef MS_VALIDATE_SENSITIVITY_H
#define MS_VALIDATE_SENSITIVITY_H

#include "plan.h"

/** The cell's circuit as ngspice expands it, at the first point of operation. */
int ms_expand_cell(const ms_validation *v, const char *worker_path, ms_circuit **out,
                   ms_error *err);
/** Fills v->device and v->sensitivity. */
int ms_explain(ms_validation *v, const char *worker_path, ms_error *err);
void ms_explain_clear(ms_validation *v);

#endif
