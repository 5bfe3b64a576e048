/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks: labelled samples with fixed splits, and the code that turns a sample into input events. */
#ifndef MIXSPIKE_TASK_H
#define MIXSPIKE_TASK_H

#include "mixspike/chip.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MS_MAX_INPUTS = 2048, MS_MAX_CLASSES = 64, MS_MAX_EVENTS = 4096 };

/** Labelled samples; values are in 0..1, or negative: no event. */
typedef struct ms_dataset {
  size_t n;
  double *value;  /**< [n][n_value of the task] */
  uint8_t *label; /**< [n] class, 0 .. n_class-1 */
} ms_dataset;

typedef struct ms_task {
  char name[32];
  unsigned n_value, n_class;
  unsigned per_input; /**< so many values in a row belong to one input */
  ms_dataset train, validation, test;
} ms_task;

/** Names of tasks, NULL at the end: yinyang (generated), wdbc (breast cancer, the csv of Debian's
 * python3-sklearn), csv (any csv with a label column), xor (temporal, generated), mnist and fashion
 * (IDX files, 16 x 16). docs/formats.md says where the files are looked for. */
MS_API extern const char *const ms_task_names[];

/** What to load. Counts of 0 mean the whole split. */
typedef struct ms_task_options {
  const char *name;
  size_t n_train, n_validation, n_test;
  const char *file;  /**< csv: the file; mnist, fashion: folder of the IDX files; NULL: where
                          `mixspike data` puts them */
  const char *label; /**< csv: name of the label's column; NULL: the last column */
  uint64_t split;    /**< of a source without splits of its own: other numbers deal its samples
                          otherwise */
} ms_task_options;

/** Makes a task; its splits are the same on every machine. Free with ms_task_destroy.
 * @return MS_EMISSING for an unknown name, MS_ERANGE if more samples are asked for than exist */
MS_API int ms_task_create(const ms_task_options *options, ms_task **out, ms_error *err);
MS_API void ms_task_destroy(ms_task *task);

enum { MS_YINYANG_VALUES = 4, MS_YINYANG_CLASSES = 3 };

/** The Yin-Yang set as published (Kriener, Goeltz, Petrovici 2022): MT19937 seeded with a 32-bit
 * number, class drawn first, then points until one is of that class.
 * @param seed   42, 41 and 40 give the published training, validation and test sets
 * @param n      samples
 * @param value  [n][4] out: x, y, 1-x, 1-y
 * @param label  [n] out: 0 yin, 1 yang, 2 dot */
MS_API void ms_yinyang_generate(uint32_t seed, size_t n, double *value, uint8_t *label);

/** Class of the point (x, y) in the unit square, for one that lies in the big circle. */
MS_API uint8_t ms_yinyang_class(double x, double y);

/** Latency code: a value v becomes one event at first + v (last - first), a negative one none; a
 * further input carries one bias event at a fixed time. */
typedef struct ms_encoding {
  double tau_s;       /**< unit of the four times below, s */
  double first_tau;   /**< time of value 0 */
  double last_tau;    /**< time of value 1 */
  double bias_tau;    /**< time of the bias event; negative: no bias input */
  double window_tau;  /**< length of a sample */
  unsigned per_input; /**< values of one input, see ms_task; 0: 1 */
} ms_encoding;

/** How many external inputs a sample of n_value values needs. */
static inline unsigned ms_encoding_inputs(const ms_encoding *e, unsigned n_value) {
  return n_value / (e->per_input ? e->per_input : 1) + (e->bias_tau >= 0 ? 1u : 0u);
}

/** The number of values that so many inputs take; the inverse of ms_encoding_inputs. */
static inline unsigned ms_encoding_values(const ms_encoding *e, unsigned n_input) {
  return (n_input - (e->bias_tau >= 0 ? 1u : 0u)) * (e->per_input ? e->per_input : 1);
}

/** Encodes one sample. The bias input comes last.
 * @param event  [n_value + 1] out (at most MS_MAX_EVENTS), ordered by time, then address
 * @return number of events */
MS_API size_t ms_encode(const ms_encoding *encoding, const double *value, unsigned n_value,
                        ms_event *event);

#ifdef __cplusplus
}
#endif
#endif
