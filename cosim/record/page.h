/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as one page that needs no other file and no network: its head, and text for it. */
#ifndef MS_RECORD_PAGE_H
#define MS_RECORD_PAGE_H

#include <stdio.h>

/** Everything up to the first line of the body; the style knows tables (numbers in td.n), .pass,
 * .fail, .skip, and .grid for pictures (record/svg.h). */
void ms_page_begin(FILE *out, const char *title);
void ms_page_end(FILE *out);
/** Escapes <, >, & and " for XML and HTML; control characters become blanks. */
void ms_write_escaped(FILE *out, const char *text);
/** The same, with line ends kept (for <pre>). */
void ms_write_escaped_lines(FILE *out, const char *text);
/** A cell of a table; class may be empty. */
void ms_page_cell(FILE *out, const char *class_name, const char *text);

#endif
