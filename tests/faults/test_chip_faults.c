/* SPDX-License-Identifier: Apache-2.0 */
/* A simulation worker that is killed in the middle of a chip's run is replaced: the run ends with
 * the same spikes, to the picosecond, and says that it had to. */
#include "mixspike/chip.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N_NEURON = 2, CPU_TICKS = 15 };

/* The newest child of this process, the processor time that it has used in clock ticks, and how
 * many children there are: the first is the engine's own, which solves the bias lines. */
static pid_t newest_child(unsigned long *ticks, unsigned *n_child) {
  pid_t newest = 0;
  *n_child = 0;
  DIR *proc = opendir("/proc");
  for (struct dirent *d; proc && (d = readdir(proc));) {
    long pid = strtol(d->d_name, NULL, 10);
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *f = pid > 0 ? fopen(path, "r") : NULL;
    if (!f)
      continue;
    char *after = fgets(text, sizeof text, f) ? strrchr(text, ')') : NULL;
    fclose(f);
    long parent;
    unsigned long user;
    if (after &&
        sscanf(after + 2, "%*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu", &parent, &user) == 2 &&
        parent == getpid()) {
      ++*n_child;
      if ((pid_t)pid > newest) {
        newest = (pid_t)pid;
        *ticks = user;
      }
    }
  }
  if (proc)
    closedir(proc);
  return newest;
}

/* Kills one worker once it is well into its run. */
static void *kill_one(void *context) {
  volatile int *over = context;
  while (!*over) {
    unsigned long ticks = 0;
    unsigned n_child;
    pid_t child = newest_child(&ticks, &n_child);
    if (n_child == 1 + N_NEURON && ticks >= CPU_TICKS) {
      kill(child, SIGKILL);
      break;
    }
    usleep(2000);
  }
  return NULL;
}

static void run(ms_core *core, int disturb, ms_run_result *result) {
  ms_chip_options options = {.core = core,
                             .engine = {.kind = MS_ENGINE_NGSPICE},
                             .router = MS_ROUTER_RTL,
                             .driver = MS_DRIVER_PROMISES,
                             .n_neuron = N_NEURON,
                             .n_input = 1};
  ms_synapse synapse[] = {{.source = 2, .target = 0, .code = 15},
                          {.source = 2, .target = 1, .code = 13},
                          {.source = 0, .target = 1, .code = 9},
                          {.source = 1, .target = 0, .sign = MS_INH, .code = 5}};
  ms_config config = {.n_synapse = 4, .synapse = synapse};
  ms_event in[14];
  for (size_t i = 0; i < 14; i++)
    in[i] = (ms_event){.t = 200000 + i * 700000};
  ms_run_options run_options = {.t_stop = 10000000};
  ms_error err = {0};
  ms_chip *chip;
  volatile int over = 0;
  pthread_t thread;
  int rc = ms_chip_create(&options, &chip, &err);
  rc = rc ? rc : ms_chip_configure(chip, &config, &err);
  if (disturb)
    assert_int_equal(pthread_create(&thread, NULL, kill_one, (void *)(uintptr_t)&over), 0);
  rc = rc ? rc : ms_chip_run(chip, in, 14, &run_options, result, &err);
  over = 1;
  if (disturb)
    pthread_join(thread, NULL);
  if (rc)
    fail_msg("%s", err.text);
  ms_chip_destroy(chip);
}

static void a_killed_worker_costs_time_only(void **state) {
  (void)state;
  ms_error err = {0};
  ms_core *core;
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &core, &err))
    fail_msg("%s", err.text);
  ms_run_result calm, disturbed;
  run(core, 0, &calm);
  run(core, 1, &disturbed);
  print_message("%zu spikes, %u worker replaced\n", calm.n_spike, disturbed.retries);
  assert_true(calm.n_spike > 0);
  assert_int_equal(calm.retries, 0);
  assert_int_equal(disturbed.retries, 1);
  assert_int_equal(calm.n_spike, disturbed.n_spike);
  for (size_t i = 0; i < calm.n_spike; i++)
    assert_true(calm.spike[i].t == disturbed.spike[i].t &&
                calm.spike[i].address == disturbed.spike[i].address);
  ms_run_result_clear(&calm);
  ms_run_result_clear(&disturbed);
  ms_core_destroy(core);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_killed_worker_costs_time_only)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
