/* SPDX-License-Identifier: Apache-2.0 */
/* Physical quantities as text: "1.8 V", "5 pA", "7 mV.um", "1.2 fF/um^2", "5 %". */
#ifndef MIXSPIKE_YAML_UNIT_H
#define MIXSPIKE_YAML_UNIT_H

#include "mixspike/base.h"

/** Reads a number with a unit and gives it in the unit asked for.
 * Known units: V A F s Hz Ohm W J m C (degrees Celsius) % and 1, each with an SI prefix a f p n u m
 * k M G T (not for C and %), joined by '.' or '/', with exponents ("um^2"). The power of ten is
 * applied to the text before it becomes binary: "0.5 um" is exactly the double 0.5e-6.
 * @param text   "5 pA"
 * @param unit   SI unit without prefix in which the value is wanted: "A"; "1" for a ratio, which
 *               may then be written as plain number or with %
 * @param value  out, in `unit`
 * @return 0; MS_EPARSE if there is no number; MS_EUNIT if the unit is missing, unknown or another
 */
int ms_quantity_parse(const char *text, const char *unit, double *value);

/** Writes a value with the fitting SI prefix ("5 pA"). Returns buf.
 * @param value  in `unit`
 * @param buf    out, n characters */
const char *ms_quantity_format(double value, const char *unit, char *buf, size_t n);

/** What a unit measures, for messages: "a voltage", "a time"; NULL if there is no word for it. */
const char *ms_unit_noun(const char *unit);

/** strtod of the C locale, whatever the program's locale. */
double ms_strtod(const char *text, char **end);

#endif
