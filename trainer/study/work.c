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
  size_t number;  /* of the item that stands for it */
  int confirming; /* on the engine that confirms */
  ms_experiment *experiment;
  ms_setup *setup;
  ms_lab *lab;
  ms_area area[MS_AREA_PARTS]; /* of one neuron; not a number where ngspice could not say */
  ms_area set;                 /* of the branches that a set of neurons has for itself */
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

static void measure_area(site *at) {
  const ms_bias_sharing *sharing = &at->setup->chip.bias_sharing;
  if (ms_core_area(at->setup->core, at->area, NULL))
    at->area[MS_AREA_SOMA].transistor_m2 = at->area[MS_AREA_BIAS].transistor_m2 = NAN;
  at->set = (ms_area){0};
  if (at->setup->n_bias_set > 1 && ms_core_set_area(at->setup->core, sharing->own, &at->set, NULL))
    at->set.transistor_m2 = NAN;
}

/* The chips of a place: those at hand, or new ones instead of those that were longest not used. */
static int enter(ms_study_worker *w, const ms_study_place *place, int confirming, site **out,
                 ms_error *err) {
  const ms_study *s = w->known->study;
  ms_study_place p = ms_study_site_place(s, place);
  size_t number = ms_study_index(s, &p);
  site *oldest = w->site;
  for (site *at = w->site; at < w->site + SITES; at++) {
    if (at->lab && at->number == number && at->confirming == confirming) {
      at->used = ++w->clock;
      *out = at;
      return MS_OK;
    }
    if (at->used < oldest->used)
      oldest = at;
  }
  leave(oldest);
  int rc = ms_study_experiment(s, &p, 0, &oldest->experiment, err);
  if (!rc && confirming)
    oldest->experiment->analog = s->confirm.analog;
  rc = rc ? rc : open_site(oldest->experiment, oldest, err);
  if (rc) {
    leave(oldest);
    return rc;
  }
  oldest->number = number;
  oldest->confirming = confirming;
  oldest->used = ++w->clock;
  if (!confirming)
    measure_area(oldest);
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
  item->own_bias_m2 =
      at->setup->n_bias_set * (wider * at->set.transistor_m2 + at->set.capacitor_m2);
  item->codes = w->known->study->method[p->method].calibrate.rounds
                    ? (double)ms_calibrate_codes(at->setup)
                    : 0;
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
  int rc = enter(w, &p, 0, &at, err);
  return rc ? rc : fit(w, job, at, err);
}

/* What is measured at a place: the network that was trained for it, and what that took. */
static const ms_network *network_of(const ms_study_worker *w, const ms_study_place *p,
                                    ms_study_item *item) {
  const ms_study *s = w->known->study;
  const ms_study_place of = ms_study_network_place(s, p);
  const ms_study_network *n = &w->known->network[ms_study_index(s, &of)];
  *item = (ms_study_item){.done = 1,
                          .spent = n->spent,
                          .test_samples = s->method[p->method].each ? n->own : 0,
                          .acceptance = n->chain[0],
                          .autocorrelation = n->chain[1],
                          .chain_spread = n->chain[2]};
  return n->network;
}

static size_t code_bytes(const site *at) {
  return at->setup->n_bias_set * at->setup->core->n_bias * sizeof *at->setup->bias;
}

static void put_codes(const site *at, const uint16_t *codes) {
  memcpy(at->setup->bias, codes, code_bytes(at));
}

/* malloc'd */
static uint16_t *copy_codes(const site *at, ms_error *err) {
  uint16_t *codes = malloc(code_bytes(at) + 1);
  if (codes)
    memcpy(codes, at->setup->bias, code_bytes(at));
  else
    ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  return codes;
}

/* Calibrates a place's die where its method does; the codes then stand in the setup.
 * @param nominal_codes  out: those before, for put_codes; malloc'd, NULL after an error */
static int calibrate(ms_study_worker *w, const site *at, const ms_study_place *p,
                     ms_study_item *item, uint16_t **nominal_codes, ms_error *err) {
  const ms_neuron_model *nominal = w->known->model[MS_STUDY_FIT_SITE][at->number];
  const ms_calibration *how = &w->known->study->method[p->method].calibrate;
  const uint64_t before = ms_lab_spent(at->lab), die = w->known->study->base->held_out_die[p->die];
  uint16_t *codes = *nominal_codes = copy_codes(at, err);
  if (!codes)
    return MS_ENOMEM;
  int rc =
      how->rounds ? ms_calibrate(at->setup, at->lab, nominal, die, how, &w->control, err) : MS_OK;
  const double spent = (double)(ms_lab_spent(at->lab) - before);
  item->spent += spent;
  item->test_samples += spent;
  if (rc) {
    put_codes(at, codes);
    free(codes);
    *nominal_codes = NULL;
  }
  return rc;
}

/* The same for a die that was measured: its codes are kept with that. */
static int calibrate_again(ms_study_worker *w, const site *at, size_t number, ms_study_item *item,
                           uint16_t **nominal_codes, ms_error *err) {
  const ms_study_place p = ms_study_place_of(w->known->study, number);
  const ms_study_codes *known = &w->known->codes[number];
  if (known->n * sizeof *known->code != code_bytes(at)) /* a state from before they were kept */
    return calibrate(w, at, &p, item, nominal_codes, err);
  if (!(*nominal_codes = copy_codes(at, err)))
    return MS_ENOMEM;
  put_codes(at, known->code);
  item->spent = w->known->item[number].spent;
  return MS_OK;
}

/* The codes that a setup was calibrated to, to be kept; none where its method does not. */
static int keep_codes(const ms_study_worker *w, const site *at, const ms_study_place *p,
                      ms_study_codes *out, ms_error *err) {
  *out = (ms_study_codes){0};
  if (!w->known->study->method[p->method].calibrate.rounds)
    return MS_OK;
  out->code = copy_codes(at, err);
  out->n = code_bytes(at) / sizeof *out->code;
  return out->code ? MS_OK : MS_ENOMEM;
}

/* A network trained on this very die is measured after all that the die has gone through. */
static uint64_t age_of(const ms_study_worker *w, const ms_study_place *p,
                       const ms_study_item *item) {
  return w->known->study->method[p->method].each ? (uint64_t)item->spent : 0;
}

static int measure(ms_study_worker *w, const ms_study_job *job, ms_error *err) {
  const ms_study_place p = ms_study_place_of(w->known->study, job->number);
  ms_study_item item;
  const ms_network *network = network_of(w, &p, &item);
  site *at;
  uint16_t *codes;
  int rc = enter(w, &p, 0, &at, err);
  rc = rc ? rc : calibrate(w, at, &p, &item, &codes, err);
  if (rc)
    return rc;
  ms_study_codes kept;
  rc = keep_codes(w, at, &p, &kept, err);
  ms_die_result result = {.die = w->known->study->base->held_out_die[p.die]};
  ms_progress progress = {.phase = "study", .loss = NAN, .accuracy = NAN};
  ms_lab_set_age(at->lab, age_of(w, &p, &item));
  rc = rc ? rc
          : ms_measure_die(at->setup, at->lab, network, 0, &w->control, &progress, &result,
                           &result.accuracy, err);
  put_codes(at, codes);
  free(codes);
  if (rc) {
    free(kept.code);
    return rc;
  }
  item.accuracy = result.accuracy;
  item.energy_j = result.energy_j;
  item.spikes = result.spikes;
  item.samples = result.samples;
  item.errors = result.errors;
  snprintf(item.failure, sizeof item.failure, "%s", result.failure);
  price(w, at, &p, &item);
  ms_study_learn_item(w->known, job->number, &item, kept);
  return MS_OK;
}
/* The samples that confirm a place, on one engine. */
static int run_few(ms_study_worker *w, const site *at, const ms_study_place *p,
                   const ms_network *network, uint64_t age, const char *phase,
                   ms_sample_outcome *out, char *failure, ms_error *err) {
  const ms_study *s = w->known->study;
  const size_t n = s->confirm.n_sample;
  const ms_progress progress = {.phase = phase, .total = n, .loss = NAN, .accuracy = NAN};
  ms_lab_set_age(at->lab, age);
  return ms_run_die(at->setup, at->lab, network, s->base->held_out_die[p->die],
                    ms_die_samples(at->setup, 0), n, &w->control, &progress, out, failure, err);
}

static void add_sample(ms_study_side *sum, const ms_sample_outcome *run) {
  sum->right += run->right != 0;
  sum->spikes += run->spikes;
  sum->energy_j += run->energy_j;
}

static ms_study_confirmation compare(const ms_sample_outcome *there,
                                     const ms_sample_outcome *engine, size_t n) {
  ms_study_confirmation sum = {.done = 1};
  for (size_t i = 0; i < n; i++) {
    ms_study_confirmation one = {.samples = 1, .failed = there[i].rc || engine[i].rc};
    if (!(one.failed > 0)) {
      one.equal = there[i].decision == engine[i].decision;
      add_sample(&one.there, &there[i]);
      add_sample(&one.engine, &engine[i]);
    }
    ms_study_add_confirmation(&sum, &one);
  }
  return sum;
}

/* On the confirming engine and on the study's, with the codes of a die that was calibrated on the
 * latter. */
static int confirm(ms_study_worker *w, const ms_study_job *job, ms_error *err) {
  const ms_study_place p = ms_study_place_of(w->known->study, job->number);
  const size_t n = w->known->study->confirm.n_sample;
  ms_study_item item;
  const ms_network *network = network_of(w, &p, &item);
  site *at, *there;
  uint16_t *codes;
  int rc = enter(w, &p, 0, &at, err);
  rc = rc ? rc : enter(w, &p, 1, &there, err);
  rc = rc ? rc : calibrate_again(w, at, job->number, &item, &codes, err);
  if (rc)
    return rc;
  ms_sample_outcome *out = calloc(2 * n, sizeof *out);
  char failure[MS_STUDY_FAILURE] = "";
  const uint64_t age = age_of(w, &p, &item);
  put_codes(there, at->setup->bias);
  rc = out ? run_few(w, at, &p, network, age, "study", out, failure, err)
           : ms_fail(err, MS_ENOMEM, "no memory for %zu samples", n);
  rc = rc ? rc : run_few(w, there, &p, network, age, MS_STUDY_CONFIRMING, out + n, failure, err);
  if (!rc) {
    ms_study_confirmation *c = &w->known->confirmation[job->number];
    *c = compare(out + n, out, n);
    snprintf(c->failure, sizeof c->failure, "%s", failure);
  }
  put_codes(at, codes);
  put_codes(there, codes);
  free(codes);
  free(out);
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
  case MS_STUDY_CONFIRM:
    return confirm(w, job, err);
  default:
    return measure(w, job, err);
  }
}
