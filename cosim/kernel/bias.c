/* SPDX-License-Identifier: Apache-2.0 */
/* Bias lines of a chip: which neurons share them, their codes, and their voltages on a die. */
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

/* Of each core; the last may have fewer neurons. */
static unsigned sets_of_core(const ms_chip_options *o) {
  const unsigned cores = ms_cores(o), most = (o->n_neuron + cores - 1) / cores;
  return (most + o->bias_sharing.neurons - 1) / o->bias_sharing.neurons;
}

static int shared_by_all(const ms_chip_options *o) {
  return !o->bias_sharing.neurons || !o->bias_sharing.own;
}

unsigned ms_bias_sets(const ms_chip_options *o) {
  return shared_by_all(o) ? 1 : ms_cores(o) * sets_of_core(o);
}

/* Neuron n is number n / C of core n mod C. */
unsigned ms_bias_set_of(const ms_chip_options *o, unsigned neuron) {
  if (shared_by_all(o))
    return 0;
  const unsigned cores = ms_cores(o);
  return neuron % cores * sets_of_core(o) + neuron / cores / o->bias_sharing.neurons;
}

int ms_chip_bias_create(ms_chip *chip, ms_error *err) {
  const size_t n_bias = chip->core->n_bias;
  if (!shared_by_all(&chip->options) && n_bias > 64)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "core %s has %zu bias lines; sets of neurons can have lines of their own where "
                   "there are at most 64",
                   chip->core->name, n_bias);
  chip->n_set = ms_bias_sets(&chip->options);
  chip->bias = calloc(chip->n_set * n_bias + 1, sizeof *chip->bias);
  chip->bias_v = calloc(chip->n_set * n_bias + 1, sizeof *chip->bias_v);
  chip->unsolved = 1;
  return chip->bias && chip->bias_v ? 0 : ms_fail(err, MS_ENOMEM, "no memory for bias lines");
}

static int is_own(const ms_chip *chip, size_t line) {
  return chip->n_set > 1 && chip->options.bias_sharing.own >> line & 1;
}

static int check(const ms_chip *chip, size_t i, unsigned code, ms_error *err) {
  const ms_core_bias *b = &chip->core->bias[i];
  if (code >> 8 >= b->branch->n_coarse)
    return ms_fail(err, MS_ERANGE, "bias %s: coarse code %u, but branch %s has %zu ranges", b->name,
                   code >> 8, b->branch->name, b->branch->n_coarse);
  return 0;
}

int ms_chip_bias_check(const ms_chip *chip, const uint16_t *code, size_t n, ms_error *err) {
  const size_t n_bias = chip->core->n_bias;
  if (n != n_bias && n != chip->n_set * n_bias)
    return ms_fail(err, MS_EINVAL, "%zu bias codes, but core %s has %zu bias lines%s", n,
                   chip->core->name, n_bias, chip->n_set > 1 ? " for each set of neurons" : "");
  int rc = 0;
  for (size_t i = 0; !rc && i < n; i++) {
    rc = check(chip, i % n_bias, code[i], err);
    if (!rc && code[i] != code[i % n_bias] && !is_own(chip, i % n_bias))
      rc = ms_fail(err, MS_EINVAL,
                   "bias %s: code %u for set %zu, %u for set 0, but all neurons share the line",
                   chip->core->bias[i % n_bias].name, code[i], i / n_bias, code[i % n_bias]);
  }
  return rc;
}

void ms_chip_bias_take(ms_chip *chip, const uint16_t *code, size_t n) {
  for (size_t i = 0; i < chip->n_set * chip->core->n_bias; i++)
    chip->bias[i] = code[i % n];
  chip->unsolved = 1;
}

int ms_chip_bias_solve(ms_chip *chip, ms_error *err) {
  if (!chip->unsolved)
    return 0;
  const size_t n_bias = chip->core->n_bias;
  int rc = ms_engine_bias(chip->engine, &chip->die, &chip->pvt, chip->bias, chip->bias_v,
                          &chip->bias_power_w, err);
  for (unsigned set = 1; !rc && set < chip->n_set; set++)
    memcpy(chip->bias_v + set * n_bias, chip->bias_v, n_bias * sizeof *chip->bias_v);
  for (unsigned set = 0; !rc && chip->n_set > 1 && set < chip->n_set; set++) {
    double power_w, *v = chip->bias_v + set * n_bias;
    rc = ms_engine_bias_set(chip->engine, &chip->die, &chip->pvt, chip->bias + set * n_bias,
                            chip->options.bias_sharing.own, set, v, &power_w, err);
    chip->bias_power_w += rc ? 0 : power_w;
  }
  chip->unsolved = rc != 0;
  return rc;
}
