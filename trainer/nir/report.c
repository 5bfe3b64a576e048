/* SPDX-License-Identifier: Apache-2.0 */
/* How a graph fits the chip, as JSON. */
#include "mixspike/nir.h"

#include <cjson/cJSON.h>
#include <math.h>

static void add_number(cJSON *object, const char *name, double value) {
  if (isfinite(value))
    cJSON_AddNumberToObject(object, name, value);
  else
    cJSON_AddNullToObject(object, name);
}

static void add_parameter(cJSON *object, const char *name, const ms_nir_parameter *p) {
  cJSON *own = cJSON_AddObjectToObject(object, name);
  add_number(own, "graph", p->graph);
  add_number(own, "spread", p->spread);
  add_number(own, "chip", p->chip);
}

static cJSON *layer_object(const ms_nir_layer_report *l) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddStringToObject(object, "weights", l->weights);
  cJSON_AddStringToObject(object, "neurons", l->neurons);
  add_number(object, "number", (double)l->n);
  add_number(object, "rounded_to_zero", (double)l->zero);
  add_number(object, "clipped", (double)l->clipped);
  add_number(object, "clipped_share", l->n ? (double)l->clipped / (double)l->n : 0);
  add_number(object, "factor", l->factor);
  add_number(object, "largest", l->largest);
  add_number(object, "full_scale_excitatory", l->full_scale[MS_EXC]);
  add_number(object, "full_scale_inhibitory", l->full_scale[MS_INH]);
  add_number(object, "rms_error", l->error);
  add_number(object, "dropped_bias", l->dropped_bias);
  add_number(object, "threshold_spread", l->threshold_spread);
  add_parameter(object, "tau_mem_s", &l->tau_mem);
  add_parameter(object, "tau_syn_s", &l->tau_syn);
  return object;
}

char *ms_nir_report_json(const ms_nir_report *report) {
  cJSON *root = cJSON_CreateObject();
  add_number(root, "speedup", report->speedup);
  cJSON *layers = cJSON_AddArrayToObject(root, "layers");
  for (size_t k = 0; k < report->n_layer; k++)
    cJSON_AddItemToArray(layers, layer_object(&report->layer[k]));
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  return text;
}
