/* SPDX-License-Identifier: Apache-2.0 */
/* One ngspice in a process of its own: start it, load a deck, give commands and read what it
 * prints, fetch vectors, and carry out controlled transient runs (see protocol.h). Used by the
 * ngspice engine and by whatever needs ngspice as a tool (listings, model tables). */
#ifndef MS_NGSPICE_SERVICE_H
#define MS_NGSPICE_SERVICE_H

#include "engine/ngspice/protocol.h"
#include "mixspike/engine.h"
#include "mixspike/netlist.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_service ms_service;

/** Starts a worker.
 * @param worker_path  NULL: environment variable MIXSPIKE_WORKER, else beside the library
 * @param timeout_s    a worker silent for so long counts as hung; <= 0: 120 s */
MS_API int ms_service_create(const char *worker_path, double timeout_s, ms_service **out,
                             ms_error *err);
MS_API void ms_service_destroy(ms_service *service);

/** Loads a deck in place of any earlier one. MS_ESIM with ngspice's words if it is refused. */
MS_API int ms_service_deck(ms_service *service, const ms_deck *deck, ms_error *err);

/** Gives one or more commands, one a line (each shorter than 1024 characters, which is where
 * ngspice cuts). MS_ESIM at the first that ngspice complains about.
 * @param text  what ngspice printed; may be NULL; belongs to the service until its next call */
MS_API int ms_service_command(ms_service *service, const char *lines, const char **text,
                              ms_error *err);

/** Values of a real vector of the current plot ("v(req)", "@m.xsoma.mt1[gm]").
 * @param values  [*n], belongs to the service until its next call
 * Errors: MS_EMISSING if there is no such vector. */
MS_API int ms_service_vector(ms_service *service, const char *name, const double **values,
                             size_t *n, ms_error *err);

/** Begins a transient run of the loaded deck; the operating point is computed at once. */
MS_API int ms_service_run(ms_service *service, const ms_ng_setup *setup, ms_error *err);
/** Lets the run go on; see ms_group_grant. */
MS_API int ms_service_grant(ms_service *service, ms_time limit_ps, bool cut, const ms_ng_ramp *ramp,
                            size_t n, ms_error *err);
/** Waits for the report that answers the last grant; its transitions belong to the service until
 * the next call. MS_ESIM with ngspice's words if the simulation failed. */
MS_API int ms_service_wait(ms_service *service, ms_report *report, ms_error *err);

/** What a run recorded. */
typedef struct ms_ng_result {
  double energy_j;
  uint64_t steps, iterations, rejected;
  size_t n_wave, n_point; /**< waveforms: one per probe but the request; their points */
  const double *t_s, *v;  /**< [n_point], [n_point][n_wave] */
} ms_ng_result;

/** Ends the run. If it had not reached its end the worker is gone afterwards and the next run
 * starts another one. `result` belongs to the service until its next call. */
MS_API int ms_service_finish(ms_service *service, ms_ng_result *result, ms_error *err);

/** The worker's process, e.g. to end it in a test. */
MS_API pid_t ms_service_pid(const ms_service *service);
/** "ngspice-39 shared library" */
MS_API const char *ms_service_banner(const ms_service *service);
/** False if the worker had to fall back on slow queries (see worker/peek.h). */
MS_API bool ms_service_can_peek(const ms_service *service);
/** False after a failure of the transport: only destroy is of use then. */
MS_API bool ms_service_alive(const ms_service *service);

#ifdef __cplusplus
}
#endif
#endif
