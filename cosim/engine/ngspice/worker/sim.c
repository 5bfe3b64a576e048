/* SPDX-License-Identifier: Apache-2.0 */
/* ngspice inside the worker; see sim.h. */
#include "engine/ngspice/worker/sim.h"

#include <ctype.h>
#include <ngspice/sharedspice.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/ngspice/worker/leave.h"
#include "engine/ngspice/worker/peek.h"

static struct {
  ms_sim_hooks hooks;
  char *text;
  size_t n_text, capacity;
  char banner[80];
  bool complained;
  ms_peek peek;
} sim;

/* Words by which ngspice says that something did not work; its return codes do not tell. */
static bool is_complaint(const char *line) {
  static const char *const word[] = {
      "error",         "fatal",          "aborted",        "could not find",
      "no such",       "unknown",        "singular",       "timestep too small",
      "no circuit",    "unable to find", "not recognised", "doanalyses",
      "unimplemented", "can't find",     "no simulations",
  };
  /* What ngspice only repeats may contain any word: the title, and numbered lines of a listing. */
  if (line[0] == '*' || !strncmp(line, "Circuit:", 8) ||
      !strncmp(line + strspn(line, " 0123456789"), ": ", 2))
    return false;
  char low[256];
  size_t n = 0;
  for (; line[n] && n < sizeof low - 1; n++)
    low[n] = (char)tolower((unsigned char)line[n]);
  low[n] = '\0';
  if (strstr(low, "warning") || strstr(low, "note:"))
    return false;
  for (size_t i = 0; i < sizeof word / sizeof *word; i++)
    if (strstr(low, word[i]))
      return true;
  return false;
}

static int on_text(char *line, int id, void *user) {
  (void)id;
  (void)user;
  const char *body = line;
  if (!strncmp(body, "stdout ", 7) || !strncmp(body, "stderr ", 7))
    body += 7;
  size_t n = strlen(body);
  /* Goes to the parent's crash log as well: what was said last is what explains a crash. */
  if (write(STDERR_FILENO, body, n) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
    clearerr(stderr);
  if (is_complaint(body))
    sim.complained = true;
  if (!sim.banner[0] && strstr(body, "ngspice-"))
    snprintf(sim.banner, sizeof sim.banner, "%s", strstr(body, "ngspice-"));
  if (sim.n_text + n + 2 > sim.capacity) {
    size_t capacity = 2 * (sim.n_text + n + 2);
    char *text = realloc(sim.text, capacity);
    if (!text)
      return 0;
    sim.text = text;
    sim.capacity = capacity;
  }
  memcpy(sim.text + sim.n_text, body, n);
  sim.n_text += n;
  sim.text[sim.n_text++] = '\n';
  sim.text[sim.n_text] = '\0';
  return 0;
}

static int on_status(char *text, int id, void *user) {
  (void)text;
  (void)id;
  (void)user;
  return 0;
}

/* ngspice wants to leave: the process is its container, so the process leaves. */
static int on_exit_wish(int status, NG_BOOL now, NG_BOOL quit, int id, void *user) {
  (void)now;
  (void)quit;
  (void)id;
  (void)user;
  ms_worker_leave(status ? status : 1);
}

static int on_thread(NG_BOOL running, int id, void *user) {
  (void)running;
  (void)id;
  (void)user;
  return 0;
}

static int on_vsource(double *v, double t_s, char *name, int id, void *user) {
  (void)id;
  (void)user;
  *v = sim.hooks.source ? sim.hooks.source(sim.hooks.user, name, t_s) : 0.0;
  return 0;
}

static int on_isource(double *i, double t_s, char *name, int id, void *user) {
  (void)t_s;
  (void)name;
  (void)id;
  (void)user;
  *i = 0.0;
  return 0;
}

static int on_sync(double t_s, double *delta_s, double old_delta_s, int redo, int id, int location,
                   void *user) {
  (void)old_delta_s;
  (void)id;
  (void)user;
  return sim.hooks.sync ? sim.hooks.sync(sim.hooks.user, t_s, delta_s, redo != 0, location) : 0;
}

void ms_sim_set_hooks(const ms_sim_hooks *hooks) {
  if (hooks)
    sim.hooks = *hooks;
  else
    memset(&sim.hooks, 0, sizeof sim.hooks);
}

const char *ms_sim_banner(void) {
  return sim.banner;
}

const char *ms_sim_text(void) {
  return sim.text ? sim.text : "";
}

void ms_sim_forget_text(void) {
  sim.n_text = 0;
  sim.complained = false;
  if (sim.text)
    sim.text[0] = '\0';
  if (ftruncate(STDERR_FILENO, 0))
    clearerr(stderr); /* a terminal instead of the crash log */
}

int ms_sim_command(const char *line) {
  char copy[1024];
  if (strlen(line) >= sizeof copy) { /* ngspice would cut it silently */
    char message[] = "Error: command longer than 1023 characters";
    on_text(message, 0, NULL);
    return -1;
  }
  strcpy(copy, line);
  sim.complained = false;
  int rc = ngSpice_Command(copy);
  ngSpice_Command(NULL); /* frees the command, which ngspice would keep for ever */
  return rc || sim.complained ? -1 : 0;
}

int ms_sim_commands(const char *lines) {
  char line[1025]; /* one that is too long stays too long */
  int rc = 0;
  while (*lines && rc == 0) {
    size_t n = strcspn(lines, "\n"), kept = n < sizeof line ? n : sizeof line - 1;
    memcpy(line, lines, kept);
    line[kept] = '\0';
    if (n)
      rc = ms_sim_command(line);
    lines += n + (lines[n] == '\n');
  }
  return rc;
}

int ms_sim_deck(char **line, size_t n) {
  sim.complained = false;
  char **with_end = calloc(n + 3, sizeof *with_end);
  char end[] = ".end";
  if (!with_end)
    return -1;
  memcpy(with_end, line, n * sizeof *line);
  if (n == 0 || strncmp(line[n - 1], ".end", 5))
    with_end[n] = end;
  int rc = ngSpice_Circ(with_end);
  free(with_end);
  return rc || sim.complained ? -1 : 0;
}

const double *ms_sim_vector(const char *name, size_t *n) {
  char copy[256];
  *n = 0;
  if (strlen(name) >= sizeof copy)
    return NULL;
  strcpy(copy, name);
  pvector_info v = ngGet_Vec_Info(copy);
  if (!v || !v->v_realdata || v->v_length < 1)
    return NULL;
  *n = (size_t)v->v_length;
  return v->v_realdata;
}

static double ask(const char *query) {
  size_t n;
  const double *v = ms_sim_vector(query, &n);
  return v ? v[0] : 0.0;
}

void ms_sim_probe_find(ms_sim_probe *probe, const char *name, bool isource, const double *delta_s) {
  snprintf(probe->query, sizeof probe->query, isource ? "@%s[v]" : "@%s[i]", name);
  probe->index = 0;
  if (!sim.peek.found)
    return;
  double value = ask(probe->query);
  if (isource) {
    char query[48];
    snprintf(query, sizeof query, "@%s[pos_node]", name);
    size_t index = (size_t)ask(query);
    if (index && ms_peek_read(&sim.peek, delta_s, index) == value)
      probe->index = index;
  } else {
    probe->index = ms_peek_find(&sim.peek, delta_s, value);
  }
}

double ms_sim_probe_read(const ms_sim_probe *probe, const double *delta_s) {
  return probe->index ? ms_peek_read(&sim.peek, delta_s, probe->index) : ask(probe->query);
}

bool ms_sim_can_peek(void) {
  return sim.peek.found;
}

/* The calibration run of the peek: at every call the official values of three nodes
 * are compared. */
static int calibrate(void *user, double t_s, double *delta_s, bool rejected, int location) {
  (void)t_s;
  (void)rejected;
  (void)location;
  ms_peek_search *search = user;
  ms_peek_try(search, delta_s, (size_t)ask("@ims_a[pos_node]"), ask("@ims_a[v]"));
  ms_peek_try(search, delta_s, (size_t)ask("@ims_b[pos_node]"), ask("@ims_b[v]"));
  ms_peek_try(search, delta_s, (size_t)ask("@ims_c[pos_node]"), ask("@ims_c[v]"));
  return 0;
}

int ms_sim_start(void) {
  /* No SendData: it would crash on decks with .save, and the peek makes it unnecessary. */
  if (ngSpice_Init(on_text, on_status, on_exit_wish, NULL, NULL, on_thread, NULL) ||
      ngSpice_Init_Sync(on_vsource, on_isource, on_sync, NULL, NULL))
    return -1;
  ms_sim_command("set num_threads=1");
  /* A diode makes the last two Newton iterates differ, so that the right one can be told. */
  char *deck[] = {"* peek",      "va a 0 pulse(0.1 1.3 5n 7n 5n 11n 1)",
                  "ra a b 1k",   "db b 0 dm",
                  "cb b 0 3p",   "rb b c 4k",
                  "cc c 0 1p",   ".model dm d(is=1e-14)",
                  "ims_a 0 a 0", "ims_b 0 b 0",
                  "ims_c 0 c 0", ".save v(b)"};
  if (ms_sim_deck(deck, sizeof deck / sizeof *deck))
    return -1;
  ms_peek_search search = {0};
  ms_sim_hooks hooks = {.sync = calibrate, .user = &search};
  ms_sim_set_hooks(&hooks);
  int rc = ms_sim_command("tran 1n 40n 0 2n");
  ms_sim_set_hooks(NULL);
  ms_peek_decide(&search, &sim.peek);
  ms_sim_command("destroy all");
  ms_sim_command("remcirc");
  return rc;
}
