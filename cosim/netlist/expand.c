/* SPDX-License-Identifier: Apache-2.0 */
/* From a netlist file to logical lines: repeats, bit pins, comments, continuations. */
#include "netlist/expand.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 20000, MAX_LINE = 16000, MAX_REPEAT = 64, MAX_INDEX = 16 };

typedef struct expander {
  ms_cell_text *text;
  unsigned bits;
  size_t room;
  ms_error *err;
} expander;

static int fail(const expander *x, int line, int code, const char *message) {
  return ms_fail(x->err, code, "%s:%d: %s", x->text->file, line, message);
}

static int append(expander *x, const char *s, int line) {
  ms_cell_text *t = x->text;
  if (t->n_line == MAX_LINES)
    return fail(x, line, MS_EREFUSED, "the netlist is too long");
  if (t->n_line == x->room) {
    x->room = x->room ? 2 * x->room : 64;
    ms_text_line *grown = realloc(t->line, x->room * sizeof *grown);
    if (!grown)
      return ms_fail(x->err, MS_ENOMEM, "out of memory reading %s", t->file);
    t->line = grown;
  }
  char *copy = strdup(s);
  if (!copy)
    return ms_fail(x->err, MS_ENOMEM, "out of memory reading %s", t->file);
  t->line[t->n_line++] = (ms_text_line){copy, line};
  return 0;
}

/* A continuation joins the line before. */
static int extend(expander *x, const char *s, int line) {
  ms_cell_text *t = x->text;
  if (!t->n_line)
    return fail(x, line, MS_EPARSE, "a continuation (+) has no line before it");
  ms_text_line *last = &t->line[t->n_line - 1];
  size_t a = strlen(last->text), b = strlen(s);
  if (a + b > MAX_LINE)
    return fail(x, line, MS_EREFUSED, "the line is too long");
  char *grown = realloc(last->text, a + b + 2);
  if (!grown)
    return ms_fail(x->err, MS_ENOMEM, "out of memory reading %s", t->file);
  grown[a] = ' ';
  memcpy(grown + a + 1, s, b + 1);
  last->text = grown;
  return 0;
}

/* Writes out "@name@" with the index and "@bits:b@" with b0 b1 ... */
static int substitute(const expander *x, const char *from, int line, const char *name,
                      unsigned index, char *to, size_t n) {
  size_t used = 0;
  while (*from) {
    char piece[1200];
    size_t k;
    if (*from != '@') {
      piece[0] = *from++;
      k = 1;
    } else {
      const char *end = strchr(from + 1, '@');
      size_t length = end ? (size_t)(end - from - 1) : 0;
      if (end && name && length == strlen(name) && !strncmp(from + 1, name, length))
        k = (size_t)snprintf(piece, sizeof piece, "%u", index);
      else if (end && length > 5 && length < 40 && !strncmp(from + 1, "bits:", 5)) {
        k = 0;
        for (unsigned b = 0; b < x->bits; b++)
          k += (size_t)snprintf(piece + k, sizeof piece - k, "%s%.*s%u", b ? " " : "",
                                (int)length - 5, from + 6, b);
      } else
        return fail(x, line, MS_EPARSE,
                    "'@' must be part of @bits:NAME@ or, inside *@repeat NAME, of @NAME@");
      from = end + 1;
    }
    if (used + k + 1 > n)
      return fail(x, line, MS_EREFUSED, "the line is too long");
    memcpy(to + used, piece, k);
    used += k;
  }
  to[used] = 0;
  return 0;
}

/* One physical line, already cut out: comments go, the rest is appended. */
static int take_line(expander *x, const char *raw, int line, const char *name, unsigned index) {
  char s[MAX_LINE] = "";
  if (isspace((unsigned char)*raw)) {
    while (isspace((unsigned char)*raw))
      raw++;
  }
  if (!*raw || *raw == '*')
    return 0;
  int rc = substitute(x, raw, line, name, index, s, sizeof s);
  if (rc)
    return rc;
  char *cut = strchr(s, ';');
  if (cut)
    *cut = 0;
  for (cut = strchr(s, '$'); cut; cut = strchr(cut + 1, '$'))
    if (cut > s && isspace((unsigned char)cut[-1])) {
      *cut = 0;
      break;
    }
  for (char *c = s; *c; c++)
    *c = (char)tolower((unsigned char)*c);
  for (size_t n = strlen(s); n && isspace((unsigned char)s[n - 1]); n--)
    s[n - 1] = 0;
  if (*s == '+')
    return extend(x, s + 1, line);
  return *s ? append(x, s, line) : 0;
}

/* A bound of a repeat: "3", "bits", "bits-1", "bits+2". */
static bool bound(const expander *x, const char *word, int *value) {
  char *end;
  bool bits = !strncmp(word, "bits", 4);
  long offset = strtol(bits ? word + 4 : word, &end, 10);
  bool number = end != (bits ? word + 4 : word);
  if (*end || (!bits && !number) || (bits && word[4] && !strchr("+-", word[4])) || offset < -64 ||
      offset > 64)
    return false;
  *value = (int)offset + (bits ? (int)x->bits : 0);
  return true;
}

typedef struct repeat {
  bool active;
  char name[MAX_INDEX];
  int first, last, line;
  size_t from; /* index of the first physical line inside */
} repeat;

static int begin_repeat(const expander *x, const char *raw, int line, size_t next, repeat *r) {
  char a[16], b[16], extra[2];
  if (r->active)
    return fail(x, line, MS_EPARSE, "*@repeat inside *@repeat is not supported");
  if (sscanf(raw, "*@repeat %15[a-z_] %15s %15s %1s", r->name, a, b, extra) != 3 ||
      !bound(x, a, &r->first) || !bound(x, b, &r->last))
    return fail(x, line, MS_EPARSE,
                "write '*@repeat NAME FIRST LAST', where a bound is a number, bits or bits-1");
  if (r->first < 0 || r->last - r->first >= MAX_REPEAT)
    return fail(x, line, MS_EREFUSED, "*@repeat runs from below 0 or too often");
  r->active = true;
  r->line = line;
  r->from = next;
  return 0;
}

static int run_lines(expander *x, char **raw, size_t n) {
  repeat r = {0};
  for (size_t i = 0; i < n; i++) {
    int line = (int)i + 1, rc = 0;
    if (!raw[i])
      break; /* the text ended in a NUL */
    if (!strncmp(raw[i], "*@repeat", 8))
      rc = begin_repeat(x, raw[i], line, i + 1, &r);
    else if (!strncmp(raw[i], "*@end", 5)) {
      if (!r.active)
        rc = fail(x, line, MS_EPARSE, "*@end without *@repeat");
      for (int k = r.first; !rc && k <= r.last; k++)
        for (size_t j = r.from; !rc && j < i; j++)
          rc = take_line(x, raw[j], (int)j + 1, r.name, (unsigned)k);
      r.active = false;
    } else if (!strncmp(raw[i], "*@", 2))
      rc = fail(x, line, MS_EPARSE, "unknown marker; allowed: *@repeat, *@end");
    else if (!r.active)
      rc = take_line(x, raw[i], line, NULL, 0);
    if (rc)
      return rc;
  }
  return r.active ? fail(x, r.line, MS_EPARSE, "*@repeat has no *@end") : 0;
}

static int cut_lines(const expander *x, char *s, char **raw, size_t n_raw) {
  for (size_t i = 0; i < n_raw && s; i++) {
    raw[i] = strsep(&s, "\n");
    if (strlen(raw[i]) >= MAX_LINE)
      return fail(x, (int)i + 1, MS_EREFUSED, "the line is too long");
  }
  return 0;
}

int ms_text_expand(ms_cell_text *text, const char *source, size_t n, unsigned bits, ms_error *err) {
  expander x = {.text = text, .bits = bits, .err = err};
  size_t n_raw = 1;
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)source[i];
    n_raw += c == '\n';
    if (c < ' ' && c != '\n' && c != '\t' && c != '\r')
      return fail(&x, (int)n_raw, MS_EREFUSED, "control character; a netlist is plain text");
  }
  if (n_raw > MAX_LINES)
    return fail(&x, 1, MS_EREFUSED, "the netlist is too long");
  char *copy = strndup(source, n), **raw = calloc(n_raw, sizeof *raw);
  int rc = 0;
  if (!copy || !raw)
    rc = ms_fail(err, MS_ENOMEM, "out of memory reading %s", text->file);
  else if (!(rc = cut_lines(&x, copy, raw, n_raw)))
    rc = run_lines(&x, raw, n_raw);
  free(raw);
  free(copy);
  return rc;
}
