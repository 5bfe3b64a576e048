/* SPDX-License-Identifier: Apache-2.0 */
/* A chip: engine and router together, and the choice of the driver for a run. */
#include "base/clock.h"
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

static void map_rows(ms_chip *chip) {
  for (int sign = 0; sign < 2; sign++)
    for (unsigned k = 0; k < MS_MAX_ROWS; k++)
      chip->row_of[sign][k] = -1;
  for (size_t r = 0; r < chip->core->n_row; r++)
    chip->row_of[chip->core->row[r].sign][chip->core->row[r].index] = (int)r;
}

unsigned ms_cores(const ms_chip_options *o) {
  return (o->cols ? o->cols : 1) * (o->rows ? o->rows : 1);
}

int ms_chip_create(const ms_chip_options *options, ms_chip **out, ms_error *err) {
  *out = NULL;
  if (!options->core || !options->n_neuron)
    return ms_fail(err, MS_EINVAL, "a chip needs a core and at least one neuron");
  if (options->set < 0 || options->set >= MS_N_SET)
    return ms_fail(err, MS_EINVAL, "no such bias set: %d", options->set);
  ms_chip *chip = calloc(1, sizeof *chip);
  if (!chip)
    return ms_fail(err, MS_ENOMEM, "no memory for a chip");
  chip->options = *options;
  if (!chip->options.workers)
    chip->options.workers = 1;
  chip->core = options->core;
  map_rows(chip);
  ms_router_options router = {.kind = options->router,
                              .n_neuron = options->n_neuron,
                              .n_input = options->n_input,
                              .n_bias = (unsigned)chip->core->n_bias,
                              .clock_ps = chip->core->clock_ps,
                              .cols = options->cols,
                              .rows = options->rows};
  int rc = ms_engine_create(&options->engine, chip->core, &chip->engine, err);
  if (!rc)
    rc = ms_router_create(&router, &chip->router, err);
  if (!rc)
    rc = ms_table_size_read(chip->router, ms_cores(options), &chip->size, err);
  rc = rc ? rc : ms_chip_bias_create(chip, err);
  if (rc) {
    ms_chip_destroy(chip);
    return rc;
  }
  *out = chip;
  return 0;
}

void ms_chip_destroy(ms_chip *chip) {
  if (!chip)
    return;
  for (unsigned i = 0; i < chip->n_group; i++)
    ms_group_destroy(chip->group[i]);
  free(chip->group);
  ms_router_destroy(chip->router);
  ms_engine_destroy(chip->engine);
  free(chip->synapse);
  free(chip->bias);
  free(chip->bias_v);
  free(chip->write);
  free(chip);
}

int ms_chip_need_groups(ms_chip *chip, unsigned n, ms_error *err) {
  if (n <= chip->n_group)
    return 0;
  ms_group **grown = realloc(chip->group, n * sizeof(ms_group *));
  if (!grown)
    return ms_fail(err, MS_ENOMEM, "no memory for %u groups", n);
  chip->group = grown;
  while (chip->n_group < n) {
    int rc = ms_group_create(chip->engine, &chip->group[chip->n_group], err);
    if (rc)
      return rc;
    chip->n_group++;
  }
  return 0;
}

int ms_chip_set_die(ms_chip *chip, const ms_die *die, ms_error *err) {
  if (!(die->strength >= 0))
    return ms_fail(err, MS_ERANGE, "mismatch strength %g: must not be negative", die->strength);
  chip->die = *die;
  chip->unsolved = 1;
  return 0;
}

int ms_chip_set_pvt(ms_chip *chip, const ms_pvt *pvt, ms_error *err) {
  const ms_process *p = chip->core->process;
  if (pvt->corner && pvt->corner >= p->n_corner)
    return ms_fail(err, MS_ERANGE, "corner %u, but process %s has %zu", pvt->corner, p->name,
                   p->n_corner);
  if (pvt->supply_v != 0 && !(pvt->supply_v >= p->supply_v[0] && pvt->supply_v <= p->supply_v[2]))
    return ms_fail(err, MS_ERANGE, "supply %g V: process %s allows %g to %g V", pvt->supply_v,
                   p->name, p->supply_v[0], p->supply_v[2]);
  if (pvt->temp_set && !(pvt->temp_c >= p->temp_c[0] && pvt->temp_c <= p->temp_c[2]))
    return ms_fail(err, MS_ERANGE, "temperature %g C: process %s allows %g to %g C", pvt->temp_c,
                   p->name, p->temp_c[0], p->temp_c[2]);
  chip->pvt = *pvt;
  chip->unsolved = 1;
  return 0;
}

int ms_chip_check_run(const ms_chip *chip, const ms_event *in, size_t n_in,
                      const ms_run_options *options, ms_error *err) {
  if (!chip->configured)
    return ms_fail(err, MS_EINVAL, "the chip must be configured before it runs");
  if (!options->t_stop || options->t_stop == MS_TIME_NEVER)
    return ms_fail(err, MS_EINVAL, "a run needs an end: t_stop is 0 or never");
  if (options->record_boundary && chip->n_set > 1)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "a log of the boundary holds one set of bias codes, but the chip has %u",
                   chip->n_set);
  for (size_t i = 0; i < n_in; i++) {
    if (in[i].address >= chip->options.n_input)
      return ms_fail(err, MS_ERANGE, "input event %zu: address %u, but there are %u inputs", i,
                     in[i].address, chip->options.n_input);
    if (i && in[i].t < in[i - 1].t)
      return ms_fail(err, MS_EINVAL, "input event %zu comes before event %zu: sort them by time", i,
                     i - 1);
  }
  return 0;
}

/* Under the promises every neuron has a place of its own to run in, which for ngspice is a
 * process; from this size on layered networks make do with one a worker. */
enum { MOST_PROCESSES = 256 };

/* Layer by layer pays where nothing contends, since each group then runs once and without pause
 * (its data stays in the cache), and where there are more groups than processes. */
static int suits_feedforward(const ms_chip_options *o) {
  return o->engine.kind == MS_ENGINE_NGSPICE ? o->n_neuron > MOST_PROCESSES
                                             : o->router == MS_ROUTER_IDEAL;
}

/* The driver that the options name, or the one that suits. */
static int choose_driver(const ms_chip *chip, ms_driver_kind *kind, ms_error *err) {
  *kind = chip->options.driver;
  if (*kind != MS_DRIVER_AUTO && *kind != MS_DRIVER_FEEDFORWARD)
    return 0;
  unsigned *layer = calloc(chip->options.n_neuron, sizeof *layer);
  if (!layer)
    return ms_fail(err, MS_ENOMEM, "no memory for the layers of %u neurons",
                   chip->options.n_neuron);
  int layered = ms_layers(chip, layer, NULL) > 0;
  free(layer);
  if (!layered && *kind == MS_DRIVER_FEEDFORWARD)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "the connections form a loop, which the feed-forward driver cannot run: "
                   "choose `auto`, `promises` or `lockstep`");
  if (*kind == MS_DRIVER_AUTO)
    *kind =
        layered && suits_feedforward(&chip->options) ? MS_DRIVER_FEEDFORWARD : MS_DRIVER_PROMISES;
  return 0;
}

int ms_chip_run(ms_chip *chip, const ms_event *in, size_t n_in, const ms_run_options *options,
                ms_run_result *result, ms_error *err) {
  double start_s = ms_clock_s();
  memset(result, 0, sizeof *result);
  ms_driver_kind kind;
  int rc = ms_chip_check_run(chip, in, n_in, options, err);
  if (!rc)
    rc = choose_driver(chip, &kind, err);
  if (rc)
    return rc;
  result->driver = kind;
  ms_session s;
  rc = ms_session_begin(&s, chip, in, n_in, options, result, err);
  if (!rc) {
    switch (kind) {
    case MS_DRIVER_LOCKSTEP:
      rc = ms_drive_lockstep(&s, err);
      break;
    case MS_DRIVER_FEEDFORWARD:
      rc = ms_drive_feedforward(&s, err);
      break;
    default:
      rc = ms_drive_promises(&s, err);
    }
  }
  if (!rc)
    rc = ms_session_conclude(&s, err);
  ms_session_end(&s);
  result->wall_s = ms_clock_s() - start_s;
  if (rc)
    ms_run_result_clear(result);
  return rc;
}

void ms_run_result_clear(ms_run_result *result) {
  for (unsigned i = 0; result->group && i < result->n_neuron; i++)
    ms_group_result_clear(&result->group[i]);
  free(result->group);
  free(result->spike);
  free(result->host);
  free(result->delivery);
  free(result->input_change);
  free(result->boundary);
  free(result->signal_change);
  memset(result, 0, sizeof *result);
}

const ms_core *ms_chip_core(const ms_chip *chip) {
  return chip->core;
}

const ms_chip_options *ms_chip_get_options(const ms_chip *chip) {
  return &chip->options;
}

ms_router *ms_chip_router(ms_chip *chip) {
  return chip->router;
}

ms_engine *ms_chip_engine(ms_chip *chip) {
  return chip->engine;
}
