/* The physical limit: an epoll loop that answers handshakes, sends one ready frame to every socket
   with send(2), and acknowledges ballots without reading them. No rules, no rooms, no record.

   writer PORT. Prints {"ready":PORT}. The command "once BYTES" on standard input publishes a frame of
   so many bytes. Ends with its input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frames.h"

enum { MOST = 1 << 16, FRAME_ROOM = 1 << 15, BACKLOG = 4096 };

static const char WELCOME[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"; /* of the generator's own key */
static const char ACK[] = "{\"type\":\"receipt\",\"id\":\"00000000-0000-4000-8000-000000000000\"}";

static u8 is_viewer[MOST], buffer[1 << 18], frame[FRAME_ROOM], ack[128];
static int viewers[MOST], place[MOST], count;
static size_t ack_size;

static void publish(int size) {
    char text[FRAME_ROOM - 16];
    if (size > (int)sizeof text - 1) size = sizeof text - 1;
    int at = snprintf(text, sizeof text, "{\"t\":%lu,\"pad\":\"", (unsigned long)now_ns());
    while (at < size - 2) text[at++] = 'x';
    text[at++] = '"';
    text[at++] = '}';
    size_t whole = frame_plain(frame, (u8 *)text, (size_t)at);
    for (int i = 0; i < count; i++) send(viewers[i], frame, whole, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void add(int fd) {
    is_viewer[fd] = 1;
    place[fd] = count;
    viewers[count++] = fd;
}

static void drop(int fd) {
    if (is_viewer[fd]) {
        int last = viewers[--count];
        viewers[place[fd]] = last;
        place[last] = place[fd];
        is_viewer[fd] = 0;
    }
    close(fd);
}

static void hear(int fd) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) drop(fd);
        return;
    }
    if (!is_viewer[fd]) {
        send(fd, WELCOME, sizeof WELCOME - 1, MSG_NOSIGNAL);
        add(fd);
        return;
    }
    struct frame found;
    for (size_t at = 0; frame_read(buffer + at, (size_t)got - at, &found); at += found.whole)
        if (found.opcode == TEXT) send(fd, ack, ack_size, MSG_NOSIGNAL);
}

static int listening(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((u16)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (void *)&at, sizeof at) || listen(fd, BACKLOG)) give_up("listen");
    return fd;
}

int main(int words, char **word) {
    if (words != 2) return 2;
    open_files();
    signal(SIGPIPE, SIG_IGN);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    ack_size = frame_plain(ack, (const u8 *)ACK, sizeof ACK - 1);
    int door = listening(atoi(word[1])), poll_fd = epoll_create1(0), yes = 1, is_over = 0, size;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = door}, events[1024];
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, door, &event);
    event.data.fd = STDIN_FILENO;
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    printf("{\"ready\":%s}\n", word[1]);
    fflush(stdout);
    while (!is_over) {
        int found = epoll_wait(poll_fd, events, 1024, -1);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd, one;
            if (fd != door) {
                if (fd != STDIN_FILENO) hear(fd);
                continue;
            }
            while ((one = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                event.data.fd = one;
                if (one >= MOST || epoll_ctl(poll_fd, EPOLL_CTL_ADD, one, &event)) close(one);
            }
        }
        for (char *command; (command = next_command(&is_over));)
            if (sscanf(command, "once %d", &size) == 1) publish(size);
    }
    return 0;
}
