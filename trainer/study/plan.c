/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a study: what is compared, where, and when it is enough. */
#include "study/study.h"

#include "methods/method.h"
#include "mixspike/record.h"
#include "publish/publish_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 1000 };

/* Items of a list of mappings with a `name` each, all different; one nameless item without a list.
 */
static ms_named_node *read_named(ms_yaml_node *root, const char *key, const char *fallback,
                                 size_t *n) {
  ms_yaml_node *list = ms_yaml_find(root, key) ? ms_yaml_list(root, key, 1, MOST) : NULL;
  *n = list ? ms_yaml_count(list) : 1;
  ms_named_node *out = calloc(*n + 1, sizeof *out);
  if (!out)
    return NULL;
  out[0].name = fallback;
  for (size_t i = 0; list && i < *n; i++) {
    out[i].node = ms_yaml_map(ms_yaml_item(list, i), NULL);
    out[i].name = ms_yaml_string(out[i].node, "name");
    for (size_t k = 0; k < i; k++)
      if (!strcmp(out[k].name, out[i].name))
        ms_yaml_fail(out[i].node, MS_EINVAL, "name '%s' is there twice", out[i].name);
  }
  return out;
}

/* `calibrate: N`, or a mapping. */
static void read_calibration(ms_study_method *m) {
  enum { ROUNDS = 20, STIMULI = 10000, NEURONS = 65535 };
  ms_yaml_node *node = ms_yaml_find(m->node, "calibrate");
  if (!node || !ms_yaml_is_map(node)) {
    m->calibrate.rounds = ms_part_count(m->node, "calibrate", 0, 1, ROUNDS);
    return;
  }
  static const char *const all[] = {"all", NULL};
  const char *shared = ms_yaml_string_or(node, "shared_by", *all);
  const int counted = strspn(shared, "0123456789") == strlen(shared);
  m->calibrate = (ms_calibration){.rounds = ms_part_count(node, "rounds", 1, 0, ROUNDS),
                                  .stimuli = ms_part_count(node, "stimuli", 0, 6, STIMULI)};
  if (counted)
    m->bias_shared_by = ms_part_count(node, "shared_by", 0, 1, NEURONS);
  else if (strcmp(shared, *all) != 0)
    ms_yaml_fail(ms_yaml_find(node, "shared_by"), MS_EINVAL,
                 "'%s' is neither `all` nor a number of neurons from 1", shared);
  if (!m->calibrate.rounds && !m->bias_shared_by)
    ms_yaml_fail(node, MS_EINVAL,
                 "no round and one set of lines is a chip as any: leave 'calibrate' out, or say "
                 "which neurons share their lines (shared_by)");
}

static void read_method(ms_study *s, size_t i) {
  static const char *const dies[] = {"training", "each", NULL};
  ms_study_method *m = &s->method[i];
  const char *start = ms_yaml_string_or(m->node, "start", "");
  m->start = i;
  for (size_t k = 0; k < i && *start; k++)
    if (!strcmp(s->method[k].name, start))
      m->start = k;
  if (*start && m->start == i)
    ms_yaml_fail(m->node, MS_EMISSING, "key 'start': no method '%s' comes before this one", start);
  m->each = ms_yaml_choice_or(m->node, "dies", dies, 0);
  read_calibration(m);
  m->area = ms_yaml_real_or(ms_part_section(m->node, "chip"), "area", 1, 0.05, 1000);
  if (m->start != i && s->method[m->start].each && !m->each)
    ms_yaml_fail(m->node, MS_EINVAL,
                 "key 'start': '%s' has a network for each die; say dies: each here, too", start);
}

static void read_methods(ms_study *s, ms_yaml_node *root) {
  ms_yaml_list(root, "methods", 1, MOST);
  ms_named_node *named = read_named(root, "methods", "", &s->n_method);
  s->method = calloc(s->n_method + 1, sizeof *s->method);
  for (size_t i = 0; named && s->method && i < s->n_method; i++) {
    s->method[i].name = named[i].name;
    s->method[i].node = named[i].node;
    read_method(s, i);
  }
  free(named);
}

static void read_targets(ms_study *s, ms_yaml_node *root) {
  static const double fallback[] = {0.76, 0.9, 0.95};
  enum { N = sizeof fallback / sizeof *fallback };
  ms_yaml_node *list =
      ms_yaml_find(root, "targets") ? ms_yaml_list(root, "targets", 1, MOST) : NULL;
  s->n_target = list ? ms_yaml_count(list) : N;
  s->target = calloc(s->n_target, sizeof *s->target);
  for (size_t i = 0; s->target && i < s->n_target; i++)
    s->target[i] = list ? ms_yaml_real(ms_yaml_item(list, i), NULL, 0, 1) : fallback[i];
}

static void read_numbers(ms_study *s, ms_yaml_node *root) {
  ms_yaml_node *list =
      ms_yaml_find(root, "mismatch") ? ms_yaml_list(root, "mismatch", 1, MOST) : NULL;
  s->n_strength = list ? ms_yaml_count(list) : 1;
  s->strength = calloc(s->n_strength + 1, sizeof *s->strength);
  if (s->strength)
    s->strength[0] = s->base->strength;
  for (size_t i = 0; s->strength && list && i < s->n_strength; i++)
    s->strength[i] = ms_yaml_real(ms_yaml_item(list, i), NULL, 0, 10);
  list = ms_yaml_find(root, "seeds") ? ms_yaml_list(root, "seeds", 1, MOST) : NULL;
  s->n_seed = list ? ms_yaml_count(list) : 1;
  s->seed = calloc(s->n_seed + 1, sizeof *s->seed);
  if (s->seed)
    s->seed[0] = s->base->seed;
  for (size_t i = 0; s->seed && list && i < s->n_seed; i++)
    s->seed[i] = (uint64_t)ms_yaml_int(ms_yaml_item(list, i), NULL, 0, INT64_MAX);
  ms_yaml_node *stop = ms_part_section(root, "stop");
  s->half_width = ms_yaml_real_or(stop, "half_width", 0, 1e-4, 0.5);
  s->confidence = ms_yaml_real_or(stop, "confidence", 0.95, 0.5, 0.9999);
  s->minimum = ms_part_count(stop, "minimum", 8, 2, 1000000);
  s->yield_at = ms_yaml_real_or(root, "yield_at", 0.85, 0, 1);
  s->jobs = ms_part_count(root, "jobs", 1, 1, 1024);
}

/* Names of methods, in any order. */
static void read_confirmed_methods(ms_study *s, ms_yaml_node *at) {
  ms_yaml_node *list =
      at && ms_yaml_find(at, "methods") ? ms_yaml_list(at, "methods", 1, MOST) : NULL;
  for (size_t m = 0; !list && m < s->n_method; m++)
    s->confirm.method[m] = 1;
  for (size_t i = 0; list && i < ms_yaml_count(list); i++) {
    const char *name = ms_yaml_string(ms_yaml_item(list, i), NULL);
    size_t m = 0;
    while (m < s->n_method && strcmp(s->method[m].name, name) != 0)
      m++;
    if (m < s->n_method)
      s->confirm.method[m] = 1;
    else
      ms_yaml_fail(list, MS_EMISSING, "the study has no method '%s'", name);
  }
}

static void read_confirm(ms_study *s, ms_yaml_node *root) {
  static const char *const engines[] = {"ngspice", "table", "model", NULL};
  ms_study_confirm *c = &s->confirm;
  ms_yaml_node *at = ms_yaml_find(root, "confirm") ? ms_yaml_map(root, "confirm") : NULL;
  c->method = calloc(s->n_method + 1, sizeof *c->method);
  if (!at || !c->method)
    return;
  c->analog = (ms_engine_kind)ms_yaml_choice(at, "analog", engines);
  c->n_sample = ms_part_count(at, "samples", 0, 1, 1000000);
  c->n_die = ms_part_count(at, "dies", 1, 1, 1000000);
  read_confirmed_methods(s, at);
  if (c->analog == s->base->analog)
    ms_yaml_fail(at, MS_EINVAL,
                 "key 'analog': the study is measured on %s itself (%s); name another engine",
                 ms_engine_word(c->analog), s->base->file);
  if (c->n_die > s->base->n_held_out_die)
    ms_yaml_fail(at, MS_ERANGE, "key 'dies': %zu are to be confirmed, and %s has %zu held-out dies",
                 c->n_die, s->base->file, s->base->n_held_out_die);
}

/* Samples that confirm are the first of those that a die is measured on; where the study does not
 * say how many, as many as an experiment takes, or all. */
static int check_confirm(ms_study *s, ms_error *err) {
  const int said = s->confirm.n_sample > 0;
  size_t *n = &s->confirm.n_sample;
  if (!s->confirm.n_die)
    return MS_OK;
  if (!said)
    *n = s->base->confirm ? s->base->n_confirm : 10;
  for (size_t i = 0; i < s->n_task; i++) {
    ms_experiment *e;
    ms_setup *setup = NULL;
    int rc = ms_study_experiment(s, &(ms_study_place){.task = i}, 0, &e, err);
    if (rc)
      return rc;
    if (!ms_setup_create(e, &setup, NULL)) { /* what is missing is named when it is needed */
      const size_t most = ms_die_samples(setup, 0);
      ms_setup_destroy(setup);
      if (*n > most && said)
        rc = ms_fail(
            err, MS_ERANGE,
            "%s:%d: key 'confirm.samples': %zu, and with task '%s' a die is measured on %zu "
            "samples",
            s->file, ms_yaml_line(ms_yaml_find(ms_yaml_root(s->doc), "confirm")), *n,
            s->task[i].name, most);
      *n = *n > most ? most : *n;
    }
    ms_experiment_destroy(e);
    if (rc)
      return rc;
  }
  return MS_OK;
}

/* A base experiment is named from the study's folder or the current one. */
static int load_base(ms_study *s, ms_yaml_node *root, ms_error *err) {
  const char *name = ms_yaml_string(root, "base"), *slash = strrchr(s->file, '/');
  char path[4096];
  int rc = ms_yaml_status(s->doc, err);
  if (rc)
    return rc;
  snprintf(path, sizeof path, "%.*s%s", slash && *name != '/' ? (int)(slash - s->file) + 1 : 0,
           s->file, name);
  return ms_experiment_load(access(path, F_OK) ? name : path, &s->base, err);
}

/* Every change is applied once, so that what is wrong with it is said before anything runs. */
static int try_all(ms_study *s, ms_error *err) {
  for (size_t i = 0; i < s->n_task || i < s->n_method || i < s->n_condition; i++) {
    ms_study_place place = {.task = i < s->n_task ? i : 0,
                            .method = i < s->n_method ? i : 0,
                            .condition = i < s->n_condition ? i : 0};
    ms_experiment *e;
    for (int to_train = 0; to_train < 2; to_train++) {
      int rc = ms_study_experiment(s, &place, to_train, &e, err);
      if (rc)
        return rc;
      ms_experiment_destroy(e);
    }
  }
  return ms_yaml_finish(s->doc, err);
}

static int check(ms_study *s, ms_error *err) {
  if (!s->base->n_held_out_die)
    return ms_fail(err, MS_EINVAL,
                   "%s: key 'dies.held_out' is empty; a study measures on these dies",
                   s->base->file);
  for (size_t i = 0; i < s->n_method; i++) {
    ms_experiment *e;
    ms_study_place place = {.method = i};
    int rc = ms_study_experiment(s, &place, 1, &e, err);
    if (rc)
      return rc;
    int lacks = (e->loop_batches || e->fitted) && !e->n_training_die;
    ms_experiment_destroy(e);
    if (lacks)
      return ms_fail(
          err, MS_EINVAL,
          "%s: method '%s' trains on dies, but the experiment has no training dies; list "
          "some, or say dies: each",
          s->file, s->method[i].name);
  }
  return MS_OK;
}

int ms_study_load(const char *path, ms_study **out, ms_error *err) {
  *out = NULL;
  ms_study *s = calloc(1, sizeof *s);
  if (!s)
    return ms_fail(err, MS_ENOMEM, "no memory for a study");
  size_t size;
  int rc = ms_read_file(path, &s->text, &size, err);
  if (!rc)
    rc = ms_yaml_parse(path, s->text, size, &s->doc, err);
  if (!rc && !(s->file = strdup(path)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for a study");
  ms_yaml_node *root = rc ? NULL : ms_yaml_root(s->doc);
  if (!rc)
    rc = load_base(s, root, err);
  if (!rc) {
    s->name = strdup(ms_yaml_name(root, "name"));
    char folder[200];
    snprintf(folder, sizeof folder, "out/%s", s->name ? s->name : "");
    s->output = strdup(ms_yaml_string_or(root, "output", folder));
    s->task = read_named(root, "tasks", s->base->task, &s->n_task);
    s->condition = read_named(root, "conditions", "nominal", &s->n_condition);
    read_methods(s, root);
    read_numbers(s, root);
    read_targets(s, root);
    read_confirm(s, root);
    s->n_item = s->n_task * s->n_seed * s->n_strength * s->n_condition * s->n_method *
                s->base->n_held_out_die;
    if (!s->name || !s->output || !s->task || !s->condition || !s->method || !s->strength ||
        !s->seed || !s->target || !s->confirm.method)
      rc = ms_fail(err, MS_ENOMEM, "no memory for a study");
    else
      rc = ms_yaml_status(s->doc, err);
  }
  if (!rc && !(rc = try_all(s, err)) && !(rc = check(s, err)) && !(rc = check_confirm(s, err)))
    rc = ms_study_find_traits(s, err);
  if (rc)
    ms_study_destroy(s);
  else
    *out = s;
  return rc;
}

void ms_study_destroy(ms_study *s) {
  if (!s)
    return;
  ms_experiment_destroy(s->base);
  ms_yaml_destroy(s->doc);
  free(s->file);
  free(s->name);
  free(s->output);
  free(s->text);
  free(s->task);
  free(s->condition);
  free(s->method);
  free(s->strength);
  free(s->seed);
  free(s->target);
  free(s->confirm.method);
  free(s->traits);
  free(s);
}

const char *ms_study_output(const ms_study *study) {
  return study->output;
}
