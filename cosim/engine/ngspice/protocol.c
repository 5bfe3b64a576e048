/* SPDX-License-Identifier: Apache-2.0 */
/* How the description of a run travels. */
#include "engine/ngspice/protocol.h"

#include <string.h>

/* Arrays are padded to eight bytes so that they can be used where they lie in the buffer. */
static void put_array(ms_wire *w, const void *data, size_t n, size_t size) {
  static const unsigned char zero[8];
  ms_wire_put_u64(w, n);
  if (w->n % 8)
    ms_wire_put(w, zero, 8 - w->n % 8);
  ms_wire_put(w, data, n * size);
}

static const void *get_array(ms_wire *w, size_t *n, size_t size) {
  uint64_t count = ms_wire_get_u64(w);
  if (w->at % 8)
    ms_wire_get(w, 8 - w->at % 8);
  if (count > MS_WIRE_MAX / size)
    w->bad = true;
  *n = w->bad ? 0 : (size_t)count;
  return *n ? ms_wire_get(w, *n * size) : NULL;
}

void ms_ng_setup_put(ms_wire *w, const ms_ng_setup *s) {
  ms_ng_setup flat = *s;
  flat.commands = NULL;
  flat.source = flat.probe = NULL;
  flat.override_ps = NULL;
  put_array(w, &flat, 1, sizeof flat);
  put_array(w, s->source, s->n_source, sizeof *s->source);
  put_array(w, s->probe, s->n_probe, sizeof *s->probe);
  put_array(w, s->override_ps, s->n_override, sizeof *s->override_ps);
  ms_wire_put_text(w, s->commands);
}

static int named(const ms_ng_source *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!memchr(s[i].name, '\0', sizeof s[i].name))
      return 0;
  return 1;
}

int ms_ng_setup_get(ms_wire *w, ms_ng_setup *s) {
  size_t one;
  const void *flat = get_array(w, &one, sizeof *s);
  if (!flat || one != 1)
    return -1;
  memcpy(s, flat, sizeof *s);
  s->source = get_array(w, &s->n_source, sizeof *s->source);
  s->probe = get_array(w, &s->n_probe, sizeof *s->probe);
  s->override_ps = get_array(w, &s->n_override, sizeof *s->override_ps);
  s->commands = ms_wire_get_text(w);
  return w->bad || !named(s->source, s->n_source) || !named(s->probe, s->n_probe) ||
                 s->n_probe == 0 || s->n_watch > s->n_probe ||
                 (s->self_ack && s->ack_source + (s->n_watch ? s->n_watch : 1) > s->n_source) ||
                 (s->self_ack && s->clock_ps == 0)
             ? -1
             : 0;
}
