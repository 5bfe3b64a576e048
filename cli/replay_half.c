/* SPDX-License-Identifier: Apache-2.0 */
/* One half of a chip from a boundary log. */
#include "replay_half.h"

#include "mixspike/package.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const cli_halves[] = {"analog", "digital", NULL};

/* The configuration of a package takes the place of the log's. */
static int take_writes(ms_boundary *log, const char *dir, ms_error *err) {
  ms_package *package;
  int code = ms_package_open(dir, &package, err);
  if (code)
    return code;
  uint32_t(*write)[2] = log->write;
  size_t n = log->n_write;
  log->write = package->write;
  log->n_write = package->n_write;
  package->write = write;
  package->n_write = n;
  ms_package_destroy(package);
  return MS_OK;
}

/* The recorded manifest, or the core of that name if the file is not there (any more). */
static int load_core(const ms_boundary *log, const cli_half *half, ms_core **core, ms_error *err) {
  const char *name = half->core ? half->core : log->core_file;
  if (!name || (!half->core && (half->models || access(name, R_OK))))
    name = log->core;
  return ms_core_load(half->models, name, log->dac_bits, core, err);
}

static int run_analog(ms_boundary *log, const cli_half *half, const volatile int *cancel,
                      ms_boundary_report *report, ms_error *err) {
  ms_core *core;
  int code = load_core(log, half, &core, err);
  if (code)
    return code;
  if (half->other_die)
    log->die.die = half->die;
  const bool changed = core->checksum != log->core_checksum;
  const ms_engine_options engine = {.kind = half->analog ? *half->analog : log->analog,
                                    .pulse_maps = log->pulse_maps};
  code = ms_boundary_replay_analog(log, core, &engine, cancel, report, err);
  ms_core_destroy(core);
  if (code == MS_EDIFFERS && changed)
    ms_fail_context(err, "core %s (its models have changed since)", log->core);
  return code;
}

static void print_json(int code, const ms_boundary_report *r, const char *half) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddBoolToObject(object, "ok", code == MS_OK);
  cJSON_AddStringToObject(object, "half", half);
  cJSON_AddNumberToObject(object, "compared", (double)r->compared);
  cJSON_AddBoolToObject(object, "differs", r->differs);
  if (r->differs) {
    cJSON_AddNumberToObject(object, "t_ps", (double)r->t);
    cJSON_AddNumberToObject(object, "line", r->line);
    cJSON_AddStringToObject(object, "first_difference", r->first);
  }
  cli_print_json(object);
}

int cli_replay_half(cli *c, const char *path, const cli_half *half) {
  ms_error err = {0};
  ms_boundary *log;
  ms_boundary_report report = {0};
  int code = ms_boundary_read(path, &log, &err);
  if (code)
    return cli_fail(c, &err);
  if (half->package)
    code = take_writes(log, half->package, &err);
  cli_progress progress;
  const ms_control control = cli_progress_begin(&progress, c);
  if (!code)
    code = half->which == CLI_HALF_ANALOG
               ? run_analog(log, half, control.cancel, &report, &err)
               : ms_boundary_replay_digital(log, half->digital ? *half->digital : log->digital,
                                            &report, &err);
  cli_progress_end(&progress);
  ms_boundary_destroy(log);
  if (code && code != MS_EDIFFERS)
    return cli_fail(c, &err);
  if (c->json)
    print_json(code, &report, cli_halves[half->which - CLI_HALF_ANALOG]);
  else
    printf("%-16s %llu changes%s\n", "as recorded", (unsigned long long)report.compared,
           code ? "" : ", all of them");
  if (code)
    fprintf(stderr, "mixspike replay: %s\n", err.text);
  return code ? CLI_NO : CLI_OK;
}
