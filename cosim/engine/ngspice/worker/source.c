/* SPDX-License-Identifier: Apache-2.0 */
/* Piecewise linear external sources; see source.h. */
#include "engine/ngspice/worker/source.h"

#include <stdlib.h>
#include <string.h>

static int append(ms_pwl *p, double t_s, double v) {
  if (p->n == p->capacity) {
    size_t capacity = p->capacity ? 2 * p->capacity : 16;
    double *t = realloc(p->t_s, capacity * sizeof *t);
    if (t)
      p->t_s = t;
    double *x = realloc(p->v, capacity * sizeof *x);
    if (x)
      p->v = x;
    if (!t || !x)
      return -1;
    p->capacity = capacity;
  }
  p->t_s[p->n] = t_s;
  p->v[p->n++] = v;
  return 0;
}

int ms_sources_create(ms_sources *s, const ms_ng_source *from, size_t n) {
  memset(s, 0, sizeof *s);
  s->pwl = calloc(n ? n : 1, sizeof *s->pwl);
  if (!s->pwl)
    return -1;
  s->n = n;
  for (size_t i = 0; i < n; i++) {
    memcpy(s->pwl[i].name, from[i].name, sizeof s->pwl[i].name);
    if (append(&s->pwl[i], -1.0, from[i].v))
      return -1;
  }
  return 0;
}

void ms_sources_clear(ms_sources *s) {
  for (size_t i = 0; i < s->n; i++) {
    free(s->pwl[i].t_s);
    free(s->pwl[i].v);
  }
  free(s->pwl);
  memset(s, 0, sizeof *s);
}

static double value(ms_pwl *p, double t_s) {
  while (p->at > 0 && p->t_s[p->at] >= t_s)
    p->at--;
  while (p->at + 1 < p->n && p->t_s[p->at + 1] < t_s)
    p->at++;
  size_t k = p->at;
  if (k + 1 >= p->n || t_s <= p->t_s[k])
    return p->v[k];
  return p->v[k] + (p->v[k + 1] - p->v[k]) * (t_s - p->t_s[k]) / (p->t_s[k + 1] - p->t_s[k]);
}

double ms_sources_value(ms_sources *s, const char *name, double t_s) {
  /* ngspice asks for the sources in the same order over and over. */
  for (size_t i = 0; i < s->n; i++) {
    size_t k = (s->last + 1 + i) % s->n;
    if (s->pwl[k].key == name) {
      s->last = k;
      return value(&s->pwl[k], t_s);
    }
  }
  for (size_t k = 0; k < s->n; k++)
    if (!strcmp(s->pwl[k].name, name)) {
      s->pwl[k].key = name;
      return value(&s->pwl[k], t_s);
    }
  return 0.0;
}

int ms_sources_ramp(ms_sources *s, size_t source, double t_s, double edge_s, double v) {
  ms_pwl *p = &s->pwl[source];
  double from = value(p, t_s);
  if (p->v[p->n - 1] == v)
    return 0;
  while (p->n > 1 && p->t_s[p->n - 1] > t_s)
    p->n--;
  if (p->at >= p->n)
    p->at = p->n - 1;
  return append(p, t_s, from) || append(p, t_s + edge_s, v) ? -1 : 1;
}
