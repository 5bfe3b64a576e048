/* SPDX-License-Identifier: Apache-2.0 */
/* The one way out of the worker. */
#ifndef MS_WORKER_LEAVE_H
#define MS_WORKER_LEAVE_H

/** Removes the worker's own empty folder (the library does so too, if it still can) and ends the
 * process without running exit handlers of ngspice. */
_Noreturn void ms_worker_leave(int status);

#endif
