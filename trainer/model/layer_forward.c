/* SPDX-License-Identifier: Apache-2.0 */
/* A layer through time. */
#include "model/curve.h"
#include "model/layer.h"
#include "model/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows decay to rest over one step. */
MS_VECTOR static void decay(size_t n, float keep, float rest, const float *restrict x,
                            float *restrict next) {
  for (size_t i = 0; i < n; i++)
    next[i] = rest + (x[i] - rest) * keep;
}

/* Charge arrives. */
MS_VECTOR static void arrive(size_t n, const float *restrict q, float *restrict x) {
  for (size_t i = 0; i < n; i++)
    x[i] = q[i] > 0 ? ms_dpi_current(ms_dpi_charge(x[i]) + q[i]) : x[i];
}

/* Adds the mean current of a decaying row over a step. */
MS_VECTOR static void collect(size_t n, float drive, float mean, float rest,
                              const float *restrict x, float *restrict sum) {
  for (size_t i = 0; i < n; i++)
    sum[i] += drive * (rest + (x[i] - rest) * mean);
}

/* The membrane over one step. */
MS_VECTOR static void integrate(size_t n, float dt, float rate, float rest,
                                const float *restrict exc, const float *restrict inh,
                                const float *restrict m, float *restrict rem, float *restrict span,
                                float *restrict leak, float *restrict mid, float *restrict peak) {
  for (size_t i = 0; i < n; i++) {
    float active = dt - rem[i];
    active = active > 0 ? active : 0;
    float left = rem[i] - dt;
    rem[i] = left > 0 ? left : 0;
    float h = active * rate;
    float e = ms_exp(-0.5f * h * (1.0f + inh[i]));
    float a = rest + (m[i] - rest) * e;
    float b = ms_dpi_current(ms_dpi_charge(a) + exc[i] * h);
    span[i] = h;
    leak[i] = e;
    mid[i] = b;
    peak[i] = rest + (b - rest) * e;
  }
}

MS_VECTOR static float largest(size_t n, const float *x) {
  float most = 0;
  for (size_t i = 0; i < n; i++)
    most = x[i] > most ? x[i] : most;
  return most;
}

static int add_spike(ms_layer *l, unsigned step, size_t i, float t) {
  if (l->n_spike == l->spike_room) {
    size_t room = l->spike_room ? 2 * l->spike_room : 256;
    ms_sim_spike *more = realloc(l->spike, room * sizeof *more);
    if (!more)
      return MS_ENOMEM;
    l->spike = more;
    l->spike_room = room;
  }
  l->spike[l->n_spike++] = (ms_sim_spike){
      .step = step, .neuron = (uint16_t)(i / MS_LANES), .lane = (uint8_t)(i % MS_LANES), .t = t};
  return MS_OK;
}

/* A spike at t resets the membrane and starts the dead time. */
static int spike_at(ms_layer *l, unsigned step, size_t i, float t, float dt, float *next) {
  float left = t + l->p->dead - (float)(step + 1) * dt;
  l->rem[i] = left > 0 ? left : 0;
  l->compare[i] = 0;
  next[i] = l->p->rest;
  return add_spike(l, step, i, t);
}

/* What the comparator takes over a step of `active`: the membrane's charge F grows nearly evenly in
 * time, so its mean current is that of F between both ends, and a threshold in between is passed
 * where F says. `*from` is the part of the step after which it began to take. */
static float compare(float held, float active, float threshold, float m, float peak, float *from) {
  *from = 0;
  if (held <= 0 && m < threshold) {
    float f0 = ms_dpi_charge(m), f1 = ms_dpi_charge(peak);
    *from = (ms_dpi_charge(threshold) - f0) / (f1 - f0);
    m = threshold;
  }
  float span = ms_dpi_charge(peak) - ms_dpi_charge(m), change = peak - m;
  float size = change < 0 ? -change : change;
  float mean = size > 1e-3f * m ? change * (1.0f + 0.5f * (m + peak)) / span : m;
  float taken = held + active * (1 - *from) * (mean / threshold - 1);
  return taken > 0 ? taken : 0;
}

/* The spikes of a step. In a forced run the comparator turns only where a spike happened; where it
 * would turn without, the membrane is put back below the threshold. */
static int compare_all(ms_layer *l, unsigned step, float dt, const float *m, float *peak,
                       float *next, int forced) {
  size_t n = (size_t)l->n_post * MS_LANES;
  float threshold = l->p->threshold, turn = l->p->compare;
  if (!l->comparing && largest(n, peak) < threshold)
    return MS_OK;
  l->comparing = 0;
  for (size_t i = 0; i < n; i++) {
    float held = l->compare[i];
    if (peak[i] < threshold && held <= 0)
      continue;
    float active = l->span[(size_t)step * n + i] / l->p->rate, from;
    float taken = compare(held, active, threshold, m[i], peak[i], &from);
    l->compare[i] = taken;
    if (peak[i] < threshold || taken < turn) {
      l->comparing |= taken > 0;
      continue;
    }
    if (forced) {
      peak[i] = next[i] = 0.98f * threshold;
      l->compare[i] = 0;
      continue;
    }
    float part = taken > held ? from + (1 - from) * (turn - held) / (taken - held) : 1;
    int rc = spike_at(l, step, i, (float)(step + 1) * dt - active * (1 - part), dt, next);
    if (rc)
      return rc;
  }
  return MS_OK;
}

/* Where the model is not there yet, the trace is lifted to the threshold. */
static int force_spikes(ms_layer *l, unsigned step, float dt, const ms_sim_spike **at,
                        const ms_sim_spike *end, float *peak, float *next) {
  for (; *at < end && (*at)->step <= step; (*at)++) {
    size_t i = (size_t)(*at)->neuron * MS_LANES + (*at)->lane;
    if (peak[i] < l->p->threshold)
      peak[i] = l->p->threshold;
    int rc = spike_at(l, step, i, (*at)->t, dt, next);
    if (rc)
      return rc;
  }
  return MS_OK;
}

static void receive(ms_layer *l, const ms_arrivals *in, unsigned k, float *x) {
  size_t n = (size_t)l->n_post * MS_LANES;
  if (in->first[k] == in->first[k + 1])
    return;
  memset(l->q, 0, l->n_row * n * sizeof *l->q);
  for (uint32_t e = in->first[k]; e < in->first[k + 1]; e++) {
    const ms_arrival *a = &in->item[e];
    for (unsigned k2 = 0; k2 < l->n_parallel; k2++)
      for (int s = 0; s < 2; s++) {
        size_t column = (size_t)a->pre * l->n_parallel + k2;
        float *q = l->q + l->slot[s][column] * n + a->lane;
        const float *charge = l->charge[s] + column * l->n_post;
        for (unsigned j = 0; j < l->n_post; j++)
          q[(size_t)j * MS_LANES] += a->share * charge[j];
      }
  }
  for (unsigned r = 0; r < l->n_row; r++)
    arrive(n, l->q + r * n, x + r * n);
}

int ms_layer_forward(ms_layer *l, const ms_arrivals *in, unsigned n_step, float dt,
                     const ms_sim_spike *forced, size_t n_forced) {
  const ms_sim_params *p = l->p;
  size_t n = (size_t)l->n_post * MS_LANES;
  float *sum = calloc(2 * n, sizeof *sum);
  if (!sum)
    return MS_ENOMEM;
  const ms_sim_spike *at = forced, *end = forced ? forced + n_forced : NULL;
  l->n_spike = 0;
  memset(l->rem, 0, n * sizeof *l->rem);
  memset(l->compare, 0, n * sizeof *l->compare);
  l->comparing = 0;
  for (size_t i = 0; i < n; i++)
    l->m[i] = p->rest;
  for (unsigned r = 0; r < l->n_row; r++)
    for (size_t i = 0; i < n; i++)
      l->x[r * n + i] = p->row[l->row[r]].rest;
  receive(l, in, 0, l->x);
  int rc = MS_OK;
  for (unsigned k = 0; !rc && k < n_step; k++) {
    float *x = l->x + (size_t)k * l->n_row * n, *x_next = x + l->n_row * n;
    float *m = l->m + k * n, *next = m + n, *peak = l->peak + k * n;
    for (size_t i = 0; i < 2 * n; i++)
      sum[i] = i < n ? p->constant : 0;
    for (unsigned r = 0; r < l->n_row; r++) {
      const ms_sim_row *row = &p->row[l->row[r]];
      float keep = expf(-row->rate * dt), mean = (1 - keep) / (row->rate * dt);
      collect(n, row->drive, mean, row->rest, x + r * n, sum + (row->sign == MS_INH ? n : 0));
      decay(n, keep, row->rest, x + r * n, x_next + r * n);
    }
    integrate(n, dt, p->rate, p->rest, sum, sum + n, m, l->rem, l->span + k * n, l->leak + k * n,
              l->mid + k * n, peak);
    memcpy(next, peak, n * sizeof *next);
    rc = compare_all(l, k, dt, m, peak, next, forced != NULL);
    if (!rc)
      rc = force_spikes(l, k, dt, &at, end, peak, next);
    receive(l, in, k + 1, x_next);
  }
  free(sum);
  return rc;
}
