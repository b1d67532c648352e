/* world.h - a real daemon of a test's own, and a client of it. */
#ifndef IMAGED_WORLD_H
#define IMAGED_WORLD_H

#include "tests.h"

/* A daemon, a client of it, and what its calls need. */
typedef struct world {
    imaged_daemon *daemon;
    imaged_client *client;
    imaged_arena arena;
    imaged_error error;
} world;

/* Whether it went well; else what the error says is shown. */
bool is_ok(const world *world, imaged_outcome outcome);
void begin_world(world *world);
void end_world(world *world);
/* A simulated instance; its id lives in the world's arena. */
imaged_string register_instance(world *world);

#endif
