/* tests.h - what the files of tests share: checks, the list of tests, files, a failing allocator
 * and a server that plays a daemon. */
#ifndef IMAGED_TESTS_H
#define IMAGED_TESTS_H

#include "imaged.h"
#include "json.h"

#include <pthread.h>
#include <stdatomic.h>

/* Notes a failure and goes on. Gives the condition back, so that a test can leave. */
#define CHECK(condition) check((condition), __FILE__, __LINE__, #condition)
#define CHECK_TEXT(string, text) check_text((string), (text), __FILE__, __LINE__)
bool check(bool is_good, const char *file, int line, const char *what);
bool check_text(imaged_string string, const char *text, const char *file, int line);
/* Says which case of a table the next checks are about; NULL: none. */
void about(const char *name);

typedef struct test {
    const char *name;
    void (*run)(void);
} test;

/* Each ends with a NULL name. */
extern const test codec_tests[];
extern const test fake_tests[];
extern const test daemon_tests[];

/* The folder protocol, and the daemon's binary (NULL: its tests are skipped). */
extern const char *protocol_folder;
extern const char *daemon_binary;
/* The program of README.md, compiled; NULL: skipped. */
extern const char *example_program;

/* A file of the folder protocol, in the arena; ends the program if it cannot be read. */
imaged_string read_protocol_file(imaged_arena *arena, const char *name);

/* ------------------------------------------------------------------------- a failing allocator */

/* Counts, checks the sizes given back, and has no memory from the `fails_at`th time on (0: always
 * has). */
typedef struct counting {
    pthread_mutex_t mutex;
    long count;
    long fails_at;
    bool fails_once; /* only then */
    long outstanding;
    size_t bytes;
} counting;

void counting_init(counting *counting, long fails_at, bool fails_once);
imaged_allocator counting_allocator(counting *counting);

/* ------------------------------------------------------------------------------ a fake daemon */

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

/* The next request; false: the client has gone. The request's owner frees it. */
bool fake_read(int socket, request *request);
void fake_free(request *request);
bool fake_send(int socket, const void *bytes, size_t size);
bool fake_frame(
    int socket, uint32_t stream_id, uint8_t type, uint8_t flags, const void *data, size_t size);
/* A response frame with a status (NULL: none) and a payload, which may be NULL. */
bool fake_respond(
    int socket, uint32_t stream_id, const imaged_rpc_status *status, const imaged_message *type,
    const void *payload);
/* Answers Version. */
bool fake_answer_version(int socket, const request *request);
/* Waits until the client has closed. */
void fake_wait_for_end(int socket);

/* Connects to the fake daemon, or ends the program. */
imaged_client *connect_to(const char *path);

#endif
