/* SPDX-License-Identifier: Apache-2.0 */
/* When the network's events make their pulses. */
#include "model/net_events.h"

static int queue_inputs(ms_net *net, const ms_sim_sample *sample, unsigned lane) {
  ms_event event[MS_MAX_EVENTS];
  size_t n = ms_encode(&net->encoding, sample->value,
                       ms_encoding_values(&net->encoding, net->topology.n_input), event);
  ms_queue *queue = &net->input[lane];
  queue->n = 0;
  queue->length = net->pace[0] * (float)(net->topology.n_hidden * net->topology.parallel);
  int rc = MS_OK;
  for (size_t i = 0; !rc && i < n; i++) {
    float at = (float)(ms_time_to_s(event[i].t) / net->encoding.tau_s) + net->params.input_delay;
    rc = ms_queue_add(queue, at, event[i].address);
  }
  return rc;
}

/* A neuron's second synapse follows after every neuron's first (ms_network_config). */
static int deliver_inputs(ms_net *net, unsigned lane, unsigned n_step, float dt) {
  const ms_topology *t = &net->topology;
  const ms_queue *queue = &net->input[lane];
  int rc = MS_OK;
  for (size_t i = 0; i < queue->n; i++)
    for (unsigned k = 0; !rc && k < t->parallel; k++) {
      float at = queue->item[i].start + net->pace[0] * (float)(k * t->n_hidden);
      rc = ms_arrivals_add(&net->to_hidden, at, dt, n_step, queue->item[i].source * t->parallel + k,
                           lane);
    }
  return rc;
}

int ms_net_send_inputs(ms_net *net, const ms_sim_sample *sample, unsigned n, unsigned n_step,
                       float dt) {
  ms_arrivals_clear(&net->to_hidden);
  int rc = MS_OK;
  for (unsigned lane = 0; !rc && lane < n; lane++) {
    ms_queue no_spikes = {0};
    rc = queue_inputs(net, &sample[lane], lane);
    if (!rc && net->params.queues)
      ms_queue_serve(&net->input[lane], &no_spikes);
    if (!rc)
      rc = deliver_inputs(net, lane, n_step, dt);
  }
  return rc ? rc : ms_arrivals_sort(&net->to_hidden, n_step);
}

/* Spikes in everybody's time: when each makes its first pulse if nobody holds it up. */
static int queue_spikes(ms_net *net, unsigned n) {
  for (unsigned lane = 0; lane < n; lane++) {
    net->spike[lane].n = 0;
    net->spike[lane].length = net->pace[1] * (float)net->output->n_post;
  }
  int rc = MS_OK;
  for (size_t i = 0; !rc && i < net->hidden->n_spike; i++) {
    const ms_sim_spike *s = &net->hidden->spike[i];
    if (s->lane < n)
      rc =
          ms_queue_add(&net->spike[s->lane],
                       s->t + net->pace[0] * (float)s->neuron + net->params.spike_delay, s->neuron);
  }
  return rc;
}

int ms_net_send_spikes(ms_net *net, unsigned n, unsigned n_step, float dt) {
  ms_arrivals_clear(&net->to_output);
  int rc = queue_spikes(net, n);
  for (unsigned lane = 0; !rc && lane < n; lane++) {
    ms_queue *queue = &net->spike[lane];
    if (net->params.queues) {
      ms_queue_serve(queue, &net->input[lane]);
      ms_queue_wait(queue, &net->input[lane], dt, n_step, MS_LANES, net->wait + lane);
    }
    for (size_t i = 0; !rc && i < queue->n; i++)
      rc = ms_arrivals_add(&net->to_output, queue->item[i].start, dt, n_step, queue->item[i].source,
                           lane);
  }
  return rc ? rc : ms_arrivals_sort(&net->to_output, n_step);
}
