/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the mesh and chips of several cores (the verb `mixspike bench mesh`). */
#ifndef MS_BENCH_MESH_H
#define MS_BENCH_MESH_H

#include "mixspike/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is loaded: the mesh alone, from port to port, or the whole chip, from the acknowledge of a
 * spike to its pulse. */
typedef enum ms_mesh_level { MS_MESH_NETWORK, MS_MESH_CHIP } ms_mesh_level;

/** Who gets the events: each one a core at random, or all of them core 0. */
typedef enum ms_mesh_traffic { MS_MESH_UNIFORM, MS_MESH_HOT_SPOT } ms_mesh_traffic;

typedef struct ms_mesh_load {
  ms_mesh_level level;
  ms_mesh_traffic traffic;
  unsigned side;   /**< side x side cores: 1, 2 or 4 */
  double offered;  /**< events a cycle for each receiving port, 0..1 */
  uint64_t cycles; /**< measured, after a quarter of that to warm up */
} ms_mesh_load;

typedef struct ms_mesh_point {
  double delivered;            /**< events a cycle at each receiving port */
  double latency, latency_p99; /**< cycles: mean, and what 99 % of the events stay below */
  uint64_t cycles, events;     /**< measured, in wall_s seconds of wall time */
  double wall_s;
} ms_mesh_point;

/** Measures one point.
 * @return MS_OK, or MS_ESIM if the RTL lost, doubled or reordered an event */
MS_API int ms_mesh_measure(const ms_mesh_load *load, ms_mesh_point *point, ms_error *err);

/** The whole bench: both levels, both kinds of traffic, three sizes, loads up to saturation.
 * @param wall_s  about how long it may take, seconds
 * @param folder  where to draw mesh.svg; NULL: no picture
 * @param json    the figures, {"rows":[...], ...}; free() it */
MS_API int ms_bench_mesh(double wall_s, const char *folder, char **json, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
