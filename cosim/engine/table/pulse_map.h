/* SPDX-License-Identifier: Apache-2.0 */
/* What a pulse does to a synapse row, from where the row stands when it begins: integrated once at
 * knots, interpolated in between.
 *
 * A row that nothing reaches but its own pins keeps, a while after a pulse, two numbers: the
 * voltage of its capacitor (slow), and that of the node behind it (lag, the input pair's common
 * source), which creeps towards rest for very long. All other nodes are at rest. For each code a
 * map holds, at knots of the slow node, an outcome: its course and the state at a few exits after
 * the pulse, for the lag that is left MS_MAP_LAG_WIDTHS after one. What else differs makes a small
 * difference, which is kept at knots farther apart: another lag (to first order), weight bits that
 * change with the pulse and inject charge, and a pulse that comes a clock period after another one
 * and finds the row as that one left it (the last two for each pair of codes).
 *
 * Entries are made when they are first needed, always in the same way from the same knots, so that
 * a result never depends on what has been asked before. */
#ifndef MS_TABLE_PULSE_MAP_H
#define MS_TABLE_PULSE_MAP_H

#include "engine/table/plan.h"

#include <pthread.h>

enum {
  MS_MAP_STENCIL = 4, /**< knots of the slow node that an interpolation uses */
  MS_MAP_POINT = 14,  /**< of the slow node's course, the first at the pulse's beginning */
  MS_MAP_EXIT = 6,    /**< the last points */
  MS_MAP_KNOT = 96,   /**< of the slow node, MS_MAP_STEP_V apart */
  MS_MAP_COARSE = 2,  /**< a difference every so many of them */
  MS_MAP_N_COARSE = MS_MAP_KNOT / MS_MAP_COARSE,
  MS_MAP_BITS = 6,
};
#define MS_MAP_STEP_V 25e-3
#define MS_MAP_FIRST_V (-8 * MS_MAP_STEP_V)
#define MS_MAP_LAG_WIDTHS 4

/** How a pulse may find the row otherwise than an entry takes it. */
typedef enum ms_map_change {
  MS_CHANGE_REST,  /**< the lag at rest */
  MS_CHANGE_FIRST, /**< the lag at rest, and another code before */
  MS_CHANGE_CODE,  /**< another code before */
  MS_CHANGE_PULSE, /**< a pulse with that code ended gap_s before */
  MS_N_CHANGE
} ms_map_change;

/** Where a pulse leaves the row. */
typedef struct ms_map_jump {
  int n_point;                  /**< of the course, up to the exit */
  double after_s[MS_MAP_POINT]; /**< time of each since the pulse began */
  double v[MS_MAP_POINT];       /**< the slow node there, */
  double slope[MS_MAP_POINT];   /**< and its slope, V/s */
  double state[MS_BLOCK_MAX];   /**< all nodes' voltages at the last point */
  double supply_c;              /**< that the supply has delivered until then */
  double charge_c;              /**< that the slow node has gained */
  double end_s;                 /**< the last point's time in the run; the next ramp's if one
                                     begins there */
  double since_s;               /**< how long the pulse is over by then */
  int slow;                     /**< the slow node */
  int next_ramp;                /**< a pin moves at end_s */
} ms_map_jump;

/** What one row's circuit does; voltages of nodes are local, as in the block. */
typedef struct ms_pulse_map {
  int block, n, slow, lag;
  int pulse_input, n_bit, bit_input[MS_MAP_BITS]; /**< numbers among the block's inputs */
  unsigned full_code;                             /**< levels of the pins with all bits active */
  double high_v, edge_s, width_s, gap_s, after_s[MS_MAP_POINT];
  int n_item;                 /**< doubles that describe an outcome */
  double *rest;               /**< [n] a guess at the point of rest */
  double *start[MS_MAP_KNOT]; /**< [2][n]: at rest, and at the lag where entries begin */
  float **entry;              /**< [codes][MS_MAP_KNOT], each [n_item] */
  double **left;              /**< [codes][MS_MAP_N_COARSE], each [n]: gap_s after a pulse */
  /** [codes][codes before], each NULL or [MS_MAP_N_COARSE], each [n_item] */
  float ***change[MS_N_CHANGE];
} ms_pulse_map;

/** The maps of one neuron of a die. */
typedef struct ms_pulse_maps {
  pthread_mutex_t lock;
  int n_block;
  ms_pulse_map **of_block; /**< NULL: the block has none */
} ms_pulse_maps;

/** A group's access to the maps of the instance that it runs on. */
typedef struct ms_map_use {
  ms_pulse_maps *maps;
  const ms_kernel *kernel;
  ms_solver lab; /**< blocks of its own, in which entries are integrated, */
  int lab_ready; /**< with the instance's values in them */
  /** Writes them, when the first entry is made. */
  void (*prepare)(struct ms_map_use *use);
  void *owner;
} ms_map_use;

/** Times of the pulses that maps are for. */
typedef struct ms_map_times {
  double edge_s, width_s; /**< of a ramp; of the pulse, from ramp to ramp */
  double gap_s;           /**< from its last ramp to the next one's, at least */
} ms_map_times;

/** Empty maps for the blocks that may have one: only pins drive them, and these are one pulse and
 * its weight bits; others read nothing of them but their one node with a capacitor, behind which
 * lies one node.
 * @param start_v  [n_node] the point from which runs start */
int ms_pulse_maps_create(const ms_plan *plan, const ms_solver *solver, const double *start_v,
                         const ms_map_times *times, ms_pulse_maps **out);
void ms_pulse_maps_destroy(ms_pulse_maps *maps);

/** What the pulse that begins at the block's present time does to it; the block's voltages have
 * been set. 0: ordinary integration has to tell, since the row is not settled, or the pulse is of
 * another kind or not known in full. */
int ms_pulse_map_find(const ms_solver *solver, int block, ms_map_jump *jump);

/* In pulse_entry.c: entries, made if they are not there yet; NULL where integration fails. */

/** Where outcomes begin, [2][n]: at rest, and a while after a pulse. */
const double *ms_map_start(ms_map_use *use, ms_pulse_map *map, int knot);
/** What a pulse does from there, [n_item]. @param code  levels of the weight bits' pins */
const float *ms_map_outcome(ms_map_use *use, ms_pulse_map *map, unsigned code, int knot);
/** How a pulse leaves the row gap_s after its end, [n]. */
const double *ms_map_left(ms_map_use *use, ms_pulse_map *map, unsigned code, int coarse);
/** What it makes of an outcome that the pulse finds the row so, [n_item]. */
const float *ms_map_difference(ms_map_use *use, ms_pulse_map *map, ms_map_change kind,
                               unsigned code, unsigned before, int coarse);

/* In pulse_lab.c: entries by integration. Each returns 0, or -1 where the integrator fails. */

/** The point of rest for a voltage of the slow node. @param rest  [n] out */
int ms_map_lab_rest(ms_map_use *use, const ms_pulse_map *map, double slow_v, unsigned code,
                    double *rest);
/** One pulse. @param start  [n]; @param code  levels of the weight bits' pins
 * @param changed  those that change with the pulse; @param item  [n_item] out */
int ms_map_lab_pulse(ms_map_use *use, const ms_pulse_map *map, const double *start, unsigned code,
                     unsigned changed, float *item);
/** How a pulse leaves the row if the slow node is held.
 * @param start  [n]; @param after_s  time since the pulse's end; @param left  [n] out */
int ms_map_lab_left(ms_map_use *use, const ms_pulse_map *map, const double *start, unsigned code,
                    double after_s, double *left);

#endif
