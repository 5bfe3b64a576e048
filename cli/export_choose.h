/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike export --choose: one configuration out of several, for dies that nobody has seen. */
#ifndef MIXSPIKE_CLI_EXPORT_CHOOSE_H
#define MIXSPIKE_CLI_EXPORT_CHOOSE_H

#include "cli.h"
#include "mixspike/choice.h"

/** @param experiment  file  @param jobs  0: the experiment's */
int cli_choose(cli *c, const char *experiment, unsigned jobs, ms_choice_options *options);

#endif
