/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of a layer: exact for what is smooth; a spike's derivative is SuperSpike's
 * 1/(1 + beta |I/Ithr - 1|)^2 (Zenke and Ganguli 2018); the reset passes no gradient. */
#include "model/curve.h"
#include "model/layer.h"
#include "model/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Through the arrival of charge at a grid point and the decay before it: g is by the current after
 * the arrival on entry, by the current one step before on return. */
MS_VECTOR static void row_back(size_t n, const float *restrict keep, const float *restrict rest,
                               const float *restrict after, const float *restrict before,
                               float *restrict g, float *restrict by_charge) {
  for (size_t i = 0; i < n; i++) {
    float f = g[i] * after[i] / (1.0f + after[i]);
    float decayed = rest[i] + (before[i] - rest[i]) * keep[i];
    by_charge[i] = f;
    g[i] = f * (1.0f + 1.0f / decayed) * keep[i];
  }
}

MS_VECTOR static void spread(size_t n, const float *restrict drive, const float *restrict mean,
                             const float *restrict by_sum, float *restrict g) {
  for (size_t i = 0; i < n; i++)
    g[i] += drive[i] * mean[i] * by_sum[i];
}

/* Through the membrane's step: g is by the membrane after it on entry, before it on return. */
MS_VECTOR static void membrane_back(size_t n, const float *restrict rest, const float *restrict m,
                                    const float *restrict span, const float *restrict leak,
                                    const float *restrict mid, float *restrict g,
                                    float *restrict by_exc, float *restrict by_inh) {
  for (size_t i = 0; i < n; i++) {
    float e = leak[i], a = rest[i] + (m[i] - rest[i]) * e;
    float by_mid = g[i] * e;
    float by_e = g[i] * (mid[i] - rest[i]);
    float by_f = by_mid * mid[i] / (1.0f + mid[i]);
    float by_a = by_f * (1.0f + 1.0f / a);
    by_exc[i] = by_f * span[i];
    by_e += by_a * (m[i] - rest[i]);
    by_inh[i] = -0.5f * span[i] * e * by_e;
    g[i] = by_a * e;
  }
}

MS_VECTOR static void surrogate(size_t n, float beta, const float *restrict threshold,
                                const float *restrict peak, const float *restrict by_spike,
                                float *restrict g) {
  for (size_t i = 0; i < n; i++) {
    float u = peak[i] / threshold[i] - 1.0f;
    float w = 1.0f + beta * (u < 0 ? -u : u);
    g[i] += by_spike[i] / (w * w * threshold[i]);
  }
}

static void by_column(ms_layer *l, const ms_arrivals *in, unsigned k, const float *by_charge) {
  size_t n = (size_t)l->n_post * MS_LANES;
  for (uint32_t e = in->first[k]; e < in->first[k + 1]; e++) {
    const ms_arrival *a = &in->item[e];
    for (int s = 0; s < 2; s++) {
      const float *q = by_charge + l->slot[s][a->column] * n + a->lane;
      float *g = l->charge_gradient[s] + (size_t)a->column * l->n_post;
      for (unsigned j = 0; j < l->n_post; j++)
        g[j] += a->share * q[(size_t)j * MS_LANES];
    }
  }
}

int ms_layer_backward(ms_layer *l, const ms_arrivals *in, unsigned n_step, float beta,
                      const float *by_spike, size_t stride, const float *by_peak) {
  size_t n = (size_t)l->n_post * MS_LANES;
  float *g = calloc((3 + l->n_row) * n, sizeof *g);
  if (!g)
    return MS_ENOMEM;
  float *by_exc = g + n, *by_inh = g + 2 * n, *gx = g + 3 * n;
  size_t s = l->n_spike;
  for (unsigned k = n_step; k-- > 0;) {
    const float *x = l->x + (size_t)k * l->n_row * n, *x_next = x + l->n_row * n;
    float *by_charge = l->q_gradient + (size_t)(k + 1) * l->n_row * n;
    for (; s > 0 && l->spike[s - 1].step == k; s--)
      g[(size_t)l->spike[s - 1].neuron * MS_LANES + l->spike[s - 1].lane] = 0;
    if (by_peak)
      for (size_t i = 0; i < n; i++)
        g[i] += by_peak[(size_t)k * n + i];
    surrogate(n, beta, l->threshold, l->peak + k * n, by_spike + k * stride, g);
    membrane_back(n, l->rest, l->m + k * n, l->span + k * n, l->leak + k * n, l->mid + k * n, g,
                  by_exc, by_inh);
    for (unsigned r = 0; r < l->n_row; r++) {
      row_back(n, l->keep + r * n, l->row_rest + r * n, x_next + r * n, x + r * n, gx + r * n,
               by_charge + r * n);
      spread(n, l->row_drive + r * n, l->mean + r * n,
             l->p->row[l->row[r]].sign == MS_INH ? by_inh : by_exc, gx + r * n);
    }
    by_column(l, in, k + 1, by_charge);
  }
  for (unsigned r = 0; r < l->n_row; r++)
    for (size_t i = 0; i < n; i++) {
      float after = l->x[r * n + i];
      l->q_gradient[r * n + i] = gx[r * n + i] * after / (1.0f + after);
    }
  by_column(l, in, 0, l->q_gradient);
  free(g);
  return MS_OK;
}
