/* SPDX-License-Identifier: Apache-2.0 */
/* Physical quantities as text: units as powers of a few base units, prefixes as powers of ten. */
#include "yaml/unit.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASE_V, BASE_A, BASE_S, BASE_M, BASE_C, N_BASE };

typedef struct unit {
  int power[N_BASE];
  int exp10;
} unit;

static const struct symbol {
  const char *text, *noun;
  int power[N_BASE];
  int exp10;
  bool prefix;
} symbols[] = {
    {"V", "a voltage", {[BASE_V] = 1}, 0, true},
    {"A", "a current", {[BASE_A] = 1}, 0, true},
    {"s", "a time", {[BASE_S] = 1}, 0, true},
    {"m", "a length", {[BASE_M] = 1}, 0, true},
    {"F", "a capacitance", {[BASE_A] = 1, [BASE_S] = 1, [BASE_V] = -1}, 0, true},
    {"Hz", "a frequency", {[BASE_S] = -1}, 0, true},
    {"Ohm", "a resistance", {[BASE_V] = 1, [BASE_A] = -1}, 0, true},
    {"S", "a conductance", {[BASE_A] = 1, [BASE_V] = -1}, 0, true},
    {"W", "a power", {[BASE_V] = 1, [BASE_A] = 1}, 0, true},
    {"J", "an energy", {[BASE_V] = 1, [BASE_A] = 1, [BASE_S] = 1}, 0, true},
    {"C", "a temperature", {[BASE_C] = 1}, 0, false},
    {"degC", NULL, {[BASE_C] = 1}, 0, false},
    {"\xc2\xb0"
     "C",
     NULL,
     {[BASE_C] = 1},
     0,
     false},
    {"%", NULL, {0}, -2, false},
    {"1", "a ratio", {0}, 0, false},
    {"ohm", NULL, {[BASE_V] = 1, [BASE_A] = -1}, 0, true},
};

static const struct prefix {
  const char *text;
  int exp10;
} prefixes[] = {{"a", -18},       {"f", -15},       {"p", -12}, {"n", -9}, {"u", -6},
                {"\xc2\xb5", -6}, {"\xce\xbc", -6}, /* the two code points of the micro sign */
                {"m", -3},        {"k", 3},         {"M", 6},   {"G", 9},  {"T", 12}};

#define COUNT(a) (sizeof(a) / sizeof *(a))

double ms_strtod(const char *text, char **end) {
  locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  double value = strtod_l(text, end, c);
  if (c)
    freelocale(c);
  return value;
}

static const struct symbol *find_symbol(const char *text, size_t n, int *exp10) {
  for (size_t i = 0; i < COUNT(symbols); i++)
    if (strlen(symbols[i].text) == n && !strncmp(symbols[i].text, text, n)) {
      *exp10 = symbols[i].exp10;
      return &symbols[i];
    }
  for (size_t p = 0; p < COUNT(prefixes); p++) {
    size_t k = strlen(prefixes[p].text);
    if (k >= n || strncmp(prefixes[p].text, text, k) != 0)
      continue;
    for (size_t i = 0; i < COUNT(symbols); i++)
      if (symbols[i].prefix && strlen(symbols[i].text) == n - k &&
          !strncmp(symbols[i].text, text + k, n - k)) {
        *exp10 = prefixes[p].exp10;
        return &symbols[i];
      }
  }
  return NULL;
}

static bool unit_parse(const char *text, unit *out) {
  *out = (unit){0};
  int sign = 1;
  for (const char *s = text;; s++) {
    size_t n = 0;
    while (isalpha((unsigned char)s[n]) || s[n] == '%' || (unsigned char)s[n] >= 0x80)
      n++;
    if (n == 0 && *s == '1')
      n = 1;
    int exp10 = 0, power = 1;
    const struct symbol *found = n ? find_symbol(s, n, &exp10) : NULL;
    if (!found)
      return false;
    s += n;
    if (*s == '^' || isdigit((unsigned char)*s)) {
      s += *s == '^';
      if (*s < '1' || *s > '4')
        return false;
      power = *s++ - '0';
    }
    for (int i = 0; i < N_BASE; i++)
      out->power[i] += sign * power * found->power[i];
    out->exp10 += sign * power * exp10;
    if (!*s)
      return true;
    if (*s != '.' && *s != '*' && *s != '/')
      return false;
    sign = *s == '/' ? -1 : 1;
  }
}

/* Length of the decimal number at s; its mantissa's length and its own exponent. */
static size_t scan_number(const char *s, size_t *mantissa, int *exp10) {
  size_t i = 0, digits = 0;
  if (s[i] == '+' || s[i] == '-')
    i++;
  for (; isdigit((unsigned char)s[i]); i++)
    digits++;
  if (s[i] == '.')
    for (i++; isdigit((unsigned char)s[i]); i++)
      digits++;
  if (!digits)
    return 0;
  *mantissa = i;
  *exp10 = 0;
  if (s[i] == 'e' || s[i] == 'E') {
    size_t k = i + 1;
    if (s[k] == '+' || s[k] == '-')
      k++;
    size_t first = k;
    while (isdigit((unsigned char)s[k]))
      k++;
    if (k > first && k - first <= 4) {
      *exp10 = (int)strtol(s + i + 1, NULL, 10);
      i = k;
    }
  }
  return i;
}

int ms_quantity_parse(const char *text, const char *wanted, double *value) {
  size_t mantissa;
  int exp10;
  char number[96];
  unit want, have = {0};
  while (isspace((unsigned char)*text))
    text++;
  size_t n = scan_number(text, &mantissa, &exp10);
  if (!n || mantissa > sizeof number - 16)
    return MS_EPARSE;
  const char *rest = text + n;
  while (*rest == ' ')
    rest++;
  if (!unit_parse(wanted, &want))
    return MS_EUNIT;
  bool ratio = true;
  for (int i = 0; i < N_BASE; i++)
    ratio = ratio && want.power[i] == 0;
  if (!*rest && !ratio)
    return MS_EUNIT;
  if (*rest && !unit_parse(rest, &have))
    return MS_EUNIT;
  if (memcmp(have.power, want.power, sizeof have.power) != 0)
    return MS_EUNIT;
  snprintf(number, sizeof number, "%.*se%d", (int)mantissa, text, exp10 + have.exp10 - want.exp10);
  *value = ms_strtod(number, NULL);
  return isfinite(*value) ? MS_OK : MS_EPARSE;
}

const char *ms_quantity_format(double value, const char *wanted, char *buf, size_t n) {
  static const char *const scale[] = {"a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T"};
  unit u;
  bool prefix = unit_parse(wanted, &u) && value != 0 && isfinite(value) && *wanted != 'C' &&
                *wanted != '%' && *wanted != '1';
  if (!prefix) {
    snprintf(buf, n, strcmp(wanted, "1") ? "%.6g %s" : "%.6g", value, wanted);
    return buf;
  }
  int k = (int)floor(log10(fabs(value)) / 3 + 1e-9);
  k = k < -6 ? -6 : k > 4 ? 4 : k;
  snprintf(buf, n, "%.6g %s%s", value / pow(10, 3.0 * k), scale[k + 6], wanted);
  return buf;
}

const char *ms_unit_noun(const char *wanted) {
  unit want, have;
  if (!unit_parse(wanted, &want))
    return NULL;
  for (size_t i = 0; i < COUNT(symbols); i++)
    if (symbols[i].noun && unit_parse(symbols[i].text, &have) &&
        !memcmp(have.power, want.power, sizeof have.power))
      return symbols[i].noun;
  return NULL;
}
