/* SPDX-License-Identifier: Apache-2.0 */
/* The deck of a measure on a cell's pins. */
#ifndef MIXSPIKE_NETLIST_PINS_H
#define MIXSPIKE_NETLIST_PINS_H

#include "mixspike/netlist.h"

enum { MS_PIN_TEXT = 160 };

/** One instance of the cell, every pin driven as the measure says, else by its role
 * (docs/validate.md). Bias pins are nodes `b<i>` with sources `vb<i>` of 0 V.
 * @param core  from ms_core_load_cell
 * @param die   whose transient noise the sources carry; NULL: none. Mismatch is not in the deck */
int ms_deck_pins(const ms_core *core, const ms_cell *cell, const ms_pvt *pvt, const ms_die *die,
                 const ms_measure *measure, ms_deck **out, ms_error *err);

/** Put in front of element paths for their draws: those of neuron 0 for somas and synapses. */
const char *ms_pins_draw_prefix(const ms_cell *cell);

/** The vector that a measure reads: "v(pin_iw)", "i(v_iw)"; MS_EINVAL if no source carries the
 * current. @param vector  out, MS_PIN_TEXT characters */
int ms_pins_vector(const ms_core *core, const ms_cell *cell, const ms_measure *measure,
                   char *vector, ms_error *err);
/** The source that drives a pin: "v_iw", "i_nin", "vdd"; MS_EINVAL if there is none. */
int ms_pins_source(const ms_core *core, const ms_cell *cell, const ms_measure *measure,
                   const char *pin, char *source, ms_error *err);
/** The `alter` commands that set a code on a pin of several bits. @param text  out, n characters */
int ms_pins_code(const ms_core *core, const ms_cell *cell, const char *pin, unsigned code,
                 double supply_v, char *text, size_t n, ms_error *err);

#endif
