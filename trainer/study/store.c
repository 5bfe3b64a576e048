/* SPDX-License-Identifier: Apache-2.0 */
/* What a study has done, a line an item: number, values as hexadecimal floating point, a full stop.
 * A line that was cut short is done again. */
#include "study/study.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ms_study_store {
  FILE *file;
  char *path;
};

enum { FIELDS = 6 };

static void fields_of(const ms_study_item *i, double *v) {
  const double from[FIELDS] = {i->accuracy, i->energy_j, i->spikes,
                               i->samples,  i->errors,   i->spent};
  memcpy(v, from, sizeof from);
}

static int parse(char *line, const ms_study *s, ms_study_item *item) {
  char *at = line, *end;
  double v[FIELDS];
  size_t number = strtoull(at, &end, 10);
  for (int k = 0; k < FIELDS && end != at; k++) {
    at = end;
    v[k] = strtod(at, &end);
  }
  if (end == at || strcmp(end, " .\n") != 0 || number >= s->n_item)
    return 0;
  item[number] = (ms_study_item){.done = 1,
                                 .accuracy = v[0],
                                 .energy_j = v[1],
                                 .spikes = v[2],
                                 .samples = v[3],
                                 .errors = v[4],
                                 .spent = v[5]};
  return 1;
}

static int read_all(ms_study_store *store, const ms_study *s, const char *head, ms_study_item *item,
                    ms_error *err) {
  char *line = NULL;
  size_t room = 0;
  int rc = MS_OK;
  if (getline(&line, &room, store->file) < 0 || strcmp(line, head) != 0)
    rc = ms_fail(err, MS_EREFUSED,
                 "%s: belongs to another study, or its files were changed since; restore them, or "
                 "run without --resume",
                 store->path);
  long end = ftell(store->file);
  while (!rc && getline(&line, &room, store->file) > 0 && parse(line, s, item))
    end = ftell(store->file);
  free(line);
  if (!rc && fseek(store->file, end, SEEK_SET))
    rc = ms_fail(err, MS_EIO, "%s: %s", store->path, strerror(errno));
  return rc;
}

int ms_study_store_open(const char *path, int resume, const ms_study *study, ms_study_item *item,
                        ms_study_store **out, ms_error *err) {
  char head[80];
  snprintf(head, sizeof head, "mixspike-study 1 %016llx\n",
           (unsigned long long)ms_study_identity(study));
  ms_study_store *s = calloc(1, sizeof *s);
  *out = NULL;
  if (!s || !(s->path = strdup(path))) {
    free(s);
    return ms_fail(err, MS_ENOMEM, "no memory for a study");
  }
  int rc = MS_OK;
  if (!(s->file = fopen(path, resume ? "r+e" : "w+e")))
    rc = ms_fail(err, errno == ENOENT && resume ? MS_EMISSING : MS_EIO, "%s: %s", path,
                 strerror(errno));
  else if (resume)
    rc = read_all(s, study, head, item, err);
  else if (fputs(head, s->file) < 0 || fflush(s->file))
    rc = ms_fail(err, MS_EIO, "%s: cannot be written: %s", path, strerror(errno));
  if (rc)
    ms_study_store_close(s);
  else
    *out = s;
  return rc;
}

int ms_study_store_add(ms_study_store *s, size_t number, const ms_study_item *item, ms_error *err) {
  double v[FIELDS];
  fields_of(item, v);
  fprintf(s->file, "%zu", number);
  for (int k = 0; k < FIELDS; k++)
    fprintf(s->file, " %a", v[k]);
  fputs(" .\n", s->file);
  return fflush(s->file) || ferror(s->file)
             ? ms_fail(err, MS_EIO, "%s: cannot be written: %s", s->path, strerror(errno))
             : MS_OK;
}

void ms_study_store_close(ms_study_store *s) {
  if (!s)
    return;
  if (s->file)
    fclose(s->file);
  free(s->path);
  free(s);
}
