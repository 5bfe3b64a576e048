/* SPDX-License-Identifier: Apache-2.0 */
/* Connections become tables. A source reaches the rows of its own core through the routing table.
 * Other cores know it by a tag, the same in all of them if one is free there; else it sends several
 * flits, one send entry each. */
#include "kernel/tables.h"

#include "mixspike/router_map.h"

#include <stdlib.h>

int ms_table_size_read(ms_router *router, unsigned cores, ms_table_size *size, ms_error *err) {
  *size = (ms_table_size){.cores = cores};
  int rc = ms_router_read(router, MS_MAP_NEURONS, &size->neurons, err);
  if (!rc)
    rc = ms_router_read(router, MS_MAP_INPUTS, &size->inputs, err);
  if (!rc)
    rc = ms_router_read(router, MS_MAP_ENTRIES, &size->entries, err);
  if (!rc && cores > 1)
    rc = ms_router_read(router, MS_MAP_TAGS, &size->tags, err);
  if (!rc && cores > 1)
    rc = ms_router_read(router, MS_MAP_SENDS, &size->sends, err);
  return rc;
}

enum { NOBODY = -1 };

typedef struct planner {
  const ms_table_job *job;
  ms_table_size size;
  uint32_t n_own;                /* sources of a core: its neurons and inputs */
  size_t *first;                 /* [sources + 1] first connection of each source */
  int *user;                     /* [cores][tags] source that a core knows by the tag, or NOBODY */
  uint32_t *tag, *dest, *n_send; /* [cores][sends] send entries, [cores] next free one */
  ms_table_writes *out;
} planner;

static void put(planner *p, uint32_t core, uint32_t address, uint32_t data) {
  uint32_t *write = p->out->write[p->out->n++];
  write[0] = ms_map_address(core, address);
  write[1] = data;
}

/* The source that a core has under a number of its own, or NOBODY. */
static int own_source(const planner *p, uint32_t core, uint32_t index) {
  const ms_table_job *j = p->job;
  const int input = index >= p->size.neurons;
  const uint32_t i = ms_map_number(core, input ? index - p->size.neurons : index, p->size.cores);
  if (i >= (input ? j->n_input : j->n_neuron))
    return NOBODY;
  return (int)(input ? j->n_neuron + i : i);
}

/* The source that a word of a core's routing table is for, or NOBODY. */
static int source_of(const planner *p, uint32_t core, uint32_t word) {
  return word < p->n_own ? own_source(p, core, word)
                         : p->user[core * p->size.tags + word - p->n_own];
}

/* Cores that a source has connections in. */
static uint32_t reach(const planner *p, unsigned source) {
  uint32_t mask = 0;
  for (size_t i = p->first[source]; i < p->first[source + 1]; i++)
    mask |= 1u << ms_map_core(p->job->synapse[i].target, p->size.cores);
  return mask;
}

/* Cores of the mask that have the tag free. */
static uint32_t free_in(const planner *p, uint32_t tag, uint32_t mask) {
  uint32_t free = 0;
  for (uint32_t k = 0; k < p->size.cores; k++)
    if (mask >> k & 1 && p->user[k * p->size.tags + tag] == NOBODY)
      free |= 1u << k;
  return free;
}

/* The lowest tag that is free in most cores of the mask, and in which. */
static uint32_t choose_tag(const planner *p, uint32_t mask, uint32_t *cores) {
  uint32_t best = 0;
  *cores = 0;
  for (uint32_t tag = 0; tag < p->size.tags && *cores != mask; tag++) {
    const uint32_t free = free_in(p, tag, mask);
    if (__builtin_popcount(free) > __builtin_popcount(*cores)) {
      best = tag;
      *cores = free;
    }
  }
  return best;
}

/* Send entries of the source that a core has under a number of its own. */
static int send_source(planner *p, uint32_t core, uint32_t index, ms_error *err) {
  const int source = own_source(p, core, index);
  uint32_t mask = source == NOBODY ? 0 : reach(p, (unsigned)source) & ~(1u << core), cores;
  uint32_t *tags = p->tag + core * p->size.sends, *dest = p->dest + core * p->size.sends;
  for (uint32_t entry = index; mask; mask &= ~cores) {
    const uint32_t tag = choose_tag(p, mask, &cores);
    uint32_t next = 0;
    for (uint32_t k = 0; k < p->size.cores; k++)
      if (cores >> k & 1)
        p->user[k * p->size.tags + tag] = source;
    if (mask != cores && (next = p->n_send[core]++) >= p->size.sends)
      return ms_fail(err, MS_ERANGE,
                     "core %u runs out of send entries (%u) for the ways of its neurons and inputs "
                     "to other cores: use fewer inputs or neurons",
                     core, p->size.sends);
    tags[entry] = ms_map_send_tag(tag, next);
    dest[entry] = ms_map_send_dest(cores, 0);
    entry = next;
  }
  return 0;
}

/* How many sources of other cores a core has to know, and how many connections it has to hold. */
static int check_core(const planner *p, uint32_t core, ms_error *err) {
  const ms_table_job *j = p->job;
  uint32_t heard = 0;
  size_t entries = 0;
  for (unsigned s = 0; s < j->n_neuron + j->n_input; s++) {
    const unsigned i = s < j->n_neuron ? s : s - j->n_neuron;
    heard += ms_map_core(i, p->size.cores) != core && reach(p, s) >> core & 1;
  }
  for (size_t i = 0; i < j->n_synapse; i++)
    entries += ms_map_core(j->synapse[i].target, p->size.cores) == core;
  if (entries > p->size.entries && p->size.cores == 1)
    return ms_fail(err, MS_ERANGE, "%zu connections, but the router's entry memory holds %u",
                   entries, p->size.entries);
  if (entries > p->size.entries)
    return ms_fail(err, MS_ERANGE,
                   "core %u gets %zu connections, but its entry memory holds %u: use fewer inputs, "
                   "neurons or rows, or more cores",
                   core, entries, p->size.entries);
  if (heard > p->size.tags)
    return ms_fail(err, MS_ERANGE,
                   "core %u gets events of %u neurons and inputs of other cores, but knows %u "
                   "tags: use fewer inputs or hidden neurons",
                   core, heard, p->size.tags);
  return 0;
}

/* Tags and send entries of all sources. Cores take turns, so that those that find no tag free
 * everywhere, and need several send entries, are spread over the cores as well. */
static int plan_ways(planner *p, ms_error *err) {
  int rc = 0;
  for (uint32_t k = 0; !rc && k < p->size.cores; k++)
    rc = check_core(p, k, err);
  for (uint32_t index = 0; p->size.cores > 1 && index < p->n_own; index++)
    for (uint32_t k = 0; !rc && k < p->size.cores; k++)
      rc = send_source(p, k, index, err);
  return rc;
}

/* Synapse entries and routing words of a core, sources in order, tags behind them. */
static int put_routes(planner *p, uint32_t core, ms_error *err) {
  const ms_table_job *j = p->job;
  const uint32_t n_word = p->n_own + p->size.tags;
  uint32_t *route = calloc(n_word, sizeof *route), n = 0;
  if (!route)
    return ms_fail(err, MS_ENOMEM, "no memory for the configuration");
  for (uint32_t word = 0; word < n_word; word++) {
    const int source = source_of(p, core, word);
    const uint32_t base = n;
    for (size_t i = source == NOBODY ? 0 : p->first[source];
         source != NOBODY && i < p->first[source + 1]; i++) {
      const ms_synapse *s = &j->synapse[i];
      if (ms_map_core(s->target, p->size.cores) == core)
        put(p, core, MS_MAP_ENTRY + n++,
            ms_map_entry(ms_map_index(s->target, p->size.cores), s->sign, s->row, s->code));
    }
    route[word] = n > base ? ms_map_route(base, n - base) : 0;
  }
  for (uint32_t word = 0; word < n_word; word++)
    put(p, core, MS_MAP_ROUTE + word, route[word]);
  free(route);
  return 0;
}

static int put_core(planner *p, uint32_t core, ms_error *err) {
  const ms_core *c = p->job->core;
  put(p, core, MS_MAP_CONTROL, 0);
  put(p, core, MS_MAP_PULSE_WIDTH, p->job->pulse_cycles);
  if (c->trigger_ps)
    put(p, core, MS_MAP_TRIGGER_WIDTH, (uint32_t)((c->trigger_ps + c->clock_ps / 2) / c->clock_ps));
  for (size_t i = 0; i < c->n_bias; i++)
    put(p, core, MS_MAP_BIAS + (uint32_t)i, p->job->bias[i]);
  int rc = put_routes(p, core, err);
  if (rc || p->size.cores == 1)
    return rc;
  for (uint32_t i = 0; i < p->size.sends; i++) {
    put(p, core, MS_MAP_SEND_TAG + i, p->tag[core * p->size.sends + i]);
    put(p, core, MS_MAP_SEND_DEST + i, p->dest[core * p->size.sends + i]);
  }
  put(p, core, MS_MAP_NET_CONTROL, 1);
  return 0;
}

static int put_all(planner *p, ms_error *err) {
  const uint32_t on = MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT |
                      (p->job->core->trigger_ps ? MS_MAP_CONTROL_TRIGGER : 0);
  enum { OTHERS = 5 }; /* CONTROL twice, widths, NET_CONTROL */
  const size_t most = p->job->core->n_bias + p->n_own + p->size.tags + 2 * (size_t)p->size.sends;
  p->out->write =
      calloc(p->size.cores * (most + OTHERS) + p->job->n_synapse, sizeof *p->out->write);
  if (!p->out->write)
    return ms_fail(err, MS_ENOMEM, "no memory for the configuration");
  int rc = 0;
  for (uint32_t k = 0; !rc && k < p->size.cores; k++)
    rc = put_core(p, k, err);
  for (uint32_t k = p->size.cores; !rc && k > 0; k--)
    put(p, k - 1, MS_MAP_CONTROL, on);
  return rc;
}

static int planner_make(planner *p, const ms_table_job *job, ms_table_writes *out, ms_error *err) {
  const uint32_t sources = job->n_neuron + job->n_input;
  *p = (planner){
      .job = job, .size = job->size, .n_own = job->size.neurons + job->size.inputs, .out = out};
  const size_t n_user = (size_t)p->size.cores * p->size.tags;
  p->first = calloc(sources + 1, sizeof *p->first);
  p->user = calloc(n_user + 1, sizeof *p->user);
  p->tag = calloc((size_t)p->size.cores * p->size.sends + 1, sizeof *p->tag);
  p->dest = calloc((size_t)p->size.cores * p->size.sends + 1, sizeof *p->dest);
  p->n_send = calloc(p->size.cores, sizeof *p->n_send);
  if (!p->first || !p->user || !p->tag || !p->dest || !p->n_send)
    return ms_fail(err, MS_ENOMEM, "no memory for the tables of %u cores", p->size.cores);
  for (size_t i = 0; i < n_user; i++)
    p->user[i] = NOBODY;
  for (uint32_t k = 0; k < p->size.cores; k++)
    p->n_send[k] = p->n_own;
  size_t next = 0;
  for (uint32_t s = 0; s <= sources; s++) {
    while (next < job->n_synapse && job->synapse[next].source < s)
      next++;
    p->first[s] = next;
  }
  return 0;
}

int ms_table_compile(const ms_table_job *job, ms_table_writes *out, ms_error *err) {
  planner p;
  *out = (ms_table_writes){0};
  int rc = planner_make(&p, job, out, err);
  if (!rc)
    rc = plan_ways(&p, err);
  if (!rc)
    rc = put_all(&p, err);
  free(p.first);
  free(p.user);
  free(p.tag);
  free(p.dest);
  free(p.n_send);
  if (rc) {
    free(out->write);
    *out = (ms_table_writes){0};
  }
  return rc;
}
