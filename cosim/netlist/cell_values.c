/* SPDX-License-Identifier: Apache-2.0 */
/* Values in a cell's netlist: parameters that exist, transistors with a size. ngspice would say so
 * in the middle of a run, and by another file's line. */
#include "netlist/cell_values.h"

#include "netlist/words.h"

#include <ctype.h>
#include <string.h>

/* Whether a .subckt or .param line gives the parameter a value. */
static bool defines(const ms_cell_text *t, const char *name, size_t n) {
  for (size_t i = 0; i < t->n_line; i++) {
    const char *line = t->line[i].text;
    if (strncmp(line, ".subckt ", 8) != 0 && strncmp(line, ".param ", 7) != 0)
      continue;
    for (const char *at = line; (at = strstr(at + 1, name));) {
      const char *end = at + n;
      while (*end == ' ')
        end++;
      if (at[-1] == ' ' && *end == '=')
        return true;
    }
  }
  return false;
}

static bool is_built_in(const char *name) {
  static const char *const known[] = {"temper", "pi", "time", "hertz", "true", "false"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(known[i], name))
      return true;
  return false;
}

static bool is_part(char c) {
  return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Names in an expression; a number's unit and exponent belong to it, and "max(" is a function. */
static int check_expression(const ms_cell_text *t, int line, const char *s, char end,
                            ms_error *err) {
  while (*s && *s != end) {
    if (!is_part(*s)) {
      s++;
      continue;
    }
    const char *from = s;
    bool number = isdigit((unsigned char)*s) || *s == '.';
    for (; is_part(*s) || (number && (*s == '-' || *s == '+') && s[-1] == 'e'); s++)
      ;
    char name[64];
    size_t n = (size_t)(s - from);
    if (number || *s == '(' || n >= sizeof name)
      continue;
    memcpy(name, from, n);
    name[n] = 0;
    if (!is_built_in(name) && !defines(t, name, n))
      return ms_fail(err, MS_EPARSE,
                     "%s:%d: parameter '%s' is defined neither by a .subckt line nor by .param",
                     t->file, line, name);
  }
  return 0;
}

static int check_expressions(const ms_cell_text *t, const ms_text_line *line, ms_error *err) {
  int rc = 0;
  for (const char *s = line->text; *s && !rc; s++)
    if (*s == '{' || *s == '\'') {
      char end = *s == '{' ? '}' : '\'';
      rc = check_expression(t, line->line, s + 1, end, err);
      const char *close = strchr(s + 1, end);
      if (!close)
        return rc ? rc
                  : ms_fail(err, MS_EPARSE, "%s:%d: '%c' has no '%c'", t->file, line->line, *s,
                            end);
      s = close;
    }
  return rc;
}

/* A transistor of the process must have a size. */
static int check_size(const ms_cell_text *t, const ms_words *w, int line, ms_error *err) {
  for (int k = 0; k < 2; k++) {
    const char key = "wl"[k];
    const char *value = NULL;
    for (size_t i = 6; i < w->n && !value; i++)
      if (w->word[i][0] == key && w->word[i][1] == '=')
        value = w->word[i] + 2;
    double number;
    if (!value)
      return ms_fail(err, MS_EPARSE, "%s:%d: '%.40s' has no %c=; give W and L", t->file, line,
                     w->word[0], key);
    if (*value != '{' && *value != '\'' && !(ms_spice_number(value, &number) && number > 0))
      return ms_fail(err, MS_ERANGE, "%s:%d: '%.40s': %c=%.40s is no length above 0", t->file, line,
                     w->word[0], key, value);
  }
  return 0;
}

/* The value of a resistor or capacitor: a number or an expression. */
static int check_value(const ms_cell_text *t, const ms_words *w, int line, ms_error *err) {
  const char *value = w->n > 3 ? w->word[3] : "";
  double number;
  if (strchr(value, '=') || *value == '{' || *value == '\'' || ms_spice_number(value, &number))
    return 0;
  return ms_fail(err, MS_EPARSE, "%s:%d: '%.40s': value '%.60s' is no number", t->file, line,
                 w->word[0], value);
}

/* ngspice takes the first of two devices of one name and drops the other. */
static int check_unique(const ms_cell_text *t, size_t k, const ms_words *w, ms_error *err) {
  size_t n = strlen(w->word[0]);
  for (size_t i = k; i-- > 0 && strncmp(t->line[i].text, ".subckt", 7) != 0;)
    if (!strncmp(t->line[i].text, w->word[0], n) && t->line[i].text[n] == ' ')
      return ms_fail(err, MS_EPARSE, "%s:%d: '%.40s' is there already, in line %d", t->file,
                     t->line[k].line, w->word[0], t->line[i].line);
  return 0;
}

int ms_cell_text_check_values(const ms_cell_text *t, ms_error *err) {
  int rc = 0;
  for (size_t i = 0; i < t->n_line && !rc; i++) {
    const int line = t->line[i].line;
    rc = check_expressions(t, &t->line[i], err);
    ms_words w;
    if (rc || *t->line[i].text == '.')
      continue;
    if (!ms_words_cut(&w, t->line[i].text))
      rc = ms_fail(err, MS_ENOMEM, "out of memory reading %s", t->file);
    else if (w.n) {
      const char kind = *w.word[0];
      rc = check_unique(t, i, &w, err);
      if (!rc && kind == 'm' && w.n > 5 &&
          (!strcmp(w.word[5], "nfet") || !strcmp(w.word[5], "pfet")))
        rc = check_size(t, &w, line, err);
      else if (!rc && (kind == 'r' || kind == 'c'))
        rc = check_value(t, &w, line, err);
    }
    ms_words_free(&w);
  }
  return rc;
}
