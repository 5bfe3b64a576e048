/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of a study: trained when they are first needed, each in a folder of its own whose
 * checkpoint a resumed study takes up. */
#include "study/study.h"

#include "methods/fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The nominal model of a task's chips with DACs of so many bits. */
typedef struct fitted {
  size_t task;
  unsigned bits;
  ms_neuron_model model;
} fitted;

typedef struct trained {
  char key[80];
  ms_network *network;
  double spent;
} trained;

struct ms_study_trainer {
  const ms_study *study;
  char folder[512];
  unsigned jobs;
  ms_control control;
  size_t n;
  trained *item;
  size_t n_fitted;
  fitted *fitted;
};

int ms_study_trainer_create(const ms_study *study, const char *folder, unsigned jobs,
                            const ms_control *control, ms_study_trainer **out, ms_error *err) {
  ms_study_trainer *t = *out = calloc(1, sizeof *t);
  if (!t)
    return ms_fail(err, MS_ENOMEM, "no memory for a study");
  *t = (ms_study_trainer){.study = study, .jobs = jobs, .control = *control};
  if ((size_t)snprintf(t->folder, sizeof t->folder, "%s", folder) >= sizeof t->folder - 120) {
    free(t);
    *out = NULL;
    return ms_fail(err, MS_ERANGE, "the name of the output folder is too long");
  }
  return MS_OK;
}

void ms_study_trainer_destroy(ms_study_trainer *t) {
  if (!t)
    return;
  for (size_t i = 0; i < t->n; i++)
    ms_network_destroy(t->item[i].network);
  free(t->item);
  free(t->fitted);
  free(t);
}

/* Places that share a network share its key. */
static void key_of(const ms_study *s, const ms_study_place *p, const ms_experiment *e, char *key,
                   size_t size) {
  const ms_study_method *m = &s->method[p->method];
  int n = snprintf(key, size, "t%zu-m%zu-s%zu-b%u", p->task, p->method, p->seed, e->dac_bits);
  if (e->loop_batches)
    n += snprintf(key + n, size - (size_t)n, "-x%zu", p->strength);
  if (m->each && e->loop_batches)
    snprintf(key + n, size - (size_t)n, "-d%llu",
             (unsigned long long)s->base->held_out_die[p->die]);
}

/* Fits it when it is first needed. On the table engine where the experiment names ngspice. */
static int nominal(ms_study_trainer *t, const ms_study_place *p, const ms_experiment *e,
                   const ms_neuron_model **out, ms_error *err) {
  for (size_t i = 0; i < t->n_fitted; i++)
    if (t->fitted[i].task == p->task && t->fitted[i].bits == e->dac_bits) {
      *out = &t->fitted[i].model;
      return MS_OK;
    }
  fitted *more = realloc(t->fitted, (t->n_fitted + 1) * sizeof *more);
  if (!more)
    return ms_fail(err, MS_ENOMEM, "no memory for a model");
  t->fitted = more;
  fitted *f = &t->fitted[t->n_fitted];
  *f = (fitted){.task = p->task, .bits = e->dac_bits};
  ms_experiment fast = *e;
  fast.analog = e->analog == MS_ENGINE_NGSPICE ? MS_ENGINE_TABLE : e->analog;
  ms_setup *setup = NULL;
  ms_lab *lab = NULL;
  ms_fit_error error;
  int rc = ms_setup_create(&fast, &setup, err);
  if (!rc)
    rc = ms_lab_create(setup, fast.jobs, &lab, err);
  if (!rc)
    rc = ms_fit_nominal(setup, lab, &f->model, &error, &t->control, err);
  ms_lab_destroy(lab);
  ms_setup_destroy(setup);
  t->n_fitted += !rc;
  *out = &f->model;
  return rc;
}

static int train(ms_study_trainer *t, const ms_study_place *p, const ms_experiment *e,
                 const char *key, trained *out, ms_error *err) {
  char folder[600], checkpoint[640];
  snprintf(folder, sizeof folder, "%s/trained/%s", t->folder, key);
  snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.h5", folder);
  ms_train_options o = {.output = folder,
                        .resume = !access(checkpoint, R_OK),
                        .no_package = 1,
                        .only_weights = 1,
                        .control = t->control};
  ms_study_place start = *p;
  start.method = t->study->method[p->method].start;
  double before = 0;
  int rc = MS_OK;
  if (start.method != p->method)
    rc = ms_study_train(t, &start, &o.start, &before, err);
  if (!rc)
    rc = nominal(t, p, e, &o.model, err);
  ms_train_report report = {0};
  if (!rc)
    rc = ms_train(e, &o, &report, err);
  if (rc == MS_EREFUSED) { /* of an earlier study in the same folder */
    ms_train_report_clear(&report);
    o.resume = 0;
    rc = ms_train(e, &o, &report, err);
  }
  if (!rc) {
    snprintf(out->key, sizeof out->key, "%s", key);
    out->network = report.network;
    out->spent = (double)report.chip_samples + before;
    report.network = NULL;
  }
  ms_train_report_clear(&report);
  return rc;
}

int ms_study_train(ms_study_trainer *t, const ms_study_place *place, const ms_network **network,
                   double *spent, ms_error *err) {
  char key[80];
  ms_experiment *e;
  int rc = ms_study_experiment(t->study, place, 1, &e, err);
  if (rc)
    return rc;
  if (t->jobs)
    e->jobs = t->jobs;
  key_of(t->study, place, e, key, sizeof key);
  size_t i = 0;
  while (i < t->n && strcmp(t->item[i].key, key) != 0)
    i++;
  if (i == t->n) {
    trained new = {.spent = 0};
    rc = train(t, place, e, key, &new, err);
    trained *more = rc ? NULL : realloc(t->item, (t->n + 1) * sizeof *more);
    if (!rc && !more) {
      ms_network_destroy(new.network);
      rc = ms_fail(err, MS_ENOMEM, "no memory for a network");
    }
    if (more) {
      t->item = more;
      i = t->n++; /* training a start may have added others */
      t->item[i] = new;
    }
  }
  ms_experiment_destroy(e);
  if (rc)
    return rc;
  *network = t->item[i].network;
  *spent = t->item[i].spent;
  return MS_OK;
}
