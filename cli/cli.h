/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of the mixspike command share. A verb parses, calls the library, and prints. */
#ifndef MIXSPIKE_CLI_H
#define MIXSPIKE_CLI_H

#include "mixspike/base.h"
#include "mixspike/train.h"

#include <cjson/cJSON.h>
#include <getopt.h>
#include <stdbool.h>

/** Exit codes, stated in `mixspike --help`. */
enum {
  CLI_OK = 0,
  CLI_NO = 1,         /**< it ran, and the answer is no: replay differs, package tampered with */
  CLI_USAGE = 2,      /**< wrong command line */
  CLI_INPUT = 3,      /**< a file says something wrong, or is missing */
  CLI_SIMULATION = 4, /**< a simulator failed */
  CLI_SYSTEM = 5,     /**< disk, memory */
  CLI_INTERRUPTED = 130,
};

typedef struct cli {
  const char *verb;
  bool json;  /**< one JSON object on stdout instead of text */
  bool quiet; /**< no progress */
} cli;

typedef struct cli_verb {
  const char *name, *summary, *help;
  int (*run)(cli *c, int argc, char **argv);
} cli_verb;

extern const cli_verb cli_train, cli_simulate, cli_replay, cli_export, cli_doctor, cli_bench,
    cli_netlist, cli_validate_verb, cli_new, cli_size, cli_fit, cli_data, cli_study, cli_import;

/** Options that every verb takes; a verb's long options begin with these. */
#define CLI_COMMON_OPTIONS                                                                         \
  {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},                              \
      {"quiet", no_argument, NULL, 'q'}, {                                                         \
    "pdk", required_argument, NULL, 'P'                                                            \
  }
#define CLI_COMMON_SHORT "hjq"
#define CLI_END_OPTIONS                                                                            \
  { NULL, 0, NULL, 0 }

/** Handles a common option.
 * @return -1: go on; else the exit code to leave with (also for unknown options) */
int cli_common(cli *c, const cli_verb *verb, int option);

/** Reports a wrong command line; returns CLI_USAGE. */
int cli_usage(const cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Reports a failure of the library: a sentence on stderr, with --json an object on stdout.
 * @return the exit code that belongs to it */
int cli_fail(const cli *c, const ms_error *err);
/** Prints and frees the object that a verb answers with under --json. */
void cli_print_json(cJSON *object);

/** Numbers of the command line; false if `text` is not one or out of range. */
bool cli_parse_u64(const char *text, uint64_t low, uint64_t high, uint64_t *value);
bool cli_parse_double(const char *text, double low, double high, double *value);
/** Index of `text` in the NULL-terminated list, -1 if it is not there. */
int cli_parse_word(const char *text, const char *const *words);
/** "ngspice", "table", "model" in the order of ms_engine_kind; likewise routers and drivers. */
extern const char *const cli_engines[], *const cli_routers[], *const cli_drivers[];

/** What the command line changes of an experiment. */
typedef struct cli_changes {
  int engine, router, driver; /**< -1: nothing */
  uint64_t jobs;              /**< 0: nothing */
} cli_changes;
#define CLI_NO_CHANGES                                                                             \
  { .engine = -1, .router = -1, .driver = -1 }
enum { CLI_ENGINE = 600, CLI_ROUTER, CLI_DRIVER, CLI_JOBS };
#define CLI_JOBS_OPTION                                                                            \
  { "jobs", required_argument, NULL, CLI_JOBS }
#define CLI_CHIP_OPTIONS                                                                           \
  {"engine", required_argument, NULL, CLI_ENGINE}, {                                               \
    "router", required_argument, NULL, CLI_ROUTER                                                  \
  }

/** Handles the options above, and the common ones. @return -1: go on; else the exit code */
int cli_change_option(cli *c, const cli_verb *verb, int option, cli_changes *changes);
/** Loads the one experiment that the rest of the command line names, and changes it.
 * @return -1: fine, free with ms_experiment_destroy; else the exit code to leave with */
int cli_one_experiment(cli *c, int argc, char **argv, const cli_changes *changes,
                       ms_experiment **out);

/** Progress on stderr: one line drawn anew on a terminal, few lines elsewhere. */
typedef struct cli_progress {
  const cli *c;
  bool terminal, drawn;
  char phase[32];
  double last_s; /**< wall time of the last output */
} cli_progress;

/** Starts progress and catches SIGINT and SIGTERM: the first cancels, a second one kills.
 * @return what to hand to a long job */
ms_control cli_progress_begin(cli_progress *progress, const cli *c);
void cli_progress_end(cli_progress *progress);

/** Trains, fills the output folder and prints what came out.
 * @param again  the command that takes up an interrupted run
 * @param also   adds to the JSON object, or prints lines where that is NULL; may be NULL */
int cli_run_training(cli *c, const ms_experiment *e, ms_train_options *options, const char *again,
                     void (*also)(void *user, cJSON *object), void *user);

/** "4 min 10 s" into `text`. */
const char *cli_duration(double seconds, char *text, size_t size);

/** Samples the memory of this process and those it started (proportional set size). */
typedef struct cli_memory cli_memory;
cli_memory *cli_memory_begin(void);
/** Ends sampling and returns the peak in bytes; 0 where the system does not tell. */
double cli_memory_end(cli_memory *memory);

#endif
