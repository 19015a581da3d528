/* One frame to many sockets: the loop of expo/wire/burst.py, for machines with a compiler.

   Returns how many did not take it whole. For each of these `odd` holds two numbers: the place in
   `fds`, and how many bytes were taken, 0 when it would have had to wait or failed. The caller
   hands the rest to the socket's own transport, which knows what to do in either case. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

int sawt_burst(const int *fds, int count, const char *frame, size_t size, int *odd) {
    int found = 0;
    for (int at = 0; at < count; at++) {
        ssize_t sent;
        do sent = send(fds[at], frame, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        while (sent < 0 && errno == EINTR);
        if (sent == (ssize_t)size) continue;
        odd[2 * found] = at;
        odd[2 * found + 1] = sent > 0 ? (int)sent : 0;
        found++;
    }
    return found;
}
