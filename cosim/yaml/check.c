/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: finding them, remembering which were asked for, and the errors that follow. */
#include "yaml/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void remember(ms_yaml_node *map, const char *key) {
  for (size_t i = 0; i < map->n_asked; i++)
    if (!strcmp(map->asked[i], key))
      return;
  char **grown = realloc(map->asked, (map->n_asked + 1) * sizeof *grown);
  if (!grown)
    return; /* costs a word in a message, nothing else */
  map->asked = grown;
  if ((grown[map->n_asked] = strdup(key)))
    map->n_asked++;
}

ms_yaml_node *ms_yaml_find(ms_yaml_node *map, const char *key) {
  if (!map || map->kind != NODE_MAP)
    return NULL;
  remember(map, key);
  for (size_t i = 0; i < map->n_child; i++)
    if (!strcmp(map->child[i]->key, key)) {
      map->child[i]->used = true;
      return map->child[i];
    }
  return NULL;
}

/* "a.b[2].c" of a node into buf. */
static void path_of(const ms_yaml_node *node, char *buf, size_t n) {
  if (!node->parent) {
    *buf = 0;
    return;
  }
  path_of(node->parent, buf, n);
  size_t used = strlen(buf);
  if (node->parent->kind == NODE_LIST)
    snprintf(buf + used, n - used, "[%zu]", node->index);
  else
    snprintf(buf + used, n - used, "%s%.80s", used ? "." : "", node->key);
}

int ms_yaml_fail(ms_yaml_node *node, int code, const char *format, ...) {
  ms_yaml *doc = node->doc;
  if (doc->error.code)
    return doc->error.code;
  char path[200], text[500];
  va_list args;
  va_start(args, format);
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started in the line above
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  path_of(node, path, sizeof path);
  if (*path)
    return ms_fail(&doc->error, code, "%s:%d: key '%s': %s", doc->name, node->line, path, text);
  return ms_fail(&doc->error, code, "%s:%d: %s", doc->name, node->line, text);
}

static void unknown_key(ms_yaml_node *map, ms_yaml_node *child) {
  const char *const *asked = (const char *const *)map->asked;
  const char *near = ms_nearest_word(child->key, asked, map->n_asked);
  char all[400] = "";
  size_t used = 0;
  for (size_t i = 0; i < map->n_asked; i++) {
    int k = snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", map->asked[i]);
    used += (size_t)k < sizeof all - used ? (size_t)k : 0;
  }
  ms_yaml_fail(child, MS_EPARSE, "unknown%s%s%s; allowed: %s", near ? " (did you mean '" : "",
               near ? near : "", near ? "'?)" : "", map->n_asked ? all : "no key");
}

static void check_used(ms_yaml_node *node) {
  for (size_t i = 0; i < node->n_child && !node->doc->error.code; i++) {
    ms_yaml_node *child = node->child[i];
    if (node->kind == NODE_MAP && !child->used)
      unknown_key(node, child);
    else
      check_used(child);
  }
}

ms_yaml_node *ms_yaml_root(ms_yaml *doc) {
  if (doc->root->kind == NODE_MAP)
    return doc->root;
  ms_yaml_fail(doc->root, MS_EPARSE, "the file must hold keys and values (key: value)");
  return NULL;
}

int ms_yaml_status(const ms_yaml *doc, ms_error *err) {
  return doc->error.code ? ms_fail(err, doc->error.code, "%s", doc->error.text) : 0;
}

int ms_yaml_finish(ms_yaml *doc, ms_error *err) {
  if (!doc->error.code)
    check_used(doc->root);
  return ms_yaml_status(doc, err);
}

const char *ms_yaml_key(const ms_yaml_node *node) {
  return node && node->key ? node->key : "";
}

const char *ms_yaml_file(const ms_yaml_node *node) {
  return node ? node->doc->name : "";
}

int ms_yaml_line(const ms_yaml_node *node) {
  return node ? node->line : 0;
}

bool ms_yaml_is_map(const ms_yaml_node *node) {
  return node && node->kind == NODE_MAP;
}

bool ms_yaml_is_list(const ms_yaml_node *node) {
  return node && node->kind == NODE_LIST;
}

enum { WORD_MAX = 48 };

/* Levenshtein distance of two short words. */
static size_t distance(const char *a, const char *b) {
  size_t na = strlen(a), nb = strlen(b), row[WORD_MAX + 1];
  if (na > WORD_MAX || nb > WORD_MAX)
    return WORD_MAX;
  for (size_t j = 0; j <= nb; j++)
    row[j] = j;
  for (size_t i = 1; i <= na; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best)
        best = row[j] + 1;
      if (row[j - 1] + 1 < best)
        best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[nb];
}

const char *ms_nearest_word(const char *text, const char *const *word, size_t n) {
  size_t limit = strlen(text) / 3 + 1, best = limit + 1;
  const char *found = NULL;
  for (size_t i = 0; i < n; i++) {
    size_t d = distance(text, word[i]);
    if (d < best && d < strlen(word[i])) {
      best = d;
      found = word[i];
    }
  }
  return found;
}
