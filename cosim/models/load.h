/* SPDX-License-Identifier: Apache-2.0 */
/* Loading of manifests: what the readers of process, cells and core share. */
#ifndef MIXSPIKE_MODELS_LOAD_H
#define MIXSPIKE_MODELS_LOAD_H

#include "mixspike/model.h"
#include "netlist/cell_text.h"
#include "yaml/yaml.h"

enum { MS_MAX_CELLS = 64, MS_FINE_BITS = 8, MS_MAX_COARSE = 16 };

/** A cell with its netlist, bits written out. */
typedef struct ms_core_cell {
  ms_cell cell;
  ms_cell_text *text;
  unsigned bits;
  size_t n_use;
  char **use;
  int *use_line; /**< in the manifest */
} ms_core_cell;

/** What stands behind a ms_core: its first member is what users see. */
typedef struct ms_core_impl {
  ms_core core;
  ms_process process;
  size_t n_cell;
  ms_core_cell *cell[MS_MAX_CELLS]; /**< every cell before those that use it */
} ms_core_impl;

static inline const ms_core_impl *ms_core_get_impl(const ms_core *core) {
  return (const ms_core_impl *)(const void *)core;
}

/** A load in progress. */
typedef struct ms_loader {
  ms_core_impl *impl;
  size_t n_dir;
  int depth;            /**< of cells that use cells */
  char *dir[3];         /**< folders that hold cells/ and process/, best first */
  char *pdk;            /**< while a process is read: the folder that $PDK stands for */
  char *inside[2];      /**< and the folders, free of links, that its files must lie in */
  int device_line[2];   /**< of nfet and pfet in the process's manifest */
  bool device_found[2]; /**< whether a file of the process defines them */
  ms_error *err;
} ms_loader;

/** Copies a text into *to; an MS_ENOMEM failure otherwise. */
int ms_load_copy(ms_loader *loader, char **to, const char *from);
/** Reads a manifest and adds it to the checksum. */
int ms_load_yaml(ms_loader *loader, const char *path, ms_yaml **out);
/** Adds the content of a file to the checksum. */
int ms_load_sum(ms_loader *loader, const char *path);
/** Finds `kind`/`name`/`file` ("cells/dpi_soma/cell.yaml") in the loader's folders.
 * @param path  out, to be freed
 * @return 0 or MS_EMISSING, then with the list of folders in the message */
int ms_load_find(ms_loader *loader, const char *kind, const char *name, const char *file,
                 char **path);
/** "dir/file" with dir being the folder of `beside`; an absolute file stays as it is. To be freed;
 * NULL without memory. */
char *ms_load_beside(const char *beside, const char *file);
/** The folder of a file. To be freed; NULL without memory. */
char *ms_load_folder(const char *file);

/** Reads a process manifest into loader->impl->process. */
int ms_load_process(ms_loader *loader, const char *path);
void ms_process_clear(ms_process *process);

/** Whether a file that exists lies in a folder or below it, links followed.
 * @param folder  as realpath gives it */
bool ms_lies_in(const char *file, const char *folder);
/** The same for the folder's `kind`: "cells" or "process". */
bool ms_lies_among(const char *file, const char *folder, const char *kind);
/** Follows the SPICE files of a process: refuses those that carry commands or lie outside the
 * folders allowed, sums up all.
 * @param at  manifest entry that names the file, for messages */
int ms_load_spice(ms_loader *loader, const char *path, ms_yaml_node *at);

/** Reads a cell and the cells that it uses, once.
 * @param dac_bits  bits of weight DACs; 0: what the cell's own parameters say
 * @param at        manifest entry that names the cell, for messages; may be NULL */
int ms_load_cell(ms_loader *loader, const char *name, unsigned dac_bits, ms_yaml_node *at,
                 const ms_cell **out);
/** The same for a manifest at a known place. */
int ms_load_cell_file(ms_loader *loader, const char *name, const char *path, unsigned dac_bits,
                      const ms_cell **out);
void ms_core_cell_destroy(ms_core_cell *cell);
/** Adds the bias lines of a cell, once.
 * @param at  for messages, may be NULL */
int ms_load_biases(ms_loader *loader, ms_yaml_node *at, const ms_cell *cell);
/** Frees what the loader held, and the half-made core after a failure; else hands it out. */
int ms_load_end(ms_loader *loader, int rc, ms_core **out);

/** Loads one cell into a core that serves as its bench. A soma stands alone in it; a synapse feeds
 * an ammeter (node nin); of any other cell the core has the bias lines only and no soma.
 * @param cell     name in the library, folder, or path of a cell.yaml
 * @param process  name or path; NULL: gen180
 * @param set      bias set: decides the ammeter's range
 * @param dut      out, the cell; belongs to the core */
int ms_core_load_cell(const char *models_dir, const char *cell, const char *process, int set,
                      ms_core **out, const ms_cell **dut, ms_error *err);
/** The ammeter of a synapse's bench: its resistor in ohm, and the voltage it holds. */
#define MS_AMMETER_V 0.9
double ms_ammeter_ohm(int set);

#endif
