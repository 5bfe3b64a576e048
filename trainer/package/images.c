/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration in the forms that a chip team loads: port writes, memory images, tables. */
#include "package/package_impl.h"

#include "mixspike/record.h"
#include "mixspike/router_map.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text file in the making. */
typedef struct sheet {
  FILE *file;
  char *text;
  size_t size;
} sheet;

static int sheet_open(sheet *s, ms_error *err) {
  *s = (sheet){0};
  s->file = open_memstream(&s->text, &s->size);
  return s->file ? MS_OK : ms_fail(err, MS_ENOMEM, "out of memory");
}

static int sheet_save(sheet *s, const char *dir, const char *name, ms_error *err) {
  int bad = ferror(s->file) | fclose(s->file);
  char *path = ms_package_path(dir, name);
  int rc = bad || !path ? ms_fail(err, MS_ENOMEM, "out of memory")
                        : ms_write_file(path, s->text, s->size, err);
  free(path);
  free(s->text);
  return rc;
}

static int write_sequence(const uint32_t (*write)[2], size_t n, const char *dir, ms_error *err) {
  sheet s;
  int rc = sheet_open(&s, err);
  if (rc)
    return rc;
  for (size_t i = 0; i < n; i++)
    fprintf(s.file, "%05x %08x\n", write[i][0], write[i][1]);
  return sheet_save(&s, dir, MS_PACKAGE_WRITES, err);
}

/* The cores of a chip; what its images have in common. */
typedef struct image_set {
  const uint32_t (*write)[2];
  size_t n;
  uint32_t cores;
  const char *dir;
} image_set;

/* One memory of every core, from its base address, `depth` words of `digits` hexadecimal digits. */
static int write_image(const image_set *set, uint32_t base, uint32_t depth, int digits,
                       const char *name, ms_error *err) {
  uint32_t *word = calloc((size_t)set->cores * depth + 1, sizeof *word);
  sheet s;
  int rc = word ? sheet_open(&s, err) : ms_fail(err, MS_ENOMEM, "out of memory");
  if (!rc) {
    for (size_t i = 0; i < set->n; i++) {
      const uint32_t core = set->write[i][0] >> MS_MAP_ADDRESS_BITS;
      const uint32_t at = set->write[i][0] - ms_map_address(core, base);
      if (core < set->cores && at < depth)
        word[core * depth + at] = set->write[i][1];
    }
    for (uint32_t k = 0; k < set->cores * depth; k++) {
      if (set->cores > 1 && k % depth == 0)
        fprintf(s.file, "// core %u\n", k / depth);
      fprintf(s.file, "%0*x\n", digits, word[k]);
    }
    rc = sheet_save(&s, set->dir, name, err);
  }
  free(word);
  return rc;
}

static int write_tables(const ms_chip *chip, uint32_t cores, const ms_config *config,
                        const char *dir, ms_error *err) {
  const ms_core *core = ms_chip_core(chip);
  unsigned n_neuron = ms_chip_get_options(chip)->n_neuron;
  sheet s;
  int rc = sheet_open(&s, err);
  if (rc)
    return rc;
  fprintf(s.file, "source,target,row,code%s\n", cores > 1 ? ",source_core,target_core" : "");
  for (size_t i = 0; i < config->n_synapse; i++) {
    const ms_synapse *y = &config->synapse[i];
    const unsigned number = y->source < n_neuron ? y->source : y->source - n_neuron;
    fprintf(s.file, "%s%u,neuron%u,%s%u,%u", y->source < n_neuron ? "neuron" : "input", number,
            y->target, y->sign == MS_INH ? "inh" : "exc", y->row, y->code);
    if (cores > 1)
      fprintf(s.file, ",%u,%u", ms_map_core(number, cores), ms_map_core(y->target, cores));
    fputc('\n', s.file);
  }
  rc = sheet_save(&s, dir, "weights.csv", err);
  if (!rc)
    rc = sheet_open(&s, err);
  if (rc)
    return rc;
  fputs("bias,coarse,fine\n", s.file);
  for (size_t i = 0; i < config->n_bias; i++)
    fprintf(s.file, "%s,%u,%u\n", core->bias[i].name, config->bias[i] >> 8,
            config->bias[i] & 0xffu);
  return sheet_save(&s, dir, "biases.csv", err);
}

/* The memories of a core towards the mesh. */
static int write_sends(const image_set *set, ms_router *router, ms_error *err) {
  uint32_t sends = 0;
  int rc = ms_router_read(router, MS_MAP_SENDS, &sends, err);
  if (!rc)
    rc = write_image(set, MS_MAP_SEND_TAG, sends, 8, "send_tag.hex", err);
  return rc ? rc : write_image(set, MS_MAP_SEND_DEST, sends, 8, "send_dest.hex", err);
}

/* What every core of a router was built with. */
static int read_size(ms_router *router, uint32_t cores, ms_image_size *size, ms_error *err) {
  *size = (ms_image_size){0};
  int rc = ms_router_read(router, MS_MAP_NEURONS, &size->neurons, err);
  if (!rc)
    rc = ms_router_read(router, MS_MAP_INPUTS, &size->inputs, err);
  if (!rc)
    rc = ms_router_read(router, MS_MAP_ENTRIES, &size->entries, err);
  if (!rc)
    rc = ms_router_read(router, MS_MAP_BIASES, &size->biases, err);
  if (!rc && cores > 1)
    rc = ms_router_read(router, MS_MAP_TAGS, &size->tags, err);
  return rc;
}

int ms_package_images(ms_chip *chip, const ms_config *config, const char *dir, ms_image_size *size,
                      ms_error *err) {
  const ms_chip_options *o = ms_chip_get_options(chip);
  image_set set = {.cores = (o->cols ? o->cols : 1) * (o->rows ? o->rows : 1), .dir = dir};
  set.n = ms_chip_config_writes(chip, &set.write);
  ms_router *router = ms_chip_router(chip);
  int rc = read_size(router, set.cores, size, err);
  if (!rc)
    rc = write_sequence(set.write, set.n, dir, err);
  if (!rc)
    rc = write_image(&set, MS_MAP_ROUTE, size->neurons + size->inputs + size->tags, 8, "route.hex",
                     err);
  if (!rc)
    rc = write_image(&set, MS_MAP_ENTRY, size->entries, 6, "entry.hex", err);
  if (!rc)
    rc = write_image(&set, MS_MAP_BIAS, size->biases, 4, "bias.hex", err);
  if (!rc && set.cores > 1)
    rc = write_sends(&set, router, err);
  return rc ? rc : write_tables(chip, set.cores, config, dir, err);
}

int ms_package_read_writes(const char *dir, uint32_t (**write)[2], size_t *n, ms_error *err) {
  char *path = ms_package_path(dir, MS_PACKAGE_WRITES), *text = NULL, *rest = NULL;
  *write = NULL;
  *n = 0;
  int rc = path ? ms_read_file(path, &text, NULL, err) : ms_fail(err, MS_ENOMEM, "out of memory");
  size_t lines = 1;
  for (const char *p = text; p && (p = strchr(p, '\n')); p++)
    lines++;
  if (!rc && !(*write = calloc(lines, sizeof **write)))
    rc = ms_fail(err, MS_ENOMEM, "out of memory");
  for (char *l = rc ? NULL : strtok_r(text, "\n", &rest); l && !rc;
       l = strtok_r(NULL, "\n", &rest)) {
    char *end = NULL;
    unsigned long address = strtoul(l, &end, 16);
    char *second = end;
    unsigned long data = strtoul(second, &end, 16);
    if (end == second || *end || address >> MS_MAP_CHIP_ADDRESS_BITS || data >> 32)
      rc = ms_fail(err, MS_EPARSE, "%s:%zu: expected an address and a word in hexadecimal", path,
                   *n + 1);
    else {
      (*write)[*n][0] = (uint32_t)address;
      (*write)[*n][1] = (uint32_t)data;
      ++*n;
    }
  }
  if (rc) {
    free(*write);
    *write = NULL;
  }
  free(text);
  free(path);
  return rc;
}
