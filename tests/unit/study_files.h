/* SPDX-License-Identifier: Apache-2.0 */
/* Studies of a small network, in a folder that is gone when the tests end. */
#ifndef MIXSPIKE_TESTS_STUDY_FILES_H
#define MIXSPIKE_TESTS_STUDY_FILES_H

#include "mixspike/record.h"
#include "mixspike/study.h"
#include "patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE                                                                                       \
  "name: base\ncore: dpi16\nmodels_dir: " MS_TEST_MODELS_DIR "\nanalog: model\ndigital: ideal\n"   \
  "network: {hidden: 3, outputs_per_class: 1}\n"                                                   \
  "task: {name: yinyang, train: 64, validation: 16, test: 6}\n"                                    \
  "training: {epochs: 1, fine_epochs: 0, coarse_step: 0.1, fine_step: 0.1}\n"                      \
  "fit: {neuron_runs: 12, stimuli: 6}\n"                                                           \
  "dies: {seed: 1, training: [0], held_out: [10-12]}\n"
#define HEAD "name: small\nbase: base.yaml\n"

static char folder[] = "/tmp/mixspike-study-XXXXXX";

static inline int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
  (void)state;
  char command[100];
  snprintf(command, sizeof command, "rm -r '%s'", folder);
  return system(command);
}

static inline void put(const char *name, const char *text) {
  char path[100];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (ms_write_file(path, text, strlen(text), NULL))
    fail_msg("%s", path);
}

static inline int load(const char *text, ms_study **study, ms_error *err) {
  char path[100];
  snprintf(path, sizeof path, "%s/study.yaml", folder);
  put("base.yaml", BASE);
  put("study.yaml", text);
  return ms_study_load(path, study, err);
}

static inline void refused(const char *text, const char *a, const char *b) {
  ms_study *study;
  ms_error err = {0};
  if (!load(text, &study, &err))
    fail_msg("accepted: %s", text);
  if (!strstr(err.text, a) || !strstr(err.text, b))
    fail_msg("message '%s' lacks '%s' or '%s'", err.text, a, b);
}

/* @param left  reports of progress until it is interrupted
 * @param jobs  processes */
static inline int run_on(unsigned jobs, const ms_study *study, const char *name, int resume,
                         int left, ms_study_report *report) {
  char path[100];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  patience p = {.left = left};
  ms_study_options o = {.output = path,
                        .resume = resume,
                        .jobs = jobs,
                        .control = {.report = count_down, .user = &p, .cancel = &p.cancel}};
  ms_error err = {0};
  int rc = ms_study_run(study, &o, report, &err);
  if (rc && rc != MS_EINTERRUPTED)
    fail_msg("%s", err.text);
  return rc;
}

static inline int run(const ms_study *study, const char *name, int resume, int left,
                      ms_study_report *report) {
  return run_on(1, study, name, resume, left, report);
}

#endif
