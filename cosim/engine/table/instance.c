/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of one neuron on one die: shifts, gains, and the curves of devices with two fixed
 * terminals. */
#include "engine/table/pulse_map.h"
#include "engine/table/variant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURVE_STEP_V 0.025 /* of curves over the source voltage */

static int same_die(const ms_die *a, const ms_die *b) {
  return a->seed == b->seed && a->die == b->die && a->strength == b->strength;
}

static int matches(const ms_instance *i, const ms_variant *variant, const ms_run_spec *spec,
                   size_t n_bias) {
  return i->variant == variant && i->neuron == spec->neuron && same_die(&i->die, &spec->die) &&
         i->inject_a == (spec->inject_a ? *spec->inject_a : 0) &&
         !memcmp(i->bias_v, spec->bias_v, n_bias * sizeof *i->bias_v);
}

static double u_of(const ms_instance *x, const ms_plan_device *d, unsigned node) {
  return d->sign * (x->fixed_v[node] - x->fixed_v[d->b]);
}

/* Both kinds of curve by the same means: sample, then fit; the samples come from the table itself,
 * so the curve is the table's own cut up to the spacing of the knots, with the device's mismatch at
 * this gate in it (beyond what its gain already has). */
static void make_curve(ms_instance *x, const ms_plan_device *d, int i) {
  int n = x->curve_n[i];
  double sample[n][MS_N_F], fitted[(n + 2) * MS_N_F], df[MS_N_AXIS][MS_N_F];
  double ug = u_of(x, d, d->g), c = d->table->z_c_v, trim[MS_N_TRIM];
  for (int k = 0; k < n; k++) {
    double at = x->curve_x0[i] + k / x->curve_inv[i], us = at, z = at;
    double delta = c * at / (1 - at);
    if (d->form == MS_FORM_DRAIN_ONLY) {
      us = u_of(x, d, d->s);
    } else {
      delta = fmax(u_of(x, d, d->d) - us, 0);
      z = delta / (delta + c);
    }
    double a = ug - us - x->dvth_v[i];
    ms_table_eval(d->table, a, us, delta, sample[k], df);
    ms_table_trim(d->table, sample[k][MS_F_Y], us, x->dvth_v[i], x->ln_mobility[i], trim);
    sample[k][MS_F_Y] += trim[0] - x->trim[i][0] + z * (trim[1] + z * trim[2]);
  }
  for (int f = 0; f < MS_N_F; f++)
    ms_spline_fit(&sample[0][f], fitted + f, n, MS_N_F);
  for (int k = 0; k < (n + 2) * MS_N_F; k++)
    x->curve[i][k] = (float)fitted[k];
}

/* Knots of each curve, and how many floats they take together. */
static size_t lay_out_curves(ms_instance *x, const ms_plan *plan) {
  size_t total = 0;
  for (int i = 0; i < plan->n_device; i++) {
    const ms_plan_device *d = &plan->device[i];
    if (d->form == MS_FORM_DRAIN_ONLY) {
      const ms_axis *z = &d->table->axis[MS_AXIS_Z];
      x->curve_n[i] = z->n;
      x->curve_x0[i] = z->x0;
      x->curve_inv[i] = 1 / z->h;
    } else if (d->form == MS_FORM_SOURCE_ONLY) {
      double low = d->table->axis[MS_AXIS_S].x0, high = u_of(x, d, d->d);
      int n = (int)ceil((high - low) / CURVE_STEP_V) + 1;
      x->curve_n[i] = n < 6 ? 6 : n;
      x->curve_x0[i] = low;
      x->curve_inv[i] = (x->curve_n[i] - 1) / (high - low);
    } else {
      continue;
    }
    total += (size_t)(x->curve_n[i] + 2) * MS_N_F;
  }
  return total;
}

static int fill(ms_instance *x, const ms_table_engine *engine, const ms_run_spec *spec,
                ms_error *err) {
  const ms_plan *plan = x->variant->plan;
  const ms_circuit *circuit = plan->circuit;
  char prefix[24];
  snprintf(prefix, sizeof prefix, "n%u.", spec->neuron);
  for (int i = 0; i < plan->n_node; i++)
    x->fixed_v[i] =
        plan->node[i].bias >= 0 ? spec->bias_v[plan->node[i].bias] : plan->node[i].fixed_v;
  for (size_t i = 0; i < circuit->n_element; i++)
    if (circuit->element[i].kind == 'c')
      x->capacitor_f[i] = circuit->element[i].value *
                          ms_element_shift(&circuit->element[i], engine->base.core->process,
                                           &spec->die, &spec->pvt, prefix)
                              .cap;
  for (int i = 0; i < plan->n_device; i++) {
    const ms_plan_device *d = &plan->device[i];
    ms_shift shift = ms_element_shift(&circuit->element[d->element], engine->base.core->process,
                                      &spec->die, &spec->pvt, prefix);
    x->dvth_v[i] = d->sign * shift.dvth_v;
    x->ln_mobility[i] = log(shift.beta);
    ms_table_weak_trim(d->table, d->form == MS_FORM_SOURCE_FIXED ? u_of(x, d, d->s) : 0,
                       x->dvth_v[i], x->ln_mobility[i], x->trim[i]);
    x->gain[i] = d->m * exp(x->trim[i][0]);
  }
  size_t total = lay_out_curves(x, plan);
  x->pool = aligned_alloc(64, (total * sizeof *x->pool + 127) / 64 * 64);
  if (!x->pool)
    return ms_fail(err, MS_ENOMEM, "out of memory for the devices of a neuron");
  float *p = x->pool;
  for (int i = 0; i < plan->n_device; i++)
    if (x->curve_n[i]) {
      x->curve[i] = p;
      p += (size_t)(x->curve_n[i] + 2) * MS_N_F;
      make_curve(x, &plan->device[i], i);
    }
  return MS_OK;
}

static ms_instance *allocate(const ms_plan *plan, size_t n_bias) {
  size_t n = (size_t)plan->n_device, nodes = (size_t)plan->n_node;
  ms_instance *x = calloc(1, sizeof *x);
  double *m =
      calloc(n_bias + (6 + MS_N_TRIM) * n + plan->circuit->n_element + 2 * nodes, sizeof *m);
  if (x) {
    x->curve = calloc(n + 1, sizeof *x->curve);
    x->curve_n = calloc(n + 1, sizeof *x->curve_n);
  }
  if (!x || !m || !x->curve || !x->curve_n) {
    if (x) {
      free(x->curve);
      free(x->curve_n);
    }
    free(m);
    free(x);
    return NULL;
  }
  x->memory = m;
  x->bias_v = m, m += n_bias;
  x->dvth_v = m, m += n;
  x->gain = m, m += n;
  x->ln_mobility = m, m += n;
  x->trim = (double(*)[MS_N_TRIM + 1]) m, m += (MS_N_TRIM + 1) * n;
  x->curve_x0 = m, m += n;
  x->curve_inv = m, m += n;
  x->capacitor_f = m, m += plan->circuit->n_element;
  x->fixed_v = m, m += nodes;
  x->start_v = m;
  return x;
}

/* A place in the engine's list: a new one, or that of the unused instance not asked for longest. */
static ms_instance **place(ms_table_engine *engine) {
  ms_instance **oldest = NULL;
  if (engine->n_instance >= MS_INSTANCES_KEPT)
    for (size_t i = 0; i < engine->n_instance; i++)
      if (!engine->instance[i]->users && (!oldest || engine->instance[i]->used < (*oldest)->used))
        oldest = &engine->instance[i];
  if (oldest) {
    ms_instance_destroy(*oldest);
    return oldest;
  }
  if (engine->n_instance == engine->instance_room) {
    size_t room = engine->instance_room ? 2 * engine->instance_room : 64;
    ms_instance **more = realloc(engine->instance, room * sizeof(ms_instance *));
    if (!more)
      return NULL;
    engine->instance = more;
    engine->instance_room = room;
  }
  return &engine->instance[engine->n_instance++];
}

int ms_instance_get(ms_table_engine *engine, const ms_variant *variant, const ms_run_spec *spec,
                    ms_instance **out, ms_error *err) {
  size_t n_bias = engine->base.core->n_bias;
  for (size_t i = 0; i < engine->n_instance; i++)
    if (matches(engine->instance[i], variant, spec, n_bias)) {
      *out = engine->instance[i];
      (*out)->used = ++engine->clock;
      return MS_OK;
    }
  ms_instance *x = allocate(variant->plan, n_bias);
  if (!x)
    return ms_fail(err, MS_ENOMEM, "out of memory for the devices of a neuron");
  x->variant = variant;
  x->die = spec->die;
  x->neuron = spec->neuron;
  x->inject_a = spec->inject_a ? *spec->inject_a : 0;
  memcpy(x->bias_v, spec->bias_v, n_bias * sizeof *x->bias_v);
  int code = fill(x, engine, spec, err);
  ms_instance **slot = code ? NULL : place(engine);
  if (!slot) {
    ms_instance_destroy(x);
    return code ? code : ms_fail(err, MS_ENOMEM, "out of memory for the devices of a neuron");
  }
  x->used = ++engine->clock;
  *out = *slot = x;
  return MS_OK;
}

void ms_instance_destroy(ms_instance *x) {
  if (!x)
    return;
  ms_pulse_maps_destroy(x->maps);
  free(x->curve);
  free(x->curve_n);
  free(x->pool);
  free(x->memory);
  free(x);
}

void ms_instance_apply(const ms_instance *x, ms_solver *solver) {
  const ms_plan *plan = x->variant->plan;
  for (int k = 0; k < solver->n_block; k++) {
    ms_block *b = &solver->block[k];
    for (int i = 0; i < b->n_input; i++)
      if (b->input[i].kind == MS_INPUT_FIXED)
        b->v[b->n + i] = x->fixed_v[b->input[i].source];
    for (int i = 0; i < b->n_device; i++) {
      ms_transistor *e = &b->device[i];
      ms_quad *quad = &b->quad[i / 4];
      e->dvth_v = x->dvth_v[e->index];
      memcpy(e->trim, x->trim[e->index], sizeof e->trim);
      quad->gain[i % 4] = x->gain[e->index];
      quad->bulk[i % 4] = quad->sign[i % 4] * x->fixed_v[plan->device[e->index].b];
      e->curve = x->curve[e->index];
      e->curve_x0 = x->curve_x0[e->index];
      e->curve_inv_h = x->curve_inv[e->index];
      e->curve_n = x->curve_n[e->index];
    }
    for (int i = 0; i < b->n_leak; i++)
      b->leak[i].bulk_v = x->fixed_v[b->leak[i].bulk_node];
    memset(b->clinear, 0, ((size_t)b->lu.nnz + 1) * sizeof *b->clinear);
    for (int i = 0; i < b->n_capacitor; i++) {
      ms_capacitor *c = &b->capacitor[i];
      c->c_f = x->capacitor_f[c->element];
      b->clinear[ms_lu_place(&b->lu, c->row_a, c->row_a)] += c->c_f;
      b->clinear[ms_lu_place(&b->lu, c->row_b, c->row_b)] += c->c_f;
      b->clinear[ms_lu_place(&b->lu, c->row_a, c->row_b)] -= c->c_f;
      b->clinear[ms_lu_place(&b->lu, c->row_b, c->row_a)] -= c->c_f;
    }
    for (int i = 0; i < b->n; i++)
      b->source_a[i] = 0;
  }
  for (size_t i = 0; i < plan->circuit->n_element; i++) {
    const ms_element *e = &plan->circuit->element[i];
    if (e->kind != 'i')
      continue;
    for (int side = 0; side < 2; side++) {
      const ms_plan_node *n = &plan->node[e->node[side]];
      if (n->kind == MS_NODE_FREE)
        solver->block[n->block].source_a[n->unknown] += side ? -e->value : e->value;
    }
  }
  if (plan->nin_node >= 0 && plan->node[plan->nin_node].kind == MS_NODE_FREE) {
    const ms_plan_node *n = &plan->node[plan->nin_node];
    solver->block[n->block].source_a[n->unknown] -= x->inject_a;
  }
}
