/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a training run, in memory and as a checkpoint. */
#include "methods/state.h"
#include "experiment/h5.h"
#include "methods/fit_die.h"
#include "mixspike/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINT_FIELDS = 6, FIT_FIELDS = 4, DIE_NUMBERS = 11, MODEL_WORDS = 1, FIT_NAME = 40 };

ms_topology ms_setup_topology(const ms_setup *s) {
  return (ms_topology){.n_input = s->n_input,
                       .n_hidden = s->experiment->hidden,
                       .n_class = s->task->n_class,
                       .per_class = s->experiment->outputs_per_class,
                       .parallel = s->experiment->parallel,
                       .dac_bits = s->core->dac_bits};
}

/* FNV-1a of the experiment's text. */
uint64_t ms_setup_identity(const ms_setup *setup) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const char *text = setup->experiment->text; *text; text++)
    h = (h ^ (unsigned char)*text) * 0x100000001b3u;
  return h;
}

static int list_dies(ms_state *state, const ms_experiment *e) {
  state->n_die = e->n_training_die + e->n_held_out_die;
  state->die = calloc(state->n_die + 1, sizeof *state->die);
  state->die_fit = calloc(e->n_training_die + 1, sizeof *state->die_fit);
  if (!state->die || !state->die_fit)
    return MS_ENOMEM;
  state->n_die_fit = e->n_training_die;
  for (size_t i = 0; i < state->n_die; i++) {
    int held_out = i >= e->n_training_die;
    state->die[i] = (ms_die_result){.die = held_out ? e->held_out_die[i - e->n_training_die]
                                                    : e->training_die[i],
                                    .held_out = held_out,
                                    .before = NAN,
                                    .accuracy = NAN,
                                    .confirmed = NAN};
  }
  return MS_OK;
}

int ms_state_create(const ms_setup *setup, ms_state **out, ms_error *err) {
  *out = NULL;
  const ms_experiment *e = setup->experiment;
  ms_topology topology = ms_setup_topology(setup);
  ms_state *s = calloc(1, sizeof *s);
  int rc = s ? MS_OK : MS_ENOMEM;
  if (!rc) {
    s->identity = ms_setup_identity(setup);
    s->random.state = e->seed;
    s->best_accuracy = -1;
    s->model_accuracy = NAN;
    rc = ms_learner_create(&topology, &s->random, &s->learner);
  }
  if (!rc)
    s->learner->decay = e->decay;
  if (!rc) {
    s->best = calloc(s->learner->n, sizeof *s->best);
    s->offline = calloc(s->learner->n, sizeof *s->offline);
    rc = s->best && s->offline ? list_dies(s, e) : MS_ENOMEM;
  }
  if (rc) {
    ms_state_destroy(s);
    return ms_fail(err, rc, "no memory for the state of training");
  }
  memcpy(s->best, s->learner->weight, s->learner->n * sizeof *s->best);
  *out = s;
  return MS_OK;
}

void ms_state_destroy(ms_state *s) {
  if (!s)
    return;
  ms_learner_destroy(s->learner);
  free(s->best);
  free(s->offline);
  free(s->curve[0].point);
  free(s->curve[1].point);
  for (size_t i = 0; s->die_fit && i < s->n_die_fit; i++)
    ms_die_fit_clear(&s->die_fit[i]);
  free(s->die_fit);
  free(s->own);
  free(s->fit);
  free(s->die);
  free(s);
}

int ms_state_own(ms_state *s, size_t n, ms_error *err) {
  if (s->n_own == n)
    return MS_OK;
  free(s->own);
  s->own = calloc(n + 1, sizeof *s->own);
  s->n_own = s->own ? n : 0;
  return s->own ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for a training method");
}

int ms_curve_add(ms_curve *curve, const ms_curve_point *point) {
  ms_curve_point *more = realloc(curve->point, (curve->n + 1) * sizeof *more);
  if (!more)
    return MS_ENOMEM;
  curve->point = more;
  curve->point[curve->n++] = *point;
  return MS_OK;
}

/* A struct of doubles as doubles and back. Counts and die numbers stay exact below 2^53. */
static void point_out(const ms_curve_point *p, double *v) {
  double from[POINT_FIELDS] = {(double)p->step, (double)p->die,    (double)p->samples,
                               p->loss,         p->train_accuracy, p->validation_accuracy};
  memcpy(v, from, sizeof from);
}

static ms_curve_point point_in(const double *v) {
  return (ms_curve_point){.step = (uint64_t)v[0],
                          .die = (uint64_t)v[1],
                          .samples = (uint64_t)v[2],
                          .loss = v[3],
                          .train_accuracy = v[4],
                          .validation_accuracy = v[5]};
}

/* A text as numbers: six characters in each, which a double holds exactly. */
enum { PER_NUMBER = 6 };

static void text_out(const char *text, size_t size, double *v) {
  for (size_t i = 0; i < size; i += PER_NUMBER) {
    double packed = 0;
    for (size_t k = PER_NUMBER; k-- > 0;)
      packed = 256 * packed + (i + k < size ? (unsigned char)text[i + k] : 0);
    *v++ = packed;
  }
}

static void text_in(const double *v, char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    uint64_t packed = (uint64_t)v[i / PER_NUMBER];
    text[i] = (char)(packed >> 8 * (i % PER_NUMBER));
  }
  text[size - 1] = '\0';
}

static void die_out(const ms_die_result *d, double *v) {
  double from[DIE_NUMBERS] = {(double)d->die,
                              d->held_out,
                              d->before,
                              d->accuracy,
                              d->energy_j,
                              d->spikes,
                              (double)d->samples,
                              (double)d->errors,
                              d->confirmed,
                              (double)d->confirm_samples,
                              (double)d->confirm_errors};
  memcpy(v, from, sizeof from);
  text_out(d->failure, sizeof d->failure, v + DIE_NUMBERS);
}

static ms_die_result die_in(const double *v) {
  ms_die_result d = {.die = (uint64_t)v[0],
                     .held_out = v[1] > 0,
                     .before = v[2],
                     .accuracy = v[3],
                     .energy_j = v[4],
                     .spikes = v[5],
                     .samples = (unsigned)v[6],
                     .errors = (unsigned)v[7],
                     .confirmed = v[8],
                     .confirm_samples = (unsigned)v[9],
                     .confirm_errors = (unsigned)v[10]};
  text_in(v + DIE_NUMBERS, d.failure, sizeof d.failure);
  return d;
}

static int save_floats(ms_results *r, const char *name, const float *value, size_t n,
                       ms_error *err) {
  double *v = malloc((n ? n : 1) * sizeof *v);
  if (!v)
    return ms_fail(err, MS_ENOMEM, "no memory for a checkpoint");
  for (size_t i = 0; i < n; i++)
    v[i] = (double)value[i];
  int rc = ms_results_doubles(r, name, "1", v, n, err);
  free(v);
  return rc;
}

static int save_table(ms_results *r, const char *name, size_t n, size_t fields, double *v,
                      ms_error *err) {
  int rc = v ? ms_results_doubles(r, name, "1", v, n * fields, err)
             : ms_fail(err, MS_ENOMEM, "no memory for a checkpoint");
  free(v);
  return rc;
}

static const char *fit_name(const ms_state *s, size_t i, char *text) {
  snprintf(text, FIT_NAME, "die_fit/%llu", (unsigned long long)s->die[i].die);
  return text;
}

static int save_tables(const ms_state *s, ms_results *r, ms_error *err) {
  static const char *const name[2] = {"curve/offline", "curve/loop"};
  char name_of_fit[FIT_NAME];
  for (int k = 0; k < 2; k++) {
    const ms_curve *c = &s->curve[k];
    double *v = calloc(c->n * POINT_FIELDS + 1, sizeof *v);
    for (size_t i = 0; v && i < c->n; i++)
      point_out(&c->point[i], v + i * POINT_FIELDS);
    int rc = save_table(r, name[k], c->n, POINT_FIELDS, v, err);
    if (rc)
      return rc;
  }
  double *v = calloc(s->n_die * MS_STATE_DIE_FIELDS + 1, sizeof *v);
  for (size_t i = 0; v && i < s->n_die; i++)
    die_out(&s->die[i], v + i * MS_STATE_DIE_FIELDS);
  int rc = save_table(r, "dies", s->n_die, MS_STATE_DIE_FIELDS, v, err);
  if (rc)
    return rc;
  v = calloc(s->n_fit * FIT_FIELDS + 1, sizeof *v);
  for (size_t i = 0; v && i < s->n_fit; i++) {
    double from[FIT_FIELDS] = {(double)s->fit[i].die, s->fit[i].rate, s->fit[i].time_tau,
                               s->fit[i].agree};
    memcpy(v + i * FIT_FIELDS, from, sizeof from);
  }
  rc = save_table(r, "fit", s->n_fit, FIT_FIELDS, v, err);
  for (size_t i = 0; !rc && i < s->n_die_fit && s->die_fit[i].value; i++)
    rc = ms_results_doubles(r, fit_name(s, i, name_of_fit), "1", s->die_fit[i].value,
                            s->die_fit[i].n_neuron * s->die_fit[i].n_parameter, err);
  return rc;
}

int ms_state_save(const ms_state *s, const char *path, ms_error *err) {
  ms_results *r;
  int rc = ms_results_create(&r, err);
  if (rc)
    return rc;
  uint64_t model[sizeof s->model / sizeof(uint64_t) + MODEL_WORDS] = {0};
  memcpy(model, &s->model, sizeof s->model);
  uint64_t integers[] = {s->identity,     s->phase,        s->step,
                         s->chip_samples, s->random.state, s->learner->updates};
  double doubles[] = {s->wall_s, s->chip_wall_s, s->router_wall_s, s->best_accuracy,
                      s->model_accuracy};
  size_t n = s->learner->n;
  (void)((rc = ms_results_integers(r, "integers", "1", integers, 6, err)) ||
         (rc = ms_results_doubles(r, "doubles", "1", doubles, 5, err)) ||
         (rc = ms_results_integers(r, "model", "1", model, sizeof model / sizeof *model, err)) ||
         (rc = save_floats(r, "weight", s->learner->weight, n, err)) ||
         (rc = save_floats(r, "moment/first", s->learner->first, n, err)) ||
         (rc = save_floats(r, "moment/second", s->learner->second, n, err)) ||
         (rc = save_floats(r, "best", s->best, n, err)) ||
         (rc = save_floats(r, "offline", s->offline, n, err)) ||
         (rc = ms_results_doubles(r, "method", "1", s->own, s->n_own, err)) ||
         (rc = save_tables(s, r, err)) || (rc = ms_results_save(r, path, err)));
  ms_results_destroy(r);
  return rc;
}

static int wrong_size(ms_h5 *h5, const char *name, ms_error *err) {
  return ms_fail(err, MS_EPARSE,
                 "%s: data set '%s' does not fit this experiment; delete the file to start anew",
                 h5->path, name);
}

static int load_floats(ms_h5 *h5, const char *name, float *value, size_t n, ms_error *err) {
  double *v;
  size_t found;
  int rc = ms_h5_doubles(h5, name, &v, &found, err);
  if (!rc && found != n)
    rc = wrong_size(h5, name, err);
  for (size_t i = 0; !rc && i < n; i++)
    value[i] = (float)v[i];
  free(v);
  return rc;
}

static int load_tables(ms_state *s, ms_h5 *h5, ms_error *err) {
  static const char *const name[2] = {"curve/offline", "curve/loop"};
  double *v;
  size_t n;
  for (int k = 0; k < 2; k++) {
    int rc = ms_h5_doubles(h5, name[k], &v, &n, err);
    for (size_t i = 0; !rc && i < n / POINT_FIELDS; i++) {
      ms_curve_point p = point_in(v + i * POINT_FIELDS);
      rc = ms_curve_add(&s->curve[k], &p);
    }
    free(v);
    if (rc)
      return rc;
  }
  int rc = ms_h5_doubles(h5, "dies", &v, &n, err);
  if (!rc && n != s->n_die * MS_STATE_DIE_FIELDS)
    rc = wrong_size(h5, "dies", err);
  for (size_t i = 0; !rc && i < s->n_die; i++)
    s->die[i] = die_in(v + i * MS_STATE_DIE_FIELDS);
  free(v);
  if (rc || (rc = ms_h5_doubles(h5, "fit", &v, &n, err)))
    return rc;
  s->n_fit = n / FIT_FIELDS;
  s->fit = calloc(s->n_fit + 1, sizeof *s->fit);
  for (size_t i = 0; s->fit && i < s->n_fit; i++) {
    const double *f = v + i * FIT_FIELDS;
    s->fit[i] =
        (ms_fit_error){.die = (uint64_t)f[0], .rate = f[1], .time_tau = f[2], .agree = f[3]};
  }
  free(v);
  return s->fit ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for a checkpoint");
}

/* What the method of the phase keeps. */
static int load_own(ms_state *s, ms_h5 *h5, ms_error *err) {
  free(s->own);
  s->own = NULL;
  s->n_own = 0;
  return ms_h5_doubles(h5, "method", &s->own, &s->n_own, err);
}

/* Those dies whose fit was done. */
static int load_die_fits(ms_state *s, const ms_setup *setup, ms_h5 *h5, ms_error *err) {
  char name[FIT_NAME];
  size_t done = !setup->experiment->fit_per_die ? 0
                : s->phase > MS_PHASE_FIT       ? s->n_die_fit
                : s->step                       ? (size_t)s->step - 1
                                                : 0;
  for (size_t i = 0; i < done; i++) {
    ms_die_fit *d = &s->die_fit[i];
    double *v;
    size_t n;
    int rc = ms_h5_doubles(h5, fit_name(s, i, name), &v, &n, err);
    if (!rc)
      rc = ms_die_fit_create(setup, s->die[i].die, d, err);
    if (!rc && n != d->n_neuron * d->n_parameter)
      rc = wrong_size(h5, name, err);
    if (!rc)
      memcpy(d->value, v, n * sizeof *v);
    free(v);
    if (rc)
      return rc;
  }
  return MS_OK;
}

static int load_scalars(ms_state *s, ms_h5 *h5, ms_error *err) {
  uint64_t *integers = NULL, *model = NULL;
  double *doubles = NULL;
  size_t n, n_model, n_double;
  int rc = ms_h5_integers(h5, "integers", &integers, &n, err);
  if (!rc && n != 6)
    rc = wrong_size(h5, "integers", err);
  if (!rc && integers[0] != s->identity)
    rc = ms_fail(err, MS_EREFUSED,
                 "%s: belongs to another experiment, or the experiment file was changed since; "
                 "restore it, or train without --resume",
                 h5->path);
  if (!rc && !(rc = ms_h5_integers(h5, "model", &model, &n_model, err)) &&
      n_model != sizeof s->model / sizeof(uint64_t) + MODEL_WORDS)
    rc = wrong_size(h5, "model", err);
  if (!rc && !(rc = ms_h5_doubles(h5, "doubles", &doubles, &n_double, err)) && n_double != 5)
    rc = wrong_size(h5, "doubles", err);
  if (!rc) {
    s->phase = integers[1];
    s->step = integers[2];
    s->chip_samples = integers[3];
    s->random.state = integers[4];
    s->learner->updates = integers[5];
    s->wall_s = doubles[0];
    s->chip_wall_s = doubles[1];
    s->router_wall_s = doubles[2];
    s->best_accuracy = doubles[3];
    s->model_accuracy = doubles[4];
    memcpy(&s->model, model, sizeof s->model);
  }
  free(integers);
  free(model);
  free(doubles);
  return rc;
}

int ms_state_load(ms_state *s, const ms_setup *setup, const char *path, ms_error *err) {
  ms_h5 h5;
  int rc = ms_h5_open(path, &h5, err);
  if (rc)
    return rc;
  size_t n = s->learner->n;
  (void)((rc = load_scalars(s, &h5, err)) ||
         (rc = load_floats(&h5, "weight", s->learner->weight, n, err)) ||
         (rc = load_floats(&h5, "moment/first", s->learner->first, n, err)) ||
         (rc = load_floats(&h5, "moment/second", s->learner->second, n, err)) ||
         (rc = load_floats(&h5, "best", s->best, n, err)) ||
         (rc = load_floats(&h5, "offline", s->offline, n, err)) || (rc = load_own(s, &h5, err)) ||
         (rc = load_tables(s, &h5, err)) || (rc = load_die_fits(s, setup, &h5, err)));
  ms_h5_close(&h5);
  return rc;
}
