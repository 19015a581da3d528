/* Ballots as Sawt's own pages send them, masked and ready for the socket. */
#ifndef BENCH_BALLOTS_H
#define BENCH_BALLOTS_H

#include "common.h"

enum { BALLOT_ROOM = 2048 };

/* Writes a frame with a new id and a random ranking into `out` (BALLOT_ROOM bytes); its length. */
size_t ballot_frame(u8 *out);

/* A number below `below`; fast and good enough for opinions. */
u32 chance(u32 below);

#endif
