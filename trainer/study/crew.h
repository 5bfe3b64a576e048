/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that do a study's jobs on this machine: forked, so that one which crashes takes nothing
 * with it but its job. */
#ifndef MS_STUDY_CREW_H
#define MS_STUDY_CREW_H

#include "study/study.h"

typedef struct ms_study_crew ms_study_crew;

/** @param known  what a process knows when it starts; must outlive the crew */
int ms_study_crew_create(ms_study_known *known, const char *folder, unsigned n, ms_study_crew **out,
                         ms_error *err);
/** Ends the processes, at work or not. */
void ms_study_crew_destroy(ms_study_crew *crew);
/** Gives an idle process a job, in a text of ms_study_order; starts it if it is not there. */
int ms_study_crew_give(ms_study_crew *crew, unsigned slot, const char *text, ms_error *err);
/** Waits up to so long for an answer: the line of what was asked for, "fail CODE MESSAGE", "lost
 * HOW" of a process that ended, or "moved SAMPLES" of one that goes on. Malloc'd; NULL: none yet.
 * @param slot  out, whose answer it is */
char *ms_study_crew_wait(ms_study_crew *crew, int wait_ms, unsigned *slot);
/** Asks for an end at the next safe point: jobs at work answer with a failure MS_EINTERRUPTED. */
void ms_study_crew_stop(ms_study_crew *crew);

/** Whether an answer only says how far a confirmation is. @param samples  out; may be NULL */
int ms_study_moved(const char *text, size_t *samples);

/** A job with what it needs as text; malloc'd, NULL: no memory. */
char *ms_study_order(const ms_study_known *known, const ms_study_job *job);

#endif
