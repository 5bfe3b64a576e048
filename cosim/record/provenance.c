/* SPDX-License-Identifier: Apache-2.0 */
/* Provenance as a table of text. */
#include "mixspike/provenance.h"

#include "mixspike/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A time, or an empty field. */
static void put_time(FILE *f, ms_time t) {
  if (t == MS_TIME_NEVER)
    fputc(',', f);
  else
    fprintf(f, ",%" PRIu64, t);
}

static void put_row(FILE *f, const ms_provenance_row *r, unsigned cores) {
  fprintf(f, "%" PRIu32 ",%s%u,", r->event, r->external ? "input" : "neuron", r->source);
  if (cores > 1)
    fprintf(f, "%u,", r->source_core);
  fprintf(f, "%u", r->tag);
  put_time(f, r->crossing);
  put_time(f, r->sampled);
  put_time(f, r->grant);
  put_time(f, r->leaves);
  if (r->pulses) {
    fprintf(f, ",neuron%u,", r->target);
    if (cores > 1)
      fprintf(f, "%u,", r->target_core);
    fprintf(f, "%s%u,%u", r->sign == MS_INH ? "inh" : "exc", r->row, r->code);
  } else {
    fputs(cores > 1 ? ",,,," : ",,,", f);
  }
  put_time(f, r->start);
  put_time(f, r->end);
  fputc('\n', f);
}

int ms_provenance_write(const char *path, const ms_provenance *p, ms_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  if (!f)
    return ms_fail(err, MS_ENOMEM, "no memory for %s", path);
  fprintf(f,
          "event,source,%stag,crossing_ps,sampled_ps,grant_ps,leaves_ps,target,%srow,code,start_ps,"
          "end_ps\n",
          p->cores > 1 ? "source_core," : "", p->cores > 1 ? "target_core," : "");
  for (size_t i = 0; i < p->n_row; i++)
    put_row(f, &p->row[i], p->cores);
  if (p->until != MS_TIME_NEVER)
    fprintf(f, "# from %" PRIu64 " ps on the router and its timed model differ: causes unknown\n",
            p->until);
  int bad = ferror(f) | fclose(f);
  int rc = bad ? ms_fail(err, MS_ENOMEM, "no memory for %s", path)
               : ms_write_file(path, text, size, err);
  free(text);
  return rc;
}
