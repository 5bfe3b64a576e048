/* SPDX-License-Identifier: Apache-2.0 */
/* Functions marked with this are compiled for wide vectors as well and chosen when the program
 * starts. Sanitizers do not get along with that choice. */
#ifndef MS_MODEL_VECTOR_H
#define MS_MODEL_VECTOR_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MS_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MS_VECTOR
#endif

#endif
