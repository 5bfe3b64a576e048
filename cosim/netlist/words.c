/* SPDX-License-Identifier: Apache-2.0 */
/* SPICE lines as words. */
#include "netlist/words.h"

#include "yaml/unit.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Copies without the blanks around '=' (outside braces they only separate). */
static void squeeze(char *to, const char *from) {
  char *start = to;
  while (*from) {
    if (isspace((unsigned char)*from)) {
      const char *next = from;
      while (isspace((unsigned char)*next))
        next++;
      bool before = *next == '=' && next[1] != '=';
      bool after = to > start && to[-1] == '=' && !(to - start > 1 && strchr("=<>!", to[-2]));
      if (!before && !after)
        *to++ = ' ';
      from = next;
    } else
      *to++ = *from++;
  }
  *to = 0;
}

bool ms_words_cut(ms_words *words, const char *text) {
  words->n = 0;
  words->buf = malloc(strlen(text) + 1);
  if (!words->buf)
    return false;
  squeeze(words->buf, text);
  int depth = 0;
  bool quoted = false, inside = false;
  for (char *s = words->buf; *s; s++) {
    depth += (*s == '{') - (*s == '}');
    quoted ^= *s == '\'';
    if (*s == ' ' && depth <= 0 && !quoted) {
      *s = 0;
      inside = false;
    } else if (!inside) {
      if (words->n == MS_MAX_WORDS)
        return false;
      words->word[words->n++] = s;
      inside = true;
    }
  }
  return true;
}

void ms_words_free(ms_words *words) {
  free(words->buf);
  words->buf = NULL;
  words->n = 0;
}

size_t ms_words_first_param(const ms_words *words, size_t from) {
  for (size_t i = from; i < words->n; i++)
    if (strchr(words->word[i], '=') || !strcmp(words->word[i], "params:"))
      return i;
  return words->n;
}

int ms_spice_node_count(char letter) {
  switch (letter) {
  case 'm':
  case 'e':
  case 'g':
  case 's':
    return 4;
  case 'q':
  case 'j':
    return 3;
  case 'b':
  case 'c':
  case 'd':
  case 'f':
  case 'h':
  case 'i':
  case 'l':
  case 'r':
  case 'v':
  case 'w':
    return 2;
  case 'k':
  case 'x':
    return 0;
  default:
    return -1;
  }
}

bool ms_spice_number(const char *word, double *value) {
  static const struct {
    const char *text;
    double scale;
  } suffix[] = {{"meg", 1e6}, {"mil", 25.4e-6}, {"t", 1e12}, {"g", 1e9},
                {"k", 1e3},   {"m", 1e-3},      {"u", 1e-6}, {"n", 1e-9},
                {"p", 1e-12}, {"f", 1e-15},     {"a", 1e-18}};
  if (!isdigit((unsigned char)*word) && !strchr("+-.", *word))
    return false;
  char *end;
  double number = ms_strtod(word, &end);
  if (end == word || !isfinite(number) || strpbrk(word, "xX"))
    return false;
  for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++)
    if (!strncmp(end, suffix[i].text, strlen(suffix[i].text))) {
      number *= suffix[i].scale;
      break;
    }
  while (isalpha((unsigned char)*end))
    end++;
  *value = number;
  return *end == 0;
}
