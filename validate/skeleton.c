/* SPDX-License-Identifier: Apache-2.0 */
/* Skeletons of cells: what `mixspike new cell` writes. NAME stands for the cell's name. */
#include "mixspike/validate.h"

#include "mixspike/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD(kind, what)                                                                           \
  "# NAME: " what "\n"                                                                             \
  "# Every key: docs/formats.md (Manifests) and docs/validate.md (measures, specs).\n"             \
  "name: NAME               # as the folder\n"                                                     \
  "kind: " kind "\n"                                                                               \
  "description: " what "\n"                                                                        \
  "netlist: cell.cir        # beside this file\n"                                                  \
  "subckt: NAME\n\n"

#define CONDITIONS                                                                                 \
  "# Points of operation if the command line names none; without this: typical, nominal.\n"        \
  "# conditions: {corners: [tt, ss, ff], temperatures: [0 C, 27 C, 85 C], supplies: [1.8 V]}\n"    \
  "# Transistors that `mixspike size` must leave alone.\n"                                         \
  "# fixed: [m1]\n"

static const char soma_cir[] =
    "* NAME: leaky integrate-and-fire soma with a four-phase handshake\n"
    "* Transistors are nfet and pfet whatever the process; give W, L, AD, AS, PD and PS of each.\n"
    ".subckt NAME nin vmem req nack vlk vref vdd vss cmem=1p cfb=100f cref=200f\n"
    "* input and leak\n"
    "rin nin vmem 1k\n"
    "mlk vmem vlk vss vss nfet w=0.5u l=4u ad=0.25p as=0.25p pd=1.5u ps=1.5u\n"
    "cmem vmem vss {cmem}\n"
    "* threshold: two inverters, cfb gives positive feedback\n"
    "ma1 v1 vmem vss vss nfet w=0.5u l=2u ad=0.25p as=0.25p pd=1.5u ps=1.5u\n"
    "ma2 v1 vmem vdd vdd pfet w=0.5u l=4u ad=0.25p as=0.25p pd=1.5u ps=1.5u\n"
    "mb1 req v1 vss vss nfet w=0.5u l=0.5u ad=0.25p as=0.25p pd=1.5u ps=1.5u\n"
    "mb2 req v1 vdd vdd pfet w=1u l=0.5u ad=0.5p as=0.5p pd=2u ps=2u\n"
    "cfb req vmem {cfb}\n"
    "* the acknowledge (low) charges vr, which holds the membrane low until vref has discharged "
    "it\n"
    "mr1 vr nack vdd vdd pfet w=1u l=0.5u ad=0.5p as=0.5p pd=2u ps=2u\n"
    "mr2 vr vref vss vss nfet w=1u l=4u ad=0.5p as=0.5p pd=2u ps=2u\n"
    "cref vr vss {cref}\n"
    "mr3 vmem vr vss vss nfet w=2u l=0.5u ad=1p as=1p pd=3u ps=3u\n"
    ".ends\n";

static const char soma_yaml[] = HEAD(
    "soma",
    "Leaky integrate-and-fire soma") "parameters: {cmem: 1 pF, cfb: 100 fF, cref: "
                                     "200 fF}\n\n"
                                     "pins:\n"
                                     "  - {name: nin, role: input}\n"
                                     "  - {name: vmem, role: probe}\n"
                                     "  - {name: req, role: request}\n"
                                     "  - {name: nack, role: acknowledge, active: low}\n"
                                     "  - {name: vlk, role: bias, bias: ileak}\n"
                                     "  - {name: vref, role: bias, bias: iref}\n"
                                     "  - {name: vdd, role: supply}\n"
                                     "  - {name: vss, role: ground}\n\n"
                                     "initial:                 # state at the start of every run; "
                                     "`vdd` is the supply\n"
                                     "  - {node: vmem, voltage: 0 V}\n"
                                     "  - {node: v1, voltage: vdd}\n"
                                     "  - {node: req, voltage: 0 V}\n"
                                     "  - {node: vr, voltage: 0 V}\n\n"
                                     "biases:                  # a branch turns a code into a "
                                     "current, its diode that into a voltage\n"
                                     "  - name: ileak\n    pin: vlk\n    branch: bias_n\n    w: "
                                     "0.5 um\n    l: 4 um\n"
                                     "    accelerated: {coarse: 3, fine: 80}\n    biological: "
                                     "{coarse: 1, fine: 2}\n"
                                     "  - name: iref\n    pin: vref\n    branch: bias_n\n    w: 1 "
                                     "um\n    l: 4 um\n"
                                     "    accelerated: {coarse: 4, fine: 117}\n    biological: "
                                     "{coarse: 1, fine: 48}\n\n"
                                     "measures:\n"
                                     "  - {name: rate, kind: spike_rate, current: 100 nA, window: "
                                     "200 us}\n"
                                     "  - {name: fi, kind: fi_curve, currents: [50 nA, 100 nA, 200 "
                                     "nA], window: 200 us, result: "
                                     "gain}\n"
                                     "  - {name: refractory, kind: refractory, current: 100 nA, "
                                     "window: 100 us}\n"
                                     "  - {name: energy, kind: spike_energy, current: 100 nA, "
                                     "window: 200 us}\n"
                                     "  - {name: latch_up, kind: latch_up, current: 100 nA, "
                                     "window: 200 us}\n"
                                     "  - {name: power, kind: static_power}\n\n"
                                     "specs:                   # yield: share of dies that must "
                                     "meet it at every point\n"
                                     "  - {measure: rate, min: 30 kHz, max: 120 kHz, yield: 95 %}\n"
                                     "  - {measure: latch_up, max: 0, yield: 100 %}\n\n" CONDITIONS;

static const char synapse_cir[] =
    "* NAME: weight DAC, leaky capacitor, output transistor\n"
    "* @bits:b@ becomes b0 b1 ..., one pin a weight bit.\n"
    ".subckt NAME pulse @bits:b@ out vw vtau vdd vss c=0.2p\n"
    "xdac nw @bits:b@ vw vss wdac_n\n"
    "mpre vsyn pulse nw vss nfet w=0.5u l=2u ad=0.25p as=0.25p pd=1.5u ps=1.5u\n"
    "mtau vsyn vtau vdd vdd pfet w=0.5u l=8u ad=0.25p as=0.25p pd=1.5u ps=1.5u\n"
    "mout out vsyn vdd vdd pfet w=4u l=1u ad=2p as=2p pd=5u ps=5u\n"
    "cs vdd vsyn {c}\n"
    ".ends\n";

static const char synapse_yaml[] = HEAD(
    "synapse",
    "Switched current into a leaky capacitor") "uses: [wdac_n]          # cells that "
                                               "the netlist instantiates\n"
                                               "parameters: {bits: 4, c: 0.2 pF}\n\n"
                                               "pins:\n"
                                               "  - {name: pulse, role: pulse, active: high}\n"
                                               "  - {name: b, role: weight_bits, active: high}\n"
                                               "  - {name: out, role: current_out, into: nin}   # "
                                               "pin of the soma that takes the current\n"
                                               "  - {name: vw, role: bias, bias: iw}\n"
                                               "  - {name: vtau, role: bias, bias: itau}\n"
                                               "  - {name: vdd, role: supply}\n"
                                               "  - {name: vss, role: ground}\n\n"
                                               "initial:                 # state at the start of "
                                               "every run; `vdd` is the supply\n"
                                               "  - {node: vsyn, voltage: vdd}\n\n"
                                               "biases:                  # a branch turns a code "
                                               "into a current, its diode that into a voltage\n"
                                               "  - name: iw\n    pin: vw\n    branch: bias_n\n    "
                                               "w: 0.5 um\n    l: 4 um\n"
                                               "    accelerated: {coarse: 4, fine: 80}\n    "
                                               "biological: {coarse: 2, fine: 40}\n"
                                               "  - name: itau\n    pin: vtau\n    branch: "
                                               "bias_p\n    w: 8 um\n    l: 8 um\n"
                                               "    accelerated: {coarse: 3, fine: 110}\n    "
                                               "biological: {coarse: 0, fine: 40}\n\n"
                                               "measures:\n"
                                               "  - {name: peak, kind: epsc_peak, code: 15, "
                                               "window: 60 us}\n"
                                               "  - {name: decay, kind: epsc_decay, code: 15, "
                                               "window: 60 us}\n"
                                               "  - {name: monotonic, kind: code_response, codes: "
                                               "[1, 2, 4, 8, 15], window: 30 us, result: "
                                               "monotonic}\n"
                                               "  - {name: energy, kind: event_energy, code: 15, "
                                               "interval: 40 us, pulses: 3}\n"
                                               "  - {name: leakage, kind: leakage, window: 20 "
                                               "us}\n\n"
                                               "specs:                   # yield: share of dies "
                                               "that must meet it at every point\n"
                                               "  - {measure: monotonic, min: 1, yield: 95 %}\n"
                                               "  - {measure: leakage, max: 10 nA}\n\n" CONDITIONS;

static const char dac_cir[] =
    "* NAME: binary-weighted current DAC\n"
    "* The lines between *@repeat and *@end are copied for each bit.\n"
    ".subckt NAME iout @bits:b@ vw vss\n"
    "*@repeat k 0 bits-1\n"
    "mu@k@ a@k@ vw vss vss nfet w=0.5u l=4u ad=0.25p as=0.25p pd=1.5u ps=1.5u m={2**@k@}\n"
    "ms@k@ iout b@k@ a@k@ vss nfet w=0.5u l=0.5u ad=0.25p as=0.25p pd=1.5u ps=1.5u\n"
    "*@end\n"
    ".ends\n";

static const char dac_yaml[] = HEAD(
    "dac",
    "Binary-weighted current DAC") "parameters: {bits: 4}\n\n"
                                   "pins:\n"
                                   "  - {name: iout, role: other}\n"
                                   "  - {name: b, role: weight_bits, active: high}\n"
                                   "  - {name: vw, role: bias, bias: iw}\n"
                                   "  - {name: vss, role: ground}\n\n"
                                   "biases:                  # a branch turns a code into a "
                                   "current, its diode that into a voltage\n"
                                   "  - name: iw\n    pin: vw\n    branch: bias_n\n    w: 0.5 um\n "
                                   "   l: 4 um\n"
                                   "    accelerated: {coarse: 4, fine: 80}\n    biological: "
                                   "{coarse: 2, fine: 40}\n\n"
                                   "measures:                # drive: what is connected to pins "
                                   "that their role does not drive\n"
                                   "  - {name: inl, kind: codes, bits: b, read: i(iout), result: "
                                   "inl, drive: [{pin: iout, voltage: "
                                   "0.9 V}]}\n"
                                   "  - {name: dnl, kind: codes, bits: b, read: i(iout), result: "
                                   "dnl, drive: [{pin: iout, voltage: "
                                   "0.9 V}]}\n"
                                   "  - {name: monotonic, kind: codes, bits: b, read: i(iout), "
                                   "result: monotonic, drive: [{pin: "
                                   "iout, voltage: 0.9 V}]}\n\n"
                                   "specs:                   # yield: share of dies that must meet "
                                   "it at every point\n"
                                   "  - {measure: inl, max: 2, yield: 95 %}\n"
                                   "  - {measure: monotonic, min: 1, yield: 90 %}\n\n" CONDITIONS;

static const char other_cir[] =
    "* NAME: current mirror; put your circuit here\n"
    "* Transistors are nfet and pfet whatever the process; give W, L, AD, AS, PD and PS of each.\n"
    ".subckt NAME in out vss\n"
    "m1 in in vss vss nfet w=2u l=2u ad=1p as=1p pd=3u ps=3u\n"
    "m2 out in vss vss nfet w=2u l=2u ad=1p as=1p pd=3u ps=3u\n"
    ".ends\n";

static const char other_yaml[] = HEAD(
    "other",
    "Current mirror") "pins:\n"
                      "  - {name: in, role: other}\n"
                      "  - {name: out, role: other}\n"
                      "  - {name: vss, role: ground}\n\n"
                      "measures:                # drive: what is connected to the pins\n"
                      "  - name: gain\n"
                      "    kind: dc\n"
                      "    sweep: {pin: in, from: 1 nA, to: 100 nA, points: 21}\n"
                      "    drive: [{pin: out, voltage: 0.9 V}]\n"
                      "    read: i(out)\n"
                      "    result: gain\n"
                      "  - name: settling\n"
                      "    kind: transient\n"
                      "    window: 20 us\n"
                      "    drive:\n"
                      "      - {pin: in, current: 10 nA, high: 50 nA, delay: 1 us, width: 10 us}\n"
                      "      - {pin: out, voltage: 0.9 V}\n"
                      "    read: v(in)\n"
                      "    result: rise_time\n\n"
                      "specs:                   # yield: share of dies that must meet it at every "
                      "point\n"
                      "  - {measure: gain, min: -1.3, typ: -1, max: -0.7, yield: 95 "
                      "%}\n\n" CONDITIONS;

static const struct skeleton {
  const char *kind, *cir, *yaml;
} skeletons[] = {{"soma", soma_cir, soma_yaml},
                 {"synapse", synapse_cir, synapse_yaml},
                 {"dac", dac_cir, dac_yaml},
                 {"other", other_cir, other_yaml}};

/* Writes a text with NAME replaced; an existing file is an error. */
static int write_text(const char *folder, const char *name, const char *file, const char *text,
                      ms_error *err) {
  char path[4096], *out = NULL;
  size_t n = 0;
  snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
  if (!access(path, F_OK))
    return ms_fail(err, MS_EIO, "%s is there already; nothing was written over", path);
  FILE *f = open_memstream(&out, &n);
  if (!f)
    return ms_fail(err, MS_ENOMEM, "no memory for %s", path);
  for (const char *at; (at = strstr(text, "NAME")); text = at + 4)
    fprintf(f, "%.*s%s", (int)(at - text), text, name);
  fputs(text, f);
  int rc = fclose(f) ? ms_fail(err, MS_ENOMEM, "no memory for %s", path)
                     : ms_write_file(path, out, n, err);
  free(out);
  return rc;
}

int ms_new_cell(const char *folder, const char *name, const char *kind, ms_error *err) {
  const struct skeleton *s = NULL;
  char path[4096];
  for (size_t i = 0; i < sizeof skeletons / sizeof *skeletons; i++)
    if (!strcmp(skeletons[i].kind, kind))
      s = &skeletons[i];
  if (!s)
    return ms_fail(err, MS_EINVAL,
                   "no skeleton of kind '%.40s'; allowed: soma, synapse, dac, other", kind);
  size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");
  if (!*name || name[n] || strchr("0123456789", *name) || n > 40)
    return ms_fail(err, MS_EINVAL,
                   "'%.60s' is no name for a cell; allowed: a-z, 0-9 and '_', a letter first, at "
                   "most 40 characters",
                   name);
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int rc = ms_make_folder(path, err);
  rc = rc ? rc : write_text(folder, name, "cell.cir", s->cir, err);
  return rc ? rc : write_text(folder, name, "cell.yaml", s->yaml, err);
}
