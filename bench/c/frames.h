/* The little of WebSocket and HTTP that the generator speaks; RFC 6455 and 9112. */
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include "common.h"

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

struct frame {
    int opcode;
    u8 *payload; /* unmasked in place where it was masked */
    size_t size;
    size_t whole; /* bytes of the frame with its head */
};

/* Reads one frame; 0 when more bytes are needed. */
int frame_read(u8 *data, size_t size, struct frame *found);

/* Writes a masked client frame into `out`, which has 8 bytes more than the payload; its length. */
size_t frame_masked(u8 *out, int opcode, const u8 *payload, size_t size);

/* Writes an unmasked server text frame into `out` (4 bytes more than the payload); its length. */
size_t frame_plain(u8 *out, const u8 *payload, size_t size);

/* Bytes of a whole HTTP answer at the start of `data`, or 0 when it has not arrived whole. */
size_t answer_size(const u8 *data, size_t size);

/* The status of the answer at the start of `data`. */
int answer_status(const u8 *data, size_t size);

/* Adds the cookies this answer sets to `cookies` ("a=b; c=d"), which holds `room` bytes. */
void answer_cookies(const u8 *data, size_t size, char *cookies, size_t room);

#endif
