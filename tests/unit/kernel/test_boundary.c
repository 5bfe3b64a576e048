/* SPDX-License-Identifier: Apache-2.0 */
/* The boundary log: either half alone gives every recorded change at its picosecond; a changed
 * weight, bias, pulse width or router is told by time and line; broken logs are refused by line. */
#include "kernel_fixture.h"

#include "mixspike/boundary.h"
#include "mixspike/record.h"
#include "mixspike/router_map.h"

#include <unistd.h>

typedef struct bench {
  fixture_core f;
  fixture_net net;
  char path[64];
  size_t n_spike, n_host;
  ms_driver_kind driver;
} bench;

static void record_on(bench *b, uint64_t seed, ms_router_kind router, ms_driver_kind driver,
                      unsigned side, int layered) {
  fixture_init(&b->f);
  fixture_random_net(&b->net, seed, layered, 8);
  ms_chip_options options = {.core = &b->f.core,
                             .engine = {.kind = MS_ENGINE_MODEL},
                             .router = router,
                             .driver = driver,
                             .n_neuron = b->net.n_neuron,
                             .n_input = b->net.n_input,
                             .cols = side,
                             .rows = side};
  const ms_die die = {.seed = 4, .die = seed, .strength = 1};
  const ms_run_options run = {.t_stop = b->net.t_stop, .record_boundary = 1};
  ms_run_result result;
  ms_chip *chip;
  fixture_ok(ms_chip_create(&options, &chip, err));
  fixture_ok(ms_chip_set_die(chip, &die, err));
  fixture_ok(ms_chip_configure(chip, &b->net.config, err));
  fixture_ok(ms_chip_run(chip, b->net.in, b->net.n_in, &run, &result, err));
  snprintf(b->path, sizeof b->path, "/tmp/mixspike-boundary-XXXXXX");
  close(mkstemp(b->path));
  fixture_ok(ms_boundary_write(b->path, chip, &result, run.t_stop, err));
  b->n_spike = result.n_spike;
  b->n_host = result.n_host;
  b->driver = result.driver;
  ms_run_result_clear(&result);
  ms_chip_destroy(chip);
}

static void record(bench *b, uint64_t seed, ms_router_kind router, ms_driver_kind driver) {
  record_on(b, seed, router, driver, 1, 0);
}

static ms_boundary *load(const bench *b) {
  ms_boundary *log;
  fixture_ok(ms_boundary_read(b->path, &log, err));
  return log;
}

static int analog(const bench *b, const ms_boundary *log, ms_boundary_report *r, ms_error *err) {
  const ms_engine_options engine = {.kind = log->analog};
  return ms_boundary_replay_analog(log, &b->f.core, &engine, NULL, r, err);
}

/* The text of a line of the log. */
static void line_of(const bench *b, uint32_t number, char *text, size_t size) {
  char *all, *rest, *line;
  fixture_ok(ms_read_file(b->path, &all, NULL, err));
  rest = all;
  while ((line = strsep(&rest, "\n")) && --number)
    ;
  snprintf(text, size, "%s", line ? line : "");
  free(all);
}

static void either_half_alone_repeats_what_was_recorded(void **state) {
  (void)state;
  static const ms_router_kind routers[] = {MS_ROUTER_RTL, MS_ROUTER_TLM, MS_ROUTER_IDEAL};
  static const ms_driver_kind drivers[] = {MS_DRIVER_PROMISES, MS_DRIVER_LOCKSTEP, MS_DRIVER_AUTO};
  size_t spikes = 0;
  for (unsigned k = 0; k < 6; k++) {
    bench b;
    ms_boundary_report r;
    record(&b, k + 1, routers[k % 3], drivers[k / 2]);
    ms_boundary *log = load(&b);
    assert_int_equal(log->n_neuron, b.net.n_neuron);
    fixture_ok(ms_boundary_replay_digital(log, log->digital, &r, err));
    assert_true(r.compared > b.n_host && !r.differs);
    fixture_ok(analog(&b, log, &r, err));
    /* Every request rises, and all but those cut off at the end fall. */
    assert_true(r.compared >= b.n_spike && r.compared <= 2 * b.n_spike);
    spikes += b.n_spike;
    ms_boundary_destroy(log);
    unlink(b.path);
  }
  print_message("%zu spikes\n", spikes);
  assert_true(spikes > 60);
}

static void tlm_is_the_rtl_on_a_recorded_boundary_and_ideal_is_not(void **state) {
  (void)state;
  bench b;
  ms_boundary_report r;
  ms_error err = {0};
  record(&b, 2, MS_ROUTER_RTL, MS_DRIVER_AUTO);
  ms_boundary *log = load(&b);
  assert_int_equal(ms_boundary_replay_digital(log, MS_ROUTER_TLM, &r, &err), MS_OK);
  assert_int_equal(ms_boundary_replay_digital(log, MS_ROUTER_IDEAL, &r, &err), MS_EDIFFERS);
  assert_true(r.differs && r.line > 0);
  ms_boundary_destroy(log);
  unlink(b.path);
}

/* One weight: the digital half differs at the first pulse that carries it, and says where. */
static void a_changed_weight_is_told_by_time_and_line(void **state) {
  (void)state;
  bench b;
  ms_boundary_report r;
  ms_error err = {0};
  char text[100], want[100];
  record(&b, 3, MS_ROUTER_RTL, MS_DRIVER_AUTO);
  ms_boundary *log = load(&b);
  uint32_t *word = NULL;
  const ms_boundary_event *first = NULL;
  for (size_t i = 0; !first && i < log->n_event; i++) /* a pulse: some entry made it */
    if (log->event[i].kind == MS_BOUNDARY_PULSE && log->event[i].level && log->event[i].code > 0)
      first = &log->event[i];
  assert_non_null(first);
  for (size_t i = 0; i < log->n_write; i++) /* the last such entry is as good as any */
    if (log->write[i][0] >= MS_MAP_ENTRY &&
        ms_map_entry_target(log->write[i][1]) == first->address &&
        ms_map_entry_row(log->write[i][1]) == first->row &&
        ms_map_entry_sign(log->write[i][1]) == first->sign &&
        ms_map_entry_code(log->write[i][1]) == first->code) {
      word = &log->write[i][1];
      *word ^= 1; /* of all of them, so that this very pulse changes */
    }
  assert_non_null(word);
  assert_int_equal(ms_boundary_replay_digital(log, MS_ROUTER_RTL, &r, &err), MS_EDIFFERS);
  assert_int_equal(r.t, first->t);
  assert_int_equal(r.line, first->line);
  line_of(&b, r.line, text, sizeof text);
  snprintf(want, sizeof want, "pulse %llu %u 1 %s%u %u", (unsigned long long)first->t,
           first->address, first->sign ? "inh" : "exc", first->row, first->code);
  assert_string_equal(text, want);
  snprintf(want, sizeof want, "line %u of the log", r.line);
  assert_non_null(strstr(err.text, want));
  assert_non_null(strstr(err.text, "pulse to neuron"));
  /* The circuits were given the recorded pulses, so they do as they did. */
  assert_int_equal(analog(&b, log, &r, &err), MS_OK);
  ms_boundary_destroy(log);
  unlink(b.path);
}

static void a_changed_pulse_width_differs_at_the_end_of_the_first_pulse(void **state) {
  (void)state;
  bench b;
  ms_boundary_report r;
  ms_error err = {0};
  record(&b, 4, MS_ROUTER_RTL, MS_DRIVER_AUTO);
  ms_boundary *log = load(&b);
  ms_time start = 0;
  for (size_t i = 0; !start && i < log->n_event; i++)
    if (log->event[i].kind == MS_BOUNDARY_PULSE)
      start = log->event[i].t;
  for (size_t i = 0; i < log->n_write; i++)
    if (log->write[i][0] == MS_MAP_PULSE_WIDTH)
      log->write[i][1]--;
  assert_int_equal(ms_boundary_replay_digital(log, MS_ROUTER_RTL, &r, &err), MS_EDIFFERS);
  assert_int_equal(r.t, start + b.f.core.pulse_ps[0] - b.f.core.clock_ps);
  assert_non_null(strstr(err.text, "ends"));
  ms_boundary_destroy(log);
  unlink(b.path);
}

/* A request half a clock later: its acknowledge still comes at the same edge or the next. */
static void a_moved_request_differs_at_its_acknowledge(void **state) {
  (void)state;
  bench b;
  ms_boundary_report r;
  ms_error err = {0};
  record(&b, 5, MS_ROUTER_RTL, MS_DRIVER_AUTO);
  ms_boundary *log = load(&b);
  ms_boundary_event *request = NULL;
  for (size_t i = 0; !request && i < log->n_event; i++)
    if (log->event[i].kind == MS_BOUNDARY_REQUEST && log->event[i].level)
      request = &log->event[i];
  assert_non_null(request);
  const unsigned neuron = request->address;
  const ms_time old = request->t;
  request->t += b.f.core.clock_ps;
  assert_int_equal(ms_boundary_replay_digital(log, MS_ROUTER_RTL, &r, &err), MS_EDIFFERS);
  assert_true(r.t > old && r.t <= old + 4 * b.f.core.clock_ps);
  char name[32];
  snprintf(name, sizeof name, "neuron %u", neuron);
  assert_non_null(strstr(r.first, name));
  ms_boundary_destroy(log);
  unlink(b.path);
}

static void a_changed_bias_or_die_moves_the_first_crossing(void **state) {
  (void)state;
  bench b;
  ms_boundary_report r;
  ms_error err = {0};
  record(&b, 2, MS_ROUTER_RTL, MS_DRIVER_AUTO);
  ms_boundary *log = load(&b);
  ms_time first = MS_TIME_NEVER;
  for (size_t i = 0; i < log->n_event; i++)
    if (log->event[i].kind == MS_BOUNDARY_REQUEST && log->event[i].t < first)
      first = log->event[i].t;
  for (size_t i = 0; i < log->n_write; i++)
    if (log->write[i][0] == MS_MAP_BIAS) /* soma.ileak: the membrane leaks faster */
      log->write[i][1] += 3;
  assert_true(b.n_spike > 10);
  assert_int_equal(analog(&b, log, &r, &err), MS_EDIFFERS);
  assert_true(r.t <= first && r.line > 0);
  assert_non_null(strstr(err.text, "request of neuron"));
  assert_int_equal(ms_boundary_replay_digital(log, MS_ROUTER_RTL, &r, &err), MS_OK);
  ms_boundary_destroy(log);
  log = load(&b);
  log->die.die++;
  assert_int_equal(analog(&b, log, &r, &err), MS_EDIFFERS);
  ms_boundary_destroy(log);
  unlink(b.path);
}

static void refuse(const bench *b, const char *text, size_t size, const char *word) {
  ms_boundary *log = NULL;
  ms_error err = {0};
  assert_int_equal(ms_write_file(b->path, text, size, NULL), MS_OK);
  assert_true(ms_boundary_read(b->path, &log, &err) < 0);
  assert_null(log);
  if (!strstr(err.text, word))
    fail_msg("\"%s\" does not say \"%s\"", err.text, word);
}

static void a_broken_log_is_refused_by_line(void **state) {
  (void)state;
  bench b;
  char *text, *copy;
  size_t size;
  record(&b, 7, MS_ROUTER_TLM, MS_DRIVER_AUTO);
  fixture_ok(ms_read_file(b.path, &text, &size, err));
  refuse(&b, text, size - 4, "'end' is missing");
  refuse(&b, text, size / 2, b.path);
  refuse(&b, "golden\n", 7, "no boundary log");
  assert_non_null(copy = strdup(text));
  char *neurons = strstr(copy, "\nneurons ");
  neurons[1] = 'x';
  refuse(&b, copy, size, ":7: no line of a boundary log");
  neurons[1] = 'n';
  char *in = strstr(copy, "\nin ");
  memcpy(in, "\nin x", 5);
  refuse(&b, copy, size, "no line of a boundary log");
  free(copy);
  free(text);
  unlink(b.path);
}

/* Circuits that ran alone and acknowledged themselves are run alone again. */
static void either_half_of_a_feed_forward_run_repeats_it(void **state) {
  (void)state;
  static const ms_router_kind routers[] = {MS_ROUTER_RTL, MS_ROUTER_IDEAL};
  size_t spikes = 0, layered = 0;
  for (unsigned k = 0; k < 8; k++) {
    bench b;
    ms_boundary_report r;
    ms_error why = {0};
    record_on(&b, 40 + k, routers[k % 2], MS_DRIVER_FEEDFORWARD, 1 + k / 4, 1);
    ms_boundary *log = load(&b);
    assert_int_equal(log->driver, b.driver);
    layered += b.driver == MS_DRIVER_FEEDFORWARD; /* else it fell back on the promises */
    fixture_ok(ms_boundary_replay_digital(log, log->digital, &r, err));
    assert_true(r.compared > b.n_host && !r.differs);
    assert_int_equal(analog(&b, log, &r, &why), MS_OK);
    assert_true(r.compared >= b.n_spike && r.compared <= 2 * b.n_spike);
    log->die.die++;
    assert_int_equal(analog(&b, log, &r, &why), b.n_spike ? MS_EDIFFERS : MS_OK);
    spikes += b.n_spike;
    ms_boundary_destroy(log);
    unlink(b.path);
  }
  print_message("%zu spikes, %zu runs layer by layer\n", spikes, layered);
  assert_true(spikes > 60 && layered >= 4);
}

static void the_log_of_several_cores_replays(void **state) {
  (void)state;
  static const ms_router_kind routers[] = {MS_ROUTER_RTL, MS_ROUTER_TLM, MS_ROUTER_IDEAL};
  for (unsigned k = 0; k < 3; k++) {
    bench b;
    ms_boundary_report r;
    ms_error why = {0};
    record_on(&b, 60 + k, routers[k], MS_DRIVER_PROMISES, 2, 0);
    ms_boundary *log = load(&b);
    assert_true(log->cols == 2 && log->rows == 2 && log->n_write > 1000);
    fixture_ok(ms_boundary_replay_digital(log, log->digital, &r, err));
    assert_true(r.compared > b.n_host && b.n_spike > 5);
    fixture_ok(analog(&b, log, &r, err));
    /* No way to other cores: the digital half tells the first pulse that is missing. */
    for (size_t i = 0; i < log->n_write; i++)
      if ((log->write[i][0] & 0xf8000) == MS_MAP_SEND_DEST)
        log->write[i][1] = 0;
    assert_int_equal(ms_boundary_replay_digital(log, log->digital, &r, &why), MS_EDIFFERS);
    assert_non_null(strstr(why.text, "pulse to neuron"));
    ms_boundary_destroy(log);
    unlink(b.path);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(either_half_alone_repeats_what_was_recorded),
      cmocka_unit_test(tlm_is_the_rtl_on_a_recorded_boundary_and_ideal_is_not),
      cmocka_unit_test(a_changed_weight_is_told_by_time_and_line),
      cmocka_unit_test(a_changed_pulse_width_differs_at_the_end_of_the_first_pulse),
      cmocka_unit_test(a_moved_request_differs_at_its_acknowledge),
      cmocka_unit_test(a_changed_bias_or_die_moves_the_first_crossing),
      cmocka_unit_test(a_broken_log_is_refused_by_line),
      cmocka_unit_test(either_half_of_a_feed_forward_run_repeats_it),
      cmocka_unit_test(the_log_of_several_cores_replays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
