/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates of a choice, from packages and from the checkpoints of trainings and studies. */
#include "choice/choice.h"

#include "methods/peek.h"
#include "methods/state.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_PATH = 1024 };

void ms_candidates_clear(ms_candidates *c) {
  for (size_t i = 0; i < c->n; i++) {
    free(c->item[i].name);
    ms_network_destroy(c->item[i].network);
    free(c->item[i].model);
  }
  free(c->item);
  *c = (ms_candidates){0};
}

/* Takes the network, also on failure. */
static int add(ms_candidates *c, const char *folder, const char *what, ms_network *network,
               const ms_neuron_model *model, ms_error *err) {
  ms_candidate *more = realloc(c->item, (c->n + 1) * sizeof *more);
  size_t size = strlen(folder) + strlen(what) + 1;
  if (more)
    c->item = more;
  ms_candidate new = {.name = malloc(size), .network = network};
  if (model && (new.model = malloc(sizeof *model)))
    *new.model = *model;
  if (!more || !new.name || (model && !new.model)) {
    free(new.name);
    free(new.model);
    ms_network_destroy(network);
    return ms_fail(err, MS_ENOMEM, "no memory for a candidate");
  }
  snprintf(new.name, size, "%s%s", folder, what);
  c->item[c->n++] = new;
  return MS_OK;
}

static int holds(const uint64_t *list, size_t n, uint64_t die) {
  for (size_t i = 0; i < n; i++)
    if (list[i] == die)
      return 1;
  return 0;
}

/* Dies of one seed and number share their draws, whatever their strength: they are one die. */
static int check_dies(const ms_experiment *e, const char *folder, uint64_t seed,
                      const uint64_t *die, size_t n, ms_error *err) {
  for (size_t i = 0; i < n && seed == e->die_seed; i++) {
    const char *list = holds(e->validation_die, e->n_validation_die, die[i]) ? "validation"
                       : holds(e->held_out_die, e->n_held_out_die, die[i])   ? "held_out"
                                                                             : NULL;
    if (list)
      return ms_fail(err, MS_EINVAL,
                     "%s was trained on die %llu of seed %llu, which is in dies.%s of %s; a die "
                     "that judges must not be trained on",
                     folder, (unsigned long long)die[i], (unsigned long long)seed, list, e->file);
  }
  return MS_OK;
}

static int same_shape(const ms_network *n, const ms_topology *t) {
  return n->n_input == t->n_input && n->n_hidden == t->n_hidden && n->n_class == t->n_class &&
         n->per_class == t->per_class && n->parallel == t->parallel && n->dac_bits == t->dac_bits;
}

/* Codes mean something on one core with one set of bias codes only. */
static int check_package(const ms_setup *s, const ms_package *p, ms_error *err) {
  ms_topology t = ms_setup_topology(s);
  if (!same_shape(p->network, &t))
    return ms_fail(err, MS_EINVAL, "%s: its network has another shape than that of %s", p->dir,
                   s->experiment->file);
  ms_setup *own = NULL;
  int rc = ms_setup_create(p->experiment, &own, err);
  if (rc)
    return rc;
  if (own->core->checksum != s->core->checksum || own->chip.set != s->chip.set ||
      memcmp(own->bias, s->bias, s->core->n_bias * sizeof *s->bias) != 0)
    rc = ms_fail(err, MS_EINVAL, "%s: has another core or other bias codes than %s", p->dir,
                 s->experiment->file);
  ms_setup_destroy(own);
  return rc;
}

static int add_package(const ms_setup *s, const char *folder, ms_candidates *c, ms_error *err) {
  ms_package *p;
  int rc = ms_package_open(folder, &p, err);
  if (rc)
    return rc;
  const ms_experiment *e = p->experiment;
  rc = check_package(s, p, err);
  if (!rc)
    rc = check_dies(s->experiment, folder, e->die_seed, e->training_die, e->n_training_die, err);
  if (!rc) {
    ms_network *network = p->network;
    p->network = NULL;
    rc = add(c, folder, "", network, p->model, err);
  }
  ms_package_destroy(p);
  return rc;
}

static int add_weights(const ms_setup *s, const char *folder, const char *what, const float *weight,
                       const ms_neuron_model *model, ms_candidates *c, ms_error *err) {
  ms_topology t = ms_setup_topology(s);
  ms_network *network;
  int rc = ms_network_create(t.n_input, t.n_hidden, t.n_class, t.per_class, t.parallel, t.dac_bits,
                             &network, err);
  if (rc)
    return rc;
  ms_weights_to_network(weight, network);
  return add(c, folder, what, network, model, err);
}

/* A checkpoint does not say its population: its dies count as those of the experiment's seed. */
static int add_checkpoint(const ms_setup *s, const char *folder, ms_candidates *c, ms_error *err) {
  char path[MOST_PATH];
  snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
  ms_topology t = ms_setup_topology(s);
  ms_state_peek p;
  int rc = ms_state_peek_read(path, ms_topology_weights(&t), &p, err);
  if (!rc)
    rc = check_dies(s->experiment, folder, s->experiment->die_seed, p.training_die,
                    p.n_training_die, err);
  if (!rc && memcmp(p.offline, p.weight, ms_topology_weights(&t) * sizeof *p.weight) != 0)
    rc = add_weights(s, folder, " before the loop", p.offline, &p.model, c, err);
  if (!rc)
    rc = add_weights(s, folder, "", p.weight, &p.model, c, err);
  ms_state_peek_clear(&p);
  return rc;
}

static int has(const char *folder, const char *name) {
  char path[MOST_PATH];
  return snprintf(path, sizeof path, "%s/%s", folder, name) < MOST_PATH && !access(path, F_OK);
}

/* The output of a training. Its package, where there is one, says whether the chip is the same. */
static int add_run(const ms_setup *s, const char *folder, ms_candidates *c, ms_error *err) {
  char path[MOST_PATH];
  ms_package *p;
  snprintf(path, sizeof path, "%s/package", folder);
  int rc = MS_OK;
  if (has(path, "SHA256SUMS") && !(rc = ms_package_open(path, &p, err))) {
    const ms_experiment *e = p->experiment;
    rc = check_package(s, p, err);
    if (!rc)
      rc = check_dies(s->experiment, folder, e->die_seed, e->training_die, e->n_training_die, err);
    ms_package_destroy(p);
  }
  return rc ? rc : add_checkpoint(s, folder, c, err);
}

static int is_trained(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static int add_study(const ms_setup *s, const char *folder, ms_candidates *c, ms_error *err) {
  char path[MOST_PATH], one[MOST_PATH];
  struct dirent **entry = NULL;
  snprintf(path, sizeof path, "%s/trained", folder);
  int n = scandir(path, &entry, is_trained, alphasort), rc = MS_OK;
  for (int i = 0; i < n; i++) {
    size_t size = strlen(path) + strlen(entry[i]->d_name) + 2;
    if (!rc && size < sizeof one) {
      snprintf(one, sizeof one, "%.*s/%s", (int)(size - strlen(entry[i]->d_name) - 2), path,
               entry[i]->d_name);
      if (has(one, "checkpoint.h5"))
        rc = add_checkpoint(s, one, c, err);
    }
    free(entry[i]);
  }
  free(entry);
  return rc;
}

static int add_folder(const ms_setup *s, const char *folder, ms_candidates *c, ms_error *err) {
  if (strlen(folder) > MOST_PATH / 2)
    return ms_fail(err, MS_ERANGE, "the name of a folder is too long: %.60s...", folder);
  if (has(folder, "SHA256SUMS"))
    return add_package(s, folder, c, err);
  if (has(folder, "checkpoint.h5"))
    return add_run(s, folder, c, err);
  if (has(folder, "trained"))
    return add_study(s, folder, c, err);
  return ms_fail(err, MS_EMISSING,
                 "%s: neither a package nor the output of a training or a study (SHA256SUMS, "
                 "checkpoint.h5, trained/)",
                 folder);
}

int ms_candidates_load(const ms_setup *setup, const char *const *folder, size_t n_folder,
                       ms_candidates *out, ms_error *err) {
  *out = (ms_candidates){0};
  int rc = MS_OK;
  for (size_t i = 0; !rc && i < n_folder; i++)
    rc = add_folder(setup, folder[i], out, err);
  if (!rc && !out->n)
    rc = ms_fail(err, MS_EMISSING, "the folders hold no trained network");
  return rc;
}
