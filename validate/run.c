/* SPDX-License-Identifier: Apache-2.0 */
/* The Monte Carlo run: benches in parallel, stop when the yield is known well enough. */
#include "base/clock.h"
#include "plan.h"
#include "sensitivity.h"
#include "state.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FEWEST_DIES = 20 }; /* before stopping early */

typedef struct job {
  const ms_validate_options *options;
  ms_validation *v;
  ms_state *state;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  size_t next, n_task, n_done; /* task: die x point */
  char *done;                  /* [n_task] */
  size_t judged;               /* dies looked at for stopping */
  size_t stop_dies;            /* known to be enough; SIZE_MAX: not yet */
  unsigned running;
  int rc;
  ms_error err;
} job;

/* A failure of the simulation of this die, as against one of the set-up. */
static bool is_simulation(int rc) {
  return rc == MS_ESIM || rc == MS_ECRASH || rc == MS_ETIMEOUT;
}

static int take_row(job *j, ms_bench *bench, size_t task, double *row, ms_error *err) {
  ms_validation *v = j->v;
  ms_die die = {.seed = v->seed, .die = v->first_die + task / v->n_point, .strength = v->strength};
  for (size_t i = 0; i < v->stride; i++)
    row[i] = NAN;
  int rc = ms_bench_place(bench, &die, &v->point[task % v->n_point], err), failed = 0;
  for (size_t k = 0; k < v->n_measure && !rc; k++) {
    rc = ms_bench_take(bench, v->measure[k], row + v->offset[k], err);
    if (is_simulation(rc)) {
      row[v->offset[k]] = NAN;
      failed = rc;
      rc = 0;
    }
  }
  return rc ? rc : failed;
}

/* Dies complete from the first on; looks whether they are enough. Depends on the values alone, not
 * on the order in which they came. */
static void look_whether_enough(job *j) {
  ms_validation *v = j->v;
  double precision = j->options->precision;
  while (j->stop_dies == SIZE_MAX && (j->judged + 1) * v->n_point <= j->n_task) {
    for (size_t p = 0; p < v->n_point; p++)
      if (!j->done[j->judged * v->n_point + p])
        return;
    size_t n = ++j->judged;
    if (!(precision > 0) || n < FEWEST_DIES)
      continue;
    ms_interval i = ms_yield_interval(ms_count_good(v, n), n, v->confidence);
    if (0.5 * (i.high - i.low) <= precision)
      j->stop_dies = n;
  }
}

static bool is_cancelled(const job *j) {
  return j->options->control.cancel && *j->options->control.cancel;
}

/* Gives the next task that is not done; false: nothing left. */
static bool next_task(job *j, size_t *task) {
  pthread_mutex_lock(&j->lock);
  while (j->next < j->n_task && j->done[j->next])
    j->next++;
  bool more = !j->rc && !is_cancelled(j) && j->next < j->n_task && j->stop_dies == SIZE_MAX;
  if (more)
    *task = j->next++;
  pthread_mutex_unlock(&j->lock);
  return more;
}

static void finish_task(job *j, size_t task, int rc, const ms_error *err) {
  ms_validation *v = j->v;
  const double *row = v->row + task * v->stride;
  pthread_mutex_lock(&j->lock);
  if (is_simulation(rc)) {
    if (!v->n_failed++)
      snprintf(v->failure, sizeof v->failure, "die %llu, %s: %.200s",
               (unsigned long long)(v->first_die + task / v->n_point),
               v->point_name[task % v->n_point], err->text);
    rc = 0;
  }
  ms_error local = *err;
  if (!rc && j->state)
    rc = ms_state_add(j->state, task, row, v->stride, &local);
  if (rc && !j->rc) {
    j->rc = rc;
    j->err = local;
  }
  if (!rc) {
    j->done[task] = 1;
    j->n_done++;
    look_whether_enough(j);
  }
  pthread_cond_signal(&j->changed);
  pthread_mutex_unlock(&j->lock);
}

static void *work(void *user) {
  job *j = user;
  ms_bench *bench = NULL;
  ms_error err = {0};
  ms_bench_setup setup = ms_validation_bench(j->v, j->options);
  size_t task;
  int rc = ms_bench_create(&setup, &bench, &err);
  while (!rc && next_task(j, &task)) {
    err = (ms_error){0};
    rc = take_row(j, bench, task, j->v->row + task * j->v->stride, &err);
    finish_task(j, task, rc, &err);
    rc = is_simulation(rc) ? 0 : rc;
  }
  ms_bench_destroy(bench);
  pthread_mutex_lock(&j->lock);
  if (rc && !j->rc) {
    j->rc = rc;
    j->err = err;
  }
  j->running--;
  pthread_cond_signal(&j->changed);
  pthread_mutex_unlock(&j->lock);
  return NULL;
}

/* Waits for the workers and reports from the calling thread. */
static void wait_for_workers(job *j, double start_s) {
  const ms_control *control = &j->options->control;
  size_t at_start = j->n_done, said = SIZE_MAX;
  pthread_mutex_lock(&j->lock);
  while (j->running) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_cond_timedwait(&j->changed, &j->lock, &until);
    size_t done = j->n_done, fresh = done - at_start;
    if (!control->report || done == said)
      continue;
    said = done;
    double each = fresh ? (ms_clock_s() - start_s) / (double)fresh : -1;
    ms_progress p = {.phase = "dies",
                     .done = done / j->v->n_point,
                     .total = j->n_task / j->v->n_point,
                     .eta_s = fresh ? each * (double)(j->n_task - done) : -1,
                     .loss = NAN,
                     .accuracy = NAN};
    pthread_mutex_unlock(&j->lock);
    control->report(control->user, &p);
    pthread_mutex_lock(&j->lock);
  }
  pthread_mutex_unlock(&j->lock);
}

static void run_workers(job *j) {
  unsigned jobs = j->options->jobs ? j->options->jobs : 1;
  pthread_t *thread = calloc(jobs, sizeof *thread);
  unsigned n = 0;
  double start_s = ms_clock_s();
  pthread_mutex_lock(&j->lock);
  while (thread && n < jobs && !pthread_create(&thread[n], NULL, work, j)) {
    n++;
    j->running++;
  }
  pthread_mutex_unlock(&j->lock);
  if (!n) {
    j->rc = ms_fail(&j->err, MS_ENOMEM, "cannot start a thread");
  } else {
    wait_for_workers(j, start_s);
    for (unsigned i = 0; i < n; i++)
      pthread_join(thread[i], NULL);
  }
  free(thread);
}

/* Takes what an interrupted run left. */
static int resume(job *j, ms_error *err) {
  ms_validation *v = j->v;
  double *row = calloc(v->stride, sizeof *row);
  size_t task;
  int rc = row ? 0 : ms_fail(err, MS_ENOMEM, "no memory for a row");
  while (!rc && ms_state_next(j->state, &task, row, v->stride))
    if (task < j->n_task && !j->done[task]) {
      memcpy(v->row + task * v->stride, row, v->stride * sizeof *row);
      j->done[task] = 1;
      j->n_done++;
      v->n_resumed++;
    }
  free(row);
  look_whether_enough(j);
  return rc;
}

static int run(job *j, ms_error *err) {
  ms_validation *v = j->v;
  const ms_validate_options *o = j->options;
  j->n_task = o->n_die * v->n_point;
  v->row = calloc(j->n_task * v->stride + 1, sizeof *v->row);
  j->done = calloc(j->n_task + 1, 1);
  int rc = v->row && j->done ? 0 : ms_fail(err, MS_ENOMEM, "no memory for %zu dies", o->n_die);
  if (!rc && o->state)
    rc = ms_state_open(o->state, o->resume, v, &j->state, err);
  if (!rc && o->state && o->resume)
    rc = resume(j, err);
  if (!rc && j->stop_dies == SIZE_MAX && j->n_done < j->n_task)
    run_workers(j);
  ms_state_close(j->state);
  if (!rc && j->rc) {
    if (err)
      *err = j->err;
    rc = j->rc;
  }
  v->n_die = j->stop_dies < o->n_die ? j->stop_dies : o->n_die;
  v->stopped_early = v->n_die < o->n_die;
  bool complete = true;
  for (size_t t = 0; t < v->n_die * v->n_point && !rc; t++)
    complete &= j->done[t] != 0;
  if (!rc && !complete)
    rc = ms_fail(err, MS_EINTERRUPTED, "interrupted after %zu of %zu dies%s",
                 j->n_done / v->n_point, o->n_die, o->state ? "; --resume goes on from there" : "");
  return rc;
}

int ms_validate(const ms_validate_options *o, ms_validation **out, ms_error *err) {
  *out = NULL;
  if (!o->n_die)
    return ms_fail(err, MS_EINVAL, "a validation needs at least one die");
  ms_error local = {0}, *e = err ? err : &local;
  double start_s = ms_clock_s();
  job j = {.options = o, .stop_dies = SIZE_MAX};
  int rc = ms_plan_validation(o, &j.v, e);
  if (rc)
    return rc;
  pthread_mutex_init(&j.lock, NULL);
  pthread_cond_init(&j.changed, NULL);
  rc = run(&j, e);
  rc = rc ? rc : ms_judge(j.v, e);
  if (!rc && o->explain)
    rc = ms_explain(j.v, o->worker_path, e);
  if (!rc && o->keep_worst)
    rc = ms_keep_worst(j.v, o, e);
  pthread_mutex_destroy(&j.lock);
  pthread_cond_destroy(&j.changed);
  free(j.done);
  j.v->wall_s = ms_clock_s() - start_s;
  if (rc) {
    ms_validation_destroy(j.v);
    return rc;
  }
  *out = j.v;
  return 0;
}
