/* SPDX-License-Identifier: Apache-2.0 */
/* Pulse maps: which rows have one. */
#include "engine/table/pulse_map.h"

#include <stdlib.h>
#include <string.h>

/* Points of the course as shares of the pulse's width: during the pulse after its first edge, and
 * after the last one. */
static const double during[] = {0.05, 0.15, 0.3, 0.55}, beyond[] = {0.15, 0.5, 1.5, 4, 12};

/* The unknown that one channel or more join to `slow`; -1 if there are none or several. */
static int neighbour(const ms_block *b, int slow) {
  int found = -1;
  for (int i = 0; i < b->n_device; i++) {
    const int *row = b->device[i].row;
    for (int k = 1; k < 3; k++) {
      if (row[k] != slow || row[3 - k] == b->n)
        continue;
      if (found >= 0 && found != row[3 - k])
        return -1;
      found = row[3 - k];
    }
  }
  return found;
}

/* The one node with a capacitor; -1 if there are none or several. */
static int capacitor_node(const ms_plan *plan, int block) {
  int found = -1;
  for (int i = 0; i < plan->block_size[block]; i++)
    if (plan->node[plan->block_node[block][i]].linear_f > 50e-15) {
      if (found >= 0)
        return -1;
      found = i;
    }
  return found;
}

static int is_read_elsewhere(const ms_solver *solver, int block, int slow) {
  for (int k = 0; k < solver->n_block; k++)
    for (int i = 0; i < solver->block[k].n_input; i++) {
      const ms_input *in = &solver->block[k].input[i];
      if (in->kind == MS_INPUT_FOREIGN && in->source == block && in->unknown != slow)
        return 1;
    }
  return 0;
}

/* Finds the inputs; 0 if there are others than a pulse and its weight bits. */
static int find_pins(const ms_plan *plan, const ms_block *b, ms_pulse_map *m) {
  m->pulse_input = -1;
  for (int i = 0; i < b->n_input; i++) {
    const ms_input *in = &b->input[i];
    if (in->kind == MS_INPUT_FOREIGN && in->strong)
      return 0;
    if (in->kind != MS_INPUT_DRIVEN)
      continue;
    char kind = plan->signal[in->source].kind;
    if (kind == 'p' && m->pulse_input < 0)
      m->pulse_input = i;
    else if (kind == 'w' && m->n_bit < MS_MAP_BITS) {
      m->full_code |= (unsigned)!plan->signal[in->source].active_low << m->n_bit;
      m->bit_input[m->n_bit++] = i;
    } else
      return 0;
  }
  return m->pulse_input >= 0 && m->n_bit > 0;
}

static int may_have(const ms_plan *plan, const ms_solver *solver, int block, ms_pulse_map *m) {
  const ms_block *b = &solver->block[block];
  *m = (ms_pulse_map){.block = block, .n = b->n, .high_v = plan->supply_v};
  m->slow = capacitor_node(plan, block);
  if (!b->drives || b->n_upstream || b->n_add || m->slow < 0 || !find_pins(plan, b, m) ||
      is_read_elsewhere(solver, block, m->slow))
    return 0;
  for (int i = 0; i < b->n_follow; i++)
    if (b->follow[i].unknown != m->slow)
      return 0;
  m->lag = neighbour(b, m->slow);
  return m->lag >= 0;
}

static void set_points(ms_pulse_map *m, const ms_map_times *times) {
  const double edge_s = times->edge_s, width_s = times->width_s;
  double *t = m->after_s;
  m->edge_s = edge_s;
  m->width_s = width_s;
  m->gap_s = times->gap_s;
  *t++ = 0;
  *t++ = edge_s;
  for (size_t i = 0; i < sizeof during / sizeof *during; i++)
    *t++ = edge_s + during[i] * width_s;
  *t++ = width_s;
  *t++ = width_s + edge_s;
  *t++ = width_s + times->gap_s;
  for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
    *t++ = width_s + edge_s + beyond[i] * width_s;
}

static void destroy_map(ms_pulse_map *m) {
  if (!m)
    return;
  size_t codes = (size_t)1 << m->n_bit;
  for (int k = 0; k < MS_MAP_KNOT; k++)
    free(m->start[k]);
  for (size_t i = 0; m->entry && i < codes * MS_MAP_KNOT; i++)
    free(m->entry[i]);
  for (size_t i = 0; m->left && i < codes * MS_MAP_N_COARSE; i++)
    free(m->left[i]);
  for (int kind = 0; kind < MS_N_CHANGE; kind++) {
    for (size_t i = 0; m->change[kind] && i < codes * codes; i++) {
      for (int k = 0; m->change[kind][i] && k < MS_MAP_N_COARSE; k++)
        free(m->change[kind][i][k]);
      free(m->change[kind][i]);
    }
    free(m->change[kind]);
  }
  free(m->entry);
  free(m->left);
  free(m->rest);
  free(m);
}

void ms_pulse_maps_destroy(ms_pulse_maps *maps) {
  if (!maps)
    return;
  for (int k = 0; maps->of_block && k < maps->n_block; k++)
    destroy_map(maps->of_block[k]);
  free(maps->of_block);
  pthread_mutex_destroy(&maps->lock);
  free(maps);
}

static ms_pulse_map *create_map(const ms_plan *plan, const ms_pulse_map *like,
                                const double *start_v) {
  ms_pulse_map *m = malloc(sizeof *m);
  if (!m)
    return NULL;
  *m = *like;
  size_t codes = (size_t)1 << m->n_bit;
  m->n_item = 2 * MS_MAP_POINT + MS_MAP_EXIT * (2 + m->n);
  m->rest = calloc((size_t)m->n, sizeof *m->rest);
  m->entry = calloc(codes * MS_MAP_KNOT, sizeof *m->entry);
  m->left = calloc(codes * MS_MAP_N_COARSE, sizeof *m->left);
  int bad = !m->rest || !m->entry || !m->left;
  for (int k = 0; k < MS_N_CHANGE; k++) {
    m->change[k] = calloc(codes * codes, sizeof *m->change[k]);
    bad |= !m->change[k];
  }
  if (bad) {
    destroy_map(m);
    return NULL;
  }
  for (int i = 0; i < m->n; i++)
    m->rest[i] = start_v[plan->block_node[m->block][i]];
  return m;
}

int ms_pulse_maps_create(const ms_plan *plan, const ms_solver *solver, const double *start_v,
                         const ms_map_times *times, ms_pulse_maps **out) {
  ms_pulse_maps *maps = calloc(1, sizeof *maps);
  *out = NULL;
  if (!maps)
    return -1;
  pthread_mutex_init(&maps->lock, NULL);
  maps->n_block = plan->n_block;
  maps->of_block = calloc((size_t)plan->n_block, sizeof(ms_pulse_map *));
  int bad = !maps->of_block;
  for (int k = 0; k < plan->n_block && !bad; k++) {
    ms_pulse_map like;
    if (!may_have(plan, solver, k, &like))
      continue;
    set_points(&like, times);
    maps->of_block[k] = create_map(plan, &like, start_v);
    bad = !maps->of_block[k];
  }
  if (bad) {
    ms_pulse_maps_destroy(maps);
    return -1;
  }
  *out = maps;
  return 0;
}
