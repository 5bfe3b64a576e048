/* SPDX-License-Identifier: Apache-2.0 */
/* What a weight code does to a neuron, in a unit that any spiking network has: the share of the way
 * from rest to threshold. */
#ifndef MS_NIR_SHARE_H
#define MS_NIR_SHARE_H

#include "mixspike/neuron_model.h"
#include "mixspike/train.h"

/** Shares by row and code. The way is measured in x + ln x, x the membrane's current over its gain
 * current, in which a DPI membrane without leak adds up charges (neuron_model.h). An excitatory
 * code counts by what one pulse adds to a membrane at rest, an inhibitory one by what one pulse
 * takes from a membrane at its threshold; both rows being at rest before. */
typedef struct ms_shares {
  unsigned n_code, n_row;
  unsigned of_sign[2][MS_MAX_ROWS], n_of_sign[2];
  double share[MS_MAX_ROWS][1u << MS_MODEL_MAX_BITS]; /**< positive; 0 of code 0 */
} ms_shares;

void ms_shares_of(const ms_core *core, const ms_neuron_model *model, double pulse_s,
                  ms_shares *out);
/** Row that synapse k of column `pre` uses. */
unsigned ms_shares_row(const ms_shares *shares, int sign, unsigned parallel, unsigned pre,
                       unsigned k);
/** Signed share of a signed code. */
double ms_shares_weight(const ms_shares *shares, int code, unsigned parallel, unsigned pre,
                        unsigned k);
/** The code whose share is nearest to a signed one. */
int ms_shares_code(const ms_shares *shares, double weight, unsigned parallel, unsigned pre,
                   unsigned k);
/** Largest share of a sign. */
double ms_shares_full(const ms_shares *shares, int sign);

#endif
