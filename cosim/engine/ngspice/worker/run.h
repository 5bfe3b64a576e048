/* SPDX-License-Identifier: Apache-2.0 */
/* One transient run under the library's control: inputs as ramps, grants, promises, request
 * transitions, self-acknowledge, supply energy and waveforms. */
#ifndef MS_WORKER_RUN_H
#define MS_WORKER_RUN_H

#include "engine/ngspice/protocol.h"

/** Carries out the run described in `body` on the socket `fd` and answers everything up to and
 * with FINISH. Leaves the process if the library ends the run early or goes away. */
void ms_worker_run(int fd, ms_wire *body);

/** Sends one message; leaves the process if the library is gone. */
void ms_worker_send(int fd, uint32_t type, const ms_wire *body);

#endif
