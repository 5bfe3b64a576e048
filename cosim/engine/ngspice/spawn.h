/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and starting the worker executable. */
#ifndef MS_NGSPICE_SPAWN_H
#define MS_NGSPICE_SPAWN_H

#include "mixspike/base.h"

#include <sys/types.h>

typedef struct ms_process_handle {
  pid_t pid;
  int socket_fd;
  int log_fd;      /**< a file in memory with what the worker printed last */
  char folder[64]; /**< its current folder and HOME: empty, its own, removed at the end */
} ms_process_handle;

/** Path of the worker: `wanted`, else $MIXSPIKE_WORKER, else beside the build or installation.
 * MS_EMISSING if there is none. */
int ms_spawn_find(const char *wanted, char *path, size_t size, ms_error *err);
/** Path of something that stands beside the worker; MS_EMISSING if it is not there. */
int ms_spawn_find_part(const char *name, char *path, size_t size);
int ms_spawn(const char *path, ms_process_handle *out, ms_error *err);
/** Ends the process if it still runs, and frees everything.
 * @param how  if not NULL: how the worker ended ("ended by signal 11 (Segmentation fault)") */
void ms_spawn_end(ms_process_handle *p, char *how, size_t size);
/** The last lines that the worker printed, as one line of text. */
void ms_spawn_last_words(const ms_process_handle *p, char *text, size_t size);

#endif
