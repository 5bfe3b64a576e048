/* SPDX-License-Identifier: Apache-2.0 */
/* A run of one group on the table engine. */
#ifndef MS_TABLE_GROUP_H
#define MS_TABLE_GROUP_H

#include "engine/table/variant.h"

#include "engine/table/pulse_map.h"

enum { MS_N_PROBE = 4 + MS_MAX_ROWS };

typedef struct ms_table_group {
  ms_group base;
  const ms_variant *variant; /**< of which the solver was laid out */
  ms_instance *instance;
  ms_solver solver;
  const ms_run_spec *spec;
  ms_map_use map;
  double line_s; /**< how long a pulse's line is high in the bias set; 0: unknown */
  double vdd, rise_v, fall_v;
  int req_block, req_unknown, req_level;
  int active, waiting, cut;
  ms_time limit, committed, promise;
  int proposed; /**< the request's block has a step in hand that was not taken */
  size_t n_ack; /**< acknowledge changes of this run */
  double start_charge_c;
  ms_transition *transition;
  size_t n_transition, transition_room;
  ms_wave wave[MS_N_PROBE];
  size_t wave_room, n_sample;
  int unsure;
  char note[160];
} ms_table_group;

extern const ms_engine_ops ms_table_ops;

/** From the next run on, tells (1) or does not tell (0) which shares of its time a run spends
 * where: device_share and solver_share of ms_group_result. Costs a few percent of the run. */
MS_API void ms_table_profile(ms_engine *engine, int on);

/** Prepares blocks and finds the start state of a run: in start.c. */
int ms_table_start(ms_table_group *group, ms_error *err);

/** Gives a run the pulse maps of its instance, if the engine uses any; frees what that takes. In
 * pulse_use.c. */
int ms_table_maps_start(ms_table_group *group, ms_error *err);
void ms_table_maps_free(ms_table_group *group);

/** Adds a ramp of a digital pin. @param logical 1: active */
int ms_table_drive(ms_table_group *group, int signal, ms_time t, int logical, ms_error *err);

/** Records the probes up to time t; in record.c. */
int ms_table_record(ms_table_group *group, double t_s, ms_error *err);
void ms_table_record_clear(ms_table_group *group);
/** Voltage of a circuit node at a time that every block has reached or passed. */
double ms_table_voltage(const ms_table_group *group, int node, double t_s);
/** Charge that plain capacitors at the supply hold. */
double ms_table_supply_charge(const ms_table_group *group, double t_s);

#endif
