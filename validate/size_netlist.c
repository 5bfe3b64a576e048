/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes in a cell's files: which lines carry them, and the files with new ones. */
#include "size.h"

#include "mixspike/record.h"
#include "netlist/words.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A transistor line with its continuations, of a file in memory. */
typedef struct text_part {
  const char *begin, *end;
} text_part;

static const char *line_end(const char *s) {
  const char *end = strchr(s, '\n');
  return end ? end + 1 : s + strlen(s);
}

/* The next logical line at or after `s`: with the '+' lines that follow. */
static text_part next_line(const char *s) {
  text_part p = {s, line_end(s)};
  while (*p.end == '+')
    p.end = line_end(p.end);
  return p;
}

/* First word of a line in lower case; "" unless it is a transistor. */
static void transistor_name(text_part p, char name[64]) {
  size_t n = 0;
  while (p.begin + n < p.end && n < 63 && !isspace((unsigned char)p.begin[n])) {
    name[n] = (char)tolower((unsigned char)p.begin[n]);
    n++;
  }
  name[n] = '\0';
  if (*name != 'm')
    *name = '\0';
}

/* A size of a line: true if "key=NUMBER" is there. */
static bool find_size(text_part p, const char *key, double *value) {
  char *copy = strndup(p.begin, (size_t)(p.end - p.begin));
  bool found = false;
  size_t k = strlen(key);
  for (char *rest = copy, *word; rest && (word = strsep(&rest, " \t\n+"));)
    if (!strncasecmp(word, key, k) && word[k] == '=')
      found = ms_spice_number(word + k + 1, value);
  free(copy);
  return found;
}

bool ms_size_is_copy(const char *path, const char *name) {
  const char *device = strchr(path, '.');
  if (!device || strchr(device + 1, '.'))
    return false; /* inside a cell that this one uses */
  for (device++; *device && *name; name++) {
    if (*name == '@') {
      const char *close = strchr(name + 1, '@');
      if (!close || !isdigit((unsigned char)*device))
        return false;
      while (isdigit((unsigned char)*device))
        device++;
      name = close;
    } else if (*device++ != *name)
      return false;
  }
  return !*device && !*name;
}

static bool is_fixed(const ms_cell *cell, const ms_size_options *o, const char *name) {
  bool fixed = false;
  for (size_t i = 0; i < cell->n_fixed; i++)
    fixed |= !strcmp(cell->fixed[i], name);
  for (size_t i = 0; i < o->n_fixed; i++)
    fixed |= !strcasecmp(o->fixed[i], name);
  return fixed;
}

int ms_size_list(const ms_cell *cell, const ms_size_options *o, ms_size_report *r, ms_error *err) {
  char *text;
  size_t size, lines = 0;
  int rc = ms_read_file(cell->netlist, &text, &size, err);
  if (rc)
    return rc;
  for (size_t i = 0; i < size; i++)
    lines += text[i] == '\n';
  r->device = calloc(lines + 1, sizeof *r->device);
  if (!r->device) {
    free(text);
    return ms_fail(err, MS_ENOMEM, "no memory for sizes");
  }
  for (text_part p = next_line(text); p.begin < p.end; p = next_line(p.end)) {
    ms_sized_device d = {.copies = 0};
    transistor_name(p, d.name);
    if (!*d.name)
      continue;
    if (!find_size(p, "w", &d.w_m) || !find_size(p, "l", &d.l_m))
      snprintf(d.kept, sizeof d.kept, "its size is an expression");
    else if (is_fixed(cell, o, d.name))
      snprintf(d.kept, sizeof d.kept, "listed as fixed");
    d.new_w_m = d.w_m;
    d.new_l_m = d.l_m;
    r->device[r->n_device++] = d;
  }
  free(text);
  return 0;
}

static const ms_sized_device *find_device(const ms_size_report *r, const char *name) {
  for (size_t i = 0; i < r->n_device; i++)
    if (!strcmp(r->device[i].name, name))
      return &r->device[i];
  return NULL;
}

/* A line with its sizes replaced. Drains and sources keep their length: areas go with W. */
static void write_sizes(FILE *out, text_part p, const ms_sized_device *d) {
  static const char *const key[] = {"w", "l", "ad", "as", "pd", "ps"};
  for (const char *s = p.begin; s < p.end;) {
    size_t n = strcspn(s, " \t\n");
    if (s + n > p.end)
      n = (size_t)(p.end - s);
    const char *equal = memchr(s, '=', n);
    int which = -1;
    for (int i = 0; i < 6 && equal; i++)
      if ((size_t)(equal - s) == strlen(key[i]) && !strncasecmp(s, key[i], strlen(key[i])))
        which = i;
    double value;
    char word[40] = "";
    if (equal)
      snprintf(word, sizeof word, "%.*s", (int)(n - (size_t)(equal - s) - 1), equal + 1);
    if (which >= 0 && ms_spice_number(word, &value)) {
      double wider = d->new_w_m - d->w_m;
      value = which == 0   ? d->new_w_m
              : which == 1 ? d->new_l_m
              : which < 4  ? value * d->new_w_m / d->w_m
                           : value + wider;
      fprintf(out, "%s=%.5g%s", key[which], value * (which == 2 || which == 3 ? 1e12 : 1e6),
              which == 2 || which == 3 ? "p" : "u");
    } else
      fwrite(s, 1, n, out);
    s += n;
    if (s < p.end)
      fputc(*s++, out);
  }
}

static int write_netlist(const ms_cell *cell, const ms_size_report *r, const char *path,
                         ms_error *err) {
  char *text, *made = NULL, name[64];
  size_t size, n = 0;
  int rc = ms_read_file(cell->netlist, &text, &size, err);
  FILE *out = rc ? NULL : open_memstream(&made, &n);
  if (!rc && !out)
    rc = ms_fail(err, MS_ENOMEM, "no memory for a netlist");
  for (text_part p = next_line(rc ? "" : text); p.begin < p.end; p = next_line(p.end)) {
    transistor_name(p, name);
    const ms_sized_device *d = *name ? find_device(r, name) : NULL;
    if (d && d->new_w_m != d->w_m)
      write_sizes(out, p, d);
    else
      fwrite(p.begin, 1, (size_t)(p.end - p.begin), out);
  }
  if (out && fclose(out))
    rc = ms_fail(err, MS_ENOMEM, "no memory for a netlist");
  rc = rc ? rc : ms_write_file(path, made, n, err);
  free(made);
  free(text);
  return rc;
}

/* The device that a bias line drives: its gate is the line's pin. NULL if none changed. */
static const ms_sized_device *driven_by(const ms_size_report *r, const char *netlist,
                                        const char *pin) {
  char name[64], d[64], g[64];
  for (text_part p = next_line(netlist); p.begin < p.end; p = next_line(p.end)) {
    transistor_name(p, name);
    if (!*name || sscanf(p.begin, "%*s %63s %63s", d, g) != 2 || strcasecmp(g, pin) != 0)
      continue;
    const ms_sized_device *x = find_device(r, name);
    if (x && x->new_w_m != x->w_m)
      return x;
  }
  return NULL;
}

/* Replaces the value of "key:" between two places of a text by a length. */
static void replace_length(FILE *out, const char **from, const char *end, const char *key,
                           double value_m) {
  size_t k = strlen(key);
  for (const char *s = *from; s + k < end; s++) {
    if (strncmp(s, key, k) != 0 || s[k] != ':' || !strchr(" ,{\n", s[-1]))
      continue;
    const char *value = s + k + 1, *stop = value + strcspn(value, ",}\n#");
    fprintf(out, "%.*s \"%.5g um\"", (int)(value - *from), *from, 1e6 * value_m);
    *from = stop;
    return;
  }
}

/* The manifest with the diodes of bias lines scaled as the transistors that they drive. */
static int write_manifest(const ms_cell *cell, const ms_size_report *r, const char *path,
                          ms_error *err) {
  char *text = NULL, *netlist = NULL, *made = NULL;
  size_t size, n = 0;
  int rc = ms_read_file(cell->file, &text, &size, err);
  rc = rc ? rc : ms_read_file(cell->netlist, &netlist, &size, err);
  FILE *out = rc ? NULL : open_memstream(&made, &n);
  if (!rc && !out)
    rc = ms_fail(err, MS_ENOMEM, "no memory for a manifest");
  const char *from = rc ? "" : text, *at = rc ? NULL : strstr(text, "\nbiases:");
  for (size_t i = 0; i < cell->n_bias && at; i++) {
    const ms_bias *bias = &cell->bias[i];
    const ms_sized_device *d = driven_by(r, netlist, bias->pin);
    char name[100];
    snprintf(name, sizeof name, "name: %s", bias->name);
    const char *begin = strstr(at, name), *end = begin ? strstr(begin + 5, "name:") : NULL;
    if (!d || !begin)
      continue;
    end = end ? end : begin + strlen(begin);
    fprintf(out, "%.*s", (int)(begin - from), from);
    from = at = begin;
    double factor = d->new_w_m / d->w_m;
    replace_length(out, &from, end, "w", bias->w_m * factor);
    replace_length(out, &from, end, "l", bias->l_m * d->new_l_m / d->l_m);
  }
  if (out) {
    fputs(from, out);
    if (fclose(out))
      rc = ms_fail(err, MS_ENOMEM, "no memory for a manifest");
  }
  rc = rc ? rc : ms_write_file(path, made, n, err);
  free(made);
  free(netlist);
  free(text);
  return rc;
}

int ms_size_write(const ms_cell *cell, const ms_size_report *r, const char *folder, ms_error *err) {
  char path[4096];
  const char *file = strrchr(cell->netlist, '/');
  snprintf(path, sizeof path, "%s/%s", folder, cell->name);
  int rc = ms_make_folder(path, err);
  snprintf(path, sizeof path, "%s/%s%s", folder, cell->name, file);
  rc = rc ? rc : write_netlist(cell, r, path, err);
  snprintf(path, sizeof path, "%s/%s/cell.yaml", folder, cell->name);
  return rc ? rc : write_manifest(cell, r, path, err);
}
