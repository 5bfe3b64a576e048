/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the routers (the verb `mixspike bench router`). */
#ifndef MS_BENCH_ROUTER_H
#define MS_BENCH_ROUTER_H

#include "mixspike/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One row: neurons that spike at random so that the fan-out is busy for a share of the time. */
typedef struct ms_bench_router_row {
  unsigned n_neuron;
  double load;         /**< wanted: pulses started per clock cycle */
  double load_reached; /**< measured in simulated time */
  double events_per_s; /**< spikes taken from neurons, per second of wall time */
  double pulses_per_s;
  double edges_per_s; /**< clock edges evaluated */
  double ns_per_edge; /**< wall time of one evaluated edge, driving included */
  double edges_share; /**< edges evaluated of those that lie in the simulated time */
  double simulated_s_per_s;
} ms_bench_router_row;

/** Runs one row for about `wall_s` seconds of wall time.
 * @param kind  which router
 * @return MS_OK, or what the router refused */
MS_API int ms_bench_router_run(ms_router_kind kind, unsigned n_neuron, double load, double wall_s,
                               ms_bench_router_row *row, ms_error *err);

/** The whole bench: every router with 64 neurons at 1, 10 and 100 % load, and `rtl` and `tlm` in
 * the other sizes at 10 %.
 * @param wall_s  wall time for each row, seconds
 * @param json    the figures, {"rows":[...]}; free() it */
MS_API int ms_bench_router(double wall_s, char **json, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
