/* SPDX-License-Identifier: Apache-2.0 */
/* From genes to weights, and gradients back. */
#include "methods/gene.h"

#include <math.h>
#include <string.h>

size_t ms_gene_count(const ms_topology *t, unsigned genes) {
  size_t rows = (size_t)t->n_input * t->parallel + t->n_hidden + (size_t)t->n_class * t->per_class;
  return rows * genes + (size_t)genes * genes;
}

/* Where the matrices lie: X of the inputs, of the hidden and of the output neurons, O. */
typedef struct parts {
  size_t n[3], x[3], o, g;
} parts;

static parts parts_of(const ms_topology *t, unsigned genes) {
  parts p = {
      .n = {(size_t)t->n_input * t->parallel, t->n_hidden, (size_t)t->n_class * t->per_class},
      .g = genes};
  p.x[1] = p.n[0] * genes;
  p.x[2] = p.x[1] + p.n[1] * genes;
  p.o = p.x[2] + p.n[2] * genes;
  return p;
}

void ms_gene_express(const ms_topology *t, unsigned genes, const float *gene, float *weight) {
  parts p = parts_of(t, genes);
  for (int layer = 0; layer < 2; layer++) {
    const float *pre = gene + p.x[layer], *post = gene + p.x[layer + 1], *o = gene + p.o;
    for (size_t c = 0; c < p.n[layer]; c++)
      for (size_t j = 0; j < p.n[layer + 1]; j++) {
        float sum = 0;
        for (size_t a = 0; a < p.g; a++)
          for (size_t b = 0; b < p.g; b++)
            sum += pre[c * p.g + a] * o[a * p.g + b] * post[j * p.g + b];
        weight[j * p.n[layer] + c] = sum;
      }
    weight += p.n[layer] * p.n[layer + 1];
  }
}

void ms_gene_gradient(const ms_topology *t, unsigned genes, const float *gene,
                      const float *by_weight, float *by_gene) {
  parts p = parts_of(t, genes);
  memset(by_gene, 0, ms_gene_count(t, genes) * sizeof *by_gene);
  for (int layer = 0; layer < 2; layer++) {
    const float *pre = gene + p.x[layer], *post = gene + p.x[layer + 1], *o = gene + p.o;
    float *by_pre = by_gene + p.x[layer], *by_post = by_gene + p.x[layer + 1],
          *by_o = by_gene + p.o;
    for (size_t c = 0; c < p.n[layer]; c++)
      for (size_t j = 0; j < p.n[layer + 1]; j++) {
        float d = by_weight[j * p.n[layer] + c];
        for (size_t a = 0; a < p.g; a++)
          for (size_t b = 0; b < p.g; b++) {
            float x = pre[c * p.g + a], y = post[j * p.g + b], r = o[a * p.g + b];
            by_pre[c * p.g + a] += d * r * y;
            by_post[j * p.g + b] += d * r * x;
            by_o[a * p.g + b] += d * x * y;
          }
      }
    by_weight += p.n[layer] * p.n[layer + 1];
  }
}

/* Expressed weights start with the spread of 0.3 that plain training starts with: X of variance
 * 0.3, O of standard deviation 1/g. */
void ms_gene_begin(const ms_topology *t, unsigned genes, ms_random *random, float *gene) {
  parts p = parts_of(t, genes);
  for (size_t i = 0; i < p.o; i++)
    gene[i] = (float)(sqrt(0.3) * ms_random_normal(random));
  for (size_t i = 0; i < p.g * p.g; i++)
    gene[p.o + i] = (float)(ms_random_normal(random) / (double)genes);
}
