/* tests_programs.c - the tests of imaged_spawn, and of the programs that come with the client. */
#define _GNU_SOURCE

#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_spawn(
    const imaged_spawn_options *options, imaged_reason reason, int system_error) {
    imaged_arena arena;
    imaged_daemon *daemon;
    imaged_error error;
    memset(&arena, 0, sizeof arena);
    CHECK(imaged_spawn(options, &arena, &daemon, &error) == IMAGED_NOT_SENT);
    CHECK(daemon == NULL && error.reason == reason && error.system_error == system_error);
    CHECK(error.message.length > 0);
    imaged_arena_clear(&arena);
}

static void test_spawn_fails(void) {
    imaged_spawn_options options;
    char long_path[120];
    static const char *const wrong[] = {"--no-such-option", NULL};
    memset(&options, 0, sizeof options);
    options.binary = "/nowhere/imaged";
    check_spawn(&options, IMAGED_REASON_SYSTEM, ENOENT);
    options.binary = "/"; /* may be executed, and is no program */
    check_spawn(&options, IMAGED_REASON_SYSTEM, EACCES);
    options.binary = "/bin/true";
    check_spawn(&options, IMAGED_REASON_NO_DAEMON, 0);
    options.binary = NULL;
    options.arguments = wrong;
    check_spawn(&options, IMAGED_REASON_NO_DAEMON, 0);
    options.arguments = NULL;
    memset(long_path, 'x', sizeof long_path);
    long_path[108] = 0;
    options.socket = long_path;
    check_spawn(&options, IMAGED_REASON_ARGUMENT, ENAMETOOLONG);
    CHECK(imaged_stop(NULL) == -1);
}

/* Without a name and without IMAGED: the first in PATH. */
static void test_spawn_searches(void) {
    imaged_daemon *daemon;
    imaged_error error;
    char directory[] = "/tmp/imaged-c-XXXXXX";
    char link[64];
    char search[128];
    char *path = strdup(getenv("PATH"));
    char *binary = strdup(daemon_binary);
    if (path == NULL || binary == NULL || mkdtemp(directory) == NULL) {
        abort();
    }
    snprintf(link, sizeof link, "%s/imaged", directory);
    snprintf(search, sizeof search, "/nowhere::%s", directory);
    unsetenv("IMAGED");
    setenv("PATH", search, 1);
    CHECK(imaged_spawn(NULL, NULL, &daemon, &error) == IMAGED_NOT_SENT);
    CHECK(error.reason == IMAGED_REASON_SYSTEM && error.system_error == ENOENT);
    CHECK(symlink(binary, link) == 0);
    CHECK(imaged_spawn(NULL, NULL, &daemon, &error) == IMAGED_OK);
    CHECK(imaged_stop(daemon) == 0);
    setenv("PATH", path, 1);
    setenv("IMAGED", binary, 1);
    daemon_binary = getenv("IMAGED"); /* the old text may be gone */
    unlink(link);
    rmdir(directory);
    free(path);
    free(binary);
}

static void test_spawn_logs(void) {
    world world;
    imaged_spawn_options options;
    imaged_version_response version;
    char path[] = "/tmp/imaged-c-XXXXXX";
    struct stat status;
    close(mkstemp(path));
    memset(&world, 0, sizeof world);
    memset(&options, 0, sizeof options);
    options.log_path = path;
    CHECK(is_ok(&world, imaged_spawn(&options, &world.arena, &world.daemon, &world.error)));
    char socket[128];
    snprintf(socket, sizeof socket, "%s", imaged_daemon_socket(world.daemon));
    world.client = connect_to(socket);
    CHECK(is_ok(&world, imaged_version(world.client, NULL, NULL, &world.arena, &version,
                            &world.error)));
    register_instance(&world);
    end_world(&world);
    CHECK(stat(path, &status) == 0 && status.st_size > 0);
    *strrchr(socket, '/') = 0;
    CHECK(stat(socket, &status) != 0); /* nothing is left of its directory */
    unlink(path);
}

static void test_spawn_without_memory(void) {
    bool is_good = false;
    for (long fails_at = 1; !is_good && fails_at < 20; fails_at++) {
        counting counting;
        imaged_spawn_options options;
        imaged_daemon *daemon;
        imaged_error error;
        counting_init(&counting, fails_at, false);
        imaged_allocator allocator = counting_allocator(&counting);
        memset(&options, 0, sizeof options);
        options.allocator = &allocator;
        is_good = imaged_spawn(&options, NULL, &daemon, &error) == IMAGED_OK;
        CHECK(is_good || error.reason == IMAGED_REASON_MEMORY);
        CHECK(is_good == (imaged_stop(daemon) == 0));
        CHECK(counting.outstanding == 0 && counting.bytes == 0);
    }
    CHECK(is_good);
}

/* What a program of README.md prints on a daemon that has nothing; `path` NULL: skipped. */
static void check_program(const char *path, const char *variable, const char *expected) {
    world world;
    char output[1024] = "";
    if (path == NULL) {
        printf("skipped: a program of README.md (%s is not set)\n", variable);
        return;
    }
    begin_world(&world);
    setenv("IMAGED_SOCKET", imaged_daemon_socket(world.daemon), 1);
    FILE *program = popen(path, "r");
    if (CHECK(program != NULL)) {
        output[fread(output, 1, sizeof output - 1, program)] = 0;
        CHECK(pclose(program) == 0);
    }
    unsetenv("IMAGED_SOCKET");
    CHECK_TEXT(imaged_text(output), expected);
    end_world(&world);
}

static void test_example(void) {
    check_program(example_program, "IMAGED_EXAMPLE",
        "imaged " IMAGED_VERSION "\nrefused: InvalidInstanceId.NotFound: The specified instance "
        "i-bp1g6zv0ce8oghu7k3qv does not exist.\n");
}

static void test_events_example(void) {
    check_program(events_program, "IMAGED_EVENTS", "DiskChanged\nInstanceChanged\n");
}

/* The conformance program: a line in, a line out. */
static void test_conformance(void) {
    static const char commands[] =
        "{\"call\":\"Version\"}\n"
        "{\"watch\":\"w\"}\n"
        "{\"together\":[{\"call\":\"DescribeJobs\"},{\"call\":\"DeleteImage\"}]}\n"
        "{\"begin\":\"a\",\"call\":\"ReadEvents\"}\n"
        "{\"cancel\":\"a\"}\n"
        "{\"end\":\"a\"}\n"
        "{\"call\":\"CreateResourceGroup\",\"request\":{\"name\":\"g\"},\"timeout_ms\":0}\n"
        "{\"leave\":\"w\"}\n"
        "{\"stream_ids_from\":4294967293}\n"
        "{\"call\":\"DescribeUsage\",\"account\":\"nobody\"}\n"
        "no json\n";
    static const char *const answers[] = {
        "{\"response\":{\"request_id\":\"", "{\"begun\":\"w\"}", "{\"outcomes\":[{\"response\":{",
        "{\"begun\":\"a\"}", "{\"asked\":\"a\"}", "{\"error\":{\"status\":1,\"message\":\"",
        "{\"error\":{\"status\":4,\"message\":\"", "{\"left\":\"w\"}", "{}",
        "{\"error\":{\"status\":7,\"http_status\":403,\"code\":\"Forbidden\"",
        "{\"error\":{\"message\":\""};
    world world;
    char command[512];
    char input[] = "/tmp/imaged-c-XXXXXX";
    char line[4096];
    if (getenv("IMAGED_CONFORMANCE") == NULL) {
        printf("skipped: conformance (IMAGED_CONFORMANCE is not set)\n");
        return;
    }
    begin_world(&world);
    int descriptor = mkstemp(input);
    CHECK(write(descriptor, commands, sizeof commands - 1) == (ssize_t)sizeof commands - 1);
    close(descriptor);
    snprintf(command, sizeof command, "'%s' --socket '%s' <%s", getenv("IMAGED_CONFORMANCE"),
        imaged_daemon_socket(world.daemon), input);
    FILE *program = popen(command, "r");
    size_t count = 0;
    while (program != NULL && fgets(line, sizeof line, program) != NULL) {
        if (CHECK(count < sizeof answers / sizeof answers[0])) {
            about(line);
            CHECK(strncmp(line, answers[count], strlen(answers[count])) == 0);
            about(NULL);
        }
        count++;
    }
    CHECK(count == sizeof answers / sizeof answers[0]);
    CHECK(program != NULL && pclose(program) == 0);
    unlink(input);
    end_world(&world);
}

const test program_tests[] = {
    {"daemon: spawn fails", test_spawn_fails},
    {"daemon: spawn searches", test_spawn_searches},
    {"daemon: spawn logs", test_spawn_logs},
    {"daemon: spawn without memory", test_spawn_without_memory},
    {"daemon: conformance", test_conformance},
    {"daemon: example", test_example},
    {"daemon: example of events", test_events_example},
    {NULL, NULL},
};
