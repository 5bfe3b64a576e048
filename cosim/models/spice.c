/* SPDX-License-Identifier: Apache-2.0 */
/* The SPICE files of a process. ngspice runs the commands of `.control` sections and of lines that
 * begin with `*#`, shell commands among them, also in included files: such files are refused. */
#include "models/load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FILES = 400, MAX_DEPTH = 12 };

typedef struct walk {
  ms_loader *loader;
  size_t n;
  char *seen[MAX_FILES];
} walk;

/* File named by `.include file` or `.lib file section`; false if the line is neither. */
static bool included(const char *s, char *name, size_t n) {
  bool lib = !strncasecmp(s, ".lib", 4) && isspace((unsigned char)s[4]);
  if (!lib && strncasecmp(s, ".inc", 4) != 0)
    return false;
  while (*s && !isspace((unsigned char)*s))
    s++;
  while (isspace((unsigned char)*s))
    s++;
  char end = 0;
  if (*s == '"' || *s == '\'')
    end = *s++;
  size_t k = 0;
  while (*s && *s != end && (end || !isspace((unsigned char)*s)) && k + 1 < n)
    name[k++] = *s++;
  name[k] = 0;
  if (end && *s == end)
    s++;
  while (isspace((unsigned char)*s))
    s++;
  /* `.lib name` alone begins a section. */
  return k && (!lib || (*s && *s != '*' && *s != '$'));
}

/* Notes that a line defines the process's nfet or pfet; bins of a model are called NAME.1, ... */
static void note_definition(ms_loader *loader, const char *s) {
  bool subckt = !strncasecmp(s, ".subckt", 7);
  if (!subckt && strncasecmp(s, ".model", 6) != 0)
    return;
  s += subckt ? 7 : 6;
  s += strspn(s, " \t");
  for (int type = MS_NFET; type <= MS_PFET; type++) {
    const ms_device *d = &loader->impl->process.device[type];
    size_t n = d->name ? strlen(d->name) : 0;
    if (n && d->subcircuit == subckt && !strncasecmp(s, d->name, n) &&
        strchr(subckt ? " \t\r\n" : " \t\r\n.", s[n]))
      loader->device_found[type] = true;
  }
}

static int follow(walk *w, const char *path, int depth);

static int check_line(walk *w, const char *path, int line, char *s, int depth) {
  if (!strncmp(s, "*#", 2))
    for (s += 2; *s; s++)
      if (isalnum((unsigned char)*s))
        return ms_fail(w->loader->err, MS_EREFUSED,
                       "%s:%d: a line beginning with '*#' is a command to ngspice; make it a plain "
                       "comment ('* ')",
                       path, line);
  while (isspace((unsigned char)*s))
    s++;
  note_definition(w->loader, s);
  if (!strncasecmp(s, ".control", 8))
    return ms_fail(w->loader->err, MS_EREFUSED,
                   "%s:%d: .control sections run commands and are not accepted in model files",
                   path, line);
  char name[512];
  if (depth >= MAX_DEPTH || !included(s, name, sizeof name))
    return 0;
  char *file = ms_load_beside(path, name);
  if (!file)
    return ms_fail(w->loader->err, MS_ENOMEM, "out of memory");
  /* A library that is not there may belong to a section that nobody uses; ngspice will tell. */
  bool there = !access(file, R_OK), lib = !strncasecmp(s, ".lib", 4);
  int rc = there ? follow(w, file, depth + 1)
           : lib ? 0
                 : ms_fail(w->loader->err, MS_EMISSING, "%s:%d: included file %s was not found",
                           path, line, file);
  free(file);
  return rc;
}

static int follow(walk *w, const char *path, int depth) {
  for (size_t i = 0; i < w->n; i++)
    if (!strcmp(w->seen[i], path))
      return 0;
  if (w->n == MAX_FILES)
    return ms_fail(w->loader->err, MS_EREFUSED, "%s: the process includes too many files", path);
  int rc = ms_load_copy(w->loader, &w->seen[w->n], path);
  if (rc)
    return rc;
  w->n++;
  rc = ms_load_sum(w->loader, path);
  FILE *f = rc ? NULL : fopen(path, "re");
  if (!f)
    return rc ? rc : ms_fail(w->loader->err, MS_EIO, "%s: cannot be opened", path);
  char *s = NULL;
  size_t room = 0;
  for (int line = 1; !rc && getline(&s, &room, f) >= 0; line++)
    rc = check_line(w, path, line, s, depth);
  free(s);
  fclose(f);
  return rc;
}

int ms_load_spice(ms_loader *loader, const char *path) {
  walk w = {.loader = loader};
  int rc = follow(&w, path, 0);
  for (size_t i = 0; i < w.n; i++)
    free(w.seen[i]);
  return rc;
}
