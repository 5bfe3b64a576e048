/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a chip's cores: connections become routing words, synapse entries, tags and send
 * entries, and these become writes of the configuration port. */
#ifndef MS_KERNEL_TABLES_H
#define MS_KERNEL_TABLES_H

#include "mixspike/chip.h"

/* What every core was built with. */
typedef struct ms_table_size {
  uint32_t cores, neurons, inputs, entries, tags, sends;
} ms_table_size;

/* Everything that goes into the tables. */
typedef struct ms_table_job {
  const ms_core *core;
  ms_table_size size;
  unsigned n_neuron, n_input;
  const ms_synapse *synapse; /* sorted by source */
  size_t n_synapse;
  const uint16_t *bias; /* [core->n_bias], the same for every core */
  unsigned pulse_cycles;
} ms_table_job;

/* Writes of the configuration port, in order. */
typedef struct ms_table_writes {
  uint32_t (*write)[2];
  size_t n;
} ms_table_writes;

int ms_table_size_read(ms_router *router, unsigned cores, ms_table_size *size, ms_error *err);
/* The last write enables core 0, and with it the chip. @param out  `write` is malloc'd */
int ms_table_compile(const ms_table_job *job, ms_table_writes *out, ms_error *err);

/* Takes a connection that was read back; adds it to a list of the caller's. */
typedef int (*ms_table_take)(void *owner, const ms_synapse *synapse, ms_error *err);
/* Reads every connection back through the port, by source; n_neuron and n_input as in a job. */
int ms_table_read(ms_router *router, const ms_table_size *size, unsigned n_neuron, unsigned n_input,
                  ms_table_take take, void *owner, ms_error *err);

#endif
