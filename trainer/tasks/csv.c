/* SPDX-License-Identifier: Apache-2.0 */
/* Any table of numbers with a label: comma-separated, one sample a line. A first line that is not a
 * sample names the columns. The Wisconsin breast cancer table of Debian's python3-sklearn is one.
 */
#include "mixspike/record.h"
#include "tasks/tasks_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_COLUMNS = MS_MAX_INPUTS, MAX_LABEL = 64 };

typedef struct table {
  const char *path;
  size_t n_line, n_column, label; /* label's column */
  char **line;                    /* [n_line] into the file's text */
  char class_name[MS_MAX_CLASSES][MAX_LABEL];
  unsigned n_class;
} table;

/* Cuts a line into its fields in place. */
static size_t fields(char *line, char **field) {
  size_t n = 0;
  for (char *at = line; n < MAX_COLUMNS; at = NULL) {
    char *next = strsep(at ? &line : &line, ",");
    if (!next)
      break;
    while (*next == ' ' || *next == '"')
      next++;
    size_t end = strlen(next);
    while (end && (next[end - 1] == ' ' || next[end - 1] == '"' || next[end - 1] == '\r'))
      next[--end] = 0;
    field[n++] = next;
  }
  return n;
}

static int is_number(const char *text, double *value) {
  char *end;
  *value = strtod(text, &end);
  return end != text && !*end && isfinite(*value);
}

static size_t count_commas(const char *line) {
  size_t n = 1;
  for (; *line; line++)
    n += *line == ',';
  return n;
}

/* A first line with another number of fields than the second, or without a number in it where the
 * second has one, is a head. */
static int has_head(const table *t) {
  if (t->n_line < 2 || count_commas(t->line[0]) != count_commas(t->line[1]))
    return 1;
  char *copy = strdup(t->line[0]), *field[MAX_COLUMNS];
  double v;
  size_t n = copy ? fields(copy, field) : 0, numbers = 0;
  for (size_t i = 0; i < n; i++)
    numbers += is_number(field[i], &v) != 0;
  free(copy);
  return numbers + 1 < n;
}

static int find_label(table *t, char *head, const char *wanted, ms_error *err) {
  char *field[MAX_COLUMNS];
  t->label = t->n_column - 1;
  if (!wanted)
    return MS_OK;
  size_t n = head ? fields(head, field) : 0;
  for (size_t i = 0; i < n; i++)
    if (!strcmp(field[i], wanted)) {
      t->label = i;
      return MS_OK;
    }
  return ms_fail(err, MS_EMISSING, "%s: no column is named '%s' in its first line", t->path,
                 wanted);
}

/* Classes are numbered in the order of their names (numbers by size). */
static int by_name(const void *a, const void *b) {
  double x, y;
  if (is_number(a, &x) && is_number(b, &y))
    return (x > y) - (x < y);
  return strcmp(a, b);
}

static int class_of(const table *t, const char *name) {
  for (unsigned c = 0; c < t->n_class; c++)
    if (!strcmp(t->class_name[c], name))
      return (int)c;
  return -1;
}

static int add_class(table *t, const char *name, size_t line, ms_error *err) {
  if (strlen(name) >= MAX_LABEL || !*name)
    return ms_fail(err, MS_EPARSE, "%s:%zu: '%.40s' is not a label", t->path, line, name);
  if (class_of(t, name) >= 0)
    return MS_OK;
  if (t->n_class == MS_MAX_CLASSES)
    return ms_fail(err, MS_ERANGE, "%s:%zu: more than %d classes; is the label column right?",
                   t->path, line, MS_MAX_CLASSES);
  strcpy(t->class_name[t->n_class++], name);
  return MS_OK;
}

/* Lines first .. n_line of the table as samples; two passes over the labels. */
static int read_samples(table *t, size_t first, ms_samples *out, ms_error *err) {
  char *field[MAX_COLUMNS];
  const char **name = calloc(t->n_line + 1, sizeof *name);
  out->n_value = (unsigned)t->n_column - 1;
  out->value = calloc(t->n_line * t->n_column + 1, sizeof *out->value);
  out->label = calloc(t->n_line + 1, 1);
  int rc =
      name && out->value && out->label ? MS_OK : ms_fail(err, MS_ENOMEM, "%s: no memory", t->path);
  for (size_t i = first; !rc && i < t->n_line; i++) {
    size_t n = fields(t->line[i], field);
    if (n != t->n_column) {
      rc = ms_fail(err, MS_EPARSE, "%s:%zu: %zu fields instead of %zu", t->path, i + 1, n,
                   t->n_column);
      break;
    }
    double *v = out->value + out->n * out->n_value;
    for (size_t k = 0; !rc && k < n; k++)
      if (k != t->label && !is_number(field[k], v++))
        rc = ms_fail(err, MS_EPARSE, "%s:%zu: '%.40s' is not a number (field %zu)", t->path, i + 1,
                     field[k], k + 1);
    name[out->n++] = field[t->label];
    if (!rc)
      rc = add_class(t, field[t->label], i + 1, err);
  }
  if (!rc)
    qsort(t->class_name, t->n_class, sizeof *t->class_name, by_name);
  for (size_t i = 0; !rc && i < out->n; i++)
    out->label[i] = (uint8_t)class_of(t, name[i]);
  free(name);
  return rc;
}

static int cut_lines(table *t, char *text, ms_error *err) {
  size_t most = 1;
  for (const char *c = text; *c; c++)
    most += *c == '\n';
  t->line = calloc(most, sizeof *t->line);
  if (!t->line)
    return ms_fail(err, MS_ENOMEM, "%s: no memory", t->path);
  for (char *line; (line = strsep(&text, "\n"));)
    if (*line && *line != '\r')
      t->line[t->n_line++] = line;
  if (t->n_line < 3)
    return ms_fail(err, MS_EPARSE, "%s: not a table of samples", t->path);
  t->n_column = count_commas(t->line[1]);
  return t->n_column >= 2 && t->n_column <= MAX_COLUMNS
             ? MS_OK
             : ms_fail(err, MS_EPARSE, "%s: has %zu columns; needed: 2 to %d, separated by commas",
                       t->path, t->n_column, MAX_COLUMNS);
}

/* Where `mixspike data wdbc` and Debian's package put the table. */
static const char *wdbc_path(void) {
  static const char *const place[] = {
      "data/wdbc/breast_cancer.csv",
      "/usr/lib/python3/dist-packages/sklearn/datasets/data/breast_cancer.csv"};
  for (size_t i = 0; i < sizeof place / sizeof *place; i++)
    if (!access(place[i], R_OK))
      return place[i];
  return NULL;
}

int ms_task_csv(const ms_task_options *o, ms_task *task, ms_error *err) {
  int wdbc = !strcmp(o->name, "wdbc");
  table t = {.path = o->file ? o->file : wdbc ? wdbc_path() : NULL};
  if (!t.path)
    return ms_fail(err, MS_EMISSING,
                   wdbc ? "the wdbc table is not here; get it with: mixspike data wdbc"
                        : "task csv needs the key 'file'");
  char *text;
  size_t size;
  int rc = ms_read_file(t.path, &text, &size, err);
  if (rc)
    return rc;
  ms_samples samples = {0};
  rc = cut_lines(&t, text, err);
  if (!rc) {
    int head = has_head(&t);
    rc = find_label(&t, head ? t.line[0] : NULL, o->label, err);
    if (!rc)
      rc = read_samples(&t, (size_t)head, &samples, err);
  }
  if (!rc) {
    task->n_value = samples.n_value;
    task->n_class = t.n_class;
    rc = ms_samples_split(&samples, o, task, err);
  }
  free(samples.value);
  free(samples.label);
  free(t.line);
  free(text);
  return rc;
}
