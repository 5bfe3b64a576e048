/* SPDX-License-Identifier: Apache-2.0 */
/* What the device tables cost: extraction, loading, size. */
#include "bench_engine.h"

#include "neuron_bench.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Starts one neuron on a fresh engine with this cache: all tables are there afterwards. */
static int first_start(const ms_core *core, const char *cache, const double *bias_v, double *took_s,
                       ms_error *err) {
  const ms_engine_options options = {.kind = MS_ENGINE_TABLE, .cache_dir = cache};
  ms_run_spec spec = {.die = {1, 1, 1}, .bias_v = bias_v, .t_stop = core->clock_ps};
  ms_engine *engine = NULL;
  ms_group *group = NULL;
  double start_s = now_s();
  int code = ms_engine_create(&options, core, &engine, err);
  code = code ? code : ms_group_create(engine, &group, err);
  code = code ? code : ms_group_start(group, &spec, err);
  *took_s = now_s() - start_s;
  ms_group_destroy(group);
  ms_engine_destroy(engine);
  return code;
}

/* Sums up the files of a folder, and removes it. */
static double clear(const char *folder) {
  double bytes = 0;
  DIR *dir = opendir(folder);
  for (const struct dirent *e; dir && (e = readdir(dir));) {
    struct stat info;
    if (e->d_name[0] == '.' || fstatat(dirfd(dir), e->d_name, &info, 0))
      continue;
    bytes += (double)info.st_size;
    unlinkat(dirfd(dir), e->d_name, 0);
  }
  if (dir)
    closedir(dir);
  rmdir(folder);
  return bytes;
}

int ms_bench_tables(const ms_core *core, cJSON *object, ms_error *err) {
  const char *tmp = getenv("TMPDIR");
  char cache[256];
  double bias_v[MS_BENCH_MAX_BIAS], extract_s = 0, load_s = 0;
  uint16_t code[MS_BENCH_MAX_BIAS];
  const ms_die die = {1, 1, 1};
  ms_engine *engine = NULL;
  snprintf(cache, sizeof cache, "%.200s/mixspike-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
  if (!mkdtemp(cache))
    return ms_fail(err, MS_EIO, "%s: no folder can be made for tables: %s", cache, strerror(errno));
  const ms_engine_options options = {.kind = MS_ENGINE_NGSPICE};
  int rc = ms_neuron_bench_codes(core, MS_SET_ACCELERATED, code, err);
  rc = rc ? rc : ms_engine_create(&options, core, &engine, err);
  rc = rc ? rc : ms_engine_bias(engine, &die, &(ms_pvt){0}, code, bias_v, NULL, err);
  ms_engine_destroy(engine);
  rc = rc ? rc : first_start(core, cache, bias_v, &extract_s, err);
  rc = rc ? rc : first_start(core, cache, bias_v, &load_s, err);
  double bytes = clear(cache);
  cJSON_AddNumberToObject(object, "extract_s", extract_s);
  cJSON_AddNumberToObject(object, "load_s", load_s);
  cJSON_AddNumberToObject(object, "tables_mib", bytes / (1 << 20));
  return rc;
}
