/* SPDX-License-Identifier: Apache-2.0 */
/* Stimuli for fits, and what the neurons of a chip did under them. */
#ifndef MS_METHODS_FIT_RECORD_H
#define MS_METHODS_FIT_RECORD_H

#include "methods/fit_neuron.h"
#include "methods/lab.h"

typedef struct ms_fit_records {
  size_t n;
  ms_fit_record *record; /**< [n] run after run, in each the driven neurons in order */
} ms_fit_records;

/** Runs `stimuli` random stimuli on each of `sets` random sets of synapses; every third set is
 * dense. What is drawn depends on the seed alone.
 * @param neurons  the chip's first so many are driven, the others have no synapses; on a router
 * whose events wait not all at once, which takes as many times the chip samples
 * @param out  free with ms_fit_records_clear */
int ms_fit_record_die(const ms_setup *setup, ms_lab *lab, const ms_die *die, unsigned neurons,
                      unsigned sets, size_t stimuli, uint64_t seed, ms_fit_records *out,
                      const ms_control *control, ms_error *err);
/** Runs samples of the task with what the lab is configured with.
 * @param value  [n] each sample's values  @param out  free with ms_fit_records_clear */
int ms_fit_record_task(const ms_setup *setup, ms_lab *lab, const ms_die *die,
                       const double *const *value, size_t n, ms_fit_records *out,
                       const ms_control *control, ms_error *err);
void ms_fit_records_clear(ms_fit_records *records);

#endif
