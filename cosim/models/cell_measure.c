/* SPDX-License-Identifier: Apache-2.0 */
/* Cell manifest: what `validate` measures, and what the cell must hold. */
#include "models/cell_measure.h"

#include "yaml/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_word[] = {
#define MS_X(name, word) word,
    MS_MEASURE_KINDS(MS_X)
#undef MS_X
        NULL};
static const char *const result_word[] = {
#define MS_X(name, word) word,
    MS_RESULTS(MS_X)
#undef MS_X
        NULL};

const char *ms_measure_word(ms_measure_kind kind) {
  return kind_word[kind];
}

const char *ms_result_word(ms_result_kind result) {
  return result_word[result];
}

static const struct {
  const char *word, *unit;
  double min, max;
} key_info[MS_N_KEY] = {
    [MS_KEY_CURRENT] = {"current", "A", 0, 1e-3}, [MS_KEY_LOW] = {"low", "A", 1e-15, 1e-3},
    [MS_KEY_HIGH] = {"high", "A", 1e-15, 1e-3},   [MS_KEY_WINDOW] = {"window", "s", 1e-9, 100},
    [MS_KEY_LEVEL] = {"level", NULL, -20, 20},    [MS_KEY_CODE] = {"code", "1", 0, 255},
    [MS_KEY_PULSES] = {"pulses", "1", 1, 1000},   [MS_KEY_INTERVAL] = {"interval", "s", 1e-9, 10},
    [MS_KEY_START] = {"start", "s", 0, 100},      [MS_KEY_FROM] = {"from", "Hz", 1e-6, 1e12},
    [MS_KEY_TO] = {"to", "Hz", 1e-6, 1e12},
};

#define K(key) (1u << MS_KEY_##key)
#define R(result) (1u << MS_RESULT_##result)
enum { SOMA = 1u << MS_CELL_SOMA, SYNAPSE = 1u << MS_CELL_SYNAPSE, ANY = 0xffu };

/* What each kind needs: cells it is for, unit of its value (NULL: depends), keys it must and may
 * have, results one of which it must take. */
static const struct {
  unsigned cells;
  const char *unit;
  unsigned needed, optional, results;
  bool list, sweep, pins;
} kind_info[MS_N_MEASURE_KIND] = {
    [MS_MEASURE_SPIKE_RATE] = {SOMA, "Hz", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_FI_CURVE] = {SOMA, NULL, K(WINDOW), 0, R(GAIN) | R(LINEARITY) | R(MAX), true, false,
                             false},
    [MS_MEASURE_RHEOBASE] = {SOMA, "A", K(LOW) | K(HIGH) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_REFRACTORY] = {SOMA, "s", K(CURRENT) | K(WINDOW), K(LEVEL), 0, false, false, false},
    [MS_MEASURE_FIRST_SPIKE] = {SOMA, "s", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_SPIKE_AMPLITUDE] = {SOMA, "V", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_SPIKE_WIDTH] = {SOMA, "s", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_REQUEST_WIDTH] = {SOMA, "s", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_ACK_RELEASE] = {SOMA, "s", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_SPIKE_ENERGY] = {SOMA, "J", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_LATCH_UP] = {SOMA, "1", K(CURRENT) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_FALSE_SPIKES] = {SOMA, "1", K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_EPSC_PEAK] = {SYNAPSE, "A", K(CODE) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_EPSC_RISE] = {SYNAPSE, "s", K(CODE) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_EPSC_DECAY] = {SYNAPSE, "s", K(CODE) | K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_CODE_RESPONSE] = {SYNAPSE, NULL, K(WINDOW), 0,
                                  R(GAIN) | R(LINEARITY) | R(INL) | R(DNL) | R(MONOTONIC), true,
                                  false, false},
    [MS_MEASURE_PAIRED_PULSE] = {SYNAPSE, "1", K(CODE) | K(WINDOW) | K(INTERVAL), 0, 0, false,
                                 false, false},
    [MS_MEASURE_EVENT_ENERGY] = {SYNAPSE, "J", K(CODE) | K(INTERVAL) | K(PULSES), 0, 0, false,
                                 false, false},
    [MS_MEASURE_LEAKAGE] = {SYNAPSE, "A", K(WINDOW), 0, 0, false, false, false},
    [MS_MEASURE_STATIC_POWER] = {ANY, "W", 0, 0, 0, false, false, true},
    [MS_MEASURE_DC] = {ANY, NULL, 0, K(LEVEL),
                       R(MAX) | R(MIN) | R(MEAN) | R(FINAL) | R(GAIN) | R(LINEARITY) | R(CROSSING),
                       false, true, true},
    [MS_MEASURE_CODES] = {ANY, NULL, 0, 0,
                          R(GAIN) | R(LINEARITY) | R(INL) | R(DNL) | R(MONOTONIC) | R(MAX) |
                              R(MIN) | R(ZERO) | R(FULL_SCALE),
                          true, false, true},
    [MS_MEASURE_TRANSIENT] = {ANY, NULL, K(WINDOW), K(LEVEL) | K(START),
                              R(MAX) | R(MIN) | R(MEAN) | R(RMS) | R(FINAL) | R(AMPLITUDE) |
                                  R(RISE_TIME) | R(FALL_TIME) | R(TAU_RISE) | R(TAU_FALL) |
                                  R(WIDTH) | R(DELAY) | R(FREQUENCY) | R(COUNT) | R(JITTER) |
                                  R(ENERGY),
                              false, false, true},
    [MS_MEASURE_NOISE] = {ANY, NULL, K(FROM) | K(TO), 0, 0, false, false, true},
};

static const char *cell_noun(unsigned cells) {
  return cells == SOMA ? "somas" : "synapses";
}

/* The unit that a result has, given what is read and, for a gain, what is swept. */
static const char *result_unit(const ms_measure *m, char *buf, size_t n) {
  const char *read = m->read_unit;
  switch (m->result) {
  case MS_RESULT_RISE_TIME:
  case MS_RESULT_FALL_TIME:
  case MS_RESULT_TAU_RISE:
  case MS_RESULT_TAU_FALL:
  case MS_RESULT_WIDTH:
  case MS_RESULT_DELAY:
    return "s";
  case MS_RESULT_FREQUENCY:
    return "Hz";
  case MS_RESULT_ENERGY:
    return "J";
  case MS_RESULT_COUNT:
  case MS_RESULT_JITTER:
  case MS_RESULT_LINEARITY:
  case MS_RESULT_INL:
  case MS_RESULT_DNL:
  case MS_RESULT_MONOTONIC:
    return "1";
  case MS_RESULT_CROSSING:
    return m->sweep_current ? "A" : "V";
  case MS_RESULT_GAIN:
    if (m->kind == MS_MEASURE_FI_CURVE)
      return "Hz/A";
    if (m->kind == MS_MEASURE_CODE_RESPONSE)
      return "A";
    if (m->kind == MS_MEASURE_CODES)
      return read;
    snprintf(buf, n, "%s/%s", read, m->sweep_current ? "A" : "V");
    return !strcmp(buf, "V/V") || !strcmp(buf, "A/A") ? "1" : buf;
  default:
    return m->kind == MS_MEASURE_FI_CURVE ? "Hz" : read;
  }
}

static void read_result(ms_yaml_node *node, ms_measure *m) {
  unsigned allowed = kind_info[m->kind].results;
  if (!allowed)
    return;
  const char *word[MS_N_RESULT_KIND + 1] = {NULL};
  ms_result_kind of[MS_N_RESULT_KIND];
  size_t n = 0;
  for (int i = 0; i < MS_N_RESULT_KIND; i++)
    if (allowed >> i & 1) {
      of[n] = (ms_result_kind)i;
      word[n++] = result_word[i];
    }
  m->result = of[ms_yaml_choice(node, "result", word)];
}

static void read_keys(ms_yaml_node *node, ms_measure *m) {
  for (int k = 0; k < MS_N_KEY; k++) {
    m->value[k] = NAN;
    bool needed = kind_info[m->kind].needed >> k & 1;
    if (!needed &&
        !((kind_info[m->kind].optional >> k & 1) && ms_yaml_find(node, key_info[k].word)))
      continue;
    const char *unit = key_info[k].unit ? key_info[k].unit : m->read_unit;
    m->value[k] = ms_yaml_quantity(node, key_info[k].word, unit, key_info[k].min, key_info[k].max);
  }
  double from = m->value[MS_KEY_FROM], to = m->value[MS_KEY_TO];
  double low = m->value[MS_KEY_LOW], high = m->value[MS_KEY_HIGH];
  if (from >= to || low >= high)
    ms_yaml_fail(node, MS_ERANGE, "%s must be less than %s", from >= to ? "from" : "low",
                 from >= to ? "to" : "high");
}

static int read_list(ms_cell_reader *r, ms_yaml_node *node, ms_measure *m) {
  bool currents = m->kind == MS_MEASURE_FI_CURVE;
  const char *key = currents ? "currents" : "codes";
  if (!currents && !ms_yaml_find(node, key))
    return 0; /* all codes */
  ms_yaml_node *list = ms_yaml_list(node, key, currents ? 3 : 2, 64);
  m->list = calloc(ms_yaml_count(list) + 1, sizeof *m->list);
  if (!m->list)
    return ms_fail(r->loader->err, MS_ENOMEM, "out of memory");
  for (size_t i = 0; i < ms_yaml_count(list); i++) {
    ms_yaml_node *item = ms_yaml_item(list, i);
    m->list[m->n_list++] = currents ? ms_yaml_quantity(item, NULL, "A", 0, 1e-3)
                                    : (double)ms_yaml_int(item, NULL, 0, 65535);
    if (i && m->list[i] <= m->list[i - 1])
      ms_yaml_fail(item, MS_ERANGE, "%s must rise", key);
  }
  return 0;
}

static int read_measure(ms_cell_reader *r, ms_yaml_node *node, ms_measure *m) {
  static const char *const sets[] = {"accelerated", "biological", NULL};
  m->line = ms_yaml_line(node);
  m->read_unit = "V";
  int rc = ms_load_copy(r->loader, &m->name, ms_yaml_name(node, "name"));
  if (!rc)
    rc = ms_load_copy(r->loader, &m->description, ms_yaml_string_or(node, "description", ""));
  if (rc)
    return rc;
  m->kind = (ms_measure_kind)ms_yaml_choice(node, "kind", kind_word);
  m->set = ms_yaml_choice_or(node, "set", sets, MS_SET_ACCELERATED);
  unsigned cells = kind_info[m->kind].cells;
  if (!(cells >> r->cc->cell.kind & 1))
    ms_yaml_fail(node, MS_EPARSE, "kind %s is for %s, this is a cell of kind %s",
                 kind_word[m->kind], cell_noun(cells), ms_cell_kind_name[r->cc->cell.kind]);
  read_result(node, m);
  if (kind_info[m->kind].pins)
    rc = ms_cell_read_bench(r, node, m);
  read_keys(node, m);
  if (!rc && kind_info[m->kind].list)
    rc = read_list(r, node, m);
  if (m->result == MS_RESULT_CROSSING && isnan(m->value[MS_KEY_LEVEL]))
    ms_yaml_fail(node, MS_EPARSE, "result crossing needs the key 'level'");
  char buf[16];
  const char *unit = kind_info[m->kind].unit;
  snprintf(m->unit, sizeof m->unit, "%s", unit ? unit : result_unit(m, buf, sizeof buf));
  return rc;
}

static double limit(ms_yaml_node *node, const char *key, const ms_measure *m) {
  return ms_yaml_find(node, key) ? ms_yaml_quantity(node, key, m->unit, -INFINITY, INFINITY) : NAN;
}

static void check_unit(ms_yaml_node *node, const ms_measure *m) {
  char text[80];
  double value;
  const char *unit = ms_yaml_string_or(node, "unit", "");
  snprintf(text, sizeof text, "1 %.60s", unit);
  if (*unit && ms_quantity_parse(text, m->unit, &value))
    ms_yaml_fail(ms_yaml_find(node, "unit"), MS_EUNIT,
                 "'%.40s' is not a unit of measure '%s', which is given in %s", unit, m->name,
                 m->unit);
}

static int read_spec(ms_cell_reader *r, ms_yaml_node *node, ms_spec *s) {
  ms_cell *cell = &r->cc->cell;
  const char *name = ms_yaml_name(node, "measure");
  s->line = ms_yaml_line(node);
  int rc = ms_load_copy(r->loader, &s->name, ms_yaml_string_or(node, "name", name));
  s->min = s->typ = s->max = NAN;
  const char *known[100];
  size_t n = 0;
  for (size_t i = 0; i < cell->n_measure; i++) {
    if (n < 100)
      known[n++] = cell->measure[i].name;
    if (strcmp(cell->measure[i].name, name) != 0)
      continue;
    const ms_measure *m = &cell->measure[i];
    s->measure = i;
    s->min = limit(node, "min", m);
    s->typ = limit(node, "typ", m);
    s->max = limit(node, "max", m);
    check_unit(node, m);
    if (!ms_yaml_find(node, "min") && !ms_yaml_find(node, "max"))
      ms_yaml_fail(node, MS_EPARSE, "a spec needs min or max");
    if (s->min > s->max || s->typ < s->min || s->typ > s->max)
      ms_yaml_fail(node, MS_ERANGE, "must be ordered: min <= typ <= max");
    s->yield = ms_yaml_quantity_or(node, "yield", "1", 0.99, 0, 1);
    ms_yaml_string_or(node, "description", "");
    return rc;
  }
  const char *near = ms_nearest_word(name, known, n);
  ms_yaml_fail(node, MS_EPARSE, "measure '%s' is not listed in 'measures'%s%s%s", name,
               near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
  return rc;
}

static int read_conditions(ms_cell_reader *r) {
  ms_conditions *c = &r->cc->cell.conditions;
  if (!ms_yaml_find(r->root, "conditions"))
    return 0;
  ms_yaml_node *map = ms_yaml_map(r->root, "conditions");
  static const char *const key[] = {"corners", "temperatures", "supplies"};
  for (int k = 0; k < 3; k++) {
    if (!ms_yaml_find(map, key[k]))
      continue;
    ms_yaml_node *list = ms_yaml_list(map, key[k], 1, 16);
    size_t n = ms_yaml_count(list);
    void *block = calloc(n + 1, sizeof(double) > sizeof(char *) ? sizeof(double) : sizeof(char *));
    if (!block)
      return ms_fail(r->loader->err, MS_ENOMEM, "out of memory");
    if (k == 0)
      c->corner = block;
    else
      *(k == 1 ? &c->temp_c : &c->supply_v) = block;
    for (size_t i = 0; i < n; i++) {
      ms_yaml_node *item = ms_yaml_item(list, i);
      if (k == 1)
        c->temp_c[c->n_temp++] = ms_yaml_quantity(item, NULL, "C", -150, 300);
      else if (k == 2)
        c->supply_v[c->n_supply++] = ms_yaml_quantity(item, NULL, "V", 0.1, 20);
      else if (ms_load_copy(r->loader, &c->corner[c->n_corner], ms_yaml_name(item, NULL)))
        return MS_ENOMEM;
      else
        c->n_corner++;
    }
  }
  return 0;
}

static int read_fixed(ms_cell_reader *r) {
  ms_cell *cell = &r->cc->cell;
  if (!ms_yaml_find(r->root, "fixed"))
    return 0;
  ms_yaml_node *list = ms_yaml_list(r->root, "fixed", 0, 200);
  cell->fixed = calloc(ms_yaml_count(list) + 1, sizeof *cell->fixed);
  int rc = cell->fixed ? 0 : ms_fail(r->loader->err, MS_ENOMEM, "out of memory");
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++) {
    rc = ms_cell_copy_lower(r, &cell->fixed[i], ms_yaml_string(ms_yaml_item(list, i), NULL));
    cell->n_fixed += !rc;
  }
  return rc;
}

int ms_cell_read_measures(ms_cell_reader *r) {
  ms_cell *cell = &r->cc->cell;
  ms_yaml_node *list =
      ms_yaml_find(r->root, "measures") ? ms_yaml_list(r->root, "measures", 0, 100) : NULL;
  ms_yaml_node *specs =
      ms_yaml_find(r->root, "specs") ? ms_yaml_list(r->root, "specs", 0, 100) : NULL;
  cell->measure = calloc(ms_yaml_count(list) + 1, sizeof *cell->measure);
  cell->spec = calloc(ms_yaml_count(specs) + 1, sizeof *cell->spec);
  if (!cell->measure || !cell->spec)
    return ms_fail(r->loader->err, MS_ENOMEM, "out of memory");
  int rc = 0;
  for (size_t i = 0; i < ms_yaml_count(list) && !rc; i++) {
    ms_measure *m = &cell->measure[cell->n_measure++];
    rc = read_measure(r, ms_yaml_item(list, i), m);
    for (size_t j = 0; j < i && !rc; j++)
      if (!strcmp(cell->measure[j].name, m->name))
        ms_yaml_fail(ms_yaml_item(list, i), MS_EPARSE,
                     "measure '%s' is listed twice, first in line %d", m->name,
                     cell->measure[j].line);
  }
  for (size_t i = 0; i < ms_yaml_count(specs) && !rc; i++)
    rc = read_spec(r, ms_yaml_item(specs, i), &cell->spec[cell->n_spec++]);
  if (!rc)
    rc = read_conditions(r);
  return rc ? rc : read_fixed(r);
}

void ms_cell_clear_measures(ms_cell *cell) {
  for (size_t i = 0; i < cell->n_measure; i++) {
    ms_measure *m = &cell->measure[i];
    for (size_t k = 0; k < m->n_drive; k++) {
      free(m->drive[k].pin);
      free(m->drive[k].to);
    }
    void *const block[] = {m->name, m->description, m->list, m->sweep_pin, m->read_name, m->drive};
    for (size_t k = 0; k < sizeof block / sizeof *block; k++)
      free(block[k]);
  }
  for (size_t i = 0; i < cell->n_spec; i++)
    free(cell->spec[i].name);
  for (size_t i = 0; i < cell->conditions.n_corner; i++)
    free(cell->conditions.corner[i]);
  for (size_t i = 0; i < cell->n_fixed; i++)
    free(cell->fixed[i]);
  void *const block[] = {cell->measure,
                         cell->spec,
                         cell->fixed,
                         cell->conditions.corner,
                         cell->conditions.temp_c,
                         cell->conditions.supply_v};
  for (size_t k = 0; k < sizeof block / sizeof *block; k++)
    free(block[k]);
}
