/* SPDX-License-Identifier: Apache-2.0 */
/* The library's side of a simulation worker; see service.h. */
#include "engine/ngspice/service.h"

#include "engine/ngspice/spawn.h"

#include <stdlib.h>
#include <string.h>

struct ms_service {
  ms_process_handle process;
  double timeout_s;
  ms_wire in, out;
  bool alive, can_peek, run_active, run_finished;
  char banner[80];
  ms_transition *transition;
  size_t transition_capacity;
};

/* Turns a failure of the transport into one that tells the story, and ends the worker. */
static int broken(ms_service *s, int code, ms_error *err) {
  char how[80] = "", words[300];
  ms_error why = err ? *err : (ms_error){0};
  ms_spawn_last_words(&s->process, words, sizeof words);
  /* The log belongs to the process, so it is read first. */
  ms_spawn_end(&s->process, code == MS_ECRASH ? how : NULL, sizeof how);
  s->alive = false;
  return ms_fail(err, code, "%s%s%s%s%s", why.text, *how ? ": it " : "", how,
                 *words ? "; it printed last: " : "", words);
}

static int send_message(ms_service *s, enum ms_ng_message type, ms_error *err) {
  ms_error local, *e = err ? err : &local;
  if (!s->alive)
    return ms_fail(err, MS_ECRASH, "the simulation worker has ended");
  int rc = ms_wire_send(s->process.socket_fd, (uint32_t)type, &s->out, s->timeout_s, e);
  return rc ? broken(s, rc, e) : 0;
}

/* Receives the next message that is not a sign of life. */
static int receive_message(ms_service *s, uint32_t *type, ms_error *err) {
  ms_error local, *e = err ? err : &local;
  if (!s->alive)
    return ms_fail(err, MS_ECRASH, "the simulation worker has ended");
  do {
    int rc = ms_wire_receive(s->process.socket_fd, type, &s->in, s->timeout_s, e);
    if (rc)
      return broken(s, rc, e);
  } while (*type == MS_NG_PROGRESS);
  return 0;
}

static int expect(ms_service *s, enum ms_ng_message wanted, ms_error *err) {
  uint32_t type;
  int rc = receive_message(s, &type, err);
  if (rc)
    return rc;
  if (type == (uint32_t)wanted)
    return 0;
  ms_fail(err, MS_EIO, "the simulation worker answered %u where %u was due", type,
          (unsigned)wanted);
  return broken(s, MS_EIO, err);
}

int ms_service_create(const char *worker_path, double timeout_s, ms_service **out, ms_error *err) {
  *out = NULL;
  char path[1024];
  int rc = ms_spawn_find(worker_path, path, sizeof path, err);
  if (rc)
    return rc;
  ms_service *s = calloc(1, sizeof *s);
  if (!s)
    return ms_fail(err, MS_ENOMEM, "no memory for a simulation worker");
  s->timeout_s = timeout_s > 0 ? timeout_s : 120.0;
  rc = ms_spawn(path, &s->process, err);
  s->alive = rc == 0;
  rc = rc ? rc : expect(s, MS_NG_HELLO, err);
  if (rc == 0) {
    uint64_t protocol = ms_wire_get_u64(&s->in), failed = ms_wire_get_u64(&s->in);
    s->can_peek = ms_wire_get_u64(&s->in) != 0;
    const char *text = ms_wire_get_text(&s->in);
    if (s->in.bad || protocol != MS_NG_PROTOCOL)
      rc = ms_fail(err, MS_EIO, "the simulation worker %s is of another version of mixspike", path);
    else if (failed)
      rc = ms_fail(err, MS_ESIM, "ngspice did not start: %.300s", text);
    else
      strncpy(s->banner, text, sizeof s->banner - 1);
  }
  if (rc) {
    ms_service_destroy(s);
    return rc;
  }
  *out = s;
  return 0;
}

void ms_service_destroy(ms_service *s) {
  if (!s)
    return;
  ms_spawn_end(&s->process, NULL, 0);
  ms_wire_free(&s->in);
  ms_wire_free(&s->out);
  free(s->transition);
  free(s);
}

/* Reads the answer to a deck or command. */
static int text_answer(ms_service *s, const char *what, const char **text, ms_error *err) {
  int rc = expect(s, MS_NG_TEXT, err);
  if (rc)
    return rc;
  uint64_t failed = ms_wire_get_u64(&s->in);
  const char *said = ms_wire_get_text(&s->in);
  if (text)
    *text = said;
  if (!failed)
    return 0;
  size_t n = strlen(said);
  return ms_fail(err, MS_ESIM, "ngspice refused %s: %s", what, n > 450 ? said + n - 450 : said);
}

int ms_service_deck(ms_service *s, const ms_deck *deck, ms_error *err) {
  ms_wire_clear(&s->out);
  ms_wire_put_u64(&s->out, deck->n_line);
  for (size_t i = 0; i < deck->n_line; i++)
    ms_wire_put_text(&s->out, deck->line[i]);
  int rc = send_message(s, MS_NG_DECK, err);
  return rc ? rc : text_answer(s, "the circuit", NULL, err);
}

int ms_service_command(ms_service *s, const char *lines, const char **text, ms_error *err) {
  ms_wire_clear(&s->out);
  ms_wire_put_text(&s->out, lines);
  int rc = send_message(s, MS_NG_COMMAND, err);
  return rc ? rc : text_answer(s, strchr(lines, '\n') ? "a command" : lines, text, err);
}

int ms_service_vector(ms_service *s, const char *name, const double **values, size_t *n,
                      ms_error *err) {
  ms_wire_clear(&s->out);
  ms_wire_put_text(&s->out, name);
  int rc = send_message(s, MS_NG_VECTOR, err);
  rc = rc ? rc : expect(s, MS_NG_VECTOR, err);
  if (rc)
    return rc;
  *n = (size_t)ms_wire_get_u64(&s->in);
  if (*n > MS_WIRE_MAX / sizeof(double))
    s->in.bad = true;
  *values = ms_wire_get(&s->in, *n * sizeof(double));
  if (s->in.bad)
    return ms_fail(err, MS_EIO, "the simulation worker sent a damaged vector");
  return *n ? 0 : ms_fail(err, MS_EMISSING, "ngspice knows no vector '%s'", name);
}

int ms_service_run(ms_service *s, const ms_ng_setup *setup, ms_error *err) {
  ms_wire_clear(&s->out);
  ms_ng_setup_put(&s->out, setup);
  s->run_active = true;
  s->run_finished = false;
  return send_message(s, MS_NG_RUN, err);
}

int ms_service_grant(ms_service *s, ms_time limit_ps, bool cut, const ms_ng_ramp *ramp, size_t n,
                     ms_error *err) {
  ms_wire_clear(&s->out);
  ms_wire_put_u64(&s->out, limit_ps);
  ms_wire_put_u64(&s->out, cut);
  ms_wire_put_u64(&s->out, n);
  ms_wire_put(&s->out, ramp, n * sizeof *ramp);
  return send_message(s, MS_NG_GRANT, err);
}

int ms_service_wait(ms_service *s, ms_report *report, ms_error *err) {
  uint32_t type;
  int rc = receive_message(s, &type, err);
  if (rc)
    return rc;
  if (type == MS_NG_ERROR) {
    int code = -(int)ms_wire_get_u64(&s->in);
    s->run_finished = true; /* the worker waits for the run to be ended */
    return ms_fail(err, code, "%s", ms_wire_get_text(&s->in));
  }
  if (type != MS_NG_REPORT) {
    ms_fail(err, MS_EIO, "the simulation worker answered %u where a report was due", type);
    return broken(s, MS_EIO, err);
  }
  *report = (ms_report){.committed = ms_wire_get_u64(&s->in), .promise = ms_wire_get_u64(&s->in)};
  report->finished = ms_wire_get_u64(&s->in) != 0;
  uint64_t n = ms_wire_get_u64(&s->in);
  if (s->in.bad || n > s->in.n) {
    ms_fail(err, MS_EIO, "the simulation worker sent a damaged report");
    return broken(s, MS_EIO, err);
  }
  if (n > s->transition_capacity) {
    ms_transition *t = realloc(s->transition, (size_t)n * sizeof *t);
    if (!t)
      return ms_fail(err, MS_ENOMEM, "no memory for request transitions");
    s->transition = t;
    s->transition_capacity = (size_t)n;
  }
  for (uint64_t i = 0; i < n; i++) {
    s->transition[i].t = ms_wire_get_u64(&s->in);
    s->transition[i].level = (int)ms_wire_get_u64(&s->in);
  }
  report->transition = s->transition;
  report->n_transition = (size_t)n;
  s->run_finished = s->run_finished || report->finished;
  return 0;
}

int ms_service_finish(ms_service *s, ms_ng_result *result, ms_error *err) {
  memset(result, 0, sizeof *result);
  if (!s->run_active)
    return ms_fail(err, MS_EINVAL, "no run to finish");
  s->run_active = false;
  ms_wire_clear(&s->out);
  int rc = send_message(s, MS_NG_FINISH, err);
  uint32_t type = 0;
  while (rc == 0 && type != MS_NG_RESULT) /* passes a report that nobody waited for */
    rc = receive_message(s, &type, err);
  if (rc)
    return rc;
  result->energy_j = ms_wire_get_f64(&s->in);
  result->steps = ms_wire_get_u64(&s->in);
  result->iterations = ms_wire_get_u64(&s->in);
  result->rejected = ms_wire_get_u64(&s->in);
  result->n_wave = (size_t)ms_wire_get_u64(&s->in);
  result->n_point = (size_t)ms_wire_get_u64(&s->in);
  if (result->n_point > MS_WIRE_MAX || result->n_wave > 64)
    s->in.bad = true;
  size_t n = s->in.bad ? 0 : result->n_point;
  result->t_s = ms_wire_get(&s->in, n * sizeof(double));
  result->v = ms_wire_get(&s->in, n * result->n_wave * sizeof(double));
  if (!s->run_finished) {
    ms_spawn_end(&s->process, NULL, 0);
    s->alive = false;
  }
  return s->in.bad ? ms_fail(err, MS_EIO, "the simulation worker sent a damaged result") : 0;
}

pid_t ms_service_pid(const ms_service *s) {
  return s->process.pid;
}

const char *ms_service_banner(const ms_service *s) {
  return s->banner;
}

bool ms_service_can_peek(const ms_service *s) {
  return s->can_peek;
}

bool ms_service_alive(const ms_service *s) {
  return s->alive;
}
