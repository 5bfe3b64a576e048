/* SPDX-License-Identifier: Apache-2.0 */
/* Threshold crossings; see crossing.h. */
#include "engine/ngspice/worker/crossing.h"

void ms_crossing_begin(ms_crossing *c, double v, double rise_v, double fall_v) {
  *c = (ms_crossing){.level = v >= rise_v, .rise_v = rise_v, .fall_v = fall_v, .n = 1};
  c->v[1] = v;
}

bool ms_crossing_find(const ms_crossing *c, double t_s, double v, double *hit_s) {
  double threshold = c->level ? c->fall_v : c->rise_v;
  if (c->level ? v > threshold : v < threshold)
    return false;
  double ta = c->t_s[1], va = c->v[1];
  /* The parabola through the last two accepted points and this one, in Newton's form about the
   * first end of the step; with one point, or after a pause much longer than the step, it is the
   * straight line. It runs through both ends, so a root lies between them. */
  double slope = (v - va) / (t_s - ta), curve = 0;
  if (c->n == 2 && ta > c->t_s[0] && ta - c->t_s[0] < 4 * (t_s - ta))
    curve = (slope - (va - c->v[0]) / (ta - c->t_s[0])) / (t_s - c->t_s[0]);
  double low = ta, high = t_s;
  for (int i = 0; i < 50; i++) {
    double t = 0.5 * (low + high);
    double at_t = va + slope * (t - ta) + curve * (t - ta) * (t - t_s);
    if (c->level ? at_t > threshold : at_t < threshold)
      low = t;
    else
      high = t;
  }
  *hit_s = high;
  return true;
}

void ms_crossing_commit(ms_crossing *c, double t_s, double v, bool changed) {
  c->t_s[0] = c->t_s[1];
  c->v[0] = c->v[1];
  c->t_s[1] = t_s;
  c->v[1] = v;
  c->n = 2;
  if (changed)
    c->level = !c->level;
}
