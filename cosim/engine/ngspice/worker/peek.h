/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ngspice's solution vector while a step is still tentative.
 *
 * The official interface gives values of accepted points, and device queries such as
 * "@ims_req[v]" that do show the tentative solution but cost about 0.1 ms each, several times the
 * step itself. GetSyncData hands out a pointer to the step size, which is a member of ngspice's
 * circuit structure; the pointer to the solution vector stands at a fixed distance from it. That
 * distance is measured, not assumed: a calibration run compares every candidate with the official
 * query at every call, bit for bit. If none survives, nothing is found and queries are used. */
#ifndef MS_WORKER_PEEK_H
#define MS_WORKER_PEEK_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ms_peek {
  bool found;
  ptrdiff_t offset; /**< bytes from the step size to the pointer to the solution vector */
} ms_peek;

/** Words around the step size that may be that pointer. */
enum { MS_PEEK_WORDS = 512, MS_PEEK_BEFORE = 192 };
typedef struct ms_peek_search {
  unsigned char wrong[MS_PEEK_WORDS];
  unsigned tried;
} ms_peek_search;

/** Rules out candidates that do not show `value` at `index`. */
void ms_peek_try(ms_peek_search *search, const double *delta_s, size_t index, double value);
void ms_peek_decide(const ms_peek_search *search, ms_peek *peek);

/** Entry `index` of the solution at hand. */
double ms_peek_read(const ms_peek *peek, const double *delta_s, size_t index);
/** Index of the only entry equal to `value`; 0 if there is none or several. */
size_t ms_peek_find(const ms_peek *peek, const double *delta_s, double value);

#endif
