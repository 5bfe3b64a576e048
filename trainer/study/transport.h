/* SPDX-License-Identifier: Apache-2.0 */
/* How the ranks of a study talk to each other: texts, in order between any two of them. MPI stands
 * in a module of its own (mpi.c), which is loaded where mixspike was started under it. */
#ifndef MS_STUDY_TRANSPORT_H
#define MS_STUDY_TRANSPORT_H

#include <stddef.h>

typedef struct ms_transport ms_transport;
struct ms_transport {
  int rank, size;
  /** Never waits. A rank that is gone gets nothing. Returns 0, or -1 without memory. */
  int (*send)(ms_transport *transport, int rank, const char *text);
  /** A text that has come, malloc'd; NULL: none, or no memory. Never waits. */
  char *(*receive)(ms_transport *transport, int *rank);
  /** Frees it. @param complete  every rank is still there and ends as well */
  void (*end)(ms_transport *transport, int complete);
};

/** The module's two symbols. */
#define MS_TRANSPORT_MODULE "mixspike-mpi.so"
#define MS_TRANSPORT_OPEN "ms_transport_open"
#define MS_TRANSPORT_VERSION "ms_transport_version"
typedef int ms_transport_open_function(ms_transport **out);
typedef int ms_transport_version_function(char *text, size_t size);

#endif
