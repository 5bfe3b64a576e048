/* SPDX-License-Identifier: Apache-2.0 */
/* From an experiment to what it names: core, task, bias codes, and the options of its chips. */
#include "mixspike/experiment.h"

#include "methods/calibrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_biases(ms_setup *s, ms_error *err) {
  const ms_experiment *e = s->experiment;
  const size_t n_bias = s->core->n_bias;
  s->n_bias_set = ms_bias_sets(&s->chip);
  s->bias = calloc(s->n_bias_set * n_bias + 1, sizeof *s->bias);
  if (!s->bias)
    return ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  for (size_t i = 0; i < s->core->n_bias; i++)
    s->bias[i] = (uint16_t)s->core->bias[i].bias->code[e->bias_set];
  for (size_t i = 0; i < e->n_bias; i++) {
    int k = ms_core_find_bias(s->core, e->bias[i].name);
    if (k < 0)
      return ms_fail(err, MS_EMISSING, "%s: key 'biases.%s': core %s has no such bias line",
                     e->file, e->bias[i].name, s->core->name);
    s->bias[k] = e->bias[i].code;
  }
  for (size_t set = 1; set < s->n_bias_set; set++)
    memcpy(s->bias + set * n_bias, s->bias, n_bias * sizeof *s->bias);
  return MS_OK;
}

int ms_setup_bias(const ms_setup *s, ms_config *config, ms_error *err) {
  const size_t n = s->n_bias_set * s->core->n_bias;
  uint16_t *bias = malloc(n * sizeof *bias + 1);
  if (!bias)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu bias codes", n);
  memcpy(bias, s->bias, n * sizeof *bias);
  free(config->bias);
  config->bias = bias;
  config->n_bias = n;
  return MS_OK;
}

static int check_fit(const ms_setup *s, ms_error *err) {
  const ms_experiment *e = s->experiment;
  unsigned rows[2] = {0, 0};
  for (size_t i = 0; i < s->core->n_row; i++)
    rows[s->core->row[i].sign]++;
  for (int sign = 0; sign < 2; sign++)
    if (!rows[sign])
      return ms_fail(
          err, MS_ERANGE, "%s: key 'network.rows': %u rows are wanted, but core %s has %u %s rows",
          e->file, e->parallel, s->core->name, rows[sign], sign ? "inhibitory" : "excitatory");
  return MS_OK;
}

/* All connections that training may come to use find room in the tables of the cores. */
static int check_cores(const ms_setup *s, ms_error *err) {
  const ms_experiment *e = s->experiment;
  const size_t most =
      (size_t)e->hidden * s->n_input * e->parallel + (size_t)s->n_output * e->hidden;
  ms_config config = {.synapse = calloc(most + 1, sizeof *config.synapse)};
  if (!config.synapse)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu connections", most);
  for (unsigned i = 0; i < s->n_input; i++)
    for (unsigned h = 0; h < e->hidden * e->parallel; h++)
      config.synapse[config.n_synapse++] =
          (ms_synapse){.source = (uint16_t)(s->n_neuron + i), .target = (uint16_t)(h % e->hidden)};
  for (unsigned h = 0; h < e->hidden; h++)
    for (unsigned o = 0; o < s->n_output; o++)
      config.synapse[config.n_synapse++] =
          (ms_synapse){.source = (uint16_t)h, .target = (uint16_t)(e->hidden + o)};
  int rc = ms_chip_check_fit(&s->chip, &config, err);
  if (rc)
    ms_fail_context(err, "%s: key 'network.cores'", e->file);
  free(config.synapse);
  return rc;
}

/* A path is looked for from the current folder, then beside the experiment. */
static char *beside(const ms_experiment *e, const char *name) {
  const char *slash = strrchr(e->file, '/');
  if (!slash || *name == '/' || !access(name, F_OK))
    return strdup(name);
  size_t folder = (size_t)(slash - e->file) + 1, n = folder + strlen(name) + 1;
  char *path = malloc(n);
  if (!path)
    return NULL;
  snprintf(path, n, "%.*s%s", (int)folder, e->file, name);
  if (!access(path, F_OK))
    return path;
  free(path); /* the message names what the file says */
  return strdup(name);
}

static char *core_path(const ms_experiment *e) {
  int is_path = strchr(e->core, '/') || strstr(e->core, ".yaml");
  return is_path ? beside(e, e->core) : strdup(e->core);
}

static int fill(ms_setup *s, ms_error *err) {
  const ms_experiment *e = s->experiment;
  char *core = core_path(e);
  int rc = core ? ms_core_load(e->models_dir, core, e->dac_bits, &s->core, err)
                : ms_fail(err, MS_ENOMEM, "no memory for a setup");
  free(core);
  if (rc) {
    ms_fail_context(err, "%s: key 'core'", e->file);
    return rc;
  }
  char *file = e->task_file ? beside(e, e->task_file) : NULL;
  ms_task_options options = {.name = e->task,
                             .n_train = e->n_train,
                             .n_validation = e->n_validation,
                             .n_test = e->n_test,
                             .file = file,
                             .label = e->task_label,
                             .split = e->split_by_seed ? e->seed : 0};
  rc = ms_task_create(&options, &s->task, err);
  free(file);
  if (rc) {
    ms_fail_context(err, "%s: key 'task'", e->file);
    return rc;
  }
  s->pvt = e->pvt;
  if (e->corner) {
    int corner = ms_process_find_corner(s->core->process, e->corner);
    if (corner < 0)
      return ms_fail(err, MS_EMISSING, "%s: key 'pvt.corner': process %s has no corner '%s'",
                     e->file, s->core->process->name, e->corner);
    s->pvt.corner = (unsigned)corner;
  }
  if ((rc = check_fit(s, err)))
    return rc;
  s->encoding = e->encoding;
  s->encoding.per_input = s->task->per_input;
  if (s->encoding.tau_s <= 0)
    s->encoding.tau_s = s->core->tau_s[e->bias_set];
  s->n_input = ms_encoding_inputs(&s->encoding, s->task->n_value);
  s->n_output = s->task->n_class * e->outputs_per_class;
  s->n_neuron = e->hidden + s->n_output;
  s->chip = (ms_chip_options){.core = s->core,
                              .engine = {.kind = e->analog, .pulse_maps = e->pulse_maps},
                              .router = e->digital,
                              .driver = e->driver,
                              .n_neuron = s->n_neuron,
                              .n_input = s->n_input,
                              .cols = e->cols,
                              .rows = e->rows,
                              .workers = 1,
                              .set = e->bias_set};
  if (e->bias_shared_by)
    s->chip.bias_sharing = (ms_bias_sharing){e->bias_shared_by, ms_calibrate_lines(s->core)};
  rc = set_biases(s, err);
  return !rc && e->cols * e->rows > 1 ? check_cores(s, err) : rc;
}

int ms_setup_create(const ms_experiment *experiment, ms_setup **out, ms_error *err) {
  *out = NULL;
  ms_setup *s = calloc(1, sizeof *s);
  if (!s)
    return ms_fail(err, MS_ENOMEM, "no memory for a setup");
  s->experiment = experiment;
  int rc = fill(s, err);
  if (rc) {
    ms_setup_destroy(s);
    return rc;
  }
  *out = s;
  return MS_OK;
}

void ms_setup_destroy(ms_setup *s) {
  if (!s)
    return;
  ms_core_destroy(s->core);
  ms_task_destroy(s->task);
  free(s->bias);
  free(s);
}

ms_die ms_setup_die(const ms_setup *s, uint64_t number) {
  return (ms_die){
      .seed = s->experiment->die_seed, .die = number, .strength = s->experiment->strength};
}
