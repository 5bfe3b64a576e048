/* SPDX-License-Identifier: Apache-2.0 */
/* Connections read back through the configuration port: whatever wrote the tables, what they hold
 * is what the chip will do. */
#include "kernel/tables.h"

#include "mixspike/router_map.h"

typedef struct reader {
  ms_router *router;
  const ms_table_size *size;
  ms_table_take take;
  void *owner;
  unsigned source;
} reader;

static int word_at(const reader *r, uint32_t core, uint32_t address, uint32_t *word,
                   ms_error *err) {
  return ms_router_read(r->router, ms_map_address(core, address), word, err);
}

/* What a word of a core's routing table names. */
static int read_route(reader *r, uint32_t core, uint32_t index, ms_error *err) {
  uint32_t route, word = 0;
  int rc = word_at(r, core, MS_MAP_ROUTE + index, &route, err);
  for (uint32_t k = 0; !rc && k < ms_map_route_count(route); k++) {
    rc = word_at(r, core, MS_MAP_ENTRY + ms_map_route_base(route) + k, &word, err);
    if (rc)
      break;
    const ms_synapse s = {
        .source = (uint16_t)r->source,
        .target = (uint16_t)ms_map_number(core, ms_map_entry_target(word), r->size->cores),
        .sign = (uint8_t)ms_map_entry_sign(word),
        .row = (uint8_t)ms_map_entry_row(word),
        .code = (uint16_t)ms_map_entry_code(word)};
    rc = r->take(r->owner, &s, err);
  }
  return rc;
}

/* What one send entry reaches; *next: the one after it, 0 for none. */
static int read_send(reader *r, uint32_t core, uint32_t entry, uint32_t *next, ms_error *err) {
  uint32_t tag = 0, dest = 0;
  int rc = word_at(r, core, MS_MAP_SEND_TAG + entry, &tag, err);
  if (!rc)
    rc = word_at(r, core, MS_MAP_SEND_DEST + entry, &dest, err);
  *next = tag >> 16 > entry && tag >> 16 < r->size->sends ? tag >> 16 : 0;
  for (uint32_t k = 0; !rc && k < r->size->cores; k++)
    if (dest >> k & 1)
      rc = read_route(r, k, r->size->neurons + r->size->inputs + (tag & 0xffff) % r->size->tags,
                      err);
  return rc;
}

static int read_source(reader *r, uint32_t core, uint32_t index, ms_error *err) {
  uint32_t sends = 0, entry = index;
  int rc = read_route(r, core, index, err);
  if (!rc && r->size->cores > 1)
    rc = word_at(r, core, MS_MAP_NET_CONTROL, &sends, err);
  while (!rc && sends & 1) {
    rc = read_send(r, core, entry, &entry, err);
    if (!entry)
      break;
  }
  return rc;
}

int ms_table_read(ms_router *router, const ms_table_size *size, unsigned n_neuron, unsigned n_input,
                  ms_table_take take, void *owner, ms_error *err) {
  reader r = {.router = router, .size = size, .take = take, .owner = owner};
  int rc = 0;
  for (unsigned s = 0; !rc && s < n_neuron + n_input; s++) {
    const unsigned i = s < n_neuron ? s : s - n_neuron;
    r.source = s;
    rc = read_source(&r, ms_map_core(i, size->cores),
                     ms_map_index(i, size->cores) + (s < n_neuron ? 0 : size->neurons), err);
  }
  return rc;
}
