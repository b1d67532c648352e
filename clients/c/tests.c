/* tests.c - the tests' main program, and what tests.h declares.
 *
 *     tests PROTOCOL [NAME ...]      all tests, or those whose names contain one of these
 *
 * PROTOCOL is the folder protocol/. $IMAGED is the daemon's binary; without it its tests are
 * skipped. test.sh builds and runs everything.
 */
#define _POSIX_C_SOURCE 200809L

#include "tests.h"

#include <dirent.h>

const char *protocol_folder;
const char *daemon_binary;
const char *example_program;
const char *events_program;
/* ------------------------------------------------------------------------------------- checks */

static atomic_int failures;
static _Thread_local const char *subject;

void about(const char *name) {
    subject = name;
}

bool check(bool is_good, const char *file, int line, const char *what) {
    if (!is_good) {
        atomic_fetch_add(&failures, 1);
        fprintf(stderr, "%s:%d: %s%s%s\n", file, line, what, subject != NULL ? " - " : "",
            subject != NULL ? subject : "");
    }
    return is_good;
}

bool check_text(imaged_string string, const char *text, const char *file, int line) {
    if (imaged_is(string, text)) {
        return true;
    }
    char what[512];
    snprintf(what, sizeof what, "\"%.*s\" is not \"%s\"", (int)string.length, string.data, text);
    return check(false, file, line, what);
}

imaged_string read_protocol_file(imaged_arena *arena, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", protocol_folder, name);
    FILE *file = fopen(path, "rb");
    imaged_string content = {NULL, 0};
    char *bytes = imaged_arena_allocate(arena, 4 << 20);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(66);
    }
    content.length = fread(bytes, 1, (4 << 20) - 1, file);
    content.data = bytes;
    fclose(file);
    return content;
}

static void *count_allocation(void *context, size_t size) {
    counting *counting = context;
    void *memory = NULL;
    pthread_mutex_lock(&counting->mutex);
    counting->count++;
    bool fails = counting->fails_at != 0
        && (counting->fails_once ? counting->count == counting->fails_at
                                 : counting->count >= counting->fails_at);
    if (!fails) {
        memory = malloc(size);
        counting->outstanding++;
        counting->bytes += size;
    }
    pthread_mutex_unlock(&counting->mutex);
    return memory;
}

static void count_release(void *context, void *memory, size_t size) {
    counting *counting = context;
    pthread_mutex_lock(&counting->mutex);
    counting->outstanding--;
    counting->bytes -= size;
    pthread_mutex_unlock(&counting->mutex);
    free(memory);
}

void counting_init(counting *counting, long fails_at, bool fails_once) {
    memset(counting, 0, sizeof *counting);
    pthread_mutex_init(&counting->mutex, NULL);
    counting->fails_at = fails_at;
    counting->fails_once = fails_once;
}

imaged_allocator counting_allocator(counting *counting) {
    imaged_allocator allocator = {count_allocation, count_release, counting};
    return allocator;
}

imaged_client *connect_to(const char *path) {
    imaged_options options;
    imaged_client *client;
    imaged_error error;
    memset(&options, 0, sizeof options);
    options.socket = path;
    if (imaged_connect(&options, NULL, &client, &error) != IMAGED_OK) {
        fprintf(stderr, "cannot connect to %s\n", path);
        exit(1);
    }
    return client;
}

/* --------------------------------------------------------------------------------------- main */

static int count_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

static bool is_chosen(const char *name, int count, char **words) {
    for (int index = 0; index < count; index++) {
        if (strstr(name, words[index]) != NULL) {
            return true;
        }
    }
    return count == 0;
}

int main(int count, char **arguments) {
    const test *const groups[] = {
        codec_tests, frame_tests, table_tests, fuzz_tests, call_tests, connection_tests,
        time_tests, event_tests, thread_tests, daemon_tests, program_tests};
    int run = 0;
    int failed = 0;
    int skipped = 0;
    if (count < 2) {
        fprintf(stderr, "usage: tests PROTOCOL [NAME ...]\n");
        return 64;
    }
    protocol_folder = arguments[1];
    daemon_binary = getenv("IMAGED");
    example_program = getenv("IMAGED_EXAMPLE");
    events_program = getenv("IMAGED_EVENTS");
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++) {
        for (const test *test = groups[group]; test->name != NULL; test++) {
            if (!is_chosen(test->name, count - 2, arguments + 2)) {
                continue;
            }
            bool needs_daemon = groups[group] == daemon_tests || groups[group] == program_tests;
            if (needs_daemon && daemon_binary == NULL) {
                printf("skipped: %s (IMAGED is not set)\n", test->name);
                skipped++;
                continue;
            }
            int before = atomic_load(&failures);
            int descriptors = count_descriptors();
            test->run();
            about(test->name);
            CHECK(count_descriptors() == descriptors);
            about(NULL);
            run++;
            if (atomic_load(&failures) != before) {
                printf("failed: %s\n", test->name);
                failed++;
            }
        }
    }
    printf("%d tests, %d failed, %d skipped\n", run, failed, skipped);
    return failed != 0 || run == 0;
}
