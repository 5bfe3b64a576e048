/* SPDX-License-Identifier: Apache-2.0 */
/* A block: nodes that hang together strongly (through channels, or through gates in a loop), solved
 * together at their own time step. Blocks read each other's voltages by interpolation.
 *
 * Local voltages: v[0..n) the unknowns, then the inputs (rails, bias lines, driven pins, nodes of
 * other blocks). Equation of unknown i: d/dt q_i(v) + f_i(v) = 0, integrated by variable-step BDF
 * of order 1..3 on the charges; histories are kept as divided differences (Newton's form), which
 * serve the predictor, the error estimate, the order choice and the interpolation alike. */
#ifndef MS_TABLE_BLOCK_H
#define MS_TABLE_BLOCK_H

#include "engine/table/lu.h"
#include "engine/table/table.h"

#include <stdint.h>
#include <time.h>

/** STEPS_AHEAD: upstream steps that one step may span, and how far a block may be called back.
 * What it overwrote on the way is lost, hence a ring of more than twice that. */
enum {
  MS_MAX_ORDER = 4,
  MS_STEPS_AHEAD = 12,
  MS_RING = 32,
  MS_JUMPS_KEPT = 4,
  MS_BLOCK_MAX = MS_LU_MAX
};

/** How a device is looked up; picked from which of its terminals are fixed. The general form also
 * catches what leaves the special ones (drain below source). */
typedef enum ms_form {
  MS_FORM_GENERAL,      /**< 3-D (a, s, z) */
  MS_FORM_SOURCE_FIXED, /**< 2-D (a, z), shared by all devices of the geometry at that rail */
  MS_FORM_DRAIN_ONLY,   /**< gate and source fixed: 1-D in z, one curve an instance */
  MS_FORM_SOURCE_ONLY,  /**< gate and drain fixed: 1-D in V_source, one curve an instance */
} ms_form;

/** One transistor as one block sees it: how it is looked up. Normalised voltages u = sign (v -
 * v_bulk). What changes from step to step is in its place of a ms_quad. */
typedef struct ms_transistor {
  const ms_table *table;
  double inv_h[MS_N_AXIS]; /**< of the table's axes */
  const float *plane;      /**< SOURCE_FIXED: coefficients (a, z) */
  const float *curve;      /**< DRAIN_ONLY (over z) or SOURCE_ONLY (over u_s) */
  double curve_x0, curve_inv_h;
  int curve_n;
  int form;
  double dvth_v, m;
  double trim[MS_N_TRIM + 1]; /**< of y: powers of z (0th in the gain), by s; curves have it */
  int terminal[3];            /**< local voltages of gate, drain, source */
  int row[3];                 /**< equations of the same; n: none */
  int index;                  /**< in the plan's device list */
  int add;                    /**< 1 + which of the block's ms_add its gate has, or 0 */
  int outside;                /**< its last lookup was at the edge of the table */
} ms_transistor;

/** Four transistors side by side, in the arithmetic that all of them share. Places beyond the last
 * transistor have no gain and no charge. */
typedef struct ms_quad {
  int terminal[3][4], row[3][4];
  unsigned used; /**< which places hold a transistor, a bit each */
  unsigned fresh;
  ms_v4 sign, bulk, gain; /**< bulk: sign times its voltage */
  ms_v4 supply;           /**< share of the normalised current that the supply delivers: 0, 1, -1 */
  ms_v4 now[3];           /**< u of gate, drain, source */
  /* the last lookup: where, y and the charges (g, d, s) times m, their slopes by u */
  ms_v4 u[3], y, dy[3], q[3], dq[3][3];
  ms_v4 current, e_delta; /**< gain exp(y), exp(-|delta| / UT) */
  ms_v4 slope[3];         /**< dI / du at the last evaluation */
} ms_quad;

/** What a quad delivers, each for four transistors: charges (g, d, s), the current out of the
 * drain's node and into the source's, the matrix places [equation][voltage]. */
enum {
  MS_OUT_CHARGE,
  MS_OUT_CURRENT = 3,
  MS_OUT_RETURN,
  MS_OUT_PLACE,
  MS_N_OUT = MS_OUT_PLACE + 9,
};

/** Sums over what the quads deliver: target i gets the items at[i]..at[i+1] of `item`. */
typedef struct ms_sums {
  int *at;
  short *item;
} ms_sums;

typedef struct ms_capacitor {
  double c_f;
  int a, b, row_a, row_b;
  int element;
} ms_capacitor;

typedef struct ms_resistor {
  double g_s;
  int a, b, row_a, row_b;
} ms_resistor;

/** What all junctions of an unknown's node to one bulk leak: I = sat_a (1 - exp(-u / scale_v)) out
 * of the node, u = sign (v - bulk). */
typedef struct ms_leak {
  int unknown, place; /**< place: of the diagonal in the matrix */
  int bulk_node;
  double sign, bulk_v, sat_a, inv_scale;
  double supply; /**< 1: the bulk is the supply, which delivers it */
  double slope;  /**< dI / du at the last evaluation */
} ms_leak;

typedef enum ms_input_kind { MS_INPUT_FIXED, MS_INPUT_DRIVEN, MS_INPUT_FOREIGN } ms_input_kind;

/** Where a local voltage beyond the unknowns comes from. */
typedef struct ms_input {
  ms_input_kind kind;
  int source;    /**< node number; or signal; or block */
  int unknown;   /**< FOREIGN: which unknown of that block */
  int strong;    /**< FOREIGN: drives a gate here, so that block must be ahead in time */
  size_t cursor; /**< DRIVEN: ramp in force */
} ms_input;

/** A weak capacitive coupling: unknown `unknown` follows a node of another block by the share k, at
 * once. Histories are kept of w = v - k u, which is smooth whatever steps u is known in; a block
 * that reads the node adds k u back with the u of its own moment. */
typedef struct ms_follow {
  int unknown; /**< which unknown follows */
  int input;   /**< local number of the voltage u that it follows */
  double k;
} ms_follow;

/** The reader's side: local input `input` is w; k times local voltage `of` comes on top. */
typedef struct ms_add {
  int input, of;
  double k;
} ms_add;

/** An accepted step, enough to interpolate inside it and to go back into it. */
typedef struct ms_past {
  double t[MS_MAX_ORDER + 1];
  double *difference; /**< [MS_MAX_ORDER + 1][n] */
  int order;
} ms_past;

/** A pulse that a map took the block across: enough to go back to its beginning. */
typedef struct ms_jumped {
  double t_s, end_s;
  size_t n_accepted;
  int slow;                        /**< the map's slow node */
  double supply_c, *state, *input; /**< [n] variables, [n_input] voltages at the beginning */
} ms_jumped;

/** A device whose gate's voltage contains the share k of an unknown. */
typedef struct ms_shifted {
  int device, unknown;
  int place[2]; /**< matrix places of (drain's, source's equation, that unknown) */
  double k;
} ms_shifted;

typedef struct ms_block {
  int n, n_input, n_device, n_capacitor, n_resistor, n_leak;
  double *v; /**< [n + n_input] */
  ms_input *input;
  ms_transistor *device;
  int n_quad, n_outside; /**< n_outside: devices whose last lookup was at the edge of the table */
  ms_quad *quad;
  ms_v4 *out;                              /**< [n_quad][MS_N_OUT] */
  ms_sums current_of, charge_of, place_of; /**< by unknown, by unknown, by matrix place */
  ms_capacitor *capacitor;
  ms_resistor *resistor;
  ms_leak *leak;
  double *source_a; /**< [n] constant current out of each unknown's node */
  ms_lu lu;
  double *clinear, *glinear; /**< [nnz + 1] constant parts of the matrices */
  double *jacobian;          /**< [nnz + 1]; the last place takes what has no place */
  int n_upstream, *upstream; /**< blocks that must be ahead */
  int n_follow, n_add, n_shift;
  ms_follow *follow;
  ms_add *add;
  ms_shifted *shift;
  double *base; /**< [n + n_input] w of the inputs that have something added */

  double t[MS_MAX_ORDER + 2], *dx[MS_MAX_ORDER + 2], *dq[MS_MAX_ORDER + 1];
  int order, n_past, n_known; /**< usable points of history: of charges, of variables */
  int steps_at_order;
  double h_s;
  double *f, *q, *history, *f_last, *step, *x_new, *q_new; /**< [n + 1] */
  ms_v4 *estimate; /**< [n] errors of the candidate at three orders; what extrapolation takes out */
  double *truncated; /**< [n] error of dq/dt at the candidate's order */
  double *share;     /**< [n] of rate_error that counts for this node */
  double t_new, h_new, error, error_at[3], error_before, h_before;
  int outside; /**< 1 + a device that left its table at the candidate, or 0 */
  double power_new_a, supply_a, supply_c;     /**< current out of the supply; its integral so far */
  double *tolerance_low_v, *tolerance_high_v; /**< [n] */
  int drives;             /**< not the block of the request, which makes the spike times */
  double time_error_s;    /**< allowed error of a step, as time ... */
  double rate_error;      /**< ... and as a share of what it moves */
  unsigned char *clamped; /**< [n] held at its initial value (start only) */

  ms_past past[MS_RING];
  size_t n_accepted;               /**< past[(n_accepted - 1) % MS_RING] is the newest */
  double t_break;                  /**< next instant where an input bends */
  double t_restart;                /**< the last one */
  ms_jumped jumped[MS_JUMPS_KEPT]; /**< the last pulses that a map took it across */
  unsigned n_jump;
  int frozen;   /**< inputs from other blocks stay as they are */
  void *memory; /**< one allocation behind the arrays */
} ms_block;

/** Work done, and what went wrong. */
typedef struct ms_work {
  uint64_t steps, evaluations, rejected, failed;
  uint64_t device_full, device_bypassed;
  uint64_t device_ticks, solver_ticks, ticks; /**< processor time, if the solver is profiled */
  int outside, outside_device; /**< a device left its table: which, in the plan's list */
} ms_work;

/** A driven pin's ramps in time order. */
typedef struct ms_ramp {
  double t_s, from_v, to_v;
} ms_ramp;

typedef struct ms_signal {
  ms_ramp *ramp;
  size_t n, room;
  double start_v;
} ms_signal;

/** Everything that the solver needs of a group. */
typedef struct ms_solver {
  int n_block;
  ms_block *block;
  ms_signal *signal;
  double edge_s, ut_v;
  double bypass_v;
  double t_end_s;
  int profiled;
  struct ms_map_use *map; /**< pulse maps, or NULL */
  ms_work work;
} ms_solver;

/** Processor time in ticks of no particular length; 0 if the solver is not profiled. */
static inline uint64_t ms_ticks(const ms_solver *solver) {
  if (!solver->profiled)
    return 0;
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

/** The arithmetic, compiled for more than one instruction set. */
typedef struct ms_kernel {
  const char *name;
  /** One Newton run towards the point of rest: a first-order step of length h_s that leaves the
   * time alone. 1: Newton did not settle, nothing has changed. */
  int (*settle)(ms_solver *, ms_block *, double h_s);
  /** Turns the voltages in dx[0] into the variables that histories are kept of, once the voltages
   * of all blocks have been set. */
  void (*begin)(ms_solver *, ms_block *);
  /** Charges at the present time, after inputs or state have been set. */
  void (*charges)(ms_solver *, ms_block *);
  /** Finds a step of the block, not past `limit`, that meets its tolerance; its drivers go ahead
   * where needed. The step is not taken yet (t_new, x_new). -1: no step is small enough. */
  int (*propose)(ms_solver *, int block, double limit);
  /** Takes the proposed step. */
  void (*take)(ms_solver *, int block);
  /** The block's driven inputs have changed from time t on; it goes back to t if it is past it.
   * -1: that is too far back. */
  int (*input_changed)(ms_solver *, int block, double t);
  /** Voltage of an unknown at a time up to the block's own. */
  double (*voltage_at)(const ms_solver *, int block, int unknown, double t);
  /** The same inside the proposed step. */
  double (*proposed_at)(const ms_solver *, int block, int unknown, double t);
} ms_kernel;

/** The builds that this processor runs, best first; NULL after the last. */
MS_API const ms_kernel *ms_kernel_list(unsigned i);

#endif
