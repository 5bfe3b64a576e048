/* SPDX-License-Identifier: Apache-2.0 */
/* Files that runs leave: written whole or not at all, and readable by other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mixspike/record.h"

enum { N_NEURON = 6, N_INPUT = 5, N_POINT = 4000 };
static const double T_STOP_S = 40e-6;

typedef struct fixture {
  char folder[64];
  ms_core core;
  char row_name[2][8];
  ms_event in[N_INPUT];
  ms_run_result run;
} fixture;

static char *path_of(fixture *f, const char *name) {
  static char path[128];
  snprintf(path, sizeof path, "%s/%s", f->folder, name);
  return path;
}

/* A run whose voltages are known functions of time: neuron k ramps with period (k + 4) us. */
static int setup(void **state) {
  fixture *f = *state = calloc(1, sizeof *f);
  strcpy(f->folder, "/tmp/mixspike-record-XXXXXX");
  if (!f || !mkdtemp(f->folder))
    return -1;
  snprintf(f->row_name[0], 8, "exc0");
  snprintf(f->row_name[1], 8, "inh0");
  f->core.n_row = 2;
  for (size_t i = 0; i < 2; i++)
    f->core.row[i].name = f->row_name[i];
  for (unsigned i = 0; i < N_INPUT; i++)
    f->in[i] = (ms_event){.t = 1000000u * (2u + 3u * i), .address = (uint16_t)i};
  ms_run_result *run = &f->run;
  run->n_neuron = N_NEURON;
  run->energy_j = 1.5e-12;
  run->counters.delivered = 7;
  run->group = calloc(N_NEURON, sizeof *run->group);
  run->spike = calloc(64, sizeof *run->spike);
  run->signal_change = calloc(64, sizeof *run->signal_change);
  for (unsigned k = 0; k < N_NEURON; k++) {
    run->group[k].n_wave = 2;
    run->group[k].wave = calloc(2, sizeof(ms_wave));
    for (unsigned p = 0; p < 2; p++) {
      ms_wave *w = &run->group[k].wave[p];
      w->probe = p ? MS_PROBE_SYN0 : MS_PROBE_VMEM;
      w->n = N_POINT;
      w->t_s = calloc(N_POINT, sizeof(double));
      w->v = calloc(N_POINT, sizeof(double));
      for (unsigned i = 0; i < N_POINT; i++) {
        w->t_s[i] = T_STOP_S * i / (N_POINT - 1);
        w->v[i] = 1.2 * fmod(w->t_s[i], (k + 4) * 1e-6) / ((k + 4) * 1e-6);
      }
    }
  }
  for (ms_time t = 0; t < 40000000; t += 1000000)
    for (unsigned k = 0; k < N_NEURON; k++)
      if (t && t % ((k + 4) * 1000000) == 0 && run->n_spike < 64)
        run->spike[run->n_spike++] = (ms_event){.t = t, .address = (uint16_t)k};
  for (unsigned i = 0; i < 40; i++)
    run->signal_change[run->n_signal_change++] =
        (ms_signal_change){.t = i * 1000000u, .signal = i & 1, .value = i & 1 ? i : i / 2 % 2};
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  char command[160];
  snprintf(command, sizeof command, "rm -r '%s'", f->folder);
  int bad = system(command);
  for (unsigned k = 0; k < N_NEURON; k++)
    ms_group_result_clear(&f->run.group[k]);
  free(f->run.group);
  free(f->run.spike);
  free(f->run.signal_change);
  free(f);
  return bad;
}

static void results_read_back_equal(void **state) {
  fixture *f = *state;
  ms_error err = {0};
  ms_results *results;
  char *path = path_of(f, "results.h5");
  assert_int_equal(ms_results_create(&results, &err), 0);
  assert_int_equal(ms_results_text(results, "/", "experiment", "test", &err), 0);
  assert_int_equal(ms_results_run(results, "run/a", &f->core, f->in, N_INPUT, &f->run, &err), 0);
  assert_int_equal(ms_results_doubles(results, "run/a/spikes/t", "s", &T_STOP_S, 1, &err), MS_EIO);
  assert_non_null(strstr(err.text, "run/a/spikes/t"));
  assert_int_equal(ms_results_save(results, path, &err), 0);
  ms_results_destroy(results);

  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  assert_true(file >= 0);
  uint64_t t[64] = {0}, neuron[64] = {0};
  hid_t set = H5Dopen2(file, "run/a/spikes/t", H5P_DEFAULT);
  assert_int_equal(H5Sget_simple_extent_npoints(H5Dget_space(set)), f->run.n_spike);
  H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, t);
  H5Dclose(set);
  set = H5Dopen2(file, "run/a/spikes/neuron", H5P_DEFAULT);
  H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, neuron);
  H5Dclose(set);
  for (size_t i = 0; i < f->run.n_spike; i++) {
    assert_int_equal(t[i], f->run.spike[i].t);
    assert_int_equal(neuron[i], f->run.spike[i].address);
  }
  static double v[N_POINT];
  set = H5Dopen2(file, "run/a/waves/neuron3/exc0/v", H5P_DEFAULT);
  H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
  H5Dclose(set);
  assert_memory_equal(v, f->run.group[3].wave[1].v, sizeof v);
  H5close();
}

static void fst_holds_signals_and_voltages(void **state) {
  fixture *f = *state;
  ms_error err = {0};
  static const char *const signals[] = {"req[1]", "arbiter.grant[7]", NULL};
  char *path = path_of(f, "sample.fst");
  if (ms_waveforms_write(path, &f->core, signals, &f->run, &err))
    fail_msg("%s", err.text);
  char command[200], line[256];
  snprintf(command, sizeof command, "fst2vcd '%s'", path);
  FILE *vcd = popen(command, "r");
  assert_non_null(vcd);
  unsigned reals = 0, wires = 0, points = 0, scopes = 0;
  int picosecond = 0;
  unsigned long last = 0;
  while (fgets(line, sizeof line, vcd)) {
    picosecond |= strstr(line, "1ps") != NULL;
    reals += strncmp(line, "$var real", 9) == 0;
    wires += strncmp(line, "$var wire", 9) == 0;
    scopes += strncmp(line, "$scope", 6) == 0;
    points += line[0] == 'r';
    if (line[0] == '#')
      last = strtoul(line + 1, NULL, 10);
  }
  assert_int_equal(pclose(vcd), 0);
  assert_true(picosecond);
  assert_int_equal(reals, 2 * N_NEURON);
  assert_int_equal(wires, 2);
  assert_int_equal(scopes, 2 + N_NEURON); /* router, router.arbiter, one a neuron */
  assert_true(points >= 2 * N_NEURON * (N_POINT - 1));
  assert_int_equal(last, 40000000);
}

static void raw_has_one_plot_a_neuron(void **state) {
  fixture *f = *state;
  ms_error err = {0};
  char *path = path_of(f, "sample.raw"), *data;
  size_t size;
  assert_int_equal(ms_raw_write(path, &f->core, &f->run, &err), 0);
  assert_int_equal(ms_read_file(path, &data, &size, &err), 0);
  assert_non_null(strstr(data, "No. Variables: 3\nNo. Points: 4000\n"));
  const char *values = strstr(data, "Binary:\n");
  assert_non_null(values);
  double row[3];
  memcpy(row, values + 8 + 100 * sizeof row, sizeof row);
  assert_true(row[0] == f->run.group[0].wave[0].t_s[100]);
  assert_true(row[1] == f->run.group[0].wave[0].v[100]);
  free(data);
}

static void pictures_and_report(void **state) {
  fixture *f = *state;
  ms_error err = {0};
  const unsigned shown[] = {0, 2, 5};
  if (ms_picture_raster(f->folder, "raster", "Sample \"1\" \\ `of` class 0", f->in, N_INPUT,
                        &f->run, shown, 3, &err))
    fail_msg("%s", err.text);
  double epoch[20], loss[20], accuracy[20], die[20];
  for (int i = 0; i < 20; i++) {
    epoch[i] = die[i] = i + 1;
    loss[i] = exp(-0.2 * i);
    accuracy[i] = 1 - 0.6 * exp(-0.2 * i);
  }
  const ms_series curve[] = {{"loss", epoch, loss, 20, 0}, {"accuracy", epoch, accuracy, 20, 1}};
  const ms_plot plot = {.title = "Training",
                        .x_label = "epoch",
                        .y_label = "loss",
                        .right_label = "accuracy",
                        .right_max = 1};
  if (ms_picture_lines(f->folder, "curve", &plot, curve, 2, &err))
    fail_msg("%s", err.text);
  const ms_series dies[] = {{"trained on", die, accuracy, 20, 0},
                            {"held out", die, accuracy, 9, 0}};
  if (ms_picture_dies(f->folder, "dies", "Accuracy", dies, 2, 0.33, &err))
    fail_msg("%s", err.text);
  assert_int_equal(ms_picture_lines(f->folder, "../x", &plot, curve, 2, &err), MS_EINVAL);

  ms_report_page *page;
  assert_int_equal(ms_report_create("A <run>", "lead", &page, &err), 0);
  assert_int_equal(ms_report_figure(page, "Accuracy", "97 %", "test & set", &err), 0);
  assert_int_equal(ms_report_picture(page, path_of(f, "raster.svg"), "raster", &err), 0);
  assert_int_equal(ms_report_picture(page, path_of(f, "none.svg"), "raster", &err), MS_EMISSING);
  assert_int_equal(ms_report_save(page, path_of(f, "index.html"), &err), 0);
  ms_report_destroy(page);
  char *html;
  assert_int_equal(ms_read_file(path_of(f, "index.html"), &html, NULL, &err), 0);
  assert_non_null(strstr(html, "A &lt;run&gt;"));
  assert_non_null(strstr(html, "data:image/svg+xml;base64,PD94bWwg"));
  assert_null(strstr(html, "http:"));
  free(html);
  const char *keep = getenv("MS_KEEP_PICTURES");
  if (keep) {
    char command[300];
    snprintf(command, sizeof command, "cp -r '%s' '%s'", f->folder, keep);
    assert_int_equal(system(command), 0);
  }
}

static void a_refused_write_leaves_the_old_file(void **state) {
  fixture *f = *state;
  ms_error err = {0};
  char *path = path_of(f, "old"), *data;
  static char large[300000];
  assert_int_equal(ms_write_file(path, "old", 3, &err), 0);
  struct rlimit limit, small;
  getrlimit(RLIMIT_FSIZE, &limit);
  small = limit;
  small.rlim_cur = 100000;
  setrlimit(RLIMIT_FSIZE, &small);
  void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
  int code = ms_write_file(path, large, sizeof large, &err);
  setrlimit(RLIMIT_FSIZE, &limit);
  signal(SIGXFSZ, before);
  assert_int_equal(code, MS_EIO);
  assert_non_null(strstr(err.text, path));
  assert_int_equal(ms_read_file(path, &data, NULL, &err), 0);
  assert_string_equal(data, "old");
  free(data);
  assert_int_equal(ms_write_file("/dev/full", "x", 1, &err), MS_EIO);
  assert_int_equal(ms_write_file(path_of(f, "none/x"), "x", 1, &err), MS_EIO);
  assert_int_equal(ms_make_folder(path_of(f, "a/b/c"), &err), 0);
  assert_int_equal(ms_make_folder(path_of(f, "old/b"), &err), MS_EIO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(results_read_back_equal, setup, teardown),
      cmocka_unit_test_setup_teardown(fst_holds_signals_and_voltages, setup, teardown),
      cmocka_unit_test_setup_teardown(raw_has_one_plot_a_neuron, setup, teardown),
      cmocka_unit_test_setup_teardown(pictures_and_report, setup, teardown),
      cmocka_unit_test_setup_teardown(a_refused_write_leaves_the_old_file, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
