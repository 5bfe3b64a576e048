/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike replay --half: the part of the verb that runs one half of a chip from a boundary log. */
#ifndef MS_CLI_REPLAY_HALF_H
#define MS_CLI_REPLAY_HALF_H

#include "cli.h"
#include "mixspike/boundary.h"

typedef enum cli_half_kind { CLI_HALF_NONE, CLI_HALF_ANALOG, CLI_HALF_DIGITAL } cli_half_kind;
/* Words of the kinds from CLI_HALF_ANALOG on; NULL ends. */
extern const char *const cli_halves[];

/* What the command line asks for; NULL: as the log has it. */
typedef struct cli_half {
  cli_half_kind which;
  const char *package, *core, *models;
  bool other_die;
  uint64_t die;
  const ms_engine_kind *analog;
  const ms_router_kind *digital;
} cli_half;

int cli_replay_half(cli *c, const char *path, const cli_half *half);

#endif
