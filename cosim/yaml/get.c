/* SPDX-License-Identifier: Apache-2.0 */
/* Typed getters: each value is checked where it is taken, each message names file, line and key. */
#include "yaml/node.h"
#include "yaml/unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Finds what a getter is asked for: the node itself or the value of a key; NULL after an error. */
static ms_yaml_node *want(ms_yaml_node *node, const char *key) {
  if (!node || node->doc->error.code)
    return NULL;
  if (!key) {
    node->used = true;
    return node;
  }
  if (node->kind != NODE_MAP) {
    ms_yaml_fail(node, MS_EPARSE, "must be a mapping with key '%s'", key);
    return NULL;
  }
  ms_yaml_node *child = ms_yaml_find(node, key);
  if (child || node->doc->error.code)
    return child;
  const char *present[MS_YAML_MAX_KEYS];
  size_t n = 0;
  for (size_t i = 0; i < node->n_child; i++)
    if (!node->child[i]->used)
      present[n++] = node->child[i]->key;
  const char *near = ms_nearest_word(key, present, n);
  if (near)
    ms_yaml_fail(node, MS_EPARSE, "key '%s' is missing (is '%.80s' in line %d meant?)", key, near,
                 ms_yaml_find(node, near)->line);
  else
    ms_yaml_fail(node, MS_EPARSE, "key '%s' is missing", key);
  return NULL;
}

static ms_yaml_node *want_kind(ms_yaml_node *node, const char *key, node_kind kind) {
  static const char *const word[] = {"a single value", "a list", "a mapping (key: value)"};
  ms_yaml_node *found = want(node, key);
  if (!found || found->kind == kind)
    return found;
  /* An empty value ("key:") is a scalar without text; for a person it is just empty. */
  if (found->kind == NODE_SCALAR && !*found->text)
    ms_yaml_fail(found, MS_EPARSE, "is empty; %s is needed", word[kind]);
  else
    ms_yaml_fail(found, MS_EPARSE, "must be %s, not %s", word[kind], word[found->kind]);
  return NULL;
}

/* The text of a scalar that is not empty, or NULL after an error. */
static const char *want_text(ms_yaml_node *node, const char *key, const char *what,
                             ms_yaml_node **at) {
  *at = want_kind(node, key, NODE_SCALAR);
  if (!*at)
    return NULL;
  if (*(*at)->text)
    return (*at)->text;
  ms_yaml_fail(*at, MS_EPARSE, "is empty; %s is needed", what);
  return NULL;
}

ms_yaml_node *ms_yaml_map(ms_yaml_node *node, const char *key) {
  return want_kind(node, key, NODE_MAP);
}

ms_yaml_node *ms_yaml_list(ms_yaml_node *node, const char *key, size_t min, size_t max) {
  ms_yaml_node *list = want_kind(node, key, NODE_LIST);
  if (list && (list->n_child < min || list->n_child > max)) {
    ms_yaml_fail(list, MS_ERANGE, "has %zu items; allowed: %zu to %zu", list->n_child, min, max);
    return NULL;
  }
  return list;
}

size_t ms_yaml_count(const ms_yaml_node *node) {
  return node ? node->n_child : 0;
}

ms_yaml_node *ms_yaml_item(ms_yaml_node *node, size_t i) {
  if (!node || i >= node->n_child)
    return NULL;
  node->child[i]->used = true;
  return node->child[i];
}

const char *ms_yaml_string(ms_yaml_node *node, const char *key) {
  ms_yaml_node *at;
  const char *text = want_text(node, key, "a text", &at);
  return text ? text : "";
}

const char *ms_yaml_name(ms_yaml_node *node, const char *key) {
  ms_yaml_node *at;
  const char *text = want_text(node, key, "a name", &at);
  if (!text)
    return "";
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
  if (text[n] || !strchr(letters, text[0]) || n > 63) {
    ms_yaml_fail(at, MS_EPARSE,
                 "'%.80s' is not a name; allowed: letters, digits and '_', a letter first, at "
                 "most 63 characters",
                 text);
    return "";
  }
  return text;
}

int ms_yaml_choice(ms_yaml_node *node, const char *key, const char *const *word) {
  ms_yaml_node *at;
  const char *text = want_text(node, key, "a word", &at);
  if (!text)
    return 0;
  char all[300] = "";
  size_t n = 0, used = 0;
  for (; word[n]; n++) {
    if (!strcmp(text, word[n]))
      return (int)n;
    int k = snprintf(all + used, sizeof all - used, "%s%s", n ? ", " : "", word[n]);
    used += (size_t)k < sizeof all - used ? (size_t)k : 0;
  }
  const char *near = ms_nearest_word(text, word, n);
  ms_yaml_fail(at, MS_EPARSE, "'%.80s' is unknown%s%s%s; allowed: %s", text,
               near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", all);
  return 0;
}

bool ms_yaml_bool(ms_yaml_node *node, const char *key) {
  ms_yaml_node *at;
  const char *text = want_text(node, key, "true or false", &at);
  if (!text)
    return false;
  if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
    ms_yaml_fail(at, MS_EPARSE, "'%.80s' is neither; allowed: true, false", text);
  return !strcmp(text, "true");
}

int64_t ms_yaml_int(ms_yaml_node *node, const char *key, int64_t min, int64_t max) {
  ms_yaml_node *at;
  const char *text = want_text(node, key, "a whole number", &at);
  if (!text)
    return 0;
  char *end;
  errno = 0;
  bool hex = !strncmp(text, "0x", 2);
  long long value = strtoll(text, &end, hex ? 16 : 10);
  if (*end || strchr(" \t\n", *text))
    ms_yaml_fail(at, MS_EPARSE, "'%.80s' is not a whole number; allowed: %lld to %lld", text,
                 (long long)min, (long long)max);
  else if (errno || value < min || value > max)
    ms_yaml_fail(at, MS_ERANGE, "%.80s is out of range; allowed: %lld to %lld", text,
                 (long long)min, (long long)max);
  else
    return value;
  return 0;
}

/* "at least 1 V", "1 V to 2 V"; empty if everything is allowed. */
static const char *range_text(double min, double max, const char *unit, char *buf, size_t n) {
  char lo[48], hi[48];
  ms_quantity_format(min, unit, lo, sizeof lo);
  ms_quantity_format(max, unit, hi, sizeof hi);
  if (isinf(min) && isinf(max))
    snprintf(buf, n, "any number");
  else if (isinf(max))
    snprintf(buf, n, "at least %s", lo);
  else if (isinf(min))
    snprintf(buf, n, "at most %s", hi);
  else
    snprintf(buf, n, "%s to %s", lo, hi);
  return buf;
}

double ms_yaml_quantity(ms_yaml_node *node, const char *key, const char *unit, double min,
                        double max) {
  ms_yaml_node *at;
  const char *text = want_text(node, key, "a number with unit", &at);
  if (!text)
    return 0;
  double value = 0;
  char range[128];
  range_text(min, max, unit, range, sizeof range);
  int rc = ms_quantity_parse(text, unit, &value);
  const char *noun = ms_unit_noun(unit);
  if (rc == MS_EUNIT)
    ms_yaml_fail(at, rc, "'%.80s' is not %s in a unit like %s; allowed: %s", text,
                 noun ? noun : "a quantity", unit, range);
  else if (rc)
    ms_yaml_fail(at, rc, "'%.80s' is not a number with the unit %s; allowed: %s", text, unit,
                 range);
  else if (!(value >= min && value <= max))
    ms_yaml_fail(at, MS_ERANGE, "%.80s is out of range; allowed: %s", text, range);
  else
    return value;
  return 0;
}

double ms_yaml_real(ms_yaml_node *node, const char *key, double min, double max) {
  ms_yaml_node *at;
  const char *text = want_text(node, key, "a number", &at);
  if (!text)
    return 0;
  char range[128], *end;
  double value = ms_strtod(text, &end);
  range_text(min, max, "1", range, sizeof range);
  if (*end || !isfinite(value) || strpbrk(text, "xX \t\n"))
    ms_yaml_fail(at, MS_EPARSE, "'%.80s' is not a number without unit; allowed: %s", text, range);
  else if (!(value >= min && value <= max))
    ms_yaml_fail(at, MS_ERANGE, "%.80s is out of range; allowed: %s", text, range);
  else
    return value;
  return 0;
}

ms_time ms_yaml_time(ms_yaml_node *node, const char *key, ms_time min, ms_time max) {
  double t_s = ms_yaml_quantity(node, key, "s", ms_time_to_s(min), ms_time_to_s(max));
  return ms_time_from_s(t_s);
}

#define OR(type, name, call, ...)                                                                  \
  type ms_yaml_##name##_or(ms_yaml_node *node, const char *key, __VA_ARGS__) {                     \
    if (key ? !ms_yaml_find(node, key) : !node)                                                    \
      return fallback;                                                                             \
    return call;                                                                                   \
  }
OR(const char *, string, ms_yaml_string(node, key), const char *fallback)
OR(bool, bool, ms_yaml_bool(node, key), bool fallback)
OR(int64_t, int, ms_yaml_int(node, key, min, max), int64_t fallback, int64_t min, int64_t max)
OR(double, real, ms_yaml_real(node, key, min, max), double fallback, double min, double max)
OR(ms_time, time, ms_yaml_time(node, key, min, max), ms_time fallback, ms_time min, ms_time max)
OR(int, choice, ms_yaml_choice(node, key, word), const char *const *word, int fallback)
OR(double, quantity, ms_yaml_quantity(node, key, unit, min, max), const char *unit, double fallback,
   double min, double max)
