/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as one page. */
#include "record/page.h"

static const char HEAD[] =
    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{margin:0;background:#f6f7f9;color:#20252b;font:15px/1.5 system-ui,sans-serif}\n"
    "main{max-width:1020px;margin:0 auto;padding:24px 18px 60px}\n"
    "h1{font-size:25px;margin:0 0 4px}h2{font-size:18px;margin:30px 0 8px}\n"
    "p{margin:6px 0;color:#565d66}table{border-collapse:collapse;background:#fff;width:100%}\n"
    "td,th{padding:5px 9px;border:1px solid #dfe3e8;text-align:left;white-space:nowrap}\n"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".pass{color:#22703a}.fail{color:#b3261e;font-weight:600}.skip{color:#7a828b}\n"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(430px,1fr));gap:12px}\n"
    ".scroll{overflow-x:auto}svg{background:#fff;border:1px solid #dfe3e8;border-radius:6px}\n"
    "svg text{font-size:11px;fill:#20252b}svg .grid{stroke:#e9ecef;fill:none}\n"
    "svg .axis{stroke:#20252b;fill:none}\n</style>\n";

static void escape(FILE *out, const char *text, int keep_lines) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '<')
      fputs("&lt;", out);
    else if (c == '>')
      fputs("&gt;", out);
    else if (c == '&')
      fputs("&amp;", out);
    else if (c == '"')
      fputs("&quot;", out);
    else
      fputc(c < ' ' && !(keep_lines && c == '\n') ? ' ' : c, out);
  }
}

void ms_write_escaped(FILE *out, const char *text) {
  escape(out, text, 0);
}

void ms_write_escaped_lines(FILE *out, const char *text) {
  escape(out, text, 1);
}

void ms_page_cell(FILE *out, const char *class_name, const char *text) {
  fprintf(out, "<td class=\"%s\">", class_name);
  ms_write_escaped(out, text);
  fputs("</td>", out);
}

void ms_page_begin(FILE *out, const char *title) {
  fprintf(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n%s<title>", HEAD);
  ms_write_escaped(out, title);
  fputs("</title>\n<link rel=\"icon\" href=\"data:,\">\n</head>\n<body><main>\n", out);
}

void ms_page_end(FILE *out) {
  fputs("</main></body>\n</html>\n", out);
}
