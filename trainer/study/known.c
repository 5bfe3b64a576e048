/* SPDX-License-Identifier: Apache-2.0 */
/* What a study knows: measured items, trained networks, fitted models. Each is a line of text with
 * hexadecimal floating point that ends in a full stop, in state.txt as well as between processes.
 */
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const WORD[MS_STUDY_KINDS] = {"fit", "fit_here", "network", "item", "confirm"};

enum {
  ITEM_VALUES = (sizeof(ms_study_item) - offsetof(ms_study_item, accuracy)) / sizeof(double),
  CONFIRM_VALUES =
      (sizeof(ms_study_confirmation) - offsetof(ms_study_confirmation, samples)) / sizeof(double),
  SHAPE = 6,
  /* A model's own numbers and those of a row stand side by side. */
  MODEL_VALUES = offsetof(ms_neuron_model, n_row) / sizeof(double),
  ROW_VALUES = (sizeof(ms_row_model) - offsetof(ms_row_model, tau_s)) / sizeof(double),
};

int ms_study_known_create(const ms_study *study, const ms_study_report *report,
                          ms_study_known **out, ms_error *err) {
  ms_study_known *k = *out = calloc(1, sizeof *k);
  size_t n = study->n_item;
  if (k) {
    *k = (ms_study_known){
        .study = study, .item = report->item, .confirmation = report->confirmation};
    k->network = calloc(n, sizeof *k->network);
    k->codes = calloc(n, sizeof *k->codes);
    k->model[0] = calloc(n, sizeof **k->model);
    k->model[1] = calloc(n, sizeof **k->model);
    k->met = calloc(n, sizeof *k->met);
    k->stop = calloc(n, sizeof *k->stop);
    if (k->network && k->codes && k->model[0] && k->model[1] && k->met && k->stop)
      return MS_OK;
  }
  ms_study_known_destroy(k);
  *out = NULL;
  return ms_fail(err, MS_ENOMEM, "no memory for %zu items", n);
}

void ms_study_known_destroy(ms_study_known *k) {
  if (!k)
    return;
  for (size_t i = 0; i < k->study->n_item; i++) {
    if (k->network) {
      ms_network_destroy(k->network[i].network);
      ms_study_curve_clear(&k->network[i].curve);
    }
    for (int kind = 0; kind < 2; kind++)
      if (k->model[kind])
        free(k->model[kind][i]);
    if (k->codes)
      free(k->codes[i].code);
  }
  free(k->network);
  free(k->codes);
  free(k->model[0]);
  free(k->model[1]);
  free(k->met);
  free(k->stop);
  free(k);
}

int ms_study_knows(const ms_study_known *k, const ms_study_job *job) {
  switch (job->kind) {
  case MS_STUDY_TRAIN:
    return k->network[job->number].network != NULL;
  case MS_STUDY_MEASURE:
    return k->item[job->number].done;
  case MS_STUDY_CONFIRM:
    return k->confirmation[job->number].done;
  default:
    return k->model[job->kind][job->number] != NULL;
  }
}

/* ---- when a cell's mean is known ---- */

static size_t cell_of(const ms_study *s, size_t number, size_t *die) {
  ms_study_place p = ms_study_place_of(s, number);
  *die = p.die;
  p.die = 0;
  return ms_study_index(s, &p);
}

/* Whether the first dies of a cell are enough. */
static int enough(const ms_study_known *k, size_t cell, size_t n_die) {
  const ms_study *s = k->study;
  ms_study_place p = ms_study_place_of(s, cell);
  double *value = calloc(n_die + 1, sizeof *value);
  size_t n = 0;
  for (size_t d = 0; value && d < n_die; d++) {
    p.die = d;
    double accuracy = k->item[ms_study_index(s, &p)].accuracy;
    if (isfinite(accuracy))
      value[n++] = accuracy;
  }
  double half = ms_mean_half_width(value, n, s->confidence);
  free(value);
  return half <= s->half_width;
}

void ms_study_learn_item(ms_study_known *k, size_t number, const ms_study_item *item,
                         ms_study_codes codes) {
  const ms_study *s = k->study;
  k->item[number] = *item;
  free(k->codes[number].code);
  k->codes[number] = codes;
  size_t die, cell = cell_of(s, number, &die);
  ms_study_place p = ms_study_place_of(s, cell);
  for (size_t *met = &k->met[cell]; *met < s->base->n_held_out_die;) {
    p.die = *met;
    if (!k->item[ms_study_index(s, &p)].done)
      break;
    ++*met;
    if (s->half_width > 0 && !k->stop[cell] && *met >= s->minimum && enough(k, cell, *met))
      k->stop[cell] = *met;
  }
}

/* Whether an item is one of those that are to be confirmed. */
static int confirmable(const ms_study *s, size_t number) {
  ms_study_place p = ms_study_place_of(s, number);
  return p.die < s->confirm.n_die && s->confirm.method[p.method];
}

int ms_study_wanted(const ms_study_known *k, const ms_study_job *job) {
  size_t die, cell = cell_of(k->study, job->number, &die);
  if (job->kind == MS_STUDY_CONFIRM && !confirmable(k->study, job->number))
    return 0;
  if (k->stop[cell])
    return die < k->stop[cell];
  return !(k->study->half_width > 0) || die < k->study->minimum || die <= k->met[cell] ? 1 : -1;
}

/* ---- lines ---- */

static void put(FILE *out, const double *value, size_t n) {
  for (size_t i = 0; i < n; i++)
    fprintf(out, " %a", value[i]);
}

/* Reads n numbers; NULL where there are not as many. */
static const char *get(const char *at, double *value, size_t n) {
  for (size_t i = 0; at && i < n; i++) {
    char *end;
    value[i] = strtod(at, &end);
    at = end == at ? NULL : end;
  }
  return at;
}

/* A reason is the last thing of a line, and no line of its own. */
static void put_failure(FILE *out, const char *failure) {
  if (!failure[0])
    return;
  fputs(" !", out);
  for (; *failure; failure++)
    fputc((unsigned char)*failure < ' ' ? ' ' : *failure, out);
}

/* Lines from before reasons were kept, and of what did not fail, have none. */
static const char *get_failure(const char *at, char failure[MS_STUDY_FAILURE]) {
  const char *end = at ? strstr(at, " .\n") : NULL;
  if (!end || strncmp(at, " !", 2) != 0)
    return at;
  for (const char *more = end; (more = strstr(more + 1, " .\n")) != NULL;)
    end = more;
  snprintf(failure, MS_STUDY_FAILURE, "%.*s", (int)(end - at - 2), at + 2);
  return end;
}

static void tell_network(const ms_study_network *from, FILE *out) {
  const ms_network *n = from->network;
  const size_t inputs = (size_t)n->n_hidden * n->n_input * n->parallel;
  const size_t outputs = (size_t)n->n_class * n->per_class * n->n_hidden;
  fprintf(out, " %a %a %u %u %u %u %u %u", from->spent, from->own, n->n_input, n->n_hidden,
          n->n_class, n->per_class, n->parallel, n->dac_bits);
  for (size_t i = 0; i < inputs; i++)
    fprintf(out, " %d", n->in[i]);
  for (size_t i = 0; i < outputs; i++)
    fprintf(out, " %d", n->out[i]);
  fprintf(out, " %zu", from->curve.n);
  put(out, from->curve.samples, from->curve.n);
  put(out, from->curve.accuracy, from->curve.n);
  put(out, from->chain, MS_STUDY_CHAIN);
}

static const char *get_codes(const char *at, int16_t *code, size_t n) {
  for (size_t i = 0; at && i < n; i++) {
    double v;
    at = get(at, &v, 1);
    code[i] = (int16_t)(at ? v : 0);
  }
  return at;
}

static const char *get_chain(const char *at, double chain[MS_STUDY_CHAIN]) {
  for (int i = 0; i < MS_STUDY_CHAIN; i++)
    chain[i] = NAN;
  if (at && !strncmp(at, " .", 2)) /* a state from before chains' figures were kept */
    return at;
  return get(at, chain, MS_STUDY_CHAIN);
}

static const char *learn_curve(const char *at, ms_study_curve *to) {
  double n = 0;
  if (at && !strncmp(at, " .", 2)) /* a state from before curves were kept */
    return at;
  at = get(at, &n, 1);
  if (!at || !(n >= 0 && n <= 1e7) || ms_study_curve_create(to, (size_t)n, NULL))
    return NULL;
  at = get(at, to->samples, to->n);
  return get(at, to->accuracy, to->n);
}

static const char *learn_network(const char *at, size_t number, ms_study_network *to) {
  double spent[2];
  unsigned shape[SHAPE];
  at = get(at, spent, 2);
  for (int i = 0; at && i < SHAPE; i++) {
    double v;
    at = get(at, &v, 1);
    if (at && !(v >= 1 && v <= 1e6))
      at = NULL;
    shape[i] = at ? (unsigned)v : 0;
  }
  ms_network *n = NULL;
  if (!at ||
      ms_network_create(shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], &n, NULL))
    return NULL;
  at = get_codes(at, n->in, (size_t)n->n_hidden * n->n_input * n->parallel);
  at = get_codes(at, n->out, (size_t)n->n_class * n->per_class * n->n_hidden);
  ms_study_curve curve = {.item = number};
  at = learn_curve(at, &curve);
  double chain[MS_STUDY_CHAIN];
  at = get_chain(at, chain);
  if (at) {
    *to = (ms_study_network){n, spent[0], spent[1], curve, {chain[0], chain[1], chain[2]}};
  } else {
    ms_network_destroy(n);
    ms_study_curve_clear(&curve);
  }
  return at;
}

static void tell_model(const ms_neuron_model *m, FILE *out) {
  put(out, &m->tau_s, MODEL_VALUES);
  fprintf(out, " %u", m->n_row);
  for (unsigned i = 0; i < m->n_row; i++) {
    fprintf(out, " %d", m->row[i].sign);
    put(out, &m->row[i].tau_s, ROW_VALUES);
  }
}

static const char *learn_model(const char *at, ms_neuron_model **to) {
  ms_neuron_model *m = calloc(1, sizeof *m);
  double v = 0;
  at = m ? get(at, &m->tau_s, MODEL_VALUES) : NULL;
  at = get(at, &v, 1);
  if (!(v >= 1 && v <= MS_MAX_ROWS))
    at = NULL;
  for (unsigned i = 0; at && i < (unsigned)v; i++) {
    double sign = 0;
    at = get(at, &sign, 1);
    m->row[i].sign = (int)sign;
    at = get(at, &m->row[i].tau_s, ROW_VALUES);
  }
  if (at) {
    m->n_row = (unsigned)v;
    *to = m;
  } else {
    free(m);
  }
  return at;
}

void ms_study_tell(const ms_study_known *k, const ms_study_job *job, FILE *out) {
  fprintf(out, "%s %zu", WORD[job->kind], job->number);
  if (job->kind == MS_STUDY_MEASURE) {
    put(out, &k->item[job->number].accuracy, ITEM_VALUES);
    fprintf(out, " %zu", k->codes[job->number].n);
    for (size_t i = 0; i < k->codes[job->number].n; i++)
      fprintf(out, " %u", k->codes[job->number].code[i]);
    put_failure(out, k->item[job->number].failure);
  } else if (job->kind == MS_STUDY_CONFIRM) {
    fprintf(out, " %d", (int)k->study->confirm.analog);
    put(out, &k->confirmation[job->number].samples, CONFIRM_VALUES);
    put_failure(out, k->confirmation[job->number].failure);
  } else if (job->kind == MS_STUDY_TRAIN) {
    tell_network(&k->network[job->number], out);
  } else {
    tell_model(k->model[job->kind][job->number], out);
  }
  fputs(" .\n", out);
}

/* One of another engine or with another number of samples, from before the section `confirm` was
 * changed, is left where it is. */
static const char *learn_confirmation(ms_study_known *k, size_t number, const char *at) {
  ms_study_confirmation c = {.done = 1};
  const ms_study_confirm *wanted = &k->study->confirm;
  double analog = 0;
  at = get_failure(get(get(at, &analog, 1), &c.samples, CONFIRM_VALUES), c.failure);
  if (at && !strncmp(at, " .", 2) && wanted->n_die && (int)analog == (int)wanted->analog &&
      (size_t)c.samples == wanted->n_sample)
    k->confirmation[number] = c;
  return at;
}

/* What sets of neurons have for themselves, and the codes of a calibrated die. */
static const char *get_sets(const char *at, ms_study_item *item, ms_study_codes *codes) {
  double n = 0;
  if (at && (!strncmp(at, " .", 2) || !strncmp(at, " !", 2))) /* from before they were kept */
    return at;
  at = get(get(at, &item->own_bias_m2, MS_STUDY_SETS), &n, 1);
  if (!at || !(n >= 0 && n <= 1e7) || !(codes->code = calloc((size_t)n + 1, sizeof *codes->code)))
    return NULL;
  codes->n = (size_t)n;
  for (size_t i = 0; at && i < codes->n; i++) {
    double code = 0;
    at = get(at, &code, 1);
    codes->code[i] = (uint16_t)code;
  }
  return at;
}

static const char *learn_item(ms_study_known *k, size_t number, const char *at) {
  ms_study_item item = {.done = 1};
  double chain[MS_STUDY_CHAIN];
  at = get_chain(get(at, &item.accuracy, ITEM_VALUES - MS_STUDY_CHAIN - MS_STUDY_SETS), chain);
  item.acceptance = chain[0];
  item.autocorrelation = chain[1];
  item.chain_spread = chain[2];
  ms_study_codes codes = {0};
  at = get_failure(get_sets(at, &item, &codes), item.failure);
  if (at && !strncmp(at, " .", 2))
    ms_study_learn_item(k, number, &item, codes);
  else
    free(codes.code);
  return at;
}

static const char *learn_value(ms_study_known *k, const ms_study_job *job, const char *at) {
  switch (job->kind) {
  case MS_STUDY_TRAIN:
    return learn_network(at, job->number, &k->network[job->number]);
  case MS_STUDY_MEASURE:
    return learn_item(k, job->number, at);
  case MS_STUDY_CONFIRM:
    return learn_confirmation(k, job->number, at);
  default:
    return learn_model(at, &k->model[job->kind][job->number]);
  }
}

int ms_study_learn(ms_study_known *k, const char *line, ms_study_job *job, ms_error *err) {
  char *at = NULL;
  size_t kind = 0;
  for (; kind < MS_STUDY_KINDS; kind++) {
    size_t n = strlen(WORD[kind]);
    if (!strncmp(line, WORD[kind], n) && line[n] == ' ') {
      job->kind = (ms_study_kind)kind;
      job->number = strtoull(line + n, &at, 10);
      break;
    }
  }
  size_t n = strlen(line);
  if (!at || job->number >= k->study->n_item || n < 3 || strcmp(line + n - 3, " .\n") != 0)
    return ms_fail(err, MS_EPARSE, "a line of a study is malformed");
  if (ms_study_knows(k, job))
    return MS_OK;
  const char *end = learn_value(k, job, at);
  return end && !strcmp(end, " .\n") ? MS_OK
                                     : ms_fail(err, MS_EPARSE, "a line of a study is malformed");
}
