/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an experiment file: every key, its range, its unit and its default. */
#include "mixspike/experiment.h"
#include "yaml/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIES = 100000, MAX_BIASES = 64 };

static char *copy(const char *text) {
  return text && *text ? strdup(text) : NULL;
}

static ms_yaml_node *section(ms_yaml_node *node, const char *key) {
  return ms_yaml_find(node, key) ? ms_yaml_map(node, key) : NULL;
}

static unsigned count(ms_yaml_node *node, const char *key, unsigned fallback, unsigned min,
                      unsigned max) {
  return (unsigned)ms_yaml_int_or(node, key, fallback, min, max);
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

/* Every die once, and none in both lists: a held-out die that was trained on proves nothing. */
static void check_dies(const ms_experiment *e, ms_yaml_node *dies) {
  for (size_t i = 0; i < e->n_training_die; i++)
    for (size_t j = 0; j < e->n_held_out_die; j++)
      if (e->training_die[i] == e->held_out_die[j]) {
        ms_yaml_fail(dies, MS_EINVAL,
                     "die %llu is in 'training' and in 'held_out'; a held-out die "
                     "must not be trained on",
                     (unsigned long long)e->training_die[i]);
        return;
      }
  const uint64_t *list[2] = {e->training_die, e->held_out_die};
  size_t n[2] = {e->n_training_die, e->n_held_out_die};
  for (int k = 0; k < 2; k++)
    for (size_t i = 1; i < n[k]; i++)
      for (size_t j = 0; j < i; j++)
        if (list[k][i] == list[k][j]) {
          ms_yaml_fail(dies, MS_EINVAL, "die %llu is listed twice", (unsigned long long)list[k][i]);
          return;
        }
}

static void read_network(ms_experiment *e, ms_yaml_node *root) {
  ms_yaml_node *network = ms_yaml_map(root, "network");
  e->hidden = (unsigned)ms_yaml_int(network, "hidden", 1, 4000);
  e->outputs_per_class = count(network, "outputs_per_class", 1, 1, 64);
  e->parallel = count(network, "rows", 1, 1, 4);

  ms_yaml_node *task = ms_yaml_map(root, "task");
  e->task = strdup(ms_task_names[ms_yaml_choice(task, "name", ms_task_names)]);
  e->task_file = copy(ms_yaml_string_or(task, "file", ""));
  e->task_label = copy(ms_yaml_string_or(task, "label", ""));
  e->n_train = count(task, "train", 0, 1, 1000000);
  e->n_validation = count(task, "validation", 0, 1, 1000000);
  e->n_test = count(task, "test", 0, 1, 1000000);

  ms_yaml_node *code = section(root, "encoding");
  e->encoding.tau_s = ms_yaml_quantity_or(code, "tau", "s", 0, 1e-9, 10);
  e->encoding.first_tau = ms_yaml_real_or(code, "first", 0.15, 0, 100);
  e->encoding.last_tau = ms_yaml_real_or(code, "last", 2.0, 0, 100);
  e->encoding.bias_tau = ms_yaml_real_or(code, "bias", 0.9, -1, 100);
  e->encoding.window_tau = ms_yaml_real_or(code, "window", 4.0, 0.1, 200);
  if (code && (e->encoding.last_tau <= e->encoding.first_tau ||
               e->encoding.window_tau <= e->encoding.last_tau ||
               e->encoding.window_tau <= e->encoding.bias_tau))
    ms_yaml_fail(code, MS_ERANGE, "times do not fit; needed: first < last < window, bias < window");
}

static void read_chains(ms_experiment *e, ms_yaml_node *loop) {
  static const char *const deploy[] = {"mean", "best", NULL};
  int many = e->loop_method == MS_LOOP_METROPOLIS;
  unsigned chains = count(loop, "chains", 4, 1, 1000);
  e->chains = many ? chains : 1;
  e->proposal = ms_yaml_real_or(loop, "proposal", 0.03, 1e-6, 1);
  e->temperature = ms_yaml_real_or(loop, "temperature", 1, 1e-9, 1e9);
  e->prior_sd = ms_yaml_real_or(loop, "prior", 1, 1e-3, 1e6);
  e->burn_in = ms_yaml_real_or(loop, "burn_in", 0.5, 0, 1);
  e->deploy_best = ms_yaml_choice_or(loop, "deploy", deploy, 0);
}

static void read_training(ms_experiment *e, ms_yaml_node *root) {
  e->seed = (uint64_t)ms_yaml_int_or(root, "seed", 1, 0, INT64_MAX);
  ms_yaml_node *training = section(root, "training");
  e->epochs = count(training, "epochs", 30, 0, 100000);
  e->fine_epochs = count(training, "fine_epochs", 4, 0, 100000);
  e->batch = count(training, "batch", 32, 1, 100000);
  e->rate = ms_yaml_real_or(training, "rate", 0.003, 1e-6, 1);
  e->beta = ms_yaml_real_or(training, "surrogate_beta", 30, 0.1, 1000);
  e->spread = ms_yaml_real_or(training, "mismatch", 0, 0, 1);
  e->neuron_spread = ms_yaml_real_or(training, "neuron_mismatch", 0, 0, 1);
  e->drawn_dies = count(training, "drawn_dies", 0, 1, 1000000);
  static const char *const methods[] = {"plain", "gene", "reservoir", NULL};
  e->method = (ms_model_method)ms_yaml_choice_or(training, "method", methods, MS_MODEL_PLAIN);
  e->genes = count(training, "genes", 16, 1, 256);
  e->coarse_step_tau = ms_yaml_real_or(training, "coarse_step", 0.05, 0.001, 0.5);
  e->fine_step_tau = ms_yaml_real_or(training, "fine_step", 0.0125, 0.001, 0.5);
  ms_yaml_node *fit = section(root, "fit");
  e->fit_per_die = ms_yaml_bool_or(fit, "per_die", false);
  e->fit_neuron_runs = count(fit, "neuron_runs", 128, 8, 1000000);
  e->fit_stimuli = count(fit, "stimuli", 48, 6, 100000);
  ms_yaml_node *loop = section(training, "loop");
  e->loop_batches = count(loop, "batches", 0, 0, 1000000);
  e->loop_batch = count(loop, "batch", 20, 1, 100000);
  e->compare = ms_yaml_bool_or(loop, "compare", true);
  e->loop_rate = ms_yaml_real_or(loop, "rate", 0.002, 1e-6, 1);
  static const char *const ways[] = {"gradient", "metropolis", NULL};
  e->loop_method = (ms_loop_method)ms_yaml_choice_or(loop, "method", ways, MS_LOOP_GRADIENT);
  read_chains(e, loop);
}

static void read_chip(ms_experiment *e, ms_yaml_node *root) {
  e->core = copy(ms_yaml_string(root, "core"));
  e->models_dir = copy(ms_yaml_string_or(root, "models_dir", ""));
  static const char *const sets[] = {"accelerated", "biological", NULL};
  e->bias_set = ms_yaml_choice_or(root, "bias_set", sets, MS_SET_ACCELERATED);
  e->dac_bits = count(root, "dac_bits", 0, 1, 8);
  read_biases(e, section(root, "biases"));
  static const char *const engines[] = {"ngspice", "table", "model", NULL};
  e->analog = (ms_engine_kind)ms_yaml_choice(root, "analog", engines);
  static const char *const routers[] = {"rtl", "ideal", "tlm", "tlm_lt", NULL};
  e->digital = (ms_router_kind)ms_yaml_choice(root, "digital", routers);
  static const char *const drivers[] = {"auto", "lockstep", "promises", "feedforward", NULL};
  e->driver = (ms_driver_kind)ms_yaml_choice_or(root, "driver", drivers, MS_DRIVER_AUTO);

  ms_yaml_node *pvt = section(root, "pvt");
  e->corner = copy(ms_yaml_string_or(pvt, "corner", ""));
  e->pvt.supply_v = ms_yaml_quantity_or(pvt, "supply", "V", 0, 0.1, 10);
  e->pvt.temp_set = ms_yaml_find(pvt, "temperature") != NULL;
  e->pvt.temp_c = e->pvt.temp_set ? ms_yaml_quantity(pvt, "temperature", "C", -100, 200) : 0;

  ms_yaml_node *dies = ms_yaml_map(root, "dies");
  e->die_seed = (uint64_t)ms_yaml_int_or(dies, "seed", 1, 0, INT64_MAX);
  e->strength = ms_yaml_real_or(dies, "mismatch", 1, 0, 10);
  read_dies(dies, "training", &e->training_die, &e->n_training_die);
  read_dies(dies, "held_out", &e->held_out_die, &e->n_held_out_die);
  ms_yaml_node *confirm = ms_yaml_find(root, "confirm") ? ms_yaml_map(root, "confirm") : NULL;
  e->confirm = confirm != NULL;
  if (confirm) {
    e->confirm_analog = (ms_engine_kind)ms_yaml_choice(confirm, "analog", engines);
    e->n_confirm = count(confirm, "samples", 10, 1, 1000000);
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
  read_network(e, root);
  read_training(e, root);
  read_chip(e, root);
  e->jobs = count(root, "jobs", 1, 1, 1024);
  e->golden = count(root, "golden", 2, 0, 10000);
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
  free(e->output);
  free(e);
}
