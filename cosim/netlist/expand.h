/* SPDX-License-Identifier: Apache-2.0 */
/* From a netlist file to logical lines: repeats, bit pins, comments, continuations. */
#ifndef MIXSPIKE_NETLIST_EXPAND_H
#define MIXSPIKE_NETLIST_EXPAND_H

#include "netlist/cell_text.h"

/** Fills text->line from the source; text->file must be set. */
int ms_text_expand(ms_cell_text *text, const char *source, size_t n, unsigned bits, ms_error *err);

#endif
