/* SPDX-License-Identifier: Apache-2.0 */
/* The experiment that a graph is fine-tuned by: bias codes for its time constants. */
#include "nir/match.h"

#include "methods/calibrate.h"
#include "mixspike/record.h"
#include "package/package_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A time constant that differs by less stays: the chip's own is not known better. */
/* What is this near to the graph's constant stays: a graph has one for all synapses, and the chip's
 * own excitatory and inhibitory ones differ by 5.3 % as they are fitted. */
enum { MOST_TEXT = 1024, LARGEST_ERROR_PERCENT = 15, SAME_PERCENT = 8 };

typedef struct plan {
  const ms_nir_match *match;
  ms_setup *setup;
  char text[MOST_TEXT]; /* "name: code, name: code" */
} plan;

static double current(const ms_core_bias *bias, unsigned code) {
  unsigned coarse = code >> 8;
  return coarse < bias->branch->n_coarse ? bias->branch->coarse_a[coarse] * (code & 0xffu) : 0;
}

/* Moves a leak so that its time constant becomes the graph's. */
static int move(plan *p, const ms_cell *cell, const char *leak, const char *parameter,
                double chip_s, double wanted_s, ms_error *err) {
  const ms_core *core = p->setup->core;
  size_t i = 0;
  if (fabs(chip_s / wanted_s - 1) < SAME_PERCENT / 100.0)
    return MS_OK;
  while (i < core->n_bias &&
         (core->bias[i].cell != cell || strcmp(core->bias[i].bias->name, leak) != 0))
    i++;
  if (i == core->n_bias)
    return ms_fail(err, MS_EMISSING, "core %s has no bias line %s.%s to set '%s' by", core->name,
                   cell->name, leak, parameter);
  const ms_core_bias *line = &core->bias[i];
  unsigned old = p->setup->bias[i], code = ms_bias_scale(line, (uint16_t)old, chip_s / wanted_s);
  double got_s = chip_s * current(line, old) / current(line, code);
  double got_a = current(line, code) / 256;
  if (fabs(got_s / wanted_s - 1) > LARGEST_ERROR_PERCENT / 100.0 || got_a < line->bias->min_a ||
      got_a > line->bias->max_a)
    return ms_fail(err, MS_ERANGE,
                   "%s: '%s' is %.3g s, on the chip %.3g s (speed-up %.4g), which bias line %s "
                   "cannot give (nearest code %u: %.3g s, %.3g A of %.3g to %.3g A)",
                   p->match->graph->file, parameter, wanted_s * p->match->speedup, wanted_s,
                   p->match->speedup, line->name, code, got_s, got_a, line->bias->min_a,
                   line->bias->max_a);
  if (code == old)
    return MS_OK;
  p->setup->bias[i] = (uint16_t)code;
  size_t used = strlen(p->text);
  snprintf(p->text + used, sizeof p->text - used, "%s%s: %u", used ? ", " : "", line->name, code);
  return MS_OK;
}

static int choose_codes(plan *p, const ms_nir_options *o, ms_error *err) {
  const ms_nir_match *m = p->match;
  const ms_core *core = p->setup->core;
  int rc = MS_OK;
  if (o->speedup > 0)
    rc = move(p, core->soma, "ileak", m->layer[0].neurons->type == MS_NIR_LIF ? "tau" : "tau_mem",
              m->nominal.tau_s, m->tau_mem_s / m->speedup, err);
  for (size_t r = 0; !rc && r < core->n_row && isfinite(m->tau_syn_s); r++) {
    int first = 1;
    for (size_t q = 0; q < r; q++)
      first &= core->row[q].cell != core->row[r].cell;
    if (first)
      rc = move(p, core->row[r].cell, "itau", "tau_syn", m->nominal.row[r].tau_s,
                m->tau_syn_s / m->speedup, err);
  }
  return rc;
}

/* A chip of this size: the router's limits. */
static int check_chip(const ms_setup *setup, const char *file, ms_error *err) {
  ms_chip_options options = setup->chip;
  options.engine.kind = MS_ENGINE_MODEL; /* the limits are the router's */
  ms_chip *chip = NULL;
  int rc = ms_chip_create(&options, &chip, err);
  ms_chip_destroy(chip);
  if (rc)
    ms_fail_context(err, "%s", file);
  return rc;
}

/* The experiment's own text with what the weights were made from: a package then says so, and an
 * import with another graph or other options does not take up this one's state. */
static int write_text(const ms_experiment *e, const char *file, const ms_nir_options *o,
                      const char *codes, char **out, ms_error *err) {
  char *data, sum[MS_DIGEST_TEXT];
  size_t size;
  *out = NULL;
  int rc = ms_read_file(file, &data, &size, err);
  if (rc)
    return rc;
  rc = ms_digest(data, size, sum, err);
  free(data);
  if (rc)
    return rc;
  const char *slash = strrchr(file, '/');
  size_t room = strlen(e->text) + strlen(file) + MOST_TEXT + 200;
  if (!(*out = malloc(room)))
    return ms_fail(err, MS_ENOMEM, "no memory for an experiment");
  int n =
      snprintf(*out, room, "%s\n# Weights from %s, SHA-256 %s (time step %g s, speed-up %g%s%s)\n",
               e->text, slash ? slash + 1 : file, sum, o->dt_s, o->speedup,
               o->rescale ? ", rescaled" : "", o->drop_bias ? ", without bias" : "");
  if (*codes)
    snprintf(*out + n, room - (size_t)n, "biases: {%s}\n", codes);
  return MS_OK;
}

static int derive(const char *file, const ms_experiment *e, const ms_nir_options *o,
                  ms_setup *setup, char **text, ms_error *err) {
  ms_nir_match match;
  int rc = ms_nir_match_read(file, setup, o, &match, err);
  if (!rc)
    rc = check_chip(setup, file, err);
  plan p = {.match = &match, .setup = setup};
  if (!rc && !e->n_bias)
    rc = choose_codes(&p, o, err);
  if (!rc)
    rc = write_text(e, file, o, p.text, text, err);
  ms_nir_match_clear(&match);
  return rc;
}

int ms_nir_experiment(const char *file, const ms_experiment *e, const ms_nir_options *options,
                      ms_experiment **out, ms_error *err) {
  *out = NULL;
  ms_setup *setup;
  char *text = NULL;
  int rc = ms_setup_create(e, &setup, err);
  if (rc)
    return rc;
  rc = derive(file, e, options, setup, &text, err);
  if (!rc && (rc = ms_experiment_parse(text, e->file, out, err)))
    ms_fail_context(err, "with the graph's bias codes added at its end");
  if (!rc) { /* what a command line may have changed */
    (*out)->analog = e->analog;
    (*out)->digital = e->digital;
    (*out)->driver = e->driver;
    (*out)->jobs = e->jobs;
  }
  free(text);
  ms_setup_destroy(setup);
  return rc;
}
