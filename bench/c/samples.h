/* Latencies of one measured window. A frame's sample also says which publication it belongs to, so
   that one slow moment of the machine can be told from a server that is slow every time. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include "common.h"

struct samples {
    struct sample {
        u64 group; /* when the frame was published; 0 where samples stand alone */
        u64 ns;
    } *kept;
    size_t count, room;
};

void samples_add(struct samples *all, u64 group, u64 ns);
void samples_clear(struct samples *all);

/* Prints `"name_p50":…,"name_p95":…,"name_p99":…,"name_max":…` in milliseconds, null without any. */
void samples_print(struct samples *all, const char *name);

/* Prints `"name":…`: the median over all publications of the 99th percentile within each. */
void samples_print_groups(struct samples *all, const char *name);

#endif
