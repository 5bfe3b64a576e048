/* SPDX-License-Identifier: Apache-2.0 */
/* Do a graph's layers and time scales fit the experiment's chip? */
#include "nir/match.h"

#include "mixspike/statistics.h"

#include <math.h>
#include <stdlib.h>

double ms_nir_value(const ms_nir_node *node, ms_nir_field f, size_t i, double otherwise) {
  const ms_nir_array *a = &node->field[f];
  return !a->value || !a->n ? otherwise : a->value[a->n == 1 ? 0 : i];
}

ms_nir_field ms_nir_membrane(const ms_nir_node *node) {
  return node->type == MS_NIR_LIF ? MS_NIR_TAU : MS_NIR_TAU_MEM;
}

double ms_nir_chip_tau_syn(const ms_neuron_model *m, int sign) {
  double sum = 0, n = 0;
  for (unsigned r = 0; r < m->n_row; r++)
    if (m->row[r].sign == sign) {
      sum += m->row[r].tau_s;
      n++;
    }
  return sum / n;
}

static int check_sizes(const ms_nir_match *m, const ms_setup *s, ms_error *err) {
  const ms_experiment *e = s->experiment;
  const char *file = m->graph->file;
  const ms_nir_layer *in = &m->layer[MS_NIR_HIDDEN], *out = &m->layer[MS_NIR_READOUT];
  unsigned values = s->n_input - (e->encoding.bias_tau >= 0);
  if (in->n_in != s->n_input && in->n_in != values)
    return ms_fail(err, MS_ERANGE,
                   "%s: node '%s' takes %zu inputs, but task %s gives %u (%u with the bias event)",
                   file, in->weights->name, in->n_in, e->task, values, s->n_input);
  if (in->n_out != e->hidden)
    return ms_fail(err, MS_ERANGE,
                   "%s: node '%s' has %zu neurons, but %s has network.hidden: %u; set it to %zu",
                   file, in->neurons->name, in->n_out, e->file, e->hidden, in->n_out);
  if (out->n_out != s->n_output)
    return ms_fail(err, MS_ERANGE,
                   "%s: node '%s' has %zu neurons, but task %s has %u classes with "
                   "network.outputs_per_class: %u in %s",
                   file, out->neurons->name, out->n_out, e->task, s->task->n_class,
                   e->outputs_per_class, e->file);
  return MS_OK;
}

/* Signs and ranges that the equations need; the chip's neurons return to rest after a spike. */
static int check_neuron(const ms_nir_graph *g, const ms_nir_node *node, size_t i, ms_error *err) {
  double leak = ms_nir_value(node, MS_NIR_V_LEAK, i, 0);
  double way = ms_nir_value(node, MS_NIR_V_THRESHOLD, i, 1) - leak;
  double reset = ms_nir_value(node, MS_NIR_V_RESET, i, 0);
  static const ms_nir_field positive[] = {MS_NIR_TAU, MS_NIR_TAU_MEM, MS_NIR_TAU_SYN, MS_NIR_R};
  for (size_t k = 0; k < sizeof positive / sizeof *positive; k++)
    if (ms_nir_value(node, positive[k], i, 1) <= 0)
      return ms_fail(err, MS_ERANGE, "%s: node '%s', neuron %zu: '%s' is not positive", g->file,
                     node->name, i, ms_nir_field_name[positive[k]]);
  if (way <= 0)
    return ms_fail(err, MS_ERANGE,
                   "%s: node '%s', neuron %zu: 'v_threshold' is not above 'v_leak'; the chip's "
                   "neurons are silent without input",
                   g->file, node->name, i);
  if (fabs(reset - leak) > 0.1 * way)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "%s: node '%s', neuron %zu: 'v_reset' %g is not near 'v_leak' %g; the chip's "
                   "neurons are reset to rest",
                   g->file, node->name, i, reset, leak);
  return MS_OK;
}

static int check_bias(const ms_nir_match *m, const ms_nir_options *o, ms_error *err) {
  for (int k = 0; k < MS_NIR_LAYERS; k++) {
    const ms_nir_node *node = m->layer[k].weights;
    const ms_nir_array *bias = &node->field[MS_NIR_BIAS];
    for (size_t i = 0; i < bias->n && !o->drop_bias; i++)
      if (bias->value[i] != 0)
        return ms_fail(err, MS_EUNSUPPORTED,
                       "%s: node '%s': 'bias' of output %zu is %g; the chip's neurons have no "
                       "constant input of their own (leave biases out and let the fine-tuning make "
                       "up for them: --drop-bias)",
                       m->graph->file, node->name, i, bias->value[i]);
  }
  return MS_OK;
}

/* Median over all neurons of both layers. */
static double median(const ms_nir_match *m, int synapse) {
  size_t n = 0, most = m->layer[0].n_out + m->layer[1].n_out;
  double *value = calloc(most + 1, sizeof *value), result = NAN;
  for (int k = 0; value && k < MS_NIR_LAYERS; k++) {
    const ms_nir_node *node = m->layer[k].neurons;
    ms_nir_field f = synapse ? MS_NIR_TAU_SYN : ms_nir_membrane(node);
    for (size_t i = 0; node->field[f].n && i < m->layer[k].n_out; i++)
      value[n++] = ms_nir_value(node, f, i, NAN);
  }
  if (n) {
    ms_sort(value, n);
    result = ms_quantile(value, n, 0.5);
  }
  free(value);
  return result;
}

int ms_nir_match_read(const char *file, const ms_setup *setup, const ms_nir_options *options,
                      ms_nir_match *out, ms_error *err) {
  *out = (ms_nir_match){0};
  size_t n;
  int rc = ms_nir_read(file, &out->graph, err);
  if (!rc)
    rc = ms_nir_chain(out->graph, out->layer, &n, err);
  if (!rc && n != MS_NIR_LAYERS)
    rc = ms_fail(err, MS_EUNSUPPORTED,
                 "%s: %zu layer(s) of neurons; a network for the chip has 2 (hidden and output)",
                 file, n);
  if (!rc && !(rc = check_sizes(out, setup, err)))
    rc = check_bias(out, options, err);
  for (int k = 0; !rc && k < MS_NIR_LAYERS; k++)
    for (size_t i = 0; !rc && i < out->layer[k].n_out; i++)
      rc = check_neuron(out->graph, out->layer[k].neurons, i, err);
  if (!rc)
    rc = ms_neuron_model_nominal(setup->core, &setup->pvt, setup->bias, setup->chip.set,
                                 &out->nominal, err);
  if (rc)
    return rc;
  out->tau_mem_s = median(out, 0);
  out->tau_syn_s = median(out, 1);
  out->speedup = options->speedup > 0 ? options->speedup : out->tau_mem_s / out->nominal.tau_s;
  return MS_OK;
}

void ms_nir_match_clear(ms_nir_match *match) {
  ms_nir_graph_destroy(match->graph);
  match->graph = NULL;
}
