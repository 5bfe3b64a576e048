/* SPDX-License-Identifier: Apache-2.0 */
/* Running a study: die by die, every method on each, so that methods meet the same dies whenever it
 * ends. */
#include "base/clock.h"
#include "study/study.h"

#include "methods/calibrate.h"
#include "methods/fit.h"
#include "methods/method.h"
#include "mixspike/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chips under the conditions of one cell. */
typedef struct site {
  ms_study_place place;
  ms_experiment *experiment;
  ms_setup *setup;
  ms_lab *lab;
  int fitted; /* whether `nominal` is */
  ms_neuron_model nominal;
} site;

typedef struct run {
  const ms_study *s;
  const ms_study_options *o;
  ms_study_report *report;
  ms_study_store *store;
  ms_study_trainer *trainer;
  ms_control inner; /* for what runs inside an item */
  site site;
  size_t done, begun_with;
  double start_s;
} run;

static void tell(const run *r, const ms_progress *inner) {
  if (!r->o->control.report)
    return;
  double each = (ms_clock_s() - r->start_s) / (double)(r->done - r->begun_with);
  ms_progress p = {.phase = "study",
                   .done = r->done,
                   .total = r->s->n_item,
                   .eta_s = r->done > r->begun_with ? each * (double)(r->s->n_item - r->done) : -1,
                   .loss = inner ? inner->loss : NAN,
                   .accuracy = inner ? inner->accuracy : NAN};
  r->o->control.report(r->o->control.user, &p);
}

static void tell_inner(void *user, const ms_progress *p) {
  tell(user, p);
}

static void leave(site *at) {
  ms_lab_destroy(at->lab);
  ms_setup_destroy(at->setup);
  ms_experiment_destroy(at->experiment);
  *at = (site){.lab = NULL};
}

static int enter(run *r, const ms_study_place *p, ms_error *err) {
  site *at = &r->site;
  if (at->lab && at->place.task == p->task && at->place.strength == p->strength &&
      at->place.condition == p->condition)
    return MS_OK;
  leave(at);
  ms_study_place place = *p;
  place.method = 0;
  int rc = ms_study_experiment(r->s, &place, 0, &at->experiment, err);
  if (!rc && r->o->jobs)
    at->experiment->jobs = r->o->jobs;
  if (!rc)
    rc = ms_setup_create(at->experiment, &at->setup, err);
  if (!rc)
    rc = ms_lab_create(at->setup, at->experiment->jobs, &at->lab, err);
  at->place = place;
  return rc;
}

static int calibrate(run *r, uint64_t die, unsigned rounds, ms_error *err) {
  site *at = &r->site;
  ms_fit_error ignored;
  int rc = at->fitted ? MS_OK
                      : ms_fit_nominal(at->setup, at->lab, &at->nominal, &ignored, &r->inner, err);
  at->fitted = !rc;
  return rc ? rc : ms_calibrate(at->setup, at->lab, &at->nominal, die, rounds, &r->inner, err);
}

/* The codes of a calibrated die stand in the setup while the die is measured. */
static int measure(run *r, const ms_study_place *p, const ms_network *network, ms_study_item *item,
                   ms_error *err) {
  ms_setup *setup = r->site.setup;
  size_t n_bias = setup->core->n_bias;
  unsigned rounds = r->s->method[p->method].calibrate;
  uint64_t die = r->s->base->held_out_die[p->die], before = ms_lab_spent(r->site.lab);
  uint16_t *nominal = calloc(n_bias + 1, sizeof *nominal);
  if (!nominal)
    return ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  memcpy(nominal, setup->bias, n_bias * sizeof *nominal);
  int rc = rounds ? calibrate(r, die, rounds, err) : MS_OK;
  item->spent += (double)(ms_lab_spent(r->site.lab) - before);
  ms_die_result result = {.die = die};
  ms_progress progress = {.phase = "study", .loss = NAN, .accuracy = NAN};
  if (!rc)
    rc = ms_measure_die(setup, r->site.lab, network, 0, &r->inner, &progress, &result,
                        &result.accuracy, err);
  memcpy(setup->bias, nominal, n_bias * sizeof *nominal);
  free(nominal);
  item->accuracy = result.accuracy;
  item->energy_j = result.energy_j;
  item->spikes = result.spikes;
  item->samples = result.samples;
  item->errors = result.errors;
  return rc;
}

static int run_item(run *r, size_t number, ms_error *err) {
  ms_study_place p = ms_study_place_of(r->s, number);
  ms_study_item item = {.done = 1};
  const ms_network *network;
  int rc = ms_study_train(r->trainer, &p, &network, &item.spent, err);
  if (!rc)
    rc = enter(r, &p, err);
  if (!rc)
    rc = measure(r, &p, network, &item, err);
  if (!rc)
    rc = ms_study_store_add(r->store, number, &item, err);
  if (!rc)
    r->report->item[number] = item;
  return rc;
}

static int run_all(run *r, ms_error *err) {
  for (size_t i = 0; i < r->s->n_item; i++, r->done++) {
    ms_study_place p = ms_study_place_of(r->s, i);
    if (r->report->item[i].done || ms_study_enough(r->s, r->report->item, &p, p.die))
      continue;
    if (r->o->control.cancel && *r->o->control.cancel)
      return ms_fail(err, MS_EINTERRUPTED, "interrupted; --resume continues");
    int rc = run_item(r, i, err);
    if (rc)
      return rc;
    tell(r, NULL);
  }
  return MS_OK;
}

static int begin(run *r, ms_error *err) {
  const char *folder = r->o->output ? r->o->output : r->s->output;
  char state[600];
  r->report->study = r->s;
  r->report->n_item = r->s->n_item;
  r->report->item = calloc(r->s->n_item, sizeof *r->report->item);
  if (!r->report->item)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu items", r->s->n_item);
  int rc = ms_make_folder(folder, err);
  if (!rc)
    rc = ms_study_trainer_create(r->s, folder, r->o->jobs, &r->inner, &r->trainer, err);
  snprintf(state, sizeof state, "%s/state.txt", folder);
  return rc ? rc : ms_study_store_open(state, r->o->resume, r->s, r->report->item, &r->store, err);
}

int ms_study_run(const ms_study *study, const ms_study_options *options, ms_study_report *report,
                 ms_error *err) {
  memset(report, 0, sizeof *report);
  run r = {.s = study, .o = options, .report = report, .start_s = ms_clock_s()};
  r.inner = (ms_control){.report = options->control.report ? tell_inner : NULL,
                         .user = &r,
                         .cancel = options->control.cancel};
  int rc = begin(&r, err);
  if (!rc)
    rc = run_all(&r, err);
  if (!rc)
    rc = ms_study_summarise(report, err);
  report->wall_s = ms_clock_s() - r.start_s;
  leave(&r.site);
  ms_study_trainer_destroy(r.trainer);
  ms_study_store_close(r.store);
  return rc;
}

void ms_study_report_clear(ms_study_report *report) {
  free(report->item);
  free(report->cell);
  memset(report, 0, sizeof *report);
}
