/* tests_connection.c - connections that are lost, new ones, and where the client finds its
 * daemon. */
#define _POSIX_C_SOURCE 200809L

#include "fake.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --------------------------------------------------------------------------- lost connections */

/* What the scripts of lost answers count. */
struct losses {
    int losing; /* connections that read one request and close */
    atomic_int requests;
    _Atomic int64_t timeouts[8];
    imaged_rpc_status *status; /* what the last one answers, if not with success */
};

static void lose_answers(fake *fake, int socket, int number) {
    struct losses *losses = fake->state;
    request request;
    while (fake_read(socket, &request)) {
        int index = atomic_fetch_add(&losses->requests, 1);
        losses->timeouts[index % 8] = request.envelope.timeout_nano;
        if (number >= losses->losing) {
            fake_respond(socket, request.frame.stream_id, losses->status, NULL, NULL);
        }
        fake_free(&request);
        if (number < losses->losing) {
            return;
        }
    }
}

static void test_reads_are_sent_once_more(void) {
    scene scene;
    struct losses losses = {1, 0, {0}, NULL};
    begin_scene(&scene, lose_answers, &losses);
    CHECK(call_version(&scene) == IMAGED_OK);
    CHECK(losses.requests == 2);
    /* The daemon's deadline does not begin anew. */
    CHECK(losses.timeouts[0] == INT64_C(60000000000));
    CHECK(losses.timeouts[1] > 0 && losses.timeouts[1] < losses.timeouts[0]);
    end_scene(&scene);
}

static void test_reads_are_not_sent_twice_more(void) {
    scene scene;
    struct losses losses = {2, 0, {0}, NULL};
    begin_scene(&scene, lose_answers, &losses);
    CHECK(call_version(&scene) == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_LOST && losses.requests == 2);
    CHECK(call_version(&scene) == IMAGED_OK && losses.requests == 3);
    end_scene(&scene);
}

static void test_changes_are_sent_once_more_with_a_token_alone(void) {
    scene scene;
    struct losses losses = {1, 0, {0}, NULL};
    begin_scene(&scene, lose_answers, &losses);
    CHECK(call_create(&scene) == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_LOST && losses.requests == 1);
    CHECK(scene.error.message.length > 0);
    end_scene(&scene);

    struct losses others = {1, 0, {0}, NULL};
    begin_scene(&scene, lose_answers, &others);
    scene.create.client_token = imaged_text("t-1");
    CHECK(call_create(&scene) == IMAGED_OK && others.requests == 2);
    end_scene(&scene);

    /* A token does not help an operation that knows none. */
    struct losses deletes = {1, 0, {0}, NULL};
    imaged_delete_image_request request;
    imaged_delete_image_response response;
    memset(&request, 0, sizeof request);
    begin_scene(&scene, lose_answers, &deletes);
    CHECK(imaged_delete_image(
              scene.client, &request, NULL, &scene.arena, &response, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(deletes.requests == 1);
    end_scene(&scene);
}

/* The second sending is refused: that may say nothing of the first. */
static void test_refusal_of_the_second_sending(void) {
    static const struct {
        const char *name;
        int status;
        int http_status;
        const char *code; /* ECS's; NULL: none */
        bool is_known;
    } cases[] = {
        {"a cancel of it alone", 1, 0, NULL, false},
        {"too many requests", 8, 400, "Throttling.User", false},
        {"a deadline", 4, 0, NULL, false},
        {"too many streams", 8, 0, NULL, false},
        {"unavailable", 14, 0, NULL, false},
        {"a faulty frame", 3, 0, NULL, true},
        {"an unknown method", 12, 0, NULL, true},
        {"500", 13, 500, "InternalError", false},
        {"503", 14, 503, "ServiceUnavailable", false},
        {"the first is under way", 9, 403, "IdempotentProcessing", false},
        {"the same of another operation", 9, 403, "LastTokenProcessing", false},
        {"any other of ECS's", 9, 403, "QuotaExceed.Image", true},
        {"of ECS's by its code, not by its status", 4, 403, "QuotaExceed.Image", true},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        scene scene;
        imaged_rpc_status status;
        imaged_error_detail detail;
        imaged_any any;
        about(cases[index].name);
        memset(&status, 0, sizeof status);
        memset(&detail, 0, sizeof detail);
        memset(&any, 0, sizeof any);
        detail.http_status = cases[index].http_status;
        detail.code = imaged_text(cases[index].code);
        uint8_t *bytes = encoded(imaged_find_message("Error"), &detail, &any.value.length);
        any.type_url = imaged_text("type.googleapis.com/imaged.v1.Error");
        any.value.data = bytes;
        status.code = cases[index].status;
        status.details.items = &any;
        status.details.count = 1;
        struct losses losses = {1, 0, {0}, &status};
        begin_scene(&scene, lose_answers, &losses);
        scene.create.client_token = imaged_text("t-1");
        CHECK(call_create(&scene) == (cases[index].is_known ? IMAGED_REFUSED : IMAGED_UNKNOWN));
        CHECK(cases[index].is_known || scene.error.reason == IMAGED_REASON_LOST);
        CHECK(scene.error.status == cases[index].status && losses.requests == 2);
        CHECK_TEXT(scene.error.code, cases[index].code != NULL ? cases[index].code : "");
        /* The first sending of another request is refused, and that is all there is to say. */
        CHECK(call_create(&scene) == IMAGED_REFUSED);
        end_scene(&scene);
        free(bytes);
    }
    about(NULL);
}

/* Nothing of what is cut off has been read, so that it can be sent again whatever it is. */
static void read_half(fake *fake, int socket, int number) {
    atomic_int *requests = fake->state;
    request request;
    if (number == 0) {
        uint8_t bytes[1000];
        CHECK(receive_all(socket, bytes, sizeof bytes));
        return; /* with most of it unread */
    }
    while (fake_read(socket, &request)) {
        atomic_fetch_add(requests, 1);
        CHECK(request.envelope.payload.length > 3000000);
        fake_respond(socket, request.frame.stream_id, NULL, NULL, NULL);
        fake_free(&request);
    }
}

static void test_half_a_frame_is_sent_again(void) {
    enum { SIZE = 3000000 };
    scene scene;
    atomic_int requests = 0;
    begin_scene(&scene, read_half, &requests);
    char *text = describe_at_length(&scene, SIZE);
    CHECK(call_create(&scene) == IMAGED_OK && requests == 1);
    free(text);
    end_scene(&scene);
}

/* What a cancelled half of a frame meets. */
struct half {
    int pipe[2];           /* when the first connection is to end, reading nothing before */
    atomic_int creations;  /* that came whole */
};

static void read_nothing_first(fake *fake, int socket, int number) {
    struct half *half = fake->state;
    request request;
    char byte;
    if (number == 0) {
        CHECK(read(half->pipe[0], &byte, 1) == 1);
        return;
    }
    while (fake_read(socket, &request)) {
        if (imaged_is(request.envelope.method, "CreateImage")) {
            atomic_fetch_add(&half->creations, 1);
        }
        fake_answer_version(socket, &request);
        fake_free(&request);
    }
}

/* A cancelled call is not sent again, though the daemon has not seen all of it. */
static void test_a_cancelled_half_is_not_sent_again(void) {
    enum { SIZE = 2 << 20 };
    scene scene;
    struct half half;
    imaged_stream *stream;
    char *text = malloc(SIZE);
    if (text == NULL || pipe(half.pipe) != 0) {
        abort();
    }
    half.creations = 0;
    begin_scene(&scene, read_nothing_first, &half);
    memset(text, 'x', SIZE);
    scene.create.description.data = text;
    scene.create.description.length = SIZE;
    CHECK(imaged_create_image_send(
              scene.client, &scene.create, NULL, &scene.arena, &stream, &scene.error)
        == IMAGED_OK);
    free(text);
    CHECK(imaged_cancel_stream(stream) == IMAGED_OK);
    CHECK(!imaged_stream_is_ready(stream)); /* a part of it has left */
    CHECK(write(half.pipe[1], "", 1) == 1);
    CHECK(imaged_create_image_wait(stream, &scene.arena, &scene.image, &scene.error)
        == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_LOST);
    CHECK(call_version(&scene) == IMAGED_OK);
    CHECK(half.creations == 0 && scene.fake.connections == 2);
    end_scene(&scene);
    close(half.pipe[0]);
    close(half.pipe[1]);
}

/* Closes every connection at once, as a daemon does with users it does not know. */
static void close_at_once(fake *fake, int socket, int number) {
    (void)fake;
    (void)socket;
    (void)number;
}

static void test_closed_at_once(void) {
    scene scene;
    begin_scene(&scene, close_at_once, NULL);
    imaged_outcome outcome = call_create(&scene);
    CHECK(outcome == IMAGED_NOT_SENT || outcome == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_LOST);
    CHECK(scene.fake.connections <= 3);
    end_scene(&scene);
}

static void test_no_daemon_any_more(void) {
    scene scene;
    struct losses losses = {64, 0, {0}, NULL};
    begin_scene(&scene, lose_answers, &losses);
    shutdown(scene.fake.listener, SHUT_RDWR);
    /* The connection is there, but no new one: what was sent is unknown, what was not is known. */
    scene.create.client_token = imaged_text("t-1");
    CHECK(call_create(&scene) == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_NO_DAEMON);
    CHECK(scene.error.system_error == ECONNREFUSED);
    CHECK(call_create(&scene) == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_NO_DAEMON);
    unlink(scene.fake.path);
    CHECK(call_create(&scene) == IMAGED_NOT_SENT && scene.error.system_error == ENOENT);
    end_scene(&scene);
}

/* --------------------------------------------------------------------------------- reconnecting */

/* Answers one request and goes; then counts. */
static void answer_and_go(fake *fake, int socket, int number) {
    int *pipes = fake->state;
    request request;
    while (fake_read(socket, &request)) {
        fake_answer_version(socket, &request);
        fake_free(&request);
        if (number == 0) {
            shutdown(socket, SHUT_RDWR);
        }
        CHECK(write(pipes[1], "", 1) == 1);
    }
}

/* What the daemon said before it went is not lost with the connection, though a send finds out
 * first. */
static void test_answer_before_the_loss(void) {
    scene scene;
    int pipes[2];
    char byte;
    imaged_stream *first;
    imaged_delete_image_response response;
    if (pipe(pipes) != 0) {
        abort();
    }
    begin_scene(&scene, answer_and_go, pipes);
    CHECK(imaged_version_send(scene.client, NULL, NULL, &scene.arena, &first, &scene.error)
        == IMAGED_OK);
    CHECK(read(pipes[0], &byte, 1) == 1);
    CHECK(imaged_delete_image(scene.client, NULL, NULL, &scene.arena, &response, &scene.error)
        == IMAGED_OK);
    CHECK(imaged_stream_is_ready(first));
    CHECK(imaged_version_wait(first, &scene.arena, &scene.version, &scene.error) == IMAGED_OK);
    end_scene(&scene);
    /* The second connection has seen the second call alone. */
    CHECK(read(pipes[0], &byte, 1) == 1);
    close(pipes[1]);
    CHECK(read(pipes[0], &byte, 1) == 0);
    close(pipes[0]);
}

/* The first connection's ids run out while a call is under way on it. */
static void run_out_of_ids(fake *fake, int socket, int number) {
    request first;
    request next;
    int *steps = fake->state;
    char byte;
    if (number == 0 && CHECK(fake_read(socket, &first))) {
        CHECK(first.frame.stream_id == 4294967293u);
        CHECK(read(steps[0], &byte, 1) == 1);
        fake_answer_version(socket, &first);
        fake_free(&first);
        /* With its last call it is closed. */
        CHECK(!fake_read(socket, &next));
        CHECK(write(steps[3], "", 1) == 1);
    } else if (number == 1) {
        uint32_t expected = 1;
        while (fake_read(socket, &next)) {
            CHECK(next.frame.stream_id == expected);
            expected += 2;
            fake_answer_version(socket, &next);
            fake_free(&next);
        }
    }
}

static void test_stream_ids_run_out(void) {
    scene scene;
    int steps[4];
    char byte;
    imaged_stream *first;
    if (pipe(steps) != 0 || pipe(steps + 2) != 0) {
        abort();
    }
    begin_scene(&scene, run_out_of_ids, steps);
    imaged_set_next_stream_id(scene.client, 4294967293u);
    CHECK(imaged_version_send(scene.client, NULL, NULL, &scene.arena, &first, &scene.error)
        == IMAGED_OK);
    CHECK(call_version(&scene) == IMAGED_OK);
    CHECK(call_version(&scene) == IMAGED_OK);
    CHECK(!imaged_stream_is_ready(first));
    CHECK(write(steps[1], "", 1) == 1);
    CHECK(imaged_version_wait(first, &scene.arena, &scene.version, &scene.error) == IMAGED_OK);
    CHECK(read(steps[2], &byte, 1) == 1);
    CHECK(call_version(&scene) == IMAGED_OK);
    CHECK(scene.fake.connections == 2);
    end_scene(&scene);
    for (int index = 0; index < 4; index++) {
        close(steps[index]);
    }
}

/* The last id of a connection is for one Cancel; a second one has none left to ask with. */
static void read_all(fake *fake, int socket, int number) {
    (void)fake;
    (void)number;
    fake_wait_for_end(socket);
}

static void test_no_id_left_to_cancel(void) {
    scene scene;
    imaged_stream *streams[2];
    begin_scene(&scene, read_all, NULL);
    imaged_set_next_stream_id(scene.client, 4294967291u);
    for (int index = 0; index < 2; index++) {
        CHECK(imaged_version_send(
                  scene.client, NULL, NULL, &scene.arena, &streams[index], &scene.error)
            == IMAGED_OK);
    }
    CHECK(imaged_cancel_stream(streams[0]) == IMAGED_OK);
    CHECK(imaged_cancel_stream(streams[1]) == IMAGED_NOT_SENT);
    end_scene(&scene);
}

/* A daemon whose queue of callers is full when the client wants to connect anew. */
static void test_reconnect_waits_for_room(void) {
    fake fake;
    imaged_stream *stream;
    imaged_arena arena;
    imaged_error error;
    imaged_version_response version;
    request request;
    struct sockaddr_un address;
    int callers[16];
    int count = 0;
    memset(&arena, 0, sizeof arena);
    listen_in_directory(&fake, 1);
    imaged_client *client = connect_to(fake.path);
    close(accept(fake.listener, NULL, NULL));
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, fake.path, strlen(fake.path));
    for (; count < 16; count++) {
        callers[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(callers[count], (struct sockaddr *)&address, sizeof address) != 0) {
            CHECK(errno == EAGAIN);
            close(callers[count]);
            break;
        }
    }
    CHECK(imaged_version_send(client, NULL, NULL, &arena, &stream, &error) == IMAGED_OK);
    CHECK(!imaged_stream_is_ready(stream));
    for (int index = 0; index < count; index++) {
        close(accept(fake.listener, NULL, NULL));
        close(callers[index]);
    }
    /* The descriptor tells when it is time to try again. */
    struct pollfd entry = {imaged_fd(client), POLLIN, 0};
    CHECK(poll(&entry, 1, 10000) == 1);
    CHECK(imaged_process(client) == IMAGED_OK);
    int socket = accept(fake.listener, NULL, NULL);
    if (CHECK(fake_read(socket, &request))) {
        fake_answer_version(socket, &request);
        fake_free(&request);
    }
    CHECK(imaged_version_wait(stream, &arena, &version, &error) == IMAGED_OK);
    close(socket);
    imaged_free(client);
    imaged_arena_clear(&arena);
    remove_fake(&fake);
}

/* -------------------------------------------------------------------------------------- search */

static void set_variable(const char *name, const char *value) {
    if (value == NULL) {
        unsetenv(name);
    } else {
        setenv(name, value, 1);
    }
}

/* Connects without a name; whether that led to `path`. */
static bool leads_to(const char *path, imaged_error *error) {
    imaged_client *client;
    if (imaged_connect(NULL, NULL, &client, error) != IMAGED_OK) {
        return false;
    }
    bool is_there = strcmp(imaged_socket_path(client), path) == 0;
    imaged_free(client);
    return is_there;
}

static void test_search(void) {
    fake first;
    fake second;
    imaged_error error;
    imaged_options options;
    imaged_client *client;
    char path[128];
    static const char *const names[] = {"IMAGED_SOCKET", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"};
    char *before[3];
    for (int index = 0; index < 3; index++) {
        before[index] = getenv(names[index]) != NULL ? strdup(getenv(names[index])) : NULL;
    }
    fake_start(&first, answer_versions, NULL);
    fake_start(&second, answer_versions, NULL);
    snprintf(path, sizeof path, "%s/imaged", second.directory);
    CHECK(symlink(".", path) == 0);
    snprintf(path, sizeof path, "%s/imaged/imaged.sock", second.directory);
    CHECK(symlink("s", path) == 0);

    set_variable("IMAGED_SOCKET", first.path);
    set_variable("XDG_RUNTIME_DIR", second.directory);
    CHECK(leads_to(first.path, &error));
    set_variable("IMAGED_SOCKET", "");
    CHECK(leads_to(path, &error));
    set_variable("IMAGED_SOCKET", "/nowhere/imaged.sock");
    CHECK(!leads_to("", &error) && error.reason == IMAGED_REASON_NO_DAEMON);
    CHECK(error.system_error == ENOENT && error.outcome == IMAGED_NOT_SENT);
    memset(&options, 0, sizeof options);
    options.socket = second.path;
    CHECK(imaged_connect(&options, NULL, &client, NULL) == IMAGED_OK);
    CHECK(strcmp(imaged_socket_path(client), second.path) == 0);
    imaged_free(client);

    char long_path[200];
    imaged_arena arena;
    memset(&arena, 0, sizeof arena);
    memset(long_path, 'x', sizeof long_path);
    long_path[108] = 0;
    options.socket = long_path;
    CHECK(imaged_connect(&options, &arena, &client, &error) == IMAGED_NOT_SENT);
    CHECK(client == NULL && error.reason == IMAGED_REASON_ARGUMENT);
    long_path[107] = 0;
    CHECK(imaged_connect(&options, &arena, &client, &error) == IMAGED_NOT_SENT);
    CHECK(error.reason == IMAGED_REASON_NO_DAEMON && error.message.length > 107);
    CHECK(imaged_connect_version(1, &options, &arena, &client, &error) == IMAGED_NOT_SENT);
    CHECK(error.reason == IMAGED_REASON_ARGUMENT);
    imaged_arena_clear(&arena);

    unlink(path);
    snprintf(path, sizeof path, "%s/imaged", second.directory);
    unlink(path);
    fake_stop(&first);
    fake_stop(&second);
    for (int index = 0; index < 3; index++) {
        set_variable(names[index], before[index]);
        free(before[index]);
    }
}

const test connection_tests[] = {
    {"reads are sent once more", test_reads_are_sent_once_more},
    {"reads are not sent twice more", test_reads_are_not_sent_twice_more},
    {"changes need a token", test_changes_are_sent_once_more_with_a_token_alone},
    {"refusal of the second sending", test_refusal_of_the_second_sending},
    {"half a frame is sent again", test_half_a_frame_is_sent_again},
    {"a cancelled half is not sent again", test_a_cancelled_half_is_not_sent_again},
    {"closed at once", test_closed_at_once},
    {"no daemon any more", test_no_daemon_any_more},
    {"answer before the loss", test_answer_before_the_loss},
    {"stream ids run out", test_stream_ids_run_out},
    {"no id left to cancel", test_no_id_left_to_cancel},
    {"reconnect waits for room", test_reconnect_waits_for_room},
    {"search", test_search},
    {NULL, NULL},
};
