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

static int check_bias(const ms_chip *chip, size_t i, unsigned code, ms_error *err) {
  const ms_core_bias *b = &chip->core->bias[i];
  if (code >> 8 >= b->branch->n_coarse)
    return ms_fail(err, MS_ERANGE, "bias %s: coarse code %u, but branch %s has %zu ranges", b->name,
                   code >> 8, b->branch->name, b->branch->n_coarse);
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

typedef struct writer {
  uint32_t (*write)[2];
  size_t n;
} writer;

static void put(writer *w, uint32_t address, uint32_t data) {
  w->write[w->n][0] = address;
  w->write[w->n][1] = data;
  w->n++;
}

/* Compiles sorted connections, biases and pulse width into port writes. */
static int compile(const ms_chip *chip, const ms_synapse *synapse, size_t n_synapse,
                   const uint16_t *bias, unsigned pulse_cycles, writer *w, ms_error *err) {
  const ms_core *core = chip->core;
  uint32_t neurons, inputs, entries;
  /* A run may have ended with events under way; the port answers an idle router only. */
  int rc = ms_router_reset(chip->router, err);
  if (!rc)
    rc = ms_router_read(chip->router, MS_MAP_NEURONS, &neurons, err);
  if (!rc)
    rc = ms_router_read(chip->router, MS_MAP_INPUTS, &inputs, err);
  if (!rc)
    rc = ms_router_read(chip->router, MS_MAP_ENTRIES, &entries, err);
  if (rc)
    return rc;
  if (n_synapse > entries)
    return ms_fail(err, MS_ERANGE, "%zu connections, but the router's entry memory holds %u",
                   n_synapse, entries);
  w->write = calloc(core->n_bias + neurons + inputs + n_synapse + 4, sizeof *w->write);
  if (!w->write)
    return ms_fail(err, MS_ENOMEM, "no memory for the configuration");
  put(w, MS_MAP_CONTROL, 0);
  put(w, MS_MAP_PULSE_WIDTH, pulse_cycles);
  if (core->trigger_ps)
    put(w, MS_MAP_TRIGGER_WIDTH,
        (uint32_t)((core->trigger_ps + core->clock_ps / 2) / core->clock_ps));
  for (size_t i = 0; i < core->n_bias; i++)
    put(w, MS_MAP_BIAS + (uint32_t)i, bias[i]);
  for (size_t i = 0; i < n_synapse; i++)
    put(w, MS_MAP_ENTRY + (uint32_t)i,
        ms_map_entry(synapse[i].target, synapse[i].sign, synapse[i].row, synapse[i].code));
  size_t next = 0;
  for (uint32_t k = 0; k < neurons + inputs; k++) {
    unsigned n_neuron = chip->options.n_neuron;
    int used = k < n_neuron || (k >= neurons && k - neurons < chip->options.n_input);
    uint32_t source = k < neurons ? k : k - neurons + n_neuron, count = 0;
    while (used && next + count < n_synapse && synapse[next + count].source == source)
      count++;
    put(w, MS_MAP_ROUTE + k, ms_map_route(count ? (uint32_t)next : 0, count));
    next += count;
  }
  put(w, MS_MAP_CONTROL,
      MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT |
          (core->trigger_ps ? MS_MAP_CONTROL_TRIGGER : 0));
  return 0;
}

static int apply(ms_chip *chip, const uint32_t (*write)[2], size_t n, ms_error *err) {
  int rc = ms_router_reset(chip->router, err);
  for (size_t i = 0; !rc && i < n; i++)
    rc = ms_router_write(chip->router, write[i][0], write[i][1], err);
  return rc;
}

/* Takes over what was allocated for a new configuration. */
static void adopt(ms_chip *chip, ms_synapse *synapse, size_t n_synapse, writer *w) {
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
  if (config->bias && config->n_bias != core->n_bias)
    return ms_fail(err, MS_EINVAL, "%zu bias codes, but core %s has %zu bias lines", config->n_bias,
                   core->name, core->n_bias);
  uint16_t *bias = calloc(core->n_bias + 1, sizeof *bias);
  if (!bias)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu bias codes", core->n_bias);
  int rc = 0;
  for (size_t i = 0; !rc && i < core->n_bias; i++) {
    bias[i] = config->bias ? config->bias[i] : (uint16_t)core->bias[i].bias->code[set];
    rc = check_bias(chip, i, bias[i], err);
  }
  ms_time pulse = (core->busy_ps[set] + core->clock_ps / 2) / core->clock_ps;
  unsigned cycles = config->pulse_cycles ? config->pulse_cycles : (unsigned)pulse;
  ms_synapse *synapse = NULL;
  writer w = {0};
  if (!rc)
    rc = sort_synapses(config, &synapse, err);
  if (!rc)
    rc = compile(chip, synapse, config->n_synapse, bias, cycles ? cycles : 1, &w, err);
  if (!rc)
    rc = apply(chip, (const uint32_t(*)[2])w.write, w.n, err);
  if (rc) {
    free(bias);
    free(synapse);
    free(w.write);
    return rc;
  }
  free(chip->bias);
  chip->bias = bias;
  adopt(chip, synapse, config->n_synapse, &w);
  return 0;
}

size_t ms_chip_config_writes(const ms_chip *chip, const uint32_t (**write)[2]) {
  *write = (const uint32_t(*)[2])chip->write;
  return chip->n_write;
}

/* Reads the connections of one source back. */
static int read_source(ms_chip *chip, uint32_t address, unsigned source, ms_synapse **synapse,
                       size_t *n, size_t *capacity, ms_error *err) {
  uint32_t route;
  int rc = ms_router_read(chip->router, MS_MAP_ROUTE + address, &route, err);
  for (uint32_t k = 0; !rc && k < ms_map_route_count(route); k++) {
    uint32_t word;
    rc = ms_router_read(chip->router, MS_MAP_ENTRY + ms_map_route_base(route) + k, &word, err);
    if (!rc)
      rc = ms_grow(synapse, *n, capacity, sizeof **synapse, err);
    if (rc)
      break;
    (*synapse)[*n] = (ms_synapse){.source = (uint16_t)source,
                                  .target = (uint16_t)ms_map_entry_target(word),
                                  .sign = (uint8_t)ms_map_entry_sign(word),
                                  .row = (uint8_t)ms_map_entry_row(word),
                                  .code = (uint16_t)ms_map_entry_code(word)};
    rc = check_synapse(chip, *n, &(*synapse)[*n], err);
    ++*n;
  }
  return rc;
}

int ms_chip_configure_writes(ms_chip *chip, const uint32_t (*write)[2], size_t n, ms_error *err) {
  chip->configured = 0;
  int rc = apply(chip, write, n, err);
  if (rc)
    return rc;
  ms_synapse *synapse = NULL;
  size_t n_synapse = 0, capacity = 0;
  unsigned n_neuron = chip->options.n_neuron;
  for (unsigned i = 0; !rc && i < n_neuron; i++)
    rc = read_source(chip, i, i, &synapse, &n_synapse, &capacity, err);
  for (unsigned i = 0; !rc && i < chip->options.n_input; i++)
    rc = read_source(chip, chip->built_neurons + i, n_neuron + i, &synapse, &n_synapse, &capacity,
                     err);
  for (size_t i = 0; !rc && i < chip->core->n_bias; i++) {
    uint32_t code = 0;
    rc = ms_router_read(chip->router, MS_MAP_BIAS + (uint32_t)i, &code, err);
    chip->bias[i] = (uint16_t)code;
    if (!rc)
      rc = check_bias(chip, i, code, err);
  }
  writer w = {.write = calloc(n + 1, sizeof *w.write), .n = n};
  if (!rc && !w.write)
    rc = ms_fail(err, MS_ENOMEM, "no memory for the configuration");
  if (rc) {
    free(synapse);
    free(w.write);
    return rc;
  }
  memcpy(w.write, write, n * sizeof *write);
  adopt(chip, synapse, n_synapse, &w);
  return 0;
}
