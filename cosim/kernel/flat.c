/* SPDX-License-Identifier: Apache-2.0 */
/* One flat ngspice netlist driven by recorded inputs: the engine's worker holds the whole core in
 * place of one neuron, and all inputs are known before the run begins. (Piecewise linear sources
 * would not do: ngspice loses a source's breakpoints once it misses one by a rounding error.) */
#include "kernel/flat.h"
#include "base/clock.h"

#include "engine/ngspice/engine.h"
#include "kernel/kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digital pins and what they are driven with: first the acknowledges, which the worker makes, then
 * for each row of each neuron its pulse and its weight bits. */
typedef struct pins {
  const ms_flat_options *o;
  size_t per_neuron, n, n_ramp, ramp_capacity;
  ms_ng_source *source; /* [n] and their first levels */
  double *level_v;      /* [n] present levels */
  ms_ng_ramp *ramp;
  double supply_v;
} pins;

static int active_low(const ms_cell *cell, ms_role role) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (cell->pin[i].role == role)
      return cell->pin[i].active_low;
  return 0;
}

static double level_v(const pins *p, const ms_cell *cell, ms_role role, int level) {
  return (level != 0) != active_low(cell, role) ? p->supply_v : 0;
}

static void add_pin(pins *p, double v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_pin(pins *p, double v, const char *format, ...) {
  va_list args;
  va_start(args, format);
  ms_ng_source *s = &p->source[p->n];
  vsnprintf(s->name, sizeof s->name, format, args);
  va_end(args);
  s->v = p->level_v[p->n++] = v;
}

static int create_pins(pins *p, const ms_flat_options *o, ms_error *err) {
  const ms_core *core = o->core;
  *p = (pins){.o = o, .per_neuron = core->n_row * (1 + core->dac_bits)};
  size_t n = (1 + p->per_neuron) * o->n_neuron;
  p->source = calloc(n + 1, sizeof *p->source);
  p->level_v = calloc(n + 1, sizeof *p->level_v);
  if (!p->source || !p->level_v)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu sources", n);
  p->supply_v = ms_ngspice_supply(core, &o->pvt);
  for (unsigned k = 0; k < o->n_neuron; k++)
    add_pin(p, level_v(p, core->soma, MS_ROLE_ACKNOWLEDGE, 0), "vnack%u", k);
  for (unsigned k = 0; k < o->n_neuron; k++) {
    for (size_t r = 0; r < core->n_row; r++) {
      const ms_cell *cell = core->row[r].cell;
      add_pin(p, level_v(p, cell, MS_ROLE_PULSE, 0), "vp%u_%zu", k, r);
      for (unsigned bit = 0; bit < core->dac_bits; bit++)
        add_pin(p, level_v(p, cell, MS_ROLE_WEIGHT_BITS, 0), "vw%u_%zu_%u", k, r, bit);
    }
  }
  return 0;
}

static int ramp(pins *p, size_t pin, ms_time t, double to_v, ms_error *err) {
  if (to_v == p->level_v[pin])
    return 0;
  int rc = ms_grow(&p->ramp, p->n_ramp, &p->ramp_capacity, sizeof *p->ramp, err);
  if (rc)
    return rc;
  p->ramp[p->n_ramp++] = (ms_ng_ramp){.source = pin, .t_ps = t, .v = to_v};
  p->level_v[pin] = to_v;
  return 0;
}

static int play(pins *p, ms_error *err) {
  const ms_core *core = p->o->core;
  int rc = 0;
  for (size_t i = 0; !rc && i < p->o->n_change; i++) {
    const ms_stimulus *s = &p->o->change[i].stimulus;
    size_t first = p->o->n_neuron + p->o->change[i].neuron * p->per_neuron;
    if (s->kind == MS_STIM_ACK)
      continue;
    const ms_cell *cell = core->row[s->row].cell;
    size_t pulse = first + s->row * (1 + core->dac_bits);
    rc = ramp(p, pulse, s->t, level_v(p, cell, MS_ROLE_PULSE, s->level), err);
    for (unsigned k = 0; !rc && s->level && k < core->dac_bits; k++)
      rc = ramp(p, pulse + 1 + k, s->t, level_v(p, cell, MS_ROLE_WEIGHT_BITS, s->code >> k & 1),
                err);
  }
  return rc;
}

static int add_line(ms_deck *deck, ms_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int add_line(ms_deck *deck, ms_error *err, const char *format, ...) {
  char **grown = realloc(deck->line, (deck->n_line + 1) * sizeof(char *)), *line;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&line, format, args);
  va_end(args);
  if (grown)
    deck->line = grown;
  if (!grown || n < 0)
    return ms_fail(err, MS_ENOMEM, "no memory for a flat netlist");
  deck->line[deck->n_line++] = line;
  return 0;
}

/* Puts ideal sources in place of the bias branches, whose subcircuits are then not used. */
static int replace_biases(const ms_flat_options *o, ms_deck *deck, ms_error *err) {
  size_t at = 0;
  while (at < deck->n_line && strncmp(deck->line[at], "xbias ", 6))
    at++;
  if (at == deck->n_line)
    return ms_fail(err, MS_ESIM, "the flat deck has no bias branches");
  free(deck->line[at]);
  deck->line[at] = deck->line[--deck->n_line];
  int rc = 0;
  for (size_t i = 0; !rc && i < o->core->n_bias; i++)
    rc = add_line(deck, err, "vb%zu b%zu 0 dc %.15g", i, i, o->bias_v[i]);
  return rc;
}

/* The circuit as ngspice expands it, and the requests' sense sources added to the deck. */
static int load(ms_service *service, ms_deck *deck, const pins *p, ms_circuit **circuit,
                ms_error *err) {
  const ms_flat_options *o = p->o;
  const char *listing;
  int rc = ms_service_deck(service, deck, err);
  rc = rc ? rc : ms_service_command(service, "listing expand", &listing, err);
  rc = rc ? rc : ms_circuit_parse(listing, o->core->process, circuit, err);
  for (unsigned k = 0; !rc && k < o->n_neuron; k++)
    rc = add_line(deck, err, "ims_%u 0 req%u 0", k, k);
  rc = rc ? rc : add_line(deck, err, ".save v(req0)");
  return rc ? rc : ms_service_deck(service, deck, err);
}

/* Rises of one request with the engine's hysteresis, by linear interpolation. */
static int find_spikes(unsigned neuron, const double *t_s, const double *v, size_t n,
                       double supply_v, ms_flat_result *result, size_t *capacity, ms_error *err) {
  int level = 0;
  for (size_t i = 1; i < n; i++) {
    double threshold_v = (level ? 0.4 : 0.6) * supply_v;
    if (level ? v[i] > threshold_v : v[i] < threshold_v)
      continue;
    level = !level;
    if (!level)
      continue;
    double x = v[i] > v[i - 1] ? (threshold_v - v[i - 1]) / (v[i] - v[i - 1]) : 1;
    int rc = ms_grow(&result->spike, result->n_spike, capacity, sizeof *result->spike, err);
    if (rc)
      return rc;
    result->spike[result->n_spike++] = (ms_event){
        .t = ms_time_from_s(t_s[i - 1] + x * (t_s[i] - t_s[i - 1])), .address = (uint16_t)neuron};
  }
  return 0;
}

static int read_spikes(const ms_ng_result *got, const pins *p, ms_flat_result *result,
                       ms_error *err) {
  unsigned n_neuron = p->o->n_neuron;
  size_t n = got->n_point, capacity = 0;
  double *v = malloc((n + 1) * sizeof *v), *t_s = malloc((n + 1) * sizeof *t_s);
  int rc = v && t_s ? 0 : ms_fail(err, MS_ENOMEM, "no memory for %zu time points", n);
  if (!rc && got->n_wave != 2 * n_neuron - 1)
    rc = ms_fail(err, MS_ESIM, "the flat netlist gave %zu waveforms for %u requests", got->n_wave,
                 n_neuron);
  if (!rc)
    memcpy(t_s, got->t_s, n * sizeof *t_s);
  for (unsigned k = 0; !rc && k < n_neuron; k++) {
    /* In the message the numbers need not lie on their natural boundary. */
    for (size_t i = 0; i < n; i++)
      memcpy(&v[i], got->v + i * got->n_wave + n_neuron - 1 + k, sizeof *v);
    rc = find_spikes(k, t_s, v, n, p->supply_v, result, &capacity, err);
  }
  result->n_point = n;
  free(v);
  free(t_s);
  return rc;
}

static int simulate(ms_service *service, pins *p, const char *commands, ms_flat_result *result,
                    ms_error *err) {
  const ms_flat_options *o = p->o;
  unsigned n_probe = 2 * o->n_neuron; /* all requests to watch, and again to record */
  ms_ng_source *probe = calloc(n_probe, sizeof *probe);
  if (!probe)
    return ms_fail(err, MS_ENOMEM, "no memory for %u probes", n_probe);
  for (unsigned k = 0; k < n_probe; k++)
    snprintf(probe[k].name, sizeof probe[k].name, "ims_%u", k % o->n_neuron);
  const ms_cell *soma = o->core->soma;
  ms_ng_setup setup = {
      .commands = commands,
      .t_stop_ps = o->t_stop,
      .edge_ps = o->core->edge_ps,
      .lookahead_ps = o->ack.rise_cycles * o->ack.clock_ps,
      .max_step_s = o->max_step_s,
      .rise_v = 0.6 * p->supply_v,
      .fall_v = 0.4 * p->supply_v,
      .self_ack = 1,
      .n_watch = o->n_neuron,
      .ack_v = {level_v(p, soma, MS_ROLE_ACKNOWLEDGE, 0), level_v(p, soma, MS_ROLE_ACKNOWLEDGE, 1)},
      .clock_ps = o->ack.clock_ps,
      .rise_cycles = o->ack.rise_cycles,
      .fall_cycles = o->ack.fall_cycles,
      .n_source = p->n,
      .n_probe = n_probe,
      .source = p->source,
      .probe = probe};
  double start_s = ms_clock_s();
  ms_report report = {0};
  ms_ng_result got;
  int rc = ms_service_run(service, &setup, err);
  for (size_t n = p->n_ramp; !rc && !report.finished; n = 0) {
    rc = ms_service_grant(service, o->t_stop, true, p->ramp, n, err);
    rc = rc ? rc : ms_service_wait(service, &report, err);
  }
  rc = rc ? rc : ms_service_finish(service, &got, err);
  result->wall_s = ms_clock_s() - start_s;
  free(probe);
  return rc ? rc : read_spikes(&got, p, result, err);
}

int ms_flat_run(const ms_flat_options *options, ms_flat_result *result, ms_error *err) {
  memset(result, 0, sizeof *result);
  for (size_t i = 0; i < options->n_change; i++)
    if (options->change[i].neuron >= options->n_neuron)
      return ms_fail(err, MS_EINVAL, "input of neuron %u, but there are %u",
                     options->change[i].neuron, options->n_neuron);
  const ms_core *core = options->core;
  pins p = {0};
  ms_deck *deck = NULL;
  ms_circuit *circuit = NULL;
  ms_service *service = NULL;
  ms_text commands = {0};
  int rc = create_pins(&p, options, err);
  rc = rc ? rc : play(&p, err);
  rc = rc ? rc : ms_deck_flat(core, &options->pvt, options->n_neuron, options->code, &deck, err);
  if (!rc && options->bias_v)
    rc = replace_biases(options, deck, err);
  rc = rc ? rc : ms_service_create(options->worker_path, options->timeout_s, &service, err);
  rc = rc ? rc : load(service, deck, &p, &circuit, err);
  if (!rc) {
    ms_text_add_shifts(&commands, circuit, core->process, &options->die, &options->pvt, "");
    rc = commands.bad ? ms_fail(err, MS_ENOMEM, "no memory for a flat netlist") : 0;
  }
  rc = rc ? rc : simulate(service, &p, commands.data, result, err);
  if (result->n_spike)
    qsort(result->spike, result->n_spike, sizeof *result->spike, ms_compare_events);
  ms_text_free(&commands);
  ms_service_destroy(service);
  ms_circuit_destroy(circuit);
  ms_deck_destroy(deck);
  free(p.source);
  free(p.level_v);
  free(p.ramp);
  if (rc)
    ms_flat_result_clear(result);
  return rc;
}

void ms_flat_result_clear(ms_flat_result *result) {
  free(result->spike);
  memset(result, 0, sizeof *result);
}
