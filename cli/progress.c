/* SPDX-License-Identifier: Apache-2.0 */
/* Progress with the time left, and what Ctrl-C does. */
#include "base/clock.h"
#include "cli.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Set by the signal handler, which has no other way to reach the running job. */
static volatile int cancelled;

static void on_signal(int number) {
  (void)number;
  static const char text[] = "\nstopping at the next safe point; once more to quit at once\n";
  cancelled = 1;
  ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
  (void)ignored;
}

static void report(void *user, const ms_progress *p) {
  cli_progress *progress = user;
  double now = ms_clock_s();
  bool new_phase = strncmp(progress->phase, p->phase, sizeof progress->phase - 1) != 0;
  bool last = p->done == p->total;
  /* A terminal is drawn at most ten times a second; a log gets a line a phase, one a minute, and
   * one at the end of the phase. */
  double pause_s = progress->terminal ? 0.1 : 60;
  if (progress->c->quiet || (!new_phase && !last && now - progress->last_s < pause_s))
    return;
  if (new_phase && progress->drawn && progress->terminal)
    fputc('\n', stderr);
  snprintf(progress->phase, sizeof progress->phase, "%s", p->phase);
  progress->last_s = now;
  progress->drawn = true;

  char line[240], left[40];
  int n = snprintf(line, sizeof line, "%-9s %llu/%llu", p->phase, (unsigned long long)p->done,
                   (unsigned long long)p->total);
  if (isfinite(p->loss))
    n += snprintf(line + n, sizeof line - (size_t)n, "  loss %.3f", p->loss);
  if (isfinite(p->accuracy))
    n += snprintf(line + n, sizeof line - (size_t)n, "  accuracy %.1f %%", 100 * p->accuracy);
  if (!last && p->eta_s >= 0)
    snprintf(line + n, sizeof line - (size_t)n, "  %s left",
             cli_duration(p->eta_s, left, sizeof left));
  fprintf(stderr, progress->terminal ? "\r\033[K%s" : "%s\n", line);
  fflush(stderr);
}

ms_control cli_progress_begin(cli_progress *progress, const cli *c) {
  *progress = (cli_progress){.c = c, .terminal = isatty(STDERR_FILENO)};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return (ms_control){.report = report, .user = progress, .cancel = &cancelled};
}

void cli_progress_end(cli_progress *progress) {
  if (progress->drawn && progress->terminal)
    fputc('\n', stderr);
  progress->drawn = false;
}
