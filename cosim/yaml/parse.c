/* SPDX-License-Identifier: Apache-2.0 */
/* From libyaml's events to a tree. Events rather than its document interface: limits hold while
 * reading, and aliases, tags and equal keys are still visible. */
#include "yaml/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct reader {
  yaml_parser_t parser;
  ms_yaml *doc;
  ms_error *err;
} reader;

static int fail_line(reader *r, size_t line, int code, const char *text) {
  return ms_fail(r->err, code, "%s:%zu: %s", r->doc->name, line, text);
}

static void node_destroy(ms_yaml_node *node) {
  if (!node)
    return;
  for (size_t i = 0; i < node->n_child; i++)
    node_destroy(node->child[i]);
  for (size_t i = 0; i < node->n_asked; i++)
    free(node->asked[i]);
  free(node->asked);
  free(node->child);
  free(node->key);
  free(node->text);
  free(node);
}

void ms_yaml_destroy(ms_yaml *doc) {
  if (!doc)
    return;
  node_destroy(doc->root);
  free(doc->name);
  free(doc);
}

static int add_child(reader *r, ms_yaml_node *parent, ms_yaml_node *child) {
  if (parent->n_child == parent->room) {
    size_t room = parent->room ? 2 * parent->room : 8;
    ms_yaml_node **grown = reallocarray(parent->child, room, sizeof(void *));
    if (!grown)
      return ms_fail(r->err, MS_ENOMEM, "out of memory reading %s", r->doc->name);
    parent->child = grown;
    parent->room = room;
  }
  child->index = parent->n_child;
  parent->child[parent->n_child++] = child;
  child->parent = parent;
  return 0;
}

static int new_node(reader *r, node_kind kind, size_t line, ms_yaml_node **out) {
  if (++r->doc->n_node > MS_YAML_MAX_NODES)
    return fail_line(r, line, MS_EREFUSED, "the file holds too many values");
  *out = calloc(1, sizeof **out);
  if (!*out)
    return ms_fail(r->err, MS_ENOMEM, "out of memory reading %s", r->doc->name);
  (*out)->kind = kind;
  (*out)->line = (int)line;
  (*out)->doc = r->doc;
  return 0;
}

/* The next event; refuses what no manifest needs. */
static int next_event(reader *r, yaml_event_t *event) {
  if (!yaml_parser_parse(&r->parser, event)) {
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
      return ms_fail(r->err, MS_ENOMEM, "out of memory reading %s", r->doc->name);
    size_t line = p->error == YAML_READER_ERROR ? p->mark.line : p->problem_mark.line;
    return ms_fail(r->err, MS_EPARSE, "%s:%zu: not valid YAML: %s%s%s", r->doc->name, line + 1,
                   p->problem ? p->problem : "unreadable text", p->context ? " " : "",
                   p->context ? p->context : "");
  }
  size_t line = event->start_mark.line + 1;
  const void *anchor = NULL, *tag = NULL;
  if (event->type == YAML_SCALAR_EVENT)
    anchor = event->data.scalar.anchor, tag = event->data.scalar.tag;
  else if (event->type == YAML_SEQUENCE_START_EVENT)
    anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
  else if (event->type == YAML_MAPPING_START_EVENT)
    anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
  int rc = 0;
  if (anchor || event->type == YAML_ALIAS_EVENT)
    rc = fail_line(r, line, MS_EREFUSED,
                   "anchors (&) and aliases (*) are not accepted; write the values out, or quote "
                   "a text that starts with such a sign");
  else if (tag)
    rc = fail_line(r, line, MS_EREFUSED, "tags (!) are not accepted; quote a text that has one");
  if (rc)
    yaml_event_delete(event);
  return rc;
}

static int copy_text(reader *r, const yaml_event_t *event, char **out) {
  size_t n = event->data.scalar.length;
  const char *text = (const char *)event->data.scalar.value;
  if (memchr(text, 0, n))
    return fail_line(r, event->start_mark.line + 1, MS_EREFUSED, "a text holds a NUL character");
  *out = strndup(text, n);
  return *out ? 0 : ms_fail(r->err, MS_ENOMEM, "out of memory reading %s", r->doc->name);
}

static int read_value(reader *r, yaml_event_t *event, int depth, ms_yaml_node **out);

static int read_list(reader *r, ms_yaml_node *list, int depth) {
  for (;;) {
    yaml_event_t event;
    int rc = next_event(r, &event);
    if (rc)
      return rc;
    if (event.type == YAML_SEQUENCE_END_EVENT) {
      yaml_event_delete(&event);
      return 0;
    }
    ms_yaml_node *item = NULL;
    rc = read_value(r, &event, depth + 1, &item);
    if (!rc)
      rc = add_child(r, list, item);
    if (rc) {
      node_destroy(item);
      return rc;
    }
  }
}

static int check_key(reader *r, const ms_yaml_node *map, const char *key, size_t line) {
  if (map->n_child >= MS_YAML_MAX_KEYS)
    return fail_line(r, line, MS_EREFUSED, "a mapping has too many keys");
  if (!*key)
    return fail_line(r, line, MS_EPARSE, "empty key");
  for (size_t i = 0; i < map->n_child; i++)
    if (!strcmp(map->child[i]->key, key))
      return ms_fail(r->err, MS_EPARSE, "%s:%zu: key '%.80s' is given twice, first in line %d",
                     r->doc->name, line, key, map->child[i]->line);
  return 0;
}

static int read_map(reader *r, ms_yaml_node *map, int depth) {
  for (;;) {
    yaml_event_t event;
    int rc = next_event(r, &event);
    if (rc)
      return rc;
    if (event.type == YAML_MAPPING_END_EVENT) {
      yaml_event_delete(&event);
      return 0;
    }
    size_t line = event.start_mark.line + 1;
    char *key = NULL;
    if (event.type != YAML_SCALAR_EVENT)
      rc = fail_line(r, line, MS_EPARSE, "a key must be a plain word");
    else
      rc = copy_text(r, &event, &key);
    yaml_event_delete(&event);
    if (!rc)
      rc = check_key(r, map, key, line);
    ms_yaml_node *value = NULL;
    if (!rc)
      rc = next_event(r, &event);
    if (!rc)
      rc = read_value(r, &event, depth + 1, &value);
    if (!rc)
      rc = add_child(r, map, value);
    if (rc) {
      free(key);
      node_destroy(value);
      return rc;
    }
    value->key = key;
    value->line = (int)line;
  }
}

/* Takes over the event. On failure *out may hold a part, which the caller destroys. */
static int read_value(reader *r, yaml_event_t *event, int depth, ms_yaml_node **out) {
  size_t line = event->start_mark.line + 1;
  int rc = 0;
  if (depth > MS_YAML_MAX_DEPTH)
    rc = fail_line(r, line, MS_EREFUSED, "values are nested too deeply");
  else if (event->type == YAML_SCALAR_EVENT) {
    rc = new_node(r, NODE_SCALAR, line, out);
    if (!rc && *out)
      rc = copy_text(r, event, &(*out)->text);
  } else if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT) {
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    rc = new_node(r, list ? NODE_LIST : NODE_MAP, line, out);
    if (!rc && *out)
      rc = list ? read_list(r, *out, depth) : read_map(r, *out, depth);
  } else
    rc = fail_line(r, line, MS_EPARSE, "the file is empty; it must hold keys and values");
  yaml_event_delete(event);
  return rc;
}

static int read_document(reader *r) {
  bool root = false;
  for (;;) {
    yaml_event_t event;
    int rc = next_event(r, &event);
    if (rc)
      return rc;
    size_t line = event.start_mark.line + 1;
    switch (event.type) {
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
      break;
    case YAML_STREAM_END_EVENT:
      yaml_event_delete(&event);
      return root
                 ? 0
                 : fail_line(r, line, MS_EPARSE, "the file is empty; it must hold keys and values");
    case YAML_DOCUMENT_START_EVENT:
      if (root)
        rc = fail_line(r, line, MS_EPARSE, "only one document a file is accepted");
      break;
    default:
      rc = read_value(r, &event, 1, &r->doc->root);
      if (rc)
        return rc;
      root = true;
      continue;
    }
    yaml_event_delete(&event);
    if (rc)
      return rc;
  }
}

int ms_yaml_parse(const char *name, const char *text, size_t n, ms_yaml **out, ms_error *err) {
  *out = NULL;
  if (n > MS_YAML_MAX_BYTES)
    return ms_fail(err, MS_EREFUSED, "%s: larger than %d MiB", name, MS_YAML_MAX_BYTES >> 20);
  reader r = {.doc = calloc(1, sizeof *r.doc), .err = err};
  if (!r.doc || !(r.doc->name = strdup(name)) || !yaml_parser_initialize(&r.parser)) {
    ms_yaml_destroy(r.doc);
    return ms_fail(err, MS_ENOMEM, "out of memory reading %s", name);
  }
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
  yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
  int rc = read_document(&r);
  yaml_parser_delete(&r.parser);
  if (rc) {
    ms_yaml_destroy(r.doc);
    return rc;
  }
  *out = r.doc;
  return 0;
}

int ms_yaml_read(const char *path, ms_yaml **out, ms_error *err) {
  *out = NULL;
  FILE *f = fopen(path, "rbe");
  if (!f)
    return ms_fail(err, errno == ENOENT ? MS_EMISSING : MS_EIO, "%s: cannot be opened: %s", path,
                   strerror(errno));
  char *text = malloc(MS_YAML_MAX_BYTES + 1);
  if (!text) {
    fclose(f);
    return ms_fail(err, MS_ENOMEM, "out of memory reading %s", path);
  }
  size_t n = fread(text, 1, MS_YAML_MAX_BYTES + 1, f);
  int bad = ferror(f), why = errno;
  fclose(f);
  int rc = bad ? ms_fail(err, MS_EIO, "%s: cannot be read: %s", path, strerror(why))
               : ms_yaml_parse(path, text, n, out, err);
  free(text);
  return rc;
}
