/* SPDX-License-Identifier: Apache-2.0 */
/* What a router provides to be one: a table of functions behind mixspike/router.h. */
#ifndef MS_ROUTER_IMPL_H
#define MS_ROUTER_IMPL_H

#include "mixspike/router.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_router_ops {
  void (*destroy)(ms_router *);
  int (*reset)(ms_router *, ms_error *);
  int (*write)(ms_router *, uint32_t address, uint32_t data, ms_error *);
  int (*read)(ms_router *, uint32_t address, uint32_t *data, ms_error *);
  int (*request)(ms_router *, ms_time, unsigned neuron, int level, ms_error *);
  int (*event)(ms_router *, ms_time, unsigned input, ms_error *);
  int (*advance)(ms_router *, ms_time, const ms_router_out **, size_t *, ms_error *);
  ms_time (*next_output)(const ms_router *);
  ms_time (*lookahead)(const ms_router *);
  ms_ack_timing (*ack_timing)(const ms_router *);
  void (*get_counters)(const ms_router *, ms_router_counters *);
  const char *const *(*signals)(const ms_router *);
  int (*trace)(ms_router *, int on, ms_error *);
  size_t (*take_trace)(ms_router *, const ms_signal_change **);
  void (*get_network)(const ms_router *, ms_network_counters *); /* NULL: one core */
} ms_router_ops;

/* First member of every router's own struct. */
struct ms_router {
  const ms_router_ops *ops;
};

/* Sums, counter by counter. */
void ms_router_counters_add(ms_router_counters *sum, const ms_router_counters *c);
void ms_network_counters_add(ms_network_counters *sum, const ms_network_counters *c);
/* Fails because no such mesh is built, or because it does not hold so much; says which. */
int ms_router_no_mesh(const ms_router_options *options, ms_error *err);

/* In the options of all of them `cols` and `rows` are 1 at least. */
int ms_rtl_router_create(const ms_router_options *, ms_router **, ms_error *);
/* Both of kind MS_ROUTER_IDEAL and MS_ROUTER_TLM_LT. */
int ms_ideal_router_create(const ms_router_options *, ms_router **, ms_error *);
int ms_tlm_router_create(const ms_router_options *, ms_router **, ms_error *);

#ifdef __cplusplus
}
#endif
#endif
