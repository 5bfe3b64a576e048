/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a YAML document, shared by the parser and the getters. */
#ifndef MIXSPIKE_YAML_NODE_H
#define MIXSPIKE_YAML_NODE_H

#include "yaml/yaml.h"

typedef enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP } node_kind;

struct ms_yaml_node {
  node_kind kind;
  bool used; /* some getter took it */
  int line;  /* from 1; of a mapping's value: the line of its key */
  ms_yaml *doc;
  ms_yaml_node *parent;
  char *key;    /* in a mapping */
  size_t index; /* in a list */
  char *text;   /* of a scalar */
  size_t n_child, room;
  ms_yaml_node **child;
  char **asked; /* of a mapping: the keys that getters asked for */
  size_t n_asked;
};

struct ms_yaml {
  char *name;
  ms_yaml_node *root;
  size_t n_node;
  ms_error error;
};

#endif
