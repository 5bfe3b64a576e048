/* SPDX-License-Identifier: Apache-2.0 */
/* The messages between library and simulation worker: order, lengths, damage, silence. */
#include "engine/ngspice/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void what_is_put_comes_back_in_order(void **state) {
  (void)state;
  ms_wire w = {0};
  ms_wire_put_u64(&w, 42);
  ms_wire_put_text(&w, "one line");
  ms_wire_put_f64(&w, -2.5e-12);
  ms_wire_put_text(&w, NULL);
  assert_int_equal(ms_wire_get_u64(&w), 42);
  assert_string_equal(ms_wire_get_text(&w), "one line");
  assert_true(ms_wire_get_f64(&w) == -2.5e-12);
  assert_string_equal(ms_wire_get_text(&w), "");
  assert_false(w.bad);
  assert_int_equal(ms_wire_get_u64(&w), 0);
  assert_true(w.bad);
  ms_wire_free(&w);
}

static void a_text_longer_than_the_message_is_refused(void **state) {
  (void)state;
  ms_wire w = {0};
  ms_wire_put_u64(&w, 1000);
  ms_wire_put(&w, "short", 6);
  assert_string_equal(ms_wire_get_text(&w), "");
  assert_true(w.bad);
  ms_wire_clear(&w);
  ms_wire_put_u64(&w, UINT64_MAX);
  assert_string_equal(ms_wire_get_text(&w), "");
  assert_true(w.bad);
  ms_wire_free(&w);
}

static void messages_cross_a_socket(void **state) {
  (void)state;
  int fd[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
  ms_wire out = {0}, in = {0};
  ms_wire_put_text(&out, "hello");
  uint32_t type = 0;
  assert_int_equal(ms_wire_send(fd[0], 7, &out, 1, NULL), 0);
  assert_int_equal(ms_wire_send(fd[0], 8, NULL, 1, NULL), 0);
  assert_int_equal(ms_wire_receive(fd[1], &type, &in, 1, NULL), 0);
  assert_int_equal(type, 7);
  assert_string_equal(ms_wire_get_text(&in), "hello");
  assert_int_equal(ms_wire_receive(fd[1], &type, &in, 1, NULL), 0);
  assert_int_equal(type, 8);
  assert_int_equal(in.n, 0);
  ms_wire_free(&out);
  ms_wire_free(&in);
  close(fd[0]);
  close(fd[1]);
}

static void silence_damage_and_end_are_told_apart(void **state) {
  (void)state;
  int fd[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
  ms_wire in = {0};
  uint32_t type;
  ms_error err = {0};
  assert_int_equal(ms_wire_receive(fd[1], &type, &in, 0.05, &err), MS_ETIMEOUT);
  assert_int_equal(write(fd[0], "this is no header", 17), 17);
  assert_int_equal(ms_wire_receive(fd[1], &type, &in, 1, &err), MS_EIO);
  close(fd[0]);
  assert_int_equal(ms_wire_receive(fd[1], &type, &in, 1, &err), MS_ECRASH);
  assert_int_equal(ms_wire_send(fd[1], 1, NULL, 1, &err), MS_ECRASH);
  close(fd[1]);
  ms_wire_free(&in);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_put_comes_back_in_order),
      cmocka_unit_test(a_text_longer_than_the_message_is_refused),
      cmocka_unit_test(messages_cross_a_socket),
      cmocka_unit_test(silence_damage_and_end_are_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
