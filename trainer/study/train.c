/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of a study: each is trained in a folder of its own, whose checkpoint a resumed study
 * takes up. */
#include "study/study.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int train(const ms_experiment *e, ms_train_options *o, ms_train_report *report,
                 ms_error *err) {
  int rc = ms_train(e, o, report, err);
  if (rc != MS_EREFUSED)
    return rc;
  ms_train_report_clear(report); /* of an earlier study in the same folder */
  o->resume = 0;
  return ms_train(e, o, report, err);
}

/* @param before  chip samples that were spent before this training */
static int take_curve(const ms_curve *from, double before, ms_study_curve *out, ms_error *err) {
  int rc = ms_study_curve_create(out, from->n, err);
  for (size_t i = 0; !rc && i < from->n; i++) {
    out->samples[i] = before + (double)from->point[i].samples;
    out->accuracy[i] = from->point[i].train_accuracy;
  }
  return rc;
}

int ms_study_train(ms_study_known *known, const char *folder, size_t number,
                   const ms_control *control, ms_error *err) {
  const ms_study *s = known->study;
  ms_study_place p = ms_study_place_of(s, number), of;
  char key[80], path[600], checkpoint[640];
  ms_study_key(s, &p, key, sizeof key);
  snprintf(path, sizeof path, "%s/trained/%s", folder, key);
  snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.h5", path);
  of = ms_study_fit_place(s, &p);
  ms_train_options o = {.output = path,
                        .resume = !access(checkpoint, R_OK),
                        .no_package = 1,
                        .only_weights = 1,
                        .model = known->model[MS_STUDY_FIT][ms_study_index(s, &of)],
                        .control = *control};
  const size_t start = s->method[p.method].start;
  ms_study_network from = {0};
  if (start != p.method) {
    of = p;
    of.method = start;
    of = ms_study_network_place(s, &of);
    from = known->network[ms_study_index(s, &of)];
    o.start = from.network;
  }
  ms_experiment *e;
  int rc = ms_study_experiment(s, &p, 1, &e, err);
  if (rc)
    return rc;
  ms_train_report report = {0};
  rc = train(e, &o, &report, err);
  ms_study_curve curve = {.item = number};
  if (!rc)
    rc = take_curve(&report.loop, from.spent, &curve, err);
  if (!rc) {
    const ms_chain_report *c = &report.chain;
    const double here = (double)report.chip_samples;
    known->network[number] =
        (ms_study_network){.network = report.network,
                           .spent = here + from.spent,
                           .own = here + (s->method[start].each ? from.own : 0),
                           .curve = curve,
                           .chain = {c->chains ? c->acceptance : NAN,
                                     c->chains ? c->autocorrelation : NAN, c->spread}};
    report.network = NULL;
  }
  ms_train_report_clear(&report);
  ms_experiment_destroy(e);
  return rc;
}
