/* SPDX-License-Identifier: Apache-2.0 */
/* Bias lines of a die: every branch solved at its operating point, cached by (die, point of
 * operation, codes). */
#include "engine/ngspice/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_die(const ms_die *a, const ms_die *b) {
  return a->seed == b->seed && a->die == b->die && a->strength == b->strength;
}

void ms_ngspice_bias_clear(ms_ngspice_engine *e) {
  for (size_t i = 0; i < e->n_bias; i++) {
    free(e->bias[i].code);
    free(e->bias[i].v);
  }
  free(e->bias);
  free(e->bias_code);
  ms_circuit_destroy(e->bias_circuit);
  e->bias = NULL;
  e->bias_code = NULL;
  e->bias_circuit = NULL;
  e->n_bias = 0;
}

/* Has the tool hold the branches' circuit for these codes. */
static int load(ms_ngspice_engine *e, const ms_pvt *pvt, const uint16_t *code, ms_error *err) {
  const ms_core *core = e->base.core;
  int rc = ms_ngspice_tool(e, err);
  if (rc)
    return rc;
  if (e->bias_circuit && ms_ngspice_same_pvt(&e->bias_pvt, pvt) &&
      !memcmp(e->bias_code, code, core->n_bias * sizeof *code))
    return 0;
  ms_circuit_destroy(e->bias_circuit);
  e->bias_circuit = NULL;
  if (!e->bias_code && !(e->bias_code = calloc(core->n_bias + 1, sizeof *e->bias_code)))
    return ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  ms_deck *deck = NULL;
  const char *listing;
  rc = ms_deck_bias(core, pvt, code, &deck, err);
  rc = rc ? rc : ms_service_deck(e->tool, deck, err);
  ms_deck_destroy(deck);
  rc = rc ? rc : ms_service_command(e->tool, "listing expand", &listing, err);
  rc = rc ? rc : ms_circuit_parse(listing, core->process, &e->bias_circuit, err);
  if (rc == 0) {
    e->bias_pvt = *pvt;
    memcpy(e->bias_code, code, core->n_bias * sizeof *code);
  }
  return rc;
}

static int solve(ms_ngspice_engine *e, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                 ms_bias_entry *entry, ms_error *err) {
  const ms_core *core = e->base.core;
  int rc = load(e, pvt, code, err);
  if (rc)
    return rc;
  ms_text text = {0};
  ms_text_add_shifts(&text, e->bias_circuit, core->process, die, pvt, "");
  ms_text_add(&text, "destroy all\nop\n");
  rc = text.bad ? ms_fail(err, MS_ENOMEM, "no memory for bias branches")
                : ms_service_command(e->tool, text.data, NULL, err);
  ms_text_free(&text);
  const double *v;
  size_t n;
  for (size_t i = 0; i < core->n_bias && rc == 0; i++) {
    char name[24];
    snprintf(name, sizeof name, "v(b%zu)", i);
    rc = ms_service_vector(e->tool, name, &v, &n, err);
    if (rc == 0)
      entry->v[i] = v[0];
  }
  rc = rc ? rc : ms_service_vector(e->tool, "i(vdd)", &v, &n, err);
  if (rc == 0)
    entry->power_w = -v[0] * ms_ngspice_supply(core, pvt);
  return rc;
}

static const ms_bias_entry *cached(const ms_ngspice_engine *e, const ms_die *die, const ms_pvt *pvt,
                                   const uint16_t *code) {
  for (size_t i = 0; i < e->n_bias; i++) {
    const ms_bias_entry *b = &e->bias[i];
    if (same_die(&b->die, die) && ms_ngspice_same_pvt(&b->pvt, pvt) &&
        !memcmp(b->code, code, e->base.core->n_bias * sizeof *code))
      return b;
  }
  return NULL;
}

int ms_ngspice_bias(ms_engine *engine, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                    double *bias_v, double *power_w, ms_error *err) {
  ms_ngspice_engine *e = (ms_ngspice_engine *)engine;
  size_t n = engine->core->n_bias;
  int rc = 0;
  pthread_mutex_lock(&e->lock);
  const ms_bias_entry *entry = cached(e, die, pvt, code);
  if (!entry) {
    ms_bias_entry fresh = {.die = *die, .pvt = *pvt};
    fresh.code = calloc(n + 1, sizeof *fresh.code);
    fresh.v = calloc(n + 1, sizeof *fresh.v);
    ms_bias_entry *more = realloc(e->bias, (e->n_bias + 1) * sizeof *more);
    if (more)
      e->bias = more;
    rc = fresh.code && fresh.v && more ? 0 : ms_fail(err, MS_ENOMEM, "no memory for bias lines");
    /* A worker that dies here costs its own try, like a run. */
    for (unsigned left = e->max_retries + 1; rc == 0 && left > 0; left--) {
      rc = solve(e, die, pvt, code, &fresh, err);
      if (rc == 0 || (rc != MS_ECRASH && rc != MS_ETIMEOUT) || left == 1)
        break;
      rc = 0;
    }
    if (rc == 0) {
      memcpy(fresh.code, code, n * sizeof *code);
      e->bias[e->n_bias] = fresh;
      entry = &e->bias[e->n_bias++];
    } else {
      free(fresh.code);
      free(fresh.v);
      if (err)
        ms_fail_context(err, "bias branches of die %llu", (unsigned long long)die->die);
    }
  }
  if (entry) {
    memcpy(bias_v, entry->v, n * sizeof *bias_v);
    if (power_w)
      *power_w = entry->power_w;
  }
  pthread_mutex_unlock(&e->lock);
  return rc;
}

/* ln(current) of a code, up to a constant: each coarse range is eight times the one below. */
static double log_current(unsigned code) {
  return (code >> 8) * log(8.0) + log((code & 255) + 0.5);
}

int ms_ngspice_bias_set(ms_ngspice_engine *e, const ms_run_spec *spec) {
  const ms_core *core = e->base.core;
  int set = -1;
  pthread_mutex_lock(&e->lock);
  for (size_t k = 0; k < e->n_bias && set < 0; k++) {
    if (memcmp(e->bias[k].v, spec->bias_v, core->n_bias * sizeof *spec->bias_v))
      continue;
    double distance[MS_N_SET] = {0};
    for (size_t i = 0; i < core->n_bias; i++)
      for (int s = 0; s < MS_N_SET; s++)
        distance[s] +=
            fabs(log_current(e->bias[k].code[i]) - log_current(core->bias[i].bias->code[s]));
    set = distance[MS_SET_ACCELERATED] <= distance[MS_SET_BIOLOGICAL] ? MS_SET_ACCELERATED
                                                                      : MS_SET_BIOLOGICAL;
  }
  pthread_mutex_unlock(&e->lock);
  if (set >= 0)
    return set;
  return ms_time_to_s(spec->t_stop) < 0.1 * core->tau_s[MS_SET_BIOLOGICAL] ? MS_SET_ACCELERATED
                                                                           : MS_SET_BIOLOGICAL;
}
