/* SPDX-License-Identifier: Apache-2.0 */
/* ngspice inside the worker: start, text output, decks, commands, vectors, the peek into a
 * solution that is not accepted yet. There is one simulator per process, so this is the one place
 * with state of its own. */
#ifndef MS_WORKER_SIM_H
#define MS_WORKER_SIM_H

#include <stdbool.h>
#include <stddef.h>

/** What ngspice calls during a transient run. */
typedef struct ms_sim_hooks {
  /** Value of an external source at time t (left-continuous at edges). */
  double (*source)(void *user, const char *name, double t_s);
  /** See GetSyncData in ngspice's manual: location 0 before a step, 1 after it; returns 1 to have
   * the step redone with *delta_s. */
  int (*sync)(void *user, double t_s, double *delta_s, bool rejected, int location);
  void *user;
} ms_sim_hooks;

/** Starts ngspice and finds out how to read tentative solutions. Returns non-zero on failure; the
 * reason is in ms_sim_text. */
int ms_sim_start(void);
const char *ms_sim_banner(void);

void ms_sim_set_hooks(const ms_sim_hooks *hooks);

/** Loads a deck (lines without .end are completed); returns non-zero if ngspice refused it. */
int ms_sim_deck(char **line, size_t n);

/** Runs one command line; returns non-zero if ngspice complained. */
int ms_sim_command(const char *line);
/** Runs the lines of a text one by one; stops at the first that ngspice complains about. */
int ms_sim_commands(const char *lines);

/** What ngspice has printed since ms_sim_forget_text. */
const char *ms_sim_text(void);
void ms_sim_forget_text(void);

/** Values of a vector ("v(req)", "@m.x1.m1[gm]"); NULL if there is none. Valid until the next
 * call into ngspice. */
const double *ms_sim_vector(const char *name, size_t *n);

/** A quantity of the solution at hand, tentative or accepted. */
typedef struct ms_sim_probe {
  char query[40]; /**< as ngspice names it: "@ims_req[v]" */
  size_t index;   /**< place in the solution vector; 0: unknown, ask ngspice (slow) */
} ms_sim_probe;

/** Finds where a probe of the loaded deck stands in the solution. Call inside the sync hook.
 * @param delta_s  the pointer that the hook was given
 * @param isource  the probe is the voltage across current source `name`; else the current through
 *                 voltage source `name` */
void ms_sim_probe_find(ms_sim_probe *probe, const char *name, bool isource, const double *delta_s);
double ms_sim_probe_read(const ms_sim_probe *probe, const double *delta_s);
/** False if every probe has to be asked for by name. */
bool ms_sim_can_peek(void);

#endif
