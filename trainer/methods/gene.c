/* SPDX-License-Identifier: Apache-2.0 */
/* Weights expressed by genes (Boccato et al. 2024): W_l = X_{l-1} O X_l^T, with one expression
 * matrix X_l for each layer of neurons, shared by the two weight matrices that it touches, and one
 * rule matrix O. X and O are trained on the model; mismatch hits the expressed weights. */
#include "methods/gene.h"
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>

/* The state's own numbers: genes, their moments, all as doubles; the number of genes first. */
enum { HEAD = 1 };

static void express(ms_state *s, unsigned genes, const float *gene) {
  ms_learner *l = s->learner;
  ms_gene_express(&l->topology, genes, gene, l->weight);
  for (size_t i = 0; i < l->n; i++)
    l->weight[i] = fmaxf(-1, fminf(1, l->weight[i]));
}

/* A weight at its limit passes no gradient that pushes it further out. */
static void update(ms_state *s, const float *gradient, double rate) {
  ms_learner *l = s->learner;
  unsigned genes = (unsigned)s->own[0];
  size_t n = ms_gene_count(&l->topology, genes);
  float *work = calloc(4 * n + l->n, sizeof *work);
  if (!work)
    return; /* this batch teaches nothing */
  float *value[3] = {work, work + n, work + 2 * n}, *by_gene = work + 3 * n, *inside = work + 4 * n;
  for (int k = 0; k < 3; k++)
    for (size_t i = 0; i < n; i++)
      value[k][i] = (float)s->own[HEAD + (size_t)k * n + i];
  for (size_t i = 0; i < l->n; i++)
    inside[i] = (l->weight[i] >= 1 && gradient[i] < 0) || (l->weight[i] <= -1 && gradient[i] > 0)
                    ? 0
                    : gradient[i];
  ms_gene_gradient(&l->topology, genes, value[0], inside, by_gene);
  ms_adam(value[0], value[1], value[2], by_gene, n, ++l->updates, rate);
  for (int k = 0; k < 3; k++)
    for (size_t i = 0; i < n; i++)
      s->own[HEAD + (size_t)k * n + i] = (double)value[k][i];
  express(s, genes, value[0]);
  free(work);
}

static int begin(const ms_world *w, ms_state *s, ms_error *err) {
  unsigned genes = w->setup->experiment->genes;
  const ms_topology *t = &s->learner->topology;
  size_t n = ms_gene_count(t, genes);
  int rc = ms_state_own(s, HEAD + 3 * n, err);
  if (rc || s->own[0] > 0)
    return rc;
  float *gene = calloc(n, sizeof *gene);
  if (!gene)
    return ms_fail(err, MS_ENOMEM, "no memory for %u genes", genes);
  s->own[0] = genes;
  ms_gene_begin(t, genes, &s->random, gene);
  for (size_t i = 0; i < n; i++)
    s->own[HEAD + i] = (double)gene[i];
  express(s, genes, gene);
  free(gene);
  return MS_OK;
}

static int step(const ms_world *w, ms_state *s, ms_error *err) {
  int rc = begin(w, s, err);
  return rc ? rc : ms_offline_epoch(w, s, update, err);
}

const ms_method ms_method_gene = {
    .name = "gene", .steps = ms_offline_steps, .step = step, .finish = ms_offline_finish};
