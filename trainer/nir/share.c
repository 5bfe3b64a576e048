/* SPDX-License-Identifier: Apache-2.0 */
/* Weight codes as shares of a neuron's threshold, and back. */
#include "nir/share.h"

#include "methods/fit_model.h"
#include "model/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ms_shares_of(const ms_core *core, const ms_neuron_model *m, double pulse_s, ms_shares *out) {
  memset(out, 0, sizeof *out);
  out->n_code = 1u << core->dac_bits;
  out->n_row = m->n_row;
  double from = m->i0_a / m->igain_a, to = m->ithr_a / m->igain_a;
  double way = to - from + log(to / from);
  for (unsigned r = 0; r < m->n_row; r++) {
    unsigned sign = (unsigned)m->row[r].sign;
    out->of_sign[sign][out->n_of_sign[sign]++] = r;
    for (unsigned code = 1; code < out->n_code; code++) {
      double w = ms_fit_weight_of(m, r, code, pulse_s);
      if (sign == MS_INH) { /* from the threshold the membrane decays by exp(-w) */
        double left = from + (to - from) * exp(-w);
        w = (to - left + log(to / left)) / way;
      }
      out->share[r][code] = w;
    }
  }
}

unsigned ms_shares_row(const ms_shares *s, int sign, unsigned parallel, unsigned pre, unsigned k) {
  return s->of_sign[sign][ms_layer_row(parallel, pre, k, s->n_of_sign[sign])];
}

double ms_shares_weight(const ms_shares *s, int code, unsigned parallel, unsigned pre, unsigned k) {
  int sign = code > 0 ? MS_EXC : MS_INH;
  double share = s->share[ms_shares_row(s, sign, parallel, pre, k)][abs(code)];
  return code > 0 ? share : -share;
}

int ms_shares_code(const ms_shares *s, double weight, unsigned parallel, unsigned pre, unsigned k) {
  int sign = weight > 0 ? MS_EXC : MS_INH, best = 0;
  const double *share = s->share[ms_shares_row(s, sign, parallel, pre, k)];
  for (unsigned code = 1; code < s->n_code; code++)
    if (fabs(share[code] - fabs(weight)) < fabs(share[best] - fabs(weight)))
      best = (int)code;
  return weight > 0 ? best : -best;
}

double ms_shares_full(const ms_shares *s, int sign) {
  double most = 0;
  for (unsigned i = 0; i < s->n_of_sign[sign]; i++)
    most = fmax(most, s->share[s->of_sign[sign][i]][s->n_code - 1]);
  return most;
}
