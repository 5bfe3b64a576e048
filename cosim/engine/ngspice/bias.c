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

/* Has the tool hold a circuit of branches: all with these codes, or those of a set's own lines,
 * whose codes are altered. */
static int load(ms_ngspice_engine *e, const ms_pvt *pvt, const uint16_t *code, uint64_t own,
                ms_error *err) {
  const ms_core *core = e->base.core;
  int rc = ms_ngspice_tool(e, err);
  if (rc)
    return rc;
  if (e->bias_circuit && e->bias_own == own && ms_ngspice_same_pvt(&e->bias_pvt, pvt) &&
      (own || !memcmp(e->bias_code, code, core->n_bias * sizeof *code)))
    return 0;
  ms_circuit_destroy(e->bias_circuit);
  e->bias_circuit = NULL;
  if (!e->bias_code && !(e->bias_code = calloc(core->n_bias + 1, sizeof *e->bias_code)))
    return ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  ms_deck *deck = NULL;
  const char *listing;
  rc = own ? ms_deck_bias_set(core, pvt, code, own, &deck, err)
           : ms_deck_bias(core, pvt, code, &deck, err);
  rc = rc ? rc : ms_service_deck(e->tool, deck, err);
  ms_deck_destroy(deck);
  rc = rc ? rc : ms_service_command(e->tool, "listing expand", &listing, err);
  rc = rc ? rc : ms_circuit_parse(listing, core->process, &e->bias_circuit, err);
  if (rc == 0) {
    e->bias_pvt = *pvt;
    e->bias_own = own;
    memcpy(e->bias_code, code, core->n_bias * sizeof *code);
  }
  return rc;
}

enum { FINE_BITS = 8 };

static bool is_own(uint64_t own, size_t line) {
  return line < 64 && own >> line & 1;
}

static bool low_is_on(const ms_cell *branch) {
  for (size_t i = 0; i < branch->n_pin; i++)
    if (branch->pin[i].role == MS_ROLE_FINE_BITS)
      return branch->pin[i].active_low;
  return false;
}

/* Commands that give a set's own branches its codes. */
static void add_codes(ms_text *text, const ms_core *core, const ms_bias_entry *entry) {
  double supply_v = ms_ngspice_supply(core, &entry->pvt);
  for (size_t i = 0; i < core->n_bias; i++) {
    const ms_core_bias *b = &core->bias[i];
    if (!is_own(entry->own, i))
      continue;
    const ms_cell *branch = b->own ? b->own : b->branch;
    bool low = low_is_on(branch);
    for (unsigned k = 0; k < FINE_BITS; k++)
      ms_text_add(text, "alter v.xbias.x%s.v%s_%u=%.10g\n", b->cell->name, b->bias->name, k,
                  ((entry->code[i] >> k & 1) != 0) != low ? supply_v : 0);
    ms_text_add(text, "alter i.xbias.x%s.i%s=%.10g\n", b->cell->name, b->bias->name,
                branch->coarse_a[entry->code[i] >> FINE_BITS]);
  }
}

/* Fills in the voltages of an entry's lines: all, or its own. */
static int solve(ms_ngspice_engine *e, ms_bias_entry *entry, ms_error *err) {
  const ms_core *core = e->base.core;
  int rc = load(e, &entry->pvt, entry->code, entry->own, err);
  if (rc)
    return rc;
  ms_text text = {0};
  char name[40] = "";
  if (entry->own) {
    snprintf(name, sizeof name, "set%u.", entry->set);
    add_codes(&text, core, entry);
  }
  ms_text_add_shifts(&text, e->bias_circuit, core->process, &entry->die, &entry->pvt, name);
  ms_text_add(&text, "destroy all\nop\n");
  rc = text.bad ? ms_fail(err, MS_ENOMEM, "no memory for bias branches")
                : ms_service_command(e->tool, text.data, NULL, err);
  ms_text_free(&text);
  const double *v;
  size_t n;
  for (size_t i = 0; i < core->n_bias && rc == 0; i++) {
    if (entry->own && !is_own(entry->own, i))
      continue;
    snprintf(name, sizeof name, "v(b%zu)", i);
    rc = ms_service_vector(e->tool, name, &v, &n, err);
    if (rc == 0)
      entry->v[i] = v[0];
  }
  rc = rc ? rc : ms_service_vector(e->tool, "i(vdd)", &v, &n, err);
  if (rc == 0)
    entry->power_w = -v[0] * ms_ngspice_supply(core, &entry->pvt);
  return rc;
}

static const ms_bias_entry *cached(const ms_ngspice_engine *e, const ms_bias_entry *wanted,
                                   const uint16_t *code) {
  for (size_t i = 0; i < e->n_bias; i++) {
    const ms_bias_entry *b = &e->bias[i];
    if (b->set == wanted->set && b->own == wanted->own && same_die(&b->die, &wanted->die) &&
        ms_ngspice_same_pvt(&b->pvt, &wanted->pvt) &&
        !memcmp(b->code, code, e->base.core->n_bias * sizeof *code))
      return b;
  }
  return NULL;
}

/* Solves what `wanted` names, and keeps it. */
static const ms_bias_entry *solve_new(ms_ngspice_engine *e, const ms_bias_entry *wanted,
                                      const uint16_t *code, const double *bias_v, ms_error *err,
                                      int *rc) {
  size_t n = e->base.core->n_bias;
  ms_bias_entry fresh = *wanted;
  fresh.code = calloc(n + 1, sizeof *fresh.code);
  fresh.v = calloc(n + 1, sizeof *fresh.v);
  ms_bias_entry *more = realloc(e->bias, (e->n_bias + 1) * sizeof *more);
  if (more)
    e->bias = more;
  *rc = fresh.code && fresh.v && more ? 0 : ms_fail(err, MS_ENOMEM, "no memory for bias lines");
  if (!*rc) {
    memcpy(fresh.code, code, n * sizeof *code);
    if (fresh.own)
      memcpy(fresh.v, bias_v, n * sizeof *bias_v);
  }
  /* A worker that dies here costs its own try, like a run. */
  for (unsigned left = e->max_retries + 1; *rc == 0 && left > 0; left--) {
    *rc = solve(e, &fresh, err);
    if (*rc == 0 || (*rc != MS_ECRASH && *rc != MS_ETIMEOUT) || left == 1)
      break;
    *rc = 0;
  }
  if (!*rc) {
    e->bias[e->n_bias] = fresh;
    return &e->bias[e->n_bias++];
  }
  free(fresh.code);
  free(fresh.v);
  if (err)
    ms_fail_context(err, "bias branches of die %llu", (unsigned long long)wanted->die.die);
  return NULL;
}

static int bias_lines(ms_ngspice_engine *e, const ms_bias_entry *wanted, const uint16_t *code,
                      double *bias_v, double *power_w, ms_error *err) {
  int rc = 0;
  pthread_mutex_lock(&e->lock);
  const ms_bias_entry *entry = cached(e, wanted, code);
  if (!entry)
    entry = solve_new(e, wanted, code, bias_v, err, &rc);
  if (entry) {
    for (size_t i = 0; i < e->base.core->n_bias; i++)
      if (!wanted->own || is_own(wanted->own, i))
        bias_v[i] = entry->v[i];
    if (power_w)
      *power_w = entry->power_w;
  }
  pthread_mutex_unlock(&e->lock);
  return rc;
}

int ms_ngspice_bias(ms_engine *engine, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                    double *bias_v, double *power_w, ms_error *err) {
  const ms_bias_entry wanted = {.die = *die, .pvt = *pvt};
  return bias_lines((ms_ngspice_engine *)engine, &wanted, code, bias_v, power_w, err);
}

int ms_ngspice_bias_of_set(ms_engine *engine, const ms_die *die, const ms_pvt *pvt,
                           const uint16_t *code, uint64_t own, unsigned set, double *bias_v,
                           double *power_w, ms_error *err) {
  const ms_bias_entry wanted = {.die = *die, .pvt = *pvt, .set = set, .own = own};
  return bias_lines((ms_ngspice_engine *)engine, &wanted, code, bias_v, power_w, err);
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
