/* SPDX-License-Identifier: Apache-2.0 */
/* SPICE lines as words; shared by the readers of cells, of listings and of decks. */
#ifndef MIXSPIKE_NETLIST_WORDS_H
#define MIXSPIKE_NETLIST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { MS_MAX_WORDS = 1000, MS_MAX_WORD = 160 };

/** A line cut in place: words are separated by blanks outside {} and ''; "name=value" is one word
 * also where the line has blanks around '='. */
typedef struct ms_words {
  char *buf;
  size_t n;
  char *word[MS_MAX_WORDS];
} ms_words;

/** Cuts a copy of `text`. @return false if there is no memory or too many words */
bool ms_words_cut(ms_words *words, const char *text);
void ms_words_free(ms_words *words);

/** Index of the first word from `from` on that is a parameter ("w=1u", "params:"); else n. */
size_t ms_words_first_param(const ms_words *words, size_t from);

/** How many node words follow the name of a device of this letter; -1: not a supported device;
 * 'x' gives 0: its nodes are all words before the subcircuit's name. */
int ms_spice_node_count(char letter);

/** A number as SPICE writes it: "1.5u", "2meg", "1e-12", trailing letters as unit ignored.
 * @return false if the whole word is not such a number */
bool ms_spice_number(const char *word, double *value);

#endif
