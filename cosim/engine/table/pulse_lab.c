/* SPDX-License-Identifier: Apache-2.0 */
/* Integrates the entries of pulse maps, with the engine's own integrator, in blocks of their own.
 */
#include "engine/table/pulse_map.h"

#include <math.h>
#include <string.h>

#define STEPS_MAX 4000

static ms_signal *signal_of(ms_solver *lab, const ms_block *b, int input) {
  return &lab->signal[b->input[input].source];
}

/* Pins as they are before a pulse, with no ramps. The pulse's start_v is its idle level. */
static void set_pins(ms_solver *lab, const ms_pulse_map *m, unsigned code) {
  const ms_block *b = &lab->block[m->block];
  signal_of(lab, b, m->pulse_input)->n = 0;
  for (int k = 0; k < m->n_bit; k++) {
    ms_signal *s = signal_of(lab, b, m->bit_input[k]);
    s->n = 0;
    s->start_v = code >> k & 1 ? m->high_v : 0;
  }
}

/* The block at t = 0 with the given voltages and no past. */
static void reset(ms_map_use *use, const ms_pulse_map *m, const double *v) {
  ms_solver *lab = &use->lab;
  ms_block *b = &lab->block[m->block];
  memcpy(b->dx[0], v, (size_t)m->n * sizeof *v);
  b->t[0] = b->t_restart = 0;
  b->n_accepted = 0;
  b->supply_c = 0;
  lab->work.outside = 0;
  b->h_s = m->edge_s / 16;
  for (int i = 0; i < b->n_input; i++)
    b->input[i].cursor = 0;
  use->kernel->begin(lab, b);
  use->kernel->charges(lab, b);
  use->kernel->input_changed(lab, m->block, 0);
}

int ms_map_lab_rest(ms_map_use *use, const ms_pulse_map *m, double slow_v, unsigned code,
                    double *rest) {
  unsigned char held[MS_BLOCK_MAX] = {0};
  ms_block *b = &use->lab.block[m->block];
  if (!use->lab_ready)
    use->prepare(use);
  set_pins(&use->lab, m, code);
  memcpy(rest, m->rest, (size_t)m->n * sizeof *rest);
  rest[m->slow] = slow_v;
  reset(use, m, rest);
  held[m->slow] = 1;
  b->clamped = held;
  int bad = ms_block_settle(&use->lab, use->kernel, b);
  b->clamped = NULL;
  memcpy(rest, b->v, (size_t)m->n * sizeof *rest);
  return bad;
}

/* Slope of an unknown's polynomial in the newest step. */
static double slope_at(const ms_block *b, int unknown, double t) {
  const ms_past *p = &b->past[(b->n_accepted - 1) % MS_RING];
  double value = 0, slope = 0;
  for (int k = p->order; k >= 0; k--) {
    slope = value + (t - p->t[k]) * slope;
    value = p->difference[k * b->n + unknown] + (t - p->t[k]) * value;
  }
  return slope;
}

/* The pulse's ramps, and those of weight bits that change with it. */
static void set_ramps(ms_solver *lab, const ms_pulse_map *m, unsigned changed) {
  const ms_block *b = &lab->block[m->block];
  for (int k = 0; k < m->n_bit; k++) {
    ms_signal *s = signal_of(lab, b, m->bit_input[k]);
    double to = s->start_v;
    if (!(changed >> k & 1))
      continue;
    s->start_v = m->high_v - to;
    s->ramp[s->n++] = (ms_ramp){0, s->start_v, to};
  }
  ms_signal *pulse = signal_of(lab, b, m->pulse_input);
  double idle = pulse->start_v, active = m->high_v - idle;
  pulse->ramp[pulse->n++] = (ms_ramp){0, idle, active};
  pulse->ramp[pulse->n++] = (ms_ramp){m->width_s, active, idle};
}

static int advance_to(ms_map_use *use, const ms_pulse_map *m, double t, int *steps) {
  const ms_block *b = &use->lab.block[m->block];
  while (b->t[0] < t) {
    if (++*steps > STEPS_MAX || use->kernel->propose(&use->lab, m->block, t))
      return -1;
    use->kernel->take(&use->lab, m->block);
  }
  return use->lab.work.outside ? -1 : 0;
}

int ms_map_lab_pulse(ms_map_use *use, const ms_pulse_map *m, const double *start, unsigned code,
                     unsigned changed, float *item) {
  ms_solver *lab = &use->lab;
  ms_block *b = &lab->block[m->block];
  if (!use->lab_ready)
    use->prepare(use);
  set_pins(lab, m, code);
  set_ramps(lab, m, changed);
  reset(use, m, start);
  float *v = item, *slope = v + MS_MAP_POINT, *supply = slope + MS_MAP_POINT,
        *charge = supply + MS_MAP_EXIT, *state = charge + MS_MAP_EXIT;
  const double first = b->dq[0][m->slow];
  int steps = 0;
  for (int point = 0; point < MS_MAP_POINT; point++) {
    double t = m->after_s[point];
    if (advance_to(use, m, t, &steps))
      return -1;
    v[point] = (float)use->kernel->voltage_at(lab, m->block, m->slow, t);
    slope[point] = steps ? (float)slope_at(b, m->slow, t) : 0;
    int exit = point - (MS_MAP_POINT - MS_MAP_EXIT);
    if (exit < 0)
      continue;
    supply[exit] = (float)b->supply_c;
    charge[exit] = (float)(b->dq[0][m->slow] - first);
    for (int i = 0; i < m->n; i++)
      state[exit * m->n + i] = (float)use->kernel->voltage_at(lab, m->block, i, t);
  }
  return 0;
}

int ms_map_lab_left(ms_map_use *use, const ms_pulse_map *m, const double *start, unsigned code,
                    double after_s, double *left) {
  unsigned char held[MS_BLOCK_MAX] = {0};
  ms_block *b = &use->lab.block[m->block];
  int steps = 0;
  if (!use->lab_ready)
    use->prepare(use);
  held[m->slow] = 1;
  set_pins(&use->lab, m, code);
  set_ramps(&use->lab, m, 0);
  reset(use, m, start);
  b->clamped = held;
  int bad = advance_to(use, m, m->width_s + after_s, &steps);
  b->clamped = NULL;
  memcpy(left, b->v, (size_t)m->n * sizeof *left);
  left[m->slow] = start[m->slow];
  return bad;
}
