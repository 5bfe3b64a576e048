/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes and the sentences that go with them. */
#include "mixspike/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ms_strerror(int code) {
  switch (code) {
  case MS_OK:
    return "no error";
#define MS_X(name, value, text)                                                                    \
  case name:                                                                                       \
    return text;
    MS_ERRORS(MS_X)
#undef MS_X
  default:
    return "unknown error";
  }
}

int ms_fail(ms_error *err, int code, const char *format, ...) {
  if (err) {
    va_list args;
    va_start(args, format);
    err->code = code;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
  }
  return code;
}

int ms_fail_context(ms_error *err, const char *format, ...) {
  if (!err)
    return MS_EINVAL;
  char context[sizeof err->text], old[sizeof err->text];
  va_list args;
  va_start(args, format);
  vsnprintf(context, sizeof context, format, args);
  va_end(args);
  memcpy(old, err->text, sizeof old);
  int n = snprintf(err->text, sizeof err->text, "%s: ", context);
  if (n > 0 && (size_t)n < sizeof err->text)
    snprintf(err->text + n, sizeof err->text - (size_t)n, "%s", old);
  return err->code;
}
