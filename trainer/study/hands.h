/* SPDX-License-Identifier: Apache-2.0 */
/* Hands: everything that a job can be given to, processes of this machine and of other ranks. */
#ifndef MS_STUDY_HANDS_H
#define MS_STUDY_HANDS_H

#include "study/crew.h"
#include "study/transport.h"

typedef struct ms_study_hands ms_study_hands;

/** Joins the ranks that mixspike was started with.
 * @param out  NULL: it was started alone; else end with (*out)->end
 * @return MS_EUNSUPPORTED if it was started under MPI and was built without */
int ms_study_join_ranks(ms_transport **out, ms_error *err);

/** @param ranks  NULL: alone. Those of other ranks show up as they come */
int ms_study_hands_create(ms_study_known *known, const char *folder, unsigned jobs,
                          ms_transport *ranks, ms_study_hands **out, ms_error *err);
/** Ends the processes and tells the other ranks. @param complete  out: no rank was lost */
void ms_study_hands_destroy(ms_study_hands *hands, int *complete);
int ms_study_hands_has_free(const ms_study_hands *hands);
/** Gives a job to a free hand. @return 1, 0 if none is free, or an error */
int ms_study_hands_give(ms_study_hands *hands, const ms_study_job *job, ms_error *err);
/** Waits a while for an answer; texts as of ms_study_crew_wait. @return 1, 0 if none came, or an
 * error @param text  out, malloc'd @param job  out, which one it answers */
int ms_study_hands_wait(ms_study_hands *hands, ms_study_job *job, char **text, ms_error *err);
void ms_study_hands_stop(ms_study_hands *hands);
/** How many jobs are under way. */
size_t ms_study_hands_busy(const ms_study_hands *hands);

/** What a rank but the first does: jobs that the first one deals, until it says that all is done.
 * @param complete  out: every rank ends now
 */
int ms_study_relay(ms_study_known *known, const char *folder, unsigned jobs, ms_transport *ranks,
                   int *complete, const volatile int *cancel, ms_error *err);

/** A sign of life is sent so often; whoever gave none for so long is taken as lost, until it gives
 * one again. */
#define MS_STUDY_BEAT_S 0.5
#define MS_STUDY_LOST_S 10.0
enum { MS_STUDY_POLL_MS = 5 };

#endif
