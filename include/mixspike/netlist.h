/* SPDX-License-Identifier: Apache-2.0 */
/* From manifests to SPICE decks, and from the simulator's own expanded listing back to a circuit
 * that other engines can use. There is one SPICE front end: ngspice. */
#ifndef MIXSPIKE_NETLIST_H
#define MIXSPIKE_NETLIST_H

#include "mixspike/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A deck as ngspice takes it, one string a line; free with ms_deck_destroy. */
typedef struct ms_deck {
  char **line;
  size_t n_line;
} ms_deck;
MS_API void ms_deck_destroy(ms_deck *deck);
MS_API int ms_deck_write(const ms_deck *deck, const char *path, ms_error *err);

/** One neuron with its rows. Top-level names: instance `xsoma`, one `x<row>` a row; nodes `vdd`
 * (source vdd), ground `0`, `nin`, `vmem`, `req`, bias nodes `b<i>` driven by sources `vb<i>`
 * (dc value set by `alter`), digital pins driven by `external` sources: `vnack` on node nack,
 * `vp<r>` on the pulse pin of row r (node p<r>), `vw<r>_<k>` on its weight bit k (node w<r>_<k>).
 * Contains .include/.lib lines, .options as docs/ngspice.md explains, .ic lines; no .tran, no .end.
 */
MS_API int ms_deck_group(const ms_core *core, const ms_pvt *pvt, ms_deck **out, ms_error *err);

/** All bias branches of the core for the given codes: nodes `b<i>`; solved at the operating point.
 * @param code  [core->n_bias] coarse << 8 | fine */
MS_API int ms_deck_bias(const ms_core *core, const ms_pvt *pvt, const uint16_t *code, ms_deck **out,
                        ms_error *err);

/** The branches that a set of neurons has for itself (ms_core_bias.own), whose codes can be
 * altered: fine bit k hangs on a source
 * `v.xbias.x<cell>.v<bias>_<k>`, 0 V at first, and the coarse current is
 * `i.xbias.x<cell>.i<bias>`. Nodes are those of ms_deck_bias.
 * @param lines  bit i: core->bias[i], of the first 64 */
MS_API int ms_deck_bias_set(const ms_core *core, const ms_pvt *pvt, const uint16_t *code,
                            uint64_t lines, ms_deck **out, ms_error *err);

/** The whole core flat: bias branches with their decoupling, neurons xn0.. each with xsoma and
 * rows. Digital pins are driven by `external` sources vnack<n>, vp<n>_<r>, vw<n>_<r>_<k>. */
MS_API int ms_deck_flat(const ms_core *core, const ms_pvt *pvt, unsigned n_neuron,
                        const uint16_t *code, ms_deck **out, ms_error *err);

/** A device of an expanded circuit. */
typedef struct ms_element {
  char *name;       /**< as ngspice names it: "m.xsoma.mt1" */
  char *path;       /**< instance path for draws: "soma.mt1" */
  char kind;        /**< 'm', 'r', 'c', 'v', 'i', 'd' */
  unsigned node[4]; /**< d g s b, or the two terminals; indices into ms_circuit.node, 0 = ground */
  int type;         /**< MS_NFET or MS_PFET for 'm' */
  char *model;      /**< for 'm', 'd' */
  double w_m, l_m, m, ad_m2, as_m2, pd_m, ps_m; /**< for 'm' */
  double value;                                 /**< ohm, F, V or A */
} ms_element;

/** An expanded circuit with evaluated parameters. */
typedef struct ms_circuit {
  size_t n_node; /**< with ground */
  char **node;
  size_t n_element;
  ms_element *element;
  size_t n_ic;
  struct {
    unsigned node;
    double v;
  } * ic;
} ms_circuit;

/** Reads what ngspice prints for `listing expand` (one string, lines separated by newlines) plus,
 * for parameters that the listing leaves as expressions, nothing: it is an error naming the line.
 * Refuses device kinds other than those above by name. */
MS_API int ms_circuit_parse(const char *listing, const ms_process *process, ms_circuit **out,
                            ms_error *err);
MS_API void ms_circuit_destroy(ms_circuit *circuit);

/** The parameter shifts of one device on one die at one corner. */
typedef struct ms_shift {
  double dvth_v; /**< delvto, with the sign that ngspice takes for the device type */
  double beta;   /**< mulu0, 1 = nominal */
  double cap;    /**< factor on a capacitor */
} ms_shift;

/** Shift of `element` on a die: draw scaled by geometry, plus the corner.
 * @param prefix  put in front of the element's path ("n3."), may be "" */
MS_API ms_shift ms_element_shift(const ms_element *element, const ms_process *process,
                                 const ms_die *die, const ms_pvt *pvt, const char *prefix);

/** Area of a part of a core: gates (W L m) and plates (C over the process's density). Wiring,
 * diffusions and spacing come on top, as a layout has them. */
typedef struct ms_area {
  size_t n_transistor; /**< devices, several in parallel counted once */
  double transistor_m2, capacitor_m2;
} ms_area;

typedef enum ms_area_part {
  MS_AREA_SOMA,
  MS_AREA_ROW,  /**< all synapse rows of a neuron, without their weight DACs */
  MS_AREA_DAC,  /**< the weight DACs of a neuron */
  MS_AREA_BIAS, /**< all bias branches with their decoupling, once a core */
  MS_AREA_PARTS
} ms_area_part;

/** Areas of one neuron's parts and of the core's bias branches, from the circuits as ngspice
 * expands them. Capacitors count nothing where the process states no density. */
MS_API int ms_core_area(const ms_core *core, ms_area area[MS_AREA_PARTS], ms_error *err);
/** Area of the branches that one set of neurons has for itself (ms_bias_sharing), with the
 * decoupling of their lines, the core's where they have none in them. @param own  bit i:
 * core->bias[i] */
MS_API int ms_core_set_area(const ms_core *core, uint64_t own, ms_area *area, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
