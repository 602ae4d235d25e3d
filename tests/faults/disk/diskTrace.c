// Preloaded into a process, writes down everything it does to the files under DISK_TRACE_DIR, in order, into DISK_TRACE_FILE:
// what was written where, and what a completed fsync covers. diskTrace.ts reads it back; diskModel.ts draws from it what a disk
// may hold after a power cut.
//
// A write is recorded once it is done and an fsync before it begins, so that "recorded before" is never more than was true.
// DISK_BOOT_FILE stands for the machine's boot id, which changes when the power comes back.
// DISK_TRACE_SYNC_US replaces each fsync by a pause of up to so many microseconds: nothing is lost that a kill could find, and
// an answer that does not wait for its fsync is caught in the open.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum op { FILE_NAMED = 1, WRITTEN, SYNC_BEGUN, SYNC_ENDED, TRUNCATED, DIR_MADE, WRITTEN_THROUGH, RENAMED };

struct record {
  uint32_t magic;
  uint32_t op;
  uint32_t file;
  uint32_t length;  // of the bytes that follow: data or a path
  uint64_t offset;  // or size, or number of the sync; FILE_NAMED: 1 = created
  uint64_t time_us; // CLOCK_MONOTONIC
};

#define MAGIC 0x4b534944u
#define FDS 65536
#define FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static char dir[PATH_MAX];
static size_t dir_length;
static uint32_t file_of[FDS];
static char synchronous[FDS];
static char *paths[FILES];
static uint32_t files = 1;
static uint64_t syncs;
static unsigned sync_us;
static int skip_sync;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_mkdir)(const char *, mode_t);
static int (*real_rename)(const char *, const char *);

__attribute__((constructor)) static void begin(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_pwritev = dlsym(RTLD_NEXT, "pwritev");
  real_write = dlsym(RTLD_NEXT, "write");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_open = dlsym(RTLD_NEXT, "open");
  real_openat = dlsym(RTLD_NEXT, "openat");
  real_close = dlsym(RTLD_NEXT, "close");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_mkdir = dlsym(RTLD_NEXT, "mkdir");
  real_rename = dlsym(RTLD_NEXT, "rename");
  const char *wanted = getenv("DISK_TRACE_DIR");
  const char *file = getenv("DISK_TRACE_FILE");
  const char *pause = getenv("DISK_TRACE_SYNC_US");
  if (wanted == NULL || file == NULL) return;
  strncpy(dir, wanted, sizeof dir - 1);
  dir_length = strlen(dir);
  if (pause != NULL) {
    skip_sync = 1;
    sync_us = (unsigned)atoi(pause);
  }
  trace = real_open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

// With the lock held.
static void put(enum op op, uint32_t file, uint64_t offset, const void *data, uint32_t length) {
  struct record r = {MAGIC, op, file, length, offset, now_us()};
  struct iovec parts[2] = {{&r, sizeof r}, {(void *)data, length}};
  if (real_writev(trace, parts, length > 0 ? 2 : 1) != (ssize_t)(sizeof r + length)) abort();
}

static uint32_t file_behind(int fd) {
  return trace >= 0 && fd >= 0 && fd < FDS ? file_of[fd] : 0;
}

// Of a write without a position. A descriptor that was closed behind our back may be a socket by now: that one has none.
static uint32_t file_at(int fd, off_t *offset) {
  uint32_t file = file_behind(fd);
  if (file == 0) return 0;
  *offset = lseek(fd, 0, SEEK_CUR);
  if (*offset < 0) file_of[fd] = 0;
  return file_of[fd];
}

// Path relative to the traced folder, or NULL when it is elsewhere.
static const char *inside(const char *path, char *buffer) {
  if (path[0] != '/') {
    if (getcwd(buffer, PATH_MAX) == NULL) return NULL;
    size_t at = strlen(buffer);
    if (at + strlen(path) + 2 > PATH_MAX) return NULL;
    buffer[at] = '/';
    strcpy(buffer + at + 1, path);
    path = buffer;
  }
  if (strncmp(path, dir, dir_length) != 0) return NULL;
  if (path[dir_length] == 0) return ".";
  return path[dir_length] == '/' ? path + dir_length + 1 : NULL;
}

static void opened(int fd, const char *path, int flags, int existed) {
  if (trace < 0 || fd < 0 || fd >= FDS) return;
  file_of[fd] = 0;
  char buffer[PATH_MAX];
  const char *name = inside(path, buffer);
  if (name == NULL) return;
  int created = (flags & O_CREAT) != 0 && !existed;
  pthread_mutex_lock(&lock);
  uint32_t file = 0;
  for (uint32_t at = 1; at < files; at++)
    if (strcmp(paths[at], name) == 0) file = at;
  if (file == 0 && files < FILES) {
    file = files++;
    paths[file] = strdup(name);
  }
  if (file == 0) abort();
  put(FILE_NAMED, file, created, name, (uint32_t)strlen(name));
  if (flags & O_TRUNC) put(TRUNCATED, file, 0, NULL, 0);
  file_of[fd] = file;
  synchronous[fd] = (flags & (O_DSYNC | O_SYNC)) != 0;
  pthread_mutex_unlock(&lock);
}

static int exists(const char *path) {
  return access(path, F_OK) == 0;
}

int open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
  va_end(args);
  const char *boot = getenv("DISK_BOOT_FILE");
  if (boot != NULL && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) return real_open(boot, flags, mode);
  int existed = exists(path);
  int fd = real_open(path, flags, mode);
  opened(fd, path, flags, existed);
  return fd;
}

int open64(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (at == AT_FDCWD || path[0] == '/') return open(path, flags, mode);
  return real_openat(at, path, flags, mode);
}

int close(int fd) {
  if (fd >= 0 && fd < FDS && file_of[fd] != 0) {
    pthread_mutex_lock(&lock);
    file_of[fd] = 0;
    pthread_mutex_unlock(&lock);
  }
  return real_close(fd);
}

int mkdir(const char *path, mode_t mode) {
  int result = real_mkdir(path, mode);
  char buffer[PATH_MAX];
  const char *name = trace >= 0 && result == 0 ? inside(path, buffer) : NULL;
  if (name != NULL) {
    pthread_mutex_lock(&lock);
    put(DIR_MADE, 0, 0, name, (uint32_t)strlen(name));
    pthread_mutex_unlock(&lock);
  }
  return result;
}

// Both files keep their numbers; the second one's name is the first one's from here on.
int rename(const char *from, const char *to) {
  int result = real_rename(from, to);
  char buffer[PATH_MAX], other[PATH_MAX];
  const char *was = trace >= 0 && result == 0 ? inside(from, buffer) : NULL;
  const char *is = was == NULL ? NULL : inside(to, other);
  if (is == NULL) return result;
  pthread_mutex_lock(&lock);
  uint32_t file = 0;
  for (uint32_t at = 1; at < files; at++)
    if (strcmp(paths[at], was) == 0) file = at;
  if (file != 0) {
    paths[file] = strdup(is);
    put(RENAMED, file, 0, is, (uint32_t)strlen(is));
  }
  pthread_mutex_unlock(&lock);
  return result;
}

static int sync_file(int fd, int (*real)(int)) {
  uint32_t file = file_behind(fd);
  if (file == 0) return real(fd);
  pthread_mutex_lock(&lock);
  uint64_t number = ++syncs;
  put(SYNC_BEGUN, file, number, NULL, 0);
  pthread_mutex_unlock(&lock);
  int result = 0;
  if (!skip_sync) result = real(fd);
  else if (sync_us > 0) usleep((unsigned)((number * 2654435761u) % sync_us));
  if (result == 0) {
    pthread_mutex_lock(&lock);
    put(SYNC_ENDED, file, number, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return result;
}

int fsync(int fd) {
  return sync_file(fd, real_fsync);
}

int fdatasync(int fd) {
  return sync_file(fd, real_fdatasync);
}

// Through a synchronous descriptor it is on the disk once it is done, and nothing else is.
static void wrote(int fd, uint32_t file, const void *data, uint32_t length, uint64_t offset) {
  put(synchronous[fd] ? WRITTEN_THROUGH : WRITTEN, file, offset, data, length);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  uint32_t file = file_behind(fd);
  if (file == 0) return real_pwrite(fd, data, length, offset);
  // Waiting first: what is seen of a synchronous write is seen when it is over.
  if (synchronous[fd] && sync_us > 0) usleep(sync_us / 4);
  pthread_mutex_lock(&lock);
  ssize_t done = real_pwrite(fd, data, length, offset);
  if (done > 0) wrote(fd, file, data, (uint32_t)done, (uint64_t)offset);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  return pwrite(fd, data, length, offset);
}

static void wrote_parts(int fd, uint32_t file, const struct iovec *parts, int count, ssize_t done, uint64_t offset) {
  for (int at = 0; at < count && done > 0; at++) {
    uint32_t length = (uint32_t)((size_t)done < parts[at].iov_len ? (size_t)done : parts[at].iov_len);
    if (length > 0) wrote(fd, file, parts[at].iov_base, length, offset);
    offset += length;
    done -= length;
  }
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  uint32_t file = file_behind(fd);
  if (file == 0) return real_pwritev(fd, parts, count, offset);
  pthread_mutex_lock(&lock);
  ssize_t done = real_pwritev(fd, parts, count, offset);
  wrote_parts(fd, file, parts, count, done, (uint64_t)offset);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
  off_t offset;
  uint32_t file = file_at(fd, &offset);
  if (file == 0) return real_write(fd, data, length);
  pthread_mutex_lock(&lock);
  ssize_t done = real_write(fd, data, length);
  if (done > 0) wrote(fd, file, data, (uint32_t)done, (uint64_t)offset);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  off_t offset;
  uint32_t file = file_at(fd, &offset);
  if (file == 0) return real_writev(fd, parts, count);
  pthread_mutex_lock(&lock);
  ssize_t done = real_writev(fd, parts, count);
  wrote_parts(fd, file, parts, count, done, (uint64_t)offset);
  pthread_mutex_unlock(&lock);
  return done;
}

int ftruncate(int fd, off_t size) {
  uint32_t file = file_behind(fd);
  if (file == 0) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  int result = real_ftruncate(fd, size);
  if (result == 0) put(TRUNCATED, file, (uint64_t)size, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate64(int fd, off64_t size) {
  return ftruncate(fd, size);
}
