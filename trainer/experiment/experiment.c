/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an experiment file: every key, its range, its unit and its default. */
#include "experiment/parts.h"
#include "router/meshes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIES = 100000, MAX_BIASES = 64, MAPS_PAY = 100 };

static char *copy(const char *text) {
  return text && *text ? strdup(text) : NULL;
}

static void read_biases(ms_experiment *e, ms_yaml_node *biases) {
  size_t n = ms_yaml_count(biases);
  if (!n)
    return;
  if (n > MAX_BIASES) {
    ms_yaml_fail(biases, MS_ERANGE, "has %zu entries; allowed: at most %d", n, MAX_BIASES);
    return;
  }
  e->bias = calloc(n, sizeof *e->bias);
  for (size_t i = 0; e->bias && i < n; i++) {
    ms_yaml_node *item = ms_yaml_item(biases, i);
    e->bias[i].name = copy(ms_yaml_key(item));
    e->bias[i].code = (uint16_t)ms_yaml_int(item, NULL, 0, 0xffff);
    e->n_bias = i + 1;
  }
}

/* A list of die numbers: items are numbers or ranges "0-7". */
static void read_dies(ms_yaml_node *dies, const char *key, uint64_t **out, size_t *n_out) {
  if (!ms_yaml_find(dies, key))
    return;
  ms_yaml_node *list = ms_yaml_list(dies, key, 0, MAX_DIES);
  uint64_t *die = calloc(MAX_DIES, sizeof *die);
  size_t n = 0;
  for (size_t i = 0; die && list && i < ms_yaml_count(list); i++) {
    ms_yaml_node *item = ms_yaml_item(list, i);
    const char *text = ms_yaml_string(item, NULL);
    unsigned long long first = 0, last = 0;
    char rest;
    int fields = sscanf(text, "%12llu-%12llu%c", &first, &last, &rest);
    if (fields == 1 && !strpbrk(text, "-+.eExX"))
      last = first;
    else if (fields != 2 || last < first) {
      ms_yaml_fail(item, MS_EPARSE, "'%.40s' is not a die; allowed: a number, or a range like 0-7",
                   text);
      break;
    }
    if (last - first >= MAX_DIES - n) {
      ms_yaml_fail(list, MS_ERANGE, "names too many dies; allowed: %d", MAX_DIES);
      break;
    }
    for (; first <= last; first++)
      die[n++] = first;
  }
  *out = die;
  *n_out = n;
}

/* Every die once, and none in two lists: a die that was trained on, or picked by, proves nothing.
 */
static void check_dies(const ms_experiment *e, ms_yaml_node *dies) {
  static const char *const name[] = {"training", "validation", "held_out"};
  const uint64_t *list[] = {e->training_die, e->validation_die, e->held_out_die};
  const size_t n[] = {e->n_training_die, e->n_validation_die, e->n_held_out_die};
  for (int a = 0; a < 3; a++)
    for (int b = a; b < 3; b++)
      for (size_t i = 0; i < n[a]; i++)
        for (size_t j = a == b ? i + 1 : 0; j < n[b]; j++) {
          if (list[a][i] != list[b][j])
            continue;
          unsigned long long die = list[a][i];
          if (a == b)
            ms_yaml_fail(dies, MS_EINVAL, "die %llu is listed twice", die);
          else
            ms_yaml_fail(dies, MS_EINVAL,
                         "die %llu is in '%s' and in '%s'; a %s die must not be %s", die, name[a],
                         name[b], b == 2 ? "held-out" : "validation",
                         a == 0 ? "trained on" : "picked by");
          return;
        }
}

static void read_network(ms_experiment *e, ms_yaml_node *root) {
  ms_yaml_node *network = ms_yaml_map(root, "network");
  e->hidden = (unsigned)ms_yaml_int(network, "hidden", 1, 4000);
  e->outputs_per_class = ms_part_count(network, "outputs_per_class", 1, 1, 64);
  e->parallel = ms_part_count(network, "rows", 1, 1, 4);
#define MS_X(cols, rows) #cols "x" #rows,
  static const char *const meshes[] = {"1x1", MS_ROUTER_SHAPES(MS_X) NULL};
#undef MS_X
#define MS_X(cols, rows) {cols, rows},
  static const unsigned shape[][2] = {{1, 1}, MS_ROUTER_SHAPES(MS_X)};
#undef MS_X
  const int mesh = ms_yaml_choice_or(network, "cores", meshes, 0);
  e->cols = shape[mesh][0];
  e->rows = shape[mesh][1];
}

/* Whether a die runs enough samples to fill its pulse maps, which a wandering bias would empty. */
static bool maps_pay(const ms_experiment *e) {
  size_t measured = e->n_die_sample ? e->n_die_sample : e->n_test ? e->n_test : MAPS_PAY;
  return e->distortion.drift == 0 &&
         (measured >= MAPS_PAY || (size_t)e->loop_batches * e->loop_batch >= MAPS_PAY);
}

static void read_chip(ms_experiment *e, ms_yaml_node *root) {
  e->core = copy(ms_yaml_string(root, "core"));
  e->models_dir = copy(ms_yaml_string_or(root, "models_dir", ""));
  static const char *const sets[] = {"accelerated", "biological", NULL};
  e->bias_set = ms_yaml_choice_or(root, "bias_set", sets, MS_SET_ACCELERATED);
  read_biases(e, ms_part_section(root, "biases"));
  static const char *const engines[] = {"ngspice", "table", "model", NULL};
  e->analog = (ms_engine_kind)ms_yaml_choice(root, "analog", engines);
  static const char *const routers[] = {"rtl", "ideal", "tlm", "tlm_lt", NULL};
  e->digital = (ms_router_kind)ms_yaml_choice(root, "digital", routers);
  static const char *const drivers[] = {"auto", "lockstep", "promises", "feedforward", NULL};
  e->driver = (ms_driver_kind)ms_yaml_choice_or(root, "driver", drivers, MS_DRIVER_AUTO);

  ms_part_conditions(e, root);

  ms_yaml_node *dies = ms_yaml_map(root, "dies");
  e->die_seed = (uint64_t)ms_yaml_int_or(dies, "seed", 1, 0, INT64_MAX);
  e->strength = ms_yaml_real_or(dies, "mismatch", 1, 0, 10);
  e->n_die_sample = ms_part_count(dies, "samples", 0, 1, 1000000);
  e->pulse_maps = ms_yaml_bool_or(root, "pulse_maps", maps_pay(e));
  read_dies(dies, "training", &e->training_die, &e->n_training_die);
  read_dies(dies, "validation", &e->validation_die, &e->n_validation_die);
  read_dies(dies, "held_out", &e->held_out_die, &e->n_held_out_die);
  ms_yaml_node *confirm = ms_yaml_find(root, "confirm") ? ms_yaml_map(root, "confirm") : NULL;
  e->confirm = confirm != NULL;
  if (confirm) {
    e->confirm_analog = (ms_engine_kind)ms_yaml_choice(confirm, "analog", engines);
    e->n_confirm = ms_part_count(confirm, "samples", 10, 1, 1000000);
  }
  if (dies)
    check_dies(e, dies);
  if (dies && e->loop_batches && !e->n_training_die)
    ms_yaml_fail(dies, MS_EINVAL, "training in the loop needs at least one die in 'training'");
}

int ms_experiment_parse(const char *text, const char *name, ms_experiment **out, ms_error *err) {
  *out = NULL;
  ms_yaml *doc;
  int rc = ms_yaml_parse(name, text, strlen(text), &doc, err);
  if (rc)
    return rc;
  ms_experiment *e = calloc(1, sizeof *e);
  if (!e) {
    ms_yaml_destroy(doc);
    return ms_fail(err, MS_ENOMEM, "no memory for an experiment");
  }
  ms_yaml_node *root = ms_yaml_root(doc);
  e->file = strdup(name);
  e->text = strdup(text);
  e->name = copy(ms_yaml_name(root, "name"));
  ms_part_defaults(e);
  read_network(e, root);
  ms_part_task(e, root, true);
  ms_part_training(e, root);
  read_chip(e, root);
  e->jobs = ms_part_count(root, "jobs", 1, 1, 1024);
  e->golden = ms_part_count(root, "golden", 2, 0, 10000);
  e->output = copy(ms_yaml_string_or(root, "output", ""));
  rc = ms_yaml_finish(doc, err);
  ms_yaml_destroy(doc);
  if (!rc && !e->output) {
    size_t n = strlen(e->name) + 5;
    e->output = malloc(n);
    if (e->output)
      snprintf(e->output, n, "out/%s", e->name);
  }
  if (!rc && !(e->file && e->text && e->name && e->core && e->task && e->output))
    rc = ms_fail(err, MS_ENOMEM, "no memory for an experiment");
  if (rc) {
    ms_experiment_destroy(e);
    return rc;
  }
  *out = e;
  return MS_OK;
}

int ms_experiment_load(const char *path, ms_experiment **out, ms_error *err) {
  *out = NULL;
  FILE *f = fopen(path, "rb");
  if (!f)
    return ms_fail(err, errno == ENOENT ? MS_EMISSING : MS_EIO, "%s: %s", path, strerror(errno));
  char *text = malloc(MS_YAML_MAX_BYTES + 2);
  size_t n = text ? fread(text, 1, MS_YAML_MAX_BYTES + 1, f) : 0;
  int failed = ferror(f);
  fclose(f);
  int rc;
  if (!text)
    rc = ms_fail(err, MS_ENOMEM, "%s: no memory to read it", path);
  else if (failed)
    rc = ms_fail(err, MS_EIO, "%s: cannot be read", path);
  else if (n > MS_YAML_MAX_BYTES)
    rc = ms_fail(err, MS_EREFUSED, "%s: larger than %d bytes", path, MS_YAML_MAX_BYTES);
  else if (memchr(text, 0, n))
    rc = ms_fail(err, MS_EPARSE, "%s: not a text file (it holds a zero byte)", path);
  else {
    text[n] = 0;
    rc = ms_experiment_parse(text, path, out, err);
  }
  free(text);
  return rc;
}

void ms_experiment_destroy(ms_experiment *e) {
  if (!e)
    return;
  for (size_t i = 0; i < e->n_bias; i++)
    free(e->bias[i].name);
  free(e->bias);
  free(e->file);
  free(e->text);
  free(e->name);
  free(e->core);
  free(e->models_dir);
  free(e->task);
  free(e->task_file);
  free(e->task_label);
  free(e->corner);
  free(e->training_die);
  free(e->held_out_die);
  free(e->validation_die);
  free(e->output);
  free(e);
}
