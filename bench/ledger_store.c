/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the deviation ledger. */
#include "ledger_store.h"

#include "mixspike/netlist.h"
#include "neuron_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char head[] = "mixspike ledger 1";

typedef struct entry {
  char *name;
  uint64_t die;
  int engine;
  ms_ledger_run run;
} entry;

struct ms_ledger_store {
  char *path;
  int fd;
  size_t n, room;
  entry *entry;
};

void ms_ledger_run_clear(ms_ledger_run *run) {
  free(run->spike);
  *run = (ms_ledger_run){0};
}

void ms_ledger_store_close(ms_ledger_store *s) {
  if (!s)
    return;
  for (size_t i = 0; i < s->n; i++) {
    free(s->entry[i].name);
    ms_ledger_run_clear(&s->entry[i].run);
  }
  free(s->entry);
  free(s->path);
  if (s->fd >= 0)
    close(s->fd);
  free(s);
}

static int keep(ms_ledger_store *s, const char *name, uint64_t die, int engine, ms_ledger_run *run,
                ms_error *err) {
  if (s->n == s->room) {
    size_t room = s->room ? 2 * s->room : 64;
    entry *more = realloc(s->entry, room * sizeof *more);
    if (!more)
      return ms_fail(err, MS_ENOMEM, "no memory for %zu runs", room);
    s->entry = more;
    s->room = room;
  }
  char *copy = strdup(name);
  if (!copy)
    return ms_fail(err, MS_ENOMEM, "no memory for a run");
  s->entry[s->n++] = (entry){.name = copy, .die = die, .engine = engine, .run = *run};
  *run = (ms_ledger_run){0};
  return MS_OK;
}

static int read_spikes(const char *text, ms_ledger_run *run) {
  size_t room = 1;
  for (const char *c = text; *c; c++)
    room += *c == ' ';
  run->spike = calloc(room, sizeof *run->spike);
  if (!run->spike)
    return -1;
  while (*text) {
    char *end;
    unsigned long address = strtoul(text, &end, 10);
    if (end == text || *end != ':' || address > UINT16_MAX)
      return -1;
    text = end + 1;
    ms_time t = strtoull(text, &end, 10);
    if (end == text || (*end && *end != ' '))
      return -1;
    run->spike[run->n_spike++] = (ms_event){.t = t, .address = (uint16_t)address};
    text = *end ? end + 1 : end;
  }
  return 0;
}

/* One line without its newline; cuts it up. */
static int read_line(ms_ledger_store *s, char *line, ms_error *err) {
  enum { FIELDS = 6 };
  char *field[FIELDS];
  int n = 0;
  for (char *c = line; n < FIELDS && c; n++) {
    field[n] = c;
    c = strchr(c, '\t');
    if (c)
      *c++ = 0;
  }
  ms_ledger_run run = {0};
  if (n == FIELDS && !read_spikes(field[5], &run)) {
    run.seconds = strtod(field[3], NULL);
    run.energy_j = strtod(field[4], NULL);
    return keep(s, field[0], strtoull(field[1], NULL, 10), atoi(field[2]), &run, err);
  }
  ms_ledger_run_clear(&run);
  return ms_fail(err, MS_EPARSE, "not a run");
}

static int read_file(ms_ledger_store *s, uint64_t checksum, ms_error *err) {
  FILE *f = fopen(s->path, "r");
  char *line = NULL;
  size_t room = 0, number = 0;
  int rc = f ? MS_OK : ms_fail(err, MS_EIO, "%s: cannot be read: %s", s->path, strerror(errno));
  for (ssize_t n; !rc && (n = getline(&line, &room, f)) > 0;) {
    number++;
    if (line[n - 1] != '\n') { /* cut short by whoever died while writing it */
      if (ftruncate(s->fd, ftell(f) - n))
        rc = ms_fail(err, MS_EIO, "%s: cannot be shortened: %s", s->path, strerror(errno));
      break;
    }
    line[n - 1] = 0;
    if (number > 1) {
      ms_error why = {0};
      rc = read_line(s, line, &why);
      if (rc == MS_EPARSE)
        ms_fail(err, rc, "%s:%zu: not a run of the ledger; delete that line", s->path, number);
      continue;
    }
    char want[64];
    snprintf(want, sizeof want, "%s %016" PRIx64, head, checksum);
    if (strncmp(line, head, sizeof head - 1) != 0)
      rc = ms_fail(err, MS_EPARSE, "%s:1: not a ledger of mixspike", s->path);
    else if (strcmp(line, want) != 0)
      rc = ms_fail(err, MS_EDIFFERS, "%s:1: made with other circuits; give a new file", s->path);
  }
  free(line);
  if (f)
    fclose(f);
  return rc;
}

int ms_ledger_store_open(const char *path, uint64_t checksum, ms_ledger_store **out,
                         ms_error *err) {
  ms_ledger_store *s = calloc(1, sizeof *s);
  *out = NULL;
  if (!s || !(s->path = strdup(path))) {
    free(s);
    return ms_fail(err, MS_ENOMEM, "no memory for a ledger");
  }
  char line[64];
  int n = snprintf(line, sizeof line, "%s %016" PRIx64 "\n", head, checksum), rc = MS_OK;
  s->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (s->fd >= 0 && write(s->fd, line, (size_t)n) != n)
    rc = ms_fail(err, MS_EIO, "%s: cannot be written: %s", path, strerror(errno));
  else if (s->fd < 0 && (s->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)) < 0)
    rc = ms_fail(err, MS_EIO, "%s: cannot be opened: %s", path, strerror(errno));
  if (!rc && flock(s->fd, LOCK_EX)) /* no other process is in the middle of a line */
    rc = ms_fail(err, MS_EIO, "%s: cannot be locked: %s", path, strerror(errno));
  rc = rc ? rc : read_file(s, checksum, err);
  if (rc)
    ms_ledger_store_close(s);
  else {
    flock(s->fd, LOCK_UN);
    *out = s;
  }
  return rc;
}

const ms_ledger_run *ms_ledger_store_find(const ms_ledger_store *s, const char *name, uint64_t die,
                                          int engine) {
  for (size_t i = 0; i < s->n; i++)
    if (s->entry[i].die == die && s->entry[i].engine == engine && !strcmp(s->entry[i].name, name))
      return &s->entry[i].run;
  return NULL;
}

int ms_ledger_store_add(ms_ledger_store *s, const char *name, uint64_t die, int engine,
                        ms_ledger_run *run, ms_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  if (!f)
    return ms_fail(err, MS_ENOMEM, "no memory for a run");
  fprintf(f, "%s\t%" PRIu64 "\t%d\t%.4g\t%.9g\t", name, die, engine, run->seconds, run->energy_j);
  for (size_t i = 0; i < run->n_spike; i++)
    fprintf(f, "%s%u:%" PRIu64, i ? " " : "", run->spike[i].address, run->spike[i].t);
  fputc('\n', f);
  int rc = MS_OK;
  if (fclose(f) || !text)
    rc = ms_fail(err, MS_ENOMEM, "no memory for a run");
  else if (flock(s->fd, LOCK_EX) || write(s->fd, text, size) != (ssize_t)size || fdatasync(s->fd))
    rc = ms_fail(err, MS_EIO, "%s: cannot be written: %s", s->path, strerror(errno));
  flock(s->fd, LOCK_UN);
  free(text);
  return rc ? rc : keep(s, name, die, engine, run, err);
}

/* FNV-1a. */
static uint64_t hash(uint64_t h, const char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++)
    h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
  return h;
}

static int hash_file(uint64_t *h, const char *path, ms_error *err) {
  FILE *f = fopen(path, "rb");
  if (!f)
    return ms_fail(err, MS_EIO, "%s: cannot be read: %s", path, strerror(errno));
  char block[4096];
  for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
    *h = hash(*h, block, n);
  fclose(f);
  return MS_OK;
}

int ms_ledger_checksum(const ms_core *core, uint64_t *checksum, ms_error *err) {
  uint16_t code[MS_N_SET][MS_BENCH_MAX_BIAS] = {0};
  ms_deck *deck[2] = {NULL, NULL};
  int rc = ms_deck_group(core, NULL, &deck[0], err);
  for (int set = 0; set < MS_N_SET; set++)
    rc = rc ? rc : ms_neuron_bench_codes(core, set, code[set], err);
  rc = rc ? rc : ms_deck_bias(core, NULL, code[0], &deck[1], err);
  *checksum = hash(0xcbf29ce484222325u, (const char *)code, sizeof code);
  for (int d = 0; d < 2 && !rc; d++)
    for (size_t i = 0; i < deck[d]->n_line; i++)
      if (strncmp(deck[d]->line[i], ".include", 8) != 0) /* a path, not a content */
        *checksum = hash(*checksum, deck[d]->line[i], strlen(deck[d]->line[i]));
  for (size_t i = 0; i < core->process->n_include && !rc; i++)
    rc = hash_file(checksum, core->process->include[i], err);
  ms_deck_destroy(deck[0]);
  ms_deck_destroy(deck[1]);
  return rc;
}
