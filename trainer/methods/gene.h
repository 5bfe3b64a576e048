/* SPDX-License-Identifier: Apache-2.0 */
/* Weights expressed by genes; see gene.c. A gene vector holds the expression matrices of inputs,
 * hidden and output neurons, [neurons][genes] each, and the rule matrix [genes][genes]. */
#ifndef MS_METHODS_GENE_H
#define MS_METHODS_GENE_H

#include "model/learn.h"

size_t ms_gene_count(const ms_topology *topology, unsigned genes);
void ms_gene_begin(const ms_topology *topology, unsigned genes, ms_random *random, float *gene);
/** @param weight  out, as in ms_learner */
void ms_gene_express(const ms_topology *topology, unsigned genes, const float *gene, float *weight);
/** Chain rule through ms_gene_express. @param by_gene  out */
void ms_gene_gradient(const ms_topology *topology, unsigned genes, const float *gene,
                      const float *by_weight, float *by_gene);

#endif
