/* SPDX-License-Identifier: Apache-2.0 */
/* Die identity: counter-based draws that depend on (seed, die, instance path, parameter) alone. */
#include "mixspike/base.h"

#include <Random123/philox.h>
#include <math.h>

/* FNV-1a, 64 bit: short, well spread over short ASCII paths, and the same everywhere. */
static uint64_t hash_path(const char *path) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const unsigned char *p = (const unsigned char *)path; *p; p++)
    h = (h ^ *p) * 0x100000001b3u;
  return h;
}

/* Uniform in (0, 1]: the logarithm of Box-Muller must not see zero. */
static double unit_open(uint64_t bits) {
  return ((double)(bits >> 11) + 1.0) * 0x1p-53;
}

double ms_die_draw(const ms_die *die, const char *path, ms_draw parameter) {
  philox4x64_ctr_t counter = {{hash_path(path), (uint64_t)parameter, 0, 0}};
  philox4x64_key_t key = {{die->seed, die->die}};
  philox4x64_ctr_t r = philox4x64_R(10, counter, key);
  double u1 = unit_open(r.v[0]), u2 = unit_open(r.v[1]);
  return die->strength * sqrt(-2.0 * log(u1)) * cos(6.283185307179586 * u2);
}
