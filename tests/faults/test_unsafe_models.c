/* SPDX-License-Identifier: Apache-2.0 */
/* Netlists and model files come from strangers: what could run a command, read a file or silently
 * simulate another circuit is refused, with file and line. */
#include "fixture_models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  static const char *const ways[] = {".include \"../../cores/x.inc\"\n", ".inc ../../cores/x.inc\n",
                                     ".INCLUDE '../../cores/x.inc'\n",
                                     ".lib ../../cores/x.inc tt\n"};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    fixture f;
    fixture_create(&f);
    /* The core's own file doubles as the nested one: only its place matters here. */
    fixture_write(&f, "cells/dac/cell.cir", "* nested\n.control\n.endc\n");
    char text[80];
    const char *at = strstr(ways[i], "cores/x.inc");
    size_t n = (size_t)(at - ways[i]);
    memcpy(text, ways[i], n);
    strcpy(text + n, "cells/dac/cell.cir");
    strcat(text, at + strlen("cores/x.inc"));
    fixture_edit(&f, cards, "* cards\n", text);
    fixture_refuse(&f, MS_EREFUSED, "cell.cir:2: .control", NULL);
    fixture_destroy(&f);
  }
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
      {"shell true\n", "needs 4 nodes"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fixture f;
    fixture_create(&f);
    fixture_edit(&f, syn, line, bad[i].text);
    fixture_refuse(&f, *bad[i].text == 's' ? MS_EPARSE : MS_EREFUSED, "cell.cir:4:", bad[i].message,
                   NULL);
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
      cmocka_unit_test(test_devices_that_reach_outside_are_refused),
      cmocka_unit_test(test_broken_netlists_name_file_and_line),
      cmocka_unit_test(test_files_that_ngspice_would_miss_are_named),
      cmocka_unit_test(test_devices_that_no_file_defines_are_named),
      cmocka_unit_test(test_a_pdk_that_is_not_there_is_asked_for),
      cmocka_unit_test(test_file_names_cannot_leave_their_quotes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
