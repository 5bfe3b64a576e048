/* SPDX-License-Identifier: Apache-2.0 */
/* Places of a study: their numbers, the experiments that they stand for, and which of them share a
 * network, a fit or chips. */
#include "study/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ms_study_place ms_study_place_of(const ms_study *s, size_t item) {
  ms_study_place p;
  p.method = item % s->n_method;
  item /= s->n_method;
  p.die = item % s->base->n_held_out_die;
  item /= s->base->n_held_out_die;
  p.condition = item % s->n_condition;
  item /= s->n_condition;
  p.strength = item % s->n_strength;
  item /= s->n_strength;
  p.seed = item % s->n_seed;
  p.task = item / s->n_seed;
  return p;
}

size_t ms_study_index(const ms_study *s, const ms_study_place *p) {
  size_t i = (p->task * s->n_seed + p->seed) * s->n_strength + p->strength;
  i = (i * s->n_condition + p->condition) * s->base->n_held_out_die + p->die;
  return i * s->n_method + p->method;
}

/* Trained in the loop, or on the fitted neurons of dies; else on the nominal model alone. */
static int on_dies(const ms_experiment *e) {
  return e->loop_batches > 0 || e->fitted;
}

static const uint64_t FNV_BASIS = 0xcbf29ce484222325u;

static uint64_t mix(uint64_t h, const void *data, size_t n) {
  for (const unsigned char *c = data; n; c++, n--)
    h = (h ^ *c) * 0x100000001b3u;
  return h;
}

/* Whether a line begins the section `confirm`. */
static int begins_confirm(const char *line) {
  static const char word[] = "confirm";
  const size_t n = sizeof word - 1;
  return !strncmp(line, word, n) && line[n + strspn(line + n, " ")] == ':';
}

/* Everything but that section: its first line, the indented ones after it, and blank lines and
 * comments in front of any of these. */
static uint64_t mix_without_confirm(uint64_t h, const char *text) {
  const char *waiting = text; /* for the line that decides */
  int inside = 0;
  size_t n;
  for (const char *line = text; *line; line += n) {
    n = strcspn(line, "\n");
    n += line[n] == '\n';
    if (*line == '#' || *line == '\n')
      continue;
    if (*line != ' ' && *line != '\t')
      inside = begins_confirm(line);
    if (!inside)
      h = mix(h, waiting, (size_t)(line + n - waiting));
    waiting = line + n;
  }
  return inside ? h : mix(h, waiting, strlen(waiting));
}

uint64_t ms_study_identity(const ms_study *s) {
  uint64_t h = mix_without_confirm(FNV_BASIS, s->text);
  return mix(h, s->base->text, strlen(s->base->text));
}

uint64_t ms_study_files(const ms_study *s) {
  uint64_t h = mix(FNV_BASIS, s->text, strlen(s->text));
  return mix(h, s->base->text, strlen(s->base->text));
}

/* Trained networks are told apart by their text. */
static int describe(const ms_study *s, const ms_study_place *p, ms_experiment *e, ms_error *err) {
  char line[200];
  snprintf(line, sizeof line,
           "\n# study %016llx, task %zu, method %zu, condition %zu, bits %u, strength %g\n",
           (unsigned long long)ms_study_identity(s), p->task, p->method, p->condition, e->dac_bits,
           e->strength);
  size_t n = strlen(e->text) + strlen(line) + 1;
  char *text = realloc(e->text, n);
  if (!text)
    return ms_fail(err, MS_ENOMEM, "no memory for an experiment");
  strcat(text, line);
  e->text = text;
  return MS_OK;
}

/* Levers of the chip that a method may pull. Wider and longer transistors match better; their
 * currents stay, as W/L does. */
static void change_chip(const ms_study *s, const ms_study_place *p, ms_experiment *e) {
  ms_yaml_node *chip = ms_part_section(s->method[p->method].node, "chip");
  e->hidden = ms_part_count(chip, "hidden", e->hidden, 1, 4000);
  e->outputs_per_class = ms_part_count(chip, "outputs_per_class", e->outputs_per_class, 1, 64);
  e->parallel = ms_part_count(chip, "rows", e->parallel, 1, 4);
  e->dac_bits = ms_part_count(chip, "dac_bits", e->dac_bits, 1, 8);
  e->bias_shared_by = s->method[p->method].bias_shared_by;
  e->strength = s->strength[p->strength] / sqrt(s->method[p->method].area);
}

/* Of the conditions, the DAC's bits are known when a network is trained; training in the loop meets
 * the dies' distortions. */
static int know_conditions(const ms_study *s, const ms_study_place *p, ms_experiment *e,
                           ms_error *err) {
  ms_experiment *condition;
  int rc = ms_experiment_parse(s->base->text, s->base->file, &condition, err);
  if (rc)
    return rc;
  condition->dac_bits = e->dac_bits;
  ms_part_conditions(condition, s->condition[p->condition].node);
  e->dac_bits = condition->dac_bits;
  if (on_dies(e))
    e->distortion = condition->distortion;
  ms_experiment_destroy(condition);
  return MS_OK;
}

int ms_study_experiment(const ms_study *s, const ms_study_place *p, int to_train,
                        ms_experiment **out, ms_error *err) {
  ms_experiment *e;
  int rc = ms_experiment_parse(s->base->text, s->base->file, &e, err);
  if (rc)
    return rc;
  ms_part_task(e, s->task[p->task].node, false);
  ms_part_training(e, s->method[p->method].node);
  change_chip(s, p, e);
  if (to_train)
    rc = know_conditions(s, p, e, err);
  else
    ms_part_conditions(e, s->condition[p->condition].node);
  e->seed = s->seed[p->seed];
  e->compare = 0;
  if (!rc)
    rc = ms_yaml_status(s->doc, err);
  if (!rc && to_train) {
    e->n_held_out_die = 0;
    if (s->method[p->method].each) {
      e->n_training_die = 1;
      e->training_die = realloc(e->training_die, sizeof *e->training_die);
      if (e->training_die)
        e->training_die[0] = s->base->held_out_die[p->die];
      else
        rc = ms_fail(err, MS_ENOMEM, "no memory for an experiment");
    } else if (!on_dies(e)) {
      e->n_training_die = 0; /* trained on the model alone */
      e->strength = 1;
    }
    if (!rc)
      rc = describe(s, p, e, err);
  }
  if (rc) {
    ms_experiment_destroy(e);
    return rc;
  }
  *out = e;
  return MS_OK;
}

/* ---- places that share something ---- */

static ms_study_traits *traits_of(const ms_study *s, const ms_study_place *p) {
  return &s->traits[(p->task * s->n_method + p->method) * s->n_condition + p->condition];
}

int ms_study_find_traits(ms_study *s, ms_error *err) {
  s->traits = calloc(s->n_task * s->n_method * s->n_condition + 1, sizeof *s->traits);
  int rc = s->traits ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for a study");
  for (size_t i = 0; !rc && i < s->n_task * s->n_method * s->n_condition; i++) {
    ms_study_place p = {.condition = i % s->n_condition,
                        .method = i / s->n_condition % s->n_method,
                        .task = i / s->n_condition / s->n_method};
    ms_experiment *e;
    if ((rc = ms_study_experiment(s, &p, 1, &e, err)))
      break;
    const unsigned shape[] = {e->dac_bits, e->hidden, e->outputs_per_class, e->fit_neuron_runs};
    ms_study_traits *t = traits_of(s, &p);
    t->bits = e->dac_bits;
    t->on_dies = on_dies(e);
    t->split_by_seed = e->split_by_seed;
    t->distortion = e->distortion;
    t->fit = mix(FNV_BASIS, shape, sizeof shape);
    t->chip = mix(t->fit, &s->method[p.method].area, sizeof s->method[p.method].area);
    t->chip = mix(t->chip, &e->bias_shared_by, sizeof e->bias_shared_by);
    ms_experiment_destroy(e);
  }
  return rc;
}

static int same_distortion(const ms_distortion *a, const ms_distortion *b) {
  _Static_assert(sizeof *a == 7 * sizeof(double) + 2 * sizeof(unsigned), "bytes without a meaning");
  return !memcmp(a, b, sizeof *a);
}

ms_study_place ms_study_network_place(const ms_study *s, const ms_study_place *place) {
  ms_study_place p = *place;
  const ms_study_traits *t = traits_of(s, place), *other;
  for (p.condition = 0; p.condition < place->condition; p.condition++) {
    other = traits_of(s, &p);
    if (other->bits == t->bits && same_distortion(&other->distortion, &t->distortion))
      break;
  }
  if (!t->on_dies)
    p.strength = 0;
  if (!t->on_dies || !s->method[p.method].each)
    p.die = 0;
  return p;
}

ms_study_place ms_study_fit_place(const ms_study *s, const ms_study_place *place) {
  const uint64_t fit = traits_of(s, place)->fit;
  ms_study_place p = {.task = place->task};
  for (size_t i = 0; i < s->n_method * s->n_condition; i++) {
    p.method = i / s->n_condition;
    p.condition = i % s->n_condition;
    if (traits_of(s, &p)->fit == fit)
      break;
  }
  return p;
}

ms_study_place ms_study_site_place(const ms_study *s, const ms_study_place *place) {
  ms_study_place p = *place;
  p.die = 0;
  if (!traits_of(s, place)->split_by_seed)
    p.seed = 0;
  for (p.method = 0; traits_of(s, &p)->chip != traits_of(s, place)->chip;)
    p.method++;
  return p;
}

size_t ms_study_needs(const ms_study *s, const ms_study_job *job,
                      ms_study_job need[MS_STUDY_NEEDS]) {
  ms_study_place p = ms_study_place_of(s, job->number), of;
  const ms_study_method *m = &s->method[p.method];
  size_t n = 0;
  if (job->kind == MS_STUDY_MEASURE || job->kind == MS_STUDY_CONFIRM) {
    of = ms_study_network_place(s, &p);
    need[n++] = (ms_study_job){MS_STUDY_TRAIN, ms_study_index(s, &of)};
    of = ms_study_site_place(s, &p);
    if (m->calibrate.rounds)
      need[n++] = (ms_study_job){MS_STUDY_FIT_SITE, ms_study_index(s, &of)};
  }
  if (job->kind == MS_STUDY_CONFIRM)
    need[n++] = (ms_study_job){MS_STUDY_MEASURE, job->number};
  if (job->kind == MS_STUDY_TRAIN) {
    of = ms_study_fit_place(s, &p);
    need[n++] = (ms_study_job){MS_STUDY_FIT, ms_study_index(s, &of)};
    if (m->start != p.method) {
      p.method = m->start;
      of = ms_study_network_place(s, &p);
      need[n++] = (ms_study_job){MS_STUDY_TRAIN, ms_study_index(s, &of)};
    }
  }
  return n;
}

void ms_study_key(const ms_study *s, const ms_study_place *place, char *key, size_t size) {
  ms_study_place p = ms_study_network_place(s, place);
  const ms_study_traits *t = traits_of(s, &p);
  int n = snprintf(key, size, "t%zu-m%zu-s%zu-b%u", p.task, p.method, p.seed, t->bits);
  if (t->on_dies)
    n += snprintf(key + n, size - (size_t)n, "-x%zu-c%zu", p.strength, p.condition);
  if (t->on_dies && s->method[p.method].each)
    snprintf(key + n, size - (size_t)n, "-d%llu", (unsigned long long)s->base->held_out_die[p.die]);
}
