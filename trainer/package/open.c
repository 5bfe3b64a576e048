/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a package: nothing is used before every file has passed its checksum. */
#include "package/package_impl.h"

#include "mixspike/record.h"
#include <stdlib.h>
#include <string.h>

static int read_experiment(ms_package *p, ms_error *err) {
  char *path = ms_package_path(p->dir, MS_PACKAGE_EXPERIMENT);
  int rc = path ? ms_experiment_load(path, &p->experiment, err)
                : ms_fail(err, MS_ENOMEM, "out of memory");
  free(path);
  return rc;
}

int ms_package_open(const char *dir, ms_package **out, ms_error *err) {
  *out = NULL;
  int rc = ms_package_verify(dir, err);
  if (rc)
    return rc;
  ms_package *p = calloc(1, sizeof *p);
  if (!p || !(p->dir = strdup(dir))) {
    free(p);
    return ms_fail(err, MS_ENOMEM, "out of memory");
  }
  ms_manifest manifest = {0};
  rc = read_experiment(p, err);
  if (!rc)
    rc = ms_manifest_read(dir, &manifest, err);
  if (!rc) {
    p->network = manifest.network;
    manifest.network = NULL;
    p->model = manifest.model;
    manifest.model = NULL;
    rc = ms_package_read_writes(dir, &p->write, &p->n_write, err);
  }
  ms_manifest_clear(&manifest);
  if (rc) {
    ms_package_destroy(p);
    return rc;
  }
  *out = p;
  return MS_OK;
}

void ms_package_destroy(ms_package *package) {
  if (!package)
    return;
  ms_experiment_destroy(package->experiment);
  ms_network_destroy(package->network);
  free(package->model);
  free(package->write);
  free(package->dir);
  free(package);
}
