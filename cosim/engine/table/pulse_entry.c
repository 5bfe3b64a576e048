/* SPDX-License-Identifier: Apache-2.0 */
/* Pulse maps: entries, made when they are first needed. */
#include "engine/table/pulse_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double knot_v(int knot) {
  return MS_MAP_FIRST_V + knot * MS_MAP_STEP_V;
}

/* Failed states and outcomes are kept as ones that begin with no number. */
static const double *usable_state(const double *state) {
  return state && !isnan(state[0]) ? state : NULL;
}

static const float *usable(const float *item) {
  return item && !isnan(item[0]) ? item : NULL;
}

/* Where entries begin: at rest, and a while after a pulse. */
const double *ms_map_start(ms_map_use *use, ms_pulse_map *m, int knot) {
  double **place = &m->start[knot];
  if (!*place && (*place = calloc(2 * (size_t)m->n, sizeof **place)) &&
      (ms_map_lab_rest(use, m, knot_v(knot), m->full_code, *place) ||
       ms_map_lab_left(use, m, *place, m->full_code, MS_MAP_LAG_WIDTHS * m->width_s,
                       *place + m->n)))
    **place = NAN;
  return usable_state(*place);
}

const float *ms_map_outcome(ms_map_use *use, ms_pulse_map *m, unsigned code, int knot) {
  float **place = &m->entry[(size_t)code * MS_MAP_KNOT + (size_t)knot];
  const double *start = ms_map_start(use, m, knot);
  if (start && !*place && (*place = calloc((size_t)m->n_item, sizeof **place)) &&
      ms_map_lab_pulse(use, m, start + m->n, code, 0, *place))
    **place = NAN;
  return usable(*place);
}

const double *ms_map_left(ms_map_use *use, ms_pulse_map *m, unsigned code, int coarse) {
  double **place = &m->left[(size_t)code * MS_MAP_N_COARSE + (size_t)coarse];
  const double *start = ms_map_start(use, m, coarse * MS_MAP_COARSE);
  if (start && !*place && (*place = calloc((size_t)m->n, sizeof **place)) &&
      ms_map_lab_left(use, m, start + m->n, code, m->gap_s, *place))
    **place = NAN;
  return usable_state(*place);
}

/* The state in which a changed pulse finds the row, [n]. */
static int get_changed_start(ms_map_use *use, ms_pulse_map *m, ms_map_change kind, unsigned before,
                             int coarse, double *out) {
  const double *start = ms_map_start(use, m, coarse * MS_MAP_COARSE);
  if (kind == MS_CHANGE_FIRST)
    return !ms_map_lab_rest(use, m, knot_v(coarse * MS_MAP_COARSE), before, out);
  if (start && kind == MS_CHANGE_CODE)
    start += m->n;
  else if (kind == MS_CHANGE_PULSE)
    start = ms_map_left(use, m, before, coarse);
  if (start)
    memcpy(out, start, (size_t)m->n * sizeof *out);
  return start != NULL;
}

/* What it makes of an outcome that the pulse finds the row so. */
const float *ms_map_difference(ms_map_use *use, ms_pulse_map *m, ms_map_change kind, unsigned code,
                               unsigned before, int coarse) {
  float ***list = &m->change[kind][((size_t)code << m->n_bit) + before];
  const float *entry = ms_map_outcome(use, m, code, coarse * MS_MAP_COARSE);
  if (!entry || (!*list && !(*list = calloc(MS_MAP_N_COARSE, sizeof **list))))
    return NULL;
  float **place = *list + coarse;
  if (!*place && (*place = calloc((size_t)m->n_item, sizeof **place))) {
    double start[MS_BLOCK_MAX];
    int bad = !get_changed_start(use, m, kind, before, coarse, start) ||
              ms_map_lab_pulse(use, m, start, code, code ^ before, *place);
    for (int i = 0; i < m->n_item; i++)
      (*place)[i] -= entry[i];
    if (bad)
      **place = NAN;
  }
  return usable(*place);
}
