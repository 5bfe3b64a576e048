/* SPDX-License-Identifier: Apache-2.0 */
/* The boundary log as text: one line a fact, so that a person can read, compare and change it. */
#include "mixspike/record.h"

#include "kernel/half.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HEADER[] = "mixspike boundary log 1";
static const char *const engines[] = {"ngspice", "table", "model"};
static const char *const drivers[] = {"auto", "lockstep", "promises", "feedforward"};

/* ---- writing ---- */

static void put_header(FILE *f, const ms_boundary *l) {
  char *file = l->core_file ? realpath(l->core_file, NULL) : NULL;
  fprintf(f, "%s\ncore %s\n", HEADER, l->core);
  if (file)
    fprintf(f, "file %s\n", file);
  free(file);
  fprintf(f, "dac_bits %u\nchecksum %016" PRIx64 "\n", l->dac_bits, l->core_checksum);
  fprintf(f, "analog %s\ndigital %s\n", engines[l->analog], ms_router_name(l->digital));
  if (l->pulse_maps)
    fprintf(f, "pulse_maps 1\n");
  if (l->driver == MS_DRIVER_FEEDFORWARD)
    fprintf(f, "driver %s\nself_ack %u %u\n", drivers[l->driver], l->ack.rise_cycles,
            l->ack.fall_cycles);
  fprintf(f, "neurons %u\ninputs %u\n", l->n_neuron, l->n_input);
  if (l->cols * l->rows > 1)
    fprintf(f, "cores %ux%u\n", l->cols, l->rows);
  fprintf(f, "die %" PRIu64 " %" PRIu64 " %.17g\n", l->die.seed, l->die.die, l->die.strength);
  fprintf(f, "pvt %u %.17g %d %.17g\n", l->pvt.corner, l->pvt.supply_v, l->pvt.temp_set,
          l->pvt.temp_c);
  fprintf(f, "clock %" PRIu64 "\nlookahead %" PRIu64 "\nstop %" PRIu64 "\n", l->clock_ps,
          l->lookahead_ps, l->t_stop);
  for (size_t i = 0; i < l->n_write; i++)
    fprintf(f, "write %05" PRIx32 " %08" PRIx32 "\n", l->write[i][0], l->write[i][1]);
}

static void put_event(FILE *f, const ms_boundary_event *e) {
  switch (e->kind) {
  case MS_BOUNDARY_IN:
    fprintf(f, "in %" PRIu64 " %u\n", e->t, e->address);
    break;
  case MS_BOUNDARY_REQUEST:
    fprintf(f, "req %" PRIu64 " %u %u\n", e->t, e->address, e->level);
    break;
  case MS_BOUNDARY_ACK:
    fprintf(f, "ack %" PRIu64 " %u %u\n", e->t, e->address, e->level);
    break;
  case MS_BOUNDARY_PULSE:
    fprintf(f, "pulse %" PRIu64 " %u %u %s%u %u\n", e->t, e->address, e->level,
            e->sign == MS_INH ? "inh" : "exc", e->row, e->code);
    break;
  case MS_BOUNDARY_OUT:
    fprintf(f, "out %" PRIu64 " %u\n", e->t, e->address);
    break;
  case MS_BOUNDARY_GRANT:
    fprintf(f, "grant %" PRIu64 " %u %u\n", e->t, e->address, e->level);
    break;
  }
}

int ms_boundary_write(const char *path, const ms_chip *chip, const ms_run_result *run,
                      ms_time t_stop, ms_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  if (!f)
    return ms_fail(err, MS_ENOMEM, "no memory for the log %s", path);
  const ms_boundary log = ms_half_log(chip, run, t_stop);
  put_header(f, &log);
  for (size_t i = 0; i < run->n_boundary; i++)
    put_event(f, &run->boundary[i]);
  fputs("end\n", f);
  int bad = ferror(f) | fclose(f);
  int rc = bad ? ms_fail(err, MS_ENOMEM, "no memory for the log %s", path)
               : ms_write_file(path, text, size, err);
  free(text);
  return rc;
}

/* ---- reading ---- */

typedef struct reader {
  const char *path;
  uint32_t line;
  ms_boundary *log;
  size_t write_capacity, event_capacity;
  int ended;
} reader;

static int word_of(const char *text, const char *const *words, int n) {
  for (int k = 0; k < n; k++)
    if (!strcmp(text, words[k]))
      return k;
  return -1;
}

static int keep_text(char **to, const char *text) {
  free(*to);
  *to = strdup(text);
  return *to != NULL;
}

/* A fact about the run; 0: the line is malformed, -1: it is none of these. */
static int take_fact(reader *r, const char *key, const char *rest) {
  ms_boundary *l = r->log;
  int temp_set = 0, k;
  uint64_t number = strtoull(rest, NULL, 10);
  if (!strcmp(key, "core"))
    return keep_text(&l->core, rest);
  if (!strcmp(key, "file"))
    return keep_text(&l->core_file, rest);
  if (!strcmp(key, "checksum"))
    return sscanf(rest, "%" SCNx64, &l->core_checksum) == 1;
  if (!strcmp(key, "analog")) {
    k = word_of(rest, engines, 3);
    l->analog = (ms_engine_kind)k;
    return k >= 0;
  }
  if (!strcmp(key, "pulse_maps")) {
    l->pulse_maps = number == 1;
    return number <= 1;
  }
  if (!strcmp(key, "digital")) {
    for (k = 0; k < MS_N_ROUTER && strcmp(rest, ms_router_name((ms_router_kind)k)); k++)
      ;
    l->digital = (ms_router_kind)k;
    return k < MS_N_ROUTER;
  }
  if (!strcmp(key, "driver")) {
    k = word_of(rest, drivers, 4);
    l->driver = (ms_driver_kind)k;
    return k > MS_DRIVER_AUTO;
  }
  if (!strcmp(key, "self_ack"))
    return sscanf(rest, "%u %u", &l->ack.rise_cycles, &l->ack.fall_cycles) == 2;
  if (!strcmp(key, "cores"))
    return sscanf(rest, "%ux%u", &l->cols, &l->rows) == 2 && l->cols && l->rows;
  if (!strcmp(key, "die"))
    return sscanf(rest, "%" SCNu64 " %" SCNu64 " %lf", &l->die.seed, &l->die.die,
                  &l->die.strength) == 3;
  if (!strcmp(key, "pvt")) {
    int n =
        sscanf(rest, "%u %lf %d %lf", &l->pvt.corner, &l->pvt.supply_v, &temp_set, &l->pvt.temp_c);
    l->pvt.temp_set = temp_set != 0;
    return n == 4;
  }
  if (!strcmp(key, "dac_bits"))
    return (l->dac_bits = (unsigned)number) > 0;
  if (!strcmp(key, "neurons"))
    return (l->n_neuron = (unsigned)number) > 0 && number <= 65536;
  if (!strcmp(key, "inputs"))
    return (l->n_input = (unsigned)number) > 0 && number <= 65536;
  if (!strcmp(key, "clock"))
    return (l->clock_ps = number) > 0;
  if (!strcmp(key, "lookahead"))
    return (l->lookahead_ps = number) > 0;
  if (!strcmp(key, "stop"))
    return (l->t_stop = number) > 0;
  return -1;
}

static int take_pulse(const char *rest, ms_boundary_event *e) {
  char sign[4];
  unsigned address, level, row, code;
  if (sscanf(rest, "%" SCNu64 " %u %u %3[a-z]%u %u", &e->t, &address, &level, sign, &row, &code) !=
          6 ||
      address > UINT16_MAX || level > 1 || row >= MS_MAX_ROWS || code > UINT16_MAX ||
      (strcmp(sign, "exc") && strcmp(sign, "inh")))
    return 0;
  e->address = (uint16_t)address;
  e->level = (uint8_t)level;
  e->sign = strcmp(sign, "inh") ? MS_EXC : MS_INH;
  e->row = (uint8_t)row;
  e->code = (uint16_t)code;
  return 1;
}

/* Something that happened; 0: malformed, -1: none of these. */
static int take_event(const char *key, const char *rest, ms_boundary_event *e) {
  static const char *const keys[] = {"in", "req", "ack", "pulse", "out", "grant"};
  int kind = word_of(key, keys, 6);
  if (kind < 0)
    return -1;
  e->kind = (ms_boundary_kind)kind;
  if (e->kind == MS_BOUNDARY_PULSE)
    return take_pulse(rest, e);
  int levelled = e->kind != MS_BOUNDARY_IN && e->kind != MS_BOUNDARY_OUT;
  unsigned address, level = 1;
  int n = sscanf(rest, "%" SCNu64 " %u %u", &e->t, &address, &level);
  if (n != (levelled ? 3 : 2) || address > UINT16_MAX || level > 1)
    return 0;
  e->address = (uint16_t)address;
  e->level = (uint8_t)(e->kind == MS_BOUNDARY_IN ? 0 : level);
  return 1;
}

static int take_line(reader *r, char *line, ms_error *err) {
  ms_boundary *l = r->log;
  char *rest = strchr(line, ' ');
  if (rest)
    *rest++ = '\0';
  int ok = -1, rc = 0;
  if (r->ended) {
    ok = 0;
  } else if (!strcmp(line, "end")) {
    r->ended = ok = 1;
  } else if (rest && !strcmp(line, "write")) {
    rc = ms_grow(&l->write, l->n_write, &r->write_capacity, sizeof *l->write, err);
    if (rc)
      return rc;
    ok = sscanf(rest, "%" SCNx32 " %" SCNx32, &l->write[l->n_write][0], &l->write[l->n_write][1]) ==
         2;
    l->n_write += ok == 1;
  } else if (rest && (ok = take_fact(r, line, rest)) < 0) {
    rc = ms_grow(&l->event, l->n_event, &r->event_capacity, sizeof *l->event, err);
    if (rc)
      return rc;
    ms_boundary_event e = {.line = r->line};
    ok = take_event(line, rest, &e);
    if (ok == 1)
      l->event[l->n_event++] = e;
  }
  return ok == 1 ? 0
                 : ms_fail(err, MS_EPARSE, "%s:%" PRIu32 ": no line of a boundary log: '%.60s'",
                           r->path, r->line, line);
}

/* The facts without which neither half can run. */
static int check_whole(reader *r, ms_error *err) {
  ms_boundary *l = r->log;
  const char *missing = !r->ended          ? "end"
                        : !l->core         ? "core"
                        : !l->dac_bits     ? "dac_bits"
                        : !l->n_neuron     ? "neurons"
                        : !l->n_input      ? "inputs"
                        : !l->clock_ps     ? "clock"
                        : !l->lookahead_ps ? "lookahead"
                        : !l->t_stop       ? "stop"
                                           : NULL;
  if (missing)
    return ms_fail(err, MS_EPARSE, "%s: the line '%s' is missing: is the log cut off?", r->path,
                   missing);
  l->ack.clock_ps = l->clock_ps;
  if (l->driver == MS_DRIVER_FEEDFORWARD && !l->ack.rise_cycles)
    return ms_fail(err, MS_EPARSE, "%s: the line 'self_ack' is missing", r->path);
  for (size_t i = 0; i < l->n_event; i++) {
    const ms_boundary_event *e = &l->event[i];
    if (e->address >= (e->kind == MS_BOUNDARY_IN ? l->n_input : l->n_neuron))
      return ms_fail(err, MS_ERANGE,
                     "%s:%" PRIu32 ": number %u: there are %u neurons and %u inputs", r->path,
                     e->line, e->address, l->n_neuron, l->n_input);
  }
  return 0;
}

int ms_boundary_read(const char *path, ms_boundary **out, ms_error *err) {
  char *text;
  *out = NULL;
  int rc = ms_read_file(path, &text, NULL, err);
  if (rc)
    return rc;
  reader r = {.path = path, .log = calloc(1, sizeof *r.log)};
  if (r.log)
    *r.log = (ms_boundary){.driver = MS_DRIVER_PROMISES, .cols = 1, .rows = 1};
  else
    rc = ms_fail(err, MS_ENOMEM, "no memory for the log %s", path);
  char *rest = text, *line;
  while (!rc && (line = strsep(&rest, "\n"))) {
    r.line++;
    if (r.line == 1 && strcmp(line, HEADER))
      rc = ms_fail(err, MS_EPARSE, "%s is no boundary log: its first line is not '%s'", path,
                   HEADER);
    else if (r.line > 1 && *line && *line != '#')
      rc = take_line(&r, line, err);
  }
  if (!rc)
    rc = check_whole(&r, err);
  free(text);
  if (rc) {
    ms_boundary_destroy(r.log);
    return rc;
  }
  *out = r.log;
  return 0;
}

void ms_boundary_destroy(ms_boundary *log) {
  if (!log)
    return;
  free(log->core);
  free(log->core_file);
  free(log->write);
  free(log->event);
  free(log);
}
