/* SPDX-License-Identifier: Apache-2.0 */
/* Measure, pick, confirm, pack. */
#include "choice/choice.h"

#include "methods/method.h"
#include "mixspike/nir.h"
#include "mixspike/record.h"
#include "mixspike/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct job {
  const ms_experiment *e;
  const ms_choice_options *options;
  ms_setup *setup;
  ms_setup by_validation; /* the same chips with the validation samples in place of the test's */
  ms_task validation_task;
  ms_experiment confirm;
  ms_setup *confirm_setup; /* NULL: none */
  ms_candidates candidates;
  ms_choice_state state;
  char path[600]; /* of state.txt */
} job;

static int check_lists(const ms_experiment *e, ms_error *err) {
  if (!e->n_validation_die)
    return ms_fail(err, MS_EINVAL,
                   "%s: key 'dies.validation' is needed to pick by: dies that are neither trained "
                   "on nor held out",
                   e->file);
  if (!e->n_held_out_die)
    return ms_fail(err, MS_EINVAL, "%s: key 'dies.held_out' is needed to confirm the pick on",
                   e->file);
  if (e->strength <= 0)
    return ms_fail(err, MS_EINVAL,
                   "%s: dies.mismatch is 0, so all dies are the same one and none is unseen",
                   e->file);
  return MS_OK;
}

static int prepare(job *j, ms_error *err) {
  const ms_choice_options *o = j->options;
  int rc = check_lists(j->e, err);
  if (!rc)
    rc = ms_setup_create(j->e, &j->setup, err);
  if (rc)
    return rc;
  j->validation_task = *j->setup->task;
  j->validation_task.test = j->validation_task.validation;
  j->by_validation = *j->setup;
  j->by_validation.task = &j->validation_task;
  if (j->e->confirm) {
    j->confirm = *j->e;
    j->confirm.analog = j->e->confirm_analog;
    rc = ms_setup_create(&j->confirm, &j->confirm_setup, err);
  }
  (void)(rc || (rc = ms_candidates_load(j->setup, o->folder, o->n_folder, &j->candidates, err)) ||
         (rc = ms_choice_state_create(j->setup, &j->candidates, &j->state, err)));
  if (!rc && (size_t)snprintf(j->path, sizeof j->path, "%s/state.txt", o->output) >= sizeof j->path)
    rc = ms_fail(err, MS_ERANGE, "the name of the output folder is too long");
  if (!rc)
    rc = o->resume ? ms_choice_state_load(&j->state, j->path, err) : ms_make_folder(o->output, err);
  return rc;
}

/* A die on which nothing ran is no good die. */
static double judged(double accuracy) {
  return isnan(accuracy) ? 0 : accuracy;
}

static int measure_candidates(job *j, ms_lab *lab, ms_error *err) {
  ms_choice_state *s = &j->state;
  size_t n = ms_die_samples(&j->by_validation, 0), total = s->n_candidate * s->n_validation;
  int rc = MS_OK;
  for (size_t i = 0; !rc && i < total; i++) {
    if (!isnan(s->validation[i]))
      continue;
    ms_die_result die = {.die = j->e->validation_die[i % s->n_validation]};
    ms_progress progress = {.phase = "validate",
                            .done = i * n,
                            .total = total * n,
                            .loss = NAN,
                            .accuracy = i ? s->validation[i - 1] : NAN};
    double accuracy;
    rc = ms_measure_die(&j->by_validation, lab, j->candidates.item[i / s->n_validation].network, 0,
                        &j->options->control, &progress, &die, &accuracy, err);
    if (rc)
      break;
    s->validation[i] = judged(accuracy);
    rc = ms_choice_state_save(s, j->path, err);
  }
  return rc;
}

/* A few samples on the confirming engine. */
static int confirm_die(job *j, const ms_network *network, ms_lab **lab, ms_die_result *die,
                       ms_error *err) {
  size_t n = ms_die_samples(j->setup, j->e->n_confirm);
  ms_progress progress = {.phase = "confirm", .total = n, .loss = NAN, .accuracy = NAN};
  ms_die_result there = *die;
  int rc = *lab ? MS_OK : ms_lab_create(j->confirm_setup, j->e->jobs, lab, err);
  if (!rc)
    rc = ms_measure_die(j->confirm_setup, *lab, network, n, &j->options->control, &progress, &there,
                        &there.confirmed, err);
  if (rc)
    return rc;
  die->confirmed = judged(there.confirmed);
  die->confirm_samples = there.samples;
  die->confirm_errors = there.errors;
  return MS_OK;
}

static int measure_unseen(job *j, size_t picked, ms_lab *lab, ms_error *err) {
  ms_choice_state *s = &j->state;
  const ms_network *network = j->candidates.item[picked].network;
  size_t n = ms_die_samples(j->setup, 0);
  ms_lab *confirm_lab = NULL;
  int rc = MS_OK;
  for (size_t i = 0; !rc && i < s->n_unseen; i++) {
    ms_die_result *die = &s->unseen[i], new = *die;
    if (die->samples)
      continue;
    ms_progress progress = {.phase = "unseen",
                            .done = i * n,
                            .total = s->n_unseen * n,
                            .loss = NAN,
                            .accuracy = i ? s->unseen[i - 1].accuracy : NAN};
    rc = ms_measure_die(j->setup, lab, network, 0, &j->options->control, &progress, &new,
                        &new.accuracy, err);
    new.accuracy = judged(new.accuracy);
    if (!rc && j->confirm_setup && i < j->options->n_confirm_die)
      rc = confirm_die(j, network, &confirm_lab, &new, err);
    if (rc)
      break;
    *die = new;
    rc = ms_choice_state_save(s, j->path, err);
  }
  ms_lab_destroy(confirm_lab);
  return rc;
}

static ms_choice_spread spread_of(double *value, size_t n) {
  ms_sort(value, n);
  return (ms_choice_spread){.n = n,
                            .low = ms_quantile(value, n, 0.05),
                            .median = ms_quantile(value, n, 0.5),
                            .high = ms_quantile(value, n, 0.95)};
}

/* The largest accuracy at the quantile; among equals the larger median, then the earlier. */
static int pick(const job *j, ms_choice_report *r, ms_error *err) {
  const ms_choice_state *s = &j->state;
  double *value = calloc(s->n_validation + 1, sizeof *value);
  r->candidate = calloc(s->n_candidate + 1, sizeof *r->candidate);
  r->validation_die = calloc(s->n_validation + 1, sizeof *r->validation_die);
  int rc = value && r->candidate && r->validation_die ? MS_OK : MS_ENOMEM;
  for (size_t i = 0; !rc && i < s->n_candidate; i++) {
    ms_choice_candidate *c = &r->candidate[r->n_candidate++];
    const double *own = s->validation + i * s->n_validation;
    c->name = strdup(j->candidates.item[i].name);
    c->accuracy = calloc(s->n_validation + 1, sizeof *c->accuracy);
    if (!c->name || !c->accuracy) {
      rc = MS_ENOMEM;
      break;
    }
    memcpy(c->accuracy, own, s->n_validation * sizeof *own);
    memcpy(value, own, s->n_validation * sizeof *own);
    c->spread = spread_of(value, s->n_validation);
    c->decided = ms_quantile(value, s->n_validation, r->quantile);
    const ms_choice_candidate *best = &r->candidate[r->picked];
    if (c->decided > best->decided ||
        (!(c->decided < best->decided) && c->spread.median > best->spread.median))
      r->picked = i;
  }
  if (!rc)
    memcpy(r->validation_die, j->e->validation_die, s->n_validation * sizeof *r->validation_die);
  r->n_validation = s->n_validation;
  r->n_validation_sample = ms_die_samples(&j->by_validation, 0);
  free(value);
  return rc ? ms_fail(err, rc, "no memory for %zu candidates", s->n_candidate) : MS_OK;
}

static int sum_up(job *j, ms_choice_report *r, ms_error *err) {
  ms_choice_state *s = &j->state;
  double *value = calloc(s->n_unseen + 1, sizeof *value);
  if (!value)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu dies", s->n_unseen);
  for (size_t i = 0; i < s->n_unseen; i++)
    value[i] = s->unseen[i].accuracy;
  r->spread = spread_of(value, s->n_unseen);
  size_t n = 0;
  for (size_t i = 0; i < s->n_unseen; i++)
    if (s->unseen[i].confirm_samples)
      value[n++] = s->unseen[i].confirmed;
  r->confirmed = spread_of(value, n);
  free(value);
  r->n_test_sample = ms_die_samples(j->setup, 0);
  r->unseen = s->unseen;
  r->n_unseen = s->n_unseen;
  s->unseen = NULL;
  return MS_OK;
}

/* Golden runs: the first validation die and the first unseen one, on the confirming engine. */
static int pack(const job *j, const ms_choice_report *r, ms_error *err) {
  const ms_candidate *c = &j->candidates.item[r->picked];
  char path[600];
  const uint64_t golden[] = {j->e->validation_die[0], j->e->held_out_die[0]};
  const ms_choice_note note = {.candidate = c->name,
                               .candidates = r->n_candidate,
                               .quantile = r->quantile,
                               .accuracy = r->candidate[r->picked].decided,
                               .die = j->e->validation_die,
                               .n_die = r->n_validation,
                               .samples = r->n_validation_sample,
                               .engine = j->e->analog};
  const ms_package_origin origin = {.model = c->model, .choice = &note};
  snprintf(path, sizeof path, "%s/package", j->options->output);
  int rc = ms_package_write(j->confirm_setup ? j->confirm_setup : j->setup, c->network, path,
                            golden, 2, &origin, &j->options->control, err);
  ms_package *package = NULL;
  if (!rc)
    rc = ms_package_open(path, &package, err);
  snprintf(path, sizeof path, "%s/network.nir", j->options->output);
  if (!rc)
    rc = ms_nir_export(package, 0, path, err);
  ms_package_destroy(package);
  return rc;
}

static int publish(const job *j, const ms_choice_report *r, ms_error *err) {
  char path[600], *page = NULL, *json = ms_choice_json(j->e, r);
  size_t size = 0;
  FILE *out = open_memstream(&page, &size);
  if (out)
    ms_choice_page(j->e, r, out);
  int rc = out && !fclose(out) && json ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for a report");
  snprintf(path, sizeof path, "%s/index.html", j->options->output);
  if (!rc)
    rc = ms_write_file(path, page, size, err);
  snprintf(path, sizeof path, "%s/report.json", j->options->output);
  if (!rc)
    rc = ms_write_file(path, json, strlen(json), err);
  free(page);
  free(json);
  return rc;
}

static int run(job *j, ms_choice_report *r, ms_error *err) {
  ms_lab *lab = NULL;
  r->quantile = j->options->quantile;
  int rc = ms_lab_create(&j->by_validation, j->e->jobs, &lab, err);
  if (!rc)
    rc = measure_candidates(j, lab, err);
  if (!rc)
    rc = pick(j, r, err);
  if (!rc)
    rc = measure_unseen(j, r->picked, lab, err);
  ms_lab_destroy(lab);
  (void)(rc || (rc = sum_up(j, r, err)) || (rc = pack(j, r, err)) || (rc = publish(j, r, err)));
  return rc;
}

int ms_choose(const ms_experiment *experiment, const ms_choice_options *options,
              ms_choice_report *report, ms_error *err) {
  *report = (ms_choice_report){0};
  job j = {.e = experiment, .options = options};
  int rc = prepare(&j, err);
  if (!rc)
    rc = run(&j, report, err);
  ms_choice_state_clear(&j.state);
  ms_candidates_clear(&j.candidates);
  ms_setup_destroy(j.confirm_setup);
  ms_setup_destroy(j.setup);
  return rc;
}

void ms_choice_report_clear(ms_choice_report *r) {
  for (size_t i = 0; i < r->n_candidate; i++) {
    free(r->candidate[i].name);
    free(r->candidate[i].accuracy);
  }
  free(r->candidate);
  free(r->validation_die);
  free(r->unseen);
  *r = (ms_choice_report){0};
}
