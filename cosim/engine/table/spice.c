/* SPDX-License-Identifier: Apache-2.0 */
/* Single questions to ngspice, each to a worker process of its own. */
#include "engine/table/spice.h"

#include "engine/ngspice/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_S 600 /* an extraction says nothing until it is done */

static int add_name(ms_vectors *v, size_t *room, const char *name, size_t length) {
  if (v->n_vector == *room) {
    *room = *room ? 2 * *room : 64;
    char **more = realloc(v->name, *room * sizeof *more);
    if (!more)
      return -1;
    v->name = more;
  }
  v->name[v->n_vector] = strndup(name, length);
  return v->name[v->n_vector] ? (v->n_vector++, 0) : -1;
}

/* What the deck's .save lines name, and the sweep variable of a transient. */
static int saved_names(const ms_deck *deck, const char *analysis, ms_vectors *v) {
  size_t room = 0;
  if (!strncmp(analysis, "tran", 4) && add_name(v, &room, "time", 4))
    return -1;
  for (size_t i = 0; i < deck->n_line; i++) {
    const char *s = deck->line[i];
    if (strncmp(s, ".save ", 6))
      continue;
    for (s += 6; *s;) {
      size_t n = strcspn(s, " ");
      if (n && add_name(v, &room, s, n))
        return -1;
      s += n + strspn(s + n, " ");
    }
  }
  return 0;
}

static int fetch(ms_service *service, ms_vectors *v, ms_error *err) {
  for (size_t i = 0; i < v->n_vector; i++) {
    const double *value;
    size_t n;
    int code = ms_service_vector(service, v->name[i], &value, &n, err);
    if (code)
      return code;
    if (!v->value) {
      v->n_point = n;
      v->value = malloc((n ? n : 1) * v->n_vector * sizeof *v->value);
      if (!v->value)
        return ms_fail(err, MS_ENOMEM, "out of memory for what ngspice computed");
    }
    if (n != v->n_point)
      return ms_fail(err, MS_ESIM, "ngspice gave %zu points of %s instead of %zu", n, v->name[i],
                     v->n_point);
    for (size_t k = 0; k < n; k++)
      v->value[k * v->n_vector + i] = value[k];
  }
  return MS_OK;
}

int ms_spice_run(const char *worker_path, const ms_deck *deck, const char *analysis,
                 ms_vectors *out, ms_error *err) {
  memset(out, 0, sizeof *out);
  ms_service *service = NULL;
  int code = saved_names(deck, analysis, out)
                 ? ms_fail(err, MS_ENOMEM, "out of memory for what ngspice computed")
                 : ms_service_create(worker_path, TIMEOUT_S, &service, err);
  if (!code)
    code = ms_service_deck(service, deck, err);
  if (!code)
    code = ms_service_command(service, analysis, NULL, err);
  if (!code)
    code = fetch(service, out, err);
  ms_service_destroy(service);
  if (code)
    ms_vectors_clear(out);
  return code;
}

void ms_vectors_clear(ms_vectors *vectors) {
  for (size_t i = 0; i < vectors->n_vector; i++)
    free(vectors->name[i]);
  free(vectors->name);
  free(vectors->value);
  memset(vectors, 0, sizeof *vectors);
}

int ms_spice_listing(const char *worker_path, const ms_deck *deck, char **out, ms_error *err) {
  ms_service *service = NULL;
  const char *text = NULL;
  *out = NULL;
  int code = ms_service_create(worker_path, 0, &service, err);
  if (!code)
    code = ms_service_deck(service, deck, err);
  if (!code)
    code = ms_service_command(service, "listing expand", &text, err);
  if (!code && !(*out = strdup(text)))
    code = ms_fail(err, MS_ENOMEM, "out of memory for a listing");
  ms_service_destroy(service);
  return code;
}
