/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a manifest: reading it and taking values out of it must end in values or in a
 * message. */
#include "yaml/yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Asks every node for everything. */
static void visit(ms_yaml_node *node, const char *key) {
  static const char *const words[] = {"model", "subcircuit", NULL};
  ms_yaml_string_or(node, key, "");
  ms_yaml_int_or(node, key, 0, -5, 1000);
  ms_yaml_real_or(node, key, 0, -1e9, 1e9);
  ms_yaml_quantity_or(node, key, "F/m^2", 0, 0, 1);
  ms_yaml_time_or(node, key, 0, 0, 1000000000);
  ms_yaml_choice_or(node, key, words, 0);
  ms_yaml_bool_or(node, key, false);
  ms_yaml_name(node, key);
}

static void walk(ms_yaml_node *node) {
  for (size_t i = 0; i < ms_yaml_count(node); i++) {
    ms_yaml_node *item = ms_yaml_item(node, i);
    if (ms_yaml_is_map(item) || ms_yaml_is_list(item))
      walk(item);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* The first byte chooses what is asked for first: after an error getters only pass through. */
  if (!size)
    return 0;
  unsigned first = data[0] % 8;
  ms_error err = {0};
  ms_yaml *doc = NULL;
  int rc = ms_yaml_parse("fuzz.yaml", (const char *)data + 1, size - 1, &doc, &err);
  if ((rc == 0) != (doc != NULL) || (rc && !*err.text))
    abort();
  if (!doc)
    return 0;
  ms_yaml_node *root = ms_yaml_root(doc);
  walk(root);
  ms_yaml_node *item = ms_yaml_item(root, first);
  visit(item, NULL);
  visit(root, "name");
  visit(ms_yaml_map(root, "supply"), "min");
  rc = ms_yaml_finish(doc, &err);
  if (rc && (!*err.text || strncmp(err.text, "fuzz.yaml:", 10) != 0))
    abort();
  ms_yaml_destroy(doc);
  return 0;
}
