/* SPDX-License-Identifier: Apache-2.0 */
/* Metropolis-Hastings chains over real vectors in the box -1..1. */
#ifndef MS_METHODS_METROPOLIS_H
#define MS_METHODS_METROPOLIS_H

#include "model/learn.h"

typedef struct ms_mh_options {
  double step;        /**< standard deviation of a proposal's change of each number */
  double moved;       /**< share of the numbers that a proposal changes, drawn anew each time */
  double temperature; /**< of the energy */
  double prior_sd;    /**< of the normal prior around 0; infinite: none */
} ms_mh_options;

/** A chain in [ms_mh_size] doubles, so that a checkpoint holds it. */
typedef struct ms_mh_chain {
  size_t n;
  double *value;  /**< [n] where it stands */
  double *sum;    /**< [n] over the steps that count */
  double *best;   /**< [n] lowest energy so far */
  double *figure; /**< see the enum */
} ms_mh_chain;

enum {
  MS_MH_STARTED,
  MS_MH_ENERGY,
  MS_MH_BEST,
  MS_MH_PROPOSED,
  MS_MH_ACCEPTED,
  MS_MH_COUNTED, /**< steps after burn-in; the sums below are over these */
  MS_MH_SUM,     /**< of energies */
  MS_MH_SQUARES,
  MS_MH_BEFORE, /**< of the energies one step before, and of their squares */
  MS_MH_BEFORE_SQUARES,
  MS_MH_LAGGED, /**< of products of an energy with the one before it */
  MS_MH_FIGURES,
};

static inline size_t ms_mh_size(size_t n) {
  return 3 * n + MS_MH_FIGURES;
}
/** The chain in memory [ms_mh_size]. */
ms_mh_chain ms_mh_view(double *memory, size_t n);

/** A proposal. What would leave the box is reflected at its side, so that proposals stay symmetric.
 * @param trial  [n] out */
void ms_mh_propose(const ms_mh_chain *chain, const ms_mh_options *options, ms_random *random,
                   double *trial);
/** Draws the random number of a decision: the trial is to be taken if its energy is not above the
 * result. Knowing this before the energy is measured, one can stop measuring where it is above
 * (Solonen et al. 2012); the chain is the same. Infinite for a chain's first trial, which is taken.
 */
double ms_mh_bound(const ms_mh_chain *chain, const ms_mh_options *options, ms_random *random,
                   const double *trial);
/** Takes the trial if `energy` is not above `bound`, and counts.
 * @param energy  of the trial; of one that is not taken, any number above the bound
 * @param count   whether the step is after burn-in
 * @return whether it was taken */
int ms_mh_decide(ms_mh_chain *chain, const double *trial, double energy, double bound, int count);

/** What chains tell about themselves. */
typedef struct ms_mh_diagnosis {
  double acceptance;
  double autocorrelation; /**< of the energy, one step apart; mean over chains; 1: it never moved */
  double spread; /**< Gelman and Rubin's potential scale reduction of the energy; 1: agree */
} ms_mh_diagnosis;
ms_mh_diagnosis ms_mh_diagnose(const ms_mh_chain *chain, size_t n_chain);

#endif
