/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a package: nothing is used before every file has passed its checksum. */
#include "package/package_impl.h"

#include "mixspike/record.h"
#include "mixspike/router_map.h"
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
    p->neurons = manifest.neurons;
    p->inputs = manifest.inputs;
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

int ms_package_fits(const ms_package *package, ms_chip *chip, ms_error *err) {
  ms_router *router = ms_chip_router(chip);
  uint32_t neurons = 0, inputs = 0;
  int rc = ms_router_read(router, MS_MAP_NEURONS, &neurons, err);
  rc = rc ? rc : ms_router_read(router, MS_MAP_INPUTS, &inputs, err);
  if (rc || !package->neurons || (package->neurons == neurons && package->inputs == inputs))
    return rc;
  return ms_fail(err, MS_EREFUSED,
                 "package %s is for router cores of %u neurons and %u inputs, and this build takes "
                 "cores of %u and %u for it: export it again here, or build with its size "
                 "(-DMIXSPIKE_MESHES, docs/router.md)",
                 package->dir, package->neurons, package->inputs, neurons, inputs);
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
