/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the worker with a clean environment; see spawn.h. */
#include "engine/ngspice/spawn.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char worker_name[] = "mixspike-ngspice";
enum { WORKER_SOCKET_FD = 3 };

/* LIBDIR/../libexec/mixspike: an installation that was moved after it was built. */
static int beside_library(const char *name, char *path, size_t size) {
  Dl_info info;
  if (!dladdr((const void *)(size_t)ms_spawn_find, &info) || !info.dli_fname)
    return -1;
  char *real = realpath(info.dli_fname, NULL);
  char *slash = real ? strrchr(real, '/') : NULL;
  static const char *const up[] = {"/..", "/../.."};
  int rc = -1;
  if (slash) {
    *slash = '\0';
    for (size_t i = 0; rc && i < 2; i++) {
      snprintf(path, size, "%s%s/libexec/mixspike/%s", real, up[i], name);
      rc = access(path, R_OK);
    }
  }
  free(real);
  return rc;
}

int ms_spawn_find_part(const char *name, char *path, size_t size) {
  if (beside_library(name, path, size) == 0)
    return 0;
  static const char *const folder[] = {MS_BUILD_LIBEXEC_DIR, MS_INSTALL_LIBEXEC_DIR};
  for (size_t i = 0; i < 2; i++) {
    snprintf(path, size, "%s/%s", folder[i], name);
    if (access(path, R_OK) == 0)
      return 0;
  }
  return MS_EMISSING;
}

int ms_spawn_find(const char *wanted, char *path, size_t size, ms_error *err) {
  const char *from = "options.worker_path";
  if (!wanted || !*wanted) {
    wanted = getenv("MIXSPIKE_WORKER");
    from = "MIXSPIKE_WORKER";
  }
  if (wanted && *wanted) {
    snprintf(path, size, "%s", wanted);
    if (access(path, X_OK) == 0)
      return 0;
    return ms_fail(err, MS_EMISSING, "the simulation worker '%s' named by %s cannot be run: %s",
                   wanted, from, strerror(errno));
  }
  if (ms_spawn_find_part(worker_name, path, size) == 0)
    return 0;
  return ms_fail(err, MS_EMISSING,
                 "%s was not found in %s or %s; build the target %s or set MIXSPIKE_WORKER",
                 worker_name, MS_BUILD_LIBEXEC_DIR, MS_INSTALL_LIBEXEC_DIR, worker_name);
}

/* The worker's environment: what the loader and sanitizers need from ours, nothing else. */
static void fill_environment(char **env, size_t n, char (*text)[300], const char *folder) {
  static const char *const keep[] = {"PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                     "GCOV_PREFIX"};
  size_t k = 0;
  snprintf(text[k++], sizeof *text, "HOME=%s", folder);
  snprintf(text[k++], sizeof *text, "LC_ALL=C");
  snprintf(text[k++], sizeof *text, "OMP_NUM_THREADS=1");
  snprintf(text[k++], sizeof *text, "SPICE_SCRIPTS=%s", folder);
  for (size_t i = 0; i < sizeof keep / sizeof *keep; i++) {
    const char *value = getenv(keep[i]);
    if (value && strlen(value) + 20 < sizeof *text)
      snprintf(text[k++], sizeof *text, "%s=%s", keep[i], value);
  }
  for (size_t i = 0; i < n; i++)
    env[i] = i < k ? text[i] : NULL;
}

static int start(const char *path, ms_process_handle *out, int child_fd) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attr;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attr);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out->log_fd, 2);
  posix_spawn_file_actions_adddup2(&actions, child_fd, WORKER_SOCKET_FD);
  posix_spawn_file_actions_addchdir_np(&actions, out->folder);
  /* A process group of its own: Ctrl-C at the terminal is for the library's program to handle. */
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attr, &none);
  posix_spawnattr_setsigdefault(&attr, &all);
  posix_spawnattr_setpgroup(&attr, 0);
  posix_spawnattr_setflags(&attr,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char text[10][300], *env[11], *argv[] = {(char *)(size_t)worker_name, NULL};
  fill_environment(env, 11, text, out->folder);
  int rc = posix_spawn(&out->pid, path, &actions, &attr, argv, env);
  posix_spawnattr_destroy(&attr);
  posix_spawn_file_actions_destroy(&actions);
  return rc;
}

int ms_spawn(const char *path, ms_process_handle *out, ms_error *err) {
  *out = (ms_process_handle){.pid = -1, .socket_fd = -1, .log_fd = -1};
  int pair[2] = {-1, -1};
  const char *tmp = getenv("TMPDIR");
  int n = snprintf(out->folder, sizeof out->folder, "%s/mixspike-XXXXXX", tmp ? tmp : "/tmp");
  if (n < 0 || (size_t)n >= sizeof out->folder)
    snprintf(out->folder, sizeof out->folder, "/tmp/mixspike-XXXXXX");
  if (!mkdtemp(out->folder)) {
    int code = ms_fail(err, MS_EIO, "no temporary folder %s: %s", out->folder, strerror(errno));
    out->folder[0] = '\0';
    return code;
  }
  out->log_fd = memfd_create("mixspike-worker-log", MFD_CLOEXEC);
  int child_fd = -1;
  if (out->log_fd >= 0 && fcntl(out->log_fd, F_SETFL, O_APPEND) == 0 &&
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
    out->socket_fd = pair[0];
    /* Above the worker's descriptor, so that dup2 really copies and clears close-on-exec. */
    child_fd = fcntl(pair[1], F_DUPFD_CLOEXEC, WORKER_SOCKET_FD + 1);
    close(pair[1]);
  }
  int rc = child_fd < 0 ? errno : start(path, out, child_fd);
  if (child_fd >= 0)
    close(child_fd);
  if (rc) {
    out->pid = -1;
    ms_spawn_end(out, NULL, 0);
    return ms_fail(err, MS_EIO, "cannot start the simulation worker %s: %s", path, strerror(rc));
  }
  return 0;
}

static void describe(int status, char *how, size_t size) {
  if (!how || !size)
    return;
  if (WIFSIGNALED(status))
    snprintf(how, size, "ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
  else
    snprintf(how, size, "ended with status %d", WEXITSTATUS(status));
}

void ms_spawn_end(ms_process_handle *p, char *how, size_t size) {
  if (how && size)
    how[0] = '\0';
  if (p->socket_fd >= 0)
    close(p->socket_fd);
  if (p->pid > 0) {
    int status = 0;
    struct timespec pause = {0, 20000000};
    pid_t done = waitpid(p->pid, &status, WNOHANG);
    if (done == 0 && how) { /* perhaps just dying: its own end says more than our signal */
      nanosleep(&pause, NULL);
      done = waitpid(p->pid, &status, WNOHANG);
    }
    if (done == p->pid)
      describe(status, how, size);
    else {
      kill(p->pid, SIGKILL);
      while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    }
  }
  if (p->log_fd >= 0)
    close(p->log_fd);
  if (p->folder[0]) {
    /* ngspice may leave a log of its parameter check there. */
    static const char *const file[] = {"bsim4.out", "bsim3.out", "b4v7check.log", "b3v3check.log",
                                       "b3v32check.log"};
    char path[128];
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
      snprintf(path, sizeof path, "%s/%s", p->folder, file[i]);
      unlink(path);
    }
    rmdir(p->folder);
  }
  *p = (ms_process_handle){.pid = -1, .socket_fd = -1, .log_fd = -1};
}

void ms_spawn_last_words(const ms_process_handle *p, char *text, size_t size) {
  text[0] = '\0';
  off_t end = p->log_fd >= 0 ? lseek(p->log_fd, 0, SEEK_END) : 0;
  if (end <= 0)
    return;
  off_t from = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
  ssize_t n = pread(p->log_fd, text, size - 1, from);
  if (n < 0)
    n = 0;
  text[n] = '\0';
  while (n > 0 && text[n - 1] == '\n')
    text[--n] = '\0';
  for (char *c = text; *c; c++)
    if (*c == '\n')
      *c = '|';
}
