/* SPDX-License-Identifier: Apache-2.0 */
/* The table engine's way to ask ngspice: one deck, one analysis, all saved vectors back. */
#ifndef MS_TABLE_SPICE_H
#define MS_TABLE_SPICE_H

#include "mixspike/netlist.h"

/** Every saved vector of one analysis. */
typedef struct ms_vectors {
  size_t n_vector, n_point;
  char **name;
  double *value; /**< [n_point][n_vector] */
} ms_vectors;

/** Runs the deck (title line first, no .end) with the analysis command ("tran ...", "dc ...").
 * The vectors are those of the deck's .save lines, in their order; a transient has time first. */
MS_API int ms_spice_run(const char *worker_path, const ms_deck *deck, const char *analysis,
                        ms_vectors *out, ms_error *err);
MS_API void ms_vectors_clear(ms_vectors *vectors);

/** What `listing expand` prints for the deck; free the string. */
int ms_spice_listing(const char *worker_path, const ms_deck *deck, char **out, ms_error *err);

#endif
