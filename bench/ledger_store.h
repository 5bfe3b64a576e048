/* SPDX-License-Identifier: Apache-2.0 */
/* The file that keeps ngspice's runs of the deviation ledger. Text, a line a run, fields separated
 * by tabs: case, die, engine, processor seconds, energy in J, spikes as ADDRESS:PICOSECONDS. The
 * first line names the format and a checksum of the circuits, so that runs of other circuits are
 * never compared with. A last line cut short is dropped. */
#ifndef MS_LEDGER_STORE_H
#define MS_LEDGER_STORE_H

#include "mixspike/chip.h"

/** A run of a neuron or of a core. */
typedef struct ms_ledger_run {
  size_t n_spike;
  ms_event *spike; /**< owned; ordered by time */
  double seconds, energy_j;
  bool unsure;
} ms_ledger_run;
MS_API void ms_ledger_run_clear(ms_ledger_run *run);

typedef struct ms_ledger_store ms_ledger_store;

/** Opens the file or makes it. @param checksum  of the circuits, as ms_ledger_checksum gives it
 * @return MS_OK; MS_EDIFFERS: it holds runs of other circuits; MS_EPARSE; MS_EIO */
MS_API int ms_ledger_store_open(const char *path, uint64_t checksum, ms_ledger_store **out,
                                ms_error *err);
MS_API void ms_ledger_store_close(ms_ledger_store *store);

/** The kept run, or NULL. It belongs to the store and stays until the next add. */
MS_API const ms_ledger_run *ms_ledger_store_find(const ms_ledger_store *store, const char *name,
                                                 uint64_t die, int engine);
/** Adds a run: one write to the end of the file, synchronised with the disk. Takes over the spikes.
 */
MS_API int ms_ledger_store_add(ms_ledger_store *store, const char *name, uint64_t die, int engine,
                               ms_ledger_run *run, ms_error *err);

/** Checksum over the decks of a core's neuron and bias branches, the bias codes of a run, and the
 * model files that the decks include. */
int ms_ledger_checksum(const ms_core *core, uint64_t *checksum, ms_error *err);

#endif
