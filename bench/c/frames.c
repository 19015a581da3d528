#define _GNU_SOURCE
#include "frames.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const u8 MASK[4] = {0x5a, 0x17, 0xc3, 0x88};

int frame_read(u8 *data, size_t size, struct frame *found) {
    if (size < 2) return 0;
    size_t head = 2, length = data[1] & 127;
    if (length == 126) {
        if (size < 4) return 0;
        length = (size_t)data[2] << 8 | data[3];
        head = 4;
    } else if (length == 127) {
        if (size < 10) return 0;
        length = 0;
        for (int i = 0; i < 8; i++) length = length << 8 | data[2 + i];
        head = 10;
    }
    const u8 *mask = data[1] & 128 ? data + head : NULL;
    if (mask) head += 4;
    if (length > size - head || size < head) return 0;
    found->opcode = data[0] & 15;
    found->payload = data + head;
    found->size = length;
    found->whole = head + length;
    if (mask)
        for (size_t i = 0; i < length; i++) found->payload[i] ^= mask[i & 3];
    return 1;
}

size_t frame_masked(u8 *out, int opcode, const u8 *payload, size_t size) {
    size_t at = 0;
    out[at++] = (u8)(0x80 | opcode);
    if (size < 126) {
        out[at++] = (u8)(0x80 | size);
    } else {
        out[at++] = 0x80 | 126;
        out[at++] = (u8)(size >> 8);
        out[at++] = (u8)size;
    }
    memcpy(out + at, MASK, 4);
    at += 4;
    for (size_t i = 0; i < size; i++) out[at + i] = payload[i] ^ MASK[i & 3];
    return at + size;
}

size_t frame_plain(u8 *out, const u8 *payload, size_t size) {
    size_t at = 0;
    out[at++] = 0x80 | TEXT;
    if (size < 126) {
        out[at++] = (u8)size;
    } else {
        out[at++] = 126;
        out[at++] = (u8)(size >> 8);
        out[at++] = (u8)size;
    }
    memcpy(out + at, payload, size);
    return at + size;
}

/* The value of a header in the head that ends at `end`, from `from` on, or NULL. */
static const char *header(const char *from, const char *end, const char *name) {
    size_t length = strlen(name);
    for (const char *line = from; line < end;) {
        const char *stop = memmem(line, (size_t)(end - line) + 2, "\r\n", 2);
        if (!stop) return NULL;
        if ((size_t)(stop - line) > length && line[length] == ':' && !strncasecmp(line, name, length))
            return line + length + 1 + (line[length + 1] == ' ');
        line = stop + 2;
    }
    return NULL;
}

size_t answer_size(const u8 *data, size_t size) {
    const char *text = (const char *)data;
    const char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - text) + 4;
    const char *length = header(text, end, "content-length");
    if (length) {
        size_t whole = head + strtoull(length, NULL, 10);
        return size >= whole ? whole : 0;
    }
    if (!header(text, end, "transfer-encoding")) return head;
    size_t at = head;
    for (;;) { /* chunk by chunk */
        const u8 *line = memmem(data + at, size - at, "\r\n", 2);
        if (!line) return 0;
        size_t chunk = strtoull(text + at, NULL, 16);
        at = (size_t)(line - data) + 2 + chunk + 2;
        if (at > size) return 0;
        if (!chunk) return at;
    }
}

int answer_status(const u8 *data, size_t size) {
    return size > 12 && !memcmp(data, "HTTP/1.1 ", 9) ? atoi((const char *)data + 9) : 0;
}

void answer_cookies(const u8 *data, size_t size, char *cookies, size_t room) {
    const char *text = (const char *)data;
    const char *end = memmem(data, size, "\r\n\r\n", 4);
    while (end && (text = header(text, end, "set-cookie"))) {
        size_t length = strcspn(text, ";\r"), used = strlen(cookies);
        if (used + length + 3 > room) return;
        if (used) strcat(cookies, "; ");
        strncat(cookies, text, length);
        text = memmem(text, (size_t)(end - text) + 2, "\r\n", 2);
        if (!text) return;
        text += 2;
    }
}
