/* SPDX-License-Identifier: Apache-2.0 */
/* A cell being read; shared by reading and checking. */
#ifndef MIXSPIKE_MODELS_CELL_READER_H
#define MIXSPIKE_MODELS_CELL_READER_H

#include "models/load.h"

typedef struct ms_cell_reader {
  ms_loader *loader;
  ms_core_cell *cc;
  ms_yaml *doc;
  ms_yaml_node *root;
} ms_cell_reader;

/** Words of the manifest, in the order of ms_cell_kind and ms_role; NULL-terminated. */
extern const char *const ms_cell_kind_name[], *const ms_cell_role_name[];

/** Each kind of cell needs certain pins exactly once. Failures stay in the document. */
void ms_cell_check_roles(ms_cell_reader *r);
/** Pins of manifest and netlist must be the same. */
void ms_cell_check_pins(ms_cell_reader *r);
/** Start values and parameters must exist in the netlist. */
void ms_cell_check_names(ms_cell_reader *r);
/** Reads measures, specs, conditions and the list of fixed devices. */
int ms_cell_read_measures(ms_cell_reader *r);
/** What they name must exist in the netlist. */
void ms_cell_check_measures(ms_cell_reader *r);
void ms_cell_clear_measures(ms_cell *cell);
/** Loads what the cell instantiates, and checks the number of nodes given. */
int ms_cell_load_uses(ms_cell_reader *r, unsigned dac_bits);

#endif
