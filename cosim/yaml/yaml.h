/* SPDX-License-Identifier: Apache-2.0 */
/* A strict YAML reader for manifests and experiments. A document is read whole; getters then take
 * typed values out of it by key. The first error stays in the document and later getters return
 * harmless values, so that a caller asks for everything and looks at the outcome once:
 *
 *   ms_yaml *doc;
 *   if (ms_yaml_read(path, &doc, err)) return err->code;
 *   ms_yaml_node *root = ms_yaml_root(doc), *supply = ms_yaml_map(root, "supply");
 *   p->vmin = ms_yaml_quantity(supply, "min", "V", 0.1, 10);
 *   if (ms_yaml_find(root, "include")) ...an optional key...
 *   int rc = ms_yaml_finish(doc, err);    // also: a key that nobody asked for is an error
 *   ms_yaml_destroy(doc);
 *
 * Every message starts with "file:line: key 'a.b[2].c': " and says what is allowed. */
#ifndef MIXSPIKE_YAML_YAML_H
#define MIXSPIKE_YAML_YAML_H

#include "mixspike/base.h"

#include <stdarg.h>
#include <stdbool.h>

typedef struct ms_yaml ms_yaml;
typedef struct ms_yaml_node ms_yaml_node;

/** Limits of a document: larger ones are refused before they cost anything. */
enum {
  MS_YAML_MAX_BYTES = 4 << 20,
  MS_YAML_MAX_DEPTH = 16,
  MS_YAML_MAX_NODES = 200000,
  MS_YAML_MAX_KEYS = 1000,
};

/** Reads a file. Refused: anchors, aliases, tags, several documents, equal keys in one mapping.
 * @param out  the document; free with ms_yaml_destroy
 * @return 0, MS_EMISSING (no such file), MS_EIO, MS_EPARSE, MS_EREFUSED (limits, anchors) */
int ms_yaml_read(const char *path, ms_yaml **out, ms_error *err);

/** The same from memory. @param name  stands for the file in messages */
int ms_yaml_parse(const char *name, const char *text, size_t n, ms_yaml **out, ms_error *err);
void ms_yaml_destroy(ms_yaml *doc);

/** The top mapping (an error is kept if the document is something else). */
ms_yaml_node *ms_yaml_root(ms_yaml *doc);

/** The first error so far, or 0. For callers that must stop early. */
int ms_yaml_status(const ms_yaml *doc, ms_error *err);

/** The first error, or the first key that no getter asked for, or 0. */
int ms_yaml_finish(ms_yaml *doc, ms_error *err);

/* ---- Getters. `key` NULL means the node itself (an item of a list). A NULL node is allowed
 * everywhere and gives 0, false, "" or NULL without an error of its own. What is returned belongs
 * to the document. Each getter makes a missing key an error; for optional keys use the `_or` forms
 * or ask ms_yaml_find first. */

/** The value of an optional key, or NULL; no error. */
ms_yaml_node *ms_yaml_find(ms_yaml_node *map, const char *key);

/** A mapping. */
ms_yaml_node *ms_yaml_map(ms_yaml_node *node, const char *key);
/** A list with min to max items. */
ms_yaml_node *ms_yaml_list(ms_yaml_node *node, const char *key, size_t min, size_t max);
/** How many items a list, or entries a mapping, has. */
size_t ms_yaml_count(const ms_yaml_node *node);
/** Item of a list or value of a mapping's i-th entry (for mappings with free names). */
ms_yaml_node *ms_yaml_item(ms_yaml_node *node, size_t i);
/** The key under which a node stands in its mapping; "" for list items. */
const char *ms_yaml_key(const ms_yaml_node *node);

/** A text that is not empty. */
const char *ms_yaml_string(ms_yaml_node *node, const char *key);
const char *ms_yaml_string_or(ms_yaml_node *node, const char *key, const char *fallback);
/** A name: letters, digits and '_', letter first, at most 63 characters. */
const char *ms_yaml_name(ms_yaml_node *node, const char *key);
/** One of the words of a NULL-terminated list; its index (0 after an error). */
int ms_yaml_choice(ms_yaml_node *node, const char *key, const char *const *word);
int ms_yaml_choice_or(ms_yaml_node *node, const char *key, const char *const *word, int fallback);
bool ms_yaml_bool(ms_yaml_node *node, const char *key);
bool ms_yaml_bool_or(ms_yaml_node *node, const char *key, bool fallback);
/** A whole number (decimal or 0x...) in min..max. */
int64_t ms_yaml_int(ms_yaml_node *node, const char *key, int64_t min, int64_t max);
int64_t ms_yaml_int_or(ms_yaml_node *node, const char *key, int64_t fallback, int64_t min,
                       int64_t max);
/** A number without unit in min..max (infinite: no limit). */
double ms_yaml_real(ms_yaml_node *node, const char *key, double min, double max);
double ms_yaml_real_or(ms_yaml_node *node, const char *key, double fallback, double min,
                       double max);
/** A number with unit ("5 pA"), given in `unit` (SI, no prefix), in min..max. See unit.h. */
double ms_yaml_quantity(ms_yaml_node *node, const char *key, const char *unit, double min,
                        double max);
double ms_yaml_quantity_or(ms_yaml_node *node, const char *key, const char *unit, double fallback,
                           double min, double max);
/** A time in picoseconds, rounded. */
ms_time ms_yaml_time(ms_yaml_node *node, const char *key, ms_time min, ms_time max);
ms_time ms_yaml_time_or(ms_yaml_node *node, const char *key, ms_time fallback, ms_time min,
                        ms_time max);

/* ---- For the caller's own checks. */

/** Keeps an error at a node ("file:line: key 'x': text") unless there is one already.
 * @return code */
int ms_yaml_fail(ms_yaml_node *node, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** File and line (from 1) of a node. */
const char *ms_yaml_file(const ms_yaml_node *node);
int ms_yaml_line(const ms_yaml_node *node);
/** Whether the node is a mapping, or a list (else it is a single value). */
bool ms_yaml_is_map(const ms_yaml_node *node);
bool ms_yaml_is_list(const ms_yaml_node *node);

/** Of the words, the one most like `text`, or NULL if none is near. For "did you mean". */
const char *ms_nearest_word(const char *text, const char *const *word, size_t n);

#endif
