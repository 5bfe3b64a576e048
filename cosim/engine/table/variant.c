/* SPDX-License-Identifier: Apache-2.0 */
/* Circuit, tables and plan of one point of operation. */
#include "engine/table/variant.h"

#include "engine/table/spice.h"

#include <stdlib.h>
#include <string.h>

static int same_pvt(const ms_core *core, const ms_pvt *a, const ms_pvt *b) {
  return a->corner == b->corner && ms_pvt_supply_v(core, a) == ms_pvt_supply_v(core, b) &&
         ms_pvt_temp_c(core, a) == ms_pvt_temp_c(core, b);
}

/* Corners that only shift parameters share the tables of the typical models. */
static unsigned model_section(const ms_core *core, const ms_pvt *pvt) {
  const ms_process *p = core->process;
  return pvt->corner < p->n_corner && p->corner[pvt->corner].lib_file ? pvt->corner : 0;
}

static int same_geometry(const ms_geometry *a, const ms_geometry *b) {
  return a->type == b->type && !strcmp(a->model, b->model) && a->w_m == b->w_m &&
         a->l_m == b->l_m && a->ad_m2 == b->ad_m2 && a->as_m2 == b->as_m2 && a->pd_m == b->pd_m &&
         a->ps_m == b->ps_m;
}

static int hold_table(ms_table_engine *engine, const ms_pvt *pvt, const ms_element *e,
                      const ms_table **out, ms_error *err) {
  const ms_core *core = engine->base.core;
  if (e->ad_m2 != e->as_m2 || e->pd_m != e->ps_m)
    return ms_fail(
        err, MS_EUNSUPPORTED,
        "%s: drain and source differ (ad, as, pd, ps); the table engine wants them equal", e->name);
  ms_geometry g = {.type = e->type,
                   .w_m = e->w_m,
                   .l_m = e->l_m,
                   .ad_m2 = e->ad_m2,
                   .as_m2 = e->as_m2,
                   .pd_m = e->pd_m,
                   .ps_m = e->ps_m};
  if (strlen(e->model) >= sizeof g.model)
    return ms_fail(err, MS_EINVAL, "%s: model name %s is too long", e->name, e->model);
  strcpy(g.model, e->model);
  double temp_c = ms_pvt_temp_c(core, pvt);
  unsigned section = model_section(core, pvt);
  for (size_t i = 0; i < engine->n_held; i++) {
    const ms_held_table *h = &engine->held[i];
    if (h->temp_c == temp_c && h->section == section && same_geometry(&h->table->geometry, &g)) {
      *out = h->table;
      return MS_OK;
    }
  }
  ms_held_table *more = realloc(engine->held, (engine->n_held + 1) * sizeof *more);
  if (!more)
    return ms_fail(err, MS_ENOMEM, "out of memory for a device table");
  engine->held = more;
  ms_table *table;
  int code = ms_table_get(core, pvt, &g, engine->cache_dir, engine->worker_path, &table, err);
  if (code)
    return code;
  more[engine->n_held++] = (ms_held_table){table, temp_c, section};
  *out = table;
  return MS_OK;
}

static int make(ms_table_engine *engine, ms_variant *v, ms_error *err) {
  const ms_core *core = engine->base.core;
  ms_deck *deck = NULL;
  char *listing = NULL;
  const ms_table **table = NULL;
  int code = ms_deck_group(core, &v->pvt, &deck, err);
  if (!code)
    code = ms_spice_listing(engine->worker_path, deck, &listing, err);
  if (!code)
    code = ms_circuit_parse(listing, core->process, &v->circuit, err);
  ms_deck_destroy(deck);
  free(listing);
  if (code)
    return code;
  table = calloc(v->circuit->n_element, sizeof *table);
  if (!table)
    return ms_fail(err, MS_ENOMEM, "out of memory for a circuit");
  for (size_t i = 0; i < v->circuit->n_element && !code; i++)
    if (v->circuit->element[i].kind == 'm')
      code = hold_table(engine, &v->pvt, &v->circuit->element[i], &table[i], err);
  if (!code)
    code = ms_plan_create(core, v->circuit, ms_pvt_supply_v(core, &v->pvt), table,
                          engine->weak_coupling, &v->plan, err);
  free(table);
  return code;
}

int ms_variant_get(ms_table_engine *engine, const ms_pvt *pvt, const ms_variant **out,
                   ms_error *err) {
  for (size_t i = 0; i < engine->n_variant; i++)
    if (same_pvt(engine->base.core, &engine->variant[i]->pvt, pvt)) {
      *out = engine->variant[i];
      return MS_OK;
    }
  ms_variant **more = realloc(engine->variant, (engine->n_variant + 1) * sizeof *more);
  ms_variant *v = calloc(1, sizeof *v);
  if (more)
    engine->variant = more;
  if (!more || !v) {
    free(v);
    return ms_fail(err, MS_ENOMEM, "out of memory for a circuit");
  }
  v->pvt = *pvt;
  int code = make(engine, v, err);
  if (code) {
    ms_variant_destroy(v);
    return code;
  }
  more[engine->n_variant++] = v;
  *out = v;
  return MS_OK;
}

void ms_variant_destroy(ms_variant *variant) {
  if (!variant)
    return;
  ms_plan_destroy(variant->plan);
  ms_circuit_destroy(variant->circuit);
  free(variant);
}
