#define _GNU_SOURCE
#include "ballots.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "frames.h"
#include "people.h"

static u64 seed;

static u64 now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

static u64 next(void) { /* xorshift64* */
    if (!seed && getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = now_ns() | 1;
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 2685821657736338717ull;
}

u32 chance(u32 below) { return (u32)((next() >> 32) * below >> 32); }

/* Ids are of version 7, as our pages make them: they begin with the time. */
size_t ballot_frame(u8 *out) {
    char text[BALLOT_ROOM - 64];
    u64 now = now_ms(), a = next(), b = next();
    size_t at = (size_t)snprintf(
        text, sizeof text, "%s{\"type\":\"cast\",\"id\":\"%08llx-%04llx-7%03x-8%03x-%012llx\",\"contest\":\"%s\",\"ranking\":[",
        plan.socketio ? "42[\"b\"," : "", (unsigned long long)(now >> 16), (unsigned long long)(now & 0xffff),
        (u32)(a >> 52), (u32)b & 0xfff, (unsigned long long)(b >> 16), plan.contest);
    int order[MOST_OPTIONS];
    for (int i = 0; i < plan.options; i++) order[i] = i;
    int ranks = 1 + (int)chance((u32)plan.longest);
    for (int i = 0; i < ranks; i++) {
        int other = i + (int)chance((u32)(plan.options - i)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\"%s\"", i ? "," : "", plan.option[order[i]]);
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "]}%s", plan.socketio ? "]" : "");
    return frame_masked(out, TEXT, (const u8 *)text, at);
}
