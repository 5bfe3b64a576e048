/* SPDX-License-Identifier: Apache-2.0 */
/* Events from text files. */
#include "mixspike/publish.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_time(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  return (x->address > y->address) - (x->address < y->address);
}

/* Picoseconds per unit of the header's first column; 0: not a header. */
static double header_unit(const char *line) {
  static const struct {
    const char *text;
    double ps;
  } header[] = {{"t_ps,input", 1}, {"t_us,input", 1e6}, {"t_s,input", 1e12}};
  for (size_t i = 0; i < sizeof header / sizeof *header; i++)
    if (!strcmp(line, header[i].text))
      return header[i].ps;
  return 0;
}

/* Cuts the next line off; removes spaces at its end. */
static char *next_line(char **rest) {
  char *line = strsep(rest, "\n");
  if (line)
    for (size_t n = strlen(line); n && strchr(" \t\r", line[n - 1]);)
      line[--n] = '\0';
  return line;
}

int ms_events_read(const char *path, unsigned n_input, ms_event **event, size_t *n, ms_error *err) {
  *event = NULL;
  *n = 0;
  char *text;
  int code = ms_read_file(path, &text, NULL, err);
  if (code)
    return code;
  char *rest = text, *line;
  double unit_ps = 0;
  size_t room = 0;
  for (int number = 1; !code && (line = next_line(&rest)); number++) {
    if (!*line || *line == '#')
      continue;
    if (unit_ps == 0) {
      unit_ps = header_unit(line);
      if (unit_ps == 0)
        code = ms_fail(err, MS_EPARSE,
                       "%s:%d: the first line must be one of t_ps,input  t_us,input  t_s,input",
                       path, number);
      continue;
    }
    char *comma, *end = NULL;
    double t = strtod(line, &comma);
    errno = 0;
    unsigned long input = *comma == ',' ? strtoul(comma + 1, &end, 10) : 0;
    if (comma == line || *comma != ',' || end == comma + 1 || *end || errno || strchr(comma, '-')) {
      code = ms_fail(err, MS_EPARSE, "%s:%d: expected a time, a comma and an input number", path,
                     number);
    } else if (!isfinite(t) || t < 0 || t * unit_ps > 1e15) {
      code = ms_fail(err, MS_ERANGE, "%s:%d: a time must be between 0 and 1000 s", path, number);
    } else if (input >= n_input) {
      code = ms_fail(err, MS_ERANGE, "%s:%d: input %lu does not exist: the chip has inputs 0 to %u",
                     path, number, input, n_input - 1);
    } else {
      if (*n == room) {
        room = room ? 2 * room : 64;
        ms_event *more = realloc(*event, room * sizeof **event);
        if (!more) {
          code = ms_fail(err, MS_ENOMEM, "no memory for the events of %s", path);
          break;
        }
        *event = more;
      }
      (*event)[(*n)++] = (ms_event){.t = (ms_time)(t * unit_ps + 0.5), .address = (uint16_t)input};
    }
  }
  free(text);
  if (code) {
    free(*event);
    *event = NULL;
    *n = 0;
  } else if (*n) {
    qsort(*event, *n, sizeof **event, by_time);
  }
  return code;
}
