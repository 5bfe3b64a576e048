/* SPDX-License-Identifier: Apache-2.0 */
/* A graph's weights as DAC codes of the chip. */
#include "nir/match.h"
#include "nir/share.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST_FACTOR = 2 }; /* of a neuron's time constant to the chip's */

typedef struct mapping {
  const ms_setup *setup;
  const ms_nir_options *options;
  const ms_nir_match *match;
  const ms_shares *shares;
} mapping;

/* Shares of the threshold that one spike over this connection adds: r w_in W / tau_mem over the way
 * from rest to threshold. It does not change with the time scale. */
static double weight_of(const mapping *m, const ms_nir_layer *layer, size_t post, size_t pre) {
  const ms_nir_node *n = layer->neurons;
  double way =
      ms_nir_value(n, MS_NIR_V_THRESHOLD, post, 1) - ms_nir_value(n, MS_NIR_V_LEAK, post, 0);
  double gain = ms_nir_value(n, MS_NIR_R, post, 1) * ms_nir_value(n, MS_NIR_W_IN, post, 1) /
                ms_nir_value(n, ms_nir_membrane(n), post, 1);
  double spike = m->options->dt_s > 0 ? m->options->dt_s : 1;
  return layer->weights->field[MS_NIR_WEIGHT].value[post * layer->n_in + pre] * gain * spike / way;
}

/* The factor with which the largest weights of both signs just fit. */
static double fitting_factor(const mapping *m, const ms_nir_layer *layer) {
  double most[2] = {0, 0}, factor = INFINITY;
  for (size_t post = 0; post < layer->n_out; post++)
    for (size_t pre = 0; pre < layer->n_in; pre++) {
      double w = weight_of(m, layer, post, pre);
      int sign = w > 0 ? MS_EXC : MS_INH;
      most[sign] = fmax(most[sign], fabs(w));
    }
  for (int sign = 0; sign < 2; sign++)
    if (most[sign] > 0)
      factor = fmin(factor, ms_shares_full(m->shares, sign) / most[sign]);
  return isfinite(factor) ? factor : 1;
}

/* One weight on the rows that its input has: full codes first, then the rest. */
static double place(const mapping *m, double weight, size_t pre, unsigned parallel, int16_t *code) {
  double left = weight;
  for (unsigned k = 0; k < parallel; k++) {
    code[k] = (int16_t)ms_shares_code(m->shares, left, parallel, (unsigned)pre, k);
    if (!code[k] || (code[k] > 0) != (weight > 0))
      code[k] = 0;
    else
      left -= ms_shares_weight(m->shares, code[k], parallel, (unsigned)pre, k);
  }
  return weight - left;
}

/* Places all weights of a layer. @param n_column  columns of `code`, at least the layer's */
static void place_layer(const mapping *m, const ms_nir_layer *layer, size_t n_column,
                        unsigned parallel, int16_t *code, ms_nir_layer_report *r) {
  double squares = 0;
  r->factor = m->options->rescale ? fitting_factor(m, layer) : 1;
  for (int sign = 0; sign < 2; sign++)
    r->full_scale[sign] = parallel * ms_shares_full(m->shares, sign);
  for (size_t post = 0; post < layer->n_out; post++)
    for (size_t pre = 0; pre < layer->n_in; pre++) {
      int16_t *own = code + (post * n_column + pre) * parallel;
      double w = r->factor * weight_of(m, layer, post, pre);
      double got = place(m, w, pre, parallel, own), size = fabs(w);
      double full = r->full_scale[w > 0 ? MS_EXC : MS_INH];
      r->n++;
      r->zero += size > 0 && !own[0];
      r->clipped += size > full * (1 + 1e-5);
      r->largest = fmax(r->largest, size);
      squares += (w - got) * (w - got);
    }
  r->error = r->n ? sqrt(squares / (double)r->n) : 0;
}

static double relative_spread(const ms_nir_node *node, ms_nir_field f, size_t n) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    double v = ms_nir_value(node, f, i, 1);
    sum += v;
    squares += v * v;
  }
  double mean = sum / (double)n, variance = squares / (double)n - mean * mean;
  return mean > 0 && variance > 0 ? sqrt(variance) / mean : 0;
}

/* One time constant of a layer; every neuron's must be near enough to the chip's. */
static int compare_tau(const mapping *m, const ms_nir_layer *layer, ms_nir_field f, double chip_s,
                       ms_nir_parameter *out, ms_error *err) {
  const ms_nir_node *node = layer->neurons;
  double sum = 0;
  *out = (ms_nir_parameter){.graph = NAN, .spread = NAN, .chip = NAN};
  if (!node->field[f].n)
    return MS_OK;
  for (size_t i = 0; i < layer->n_out; i++) {
    double tau_s = ms_nir_value(node, f, i, 1) / m->match->speedup;
    sum += tau_s;
    if (tau_s > LARGEST_FACTOR * chip_s || tau_s * LARGEST_FACTOR < chip_s)
      return ms_fail(
          err, MS_ERANGE,
          "%s: node '%s', neuron %zu: '%s' is %.3g s, on the chip %.3g s (speed-up "
          "%.4g), but the chip's neurons share their bias lines and have %.3g s; allowed "
          "are factors up to %d",
          m->match->graph->file, node->name, i, ms_nir_field_name[f], tau_s * m->match->speedup,
          tau_s, m->match->speedup, chip_s, LARGEST_FACTOR);
  }
  *out = (ms_nir_parameter){.graph = sum / (double)layer->n_out,
                            .spread = relative_spread(node, f, layer->n_out),
                            .chip = chip_s};
  return MS_OK;
}

static int describe(const mapping *m, const ms_nir_layer *layer, ms_nir_layer_report *r,
                    ms_error *err) {
  const ms_neuron_model *chip = &m->match->nominal;
  snprintf(r->weights, sizeof r->weights, "%s", layer->weights->name);
  snprintf(r->neurons, sizeof r->neurons, "%s", layer->neurons->name);
  r->threshold_spread = relative_spread(layer->neurons, MS_NIR_V_THRESHOLD, layer->n_out);
  const ms_nir_array *bias = &layer->weights->field[MS_NIR_BIAS];
  for (size_t i = 0; i < bias->n; i++)
    r->dropped_bias = fmax(r->dropped_bias, fabs(bias->value[i]));
  int rc = compare_tau(m, layer, ms_nir_membrane(layer->neurons), chip->tau_s, &r->tau_mem, err);
  return rc ? rc
            : compare_tau(m, layer, MS_NIR_TAU_SYN, ms_nir_chip_tau_syn(chip, MS_EXC), &r->tau_syn,
                          err);
}

static int map(const mapping *m, ms_network **network, ms_nir_report *report, ms_error *err) {
  const ms_setup *s = m->setup;
  const ms_experiment *e = s->experiment;
  *report = (ms_nir_report){.speedup = m->match->speedup, .n_layer = MS_NIR_LAYERS};
  int rc = MS_OK;
  for (int k = 0; !rc && k < MS_NIR_LAYERS; k++)
    rc = describe(m, &m->match->layer[k], &report->layer[k], err);
  if (!rc)
    rc = ms_network_create(s->n_input, e->hidden, s->task->n_class, e->outputs_per_class,
                           e->parallel, s->core->dac_bits, network, err);
  if (rc)
    return rc;
  place_layer(m, &m->match->layer[MS_NIR_HIDDEN], s->n_input, e->parallel, (*network)->in,
              &report->layer[MS_NIR_HIDDEN]);
  place_layer(m, &m->match->layer[MS_NIR_READOUT], e->hidden, 1, (*network)->out,
              &report->layer[MS_NIR_READOUT]);
  return MS_OK;
}

int ms_nir_map(const char *file, const ms_setup *setup, const ms_neuron_model *model,
               const ms_nir_options *options, ms_network **network, ms_nir_report *report,
               ms_error *err) {
  *network = NULL;
  ms_nir_match match;
  ms_nir_report own;
  ms_shares shares;
  int rc = ms_nir_match_read(file, setup, options, &match, err);
  if (!rc) {
    ms_shares_of(setup->core, model ? model : &match.nominal,
                 ms_time_to_s(setup->core->pulse_ps[setup->chip.set]), &shares);
    mapping m = {.setup = setup, .options = options, .match = &match, .shares = &shares};
    rc = map(&m, network, report ? report : &own, err);
  }
  ms_nir_match_clear(&match);
  return rc;
}
