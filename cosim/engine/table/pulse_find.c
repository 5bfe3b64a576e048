/* SPDX-License-Identifier: Apache-2.0 */
/* Pulse maps: which pulse begins, and what it does by interpolation. */
#include "engine/table/pulse_map.h"

#include <math.h>
#include <string.h>

#define SETTLED_V 10e-3 /* nodes farther than this from rest: the row has not settled */
/* How far a row's lag may lie beyond those of the entries and of rest; where these two are as near
 * as the last value, the lag hardly counts. */
#define LAG_BEYOND_V 0.12
#define LAG_LEAST_V 10e-3

/* ---- which pulse ---- */

/** The pulse that begins now. */
typedef struct pulse {
  unsigned code, code_before; /**< levels of the weight bits' pins, with it and before */
  int follows;                /**< on a pulse that ended gap_s before */
  double next_s;              /**< when a pin moves again after the pulse, or the run ends */
} pulse;

/* Ramps of a signal that have begun by t. */
static size_t begun(const ms_signal *s, size_t cursor, double t) {
  size_t k = cursor < s->n ? cursor : s->n;
  while (k < s->n && s->ramp[k].t_s <= t)
    k++;
  while (k > 0 && s->ramp[k - 1].t_s > t)
    k--;
  return k;
}

static int same_time(double a, double b) {
  return fabs(a - b) < 1e-14;
}

/* Whether ramps k and k + 1 are a whole pulse of the map's width. */
static int is_pulse(const ms_signal *s, size_t k, const ms_pulse_map *m) {
  const ms_ramp *up = &s->ramp[k], *down = up + 1;
  double idle = s->start_v, active = m->high_v - idle;
  return k + 1 < s->n && up->from_v == idle && up->to_v == active && down->from_v == active &&
         down->to_v == idle && same_time(down->t_s - up->t_s, m->width_s);
}

/* What the weight bits do at the pulse's beginning. 0: they are still moving. */
static int read_bits(const ms_solver *solver, const ms_pulse_map *m, double t, pulse *p) {
  const ms_block *b = &solver->block[m->block];
  for (int i = 0; i < m->n_bit; i++) {
    const ms_input *in = &b->input[m->bit_input[i]];
    const ms_signal *s = &solver->signal[in->source];
    size_t k = begun(s, in->cursor, t);
    const ms_ramp *last = k ? &s->ramp[k - 1] : NULL;
    int changes = last && last->t_s == t;
    if (last && !changes && t - last->t_s < m->edge_s)
      return 0;
    unsigned high = (last ? last->to_v : s->start_v) > 0.5 * m->high_v;
    p->code |= high << i;
    p->code_before |= (high ^ (unsigned)changes) << i;
    if (k < s->n && s->ramp[k].t_s < p->next_s)
      p->next_s = s->ramp[k].t_s;
  }
  return 1;
}

static int read_pulse(const ms_solver *solver, const ms_pulse_map *m, pulse *p) {
  const ms_block *b = &solver->block[m->block];
  const ms_input *in = &b->input[m->pulse_input];
  const ms_signal *s = &solver->signal[in->source];
  double t = b->t[0];
  size_t k = begun(s, in->cursor, t);
  if (!k || s->ramp[k - 1].t_s != t || !is_pulse(s, k - 1, m))
    return 0;
  *p = (pulse){.next_s = solver->t_end_s};
  p->follows = k >= 3 && is_pulse(s, k - 3, m) && same_time(t - s->ramp[k - 2].t_s, m->gap_s);
  if (k + 1 < s->n && s->ramp[k + 1].t_s < p->next_s)
    p->next_s = s->ramp[k + 1].t_s;
  return read_bits(solver, m, t, p);
}

/* ---- interpolation ---- */

/** Where the slow node and the lag stand among the knots. */
typedef struct place {
  int first, coarse; /**< knots: the stencil's first, the coarse one below */
  double w[MS_MAP_STENCIL], part[2];
  double rest; /**< where the lag stands: 1 at rest, 0 where entries begin */
} place;

static int locate(double v, place *at) {
  double knot = (v - MS_MAP_FIRST_V) / MS_MAP_STEP_V, x, *w = at->w;
  at->first = (int)floor(knot) - 1;
  if (!(knot >= 1) || at->first + MS_MAP_STENCIL > (MS_MAP_N_COARSE - 1) * MS_MAP_COARSE)
    return 0;
  x = knot - (at->first + 1);
  w[0] = -x * (x - 1) * (x - 2) / 6;
  w[1] = (x + 1) * (x - 1) * (x - 2) / 2;
  w[2] = -(x + 1) * x * (x - 2) / 2;
  w[3] = (x + 1) * x * (x - 1) / 6;
  at->coarse = (at->first + 1) / MS_MAP_COARSE;
  at->part[1] = knot / MS_MAP_COARSE - at->coarse;
  at->part[0] = 1 - at->part[1];
  return 1;
}

/* sum += weight x, n numbers. */
static void add_state(double *sum, double weight, const double *x, int n) {
  for (int i = 0; i < n; i++)
    sum[i] += weight * x[i];
}

static void add_item(double *sum, double weight, const float *x, int n) {
  for (int i = 0; i < n; i++)
    sum[i] += weight * x[i];
}

static int is_near(const ms_block *b, const ms_pulse_map *m, const double *v, int but) {
  for (int i = 0; i < m->n; i++)
    if (i != m->slow && i != but && fabs(b->v[i] - v[i]) > SETTLED_V)
      return 0;
  return 1;
}

/* Finds the lag; 0 if the row is not settled. */
static int settle(ms_map_use *use, const ms_block *b, ms_pulse_map *m, place *at) {
  double v[2 * MS_BLOCK_MAX] = {0};
  for (int s = 0; s < MS_MAP_STENCIL; s++) {
    const double *start = ms_map_start(use, m, at->first + s);
    if (!start)
      return 0;
    add_state(v, at->w[s], start, 2 * m->n);
  }
  double rest = v[m->lag], range = rest - v[m->n + m->lag];
  if (fabs(range) < LAG_LEAST_V)
    range = copysign(LAG_LEAST_V, range);
  double slack = LAG_BEYOND_V / fabs(range);
  at->rest = 1 - (rest - b->v[m->lag]) / range;
  return at->rest > -slack && at->rest < 1 + slack && is_near(b, m, v, m->lag);
}

/* Whether the row stands as the pulse before has left it. */
static int is_left(ms_map_use *use, const ms_block *b, ms_pulse_map *m, const pulse *p, place *at) {
  double v[MS_BLOCK_MAX] = {0};
  for (int k = 0; k < 2; k++) {
    const double *left = ms_map_left(use, m, p->code_before, at->coarse + k);
    if (!left)
      return 0;
    add_state(v, at->part[k], left, m->n);
  }
  return is_near(b, m, v, -1);
}

/* Adds a difference, interpolated between coarse knots. */
static int add_change(ms_map_use *use, ms_pulse_map *m, ms_map_change kind, const pulse *p,
                      const place *at, double weight, double *item) {
  const unsigned before = kind == MS_CHANGE_REST ? p->code : p->code_before;
  for (int k = 0; k < 2; k++) {
    const float *change = ms_map_difference(use, m, kind, p->code, before, at->coarse + k);
    if (!change)
      return 0;
    add_item(item, weight * at->part[k], change, m->n_item);
  }
  return 1;
}

static int interpolate(ms_map_use *use, const ms_block *b, ms_pulse_map *m, const pulse *p,
                       double *item) {
  place at = {.rest = 1};
  if (!locate(b->v[m->slow], &at) ||
      !(p->follows ? is_left(use, b, m, p, &at) : settle(use, b, m, &at)))
    return 0;
  memset(item, 0, (size_t)m->n_item * sizeof *item);
  for (int s = 0; s < MS_MAP_STENCIL; s++) {
    const float *entry = ms_map_outcome(use, m, p->code, at.first + s);
    if (!entry)
      return 0;
    add_item(item, at.w[s], entry, m->n_item);
  }
  if (p->follows)
    return add_change(use, m, MS_CHANGE_PULSE, p, &at, 1, item);
  const int changes = p->code != p->code_before, first = changes && at.rest > 0.5;
  return add_change(use, m, MS_CHANGE_REST, p, &at, at.rest - first, item) &&
         (!changes ||
          add_change(use, m, first ? MS_CHANGE_FIRST : MS_CHANGE_CODE, p, &at, 1, item));
}

/* The last exit before a pin moves again; -1 if there is none. */
static int find_exit(const ms_pulse_map *m, double free_s) {
  const double *exit_s = m->after_s + MS_MAP_POINT - MS_MAP_EXIT;
  int exit = MS_MAP_EXIT - 1;
  while (exit >= 0 && exit_s[exit] > free_s && !same_time(exit_s[exit], free_s))
    exit--;
  return exit;
}

int ms_pulse_map_find(const ms_solver *solver, int block, ms_map_jump *jump) {
  ms_map_use *use = solver->map;
  ms_pulse_map *m = use->maps->of_block[block];
  const ms_block *b = &solver->block[block];
  pulse p;
  if (!m || !read_pulse(solver, m, &p))
    return 0;
  int exit = find_exit(m, p.next_s - b->t[0]);
  double item[2 * MS_MAP_POINT + MS_MAP_EXIT * (2 + MS_BLOCK_MAX)];
  if (exit < 0)
    return 0;
  pthread_mutex_lock(&use->maps->lock);
  int found = interpolate(use, b, m, &p, item);
  pthread_mutex_unlock(&use->maps->lock);
  if (!found)
    return 0;
  const double *v = item, *slope = v + MS_MAP_POINT, *supply = slope + MS_MAP_POINT,
               *charge = supply + MS_MAP_EXIT, *state = charge + MS_MAP_EXIT + exit * m->n;
  const int last = MS_MAP_POINT - MS_MAP_EXIT + exit;
  jump->n_point = last + 1;
  memcpy(jump->after_s, m->after_s, sizeof jump->after_s);
  memcpy(jump->v, v, sizeof jump->v);
  memcpy(jump->slope, slope, sizeof jump->slope);
  memcpy(jump->state, state, (size_t)m->n * sizeof *state);
  jump->supply_c = supply[exit];
  jump->charge_c = charge[exit];
  jump->slow = m->slow;
  jump->end_s = b->t[0] + m->after_s[last];
  jump->next_ramp = same_time(jump->end_s, p.next_s);
  if (jump->next_ramp)
    jump->end_s = p.next_s;
  jump->since_s = m->after_s[last] - m->width_s;
  return 1;
}
