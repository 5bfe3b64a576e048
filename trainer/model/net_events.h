/* SPDX-License-Identifier: Apache-2.0 */
/* The network's events on their way: input events to hidden neurons, their spikes to outputs. */
#ifndef MS_MODEL_NET_EVENTS_H
#define MS_MODEL_NET_EVENTS_H

#include "model/net.h"

/** Encodes samples and delivers their input events to the hidden neurons. On a router whose events
 * wait for each other they wait for input events only: a spike is served within a few clocks.
 * Returns 0 or MS_ENOMEM. */
int ms_net_send_inputs(ms_net *net, const ms_sim_sample *sample, unsigned n, unsigned n_step,
                       float dt);

/** Delivers the hidden layer's spikes to the outputs, and finds how long a spike at any time would
 * have waited. Returns 0 or MS_ENOMEM. */
int ms_net_send_spikes(ms_net *net, unsigned n, unsigned n_step, float dt);

#endif
