/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of a chip: checked, compiled into writes of the router's port, read back from it.
 */
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

static int check_synapse(const ms_chip *chip, size_t i, const ms_synapse *s, ms_error *err) {
  const ms_chip_options *o = &chip->options;
  unsigned n_source = o->n_neuron + o->n_input;
  if (s->source >= n_source)
    return ms_fail(err, MS_ERANGE,
                   "connection %zu: source %u, but there are %u neurons and %u inputs", i,
                   s->source, o->n_neuron, o->n_input);
  if (s->target >= o->n_neuron)
    return ms_fail(err, MS_ERANGE, "connection %zu: target %u, but there are %u neurons", i,
                   s->target, o->n_neuron);
  if (s->sign > MS_INH || s->row >= MS_MAX_ROWS || chip->row_of[s->sign][s->row] < 0)
    return ms_fail(err, MS_ERANGE, "connection %zu: core %s has no %s row %u", i, chip->core->name,
                   s->sign == MS_INH ? "inhibitory" : "excitatory", s->row);
  if (s->code >> chip->core->dac_bits)
    return ms_fail(err, MS_ERANGE, "connection %zu: weight code %u, but the DAC has %u bits", i,
                   s->code, chip->core->dac_bits);
  return 0;
}

static int by_source(const void *a, const void *b) {
  const ms_synapse *x = *(const ms_synapse *const *)a, *y = *(const ms_synapse *const *)b;
  if (x->source != y->source)
    return x->source < y->source ? -1 : 1;
  return x < y ? -1 : x > y; /* the given order within a source */
}

/* A sorted copy of the connections. */
static int sort_synapses(const ms_config *config, ms_synapse **out, ms_error *err) {
  size_t n = config->n_synapse;
  const ms_synapse **order = calloc(n + 1, sizeof *order);
  *out = calloc(n + 1, sizeof **out);
  if (!order || !*out) {
    free(order);
    free(*out);
    return ms_fail(err, MS_ENOMEM, "no memory for %zu connections", n);
  }
  for (size_t i = 0; i < n; i++)
    order[i] = &config->synapse[i];
  qsort(order, n, sizeof(const ms_synapse *), by_source);
  for (size_t i = 0; i < n; i++)
    (*out)[i] = *order[i];
  free(order);
  return 0;
}

/* Compiles sorted connections, biases and pulse width into port writes. */
static int compile(const ms_chip *chip, const ms_synapse *synapse, size_t n_synapse,
                   const uint16_t *bias, unsigned pulse_cycles, ms_table_writes *out,
                   ms_error *err) {
  const ms_table_job job = {.core = chip->core,
                            .size = chip->size,
                            .n_neuron = chip->options.n_neuron,
                            .n_input = chip->options.n_input,
                            .synapse = synapse,
                            .n_synapse = n_synapse,
                            .bias = bias,
                            .pulse_cycles = pulse_cycles};
  return ms_table_compile(&job, out, err);
}

/* A run may have ended with events under way; the port answers an idle router only. */
static int apply(ms_chip *chip, const uint32_t (*write)[2], size_t n, ms_error *err) {
  int rc = ms_router_reset(chip->router, err);
  for (size_t i = 0; !rc && i < n; i++)
    rc = ms_router_write(chip->router, write[i][0], write[i][1], err);
  return rc;
}

/* Takes over what was allocated for a new configuration. */
static void adopt(ms_chip *chip, ms_synapse *synapse, size_t n_synapse, ms_table_writes *w) {
  free(chip->synapse);
  free(chip->write);
  chip->synapse = synapse;
  chip->n_synapse = n_synapse;
  chip->write = w->write;
  chip->n_write = w->n;
  chip->configured = 1;
}

int ms_chip_configure(ms_chip *chip, const ms_config *config, ms_error *err) {
  const ms_core *core = chip->core;
  int set = chip->options.set;
  for (size_t i = 0; i < config->n_synapse; i++) {
    int rc = check_synapse(chip, i, &config->synapse[i], err);
    if (rc)
      return rc;
  }
  const size_t n_bias = config->bias ? config->n_bias : core->n_bias;
  uint16_t *bias = calloc(n_bias + 1, sizeof *bias);
  if (!bias)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu bias codes", n_bias);
  for (size_t i = 0; i < n_bias; i++)
    bias[i] = config->bias ? config->bias[i] : (uint16_t)core->bias[i].bias->code[set];
  int rc = ms_chip_bias_check(chip, bias, n_bias, err);
  ms_time pulse = (core->busy_ps[set] + core->clock_ps / 2) / core->clock_ps;
  unsigned cycles = config->pulse_cycles ? config->pulse_cycles : (unsigned)pulse;
  ms_synapse *synapse = NULL;
  ms_table_writes w = {0};
  if (!rc)
    rc = sort_synapses(config, &synapse, err);
  if (!rc)
    rc = compile(chip, synapse, config->n_synapse, bias, cycles ? cycles : 1, &w, err);
  if (!rc)
    rc = apply(chip, (const uint32_t(*)[2])w.write, w.n, err);
  if (!rc)
    ms_chip_bias_take(chip, bias, n_bias);
  free(bias);
  if (rc) {
    free(synapse);
    free(w.write);
    return rc;
  }
  adopt(chip, synapse, config->n_synapse, &w);
  return 0;
}

size_t ms_chip_config_writes(const ms_chip *chip, const uint32_t (**write)[2]) {
  *write = (const uint32_t(*)[2])chip->write;
  return chip->n_write;
}

/* Connections that are read back. */
typedef struct read_list {
  const ms_chip *chip;
  ms_synapse *synapse;
  size_t n, capacity;
} read_list;

static int take_synapse(void *owner, const ms_synapse *synapse, ms_error *err) {
  read_list *list = owner;
  int rc = check_synapse(list->chip, list->n, synapse, err);
  if (!rc)
    rc = ms_grow(&list->synapse, list->n, &list->capacity, sizeof *list->synapse, err);
  if (!rc)
    list->synapse[list->n++] = *synapse;
  return rc;
}

/* The registers hold one set of codes, so every core must name the same ones. */
static int read_bias(ms_chip *chip, size_t i, uint16_t *bias, ms_error *err) {
  int rc = 0;
  for (uint32_t k = 0; !rc && k < chip->size.cores; k++) {
    uint32_t code = 0;
    rc = ms_router_read(chip->router, ms_map_address(k, MS_MAP_BIAS + (uint32_t)i), &code, err);
    if (!rc && k && code != bias[i])
      rc = ms_fail(err, MS_EUNSUPPORTED,
                   "bias %s: code %u in core %u, %u in core 0: the cores share their bias lines",
                   chip->core->bias[i].name, code, k, bias[i]);
    bias[i] = (uint16_t)code;
  }
  return rc;
}

int ms_chip_configure_writes(ms_chip *chip, const uint32_t (*write)[2], size_t n, ms_error *err) {
  chip->configured = 0;
  int rc = apply(chip, write, n, err);
  if (rc)
    return rc;
  read_list list = {.chip = chip};
  rc = ms_table_read(chip->router, &chip->size, chip->options.n_neuron, chip->options.n_input,
                     take_synapse, &list, err);
  const size_t n_bias = chip->core->n_bias;
  uint16_t *bias = calloc(n_bias + 1, sizeof *bias);
  if (!rc && !bias)
    rc = ms_fail(err, MS_ENOMEM, "no memory for %zu bias codes", n_bias);
  for (size_t i = 0; !rc && i < n_bias; i++)
    rc = read_bias(chip, i, bias, err);
  rc = rc ? rc : ms_chip_bias_check(chip, bias, n_bias, err);
  if (!rc)
    ms_chip_bias_take(chip, bias, n_bias);
  free(bias);
  ms_table_writes w = {.write = calloc(n + 1, sizeof *w.write), .n = n};
  if (!rc && !w.write)
    rc = ms_fail(err, MS_ENOMEM, "no memory for the configuration");
  if (rc) {
    free(list.synapse);
    free(w.write);
    return rc;
  }
  memcpy(w.write, write, n * sizeof *write);
  adopt(chip, list.synapse, list.n, &w);
  return 0;
}

int ms_chip_check_fit(const ms_chip_options *o, const ms_config *config, ms_error *err) {
  /* Only sizes are asked for, and those are the same for every router. */
  const ms_router_options options = {.kind = MS_ROUTER_IDEAL,
                                     .n_neuron = o->n_neuron,
                                     .n_input = o->n_input,
                                     .n_bias = (unsigned)o->core->n_bias,
                                     .clock_ps = o->core->clock_ps,
                                     .cols = o->cols,
                                     .rows = o->rows};
  ms_table_job job = {.core = o->core,
                      .n_neuron = o->n_neuron,
                      .n_input = o->n_input,
                      .n_synapse = config->n_synapse,
                      .pulse_cycles = 1};
  ms_table_writes w = {0};
  ms_synapse *synapse = NULL;
  ms_router *router = NULL;
  uint16_t *bias = calloc(o->core->n_bias + 1, sizeof *bias);
  int rc = bias ? ms_router_create(&options, &router, err)
                : ms_fail(err, MS_ENOMEM, "no memory for %zu bias codes", o->core->n_bias);
  if (!rc)
    rc = ms_table_size_read(router, ms_cores(o), &job.size, err);
  if (!rc)
    rc = sort_synapses(config, &synapse, err);
  job.synapse = synapse;
  job.bias = bias;
  if (!rc)
    rc = ms_table_compile(&job, &w, err);
  ms_router_destroy(router);
  free(synapse);
  free(bias);
  free(w.write);
  return rc;
}
