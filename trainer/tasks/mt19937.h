/* SPDX-License-Identifier: Apache-2.0 */
/* MT19937 (Matsumoto and Nishimura 1998), the generator behind published data sets. */
#ifndef MS_MT19937_H
#define MS_MT19937_H

#include <stdint.h>

typedef struct ms_mt19937 {
  uint32_t word[624];
  unsigned next;
} ms_mt19937;

/** Plain 32-bit seeding (init_genrand of the authors). */
void ms_mt19937_seed(ms_mt19937 *mt, uint32_t seed);
uint32_t ms_mt19937_u32(ms_mt19937 *mt);
/** Uniform in [0, 1) with 53 bits, from two words (27 + 26 bits). */
double ms_mt19937_double(ms_mt19937 *mt);

#endif
