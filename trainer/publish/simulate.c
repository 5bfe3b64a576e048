/* SPDX-License-Identifier: Apache-2.0 */
/* One sample of an experiment's chip, from events to an output folder. */
#include "mixspike/package.h"
#include "publish/publish_impl.h"

#include "mixspike/boundary.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 (Steele, Lea, Flood 2014): enough for stimuli, and the same everywhere. */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static double uniform(uint64_t *state) {
  return ((double)(next_random(state) >> 11) + 0.5) * 0x1p-53;
}

static int by_time(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  return (x->address > y->address) - (x->address < y->address);
}

static int poisson(unsigned n_input, double rate_hz, double t_stop_s, uint64_t seed,
                   ms_event **event, size_t *n, ms_error *err) {
  size_t room = 0;
  for (unsigned i = 0; i < n_input; i++)
    for (double t = 0; (t -= log(uniform(&seed)) / rate_hz) < t_stop_s;) {
      if (*n == room) {
        room = room ? 2 * room : 256;
        ms_event *more = realloc(*event, room * sizeof **event);
        if (!more)
          return ms_fail(err, MS_ENOMEM, "no memory for the input events");
        *event = more;
      }
      (*event)[(*n)++] = (ms_event){.t = ms_time_from_s(t), .address = (uint16_t)i};
    }
  if (*n)
    qsort(*event, *n, sizeof **event, by_time);
  return MS_OK;
}

static int make_events(const ms_setup *setup, const ms_simulate_options *o, double t_stop_s,
                       ms_event **event, size_t *n, int *label, ms_error *err) {
  const ms_dataset *test = &setup->task->test;
  switch (o->source) {
  case MS_EVENTS_FILE:
    return ms_events_read(o->file, setup->n_input, event, n, err);
  case MS_EVENTS_POISSON:
    return poisson(setup->n_input, o->rate_hz, t_stop_s, o->seed, event, n, err);
  default:
    if (o->sample >= test->n)
      return ms_fail(err, MS_ERANGE, "sample %zu does not exist: the test set has %zu samples",
                     o->sample, test->n);
    *event = calloc(setup->task->n_value + 1, sizeof **event);
    if (!*event)
      return ms_fail(err, MS_ENOMEM, "no memory for the input events");
    *n = ms_encode(&setup->encoding, test->value + o->sample * setup->task->n_value,
                   setup->task->n_value, *event);
    *label = test->label[o->sample];
    return MS_OK;
  }
}

/* Random codes, three of four excitatory: a network that does something, not one that works. */
static void randomise(ms_network *network, uint64_t seed) {
  size_t n_in = (size_t)network->n_hidden * network->n_input * network->parallel;
  size_t n_out = (size_t)network->n_class * network->per_class * network->n_hidden;
  unsigned top = (1u << network->dac_bits) - 1;
  for (size_t i = 0; i < n_in + n_out; i++) {
    int16_t code = (int16_t)lround(uniform(&seed) * top);
    code = (int16_t)(uniform(&seed) < 0.75 ? code : -code);
    *(i < n_in ? &network->in[i] : &network->out[i - n_in]) = code;
  }
}

static int configure(ms_chip *chip, const ms_setup *setup, const ms_simulate_options *o,
                     ms_network **network, ms_error *err) {
  const ms_experiment *e = setup->experiment;
  int code;
  if (o->package) {
    ms_package *package;
    if ((code = ms_package_open(o->package, &package, err)))
      return code;
    const ms_network *n = package->network;
    if (n->n_input != setup->n_input || n->n_hidden != e->hidden ||
        n->n_class * n->per_class != setup->n_output)
      code = ms_fail(err, MS_EINVAL,
                     "package %s holds %u inputs, %u hidden and %u output neurons, but experiment "
                     "%s has %u, %u and %u",
                     o->package, n->n_input, n->n_hidden, n->n_class * n->per_class, e->file,
                     setup->n_input, e->hidden, setup->n_output);
    const ms_experiment *p = package->experiment;
    if (!code && (p->cols != e->cols || p->rows != e->rows))
      code = ms_fail(err, MS_EINVAL,
                     "package %s is for %ux%u cores, but experiment %s has %ux%u: set "
                     "network.cores, or export the network again",
                     o->package, p->cols, p->rows, e->file, e->cols, e->rows);
    if (!code)
      code = ms_package_fits(package, chip, err);
    if (!code)
      code = ms_chip_configure_writes(chip, (const uint32_t(*)[2])package->write, package->n_write,
                                      err);
    *network = package->network;
    package->network = NULL;
    ms_package_destroy(package);
    return code;
  }
  code = ms_network_create(setup->n_input, e->hidden, setup->task->n_class, e->outputs_per_class,
                           e->parallel, setup->core->dac_bits, network, err);
  if (code)
    return code;
  randomise(*network, o->seed);
  ms_config config = {0};
  code = ms_network_config(*network, setup->core, setup->bias, &config, err);
  if (!code)
    code = ms_chip_configure(chip, &config, err);
  ms_config_clear(&config);
  return code;
}

/* results.h5, waveforms, picture and page of one run. */
static int write_folder(const ms_shown_run *shown, const ms_simulate_options *o,
                        const ms_simulate_report *report, ms_error *err) {
  const ms_experiment *e = shown->setup->experiment;
  char path[PATH_MAX], lead[300];
  ms_results *results = NULL;
  ms_report_page *page = NULL;
  int code = ms_make_folder(o->output, err);
  if (!code)
    code = ms_results_create(&results, err);
  if (!code)
    code = ms_publish_experiment(results, e, err);
  if (!code)
    code = ms_results_integer(results, "run/sample", "die", o->die, err);
  if (!code)
    code = ms_results_run(results, "run/sample", shown->setup->core, shown->in, shown->n_in,
                          shown->run, err);
  if (!code) {
    snprintf(path, sizeof path, "%s/results.h5", o->output);
    code = ms_results_save(results, path, err);
  }
  if (!code && o->raw) {
    snprintf(path, sizeof path, "%s/sample.raw", o->output);
    code = ms_raw_write(path, shown->setup->core, shown->run, err);
  }
  snprintf(lead, sizeof lead, "One run of %s on die %llu: %s circuits, %s router.", e->core,
           (unsigned long long)o->die, ms_engine_word(e->analog), ms_router_name(e->digital));
  if (!code)
    code = ms_report_create(e->name, lead, &page, err);
  if (!code) {
    ms_publish_figure(page, "Events in, spikes", "", err, "%zu, %zu", report->n_event,
                      report->n_spike);
    if (report->label >= 0)
      ms_publish_figure(page, "Decision", "class with most output spikes; -1: none", err,
                        "%d (label %d)", report->decision, report->label);
    ms_publish_figure(page, "Pulses started", "synapse rows", err, "%llu",
                      (unsigned long long)report->counters.delivered);
    ms_publish_figure(page, "Waits and losses",
                      "cycles at arbiter, cycles at busy rows, requests lost", err,
                      "%llu, %llu, %llu", (unsigned long long)report->counters.arbiter_wait,
                      (unsigned long long)report->counters.row_wait,
                      (unsigned long long)report->counters.vanished);
    ms_publish_figure(page, "Energy", "analog, without bias branches", err, "%.3g pJ",
                      1e12 * report->energy_j);
    ms_publish_figure(page, "Wall time", "share of the digital half in brackets", err,
                      "%.2f s (%.2g %%)", report->wall_s,
                      report->wall_s > 0 ? 100 * report->router_wall_s / report->wall_s : 0);
    code = ms_publish_sample(shown, o->output, page, err);
  }
  if (!code) {
    snprintf(path, sizeof path, "%s/index.html", o->output);
    code = ms_report_save(page, path, err);
  }
  ms_report_destroy(page);
  ms_results_destroy(results);
  return code;
}

static void fill_report(ms_simulate_report *report, const ms_network *network, size_t n_in,
                        const ms_run_result *run) {
  report->n_event = n_in;
  report->n_spike = run->n_spike;
  report->decision = ms_network_decide(network, run->spike, run->n_spike, NULL);
  report->energy_j = run->energy_j;
  report->bias_power_w = run->bias_power_w;
  report->wall_s = run->wall_s;
  report->router_wall_s = run->router_wall_s;
  report->counters = run->counters;
  report->cores = run->cores;
  report->network = run->network;
  for (unsigned k = 0; run->group && k < run->n_neuron; k++)
    report->unsure += run->group[k].unsure;
}

int ms_simulate(const ms_experiment *experiment, const ms_simulate_options *o,
                ms_simulate_report *report, ms_error *err) {
  *report = (ms_simulate_report){.decision = -1, .label = -1};
  ms_setup *setup = NULL;
  ms_chip *chip = NULL;
  ms_network *network = NULL;
  ms_event *in = NULL;
  size_t n_in = 0;
  ms_run_result run = {0};
  int code = ms_setup_create(experiment, &setup, err);
  if (code)
    return code;
  double t_stop_s =
      o->t_stop_s > 0 ? o->t_stop_s : setup->encoding.window_tau * setup->encoding.tau_s;
  ms_die die = ms_setup_die(setup, o->die);
  (void)((code = make_events(setup, o, t_stop_s, &in, &n_in, &report->label, err)) ||
         (code = ms_chip_create(&setup->chip, &chip, err)) ||
         (code = configure(chip, setup, o, &network, err)) ||
         (code = ms_chip_set_die(chip, &die, err)) ||
         (code = ms_chip_set_pvt(chip, &setup->pvt, err)) ||
         (code = ms_run_shown(chip, in, n_in, ms_time_from_s(t_stop_s), &run, err)));
  if (!code) {
    fill_report(report, network, n_in, &run);
    char title[200];
    snprintf(title, sizeof title, "%s, die %llu", experiment->name, (unsigned long long)o->die);
    const ms_shown_run shown = {.setup = setup,
                                .chip = chip,
                                .t_stop = ms_time_from_s(t_stop_s),
                                .title = title,
                                .in = in,
                                .n_in = n_in,
                                .run = &run};
    if (o->output)
      code = write_folder(&shown, o, report, err);
    if (!code && o->record)
      code = ms_boundary_write(o->record, chip, &run, ms_time_from_s(t_stop_s), err);
  }
  ms_run_result_clear(&run);
  ms_chip_destroy(chip);
  ms_network_destroy(network);
  free(in);
  ms_setup_destroy(setup);
  return code;
}
