/* SPDX-License-Identifier: Apache-2.0 */
/* Provenance: every delivery of a congested run belongs to exactly one event, whose source is
 * connected to that row; times are in order and are those of crossings and deliveries. */
#include "kernel_fixture.h"

#include "mixspike/provenance.h"

static int connected(const fixture_net *net, const ms_provenance_row *r) {
  unsigned source = r->external ? net->n_neuron + r->source : r->source;
  for (size_t i = 0; i < net->config.n_synapse; i++) {
    const ms_synapse *s = &net->synapse[i];
    if (s->source == source && s->target == r->target && s->sign == r->sign && s->row == r->row &&
        s->code == r->code)
      return 1;
  }
  return 0;
}

static int happened(const ms_event *event, size_t n, ms_time t, unsigned address) {
  for (size_t i = 0; i < n; i++)
    if (event[i].t == t && event[i].address == address)
      return 1;
  return 0;
}

static void check_row(const fixture_core *f, const fixture_net *net, const ms_run_result *run,
                      const ms_provenance_row *r) {
  const ms_time T = f->core.clock_ps;
  assert_true(r->sampled > r->crossing && r->sampled <= r->crossing + T);
  if (r->external) {
    assert_true(happened(net->in, net->n_in, r->crossing, r->source));
    assert_true(r->grant == MS_TIME_NEVER && r->leaves == MS_TIME_NEVER);
  } else {
    assert_true(happened(run->spike, run->n_spike, r->crossing, r->source));
    if (r->grant != MS_TIME_NEVER) {
      assert_true(r->grant >= r->sampled + 2 * T);
      assert_true(r->leaves == r->grant && happened(run->host, run->n_host, r->leaves, r->source));
    }
  }
  const unsigned cores = net->side * net->side;
  assert_int_equal(r->source_core, r->source % cores);
  assert_int_equal(r->tag, r->source / cores + (r->external ? 16 : 0));
  if (!r->pulses)
    return;
  assert_int_equal(r->target_core, r->target % cores);
  if (r->target_core != r->source_core) /* 8 edges and a hop at least */
    assert_true(r->start >= (r->external ? r->sampled : r->grant) + 9 * T);
  assert_true(connected(net, r));
  assert_true(r->start >= (r->external ? r->sampled : r->grant) + 3 * T);
  assert_true(r->end == MS_TIME_NEVER || r->end == r->start + f->core.pulse_ps[0]);
}

/* As many rows at each time as there are deliveries, to the same places. */
static void check_deliveries(const ms_run_result *run, const ms_provenance *p) {
  size_t pulses = 0;
  for (size_t i = 0; i < p->n_row; i++)
    pulses += (size_t)p->row[i].pulses;
  assert_int_equal(pulses, run->n_delivery);
  for (size_t i = 0; i < run->n_delivery; i++) {
    const ms_delivery *d = &run->delivery[i];
    size_t found = 0;
    for (size_t k = 0; k < p->n_row; k++) {
      const ms_provenance_row *r = &p->row[k];
      found += r->pulses && r->start == d->t && r->target == d->target && r->sign == d->sign &&
               r->row == d->row && r->code == d->code;
    }
    assert_int_equal(found, 1);
  }
}

static void every_delivery_has_one_cause_that_is_connected_to_it(void **state) {
  (void)state;
  size_t rows = 0, waited = 0;
  for (int kind = 0; kind < MS_N_ROUTER; kind++)
    for (uint64_t seed = 1; seed <= 6; seed++) {
      fixture_core f;
      fixture_net net;
      ms_run_result run;
      ms_provenance p;
      fixture_init(&f);
      fixture_random_net(&net, seed, 0, 8);
      net.side = 1 + (seed > 4);
      const ms_run_options options = {.t_stop = net.t_stop, .record_boundary = 1};
      ms_chip *chip = fixture_chip(&f, &net, (ms_router_kind)kind);
      fixture_ok(ms_chip_run(chip, net.in, net.n_in, &options, &run, err));
      fixture_ok(ms_provenance_trace(chip, &run, net.t_stop, &p, err));
      assert_true(p.until == MS_TIME_NEVER && p.cores == net.side * net.side);
      for (size_t i = 0; i < p.n_row; i++) {
        check_row(&f, &net, &run, &p.row[i]);
        assert_true(!i || p.row[i].event >= p.row[i - 1].event);
        waited += p.row[i].pulses && p.row[i].external &&
                  p.row[i].start > p.row[i].sampled + 20 * f.core.clock_ps;
      }
      check_deliveries(&run, &p);
      rows += p.n_row;
      ms_provenance_clear(&p);
      ms_run_result_clear(&run);
      ms_chip_destroy(chip);
    }
  print_message("%zu rows, %zu of late pulses\n", rows, waited);
  assert_true(rows > 5000 && waited > 500);
}

/* The table of a run layer by layer is that of the same run under the promises. */
static void a_feed_forward_run_has_the_same_table(void **state) {
  (void)state;
  static const ms_driver_kind driver[2] = {MS_DRIVER_PROMISES, MS_DRIVER_FEEDFORWARD};
  fixture_core f;
  fixture_net net;
  ms_run_result run;
  ms_provenance p[2];
  fixture_init(&f);
  fixture_random_net(&net, 101, 1, 6);
  for (int k = 0; k < 2; k++) {
    const ms_run_options options = {.t_stop = net.t_stop, .record_boundary = 1};
    const ms_chip_options o = {.core = &f.core,
                               .engine = {.kind = MS_ENGINE_MODEL},
                               .router = MS_ROUTER_IDEAL,
                               .driver = driver[k],
                               .n_neuron = net.n_neuron,
                               .n_input = net.n_input};
    ms_chip *chip;
    fixture_ok(ms_chip_create(&o, &chip, err));
    fixture_ok(ms_chip_configure(chip, &net.config, err));
    fixture_ok(ms_chip_run(chip, net.in, net.n_in, &options, &run, err));
    assert_int_equal(run.driver, driver[k]);
    fixture_ok(ms_provenance_trace(chip, &run, net.t_stop, &p[k], err));
    ms_run_result_clear(&run);
    ms_chip_destroy(chip);
  }
  assert_int_equal(p[0].n_row, p[1].n_row);
  assert_true(p[0].n_row > 100);
  for (size_t i = 0; i < p[0].n_row; i++) {
    const ms_provenance_row *a = &p[0].row[i], *b = &p[1].row[i];
    assert_true(a->event == b->event && a->source == b->source && a->crossing == b->crossing &&
                a->grant == b->grant && a->leaves == b->leaves && a->pulses == b->pulses &&
                a->target == b->target && a->row == b->row && a->code == b->code &&
                a->start == b->start && a->end == b->end);
  }
  ms_provenance_clear(&p[0]);
  ms_provenance_clear(&p[1]);
}

/* Outputs that the model does not give: nothing is claimed from there on. */
static void a_difference_from_the_timed_model_ends_the_table(void **state) {
  (void)state;
  fixture_core f;
  fixture_net net;
  ms_run_result run;
  ms_provenance p;
  fixture_init(&f);
  fixture_random_net(&net, 2, 0, 8);
  const ms_run_options options = {.t_stop = net.t_stop, .record_boundary = 1};
  ms_chip *chip = fixture_chip(&f, &net, MS_ROUTER_RTL);
  fixture_ok(ms_chip_run(chip, net.in, net.n_in, &options, &run, err));
  ms_boundary_event *moved = NULL;
  size_t n = 0;
  for (size_t i = 0; i < run.n_boundary && n < 40; i++)
    if (run.boundary[i].kind == MS_BOUNDARY_PULSE && run.boundary[i].level) {
      moved = &run.boundary[i];
      n++;
    }
  moved->t += f.core.clock_ps;
  fixture_ok(ms_provenance_trace(chip, &run, net.t_stop, &p, err));
  assert_true(p.until <= moved->t && p.until >= moved->t - f.core.clock_ps);
  for (size_t i = 0; i < p.n_row; i++)
    assert_true(!p.row[i].pulses || p.row[i].start < p.until);
  ms_provenance_clear(&p);
  ms_run_result_clear(&run);
  ms_chip_destroy(chip);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_delivery_has_one_cause_that_is_connected_to_it),
      cmocka_unit_test(a_feed_forward_run_has_the_same_table),
      cmocka_unit_test(a_difference_from_the_timed_model_ends_the_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
