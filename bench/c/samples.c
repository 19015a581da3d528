#include "samples.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 16000000 }; /* 256 MB; nothing here measures more in one window */

void samples_add(struct samples *all, u64 group, u64 ns) {
    if (all->count == all->room) {
        if (all->room >= MOST) return;
        all->room = all->room ? all->room * 2 : 65536;
        all->kept = realloc(all->kept, all->room * sizeof *all->kept);
        if (!all->kept) give_up("out of memory");
    }
    all->kept[all->count].group = group;
    all->kept[all->count++].ns = ns;
}

void samples_clear(struct samples *all) { all->count = 0; }

static int compare(u64 a, u64 b) { return (a > b) - (a < b); }

static int by_ns(const void *a, const void *b) {
    return compare(((const struct sample *)a)->ns, ((const struct sample *)b)->ns);
}

static int by_group(const void *a, const void *b) {
    int order = compare(((const struct sample *)a)->group, ((const struct sample *)b)->group);
    return order ? order : by_ns(a, b);
}

static int by_value(const void *a, const void *b) {
    return compare(*(const u64 *)a, *(const u64 *)b);
}

/* The sample below which `share` of them lie; sorted, and there is at least one. */
static double at(const struct sample *sorted, size_t count, double share) {
    size_t place = (size_t)((double)count * share);
    return (double)sorted[place < count ? place : count - 1].ns / 1e6;
}

void samples_print(struct samples *all, const char *name) {
    if (!all->count) {
        printf("\"%s_p50\":null,\"%s_p95\":null,\"%s_p99\":null,\"%s_max\":null", name, name, name, name);
        return;
    }
    qsort(all->kept, all->count, sizeof *all->kept, by_ns);
    printf("\"%s_p50\":%.3f,\"%s_p95\":%.3f,\"%s_p99\":%.3f,\"%s_max\":%.3f", name,
           at(all->kept, all->count, 0.50), name, at(all->kept, all->count, 0.95), name,
           at(all->kept, all->count, 0.99), name, at(all->kept, all->count, 1));
}

void samples_print_groups(struct samples *all, const char *name) {
    if (!all->count) {
        printf("\"%s\":null", name);
        return;
    }
    qsort(all->kept, all->count, sizeof *all->kept, by_group);
    u64 *found = malloc(all->count * sizeof *found);
    if (!found) give_up("out of memory");
    size_t groups = 0;
    for (size_t start = 0, end; start < all->count; start = end) {
        for (end = start; end < all->count && all->kept[end].group == all->kept[start].group; end++) {}
        found[groups++] = (u64)(at(all->kept + start, end - start, 0.99) * 1e6);
    }
    qsort(found, groups, sizeof *found, by_value);
    printf("\"%s\":%.3f", name, (double)found[groups / 2] / 1e6);
    free(found);
}
