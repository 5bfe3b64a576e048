/* SPDX-License-Identifier: Apache-2.0 */
/* NIR graphs: what is exported comes back code by code; a graph by others is mapped; whatever does
 * not fit the chip is refused with file and node; a damaged file never does more than fail. */
#include "mixspike/nir.h"
#include "mixspike/record.h"
#include "nir_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { IN = 5, HIDDEN = 4, OUT = 3 };

#define TEXT(more)                                                                                 \
  "name: nir_test\ncore: dpi16\nmodels_dir: " MS_TEST_MODELS_DIR "\nanalog: model\n"               \
  "digital: ideal\n"                                                                               \
  "task: {name: yinyang, train: 10, validation: 10, test: 4}\ngolden: 1\n"                         \
  "dies: {training: [0], held_out: [1]}\n" more

static const char PLAIN[] = TEXT("network: {hidden: 4}\n");

typedef struct bench {
  char folder[64], file[96], package[96];
  ms_experiment *experiment;
  ms_setup *setup;
  ms_neuron_model model;
} bench;

static int load(bench *b, const char *text) {
  ms_error err = {0};
  int rc = ms_experiment_parse(text, "nir_test.yaml", &b->experiment, &err);
  if (!rc)
    rc = ms_setup_create(b->experiment, &b->setup, &err);
  if (!rc)
    rc = ms_neuron_model_nominal(b->setup->core, NULL, NULL, MS_SET_ACCELERATED, &b->model, &err);
  if (rc)
    print_error("%s\n", err.text);
  return rc;
}

static void unload(bench *b) {
  ms_setup_destroy(b->setup);
  ms_experiment_destroy(b->experiment);
  b->setup = NULL;
  b->experiment = NULL;
}

static int make(void **state) {
  bench *b = *state = calloc(1, sizeof *b);
  snprintf(b->folder, sizeof b->folder, "/tmp/mixspike-nir-XXXXXX");
  if (!mkdtemp(b->folder))
    return -1;
  snprintf(b->file, sizeof b->file, "%s/net.nir", b->folder);
  snprintf(b->package, sizeof b->package, "%s/package", b->folder);
  return load(b, PLAIN);
}

static int unmake(void **state) {
  static const char *const files[] = {
      "manifest.json", "experiment.yaml", "config.hex", "route.hex", "entry.hex",
      "bias.hex",      "weights.csv",     "biases.csv", "golden.h5", "SHA256SUMS"};
  bench *b = *state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", b->package, files[i]);
    unlink(path);
  }
  rmdir(b->package);
  unlink(b->file);
  rmdir(b->folder);
  unload(b);
  free(b);
  return 0;
}

/* Every code of both signs, and no connection. */
static ms_network *some_network(const bench *b) {
  ms_network *n;
  const ms_experiment *e = b->experiment;
  assert_int_equal(
      ms_network_create(IN, HIDDEN, OUT, 1, e->parallel, b->setup->core->dac_bits, &n, NULL),
      MS_OK);
  int most = (1 << n->dac_bits) - 1, code = -most;
  for (unsigned i = 0; i < HIDDEN * IN * n->parallel; i++, code += 2)
    n->in[i] = (int16_t)(code = code > most ? code - 2 * most : code);
  for (unsigned i = 0; i < OUT * HIDDEN; i++, code += 3)
    n->out[i] = (int16_t)(code = code > most ? code - 2 * most : code);
  return n;
}

static void export_network(bench *b, const ms_network *n, const ms_neuron_model *model,
                           double dt_s) {
  ms_error err = {0};
  uint64_t die = 1;
  const ms_package_origin origin = {.model = model};
  if (ms_package_write(b->setup, n, b->package, &die, 1, &origin, NULL, &err))
    fail_msg("%s", err.text);
  ms_package *p;
  assert_int_equal(ms_package_open(b->package, &p, NULL), MS_OK);
  if (ms_nir_export(p, dt_s, b->file, &err))
    fail_msg("%s", err.text);
  ms_package_destroy(p);
}

static void an_exported_network_comes_back_code_by_code(void **state) {
  bench *b = *state;
  ms_network *n = some_network(b), *back;
  ms_neuron_model fitted = b->model; /* as a fit moves it */
  fitted.ithr_a *= 1.2;
  fitted.tau_s *= 0.93;
  fitted.row[0].igain_a *= 1.1;
  fitted.row[1].iw_bit_a[2] *= 0.9;
  const double dt_s[] = {0, 1e-7};
  for (int k = 0; k < 2; k++) {
    export_network(b, n, &fitted, dt_s[k]);
    ms_nir_options options = {.dt_s = dt_s[k]};
    ms_nir_report report;
    ms_error err = {0};
    if (ms_nir_map(b->file, b->setup, &fitted, &options, &back, &report, &err))
      fail_msg("%s", err.text);
    assert_memory_equal(n->in, back->in, HIDDEN * IN * sizeof *n->in);
    assert_memory_equal(n->out, back->out, OUT * HIDDEN * sizeof *n->out);
    assert_int_equal(report.layer[0].clipped, 0);
    assert_true(report.layer[0].error < 1e-6);
    assert_true(fabs(report.speedup - 0.93) < 1e-3);
    ms_network_destroy(back);
  }
  ms_network_destroy(n);
}

/* Weights of two rows in parallel add up; their sum comes back. */
static void parallel_rows_come_back_as_their_sum(void **state) {
  bench *b = *state;
  unload(b);
  assert_int_equal(load(b, TEXT("network: {hidden: 4, rows: 2}\n")), MS_OK);
  ms_network *n = some_network(b), *back;
  for (unsigned i = 0; i < HIDDEN * IN; i++) { /* the importer's own order: full codes first */
    n->in[2 * i] = (int16_t)(i % 2 ? 15 : (int)i / 2 - 3);
    n->in[2 * i + 1] = (int16_t)(i % 2 ? (int)i / 2 : 0);
  }
  export_network(b, n, &b->model, 0);
  ms_nir_options options = {0};
  assert_int_equal(ms_nir_map(b->file, b->setup, &b->model, &options, &back, NULL, NULL), MS_OK);
  assert_memory_equal(n->in, back->in, 2 * HIDDEN * IN * sizeof *n->in);
  ms_network_destroy(back);
  ms_network_destroy(n);
  unload(b);
  assert_int_equal(load(b, PLAIN), MS_OK);
}

static double number_of(hid_t file, const char *path) {
  double v[64] = {NAN};
  hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
  assert_true(set >= 0);
  H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
  H5Dclose(set);
  return v[0];
}

/* The layout as the format's own reader wants it, and the units. */
static void an_exported_file_has_the_formats_layout(void **state) {
  bench *b = *state;
  ms_network *n = some_network(b);
  export_network(b, n, &b->model, 0);
  hid_t file = H5Fopen(b->file, H5F_ACC_RDONLY, H5P_DEFAULT);
  static const char *const groups[] = {"node",
                                       "node/nodes",
                                       "node/nodes/input",
                                       "node/nodes/hidden_weights",
                                       "node/nodes/hidden",
                                       "node/nodes/output_weights",
                                       "node/nodes/output",
                                       "node/nodes/end",
                                       "node/metadata"};
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
    assert_true(H5Lexists(file, groups[i], H5P_DEFAULT) > 0);
  hid_t set = H5Dopen2(file, "node/nodes/hidden/type", H5P_DEFAULT), type = H5Dget_type(set);
  assert_true(H5Tis_variable_str(type) > 0);
  H5Tclose(type);
  H5Dclose(set);
  assert_true(number_of(file, "node/nodes/hidden/v_threshold") == 1);
  assert_true(fabs(number_of(file, "node/nodes/hidden/tau_mem") / b->model.tau_s - 1) < 1e-6);
  assert_true(fabs(number_of(file, "node/nodes/hidden/r") / b->model.tau_s - 1) < 1e-6);
  assert_true(number_of(file, "node/metadata/refractory_s") > b->model.t_ref_s);
  /* The first code is the strongest inhibition: less than the whole way, and negative. */
  double w = number_of(file, "node/nodes/hidden_weights/weight");
  assert_true(w < -0.01 && w > -1);
  H5Fclose(file);
  ms_network_destroy(n);
}

static float w1[HIDDEN * IN], w2[OUT * HIDDEN];

/* A network whose time constants are those of the chip, 1000 times slower. */
static nir_small small(const bench *b) {
  for (int i = 0; i < HIDDEN * IN; i++)
    w1[i] = 0.02f * (float)(i - 10);
  for (int i = 0; i < OUT * HIDDEN; i++)
    w2[i] = 0.05f * (float)(i % 4);
  return (nir_small){.n_in = IN,
                     .n_hidden = HIDDEN,
                     .n_out = OUT,
                     .tau_mem_s = 1000 * b->model.tau_s,
                     .tau_syn_s = 1000 * b->model.row[0].tau_s,
                     .w1 = w1,
                     .w2 = w2,
                     .type1 = "CubaLIF"};
}

static int map(bench *b, const ms_nir_options *options, ms_network **n, ms_nir_report *report,
               ms_error *err) {
  *err = (ms_error){0};
  return ms_nir_map(b->file, b->setup, &b->model, options, n, report, err);
}

/* r w_in W / tau_mem over v_threshold - v_leak is W here, in both kinds of neurons. */
static void a_graph_by_others_is_mapped(void **state) {
  bench *b = *state;
  static const char *const type[] = {"CubaLIF", "LIF"};
  for (int k = 0; k < 2; k++) {
    nir_small net = small(b);
    net.type1 = type[k];
    nir_network(b->file, &net);
    ms_nir_options options = {0};
    ms_nir_report report;
    ms_network *n;
    ms_error err;
    if (map(b, &options, &n, &report, &err))
      fail_msg("%s", err.text);
    assert_true(fabs(report.speedup - 1000) < 0.01);
    const ms_nir_layer_report *l = &report.layer[0];
    assert_true(fabs(l->largest - 0.2) < 1e-6);
    assert_true(l->tau_syn.chip > 0 || k == 1);
    assert_int_equal(l->n, HIDDEN * IN);
    /* Signs hold, larger weights have larger codes, and the error is below half a code's step. */
    double step = l->full_scale[MS_EXC] / 10;
    assert_true(l->error < step);
    for (int i = 1; i < HIDDEN * IN; i++)
      assert_true(n->in[i] >= n->in[i - 1]);
    assert_true(n->in[0] < 0 && n->in[HIDDEN * IN - 1] > 0 && n->in[10] == 0);
    ms_network_destroy(n);
  }
}

static void weights_beyond_the_dac_are_counted_or_rescaled(void **state) {
  bench *b = *state;
  nir_small net = small(b);
  for (int i = 0; i < HIDDEN * IN; i++)
    w1[i] *= 100;
  nir_network(b->file, &net);
  ms_nir_options options = {0};
  ms_nir_report report;
  ms_network *n;
  ms_error err;
  assert_int_equal(map(b, &options, &n, &report, &err), MS_OK);
  size_t beyond = 0;
  for (int i = 0; i < HIDDEN * IN; i++)
    beyond += fabs((double)w1[i]) > report.layer[0].full_scale[w1[i] > 0 ? MS_EXC : MS_INH];
  assert_true(beyond > HIDDEN * IN / 2 && beyond < HIDDEN * IN);
  assert_int_equal(report.layer[0].clipped, beyond);
  assert_int_equal(n->in[HIDDEN * IN - 1], 15);
  ms_network_destroy(n);
  options.rescale = 1;
  assert_int_equal(map(b, &options, &n, &report, &err), MS_OK);
  assert_int_equal(report.layer[0].clipped, 0);
  assert_true(report.layer[0].factor < 0.1);
  int most = 0;
  for (int i = 0; i < HIDDEN * IN; i++)
    most = abs(n->in[i]) > most ? abs(n->in[i]) : most;
  assert_int_equal(most, 15);
  ms_network_destroy(n);
}

/* Time constants that differ from the chip's move its bias codes, and the experiment says so. */
static void bias_codes_follow_the_graphs_time_constants(void **state) {
  bench *b = *state;
  nir_small net = small(b);
  net.tau_syn_s *= 2.5;
  nir_network(b->file, &net);
  ms_nir_options options = {0};
  ms_experiment *e;
  ms_error err = {0};
  ms_network *n;
  assert_int_equal(map(b, &options, &n, NULL, &err), MS_ERANGE); /* with the codes as they are */
  assert_non_null(strstr(err.text, "'tau_syn'"));
  if (ms_nir_experiment(b->file, b->experiment, &options, &e, &err))
    fail_msg("%s", err.text);
  assert_int_equal(e->n_bias, 2);
  assert_non_null(strstr(e->text, "net.nir, SHA-256"));
  ms_setup *setup;
  assert_int_equal(ms_setup_create(e, &setup, NULL), MS_OK);
  ms_nir_report report;
  if (ms_nir_map(b->file, setup, NULL, &options, &n, &report, &err))
    fail_msg("%s", err.text);
  const ms_nir_parameter *tau = &report.layer[0].tau_syn;
  assert_true(fabs(tau->graph / tau->chip - 1) < 0.03);
  ms_network_destroy(n);
  ms_setup_destroy(setup);
  ms_experiment_destroy(e);
}

/* ---- refusals ---- */

typedef struct refusal {
  const char *words[3];
  int code;
} refusal;

static void refused(bench *b, const ms_nir_options *options, const refusal *r) {
  ms_network *n = NULL;
  ms_error err;
  ms_nir_options none = {0};
  int rc = map(b, options ? options : &none, &n, NULL, &err);
  assert_null(n);
  if (rc != r->code)
    fail_msg("code %d instead of %d: %s", rc, r->code, err.text);
  assert_non_null(strstr(err.text, "net.nir"));
  for (int i = 0; i < 3 && r->words[i]; i++)
    if (!strstr(err.text, r->words[i]))
      fail_msg("'%s' is not in: %s", r->words[i], err.text);
}

static void a_bias_is_refused_unless_dropped(void **state) {
  bench *b = *state;
  nir_small net = small(b);
  net.bias = 0.25;
  nir_network(b->file, &net);
  refused(b, NULL,
          &(refusal){{"node '1'", "'bias' of output 0 is 0.25", "--drop-bias"}, MS_EUNSUPPORTED});
  ms_nir_options options = {.drop_bias = 1};
  ms_nir_report report;
  ms_network *n;
  ms_error err;
  assert_int_equal(map(b, &options, &n, &report, &err), MS_OK);
  assert_true(report.layer[0].dropped_bias == 0.25);
  ms_network_destroy(n);
}

static void wrong_sizes_are_refused(void **state) {
  bench *b = *state;
  static float more[16 * 16];
  nir_small net = small(b);
  net.w1 = net.w2 = more;
  net.n_in = 7;
  nir_network(b->file, &net);
  refused(b, NULL, &(refusal){{"node '1'", "7 inputs", "task yinyang gives 4"}, MS_ERANGE});
  net.n_in = IN;
  net.n_hidden = 6;
  nir_network(b->file, &net);
  refused(b, NULL, &(refusal){{"node '2'", "6 neurons", "network.hidden: 4"}, MS_ERANGE});
  net.n_hidden = HIDDEN;
  net.n_out = 9;
  nir_network(b->file, &net);
  refused(b, NULL, &(refusal){{"node '4'", "9 neurons", "outputs_per_class"}, MS_ERANGE});
}

/* More neurons than a router core holds. */
static void a_network_larger_than_the_chip_is_refused(void **state) {
  bench *b = *state;
  enum { MANY = 4000 };
  unload(b);
  assert_int_equal(load(b, TEXT("network: {hidden: 4000}\n")), MS_OK);
  float *w = calloc(MANY * IN, sizeof *w);
  nir_small net = small(b);
  net.n_hidden = MANY;
  net.w1 = net.w2 = w;
  nir_network(b->file, &net);
  ms_nir_options options = {0};
  ms_experiment *e, *rtl = b->experiment;
  ms_error err = {0};
  rtl->digital = MS_ROUTER_RTL;
  int rc = ms_nir_experiment(b->file, rtl, &options, &e, &err);
  assert_int_not_equal(rc, MS_OK);
  assert_non_null(strstr(err.text, "net.nir"));
  assert_non_null(strstr(err.text, "4003 neurons"));
  free(w);
  unload(b);
  assert_int_equal(load(b, PLAIN), MS_OK);
}

static void time_constants_beyond_the_bias_range_are_refused(void **state) {
  bench *b = *state;
  nir_small net = small(b);
  net.tau_syn_s *= 1e5;
  nir_network(b->file, &net);
  ms_nir_options options = {0};
  ms_experiment *e;
  ms_error err = {0};
  assert_int_equal(ms_nir_experiment(b->file, b->experiment, &options, &e, &err), MS_ERANGE);
  assert_non_null(strstr(err.text, "net.nir: 'tau_syn'"));
  assert_non_null(strstr(err.text, "dpi_exc.itau"));
  net = small(b);
  nir_network(b->file, &net);
  options.speedup = 1; /* a membrane of 10 ms on a chip that has 10 us */
  refused(b, &options, &(refusal){{"node '2'", "'tau_mem'", "speed-up 1"}, MS_ERANGE});
}

/* One node or edge that differs from a network that fits. */
static void one_odd_node(bench *b, const char *type, int recurrent, int lost) {
  nir_small net = small(b);
  nir_network(b->file, &net);
  hid_t file = H5Fopen(b->file, H5F_ACC_RDWR, H5P_DEFAULT);
  nir_file f = {.file = file,
                .graph = H5Gopen2(file, "node", H5P_DEFAULT),
                .nodes = H5Gopen2(file, "node/nodes", H5P_DEFAULT)};
  if (type) {
    H5Ldelete(f.nodes, "3", H5P_DEFAULT);
    H5Gclose(nir_node(&f, "3", type));
  }
  if (recurrent || lost) {
    static const char *const edge[] = {"0", "1", "1", "2", "2", "3", "3", "4", "4", "5", "4", "3"};
    static const char *const cut[] = {"0", "1", "1", "2", "2", "3", "3", "4", "4", "none"};
    H5Ldelete(f.graph, "edges", H5P_DEFAULT);
    nir_edges(&f, recurrent ? edge : cut, recurrent ? 6 : 5);
  }
  nir_end(&f);
}

static void nodes_that_the_chip_lacks_are_refused(void **state) {
  bench *b = *state;
  one_odd_node(b, "Conv2d", 0, 0);
  refused(b, NULL, &(refusal){{"node '3'", "'Conv2d'", "no convolution"}, MS_EUNSUPPORTED});
  one_odd_node(b, "NIRGraph", 0, 0);
  refused(b, NULL, &(refusal){{"node '3'", "'NIRGraph'", "flatten"}, MS_EUNSUPPORTED});
  one_odd_node(b, "Wobble", 0, 0);
  refused(b, NULL, &(refusal){{"node '3'", "'Wobble'", "not a type of NIR"}, MS_EUNSUPPORTED});
  one_odd_node(b, "Linear", 0, 0);
  refused(b, NULL, &(refusal){{"node '3'", "'weight' is missing", NULL}, MS_EPARSE});
  one_odd_node(b, NULL, 1, 0);
  refused(b, NULL, &(refusal){{"node '4'", "leads to 2 nodes", "recurrent"}, MS_EUNSUPPORTED});
  one_odd_node(b, NULL, 0, 1);
  refused(b, NULL, &(refusal){{"edge", "'none'", NULL}, MS_EPARSE});
}

/* A data set of a network that fits, replaced. */
static void replace(bench *b, const char *node, const char *name, unsigned rank, hsize_t rows,
                    hsize_t columns, double value) {
  float *v = malloc(rows * columns * sizeof *v);
  for (hsize_t i = 0; i < rows * columns; i++)
    v[i] = (float)value;
  nir_small net = small(b);
  nir_network(b->file, &net);
  hid_t file = H5Fopen(b->file, H5F_ACC_RDWR, H5P_DEFAULT);
  char path[80];
  snprintf(path, sizeof path, "node/nodes/%s", node);
  hid_t group = H5Gopen2(file, path, H5P_DEFAULT);
  H5Ldelete(group, name, H5P_DEFAULT);
  if (rank)
    nir_numbers(group, name, rank, rows, columns, v);
  H5Gclose(group);
  H5Fclose(file);
  free(v);
}

static void wrong_parameters_are_refused(void **state) {
  bench *b = *state;
  replace(b, "2", "r", 0, 1, 1, 0);
  refused(b, NULL, &(refusal){{"node '2' (CubaLIF)", "'r' is missing", NULL}, MS_EPARSE});
  replace(b, "2", "tau_mem", 1, 3, 1, 0.01);
  refused(b, NULL, &(refusal){{"node '2'", "'tau_mem' has 3 values for 4", NULL}, MS_EPARSE});
  replace(b, "4", "v_threshold", 1, OUT, 1, 1);
  refused(b, NULL, &(refusal){{"node '4'", "neuron 0", "'v_threshold'"}, MS_ERANGE});
  replace(b, "4", "v_reset", 1, OUT, 1, 2);
  refused(b, NULL, &(refusal){{"node '4'", "'v_reset' 2", "reset to rest"}, MS_EUNSUPPORTED});
  replace(b, "4", "tau_mem", 1, OUT, 1, 0);
  refused(b, NULL, &(refusal){{"node '4'", "'tau_mem' is not positive", NULL}, MS_ERANGE});
  replace(b, "3", "weight", 2, OUT, HIDDEN, NAN);
  refused(b, NULL, &(refusal){{"node '3'", "'weight'", "no finite number"}, MS_ERANGE});
  replace(b, "3", "weight", 1, OUT, 1, 1);
  refused(b, NULL, &(refusal){{"node '3'", "'weight' has 1 dimensions", NULL}, MS_EPARSE});
  replace(b, "3", "weight", 2, OUT, HIDDEN + 1, 1);
  refused(b, NULL, &(refusal){{"node '3'", "takes 5 values but is given 4", NULL}, MS_EPARSE});
  replace(b, "5", "shape", 1, 1, 1, 7);
  refused(b, NULL, &(refusal){{"node '5'", "takes 7 values but is given 3", NULL}, MS_EPARSE});
}

static void links_out_of_the_file_are_refused(void **state) {
  bench *b = *state;
  nir_small net = small(b);
  nir_network(b->file, &net);
  hid_t file = H5Fopen(b->file, H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t nodes = H5Gopen2(file, "node/nodes", H5P_DEFAULT);
  H5Ldelete(nodes, "3", H5P_DEFAULT);
  H5Lcreate_external("/etc/passwd", "/", nodes, "3", H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(nodes);
  H5Fclose(file);
  refused(b, NULL, &(refusal){{"'3'", "links are not followed", NULL}, MS_EREFUSED});
}

static void what_is_no_graph_is_refused(void **state) {
  bench *b = *state;
  unlink(b->file);
  refused(b, NULL, &(refusal){{"no such file", NULL}, MS_EMISSING});
  assert_int_equal(ms_write_file(b->file, "name: x\n", 8, NULL), MS_OK);
  refused(b, NULL, &(refusal){{"not an HDF5 file", NULL}, MS_EPARSE});
  H5Fclose(H5Fcreate(b->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  refused(b, NULL, &(refusal){{"no NIR graph", NULL}, MS_EPARSE});
}

/* At any length a cut file is refused; the message names it. */
static void a_truncated_file_is_refused(void **state) {
  bench *b = *state;
  nir_small net = small(b);
  nir_network(b->file, &net);
  char *data;
  size_t size;
  assert_int_equal(ms_read_file(b->file, &data, &size, NULL), MS_OK);
  for (size_t n = 0; n < size; n += 1 + size / 61) {
    ms_network *out = NULL;
    ms_error err;
    ms_nir_options none = {0};
    assert_int_equal(ms_write_file(b->file, data, n, NULL), MS_OK);
    int rc = map(b, &none, &out, NULL, &err);
    if (rc != MS_EPARSE || !strstr(err.text, "net.nir"))
      fail_msg("%zu of %zu bytes: %d, %s", n, size, rc, err.text);
    assert_null(out);
  }
  free(data);
}

/* Whatever bytes change: the file is read, or refused in one sentence that names it. HDF5 itself
 * crashes on some of these. */
static void a_garbled_file_never_does_more_than_fail(void **state) {
  bench *b = *state;
  ms_network *first = some_network(b);
  export_network(b, first, &b->model, 0);
  ms_network_destroy(first);
  char *data;
  size_t size;
  uint32_t seed = 12345, refusals = 0;
  assert_int_equal(ms_read_file(b->file, &data, &size, NULL), MS_OK);
  for (int k = 0; k < 120; k++) {
    size_t at[3];
    char old[3];
    for (int i = 0; i < 3; i++) {
      seed = seed * 1664525u + 1013904223u;
      at[i] = seed % size;
      old[i] = data[at[i]];
      data[at[i]] = (char)(seed >> 24);
    }
    ms_network *out = NULL;
    ms_error err;
    ms_nir_options none = {0};
    assert_int_equal(ms_write_file(b->file, data, size, NULL), MS_OK);
    int rc = map(b, &none, &out, NULL, &err);
    refusals += rc != MS_OK;
    if (rc && !strstr(err.text, "net.nir"))
      fail_msg("round %d: %d, %s", k, rc, err.text);
    ms_network_destroy(out);
    for (int i = 3; i-- > 0;)
      data[at[i]] = old[i];
  }
  assert_true(refusals > 5);
  free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_exported_network_comes_back_code_by_code),
      cmocka_unit_test(parallel_rows_come_back_as_their_sum),
      cmocka_unit_test(an_exported_file_has_the_formats_layout),
      cmocka_unit_test(a_graph_by_others_is_mapped),
      cmocka_unit_test(weights_beyond_the_dac_are_counted_or_rescaled),
      cmocka_unit_test(bias_codes_follow_the_graphs_time_constants),
      cmocka_unit_test(a_bias_is_refused_unless_dropped),
      cmocka_unit_test(wrong_sizes_are_refused),
      cmocka_unit_test(a_network_larger_than_the_chip_is_refused),
      cmocka_unit_test(time_constants_beyond_the_bias_range_are_refused),
      cmocka_unit_test(nodes_that_the_chip_lacks_are_refused),
      cmocka_unit_test(wrong_parameters_are_refused),
      cmocka_unit_test(links_out_of_the_file_are_refused),
      cmocka_unit_test(what_is_no_graph_is_refused),
      cmocka_unit_test(a_truncated_file_is_refused),
      cmocka_unit_test(a_garbled_file_never_does_more_than_fail),
  };
  return cmocka_run_group_tests(tests, make, unmake);
}
