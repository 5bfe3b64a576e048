/* SPDX-License-Identifier: Apache-2.0 */
/* A small model library in a temporary folder, whose files a test changes one at a time. */
#ifndef MIXSPIKE_TESTS_FIXTURE_MODELS_H
#define MIXSPIKE_TESTS_FIXTURE_MODELS_H

#include "mixspike/model.h"

typedef struct fixture {
  char dir[64];
} fixture;

/** Writes the library; fails the test if that is not possible. */
void fixture_create(fixture *f);
/** Replaces the first `from` in a file by `to`; fails the test if `from` is not there. */
void fixture_edit(const fixture *f, const char *file, const char *from, const char *to);
/** Writes a whole file. */
void fixture_write(const fixture *f, const char *file, const char *text);
void fixture_destroy(const fixture *f);

/** Loads core "c" and expects it to work. */
ms_core *fixture_load(const fixture *f);
/** Loads core "c" and expects `code` and all of the texts (NULL ends) in the message. */
void fixture_refuse(const fixture *f, int code, const char *text, ...);
/** One edit on a fresh library that must be refused with this message. */
void fixture_bad_edit(const char *file, const char *from, const char *to, int code,
                      const char *text);

#endif
