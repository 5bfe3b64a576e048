/* SPDX-License-Identifier: Apache-2.0 */
/* A batch over several threads: samples go in groups of MS_LANES to whichever thread is free; sums
 * are formed in the order of the groups. */
#include "model/learn.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct ms_crew {
  ms_topology topology;
  unsigned threads;
  ms_net **net; /* [threads] */
};

typedef struct group_result {
  float *gradient;
  unsigned *activity;
  double loss;
  unsigned correct;
  size_t spikes;
} group_result;

typedef struct job {
  ms_crew *crew;
  const ms_sim_sample *sample;
  size_t n;
  const ms_net_options *options;
  const float *weight;
  int *decision;
  int backward;
  group_result *group; /* [groups] */
  atomic_size_t next;
  atomic_int rc;
} job;

typedef struct worker {
  job *job;
  ms_net *net;
  pthread_t thread;
} worker;

int ms_crew_create(const ms_topology *topology, const ms_sim_params *params,
                   const ms_encoding *encoding, double smallest_dt_tau, unsigned threads,
                   ms_crew **out) {
  *out = NULL;
  ms_crew *c = calloc(1, sizeof *c);
  if (!c)
    return MS_ENOMEM;
  c->topology = *topology;
  c->net = calloc(threads, sizeof *c->net);
  int rc = c->net ? MS_OK : MS_ENOMEM;
  for (; !rc && c->threads < threads; c->threads++)
    rc = ms_net_create(topology, params, encoding, smallest_dt_tau, &c->net[c->threads]);
  if (rc) {
    ms_crew_destroy(c);
    return rc;
  }
  *out = c;
  return MS_OK;
}

void ms_crew_destroy(ms_crew *c) {
  if (!c)
    return;
  for (unsigned i = 0; c->net && i < c->threads; i++)
    ms_net_destroy(c->net[i]);
  free(c->net);
  free(c);
}

static int run_group(job *j, ms_net *net, size_t g) {
  const ms_sim_sample *sample = j->sample + g * MS_LANES;
  size_t left = j->n - g * MS_LANES;
  unsigned n = left < MS_LANES ? (unsigned)left : MS_LANES;
  group_result *r = &j->group[g];
  if (ms_net_options_vary(j->options))
    ms_net_load(net, j->weight, j->options, g);
  int rc = ms_net_forward(net, sample, n, j->options);
  if (rc)
    return rc;
  r->correct = 0;
  r->spikes = net->hidden->n_spike;
  for (unsigned lane = 0; lane < n; lane++) {
    r->correct += net->decision[lane] == sample[lane].label;
    if (j->decision)
      j->decision[g * MS_LANES + lane] = net->decision[lane];
  }
  return j->backward
             ? ms_net_backward(net, sample, n, j->options, r->gradient, &r->loss, r->activity)
             : MS_OK;
}

static void *work(void *arg) {
  worker *w = arg;
  job *j = w->job;
  size_t groups = (j->n + MS_LANES - 1) / MS_LANES;
  for (;;) {
    size_t g = atomic_fetch_add(&j->next, 1);
    if (g >= groups || atomic_load(&j->rc))
      return NULL;
    int rc = run_group(j, w->net, g);
    if (rc)
      atomic_store(&j->rc, rc);
  }
}

/* A hidden neuron that (nearly) never fires has no gradient: all its inputs are pushed up. */
static void wake_silent(const ms_topology *t, const unsigned *activity, size_t n, float *gradient) {
  size_t fan_in = (size_t)t->n_input * t->parallel;
  for (unsigned h = 0; h < t->n_hidden; h++)
    if ((double)activity[h] < 0.02 * (double)n)
      for (size_t i = 0; i < fan_in; i++)
        gradient[h * fan_in + i] -= 0.01f;
}

static void sum_groups(const ms_crew *c, const job *j, size_t groups, float *gradient,
                       unsigned *activity, ms_batch_result *result) {
  size_t n_weight = ms_topology_weights(&c->topology);
  memset(gradient, 0, n_weight * sizeof *gradient);
  memset(activity, 0, c->topology.n_hidden * sizeof *activity);
  result->loss = 0;
  for (size_t g = 0; g < groups; g++) {
    for (size_t i = 0; i < n_weight; i++)
      gradient[i] += j->group[g].gradient[i];
    for (unsigned h = 0; h < c->topology.n_hidden; h++)
      activity[h] += j->group[g].activity[h];
    result->loss += j->group[g].loss / (double)j->n;
  }
  for (size_t i = 0; i < n_weight; i++)
    gradient[i] /= (float)j->n;
  wake_silent(&c->topology, activity, j->n, gradient);
}

int ms_crew_run(ms_crew *c, const float *weight, const ms_sim_sample *sample, size_t n,
                const ms_net_options *options, float *gradient, int *decision,
                ms_batch_result *result) {
  size_t groups = (n + MS_LANES - 1) / MS_LANES, n_weight = ms_topology_weights(&c->topology);
  unsigned threads = groups < c->threads ? (unsigned)groups : c->threads;
  job j = {.crew = c,
           .sample = sample,
           .n = n,
           .options = options,
           .weight = weight,
           .decision = decision,
           .backward = gradient != NULL};
  atomic_init(&j.next, 0);
  atomic_init(&j.rc, MS_OK);
  size_t n_hidden = c->topology.n_hidden;
  float *gradients = calloc(gradient ? groups * n_weight : 1, sizeof *gradients);
  unsigned *activity = calloc((groups + 1) * n_hidden, sizeof *activity);
  j.group = calloc(groups + 1, sizeof *j.group);
  worker *w = calloc(threads + 1, sizeof *w);
  int rc = gradients && activity && j.group && w ? MS_OK : MS_ENOMEM;
  if (!rc) {
    for (size_t g = 0; g < groups; g++) {
      j.group[g].gradient = gradient ? gradients + g * n_weight : NULL;
      j.group[g].activity = activity + (g + 1) * n_hidden;
    }
    unsigned started = 0;
    for (unsigned i = 0; i < threads; i++) {
      w[i] = (worker){.job = &j, .net = c->net[i]};
      ms_net_load(c->net[i], weight, options, 0);
    }
    for (unsigned i = 1; i < threads; i++, started++)
      if (pthread_create(&w[i].thread, NULL, work, &w[i]))
        break; /* fewer threads: slower, the same result */
    if (threads)
      work(&w[0]);
    for (unsigned i = 1; i <= started; i++)
      pthread_join(w[i].thread, NULL);
    rc = atomic_load(&j.rc);
  }
  if (!rc) {
    *result = (ms_batch_result){.loss = NAN};
    for (size_t g = 0; g < groups; g++) {
      result->correct += j.group[g].correct;
      result->activity += (double)j.group[g].spikes / (double)n;
    }
    if (gradient)
      sum_groups(c, &j, groups, gradient, activity, result);
  }
  free(gradients);
  free(activity);
  free(j.group);
  free(w);
  return rc;
}
