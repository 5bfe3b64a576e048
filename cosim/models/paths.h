/* SPDX-License-Identifier: Apache-2.0 */
/* Where models are looked for. */
#ifndef MIXSPIKE_MODELS_PATHS_H
#define MIXSPIKE_MODELS_PATHS_H

#include "models/load.h"

/** Whether a reference is a file ("./my.yaml", "my.yaml") rather than a library name. */
bool ms_is_path(const char *name);

/** Finds a core's manifest and fills loader->dir: beside a core given as a file, its own folder and
 * that folder's parent come first, then the library: `models_dir`, else $MIXSPIKE_MODELS, else the
 * installed folder, else the source folder.
 * @param file  out, to be freed */
int ms_find_core(ms_loader *loader, const char *models_dir, const char *name, char **file);
/** The same for a cell: a name of the library, a folder, or the path of its manifest. */
int ms_find_cell(ms_loader *loader, const char *models_dir, const char *cell, char **file);

#endif
