/* SPDX-License-Identifier: Apache-2.0 */
/* Doing the jobs of a study: fits, trainings, measurements on a die. */
#include "study/study.h"

#include "methods/calibrate.h"
#include "methods/fit.h"
#include "methods/method.h"
#include "mixspike/netlist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SITES = 8 };

/* Chips under the conditions of one measurement. */
typedef struct site {
  size_t number; /* of the item that stands for it */
  ms_experiment *experiment;
  ms_setup *setup;
  ms_lab *lab;
  ms_area area[MS_AREA_PARTS]; /* of one neuron; not a number where ngspice could not say */
  uint64_t used;
} site;

struct ms_study_worker {
  ms_study_known *known;
  const char *folder;
  ms_control control;
  site site[SITES]; /* the last ones that were needed */
  uint64_t clock;
};

int ms_study_worker_create(ms_study_known *known, const char *folder, const ms_control *control,
                           ms_study_worker **out, ms_error *err) {
  ms_study_worker *w = *out = calloc(1, sizeof *w);
  if (!w)
    return ms_fail(err, MS_ENOMEM, "no memory for a study");
  *w = (ms_study_worker){.known = known, .folder = folder, .control = *control};
  return MS_OK;
}

static void leave(site *at) {
  ms_lab_destroy(at->lab);
  ms_setup_destroy(at->setup);
  ms_experiment_destroy(at->experiment);
  *at = (site){.lab = NULL};
}

void ms_study_worker_destroy(ms_study_worker *w) {
  for (int i = 0; w && i < SITES; i++)
    leave(&w->site[i]);
  free(w);
}

static int open_site(const ms_experiment *e, site *at, ms_error *err) {
  int rc = ms_setup_create(e, &at->setup, err);
  return rc ? rc : ms_lab_create(at->setup, e->jobs, &at->lab, err);
}

/* The chips of a place: those at hand, or new ones instead of those that were longest not used. */
static int enter(ms_study_worker *w, const ms_study_place *place, site **out, ms_error *err) {
  const ms_study *s = w->known->study;
  ms_study_place p = ms_study_site_place(s, place);
  size_t number = ms_study_index(s, &p);
  site *oldest = w->site;
  for (site *at = w->site; at < w->site + SITES; at++) {
    if (at->lab && at->number == number) {
      at->used = ++w->clock;
      *out = at;
      return MS_OK;
    }
    if (at->used < oldest->used)
      oldest = at;
  }
  leave(oldest);
  int rc = ms_study_experiment(s, &p, 0, &oldest->experiment, err);
  rc = rc ? rc : open_site(oldest->experiment, oldest, err);
  if (rc) {
    leave(oldest);
    return rc;
  }
  oldest->number = number;
  oldest->used = ++w->clock;
  if (ms_core_area(oldest->setup->core, oldest->area, NULL))
    oldest->area[MS_AREA_SOMA].transistor_m2 = oldest->area[MS_AREA_BIAS].transistor_m2 = NAN;
  *out = oldest;
  return MS_OK;
}

/* What the chip of a measurement costs. */
static void price(const ms_study_worker *w, const site *at, const ms_study_place *p,
                  ms_study_item *item) {
  const double wider = w->known->study->method[p->method].area;
  const ms_encoding *code = &at->setup->encoding;
  double neuron_m2 = 0;
  for (int i = 0; i < MS_AREA_BIAS; i++)
    neuron_m2 += wider * at->area[i].transistor_m2 + at->area[i].capacitor_m2;
  item->area_m2 = at->setup->n_neuron * neuron_m2;
  item->bias_m2 =
      wider * at->area[MS_AREA_BIAS].transistor_m2 + at->area[MS_AREA_BIAS].capacitor_m2;
  item->test_s = item->test_samples * code->window_tau * code->tau_s;
}

static int fit(ms_study_worker *w, const ms_study_job *job, const site *at, ms_error *err) {
  ms_neuron_model *model = calloc(1, sizeof *model);
  ms_fit_error ignored;
  int rc = model ? ms_fit_nominal(at->setup, at->lab, model, &ignored, &w->control, err)
                 : ms_fail(err, MS_ENOMEM, "no memory for a model");
  if (rc)
    free(model);
  else
    w->known->model[job->kind][job->number] = model;
  return rc;
}

/* On the table engine where the experiment names ngspice. */
static int fit_to_train(ms_study_worker *w, const ms_study_job *job, ms_error *err) {
  ms_study_place p = ms_study_place_of(w->known->study, job->number);
  site at = {.lab = NULL};
  int rc = ms_study_experiment(w->known->study, &p, 1, &at.experiment, err);
  if (rc)
    return rc;
  if (at.experiment->analog == MS_ENGINE_NGSPICE)
    at.experiment->analog = MS_ENGINE_TABLE;
  rc = open_site(at.experiment, &at, err);
  rc = rc ? rc : fit(w, job, &at, err);
  leave(&at);
  return rc;
}

static int fit_here(ms_study_worker *w, const ms_study_job *job, ms_error *err) {
  ms_study_place p = ms_study_place_of(w->known->study, job->number);
  site *at;
  int rc = enter(w, &p, &at, err);
  return rc ? rc : fit(w, job, at, err);
}

static int calibrate(ms_study_worker *w, const site *at, uint64_t die, unsigned rounds,
                     ms_error *err) {
  const ms_neuron_model *nominal = w->known->model[MS_STUDY_FIT_SITE][at->number];
  return rounds ? ms_calibrate(at->setup, at->lab, nominal, die, rounds, &w->control, err) : MS_OK;
}

/* The codes of a calibrated die stand in the setup while the die is measured. */
static int measure_at(ms_study_worker *w, const site *at, const ms_study_place *p,
                      const ms_network *network, ms_study_item *item, ms_error *err) {
  ms_setup *setup = at->setup;
  size_t n_bias = setup->core->n_bias;
  uint64_t die = w->known->study->base->held_out_die[p->die], before = ms_lab_spent(at->lab);
  uint16_t *nominal = calloc(n_bias + 1, sizeof *nominal);
  if (!nominal)
    return ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  memcpy(nominal, setup->bias, n_bias * sizeof *nominal);
  int rc = calibrate(w, at, die, w->known->study->method[p->method].calibrate, err);
  const double calibration = (double)(ms_lab_spent(at->lab) - before);
  item->spent += calibration;
  item->test_samples += calibration;
  ms_die_result result = {.die = die};
  ms_progress progress = {.phase = "study", .loss = NAN, .accuracy = NAN};
  /* A network trained on this very die is measured after all that the die has gone through. */
  ms_lab_set_age(at->lab, w->known->study->method[p->method].each ? (uint64_t)item->spent : 0);
  if (!rc)
    rc = ms_measure_die(setup, at->lab, network, 0, &w->control, &progress, &result,
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

static int measure(ms_study_worker *w, const ms_study_job *job, ms_error *err) {
  const ms_study *s = w->known->study;
  ms_study_place p = ms_study_place_of(s, job->number), of = ms_study_network_place(s, &p);
  const ms_study_network *network = &w->known->network[ms_study_index(s, &of)];
  ms_study_item item = {.done = 1,
                        .spent = network->spent,
                        .test_samples = s->method[p.method].each ? network->own : 0,
                        .acceptance = network->chain[0],
                        .autocorrelation = network->chain[1],
                        .chain_spread = network->chain[2]};
  site *at;
  int rc = enter(w, &p, &at, err);
  rc = rc ? rc : measure_at(w, at, &p, network->network, &item, err);
  if (!rc)
    price(w, at, &p, &item);
  if (!rc)
    ms_study_learn_item(w->known, job->number, &item);
  return rc;
}

int ms_study_work(ms_study_worker *w, const ms_study_job *job, ms_error *err) {
  switch (job->kind) {
  case MS_STUDY_FIT:
    return fit_to_train(w, job, err);
  case MS_STUDY_FIT_SITE:
    return fit_here(w, job, err);
  case MS_STUDY_TRAIN:
    return ms_study_train(w->known, w->folder, job->number, &w->control, err);
  default:
    return measure(w, job, err);
  }
}
