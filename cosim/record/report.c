/* SPDX-License-Identifier: Apache-2.0 */
/* The report: one HTML page with the main figures and the pictures inside it, no script, nothing
 * fetched. */
#include "mixspike/record.h"
#include "record/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ms_report_page {
  char *title, *lead;
  char *table, *pictures;
  size_t table_size, pictures_size;
  FILE *table_out, *pictures_out;
};

static const char HEAD[] =
    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:#22262b;background:#f4f5f7;margin:0}\n"
    "main{max-width:980px;margin:0 auto;padding:24px 20px 60px}\n"
    "h1{font-size:28px;margin:12px 0 4px}.lead{color:#565d66;margin:0 0 20px}\n"
    "table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dfe3e8;"
    "border-radius:8px}\n"
    "th,td{text-align:left;padding:9px 14px;border-top:1px solid #eceff2;vertical-align:top}\n"
    "tr:first-child>*{border-top:0}th{font-weight:600;width:30%}\n"
    "td:nth-child(2){white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "td:last-child{color:#565d66}\n"
    "figure{background:#fff;border:1px solid #dfe3e8;border-radius:8px;margin:22px "
    "0;padding:16px}\n"
    "img{display:block;max-width:100%;height:auto;margin:0 auto}\n"
    "figcaption{color:#565d66;margin-top:10px}\n</style>\n";

static void base64(FILE *out, const unsigned char *data, size_t n) {
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < n; i += 3) {
    unsigned word = (unsigned)data[i] << 16;
    word |= i + 1 < n ? (unsigned)data[i + 1] << 8 : 0;
    word |= i + 2 < n ? data[i + 2] : 0;
    fputc(digit[word >> 18], out);
    fputc(digit[word >> 12 & 63], out);
    fputc(i + 1 < n ? digit[word >> 6 & 63] : '=', out);
    fputc(i + 2 < n ? digit[word & 63] : '=', out);
  }
}

int ms_report_create(const char *title, const char *lead, ms_report_page **out, ms_error *err) {
  ms_report_page *page = *out = calloc(1, sizeof *page);
  if (page) {
    page->title = strdup(title);
    page->lead = strdup(lead);
    page->table_out = open_memstream(&page->table, &page->table_size);
    page->pictures_out = open_memstream(&page->pictures, &page->pictures_size);
  }
  if (!page || !page->title || !page->lead || !page->table_out || !page->pictures_out) {
    ms_report_destroy(page);
    *out = NULL;
    return ms_fail(err, MS_ENOMEM, "no memory for the report");
  }
  return MS_OK;
}

void ms_report_destroy(ms_report_page *page) {
  if (!page)
    return;
  if (page->table_out)
    fclose(page->table_out);
  if (page->pictures_out)
    fclose(page->pictures_out);
  free(page->table);
  free(page->pictures);
  free(page->title);
  free(page->lead);
  free(page);
}

int ms_report_figure(ms_report_page *page, const char *name, const char *value, const char *note,
                     ms_error *err) {
  fputs("<tr><th>", page->table_out);
  ms_write_escaped(page->table_out, name);
  fputs("</th><td>", page->table_out);
  ms_write_escaped(page->table_out, value);
  fputs("</td><td>", page->table_out);
  ms_write_escaped(page->table_out, note ? note : "");
  fputs("</td></tr>\n", page->table_out);
  return ferror(page->table_out) ? ms_fail(err, MS_ENOMEM, "no memory for the report") : MS_OK;
}

int ms_report_picture(ms_report_page *page, const char *svg_path, const char *caption,
                      ms_error *err) {
  char *svg;
  size_t size;
  int code = ms_read_file(svg_path, &svg, &size, err);
  if (code)
    return code;
  fputs("<figure><img alt=\"", page->pictures_out);
  ms_write_escaped(page->pictures_out, caption);
  fputs("\" src=\"data:image/svg+xml;base64,", page->pictures_out);
  base64(page->pictures_out, (const unsigned char *)svg, size);
  fputs("\"><figcaption>", page->pictures_out);
  ms_write_escaped(page->pictures_out, caption);
  fputs("</figcaption></figure>\n", page->pictures_out);
  free(svg);
  return ferror(page->pictures_out) ? ms_fail(err, MS_ENOMEM, "no memory for the report") : MS_OK;
}

int ms_report_save(ms_report_page *page, const char *path, ms_error *err) {
  char *html = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&html, &size);
  if (!out || fflush(page->table_out) || fflush(page->pictures_out)) {
    if (out)
      fclose(out);
    free(html);
    return ms_fail(err, MS_ENOMEM, "no memory for the report");
  }
  fprintf(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n%s<title>", HEAD);
  ms_write_escaped(out, page->title);
  fputs("</title>\n</head>\n<body><main>\n<h1>", out);
  ms_write_escaped(out, page->title);
  fputs("</h1>\n<p class=\"lead\">", out);
  ms_write_escaped(out, page->lead);
  fprintf(out, "</p>\n<table>\n%s</table>\n%s</main></body>\n</html>\n", page->table,
          page->pictures);
  int code = fclose(out) ? ms_fail(err, MS_ENOMEM, "no memory for the report")
                         : ms_write_file(path, html, size, err);
  free(html);
  return code;
}
