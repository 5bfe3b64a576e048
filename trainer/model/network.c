/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as the chip holds them: codes, connections, decision. */
#include "model/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int ms_network_create(unsigned n_input, unsigned n_hidden, unsigned n_class, unsigned per_class,
                      unsigned parallel, unsigned dac_bits, ms_network **out, ms_error *err) {
  *out = NULL;
  if (!n_input || !n_hidden || !n_class || !per_class || !parallel || dac_bits < 1 || dac_bits > 8)
    return ms_fail(err, MS_EINVAL, "a network needs inputs, neurons, classes and 1 to 8 DAC bits");
  ms_network *n = calloc(1, sizeof *n);
  if (n) {
    *n = (ms_network){.n_input = n_input,
                      .n_hidden = n_hidden,
                      .n_class = n_class,
                      .per_class = per_class,
                      .parallel = parallel,
                      .dac_bits = dac_bits};
    n->in = calloc((size_t)n_hidden * n_input * parallel, sizeof *n->in);
    n->out = calloc((size_t)n_class * per_class * n_hidden, sizeof *n->out);
  }
  if (!n || !n->in || !n->out) {
    ms_network_destroy(n);
    return ms_fail(err, MS_ENOMEM, "no memory for a network");
  }
  *out = n;
  return MS_OK;
}

void ms_network_destroy(ms_network *network) {
  if (!network)
    return;
  free(network->in);
  free(network->out);
  free(network);
}

typedef struct builder {
  ms_config *config;
  unsigned rows[2];
} builder;

/* Code 0 has no entry in the routing table: no delivery, no charge, no waiting. */
static void connect(builder *b, unsigned source, unsigned target, unsigned parallel, unsigned pre,
                    unsigned k, int code) {
  if (!code)
    return;
  int sign = code > 0 ? MS_EXC : MS_INH;
  b->config->synapse[b->config->n_synapse++] =
      (ms_synapse){.source = (uint16_t)source,
                   .target = (uint16_t)target,
                   .sign = (uint8_t)sign,
                   .row = (uint8_t)ms_layer_row(parallel, pre, k, b->rows[sign]),
                   .code = (uint16_t)abs(code)};
}

int ms_network_config(const ms_network *n, const ms_core *core, const uint16_t *bias,
                      ms_config *config, ms_error *err) {
  memset(config, 0, sizeof *config);
  if (n->dac_bits != core->dac_bits)
    return ms_fail(err, MS_EINVAL, "the network's codes have %u bits, the core's DACs %u",
                   n->dac_bits, core->dac_bits);
  builder b = {.config = config};
  for (size_t i = 0; i < core->n_row; i++)
    b.rows[core->row[i].sign]++;
  if (!b.rows[MS_EXC] || !b.rows[MS_INH])
    return ms_fail(err, MS_EINVAL, "core %s lacks a row of one sign", core->name);
  unsigned n_output = n->n_class * n->per_class, n_neuron = n->n_hidden + n_output;
  size_t most = (size_t)n->n_hidden * n->n_input * n->parallel + (size_t)n_output * n->n_hidden;
  config->synapse = calloc(most, sizeof *config->synapse);
  config->bias = bias ? calloc(core->n_bias ? core->n_bias : 1, sizeof *config->bias) : NULL;
  if (!config->synapse || (bias && !config->bias)) {
    ms_config_clear(config);
    return ms_fail(err, MS_ENOMEM, "no memory for a configuration");
  }
  if (bias) {
    memcpy(config->bias, bias, core->n_bias * sizeof *bias);
    config->n_bias = core->n_bias;
  }
  /* A neuron's second synapse comes after every neuron's first: where both are on one row, the
   * fan-out would else wait for its pulse at each neuron. */
  for (unsigned i = 0; i < n->n_input; i++)
    for (unsigned k = 0; k < n->parallel; k++)
      for (unsigned h = 0; h < n->n_hidden; h++)
        connect(&b, n_neuron + i, h, n->parallel, i, k,
                n->in[((size_t)h * n->n_input + i) * n->parallel + k]);
  for (unsigned h = 0; h < n->n_hidden; h++)
    for (unsigned o = 0; o < n_output; o++)
      connect(&b, h, n->n_hidden + o, 1, h, 0, n->out[(size_t)o * n->n_hidden + h]);
  return MS_OK;
}

void ms_config_clear(ms_config *config) {
  free(config->synapse);
  free(config->bias);
  memset(config, 0, sizeof *config);
}

int ms_network_decide(const ms_network *n, const ms_event *spike, size_t n_spike, unsigned *count) {
  unsigned own[64] = {0};
  ms_time first[64];
  for (unsigned c = 0; c < 64; c++)
    first[c] = MS_TIME_NEVER;
  unsigned n_class = n->n_class < 64 ? n->n_class : 64;
  for (size_t i = 0; i < n_spike; i++) {
    if (spike[i].address < n->n_hidden)
      continue;
    unsigned c = (spike[i].address - n->n_hidden) / n->per_class;
    if (c >= n_class)
      continue;
    own[c]++;
    if (spike[i].t < first[c])
      first[c] = spike[i].t;
  }
  int best = -1;
  for (unsigned c = 0; c < n_class; c++) {
    if (count)
      count[c] = own[c];
    if (own[c] &&
        (best < 0 || own[c] > own[best] || (own[c] == own[best] && first[c] < first[best])))
      best = (int)c;
  }
  return best;
}
