/* SPDX-License-Identifier: Apache-2.0 */
/* Dealing: which job comes next. Items are dealt in their order, each after the network and the
 * model that it needs; nothing is dealt twice unless it was lost. Where a cell may yet stop, its
 * next dies are dealt only when no other is left to measure. Confirmations come last, as each takes
 * long, and the tables are complete without them. */
#include "study/study.h"

#include <stdlib.h>

struct ms_study_dealer {
  const ms_study_known *known;
  unsigned char *flight[MS_STUDY_KINDS], *lost[MS_STUDY_KINDS]; /* [n_item] */
  size_t first[MS_STUDY_KINDS]; /* of measurements and confirmations, all before it are done */
};

int ms_study_dealer_create(const ms_study_known *known, ms_study_dealer **out, ms_error *err) {
  ms_study_dealer *d = *out = calloc(1, sizeof *d);
  int lacks = !d;
  for (int k = 0; d && k < MS_STUDY_KINDS; k++) {
    d->flight[k] = calloc(known->study->n_item, 1);
    d->lost[k] = calloc(known->study->n_item, 1);
    lacks |= !d->flight[k] || !d->lost[k];
  }
  if (!lacks) {
    d->known = known;
    return MS_OK;
  }
  ms_study_dealer_destroy(d);
  *out = NULL;
  return ms_fail(err, MS_ENOMEM, "no memory for %zu items", known->study->n_item);
}

void ms_study_dealer_destroy(ms_study_dealer *d) {
  if (!d)
    return;
  for (int k = 0; k < MS_STUDY_KINDS; k++) {
    free(d->flight[k]);
    free(d->lost[k]);
  }
  free(d);
}

/* Turns a job into the first one of what it needs that can be done now. Returns 0 where all that
 * can be done is under way. */
static int resolve(const ms_study_dealer *d, ms_study_job *job) {
  ms_study_job need[MS_STUDY_NEEDS];
  size_t n = ms_study_needs(d->known->study, job, need);
  int blocked = 0;
  for (size_t i = 0; i < n; i++) {
    if (ms_study_knows(d->known, &need[i]))
      continue;
    if (!d->flight[need[i].kind][need[i].number] && resolve(d, &need[i])) {
      *job = need[i];
      return 1;
    }
    blocked = 1;
  }
  return !blocked;
}

static int deal(ms_study_dealer *d, ms_study_kind kind, int wanted, ms_study_job *job) {
  const ms_study *s = d->known->study;
  for (size_t i = d->first[kind]; i < s->n_item; i++) {
    *job = (ms_study_job){kind, i};
    if (!ms_study_knows(d->known, job) && !d->flight[kind][i] &&
        ms_study_wanted(d->known, job) == wanted && resolve(d, job))
      return 1;
  }
  return 0;
}

int ms_study_deal(ms_study_dealer *d, ms_study_job *job) {
  ms_study_finished(d, MS_STUDY_MEASURE); /* moves on to the first that is left */
  ms_study_finished(d, MS_STUDY_CONFIRM);
  if (!(deal(d, MS_STUDY_MEASURE, 1, job) || deal(d, MS_STUDY_MEASURE, -1, job) ||
        deal(d, MS_STUDY_CONFIRM, 1, job)))
    return 0;
  d->flight[job->kind][job->number] = 1;
  return 1;
}

unsigned ms_study_dealt(ms_study_dealer *d, const ms_study_job *job, int lost) {
  d->flight[job->kind][job->number] = 0;
  unsigned char *n = &d->lost[job->kind][job->number];
  *n = (unsigned char)(*n + (lost && *n < 255));
  return *n;
}

int ms_study_finished(ms_study_dealer *d, ms_study_kind kind) {
  ms_study_job job = {kind, d->first[kind]};
  while (job.number < d->known->study->n_item &&
         (ms_study_knows(d->known, &job) || !ms_study_wanted(d->known, &job)))
    job.number++;
  d->first[kind] = job.number;
  return job.number == d->known->study->n_item;
}
