/* People on real sockets: they ask for a page or join, open a WebSocket, watch and cast. */
#ifndef BENCH_PEOPLE_H
#define BENCH_PEOPLE_H

#include "samples.h"

enum { MOST_OPTIONS = 16, COOKIE_ROOM = 256 };

enum state { NEW, PAGE_CONNECTS, PAGE, SOCKET_CONNECTS, HANDSHAKE, GREETING, OPEN, GONE };

struct person {
    int fd;
    u8 state, asked_page, is_counted;
    u32 frames;   /* of this window */
    u64 began;    /* the first connect of this attempt */
    u64 cast_at;  /* when the ballot on its way was sent; 0 when none is */
    char *cookies;
    u8 *rest;     /* the beginning of an answer or frame */
    size_t rest_size, rest_room;
};

struct plan {
    int people, at_once, port, sources, longest, options;
    int socketio;   /* speak Socket.IO's protocol over WebSocket */
    int stalled;    /* never read once the socket is open */
    int greeted;    /* nobody is in before the first text came */
    int surge;      /* whoever is in leaves, and somebody new comes */
    double seconds; /* the longest this program lives */
    const char *path, *page, *method, *contest;
    char *option[MOST_OPTIONS];
};

/* What happened since `people_begin`. */
struct window {
    u64 frames, bytes, joins, receipts, refused, since;
    double cpu;
    struct samples ages, answers, joined;
};

extern struct plan plan;
extern struct window window;
extern int opened, gone, on_the_way;

void people_make(void);

/* Lets more people come while fewer than `at_once` are on their way; whether all have come. */
int people_come(void);

/* Waits up to `ms` for the network and handles what came. */
void people_turn(int ms);

/* Everybody casts: again and again while `endless`, else once, spread evenly over `seconds`. */
void people_cast(double seconds, int endless);

/* Casts that are due now; milliseconds until the next one, at most `most`. */
int people_due(int most);
void people_hush(void);

void people_begin(void);
/* Prints the window's figures as one line of JSON. */
void people_tell(const char *event);

/* Casts that have no answer yet, those not sent yet included. */
int people_waiting(void);

#endif
