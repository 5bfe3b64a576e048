/* SPDX-License-Identifier: Apache-2.0 */
/* Events from text files: what is read, and how a wrong line is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mixspike/publish.h"

enum { N_INPUT = 5 };

static int read_text(const char *text, ms_event **event, size_t *n, ms_error *err) {
  char path[] = "/tmp/mixspike-events-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
  int code = ms_events_read(path, N_INPUT, event, n, err);
  unlink(path);
  return code;
}

static void events_are_read_in_order_of_time(void **state) {
  (void)state;
  ms_event *event;
  size_t n;
  ms_error err;
  assert_int_equal(
      read_text("# stimulus\nt_us,input\n2.5,4\r\n\n0.001,0\n2.5,1\n", &event, &n, &err), 0);
  assert_int_equal(n, 3);
  assert_true(event[0].t == 1000 && event[0].address == 0);
  assert_true(event[1].t == 2500000 && event[1].address == 1);
  assert_true(event[2].t == 2500000 && event[2].address == 4);
  free(event);
  assert_int_equal(read_text("t_ps,input\n7,3", &event, &n, &err), 0);
  assert_true(n == 1 && event[0].t == 7);
  free(event);
  assert_int_equal(read_text("t_s,input\n", &event, &n, &err), 0);
  assert_int_equal(n, 0);
}

static void a_wrong_line_is_named(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int code;
    const char *says;
  } wrong[] = {
      {"1,2\n", MS_EPARSE, ":1: the first line"},
      {"t_us,input\n1;2\n", MS_EPARSE, ":2: expected a time"},
      {"t_us,input\n1,2\n1,\n", MS_EPARSE, ":3: expected a time"},
      {"t_us,input\n1,2x\n", MS_EPARSE, ":2: expected a time"},
      {"t_us,input\nx,2\n", MS_EPARSE, ":2: expected a time"},
      {"t_us,input\n1,-2\n", MS_EPARSE, ":2: expected a time"},
      {"t_us,input\n1,99999999999999999999\n", MS_EPARSE, ":2: expected a time"},
      {"t_us,input\n1,5\n", MS_ERANGE, ":2: input 5 does not exist: the chip has inputs 0 to 4"},
      {"t_us,input\n-1,2\n", MS_ERANGE, ":2: a time must be"},
      {"t_s,input\n1e300,2\n", MS_ERANGE, ":2: a time must be"},
      {"t_s,input\nnan,2\n", MS_ERANGE, ":2: a time must be"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ms_event *event;
    size_t n;
    ms_error err = {0};
    assert_int_equal(read_text(wrong[i].text, &event, &n, &err), wrong[i].code);
    assert_null(event);
    if (!strstr(err.text, wrong[i].says))
      fail_msg("'%s' does not say '%s'", err.text, wrong[i].says);
  }
  ms_event *event;
  size_t n;
  assert_int_equal(ms_events_read("/nonexistent/file", N_INPUT, &event, &n, NULL), MS_EMISSING);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_are_read_in_order_of_time),
      cmocka_unit_test(a_wrong_line_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
