/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that do a study's jobs; see crew.h. They and their parent send each other texts over a
 * pair of sockets, each with its length in front. */
#include "study/crew.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct member {
  pid_t pid;
  int fd; /* -1: not there */
} member;

struct ms_study_crew {
  ms_study_known *known;
  const char *folder;
  unsigned n;
  member *member;
  int *stop; /* shared with the processes */
};

enum { LIMIT = 1 << 30, PATIENCE_MS = 10000 };

static int send_all(int fd, const void *data, size_t n) {
  for (const char *at = data; n;) {
    ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent <= 0)
      return -1;
    at += sent;
    n -= (size_t)sent;
  }
  return 0;
}

static int receive_all(int fd, void *data, size_t n) {
  for (char *at = data; n;) {
    ssize_t got = recv(fd, at, n, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return -1;
    at += got;
    n -= (size_t)got;
  }
  return 0;
}

static int send_text(int fd, const char *text) {
  uint32_t n = (uint32_t)strlen(text);
  return send_all(fd, &n, sizeof n) ? -1 : send_all(fd, text, n);
}

static char *receive_text(int fd) {
  uint32_t n;
  if (receive_all(fd, &n, sizeof n) || n > LIMIT)
    return NULL;
  char *text = malloc((size_t)n + 1);
  if (text && receive_all(fd, text, n)) {
    free(text);
    return NULL;
  }
  if (text)
    text[n] = '\0';
  return text;
}

/* ---- orders ---- */

char *ms_study_order(const ms_study_known *known, const ms_study_job *job) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    return NULL;
  ms_study_job need[MS_STUDY_NEEDS];
  size_t n = ms_study_needs(known->study, job, need);
  for (size_t i = 0; i < n; i++)
    ms_study_tell(known, &need[i], out);
  fprintf(out, "do %d %zu\n", (int)job->kind, job->number);
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  return text;
}

/* Takes in what a job needs, then does it. */
static int obey(ms_study_worker *worker, ms_study_known *known, char *order, ms_study_job *job,
                ms_error *err) {
  char *line = order, *next;
  for (; strncmp(line, "do ", 3) != 0; line = next) {
    if (!(next = strchr(line, '\n')))
      return ms_fail(err, MS_EPARSE, "an order of a study is malformed");
    char first = *++next;
    *next = '\0';
    int rc = ms_study_learn(known, line, job, err);
    *next = first;
    if (rc)
      return rc;
  }
  int kind = -1;
  if (sscanf(line, "do %d %zu", &kind, &job->number) != 2 || kind < 0 || kind >= MS_STUDY_KINDS ||
      job->number >= known->study->n_item)
    return ms_fail(err, MS_EPARSE, "an order of a study is malformed");
  job->kind = (ms_study_kind)kind;
  return ms_study_knows(known, job) ? MS_OK : ms_study_work(worker, job, err);
}

static int answer(int fd, const ms_study_known *known, const ms_study_job *job, int rc,
                  const ms_error *err) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    return -1;
  if (rc)
    fprintf(out, "fail %d %s", rc, err->text);
  else
    ms_study_tell(known, job, out);
  rc = fclose(out) ? -1 : send_text(fd, text);
  free(text);
  return rc;
}

/* ---- a process ---- */

/* A confirmation takes minutes: it tells how far it is. */
static void tell_moved(void *user, const ms_progress *p) {
  const int *fd = user;
  char text[40];
  if (strcmp(p->phase, MS_STUDY_CONFIRMING) != 0)
    return;
  snprintf(text, sizeof text, "moved %zu", (size_t)p->done);
  send_text(*fd, text);
}

int ms_study_moved(const char *text, size_t *samples) {
  size_t n;
  if (sscanf(text, "moved %zu", &n) != 1)
    return 0;
  if (samples)
    *samples = n;
  return 1;
}

/* Ends when the other end of the socket is closed. */
static void serve(ms_study_crew *crew, int fd) {
  ms_study_worker *worker = NULL;
  const ms_control control = {.report = tell_moved, .user = &fd, .cancel = crew->stop};
  ms_error err = {0};
  int rc = ms_study_worker_create(crew->known, crew->folder, &control, &worker, &err);
  for (char *order; !rc && (order = receive_text(fd)); free(order)) {
    ms_study_job job = {0};
    int failed = obey(worker, crew->known, order, &job, &err);
    rc = answer(fd, crew->known, &job, failed, &err);
  }
  ms_study_worker_destroy(worker);
}

static int start(ms_study_crew *crew, unsigned slot, ms_error *err) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
    return ms_fail(err, MS_EIO, "no process can be started: %s", strerror(errno));
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    /* Ctrl-C is the parent's business: it waits for the last answers. */
    setpgid(0, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0; i < crew->n; i++)
      if (crew->member[i].fd >= 0)
        close(crew->member[i].fd);
    close(pair[0]);
    if (getppid() == parent)
      serve(crew, pair[1]);
    _exit(0);
  }
  close(pair[1]);
  if (pid < 0) {
    close(pair[0]);
    return ms_fail(err, MS_EIO, "no process can be started: %s", strerror(errno));
  }
  crew->member[slot] = (member){pid, pair[0]};
  return MS_OK;
}

/* ---- the crew ---- */

int ms_study_crew_create(ms_study_known *known, const char *folder, unsigned n, ms_study_crew **out,
                         ms_error *err) {
  ms_study_crew *c = *out = calloc(1, sizeof *c);
  void *shared =
      mmap(NULL, sizeof *c->stop, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (c && shared != MAP_FAILED)
    *c = (ms_study_crew){.known = known,
                         .folder = folder,
                         .n = n,
                         .member = calloc(n, sizeof *c->member),
                         .stop = shared};
  if (!c || shared == MAP_FAILED || !c->member) {
    if (shared != MAP_FAILED)
      munmap(shared, sizeof *c->stop);
    free(c);
    *out = NULL;
    return ms_fail(err, MS_ENOMEM, "no memory for %u processes", n);
  }
  for (unsigned i = 0; i < n; i++)
    c->member[i].fd = -1;
  return MS_OK;
}

void ms_study_crew_stop(ms_study_crew *crew) {
  __atomic_store_n(crew->stop, 1, __ATOMIC_RELAXED);
}

/* Waits for the end of a process whose socket is closed. */
static void bury(member *m, int *status) {
  for (int waited = 0; waitpid(m->pid, status, WNOHANG) == 0; waited += 5) {
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    if (waited > PATIENCE_MS) {
      kill(m->pid, SIGKILL);
      waitpid(m->pid, status, 0);
      break;
    }
  }
  m->fd = -1;
}

void ms_study_crew_destroy(ms_study_crew *c) {
  if (!c)
    return;
  int status;
  ms_study_crew_stop(c);
  for (unsigned i = 0; i < c->n; i++)
    if (c->member[i].fd >= 0)
      close(c->member[i].fd);
  for (unsigned i = 0; i < c->n; i++)
    if (c->member[i].fd >= 0)
      bury(&c->member[i], &status);
  munmap(c->stop, sizeof *c->stop);
  free(c->member);
  free(c);
}

int ms_study_crew_give(ms_study_crew *c, unsigned slot, const char *text, ms_error *err) {
  int rc = c->member[slot].fd < 0 ? start(c, slot, err) : MS_OK;
  if (!rc)
    send_text(c->member[slot].fd, text); /* of a process that has ended, the next wait tells */
  return rc;
}

static char *lost(member *m) {
  char *text = NULL;
  int status = 0;
  close(m->fd);
  kill(m->pid, SIGKILL);
  bury(m, &status);
  if (asprintf(&text, "lost by %s %d", WIFSIGNALED(status) ? "signal" : "exit code",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)) < 0)
    return NULL;
  return text;
}

char *ms_study_crew_wait(ms_study_crew *c, int wait_ms, unsigned *slot) {
  struct pollfd *fd = calloc(c->n, sizeof *fd);
  if (!fd)
    return NULL;
  for (unsigned i = 0; i < c->n; i++)
    fd[i] = (struct pollfd){.fd = c->member[i].fd, .events = POLLIN};
  char *text = NULL;
  if (poll(fd, c->n, wait_ms) > 0)
    for (*slot = 0; *slot < c->n; ++*slot)
      if (fd[*slot].revents) {
        text = receive_text(fd[*slot].fd);
        text = text ? text : lost(&c->member[*slot]);
        break;
      }
  free(fd);
  return text;
}
