/* SPDX-License-Identifier: Apache-2.0 */
/* Events per second through the routers at several loads. */
#include "bench_router.h"
#include "base/clock.h"

#include "mixspike/model.h"
#include "mixspike/router_map.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

enum {
  FAN_OUT = 8, /* entries a neuron */
  CLOCK_PS = 10000,
  RELEASE = 20000, /* ps from an acknowledge to the fall of the request: a soma's reset */
};

typedef struct bench {
  ms_router *router;
  unsigned n_neuron;
  double gap_ps; /* mean time from a released acknowledge to the next request */
  uint64_t random;
  ms_time *due;    /* when a neuron's request changes next; MS_TIME_NEVER: waits for the router */
  unsigned *first; /* tree above `due`: node k holds whoever of 2 k and 2 k + 1 is due first */
  unsigned n_leaf;
  uint8_t *level;
} bench;

/* Uniform in (0, 1], from a linear congruential generator (Knuth's MMIX constants). */
static double uniform(bench *b) {
  b->random = b->random * 6364136223846793005u + 1442695040888963407u;
  return ((double)(b->random >> 11) + 1.0) * 0x1p-53;
}

/* The drive must not cost more than what it measures: the next neuron is found in a tree. */
static void schedule(bench *b, unsigned neuron, ms_time t) {
  b->due[neuron] = t;
  for (unsigned k = (neuron + b->n_leaf) / 2; k > 0; k /= 2) {
    unsigned x = 2 * k < b->n_leaf ? b->first[2 * k] : 2 * k - b->n_leaf;
    unsigned y = 2 * k < b->n_leaf ? b->first[2 * k + 1] : 2 * k + 1 - b->n_leaf;
    b->first[k] = b->due[y] < b->due[x] ? y : x;
  }
}

static ms_time next_spike(bench *b, ms_time t) {
  return t + 1 + (ms_time)(-log(uniform(b)) * b->gap_ps);
}

static int configure(bench *b, ms_error *err) {
  int rc = ms_router_write(b->router, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE, err);
  if (rc == MS_OK)
    rc = ms_router_write(b->router, MS_MAP_PULSE_WIDTH, 10, err);
  for (unsigned k = 0; rc == MS_OK && k < b->n_neuron; k++) {
    rc = ms_router_write(b->router, MS_MAP_ROUTE + k, ms_map_route(k * FAN_OUT, FAN_OUT), err);
    for (unsigned i = 0; rc == MS_OK && i < FAN_OUT; i++) {
      const unsigned target = (k * 5 + i * 3 + 1) % b->n_neuron;
      rc = ms_router_write(b->router, MS_MAP_ENTRY + k * FAN_OUT + i,
                           ms_map_entry(target, i & 1, (k + i / 2) & 3, (k + i) & 63), err);
    }
  }
  return rc;
}

/* Neurons answer acknowledges as somas do. Simulated until `stop_s` on the wall clock. */
static int drive(bench *b, double stop_s, ms_time *reached, ms_error *err) {
  ms_time t = 0;
  for (unsigned round = 0; (round & 255) != 0 || ms_clock_s() < stop_s; round++) {
    const unsigned who = b->first[1];
    const ms_time first = b->due[who];
    const ms_time answer = ms_router_next_output(b->router);
    if (first < answer) {
      b->level[who] ^= 1;
      schedule(b, who, MS_TIME_NEVER);
      const int rc = ms_router_request(b->router, first, who, b->level[who], err);
      if (rc != MS_OK)
        return rc;
      t = first;
      continue;
    }
    const ms_router_out *out;
    size_t n;
    const int rc = ms_router_advance(b->router, answer, &out, &n, err);
    if (rc != MS_OK)
      return rc;
    t = answer;
    for (size_t i = 0; i < n; i++)
      if (out[i].kind == MS_OUT_ACK)
        schedule(b, out[i].neuron, out[i].level ? out[i].t + RELEASE : next_spike(b, out[i].t));
  }
  *reached = t;
  return MS_OK;
}

int ms_bench_router_run(ms_router_kind kind, unsigned n_neuron, double load, double wall_s,
                        ms_bench_router_row *row, ms_error *err) {
  const ms_router_options options = {
      .kind = kind, .n_neuron = n_neuron, .n_input = 1, .n_bias = 1, .clock_ps = CLOCK_PS};
  bench b = {.n_neuron = n_neuron, .random = 1};
  /* One spike takes a neuron the handshake (about 8 periods) and the gap. */
  b.gap_ps = fmax(0.0, (n_neuron * FAN_OUT / load - 8.0) * CLOCK_PS);
  int rc = ms_router_create(&options, &b.router, err);
  if (rc != MS_OK)
    return rc;
  for (b.n_leaf = 2; b.n_leaf < n_neuron;)
    b.n_leaf *= 2;
  b.due = malloc(b.n_leaf * sizeof *b.due);
  b.first = calloc(b.n_leaf, sizeof *b.first);
  b.level = calloc(n_neuron, 1);
  if (!b.due || !b.first || !b.level)
    rc = ms_fail(err, MS_ENOMEM, "no memory for the router bench");
  if (rc == MS_OK)
    rc = configure(&b, err);
  if (rc == MS_OK)
    rc = ms_router_reset(b.router, err);
  const double start = ms_clock_s();
  ms_time reached = 0;
  if (rc == MS_OK) {
    for (unsigned k = 0; k < b.n_leaf; k++)
      b.due[k] = MS_TIME_NEVER;
    for (unsigned k = 0; k < n_neuron; k++)
      schedule(&b, k, next_spike(&b, 0));
    rc = drive(&b, start + wall_s, &reached, err);
  }
  if (rc == MS_OK) {
    const double wall = ms_clock_s() - start, edges = (double)reached / CLOCK_PS;
    ms_router_counters c;
    ms_router_get_counters(b.router, &c);
    *row = (ms_bench_router_row){
        .n_neuron = n_neuron,
        .load = load,
        .load_reached = (double)c.delivered / edges,
        .events_per_s = (double)c.captured / wall,
        .pulses_per_s = (double)c.delivered / wall,
        .edges_per_s = (double)c.cycles / wall,
        .ns_per_edge = c.cycles ? 1e9 * wall / (double)c.cycles : 0, /* ideal, tlm_lt: no edges */
        .edges_share = (double)c.cycles / edges,
        .simulated_s_per_s = ms_time_to_s(reached) / wall,
    };
  }
  free(b.due);
  free(b.first);
  free(b.level);
  ms_router_destroy(b.router);
  return rc;
}

int ms_bench_router(double wall_s, char **json, ms_error *err) {
  static const struct {
    ms_router_kind kind;
    unsigned n_neuron;
    double load;
  } cases[] = {
      {MS_ROUTER_RTL, 64, 0.01},   {MS_ROUTER_TLM, 64, 0.01},   {MS_ROUTER_TLM_LT, 64, 0.01},
      {MS_ROUTER_IDEAL, 64, 0.01}, {MS_ROUTER_RTL, 64, 0.1},    {MS_ROUTER_TLM, 64, 0.1},
      {MS_ROUTER_TLM_LT, 64, 0.1}, {MS_ROUTER_IDEAL, 64, 0.1},  {MS_ROUTER_RTL, 64, 1.0},
      {MS_ROUTER_TLM, 64, 1.0},    {MS_ROUTER_TLM_LT, 64, 1.0}, {MS_ROUTER_RTL, 16, 0.1},
      {MS_ROUTER_TLM, 16, 0.1},    {MS_ROUTER_RTL, 256, 0.1},   {MS_ROUTER_TLM, 256, 0.1}};
  *json = NULL;
  cJSON *top = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(top, "rows");
  int rc = MS_OK;
  for (size_t i = 0; rc == MS_OK && i < sizeof cases / sizeof cases[0]; i++) {
    ms_bench_router_row r;
    rc = ms_bench_router_run(cases[i].kind, cases[i].n_neuron, cases[i].load, wall_s, &r, err);
    if (rc != MS_OK)
      break;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "router", ms_router_name(cases[i].kind));
    cJSON_AddNumberToObject(o, "neurons", r.n_neuron);
    cJSON_AddNumberToObject(o, "load", r.load);
    cJSON_AddNumberToObject(o, "load_reached", r.load_reached);
    cJSON_AddNumberToObject(o, "events_per_s", r.events_per_s);
    cJSON_AddNumberToObject(o, "pulses_per_s", r.pulses_per_s);
    cJSON_AddNumberToObject(o, "edges_per_s", r.edges_per_s);
    cJSON_AddNumberToObject(o, "ns_per_edge", r.ns_per_edge);
    cJSON_AddNumberToObject(o, "edges_share", r.edges_share);
    cJSON_AddNumberToObject(o, "simulated_s_per_s", r.simulated_s_per_s);
    cJSON_AddItemToArray(rows, o);
  }
  if (rc == MS_OK) {
    *json = cJSON_Print(top);
    if (!*json)
      rc = ms_fail(err, MS_ENOMEM, "no memory for the router bench");
  }
  cJSON_Delete(top);
  return rc;
}
