/* SPDX-License-Identifier: Apache-2.0 */
/* MT19937, the generator behind published data sets. */
#include "tasks/mt19937.h"

enum { N = 624, M = 397 };

void ms_mt19937_seed(ms_mt19937 *mt, uint32_t seed) {
  mt->word[0] = seed;
  for (uint32_t i = 1; i < N; i++)
    mt->word[i] = 1812433253u * (mt->word[i - 1] ^ (mt->word[i - 1] >> 30)) + i;
  mt->next = N;
}

static void refill(ms_mt19937 *mt) {
  for (unsigned i = 0; i < N; i++) {
    uint32_t y = (mt->word[i] & 0x80000000u) | (mt->word[(i + 1) % N] & 0x7fffffffu);
    mt->word[i] = mt->word[(i + M) % N] ^ (y >> 1) ^ ((y & 1u) ? 0x9908b0dfu : 0u);
  }
  mt->next = 0;
}

uint32_t ms_mt19937_u32(ms_mt19937 *mt) {
  if (mt->next >= N)
    refill(mt);
  uint32_t y = mt->word[mt->next++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double ms_mt19937_double(ms_mt19937 *mt) {
  uint32_t high = ms_mt19937_u32(mt) >> 5, low = ms_mt19937_u32(mt) >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}
