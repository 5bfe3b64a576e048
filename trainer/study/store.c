/* SPDX-License-Identifier: Apache-2.0 */
/* state.txt: a line for everything that a study knows, added when it is found. A line that was cut
 * short is done again. */
#include "study/study.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ms_study_store {
  FILE *file;
  char *path;
  const ms_study_known *known;
};

static int read_all(ms_study_store *store, ms_study_known *known, const char *head, ms_error *err) {
  char *line = NULL;
  size_t room = 0;
  int rc = MS_OK;
  if (getline(&line, &room, store->file) < 0 || strcmp(line, head) != 0)
    rc = ms_fail(err, MS_EREFUSED,
                 "%s: belongs to another study, or its files were changed since; restore them, or "
                 "run without --resume",
                 store->path);
  long end = ftell(store->file);
  ms_study_job job;
  while (!rc && getline(&line, &room, store->file) > 0 && !ms_study_learn(known, line, &job, NULL))
    end = ftell(store->file);
  free(line);
  if (!rc && fseek(store->file, end, SEEK_SET))
    rc = ms_fail(err, MS_EIO, "%s: %s", store->path, strerror(errno));
  return rc;
}

enum { HEAD = 80 };

static const char *head_of(const ms_study *study, char head[HEAD]) {
  snprintf(head, HEAD, "mixspike-study 2 %016llx\n", (unsigned long long)ms_study_identity(study));
  return head;
}

int ms_study_store_read(const char *path, ms_study_known *known, ms_error *err) {
  char head[HEAD], name[600];
  snprintf(name, sizeof name, "%s", path);
  ms_study_store store = {.file = fopen(path, "re"), .path = name, .known = known};
  if (!store.file)
    return ms_fail(err, errno == ENOENT ? MS_EMISSING : MS_EIO, "%s: %s", path, strerror(errno));
  int rc = read_all(&store, known, head_of(known->study, head), err);
  fclose(store.file);
  return rc;
}

int ms_study_store_open(const char *path, int resume, ms_study_known *known, ms_study_store **out,
                        ms_error *err) {
  char head[HEAD];
  head_of(known->study, head);
  ms_study_store *s = calloc(1, sizeof *s);
  *out = NULL;
  if (!s || !(s->path = strdup(path))) {
    free(s);
    return ms_fail(err, MS_ENOMEM, "no memory for a study");
  }
  s->known = known;
  int rc = MS_OK;
  if (!(s->file = fopen(path, resume ? "r+e" : "w+e")))
    rc = ms_fail(err, errno == ENOENT && resume ? MS_EMISSING : MS_EIO, "%s: %s", path,
                 strerror(errno));
  else if (resume)
    rc = read_all(s, known, head, err);
  else if (fputs(head, s->file) < 0 || fflush(s->file))
    rc = ms_fail(err, MS_EIO, "%s: cannot be written: %s", path, strerror(errno));
  if (rc)
    ms_study_store_close(s);
  else
    *out = s;
  return rc;
}

int ms_study_store_add(ms_study_store *s, const ms_study_job *job, ms_error *err) {
  ms_study_tell(s->known, job, s->file);
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
