/* SPDX-License-Identifier: Apache-2.0 */
/* Chips in threads, and the queue they take their jobs from. */
#include "methods/lab.h"
#include "base/clock.h"
#include "methods/distort.h"
#include "mixspike/router_map.h"
#include "model/params.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct bench {
  ms_chip *chip;
  uint64_t configured; /* version of the configuration it holds */
  int distorted;       /* and that for `die` alone */
  uint64_t phase;      /* of that die's drift */
  double heat_c;       /* by which the chip is hotter than the setup says */
  ms_die die;
  int has_die;
} bench;

struct ms_lab {
  const ms_setup *setup;
  unsigned jobs;
  bench *bench;
  ms_config config;
  uint32_t (*write)[2]; /* instead of `config`, if not NULL */
  size_t n_write;
  uint64_t version, age;
  ms_time grid_ps; /* of membranes; 0: not observed */
  uint64_t spent;
  double wall_s, router_s;
};

typedef struct queue {
  ms_lab *lab;
  const ms_lab_job *job;
  size_t n, next, done;
  unsigned running;
  ms_lab_result *result;
  int stop, rc;
  ms_error error;
  pthread_mutex_t lock;
  pthread_cond_t moved;
} queue;

typedef struct hand {
  queue *q;
  bench *b;
  pthread_t thread;
} hand;

int ms_lab_create(const ms_setup *setup, unsigned jobs, ms_lab **out, ms_error *err) {
  *out = NULL;
  ms_lab *lab = calloc(1, sizeof *lab);
  if (lab) {
    *lab = (ms_lab){.setup = setup, .jobs = jobs ? jobs : 1};
    lab->bench = calloc(lab->jobs, sizeof *lab->bench);
  }
  if (!lab || !lab->bench) {
    free(lab);
    return ms_fail(err, MS_ENOMEM, "no memory for %u chips", jobs);
  }
  for (unsigned i = 0; i < lab->jobs; i++) {
    int rc = ms_chip_create(&setup->chip, &lab->bench[i].chip, err);
    if (!rc)
      rc = ms_chip_set_pvt(lab->bench[i].chip, &setup->pvt, err);
    if (rc) {
      ms_lab_destroy(lab);
      return rc;
    }
  }
  *out = lab;
  return MS_OK;
}

void ms_lab_destroy(ms_lab *lab) {
  if (!lab)
    return;
  for (unsigned i = 0; i < lab->jobs; i++)
    ms_chip_destroy(lab->bench[i].chip);
  ms_config_clear(&lab->config);
  free(lab->write);
  free(lab->bench);
  free(lab);
}

/* Makes a configuration the lab's own; chips take it over at their next job. */
static void adopt(ms_lab *lab, const ms_config *config, uint32_t (*write)[2], size_t n_write) {
  ms_config_clear(&lab->config);
  free(lab->write);
  lab->config = *config;
  lab->write = write;
  lab->n_write = n_write;
  lab->version++;
}

int ms_lab_configure_writes(ms_lab *lab, const uint32_t (*write)[2], size_t n, ms_error *err) {
  uint32_t(*copy)[2] = calloc(n + 1, sizeof *copy);
  if (!copy)
    return ms_fail(err, MS_ENOMEM, "no memory for a configuration");
  memcpy(copy, write, n * sizeof *copy);
  adopt(lab, &(ms_config){0}, copy, n);
  return MS_OK;
}

int ms_lab_configure(ms_lab *lab, const ms_network *network, ms_error *err) {
  ms_config config;
  int rc = ms_network_config(network, lab->setup->core, NULL, &config, err);
  if (rc)
    return rc;
  if ((rc = ms_setup_bias(lab->setup, &config, err))) {
    ms_config_clear(&config);
    return rc;
  }
  adopt(lab, &config, NULL, 0);
  return MS_OK;
}

static int copy_config(const ms_config *from, ms_config *config, ms_error *err) {
  *config = *from;
  config->synapse = calloc(from->n_synapse ? from->n_synapse : 1, sizeof *config->synapse);
  config->bias = from->bias ? calloc(from->n_bias ? from->n_bias : 1, sizeof *config->bias) : NULL;
  if (!config->synapse || (from->bias && !config->bias)) {
    ms_config_clear(config);
    return ms_fail(err, MS_ENOMEM, "no memory for a configuration");
  }
  if (from->n_synapse)
    memcpy(config->synapse, from->synapse, from->n_synapse * sizeof *config->synapse);
  if (config->bias)
    memcpy(config->bias, from->bias, from->n_bias * sizeof *config->bias);
  return MS_OK;
}

int ms_lab_configure_raw(ms_lab *lab, const ms_config *from, ms_error *err) {
  ms_config config;
  int rc = copy_config(from, &config, err);
  if (!rc)
    adopt(lab, &config, NULL, 0);
  return rc;
}

void ms_lab_set_age(ms_lab *lab, uint64_t samples) {
  lab->age = samples;
}

void ms_lab_observe(ms_lab *lab, ms_time grid_ps) {
  lab->grid_ps = grid_ps;
}

static int same_die(const ms_die *a, const ms_die *b) {
  return a->seed == b->seed && a->die == b->die && !(a->strength < b->strength) &&
         !(a->strength > b->strength);
}

/* Failures that belong to one run and not to the request. */
static int only_this_run(int rc) {
  return rc == MS_ESIM || rc == MS_ECRASH || rc == MS_ETIMEOUT;
}

/* The lab's configuration as a die with distortions takes it. */
static int configure_distorted(ms_lab *lab, bench *b, const ms_die *die, uint64_t age,
                               ms_error *err) {
  ms_config config;
  int rc = copy_config(&lab->config, &config, err);
  if (rc)
    return rc;
  ms_distort_config(&lab->setup->experiment->distortion, die, age, lab->setup->core,
                    lab->setup->chip.bias_sharing.own, &config);
  rc = ms_chip_configure(b->chip, &config, err);
  ms_config_clear(&config);
  return rc;
}

static int configure(ms_lab *lab, bench *b, const ms_die *die, uint64_t age, ms_error *err) {
  const ms_distortion *d = &lab->setup->experiment->distortion;
  const int distorted = ms_distorted(d, die);
  const uint64_t phase = ms_distort_phase(d, age);
  if (b->configured == lab->version &&
      (!(distorted || b->distorted) || (b->has_die && same_die(&b->die, die) && b->phase == phase)))
    return MS_OK;
  int rc = lab->write  ? ms_chip_configure_writes(b->chip, (const uint32_t(*)[2])lab->write,
                                                  lab->n_write, err)
           : distorted ? configure_distorted(lab, b, die, age, err)
                       : ms_chip_configure(b->chip, &lab->config, err);
  b->configured = rc ? 0 : lab->version;
  b->distorted = distorted;
  b->phase = phase;
  return rc;
}

/* Leaves the chip alone while its temperature stays. */
static int heat(ms_lab *lab, bench *b, const ms_die *die, uint64_t age, ms_error *err) {
  const double heat_c = ms_distort_heat_c(&lab->setup->experiment->distortion, die, age);
  if (heat_c >= b->heat_c && heat_c <= b->heat_c)
    return MS_OK;
  ms_pvt pvt = lab->setup->pvt;
  pvt.temp_c = (pvt.temp_set ? pvt.temp_c : lab->setup->core->process->temp_c[1]) + heat_c;
  pvt.temp_set = true;
  int rc = ms_chip_set_pvt(b->chip, &pvt, err);
  if (rc)
    ms_fail_context(err, "key 'distortion.temperature_step'");
  else
    b->heat_c = heat_c;
  return rc;
}

/* The membranes of a run, all with as many samples as fit into it; a waveform that ends sooner goes
 * on as it ended. */
static int take_membranes(const ms_run_result *run, ms_time grid_ps, ms_time t_stop,
                          ms_lab_result *result, ms_error *err) {
  size_t n = (size_t)(t_stop / grid_ps) + 1;
  result->membrane_v = calloc(run->n_neuron * n, sizeof *result->membrane_v);
  if (!result->membrane_v)
    return ms_fail(err, MS_ENOMEM, "no memory for the membranes of %u neurons", run->n_neuron);
  result->n_sample = n;
  for (unsigned k = 0; k < run->n_neuron; k++) {
    const ms_group_result *group = &run->group[k];
    for (size_t w = 0; w < group->n_wave; w++)
      if (group->wave[w].probe == MS_PROBE_VMEM && group->wave[w].n)
        for (size_t i = 0; i < n; i++) {
          size_t at = i < group->wave[w].n ? i : group->wave[w].n - 1;
          result->membrane_v[k * n + i] = (float)group->wave[w].v[at];
        }
  }
  return MS_OK;
}

static int run_one(ms_lab *lab, bench *b, const ms_lab_job *job, uint64_t number,
                   ms_lab_result *result, ms_error *err) {
  const ms_setup *s = lab->setup;
  const uint64_t age = lab->age + number;
  int rc = configure(lab, b, &job->die, age, err);
  rc = rc ? rc : heat(lab, b, &job->die, age, err);
  if (!rc && (!b->has_die || !same_die(&b->die, &job->die))) {
    rc = ms_chip_set_die(b->chip, &job->die, err);
    b->die = job->die;
    b->has_die = !rc;
  }
  if (rc)
    return rc;
  ms_event encoded[MS_MAX_EVENTS];
  const ms_event *in = job->value ? encoded : job->in;
  size_t n_in =
      job->value ? ms_encode(&s->encoding, job->value, s->task->n_value, encoded) : job->n_in;
  ms_time t_stop = ms_time_from_s(s->encoding.window_tau * s->encoding.tau_s);
  if (job->value)
    ms_distort_events(&s->experiment->distortion, &job->die, age, s->encoding.tau_s, t_stop,
                      encoded, n_in);
  ms_run_options options = {.t_stop = t_stop, .sample_ps = lab->grid_ps};
  if (lab->grid_ps)
    options.probe_mask = 1u << MS_PROBE_VMEM;
  ms_run_result run = {0};
  rc = ms_chip_run(b->chip, in, n_in, &options, &run, err);
  if (!rc && lab->grid_ps)
    rc = take_membranes(&run, lab->grid_ps, t_stop, result, err);
  if (!rc) {
    result->spike = run.spike;
    result->n_spike = run.n_spike;
    result->delivery = run.delivery;
    result->n_delivery = run.n_delivery;
    run.spike = NULL;
    run.delivery = NULL;
    result->energy_j = run.energy_j;
    result->wall_s = run.wall_s;
    result->router_wall_s = run.router_wall_s;
  }
  ms_run_result_clear(&run);
  return rc;
}

static void *serve(void *arg) {
  hand *h = arg;
  queue *q = h->q;
  pthread_mutex_lock(&q->lock);
  while (!q->stop && q->next < q->n) {
    size_t i = q->next++;
    pthread_mutex_unlock(&q->lock);
    ms_error err = {0};
    int rc = run_one(q->lab, h->b, &q->job[i], i, &q->result[i], &err);
    pthread_mutex_lock(&q->lock);
    q->result[i].rc = rc;
    if (rc)
      snprintf(q->result[i].note, sizeof q->result[i].note, "%.159s", err.text);
    q->done++;
    if (rc && !only_this_run(rc) && !q->rc) {
      q->rc = rc;
      q->error = err;
      q->stop = 1;
    }
    pthread_cond_signal(&q->moved);
  }
  q->running--;
  pthread_cond_signal(&q->moved);
  pthread_mutex_unlock(&q->lock);
  return NULL;
}

/* Waits for the hands, tells how far they are, and stops them on request. */
static void oversee(queue *q, const ms_control *control, const ms_progress *progress) {
  double start = ms_clock_s(), told = start;
  size_t seen = 0;
  pthread_mutex_lock(&q->lock);
  while (q->running) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 200000000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
    pthread_cond_timedwait(&q->moved, &q->lock, &until);
    if (control && control->cancel && *control->cancel)
      q->stop = 1;
    double now = ms_clock_s();
    if (control && control->report && progress && q->done != seen && now - told > 0.2) {
      ms_progress p = *progress;
      p.done += q->done;
      double left = (double)(p.total > p.done ? p.total - p.done : 0);
      p.eta_s = (now - start) / (double)q->done * left;
      seen = q->done;
      told = now;
      pthread_mutex_unlock(&q->lock);
      control->report(control->user, &p);
      pthread_mutex_lock(&q->lock);
    }
  }
  pthread_mutex_unlock(&q->lock);
}

int ms_lab_run(ms_lab *lab, const ms_lab_job *job, size_t n, ms_lab_result *result,
               const ms_control *control, const ms_progress *progress, ms_error *err) {
  memset(result, 0, n * sizeof *result);
  if (control && control->report && progress) {
    ms_progress p = *progress;
    p.eta_s = -1;
    control->report(control->user, &p);
  }
  if (control && control->cancel && *control->cancel)
    return ms_fail(err, MS_EINTERRUPTED, "interrupted");
  unsigned hands = n < lab->jobs ? (unsigned)n : lab->jobs;
  hand *h = calloc(hands ? hands : 1, sizeof *h);
  if (!h)
    return ms_fail(err, MS_ENOMEM, "no memory for %u threads", hands);
  queue q = {.lab = lab, .job = job, .n = n, .result = result};
  pthread_mutex_init(&q.lock, NULL);
  pthread_cond_init(&q.moved, NULL);
  pthread_mutex_lock(&q.lock);
  unsigned started = 0;
  for (; started < hands; started++) {
    h[started] = (hand){.q = &q, .b = &lab->bench[started]};
    if (pthread_create(&h[started].thread, NULL, serve, &h[started]))
      break;
    q.running++;
  }
  if (hands && !started)
    q.rc = ms_fail(&q.error, MS_EIO, "no thread could be started: %s", strerror(errno));
  pthread_mutex_unlock(&q.lock);
  oversee(&q, control, progress);
  for (unsigned i = 0; i < started; i++)
    pthread_join(h[i].thread, NULL);
  free(h);
  pthread_mutex_destroy(&q.lock);
  pthread_cond_destroy(&q.moved);
  lab->spent += q.done;
  for (size_t i = 0; i < n; i++) {
    lab->wall_s += result[i].wall_s;
    lab->router_s += result[i].router_wall_s;
  }
  if (!q.rc && q.done < n)
    q.rc = ms_fail(&q.error, MS_EINTERRUPTED, "interrupted");
  if (q.rc) {
    if (err)
      *err = q.error;
    ms_lab_results_clear(result, n);
  }
  return q.rc;
}

void ms_lab_results_clear(ms_lab_result *result, size_t n) {
  for (size_t i = 0; i < n; i++) {
    free(result[i].spike);
    free(result[i].delivery);
    free(result[i].membrane_v);
  }
  memset(result, 0, n * sizeof *result);
}

/* What connections between cores take longer than those within one, clock cycles, averaged over
 * all pairs: 5, and one a hop (docs/router.md, "Several cores"). */
static double mesh_cycles(const ms_chip_options *o) {
  const unsigned cols = o->cols ? o->cols : 1, cores = cols * (o->rows ? o->rows : 1);
  double sum = 0;
  for (unsigned a = 0; a < cores; a++)
    for (unsigned b = 0; b < cores; b++)
      if (a != b)
        sum += 5 + abs((int)(a % cols) - (int)(b % cols)) + abs((int)(a / cols) - (int)(b / cols));
  return sum / (cores * cores);
}

int ms_lab_latency(ms_lab *lab, ms_sim_latency *out, ms_error *err) {
  ms_router *router = ms_chip_router(ms_lab_chip(lab));
  ms_ack_timing ack = ms_router_ack_timing(router);
  double clock_s = ms_time_to_s(ack.clock_ps);
  uint32_t latency = 0;
  int rc = ms_router_reset(router, err); /* a run may have ended with events under way */
  if (!rc)
    rc = ms_router_read(router, MS_MAP_LATENCY, &latency, err);
  if (rc)
    return rc;
  /* Every router delivers an event's connections one a clock, each core its own share of them. An
   * asynchronous event waits half a clock for its edge on average. */
  const ms_chip_options *o = &lab->setup->chip;
  const double cores = (o->cols ? o->cols : 1) * (o->rows ? o->rows : 1),
               way = mesh_cycles(o) + 0.5;
  *out = (ms_sim_latency){.input_s = ((double)(latency >> 24 & 0xff) + way) * clock_s,
                          .spike_s = ((double)(latency >> 16 & 0xff) + way) * clock_s,
                          .pace_s = clock_s / cores,
                          .queues = o->router != MS_ROUTER_IDEAL,
                          .ack_s = (ack.rise_cycles + 0.5) * clock_s,
                          .release_s = (ack.fall_cycles + 0.5) * clock_s};
  return MS_OK;
}

ms_chip *ms_lab_chip(const ms_lab *lab) {
  return lab->bench[0].chip;
}

uint64_t ms_lab_spent(const ms_lab *lab) {
  return lab->spent;
}

double ms_lab_wall_s(const ms_lab *lab, double *router_s) {
  if (router_s)
    *router_s = lab->router_s;
  return lab->wall_s;
}
