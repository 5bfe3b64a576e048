/* SPDX-License-Identifier: Apache-2.0 */
/* The SPICE files of a process. ngspice runs the commands of `.control` sections and of lines that
 * begin with `*#`, shell commands among them, also in included files: such files are refused. So
 * are files outside the process's own folder and its PDK's. */
#include "models/load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILES = 400, MAX_DEPTH = 12 };

typedef struct walk {
  ms_loader *loader;
  size_t n;
  char *seen[MAX_FILES];
  size_t open[MAX_DEPTH + 1]; /* of `seen`: the files that are being read */
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

/* Whether a file lies where a process may read: its own folder, its PDK's, those of the other
 * processes. `where` names the place that asks for it. */
static int check_place(const ms_loader *loader, const char *where, int line, const char *file) {
  for (size_t i = 0; i < 2; i++)
    if (loader->inside[i] && ms_lies_in(file, loader->inside[i]))
      return 0;
  for (size_t i = 0; i < loader->n_dir; i++)
    if (ms_lies_among(file, loader->dir[i], "process"))
      return 0;
  const char *pdk = loader->inside[1];
  return ms_fail(loader->err, MS_EREFUSED,
                 "%s:%d: file %s lies outside the process's folder %s%s%s; %s", where, line, file,
                 loader->inside[0], pdk ? " and its PDK " : "", pdk ? pdk : "",
                 pdk ? "give --pdk the folder that holds all of the PDK"
                     : "name the PDK's folder with the key 'pdk' and write $PDK/FILE");
}

/* ngspice looks elsewhere for such names: in the home folder, in a variable. */
static bool is_strange(const char *name) {
  return *name == '~' || strchr(name, '$') || strchr(name, '`');
}

static bool is_same(const char *a, const char *b) {
  struct stat sa, sb;
  return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

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
  if (!included(s, name, sizeof name))
    return 0;
  if (depth >= MAX_DEPTH)
    return ms_fail(w->loader->err, MS_EREFUSED, "%s:%d: files include each other %d deep", path,
                   line, MAX_DEPTH);
  if (is_strange(name))
    return ms_fail(w->loader->err, MS_EREFUSED,
                   "%s:%d: write the name of file '%s' without '~', '$' and '`'", path, line, name);
  char *file = ms_load_beside(path, name);
  if (!file)
    return ms_fail(w->loader->err, MS_ENOMEM, "out of memory");
  /* A library that is not there may belong to a section that nobody uses; ngspice will tell. */
  bool there = !access(file, F_OK), lib = !strncasecmp(s, ".lib", 4);
  int rc = 0;
  if (!there && !lib)
    rc = ms_fail(w->loader->err, MS_EMISSING, "%s:%d: included file %s was not found", path, line,
                 file);
  for (int i = 0; i <= depth && !lib && there && !rc; i++)
    if (is_same(w->seen[w->open[i]], file))
      rc = ms_fail(w->loader->err, MS_EREFUSED, "%s:%d: file %s includes itself", path, line, file);
  if (there && !rc && !(rc = check_place(w->loader, path, line, file)))
    rc = follow(w, file, depth + 1);
  free(file);
  return rc;
}

static int follow(walk *w, const char *path, int depth) {
  for (size_t i = 0; i < w->n; i++)
    if (!strcmp(w->seen[i], path))
      return 0;
  w->open[depth] = w->n;
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

int ms_load_spice(ms_loader *loader, const char *path, ms_yaml_node *at) {
  walk w = {.loader = loader};
  const char *manifest = ms_yaml_file(at);
  int line = ms_yaml_line(at);
  int rc = access(path, F_OK) ? 0 : check_place(loader, manifest, line, path);
  if (rc)
    return rc;
  if ((rc = follow(&w, path, 0)))
    ms_fail_context(loader->err, "%s:%d", manifest, line);
  for (size_t i = 0; i < w.n; i++)
    free(w.seen[i]);
  return rc;
}
