/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike-ngspice: one simulator in a process of its own, driven over the socket on descriptor 3.
 * Started by the library, not by hand. */
#include "engine/ngspice/worker/leave.h"
#include "engine/ngspice/worker/run.h"
#include "engine/ngspice/worker/sim.h"

#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SOCKET_FD = 3 };

/* Ends the process when the library's end of the socket closes, also in the middle of a long
 * computation. PR_SET_PDEATHSIG would do so when the thread that started the worker ends, which
 * is not the same thing in a program with a pool of threads. */
static void *watch(void *arg) {
  (void)arg;
  struct pollfd p = {.fd = SOCKET_FD, .events = POLLRDHUP};
  while (poll(&p, 1, -1) < 0 || !(p.revents & (POLLRDHUP | POLLHUP | POLLERR)))
    ;
  ms_worker_leave(0);
}

static void answer_text(ms_wire *out, int status) {
  ms_wire_clear(out);
  ms_wire_put_u64(out, (uint64_t)(status != 0));
  ms_wire_put_text(out, ms_sim_text());
  ms_worker_send(SOCKET_FD, MS_NG_TEXT, out);
}

static int load_deck(ms_wire *in) {
  uint64_t n = ms_wire_get_u64(in);
  if (in->bad || n > in->n)
    return -1;
  char **line = calloc((size_t)n + 1, sizeof *line);
  if (!line)
    return -1;
  for (uint64_t i = 0; i < n; i++)
    line[i] = (char *)(size_t)ms_wire_get_text(in);
  ms_sim_command("destroy all");
  ms_sim_command("remcirc");
  ms_sim_forget_text();
  int rc = in->bad ? -1 : ms_sim_deck(line, (size_t)n);
  free(line);
  return rc;
}

static void answer_vector(ms_wire *in, ms_wire *out) {
  size_t n;
  const double *v = ms_sim_vector(ms_wire_get_text(in), &n);
  ms_wire_clear(out);
  ms_wire_put_u64(out, v ? n : 0);
  ms_wire_put(out, v, n * sizeof *v);
  ms_worker_send(SOCKET_FD, MS_NG_VECTOR, out);
}

int main(void) {
  struct pollfd p = {.fd = SOCKET_FD};
  if (poll(&p, 1, 0) < 0 || (p.revents & POLLNVAL)) {
    fprintf(stderr, "mixspike-ngspice is started by mixspike; it has no use by hand.\n");
    return 2;
  }
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  setlocale(LC_ALL, "C");
  pthread_t watcher;
  if (pthread_create(&watcher, NULL, watch, NULL))
    return 1;
  int started = ms_sim_start();
  signal(SIGINT, SIG_IGN); /* ngspice installs its own handler; interrupts are the library's */
  ms_wire in = {0}, out = {0};
  ms_wire_put_u64(&out, MS_NG_PROTOCOL);
  ms_wire_put_u64(&out, (uint64_t)(started != 0));
  ms_wire_put_u64(&out, ms_sim_can_peek());
  ms_wire_put_text(&out, started ? ms_sim_text() : ms_sim_banner());
  ms_worker_send(SOCKET_FD, MS_NG_HELLO, &out);
  for (;;) {
    uint32_t type;
    if (ms_wire_receive(SOCKET_FD, &type, &in, 0, NULL))
      ms_worker_leave(0);
    switch (type) {
    case MS_NG_DECK:
      answer_text(&out, load_deck(&in));
      break;
    case MS_NG_COMMAND:
      ms_sim_forget_text();
      answer_text(&out, ms_sim_commands(ms_wire_get_text(&in)));
      break;
    case MS_NG_VECTOR:
      answer_vector(&in, &out);
      break;
    case MS_NG_RUN:
      ms_worker_run(SOCKET_FD, &in);
      break;
    default: /* a message of a run that has failed */
      break;
    }
  }
}
