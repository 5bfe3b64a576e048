/* SPDX-License-Identifier: Apache-2.0 */
/* The writers behind ms_validation_text; each prints into a stream. */
#ifndef MS_VALIDATE_REPORT_H
#define MS_VALIDATE_REPORT_H

#include "mixspike/validate.h"

#include <stdio.h>

void ms_write_table(const ms_validation *v, FILE *out);
int ms_write_json(const ms_validation *v, FILE *out);
void ms_write_csv(const ms_validation *v, FILE *out);
void ms_write_junit(const ms_validation *v, FILE *out);
void ms_write_html(const ms_validation *v, FILE *out);

/** "ngspice", "table". */
const char *ms_validation_engine(ms_engine_kind kind);
/** "accelerated", "biological". */
const char *ms_set_word(int set);
/** A value with the fitting prefix of its measure's unit; "none" for NaN. Returns buf. */
const char *ms_value_text(const ms_measure *m, double value, char *buf, size_t n);
/** "55 kHz .. 90 kHz", "<= 1". */
const char *ms_limits_text(const ms_measure *m, const ms_spec *spec, char *buf, size_t n);

#endif
