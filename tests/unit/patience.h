/* SPDX-License-Identifier: Apache-2.0 */
/* An interruption at a chosen moment: long work is cancelled at the n-th report of its progress. */
#ifndef MIXSPIKE_TESTS_PATIENCE_H
#define MIXSPIKE_TESTS_PATIENCE_H

#include "mixspike/control.h"

typedef struct patience {
  int left; /**< reports that are still let pass */
  volatile int cancel;
} patience;

/** For ms_control.report, with a patience as its user. */
static inline void count_down(void *user, const ms_progress *progress) {
  patience *p = user;
  (void)progress;
  if (p->left-- <= 0)
    p->cancel = 1;
}

#endif
