/* SPDX-License-Identifier: Apache-2.0 */
/* A core made by hand for tests of the kernel with the model engine, and random networks on it. */
#ifndef KERNEL_FIXTURE_H
#define KERNEL_FIXTURE_H

#include "mixspike/chip.h"
#include "mixspike/neuron_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIXTURE_N_BIAS = 14 };

typedef struct fixture_core {
  ms_core core;
  ms_process process;
  ms_cell soma, exc, inh, branch;
  ms_bias bias[FIXTURE_N_BIAS];
  ms_core_bias line[FIXTURE_N_BIAS];
} fixture_core;

static double fixture_coarse_a[] = {1e-12, 10e-12, 100e-12, 1e-9, 10e-9, 100e-9, 1e-6};

/* Code whose current is nearest to current_a. */
static inline unsigned fixture_code(double current_a) {
  unsigned coarse = 0;
  while (coarse < 6 && fixture_coarse_a[coarse] * 255 / 256 < current_a)
    coarse++;
  return coarse << 8 | (unsigned)(current_a / fixture_coarse_a[coarse] * 256 + 0.5);
}

static inline void fixture_bias(fixture_core *f, ms_cell *cell, const char *name, double a) {
  size_t i = f->core.n_bias++;
  f->bias[i].name = (char *)(uintptr_t)name;
  f->bias[i].code[0] = fixture_code(a);
  f->bias[i].code[1] = fixture_code(a / 2000);
  f->line[i] = (ms_core_bias){
      .cell = cell, .bias = &f->bias[i], .branch = &f->branch, .name = f->bias[i].name};
}

/* Three excitatory rows and one inhibitory, time constants of 10 us. */
static inline void fixture_init(fixture_core *f) {
  static char *names[] = {"exc0", "exc1", "exc2", "inh0"};
  memset(f, 0, sizeof *f);
  f->process.name = (char *)(uintptr_t) "test";
  f->process.supply_v[0] = 1.6;
  f->process.supply_v[1] = 1.8;
  f->process.supply_v[2] = 2.0;
  f->process.temp_c[0] = 0;
  f->process.temp_c[1] = 27;
  f->process.temp_c[2] = 85;
  f->process.n_corner = 1;
  f->branch.name = (char *)(uintptr_t) "branch";
  f->branch.coarse_a = fixture_coarse_a;
  f->branch.n_coarse = 7;
  f->soma.name = (char *)(uintptr_t) "soma";
  f->exc.name = (char *)(uintptr_t) "exc";
  f->inh.name = (char *)(uintptr_t) "inh";
  f->core.name = (char *)(uintptr_t) "test";
  f->core.process = &f->process;
  f->core.soma = &f->soma;
  f->core.n_row = 4;
  for (unsigned r = 0; r < 4; r++)
    f->core.row[r] = (ms_row){.name = names[r],
                              .cell = r < 3 ? &f->exc : &f->inh,
                              .sign = r < 3 ? MS_EXC : MS_INH,
                              .index = r < 3 ? r : 0};
  f->core.dac_bits = 4;
  f->core.bias = f->line;
  f->core.clock_ps = 10000;
  f->core.pulse_ps[0] = f->core.busy_ps[0] = 100000;
  f->core.pulse_ps[1] = f->core.busy_ps[1] = 10000000;
  f->core.edge_ps = 5000;
  f->core.tau_s[0] = 10e-6;
  f->core.tau_s[1] = 20e-3;
  fixture_bias(f, &f->soma, "ileak", 16 * 3.4e-9);
  fixture_bias(f, &f->soma, "igain", 20e-9);
  fixture_bias(f, &f->soma, "irest", 1e-9);
  fixture_bias(f, &f->soma, "ithr", 200e-9);
  fixture_bias(f, &f->soma, "iref", 500e-9);
  fixture_bias(f, &f->soma, "idc", 1e-12);
  ms_cell *synapse[] = {&f->exc, &f->inh};
  for (int k = 0; k < 2; k++) {
    fixture_bias(f, synapse[k], "itau", 16 * 1.4e-9);
    fixture_bias(f, synapse[k], "igain", 20e-9);
    fixture_bias(f, synapse[k], "irest", 0.05e-9);
    fixture_bias(f, synapse[k], "iw", 100e-9);
  }
}

/* splitmix64: small, and enough to make test cases. */
static inline uint64_t fixture_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static inline unsigned fixture_below(uint64_t *state, unsigned n) {
  return (unsigned)(fixture_random(state) % n);
}

typedef struct fixture_net {
  unsigned n_neuron, n_input;
  unsigned side; /* of the mesh of cores; 0: one core */
  ms_synapse synapse[512];
  ms_config config;
  ms_event in[2048];
  size_t n_in;
  ms_time t_stop;
} fixture_net;

/* A network with `per_source` connections a source. `layered`: neurons reach later ones only.
 * Events come in bursts, several inputs at the same time, so that the router is congested. */
static inline void fixture_random_net(fixture_net *net, uint64_t seed, int layered,
                                      unsigned per_source) {
  uint64_t state = seed;
  memset(net, 0, sizeof *net);
  net->n_neuron = 3 + fixture_below(&state, 8);
  net->n_input = 2 + fixture_below(&state, 6);
  net->t_stop = 20000000;
  for (unsigned source = 0; source < net->n_neuron + net->n_input; source++) {
    for (unsigned k = 0; k < per_source; k++) {
      unsigned target = fixture_below(&state, net->n_neuron);
      if (layered && source < net->n_neuron && target <= source)
        continue;
      unsigned inhibitory = fixture_below(&state, 5) == 0;
      net->synapse[net->config.n_synapse++] =
          (ms_synapse){.source = (uint16_t)source,
                       .target = (uint16_t)target,
                       .sign = (uint8_t)inhibitory,
                       .row = (uint8_t)(inhibitory ? 0 : fixture_below(&state, 3)),
                       .code = (uint16_t)fixture_below(&state, 16)};
    }
  }
  net->config.synapse = net->synapse;
  ms_time t = 0;
  unsigned gap = 1000000u << seed % 3; /* from saturated to merely congested */
  while (net->n_in + net->n_input < 600) {
    t += fixture_below(&state, gap);
    if (t >= net->t_stop)
      break;
    unsigned burst = 1 + fixture_below(&state, net->n_input);
    for (unsigned k = 0; k < burst; k++)
      net->in[net->n_in++] =
          (ms_event){.t = t, .address = (uint16_t)fixture_below(&state, net->n_input)};
  }
}

#define fixture_ok(call)                                                                           \
  do {                                                                                             \
    ms_error fixture_err = {0};                                                                    \
    ms_error *err = &fixture_err;                                                                  \
    int fixture_rc = (call);                                                                       \
    if (fixture_rc)                                                                                \
      fail_msg("%s: %d %s", #call, fixture_rc, fixture_err.text);                                  \
  } while (0)

/* A chip of behavioural neurons, configured for the network. */
static inline ms_chip *fixture_chip(const fixture_core *f, const fixture_net *net,
                                    ms_router_kind router) {
  ms_chip_options options = {.core = &f->core,
                             .engine = {.kind = MS_ENGINE_MODEL},
                             .router = router,
                             .n_neuron = net->n_neuron,
                             .n_input = net->n_input,
                             .cols = net->side,
                             .rows = net->side};
  ms_chip *chip;
  fixture_ok(ms_chip_create(&options, &chip, err));
  fixture_ok(ms_chip_configure(chip, &net->config, err));
  return chip;
}

#endif
