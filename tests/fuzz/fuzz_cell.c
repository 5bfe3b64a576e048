/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a cell's netlist. What is accepted must hold nothing that ngspice would run. */
#include "netlist/cell_text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!size)
    return 0;
  ms_error err = {0};
  ms_cell_text *text = NULL;
  int rc = ms_cell_text_parse("fuzz.cir", (const char *)data + 1, size - 1, "c", data[0] % 8 + 1,
                              &text, &err);
  if ((rc == 0) != (text != NULL) || (rc && !*err.text))
    abort();
  for (size_t i = 0; text && i < text->n_line; i++) {
    const char *s = text->line[i].text;
    if (*s == '*' || strchr(s, '\n') || !strncmp(s, ".control", 8) || !strncmp(s, ".inc", 4))
      abort();
  }
  ms_cell_text_destroy(text);
  return 0;
}
