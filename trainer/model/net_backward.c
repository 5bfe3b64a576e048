/* SPDX-License-Identifier: Apache-2.0 */
/* Loss of the two-layer network and its gradient by the weights. */
#include "model/net.h"
#include "model/vector.h"

#include <math.h>
#include <string.h>

/* Cross-entropy over the classes' spike counts; fills the gradient by output spikes. */
static double count_loss(ms_net *net, const ms_sim_sample *sample, unsigned n,
                         const ms_net_options *o) {
  const ms_topology *t = &net->topology;
  float gain = o->gain / (float)t->per_class;
  double loss = 0;
  unsigned n_output = t->n_class * t->per_class;
  memset(net->by_output_spike, 0, (size_t)n_output * MS_LANES * sizeof(float));
  for (unsigned lane = 0; lane < n; lane++) {
    double sum = 0, p[64], most = 0;
    for (unsigned c = 0; c < t->n_class; c++)
      most = fmax(most, gain * (float)net->count[lane][c]);
    for (unsigned c = 0; c < t->n_class; c++)
      sum += p[c] = exp(gain * (float)net->count[lane][c] - most);
    loss -= log(p[sample[lane].label] / sum);
    for (unsigned j = 0; j < n_output; j++) {
      unsigned c = j / t->per_class;
      net->by_output_spike[j * MS_LANES + lane] =
          gain * (float)(p[c] / sum - (c == sample[lane].label));
    }
  }
  uint8_t fired[MS_LANES][4096] = {{0}};
  for (size_t i = 0; i < net->output->n_spike; i++)
    fired[net->output->spike[i].lane][net->output->spike[i].neuron & 4095] = 1;
  for (unsigned lane = 0; lane < n; lane++)
    for (unsigned k = 0; k < t->per_class; k++) {
      unsigned j = sample[lane].label * t->per_class + k;
      if (!fired[lane][j & 4095])
        net->by_output_spike[j * MS_LANES + lane] -= gain * o->revive;
    }
  return loss;
}

/* Gradient by charge that a hidden neuron's pulse would bring at one grid point. */
MS_VECTOR static void by_pulse(const ms_layer *l, const float *by_charge, float *restrict out) {
  size_t n = (size_t)l->n_post * MS_LANES;
  for (unsigned pre = 0; pre < l->n_pre; pre++) {
    float sum[MS_LANES] = {0};
    for (int s = 0; s < 2; s++) {
      const float *q = by_charge + l->slot[s][pre] * n;
      const float *charge = l->charge[s] + (size_t)pre * l->n_post;
      for (unsigned j = 0; j < l->n_post; j++) {
        if (charge[j] == 0)
          continue;
        for (unsigned lane = 0; lane < MS_LANES; lane++)
          sum[lane] += charge[j] * q[(size_t)j * MS_LANES + lane];
      }
    }
    memcpy(out + (size_t)pre * MS_LANES, sum, sizeof sum);
  }
}

/* A spike in a step crosses in its middle on average and arrives spike_delay later, later again by
 * as much as the neuron's own time is late and as it has to wait for its turn. */
static void to_spikes(ms_net *net, unsigned n_step, float dt) {
  size_t n = (size_t)net->topology.n_hidden * MS_LANES;
  const ms_layer *l = net->output;
  size_t stride = (size_t)l->n_row * l->n_post * MS_LANES;
  float *by_grid = net->by_hidden_spike;
  for (unsigned k = 0; k <= n_step; k++)
    by_pulse(l, l->q_gradient + k * stride, by_grid + k * n);
  for (size_t j = 0; j < net->topology.n_hidden; j++) {
    float at = 0.5f + (net->params.spike_delay + net->pace[0] * (float)j) / dt;
    for (unsigned k = 0; k < n_step; k++) {
      unsigned comes = k + (unsigned)at;
      const float *wait = net->wait + (size_t)(comes < n_step ? comes : n_step) * MS_LANES;
      for (size_t lane = 0; lane < MS_LANES; lane++) {
        const size_t i = j * MS_LANES + lane;
        float after = at + wait[lane] / dt, late = after - (float)(unsigned)after;
        unsigned a = k + (unsigned)after, b = a + 1;
        by_grid[k * n + i] = (a <= n_step ? (1 - late) * by_grid[a * n + i] : 0) +
                             (b <= n_step ? late * by_grid[b * n + i] : 0);
      }
    }
  }
}

/* Many spikes of one neuron cost more than one of many: the burst term, by every spike alike.
 * Returns the loss that it adds. */
static double burst_loss(ms_net *net, unsigned n_step, unsigned n, float weight) {
  unsigned n_hidden = net->topology.n_hidden;
  size_t size = (size_t)n_hidden * MS_LANES;
  double loss = 0;
  for (size_t i = 0; i < size; i++)
    net->hidden_count[i] = 0;
  for (size_t i = 0; i < net->hidden->n_spike; i++)
    net->hidden_count[(size_t)net->hidden->spike[i].neuron * MS_LANES +
                      net->hidden->spike[i].lane]++;
  for (size_t i = 0; i < size; i++)
    if (i % MS_LANES < n)
      loss += (double)(weight * net->hidden_count[i] * net->hidden_count[i]) / n_hidden;
  for (unsigned k = 0; k < n_step; k++)
    for (size_t i = 0; i < size; i++)
      net->by_hidden_spike[k * size + i] += 2 * weight * net->hidden_count[i] / (float)n_hidden;
  return loss;
}

/* Rounding is passed straight through: a weight's charge counts as proportional to it. */
static void weight_gradient(const ms_layer *l, unsigned dac_bits, float *gradient) {
  size_t columns = (size_t)l->n_pre * l->n_parallel;
  unsigned largest = (1u << dac_bits) - 1;
  for (unsigned j = 0; j < l->n_post; j++)
    for (size_t c = 0; c < columns; c++) {
      size_t at = c * l->n_post + j;
      float slope[2];
      for (int s = 0; s < 2; s++)
        slope[s] = l->gain[s][j] * l->neuron[j]->row[l->row[l->slot[s][c]]].charge[largest];
      float up = l->charge_gradient[MS_EXC][at] * slope[MS_EXC];
      float down = -l->charge_gradient[MS_INH][at] * slope[MS_INH];
      gradient[j * columns + c] = l->charge[MS_EXC][at] > 0   ? up
                                  : l->charge[MS_INH][at] > 0 ? down
                                                              : 0.5f * (up + down);
    }
}

static void zero_gradient(ms_layer *l) {
  size_t n = (size_t)l->n_pre * l->n_parallel * l->n_post * sizeof(float);
  memset(l->charge_gradient[0], 0, n);
  memset(l->charge_gradient[1], 0, n);
}

int ms_net_backward(ms_net *net, const ms_sim_sample *sample, unsigned n,
                    const ms_net_options *options, float *gradient, double *loss,
                    unsigned *activity) {
  const ms_topology *t = &net->topology;
  float dt = (float)options->dt_tau;
  unsigned n_step = (unsigned)ceil(options->window_tau / options->dt_tau - 1e-6);
  n_step = n_step < net->max_steps ? n_step : net->max_steps;
  *loss = count_loss(net, sample, n, options);
  zero_gradient(net->hidden);
  zero_gradient(net->output);
  int rc = ms_layer_backward(net->output, &net->to_output, n_step, options->beta,
                             net->by_output_spike, 0, NULL);
  if (rc)
    return rc;
  to_spikes(net, n_step, dt);
  if (options->burst > 0)
    *loss += burst_loss(net, n_step, n, options->burst);
  rc = ms_layer_backward(net->hidden, &net->to_hidden, n_step, options->beta, net->by_hidden_spike,
                         (size_t)t->n_hidden * MS_LANES, NULL);
  if (rc)
    return rc;
  weight_gradient(net->hidden, t->dac_bits, gradient);
  weight_gradient(net->output, t->dac_bits, gradient + ms_topology_in(t));
  memset(activity, 0, t->n_hidden * sizeof *activity);
  for (size_t i = 0; i < net->hidden->n_spike; i++)
    activity[net->hidden->spike[i].neuron]++;
  return MS_OK;
}
