/* SPDX-License-Identifier: Apache-2.0 */
/* Decks, the reading of ngspice's expanded listing, and the shifts of devices. */
#include "fixture_models.h"
#include "mixspike/netlist.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static bool has(const ms_deck *deck, const char *line) {
  for (size_t i = 0; i < deck->n_line; i++)
    if (!strcmp(deck->line[i], line))
      return true;
  return false;
}

static void expect_lines(const ms_deck *deck, const char *line, ...) {
  va_list args;
  va_start(args, line);
  for (const char *s = line; s; s = va_arg(args, const char *))
    if (!has(deck, s)) {
      for (size_t i = 0; i < deck->n_line; i++)
        print_error("%s\n", deck->line[i]);
      fail_msg("the deck lacks '%s'", s);
    }
  va_end(args);
}

static void test_group_deck_names_nodes_and_sources(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  ms_deck *deck = NULL;
  ms_pvt pvt = {.supply_v = 1.7, .temp_c = 60, .temp_set = true};
  assert_int_equal(ms_deck_group(core, &pvt, &deck, NULL), 0);
  char include[128];
  snprintf(include, sizeof include, ".include \"%s/process/p/cards.lib\"", f.dir);
  expect_lines(deck, include, ".temp 60", "vdd vdd 0 dc 1.7", "vb0 b0 0 dc 0", "vb2 b2 0 dc 0",
               "vnack nack 0 external", "vp0 p0 0 external", "vw0_0 w0_0 0 external",
               "vw2_2 w2_2 0 external", "xsoma nin vmem req nack b0 vdd 0 soma",
               "xexc0 p0 w0_0 w0_1 w0_2 nin b1 b2 vdd 0 syn c=5e-13",
               "xinh0 p1 w1_0 w1_1 w1_2 nin b1 b2 vdd 0 syn c=5e-13",
               "xexc1 p2 w2_0 w2_1 w2_2 nin b1 b2 vdd 0 syn c=5e-13", ".ic v(vmem)=0.1",
               ".ic v(xexc1.vsyn)=1.7", NULL);
  assert_false(has(deck, "vw0_3 w0_3 0 external"));
  ms_deck_destroy(deck);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_cells_are_written_out_once_with_the_processs_devices(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  ms_deck *deck = NULL;
  assert_int_equal(ms_deck_group(core, NULL, &deck, NULL), 0);
  expect_lines(deck, ".subckt dac out b0 b1 b2 vw vss", "mu2 a2 vw vss vss nmod w=1u l=4u m={2**2}",
               "ms0 out b0 a0 vss nmod w=1u l=1u", "xdac nw b0 b1 b2 vw vss dac",
               "mpre vsyn pulse nw vss nmod w=1u l=1u", "mtau vsyn vtau vdd vdd pmod w=1u l=4u",
               "mout out vsyn vdd vdd pmod w=2u l=2u", "csyn vdd vsyn {c}", NULL);
  int count = 0;
  for (size_t i = 0; i < deck->n_line; i++)
    count += !strncmp(deck->line[i], ".subckt dac", 11);
  assert_int_equal(count, 1);
  ms_deck_destroy(deck);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_subcircuit_devices_become_x_lines(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, "process/p/process.yaml", "kind: model, name: nmod",
               "kind: subcircuit, name: nfet_03v3, parallel: nfet_core");
  fixture_edit(&f, "process/p/cards.lib", "* cards\n",
               "* cards\n.subckt nfet_03v3 d g s b\n.ends\n");
  ms_core *core = fixture_load(&f);
  ms_deck *deck = NULL;
  assert_int_equal(ms_deck_group(core, NULL, &deck, NULL), 0);
  /* Parallel transistors become M lines where the process names a model for them. */
  expect_lines(deck, "x_mpre vsyn pulse nw vss nfet_03v3 w=1u l=1u",
               "mtau vsyn vtau vdd vdd pmod w=1u l=4u",
               "mu1 a1 vw vss vss nfet_core w=1u l=4u m={2**1}", NULL);
  ms_deck_destroy(deck);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_bias_deck_sets_codes_and_master_currents(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  ms_deck *deck = NULL;
  ms_error err = {0};
  uint16_t code[3] = {1 << 8 | 5, 0 << 8 | 255, 1 << 8};
  assert_int_equal(ms_deck_bias(core, NULL, code, &deck, &err), 0);
  expect_lines(deck, ".subckt ms_bias_soma vdd b0",
               "xileak ileak_master vdd 0 vdd 0 0 0 0 0 b0 vdd 0 bias w=1e-06 l=8e-06",
               "iileak vdd ileak_master dc 4e-09", "iiw vdd iw_master dc 6.4e-11",
               "xiw iw_master vdd vdd vdd vdd vdd vdd vdd vdd b1 vdd 0 bias w=1e-06 l=4e-06",
               "xsoma vdd b0 ms_bias_soma", "xsyn vdd b1 b2 ms_bias_syn",
               "xbias vdd b0 b1 b2 ms_bias", NULL);
  ms_deck_destroy(deck);
  code[1] = 2 << 8;
  assert_int_equal(ms_deck_bias(core, NULL, code, &deck, &err), MS_ERANGE);
  assert_null(deck);
  assert_string_equal(err.text, "bias syn.iw: coarse 2 is out of range; allowed: 0 to 1");
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_flat_deck_repeats_neurons_on_shared_bias_lines(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  ms_deck *deck = NULL;
  uint16_t code[3] = {0};
  assert_int_equal(ms_deck_flat(core, NULL, 2, code, &deck, NULL), 0);
  expect_lines(deck, "cb2 b2 0 1e-11", "vnack1 nack1 0 external", "vp1_2 p1_2 0 external",
               "vw1_2_0 w1_2_0 0 external",
               "xn1 vdd b0 b1 b2 nin1 vmem1 req1 nack1 p1_0 w1_0_0 w1_0_1 w1_0_2 p1_1 w1_1_0 "
               "w1_1_1 w1_1_2 p1_2 w1_2_0 w1_2_1 w1_2_2 ms_neuron",
               ".ic v(vmem1)=0.1", ".ic v(xn1.xexc0.vsyn)=1.8", NULL);
  ms_deck_destroy(deck);
  assert_int_equal(ms_deck_flat(core, NULL, 0, code, &deck, NULL), MS_ERANGE);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_points_outside_the_process_are_refused(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  const struct {
    ms_pvt pvt;
    const char *text;
  } bad[] = {{{.corner = 2}, "corner 2 does not exist; process p has 2"},
             {{.supply_v = 3.3}, "supply of 3.3 V is out of range; process p allows 1.6 to 2 V"},
             {{.temp_c = -40, .temp_set = true}, "temperature of -40 C is out of range"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ms_deck *deck = NULL;
    ms_error err = {0};
    assert_int_equal(ms_deck_group(core, &bad[i].pvt, &deck, &err), MS_ERANGE);
    assert_null(deck);
    assert_non_null(strstr(err.text, bad[i].text));
  }
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_deck_is_written_line_by_line(void **state) {
  (void)state;
  char path[] = "/tmp/mixspike-deck-XXXXXX", text[32] = "";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  char *line[] = {(char[]){"* t"}, (char[]){"r1 a 0 1"}};
  ms_deck deck = {line, 2};
  assert_int_equal(ms_deck_write(&deck, path, NULL), 0);
  assert_true(read(fd, text, sizeof text - 1) > 0);
  close(fd);
  unlink(path);
  assert_string_equal(text, "* t\nr1 a 0 1\n");
  assert_int_equal(ms_deck_write(&deck, "/nonexistent/x", NULL), MS_EIO);
}

/* ---- What ngspice 39.3 prints for `listing expand`. */

static const char listing[] =
    "Circuit: * test\n\n\t* test\n\n"
    "     3 : .model nmod nmos level=54\n"
    "     4 : .model pmod pmos level=54\n"
    "    42 : vdd vdd 0 dc 1.8\n"
    "    43 : vp0 p0 0 external\n"
    "    26 : m.xexc0.xdac.mu1 xexc0.xdac.a1 b0 0 0 nmod w=0.5u l=4u ad=0.25p as=0.25p pd=1.5u "
    "ps=1.5u m=    2.000000000000000e+00   \n"
    "    36 : m.xexc0.mt1 out xexc0.nw 0 gnd pmod w=    1.700000000000000e-06   \n"
    "    37 : + l=1u\n"
    "stdout     38 : c.xexc0.csyn vdd xexc0.nw   1.234567890000000e-12   \n"
    "    40 : r.xexc0.r1 out 0   3.333333333333333e+05   \n"
    "    46 : i1 0 out dc 1n\n"
    "    47 : .ic v(out)=0.5 v(xexc0.nw)=1.8\n"
    "    23 : .options gmin=1e-16\n"
    "    48 : .end\n";

static ms_circuit *parse(const ms_process *p, const char *text) {
  ms_circuit *c = NULL;
  ms_error err = {0};
  if (ms_circuit_parse(text, p, &c, &err))
    fail_msg("%s", err.text);
  return c;
}

static void test_listing_gives_devices_with_evaluated_parameters(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  ms_circuit *c = parse(core->process, listing);
  assert_int_equal(c->n_element, 7);
  const ms_element *u = &c->element[2], *t = &c->element[3];
  assert_string_equal(u->name, "m.xexc0.xdac.mu1");
  assert_string_equal(u->path, "exc0.dac.mu1");
  assert_int_equal(u->type, MS_NFET);
  assert_true(fabs(u->w_m - 0.5e-6) < 1e-18 && u->m == 2);
  assert_true(fabs(u->ad_m2 - 0.25e-12) < 1e-24);
  assert_int_equal(t->type, MS_PFET);
  assert_int_equal(t->node[3], 0);
  assert_string_equal(c->node[t->node[1]], "xexc0.nw");
  assert_true(t->w_m == 1.7e-6);
  assert_true(c->element[0].value == 1.8 && c->element[0].kind == 'v');
  assert_string_equal(c->element[0].path, "vdd");
  assert_true(c->element[4].value == 1.23456789e-12 && c->element[4].kind == 'c');
  assert_true(fabs(c->element[5].value - 1e6 / 3) < 1e-6);
  assert_true(fabs(c->element[6].value - 1e-9) < 1e-24);
  assert_int_equal(c->n_ic, 2);
  assert_string_equal(c->node[c->ic[1].node], "xexc0.nw");
  assert_true(c->ic[1].v == 1.8);
  ms_circuit_destroy(c);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_listing_refuses_what_engines_do_not_know(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  static const struct {
    const char *line;
    int code;
    const char *text;
  } bad[] = {
      {"b1 a 0 i=v(a)", MS_EUNSUPPORTED, "line 9: b1: devices of kind 'b'"},
      {"m1 a b 0 0 nmod w={x} l=1u", MS_EPARSE, "parameter '{x}' is not a number"},
      {"m1 a b 0 0 nmod w=1u l=1u nf=2", MS_EUNSUPPORTED, "parameter 'nf=2'"},
      {"m1 a b 0 0 nmod l=1u", MS_ERANGE, "w, l and m must be positive"},
      {"m1 a b 0 0 other w=1u l=1u", MS_EPARSE, "model 'other' is neither nmos nor pmos"},
      {"v1 a 0 pulse(0 1 0 1n 1n 1u)", MS_EPARSE, "value 'pulse(0' is not a number"},
      {"r1 a 0 1k tc1=0.1", MS_EUNSUPPORTED, "'tc1=0.1' is not supported"},
      {"r1 a", MS_EPARSE, "needs 2 nodes"},
      {".ic v(a)", MS_EPARSE, "is not v(node)=number"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[400];
    ms_circuit *c = NULL;
    ms_error err = {0};
    snprintf(text, sizeof text,
             "  1 : m title\n  2 : .model nmod nmos level=54\n  9 : %s\n  10 : .end\n",
             bad[i].line);
    int rc = ms_circuit_parse(text, core->process, &c, &err);
    if (rc != bad[i].code || !strstr(err.text, bad[i].text))
      fail_msg("'%s' gives %d '%s'", bad[i].line, rc, err.text);
    assert_null(c);
  }
  ms_circuit *c = NULL;
  assert_int_equal(ms_circuit_parse("Error: no circuit\n", core->process, &c, NULL), MS_EPARSE);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_device_inside_a_subcircuit_device_keeps_the_instances_path(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, "process/p/process.yaml", "kind: model, name: nmod",
               "kind: subcircuit, name: nfet_03v3, parallel: nfet_core");
  fixture_edit(&f, "process/p/cards.lib", "* cards\n",
               "* cards\n.subckt nfet_03v3 d g s b\n.ends\n");
  ms_core *core = fixture_load(&f);
  ms_circuit *c = parse(core->process, "  1 : title\n  2 : .model nfet_03v3.1 nmos level=54\n"
                                       "  3 : m.xsoma.x_mt1.m0 a b 0 0 nfet_03v3 w=1u l=1u\n");
  assert_string_equal(c->element[0].path, "soma.mt1");
  assert_int_equal(c->element[0].type, MS_NFET);
  ms_circuit_destroy(c);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_sizes_in_micrometres_are_scaled(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  ms_circuit *c = parse(core->process, "  3 : m1 a b 0 0 nmod w=2 l=0.5 ad=1 pd=3\n"
                                       "  4 : .options scale=1.0u gmin=1e-16\n");
  const ms_element *e = &c->element[0];
  assert_true(fabs(e->w_m - 2e-6) < 1e-18 && fabs(e->l_m - 0.5e-6) < 1e-18);
  assert_true(fabs(e->ad_m2 - 1e-12) < 1e-24 && fabs(e->pd_m - 3e-6) < 1e-18);
  ms_circuit_destroy(c);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_shift_follows_pelgrom_and_the_corner(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  ms_element n = {
      .path = (char[]){"soma.mt1"}, .kind = 'm', .type = MS_NFET, .w_m = 2e-6, .l_m = 4e-6, .m = 2};
  ms_element p = n, cap = {.path = (char[]){"soma.c1"}, .kind = 'c', .value = 1e-12};
  p.type = MS_PFET;
  ms_die die = {.seed = 3, .die = 5, .strength = 1}, none = {3, 5, 0};
  ms_pvt typical = {0}, slow = {.corner = 1};
  ms_shift s = ms_element_shift(&n, core->process, &die, &typical, "n7.");
  double single = 1 / sqrt(2 * 2e-6 * 4e-6 * 2);
  assert_true(fabs(s.dvth_v - ms_die_draw(&die, "n7.soma.mt1", MS_DRAW_DVTH) * 7e-9 * single) <
              1e-15);
  assert_true(fabs(s.beta - 1 - ms_die_draw(&die, "n7.soma.mt1", MS_DRAW_DBETA) * 1e-8 * single) <
              1e-12);
  /* A slow corner: delvto up for n, down for p, whose vth0 is negative. */
  assert_true(ms_element_shift(&n, core->process, &none, &slow, "").dvth_v == 30e-3);
  assert_true(ms_element_shift(&p, core->process, &none, &slow, "").dvth_v == -20e-3);
  assert_true(fabs(ms_element_shift(&p, core->process, &none, &slow, "").beta - 0.96) < 1e-12);
  s = ms_element_shift(&cap, core->process, &die, &typical, "");
  double sigma = 1e-8 / sqrt(2 * 1e-12 / 1e-3);
  assert_true(fabs(s.cap - 1 - ms_die_draw(&die, "soma.c1", MS_DRAW_DCAP) * sigma) < 1e-12);
  s = ms_element_shift(&cap, core->process, &none, &typical, "");
  assert_true(s.cap == 1 && s.beta == 1 && s.dvth_v == 0);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_group_deck_names_nodes_and_sources),
      cmocka_unit_test(test_cells_are_written_out_once_with_the_processs_devices),
      cmocka_unit_test(test_subcircuit_devices_become_x_lines),
      cmocka_unit_test(test_bias_deck_sets_codes_and_master_currents),
      cmocka_unit_test(test_flat_deck_repeats_neurons_on_shared_bias_lines),
      cmocka_unit_test(test_points_outside_the_process_are_refused),
      cmocka_unit_test(test_deck_is_written_line_by_line),
      cmocka_unit_test(test_listing_gives_devices_with_evaluated_parameters),
      cmocka_unit_test(test_listing_refuses_what_engines_do_not_know),
      cmocka_unit_test(test_device_inside_a_subcircuit_device_keeps_the_instances_path),
      cmocka_unit_test(test_sizes_in_micrometres_are_scaled),
      cmocka_unit_test(test_shift_follows_pelgrom_and_the_corner),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
