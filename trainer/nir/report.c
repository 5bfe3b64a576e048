/* SPDX-License-Identifier: Apache-2.0 */
/* How a graph fits the chip, as JSON. */
#include "mixspike/nir.h"

#include "record/json.h"

static void add_parameter(cJSON *object, const char *name, const ms_nir_parameter *p) {
  cJSON *own = cJSON_AddObjectToObject(object, name);
  ms_json_number(own, "graph", p->graph);
  ms_json_number(own, "spread", p->spread);
  ms_json_number(own, "chip", p->chip);
}

static cJSON *layer_object(const ms_nir_layer_report *l) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddStringToObject(object, "weights", l->weights);
  cJSON_AddStringToObject(object, "neurons", l->neurons);
  ms_json_number(object, "number", (double)l->n);
  ms_json_number(object, "rounded_to_zero", (double)l->zero);
  ms_json_number(object, "clipped", (double)l->clipped);
  ms_json_number(object, "clipped_share", l->n ? (double)l->clipped / (double)l->n : 0);
  ms_json_number(object, "factor", l->factor);
  ms_json_number(object, "largest", l->largest);
  ms_json_number(object, "full_scale_excitatory", l->full_scale[MS_EXC]);
  ms_json_number(object, "full_scale_inhibitory", l->full_scale[MS_INH]);
  ms_json_number(object, "rms_error", l->error);
  ms_json_number(object, "dropped_bias", l->dropped_bias);
  ms_json_number(object, "threshold_spread", l->threshold_spread);
  add_parameter(object, "tau_mem_s", &l->tau_mem);
  add_parameter(object, "tau_syn_s", &l->tau_syn);
  return object;
}

char *ms_nir_report_json(const ms_nir_report *report) {
  cJSON *root = cJSON_CreateObject();
  ms_json_number(root, "speedup", report->speedup);
  cJSON *layers = cJSON_AddArrayToObject(root, "layers");
  for (size_t k = 0; k < report->n_layer; k++)
    cJSON_AddItemToArray(layers, layer_object(&report->layer[k]));
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  return text;
}
