/* SPDX-License-Identifier: Apache-2.0 */
/* Silicon area of a core's circuits, from their own devices. */
#include "engine/table/spice.h"

#include <stdlib.h>
#include <string.h>

typedef ms_area_part sorter(const char *path);

/* "soma.mt1", "exc0.mout", and what stands in a circuit of its own inside a row: "exc0.dac.mu0". */
static ms_area_part part_of_neuron(const char *path) {
  if (!strncmp(path, "soma.", 5))
    return MS_AREA_SOMA;
  const char *dot = strchr(path, '.');
  return dot && strchr(dot + 1, '.') ? MS_AREA_DAC : MS_AREA_ROW;
}

static ms_area_part part_of_bias(const char *path) {
  (void)path;
  return MS_AREA_BIAS;
}

static void add(const ms_circuit *circuit, const ms_process *process, sorter *sort,
                ms_area area[MS_AREA_PARTS]) {
  for (size_t i = 0; i < circuit->n_element; i++) {
    const ms_element *e = &circuit->element[i];
    ms_area *to = &area[sort(e->path)];
    if (e->kind == 'm') {
      to->n_transistor++;
      to->transistor_m2 += e->w_m * e->l_m * e->m;
    } else if (e->kind == 'c' && process->cap_f_per_m2 > 0) {
      to->capacitor_m2 += e->value / process->cap_f_per_m2;
    }
  }
}

static int add_deck(ms_deck *deck, const ms_core *core, sorter *sort, ms_area area[MS_AREA_PARTS],
                    ms_error *err) {
  char *listing = NULL;
  ms_circuit *circuit = NULL;
  int rc = ms_spice_listing(NULL, deck, &listing, err);
  rc = rc ? rc : ms_circuit_parse(listing, core->process, &circuit, err);
  if (!rc)
    add(circuit, core->process, sort, area);
  ms_circuit_destroy(circuit);
  free(listing);
  ms_deck_destroy(deck);
  return rc;
}

static uint16_t *default_codes(const ms_core *core, ms_error *err) {
  uint16_t *code = calloc(core->n_bias + 1, sizeof *code);
  if (!code)
    ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  for (size_t i = 0; code && i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[MS_SET_ACCELERATED];
  return code;
}

static void add_decoupling(const ms_core *core, size_t n_line, ms_area *bias) {
  if (core->process->cap_f_per_m2 > 0)
    bias->capacitor_m2 += (double)n_line * core->decap_f / core->process->cap_f_per_m2;
}

int ms_core_area(const ms_core *core, ms_area area[MS_AREA_PARTS], ms_error *err) {
  const ms_pvt pvt = {0};
  ms_deck *deck;
  memset(area, 0, MS_AREA_PARTS * sizeof *area);
  uint16_t *code = default_codes(core, err);
  if (!code)
    return MS_ENOMEM;
  int rc = ms_deck_group(core, &pvt, &deck, err);
  rc = rc ? rc : add_deck(deck, core, part_of_neuron, area, err);
  rc = rc ? rc : ms_deck_bias(core, &pvt, code, &deck, err);
  rc = rc ? rc : add_deck(deck, core, part_of_bias, area, err);
  add_decoupling(core, core->n_bias, &area[MS_AREA_BIAS]);
  free(code);
  return rc;
}

int ms_core_set_area(const ms_core *core, uint64_t own, ms_area *out, ms_error *err) {
  const ms_pvt pvt = {0};
  ms_deck *deck;
  ms_area area[MS_AREA_PARTS] = {0};
  uint16_t *code = default_codes(core, err);
  if (!code)
    return MS_ENOMEM;
  int rc = ms_deck_bias_set(core, &pvt, code, own, &deck, err);
  rc = rc ? rc : add_deck(deck, core, part_of_bias, area, err);
  *out = area[MS_AREA_BIAS];
  size_t n = 0;
  for (size_t i = 0; i < core->n_bias && i < 64; i++)
    n += own >> i & 1 && core->bias[i].own == core->bias[i].branch;
  add_decoupling(core, n, out);
  free(code);
  return rc;
}
