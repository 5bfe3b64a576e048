/* SPDX-License-Identifier: Apache-2.0 */
/* What JSON lacks: numbers that are none, and whole numbers of 64 bits. */
#ifndef MS_RECORD_JSON_H
#define MS_RECORD_JSON_H

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/** A number, or null where it is not finite. */
static inline void ms_json_number(cJSON *object, const char *name, double value) {
  if (isfinite(value))
    cJSON_AddNumberToObject(object, name, value);
  else
    cJSON_AddNullToObject(object, name);
}

/** The number of a die as text: JSON's own numbers would round it. */
static inline cJSON *ms_json_die(uint64_t die) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, die);
  return cJSON_CreateString(text);
}

#endif
