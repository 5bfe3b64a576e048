/* SPDX-License-Identifier: Apache-2.0 */
/* A cell's netlist after reading: checked, without comments, with repeats and bit pins written out.
 */
#ifndef MIXSPIKE_NETLIST_CELL_TEXT_H
#define MIXSPIKE_NETLIST_CELL_TEXT_H

#include "mixspike/model.h"

/** One logical line (continuations joined, lower case, no blanks around '='). */
typedef struct ms_text_line {
  char *text;
  int line; /**< where it starts in the file, from 1 */
} ms_text_line;

/** A subcircuit that the netlist instantiates but does not define. */
typedef struct ms_text_use {
  char *name;
  int line;
  size_t n_node; /**< how many nodes it is given */
} ms_text_use;

typedef struct ms_cell_text {
  char *file;
  size_t n_line;
  ms_text_line *line;
  size_t n_port; /**< pins of the cell's own subcircuit, in order, bits written out */
  char **port;
  int port_line; /**< line of its .subckt */
  size_t n_param;
  char **param; /**< names of the subcircuit's parameters */
  size_t n_node;
  char **node; /**< every node inside the cell's own subcircuit that is no pin */
  size_t n_use;
  ms_text_use *use;
} ms_cell_text;

/** Reads and checks a netlist.
 *   *@repeat k 0 bits-1 ... *@end   repeats the lines between, `@k@` being the index
 *   @bits:b@                        is b0 b1 ... up to the number of bits
 * Refused, each with file and line: .control, .include and every other dot-command but .subckt,
 * .ends, .param and .model; sources that read files or are `external`; code models (A); devices of
 * unknown models; pins that nothing connects to; nodes without a path for direct current.
 * @param bits    how many bits `@bits` stands for
 * @param out     free with ms_cell_text_destroy */
int ms_cell_text_read(const char *file, const char *subckt, unsigned bits, ms_cell_text **out,
                      ms_error *err);
/** The same from memory. */
int ms_cell_text_parse(const char *file, const char *source, size_t n, const char *subckt,
                       unsigned bits, ms_cell_text **out, ms_error *err);
void ms_cell_text_destroy(ms_cell_text *text);

/** Index of a pin of the subcircuit, or -1. */
int ms_cell_text_find_port(const ms_cell_text *text, const char *name);

#endif
