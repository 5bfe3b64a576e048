/* SPDX-License-Identifier: Apache-2.0 */
/* The two-layer network: weights to charges, samples to pulses, layer after layer. */
#include "model/net.h"
#include "model/learn.h"
#include "model/net_events.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int ms_weight_code(float weight, unsigned dac_bits) {
  int largest = (1 << dac_bits) - 1;
  float x = weight * (float)largest;
  int code = (int)(x + (x < 0 ? -0.5f : 0.5f));
  return code > largest ? largest : code < -largest ? -largest : code;
}

void ms_weights_to_network(const float *weight, ms_network *network) {
  size_t n_in = (size_t)network->n_hidden * network->n_input * network->parallel;
  size_t n_out = (size_t)network->n_class * network->per_class * network->n_hidden;
  for (size_t i = 0; i < n_in; i++)
    network->in[i] = (int16_t)ms_weight_code(weight[i], network->dac_bits);
  for (size_t i = 0; i < n_out; i++)
    network->out[i] = (int16_t)ms_weight_code(weight[n_in + i], network->dac_bits);
}

void ms_weights_from_network(const ms_network *network, float *weight) {
  size_t n_in = (size_t)network->n_hidden * network->n_input * network->parallel;
  size_t n_out = (size_t)network->n_class * network->per_class * network->n_hidden;
  float largest = (float)((1 << network->dac_bits) - 1);
  for (size_t i = 0; i < n_in; i++)
    weight[i] = (float)network->in[i] / largest;
  for (size_t i = 0; i < n_out; i++)
    weight[n_in + i] = (float)network->out[i] / largest;
}

int ms_net_create(const ms_topology *t, const ms_sim_params *params, const ms_encoding *encoding,
                  double smallest_dt_tau, ms_net **out) {
  *out = NULL;
  ms_net *net = calloc(1, sizeof *net);
  if (!net)
    return MS_ENOMEM;
  net->topology = *t;
  net->params = *params;
  net->encoding = *encoding;
  net->max_steps = (unsigned)ceil(encoding->window_tau / smallest_dt_tau - 1e-9);
  unsigned n_output = t->n_class * t->per_class;
  net->by_hidden_spike =
      calloc(((size_t)net->max_steps + 1) * t->n_hidden * MS_LANES, sizeof(float));
  net->by_output_spike = calloc((size_t)n_output * MS_LANES, sizeof(float));
  net->hidden_count = calloc((size_t)t->n_hidden * MS_LANES, sizeof(float));
  net->wait = calloc(((size_t)net->max_steps + 1) * MS_LANES, sizeof(float));
  int rc = net->by_hidden_spike && net->by_output_spike && net->hidden_count && net->wait
               ? MS_OK
               : MS_ENOMEM;
  if (!rc)
    rc = ms_layer_create(&net->params, t->n_input, t->n_hidden, t->parallel, net->max_steps,
                         &net->hidden);
  if (!rc)
    rc = ms_layer_create(&net->params, t->n_hidden, n_output, 1, net->max_steps, &net->output);
  if (rc) {
    ms_net_destroy(net);
    return rc;
  }
  *out = net;
  return MS_OK;
}

void ms_net_destroy(ms_net *net) {
  if (!net)
    return;
  ms_layer_destroy(net->hidden);
  ms_layer_destroy(net->output);
  ms_arrivals_free(&net->to_hidden);
  ms_arrivals_free(&net->to_output);
  for (unsigned lane = 0; lane < MS_LANES; lane++) {
    free(net->input[lane].item);
    free(net->spike[lane].item);
  }
  free(net->wait);
  free(net->by_hidden_spike);
  free(net->by_output_spike);
  free(net->hidden_count);
  free(net->forced[0]);
  free(net->forced[1]);
  free(net->observed[0]);
  free(net->observed[1]);
  free(net);
}

/* A lognormal factor. */
static float factor(double spread, ms_random *random) {
  return spread > 0 ? (float)exp(spread * ms_random_normal(random)) : 1.0f;
}

static void draw_neuron(ms_layer *l, unsigned j, const ms_sim_params *p, const ms_net_options *o,
                        ms_random *random) {
  for (int s = 0; s < 2; s++)
    l->gain[s][j] = factor(o->spread, random);
  ms_neuron_factors f = {
      .threshold = factor(o->neuron_spread, random),
      .tau = factor(o->neuron_spread, random),
      .dead = factor(o->neuron_spread, random),
      .row_tau = {factor(o->neuron_spread, random), factor(o->neuron_spread, random)}};
  ms_layer_set_neuron(l, j, p, &f);
}

static void load_charges(ms_layer *l, const float *weight, unsigned dac_bits) {
  size_t columns = (size_t)l->n_pre * l->n_parallel;
  for (unsigned j = 0; j < l->n_post; j++)
    for (size_t c = 0; c < columns; c++) {
      int code = ms_weight_code(weight[j * columns + c], dac_bits);
      for (int s = 0; s < 2; s++) {
        int magnitude = s == MS_EXC ? code : -code;
        const ms_sim_row *row = &l->neuron[j]->row[l->row[l->slot[s][c]]];
        l->charge[s][c * l->n_post + j] =
            magnitude > 0 ? l->gain[s][j] * row->charge[magnitude] : 0;
      }
    }
}

/* Share of a layer's synapses that are connections: code 0 makes no pulse and takes no time. */
static float connected(const ms_layer *l, const float *weight, unsigned dac_bits) {
  size_t n = (size_t)l->n_pre * l->n_parallel * l->n_post, made = 0;
  for (size_t i = 0; i < n; i++)
    made += ms_weight_code(weight[i], dac_bits) != 0;
  return (float)made / (float)n;
}

void ms_net_load(ms_net *net, const float *weight, const ms_net_options *o, size_t group) {
  uint64_t die = o->draw + group;
  ms_random random = {.state = o->n_drawn ? die % o->n_drawn : die};
  unsigned n_hidden = net->hidden->n_post, n = n_hidden + net->output->n_post;
  const ms_sim_params *fitted = o->n_fitted ? o->fitted + die % o->n_fitted * n : NULL;
  for (unsigned k = 0; k < n; k++) {
    const ms_sim_params *p = fitted ? fitted + k : &net->params;
    draw_neuron(k < n_hidden ? net->hidden : net->output, k < n_hidden ? k : k - n_hidden, p, o,
                &random);
  }
  const float *out = weight + ms_topology_in(&net->topology);
  load_charges(net->hidden, weight, net->topology.dac_bits);
  load_charges(net->output, out, net->topology.dac_bits);
  net->pace[0] = net->params.pace * connected(net->hidden, weight, net->topology.dac_bits);
  net->pace[1] = net->params.pace * connected(net->output, out, net->topology.dac_bits);
}

static int force(ms_net *net, int layer, ms_sim_spike spike) {
  if (net->n_forced[layer] == net->room_forced[layer]) {
    size_t room = net->room_forced[layer] ? 2 * net->room_forced[layer] : 256;
    ms_sim_spike *more = realloc(net->forced[layer], room * sizeof *more);
    if (!more)
      return MS_ENOMEM;
    net->forced[layer] = more;
    net->room_forced[layer] = room;
  }
  net->forced[layer][net->n_forced[layer]++] = spike;
  return MS_OK;
}

static int by_step(const void *a, const void *b) {
  const ms_sim_spike *x = a, *y = b;
  if (x->step != y->step)
    return x->step < y->step ? -1 : 1;
  if (x->lane != y->lane)
    return x->lane < y->lane ? -1 : 1;
  return (x->t > y->t) - (x->t < y->t);
}

/* Sorts a chip's spikes of all samples into the two layers, by step. */
static int take_recorded(ms_net *net, const ms_sim_sample *sample, unsigned n, unsigned n_step,
                         double dt) {
  net->n_forced[0] = net->n_forced[1] = 0;
  for (unsigned lane = 0; lane < n; lane++)
    for (size_t i = 0; i < sample[lane].n_spike; i++) {
      const ms_event *e = &sample[lane].spike[i];
      double t = ms_time_to_s(e->t) / net->encoding.tau_s;
      unsigned neuron = e->address;
      int layer = neuron >= net->topology.n_hidden;
      if (layer)
        neuron -= net->topology.n_hidden;
      if (layer && neuron >= net->output->n_post)
        continue;
      t = fmax(t - (double)(net->pace[layer] * (float)neuron), 0);
      if (t >= n_step * dt)
        continue;
      int rc = force(net, layer,
                     (ms_sim_spike){.step = (uint32_t)(t / dt),
                                    .neuron = (uint16_t)neuron,
                                    .lane = (uint8_t)lane,
                                    .t = (float)t});
      if (rc)
        return rc;
    }
  for (int layer = 0; layer < 2; layer++)
    if (net->n_forced[layer])
      qsort(net->forced[layer], net->n_forced[layer], sizeof *net->forced[layer], by_step);
  return MS_OK;
}

/* A membrane between its samples. */
static float between(const float *level, size_t n, float at) {
  size_t k = (size_t)at;
  return k + 1 < n ? level[k] + (at - (float)k) * (level[k + 1] - level[k]) : level[n - 1];
}

/* A chip's membranes of all samples by layer, grid point and lane. */
static int take_membranes(ms_net *net, const ms_sim_sample *sample, unsigned n, unsigned n_step,
                          float dt) {
  for (int layer = 0; layer < 2; layer++) {
    unsigned n_post = layer ? net->output->n_post : net->hidden->n_post;
    unsigned first = layer ? net->hidden->n_post : 0;
    size_t row = (size_t)n_post * MS_LANES;
    if (!net->observed[layer])
      net->observed[layer] = calloc(((size_t)net->max_steps + 1) * row, sizeof(float));
    if (!net->observed[layer])
      return MS_ENOMEM;
    for (unsigned lane = 0; lane < n; lane++)
      for (unsigned j = 0; j < n_post; j++) {
        size_t most = sample[lane].n_membrane;
        const float *level = sample[lane].membrane + (first + j) * most;
        for (size_t k = 0; k <= n_step; k++)
          net->observed[layer][k * row + j * MS_LANES + lane] =
              expf(between(level, most, (float)k + net->pace[layer] * (float)j / dt));
      }
  }
  return MS_OK;
}

static void decide(ms_net *net, unsigned n) {
  memset(net->count, 0, sizeof net->count);
  for (unsigned lane = 0; lane < MS_LANES; lane++)
    for (unsigned c = 0; c < 64; c++)
      net->first[lane][c] = INFINITY;
  for (size_t i = 0; i < net->output->n_spike; i++) {
    const ms_sim_spike *s = &net->output->spike[i];
    unsigned c = s->neuron / net->topology.per_class;
    net->count[s->lane][c]++;
    net->first[s->lane][c] = fminf(net->first[s->lane][c], s->t + net->pace[1] * (float)s->neuron);
  }
  for (unsigned lane = 0; lane < n; lane++) {
    int best = -1;
    for (unsigned c = 0; c < net->topology.n_class; c++) {
      unsigned most = best < 0 ? 0 : net->count[lane][best];
      if (net->count[lane][c] > most || (best >= 0 && net->count[lane][c] == most &&
                                         net->first[lane][c] < net->first[lane][best]))
        best = (int)c;
    }
    net->decision[lane] = best;
  }
}

int ms_net_forward(ms_net *net, const ms_sim_sample *sample, unsigned n,
                   const ms_net_options *options) {
  float dt = (float)options->dt_tau;
  unsigned n_step = (unsigned)ceil(options->window_tau / options->dt_tau - 1e-6);
  n_step = n_step < net->max_steps ? n_step : net->max_steps;
  int rc = ms_net_send_inputs(net, sample, n, n_step, dt);
  int on_chip = n && sample[0].spike != NULL, observed = on_chip && sample[0].membrane;
  if (!rc && on_chip)
    rc = take_recorded(net, sample, n, n_step, options->dt_tau);
  if (!rc && observed)
    rc = take_membranes(net, sample, n, n_step, dt);
  ms_recorded recorded[2];
  for (int k = 0; k < 2; k++)
    recorded[k] = (ms_recorded){.n_spike = net->n_forced[k],
                                .spike = net->forced[k],
                                .membrane = observed ? net->observed[k] : NULL,
                                .loose = options->loose};
  if (!rc)
    rc = ms_layer_forward(net->hidden, &net->to_hidden, n_step, dt, on_chip ? &recorded[0] : NULL);
  if (!rc)
    rc = ms_net_send_spikes(net, n, n_step, dt);
  if (!rc)
    rc = ms_layer_forward(net->output, &net->to_output, n_step, dt, on_chip ? &recorded[1] : NULL);
  if (!rc)
    decide(net, n);
  return rc;
}
