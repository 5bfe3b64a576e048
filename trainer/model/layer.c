/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a layer, and the pulses that arrive at it. */
#include "model/layer.h"

#include <stdlib.h>
#include <string.h>

static float *floats(size_t n, int *failed) {
  float *p = calloc(n ? n : 1, sizeof *p);
  if (!p)
    *failed = 1;
  return p;
}

/* Memory of every neuron's parameters, in one piece. */
static int parameters(ms_layer *l) {
  size_t n = (size_t)l->n_post * MS_LANES;
  float *at = calloc((6 + 5 * (size_t)l->n_row) * n, sizeof *at);
  if (!at)
    return MS_ENOMEM;
  float **one[] = {&l->rate, &l->rest, &l->threshold, &l->turn, &l->constant, &l->dead};
  float **by_row[] = {&l->row_rate, &l->row_rest, &l->row_drive, &l->keep, &l->mean};
  for (size_t i = 0; i < sizeof one / sizeof *one; i++, at += n)
    *one[i] = at;
  for (size_t i = 0; i < sizeof by_row / sizeof *by_row; i++, at += l->n_row * n)
    *by_row[i] = at;
  return MS_OK;
}

void ms_layer_set_neuron(ms_layer *l, unsigned j, const ms_sim_params *p,
                         const ms_neuron_factors *factors) {
  static const ms_neuron_factors none = {1, 1, 1, {1, 1}};
  const ms_neuron_factors *f = factors ? factors : &none;
  size_t n = (size_t)l->n_post * MS_LANES;
  l->neuron[j] = p;
  for (size_t i = (size_t)j * MS_LANES; i < ((size_t)j + 1) * MS_LANES; i++) {
    l->rate[i] = p->rate / f->tau;
    l->rest[i] = p->rest;
    l->threshold[i] = p->threshold * f->threshold;
    l->turn[i] = p->compare;
    l->constant[i] = p->constant;
    l->dead[i] = p->dead * f->dead;
    for (unsigned r = 0; r < l->n_row; r++) {
      const ms_sim_row *row = &p->row[l->row[r]];
      l->row_rate[r * n + i] = row->rate / f->row_tau[row->sign];
      l->row_rest[r * n + i] = row->rest;
      l->row_drive[r * n + i] = row->drive;
    }
  }
}

int ms_layer_create(const ms_sim_params *p, unsigned n_pre, unsigned n_post, unsigned n_parallel,
                    unsigned max_steps, ms_layer **out) {
  *out = NULL;
  ms_layer *l = calloc(1, sizeof *l);
  if (!l)
    return MS_ENOMEM;
  *l = (ms_layer){
      .p = p, .n_pre = n_pre, .n_post = n_post, .n_parallel = n_parallel, .max_steps = max_steps};
  size_t columns = (size_t)n_pre * n_parallel, n = (size_t)n_post * MS_LANES;
  int failed = 0;
  uint8_t slot_of[MS_MAX_ROWS];
  memset(slot_of, 0xff, sizeof slot_of);
  for (int s = 0; s < 2; s++) {
    l->slot[s] = calloc(columns, 1);
    l->charge[s] = floats(columns * n_post, &failed);
    l->charge_gradient[s] = floats(columns * n_post, &failed);
    l->gain[s] = floats(n_post, &failed);
    if (!l->slot[s]) {
      failed = 1;
      continue;
    }
    for (size_t c = 0; c < columns; c++) {
      unsigned r = p->of_sign[s][ms_layer_row(n_parallel, (unsigned)(c / n_parallel),
                                              (unsigned)(c % n_parallel), p->n_of_sign[s])];
      if (slot_of[r] == 0xff) {
        slot_of[r] = (uint8_t)l->n_row;
        l->row[l->n_row++] = (uint8_t)r;
      }
      l->slot[s][c] = slot_of[r];
    }
  }
  size_t steps = (size_t)max_steps + 1;
  l->x = floats(steps * l->n_row * n, &failed);
  l->q_gradient = floats(steps * l->n_row * n, &failed);
  l->q = floats(l->n_row * n, &failed);
  l->m = floats(steps * n, &failed);
  l->peak = floats(steps * n, &failed);
  l->span = floats(steps * n, &failed);
  l->leak = floats(steps * n, &failed);
  l->mid = floats(steps * n, &failed);
  l->rem = floats(n, &failed);
  l->compare = floats(n, &failed);
  l->neuron = calloc(n_post, sizeof *l->neuron);
  if (!l->neuron || failed || parameters(l)) {
    ms_layer_destroy(l);
    return MS_ENOMEM;
  }
  for (unsigned j = 0; j < n_post; j++)
    ms_layer_set_neuron(l, j, p, NULL);
  *out = l;
  return MS_OK;
}

void ms_layer_destroy(ms_layer *l) {
  if (!l)
    return;
  for (int s = 0; s < 2; s++) {
    free(l->slot[s]);
    free(l->charge[s]);
    free(l->charge_gradient[s]);
    free(l->gain[s]);
  }
  free(l->x);
  free(l->q_gradient);
  free(l->q);
  free(l->m);
  free(l->peak);
  free(l->span);
  free(l->leak);
  free(l->mid);
  free(l->rem);
  free(l->compare);
  free(l->spike);
  free(l->neuron);
  free(l->rate);
  free(l);
}

static int push(ms_arrivals *a, ms_arrival item) {
  if (a->n == a->room) {
    size_t room = a->room ? 2 * a->room : 256;
    ms_arrival *more = realloc(a->item, room * sizeof *more);
    if (!more)
      return MS_ENOMEM;
    a->item = more;
    a->room = room;
  }
  a->item[a->n++] = item;
  return MS_OK;
}

/* An arrival between two grid points is shared between them, which keeps its mean time. */
int ms_arrivals_add(ms_arrivals *a, float t, float dt, unsigned n_step, unsigned column,
                    unsigned lane) {
  float at = t / dt;
  if (!(at >= 0 && at < (float)n_step))
    return MS_OK;
  uint32_t step = (uint32_t)at;
  float late = at - (float)step;
  ms_arrival item = {
      .step = step, .column = (uint16_t)column, .lane = (uint8_t)lane, .share = 1.0f - late};
  int rc = push(a, item);
  item.step++;
  item.share = late;
  return rc || late <= 0 ? rc : push(a, item);
}

/* Counting sort by grid point: stable, so sums are formed in one fixed order. */
int ms_arrivals_sort(ms_arrivals *a, unsigned n_step) {
  ms_arrival *sorted = malloc((a->n ? a->n : 1) * sizeof *sorted);
  uint32_t *first = calloc((size_t)n_step + 3, sizeof *first);
  if (!sorted || !first) {
    free(sorted);
    free(first);
    return MS_ENOMEM;
  }
  for (size_t i = 0; i < a->n; i++)
    first[a->item[i].step + 2]++;
  for (size_t k = 2; k < (size_t)n_step + 3; k++)
    first[k] += first[k - 1];
  for (size_t i = 0; i < a->n; i++)
    sorted[first[a->item[i].step + 1]++] = a->item[i];
  free(a->item);
  free(a->first);
  a->item = sorted;
  a->room = a->n ? a->n : 1;
  a->first = first;
  return MS_OK;
}

void ms_arrivals_clear(ms_arrivals *a) {
  a->n = 0;
}

void ms_arrivals_free(ms_arrivals *a) {
  free(a->item);
  free(a->first);
  memset(a, 0, sizeof *a);
}
