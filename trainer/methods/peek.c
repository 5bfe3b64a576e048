/* SPDX-License-Identifier: Apache-2.0 */
/* What a finished training found, from its checkpoint alone. */
#include "methods/peek.h"

#include "experiment/h5.h"
#include "methods/state.h"

#include <stdlib.h>
#include <string.h>

static int read_floats(ms_h5 *h5, const char *name, size_t n, float **out, ms_error *err) {
  double *v;
  size_t found;
  int rc = ms_h5_doubles(h5, name, &v, &found, err);
  if (!rc && found != n)
    rc = ms_fail(err, MS_EINVAL, "%s: holds %zu weights, but the experiment's network has %zu",
                 h5->path, found, n);
  if (!rc && !(*out = malloc((n + 1) * sizeof **out)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for %zu weights", n);
  for (size_t i = 0; !rc && i < n; i++)
    (*out)[i] = (float)v[i];
  free(v);
  return rc;
}

static int read_dies(ms_h5 *h5, ms_state_peek *out, ms_error *err) {
  double *v;
  size_t n;
  int rc = ms_h5_doubles(h5, "dies", &v, &n, err);
  if (rc)
    return rc;
  n /= MS_STATE_DIE_FIELDS;
  out->training_die = calloc(n + 1, sizeof *out->training_die);
  for (size_t i = 0; out->training_die && i < n; i++)
    if (!(v[i * MS_STATE_DIE_FIELDS + 1] > 0))
      out->training_die[out->n_training_die++] = (uint64_t)v[i * MS_STATE_DIE_FIELDS];
  free(v);
  return out->training_die ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for %zu dies", n);
}

static int read_model(ms_h5 *h5, ms_neuron_model *out, ms_error *err) {
  uint64_t *words;
  size_t n;
  int rc = ms_h5_integers(h5, "model", &words, &n, err);
  if (!rc && n * sizeof *words < sizeof *out)
    rc = ms_fail(err, MS_EPARSE, "%s: its model is damaged or of another version", h5->path);
  if (!rc)
    memcpy(out, words, sizeof *out);
  free(words);
  return rc;
}

static int check_phase(ms_h5 *h5, ms_error *err) {
  uint64_t *integers;
  size_t n;
  int rc = ms_h5_integers(h5, "integers", &integers, &n, err);
  if (!rc && (n < 2 || integers[1] < MS_PHASE_EVALUATE))
    rc = ms_fail(err, MS_EINVAL, "%s: the training is not finished; continue it with --resume",
                 h5->path);
  free(integers);
  return rc;
}

int ms_state_peek_read(const char *path, size_t n_weight, ms_state_peek *out, ms_error *err) {
  *out = (ms_state_peek){0};
  ms_h5 h5;
  int rc = ms_h5_open(path, &h5, err);
  if (rc)
    return rc;
  (void)((rc = check_phase(&h5, err)) ||
         (rc = read_floats(&h5, "weight", n_weight, &out->weight, err)) ||
         (rc = read_floats(&h5, "offline", n_weight, &out->offline, err)) ||
         (rc = read_dies(&h5, out, err)) || (rc = read_model(&h5, &out->model, err)));
  ms_h5_close(&h5);
  return rc;
}

void ms_state_peek_clear(ms_state_peek *peek) {
  free(peek->weight);
  free(peek->offline);
  free(peek->training_die);
  *peek = (ms_state_peek){0};
}
