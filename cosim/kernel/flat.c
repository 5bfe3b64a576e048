/* SPDX-License-Identifier: Apache-2.0 */
/* One flat ngspice netlist driven by recorded inputs: piecewise linear sources in place of the
 * external ones, then a plain transient, then the requests' crossings. */
#include "kernel/flat.h"

#include "engine/ngspice/engine.h"
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One digital pin: the points of its source so far. */
typedef struct pin {
  char name[32];
  double level_v;
  ms_text points;
} pin;

/* All pins of one neuron: the acknowledge, then for each row its pulse and its weight bits. */
typedef struct pins {
  const ms_flat_options *o;
  size_t n, per_neuron;
  pin *pin;
  double edge_s, supply_v;
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

static int create_pins(pins *p, const ms_flat_options *o, ms_error *err) {
  const ms_core *core = o->core;
  *p = (pins){.o = o, .per_neuron = 1 + core->n_row * (1 + core->dac_bits)};
  p->n = p->per_neuron * o->n_neuron;
  p->pin = calloc(p->n, sizeof *p->pin);
  if (!p->pin)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu sources", p->n);
  p->edge_s = ms_time_to_s(core->edge_ps);
  p->supply_v = ms_ngspice_supply(core, &o->pvt);
  pin *x = p->pin;
  for (unsigned n = 0; n < o->n_neuron; n++) {
    snprintf(x->name, sizeof x->name, "vnack%u", n);
    x++->level_v = level_v(p, core->soma, MS_ROLE_ACKNOWLEDGE, 0);
    for (size_t r = 0; r < core->n_row; r++) {
      snprintf(x->name, sizeof x->name, "vp%u_%zu", n, r);
      x++->level_v = level_v(p, core->row[r].cell, MS_ROLE_PULSE, 0);
      for (unsigned k = 0; k < core->dac_bits; k++) {
        snprintf(x->name, sizeof x->name, "vw%u_%zu_%u", n, r, k);
        x++->level_v = level_v(p, core->row[r].cell, MS_ROLE_WEIGHT_BITS, 0);
      }
    }
  }
  for (size_t i = 0; i < p->n; i++)
    ms_text_add(&p->pin[i].points, "0 %.10g", p->pin[i].level_v);
  return 0;
}

static void ramp(const pins *p, pin *x, ms_time t, double to_v) {
  if (to_v == x->level_v)
    return;
  double t_s = ms_time_to_s(t);
  ms_text_add(&x->points, " %.15g %.10g %.15g %.10g", t_s, x->level_v, t_s + p->edge_s, to_v);
  x->level_v = to_v;
}

static void play(const pins *p) {
  const ms_core *core = p->o->core;
  for (size_t i = 0; i < p->o->n_change; i++) {
    const ms_stimulus *s = &p->o->change[i].stimulus;
    pin *first = &p->pin[p->o->change[i].neuron * p->per_neuron];
    if (s->kind == MS_STIM_ACK) {
      ramp(p, first, s->t, level_v(p, core->soma, MS_ROLE_ACKNOWLEDGE, s->level));
      continue;
    }
    const ms_cell *cell = core->row[s->row].cell;
    pin *pulse = first + 1 + s->row * (1 + core->dac_bits);
    ramp(p, pulse, s->t, level_v(p, cell, MS_ROLE_PULSE, s->level));
    for (unsigned k = 0; s->level && k < core->dac_bits; k++)
      ramp(p, pulse + 1 + k, s->t, level_v(p, cell, MS_ROLE_WEIGHT_BITS, s->code >> k & 1));
  }
}

/* Gives every external source of the deck its points. */
static int replace_sources(const pins *p, ms_deck *deck, ms_error *err) {
  size_t n_replaced = 0;
  for (size_t l = 0; l < deck->n_line; l++) {
    char name[32], node[32], *line = deck->line[l];
    size_t length = strlen(line);
    if (length < 9 || strcmp(line + length - 9, " external") ||
        sscanf(line, "%31s %31s", name, node) != 2)
      continue;
    for (size_t i = 0; i < p->n; i++) {
      if (strcmp(p->pin[i].name, name))
        continue;
      char *source = NULL;
      if (p->pin[i].points.bad ||
          asprintf(&source, "%s %s 0 pwl(%s)", name, node, p->pin[i].points.data) < 0)
        return ms_fail(err, MS_ENOMEM, "no memory for the source of %s", name);
      free(line);
      deck->line[l] = source;
      n_replaced++;
      break;
    }
  }
  return n_replaced == p->n ? 0
                            : ms_fail(err, MS_ESIM, "the flat deck has %zu of %zu digital sources",
                                      n_replaced, p->n);
}

/* Puts ideal sources in place of the bias branches, whose subcircuits are then not used. */
static int replace_biases(const ms_flat_options *o, ms_deck *deck, ms_error *err) {
  size_t n_bias = o->core->n_bias, at = 0;
  while (at < deck->n_line && strncmp(deck->line[at], "xbias ", 6))
    at++;
  if (at == deck->n_line)
    return ms_fail(err, MS_ESIM, "the flat deck has no bias branches");
  char **grown = realloc(deck->line, (deck->n_line + n_bias) * sizeof(char *));
  if (!grown)
    return ms_fail(err, MS_ENOMEM, "no memory for the bias lines");
  deck->line = grown;
  free(grown[at]);
  grown[at] = grown[--deck->n_line];
  for (size_t i = 0; i < n_bias; i++) {
    if (asprintf(&grown[deck->n_line], "vb%zu b%zu 0 dc %.15g", i, i, o->bias_v[i]) < 0)
      return ms_fail(err, MS_ENOMEM, "no memory for the bias lines");
    deck->n_line++;
  }
  return 0;
}

static int give_lines(ms_service *service, const ms_text *text, ms_error *err) {
  if (text->bad)
    return ms_fail(err, MS_ENOMEM, "no memory for a flat netlist");
  int rc = 0;
  char line[1024];
  for (const char *at = text->data; at && *at && !rc;) {
    size_t n = strcspn(at, "\n");
    if (n >= sizeof line)
      return ms_fail(err, MS_ESIM, "a command of %zu characters is too long for ngspice", n);
    memcpy(line, at, n);
    line[n] = '\0';
    rc = n ? ms_service_command(service, line, NULL, err) : 0;
    at += n + (at[n] == '\n');
  }
  return rc;
}

/* The circuit as ngspice expands it, read before the sources become piecewise linear. */
static int expand(ms_service *service, const ms_deck *deck, const ms_core *core, ms_circuit **out,
                  ms_error *err) {
  const char *listing;
  int rc = ms_service_deck(service, deck, err);
  rc = rc ? rc : ms_service_command(service, "listing expand", &listing, err);
  return rc ? rc : ms_circuit_parse(listing, core->process, out, err);
}

/* Devices of the die, and what is to be kept. */
static int prepare(ms_service *service, const ms_flat_options *o, const ms_circuit *circuit,
                   ms_error *err) {
  ms_text text = {0};
  ms_text_add_shifts(&text, circuit, o->core->process, &o->die, &o->pvt, "");
  for (unsigned n = 0; n < o->n_neuron; n++)
    ms_text_add(&text, "save v(req%u)\n", n);
  int rc = give_lines(service, &text, err);
  ms_text_free(&text);
  return rc;
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

static int simulate(ms_service *service, const ms_flat_options *o, ms_flat_result *result,
                    ms_error *err) {
  char line[160];
  snprintf(line, sizeof line, "tran %.17g %.17g 0 %.17g", o->max_step_s, ms_time_to_s(o->t_stop),
           o->max_step_s);
  double start_s = ms_wall_s();
  int rc = ms_service_command(service, line, NULL, err);
  result->wall_s = ms_wall_s() - start_s;
  const double *values;
  size_t n, n_time = 0, capacity = 0;
  rc = rc ? rc : ms_service_vector(service, "time", &values, &n_time, err);
  if (rc)
    return rc;
  double *t_s = malloc((n_time + 1) * sizeof *t_s);
  if (!t_s)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu time points", n_time);
  memcpy(t_s, values, n_time * sizeof *t_s);
  result->n_point = n_time;
  if (!n_time || t_s[n_time - 1] < (1 - 1e-6) * ms_time_to_s(o->t_stop))
    rc = ms_fail(err, MS_ESIM, "the flat netlist stopped before its end");
  for (unsigned k = 0; !rc && k < o->n_neuron; k++) {
    snprintf(line, sizeof line, "v(req%u)", k);
    rc = ms_service_vector(service, line, &values, &n, err);
    if (!rc && n != n_time)
      rc = ms_fail(err, MS_ESIM, "%s has %zu points of %zu", line, n, n_time);
    if (!rc)
      rc = find_spikes(k, t_s, values, n, ms_ngspice_supply(o->core, &o->pvt), result, &capacity,
                       err);
  }
  free(t_s);
  return rc;
}

int ms_flat_run(const ms_flat_options *options, ms_flat_result *result, ms_error *err) {
  memset(result, 0, sizeof *result);
  for (size_t i = 0; i < options->n_change; i++)
    if (options->change[i].neuron >= options->n_neuron)
      return ms_fail(err, MS_EINVAL, "input of neuron %u, but there are %u",
                     options->change[i].neuron, options->n_neuron);
  pins p = {0};
  ms_deck *deck = NULL;
  ms_circuit *circuit = NULL;
  ms_service *service = NULL;
  int rc = create_pins(&p, options, err);
  if (!rc)
    play(&p);
  rc =
      rc ? rc
         : ms_deck_flat(options->core, &options->pvt, options->n_neuron, options->code, &deck, err);
  if (!rc && options->bias_v)
    rc = replace_biases(options, deck, err);
  rc = rc ? rc : ms_service_create(options->worker_path, options->timeout_s, &service, err);
  rc = rc ? rc : expand(service, deck, options->core, &circuit, err);
  rc = rc ? rc : replace_sources(&p, deck, err);
  rc = rc ? rc : ms_service_deck(service, deck, err);
  rc = rc ? rc : prepare(service, options, circuit, err);
  rc = rc ? rc : simulate(service, options, result, err);
  if (result->n_spike)
    qsort(result->spike, result->n_spike, sizeof *result->spike, ms_compare_events);
  ms_service_destroy(service);
  ms_circuit_destroy(circuit);
  ms_deck_destroy(deck);
  for (size_t i = 0; p.pin && i < p.n; i++)
    ms_text_free(&p.pin[i].points);
  free(p.pin);
  if (rc)
    ms_flat_result_clear(result);
  return rc;
}

void ms_flat_result_clear(ms_flat_result *result) {
  free(result->spike);
  memset(result, 0, sizeof *result);
}
