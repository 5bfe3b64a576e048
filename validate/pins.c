/* SPDX-License-Identifier: Apache-2.0 */
/* Measures on a cell's pins: operating points, sweeps, transients and noise in ngspice. */
#include "bench.h"

#include "engine/ngspice/engine.h"
#include "models/load.h"
#include "netlist/pins.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t index_of(const ms_bench *b, const ms_measure *m) {
  return (size_t)(m - b->setup.cell->measure);
}

/* The circuit as ngspice expands it. The sources' waveforms are left out, as they are no devices.
 */
static int list_circuit(ms_bench *b, const ms_measure *m, ms_error *err) {
  ms_measure plain = *m;
  if (m->kind != MS_MEASURE_DC)
    plain.kind = MS_MEASURE_STATIC_POWER;
  ms_deck *deck = NULL;
  const char *listing;
  int rc = ms_deck_pins(b->setup.core, b->setup.cell, &b->pvt, NULL, &plain, &deck, err);
  rc = rc ? rc : ms_service_deck(b->service, deck, err);
  ms_deck_destroy(deck);
  rc = rc ? rc : ms_service_command(b->service, "listing expand", &listing, err);
  return rc ? rc
            : ms_circuit_parse(listing, b->setup.core->process, &b->circuit[index_of(b, m)], err);
}

/* Loads the measure's deck and puts the die on it. */
static int load_once(ms_bench *b, const ms_measure *m, ms_error *err) {
  const ms_core *core = b->setup.core;
  int rc = 0;
  if (b->service && !ms_service_alive(b->service)) {
    ms_service_destroy(b->service);
    b->service = NULL;
  }
  if (!b->service)
    rc = ms_service_create(b->setup.worker_path, 0, &b->service, err);
  if (!rc && !b->circuit[index_of(b, m)])
    rc = list_circuit(b, m, err);
  ms_deck *deck = NULL;
  rc = rc ? rc : ms_deck_pins(core, b->setup.cell, &b->pvt, &b->die, m, &deck, err);
  rc = rc ? rc : ms_service_deck(b->service, deck, err);
  ms_deck_destroy(deck);
  if (rc)
    return rc;
  ms_text text = {0};
  ms_text_add_shifts(&text, b->circuit[index_of(b, m)], core->process, &b->die, &b->pvt,
                     ms_pins_draw_prefix(b->setup.cell));
  for (size_t i = 0; i < core->n_bias; i++)
    if (core->bias[i].cell == b->setup.cell)
      ms_text_add(&text, "alter vb%zu=%.15g\n", i, b->bias_v[i]);
  rc = text.bad ? ms_fail(err, MS_ENOMEM, "no memory for a bench")
                : ms_service_command(b->service, text.data ? text.data : "", NULL, err);
  ms_text_free(&text);
  return rc;
}

/* The values of a vector, copied. */
static int fetch(ms_bench *b, const char *name, double **out, size_t *n, ms_error *err) {
  const double *v;
  int rc = ms_service_vector(b->service, name, &v, n, err);
  *out = rc ? NULL : malloc(*n * sizeof **out);
  if (!rc && !*out)
    rc = ms_fail(err, MS_ENOMEM, "no memory for a waveform");
  if (!rc)
    memcpy(*out, v, *n * sizeof **out);
  return rc;
}

static int command(ms_bench *b, ms_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int command(ms_bench *b, ms_error *err, const char *format, ...) {
  char text[4096];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return ms_service_command(b->service, text, NULL, err);
}

static int read_one(ms_bench *b, const char *vector, double *value, ms_error *err) {
  const double *v;
  size_t n;
  int rc = ms_service_vector(b->service, vector, &v, &n, err);
  if (!rc)
    *value = v[n - 1];
  return rc;
}

/* The supply's source: "vdd", or what the measure put in its place. */
static int supply_source(const ms_bench *b, const ms_measure *m, char *source, ms_error *err) {
  const ms_cell *cell = b->setup.cell;
  for (size_t i = 0; i < cell->n_pin; i++)
    if (cell->pin[i].role == MS_ROLE_SUPPLY)
      return ms_pins_source(b->setup.core, cell, m, cell->pin[i].name, source, err);
  return ms_fail(err, MS_EINVAL, "%s:%d: the cell has no supply pin", cell->file, m->line);
}

static int take_power(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  char source[MS_PIN_TEXT], vector[MS_PIN_TEXT + 8];
  int rc = supply_source(b, m, source, err);
  rc = rc ? rc : command(b, err, "op");
  snprintf(vector, sizeof vector, "i(%s)", source);
  rc = rc ? rc : read_one(b, vector, value, err);
  *value *= -ms_ngspice_supply(b->setup.core, &b->pvt);
  return rc;
}

static int take_dc(ms_bench *b, const ms_measure *m, const char *vector, double *value,
                   ms_error *err) {
  char source[MS_PIN_TEXT];
  double step = (m->sweep_to - m->sweep_from) / (double)(m->sweep_points - 1), *y = NULL;
  size_t n = 0;
  int rc = ms_pins_source(b->setup.core, b->setup.cell, m, m->sweep_pin, source, err);
  /* Half a step more, so that rounding does not cost the last point. */
  rc = rc ? rc
          : command(b, err, "dc %s %.12g %.12g %.12g", source, m->sweep_from,
                    m->sweep_to + 0.5 * step, step);
  rc = rc ? rc : fetch(b, vector, &y, &n, err);
  if (!rc && n < m->sweep_points)
    rc = ms_fail(err, MS_ESIM, "ngspice gave %zu of %zu points of the sweep", n, m->sweep_points);
  double *x = calloc(m->sweep_points, sizeof *x);
  if (!rc && !x)
    rc = ms_fail(err, MS_ENOMEM, "no memory for a curve");
  for (size_t i = 0; i < m->sweep_points && !rc; i++) {
    x[i] = ms_bench_curve_x(&b->setup, m, i);
    value[1 + i] = y[i];
  }
  if (!rc)
    *value = ms_xy_result(&(ms_xy){x, y, m->sweep_points}, m->result, m->value[MS_KEY_LEVEL]);
  free(x);
  free(y);
  return rc;
}

static int take_codes(ms_bench *b, const ms_measure *m, const char *vector, double *value,
                      ms_error *err) {
  size_t n = ms_bench_curve_size(&b->setup, m);
  double *x = calloc(n, sizeof *x), vdd = ms_ngspice_supply(b->setup.core, &b->pvt);
  int rc = x ? 0 : ms_fail(err, MS_ENOMEM, "no memory for a curve");
  for (size_t i = 0; i < n && !rc; i++) {
    char text[2000];
    x[i] = ms_bench_curve_x(&b->setup, m, i);
    rc = ms_pins_code(b->setup.core, b->setup.cell, m->sweep_pin, (unsigned)x[i], vdd, text,
                      sizeof text, err);
    rc = rc ? rc : command(b, err, "%sdestroy all\nop", text);
    rc = rc ? rc : read_one(b, vector, &value[1 + i], err);
  }
  if (!rc)
    *value = ms_xy_result(&(ms_xy){x, value + 1, n}, m->result, NAN);
  free(x);
  return rc;
}

/* Where the first pulse of the drives begins, or the start of what is looked at. */
static double first_edge(const ms_measure *m, double start) {
  double first = INFINITY;
  for (size_t i = 0; i < m->n_drive; i++)
    if (m->drive[i].width_s > 0 && m->drive[i].delay_s >= start)
      first = fmin(first, m->drive[i].delay_s);
  return first < INFINITY ? first : start;
}

/* Keeps what the measure reads and, beside it, the voltages of all pins and inner nodes. */
static int keep_transient(ms_bench *b, const ms_measure *m, const char *vector, const ms_xy *all,
                          ms_error *err) {
  const ms_cell *cell = b->setup.cell;
  const ms_core_impl *impl = ms_core_get_impl(b->setup.core);
  ms_bench_wave w = {.measured = true,
                     .n = all->n,
                     .t_s = (double *)(size_t)all->x,
                     .y = (double *)(size_t)all->y};
  snprintf(w.run, sizeof w.run, "%s", m->name);
  if (m->read == 'v')
    snprintf(w.name, sizeof w.name, "%.60s", m->read_name);
  else if (m->read == 'd')
    snprintf(w.name, sizeof w.name, "%s(%.50s)", m->read_what, m->read_name);
  else
    snprintf(w.name, sizeof w.name, "%.60s", vector);
  snprintf(w.unit, sizeof w.unit, "%s", m->read_unit);
  int rc = ms_bench_add_wave(b, &w, err);
  const ms_cell_text *text = NULL;
  for (size_t i = 0; i < impl->n_cell; i++)
    if (&impl->cell[i]->cell == cell)
      text = impl->cell[i]->text;
  for (size_t i = 0; text && i < text->n_port + text->n_node && !rc; i++) {
    char of_node[MS_PIN_TEXT];
    const char *node = i < text->n_port ? text->port[i] : text->node[i - text->n_port];
    ms_measure at = *m;
    at.read = 'v';
    at.read_name = (char *)(size_t)node;
    if (m->read == 'v' && !strcmp(node, m->read_name))
      continue;
    double *y = NULL;
    size_t n = 0;
    /* The pins of a bus are sources of their own and no node of that name. */
    if (!ms_pins_vector(b->setup.core, cell, &at, of_node, NULL) &&
        !fetch(b, of_node, &y, &n, NULL) && n == all->n) {
      w.measured = false;
      w.y = y;
      snprintf(w.name, sizeof w.name, "%.60s", node);
      snprintf(w.unit, sizeof w.unit, "V");
      rc = ms_bench_add_wave(b, &w, err);
    }
    free(y);
  }
  return rc;
}

static int take_transient(ms_bench *b, const ms_measure *m, const char *vector, double *value,
                          ms_error *err) {
  double window = m->value[MS_KEY_WINDOW], *t = NULL, *y = NULL;
  double start = isnan(m->value[MS_KEY_START]) ? 0 : m->value[MS_KEY_START];
  size_t n = 0, n_y = 0;
  char source[MS_PIN_TEXT], supply[MS_PIN_TEXT + 8];
  bool energy = m->result == MS_RESULT_ENERGY;
  int rc = energy ? supply_source(b, m, source, err) : 0;
  if (energy)
    snprintf(supply, sizeof supply, "i(%s)", source);
  rc = rc ? rc : command(b, err, "tran %.10g %.10g 0 %.10g", window / 1000, window, window / 400);
  rc = rc ? rc : fetch(b, "time", &t, &n, err);
  rc = rc ? rc : fetch(b, energy ? supply : vector, &y, &n_y, err);
  if (!rc && n == n_y) {
    ms_xy all = {t, y, n};
    if (b->keep_waves)
      rc = keep_transient(b, m,
                          energy           ? supply
                          : m->read == 'v' ? m->read_name
                                           : vector,
                          &all, err);
    if (m->result == MS_RESULT_DELAY)
      start = first_edge(m, start);
    ms_xy part = ms_xy_after(&all, start);
    double level = m->value[MS_KEY_LEVEL];
    if (m->result == MS_RESULT_DELAY && isnan(level))
      level = 0.5 * (ms_xy_max(&part) + ms_xy_min(&part));
    *value = energy ? -ms_ngspice_supply(b->setup.core, &b->pvt) * ms_xy_integral(&part)
                    : ms_xy_result(&part, m->result, level);
  }
  free(t);
  free(y);
  return rc;
}

static int take_noise(ms_bench *b, const ms_measure *m, const char *vector, double *value,
                      ms_error *err) {
  char source[MS_PIN_TEXT];
  if (*vector != 'v')
    return ms_fail(err, MS_EINVAL, "%s:%d: noise reads a voltage: v(NODE)", b->setup.cell->file,
                   m->line);
  int rc = ms_pins_source(b->setup.core, b->setup.cell, m, m->sweep_pin, source, err);
  rc = rc ? rc
          : command(b, err, "noise %s %s dec 20 %.10g %.10g", vector, source, m->value[MS_KEY_FROM],
                    m->value[MS_KEY_TO]);
  return rc ? rc : read_one(b, "onoise_total", value, err);
}

/* The vector of what a measure reads; of a transistor inside it must be asked for before the run.
 */
static int find_vector(ms_bench *b, const ms_measure *m, char vector[MS_PIN_TEXT], ms_error *err) {
  *vector = 0;
  if (!m->read)
    return 0;
  if (m->read != 'd')
    return ms_pins_vector(b->setup.core, b->setup.cell, m, vector, err);
  const ms_circuit *circuit = b->circuit[index_of(b, m)];
  for (size_t i = 0; i < circuit->n_element; i++) {
    const ms_element *x = &circuit->element[i];
    const char *dot = strchr(x->path, '.');
    if (x->kind != 'm' || !dot || strcmp(dot + 1, m->read_name) != 0)
      continue;
    snprintf(vector, MS_PIN_TEXT, "@%.120s[%s]", x->name, m->read_what);
    return command(b, err, "save all %s", vector);
  }
  return ms_fail(err, MS_EMISSING, "%s:%d: the cell has no transistor '%s'", b->setup.cell->file,
                 m->line, m->read_name);
}

static int take_once(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  char vector[MS_PIN_TEXT];
  *value = NAN;
  int rc = load_once(b, m, err);
  rc = rc ? rc : find_vector(b, m, vector, err);
  if (rc)
    return rc;
  switch (m->kind) {
  case MS_MEASURE_STATIC_POWER:
    rc = take_power(b, m, value, err);
    break;
  case MS_MEASURE_DC:
    rc = take_dc(b, m, vector, value, err);
    break;
  case MS_MEASURE_CODES:
    rc = take_codes(b, m, vector, value, err);
    break;
  case MS_MEASURE_TRANSIENT:
    rc = take_transient(b, m, vector, value, err);
    break;
  default:
    rc = take_noise(b, m, vector, value, err);
  }
  ms_error ignored;
  if (!rc)
    rc = command(b, err, "destroy all");
  else if (ms_service_alive(b->service))
    command(b, &ignored, "destroy all");
  return rc;
}

/* A worker that is lost costs its own try. */
int ms_take_pins(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  int rc = 0;
  for (int i = 0; i < 3; i++) {
    rc = take_once(b, m, value, err);
    if (rc != MS_ECRASH && rc != MS_ETIMEOUT && rc != MS_EIO)
      return rc;
  }
  return rc;
}
