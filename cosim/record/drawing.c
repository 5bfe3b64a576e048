/* SPDX-License-Identifier: Apache-2.0 */
/* Hands a script and its data to gnuplot, which stays a program of its own. */
#include "record/plot_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void ms_drawing_quote(ms_drawing *drawing, const char *text) {
  fputc('"', drawing->script);
  for (const char *p = text ? text : ""; *p; p++) {
    unsigned char c = (unsigned char)*p;
    if (c == '"' || c == '\\')
      fputc('\\', drawing->script);
    fputc(c < ' ' || c == '`' ? ' ' : c, drawing->script);
  }
  fputc('"', drawing->script);
}

int ms_drawing_begin(ms_drawing *drawing, const char *folder, const char *name, unsigned width,
                     unsigned height, ms_error *err) {
  *drawing = (ms_drawing){.folder = folder, .name = name};
  for (const char *p = name; *p; p++)
    if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", *p))
      return ms_fail(err, MS_EINVAL, "picture name %s: only a-z, 0-9, _ and - are allowed", name);
  drawing->script = open_memstream(&drawing->script_text, &drawing->script_size);
  drawing->data = open_memstream(&drawing->data_text, &drawing->data_size);
  if (!drawing->script || !drawing->data) {
    if (drawing->script)
      fclose(drawing->script);
    free(drawing->script_text);
    return ms_fail(err, MS_ENOMEM, "no memory for picture %s", name);
  }
  fprintf(drawing->script,
          "# Draws %s.svg: run `gnuplot %s.gp` in this folder.\n"
          "set terminal svg size %u,%u noenhanced font 'sans-serif,15' background '#ffffff'\n"
          "set output '../%s.svg'\n"
          "data = '%s.dat'\n"
          "set encoding utf8\n"
          "set border 3 lc rgb '" MS_INK "' lw 1\n"
          "set tics nomirror out scale 0.6 textcolor rgb '" MS_INK "'\n"
          "set grid ytics lc rgb '#e3e6ea' lt 1 lw 1\n"
          "set key textcolor rgb '" MS_INK "' samplen 1.6\n",
          name, name, width, height, name, name);
  return MS_OK;
}

void ms_drawing_end_block(ms_drawing *drawing) {
  fputs("\n\n", drawing->data);
}

/* Runs gnuplot on NAME.gp in `folder`; what it complains about goes to `log`. */
static int call_gnuplot(const char *folder, const char *script, const char *log, ms_error *err) {
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions))
    return ms_fail(err, MS_ENOMEM, "out of memory");
  posix_spawn_file_actions_addchdir_np(&actions, folder);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                   0666);
  char program[] = "gnuplot", file[PATH_MAX];
  snprintf(file, sizeof file, "%s", script);
  char *args[] = {program, file, NULL};
  pid_t child;
  int bad = posix_spawnp(&child, program, &actions, NULL, args, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (bad == ENOENT)
    return ms_fail(err, MS_EMISSING,
                   "no pictures: gnuplot was not found (install the Debian package gnuplot-nox)");
  if (bad)
    return ms_fail(err, MS_EIO, "cannot start gnuplot: %s", strerror(bad));
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  if (!WIFEXITED(status) || WEXITSTATUS(status))
    return ms_fail(err, MS_EIO, "gnuplot failed on %s/%s; what it said is in %s there", folder,
                   script, log);
  return MS_OK;
}

int ms_drawing_finish(ms_drawing *drawing, ms_error *err) {
  int code = MS_OK;
  if (fclose(drawing->script) | fclose(drawing->data))
    code = ms_fail(err, MS_ENOMEM, "no memory for picture %s", drawing->name);
  char folder[PATH_MAX], path[PATH_MAX + 160], script[128], log[128];
  snprintf(folder, sizeof folder, "%s/plot", drawing->folder);
  snprintf(script, sizeof script, "%s.gp", drawing->name);
  snprintf(log, sizeof log, "%s.log", drawing->name);
  if (!code)
    code = ms_make_folder(folder, err);
  if (!code) {
    snprintf(path, sizeof path, "%s/%s.dat", folder, drawing->name);
    code = ms_write_file(path, drawing->data_text, drawing->data_size, err);
  }
  if (!code) {
    snprintf(path, sizeof path, "%s/%s", folder, script);
    code = ms_write_file(path, drawing->script_text, drawing->script_size, err);
  }
  if (!code)
    code = call_gnuplot(folder, script, log, err);
  if (!code) {
    snprintf(path, sizeof path, "%s/%s", folder, log);
    unlink(path);
  }
  free(drawing->script_text);
  free(drawing->data_text);
  return code;
}
