/* SPDX-License-Identifier: Apache-2.0 */
/* Load curves of the mesh and of whole chips, as JSON and as a picture. */
#include "bench_mesh.h"

#include "record/plot_impl.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static const double LOADS[] = {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};
static const unsigned SIDES[] = {1, 2, 4};
static const char *const LEVEL[] = {"network", "chip"};
static const char *const TRAFFIC[] = {"uniform", "hot spot"};

enum { N_LOAD = sizeof LOADS / sizeof LOADS[0], N_SIDE = 3, N_CURVE = 2 * 2 * N_SIDE };

/* One curve; they come by level, then traffic, then side. */
typedef struct curve {
  ms_mesh_load load;
  ms_mesh_point point[N_LOAD];
  double saturation; /* most that was delivered at any load */
} curve;

static curve *curve_of(curve *curves, ms_mesh_level level, ms_mesh_traffic traffic, unsigned side) {
  return &curves[((unsigned)level * 2 + (unsigned)traffic) * N_SIDE + side];
}

static int measure(curve *c, uint64_t cycles, ms_error *err) {
  int rc = MS_OK;
  for (size_t i = 0; rc == MS_OK && i < N_LOAD; i++) {
    c->load.offered = LOADS[i];
    c->load.cycles = cycles;
    rc = ms_mesh_measure(&c->load, &c->point[i], err);
    if (c->point[i].delivered > c->saturation)
      c->saturation = c->point[i].delivered;
  }
  return rc;
}

static void add_rows(cJSON *rows, const curve *c) {
  for (size_t i = 0; i < N_LOAD; i++) {
    const ms_mesh_point *p = &c->point[i];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "level", LEVEL[c->load.level]);
    cJSON_AddStringToObject(o, "traffic", TRAFFIC[c->load.traffic]);
    cJSON_AddNumberToObject(o, "side", c->load.side);
    cJSON_AddNumberToObject(o, "offered", LOADS[i]);
    cJSON_AddNumberToObject(o, "delivered", p->delivered);
    cJSON_AddNumberToObject(o, "latency", p->latency);
    cJSON_AddNumberToObject(o, "latency_p99", p->latency_p99);
    cJSON_AddNumberToObject(o, "cycles_per_s", (double)p->cycles / p->wall_s);
    cJSON_AddNumberToObject(o, "events_per_s", (double)p->events / p->wall_s);
    cJSON_AddItemToArray(rows, o);
  }
}

static void add_saturation(cJSON *top, const curve *c) {
  char name[64];
  snprintf(name, sizeof name, "saturation_%s_%s_%ux%u", LEVEL[c->load.level],
           c->load.traffic == MS_MESH_UNIFORM ? "uniform" : "hot_spot", c->load.side, c->load.side);
  cJSON_AddNumberToObject(top, name, c->saturation);
}

/* Mean latency against what is delivered; each curve ends at its saturation, marked by a line. */
static int draw(curve *curves, const char *folder, ms_error *err) {
  static const char *const colour[] = {MS_BLUE, MS_ORANGE, MS_GREEN};
  ms_drawing d;
  int rc = ms_drawing_begin(&d, folder, "mesh", 1000, 520, err);
  if (rc)
    return rc;
  fprintf(d.script, "set multiplot layout 1,2\nset logscale y\nset yrange [1:300]\n"
                    "set xrange [0:1.05]\nset key top left\n"
                    "set xlabel 'offered, events a cycle and receiving port'\n"
                    "set ylabel 'mean latency, cycles'\n");
  unsigned block = 0;
  for (unsigned traffic = 0; traffic < 2; traffic++) {
    fprintf(d.script, "unset arrow\nset title '%s'\n",
            traffic ? "hot spot: every event to core 0" : "uniform");
    for (unsigned s = 0; s < N_SIDE; s++)
      fprintf(d.script, "set arrow from %g, graph 0 to %g, graph 1 nohead dt 3 lc rgb '%s'\n",
              curve_of(curves, MS_MESH_CHIP, traffic, s)->saturation,
              curve_of(curves, MS_MESH_CHIP, traffic, s)->saturation, colour[s]);
    fprintf(d.script, "plot ");
    for (unsigned level = 0; level < 2; level++)
      for (unsigned s = 0; s < N_SIDE; s++) {
        const curve *c = curve_of(curves, (ms_mesh_level)level, (ms_mesh_traffic)traffic, s);
        fprintf(d.script,
                "%sdata index %u using 1:2 with linespoints lw 2 pt %d ps 0.5 dt %u "
                "lc rgb '%s' title '%s %ux%u'",
                level || s ? ", " : "", block++, level ? 7 : 4, level ? 1u : 2u, colour[s],
                LEVEL[level], c->load.side, c->load.side);
        for (size_t i = 0; i < N_LOAD; i++)
          fprintf(d.data, "%g %g\n", LOADS[i], c->point[i].latency);
        ms_drawing_end_block(&d);
      }
    fprintf(d.script, "\n");
  }
  fprintf(d.script, "unset multiplot\n");
  return ms_drawing_finish(&d, err);
}

int ms_bench_mesh(double wall_s, const char *folder, char **json, ms_error *err) {
  *json = NULL;
  curve *curves = calloc(N_CURVE, sizeof *curves);
  if (!curves)
    return ms_fail(err, MS_ENOMEM, "no memory for the mesh bench");
  int rc = MS_OK;
  /* A chip of 4x4 cores makes 5 * 10^4 cycles a second, and takes most of the time. */
  const uint64_t cycles = (uint64_t)(wall_s * 1000) + 500;
  cJSON *top = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(top, "rows");
  for (unsigned k = 0; rc == MS_OK && k < N_CURVE; k++) {
    curves[k].load = (ms_mesh_load){.level = (ms_mesh_level)(k / (2 * N_SIDE)),
                                    .traffic = (ms_mesh_traffic)(k / N_SIDE % 2),
                                    .side = SIDES[k % N_SIDE]};
    rc = measure(&curves[k], cycles, err);
    if (rc == MS_OK)
      add_rows(rows, &curves[k]);
  }
  for (unsigned k = 0; rc == MS_OK && k < N_CURVE; k++)
    add_saturation(top, &curves[k]);
  if (rc == MS_OK && folder)
    rc = draw(curves, folder, err);
  if (rc == MS_OK && !(*json = cJSON_Print(top)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for the mesh bench");
  cJSON_Delete(top);
  free(curves);
  return rc;
}
