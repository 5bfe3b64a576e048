/* SPDX-License-Identifier: Apache-2.0 */
/* Texts between ranks over MPI; see transport.h. Errors are returned, not fatal, so that a job
 * outlives its ranks where the MPI library lets it (Open MPI: mpirun --enable-recovery). */
#include "study/transport.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

/* A text under way; MPI reads it until the request is done. */
typedef struct parcel {
  struct parcel *next;
  MPI_Request request;
  char text[];
} parcel;

typedef struct transport {
  ms_transport is;
  int own; /* MPI was not initialised by somebody else */
  parcel *first;
} transport;

enum { TAG = 6 };

static void collect(transport *t) {
  for (parcel **at = &t->first; *at;) {
    parcel *p = *at;
    int done = 0;
    if (MPI_Test(&p->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || done) {
      *at = p->next;
      free(p);
    } else {
      at = &p->next;
    }
  }
}

static int send_text(ms_transport *is, int rank, const char *text) {
  transport *t = (transport *)is;
  size_t n = strlen(text) + 1;
  collect(t);
  parcel *p = malloc(sizeof *p + n);
  if (!p)
    return -1;
  memcpy(p->text, text, n);
  if (MPI_Isend(p->text, (int)n, MPI_CHAR, rank, TAG, MPI_COMM_WORLD, &p->request) != MPI_SUCCESS) {
    free(p);
    return 0;
  }
  p->next = t->first;
  t->first = p;
  return 0;
}

static char *receive_text(ms_transport *is, int *rank) {
  transport *t = (transport *)is;
  MPI_Status status;
  int found = 0, n = 0;
  collect(t);
  if (MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &found, &status) != MPI_SUCCESS || !found ||
      MPI_Get_count(&status, MPI_CHAR, &n) != MPI_SUCCESS || n < 1)
    return NULL;
  char *text = malloc((size_t)n);
  *rank = status.MPI_SOURCE;
  if (text && MPI_Recv(text, n, MPI_CHAR, *rank, TAG, MPI_COMM_WORLD, &status) != MPI_SUCCESS) {
    free(text);
    return NULL;
  }
  return text;
}

/* MPI_Finalize waits for all ranks, so it is left out where one is gone; what is still under way
 * then stays allocated until the process ends. */
static void end(ms_transport *is, int complete) {
  transport *t = (transport *)is;
  if (complete) {
    while (t->first)
      collect(t);
    if (t->own)
      MPI_Finalize();
  }
  free(t);
}

__attribute__((visibility("default"))) ms_transport_open_function ms_transport_open;
__attribute__((visibility("default"))) ms_transport_version_function ms_transport_version;

int ms_transport_open(ms_transport **out) {
  int initialised = 0, finalised = 0;
  MPI_Initialized(&initialised);
  MPI_Finalized(&finalised);
  transport *t = finalised ? NULL : calloc(1, sizeof *t);
  if (!t)
    return -1;
  t->own = !initialised;
  if (t->own && MPI_Init(NULL, NULL) != MPI_SUCCESS) {
    free(t);
    return -1;
  }
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &t->is.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &t->is.size);
  t->is.send = send_text;
  t->is.receive = receive_text;
  t->is.end = end;
  *out = &t->is;
  return 0;
}

int ms_transport_version(char *text, size_t size) {
  char version[MPI_MAX_LIBRARY_VERSION_STRING];
  int n;
  if (MPI_Get_library_version(version, &n) != MPI_SUCCESS)
    return -1;
  version[strcspn(version, ",\n")] = '\0';
  strncpy(text, version, size - 1);
  text[size - 1] = '\0';
  return 0;
}
