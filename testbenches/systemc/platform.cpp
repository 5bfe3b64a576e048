/* SPDX-License-Identifier: Apache-2.0 */
/* A small virtual platform: a host that boots the mixed-signal chip from a package over TLM-2.0,
 * streams the package's golden events and compares the spikes with the recorded ones. */
#include "host.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct arguments {
  const char *package = nullptr;
  const char *engine = nullptr, *router = nullptr;
  double quantum_us = 0;
};

const char kHelp[] =
    "usage: mixspike_platform PACKAGE [--engine ngspice|table|model] [--router NAME]\n"
    "                         [--quantum US]\n";

bool parse(int argc, char **argv, arguments *a) {
  for (int i = 1; i < argc; i++) {
    const bool more = i + 1 < argc;
    if (!std::strcmp(argv[i], "--engine") && more)
      a->engine = argv[++i];
    else if (!std::strcmp(argv[i], "--router") && more)
      a->router = argv[++i];
    else if (!std::strcmp(argv[i], "--quantum") && more)
      a->quantum_us = std::atof(argv[++i]);
    else if (argv[i][0] != '-' && !a->package)
      a->package = argv[i];
    else
      return false;
  }
  return a->package != nullptr;
}

bool choose(const arguments &a, ms_experiment *e) {
  static const char *const engines[] = {"ngspice", "table", "model"};
  bool known = !a.engine;
  for (int k = 0; a.engine && k < 3; k++)
    if (!std::strcmp(a.engine, engines[k])) {
      e->analog = static_cast<ms_engine_kind>(k);
      known = true;
    }
  bool routed = !a.router;
  for (int k = 0; a.router && k < MS_N_ROUTER; k++)
    if (!std::strcmp(a.router, ms_router_name(static_cast<ms_router_kind>(k)))) {
      e->digital = static_cast<ms_router_kind>(k);
      routed = true;
    }
  return known && routed;
}

/* Builds the platform around what the package describes, and runs it. */
int simulate(const arguments &a, const ms_package &package, const ms_setup &setup,
             const ms_golden &golden) {
  const double window_s = setup.encoding.window_tau * setup.encoding.tau_s;
  const ms_time tolerance =
      a.engine || a.router ? ms_time_from_s(0.1 * setup.encoding.tau_s) : ms_time{1000};
  mixspike::mixspike_chip::options options;
  options.chip = setup.chip;
  options.pvt = setup.pvt;
  options.length = mixspike::from_ps(ms_time_from_s(window_s));
  options.quantum = sc_core::sc_time(a.quantum_us, sc_core::SC_US);

  mixspike::mixspike_chip chip("chip", options);
  host cpu("cpu", package, golden, options.length, tolerance, setup.core->clock_ps);
  cpu.config.bind(chip.config);
  cpu.events.bind(chip.event_in);
  chip.event_out.bind(cpu.spikes);
  cpu.insert = [&](uint64_t die) { chip.set_die(ms_setup_die(&setup, die)); };
  cpu.recorded = [&]() -> const ms_run_result & { return chip.result(); };
  sc_core::sc_start();

  std::printf("%u of %u runs as recorded: %zu events, %zu spikes, worst crossing %.3f ns, at the "
              "port after at most %.0f ns\n",
              cpu.equal, cpu.runs, cpu.n_event, cpu.n_spike, 1e-3 * cpu.worst_ps,
              1e-3 * static_cast<double>(cpu.longest_way_ps));
  return cpu.runs && cpu.equal == cpu.runs ? 0 : 1;
}

} // namespace

int sc_main(int argc, char **argv) {
  arguments a;
  if (!parse(argc, argv, &a)) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  ms_error err{};
  ms_package *package = nullptr;
  ms_setup *setup = nullptr;
  ms_golden golden{};
  int code = ms_package_open(a.package, &package, &err);
  if (!code && !choose(a, package->experiment))
    code = ms_fail(&err, MS_EINVAL, "no such engine or router; %s", kHelp);
  if (!code)
    code = ms_golden_read(a.package, &golden, &err);
  if (!code)
    code = ms_setup_create(package->experiment, &setup, &err);
  int leave = 3;
  if (code)
    std::fprintf(stderr, "mixspike_platform: %s\n", err.text);
  else
    leave = simulate(a, *package, *setup, golden);
  ms_golden_clear(&golden);
  ms_setup_destroy(setup);
  ms_package_destroy(package);
  return leave;
}
