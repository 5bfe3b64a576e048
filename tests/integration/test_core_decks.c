/* SPDX-License-Identifier: Apache-2.0 */
/* The decks of the library's cores as ngspice sees them: they load without complaint, expand to the
 * expected devices with distinct instance paths, the bias branches deliver their codes' currents,
 * and a neuron of the flat deck is the neuron of the group deck, device by device. */
#include "mixspike/netlist.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static ms_core *load(const char *name, unsigned bits) {
  ms_core *core = NULL;
  ms_error err = {0};
  if (ms_core_load(MS_TEST_MODELS_DIR, name, bits, &core, &err))
    fail_msg("%s", err.text);
  return core;
}

static void codes(const ms_core *core, int set, uint16_t *code) {
  for (size_t i = 0; i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[set];
}

/* What ngspice prints for a deck followed by commands; sources that a harness would drive hold 0 V.
 * Takes over the deck; the text is to be freed. */
static char *run(ms_deck *deck, const char *commands) {
  char path[] = "/tmp/mixspike-core-deck-XXXXXX", command[80];
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *f = fdopen(fd, "w");
  assert_non_null(f);
  for (size_t i = 0; i < deck->n_line; i++) {
    char *external = strstr(deck->line[i], " external");
    if (external)
      memcpy(external, " dc 0    ", 9);
    fprintf(f, "%s\n", deck->line[i]);
  }
  fprintf(f, ".control\nset num_threads=1\n%squit\n.endc\n.end\n", commands);
  assert_int_equal(fclose(f), 0);
  ms_deck_destroy(deck);
  snprintf(command, sizeof command, "ngspice -b %s 2>&1", path);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t n = 0, room = 1 << 22;
  char *text = malloc(room);
  assert_non_null(text);
  for (size_t k; (k = fread(text + n, 1, room - 1 - n, pipe)) > 0;)
    n += k;
  text[n] = 0;
  pclose(pipe);
  unlink(path);
  return text;
}

/* The circuit that a deck expands to; no error may be printed on the way. */
static ms_circuit *expand(const ms_core *core, ms_deck *deck) {
  char *text = run(deck, "listing expand\n");
  ms_circuit *c = NULL;
  ms_error err = {0};
  if (strstr(text, "rror") || strstr(text, "arning"))
    fail_msg("ngspice complains:\n%s", text);
  if (ms_circuit_parse(text, core->process, &c, &err))
    fail_msg("%s", err.text);
  free(text);
  return c;
}

static const ms_element *find(const ms_circuit *c, const char *path) {
  const ms_element *found = NULL;
  for (size_t i = 0; i < c->n_element; i++)
    if (!strcmp(c->element[i].path, path)) {
      assert_null(found); /* paths name the draws: two devices must not share one */
      found = &c->element[i];
    }
  return found;
}

static void test_every_device_has_a_path_of_its_own(void **state) {
  (void)state;
  static const char *const name[] = {"dpi16", "dpi16x4"};
  for (size_t k = 0; k < 2; k++) {
    ms_core *core = load(name[k], 6);
    ms_deck *deck = NULL;
    uint16_t code[64];
    codes(core, MS_SET_BIOLOGICAL, code);
    assert_int_equal(ms_deck_flat(core, NULL, 2, code, &deck, NULL), 0);
    ms_circuit *c = expand(core, deck);
    for (size_t i = 0; i < c->n_element; i++)
      assert_ptr_equal(find(c, c->element[i].path), &c->element[i]);
    assert_non_null(find(c, "n1.soma.mt1"));
    assert_non_null(find(c, "n1.exc0.dac.mu5"));
    assert_non_null(find(c, "bias.dpi_exc.itau.mu7"));
    ms_circuit_destroy(c);
    ms_core_destroy(core);
  }
}

static void test_flat_neuron_is_the_group_device_by_device(void **state) {
  (void)state;
  ms_core *core = load("dpi16x4", 4);
  ms_deck *group = NULL, *flat = NULL;
  uint16_t code[64];
  codes(core, MS_SET_ACCELERATED, code);
  ms_pvt pvt = {.corner = 1, .supply_v = 1.7};
  ms_die die = {.seed = 11, .die = 4, .strength = 1};
  assert_int_equal(ms_deck_group(core, &pvt, &group, NULL), 0);
  assert_int_equal(ms_deck_flat(core, &pvt, 3, code, &flat, NULL), 0);
  ms_circuit *g = expand(core, group), *f = expand(core, flat);
  size_t compared = 0;
  for (size_t i = 0; i < g->n_element; i++) {
    const ms_element *a = &g->element[i];
    if (!strchr("mc", a->kind))
      continue;
    char path[200];
    snprintf(path, sizeof path, "n2.%s", a->path);
    const ms_element *b = find(f, path);
    assert_non_null(b);
    assert_true(a->w_m == b->w_m && a->l_m == b->l_m && a->m == b->m && a->ad_m2 == b->ad_m2 &&
                a->ps_m == b->ps_m && a->value == b->value && a->type == b->type);
    ms_shift x = ms_element_shift(a, core->process, &die, &pvt, "n2.");
    ms_shift y = ms_element_shift(b, core->process, &die, &pvt, "");
    assert_true(x.dvth_v == y.dvth_v && x.beta == y.beta && x.cap == y.cap);
    compared++;
  }
  assert_true(compared > 70);
  assert_int_equal(3 * g->n_ic, f->n_ic);
  ms_circuit_destroy(g);
  ms_circuit_destroy(f);
  ms_core_destroy(core);
}

static void write_file(const char *dir, const char *file, const char *text) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s", dir, file);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

/* A process of a user whose devices are subcircuits, in a folder of his own. */
static void test_a_process_of_subcircuits_gives_the_same_devices_and_draws(void **state) {
  (void)state;
  char dir[] = "/tmp/mixspike-pdk-XXXXXX", text[3000], path[200];
  assert_non_null(mkdtemp(dir));
  snprintf(text, sizeof text,
           ".include \"%s/process/gen180/cards.lib\"\n"
           ".subckt nch d g s b w=1u l=1u ad=0 as=0 pd=0 ps=0\n"
           "m0 d g s b nfet w={w} l={l} ad={ad} as={as} pd={pd} ps={ps}\n.ends\n"
           ".subckt pch d g s b w=1u l=1u ad=0 as=0 pd=0 ps=0\n"
           "m0 d g s b pfet w={w} l={l} ad={ad} as={as} pd={pd} ps={ps}\n.ends\n",
           MS_TEST_MODELS_DIR);
  write_file(dir, "wrap.lib", text);
  write_file(dir, "pdk.yaml",
             "name: pdk\ninclude: [wrap.lib]\n"
             "supply: {min: 1.6 V, nominal: 1.8 V, max: 2 V}\n"
             "temperature: {min: 0 C, nominal: 27 C, max: 85 C}\n"
             "devices:\n"
             "  nfet: {kind: subcircuit, name: nch}\n"
             "  pfet: {kind: subcircuit, name: pch}\n"
             "mismatch:\n"
             "  nfet: {avt_pair: 7.0 mV.um, abeta_pair: 1.0 %.um, origin: as gen180}\n"
             "  pfet: {avt_pair: 6.5 mV.um, abeta_pair: 1.0 %.um, origin: as gen180}\n"
             "capacitor: {density: 1 fF/um2, acap_pair: 1 %.um}\n"
             "corners:\n"
             "  tt: {nfet: {dvth: 0 V, dbeta: 0 %}, pfet: {dvth: 0 V, dbeta: 0 %}}\n");
  write_file(
      dir, "mine.yaml",
      "name: mine\nprocess: ./pdk.yaml\nsoma: dpi_soma\n"
      "rows: [{name: exc0, cell: dpi_exc, sign: exc}, {name: inh0, cell: dpi_inh, sign: inh}]\n"
      "dac_bits: 4\nclock: 100 MHz\npulse: {accelerated: 100 ns, biological: 10 us}\n"
      "tau: {accelerated: 10 us, biological: 20 ms}\n");
  snprintf(path, sizeof path, "%s/mine.yaml", dir);
  ms_core *mine = load(path, 0), *plain = load("dpi16", 0);
  ms_deck *a = NULL, *b = NULL;
  assert_int_equal(ms_deck_group(mine, NULL, &a, NULL), 0);
  assert_int_equal(ms_deck_group(plain, NULL, &b, NULL), 0);
  ms_circuit *x = expand(mine, a), *y = expand(plain, b);
  ms_die die = {.seed = 1, .die = 2, .strength = 1};
  ms_pvt pvt = {0};
  assert_int_equal(x->n_element, y->n_element);
  for (size_t i = 0; i < y->n_element; i++) {
    const ms_element *want = &y->element[i], *got = find(x, want->path);
    assert_non_null(got);
    assert_true(fabs(got->w_m - want->w_m) < 1e-15 && fabs(got->l_m - want->l_m) < 1e-15 &&
                got->m == want->m && got->type == want->type);
    ms_shift s = ms_element_shift(want, plain->process, &die, &pvt, "n0.");
    ms_shift t = ms_element_shift(got, mine->process, &die, &pvt, "n0.");
    assert_true(fabs(s.dvth_v - t.dvth_v) < 1e-12 && fabs(s.beta - t.beta) < 1e-9);
  }
  ms_circuit_destroy(x);
  ms_circuit_destroy(y);
  ms_core_destroy(mine);
  ms_core_destroy(plain);
  static const char *const files[] = {"wrap.lib", "pdk.yaml", "mine.yaml"};
  for (size_t i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%s", dir, files[i]);
    assert_int_equal(unlink(path), 0);
  }
  assert_int_equal(rmdir(dir), 0);
}

static void test_bias_branches_deliver_the_current_of_their_code(void **state) {
  (void)state;
  for (int set = 0; set < MS_N_SET; set++) {
    ms_core *core = load("dpi16", 4);
    ms_deck *deck = NULL;
    uint16_t code[64];
    char commands[4000] = "op\n";
    codes(core, set, code);
    assert_int_equal(ms_deck_bias(core, NULL, code, &deck, NULL), 0);
    for (size_t i = 0; i < core->n_bias; i++) {
      const char *branch = core->bias[i].branch->name;
      bool stacked = !strcmp(branch, "bias_nn") || !strcmp(branch, "bias_pp");
      size_t n = strlen(commands);
      snprintf(commands + n, sizeof commands - n, "print @m.xbias.x%s.x%s.%s[id]\n",
               core->bias[i].cell->name, core->bias[i].bias->name, stacked ? "mdb" : "md");
    }
    char *text = run(deck, commands), *at = text;
    for (size_t i = 0; i < core->n_bias; i++) {
      at = strstr(at, "[id] = ");
      assert_non_null(at);
      double got = fabs(strtod(at += 7, NULL));
      double want = core->bias[i].branch->coarse_a[code[i] >> 8] * (code[i] & 255) / 256;
      /* At most 1.5 % more, in the smallest range (see test_decks). 0.01 pA is what the open
       * switches leak. */
      if (got < 0.98 * want - 0.01e-12 || got > 1.02 * want + 0.01e-12)
        fail_msg("%s: code %#x gives %g A, not %g A", core->bias[i].name, code[i], got, want);
    }
    free(text);
    ms_core_destroy(core);
  }
}

static void test_delvto_slows_the_nfet_and_speeds_up_the_pfet(void **state) {
  (void)state;
  ms_core *core = load("dpi16", 4);
  char include[400], vdd[] = "vdd vdd 0 1.8", g[] = "vg g 0 0.3", h[] = "vh h 0 1.5";
  char n[] = "m1 vdd g 0 0 nfet w=1u l=1u", p[] = "m2 0 h vdd vdd pfet w=1u l=1u";
  snprintf(include, sizeof include, ".include \"%s\"", core->process->include[0]);
  ms_deck *deck = calloc(1, sizeof *deck);
  const char *lines[] = {"* delvto", include, vdd, g, h, n, p};
  deck->line = calloc(7, sizeof *deck->line);
  for (size_t i = 0; i < 7; i++)
    deck->line[deck->n_line++] = strdup(lines[i]);
  char *text = run(deck, "op\nlet a=@m1[id]\nlet b=@m2[id]\nalter @m1[delvto]=0.03\n"
                         "alter @m2[delvto]=0.03\nop\nlet ra=@m1[id]/op1.a\nlet rb=@m2[id]/op1.b\n"
                         "print ra rb\n");
  const char *ra = strstr(text, "ra = "), *rb = strstr(text, "rb = ");
  assert_non_null(ra);
  assert_non_null(rb);
  /* exp(30 mV / (n UT)) is 2.4 with n = 1.32: ms_element_shift counts on these directions. */
  assert_true(strtod(ra + 5, NULL) < 0.6);
  assert_true(strtod(rb + 5, NULL) > 1.7);
  free(text);
  ms_core_destroy(core);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_device_has_a_path_of_its_own),
      cmocka_unit_test(test_flat_neuron_is_the_group_device_by_device),
      cmocka_unit_test(test_a_process_of_subcircuits_gives_the_same_devices_and_draws),
      cmocka_unit_test(test_bias_branches_deliver_the_current_of_their_code),
      cmocka_unit_test(test_delvto_slows_the_nfet_and_speeds_up_the_pfet),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
