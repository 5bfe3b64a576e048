/* SPDX-License-Identifier: Apache-2.0 */
/* Supply energy and waveforms; see record.h. */
#include "engine/ngspice/worker/record.h"

#include "engine/ngspice/worker/leave.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *memory) {
  if (!memory)
    ms_worker_leave(1);
  return memory;
}

static void store(ms_recorder *r, double t_s, const double *v) {
  size_t width = r->n_probe - 1;
  if (width == 0)
    return;
  if (r->n == r->capacity) {
    r->capacity = r->capacity ? 2 * r->capacity : 1024;
    r->wave_t_s = must(realloc(r->wave_t_s, r->capacity * sizeof *r->wave_t_s));
    r->wave_v = must(realloc(r->wave_v, r->capacity * width * sizeof *r->wave_v));
  }
  r->wave_t_s[r->n] = t_s;
  memcpy(r->wave_v + r->n * width, v, width * sizeof *v);
  r->n++;
}

void ms_recorder_look(ms_recorder *r, double t_s, const double *delta_s) {
  (void)t_s;
  for (size_t i = 0; i < r->n_probe; i++)
    r->now[i] = ms_sim_probe_read(&r->probe[i], delta_s);
  if (r->supply_v > 0)
    r->current_a = -ms_sim_probe_read(&r->supply, delta_s);
}

void ms_recorder_begin(ms_recorder *r, const ms_ng_setup *setup, const double *delta_s) {
  memset(r, 0, sizeof *r);
  r->n_probe = setup->n_probe;
  r->supply_v = setup->supply_v;
  r->grid_s = ms_time_to_s(setup->sample_ps);
  r->probe = must(calloc(r->n_probe, sizeof *r->probe));
  r->now = must(calloc(r->n_probe, sizeof *r->now));
  r->before = must(calloc(r->n_probe, sizeof *r->before));
  for (size_t i = 0; i < r->n_probe; i++)
    ms_sim_probe_find(&r->probe[i], setup->probe[i].name, true, delta_s);
  if (r->supply_v > 0)
    ms_sim_probe_find(&r->supply, "vdd", false, delta_s);
  ms_recorder_look(r, 0.0, delta_s);
  memcpy(r->before, r->now, r->n_probe * sizeof *r->now);
  r->current_before_a = r->current_a;
  store(r, 0.0, r->now + 1);
  r->next_grid = 1;
}

void ms_recorder_commit(ms_recorder *r, double t_s) {
  r->energy_j += 0.5 * r->supply_v * (r->current_a + r->current_before_a) * (t_s - r->t_s);
  if (r->grid_s <= 0) {
    store(r, t_s, r->now + 1);
  } else if (r->n_probe > 1) {
    double *v = must(malloc((r->n_probe - 1) * sizeof *v));
    for (double g; (g = (double)r->next_grid * r->grid_s) <= t_s; r->next_grid++) {
      double part = (g - r->t_s) / (t_s - r->t_s);
      for (size_t i = 1; i < r->n_probe; i++)
        v[i - 1] = r->before[i] + part * (r->now[i] - r->before[i]);
      store(r, g, v);
    }
    free(v);
  }
  memcpy(r->before, r->now, r->n_probe * sizeof *r->now);
  r->current_before_a = r->current_a;
  r->t_s = t_s;
}

void ms_recorder_put(const ms_recorder *r, ms_wire *out) {
  ms_wire_put_f64(out, r->energy_j);
  ms_wire_put_u64(out, r->steps);
  ms_wire_put_u64(out, r->iterations);
  ms_wire_put_u64(out, r->rejected);
  size_t width = r->n_probe ? r->n_probe - 1 : 0;
  ms_wire_put_u64(out, width);
  ms_wire_put_u64(out, r->n);
  ms_wire_put(out, r->wave_t_s, r->n * sizeof *r->wave_t_s);
  ms_wire_put(out, r->wave_v, r->n * width * sizeof *r->wave_v);
}

void ms_recorder_clear(ms_recorder *r) {
  free(r->probe);
  free(r->now);
  free(r->before);
  free(r->wave_t_s);
  free(r->wave_v);
  memset(r, 0, sizeof *r);
}
