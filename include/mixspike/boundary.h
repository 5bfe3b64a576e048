/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a run's boundary, and either half run again from it: the circuits against the recorded
 * pulses and acknowledges, the router against the recorded requests. An unchanged half gives every
 * change at its picosecond; of a changed one the first difference is told. */
#ifndef MIXSPIKE_BOUNDARY_H
#define MIXSPIKE_BOUNDARY_H

#include "mixspike/chip.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A log: what either half needs to run alone, and what happened between them. */
typedef struct ms_boundary {
  char *core, *core_file; /**< name, manifest */
  unsigned dac_bits;
  uint64_t core_checksum;
  ms_engine_kind analog;
  bool pulse_maps; /**< ms_engine_options.pulse_maps */
  ms_router_kind digital;
  ms_driver_kind driver; /**< that made the run */
  ms_ack_timing ack;     /**< feed-forward: how circuits were acknowledged while they ran alone */
  unsigned n_neuron, n_input;
  unsigned cols, rows; /**< of the mesh of cores */
  ms_die die;
  ms_pvt pvt;
  ms_time clock_ps, lookahead_ps, t_stop;
  size_t n_write; /**< configuration port: address, data, in order */
  uint32_t (*write)[2];
  size_t n_event;
  ms_boundary_event *event;
} ms_boundary;

/** Writes the log of a run with record_boundary as text (docs/formats.md, "Boundary log").
 * @param chip  that ran it, with configuration, die and point of operation as they were */
MS_API int ms_boundary_write(const char *path, const ms_chip *chip, const ms_run_result *run,
                             ms_time t_stop, ms_error *err);
/** Reads a log. MS_EPARSE names file and line. Free with ms_boundary_destroy. */
MS_API int ms_boundary_read(const char *path, ms_boundary **out, ms_error *err);
MS_API void ms_boundary_destroy(ms_boundary *log);

typedef struct ms_boundary_report {
  uint64_t compared; /**< changes that came as recorded */
  int differs;
  ms_time t;       /**< of the first difference: the earlier of what was recorded and what came */
  uint32_t line;   /**< of the log: what was recorded, or would have come next; 0: its end */
  char first[240]; /**< the first difference in words */
} ms_boundary_report;

/** Runs the router alone: the log's events and requests go in, its outputs are compared.
 * @param kind  which router
 * @return MS_EDIFFERS at a difference, with the report filled in */
MS_API int ms_boundary_replay_digital(const ms_boundary *log, ms_router_kind kind,
                                      ms_boundary_report *report, ms_error *err);

/** Runs every neuron's circuit alone: the log's pulses and acknowledges go in, grants as they were
 * (after a feed-forward run: in one go), its request changes are compared. Bias codes are those
 * that the log's writes give.
 * @param core    as loaded now; log->core_checksum tells whether it is the one that was recorded
 * @param engine  which engine, and how
 * @param cancel  NULL, or a flag that a signal handler may set
 * @return MS_EDIFFERS at a difference, with the report filled in */
MS_API int ms_boundary_replay_analog(const ms_boundary *log, const ms_core *core,
                                     const ms_engine_options *engine, const volatile int *cancel,
                                     ms_boundary_report *report, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
