/* SPDX-License-Identifier: Apache-2.0 */
/* Measures, specs and conditions of a manifest: what is read, and how mistakes are named. */
#include "fixture_models.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SOMA "cells/soma/cell.yaml"
#define SYN "cells/syn/cell.yaml"
#define DAC "cells/dac/cell.yaml"
#define AT "subckt: soma\n"
#define MEASURES                                                                                   \
  AT "measures:\n"                                                                                 \
     "  - {name: rate, kind: spike_rate, current: 150 nA, window: 150 us}\n"                       \
     "  - {name: fi, kind: fi_curve, currents: [10 nA, 20 nA, 40 nA], window: 1 ms, result: "      \
     "gain, set: "                                                                                 \
     "biological}\n"                                                                               \
     "  - {name: swing, kind: transient, read: v(VM), window: 1 us, result: amplitude,\n"          \
     "     drive: [{pin: nin, current: 1 nA, high: 2 nA, width: 1 ns, period: 20 ns}]}\n"          \
     "  - {name: gm, kind: dc, read: i(vdd), sweep: {pin: nin, from: 0 V, to: 1 V}, result: "      \
     "gain}\n"                                                                                     \
     "  - {name: gm1, kind: transient, read: GM(ML1), window: 1 us, result: max}\n"                \
     "specs:\n"                                                                                    \
     "  - {measure: rate, min: 60 kHz, typ: 73 kHz, max: 90 kHz, unit: kHz, yield: 95 %}\n"        \
     "  - {measure: swing, name: reach, min: 1 V}\n"                                               \
     "conditions: {corners: [tt, ss], temperatures: [0 C, 85 C]}\n"                                \
     "fixed: [ML1]\n"

static void test_measures_and_specs_are_read(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, SOMA, AT, MEASURES);
  ms_core *core = fixture_load(&f);
  const ms_cell *c = core->soma;
  assert_int_equal(c->n_measure, 5);
  assert_int_equal(c->measure[0].kind, MS_MEASURE_SPIKE_RATE);
  assert_true(c->measure[0].value[MS_KEY_CURRENT] == 150e-9);
  assert_true(isnan(c->measure[0].value[MS_KEY_LEVEL]));
  assert_string_equal(c->measure[0].unit, "Hz");
  assert_int_equal(c->measure[1].set, MS_SET_BIOLOGICAL);
  assert_int_equal(c->measure[1].n_list, 3);
  assert_string_equal(c->measure[1].unit, "Hz/A");
  assert_int_equal(c->measure[2].read, 'v');
  assert_string_equal(c->measure[2].read_name, "vm");
  assert_true(c->measure[2].drive[0].high == 2e-9 && c->measure[2].drive[0].edge_s == 5e-9);
  assert_string_equal(c->measure[3].unit, "A/V");
  assert_string_equal(c->measure[4].unit, "S");
  assert_string_equal(c->measure[4].read_name, "ml1");
  assert_int_equal(c->measure[3].sweep_points, 51);
  assert_int_equal(c->n_spec, 2);
  assert_true(c->spec[0].min == 60e3 && c->spec[0].yield == 0.95);
  assert_string_equal(c->spec[1].name, "reach");
  assert_true(isnan(c->spec[1].max) && c->spec[1].yield == 0.99);
  assert_int_equal(c->conditions.n_corner, 2);
  assert_true(c->conditions.temp_c[1] == 85);
  assert_string_equal(c->fixed[0], "ml1");
  assert_true(core->bias[1].bias->min_a == 1e-12 && core->bias[1].bias->max_a == 1e-6);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_each_mistake_is_named(void **state) {
  (void)state;
#define M(text) AT "measures: [{name: a, " text "}]\n"
#define RATE "kind: spike_rate, current: 1 nA, window: 1 ms"
#define S(text) M(RATE) "specs: [{measure: a, " text "}]\n"
  static const struct {
    const char *to;
    int code;
    const char *text;
  } bad[] = {
      {M("kind: spike_rte, current: 1 nA, window: 1 ms"), MS_EPARSE,
       "cell.yaml:5: key 'measures[0].kind': 'spike_rte' is unknown (did you mean 'spike_rate'?)"},
      {M("kind: spike_rate, current: 1 nV, window: 1 ms"), MS_EUNIT, "is not a current"},
      {M("kind: spike_rate, current: 1 nA"), MS_EPARSE, "key 'window' is missing"},
      {M(RATE ", code: 3"), MS_EPARSE, "key 'measures[0].code': unknown"},
      {M("kind: epsc_peak, code: 3, window: 1 ms"), MS_EPARSE,
       "kind epsc_peak is for synapses, this is a cell of kind soma"},
      {M("kind: fi_curve, currents: [1 nA, 3 nA, 2 nA], window: 1 ms, result: gain"), MS_ERANGE,
       "currents must rise"},
      {M("kind: fi_curve, currents: [1 nA, 2 nA, 3 nA], window: 1 ms, result: inl"), MS_EPARSE,
       "'inl' is unknown; allowed: max, gain, linearity"},
      {M("kind: rheobase, low: 2 nA, high: 1 nA, window: 1 ms"), MS_ERANGE, "low must be less"},
      {M("kind: dc, read: v(x), sweep: {pin: nin, from: 0 V, to: 1 V}, result: max"), MS_EPARSE,
       "node 'x' does not exist in .subckt soma"},
      {M("kind: dc, read: i(vm2), sweep: {pin: nin, from: 0 V, to: 1 V}, result: max"), MS_EPARSE,
       "the cell has no pin 'vm2'"},
      {M("kind: dc, read: vm, sweep: {pin: nin, from: 0 V, to: 1 V}, result: max"), MS_EPARSE,
       "'vm' must be v(NODE), i(PIN), or id"},
      {M("kind: dc, read: id(ml9), sweep: {pin: nin, from: 0 V, to: 1 V}, result: max"), MS_EPARSE,
       "key 'measures[0].read': transistor 'ml9' does not exist in .subckt soma"},
      {M("kind: dc, read: cgs(ml1), sweep: {pin: nin, from: 0 V, to: 1 V}, result: max"), MS_EPARSE,
       "'cgs(ml1)' must be"},
      {M("kind: dc, read: gm(ml1), sweep: {pin: nin, from: 0 V, to: 1 V}, result: max") "specs: "
                                                                                        "[{measure:"
                                                                                        " a, min: "
                                                                                        "1 nA}]\n",
       MS_EUNIT, "'1 nA' is not a conductance"},
      {M("kind: dc, read: v(vm), sweep: {pin: nine, from: 0 V, to: 1 V}, result: max"), MS_EPARSE,
       "the cell has no pin 'nine'; allowed: nin, vm, req"},
      {M("kind: dc, read: v(vm), sweep: {pin: nin, from: 0 V, to: 1 A}, result: max"), MS_EUNIT,
       "is not a voltage"},
      {M("kind: transient, read: v(vm), window: 1 s, result: max, drive: [{pin: nin}]"), MS_EPARSE,
       "needs exactly one of voltage, current"},
      {M("kind: transient, read: v(vm), window: 1 s, result: max, drive: [{pin: vdd, code: 3}]"),
       MS_EPARSE, "pin 'vdd' takes no code"},
      {M(RATE) "specs: [{measure: b, min: 1 Hz}]\n", MS_EPARSE,
       "key 'specs[0]': measure 'b' is not listed in 'measures'"},
      {S("min: 1 V"), MS_EUNIT, "cell.yaml:6: key 'specs[0].min': '1 V' is not a frequency"},
      {S("min: 1 Hz, unit: ms"), MS_EUNIT,
       "cell.yaml:6: key 'specs[0].unit': 'ms' is not a unit of measure 'a', which is given in Hz"},
      {S("typ: 1 Hz"), MS_EPARSE, "a spec needs min or max"},
      {S("min: 2 Hz, max: 1 Hz"), MS_ERANGE, "must be ordered: min <= typ <= max"},
      {S("min: 2 Hz, yield: 120 %"), MS_ERANGE, "key 'specs[0].yield'"},
      {AT "conditions: {corner: [tt]}\n", MS_EPARSE, "key 'conditions.corner': unknown"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    fixture_bad_edit(SOMA, AT, bad[i].to, bad[i].code, bad[i].text);
  fixture_bad_edit(
      DAC, "subckt: dac\n",
      "subckt: dac\nmeasures: [{name: a, kind: codes, bits: vw, read: i(out), result: inl}]\n",
      MS_EPARSE, "pin 'vw' must have the role weight_bits or fine_bits");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_measures_and_specs_are_read),
      cmocka_unit_test(test_each_mistake_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
