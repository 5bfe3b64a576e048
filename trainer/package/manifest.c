/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.json: with what a package was made, and the network it holds. */
#include "package/package_impl.h"

#include "mixspike/record.h"
#include "publish/publish_impl.h"
#include "record/json.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Dies, seeds and checksums are 64 bit: JSON's numbers would round them. */
static void add_u64(cJSON *object, const char *key, uint64_t value, int hex) {
  char text[24];
  snprintf(text, sizeof text, hex ? "%016" PRIx64 : "%" PRIu64, value);
  cJSON_AddStringToObject(object, key, text);
}

static void add_codes(cJSON *object, const char *key, const int16_t *code, size_t n) {
  cJSON *list = cJSON_AddArrayToObject(object, key);
  for (size_t i = 0; i < n; i++)
    cJSON_AddItemToArray(list, cJSON_CreateNumber(code[i]));
}

static size_t n_in_codes(const ms_network *w) {
  return (size_t)w->n_hidden * w->n_input * w->parallel;
}

static size_t n_out_codes(const ms_network *w) {
  return (size_t)w->n_class * w->per_class * w->n_hidden;
}

static void add_dies(cJSON *object, const char *key, const uint64_t *die, size_t n) {
  cJSON *list = cJSON_AddArrayToObject(object, key);
  for (size_t i = 0; i < n; i++)
    cJSON_AddItemToArray(list, ms_json_die(die[i]));
}

static void add_choice(cJSON *root, const ms_choice_note *c) {
  cJSON *choice = cJSON_AddObjectToObject(root, "choice");
  cJSON_AddStringToObject(choice, "candidate", c->candidate);
  cJSON_AddNumberToObject(choice, "candidates", (double)c->candidates);
  cJSON_AddNumberToObject(choice, "quantile", c->quantile);
  cJSON_AddNumberToObject(choice, "accuracy", c->accuracy);
  cJSON_AddStringToObject(choice, "engine", ms_engine_word(c->engine));
  cJSON_AddNumberToObject(choice, "samples_per_die", (double)c->samples);
  add_dies(choice, "validation_dies", c->die, c->n_die);
}

int ms_manifest_write(const ms_setup *setup, const ms_network *network, const ms_image_size *core,
                      const uint64_t *die, size_t n_die, const ms_package_origin *origin,
                      const char *dir, ms_error *err) {
  const ms_experiment *e = setup->experiment;
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "format", "mixspike package");
  cJSON_AddNumberToObject(root, "format_version", MS_PACKAGE_FORMAT);
  cJSON *version = cJSON_AddObjectToObject(root, "versions");
  cJSON_AddStringToObject(version, "mixspike", MS_VERSION);
  cJSON_AddStringToObject(version, "ngspice", MS_NGSPICE_VERSION);
  cJSON_AddStringToObject(version, "verilator", MS_VERILATOR_VERSION);
  cJSON_AddStringToObject(root, "experiment", e->name);
  cJSON_AddStringToObject(root, "core", setup->core->name);
  add_u64(root, "core_checksum", setup->core->checksum, 1);
  cJSON_AddStringToObject(root, "analog", ms_engine_word(e->analog));
  cJSON_AddStringToObject(root, "digital", ms_router_name(e->digital));
  cJSON *router = cJSON_AddObjectToObject(root, "router_core");
  cJSON_AddNumberToObject(router, "neurons", core->neurons);
  cJSON_AddNumberToObject(router, "inputs", core->inputs);
  add_u64(root, "seed", e->seed, 0);
  add_u64(root, "die_seed", e->die_seed, 0);
  cJSON_AddNumberToObject(root, "mismatch_strength", e->strength);
  add_dies(root, "golden_dies", die, n_die);
  if (origin && origin->choice)
    add_choice(root, origin->choice);
  if (origin && origin->model)
    ms_neuron_to_json(origin->model, cJSON_AddObjectToObject(root, "neuron"));
  cJSON *net = cJSON_AddObjectToObject(root, "network");
  cJSON_AddNumberToObject(net, "inputs", network->n_input);
  cJSON_AddNumberToObject(net, "hidden", network->n_hidden);
  cJSON_AddNumberToObject(net, "classes", network->n_class);
  cJSON_AddNumberToObject(net, "outputs_per_class", network->per_class);
  cJSON_AddNumberToObject(net, "parallel", network->parallel);
  cJSON_AddNumberToObject(net, "dac_bits", network->dac_bits);
  add_codes(net, "in", network->in, n_in_codes(network));
  add_codes(net, "out", network->out, n_out_codes(network));
  char *text = cJSON_Print(root), *path = ms_package_path(dir, MS_PACKAGE_MANIFEST);
  cJSON_Delete(root);
  int rc = text && path ? ms_write_file(path, text, strlen(text), err)
                        : ms_fail(err, MS_ENOMEM, "out of memory");
  free(text);
  free(path);
  return rc;
}

/* A whole number of the manifest within limits; else *bad names the key. */
static unsigned number(const cJSON *object, const char *key, unsigned least, unsigned most,
                       const char **bad) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!cJSON_IsNumber(item) || item->valuedouble < least || item->valuedouble > most) {
    *bad = key;
    return least;
  }
  return (unsigned)item->valuedouble;
}

static void codes(const cJSON *object, const char *key, int16_t *code, size_t n, unsigned bits,
                  const char **bad) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key), *item = NULL;
  size_t i = 0;
  int limit = (1 << bits) - 1;
  cJSON_ArrayForEach(item, list) {
    if (i >= n || !cJSON_IsNumber(item) || item->valueint > limit || item->valueint < -limit) {
      *bad = key;
      return;
    }
    code[i++] = (int16_t)item->valueint;
  }
  if (i != n)
    *bad = key;
}

static const char *word(const cJSON *object, const char *key, const char **bad) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
  if (cJSON_IsString(item) && item->valuestring)
    return item->valuestring;
  *bad = key;
  return "";
}

static int read_network(const cJSON *net, ms_manifest *m, const char **bad, ms_error *err) {
  enum { MOST = 4096 };
  unsigned inputs = number(net, "inputs", 1, MOST, bad),
           hidden = number(net, "hidden", 1, MOST, bad),
           classes = number(net, "classes", 1, MOST, bad),
           per = number(net, "outputs_per_class", 1, MOST, bad),
           parallel = number(net, "parallel", 1, MS_MAX_ROWS, bad),
           bits = number(net, "dac_bits", 1, 8, bad);
  if (*bad)
    return MS_OK;
  int rc = ms_network_create(inputs, hidden, classes, per, parallel, bits, &m->network, err);
  if (rc)
    return rc;
  codes(net, "in", m->network->in, n_in_codes(m->network), bits, bad);
  codes(net, "out", m->network->out, n_out_codes(m->network), bits, bad);
  return MS_OK;
}

/* The router's cores, which packages of earlier versions do not note. */
static void read_router(const cJSON *root, ms_manifest *m, const char **bad) {
  const cJSON *router = cJSON_GetObjectItemCaseSensitive(root, "router_core");
  if (!router)
    return;
  m->neurons = number(router, "neurons", 1, UINT16_MAX, bad);
  m->inputs = number(router, "inputs", 1, UINT16_MAX, bad);
}

/* The fitted neuron, which a package may lack. */
static int read_neuron(const cJSON *root, ms_manifest *m, const char **bad, ms_error *err) {
  const cJSON *neuron = cJSON_GetObjectItemCaseSensitive(root, "neuron");
  if (!neuron)
    return MS_OK;
  m->model = calloc(1, sizeof *m->model);
  if (!m->model)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  if (!ms_neuron_from_json(neuron, m->model))
    *bad = "neuron";
  return MS_OK;
}

static int fill(const cJSON *root, ms_manifest *m, const char **bad, ms_error *err) {
  if (number(root, "format_version", MS_PACKAGE_FORMAT, MS_PACKAGE_FORMAT, bad), *bad)
    return MS_OK;
  const char *analog = word(root, "analog", bad), *digital = word(root, "digital", bad);
  const char *core = word(root, "core", bad), *sum = word(root, "core_checksum", bad);
  int found = 0;
  for (int k = MS_ENGINE_NGSPICE; k <= MS_ENGINE_MODEL; k++)
    if (!strcmp(analog, ms_engine_word((ms_engine_kind)k))) {
      m->analog = (ms_engine_kind)k;
      found = 1;
    }
  if (!found)
    *bad = "analog";
  found = 0;
  for (int k = 0; k < MS_N_ROUTER; k++)
    if (!strcmp(digital, ms_router_name((ms_router_kind)k))) {
      m->digital = (ms_router_kind)k;
      found = 1;
    }
  if (!found)
    *bad = "digital";
  read_router(root, m, bad);
  m->core_checksum = strtoull(sum, NULL, 16);
  m->core = strdup(core);
  if (!m->core)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  int rc = *bad ? MS_OK : read_neuron(root, m, bad, err);
  return rc || *bad ? rc
                    : read_network(cJSON_GetObjectItemCaseSensitive(root, "network"), m, bad, err);
}

int ms_manifest_read(const char *dir, ms_manifest *manifest, ms_error *err) {
  *manifest = (ms_manifest){0};
  char *path = ms_package_path(dir, MS_PACKAGE_MANIFEST), *text = NULL;
  const char *bad = NULL;
  int rc = path ? ms_read_file(path, &text, NULL, err) : ms_fail(err, MS_ENOMEM, "out of memory");
  if (!rc) {
    cJSON *root = cJSON_Parse(text);
    rc = root ? fill(root, manifest, &bad, err)
              : ms_fail(err, MS_EPARSE, "%s: not valid JSON", path);
    cJSON_Delete(root);
    if (!rc && bad)
      rc = ms_fail(err, MS_EPARSE, "%s: key '%s' is missing or out of range", path, bad);
  }
  free(text);
  free(path);
  if (rc)
    ms_manifest_clear(manifest);
  return rc;
}

void ms_manifest_clear(ms_manifest *manifest) {
  free(manifest->core);
  ms_network_destroy(manifest->network);
  free(manifest->model);
  *manifest = (ms_manifest){0};
}
