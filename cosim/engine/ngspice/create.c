/* SPDX-License-Identifier: Apache-2.0 */
/* The ngspice engine: creation, decks prepared per point of operation, device shifts. */
#include "engine/ngspice/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ms_text_add(ms_text *t, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n >= 0 && !t->bad && t->capacity - t->n <= (size_t)n) {
    size_t capacity = 2 * (t->capacity + (size_t)n + 1);
    char *data = realloc(t->data, capacity);
    if (data) {
      t->data = data;
      t->capacity = capacity;
    } else {
      t->bad = true;
    }
  }
  if (n >= 0 && !t->bad)
    t->n += (size_t)vsnprintf(t->data + t->n, t->capacity - t->n, format, again);
  va_end(again);
}

void ms_text_free(ms_text *t) {
  free(t->data);
  memset(t, 0, sizeof *t);
}

void ms_text_add_shifts(ms_text *t, const ms_circuit *circuit, const ms_process *process,
                        const ms_die *die, const ms_pvt *pvt, const char *prefix) {
  for (size_t i = 0; i < circuit->n_element; i++) {
    const ms_element *x = &circuit->element[i];
    if (x->kind != 'm' && x->kind != 'c')
      continue;
    ms_shift shift = ms_element_shift(x, process, die, pvt, prefix);
    if (x->kind == 'm')
      ms_text_add(t, "alter @%s[delvto]=%.12g\nalter @%s[mulu0]=%.12g\n", x->name, shift.dvth_v,
                  x->name, shift.beta);
    else
      ms_text_add(t, "alter @%s[capacitance]=%.12g\n", x->name, x->value * shift.cap);
  }
}

double ms_ngspice_supply(const ms_core *core, const ms_pvt *pvt) {
  return pvt->supply_v > 0 ? pvt->supply_v : core->process->supply_v[1];
}

bool ms_ngspice_same_pvt(const ms_pvt *a, const ms_pvt *b) {
  return a->corner == b->corner && a->supply_v == b->supply_v && a->temp_set == b->temp_set &&
         (!a->temp_set || a->temp_c == b->temp_c);
}

int ms_ngspice_tool(ms_ngspice_engine *e, ms_error *err) {
  if (e->tool && ms_service_alive(e->tool))
    return 0;
  ms_service_destroy(e->tool);
  e->tool = NULL;
  ms_circuit_destroy(e->bias_circuit);
  e->bias_circuit = NULL;
  return ms_service_create(e->worker_path, e->timeout_s, &e->tool, err);
}

static int add_line(ms_deck *deck, const char *line, ms_error *err) {
  char **more = realloc(deck->line, (deck->n_line + 1) * sizeof *more);
  if (more)
    deck->line = more;
  char *copy = more ? strdup(line) : NULL;
  if (!copy)
    return ms_fail(err, MS_ENOMEM, "no memory for a circuit");
  deck->line[deck->n_line++] = copy;
  return 0;
}

static bool has_node(const ms_circuit *circuit, const char *name) {
  for (size_t i = 0; i < circuit->n_node; i++)
    if (!strcmp(circuit->node[i], name))
      return true;
  return false;
}

/* A current source of 0 A between ground and each node of interest: its voltage can be asked for
 * while a step is tentative, and it names the node's place in the solution. */
static int add_senses(ms_prepared *p, const ms_core *core, ms_error *err) {
  static const char *const fixed[] = {"vmem", "req", "nack", "nin"};
  p->n_probe = MS_PROBE_SYN0 + core->n_row;
  p->probe = calloc(p->n_probe, sizeof *p->probe);
  if (!p->probe)
    return ms_fail(err, MS_ENOMEM, "no memory for a circuit");
  for (size_t i = 0; i < p->n_probe; i++) {
    char node[80], line[160];
    if (i < MS_PROBE_SYN0)
      snprintf(node, sizeof node, "%s", fixed[i]);
    else
      snprintf(node, sizeof node, "x%s.vsyn", core->row[i - MS_PROBE_SYN0].name);
    /* A synapse behind an extender lies one level deeper. */
    if (i >= MS_PROBE_SYN0 && !has_node(p->circuit, node))
      snprintf(node, sizeof node, "x%s.xsyn.vsyn", core->row[i - MS_PROBE_SYN0].name);
    if (!has_node(p->circuit, node))
      continue;
    snprintf(p->probe[i], sizeof p->probe[i], "ims_%u", (unsigned)i);
    snprintf(line, sizeof line, "%s 0 %s 0", p->probe[i], node);
    int rc = add_line(p->deck, line, err);
    if (rc)
      return rc;
  }
  if (!p->probe[MS_PROBE_REQ][0] || !p->probe[MS_PROBE_NIN][0])
    return ms_fail(err, MS_EMISSING, "%s: the neuron's circuit has no node 'req' or 'nin'",
                   core->file);
  int rc = add_line(p->deck, "ims_inject 0 nin 0", err);
  return rc ? rc : add_line(p->deck, ".save v(req)", err);
}

static void prepared_destroy(ms_prepared *p) {
  ms_deck_destroy(p->deck);
  ms_circuit_destroy(p->circuit);
  free(p->probe);
  free(p);
}

double ms_ngspice_tightness(const ms_ngspice_engine *e) {
  return e->reltol > 0 ? cbrt(e->reltol / 1e-3) : 1;
}

static int prepare(ms_ngspice_engine *e, ms_prepared *p, ms_error *err) {
  int rc = ms_deck_group(e->base.core, &p->pvt, &p->deck, err);
  if (rc == 0 && e->reltol > 0) {
    char line[100];
    double floor = ms_ngspice_tightness(e); /* lower, and ngspice gives up at pulse edges */
    snprintf(line, sizeof line, ".options reltol=%.6g vntol=%.6g chgtol=%.6g", e->reltol,
             1e-6 * floor, 1e-16 * floor);
    rc = add_line(p->deck, line, err);
  }
  rc = rc ? rc : ms_ngspice_tool(e, err);
  if (rc)
    return rc;
  ms_circuit_destroy(e->bias_circuit); /* the tool now holds another circuit */
  e->bias_circuit = NULL;
  const char *listing;
  rc = ms_service_deck(e->tool, p->deck, err);
  rc = rc ? rc : ms_service_command(e->tool, "listing expand", &listing, err);
  rc = rc ? rc : ms_circuit_parse(listing, e->base.core->process, &p->circuit, err);
  return rc ? rc : add_senses(p, e->base.core, err);
}

int ms_ngspice_prepare(ms_ngspice_engine *e, const ms_pvt *pvt, const ms_prepared **out,
                       ms_error *err) {
  pthread_mutex_lock(&e->lock);
  int rc = 0;
  *out = NULL;
  for (size_t i = 0; i < e->n_prepared && !*out; i++)
    if (ms_ngspice_same_pvt(&e->prepared[i]->pvt, pvt))
      *out = e->prepared[i];
  if (!*out) {
    ms_prepared *p = calloc(1, sizeof *p);
    ms_prepared **more = realloc(e->prepared, (e->n_prepared + 1) * sizeof *more);
    if (more)
      e->prepared = more;
    rc = p && more ? 0 : ms_fail(err, MS_ENOMEM, "no memory for a circuit");
    if (rc == 0) {
      p->pvt = *pvt;
      rc = prepare(e, p, err);
    }
    if (rc == 0)
      *out = e->prepared[e->n_prepared++] = p;
    else if (p)
      prepared_destroy(p);
  }
  pthread_mutex_unlock(&e->lock);
  return rc;
}

void ms_ngspice_destroy(ms_engine *engine) {
  ms_ngspice_engine *e = (ms_ngspice_engine *)engine;
  ms_service_destroy(e->tool);
  for (size_t i = 0; i < e->n_prepared; i++)
    prepared_destroy(e->prepared[i]);
  free(e->prepared);
  ms_ngspice_bias_clear(e);
  pthread_mutex_destroy(&e->lock);
  free(e->worker_path);
  free(e);
}

int ms_ngspice_engine_create(const ms_engine_options *options, const ms_core *core, ms_engine **out,
                             ms_error *err) {
  *out = NULL;
  ms_ngspice_engine *e = calloc(1, sizeof *e);
  if (!e)
    return ms_fail(err, MS_ENOMEM, "no memory for the ngspice engine");
  e->base = (ms_engine){.ops = &ms_ngspice_ops, .kind = MS_ENGINE_NGSPICE, .core = core};
  e->timeout_s = options->timeout_s > 0 ? options->timeout_s : 120.0;
  e->reltol = options->reltol;
  e->max_retries = options->retries_set ? options->max_retries : 2;
  pthread_mutex_init(&e->lock, NULL);
  if (options->worker_path && !(e->worker_path = strdup(options->worker_path))) {
    ms_ngspice_destroy(&e->base);
    return ms_fail(err, MS_ENOMEM, "no memory for the ngspice engine");
  }
  *out = &e->base;
  return 0;
}
