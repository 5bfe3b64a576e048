/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a package: into a folder of another name, which then takes the package's place. */
#include "methods/lab.h"
#include "package/package_impl.h"

#include "mixspike/record.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Runs the first test samples on the golden dies. */
static int record_golden(const ms_setup *setup, const ms_network *network, const uint64_t *die,
                         size_t n_die, const ms_control *control, ms_golden *golden,
                         ms_error *err) {
  const ms_experiment *e = setup->experiment;
  const ms_dataset *test = &setup->task->test;
  size_t n_sample = e->golden < test->n ? e->golden : test->n, n = n_die * n_sample;
  unsigned n_value = setup->task->n_value;
  *golden = (ms_golden){.run = calloc(n + 1, sizeof *golden->run)};
  ms_lab_job *job = calloc(n + 1, sizeof *job);
  ms_lab_result *result = calloc(n + 1, sizeof *result);
  ms_lab *lab = NULL;
  int rc = golden->run && job && result ? MS_OK : ms_fail(err, MS_ENOMEM, "out of memory");
  for (size_t i = 0; !rc && i < n; i++) {
    size_t sample = i % n_sample;
    ms_golden_run *r = &golden->run[i];
    *r = (ms_golden_run){
        .die = die[i / n_sample], .sample = sample, .label = test->label[sample], .decision = -1};
    r->in = calloc(n_value + 1, sizeof *r->in);
    if (!r->in)
      rc = ms_fail(err, MS_ENOMEM, "out of memory");
    else
      r->n_in = ms_encode(&setup->encoding, test->value + sample * n_value, n_value, r->in);
    job[i] = (ms_lab_job){.die = ms_setup_die(setup, r->die), .in = r->in, .n_in = r->n_in};
    golden->n_run = i + 1;
  }
  if (!rc)
    rc = ms_lab_create(setup, e->jobs, &lab, err);
  if (!rc)
    rc = ms_lab_configure(lab, network, err);
  ms_progress progress = {.phase = "golden", .total = n, .loss = NAN, .accuracy = NAN};
  if (!rc)
    rc = ms_lab_run(lab, job, n, result, control, &progress, err);
  for (size_t i = 0; !rc && i < n; i++) {
    ms_golden_run *r = &golden->run[i];
    if (result[i].rc)
      rc = ms_fail(err, result[i].rc, "golden sample %llu on die %llu: %s",
                   (unsigned long long)r->sample, (unsigned long long)r->die,
                   ms_strerror(result[i].rc));
    r->spike = result[i].spike;
    r->n_spike = result[i].n_spike;
    result[i].spike = NULL;
    r->decision = ms_network_decide(network, r->spike, r->n_spike, NULL);
  }
  if (result)
    ms_lab_results_clear(result, n);
  ms_lab_destroy(lab);
  free(result);
  free(job);
  return rc;
}

static int write_images(const ms_setup *setup, const ms_network *network, const char *dir,
                        ms_image_size *size, ms_error *err) {
  ms_chip *chip = NULL;
  ms_config config = {0};
  int rc = ms_network_config(network, setup->core, setup->bias, &config, err);
  if (!rc)
    rc = ms_chip_create(&setup->chip, &chip, err);
  if (!rc)
    rc = ms_chip_configure(chip, &config, err);
  if (!rc)
    rc = ms_package_images(chip, &config, dir, size, err);
  ms_chip_destroy(chip);
  ms_config_clear(&config);
  return rc;
}

static int write_experiment(const ms_experiment *e, const char *dir, ms_error *err) {
  char *path = ms_package_path(dir, MS_PACKAGE_EXPERIMENT);
  int rc = path ? ms_write_file(path, e->text, strlen(e->text), err)
                : ms_fail(err, MS_ENOMEM, "out of memory");
  free(path);
  return rc;
}

/* The list of sums comes last: a folder without it is no package. */
static int write_sums(const char *dir, int mesh, ms_error *err) {
#define MS_X(name, text) +1
  const size_t n = 0 MS_PACKAGE_FILES(MS_X) + (mesh ? 0 MS_PACKAGE_MESH_FILES(MS_X) : 0);
#undef MS_X
#define MS_X(name, text) name,
  static const char *const name[] = {MS_PACKAGE_FILES(MS_X) MS_PACKAGE_MESH_FILES(MS_X)};
#undef MS_X
  char list[sizeof name / sizeof *name * 128], sum[MS_DIGEST_TEXT];
  size_t used = 0;
  int rc = MS_OK;
  for (size_t i = 0; !rc && i < n; i++) {
    char *path = ms_package_path(dir, name[i]), *data = NULL;
    size_t size = 0;
    rc = path ? ms_read_file(path, &data, &size, err) : ms_fail(err, MS_ENOMEM, "out of memory");
    if (!rc && !(rc = ms_digest(data, size, sum, err)))
      used += (size_t)snprintf(list + used, sizeof list - used, "%s  %s\n", sum, name[i]);
    free(data);
    free(path);
  }
  char *path = ms_package_path(dir, MS_PACKAGE_SUMS);
  if (!rc)
    rc = path ? ms_write_file(path, list, used, err) : ms_fail(err, MS_ENOMEM, "out of memory");
  free(path);
  return rc;
}

/* Removes a folder of ours: package files only, so nothing else can be lost. */
static void remove_package(const char *dir) {
#define MS_X(name, text) name,
  static const char *const name[] = {MS_PACKAGE_FILES(MS_X) MS_PACKAGE_MESH_FILES(MS_X)
                                         MS_PACKAGE_SUMS};
#undef MS_X
  for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
    char *path = ms_package_path(dir, name[i]);
    if (path)
      unlink(path);
    free(path);
  }
  rmdir(dir);
}

/* A folder may be replaced if it is empty or holds a package. */
static int check_place(const char *dir, ms_error *err) {
  DIR *d = opendir(dir);
  if (!d)
    return errno == ENOENT ? MS_OK
                           : ms_fail(err, MS_EIO, "cannot open %s: %s", dir, strerror(errno));
  int files = 0, package = 0;
  for (const struct dirent *entry; (entry = readdir(d));) {
    files += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    package |= !strcmp(entry->d_name, MS_PACKAGE_SUMS);
  }
  closedir(d);
  if (files && !package)
    return ms_fail(err, MS_EREFUSED,
                   "%s holds other files and is no package; choose an empty or new folder", dir);
  return MS_OK;
}

/* Puts the finished folder in its place; an older package goes only when the new one is there. */
static int take_place(const char *fresh, const char *old, const char *dir, ms_error *err) {
  int had = !rename(dir, old);
  if (!had && errno != ENOENT)
    return ms_fail(err, MS_EIO, "cannot replace %s: %s", dir, strerror(errno));
  if (rename(fresh, dir)) {
    int reason = errno;
    if (had)
      rename(old, dir);
    return ms_fail(err, MS_EIO, "cannot write %s: %s", dir, strerror(reason));
  }
  if (had)
    remove_package(old);
  return MS_OK;
}

int ms_package_write(const ms_setup *setup, const ms_network *network, const char *dir,
                     const uint64_t *die, size_t n_die, const ms_package_origin *origin,
                     const ms_control *control, ms_error *err) {
  int rc = check_place(dir, err);
  size_t room = strlen(dir) + 32;
  char *fresh = malloc(room), *old = malloc(room);
  ms_image_size size = {0};
  if (!rc && (!fresh || !old))
    rc = ms_fail(err, MS_ENOMEM, "out of memory");
  if (!rc) {
    snprintf(fresh, room, "%s.part.%ld", dir, (long)getpid());
    snprintf(old, room, "%s.old.%ld", dir, (long)getpid());
    rc = ms_make_folder(fresh, err);
  }
  if (!rc) {
    ms_golden golden = {0};
    rc = record_golden(setup, network, die, n_die, control, &golden, err);
    if (!rc)
      rc = ms_golden_write(&golden, fresh, err);
    ms_golden_clear(&golden);
    if (!rc)
      rc = write_images(setup, network, fresh, &size, err);
    if (!rc)
      rc = write_experiment(setup->experiment, fresh, err);
    if (!rc)
      rc = ms_manifest_write(setup, network, &size, die, n_die, origin, fresh, err);
    if (!rc)
      rc = write_sums(fresh, setup->experiment->cols * setup->experiment->rows > 1, err);
    if (!rc)
      rc = take_place(fresh, old, dir, err);
    if (rc)
      remove_package(fresh);
  }
  free(fresh);
  free(old);
  return rc;
}
