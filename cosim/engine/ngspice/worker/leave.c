/* SPDX-License-Identifier: Apache-2.0 */
/* The one way out of the worker; see leave.h. */
#include "engine/ngspice/worker/leave.h"

#include <stdlib.h>
#include <unistd.h>

void ms_worker_leave(int status) {
  const char *folder = getenv("HOME"); /* the library made it for this worker alone */
  if (folder && chdir("/") == 0)
    rmdir(folder);
  _exit(status);
}
