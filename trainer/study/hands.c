/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a job can be given to; see hands.h. */
#include "study/hands.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct hand {
  int rank;
  unsigned slot;
  int busy;
  ms_study_job job;
} hand;

struct ms_study_hands {
  ms_study_known *known;
  ms_study_crew *crew;
  ms_transport *ranks;
  double *heard_s; /* [ranks->size] when a rank last spoke; negative: it is lost */
  double beat_s;
  size_t n;
  hand *hand;
};

static int add(ms_study_hands *h, int rank, unsigned n, ms_error *err) {
  hand *more = realloc(h->hand, (h->n + n) * sizeof *more);
  if (!more)
    return ms_fail(err, MS_ENOMEM, "no memory for %u processes", n);
  h->hand = more;
  for (unsigned slot = 0; slot < n; slot++)
    h->hand[h->n++] = (hand){.rank = rank, .slot = slot};
  return MS_OK;
}

int ms_study_hands_create(ms_study_known *known, const char *folder, unsigned jobs,
                          ms_transport *ranks, ms_study_hands **out, ms_error *err) {
  ms_study_hands *h = *out = calloc(1, sizeof *h);
  size_t n = ranks ? (size_t)ranks->size : 1;
  if (!h || !(h->heard_s = calloc(n, sizeof *h->heard_s))) {
    free(h);
    *out = NULL;
    return ms_fail(err, MS_ENOMEM, "no memory for %zu ranks", n);
  }
  h->known = known;
  h->ranks = ranks;
  for (size_t i = 0; i < n; i++)
    h->heard_s[i] = ms_clock_s();
  int rc = ms_study_crew_create(known, folder, jobs, &h->crew, err);
  return rc ? rc : add(h, 0, jobs, err);
}

static void tell_ranks(ms_study_hands *h, const char *text) {
  for (int r = 1; h->ranks && r < h->ranks->size; r++)
    if (h->heard_s[r] >= 0)
      h->ranks->send(h->ranks, r, text);
}

/* Ends the other ranks; true, and they know it, if all of them say goodbye. One that has died a
 * moment ago does not, and nobody has missed it yet. */
static int part(ms_study_hands *h) {
  const struct timespec pause = {.tv_nsec = 1000000};
  double until_s = ms_clock_s() + MS_STUDY_LOST_S;
  int lost = 0, left = h->ranks ? h->ranks->size - 1 : 0, rank;
  for (int r = 1; r <= left; r++)
    lost += h->heard_s[r] < 0;
  tell_ranks(h, "end\n");
  while (left > lost && ms_clock_s() < until_s) {
    char *text = h->ranks->receive(h->ranks, &rank);
    if (text)
      left -= !strcmp(text, "bye\n");
    else
      nanosleep(&pause, NULL);
    free(text);
  }
  tell_ranks(h, left ? "part\n" : "over\n");
  return !left;
}

void ms_study_hands_destroy(ms_study_hands *h, int *complete) {
  *complete = 1;
  if (!h)
    return;
  *complete = part(h);
  ms_study_crew_destroy(h->crew);
  free(h->hand);
  free(h->heard_s);
  free(h);
}

static int give_remote(ms_study_hands *h, const hand *to, const char *order, ms_error *err) {
  char *text = NULL;
  int n = asprintf(&text, "give %u\n%s", to->slot, order);
  int rc = n < 0 || h->ranks->send(h->ranks, to->rank, text)
               ? ms_fail(err, MS_ENOMEM, "no memory for an order")
               : MS_OK;
  free(n < 0 ? NULL : text);
  return rc;
}

/* Own processes first: nothing travels. */
static hand *free_hand(const ms_study_hands *h) {
  for (hand *to = h->hand; to < h->hand + h->n; to++)
    if (!to->busy && h->heard_s[to->rank] >= 0)
      return to;
  return NULL;
}

int ms_study_hands_has_free(const ms_study_hands *h) {
  return free_hand(h) != NULL;
}

int ms_study_hands_give(ms_study_hands *h, const ms_study_job *job, ms_error *err) {
  hand *to = free_hand(h);
  if (!to)
    return 0;
  char *order = ms_study_order(h->known, job);
  if (!order)
    return ms_fail(err, MS_ENOMEM, "no memory for an order");
  int rc =
      to->rank ? give_remote(h, to, order, err) : ms_study_crew_give(h->crew, to->slot, order, err);
  free(order);
  to->busy = !rc;
  to->job = *job;
  return rc ? rc : 1;
}

static hand *find(ms_study_hands *h, int rank, unsigned slot) {
  for (size_t i = 0; i < h->n; i++)
    if (h->hand[i].rank == rank && h->hand[i].slot == slot)
      return &h->hand[i];
  return NULL;
}

/* Whether a text counts: one of a rank that had been given up comes too late. Whoever tells how far
 * it is stays busy. */
static int finish(ms_study_hands *h, int rank, unsigned slot, const char *text, ms_study_job *job) {
  hand *from = find(h, rank, slot);
  if (!from || !from->busy)
    return 0;
  from->busy = ms_study_moved(text, NULL);
  *job = from->job;
  return 1;
}

static int greet(ms_study_hands *h, int rank, const char *text, ms_error *err) {
  unsigned long long identity = 0;
  unsigned n = 0;
  if (sscanf(text, "hello %llx %u", &identity, &n) != 2 || !n || n > 1024 ||
      identity != ms_study_files(h->known->study))
    return ms_fail(err, MS_EREFUSED,
                   "rank %d reads another study or another experiment than rank 0; give every "
                   "machine the same files",
                   rank);
  return find(h, rank, 0) ? MS_OK : add(h, rank, n, err);
}

/* A text from another rank. */
static int hear(ms_study_hands *h, ms_study_job *job, char **text, ms_error *err) {
  int rank, at = 0, came = 0;
  unsigned slot;
  char *got = h->ranks ? h->ranks->receive(h->ranks, &rank) : NULL;
  if (!got)
    return 0;
  h->heard_s[rank] = ms_clock_s();
  if (!strncmp(got, "hello ", 6)) {
    came = greet(h, rank, got, err);
  } else if (sscanf(got, "answer %u\n%n", &slot, &at) == 1 && at &&
             finish(h, rank, slot, got + at, job)) {
    memmove(got, got + at, strlen(got + at) + 1);
    *text = got;
    return 1;
  }
  free(got);
  return came;
}

/* What a rank had that has been silent for too long. */
static int miss(ms_study_hands *h, ms_study_job *job, char **text) {
  double now = ms_clock_s();
  for (int r = 1; h->ranks && r < h->ranks->size; r++)
    if (h->heard_s[r] >= 0 && now - h->heard_s[r] > MS_STUDY_LOST_S)
      h->heard_s[r] = -1;
  for (size_t i = 0; i < h->n; i++)
    if (h->hand[i].busy && h->heard_s[h->hand[i].rank] < 0) {
      h->hand[i].busy = 0;
      *job = h->hand[i].job;
      return asprintf(text, "lost with rank %d", h->hand[i].rank) > 0;
    }
  return 0;
}

int ms_study_hands_wait(ms_study_hands *h, ms_study_job *job, char **text, ms_error *err) {
  if (h->ranks && ms_clock_s() - h->beat_s > MS_STUDY_BEAT_S) {
    tell_ranks(h, "beat\n");
    h->beat_s = ms_clock_s();
  }
  h->heard_s[0] = ms_clock_s();
  int rc = hear(h, job, text, err);
  if (rc)
    return rc;
  unsigned slot;
  *text = ms_study_crew_wait(h->crew, h->ranks ? MS_STUDY_POLL_MS : 200, &slot);
  if (*text) {
    if (finish(h, 0, slot, *text, job))
      return 1;
    free(*text); /* an idle process ended; the next job starts a new one */
    return 0;
  }
  return miss(h, job, text);
}

void ms_study_hands_stop(ms_study_hands *h) {
  ms_study_crew_stop(h->crew);
  tell_ranks(h, "stop\n");
}

size_t ms_study_hands_busy(const ms_study_hands *h) {
  size_t n = 0;
  for (size_t i = 0; i < h->n; i++)
    n += h->hand[i].busy != 0;
  return n;
}
