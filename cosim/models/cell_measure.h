/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of measures and of their benches share. */
#ifndef MIXSPIKE_MODELS_CELL_MEASURE_H
#define MIXSPIKE_MODELS_CELL_MEASURE_H

#include "models/cell_reader.h"

/** Reads what drives the pins, what is swept and what is read. */
int ms_cell_read_bench(ms_cell_reader *r, ms_yaml_node *node, ms_measure *m);
/** A text copied and in lower case, as ngspice sees names. */
int ms_cell_copy_lower(ms_cell_reader *r, char **to, const char *from);
/** Whether the cell has a node of that name, pins included. */
bool ms_cell_has_node(const ms_cell_reader *r, const char *name);
/** Whether the netlist has a transistor of that name, or for "x.m" the instance x. */
bool ms_cell_has_transistor(const ms_cell_reader *r, const char *name);

#endif
