/* SPDX-License-Identifier: Apache-2.0 */
/* Replay: the package's writes go through the configuration port, its golden input events run on
 * its golden dies, and every spike is compared with the recorded one. */
#include "methods/lab.h"
#include "package/package_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Spikes of two runs in an order that small shifts between neurons do not change. */
static int by_neuron(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  if (x->address != y->address)
    return x->address < y->address ? -1 : 1;
  return x->t < y->t ? -1 : x->t > y->t;
}

static double distance_s(ms_time a, ms_time b) {
  return (double)(a > b ? a - b : b - a) * 1e-12;
}

/* Puts the first difference into words; keeps an earlier one. */
static void note(ms_replay_report *report, const ms_golden_run *g, const char *what,
                 const ms_event *recorded, const ms_event *now) {
  if (report->first[0])
    return;
  char a[64] = "nothing", b[64] = "nothing";
  if (recorded)
    snprintf(a, sizeof a, "neuron %u at %.6f us", recorded->address, (double)recorded->t * 1e-6);
  if (now)
    snprintf(b, sizeof b, "neuron %u at %.6f us", now->address, (double)now->t * 1e-6);
  snprintf(report->first, sizeof report->first,
           "die %llu, test sample %llu: %s (recorded: %s, now: %s)", (unsigned long long)g->die,
           (unsigned long long)g->sample, what, a, b);
}

/* Compares one run neuron by neuron, spike by spike. */
static void compare(const ms_golden_run *golden, ms_lab_result *run, const ms_network *network,
                    double tolerance_s, ms_replay_report *report) {
  int decision = ms_network_decide(network, run->spike, run->n_spike, NULL);
  report->decisions_equal += decision == golden->decision;
  report->spikes += run->n_spike;
  report->deliveries += run->n_delivery;
  report->wall_s += run->wall_s;
  qsort(golden->spike, golden->n_spike, sizeof *golden->spike, by_neuron);
  qsort(run->spike, run->n_spike, sizeof *run->spike, by_neuron);
  int equal = 1;
  for (size_t i = 0; i < golden->n_spike || i < run->n_spike; i++) {
    const ms_event *a = i < golden->n_spike ? &golden->spike[i] : NULL;
    const ms_event *b = i < run->n_spike ? &run->spike[i] : NULL;
    if (!a || !b || a->address != b->address) {
      note(report, golden, "a spike is missing or new", a, b);
      equal = 0;
      break;
    }
    double d = distance_s(a->t, b->t);
    if (d > report->worst_s)
      report->worst_s = d;
    if (d > tolerance_s) {
      note(report, golden, "a spike has moved", a, b);
      equal = 0;
    }
  }
  report->samples_equal += (unsigned)equal;
}

/* The golden runs to repeat: the first `most` samples of each die, or all. */
static size_t choose(const ms_golden *golden, unsigned most, const ms_setup *setup, ms_lab_job *job,
                     size_t *which, ms_replay_report *report) {
  size_t n = 0;
  unsigned of_die = 0;
  for (size_t i = 0; i < golden->n_run; i++) {
    const ms_golden_run *r = &golden->run[i];
    if (i == 0 || r->die != golden->run[i - 1].die) {
      of_die = 0;
      report->dies++;
    }
    if (most && of_die++ >= most)
      continue;
    job[n] = (ms_lab_job){.die = ms_setup_die(setup, r->die), .in = r->in, .n_in = r->n_in};
    which[n++] = i;
  }
  return n;
}

static int run_golden(const ms_package *package, const ms_setup *setup, ms_golden *golden,
                      const ms_replay_options *options, double tolerance_s,
                      ms_replay_report *report, ms_error *err) {
  ms_lab_job *job = calloc(golden->n_run + 1, sizeof *job);
  ms_lab_result *result = calloc(golden->n_run + 1, sizeof *result);
  size_t *which = calloc(golden->n_run + 1, sizeof *which), n = 0;
  ms_lab *lab = NULL;
  int rc = job && result && which ? MS_OK : ms_fail(err, MS_ENOMEM, "out of memory");
  if (!rc) {
    n = choose(golden, options->max_samples, setup, job, which, report);
    rc = ms_lab_create(setup, package->experiment->jobs, &lab, err);
  }
  if (!rc)
    rc = ms_package_fits(package, ms_lab_chip(lab), err);
  if (!rc)
    rc = ms_lab_configure_writes(lab, (const uint32_t(*)[2])package->write, package->n_write, err);
  ms_progress progress = {.phase = "replay", .total = n, .loss = NAN, .accuracy = NAN};
  if (!rc)
    rc = ms_lab_run(lab, job, n, result, &options->control, &progress, err);
  for (size_t i = 0; !rc && i < n; i++) {
    if (result[i].rc) {
      rc = ms_fail(err, result[i].rc, "golden sample %llu on die %llu: %s",
                   (unsigned long long)golden->run[which[i]].sample,
                   (unsigned long long)golden->run[which[i]].die, result[i].note);
      break;
    }
    compare(&golden->run[which[i]], &result[i], package->network, tolerance_s, report);
    report->samples++;
  }
  if (result)
    ms_lab_results_clear(result, n);
  ms_lab_destroy(lab);
  free(which);
  free(result);
  free(job);
  return rc;
}

/* The engine and router to replay on, and how far a spike may move. */
static int prepare(ms_package *package, const ms_manifest *manifest,
                   const ms_replay_options *options, ms_setup **setup, double *tolerance_s,
                   ms_error *err) {
  ms_experiment *e = package->experiment;
  e->analog = options->analog ? *options->analog : manifest->analog;
  e->digital = options->digital ? *options->digital : manifest->digital;
  int rc = ms_setup_create(e, setup, err);
  if (rc)
    return rc;
  if ((*setup)->core->checksum != manifest->core_checksum)
    return ms_fail(err, MS_EDIFFERS,
                   "package %s was made with other models of core %s (process, cells or core "
                   "changed since); replay it with those, or export it again",
                   package->dir, manifest->core);
  int same = e->analog == manifest->analog && e->digital == manifest->digital;
  *tolerance_s = options->tolerance_s > 0 ? options->tolerance_s
                 : same                   ? 1e-9
                                          : 0.1 * (*setup)->encoding.tau_s;
  return MS_OK;
}

int ms_replay(const char *dir, const ms_replay_options *options, ms_replay_report *report,
              ms_error *err) {
  static const ms_replay_options plain;
  *report = (ms_replay_report){0};
  if (!options)
    options = &plain;
  ms_package *package = NULL;
  ms_manifest manifest = {0};
  ms_golden golden = {0};
  ms_setup *setup = NULL;
  double tolerance_s = 0;
  int rc = ms_package_open(dir, &package, err);
  if (!rc)
    rc = ms_manifest_read(dir, &manifest, err);
  if (!rc)
    rc = ms_golden_read(dir, &golden, err);
  if (!rc)
    rc = prepare(package, &manifest, options, &setup, &tolerance_s, err);
  if (!rc)
    rc = run_golden(package, setup, &golden, options, tolerance_s, report, err);
  if (!rc && report->samples_equal < report->samples)
    rc = ms_fail(err, MS_EDIFFERS, "package %s: %u of %u samples differ; first: %s", dir,
                 report->samples - report->samples_equal, report->samples, report->first);
  ms_setup_destroy(setup);
  ms_golden_clear(&golden);
  ms_manifest_clear(&manifest);
  ms_package_destroy(package);
  return rc;
}
