/* SPDX-License-Identifier: Apache-2.0 */
/* Framed messages between the library and a simulation worker: a growable byte buffer and its
 * transfer over a socket. Both ends run on one machine, so numbers travel in memory order. */
#ifndef MS_NGSPICE_WIRE_H
#define MS_NGSPICE_WIRE_H

#include "mixspike/base.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A message body: written with put, read back in the same order with get. */
typedef struct ms_wire {
  unsigned char *data;
  size_t n, capacity, at;
  bool bad; /**< a get ran past the end, or memory ran out in a put */
} ms_wire;

MS_API void ms_wire_clear(ms_wire *w); /**< empties it, keeps the memory */
MS_API void ms_wire_free(ms_wire *w);

MS_API void ms_wire_put(ms_wire *w, const void *bytes, size_t n);
MS_API void ms_wire_put_u64(ms_wire *w, uint64_t x);
MS_API void ms_wire_put_f64(ms_wire *w, double x);
/** A string with its length; NULL travels as "". */
MS_API void ms_wire_put_text(ms_wire *w, const char *text);

/** The next n bytes, or NULL (and `bad`) if fewer are left. They belong to the buffer. */
MS_API const void *ms_wire_get(ms_wire *w, size_t n);
MS_API uint64_t ms_wire_get_u64(ms_wire *w);
MS_API double ms_wire_get_f64(ms_wire *w);
/** A string inside the buffer, zero-terminated; "" if the message is bad. */
MS_API const char *ms_wire_get_text(ms_wire *w);

/** The largest body that either side takes; a longer length means that the stream is damaged. */
#define MS_WIRE_MAX ((uint64_t)1 << 30)

/** Sends one message. Errors: MS_ECRASH (the other end is gone), MS_ETIMEOUT, MS_ENOMEM.
 * @param timeout_s  longest wait for the other end to take bytes; <= 0: for ever */
MS_API int ms_wire_send(int fd, uint32_t type, const ms_wire *body, double timeout_s,
                        ms_error *err);

/** Receives one message into `body` (emptied first). Errors: MS_ECRASH (the other end is gone),
 * MS_ETIMEOUT (silent for timeout_s), MS_EIO (not a message of this protocol), MS_ENOMEM. */
MS_API int ms_wire_receive(int fd, uint32_t *type, ms_wire *body, double timeout_s, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
