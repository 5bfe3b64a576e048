/* SPDX-License-Identifier: Apache-2.0 */
/* Two decks: one neuron, the whole core flat. */
#include "netlist/deck_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t bias_index(const ms_core *core, const ms_cell *cell, const char *bias) {
  for (size_t i = 0; i < core->n_bias; i++)
    if (core->bias[i].cell == cell && !strcmp(core->bias[i].bias->name, bias))
      return i;
  return 0; /* the loader made sure that it exists */
}

/* Nodes that every cell of a neuron shares. */
static bool common_node(const ms_core *core, const ms_cell *cell, const ms_pin *pin, char *node) {
  if (pin->role == MS_ROLE_SUPPLY)
    snprintf(node, MS_NODE_NAME, "vdd");
  else if (pin->role == MS_ROLE_GROUND)
    snprintf(node, MS_NODE_NAME, "0");
  else if (pin->role == MS_ROLE_BIAS)
    snprintf(node, MS_NODE_NAME, "b%zu", bias_index(core, cell, pin->bias));
  else
    return false;
  return true;
}

static bool is_first(const ms_cell *cell, const ms_pin *pin) {
  for (const ms_pin *p = cell->pin; p < pin; p++)
    if (p->role == pin->role)
      return false;
  return true;
}

static void soma_node(const void *context, const ms_pin *pin, unsigned bit, char *node) {
  const ms_core *core = context;
  (void)bit;
  if (common_node(core, core->soma, pin, node))
    return;
  const char *name = pin->role == MS_ROLE_REQUEST       ? "req"
                     : pin->role == MS_ROLE_ACKNOWLEDGE ? "nack"
                     : !is_first(core->soma, pin)       ? NULL
                     : pin->role == MS_ROLE_INPUT       ? "nin"
                     : pin->role == MS_ROLE_PROBE       ? "vmem"
                                                        : NULL;
  snprintf(node, MS_NODE_NAME, name ? "%s" : "soma_%s", name ? name : pin->name);
}

typedef struct row_context {
  const ms_core *core;
  size_t row;
} row_context;

static void row_node(const void *context, const ms_pin *pin, unsigned bit, char *node) {
  const row_context *x = context;
  const ms_row *row = &x->core->row[x->row];
  if (common_node(x->core, row->cell, pin, node))
    return;
  if (pin->role == MS_ROLE_PULSE)
    snprintf(node, MS_NODE_NAME, "p%zu", x->row);
  else if (pin->role == MS_ROLE_WEIGHT_BITS)
    snprintf(node, MS_NODE_NAME, "w%zu_%u", x->row, bit);
  else if (pin->role == MS_ROLE_CURRENT_OUT) {
    const ms_cell *soma = x->core->soma;
    for (size_t i = 0; i < soma->n_pin; i++)
      if (!strcmp(soma->pin[i].name, pin->into))
        soma_node(x->core, &soma->pin[i], 0, node);
  } else
    snprintf(node, MS_NODE_NAME, "%s_%s", row->name, pin->name);
}

static void write_neuron(deck_builder *b) {
  const ms_core *core = b->core;
  deck_instance(b, "xsoma", core->soma, soma_node, core, "");
  for (size_t r = 0; r < core->n_row; r++) {
    char name[MS_NODE_NAME];
    snprintf(name, sizeof name, "x%s", core->row[r].name);
    deck_instance(b, name, core->row[r].cell, row_node, &(row_context){core, r}, "");
  }
}

/* Every node of a neuron that is reached from outside, in one fixed order. In a group deck these
 * are top-level nodes; in the flat deck they get the neuron's number. */
typedef void (*pin_visit)(void *context, const char *group, const char *flat);
static void visit_pins(const ms_core *core, unsigned neuron, pin_visit visit, void *context) {
  char g[64], f[64];
  static const char *const fixed[] = {"nin", "vmem", "req", "nack"};
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    snprintf(f, sizeof f, "%s%u", fixed[i], neuron);
    visit(context, fixed[i], f);
  }
  for (size_t r = 0; r < core->n_row; r++) {
    snprintf(g, sizeof g, "p%zu", r);
    snprintf(f, sizeof f, "p%u_%zu", neuron, r);
    visit(context, g, f);
    for (unsigned k = 0; k < core->dac_bits; k++) {
      snprintf(g, sizeof g, "w%zu_%u", r, k);
      snprintf(f, sizeof f, "w%u_%zu_%u", neuron, r, k);
      visit(context, g, f);
    }
  }
}

static const ms_pin *pin_of_port(const ms_cell *cell, const char *port) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (!strcmp(cell->pin[i].name, port))
      return &cell->pin[i];
  return NULL;
}

/* .ic lines of one instance. `neuron` < 0: a group deck. */
static void write_initial(deck_builder *b, const char *instance, const ms_cell *cell,
                          deck_node node, const void *context, int neuron) {
  for (size_t i = 0; i < cell->n_initial; i++) {
    const ms_initial *initial = &cell->initial[i];
    double v = initial->voltage_v + (initial->at_supply ? b->supply_v : 0);
    const ms_pin *pin = pin_of_port(cell, initial->node);
    char name[2 * MS_NODE_NAME], full[3 * MS_NODE_NAME];
    if (pin)
      node(context, pin, 0, name);
    else
      snprintf(name, sizeof name, "%s.%s", instance, initial->node);
    static const char *const outer[] = {"nin", "vmem", "req", "nack"};
    bool top = neuron < 0;
    snprintf(full, sizeof full, "%s", name);
    for (size_t k = 0; k < 4 && !top; k++)
      if (!strcmp(name, outer[k])) {
        snprintf(full, sizeof full, "%s%d", name, neuron);
        top = true;
      }
    if (!top)
      snprintf(full, sizeof full, "xn%d.%s", neuron, name);
    deck_line(b, ".ic v(%s)=%.10g", full, v);
  }
}

void deck_initial(deck_builder *b, const char *name, const ms_cell *cell, deck_node node,
                  const void *context) {
  write_initial(b, name, cell, node, context, -1);
}

static void write_initials(deck_builder *b, int neuron) {
  const ms_core *core = b->core;
  write_initial(b, "xsoma", core->soma, soma_node, core, neuron);
  for (size_t r = 0; r < core->n_row; r++) {
    char name[MS_NODE_NAME];
    snprintf(name, sizeof name, "x%s", core->row[r].name);
    write_initial(b, name, core->row[r].cell, row_node, &(row_context){core, r}, neuron);
  }
}

static void write_neuron_cells(deck_builder *b) {
  deck_cell(b, b->core->soma);
  for (size_t r = 0; r < b->core->n_row; r++)
    deck_cell(b, b->core->row[r].cell);
}

static void write_external(void *context, const char *group, const char *flat) {
  (void)flat;
  if (!strcmp(group, "nack") || *group == 'p' || *group == 'w')
    deck_line(context, "v%s %s 0 external", group, group);
}

int ms_deck_group(const ms_core *core, const ms_pvt *pvt, ms_deck **out, ms_error *err) {
  deck_builder b;
  if (!deck_begin(&b, core, pvt, "one neuron", err)) {
    for (size_t i = 0; i < core->n_bias; i++)
      deck_line(&b, "vb%zu b%zu 0 dc 0", i, i);
    visit_pins(core, 0, write_external, &b);
    write_neuron(&b);
    write_initials(&b, -1);
    write_neuron_cells(&b);
  }
  return deck_end(&b, out);
}

/* ---- The whole core. */

typedef struct text_context {
  FILE *f;
  bool flat;
} text_context;

static void append_pin(void *context, const char *group, const char *flat) {
  const text_context *x = context;
  fprintf(x->f, " %s", x->flat ? flat : group);
}

static void write_flat_external(void *context, const char *group, const char *flat) {
  if (!strcmp(group, "nack") || *group == 'p' || *group == 'w')
    deck_line(context, "v%s %s 0 external", flat, flat);
}

/* "vdd b0.. nin vmem req nack p0 w0_0 ..." of the neuron's wrapper or of one instance of it. */
static char *neuron_nodes(const ms_core *core, unsigned neuron, bool flat) {
  char *biases = deck_bias_nodes(core, NULL, UINT64_MAX), *text = NULL;
  size_t n = 0;
  FILE *f = biases ? open_memstream(&text, &n) : NULL;
  if (f) {
    fprintf(f, "vdd%s", biases);
    visit_pins(core, neuron, append_pin, &(text_context){f, flat});
    if (fclose(f)) {
      free(text);
      text = NULL;
    }
  }
  free(biases);
  return text;
}

static void write_flat_neuron(deck_builder *b, unsigned n) {
  visit_pins(b->core, n, write_flat_external, b);
  char *nodes = neuron_nodes(b->core, n, true);
  if (nodes)
    deck_line(b, "xn%u %s ms_neuron", n, nodes);
  else
    deck_fail(b, MS_ENOMEM, "out of memory writing a deck");
  free(nodes);
  write_initials(b, (int)n);
}

int ms_deck_flat(const ms_core *core, const ms_pvt *pvt, unsigned n_neuron, const uint16_t *code,
                 ms_deck **out, ms_error *err) {
  deck_builder b;
  *out = NULL;
  if (n_neuron < 1 || n_neuron > 4096)
    return ms_fail(err, MS_ERANGE, "%u neurons; allowed in a flat deck: 1 to 4096", n_neuron);
  if (!deck_begin(&b, core, pvt, "flat netlist", err)) {
    write_neuron_cells(&b);
    deck_biases(&b, code, UINT64_MAX, false);
    for (size_t i = 0; i < core->n_bias; i++)
      deck_line(&b, "cb%zu b%zu 0 %.10g", i, i, core->decap_f);
    char *nodes = neuron_nodes(core, 0, false);
    if (nodes) {
      deck_line(&b, ".subckt ms_neuron %s", nodes);
      write_neuron(&b);
      deck_line(&b, ".ends");
    } else
      deck_fail(&b, MS_ENOMEM, "out of memory writing a deck");
    free(nodes);
    for (unsigned n = 0; n < n_neuron && !b.rc; n++)
      write_flat_neuron(&b, n);
  }
  return deck_end(&b, out);
}
