#define _GNU_SOURCE
#include "common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

u64 now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (u64)at.tv_sec * 1000000000ull + (u64)at.tv_nsec;
}

void give_up(const char *why) {
    fprintf(stderr, "%s%s%s\n", why, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

size_t open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) give_up("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return (size_t)limit.rlim_cur;
}

char *next_command(int *is_over) {
    static char text[4096];
    static size_t size, taken;
    if (taken) {
        memmove(text, text + taken, size - taken);
        size -= taken;
        taken = 0;
    }
    char *end = memchr(text, '\n', size);
    if (!end && size < sizeof text) {
        ssize_t got = read(STDIN_FILENO, text + size, sizeof text - size);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) *is_over = 1;
        if (got > 0) size += (size_t)got;
        end = memchr(text, '\n', size);
    }
    if (!end) return NULL;
    *end = 0;
    taken = (size_t)(end - text) + 1;
    return text;
}

const u8 *find_early(const u8 *data, size_t size, size_t most, const char *text) {
    return memmem(data, size < most ? size : most, text, strlen(text));
}
