/* SPDX-License-Identifier: Apache-2.0 */
/* Loading cores: what the structs hold, where files are found, and what each mistake says. */
#include "fixture_models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_core_holds_what_the_manifests_say(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  const ms_process *p = core->process;
  assert_string_equal(core->name, "c");
  assert_string_equal(p->name, "p");
  assert_true(p->supply_v[0] == 1.6 && p->supply_v[1] == 1.8 && p->supply_v[2] == 2.0);
  assert_true(p->temp_c[2] == 85);
  assert_true(p->device[MS_NFET].avt_pair_vm == 7e-9);
  assert_true(p->device[MS_PFET].abeta_pair_m == 2e-8);
  assert_string_equal(p->device[MS_PFET].name, "pmod");
  assert_true(p->cap_f_per_m2 == 1e-3 && p->acap_pair_m == 1e-8);
  assert_int_equal(p->n_corner, 2);
  assert_int_equal(ms_process_find_corner(p, "ss"), 1);
  assert_int_equal(ms_process_find_corner(p, "xx"), MS_EMISSING);
  assert_true(p->corner[1].dvth_v[MS_PFET] == 20e-3 && p->corner[1].dbeta[MS_NFET] == -0.05);
  assert_int_equal(core->n_row, 3);
  assert_int_equal(core->row[2].sign, MS_EXC);
  assert_int_equal(core->row[2].index, 1);
  assert_int_equal(core->row[1].sign, MS_INH);
  assert_int_equal(core->row[1].index, 0);
  assert_int_equal(core->dac_bits, 3);
  assert_int_equal(core->clock_ps, 10000);
  assert_int_equal(core->edge_ps, 5000);
  assert_int_equal(core->pulse_ps[MS_SET_BIOLOGICAL], 10000000);
  assert_int_equal(core->busy_ps[MS_SET_BIOLOGICAL], 10000000);
  assert_int_equal(core->trigger_ps, 0);
  assert_int_equal(ms_core_line_ps(core, MS_SET_BIOLOGICAL), 10000000);
  assert_true(core->tau_s[MS_SET_ACCELERATED] == 1e-5);
  const ms_cell *syn = core->row[0].cell;
  assert_true(syn->pin[0].active_low);
  assert_string_equal(syn->pin[2].into, "nin");
  assert_int_equal(syn->n_parameter, 1);
  assert_true(syn->parameter[0].value == 0.5e-12);
  assert_true(syn->initial[0].at_supply);
  assert_true(core->soma->initial[0].voltage_v == 0.1);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

/* A row that extends a trigger: the line is high for the trigger, the row busy for longer than the
 * pulse. */
static void test_a_trigger_shortens_the_line_and_not_the_row(void **state) {
  (void)state;
  ms_core *core = NULL;
  ms_error err = {0};
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16p", 0, &core, &err))
    fail_msg("%s", err.text);
  assert_int_equal(core->trigger_ps, 20000);
  assert_int_equal(core->pulse_ps[MS_SET_ACCELERATED], 100000);
  assert_int_equal(core->busy_ps[MS_SET_ACCELERATED], 160000);
  assert_int_equal(core->busy_ps[MS_SET_BIOLOGICAL], 16000000);
  assert_int_equal(ms_core_line_ps(core, MS_SET_BIOLOGICAL), 20000);
  assert_true(core->row[0].cell->pin[0].trigger && core->row[0].cell->pin[0].role == MS_ROLE_PULSE);
  assert_true(core->row[1].cell->pin[0].active_low);
  ms_core_destroy(core);
}

static void test_rows_of_one_cell_share_their_bias_lines(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  assert_int_equal(core->n_bias, 3);
  assert_int_equal(ms_core_find_bias(core, "soma.ileak"), 0);
  assert_int_equal(ms_core_find_bias(core, "syn.itau"), 2);
  assert_int_equal(ms_core_find_bias(core, "syn.nothing"), MS_EMISSING);
  assert_int_equal(core->bias[2].bias->code[MS_SET_ACCELERATED], 1 << 8 | 255);
  assert_int_equal(core->bias[2].bias->code[MS_SET_BIOLOGICAL], 1);
  assert_int_equal(core->bias[0].branch->n_coarse, 2);
  assert_true(core->bias[0].branch->coarse_a[1] == 4e-9);
  ms_core_destroy(core);
  fixture_destroy(&f);
}

static void test_bits_can_be_overridden(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = NULL;
  ms_error err = {0};
  for (unsigned bits = 1; bits <= 8; bits++) {
    if (ms_core_load(f.dir, "c", bits, &core, &err))
      fail_msg("%s", err.text);
    assert_int_equal(core->dac_bits, bits);
    ms_core_destroy(core);
  }
  assert_int_equal(ms_core_load(f.dir, "c", 9, &core, &err), MS_ERANGE);
  fixture_destroy(&f);
}

static void test_checksum_notices_any_change_of_any_file(void **state) {
  (void)state;
  static const char *const changed[] = {"process/p/cards.lib", "process/p/process.yaml",
                                        "cells/dac/cell.cir",  "cells/syn/cell.yaml",
                                        "cells/bias/cell.cir", "cores/c.yaml"};
  fixture f;
  fixture_create(&f);
  ms_core *core = fixture_load(&f);
  uint64_t last = core->checksum;
  ms_core_destroy(core);
  core = fixture_load(&f);
  assert_true(core->checksum == last);
  ms_core_destroy(core);
  for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
    fixture_edit(&f, changed[i], "\n", strstr(changed[i], ".yaml") ? "\n# x\n" : "\n* x\n");
    core = fixture_load(&f);
    assert_true(core->checksum != last);
    last = core->checksum;
    ms_core_destroy(core);
  }
  fixture_destroy(&f);
}

static void test_a_users_core_finds_his_cells_first_then_the_library(void **state) {
  (void)state;
  fixture library, own;
  fixture_create(&library);
  fixture_create(&own);
  fixture_edit(&own, "cells/syn/cell.yaml", "c: 0.5 pF", "c: 0.25 pF");
  char path[256];
  /* The user's folder holds the core and one cell; everything else comes from the library. */
  static const char *const gone[] = {"soma", "bias", "dac"};
  for (size_t i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/cells/%s/cell.yaml", own.dir, gone[i]);
    assert_int_equal(unlink(path), 0);
  }
  ms_core *core = NULL;
  ms_error err = {0};
  snprintf(path, sizeof path, "%s/cores/c.yaml", own.dir);
  if (ms_core_load(library.dir, path, 0, &core, &err))
    fail_msg("%s", err.text);
  assert_true(core->row[0].cell->parameter[0].value == 0.25e-12);
  assert_non_null(strstr(core->row[0].cell->file, own.dir));
  assert_non_null(strstr(core->soma->file, library.dir));
  ms_core_destroy(core);
  fixture_destroy(&own);
  fixture_destroy(&library);
}

static void test_models_folder_comes_from_the_environment(void **state) {
  (void)state;
  fixture f;
  fixture_create(&f);
  ms_core *core = NULL;
  ms_error err = {0};
  setenv("MIXSPIKE_MODELS", f.dir, 1);
  if (ms_core_load(NULL, "c", 0, &core, &err))
    fail_msg("%s", err.text);
  ms_core_destroy(core);
  setenv("MIXSPIKE_MODELS", "/nonexistent", 1);
  assert_int_equal(ms_core_load(NULL, "c", 0, &core, &err), MS_EMISSING);
  assert_non_null(strstr(err.text, "/nonexistent (from MIXSPIKE_MODELS) is not a folder"));
  unsetenv("MIXSPIKE_MODELS");
  assert_int_equal(ms_core_load(f.dir, "d", 0, &core, &err), MS_EMISSING);
  assert_non_null(strstr(err.text, "core 'd' was not found"));
  assert_non_null(strstr(err.text, "there: c ("));
  fixture_destroy(&f);
}

static void test_each_mistake_is_named(void **state) {
  (void)state;
#define PROCESS "process/p/process.yaml"
#define CORE "cores/c.yaml"
#define SYN "cells/syn/cell.yaml"
  static const struct {
    const char *file, *from, *to;
    int code;
    const char *text;
  } bad[] = {
      {PROCESS, "nominal: 1.8 V", "nominal: 1.8", MS_EUNIT,
       "process.yaml:4: key 'supply.nominal': '1.8' is not a voltage"},
      {PROCESS, "max: 2.0 V", "max: 1.7 V", MS_ERANGE, "must be ordered: min <= nominal <= max"},
      {PROCESS, "kind: model, name: nmod", "kind: modell, name: nmod", MS_EPARSE,
       "process.yaml:7: key 'devices.nfet.kind': 'modell' is unknown (did you mean 'model'?)"},
      {PROCESS, "avt_pair: 7 mV.um", "avt_pair: 7 mV", MS_EUNIT, "key 'mismatch.nfet.avt_pair'"},
      {PROCESS, "avt_pair: 7 mV.um", "avt_pair: 7 kV.um", MS_ERANGE, "out of range; allowed"},
      {PROCESS, "cards.lib", "nothing.lib", MS_EMISSING, "nothing.lib: cannot be opened"},
      {PROCESS, "dvth: 30 mV", "dvt: 30 mV", MS_EPARSE,
       "key 'corners.ss.nfet': key 'dvth' is missing (is 'dvt' in line 18 meant?)"},
      {CORE, "soma: soma", "soma: somma", MS_EMISSING, "cell.yaml was not found; looked in"},
      {CORE, "soma: soma", "soma: syn", MS_EPARSE, "key 'soma': cell 'syn' is not of kind soma"},
      {CORE, "sign: inh", "sign: minus", MS_EPARSE, "'minus' is unknown; allowed: exc, inh"},
      {CORE, "name: inh0", "name: exc0", MS_EPARSE, "row 'exc0' is listed twice"},
      {CORE, "dac_bits: 3", "dac_bits: 12", MS_ERANGE, "12 is out of range; allowed: 1 to 8"},
      {CORE, "clock: 100 MHz", "clock: 10 ns", MS_EUNIT, "is not a frequency"},
      {CORE, "decap: 10 pF", "decup: 10 pF", MS_EPARSE,
       "key 'decup': unknown (did you mean 'decap'?)"},
      {CORE, "process: p", "process: q", MS_EMISSING, "key 'process': q/process.yaml was not"},
      {CORE, "edge: 5 ns", "edge: 100 ns", MS_ERANGE, "edge must be shorter than the pulse"},
      {CORE, "edge: 5 ns", "edge: 5 ns, trigger: 20 ns", MS_EPARSE,
       "cell 'syn' needs whole pulses, but 'pulse' has a 'trigger'"},
      {CORE, "edge: 5 ns", "edge: 5 ns, trigger: 5 ns", MS_ERANGE,
       "key 'pulse.trigger': is shorter than one clock period"},
      {CORE, "edge: 5 ns", "edge: 5 ns, trigger: 100 ns", MS_ERANGE,
       "key 'pulse.trigger': must be shorter than the pulse that is made from it"},
      {CORE, "edge: 5 ns", "edge: 5 ns, margin: 2", MS_EPARSE,
       "key 'pulse.margin': only rows with a 'trigger' have a margin"},
      {SYN, "role: pulse", "role: trigger", MS_EPARSE,
       "cell 'syn' extends a short trigger: give its width as 'trigger' under 'pulse'"},
      {SYN, "role: pulse", "role: puls", MS_EPARSE, "'puls' is unknown (did you mean 'pulse'?)"},
      {SYN, "role: pulse, active: low", "role: other", MS_EPARSE,
       "needs exactly one pin with role: pulse"},
      {SYN, "into: nin", "into: elsewhere", MS_EPARSE,
       "pin 'out' gives its current to 'elsewhere', no pin of soma 'soma'"},
      {SYN, "name: vtau, role", "name: vtaw, role", MS_EPARSE, "pin 'vtau' must be in 'pins'"},
      {SYN, "  - {name: vss, role: ground}\n", "", MS_EPARSE, "pin 'vss' of .subckt syn"},
      {SYN, "role: supply}", "role: supply}\n  - {name: extra, role: other}", MS_EPARSE,
       "cell.yaml:14: key 'pins[6]': pin 'extra' is no pin of .subckt syn ("},
      {SYN, "node: vsyn", "node: vsin", MS_EPARSE,
       "key 'initial[0]': node 'vsin' does not exist in .subckt syn"},
      {SYN, "c: 0.5 pF", "d: 0.5 pF", MS_EPARSE, "'d' is no parameter of .subckt syn"},
      {SYN, "c: 0.5 pF", "c: 0.5 bananas", MS_EUNIT, "key 'parameters.c': '0.5 bananas'"},
      {SYN, "uses: [dac]\n", "", MS_EMISSING, "subcircuit 'dac' is not defined here"},
      {SYN, "uses: [dac]", "uses: [syn]", MS_EPARSE, "uses itself"},
      {SYN, "coarse: 1, fine: 40", "coarse: 2, fine: 40", MS_ERANGE,
       "bias 'iw': accelerated coarse 2 is out of range; allowed: 0 to 1"},
      {SYN, "fine: 40", "fine: 400", MS_ERANGE, "key 'biases[0].accelerated.fine': 400"},
      {SYN, "branch: bias, w: 1 um", "branch: soma, w: 1 um", MS_EPARSE,
       "cell 'soma' is not of kind bias"},
      {SYN, "name: syn\n", "- name: syn\n", MS_EPARSE, "cell.yaml:"},
      {SYN, "name: syn", "name: sin", MS_EPARSE, "key 'name' must be 'syn'"},
      {"cells/syn/cell.cir", "xdac nw @bits:b@ vw vss dac", "xdac nw @bits:b@ vw dac", MS_EPARSE,
       "cell.cir:3: 'dac' has 6 pins but is given 5 nodes"},
      {"cells/bias/cell.yaml", "bits: 8", "bits: 6", MS_ERANGE, "a bias branch has 8 fine bits"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    fixture_bad_edit(bad[i].file, bad[i].from, bad[i].to, bad[i].code, bad[i].text);
}

static double unit_current_a(const ms_core *core, size_t i, int set) {
  unsigned code = core->bias[i].bias->code[set];
  return core->bias[i].branch->coarse_a[code >> 8] * (code & 0xff) / 256;
}

/* Of both synapses and both sets, within half a step of a fine code of at least 25. */
static void full_scale_is_that_of_four_bits(const ms_core *core) {
  ms_core *four = NULL;
  assert_int_equal(ms_core_load(MS_TEST_MODELS_DIR, core->name, 4, &four, NULL), 0);
  for (size_t i = 0; i < core->n_bias; i++)
    for (int set = 0; set < MS_N_SET; set++) {
      double units = core->bias[i].bias->unit_bits ? (1u << core->dac_bits) - 1 : 1;
      double before = unit_current_a(four, i, set) * (core->bias[i].bias->unit_bits ? 15 : 1);
      double change = unit_current_a(core, i, set) * units / before - 1;
      if (before > 0)
        assert_true(change < 0.02 && change > -0.02);
    }
  ms_core_destroy(four);
}

static void test_the_librarys_own_cores_load(void **state) {
  (void)state;
  static const char *const name[] = {"dpi16", "dpi16x4", "dpi16p"};
  for (size_t i = 0; i < 3; i++)
    for (unsigned bits = 4; bits <= 6; bits += 2) {
      ms_core *core = NULL;
      ms_error err = {0};
      if (ms_core_load(MS_TEST_MODELS_DIR, name[i], bits, &core, &err))
        fail_msg("%s", err.text);
      assert_true(core->n_bias > 0 && core->dac_bits == bits);
      full_scale_is_that_of_four_bits(core);
      ms_core_destroy(core);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_core_holds_what_the_manifests_say),
      cmocka_unit_test(test_a_trigger_shortens_the_line_and_not_the_row),
      cmocka_unit_test(test_rows_of_one_cell_share_their_bias_lines),
      cmocka_unit_test(test_bits_can_be_overridden),
      cmocka_unit_test(test_checksum_notices_any_change_of_any_file),
      cmocka_unit_test(test_a_users_core_finds_his_cells_first_then_the_library),
      cmocka_unit_test(test_models_folder_comes_from_the_environment),
      cmocka_unit_test(test_each_mistake_is_named),
      cmocka_unit_test(test_the_librarys_own_cores_load),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
