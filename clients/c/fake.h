/* fake.h - a server that plays a daemon, misbehaving as no daemon would: it loses connections and
 * answers with garbage, too late, out of order or in single bytes, as a test's script says. */
#ifndef IMAGED_FAKE_H
#define IMAGED_FAKE_H

#include "tests.h"

/* A request as it came. */
typedef struct request {
    imaged_frame frame;
    uint8_t *data;
    imaged_request_envelope envelope; /* in the arena */
    imaged_arena arena;
} request;

typedef struct fake {
    char directory[64];
    char path[96];
    int listener;
    pthread_t thread;
    void (*script)(struct fake *fake, int socket, int number);
    void *state;
    atomic_int connections; /* so far */
    pthread_t threads[64];
} fake;

/* Listens; each connection runs the script on a thread of its own, with its number from 0, and is
 * closed when that returns. */
void fake_start(fake *fake, void (*script)(struct fake *, int, int), void *state);
/* Waits for all scripts, which end with their connections at the latest. */
void fake_stop(fake *fake);

/* What the two above begin and end with, for a test that accepts by itself: listens in a new
 * directory, with the backlog of listen(2); closes and removes. */
void listen_in_directory(fake *fake, int backlog);
void remove_fake(fake *fake);

/* So many bytes and no fewer; false: the client has gone before. */
bool receive_all(int socket, void *bytes, size_t size);
/* The next request; false: the client has gone. The request's owner frees it. */
bool fake_read(int socket, request *request);
void fake_free(request *request);
bool fake_send(int socket, const void *bytes, size_t size);
bool fake_frame(
    int socket, uint32_t stream_id, uint8_t type, uint8_t flags, const void *data, size_t size);
/* A message's bytes; the caller frees them. */
uint8_t *encoded(const imaged_message *type, const void *message, size_t *size);
/* A response frame with a status (NULL: none) and a payload, which may be NULL. */
bool fake_respond(
    int socket, uint32_t stream_id, const imaged_rpc_status *status, const imaged_message *type,
    const void *payload);
/* Answers Version. */
bool fake_answer_version(int socket, const request *request);
/* A script: answers Version until the client has closed. */
void answer_versions(fake *fake, int socket, int number);
/* Waits until the client has closed. */
void fake_wait_for_end(int socket);

/* -------------------------------------------------------------------------------------- scene */

/* A fake daemon, a client of it, and what its calls need. */
typedef struct scene {
    fake fake;
    imaged_client *client;
    imaged_arena arena;
    imaged_error error;
    imaged_version_response version;
    imaged_create_image_request create;
    imaged_create_image_response image;
} scene;

void begin_scene_with(
    scene *scene, void (*script)(struct fake *, int, int), void *state, imaged_options *options);
void begin_scene(scene *scene, void (*script)(struct fake *, int, int), void *state);
void end_scene(scene *scene);
/* Makes the description of the scene's CreateImage so many bytes long; the caller frees it. */
char *describe_at_length(scene *scene, size_t size);
imaged_outcome call_version(scene *scene);
imaged_outcome call_create(scene *scene);

#endif
