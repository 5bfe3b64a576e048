/* SPDX-License-Identifier: Apache-2.0 */
/* Process manifest: which files, which devices, how they mismatch, in which range. */
#include "models/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_name[2] = {"nfet", "pfet"};

static int read_range(ms_yaml_node *root, const char *key, const char *unit, double lo, double hi,
                      double out[3]) {
  ms_yaml_node *range = ms_yaml_map(root, key);
  out[0] = ms_yaml_quantity(range, "min", unit, lo, hi);
  out[1] = ms_yaml_quantity(range, "nominal", unit, lo, hi);
  out[2] = ms_yaml_quantity(range, "max", unit, lo, hi);
  if (range && !(out[0] <= out[1] && out[1] <= out[2]))
    ms_yaml_fail(range, MS_ERANGE, "must be ordered: min <= nominal <= max");
  return 0;
}

/* The folder of the PDK: MIXSPIKE_PDK (which `--pdk` sets), else the manifest's own variable. */
static int read_pdk(ms_loader *loader, ms_yaml_node *root, const char *path) {
  ms_yaml_node *node = ms_yaml_find(root, "pdk");
  if (!node)
    return 0;
  node = ms_yaml_map(root, "pdk");
  const char *variable = ms_yaml_name(node, "variable"), *get = ms_yaml_string(node, "get");
  const char *folder = getenv("MIXSPIKE_PDK");
  if (!folder || !*folder)
    folder = *variable ? getenv(variable) : NULL;
  if (!folder || !*folder)
    return ms_fail(loader->err, MS_EMISSING,
                   "%s:%d: this process needs the folder of its PDK: set %s or give --pdk DIR; %s",
                   path, ms_yaml_line(node), variable, get);
  if (!(loader->inside[1] = realpath(folder, NULL)))
    return ms_fail(loader->err, MS_EMISSING, "%s:%d: the PDK's folder %s was not found; %s", path,
                   ms_yaml_line(node), folder, get);
  return ms_load_copy(loader, &loader->pdk, folder);
}

/* A file name that can stand between quotes in a deck. `$PDK/` begins one inside the PDK. */
static int read_path(ms_loader *loader, ms_yaml_node *node, const char *key, const char *path,
                     char **out) {
  const char *file = ms_yaml_string(node, key);
  if (strpbrk(file, "\"'\n\r`") || strpbrk(path, "\"\n\r"))
    ms_yaml_fail(node, MS_EREFUSED, "a file name must not hold quotes or line breaks");
  bool in_pdk = !strncmp(file, "$PDK/", 5);
  if (in_pdk && !loader->pdk)
    ms_yaml_fail(node, MS_EPARSE, "$PDK needs the key 'pdk', which says where it is");
  if (in_pdk && loader->pdk) {
    if (asprintf(out, "%s/%s", loader->pdk, file + 5) < 0)
      *out = NULL;
  } else
    *out = ms_load_beside(path, file);
  return *out ? 0 : ms_fail(loader->err, MS_ENOMEM, "out of memory");
}

static int read_includes(ms_loader *loader, ms_process *p, ms_yaml *doc, const char *path) {
  ms_yaml_node *list = ms_yaml_list(ms_yaml_root(doc), "include", 0, 64);
  size_t n = ms_yaml_count(list);
  p->include = calloc(n + 1, sizeof *p->include);
  if (!p->include)
    return ms_fail(loader->err, MS_ENOMEM, "out of memory");
  for (size_t i = 0; i < n; i++) {
    ms_yaml_node *item = ms_yaml_item(list, i);
    int rc = read_path(loader, item, NULL, path, &p->include[i]);
    p->n_include = i + 1;
    if (!rc)
      rc = ms_yaml_status(doc, loader->err);
    if (!rc)
      rc = ms_load_spice(loader, p->include[i], item);
    if (rc)
      return rc;
  }
  return 0;
}

/* A name in lower case, as ngspice sees it. */
static int copy_lower(ms_loader *loader, char **to, const char *from) {
  int rc = ms_load_copy(loader, to, from);
  for (char *c = *to; !rc && *c; c++)
    *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
  return rc;
}

static int read_devices(ms_loader *loader, ms_process *p, ms_yaml_node *root) {
  static const char *const kinds[] = {"model", "subcircuit", NULL};
  ms_yaml_node *devices = ms_yaml_map(root, "devices"), *mismatch = ms_yaml_map(root, "mismatch");
  for (int type = MS_NFET; type <= MS_PFET; type++) {
    ms_device *d = &p->device[type];
    ms_yaml_node *node = ms_yaml_map(devices, type_name[type]);
    d->subcircuit = ms_yaml_choice(node, "kind", kinds) == 1;
    int rc = copy_lower(loader, &d->name, ms_yaml_name(node, "name"));
    if (!rc && d->subcircuit && ms_yaml_find(node, "parallel"))
      rc = copy_lower(loader, &d->parallel, ms_yaml_name(node, "parallel"));
    if (rc)
      return rc;
    loader->device_line[type] = ms_yaml_line(node);
    node = ms_yaml_map(mismatch, type_name[type]);
    d->avt_pair_vm = ms_yaml_quantity(node, "avt_pair", "V.m", 0, 1e-6);
    d->abeta_pair_m = ms_yaml_quantity(node, "abeta_pair", "m", 0, 1e-6);
    d->dw_m = ms_yaml_quantity_or(node, "dw", "m", 0, -1e-6, 1e-6);
    d->dl_m = ms_yaml_quantity_or(node, "dl", "m", 0, -1e-6, 1e-6);
    ms_yaml_string(node, "origin");
  }
  ms_yaml_node *capacitor = ms_yaml_map(root, "capacitor");
  p->cap_f_per_m2 = ms_yaml_quantity(capacitor, "density", "F/m^2", 1e-6, 1);
  p->acap_pair_m = ms_yaml_quantity(capacitor, "acap_pair", "m", 0, 1e-6);
  ms_yaml_string_or(capacitor, "origin", "");
  return 0;
}

static int read_corner(ms_loader *loader, ms_corner *c, ms_yaml_node *node, const char *path) {
  int rc = ms_load_copy(loader, &c->name, ms_yaml_key(node));
  for (int type = MS_NFET; type <= MS_PFET; type++) {
    ms_yaml_node *shift = ms_yaml_map(node, type_name[type]);
    c->dvth_v[type] = ms_yaml_quantity(shift, "dvth", "V", -0.3, 0.3);
    c->dbeta[type] = ms_yaml_quantity(shift, "dbeta", "1", -0.5, 0.5);
  }
  if (rc || !ms_yaml_find(node, "lib"))
    return rc;
  ms_yaml_node *lib = ms_yaml_map(node, "lib");
  rc = read_path(loader, lib, "file", path, &c->lib_file);
  if (!rc && strpbrk(c->lib_file, " \t"))
    ms_yaml_fail(lib, MS_EREFUSED, "ngspice cannot read a .lib file whose path has blanks: %s",
                 c->lib_file);
  if (!rc)
    rc = ms_load_copy(loader, &c->lib_section, ms_yaml_name(lib, "section"));
  return rc;
}

static int read_corners(ms_loader *loader, ms_process *p, ms_yaml *doc, const char *path) {
  ms_yaml_node *map = ms_yaml_map(ms_yaml_root(doc), "corners");
  size_t n = ms_yaml_count(map);
  p->corner = calloc(n + 1, sizeof *p->corner);
  if (!p->corner)
    return ms_fail(loader->err, MS_ENOMEM, "out of memory");
  if (map && !n)
    ms_yaml_fail(map, MS_ERANGE, "needs at least one corner, the typical one first");
  p->n_corner = n;
  for (size_t i = 0; i < n; i++) {
    int rc = read_corner(loader, &p->corner[i], ms_yaml_item(map, i), path);
    if (!rc)
      rc = ms_yaml_status(doc, loader->err);
    if (!rc && p->corner[i].lib_file)
      rc = ms_load_spice(loader, p->corner[i].lib_file, ms_yaml_find(ms_yaml_item(map, i), "lib"));
    if (rc)
      return rc;
  }
  return 0;
}

/* The devices must be defined somewhere: ngspice would say so only in the middle of a run. */
static int check_devices(ms_loader *loader, const char *path) {
  const ms_process *p = &loader->impl->process;
  for (int type = MS_NFET; type <= MS_PFET; type++)
    if (!loader->device_found[type])
      return ms_fail(loader->err, MS_EMISSING, "%s:%d: %s '%s' is defined in none of the files",
                     path, loader->device_line[type],
                     p->device[type].subcircuit ? "subcircuit" : "model", p->device[type].name);
  return 0;
}

int ms_load_process(ms_loader *loader, const char *path) {
  ms_process *p = &loader->impl->process;
  ms_yaml *doc;
  int rc = ms_load_yaml(loader, path, &doc);
  if (rc)
    return rc;
  ms_yaml_node *root = ms_yaml_root(doc);
  rc = ms_load_copy(loader, &p->name, ms_yaml_name(root, "name"));
  if (!rc)
    p->dir = ms_load_folder(path);
  if (!rc && (!p->dir || !(loader->inside[0] = realpath(p->dir, NULL))))
    rc = ms_fail(loader->err, MS_ENOMEM, "out of memory");
  ms_yaml_string_or(root, "description", "");
  read_range(root, "supply", "V", 0.1, 20, p->supply_v);
  read_range(root, "temperature", "C", -150, 300, p->temp_c);
  if (!rc)
    rc = read_pdk(loader, root, path);
  if (!rc)
    rc = read_devices(loader, p, root);
  if (!rc)
    rc = read_includes(loader, p, doc, path);
  if (!rc)
    rc = read_corners(loader, p, doc, path);
  if (!rc)
    rc = ms_yaml_finish(doc, loader->err);
  if (!rc)
    rc = check_devices(loader, path);
  free(loader->pdk);
  loader->pdk = NULL;
  for (int i = 0; i < 2; i++) {
    free(loader->inside[i]);
    loader->inside[i] = NULL;
  }
  ms_yaml_destroy(doc);
  return rc;
}

void ms_process_clear(ms_process *p) {
  for (size_t i = 0; i < p->n_include; i++)
    free(p->include[i]);
  for (size_t i = 0; i < p->n_corner; i++) {
    free(p->corner[i].name);
    free(p->corner[i].lib_file);
    free(p->corner[i].lib_section);
  }
  for (int type = MS_NFET; type <= MS_PFET; type++) {
    free(p->device[type].name);
    free(p->device[type].parallel);
  }
  free(p->include);
  free(p->corner);
  free(p->name);
  free(p->dir);
}

int ms_process_find_corner(const ms_process *process, const char *name) {
  for (size_t i = 0; i < process->n_corner; i++)
    if (!strcmp(process->corner[i].name, name))
      return (int)i;
  return MS_EMISSING;
}
