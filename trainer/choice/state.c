/* SPDX-License-Identifier: Apache-2.0 */
/* What a choice has measured so far: a text file, a line for each die, written anew after each. */
#include "choice/choice.h"

#include "mixspike/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
static uint64_t mix(uint64_t h, const void *data, size_t n) {
  for (size_t i = 0; i < n; i++)
    h = (h ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
  return h;
}

static uint64_t identity(const ms_setup *s, const ms_candidates *c) {
  const ms_experiment *e = s->experiment;
  uint64_t h = mix(0xcbf29ce484222325u, e->text, strlen(e->text));
  h = mix(h, &e->analog, sizeof e->analog);
  h = mix(h, &e->digital, sizeof e->digital);
  for (size_t i = 0; i < c->n; i++) {
    const ms_network *n = c->item[i].network;
    h = mix(h, c->item[i].name, strlen(c->item[i].name) + 1);
    h = mix(h, n->in, (size_t)n->n_hidden * n->n_input * n->parallel * sizeof *n->in);
    h = mix(h, n->out, (size_t)n->n_class * n->per_class * n->n_hidden * sizeof *n->out);
  }
  return h;
}

int ms_choice_state_create(const ms_setup *setup, const ms_candidates *candidates,
                           ms_choice_state *out, ms_error *err) {
  const ms_experiment *e = setup->experiment;
  *out = (ms_choice_state){.identity = identity(setup, candidates),
                           .n_candidate = candidates->n,
                           .n_validation = e->n_validation_die,
                           .n_unseen = e->n_held_out_die};
  size_t n = out->n_candidate * out->n_validation;
  out->validation = calloc(n + 1, sizeof *out->validation);
  out->unseen = calloc(out->n_unseen + 1, sizeof *out->unseen);
  if (!out->validation || !out->unseen)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu measurements", n);
  for (size_t i = 0; i < n; i++)
    out->validation[i] = NAN;
  for (size_t i = 0; i < out->n_unseen; i++)
    out->unseen[i] = (ms_die_result){
        .die = e->held_out_die[i], .held_out = 1, .before = NAN, .accuracy = NAN, .confirmed = NAN};
  return MS_OK;
}

void ms_choice_state_clear(ms_choice_state *s) {
  free(s->validation);
  free(s->unseen);
  *s = (ms_choice_state){0};
}

static void write_text(const ms_choice_state *s, FILE *out) {
  fprintf(out, "mixspike choice 1 %016" PRIx64 "\n", s->identity);
  for (size_t i = 0; i < s->n_candidate * s->n_validation; i++)
    if (!isnan(s->validation[i]))
      fprintf(out, "validation %zu %.17g\n", i, s->validation[i]);
  for (size_t i = 0; i < s->n_unseen; i++) {
    const ms_die_result *d = &s->unseen[i];
    if (d->samples)
      fprintf(out, "unseen %zu %.17g %.17g %.17g %u %u %.17g %u %u\n", i, d->accuracy, d->energy_j,
              d->spikes, d->samples, d->errors, d->confirmed, d->confirm_samples,
              d->confirm_errors);
  }
}

int ms_choice_state_save(const ms_choice_state *s, const char *path, ms_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out)
    write_text(s, out);
  int rc = out && !fclose(out) ? ms_write_file(path, text, size, err)
                               : ms_fail(err, MS_ENOMEM, "no memory for the state of a choice");
  free(text);
  return rc;
}

static int read_line(ms_choice_state *s, const char *line) {
  ms_die_result d;
  double accuracy;
  size_t i;
  if (sscanf(line, "validation %zu %lg", &i, &accuracy) == 2 &&
      i < s->n_candidate * s->n_validation) {
    s->validation[i] = accuracy;
    return 1;
  }
  if (sscanf(line, "unseen %zu %lg %lg %lg %u %u %lg %u %u", &i, &d.accuracy, &d.energy_j,
             &d.spikes, &d.samples, &d.errors, &d.confirmed, &d.confirm_samples,
             &d.confirm_errors) != 9 ||
      i >= s->n_unseen)
    return 0;
  ms_die_result *to = &s->unseen[i];
  d.die = to->die;
  d.held_out = 1;
  d.before = NAN;
  d.failure[0] = '\0';
  *to = d;
  return 1;
}

int ms_choice_state_load(ms_choice_state *s, const char *path, ms_error *err) {
  char *text, *rest = NULL;
  uint64_t found = 0;
  int rc = ms_read_file(path, &text, NULL, err);
  if (rc)
    return rc;
  unsigned number = 1;
  char *line = strtok_r(text, "\n", &rest);
  if (!line || sscanf(line, "mixspike choice 1 %16" SCNx64, &found) != 1)
    rc = ms_fail(err, MS_EPARSE, "%s: not the state of a choice", path);
  else if (found != s->identity)
    rc = ms_fail(err, MS_EREFUSED,
                 "%s: belongs to another experiment or other candidates; choose without --resume",
                 path);
  while (!rc && (line = strtok_r(NULL, "\n", &rest))) {
    number++;
    if (!read_line(s, line))
      rc = ms_fail(err, MS_EPARSE, "%s: line %u is damaged", path, number);
  }
  free(text);
  return rc;
}
