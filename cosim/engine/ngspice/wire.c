/* SPDX-License-Identifier: Apache-2.0 */
/* Framed messages over a socket; see wire.h. */
#include "engine/ngspice/wire.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MAGIC = 0x4d535731 }; /* "MSW1" */

typedef struct header {
  uint32_t magic, type;
  uint64_t length;
} header;

void ms_wire_clear(ms_wire *w) {
  w->n = w->at = 0;
  w->bad = false;
}

void ms_wire_free(ms_wire *w) {
  free(w->data);
  memset(w, 0, sizeof *w);
}

static int reserve(ms_wire *w, size_t n) {
  if (w->capacity - w->n >= n)
    return 0;
  size_t capacity = w->capacity ? w->capacity : 256;
  while (capacity - w->n < n)
    capacity *= 2;
  unsigned char *data = realloc(w->data, capacity);
  if (!data)
    return -1;
  w->data = data;
  w->capacity = capacity;
  return 0;
}

void ms_wire_put(ms_wire *w, const void *bytes, size_t n) {
  if (w->bad || n == 0)
    return;
  if (n > MS_WIRE_MAX || w->n + n > MS_WIRE_MAX || reserve(w, n)) {
    w->bad = true;
    return;
  }
  memcpy(w->data + w->n, bytes, n);
  w->n += n;
}

void ms_wire_put_u64(ms_wire *w, uint64_t x) {
  ms_wire_put(w, &x, sizeof x);
}

void ms_wire_put_f64(ms_wire *w, double x) {
  ms_wire_put(w, &x, sizeof x);
}

void ms_wire_put_text(ms_wire *w, const char *text) {
  size_t n = text ? strlen(text) : 0;
  ms_wire_put_u64(w, n);
  ms_wire_put(w, text, n);
  ms_wire_put(w, "", 1);
}

const void *ms_wire_get(ms_wire *w, size_t n) {
  if (w->bad || w->n - w->at < n) {
    w->bad = true;
    return NULL;
  }
  const void *bytes = w->data + w->at;
  w->at += n;
  return bytes;
}

uint64_t ms_wire_get_u64(ms_wire *w) {
  uint64_t x = 0;
  const void *bytes = ms_wire_get(w, sizeof x);
  if (bytes)
    memcpy(&x, bytes, sizeof x);
  return x;
}

double ms_wire_get_f64(ms_wire *w) {
  double x = 0;
  const void *bytes = ms_wire_get(w, sizeof x);
  if (bytes)
    memcpy(&x, bytes, sizeof x);
  return x;
}

const char *ms_wire_get_text(ms_wire *w) {
  uint64_t n = ms_wire_get_u64(w);
  if (n >= MS_WIRE_MAX)
    w->bad = true;
  const char *text = w->bad ? NULL : ms_wire_get(w, (size_t)n + 1);
  if (text && text[n] != '\0') {
    w->bad = true;
    text = NULL;
  }
  return text ? text : "";
}

/* Waits until fd is ready for `events`. The time is measured anew for every wait: a large message
 * that moves is not a silent peer. */
static int ready(int fd, short events, double timeout_s, ms_error *err) {
  double end_s = ms_clock_s() + timeout_s;
  for (;;) {
    int wait_ms = -1;
    if (timeout_s > 0) {
      double left_s = end_s - ms_clock_s();
      wait_ms = left_s <= 0 ? 0 : left_s > 1e6 ? 1000000000 : (int)(left_s * 1e3) + 1;
    }
    struct pollfd p = {.fd = fd, .events = events};
    int r = poll(&p, 1, wait_ms);
    if (r > 0)
      return 0;
    if (r == 0)
      return ms_fail(err, MS_ETIMEOUT, "the simulation worker was silent for %.3g s", timeout_s);
    if (errno != EINTR)
      return ms_fail(err, MS_EIO, "waiting for the simulation worker: %s", strerror(errno));
  }
}

static int gone(ms_error *err) {
  return ms_fail(err, MS_ECRASH, "the simulation worker is gone");
}

static int send_all(int fd, const void *bytes, size_t n, double timeout_s, ms_error *err) {
  const unsigned char *p = bytes;
  while (n) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      p += sent;
      n -= (size_t)sent;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      int rc = ready(fd, POLLOUT, timeout_s, err);
      if (rc)
        return rc;
    } else if (errno != EINTR) {
      return gone(err);
    }
  }
  return 0;
}

static int receive_all(int fd, void *bytes, size_t n, double timeout_s, ms_error *err) {
  unsigned char *p = bytes;
  while (n) {
    ssize_t got = recv(fd, p, n, MSG_DONTWAIT);
    if (got > 0) {
      p += got;
      n -= (size_t)got;
    } else if (got == 0) {
      return gone(err);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      int rc = ready(fd, POLLIN, timeout_s, err);
      if (rc)
        return rc;
    } else if (errno != EINTR) {
      return gone(err);
    }
  }
  return 0;
}

int ms_wire_send(int fd, uint32_t type, const ms_wire *body, double timeout_s, ms_error *err) {
  if (body && body->bad)
    return ms_fail(err, MS_ENOMEM, "a message to the simulation worker did not fit in memory");
  header h = {MAGIC, type, body ? body->n : 0};
  int rc = send_all(fd, &h, sizeof h, timeout_s, err);
  return rc || !h.length ? rc : send_all(fd, body->data, body->n, timeout_s, err);
}

int ms_wire_receive(int fd, uint32_t *type, ms_wire *body, double timeout_s, ms_error *err) {
  header h;
  ms_wire_clear(body);
  int rc = receive_all(fd, &h, sizeof h, timeout_s, err);
  if (rc)
    return rc;
  if (h.magic != MAGIC || h.length > MS_WIRE_MAX)
    return ms_fail(err, MS_EIO,
                   "malformed message between library and simulation worker: are "
                   "both of the same version?");
  if (reserve(body, (size_t)h.length))
    return ms_fail(err, MS_ENOMEM, "no memory for a message of %llu bytes",
                   (unsigned long long)h.length);
  rc = h.length ? receive_all(fd, body->data, (size_t)h.length, timeout_s, err) : 0;
  if (rc)
    return rc;
  body->n = (size_t)h.length;
  *type = h.type;
  return 0;
}
