/* The benchmark's load generator: many people on one epoll loop, told what to do on standard input.

   load --port N --people N [--path /ws] [--page /v/CODE] [--method GET|POST] [--at-once N]
        [--sources N] [--contest ID --options a,b,c --longest N] [--seconds N]
        [--socketio 1] [--stalled 1] [--greeted 1] [--surge 1]

   Commands, one a line: "begin" a measured window, "end" it (prints its figures), "vote" (everybody
   casts, and again after each answer), "hush" (no more after the answers under way), "cast SECONDS"
   (everybody once, spread over so long), "waiting" (prints it), "quit". Ends with its input. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "people.h"

enum { SPARE_FILES = 32, TURN_MS = 2, SOURCES = 8 };

static char *value_of(int count, char **words, const char *name, char *fallback) {
    for (int i = 1; i + 1 < count; i += 2)
        if (!strcmp(words[i] + 2, name)) return words[i + 1];
    return fallback;
}

static int number_of(int count, char **words, const char *name, int fallback) {
    char *found = value_of(count, words, name, NULL);
    return found ? atoi(found) : fallback;
}

static void read_plan(int count, char **words) {
    plan.port = number_of(count, words, "port", 0);
    plan.people = number_of(count, words, "people", 0);
    plan.at_once = number_of(count, words, "at-once", 200);
    plan.sources = number_of(count, words, "sources", SOURCES);
    plan.socketio = number_of(count, words, "socketio", 0);
    plan.stalled = number_of(count, words, "stalled", 0);
    plan.greeted = number_of(count, words, "greeted", 0);
    plan.surge = number_of(count, words, "surge", 0);
    plan.seconds = number_of(count, words, "seconds", 600);
    plan.path = value_of(count, words, "path", "/ws");
    plan.page = value_of(count, words, "page", NULL);
    plan.method = value_of(count, words, "method", "GET");
    plan.contest = value_of(count, words, "contest", "bench");
    char *options = value_of(count, words, "options", NULL);
    options = strdup(options ? options : "a,b,c");
    for (char *one = strtok(options, ","); one && plan.options < MOST_OPTIONS; one = strtok(NULL, ","))
        plan.option[plan.options++] = one;
    plan.longest = number_of(count, words, "longest", plan.options);
    if (plan.longest > plan.options) plan.longest = plan.options;
}

/* Does what a line says; whether to go on. */
static int obey(const char *command) {
    if (!strcmp(command, "begin")) {
        people_begin();
        printf("{\"event\":\"begun\"}\n");
    } else if (!strcmp(command, "end")) {
        people_tell("figures");
    } else if (!strcmp(command, "vote")) {
        people_cast(0, 1);
    } else if (!strcmp(command, "hush")) {
        people_hush();
    } else if (!strncmp(command, "cast ", 5)) {
        people_cast(atof(command + 5), 0);
    } else if (!strcmp(command, "waiting")) {
        printf("{\"event\":\"waiting\",\"waiting\":%d}\n", people_waiting());
    } else if (!strcmp(command, "quit")) {
        return 0;
    } else {
        printf("{\"event\":\"unknown\"}\n");
    }
    fflush(stdout);
    return 1;
}

int main(int count, char **words) {
    read_plan(count, words);
    if (plan.people < 1 || plan.port < 1 || plan.sources < 1) {
        fprintf(stderr, "usage: load --port N --people N …\n");
        return 2;
    }
    if ((size_t)plan.people + SPARE_FILES > open_files()) {
        fprintf(stderr, "more people than files this process may open\n");
        return 3;
    }
    signal(SIGPIPE, SIG_IGN);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    people_make();
    people_begin();
    u64 last = now_ns() + (u64)(plan.seconds * 1e9), looked = 0;
    int is_told = 0, is_over = 0;
    while (!is_over && now_ns() < last) {
        int have_come = people_come();
        if (have_come && !is_told && !plan.surge) {
            people_tell("connected");
            is_told = 1;
        }
        people_turn(people_due(TURN_MS));
        u64 now = now_ns();
        if (now - looked < TURN_MS * 1000000ull) continue;
        looked = now;
        for (char *command; (command = next_command(&is_over));)
            if (!obey(command)) is_over = 1;
    }
    return 0; /* the kernel resets every connection */
}
