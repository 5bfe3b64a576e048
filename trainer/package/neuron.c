/* SPDX-License-Identifier: Apache-2.0 */
/* A fitted neuron as JSON and back, number for number. */
#include "package/package_impl.h"

#include <cjson/cJSON.h>
#include <stddef.h>

typedef struct entry {
  const char *key;
  size_t at;
} entry;

#define SOMA(name)                                                                                 \
  { #name, offsetof(ms_neuron_model, name) }
#define ROW(name)                                                                                  \
  { #name, offsetof(ms_row_model, name) }
static const entry soma[] = {SOMA(tau_s),     SOMA(itau_a),  SOMA(igain_a), SOMA(ithr_a),
                             SOMA(compare_s), SOMA(i0_a),    SOMA(idc_a),   SOMA(t_ref_s),
                             SOMA(rise_s),    SOMA(fall_s),  SOMA(slope_v), SOMA(rest_v),
                             SOMA(power_w),   SOMA(spike_j), SOMA(event_j)};
static const entry row[] = {ROW(tau_s),    ROW(itau_a),  ROW(igain_a), ROW(i0_a),
                            ROW(iw_off_a), ROW(pulse_s), ROW(iw_curve)};
#undef SOMA
#undef ROW
enum { N_SOMA = sizeof soma / sizeof *soma, N_ROW = sizeof row / sizeof *row };

static void put(cJSON *object, const entry *e, size_t n, const void *base) {
  for (size_t i = 0; i < n; i++)
    cJSON_AddNumberToObject(object, e[i].key,
                            *(const double *)(const void *)((const char *)base + e[i].at));
}

static int take(const cJSON *object, const entry *e, size_t n, void *base) {
  for (size_t i = 0; i < n; i++) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, e[i].key);
    if (!cJSON_IsNumber(item))
      return 0;
    *(double *)(void *)((char *)base + e[i].at) = item->valuedouble;
  }
  return 1;
}

void ms_neuron_to_json(const ms_neuron_model *m, cJSON *out) {
  put(out, soma, N_SOMA, m);
  cJSON *rows = cJSON_AddArrayToObject(out, "rows");
  for (unsigned r = 0; r < m->n_row; r++) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "sign", m->row[r].sign);
    put(object, row, N_ROW, &m->row[r]);
    cJSON_AddItemToObject(object, "iw_bit_a",
                          cJSON_CreateDoubleArray(m->row[r].iw_bit_a, MS_MODEL_MAX_BITS));
    cJSON_AddItemToArray(rows, object);
  }
}

int ms_neuron_from_json(const cJSON *in, ms_neuron_model *m) {
  *m = (ms_neuron_model){0};
  const cJSON *rows = cJSON_GetObjectItemCaseSensitive(in, "rows"), *object;
  if (!take(in, soma, N_SOMA, m))
    return 0;
  cJSON_ArrayForEach(object, rows) {
    if (m->n_row == MS_MAX_ROWS)
      return 0;
    ms_row_model *r = &m->row[m->n_row++];
    const cJSON *sign = cJSON_GetObjectItemCaseSensitive(object, "sign");
    const cJSON *bits = cJSON_GetObjectItemCaseSensitive(object, "iw_bit_a");
    if (!cJSON_IsNumber(sign) || (sign->valueint != MS_EXC && sign->valueint != MS_INH) ||
        cJSON_GetArraySize(bits) != MS_MODEL_MAX_BITS || !take(object, row, N_ROW, r))
      return 0;
    r->sign = sign->valueint;
    for (int k = 0; k < MS_MODEL_MAX_BITS; k++)
      r->iw_bit_a[k] = cJSON_GetNumberValue(cJSON_GetArrayItem(bits, k));
  }
  return m->n_row > 0 && m->tau_s > 0 && m->i0_a > 0 && m->igain_a > 0 && m->ithr_a > m->i0_a;
}
