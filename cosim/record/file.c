/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: written under another name and renamed, or read at once. */
#include "mixspike/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_READ = 1 << 30 };

int ms_make_folder(const char *path, ms_error *err) {
  char part[PATH_MAX];
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof part)
    return ms_fail(err, MS_EINVAL, "folder name is empty or too long");
  memcpy(part, path, length + 1);
  for (char *p = part + 1;; p++) {
    char c = *p;
    if (c != '/' && c != '\0')
      continue;
    *p = '\0';
    if (mkdir(part, 0777) && errno != EEXIST)
      return ms_fail(err, MS_EIO, "cannot make folder %s: %s", part, strerror(errno));
    *p = c;
    if (!c)
      break;
  }
  struct stat st;
  if (stat(path, &st) || !S_ISDIR(st.st_mode))
    return ms_fail(err, MS_EIO, "%s is in the way: it is not a folder", path);
  return MS_OK;
}

static int write_all(int fd, const char *data, size_t size) {
  while (size) {
    ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return -1;
    data += n;
    size -= (size_t)n;
  }
  return fsync(fd) && errno != EINVAL && errno != EROFS ? -1 : 0;
}

int ms_write_file(const char *path, const void *data, size_t size, ms_error *err) {
  struct stat st;
  if (!stat(path, &st) && !S_ISREG(st.st_mode))
    return ms_fail(err, MS_EIO, "cannot write %s: it exists and is not a regular file", path);
  char temporary[PATH_MAX];
  int n = snprintf(temporary, sizeof temporary, "%s.part.%ld", path, (long)getpid());
  if (n < 0 || (size_t)n >= sizeof temporary)
    return ms_fail(err, MS_EINVAL, "file name too long: %.200s...", path);
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0)
    return ms_fail(err, MS_EIO, "cannot write %s: %s", path, strerror(errno));
  int bad = write_all(fd, data, size);
  int reason = errno;
  if (close(fd) && !bad) {
    bad = 1;
    reason = errno;
  }
  if (!bad && rename(temporary, path)) {
    bad = 1;
    reason = errno;
  }
  if (bad) {
    unlink(temporary);
    return ms_fail(err, MS_EIO, "cannot write %s (%zu bytes): %s%s", path, size, strerror(reason),
                   reason == ENOSPC ? "; free some space or choose another --out" : "");
  }
  return MS_OK;
}

int ms_read_file(const char *path, char **out, size_t *size, ms_error *err) {
  *out = NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return ms_fail(err, errno == ENOENT ? MS_EMISSING : MS_EIO, "cannot read %s: %s", path,
                   strerror(errno));
  struct stat st;
  int code = MS_OK;
  char *data = NULL;
  size_t have = 0;
  if (fstat(fd, &st) || !S_ISREG(st.st_mode))
    code = ms_fail(err, MS_EIO, "cannot read %s: not a regular file", path);
  else if (st.st_size > MAX_READ)
    code = ms_fail(err, MS_ERANGE, "cannot read %s: larger than 1 GiB", path);
  else if (!(data = malloc((size_t)st.st_size + 1)))
    code = ms_fail(err, MS_ENOMEM, "out of memory reading %s", path);
  while (!code && have < (size_t)st.st_size) {
    ssize_t n = read(fd, data + have, (size_t)st.st_size - have);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      code = ms_fail(err, MS_EIO, "cannot read %s: %s", path, strerror(errno));
    if (n <= 0)
      break;
    have += (size_t)n;
  }
  close(fd);
  if (code) {
    free(data);
    return code;
  }
  data[have] = '\0';
  *out = data;
  if (size)
    *size = have;
  return MS_OK;
}
