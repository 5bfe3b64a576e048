/* SPDX-License-Identifier: Apache-2.0 */
/* What a finished training found, from its checkpoint alone, without its experiment. */
#ifndef MS_METHODS_PEEK_H
#define MS_METHODS_PEEK_H

#include "mixspike/train.h"

typedef struct ms_state_peek {
  float *weight;  /**< as trained */
  float *offline; /**< before the loop */
  ms_neuron_model model;
  uint64_t *training_die;
  size_t n_training_die;
} ms_state_peek;

/** @param n_weight  that the network must have
 * @param out        free with ms_state_peek_clear, also after an error
 * @return MS_EINVAL: the training is not finished, or of a network of another size */
int ms_state_peek_read(const char *path, size_t n_weight, ms_state_peek *out, ms_error *err);
void ms_state_peek_clear(ms_state_peek *peek);

#endif
