/* SPDX-License-Identifier: Apache-2.0 */
/* Results in HDF5. The file is built in memory (HDF5's core driver) and written by ms_write_file:
 * HDF5 itself never meets a full disk, which it does not survive well. */
#include "mixspike/record.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ms_results {
  hid_t file;
};

enum { CHUNK = 4096, MAX_NAME = 200 };

/* HDF5 prints its error stack by itself; our own sentence replaces it. */
#define QUIETLY(statement)                                                                         \
  do {                                                                                             \
    H5E_BEGIN_TRY {                                                                                \
      statement;                                                                                   \
    }                                                                                              \
    H5E_END_TRY;                                                                                   \
  } while (0)

static hid_t make_links(void) {
  hid_t links = H5Pcreate(H5P_LINK_CREATE);
  if (links >= 0)
    H5Pset_create_intermediate_group(links, 1);
  return links;
}

int ms_results_create(ms_results **out, ms_error *err) {
  *out = calloc(1, sizeof **out);
  if (!*out)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  (*out)->file = -1;
  QUIETLY({
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 20, 0);
    (*out)->file = H5Fcreate("mixspike-results", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
  });
  int code = (*out)->file < 0 ? ms_fail(err, MS_EIO, "HDF5 cannot make a file in memory")
                              : ms_results_text(*out, "/", "format", "mixspike results", err);
  if (!code)
    code = ms_results_integer(*out, "/", "format_version", 1, err);
  if (!code)
    code = ms_results_text(*out, "/", "mixspike_version", MS_VERSION, err);
  if (code) {
    ms_results_destroy(*out);
    *out = NULL;
  }
  return code;
}

void ms_results_destroy(ms_results *results) {
  if (!results)
    return;
  if (results->file >= 0)
    QUIETLY(H5Fclose(results->file));
  free(results);
}

static hid_t open_group(ms_results *results, const char *group) {
  hid_t id = -1;
  if (!strcmp(group, "/"))
    QUIETLY(id = H5Gopen2(results->file, "/", H5P_DEFAULT));
  else
    QUIETLY({
      id = H5Gopen2(results->file, group, H5P_DEFAULT);
      if (id < 0) {
        hid_t links = make_links();
        id = H5Gcreate2(results->file, group, links, H5P_DEFAULT, H5P_DEFAULT);
        H5Pclose(links);
      }
    });
  return id;
}

static int set_attribute(hid_t object, const char *name, hid_t type, const void *value) {
  int bad = 1;
  QUIETLY({
    if (H5Aexists(object, name) > 0)
      H5Adelete(object, name);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bad = id < 0 || H5Awrite(id, type, value) < 0;
    if (id >= 0)
      H5Aclose(id);
    H5Sclose(space);
  });
  return bad;
}

static int set_text(hid_t object, const char *name, const char *value) {
  hid_t type = H5Tcopy(H5T_C_S1);
  size_t length = strlen(value);
  H5Tset_size(type, length ? length : 1);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  int bad = set_attribute(object, name, type, value);
  H5Tclose(type);
  return bad;
}

static int group_attribute(ms_results *results, const char *group, const char *name, hid_t type,
                           const void *value, ms_error *err) {
  hid_t id = open_group(results, group);
  int bad = id < 0;
  if (!bad) {
    bad = type < 0 ? set_text(id, name, value) : set_attribute(id, name, type, value);
    H5Gclose(id);
  }
  return bad ? ms_fail(err, MS_EIO, "HDF5 refused the attribute %s of group %s", name, group)
             : MS_OK;
}

int ms_results_text(ms_results *results, const char *group, const char *name, const char *value,
                    ms_error *err) {
  return group_attribute(results, group, name, -1, value, err);
}

int ms_results_number(ms_results *results, const char *group, const char *name, double value,
                      ms_error *err) {
  return group_attribute(results, group, name, H5T_NATIVE_DOUBLE, &value, err);
}

int ms_results_integer(ms_results *results, const char *group, const char *name, uint64_t value,
                       ms_error *err) {
  return group_attribute(results, group, name, H5T_NATIVE_UINT64, &value, err);
}

static int write_data(ms_results *results, const char *path, const char *unit, hid_t type,
                      const void *value, size_t n, ms_error *err) {
  int bad = 1;
  QUIETLY({
    hsize_t size = n;
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t links = make_links();
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(layout, 0); /* equal contents give equal files */
    if (n >= CHUNK) {
      hsize_t chunk = CHUNK;
      H5Pset_chunk(layout, 1, &chunk);
      H5Pset_shuffle(layout);
      H5Pset_deflate(layout, 4);
    }
    hid_t set = H5Dcreate2(results->file, path, type, space, links, layout, H5P_DEFAULT);
    bad = set < 0;
    if (!bad && n)
      bad = H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0;
    if (!bad)
      bad = set_text(set, "unit", unit);
    if (set >= 0)
      H5Dclose(set);
    H5Pclose(layout);
    H5Pclose(links);
    H5Sclose(space);
  });
  return bad ? ms_fail(err, MS_EIO, "HDF5 refused the data set %s (is the name taken?)", path)
             : MS_OK;
}

int ms_results_doubles(ms_results *results, const char *path, const char *unit, const double *value,
                       size_t n, ms_error *err) {
  return write_data(results, path, unit, H5T_NATIVE_DOUBLE, value, n, err);
}

int ms_results_integers(ms_results *results, const char *path, const char *unit,
                        const uint64_t *value, size_t n, ms_error *err) {
  return write_data(results, path, unit, H5T_NATIVE_UINT64, value, n, err);
}

int ms_results_save(ms_results *results, const char *path, ms_error *err) {
  ssize_t size = -1;
  QUIETLY({
    if (H5Fflush(results->file, H5F_SCOPE_GLOBAL) >= 0)
      size = H5Fget_file_image(results->file, NULL, 0);
  });
  void *image = size > 0 ? malloc((size_t)size) : NULL;
  if (image)
    QUIETLY(size = H5Fget_file_image(results->file, image, (size_t)size));
  int code = !image || size <= 0 ? ms_fail(err, MS_ENOMEM, "no memory for the results of %s", path)
                                 : ms_write_file(path, image, (size_t)size, err);
  free(image);
  return code;
}

/* ---- one run of a chip ---- */

/* A column picked out of an array of structs. */
typedef uint64_t (*pick)(const void *array, size_t i);
static uint64_t event_time(const void *a, size_t i) {
  return ((const ms_event *)a)[i].t;
}
static uint64_t event_address(const void *a, size_t i) {
  return ((const ms_event *)a)[i].address;
}
static uint64_t delivery_time(const void *a, size_t i) {
  return ((const ms_delivery *)a)[i].t;
}
static uint64_t delivery_target(const void *a, size_t i) {
  return ((const ms_delivery *)a)[i].target;
}
static uint64_t delivery_sign(const void *a, size_t i) {
  return ((const ms_delivery *)a)[i].sign;
}
static uint64_t delivery_row(const void *a, size_t i) {
  return ((const ms_delivery *)a)[i].row;
}
static uint64_t delivery_code(const void *a, size_t i) {
  return ((const ms_delivery *)a)[i].code;
}

static int column(ms_results *results, const char *group, const char *name, const char *unit,
                  const void *array, size_t n, pick get, ms_error *err) {
  char path[2 * MAX_NAME];
  snprintf(path, sizeof path, "%s/%s", group, name);
  uint64_t *value = malloc((n ? n : 1) * sizeof *value);
  if (!value)
    return ms_fail(err, MS_ENOMEM, "no memory for %s", path);
  for (size_t i = 0; i < n; i++)
    value[i] = get(array, i);
  int code = ms_results_integers(results, path, unit, value, n, err);
  free(value);
  return code;
}

static int events(ms_results *results, const char *group, const char *table, const char *address,
                  const ms_event *event, size_t n, ms_error *err) {
  char path[MAX_NAME];
  snprintf(path, sizeof path, "%s/%s", group, table);
  int code = column(results, path, "t", "ps", event, n, event_time, err);
  return code ? code : column(results, path, address, "1", event, n, event_address, err);
}

static int counters(ms_results *results, const char *group, const ms_run_result *run,
                    ms_error *err) {
  char path[MAX_NAME];
  snprintf(path, sizeof path, "%s/counters", group);
  int code = MS_OK;
#define MS_X(name, text)                                                                           \
  if (!code)                                                                                       \
    code = ms_results_integer(results, path, #name, run->counters.name, err);
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
#define MS_X(name, text)                                                                           \
  if (!code && run->cores > 1)                                                                     \
    code = ms_results_integer(results, path, #name, run->network.name, err);
  MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
  return code;
}

static int waves(ms_results *results, const char *group, const ms_core *core,
                 const ms_run_result *run, ms_error *err) {
  for (unsigned k = 0; k < run->n_neuron; k++)
    for (size_t i = 0; run->group && i < run->group[k].n_wave; i++) {
      const ms_wave *wave = &run->group[k].wave[i];
      char path[MAX_NAME];
      int base = snprintf(path, sizeof path, "%s/waves/neuron%u/%s/", group, k,
                          ms_probe_name(core, wave->probe));
      if (base < 0 || (size_t)base + 2 > sizeof path)
        return ms_fail(err, MS_EINVAL, "group name too long: %s", group);
      strcpy(path + base, "t");
      int code = ms_results_doubles(results, path, "s", wave->t_s, wave->n, err);
      strcpy(path + base, "v");
      if (!code)
        code = ms_results_doubles(results, path, "V", wave->v, wave->n, err);
      if (code)
        return code;
    }
  return MS_OK;
}

int ms_results_run(ms_results *results, const char *group, const ms_core *core, const ms_event *in,
                   size_t n_in, const ms_run_result *run, ms_error *err) {
  if (strlen(group) > MAX_NAME / 2)
    return ms_fail(err, MS_EINVAL, "group name too long: %s", group);
  char table[MAX_NAME];
  snprintf(table, sizeof table, "%s/deliveries", group);
  const ms_delivery *d = run->delivery;
  size_t n = run->n_delivery;
  int code;
  (void)((code = events(results, group, "events_in", "input", in, n_in, err)) ||
         (code = events(results, group, "spikes", "neuron", run->spike, run->n_spike, err)) ||
         (code = events(results, group, "events_out", "source", run->host, run->n_host, err)) ||
         (code = column(results, table, "t", "ps", d, n, delivery_time, err)) ||
         (code = column(results, table, "target", "1", d, n, delivery_target, err)) ||
         (code = column(results, table, "sign", "1", d, n, delivery_sign, err)) ||
         (code = column(results, table, "row", "1", d, n, delivery_row, err)) ||
         (code = column(results, table, "code", "1", d, n, delivery_code, err)) ||
         (code = counters(results, group, run, err)) ||
         (code = ms_results_number(results, group, "energy_j", run->energy_j, err)) ||
         (code = ms_results_number(results, group, "bias_power_w", run->bias_power_w, err)) ||
         (code = ms_results_number(results, group, "wall_s", run->wall_s, err)) ||
         (code = ms_results_number(results, group, "router_wall_s", run->router_wall_s, err)) ||
         (code = ms_results_integer(results, group, "retries", run->retries, err)) ||
         (code = core ? waves(results, group, core, run, err) : MS_OK));
  return code;
}
