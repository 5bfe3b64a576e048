/* SPDX-License-Identifier: Apache-2.0 */
/* Netlists and model files come from strangers: what could run a command, read a file or silently
 * simulate another circuit is refused, with file and line. */
#include "fixture_models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char syn[] = "cells/syn/cell.cir", cards[] = "process/p/cards.lib";
static const char line[] = "mpre vsyn pulse nw vss nfet w=1u l=1u ; inline\n";

static void test_commands_in_a_cell_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      ".control\n",
      ".CONTROL\n",
      "  .control\nshell true\n.endc\n",
      ".include /etc/passwd\n",
      ".inc x\n",
      ".lib x y\n",
      ".tran 1u 1m\n",
      ".options gmin=1\n",
      ".csparam x=1\n",
      ".func f(x)=x\n",
      ".global a\n",
      ".end\n",
      ".save all\n",
      ".meas tran x max v(a)\n",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    fixture_bad_edit(syn, line, bad[i], MS_EREFUSED, "cell.cir:4: '.");
}

static void test_commands_hidden_in_comments_never_reach_the_deck(void **state) {
  (void)state;
  /* A `*#` line is dropped like every comment of a cell: the cell still loads. */
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, syn, "* synapse\n", "*#shell touch /tmp/x\n");
  ms_core_destroy(fixture_load(&f));
  fixture_destroy(&f);
}

static void test_commands_in_model_files_are_refused(void **state) {
  (void)state;
  fixture_bad_edit(cards, "* cards\n", "* cards\n.control\nshell true\n.endc\n", MS_EREFUSED,
                   "cards.lib:2: .control sections run commands");
  fixture_bad_edit(cards, "* cards\n", "* cards\n\n  .Control\n", MS_EREFUSED, "cards.lib:3:");
  fixture_bad_edit(cards, "* cards\n", "*#shell true\n", MS_EREFUSED,
                   "cards.lib:1: a line beginning with '*#' is a command");
}

static void test_commands_in_nested_model_files_are_refused(void **state) {
  (void)state;
  static const char *const ways[] = {".include \"more.lib\"\n", ".inc ./more.lib\n",
                                     ".INCLUDE '../p/more.lib'\n", ".lib more.lib tt\n"};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    fixture f;
    fixture_create(&f);
    fixture_write(&f, "process/p/more.lib", "* nested\n.control\n.endc\n");
    fixture_edit(&f, cards, "* cards\n", ways[i]);
    fixture_refuse(&f, MS_EREFUSED, "more.lib:2: .control", NULL);
    fixture_destroy(&f);
  }
}

/* What a process may read: its own folder and its PDK's. */
static void test_model_files_outside_the_allowed_folders_are_refused(void **state) {
  (void)state;
  static const char outside[] = "lies outside the process's folder";
  fixture_bad_edit(cards, "* cards\n", ".include \"../../cells/dac/cell.cir\"\n", MS_EREFUSED,
                   "cards.lib:1: file ");
  fixture_bad_edit(cards, "* cards\n", "* cards\n.lib /etc/passwd tt\n", MS_EREFUSED,
                   "cards.lib:2: file /etc/passwd lies outside");
  fixture_bad_edit("process/p/process.yaml", "[cards.lib]", "[cards.lib, /etc/passwd]", MS_EREFUSED,
                   "process.yaml:3: file /etc/passwd lies outside");
  fixture_bad_edit("process/p/process.yaml", "    pfet: {dvth: 0 V, dbeta: 0 %}\n",
                   "    pfet: {dvth: 0 V, dbeta: 0 %}\n    lib: {file: /etc/passwd, section: tt}\n",
                   MS_EREFUSED, "process.yaml:17: file /etc/passwd lies outside");
  fixture_bad_edit(cards, "* cards\n", ".lib ~/x tt\n", MS_EREFUSED, "cards.lib:1: write the name");
  fixture_bad_edit(cards, "* cards\n", ".lib $HOME/x tt\n", MS_EREFUSED, "cards.lib:1: write");
  fixture_bad_edit("cells/syn/cell.yaml", "netlist: cell.cir", "netlist: /etc/passwd", MS_EREFUSED,
                   "cell.yaml:3: netlist /etc/passwd lies outside");
  fixture_bad_edit("cells/syn/cell.yaml", "netlist: cell.cir", "netlist: gone.cir", MS_EMISSING,
                   "cell.yaml:3: netlist ");
  /* A link does not open a way out. */
  fixture f;
  char link[200];
  fixture_create(&f);
  snprintf(link, sizeof link, "%s/process/p/more.lib", f.dir);
  assert_int_equal(unlink(link), 0);
  assert_int_equal(symlink("/etc/passwd", link), 0);
  fixture_edit(&f, cards, "* cards\n", ".include more.lib\n");
  fixture_refuse(&f, MS_EREFUSED, "cards.lib:1: file ", outside, NULL);
  fixture_destroy(&f);
  /* Files of a PDK include upwards, inside its root. */
  fixture_create(&f);
  fixture_edit(&f, "process/p/process.yaml", "include: [cards.lib]",
               "pdk: {variable: MIXSPIKE_PDK_NOWHERE, get: x}\n"
               "include: [cards.lib, $PDK/dac/cell.cir]");
  fixture_write(&f, "cells/dac/cell.cir", ".include \"../../cells/syn/cell.cir\"\n");
  char folder[200];
  snprintf(folder, sizeof folder, "%s/cells", f.dir);
  setenv("MIXSPIKE_PDK", folder, 1);
  fixture_write(&f, "cells/syn/cell.cir", ".include ../../cores/c.yaml\n");
  fixture_refuse(&f, MS_EREFUSED, "syn/cell.cir:1: file ", outside, " and its PDK ", NULL);
  setenv("MIXSPIKE_PDK", "/nowhere", 1);
  fixture_refuse(&f, MS_EMISSING, "process.yaml:3: the PDK's folder /nowhere was not found", NULL);
  unsetenv("MIXSPIKE_PDK");
  fixture_destroy(&f);
}

static void test_files_that_include_themselves_are_refused(void **state) {
  (void)state;
  fixture_bad_edit(cards, "* cards\n", "* cards\n.include cards.lib\n", MS_EREFUSED,
                   "cards.lib:2: file ");
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, cards, "* cards\n", ".include more.lib\n");
  fixture_write(&f, "process/p/more.lib", ".include ../p/cards.lib\n");
  fixture_refuse(&f, MS_EREFUSED, "more.lib:1: file ", "includes itself", NULL);
  fixture_destroy(&f);
  /* A section of a library may take another of the same file. */
  fixture_create(&f);
  fixture_edit(&f, cards, "* cards\n", "* cards\n.lib cards.lib tt\n");
  ms_core_destroy(fixture_load(&f));
  fixture_destroy(&f);
}

static void test_devices_that_reach_outside_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } bad[] = {
      {"a1 [x] y model\n", "'a1': devices of kind 'a' are not accepted"},
      {"v1 vsyn 0 external\n", "'external' is not accepted in a cell"},
      {"v1 vsyn 0 pwl file=\"/etc/passwd\"\n", "is not accepted in a cell"},
      {"v1 vsyn 0 `id`\n", "'`id`' is not accepted"},
      {"o1 a b c d line\n", "devices of kind 'o'"},
      {"b1 vsyn vss i=v(x)\n", "devices of kind 'b' are not accepted, only M, R, C, V, I, D and X"},
      {"shell true\n", "devices of kind 's'"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fixture f;
    fixture_create(&f);
    fixture_edit(&f, syn, line, bad[i].text);
    fixture_refuse(&f, MS_EREFUSED, "cell.cir:4:", bad[i].message, NULL);
    fixture_destroy(&f);
  }
}

static void test_broken_netlists_name_file_and_line(void **state) {
  (void)state;
  static const struct {
    const char *from, *to, *message;
  } bad[] = {
      {"mpre vsyn pulse nw vss nfet", "mpre vsyn pulse nw vss nmos1",
       "cell.cir:4: 'mpre': unknown model 'nmos1'; use nfet or pfet"},
      {"mpre vsyn pulse nw", "mpre vsyn vw nw", "cell.cir:2: pin 'pulse' floats"},
      {"mout out vsyn", "mout out lost", "cell.cir:7: node 'lost' floats: only gates"},
      {"mout out vsyn vdd vdd pfet w=2u l=2u $ inline\n", "mout out vsyn vdd\n",
       "cell.cir:7: 'mout' needs 4 nodes"},
      {".ends", "", "cell.cir:2: .subckt has no .ends"},
      {".subckt syn pulse", ".subckt sin pulse", "cell.cir:1: subcircuit 'syn' is not defined"},
      {".subckt syn pulse", ".subckt syn out", "cell.cir:2: pin 'out' is named twice"},
      {".subckt syn pulse", ".subckt syn 0", "cell.cir:2: node 0 cannot be a pin"},
      {"* synapse\n", "+ continued\n", "cell.cir:1: a continuation (+) has no line before it"},
      {"* synapse\n", "mx a b 0 0 nfet\n", "cell.cir:1: 'mx' stands outside .subckt"},
      {"xdac nw @bits:b@", "xdac nw @bits", "cell.cir:3: '@' must be part of"},
      {"* synapse\n", "*@repeat k\n", "cell.cir:1: write '*@repeat NAME FIRST LAST'"},
      {"* synapse\n", "*@repeat k 0 64\n", "cell.cir:1: *@repeat runs from below 0 or too often"},
      {"* synapse\n", "*@end\n", "cell.cir:1: *@end without *@repeat"},
      {"* synapse\n", "*@repeat k 0 1\n", "cell.cir:1: *@repeat has no *@end"},
      {"* synapse\n", "*@loop\n", "cell.cir:1: unknown marker"},
      {"* synapse\n", "* a\x01\n", "cell.cir:1: control character"},
      {"Csyn vdd vsyn {c}", "csyn vdd vsyn {cc}", "cell.cir:8: parameter 'cc' is defined neither"},
      {"Csyn vdd vsyn {c}", "csyn vdd vsyn {max(c, 2*d)+1e-15}", "cell.cir:8: parameter 'd' is"},
      {"Csyn vdd vsyn {c}", "csyn vdd vsyn {c", "cell.cir:8: '{' has no '}'"},
      {"Csyn vdd vsyn {c}", "csyn vdd vsyn 1xyz", "cell.cir:8: 'csyn': value '1xyz' is no number"},
      {"Csyn vdd vsyn {c}", "csyn vdd vsyn {c}\ncsyn vdd vss 1p",
       "cell.cir:9: 'csyn' is there already, in line 8"},
      {"Csyn vdd vsyn {c}", "csyn vdd vsyn {c}\nd1 vss vsyn dio",
       "cell.cir:9: 'd1': no .model of this file is called 'dio'"},
      {"nfet w=1u l=1u ;", "nfet w=1u ;", "cell.cir:4: 'mpre' has no l=; give W and L"},
      {"mpre", "m.pre", "cell.cir:4: 'm.pre': a name must not hold '.'"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fixture f;
    fixture_create(&f);
    fixture_edit(&f, syn, bad[i].from, bad[i].to);
    bool refused = strstr(bad[i].message, "control char") || strstr(bad[i].message, "too often");
    fixture_refuse(&f, refused ? MS_EREFUSED : MS_EPARSE, bad[i].message, NULL);
    fixture_destroy(&f);
  }
}

static void test_sizes_must_be_lengths(void **state) {
  (void)state;
  fixture_bad_edit(syn, "nfet w=1u l=1u ;", "nfet w=-1u l=1u ;", MS_ERANGE,
                   "cell.cir:4: 'mpre': w=-1u is no length above 0");
  fixture_bad_edit(syn, "nfet w=1u l=1u ;", "nfet w=1u l=long ;", MS_ERANGE,
                   "cell.cir:4: 'mpre': l=long is no length above 0");
}

static void test_files_that_ngspice_would_miss_are_named(void **state) {
  (void)state;
  fixture_bad_edit(cards, "* cards\n", "* cards\n.include 'gone.lib'\n", MS_EMISSING,
                   "cards.lib:2: included file /tmp/");
  fixture_bad_edit("process/p/process.yaml", "    pfet: {dvth: 0 V, dbeta: 0 %}\n",
                   "    pfet: {dvth: 0 V, dbeta: 0 %}\n    lib: {file: a b.lib, section: tt}\n",
                   MS_EREFUSED, "key 'corners.tt.lib': ngspice cannot read a .lib file whose path");
  /* A library in a section that nobody uses may be missing. */
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, cards, "* cards\n", "* cards\n.lib unused\n.lib 'gone.lib' x\n.endl\n");
  ms_core_destroy(fixture_load(&f));
  fixture_destroy(&f);
}

static void test_devices_that_no_file_defines_are_named(void **state) {
  (void)state;
  static const char process[] = "process/p/process.yaml";
  fixture_bad_edit(process, "kind: model, name: nmod", "kind: model, name: nmos1", MS_EMISSING,
                   "process.yaml:7: model 'nmos1' is defined in none of the files");
  fixture_bad_edit(process, "kind: model, name: pmod", "kind: subcircuit, name: pmod", MS_EMISSING,
                   "process.yaml:8: subcircuit 'pmod' is defined in none of the files");
}

static void test_a_pdk_that_is_not_there_is_asked_for(void **state) {
  (void)state;
  static const char process[] = "process/p/process.yaml";
  static const char pdk[] = "pdk: {variable: MIXSPIKE_PDK_NOWHERE, get: it holds x.lib}\n"
                            "include: [cards.lib]";
  unsetenv("MIXSPIKE_PDK");
  fixture_bad_edit(process, "include: [cards.lib]", pdk, MS_EMISSING,
                   "process.yaml:3: this process needs the folder of its PDK: set "
                   "MIXSPIKE_PDK_NOWHERE or give --pdk DIR; it holds x.lib");
  fixture_bad_edit(process, "include: [cards.lib]", "include: [$PDK/cards.lib]", MS_EPARSE,
                   "$PDK needs the key 'pdk'");
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, process, "include: [cards.lib]", pdk);
  fixture_edit(&f, process, "include: [cards.lib]", "include: [$PDK/p/cards.lib]");
  char folder[200];
  snprintf(folder, sizeof folder, "%s/process", f.dir);
  setenv("MIXSPIKE_PDK", folder, 1);
  ms_core_destroy(fixture_load(&f));
  unsetenv("MIXSPIKE_PDK");
  fixture_destroy(&f);
}

static void test_file_names_cannot_leave_their_quotes(void **state) {
  (void)state;
  fixture_bad_edit("process/p/process.yaml", "include: [cards.lib]", "include: ['cards.lib\" x']",
                   MS_EREFUSED, "must not hold quotes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_commands_in_a_cell_are_refused),
      cmocka_unit_test(test_commands_hidden_in_comments_never_reach_the_deck),
      cmocka_unit_test(test_commands_in_model_files_are_refused),
      cmocka_unit_test(test_commands_in_nested_model_files_are_refused),
      cmocka_unit_test(test_model_files_outside_the_allowed_folders_are_refused),
      cmocka_unit_test(test_files_that_include_themselves_are_refused),
      cmocka_unit_test(test_devices_that_reach_outside_are_refused),
      cmocka_unit_test(test_broken_netlists_name_file_and_line),
      cmocka_unit_test(test_sizes_must_be_lengths),
      cmocka_unit_test(test_files_that_ngspice_would_miss_are_named),
      cmocka_unit_test(test_devices_that_no_file_defines_are_named),
      cmocka_unit_test(test_a_pdk_that_is_not_there_is_asked_for),
      cmocka_unit_test(test_file_names_cannot_leave_their_quotes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
