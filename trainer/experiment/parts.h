/* SPDX-License-Identifier: Apache-2.0 */
/* Sections of an experiment that a study may change. Each reader takes what its node says and
 * leaves everything else as it was, so that it serves a whole experiment as well as a change to
 * one. */
#ifndef MS_EXPERIMENT_PARTS_H
#define MS_EXPERIMENT_PARTS_H

#include "mixspike/experiment.h"
#include "yaml/yaml.h"

/** What an experiment has where its file says nothing. */
void ms_part_defaults(ms_experiment *e);
/** Keys `task` and `encoding`. @param needed  `task.name` must be there */
void ms_part_task(ms_experiment *e, ms_yaml_node *node, bool needed);
/** Keys `seed`, `training`, `fit`. */
void ms_part_training(ms_experiment *e, ms_yaml_node *node);
/** Keys `dac_bits`, `pvt`, `distortion`: the conditions that a chip works under. */
void ms_part_conditions(ms_experiment *e, ms_yaml_node *node);

/** A section if it is there. */
ms_yaml_node *ms_part_section(ms_yaml_node *node, const char *key);
unsigned ms_part_count(ms_yaml_node *node, const char *key, unsigned fallback, unsigned min,
                       unsigned max);
/** A text for the experiment, in place of an earlier one; nothing where the key is missing. */
void ms_part_text(char **text, ms_yaml_node *node, const char *key);

#endif
