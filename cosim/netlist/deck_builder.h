/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a deck in the making, and the cells that go into it. */
#ifndef MIXSPIKE_NETLIST_DECK_BUILDER_H
#define MIXSPIKE_NETLIST_DECK_BUILDER_H

#include "mixspike/netlist.h"
#include "models/load.h"

enum { MS_NODE_NAME = 160 };

/** The first failure stays; further calls do nothing. */
typedef struct deck_builder {
  const ms_core *core;
  const ms_pvt *pvt;
  ms_deck *deck;
  size_t room;
  double supply_v;
  bool used[MS_MAX_CELLS]; /* cells already written */
  int rc;
  ms_error *err;
} deck_builder;

/** Checks the point of operation and writes title, includes, options and supply. */
int deck_begin(deck_builder *b, const ms_core *core, const ms_pvt *pvt, const char *title,
               ms_error *err);
/** Hands the deck out, or frees it after a failure. */
int deck_end(deck_builder *b, ms_deck **out);
void deck_line(deck_builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void deck_fail(deck_builder *b, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Writes a cell's subcircuits and those it uses, once each; devices mapped to the process. */
void deck_cell(deck_builder *b, const ms_cell *cell);
/** The cell as loaded, with its netlist. */
const ms_core_cell *deck_find_cell(const ms_core *core, const ms_cell *cell);

/** Names the node that a pin of an instance is connected to.
 * @param bit   index of the bit for bit pins
 * @param node  out, MS_NODE_NAME characters */
typedef void (*deck_node)(const void *context, const ms_pin *pin, unsigned bit, char *node);

/** Writes an instance line; nodes in the order of the subcircuit's pins.
 * @param params  ends the line: parameters that come after the manifest's own, may be "" */
void deck_instance(deck_builder *b, const char *name, const ms_cell *cell, deck_node node,
                   const void *context, const char *params);
/** Writes the bias branches of `lines` (bit i: core->bias[i]; UINT64_MAX: all) for these codes.
 * @param of_set  those of ms_deck_bias_set */
void deck_biases(deck_builder *b, const uint16_t *code, uint64_t lines, bool of_set);
/** " b3 b4": those of `lines` that are one cell's, or any for NULL; malloc'd. */
char *deck_bias_nodes(const ms_core *core, const ms_cell *cell, uint64_t lines);

/** Writes the .ic lines of an instance at the top level. */
void deck_initial(deck_builder *b, const char *name, const ms_cell *cell, deck_node node,
                  const void *context);

#endif
