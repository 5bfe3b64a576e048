/* SPDX-License-Identifier: Apache-2.0 */
/* Waveforms of a model group. Synapse probes give the voltage of the row's capacitor above rest. */
#include "engine/model/model.h"

#include <stdlib.h>

static const double thermal_v = 0.0259 / 0.74; /* UT/kappa, for the volts of a synapse */

int ms_model_record_begin(ms_model_group *g, ms_error *err) {
  unsigned n_probe = MS_PROBE_SYN0 + g->m.n_row;
  g->wave_capacity = 0;
  g->next_sample = 0;
  if (!g->spec.probe_mask)
    return 0;
  g->result.wave = calloc(n_probe, sizeof *g->result.wave);
  if (!g->result.wave)
    return ms_fail(err, MS_ENOMEM, "no memory for waveforms");
  for (unsigned p = 0; p < n_probe; p++)
    if (g->spec.probe_mask >> p & 1u && p != MS_PROBE_NIN) /* the model has no such node */
      g->result.wave[g->result.n_wave++].probe = (ms_probe)p;
  return ms_model_record(g, &g->now, err);
}

static double probe_v(const ms_model_group *g, ms_probe probe, const ms_model_state *s) {
  double supply =
      g->spec.pvt.supply_v > 0 ? g->spec.pvt.supply_v : g->base.engine->core->process->supply_v[1];
  switch (probe) {
  case MS_PROBE_VMEM:
    return g->m.rest_v + g->m.slope_v * (s->v - g->v_rest);
  case MS_PROBE_REQ:
    return g->req ? supply : 0;
  case MS_PROBE_NACK:
    return g->ack ? 0 : supply;
  default:
    break;
  }
  unsigned r = (unsigned)probe - MS_PROBE_SYN0;
  return thermal_v * log(s->i_a[r] / g->m.row[r].i0_a);
}

static int add_point(ms_model_group *g, const ms_model_state *s, ms_error *err) {
  ms_group_result *result = &g->result;
  size_t n = result->wave[0].n;
  if (n == g->wave_capacity) {
    size_t capacity = n ? 2 * n : 256;
    for (size_t w = 0; w < result->n_wave; w++) {
      double *t_s = realloc(result->wave[w].t_s, capacity * sizeof *t_s);
      if (t_s)
        result->wave[w].t_s = t_s;
      double *v = realloc(result->wave[w].v, capacity * sizeof *v);
      if (v)
        result->wave[w].v = v;
      if (!t_s || !v)
        return ms_fail(err, MS_ENOMEM, "no memory for waveforms of %zu points", capacity);
    }
    g->wave_capacity = capacity;
  }
  for (size_t w = 0; w < result->n_wave; w++) {
    result->wave[w].t_s[n] = ms_time_to_s(s->t);
    result->wave[w].v[n] = probe_v(g, result->wave[w].probe, s);
    result->wave[w].n = n + 1;
  }
  return 0;
}

int ms_model_record(ms_model_group *g, const ms_model_state *to, ms_error *err) {
  if (!g->result.n_wave)
    return 0;
  if (!g->spec.sample_ps)
    return add_point(g, to, err);
  int rc = 0;
  for (; !rc && g->next_sample <= to->t; g->next_sample += g->spec.sample_ps) {
    ms_model_state s = g->next_sample == to->t ? *to : ms_model_state_at(g, g->next_sample);
    rc = add_point(g, &s, err);
  }
  return rc;
}
