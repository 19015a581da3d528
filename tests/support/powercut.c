/* Writes down every change made to files below $POWERCUT_FOLDER, every sync, and every promise.

   Loaded in front of libc (LD_PRELOAD). From $POWERCUT_LOG `tests/support/powercut.py` builds again any
   state of the disk a power cut could have left. A promise is a write to a file that ends in ".said".
   An entry is: kind, length of path, offset, length of data, path, data. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST_FILES 4096
#define HEAD 15

static char *paths[MOST_FILES];
static const char *folder;
static int journal = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

#define REAL(result, name, ...) static result (*real_##name)(__VA_ARGS__)
REAL(int, open, const char *, int, ...);
REAL(int, openat, int, const char *, int, ...);
REAL(int, close, int);
REAL(ssize_t, write, int, const void *, size_t);
REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
REAL(int, ftruncate, int, off_t);
REAL(int, fsync, int);
REAL(int, fdatasync, int);
REAL(int, unlink, const char *);
#define FIND(name) real_##name = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    FIND(open), FIND(openat), FIND(close), FIND(write), FIND(pwrite);
    FIND(ftruncate), FIND(fsync), FIND(fdatasync), FIND(unlink);
    folder = getenv("POWERCUT_FOLDER");
    const char *log = getenv("POWERCUT_LOG");
    if (folder && log) journal = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
    return journal >= 0 && path && !strncmp(path, folder, strlen(folder));
}

static const char *path_of(int fd) { return fd >= 0 && fd < MOST_FILES ? paths[fd] : NULL; }

static void note(char kind, const char *path, uint64_t offset, const void *data, uint32_t size) {
    char head[HEAD];
    uint16_t length;
    if (journal < 0 || !path) return;
    length = strlen(path);
    head[0] = kind;
    memcpy(head + 1, &length, 2), memcpy(head + 3, &offset, 8), memcpy(head + 11, &size, 4);
    pthread_mutex_lock(&turn);
    if (real_write(journal, head, HEAD) != HEAD || real_write(journal, path, length) != length ||
        (size && real_write(journal, data, size) != size))
        abort(); /* half an entry would be read as a lie */
    pthread_mutex_unlock(&turn);
}

static int opened(int fd, const char *path, int flags) {
    if (fd < 0 || fd >= MOST_FILES) return fd;
    free(paths[fd]);
    paths[fd] = NULL;
    if (is_ours(path)) {
        paths[fd] = strdup(path);
        if (flags & O_CREAT) note('C', path, 0, NULL, 0);
        if (flags & O_TRUNC) note('T', path, 0, NULL, 0);
    }
    return fd;
}

#define MODE                          \
    mode_t mode = 0;                  \
    if (flags & O_CREAT) {            \
        va_list more;                 \
        va_start(more, flags);        \
        mode = va_arg(more, mode_t);  \
        va_end(more);                 \
    }

int open(const char *path, int flags, ...) { MODE return opened(real_open(path, flags, mode), path, flags); }
int open64(const char *path, int flags, ...) { MODE return opened(real_open(path, flags, mode), path, flags); }
int openat(int at, const char *path, int flags, ...) { MODE return opened(real_openat(at, path, flags, mode), path, flags); }
int openat64(int at, const char *path, int flags, ...) { MODE return opened(real_openat(at, path, flags, mode), path, flags); }

int close(int fd) {
    if (fd >= 0 && fd < MOST_FILES) free(paths[fd]), paths[fd] = NULL;
    return real_close(fd);
}

static ssize_t written(int fd, uint64_t offset, const void *data, ssize_t size) {
    const char *path = path_of(fd);
    size_t length = path ? strlen(path) : 0;
    int is_promise = length > 5 && !strcmp(path + length - 5, ".said");
    if (size > 0) note(is_promise ? 'A' : 'W', path, offset, data, size);
    return size;
}

ssize_t write(int fd, const void *data, size_t size) {
    uint64_t offset = path_of(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
    return written(fd, offset, data, real_write(fd, data, size));
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return written(fd, at, data, real_pwrite(fd, data, size, at)); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return written(fd, at, data, real_pwrite(fd, data, size, at)); }

static int cut(int fd, uint64_t size, int result) {
    if (!result) note('T', path_of(fd), size, NULL, 0);
    return result;
}
int ftruncate(int fd, off_t size) { return cut(fd, size, real_ftruncate(fd, size)); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size, real_ftruncate(fd, size)); }

static int synced(int fd, int result) {
    if (!result) note('S', path_of(fd), 0, NULL, 0);
    return result;
}
int fsync(int fd) { return synced(fd, real_fsync(fd)); }
int fdatasync(int fd) { return synced(fd, real_fdatasync(fd)); }

int unlink(const char *path) {
    int result = real_unlink(path);
    if (!result && is_ours(path)) note('U', path, 0, NULL, 0);
    return result;
}
