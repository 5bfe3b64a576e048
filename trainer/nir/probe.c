/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a file that may be hostile, in a process of its own. */
#include "nir/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_SECONDS = 20 };

/* Ends by _exit: neither HDF5's cleaning up nor the caller's belongs here. */
static void child(int out, const char *path, int (*read)(const char *path, ms_error *err)) {
  const struct rlimit no_core = {0, 0}, time = {MOST_SECONDS, MOST_SECONDS};
  static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU};
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
    signal(deadly[i], SIG_DFL); /* a caller's handler would go on with the caller's work */
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &time);
  ms_error err = {0};
  if (read(path, &err) && write(out, &err, sizeof err) != (ssize_t)sizeof err)
    _exit(2);
  _exit(0);
}

int ms_nir_probe(const char *path, int (*read_file)(const char *path, ms_error *err),
                 ms_error *err) {
  int end[2], status = 0;
  if (pipe(end))
    return ms_fail(err, MS_EIO, "%s: cannot be read apart: %s", path, strerror(errno));
  pid_t pid = fork();
  if (pid < 0) {
    close(end[0]);
    close(end[1]);
    return ms_fail(err, MS_EIO, "%s: cannot be read apart: %s", path, strerror(errno));
  }
  if (!pid) {
    close(end[0]);
    child(end[1], path, read_file);
  }
  close(end[1]);
  ms_error told = {0};
  size_t n = 0;
  for (ssize_t k; n < sizeof told; n += (size_t)k) {
    k = read(end[0], (char *)&told + n, sizeof told - n);
    if (k < 0 && errno == EINTR)
      k = 0;
    else if (k <= 0)
      break;
  }
  close(end[0]);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (!WIFEXITED(status) || WEXITSTATUS(status))
    return ms_fail(err, MS_EPARSE, "%s: a damaged file, on which HDF5 itself fails", path);
  told.text[sizeof told.text - 1] = '\0';
  return n == sizeof told ? ms_fail(err, told.code, "%s", told.text) : MS_OK;
}
