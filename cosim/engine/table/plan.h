/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a group: which nodes are fixed, driven or unknown, which of them form a block, and
 * how each transistor is looked up. Made once per circuit; equal for all neurons and dies. */
#ifndef MS_TABLE_PLAN_H
#define MS_TABLE_PLAN_H

#include "engine/table/block.h"
#include "mixspike/engine.h"

typedef enum ms_node_kind { MS_NODE_FIXED, MS_NODE_DRIVEN, MS_NODE_FREE } ms_node_kind;

typedef struct ms_plan_node {
  ms_node_kind kind;
  double fixed_v;     /**< FIXED and not a bias line */
  int bias;           /**< FIXED: number of the bias line, or -1 */
  int signal;         /**< DRIVEN */
  int block, unknown; /**< FREE */
  double linear_f;    /**< capacitance of plain capacitors at the node */
  double total_f;     /**< with that of the devices, roughly */
  double start_v;     /**< FREE: value from .ic */
  int has_start;
} ms_plan_node;

/** A digital pin. */
typedef struct ms_plan_signal {
  char kind; /**< 'n' acknowledge, 'p' pulse, 'w' weight bit */
  int row, bit, node;
  int active_low;
} ms_plan_signal;

typedef struct ms_plan_device {
  int element;
  unsigned g, d, s,
      b; /**< drain and source possibly exchanged, so that the source is at the rail */
  int form;
  double sign, m;
  const ms_table *table;
  float *plane; /**< SOURCE_FIXED: shared between devices of equal table and rail */
  int plane_owner;
} ms_plan_device;

typedef struct ms_plan {
  const ms_core *core;
  const ms_circuit *circuit;
  double supply_v;
  int n_node, n_signal, n_device, n_block;
  ms_plan_node *node;
  ms_plan_signal *signal;
  ms_plan_device *device;
  int *block_size, **block_node; /**< [n_block], upstream blocks first */
  int supply_node, req_node, nin_node;
  int ack_signal;
  int probe_node[4 + MS_MAX_ROWS]; /**< by ms_probe; -1: not there */
} ms_plan;

/** A feedback from a channel to its gate weaker than this share of the gate node's capacitance does
 * not tie two blocks together; it is then passed on with the delay of one step. */
#define MS_WEAK_COUPLING 0.01

/** Makes the plan.
 * @param table          [circuit->n_element] table of each transistor, NULL for other elements
 * @param weak_coupling  see MS_WEAK_COUPLING; 0 puts whatever touches into one block */
MS_API int ms_plan_create(const ms_core *core, const ms_circuit *circuit, double supply_v,
                          const ms_table *const *table, double weak_coupling, ms_plan **out,
                          ms_error *err);
MS_API void ms_plan_destroy(ms_plan *plan);

/** Capacitances of a device in saturation: gate-drain, gate-source, and all of the gate. */
void ms_plan_capacitance(const ms_plan *plan, const ms_plan_device *device, double *gd_f,
                         double *gs_f, double *gg_f);

/** Allocates the blocks of one group. */
MS_API int ms_plan_solver(const ms_plan *plan, ms_solver *solver, ms_error *err);
MS_API void ms_solver_free(ms_solver *solver);

/** First-order steps of growing length until nothing is left to move: in start.c. -1: no rest. */
int ms_block_settle(ms_solver *solver, const ms_kernel *kernel, ms_block *block);

#endif
