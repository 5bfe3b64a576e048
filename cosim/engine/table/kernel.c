/* SPDX-License-Identifier: Apache-2.0 */
/* Picks the build of the solver that suits this processor. */
#include "engine/table/block.h"

extern const ms_kernel ms_kernel_generic;
#if defined(__x86_64__)
extern const ms_kernel ms_kernel_avx2;
#endif

const ms_kernel *ms_kernel_list(unsigned i) {
  const ms_kernel *usable[3] = {NULL};
  unsigned n = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    usable[n++] = &ms_kernel_avx2;
#endif
  usable[n++] = &ms_kernel_generic;
  return i < n ? usable[i] : NULL;
}
