/* SPDX-License-Identifier: Apache-2.0 */
/* The deviation ledger (the verb `mixspike bench ledger`): how far the table engine is from ngspice
 * with tight tolerances, and how far ngspice with its production settings is, on the same dies. */
#ifndef MS_BENCH_LEDGER_H
#define MS_BENCH_LEDGER_H

#include "mixspike/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_ledger_options {
  unsigned n_die;   /**< dies of the seed 1, from number 1, of each cell's circuits */
  unsigned n_core;  /**< dies of the core of 32 neurons */
  const char *only; /**< NULL, or the one case to run ("soma acc") */
  const char *file; /**< where runs of ngspice are kept: one line each, added as soon as it ends;
                         runs that are there are not repeated. Processes that work on different
                         cases may share it */
  bool pulse_maps;  /**< the table engine uses them */
  ms_control control;
} ms_ledger_options;

/** Runs what is missing in the file, then the table engine on all of it, and compares. Die d sits
 * at temperature d mod 3 of (0, 27, 85 C) and at corner (d / 3) mod 5; supply is nominal.
 * @param json  {"rows":[{"case","temp_c","corner","dies","count_equal",...}]}: for each case one
 *              row over all points ("corner":"all") and one a point; free() it. Shifts are the
 *              largest of a run, in tau: median and worst over the dies
 * @return MS_OK; MS_EINTERRUPTED: go on with the same file; MS_EIO, MS_EFORMAT: the file */
MS_API int ms_bench_ledger(const ms_ledger_options *options, char **json, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
