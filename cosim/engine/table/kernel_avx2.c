/* SPDX-License-Identifier: Apache-2.0 */
/* The solver for processors with AVX2 and FMA (this file is compiled for them). */
#define MS_KERNEL_NAME ms_kernel_avx2
#define MS_KERNEL_TEXT "avx2"
#include "engine/table/kernel.inc"
