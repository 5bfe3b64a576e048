/* SPDX-License-Identifier: Apache-2.0 */
/* A small model library in a temporary folder. */
#include "fixture_models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
  const char *file, *text;
} files[] = {
    {"process/p/cards.lib", "* cards\n.model nmod nmos level=54 version=4.8\n"
                            ".model pmod pmos level=54 version=4.8\n"},
    {"process/p/more.lib", "* included by nobody yet\n"},
    {"process/p/process.yaml", "name: p\n"
                               "description: test process\n"
                               "include: [cards.lib]\n"
                               "supply: {min: 1.6 V, nominal: 1.8 V, max: 2.0 V}\n"
                               "temperature: {min: 0 C, nominal: 27 C, max: 85 C}\n"
                               "devices:\n"
                               "  nfet: {kind: model, name: nmod}\n"
                               "  pfet: {kind: model, name: pmod}\n"
                               "mismatch:\n"
                               "  nfet: {avt_pair: 7 mV.um, abeta_pair: 1 %.um, origin: here}\n"
                               "  pfet: {avt_pair: 6 mV.um, abeta_pair: 2 %.um, origin: here}\n"
                               "capacitor: {density: 1 fF/um2, acap_pair: 1 %.um}\n"
                               "corners:\n"
                               "  tt:\n"
                               "    nfet: {dvth: 0 V, dbeta: 0 %}\n"
                               "    pfet: {dvth: 0 V, dbeta: 0 %}\n"
                               "  ss:\n"
                               "    nfet: {dvth: 30 mV, dbeta: -5 %}\n"
                               "    pfet: {dvth: 20 mV, dbeta: -4 %}\n"},
    {"cells/dac/cell.cir", "* weight DAC\n"
                           ".subckt dac out @bits:b@ vw vss\n"
                           "*@repeat k 0 bits-1\n"
                           "mu@k@ a@k@ vw vss vss nfet w=1u l=4u m={2**@k@}\n"
                           "ms@k@ out b@k@ a@k@ vss nfet w=1u l=1u\n"
                           "*@end\n"
                           ".ends\n"},
    {"cells/dac/cell.yaml", "name: dac\nkind: dac\nnetlist: cell.cir\nsubckt: dac\n"
                            "pins:\n"
                            "  - {name: out, role: other}\n"
                            "  - {name: b, role: weight_bits}\n"
                            "  - {name: vw, role: other}\n"
                            "  - {name: vss, role: ground}\n"},
    {"cells/syn/cell.cir", "* synapse\n"
                           ".subckt syn pulse @bits:b@ out vw vtau vdd vss c=1p\n"
                           "xdac nw @bits:b@ vw vss dac\n"
                           "mpre vsyn pulse nw vss nfet w=1u l=1u ; inline\n"
                           "mtau vsyn vtau vdd vdd pfet\n"
                           "+ w=1u l=4u\n"
                           "mout out vsyn vdd vdd pfet w=2u l=2u $ inline\n"
                           "Csyn vdd vsyn {c}\n"
                           ".ends\n"},
    {"cells/syn/cell.yaml", "name: syn\nkind: synapse\nnetlist: cell.cir\nsubckt: syn\n"
                            "uses: [dac]\n"
                            "parameters: {bits: 4, c: 0.5 pF}\n"
                            "pins:\n"
                            "  - {name: pulse, role: pulse, active: low}\n"
                            "  - {name: b, role: weight_bits, active: high}\n"
                            "  - {name: out, role: current_out, into: nin}\n"
                            "  - {name: vw, role: bias, bias: iw}\n"
                            "  - {name: vtau, role: bias, bias: itau}\n"
                            "  - {name: vdd, role: supply}\n"
                            "  - {name: vss, role: ground}\n"
                            "initial:\n"
                            "  - {node: vsyn, voltage: vdd}\n"
                            "biases:\n"
                            "  - {name: iw, pin: vw, branch: bias, w: 1 um, l: 4 um,\n"
                            "     accelerated: {coarse: 1, fine: 40},\n"
                            "     biological: {coarse: 0, fine: 4}, min: 1 pA, max: 1 uA}\n"
                            "  - {name: itau, pin: vtau, branch: bias, w: 2 um, l: 4 um,\n"
                            "     accelerated: {coarse: 1, fine: 255},\n"
                            "     biological: {coarse: 0, fine: 1}}\n"},
    {"cells/soma/cell.cir", "* soma\n"
                            ".subckt soma nin vm req nack vlk vdd vss\n"
                            "ml1 vm vlk vss vss nfet w=1u l=8u\n"
                            "ml2 vm vm nin vdd pfet w=8u l=1u\n"
                            "mb1 req vm vss vss nfet w=1u l=1u\n"
                            "mb2 req vm vdd vdd pfet w=1u l=1u\n"
                            "mr vm nack vdd vdd pfet w=1u l=1u\n"
                            "c1 vm vss 1p\n"
                            ".ends\n"},
    {"cells/soma/cell.yaml", "name: soma\nkind: soma\nnetlist: cell.cir\nsubckt: soma\n"
                             "pins:\n"
                             "  - {name: nin, role: input}\n"
                             "  - {name: vm, role: probe}\n"
                             "  - {name: req, role: request}\n"
                             "  - {name: nack, role: acknowledge, active: low}\n"
                             "  - {name: vlk, role: bias, bias: ileak}\n"
                             "  - {name: vdd, role: supply}\n"
                             "  - {name: vss, role: ground}\n"
                             "initial:\n"
                             "  - {node: vm, voltage: 0.1 V}\n"
                             "biases:\n"
                             "  - {name: ileak, pin: vlk, branch: bias, w: 1 um, l: 8 um,\n"
                             "     accelerated: {coarse: 1, fine: 10},\n"
                             "     biological: {coarse: 0, fine: 2}}\n"},
    {"cells/bias/cell.cir", "* bias branch\n"
                            ".subckt bias master @bits:f@ out vdd vss w=1u l=1u\n"
                            "mm master master vss vss nfet w=2u l=20u m=256\n"
                            "*@repeat k 0 bits-1\n"
                            "mu@k@ a@k@ master vss vss nfet w=2u l=20u m={2**@k@}\n"
                            "mo@k@ out f@k@ a@k@ vss nfet w=1u l=1u\n"
                            "*@end\n"
                            "md out out vdd vdd pfet w={w} l={l}\n"
                            ".ends\n"},
    {"cells/bias/cell.yaml", "name: bias\nkind: bias\nnetlist: cell.cir\nsubckt: bias\n"
                             "coarse: [64 pA, 4 nA]\n"
                             "parameters: {bits: 8, w: 1 um, l: 1 um}\n"
                             "pins:\n"
                             "  - {name: master, role: coarse}\n"
                             "  - {name: f, role: fine_bits}\n"
                             "  - {name: out, role: bias_out}\n"
                             "  - {name: vdd, role: supply}\n"
                             "  - {name: vss, role: ground}\n"},
    {"cores/c.yaml", "name: c\nprocess: p\nsoma: soma\n"
                     "rows:\n"
                     "  - {name: exc0, cell: syn, sign: exc}\n"
                     "  - {name: inh0, cell: syn, sign: inh}\n"
                     "  - {name: exc1, cell: syn, sign: exc}\n"
                     "dac_bits: 3\nclock: 100 MHz\n"
                     "pulse: {accelerated: 100 ns, biological: 10 us, edge: 5 ns}\n"
                     "tau: {accelerated: 10 us, biological: 20 ms}\n"
                     "decap: 10 pF\n"},
};
enum { N_FILES = sizeof files / sizeof *files };
static const char *const folders[] = {"process",   "process/p",  "cells",      "cells/dac",
                                      "cells/syn", "cells/soma", "cells/bias", "cores"};
enum { N_FOLDERS = sizeof folders / sizeof *folders };

void fixture_write(const fixture *f, const char *file, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", f->dir, file);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  assert_true(fputs(text, out) >= 0);
  assert_int_equal(fclose(out), 0);
}

void fixture_create(fixture *f) {
  snprintf(f->dir, sizeof f->dir, "/tmp/mixspike-models-XXXXXX");
  assert_non_null(mkdtemp(f->dir));
  for (size_t i = 0; i < N_FOLDERS; i++) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->dir, folders[i]);
    assert_int_equal(mkdir(path, 0700), 0);
  }
  for (size_t i = 0; i < N_FILES; i++)
    fixture_write(f, files[i].file, files[i].text);
}

void fixture_edit(const fixture *f, const char *file, const char *from, const char *to) {
  char path[256], text[8192], changed[12000];
  snprintf(path, sizeof path, "%s/%s", f->dir, file);
  FILE *in = fopen(path, "r");
  assert_non_null(in);
  size_t n = fread(text, 1, sizeof text - 1, in);
  fclose(in);
  text[n] = 0;
  char *at = strstr(text, from);
  if (!at)
    fail_msg("%s does not hold '%s'", file, from);
  snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  fixture_write(f, file, changed);
}

void fixture_destroy(const fixture *f) {
  char path[256];
  for (size_t i = 0; i < N_FILES; i++) {
    snprintf(path, sizeof path, "%s/%s", f->dir, files[i].file);
    unlink(path);
  }
  for (size_t i = N_FOLDERS; i-- > 0;) {
    snprintf(path, sizeof path, "%s/%s", f->dir, folders[i]);
    rmdir(path);
  }
  assert_int_equal(rmdir(f->dir), 0);
}

ms_core *fixture_load(const fixture *f) {
  ms_core *core = NULL;
  ms_error err = {0};
  if (ms_core_load(f->dir, "c", 0, &core, &err))
    fail_msg("%s", err.text);
  return core;
}

void fixture_refuse(const fixture *f, int code, const char *text, ...) {
  ms_core *core = NULL;
  ms_error err = {0};
  int rc = ms_core_load(f->dir, "c", 0, &core, &err);
  if (rc != code)
    fail_msg("got %d '%s', want %d", rc, err.text, code);
  assert_null(core);
  va_list args;
  va_start(args, text);
  for (const char *t = text; t; t = va_arg(args, const char *))
    if (!strstr(err.text, t))
      fail_msg("'%s' lacks '%s'", err.text, t);
  va_end(args);
}

void fixture_bad_edit(const char *file, const char *from, const char *to, int code,
                      const char *text) {
  fixture f;
  fixture_create(&f);
  fixture_edit(&f, file, from, to);
  fixture_refuse(&f, code, text, NULL);
  fixture_destroy(&f);
}
