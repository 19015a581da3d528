#define _GNU_SOURCE
#include "people.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballots.h"
#include "frames.h"

#define AGENT \
    "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36\r\n" \
    "Accept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n"

enum { EARLY = 64, BUFFER = 1 << 18, SMALL_WINDOW = 4096 };

struct plan plan;
struct window window;
int opened, gone, on_the_way;

static struct person *people;
static int poll_fd, started, endless;
static u8 buffer[BUFFER + 1];

/* One-time casts still to be sent, in order of time. */
static struct due {
    u64 at;
    int who;
} *dues;
static int due_count, due_next;

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void people_make(void) {
    people = calloc((size_t)plan.people, sizeof *people);
    dues = calloc((size_t)plan.people, sizeof *dues);
    poll_fd = epoll_create1(0);
    if (!people || !dues || poll_fd < 0) give_up("people");
}

static void watch(int who, int action, u32 events) {
    struct epoll_event event = {.events = events, .data.u32 = (u32)who};
    if (epoll_ctl(poll_fd, action, people[who].fd, &event)) give_up("epoll_ctl");
}

/* The connection is over; the person may open another. */
static void hang_up(struct person *one) {
    close(one->fd);
    one->rest_size = 0;
}

static void leave(struct person *one, int is_wanted) {
    if (one->state == OPEN && one->is_counted) opened--;
    else on_the_way--;
    hang_up(one);
    one->state = one->is_counted = one->cast_at = 0;
    if (plan.surge) {
        one->asked_page = 0;
        if (one->cookies) *one->cookies = 0;
    }
    if (!is_wanted) {
        one->state = GONE;
        gone++;
    }
}

static void dial(int who, enum state state) {
    struct person *one = people + who;
    int yes = 1;
    struct linger reset = {1, 0}; /* no TIME_WAIT: a surge would run out of ports */
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (one->fd < 0) give_up("socket");
    setsockopt(one->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(one->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (plan.stalled) {
        int small = SMALL_WINDOW;
        setsockopt(one->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    }
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons((u16)plan.port)};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (u32)(who % plan.sources));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(one->fd, (void *)&from, sizeof from)) give_up("bind");
    if (connect(one->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) give_up("connect");
    one->state = (u8)state;
    watch(who, EPOLL_CTL_ADD, EPOLLOUT);
}

static void come(int who) {
    people[who].began = now_ns();
    on_the_way++;
    dial(who, plan.page && !people[who].asked_page ? PAGE_CONNECTS : SOCKET_CONNECTS);
}

int people_come(void) {
    for (int free = 0; plan.surge && free < plan.people; free++)
        if (started == plan.people && people[free].state == NEW && on_the_way < plan.at_once) come(free);
    while (started < plan.people && on_the_way < plan.at_once) come(started++);
    return started == plan.people && opened + gone >= plan.people;
}

static int say(struct person *one, const void *data, size_t size) {
    if (send(one->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size) return 1;
    leave(one, 0);
    return 0;
}

static void say_text(struct person *one, int opcode, const void *text, size_t size) {
    u8 out[256];
    if (size <= sizeof out - 8) say(one, out, frame_masked(out, opcode, text, size));
}

static void ask(int who) {
    struct person *one = people + who;
    const char *cookies = one->cookies && *one->cookies ? one->cookies : NULL;
    int is_page = one->state == PAGE_CONNECTS;
    char out[2048], own[COOKIE_ROOM + 16] = "";
    if (cookies) snprintf(own, sizeof own, "Cookie: %s\r\n", cookies);
    int size = is_page
        ? snprintf(out, sizeof out, "%s %s HTTP/1.1\r\nAccept: text/html\r\n%s", plan.method, plan.page,
                   strcmp(plan.method, "POST") ? "" : "Content-Length: 0\r\n")
        : snprintf(out, sizeof out,
                   "GET %s HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                   plan.path);
    size += snprintf(out + size, sizeof out - (size_t)size,
                     "Host: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n" AGENT "%s\r\n", plan.port,
                     plan.port, own);
    if (!say(one, out, (size_t)size)) return;
    one->state = is_page ? PAGE : HANDSHAKE;
    watch(who, EPOLL_CTL_MOD, EPOLLIN);
}

static void cast(struct person *one) {
    u8 out[BALLOT_ROOM];
    one->cast_at = now_ns();
    say(one, out, ballot_frame(out));
}

static void is_in(int who, u64 at) {
    struct person *one = people + who;
    if (!one->is_counted) {
        samples_add(&window.joined, 0, at - one->began);
        window.joins++;
        on_the_way--;
        opened++;
    }
    one->is_counted = 1;
    one->state = OPEN;
    if (plan.stalled) epoll_ctl(poll_fd, EPOLL_CTL_DEL, one->fd, NULL);
    if (plan.surge) leave(one, 1);
}

static void take_answer(struct person *one, const struct frame *got, u64 at, int is_receipt) {
    if (is_receipt) {
        window.receipts++;
        if (one->cast_at) samples_add(&window.answers, 0, at - one->cast_at);
    } else if (!window.refused++) {
        fprintf(stderr, "refused: %.*s\n", (int)(got->size < 300 ? got->size : 300), (char *)got->payload);
    }
    one->cast_at = 0;
    if (endless && is_receipt) cast(one);
}

static void take_text(int who, const struct frame *got, u64 at) {
    struct person *one = people + who;
    const u8 *text = got->payload, *found;
    if (plan.socketio && got->size) { /* engine.io: 0 opens, 2 asks, 40 has let us in, 42 is an event */
        if (*text == '0') say_text(one, TEXT, "40", 2);
        if (*text == '2' && got->size == 1) say_text(one, TEXT, "3", 1);
        if (*text != '4' || got->size < 2) return;
    }
    if (one->state == GREETING) {
        is_in(who, at);
        if (plan.surge) return;
    }
    if ((found = find_early(text, got->size, EARLY, "\"t\":"))) {
        u64 published = strtoull((const char *)found + 4, NULL, 10);
        window.frames++;
        window.bytes += got->size;
        one->frames++;
        samples_add(&window.ages, published, at > published ? at - published : 0);
    } else if (one->cast_at && find_early(text, got->size, EARLY, "\"type\":\"receipt\"")) {
        take_answer(one, got, at, 1);
    } else if (find_early(text, got->size, EARLY, "\"type\":\"refused\"")) {
        take_answer(one, got, at, 0);
    }
}

static void take_frame(int who, struct frame *got, u64 at) {
    if (got->opcode == TEXT) take_text(who, got, at);
    else if (got->opcode == PING) say_text(people + who, PONG, got->payload, got->size);
    else if (got->opcode == CLOSE) leave(people + who, 0);
}

/* What to do with an HTTP answer at the start of the buffer; bytes that belonged to it. */
static size_t take_http(int who, size_t size) {
    struct person *one = people + who;
    size_t whole = answer_size(buffer, size);
    if (!whole) return 0;
    int status = answer_status(buffer, size), is_page = one->state == PAGE;
    if (is_page ? status < 200 || status >= 400 : status != 101) {
        static int told;
        if (!told++) fprintf(stderr, "unexpected answer: %.300s\n", (char *)buffer);
        leave(one, 0);
        return whole;
    }
    if (is_page) {
        if (!one->cookies && !(one->cookies = calloc(1, COOKIE_ROOM))) give_up("out of memory");
        answer_cookies(buffer, whole, one->cookies, COOKIE_ROOM);
        one->asked_page = 1;
        hang_up(one);
        dial(who, SOCKET_CONNECTS);
    } else {
        one->state = GREETING;
        if (!plan.greeted && !plan.socketio) is_in(who, now_ns());
    }
    return whole;
}

static void keep_rest(struct person *one, const u8 *from, size_t size) {
    if (size > one->rest_room) {
        one->rest_room = size < 512 ? 512 : size;
        free(one->rest);
        if (!(one->rest = malloc(one->rest_room))) give_up("out of memory");
    }
    if (size) memcpy(one->rest, from, size);
    one->rest_size = size;
}

static void read_more(int who) {
    struct person *one = people + who;
    size_t size = one->rest_size;
    if (size) memcpy(buffer, one->rest, size);
    ssize_t got = recv(one->fd, buffer + size, BUFFER - size, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) leave(one, 0);
        return;
    }
    u64 at = now_ns();
    size += (size_t)got;
    buffer[size] = 0;
    size_t taken = 0;
    if (one->state == PAGE || one->state == HANDSHAKE) {
        taken = take_http(who, size);
        if (taken && one->state != GREETING && one->state != OPEN) return;
    }
    struct frame frame;
    while ((one->state == OPEN || one->state == GREETING) && frame_read(buffer + taken, size - taken, &frame)) {
        taken += frame.whole;
        take_frame(who, &frame, at);
    }
    if (one->state != GONE && one->state != NEW) keep_rest(one, buffer + taken, size - taken);
}

void people_turn(int ms) {
    static struct epoll_event events[1024];
    int count = epoll_wait(poll_fd, events, 1024, ms);
    for (int i = 0; i < count; i++) {
        int who = (int)events[i].data.u32;
        if (people[who].state == PAGE_CONNECTS || people[who].state == SOCKET_CONNECTS) ask(who);
        else if (people[who].state != GONE && people[who].state != NEW) read_more(who);
    }
}

/* --- casting --- */

static int by_time(const void *a, const void *b) {
    u64 x = ((const struct due *)a)->at, y = ((const struct due *)b)->at;
    return (x > y) - (x < y);
}

void people_cast(double seconds, int is_endless) {
    u64 start = now_ns();
    endless = is_endless;
    due_count = due_next = 0;
    for (int who = 0; who < plan.people; who++) {
        if (people[who].state != OPEN || people[who].cast_at) continue;
        u64 later = (u64)(seconds * 1e9 * chance(1000000) / 1e6);
        dues[due_count++] = (struct due){start + later, who};
    }
    qsort(dues, (size_t)due_count, sizeof *dues, by_time);
}

int people_due(int most) {
    while (due_next < due_count) {
        u64 at = now_ns();
        if (dues[due_next].at > at) {
            u64 ms = (dues[due_next].at - at) / 1000000;
            return ms < (u64)most ? (int)ms : most;
        }
        struct person *one = people + dues[due_next++].who;
        if (one->state == OPEN && !one->cast_at) cast(one);
    }
    return most;
}

void people_hush(void) { endless = 0; }

int people_waiting(void) {
    int waiting = due_count - due_next;
    for (int who = 0; who < plan.people; who++) waiting += people[who].state == OPEN && people[who].cast_at;
    return waiting;
}

/* --- figures --- */

void people_begin(void) {
    struct samples ages = window.ages, answers = window.answers, joined = window.joined;
    samples_clear(&ages);
    samples_clear(&answers);
    samples_clear(&joined);
    window = (struct window){.since = now_ns(), .cpu = cpu_seconds(), .ages = ages, .answers = answers, .joined = joined};
    for (int who = 0; who < plan.people; who++) people[who].frames = 0;
}

void people_tell(const char *event) {
    double seconds = (double)(now_ns() - window.since) / 1e9, cpu = cpu_seconds() - window.cpu;
    u32 fewest = ~0u, most = 0;
    for (int who = 0; who < plan.people; who++) {
        if (people[who].state != OPEN) continue;
        if (people[who].frames < fewest) fewest = people[who].frames;
        if (people[who].frames > most) most = people[who].frames;
    }
    printf("{\"event\":\"%s\",\"seconds\":%.4f,\"cpu\":%.4f,\"open\":%d,\"gone\":%d,\"frames\":%lu,\"bytes\":%lu,"
           "\"fewest\":%u,\"most\":%u,\"joins\":%lu,\"receipts\":%lu,\"refused\":%lu,\"waiting\":%d,",
           event, seconds, cpu, opened, gone, window.frames, window.bytes, fewest == ~0u ? 0 : fewest, most,
           window.joins, window.receipts, window.refused, people_waiting());
    samples_print(&window.ages, "age");
    printf(",");
    samples_print_groups(&window.ages, "age_p99_of_each");
    printf(",");
    samples_print(&window.answers, "answer");
    printf(",");
    samples_print(&window.joined, "join");
    printf("}\n");
    fflush(stdout);
}
