/* SPDX-License-Identifier: Apache-2.0 */
/* One text line a row: task number, values as hexadecimal floating point, a full stop. */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ms_state {
  FILE *file;
  char *path, *line;
  size_t room;
  long end; /* of the last whole line */
};

/* What decides on the values, in one line. */
static int header(const ms_validation *v, char **out) {
  char *text = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&text, &n);
  if (!f)
    return MS_ENOMEM;
  fprintf(f,
          "mixspike-validate 1 %s %016llx engine %d set %d seed %llu first %llu strength %a "
          "biases %d points",
          v->cell->name, (unsigned long long)v->core->checksum, (int)v->engine, v->set,
          (unsigned long long)v->seed, (unsigned long long)v->first_die, v->strength,
          (int)v->mismatch_biases);
  for (size_t i = 0; i < v->n_point; i++)
    fprintf(f, " [%s]", v->point_name[i]);
  fputs(" measures", f);
  for (size_t k = 0; k < v->n_measure; k++)
    fprintf(f, " %s", v->measure[k]->name);
  fputc('\n', f);
  *out = fclose(f) ? NULL : text;
  return *out ? 0 : MS_ENOMEM;
}

static int check_header(ms_state *s, const char *wanted, ms_error *err) {
  ssize_t n = getline(&s->line, &s->room, s->file);
  if (n < 0 || strcmp(s->line, wanted) != 0)
    return ms_fail(err, MS_EDIFFERS,
                   "%s is of another cell, process, engine or seed; start without --resume",
                   s->path);
  s->end = ftell(s->file);
  return 0;
}

int ms_state_open(const char *path, bool resume, const ms_validation *v, ms_state **out,
                  ms_error *err) {
  char *wanted = NULL;
  *out = NULL;
  ms_state *s = calloc(1, sizeof *s);
  int rc = s && (s->path = strdup(path)) && !header(v, &wanted)
               ? 0
               : ms_fail(err, MS_ENOMEM, "no memory for the state file");
  if (!rc && !(s->file = fopen(path, resume ? "r+e" : "w+e")))
    rc = ms_fail(err, errno == ENOENT && resume ? MS_EMISSING : MS_EIO, "%s: cannot be opened: %s",
                 path, strerror(errno));
  if (!rc && resume)
    rc = check_header(s, wanted, err);
  else if (!rc && (fputs(wanted, s->file) < 0 || fflush(s->file)))
    rc = ms_fail(err, MS_EIO, "%s: cannot be written: %s", path, strerror(errno));
  free(wanted);
  if (rc)
    ms_state_close(s);
  else
    *out = s;
  return rc;
}

static bool parse(char *line, size_t *task, double *row, size_t stride) {
  char *at = line, *end;
  *task = strtoull(at, &end, 10);
  for (size_t i = 0; i < stride && end != at; i++) {
    at = end;
    row[i] = strtod(at, &end);
  }
  return end != at && !strcmp(end, " .\n");
}

bool ms_state_next(ms_state *s, size_t *task, double *row, size_t stride) {
  bool good = getline(&s->line, &s->room, s->file) > 0 && parse(s->line, task, row, stride);
  if (good)
    s->end = ftell(s->file);
  else /* goes on behind the last whole line */
    fseek(s->file, s->end, SEEK_SET);
  return good;
}

int ms_state_add(ms_state *s, size_t task, const double *row, size_t stride, ms_error *err) {
  fprintf(s->file, "%zu", task);
  for (size_t i = 0; i < stride; i++)
    fprintf(s->file, " %a", row[i]);
  fputs(" .\n", s->file);
  return fflush(s->file) || ferror(s->file)
             ? ms_fail(err, MS_EIO, "%s: cannot be written: %s", s->path, strerror(errno))
             : 0;
}

void ms_state_close(ms_state *s) {
  if (!s)
    return;
  if (s->file)
    fclose(s->file);
  free(s->line);
  free(s->path);
  free(s);
}
