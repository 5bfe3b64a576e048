/* SPDX-License-Identifier: Apache-2.0 */
/* Peak memory of this process and the simulation workers it started, by sampling /proc. */
#include "cli.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PROCESSES = 4096, PERIOD_NS = 200000000 };

struct cli_memory {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool stop;
  double peak;
};

/* The parent of a process, from /proc/PID/stat; the name in brackets may hold anything. */
static long parent_of(long pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *in = fopen(path, "r");
  if (!in)
    return -1;
  size_t n = fread(text, 1, sizeof text - 1, in);
  fclose(in);
  text[n] = '\0';
  const char *bracket = strrchr(text, ')');
  long parent = -1;
  char state;
  return bracket && sscanf(bracket + 1, " %c %ld", &state, &parent) == 2 ? parent : -1;
}

/* Proportional set size in bytes: pages that processes share count once in the sum. */
static double memory_of(long pid) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", pid);
  FILE *in = fopen(path, "r");
  long kib = 0;
  while (in && fgets(line, sizeof line, in))
    if (sscanf(line, "Pss: %ld", &kib) == 1)
      break;
  if (in)
    fclose(in);
  return 1024.0 * (double)kib;
}

static double memory_of_tree(void) {
  static const long none = -1;
  long *pid = malloc(2 * MAX_PROCESSES * sizeof *pid);
  DIR *proc = opendir("/proc");
  size_t n = 0, n_mine = 1;
  if (!pid || !proc) {
    free(pid);
    if (proc)
      closedir(proc);
    return 0;
  }
  long *parent = pid + MAX_PROCESSES, mine[256] = {getpid()};
  for (struct dirent *entry; n < MAX_PROCESSES && (entry = readdir(proc));) {
    pid[n] = strtol(entry->d_name, NULL, 10);
    if (pid[n] > 0 && (parent[n] = parent_of(pid[n])) != none)
      n++;
  }
  closedir(proc);
  for (size_t i = 0; i < n_mine; i++)
    for (size_t j = 0; j < n && n_mine < 256; j++)
      if (parent[j] == mine[i])
        mine[n_mine++] = pid[j];
  double sum = 0;
  for (size_t i = 0; i < n_mine; i++)
    sum += memory_of(mine[i]);
  free(pid);
  return sum;
}

static void *sample(void *user) {
  cli_memory *memory = user;
  pthread_mutex_lock(&memory->lock);
  while (!memory->stop) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PERIOD_NS;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
    pthread_cond_timedwait(&memory->wake, &memory->lock, &until);
    double now = memory_of_tree();
    memory->peak = now > memory->peak ? now : memory->peak;
  }
  pthread_mutex_unlock(&memory->lock);
  return NULL;
}

cli_memory *cli_memory_begin(void) {
  cli_memory *memory = calloc(1, sizeof *memory);
  if (!memory)
    return NULL;
  pthread_mutex_init(&memory->lock, NULL);
  pthread_cond_init(&memory->wake, NULL);
  if (pthread_create(&memory->thread, NULL, sample, memory)) {
    free(memory);
    return NULL;
  }
  return memory;
}

double cli_memory_end(cli_memory *memory) {
  if (!memory)
    return 0;
  pthread_mutex_lock(&memory->lock);
  memory->stop = true;
  pthread_cond_signal(&memory->wake);
  pthread_mutex_unlock(&memory->lock);
  pthread_join(memory->thread, NULL);
  double peak = memory->peak;
  pthread_mutex_destroy(&memory->lock);
  pthread_cond_destroy(&memory->wake);
  free(memory);
  return peak;
}
