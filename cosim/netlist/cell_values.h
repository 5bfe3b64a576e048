/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the values of a cell's netlist. */
#ifndef MIXSPIKE_NETLIST_CELL_VALUES_H
#define MIXSPIKE_NETLIST_CELL_VALUES_H

#include "netlist/cell_text.h"

/** Every device has a name of its own and a value: W and L above 0, numbers, or expressions whose
 * names are defined; else an error with file and line. */
int ms_cell_text_check_values(const ms_cell_text *text, ms_error *err);

#endif
