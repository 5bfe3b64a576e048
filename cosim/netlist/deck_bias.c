/* SPDX-License-Identifier: Apache-2.0 */
/* The deck of bias branches: those of a core, or those that a set of neurons has for itself. */
#include "netlist/deck_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct branch_context {
  size_t index;
  const ms_core_bias *bias;
  unsigned fine;
  bool of_set; /* the bits hang on sources of their own */
} branch_context;

static void branch_node(const void *context, const ms_pin *pin, unsigned bit, char *node) {
  const branch_context *x = context;
  bool on = (x->fine >> bit & 1) != 0;
  switch (pin->role) {
  case MS_ROLE_SUPPLY:
    snprintf(node, MS_NODE_NAME, "vdd");
    break;
  case MS_ROLE_GROUND:
    snprintf(node, MS_NODE_NAME, "0");
    break;
  case MS_ROLE_FINE_BITS:
    if (x->of_set)
      snprintf(node, MS_NODE_NAME, "%s_fine%u", x->bias->bias->name, bit);
    else
      snprintf(node, MS_NODE_NAME, "%s", on != pin->active_low ? "vdd" : "0");
    break;
  case MS_ROLE_BIAS_OUT:
    snprintf(node, MS_NODE_NAME, "b%zu", x->index);
    break;
  default:
    snprintf(node, MS_NODE_NAME, "%s_%s", x->bias->bias->name, pin->name);
  }
}

/* The circuit of a line's branch: the core's, or one that a set of neurons has for itself. */
static const ms_cell *branch_of(const ms_core_bias *bias, bool of_set) {
  return of_set && bias->own ? bias->own : bias->branch;
}

static void write_branch(deck_builder *b, size_t i, unsigned code, bool of_set) {
  const ms_core_bias *bias = &b->core->bias[i];
  const ms_cell *branch = branch_of(bias, of_set);
  unsigned coarse = code >> MS_FINE_BITS;
  if (coarse >= branch->n_coarse) {
    deck_fail(b, MS_ERANGE, "bias %s: coarse %u is out of range; allowed: 0 to %zu", bias->name,
              coarse, branch->n_coarse - 1);
    return;
  }
  char name[MS_NODE_NAME], params[160];
  snprintf(name, sizeof name, "x%s", bias->bias->name);
  snprintf(params, sizeof params, " w=%.15g l=%.15g", bias->bias->w_m, bias->bias->l_m);
  deck_instance(b, name, branch, branch_node,
                &(branch_context){i, bias, code & ((1u << MS_FINE_BITS) - 1), of_set}, params);
  for (size_t p = 0; p < branch->n_pin; p++)
    if (branch->pin[p].role == MS_ROLE_COARSE)
      deck_line(b, "i%s vdd %s_%s dc %.10g", bias->bias->name, bias->bias->name,
                branch->pin[p].name, branch->coarse_a[coarse]);
  for (unsigned k = 0; of_set && k < MS_FINE_BITS; k++)
    deck_line(b, "v%s_%u %s_fine%u 0 dc 0", bias->bias->name, k, bias->bias->name, k);
}

/* Where the operating point of a branch is looked for. Without it ngspice steps gmin, which costs
 * ten times as much. */
static void write_branch_starts(deck_builder *b, const ms_core_bias *bias, bool of_set) {
  const ms_cell *branch = branch_of(bias, of_set);
  for (size_t i = 0; i < branch->n_initial; i++) {
    const ms_initial *initial = &branch->initial[i];
    deck_line(b, ".nodeset v(xbias.x%s.x%s.%s)=%.10g", bias->cell->name, bias->bias->name,
              initial->node, initial->voltage_v + (initial->at_supply ? b->supply_v : 0));
  }
}

static bool is_line(uint64_t lines, size_t i) {
  return lines == UINT64_MAX || (i < 64 && lines >> i & 1);
}

/* " b3 b4": those of `lines` that are one cell's, or any for NULL. */
char *deck_bias_nodes(const ms_core *core, const ms_cell *cell, uint64_t lines) {
  char *text = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&text, &n);
  if (!f)
    return NULL;
  for (size_t i = 0; i < core->n_bias; i++)
    if ((!cell || core->bias[i].cell == cell) && is_line(lines, i))
      fprintf(f, " b%zu", i);
  if (!fclose(f))
    return text;
  free(text);
  return NULL;
}

/* Nested so that ngspice's names give the instance path bias.<cell>.<bias>.<device>. */
static void write_cell(deck_builder *b, size_t first, const char *nodes, const uint16_t *code,
                       uint64_t lines, bool of_set) {
  const ms_core *core = b->core;
  const ms_cell *cell = core->bias[first].cell;
  deck_line(b, ".subckt ms_bias_%s vdd%s", cell->name, nodes);
  for (size_t k = first; k < core->n_bias && core->bias[k].cell == cell; k++)
    if (is_line(lines, k))
      write_branch(b, k, code[k], of_set);
  deck_line(b, ".ends");
}

void deck_biases(deck_builder *b, const uint16_t *code, uint64_t lines, bool of_set) {
  const ms_core *core = b->core;
  for (size_t i = 0; i < core->n_bias; i++)
    if (is_line(lines, i))
      deck_cell(b, branch_of(&core->bias[i], of_set));
  char *all = deck_bias_nodes(core, NULL, lines);
  if (!all) {
    deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
    return;
  }
  for (int pass = 0; pass < 2; pass++) {
    if (pass)
      deck_line(b, ".subckt ms_bias vdd%s", all);
    for (size_t i = 0; i < core->n_bias; i++) {
      const ms_cell *cell = core->bias[i].cell;
      if (i && core->bias[i - 1].cell == cell)
        continue;
      char *own = deck_bias_nodes(core, cell, lines);
      if (!own)
        deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
      else if (*own && pass)
        deck_line(b, "x%s vdd%s ms_bias_%s", cell->name, own, cell->name);
      else if (*own)
        write_cell(b, i, own, code, lines, of_set);
      free(own);
    }
  }
  deck_line(b, ".ends");
  deck_line(b, "xbias vdd%s ms_bias", all);
  for (size_t i = 0; i < core->n_bias; i++)
    if (is_line(lines, i))
      write_branch_starts(b, &core->bias[i], of_set);
  free(all);
}

int ms_deck_bias(const ms_core *core, const ms_pvt *pvt, const uint16_t *code, ms_deck **out,
                 ms_error *err) {
  deck_builder b;
  if (!deck_begin(&b, core, pvt, "bias branches", err))
    deck_biases(&b, code, UINT64_MAX, false);
  return deck_end(&b, out);
}

int ms_deck_bias_set(const ms_core *core, const ms_pvt *pvt, const uint16_t *code, uint64_t lines,
                     ms_deck **out, ms_error *err) {
  deck_builder b;
  if (!deck_begin(&b, core, pvt, "bias branches of a set of neurons", err))
    deck_biases(&b, code, lines, true);
  return deck_end(&b, out);
}
