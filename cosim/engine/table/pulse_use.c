/* SPDX-License-Identifier: Apache-2.0 */
/* A group's way to the pulse maps of the neuron that it runs. */
#include "engine/table/group.h"

#include <stdlib.h>

#define LAB_TOLERANCE 0.2 /* of a run's: entries are made once, and errors of knots add up */

/* The instance's values, and its other blocks at the point of rest: a row that is being integrated
 * sees them stand still. */
static void prepare(ms_map_use *use) {
  const ms_table_group *g = use->owner;
  const ms_plan *plan = g->variant->plan;
  ms_solver *lab = &use->lab;
  ms_instance_apply(g->instance, lab);
  lab->edge_s = g->solver.edge_s;
  lab->ut_v = g->solver.ut_v;
  lab->bypass_v = g->solver.bypass_v;
  lab->t_end_s = 1;
  for (int i = 0; i < plan->n_signal; i++) {
    lab->signal[i].n = 0;
    lab->signal[i].start_v = plan->signal[i].active_low ? g->vdd : 0;
  }
  for (int k = 0; k < plan->n_block; k++) {
    ms_block *b = &lab->block[k];
    b->time_error_s = LAB_TOLERANCE * g->solver.block[k].time_error_s;
    b->rate_error = LAB_TOLERANCE * g->solver.block[k].rate_error;
    b->t[0] = lab->t_end_s;
    b->n_accepted = 0;
    b->n_known = 1;
    for (int i = 0; i < b->n; i++)
      b->dx[0][i] = 0.5 * g->vdd;
  }
  use->lab_ready = 1;
}

static int make_lab(ms_table_group *g, ms_error *err) {
  const ms_plan *plan = g->variant->plan;
  ms_solver *lab = &g->map.lab;
  int code = ms_plan_solver(plan, lab, err);
  for (int i = 0; i < plan->n_signal && !code; i++) {
    lab->signal[i].room = 2;
    lab->signal[i].ramp = calloc(lab->signal[i].room, sizeof *lab->signal[i].ramp);
    if (!lab->signal[i].ramp)
      code = ms_fail(err, MS_ENOMEM, "out of memory for pulse maps");
  }
  for (int k = 0; k < plan->n_block && !code; k++)
    for (int i = 0; i < lab->block[k].n; i++) {
      lab->block[k].tolerance_low_v[i] *= LAB_TOLERANCE;
      lab->block[k].tolerance_high_v[i] *= LAB_TOLERANCE;
    }
  return code;
}

/* Throws out the maps of the instance that has not been asked for longest, if there are many. */
static void make_room(ms_table_engine *engine) {
  ms_instance *oldest = NULL;
  unsigned n = 0;
  for (size_t i = 0; i < engine->n_instance; i++) {
    ms_instance *x = engine->instance[i];
    n += x->maps != NULL;
    if (x->maps && !x->users && (!oldest || x->used < oldest->used))
      oldest = x;
  }
  if (n < MS_MAPS_KEPT || !oldest)
    return;
  ms_pulse_maps_destroy(oldest->maps);
  oldest->maps = NULL;
}

int ms_table_maps_start(ms_table_group *g, ms_error *err) {
  ms_table_engine *engine = (ms_table_engine *)g->base.engine;
  const ms_plan *plan = g->variant->plan;
  const ms_map_times times = {.edge_s = g->solver.edge_s,
                              .width_s = g->line_s,
                              .gap_s = ms_time_to_s(engine->base.core->clock_ps)};
  g->solver.map = NULL;
  if (!engine->pulse_maps || times.width_s <= 4 * times.edge_s || times.gap_s <= times.edge_s ||
      times.gap_s >= 0.15 * times.width_s)
    return MS_OK;
  int code = g->map.lab.block ? MS_OK : make_lab(g, err);
  pthread_mutex_lock(&engine->lock);
  if (!code && !g->instance->maps)
    make_room(engine);
  if (!code && !g->instance->maps &&
      ms_pulse_maps_create(plan, &g->solver, g->instance->start_v, &times, &g->instance->maps))
    code = ms_fail(err, MS_ENOMEM, "out of memory for pulse maps");
  pthread_mutex_unlock(&engine->lock);
  g->map.maps = g->instance->maps;
  g->map.kernel = engine->kernel;
  g->map.prepare = prepare;
  g->map.owner = g;
  g->map.lab_ready = 0;
  g->solver.map = code ? NULL : &g->map;
  return code;
}

void ms_table_maps_free(ms_table_group *g) {
  const int n = g->variant ? g->variant->plan->n_signal : 0;
  for (int i = 0; g->map.lab.signal && i < n; i++)
    free(g->map.lab.signal[i].ramp);
  if (g->map.lab.block)
    ms_solver_free(&g->map.lab);
  g->solver.map = NULL;
}
