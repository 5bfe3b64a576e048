/* SPDX-License-Identifier: Apache-2.0 */
/* The solver for any processor. */
#define MS_KERNEL_NAME ms_kernel_generic
#define MS_KERNEL_TEXT "generic"
#include "engine/table/kernel.inc"
