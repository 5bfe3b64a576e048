/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as ngspice's expanded listing. */
#include "mixspike/netlist.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ms_corner corner = {.name = (char[]){"tt"}};
  ms_process process = {.device = {{.name = (char[]){"nmod"}, .avt_pair_vm = 7e-9},
                                   {.name = (char[]){"pmod"}, .subcircuit = true}},
                        .cap_f_per_m2 = 1e-3,
                        .n_corner = 1,
                        .corner = &corner};
  char *text = malloc(size + 1);
  if (!text)
    return 0;
  memcpy(text, data, size);
  text[size] = 0;
  ms_error err = {0};
  ms_circuit *circuit = NULL;
  int rc = ms_circuit_parse(text, &process, &circuit, &err);
  if ((rc == 0) != (circuit != NULL) || (rc && !*err.text))
    abort();
  ms_die die = {1, 1, 1};
  ms_pvt pvt = {0};
  for (size_t i = 0; circuit && i < circuit->n_element; i++) {
    const ms_element *e = &circuit->element[i];
    for (int k = 0; k < (e->kind == 'm' ? 4 : 2); k++)
      if (e->node[k] >= circuit->n_node)
        abort();
    ms_element_shift(e, &process, &die, &pvt, "n0.");
  }
  ms_circuit_destroy(circuit);
  free(text);
  return 0;
}
