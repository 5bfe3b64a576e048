/* SPDX-License-Identifier: Apache-2.0 */
/* A package's network as a NIR graph: Input, Linear, CubaLIF, Linear, CubaLIF, Output. */
#include "mixspike/nir.h"

#include "methods/fit_model.h"
#include "nir/graph.h"
#include "nir/share.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 6 };

static int set_array(ms_nir_node *node, ms_nir_field f, unsigned rank, size_t rows,
                     size_t columns) {
  ms_nir_array *a = &node->field[f];
  *a = (ms_nir_array){.rank = rank, .dim = {rows, columns}, .n = rank == 2 ? rows * columns : rows};
  a->value = calloc(a->n + 1, sizeof *a->value);
  return a->value ? MS_OK : MS_ENOMEM;
}

static int set_all(ms_nir_node *node, ms_nir_field f, size_t n, double value) {
  int rc = set_array(node, f, 1, n, 0);
  for (size_t i = 0; !rc && i < n; i++)
    node->field[f].value[i] = value;
  return rc;
}

/* Time constants of a model; its threshold is the unit of the weights. */
static int set_neurons(ms_nir_node *node, size_t n, const ms_neuron_model *m, double tau_syn_s,
                       double dt_s) {
  int rc;
  (void)((rc = set_all(node, MS_NIR_TAU_MEM, n, m->tau_s)) ||
         (rc = set_all(node, MS_NIR_TAU_SYN, n, tau_syn_s)) ||
         (rc = set_all(node, MS_NIR_R, n, dt_s > 0 ? m->tau_s / dt_s : m->tau_s)) ||
         (rc = set_all(node, MS_NIR_V_LEAK, n, 0)) || (rc = set_all(node, MS_NIR_V_RESET, n, 0)) ||
         (rc = set_all(node, MS_NIR_V_THRESHOLD, n, 1)) || (rc = set_all(node, MS_NIR_W_IN, n, 1)));
  return rc;
}

/* Synapses of one pair in parallel add up. */
static void set_weights(ms_nir_node *node, const ms_shares *shares, const int16_t *code,
                        unsigned parallel) {
  ms_nir_array *a = &node->field[MS_NIR_WEIGHT];
  for (size_t post = 0; post < a->dim[0]; post++)
    for (size_t pre = 0; pre < a->dim[1]; pre++)
      for (unsigned k = 0; k < parallel; k++)
        a->value[post * a->dim[1] + pre] += ms_shares_weight(
            shares, code[(post * a->dim[1] + pre) * parallel + k], parallel, (unsigned)pre, k);
}

static double tau_of(const ms_neuron_model *m, const ms_shares *shares, int sign) {
  return m->row[shares->of_sign[sign][0]].tau_s;
}

static int fill(ms_nir_graph *g, const ms_network *n, const ms_neuron_model *m,
                const ms_shares *shares, double dt_s) {
  static const char *const name[NODES] = {"input",          "hidden_weights", "hidden",
                                          "output_weights", "output",         "end"};
  static const ms_nir_type type[NODES] = {MS_NIR_INPUT,  MS_NIR_LINEAR,  MS_NIR_CUBALIF,
                                          MS_NIR_LINEAR, MS_NIR_CUBALIF, MS_NIR_OUTPUT};
  size_t n_output = (size_t)n->n_class * n->per_class;
  g->node = calloc(NODES, sizeof *g->node);
  g->edge = calloc(NODES, sizeof *g->edge);
  if (!g->node || !g->edge)
    return MS_ENOMEM;
  for (g->n_node = 0; g->n_node < NODES; g->n_node++) {
    g->node[g->n_node].type = type[g->n_node];
    if (!(g->node[g->n_node].name = strdup(name[g->n_node])))
      return MS_ENOMEM;
  }
  for (g->n_edge = 0; g->n_edge + 1 < NODES; g->n_edge++)
    g->edge[g->n_edge] = (ms_nir_edge){g->n_edge, g->n_edge + 1};
  double tau_syn_s = tau_of(m, shares, MS_EXC);
  int rc;
  (void)((rc = set_all(&g->node[0], MS_NIR_SHAPE, 1, n->n_input)) ||
         (rc = set_array(&g->node[1], MS_NIR_WEIGHT, 2, n->n_hidden, n->n_input)) ||
         (rc = set_neurons(&g->node[2], n->n_hidden, m, tau_syn_s, dt_s)) ||
         (rc = set_array(&g->node[3], MS_NIR_WEIGHT, 2, n_output, n->n_hidden)) ||
         (rc = set_neurons(&g->node[4], n_output, m, tau_syn_s, dt_s)) ||
         (rc = set_all(&g->node[5], MS_NIR_SHAPE, 1, (double)n_output)));
  if (!rc) {
    set_weights(&g->node[1], shares, n->in, n->parallel);
    set_weights(&g->node[3], shares, n->out, 1);
  }
  return rc;
}

static int write_graph(const ms_package *p, const ms_setup *setup, const ms_neuron_model *m,
                       const ms_shares *shares, double dead_s, double dt_s, const char *path,
                       ms_error *err) {
  const ms_network *n = p->network;
  size_t n_neuron = n->n_hidden + (size_t)n->n_class * n->per_class;
  ms_nir_graph *g = calloc(1, sizeof *g);
  double *refractory = calloc(n_neuron + 1, sizeof *refractory);
  int rc = g && refractory ? fill(g, n, m, shares, dt_s) : MS_ENOMEM;
  if (rc) {
    ms_fail(err, rc, "no memory for a graph of %zu neurons", n_neuron);
  } else {
    for (size_t i = 0; i < n_neuron; i++)
      refractory[i] = m->rise_s + m->fall_s + m->t_ref_s + dead_s;
    double tau_inh_s = tau_of(m, shares, MS_INH), bits = n->dac_bits;
    const ms_nir_note note[] = {
        {.name = "made_by", .text = "mixspike " MS_VERSION},
        {.name = "experiment", .text = p->experiment->name},
        {.name = "core", .text = setup->core->name},
        {.name = "parameters",
         .text = p->model ? "fitted to the circuits of a die without mismatch"
                          : "nominal: the package holds no fit"},
        {.name = "weights", .text = "share of the threshold that one spike adds, or takes away"},
        {.name = "dt_s", .value = &dt_s, .n = 1},
        {.name = "dac_bits", .value = &bits, .n = 1},
        {.name = "tau_syn_inhibitory_s", .value = &tau_inh_s, .n = 1},
        {.name = "refractory_s", .value = refractory, .n = n_neuron}};
    rc = ms_nir_write(g, note, sizeof note / sizeof *note, path, err);
  }
  free(refractory);
  ms_nir_graph_destroy(g);
  return rc;
}

/* Router's share of the time in which a neuron that fired does nothing. */
static int dead_time(const ms_setup *setup, double *out, ms_error *err) {
  ms_lab *lab = NULL;
  ms_fit_times times = {0};
  int rc = ms_lab_create(setup, 1, &lab, err);
  if (!rc)
    rc = ms_fit_times_of(setup, lab, &times, err);
  ms_lab_destroy(lab);
  *out = times.dead_s;
  return rc;
}

int ms_nir_export(const ms_package *package, double dt_s, const char *path, ms_error *err) {
  ms_experiment quick = *package->experiment; /* asked for times only: no circuits are needed */
  quick.analog = MS_ENGINE_MODEL;
  ms_setup *setup = NULL;
  ms_neuron_model nominal;
  const ms_neuron_model *m = package->model ? package->model : &nominal;
  double dead_s = 0;
  int rc = ms_setup_create(&quick, &setup, err);
  if (!rc)
    rc = dead_time(setup, &dead_s, err);
  if (!rc && !package->model)
    rc = ms_neuron_model_nominal(setup->core, &setup->pvt, setup->bias, setup->chip.set, &nominal,
                                 err);
  if (!rc) {
    ms_shares shares;
    ms_shares_of(setup->core, m, ms_time_to_s(setup->core->pulse_ps[setup->chip.set]), &shares);
    rc = write_graph(package, setup, m, &shares, dead_s, dt_s, path, err);
  }
  ms_setup_destroy(setup);
  return rc;
}
