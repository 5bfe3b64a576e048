/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks of a study: how they find each other, and what all but the first do. */
#include "base/clock.h"
#include "engine/ngspice/spawn.h"
#include "study/hands.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the launchers of MPI jobs set in their ranks. */
static int under_mpi(void) {
  static const char *const name[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK",
                                     "MV2_COMM_WORLD_SIZE"};
  for (size_t i = 0; i < sizeof name / sizeof *name; i++)
    if (getenv(name[i]))
      return 1;
  return 0;
}

/* The module stays loaded: MPI libraries do not survive being unloaded. */
static void *load_symbol(const char *symbol) {
  char path[4096];
  if (ms_spawn_find_part(MS_TRANSPORT_MODULE, path, sizeof path))
    return NULL;
  /* Open MPI loads plug-ins of its own, which look for its symbols among the global ones. */
  void *module = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  return module ? dlsym(module, symbol) : NULL;
}

int ms_study_join_ranks(ms_transport **out, ms_error *err) {
  *out = NULL;
  if (!under_mpi())
    return MS_OK;
  ms_transport_open_function *open =
      (ms_transport_open_function *)(size_t)load_symbol(MS_TRANSPORT_OPEN);
  if (!open)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "this was started under MPI, but mixspike was built without; install the Debian "
                   "packages libopenmpi-dev and openmpi-bin and build again, or start it alone");
  if (open(out))
    return ms_fail(err, MS_EIO, "MPI cannot be started");
  if ((*out)->size > 1)
    return MS_OK;
  (*out)->end(*out, 1);
  *out = NULL;
  return MS_OK;
}

int ms_study_mpi_version(char *text, size_t size) {
  ms_transport_version_function *version =
      (ms_transport_version_function *)(size_t)load_symbol(MS_TRANSPORT_VERSION);
  return version && !version(text, size) ? MS_OK : MS_EMISSING;
}

typedef struct relay {
  ms_study_crew *crew;
  ms_transport *ranks;
  unsigned jobs;
  double heard_s, told_s;
  int end;
} relay;

static int obey(relay *r, ms_error *err) {
  int rank, at = 0, rc = MS_OK;
  unsigned slot;
  char *text = r->ranks->receive(r->ranks, &rank);
  if (!text)
    return MS_OK;
  r->heard_s = ms_clock_s();
  if (!strcmp(text, "end\n")) {
    r->end = 1;
    if (r->ranks->send(r->ranks, 0, "bye\n"))
      rc = ms_fail(err, MS_ENOMEM, "no memory for a text");
  } else if (!strcmp(text, "stop\n"))
    ms_study_crew_stop(r->crew);
  else if (sscanf(text, "give %u\n%n", &slot, &at) == 1 && at && slot < r->jobs)
    rc = ms_study_crew_give(r->crew, slot, text + at, err);
  free(text);
  return rc;
}

static int report(relay *r, ms_error *err) {
  unsigned slot;
  char *text = NULL, *answer = ms_study_crew_wait(r->crew, MS_STUDY_POLL_MS, &slot);
  if (answer) {
    int lacks =
        asprintf(&text, "answer %u\n%s", slot, answer) < 0 || r->ranks->send(r->ranks, 0, text);
    free(answer);
    free(text);
    return lacks ? ms_fail(err, MS_ENOMEM, "no memory for an answer") : MS_OK;
  }
  if (ms_clock_s() - r->told_s > MS_STUDY_BEAT_S) {
    r->told_s = ms_clock_s();
    r->ranks->send(r->ranks, 0, "beat\n");
  }
  return MS_OK;
}

/* Whether all ranks end together. Rank 0 knows it once all have answered its "end". */
static int all_part(ms_transport *ranks) {
  const struct timespec pause = {.tv_nsec = 1000000};
  double until_s = ms_clock_s() + 2 * MS_STUDY_LOST_S;
  int over = 0, rank;
  for (int known = 0; !known && ms_clock_s() < until_s;) {
    char *text = ranks->receive(ranks, &rank);
    if (text) {
      over = !strcmp(text, "over\n");
      known = over || !strcmp(text, "part\n");
    } else {
      nanosleep(&pause, NULL);
    }
    free(text);
  }
  return over;
}

int ms_study_relay(ms_study_known *known, const char *folder, unsigned jobs, ms_transport *ranks,
                   int *complete, const volatile int *cancel, ms_error *err) {
  relay r = {.ranks = ranks, .jobs = jobs, .heard_s = ms_clock_s()};
  char hello[80];
  snprintf(hello, sizeof hello, "hello %llx %u\n", (unsigned long long)ms_study_files(known->study),
           jobs);
  int rc = ms_study_crew_create(known, folder, jobs, &r.crew, err);
  if (!rc && ranks->send(ranks, 0, hello))
    rc = ms_fail(err, MS_ENOMEM, "no memory for a text");
  while (!rc && !r.end) {
    if (cancel && *cancel)
      ms_study_crew_stop(r.crew);
    rc = obey(&r, err);
    if (!rc && !r.end)
      rc = report(&r, err);
    if (!rc && !r.end && ms_clock_s() - r.heard_s > 3 * MS_STUDY_LOST_S)
      rc = ms_fail(err, MS_ECRASH, "rank %d hears nothing from rank 0 any more", ranks->rank);
  }
  ms_study_crew_destroy(r.crew);
  *complete = r.end && all_part(ranks);
  return rc;
}
