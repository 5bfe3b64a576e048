/* SPDX-License-Identifier: Apache-2.0 */
/* Running a study: in this process, in several, or on several machines. One process, the first,
 * deals the jobs and keeps what comes out. */
#include "base/clock.h"
#include "study/hands.h"

#include "mixspike/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 3 };

/* Of the work, as progress tells it: items that are measured, samples that confirm. */
typedef struct phase {
  size_t done, total, begun_with;
  double start_s; /* 0: not begun */
} phase;

typedef struct run {
  const ms_study *s;
  const ms_study_options *o;
  ms_study_report *report;
  const char *folder;
  unsigned jobs;
  ms_study_known *known;
  ms_study_store *store;
  ms_study_dealer *dealer;
  ms_transport *ranks;
  ms_study_job job; /* in hand, where this process does them itself */
  phase measured, confirmed;
  unsigned *part; /* [n_item] samples of a confirmation under way that are done */
} run;

/* Where a phase stands, and how long it takes at the pace that it had since it began here. */
static ms_progress where(phase *at, const char *name) {
  const double now = ms_clock_s();
  if (!(at->start_s > 0)) {
    at->start_s = now;
    at->begun_with = at->done;
  }
  const size_t here = at->done - at->begun_with, left = at->total - at->done;
  return (ms_progress){
      .phase = name,
      .done = at->done,
      .total = at->total,
      .eta_s = here ? (now - at->start_s) / (double)here * (double)left : -1,
  };
}

/* Samples that confirm take a thousand times as long as others, so they are a phase of their own;
 * it shows when all is measured.
 * @param kind  of the job that this is about */
static void tell(run *r, ms_study_kind kind, const ms_progress *inner) {
  if (!r->o->control.report)
    return;
  ms_progress p = kind == MS_STUDY_CONFIRM && ms_study_finished(r->dealer, MS_STUDY_MEASURE)
                      ? where(&r->confirmed, MS_STUDY_CONFIRMING)
                      : where(&r->measured, "study");
  p.loss = inner ? inner->loss : NAN;
  p.accuracy = inner ? inner->accuracy : NAN;
  r->o->control.report(r->o->control.user, &p);
}

/* So many samples of a confirmation are done. */
static void move(run *r, size_t number, size_t samples) {
  r->confirmed.done += samples - r->part[number];
  r->part[number] = (unsigned)samples;
}

static void tell_inner(void *user, const ms_progress *p) {
  run *r = user;
  if (r->job.kind == MS_STUDY_CONFIRM && !strcmp(p->phase, MS_STUDY_CONFIRMING))
    move(r, r->job.number, (size_t)p->done);
  tell(r, r->job.kind, p);
}

static int cancelled(const run *r) {
  return r->o->control.cancel && *r->o->control.cancel;
}

static int interrupted(ms_error *err) {
  return ms_fail(err, MS_EINTERRUPTED, "interrupted; --resume continues");
}

/* A job is done and known. */
static int keep(run *r, const ms_study_job *job, ms_error *err) {
  int rc = ms_study_store_add(r->store, job, err);
  r->measured.done += !rc && job->kind == MS_STUDY_MEASURE;
  if (!rc && job->kind == MS_STUDY_CONFIRM)
    move(r, job->number, r->s->confirm.n_sample);
  tell(r, job->kind, NULL);
  return rc;
}

/* ---- in this process ---- */

static int run_here(run *r, ms_error *err) {
  const ms_control control = {.report = r->o->control.report ? tell_inner : NULL,
                              .user = r,
                              .cancel = r->o->control.cancel};
  ms_study_worker *worker;
  int rc = ms_study_worker_create(r->known, r->folder, &control, &worker, err);
  while (!rc && ms_study_deal(r->dealer, &r->job)) {
    rc = cancelled(r) ? interrupted(err) : ms_study_work(worker, &r->job, err);
    rc = rc ? rc : keep(r, &r->job, err);
    ms_study_dealt(r->dealer, &r->job, 0);
  }
  ms_study_worker_destroy(worker);
  return rc;
}

/* ---- in others ---- */

/* A job whose process ended is dealt again, but not for ever. */
static int lose(run *r, const ms_study_job *job, const char *how, ms_error *err) {
  if (job->kind == MS_STUDY_CONFIRM)
    move(r, job->number, 0);
  if (ms_study_dealt(r->dealer, job, 1) < TRIES)
    return MS_OK;
  ms_study_place p = ms_study_place_of(r->s, job->number);
  return ms_fail(err, MS_ECRASH,
                 "method '%s' on die %llu: the process at work on it was %s, %d times; --resume "
                 "continues",
                 r->s->method[p.method].name, (unsigned long long)r->s->base->held_out_die[p.die],
                 how, TRIES);
}

static int take(run *r, const ms_study_job *job, const char *text, ms_error *err) {
  int code, at = 0;
  size_t samples;
  if (ms_study_moved(text, &samples)) {
    move(r, job->number, samples);
    tell(r, job->kind, NULL);
    return MS_OK;
  }
  if (!strncmp(text, "lost", 4))
    return lose(r, job, text, err);
  ms_study_dealt(r->dealer, job, 0);
  if (sscanf(text, "fail %d %n", &code, &at) == 1 && at)
    return code == MS_EINTERRUPTED ? interrupted(err) : ms_fail(err, code, "%s", text + at);
  ms_study_job learned;
  int rc = ms_study_learn(r->known, text, &learned, err);
  return rc ? rc : keep(r, &learned, err);
}

/* Waits for one answer, if one comes soon. */
static int take_next(run *r, ms_study_hands *hands, ms_error *err) {
  ms_study_job job;
  char *text = NULL;
  int rc = ms_study_hands_wait(hands, &job, &text, err);
  if (rc == 1)
    rc = take(r, &job, text, err);
  free(text);
  return rc;
}

static int deal_all(run *r, ms_study_hands *hands, ms_error *err) {
  ms_study_job job;
  int rc = MS_OK, given = 1;
  while (!rc && given == 1 && ms_study_hands_has_free(hands) && ms_study_deal(r->dealer, &job)) {
    given = ms_study_hands_give(hands, &job, err);
    if (given != 1)
      ms_study_dealt(r->dealer, &job, 0);
    rc = given < 0 ? given : MS_OK;
  }
  return rc;
}

/* Lets jobs at work come to a safe point, and keeps what they end with. */
static void wind_up(run *r, ms_study_hands *hands) {
  ms_study_hands_stop(hands);
  const double until_s = ms_clock_s() + MS_STUDY_LOST_S;
  while (ms_study_hands_busy(hands) && ms_clock_s() < until_s)
    take_next(r, hands, NULL);
}

static int run_there(run *r, int *complete, ms_error *err) {
  ms_study_hands *hands;
  int rc = ms_study_hands_create(r->known, r->folder, r->jobs, r->ranks, &hands, err);
  while (!rc && !(ms_study_finished(r->dealer, MS_STUDY_MEASURE) &&
                  ms_study_finished(r->dealer, MS_STUDY_CONFIRM))) {
    if (cancelled(r))
      rc = interrupted(err);
    rc = rc ? rc : deal_all(r, hands, err);
    rc = rc ? rc : take_next(r, hands, err);
  }
  if (rc && hands)
    wind_up(r, hands);
  ms_study_hands_destroy(hands, complete);
  return rc;
}

/* ---- */

/* A die beyond the point where its cell's mean was known may have been measured meanwhile, or by an
 * earlier call; it does not count. Nor does what an earlier call has confirmed and this study does
 * not ask for. */
static void leave_out_unwanted(run *r) {
  for (size_t i = 0; i < r->s->n_item; i++) {
    if (!ms_study_wanted(r->known, &(ms_study_job){MS_STUDY_MEASURE, i}))
      r->report->item[i] = (ms_study_item){0};
    if (!ms_study_wanted(r->known, &(ms_study_job){MS_STUDY_CONFIRM, i}))
      r->report->confirmation[i] = (ms_study_confirmation){0};
  }
}

static int begin(run *r, ms_error *err) {
  char state[600];
  r->folder = r->o->output ? r->o->output : r->s->output;
  r->jobs = r->o->jobs ? r->o->jobs : r->s->jobs;
  r->report->study = r->s;
  r->report->n_item = r->s->n_item;
  r->report->item = calloc(r->s->n_item, sizeof *r->report->item);
  r->report->confirmation = calloc(r->s->n_item, sizeof *r->report->confirmation);
  r->part = calloc(r->s->n_item, sizeof *r->part);
  if (!r->report->item || !r->report->confirmation || !r->part)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu items", r->s->n_item);
  if (strlen(r->folder) > sizeof state - 120)
    return ms_fail(err, MS_ERANGE, "the name of the output folder is too long");
  int rc = ms_study_known_create(r->s, r->report, &r->known, err);
  rc = rc ? rc : ms_study_dealer_create(r->known, &r->dealer, err);
  if (!rc && !r->o->report_only)
    rc = ms_study_join_ranks(&r->ranks, err);
  if (rc || (r->ranks && r->ranks->rank))
    return rc;
  snprintf(state, sizeof state, "%s/state.txt", r->folder);
  if (r->o->report_only)
    return ms_study_store_read(state, r->known, err);
  rc = ms_make_folder(r->folder, err);
  return rc ? rc : ms_study_store_open(state, r->o->resume, r->known, &r->store, err);
}

/* Counts what is there to be done, and what of it an earlier call has done. A cell that stops early
 * leaves the totals larger than what comes. */
static void count(run *r) {
  r->measured.total = r->s->n_item;
  for (size_t i = 0; i < r->s->n_item; i++) {
    r->measured.done += r->report->item[i].done != 0;
    if (!ms_study_wanted(r->known, &(ms_study_job){MS_STUDY_CONFIRM, i}))
      continue;
    r->confirmed.total += r->s->confirm.n_sample;
    if (r->report->confirmation[i].done)
      move(r, i, r->s->confirm.n_sample);
  }
}

static int deal_and_keep(run *r, int *complete, ms_error *err) {
  count(r);
  int rc = r->o->report_only         ? MS_OK
           : r->ranks || r->jobs > 1 ? run_there(r, complete, err)
                                     : run_here(r, err);
  if (rc)
    return rc;
  leave_out_unwanted(r);
  rc = ms_study_take_curves(r->known, r->report, err);
  return rc ? rc : ms_study_summarise(r->report, err);
}

int ms_study_run(const ms_study *study, const ms_study_options *options, ms_study_report *report,
                 ms_error *err) {
  memset(report, 0, sizeof *report);
  const double start_s = ms_clock_s();
  run r = {.s = study, .o = options, .report = report};
  int complete = 1, rc = begin(&r, err);
  if (!rc && r.ranks && r.ranks->rank) {
    report->rank = r.ranks->rank;
    rc =
        ms_study_relay(r.known, r.folder, r.jobs, r.ranks, &complete, options->control.cancel, err);
  } else if (!rc) {
    rc = deal_and_keep(&r, &complete, err);
  }
  report->wall_s = ms_clock_s() - start_s;
  if (r.ranks)
    r.ranks->end(r.ranks, complete);
  ms_study_dealer_destroy(r.dealer);
  ms_study_store_close(r.store);
  ms_study_known_destroy(r.known);
  free(r.part);
  return rc;
}

void ms_study_report_clear(ms_study_report *report) {
  free(report->item);
  free(report->confirmation);
  free(report->cell);
  for (size_t i = 0; i < report->n_curve; i++)
    ms_study_curve_clear(&report->curve[i]);
  free(report->curve);
  memset(report, 0, sizeof *report);
}
