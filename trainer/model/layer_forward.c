/* SPDX-License-Identifier: Apache-2.0 */
/* A layer through time. */
#include "model/curve.h"
#include "model/layer.h"
#include "model/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a row keeps over a step, and the mean of its decay. */
static void prepare_rows(ms_layer *l, float dt) {
  size_t n = l->n_row * (size_t)l->n_post * MS_LANES;
  for (size_t i = 0; i < n; i += MS_LANES) {
    float h = l->row_rate[i] * dt, keep = expf(-h), mean = (1 - keep) / h;
    for (size_t lane = 0; lane < MS_LANES; lane++) {
      l->keep[i + lane] = keep;
      l->mean[i + lane] = mean;
    }
  }
}

/* Rows decay to rest over one step. */
MS_VECTOR static void decay(size_t n, const float *restrict keep, const float *restrict rest,
                            const float *restrict x, float *restrict next) {
  for (size_t i = 0; i < n; i++)
    next[i] = rest[i] + (x[i] - rest[i]) * keep[i];
}

/* Charge arrives. */
MS_VECTOR static void arrive(size_t n, const float *restrict q, float *restrict x) {
  for (size_t i = 0; i < n; i++)
    x[i] = ms_select(q[i] > 0, ms_dpi_current(ms_dpi_charge(x[i]) + q[i]), x[i]);
}

/* Adds the mean current of a decaying row over a step. */
MS_VECTOR static void collect(size_t n, const float *restrict drive, const float *restrict mean,
                              const float *restrict rest, const float *restrict x,
                              float *restrict sum) {
  for (size_t i = 0; i < n; i++)
    sum[i] += drive[i] * (rest[i] + (x[i] - rest[i]) * mean[i]);
}

/* The membrane over one step. */
MS_VECTOR static void integrate(size_t n, float dt, const float *restrict rate,
                                const float *restrict rest, const float *restrict exc,
                                const float *restrict inh, const float *restrict m,
                                float *restrict rem, float *restrict span, float *restrict leak,
                                float *restrict mid, float *restrict peak) {
  for (size_t i = 0; i < n; i++) {
    float active = dt - rem[i];
    active = active > 0 ? active : 0;
    float left = rem[i] - dt;
    rem[i] = left > 0 ? left : 0;
    float h = active * rate[i];
    float e = ms_exp(-0.5f * h * (1.0f + inh[i]));
    float a = rest[i] + (m[i] - rest[i]) * e;
    float b = ms_dpi_current(ms_dpi_charge(a) + exc[i] * h);
    span[i] = h;
    leak[i] = e;
    mid[i] = b;
    peak[i] = rest[i] + (b - rest[i]) * e;
  }
}

MS_VECTOR static float furthest_above(size_t n, const float *restrict x,
                                      const float *restrict threshold) {
  float most = -1;
  for (size_t i = 0; i < n; i++)
    most = x[i] - threshold[i] > most ? x[i] - threshold[i] : most;
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
  float left = t + l->dead[i] - (float)(step + 1) * dt;
  l->rem[i] = left > 0 ? left : 0;
  l->compare[i] = 0;
  next[i] = l->rest[i];
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
  if (!l->comparing && furthest_above(n, peak, l->threshold) < 0)
    return MS_OK;
  l->comparing = 0;
  for (size_t i = 0; i < n; i++) {
    float held = l->compare[i], threshold = l->threshold[i], turn = l->turn[i];
    if (peak[i] < threshold && held <= 0)
      continue;
    float active = l->span[(size_t)step * n + i] / l->rate[i], from;
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

/* The chip's membranes in place of the model's. Beyond the threshold the comparator's feedback
 * drives them, which the model does not have. */
MS_VECTOR static void observe(size_t n, const float *restrict observed,
                              const float *restrict threshold, const float *restrict rest,
                              float *restrict peak, float *restrict next) {
  for (size_t i = 0; i < n; i++) {
    float share = observed[i] < 1.5f ? observed[i] : 1.5f;
    float m = share * threshold[i];
    m = m > rest[i] ? m : rest[i];
    peak[i] = m;
    next[i] = m;
  }
}

/* Where the model is not there yet, the trace is lifted to the threshold unless it is loose; an
 * observed one has been reset by the end of the step and keeps what it had at the beginning. */
static int force_spikes(ms_layer *l, unsigned step, float dt, const ms_sim_spike **at,
                        const ms_sim_spike *end, int loose, const float *m, float *peak,
                        float *next) {
  for (; *at < end && (*at)->step <= step; (*at)++) {
    size_t i = (size_t)(*at)->neuron * MS_LANES + (*at)->lane;
    if (!loose)
      peak[i] = fmaxf(fmaxf(peak[i], m[i]), l->threshold[i]);
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
    for (int s = 0; s < 2; s++) {
      float *q = l->q + l->slot[s][a->column] * n + a->lane;
      const float *charge = l->charge[s] + (size_t)a->column * l->n_post;
      for (unsigned j = 0; j < l->n_post; j++)
        q[(size_t)j * MS_LANES] += a->share * charge[j];
    }
  }
  for (unsigned r = 0; r < l->n_row; r++)
    arrive(n, l->q + r * n, x + r * n);
}

int ms_layer_forward(ms_layer *l, const ms_arrivals *in, unsigned n_step, float dt,
                     const ms_recorded *recorded) {
  size_t n = (size_t)l->n_post * MS_LANES;
  float *sum = calloc(2 * n, sizeof *sum);
  if (!sum)
    return MS_ENOMEM;
  const float *observed = recorded ? recorded->membrane : NULL;
  const int loose = recorded && recorded->loose;
  const ms_sim_spike *at = recorded ? recorded->spike : NULL;
  const ms_sim_spike *end = at ? at + recorded->n_spike : NULL;
  l->n_spike = 0;
  memset(l->rem, 0, n * sizeof *l->rem);
  memset(l->compare, 0, n * sizeof *l->compare);
  l->comparing = 0;
  memcpy(l->m, l->rest, n * sizeof *l->m);
  memcpy(l->x, l->row_rest, l->n_row * n * sizeof *l->x);
  prepare_rows(l, dt);
  receive(l, in, 0, l->x);
  int rc = MS_OK;
  for (unsigned k = 0; !rc && k < n_step; k++) {
    float *x = l->x + (size_t)k * l->n_row * n, *x_next = x + l->n_row * n;
    float *m = l->m + k * n, *next = m + n, *peak = l->peak + k * n;
    memcpy(sum, l->constant, n * sizeof *sum);
    memset(sum + n, 0, n * sizeof *sum);
    for (unsigned r = 0; r < l->n_row; r++) {
      int sign = l->p->row[l->row[r]].sign;
      collect(n, l->row_drive + r * n, l->mean + r * n, l->row_rest + r * n, x + r * n,
              sum + (sign == MS_INH ? n : 0));
      decay(n, l->keep + r * n, l->row_rest + r * n, x + r * n, x_next + r * n);
    }
    integrate(n, dt, l->rate, l->rest, sum, sum + n, m, l->rem, l->span + k * n, l->leak + k * n,
              l->mid + k * n, peak);
    memcpy(next, peak, n * sizeof *next);
    if (observed)
      observe(n, observed + (k + 1) * n, l->threshold, l->rest, peak, next);
    else if (!loose)
      rc = compare_all(l, k, dt, m, peak, next, recorded != NULL);
    if (!rc)
      rc = force_spikes(l, k, dt, &at, end, loose, m, peak, next);
    receive(l, in, k + 1, x_next);
  }
  free(sum);
  return rc;
}
