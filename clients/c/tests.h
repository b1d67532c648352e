/* tests.h - what all files of tests share: checks, the lists of tests, files and a failing
 * allocator. */
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
extern const test frame_tests[];
extern const test table_tests[];
extern const test fuzz_tests[];
extern const test call_tests[];
extern const test connection_tests[];
extern const test time_tests[];
extern const test event_tests[];
extern const test thread_tests[];
extern const test daemon_tests[];
extern const test program_tests[];

/* The folder protocol, and the daemon's binary (NULL: its tests are skipped). */
extern const char *protocol_folder;
extern const char *daemon_binary;
/* The programs of README.md, compiled: the first call, and events. NULL: skipped. */
extern const char *example_program;
extern const char *events_program;

/* A file of the folder protocol, in the arena; ends the program if it cannot be read. */
imaged_string read_protocol_file(imaged_arena *arena, const char *name);
/* Connects to a daemon, or ends the program. */
imaged_client *connect_to(const char *path);

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

#endif
