/* SPDX-License-Identifier: Apache-2.0 */
/* The deck of a measure on a cell's pins: sources by measure, else by role. */
#include "netlist/pins.h"

#include "netlist/deck_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct pins {
  const ms_core *core;
  const ms_cell *cell;
  const ms_measure *m;
  const ms_die *die; /* of transient noise; NULL: none */
} pins;

static const ms_pin *find_pin(const ms_cell *cell, const char *name) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (!strcmp(cell->pin[i].name, name))
      return &cell->pin[i];
  return NULL;
}

static bool has_bits(const ms_pin *pin) {
  return pin->role == MS_ROLE_WEIGHT_BITS || pin->role == MS_ROLE_FINE_BITS;
}

/* What the measure puts on a pin as a source or a wire; loads come on top of anything. */
static const ms_drive *find_drive(const pins *x, const char *pin) {
  for (size_t i = 0; i < x->m->n_drive; i++)
    if (!strcmp(x->m->drive[i].pin, pin) && x->m->drive[i].kind != MS_DRIVE_LOAD)
      return &x->m->drive[i];
  return NULL;
}

static bool is_swept(const pins *x, const char *pin) {
  return x->m->kind == MS_MEASURE_DC && !strcmp(x->m->sweep_pin, pin);
}

/* Whether the measure decides on a pin, so that its role no longer does. */
static bool is_driven(const pins *x, const char *pin) {
  const ms_drive *d = find_drive(x, pin);
  return (d && d->kind != MS_DRIVE_CODE) || is_swept(x, pin);
}

static int bias_of(const pins *x, const ms_pin *pin) {
  for (size_t i = 0; i < x->core->n_bias; i++)
    if (x->core->bias[i].cell == x->cell && !strcmp(x->core->bias[i].bias->name, pin->bias))
      return (int)i;
  return 0; /* the loader made sure that it exists */
}

static void pin_node(const void *context, const ms_pin *pin, unsigned bit, char *node) {
  const pins *x = context;
  const ms_drive *d = find_drive(x, pin->name);
  for (int hop = 0; d && d->kind == MS_DRIVE_WIRE && hop < 8; hop++) {
    pin = find_pin(x->cell, d->to);
    d = find_drive(x, pin->name);
  }
  bool driven = is_driven(x, pin->name);
  if (!driven && pin->role == MS_ROLE_SUPPLY)
    snprintf(node, MS_NODE_NAME, "vdd");
  else if (!driven && pin->role == MS_ROLE_GROUND)
    snprintf(node, MS_NODE_NAME, "0");
  else if (!driven && pin->role == MS_ROLE_BIAS)
    snprintf(node, MS_NODE_NAME, "b%d", bias_of(x, pin));
  else if (has_bits(pin))
    snprintf(node, MS_NODE_NAME, "pin_%s%u", pin->name, bit);
  else
    snprintf(node, MS_NODE_NAME, "pin_%s", pin->name);
}

static const char *instance(const ms_core *core, const ms_cell *cell, char *name) {
  snprintf(name, MS_NODE_NAME, "x%s",
           cell->kind == MS_CELL_SOMA                           ? "soma"
           : cell->kind == MS_CELL_SYNAPSE && core->row[0].name ? core->row[0].name
                                                                : "cell");
  return name;
}

const char *ms_pins_draw_prefix(const ms_cell *cell) {
  return cell->kind == MS_CELL_SOMA || cell->kind == MS_CELL_SYNAPSE ? "n0." : "";
}

/* "pwl(0 0.5 100n 0.51 ...)": the constant with a normal draw every NOISE_STEPS-th of the window
 * and straight lines between. Our own draws: those of ngspice depend on what it simulated before.
 */
static char *noise_text(const pins *x, const ms_drive *d, double constant) {
  enum { NOISE_STEPS = 2000 };
  double step_s = x->m->value[MS_KEY_WINDOW] / NOISE_STEPS;
  const ms_die die = {.seed = x->die->seed, .die = x->die->die, .strength = d->noise};
  char *text = NULL, path[200];
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    return NULL;
  fputs("pwl(", out);
  for (int k = 0; k <= NOISE_STEPS; k++) {
    snprintf(path, sizeof path, "noise.%.80s.%.80s.%d", x->m->name, d->pin, k);
    fprintf(out, "%.10g %.10g ", k * step_s, constant + ms_die_draw(&die, path, MS_DRAW_DVTH));
  }
  fputs(")", out);
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  return text;
}

/* " pulse(0 1.8 1u 5n 5n 100n 0)" of a drive, or its noise; "" without. To be freed. */
static char *waveform(const deck_builder *b, const pins *x, const ms_drive *d, double low) {
  double high = d->high_at_supply ? b->supply_v : d->high, window = x->m->value[MS_KEY_WINDOW];
  char *text = NULL;
  if (x->m->kind != MS_MEASURE_TRANSIENT || (!(d->width_s > 0) && !(d->noise > 0 && x->die)))
    return strdup("");
  if (!(d->width_s > 0))
    return noise_text(x, d, low);
  return asprintf(&text, "pulse(%.10g %.10g %.10g %.10g %.10g %.10g %.10g)", low, high, d->delay_s,
                  d->edge_s, d->edge_s, d->width_s,
                  d->period_s > 0 ? d->period_s : 10 * (window + d->width_s)) < 0
             ? NULL
             : text;
}

static void write_drive(deck_builder *b, const pins *x, const ms_drive *d) {
  char node[MS_NODE_NAME];
  const ms_pin *pin = find_pin(x->cell, d->pin);
  double value = d->at_supply ? b->supply_v : d->value;
  bool input = x->m->kind == MS_MEASURE_NOISE && !strcmp(x->m->sweep_pin, d->pin);
  const char *ac = input ? " ac 1" : "";
  pin_node(x, pin, 0, node);
  if (d->kind == MS_DRIVE_LOAD)
    deck_line(b, "c_%s %s 0 %.10g", d->pin, node, d->value);
  else if (d->kind == MS_DRIVE_RESISTOR)
    deck_line(b, "r_%s %s 0 %.10g", d->pin, node, d->value);
  if (d->kind != MS_DRIVE_VOLTAGE && d->kind != MS_DRIVE_CURRENT)
    return;
  char *shape = waveform(b, x, d, value);
  if (!shape)
    deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
  else if (d->kind == MS_DRIVE_VOLTAGE)
    deck_line(b, "v_%s %s 0 dc %.10g%s %s", d->pin, node, value, ac, shape);
  else
    deck_line(b, "i_%s 0 %s dc %.10g%s %s", d->pin, node, value, ac, shape);
  free(shape);
}

/* The code that a measure puts on a pin of several bits; 0 without one. */
static unsigned code_of(const pins *x, const char *pin) {
  const ms_drive *d = find_drive(x, pin);
  return d && d->kind == MS_DRIVE_CODE ? (unsigned)d->value : 0;
}

static double bit_level(const ms_pin *pin, unsigned code, unsigned bit, double supply_v) {
  return ((code >> bit & 1) != 0) != pin->active_low ? supply_v : 0;
}

static double coarse_current(const pins *x, unsigned code) {
  unsigned coarse = code >> MS_FINE_BITS;
  return coarse < x->cell->n_coarse ? x->cell->coarse_a[coarse] : 0;
}

/* Sources of the pins that the measure leaves to their roles. */
static void write_role(deck_builder *b, const pins *x, const ms_pin *pin) {
  char node[MS_NODE_NAME];
  const ms_core_cell *cc = deck_find_cell(x->core, x->cell);
  pin_node(x, pin, 0, node);
  if (is_driven(x, pin->name))
    return;
  switch (pin->role) {
  case MS_ROLE_WEIGHT_BITS:
  case MS_ROLE_FINE_BITS:
    for (unsigned k = 0; k < cc->bits; k++)
      deck_line(b, "v_%s%u pin_%s%u 0 dc %.10g", pin->name, k, pin->name, k,
                bit_level(pin, code_of(x, pin->name), k, b->supply_v));
    break;
  case MS_ROLE_COARSE: {
    unsigned code = 0;
    for (size_t i = 0; i < x->cell->n_pin; i++)
      if (x->cell->pin[i].role == MS_ROLE_FINE_BITS)
        code = code_of(x, x->cell->pin[i].name);
    deck_line(b, "i_%s vdd %s dc %.10g", pin->name, node, coarse_current(x, code));
    break;
  }
  case MS_ROLE_PULSE:
  case MS_ROLE_ACKNOWLEDGE:
    deck_line(b, "v_%s %s 0 dc %.10g", pin->name, node, pin->active_low ? b->supply_v : 0);
    break;
  case MS_ROLE_CURRENT_OUT:
    deck_line(b, "v_%s %s 0 dc %.10g", pin->name, node, 0.5 * b->supply_v);
    break;
  default:
    break;
  }
}

int ms_deck_pins(const ms_core *core, const ms_cell *cell, const ms_pvt *pvt, const ms_die *die,
                 const ms_measure *m, ms_deck **out, ms_error *err) {
  const pins x = {core, cell, m, die};
  deck_builder b;
  char name[MS_NODE_NAME];
  if (!deck_begin(&b, core, pvt, "pins", err)) {
    deck_cell(&b, cell);
    deck_instance(&b, instance(core, cell, name), cell, pin_node, &x, "");
    deck_initial(&b, name, cell, pin_node, &x);
    for (size_t i = 0; i < core->n_bias; i++)
      if (core->bias[i].cell == cell)
        deck_line(&b, "vb%zu b%zu 0 dc 0", i, i);
    for (size_t i = 0; i < cell->n_pin; i++)
      write_role(&b, &x, &cell->pin[i]);
    for (size_t i = 0; i < m->n_drive; i++)
      write_drive(&b, &x, &m->drive[i]);
    if (m->kind == MS_MEASURE_DC && !find_drive(&x, m->sweep_pin)) {
      ms_drive d = {.pin = m->sweep_pin,
                    .kind = m->sweep_current ? MS_DRIVE_CURRENT : MS_DRIVE_VOLTAGE,
                    .value = m->sweep_from};
      write_drive(&b, &x, &d);
    }
  }
  return deck_end(&b, out);
}

int ms_pins_source(const ms_core *core, const ms_cell *cell, const ms_measure *m, const char *name,
                   char *source, ms_error *err) {
  const pins x = {core, cell, m, NULL};
  const ms_pin *pin = find_pin(cell, name);
  const ms_drive *d = find_drive(&x, name);
  bool current = (d && d->kind == MS_DRIVE_CURRENT) || (is_swept(&x, name) && m->sweep_current);
  bool voltage = (d && d->kind == MS_DRIVE_VOLTAGE) || (is_swept(&x, name) && !m->sweep_current);
  if (!d && !is_swept(&x, name))
    voltage = pin->role == MS_ROLE_CURRENT_OUT || pin->role == MS_ROLE_PULSE ||
              pin->role == MS_ROLE_ACKNOWLEDGE;
  if (current || voltage)
    snprintf(source, MS_PIN_TEXT, "%c_%s", current ? 'i' : 'v', name);
  else if (!d && pin->role == MS_ROLE_SUPPLY)
    snprintf(source, MS_PIN_TEXT, "vdd");
  else if (!d && pin->role == MS_ROLE_BIAS)
    snprintf(source, MS_PIN_TEXT, "vb%d", bias_of(&x, pin));
  else
    return ms_fail(err, MS_EINVAL,
                   "%s:%d: no source is at pin '%s'; drive it with a voltage or a current",
                   cell->file, m->line, name);
  return 0;
}

int ms_pins_vector(const ms_core *core, const ms_cell *cell, const ms_measure *m, char *vector,
                   ms_error *err) {
  const pins x = {core, cell, m, NULL};
  char source[MS_PIN_TEXT], node[MS_NODE_NAME];
  if (m->read == 'i') {
    int rc = ms_pins_source(core, cell, m, m->read_name, source, err);
    if (!rc && *source == 'i')
      rc = ms_fail(err, MS_EINVAL, "%s:%d: pin '%s' is driven by a current; read its voltage",
                   cell->file, m->line, m->read_name);
    snprintf(vector, MS_PIN_TEXT, "i(%.150s)", source);
    return rc;
  }
  const ms_pin *pin = find_pin(cell, m->read_name);
  if (pin) {
    pin_node(&x, pin, 0, node);
    snprintf(vector, MS_PIN_TEXT, "v(%.150s)", node);
  } else {
    instance(core, cell, node);
    snprintf(vector, MS_PIN_TEXT, "v(%.60s.%.60s)", node, m->read_name);
  }
  return 0;
}

int ms_pins_code(const ms_core *core, const ms_cell *cell, const char *name, unsigned code,
                 double supply_v, char *text, size_t n, ms_error *err) {
  const ms_pin *pin = find_pin(cell, name);
  const ms_core_cell *cc = deck_find_cell(core, cell);
  const pins x = {core, cell, NULL, NULL};
  bool branch = cell->kind == MS_CELL_BIAS;
  size_t used = 0;
  *text = 0;
  if (branch ? code >> MS_FINE_BITS >= cell->n_coarse : code >> cc->bits)
    return ms_fail(err, MS_ERANGE, "%s: code %u does not fit pin '%s'", cell->file, code, name);
  for (unsigned k = 0; k < cc->bits && used < n; k++)
    used += (size_t)snprintf(text + used, n - used, "alter v_%s%u=%.10g\n", name, k,
                             bit_level(pin, code, k, supply_v));
  for (size_t i = 0; branch && i < cell->n_pin && used < n; i++)
    if (cell->pin[i].role == MS_ROLE_COARSE)
      used += (size_t)snprintf(text + used, n - used, "alter i_%s=%.10g\n", cell->pin[i].name,
                               coarse_current(&x, code));
  return used < n ? 0 : ms_fail(err, MS_ERANGE, "%s: pin '%s' has too many bits", cell->file, name);
}
