/* SPDX-License-Identifier: Apache-2.0 */
/* A core's registers towards the mesh, and the chip's own, for routers that are no RTL. */
#ifndef MS_ROUTER_SOFT_NETWORK_H
#define MS_ROUTER_SOFT_NETWORK_H

#include "mixspike/router.h"
#include "mixspike/router_map.h"
#include "router/soft/sizes.h"

typedef struct ms_network_registers {
  unsigned n_tag, n_send;
  uint32_t control, shift, timeout;
  uint32_t *tag, *dest; /* [n_send] */
  ms_network_counters counters;
} ms_network_registers;

int ms_network_registers_create(ms_network_registers *n, const ms_router_size *size, ms_error *err);
void ms_network_registers_free(ms_network_registers *n);
/* Returns whether there is such a word that can be written, and writes it. */
int ms_network_registers_write(ms_network_registers *n, uint32_t address, uint32_t data);
/* The same for reading. @param cores  CORES; @param status  NET_STATUS */
int ms_network_registers_read(ms_network_registers *n, uint32_t cores, uint32_t status,
                              uint32_t address, uint32_t *data);
/* The core that an address of a chip of several belongs to, whose own address it becomes; -1: the
 * chip's, or nobody's. */
int ms_network_core(unsigned n_core, uint32_t *address);

/* What the chip's own registers show. */
typedef struct ms_chip_registers {
  uint32_t cores, status, time, bad;
} ms_chip_registers;
/* Returns whether there is such a word. What came late belongs to the AXI port, which is not here.
 */
int ms_chip_registers_read(const ms_chip_registers *chip, uint32_t address, uint32_t *data);

/* Edges from one core of a mesh to another. */
static inline unsigned ms_network_hops(unsigned from, unsigned to, unsigned cols) {
  const int x = (int)(from % cols) - (int)(to % cols), y = (int)(from / cols) - (int)(to / cols);
  return (unsigned)((x < 0 ? -x : x) + (y < 0 ? -y : y));
}

#endif
