/* What every program of the benchmark shares: short types, the clock, one way to give up. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* CLOCK_MONOTONIC in nanoseconds: one clock for every process of this machine. */
u64 now_ns(void);

/* Says why on standard error and ends with 1. */
void give_up(const char *why) __attribute__((noreturn));

/* Raises the limit of open files as far as allowed; returns it. */
size_t open_files(void);

/* The next whole line of standard input without its end, or NULL when none has come yet.
   `*is_over` is set when nobody will send another. */
char *next_command(int *is_over);

/* The first place of a text within the first `most` bytes, or NULL. */
const u8 *find_early(const u8 *data, size_t size, size_t most, const char *text);

#endif
