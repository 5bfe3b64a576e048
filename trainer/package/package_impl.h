/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a package share: the names of its files, its manifest and its golden runs. */
#ifndef MS_PACKAGE_IMPL_H
#define MS_PACKAGE_IMPL_H

#include "mixspike/package.h"

#include <cjson/cJSON.h>

#define MS_PACKAGE_MANIFEST "manifest.json"
#define MS_PACKAGE_SUMS "SHA256SUMS"
#define MS_PACKAGE_EXPERIMENT "experiment.yaml"
#define MS_PACKAGE_WRITES "config.hex"
#define MS_PACKAGE_GOLDEN "golden.h5"

enum { MS_PACKAGE_FORMAT = 1, MS_DIGEST_TEXT = 65 };

/* Every file of a package but the sums; X(name, what it is). */
#define MS_PACKAGE_FILES(X)                                                                        \
  X(MS_PACKAGE_MANIFEST, "versions, seeds, network")                                               \
  X(MS_PACKAGE_EXPERIMENT, "the experiment, as it was read")                                       \
  X(MS_PACKAGE_WRITES, "configuration writes: address and data, in order")                         \
  X("route.hex", "routing table, for $readmemh")                                                   \
  X("entry.hex", "synapse entries, for $readmemh")                                                 \
  X("bias.hex", "bias DAC codes, for $readmemh")                                                   \
  X("weights.csv", "connections and weight codes, to read")                                        \
  X("biases.csv", "bias codes by name, to read")                                                   \
  X(MS_PACKAGE_GOLDEN, "golden input events and output spikes")

/* Besides, of a chip of several cores. */
#define MS_PACKAGE_MESH_FILES(X)                                                                   \
  X("send_tag.hex", "tags and next entries of the ways to other cores, for $readmemh")             \
  X("send_dest.hex", "cores and delays of these, for $readmemh")

/* SHA-256 of a block of bytes as lower-case hexadecimal text. */
int ms_digest(const void *data, size_t size, char text[MS_DIGEST_TEXT], ms_error *err);

/* "DIR/NAME" on the heap; NULL if out of memory. */
char *ms_package_path(const char *dir, const char *name);

/* ---- images ---- */

/* Words that the memories of one core hold. */
typedef struct ms_image_size {
  uint32_t neurons, inputs, entries, biases, tags;
} ms_image_size;

/* Writes config.hex, route.hex, entry.hex, bias.hex, weights.csv and biases.csv of a chip that is
 * configured, and the mesh files if it has several cores; images then hold the memory of core 0,
 * then that of core 1, and so on.
 * @param size  what each core of the chip's router was built with */
int ms_package_images(ms_chip *chip, const ms_config *config, const char *dir, ms_image_size *size,
                      ms_error *err);
/* Reads config.hex. @param write  malloc'd */
int ms_package_read_writes(const char *dir, uint32_t (**write)[2], size_t *n, ms_error *err);

/* ---- manifest ---- */

typedef struct ms_manifest {
  char *core; /* name */
  uint64_t core_checksum;
  ms_engine_kind analog;
  ms_router_kind digital;
  ms_network *network;
  ms_neuron_model *model;   /* NULL: none */
  unsigned neurons, inputs; /* of a core of the router; 0: not noted */
} ms_manifest;

/* @param core  what the images of one core have room for */
int ms_manifest_write(const ms_setup *setup, const ms_network *network, const ms_image_size *core,
                      const uint64_t *die, size_t n_die, const ms_package_origin *origin,
                      const char *dir, ms_error *err);
int ms_manifest_read(const char *dir, ms_manifest *manifest, ms_error *err);
void ms_manifest_clear(ms_manifest *manifest);

/* A neuron as members of an object and back. @return 0: something is missing or senseless */
void ms_neuron_to_json(const ms_neuron_model *model, cJSON *out);
int ms_neuron_from_json(const cJSON *in, ms_neuron_model *model);

/* ---- golden runs ---- */

int ms_golden_write(const ms_golden *golden, const char *dir, ms_error *err);

#endif
