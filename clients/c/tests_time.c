/* tests_time.c - a daemon that answers or reads too late, and calls that are given up, cancelled or
 * left. */
#define _POSIX_C_SOURCE 200809L

#include "fake.h"

#include <unistd.h>

/* --------------------------------------------------------------------------------------- time */

/* Answers a request only after the next one has come. */
static void answer_late(fake *fake, int socket, int number) {
    request first;
    request second;
    (void)fake;
    (void)number;
    if (CHECK(fake_read(socket, &first))) {
        if (CHECK(fake_read(socket, &second))) {
            fake_answer_version(socket, &first);
            fake_answer_version(socket, &second);
            fake_free(&second);
        }
        fake_free(&first);
    }
    fake_wait_for_end(socket);
}

static void test_own_clock(void) {
    scene scene;
    imaged_call_options options;
    begin_scene(&scene, answer_late, NULL);
    memset(&options, 0, sizeof options);
    options.give_up_milliseconds = 30;
    CHECK(imaged_version(
              scene.client, NULL, &options, &scene.arena, &scene.version, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_TIME);
    /* The late answer is dropped, and the connection lives. */
    CHECK(call_version(&scene) == IMAGED_OK && scene.fake.connections == 1);
    end_scene(&scene);
}

/* The deadline, and the client's grace behind it. */
static void test_own_clock_behind_the_deadline(void) {
    scene scene;
    imaged_options client_options;
    imaged_call_options options;
    memset(&client_options, 0, sizeof client_options);
    client_options.grace_milliseconds = 20;
    begin_scene_with(&scene, answer_late, NULL, &client_options);
    memset(&options, 0, sizeof options);
    options.timeout_milliseconds = 20;
    CHECK(imaged_version(
              scene.client, NULL, &options, &scene.arena, &scene.version, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_TIME);
    CHECK(call_version(&scene) == IMAGED_OK);
    end_scene(&scene);
}

/* A daemon that reads nothing: what is half on its way is unknown, what is behind it is not sent,
 * and more than so much may not wait. */
static void read_nothing(fake *fake, int socket, int number) {
    int *go_on = fake->state;
    char byte;
    (void)number;
    (void)socket;
    while (read(go_on[0], &byte, 1) < 0) {
    }
}

static void test_daemon_that_reads_nothing(void) {
    enum { SIZE = 1 << 20 };
    scene scene;
    int go_on[2];
    imaged_stream *streams[3];
    imaged_options client_options;
    imaged_call_options options;
    if (pipe(go_on) != 0) {
        abort();
    }
    memset(&client_options, 0, sizeof client_options);
    client_options.unsent_bytes_max = 5 * SIZE / 2;
    begin_scene_with(&scene, read_nothing, go_on, &client_options);
    char *text = describe_at_length(&scene, SIZE);
    memset(&options, 0, sizeof options);
    options.give_up_milliseconds = 50;
    for (int index = 0; index < 3; index++) {
        imaged_outcome outcome = imaged_create_image_send(
            scene.client, &scene.create, &options, &scene.arena, &streams[index], &scene.error);
        CHECK(outcome == (index < 2 ? IMAGED_OK : IMAGED_NOT_SENT));
    }
    CHECK(streams[2] == NULL && scene.error.reason == IMAGED_REASON_LIMIT);
    CHECK(imaged_create_image_wait(streams[0], &scene.arena, &scene.image, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_TIME);
    CHECK(imaged_create_image_wait(streams[1], &scene.arena, &scene.image, &scene.error)
        == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_TIME);
    /* Cancelled before a byte has left. */
    CHECK(imaged_create_image_send(
              scene.client, &scene.create, NULL, &scene.arena, &streams[0], &scene.error)
        == IMAGED_OK);
    CHECK(imaged_cancel_stream(streams[0]) == IMAGED_OK);
    CHECK(imaged_create_image_wait(streams[0], &scene.arena, &scene.image, &scene.error)
        == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_CANCELLED);
    free(text);
    CHECK(write(go_on[1], "", 1) == 1);
    close(go_on[1]);
    end_scene(&scene);
    close(go_on[0]);
}

/* A caller that gives up in the middle of a frame: the rest of it still goes, and the next one
 * behind it. */
static void read_when_told(fake *fake, int socket, int number) {
    int *go_on = fake->state;
    char byte;
    if (number == 0) {
        CHECK(read(go_on[0], &byte, 1) == 1);
    }
    answer_versions(fake, socket, number);
}

static void test_given_up_in_the_middle_of_a_frame(void) {
    enum { SIZE = 2 << 20 };
    scene scene;
    int go_on[2];
    imaged_stream *stream;
    imaged_call_options options;
    if (pipe(go_on) != 0) {
        abort();
    }
    begin_scene(&scene, read_when_told, go_on);
    char *text = describe_at_length(&scene, SIZE);
    memset(&options, 0, sizeof options);
    options.give_up_milliseconds = 30;
    CHECK(imaged_create_image(
              scene.client, &scene.create, &options, &scene.arena, &scene.image, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(imaged_version_send(
              scene.client, NULL, NULL, &scene.arena, &stream, &scene.error)
        == IMAGED_OK);
    CHECK(write(go_on[1], "", 1) == 1);
    CHECK(imaged_version_wait(stream, &scene.arena, &scene.version, &scene.error) == IMAGED_OK);
    CHECK(scene.fake.connections == 1);
    free(text);
    end_scene(&scene);
    close(go_on[0]);
    close(go_on[1]);
}

/* The same with an answer: the rest of it is dropped. */
static void answer_in_halves(fake *fake, int socket, int number) {
    static const char first[] = "\0\0\0\x08\0\0\0\1\2\0\x12\6";
    int *go_on = fake->state;
    char byte;
    request request;
    if (CHECK(fake_read(socket, &request))) {
        fake_send(socket, first, sizeof first - 1);
        CHECK(read(go_on[0], &byte, 1) == 1);
        fake_send(socket, "\x12\4abcd", 6);
        fake_free(&request);
    }
    answer_versions(fake, socket, number);
}

static void test_given_up_in_the_middle_of_an_answer(void) {
    scene scene;
    int go_on[2];
    imaged_call_options options;
    if (pipe(go_on) != 0) {
        abort();
    }
    begin_scene(&scene, answer_in_halves, go_on);
    memset(&options, 0, sizeof options);
    options.give_up_milliseconds = 30;
    CHECK(imaged_create_image(
              scene.client, &scene.create, &options, &scene.arena, &scene.image, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(write(go_on[1], "", 1) == 1);
    CHECK(call_version(&scene) == IMAGED_OK && scene.fake.connections == 1);
    end_scene(&scene);
    close(go_on[0]);
    close(go_on[1]);
}

/* A frame that was given up half-way, on a connection that is lost then, or closed. */
static void leave_when_told(fake *fake, int socket, int number) {
    int *go_on = fake->state;
    char byte;
    if (number == 0) {
        CHECK(read(go_on[0], &byte, 1) == 1);
        return;
    }
    answer_versions(fake, socket, number);
}

static void begin_half_a_frame(scene *scene, int *go_on, char *text, size_t size) {
    if (pipe(go_on) != 0) {
        abort();
    }
    memset(text, 'x', size);
    begin_scene(scene, leave_when_told, go_on);
    scene->create.description.data = text;
    scene->create.description.length = size;
}

static char large_text[2 << 20];

static void test_half_a_frame_on_a_lost_connection(void) {
    scene scene;
    int go_on[2];
    imaged_call_options options;
    begin_half_a_frame(&scene, go_on, large_text, sizeof large_text);
    memset(&options, 0, sizeof options);
    options.give_up_milliseconds = 30;
    CHECK(imaged_create_image(
              scene.client, &scene.create, &options, &scene.arena, &scene.image, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(write(go_on[1], "", 1) == 1);
    CHECK(call_version(&scene) == IMAGED_OK && scene.fake.connections == 2);
    end_scene(&scene);
    close(go_on[0]);
    close(go_on[1]);
}

/* Neither has left whole: that nothing has happened is known. */
static void test_close_in_the_middle_of_a_frame(void) {
    scene scene;
    int go_on[2];
    imaged_stream *streams[2];
    begin_half_a_frame(&scene, go_on, large_text, sizeof large_text);
    for (int index = 0; index < 2; index++) {
        CHECK(imaged_create_image_send(scene.client, &scene.create, NULL, &scene.arena,
                  &streams[index], &scene.error)
            == IMAGED_OK);
    }
    imaged_close(scene.client);
    for (int index = 0; index < 2; index++) {
        CHECK(imaged_create_image_wait(
                  streams[index], &scene.arena, &scene.image, &scene.error)
            == IMAGED_NOT_SENT);
        CHECK(scene.error.reason == IMAGED_REASON_CLOSED);
    }
    CHECK(write(go_on[1], "", 1) == 1);
    end_scene(&scene);
    close(go_on[0]);
    close(go_on[1]);
}

/* ------------------------------------------------------------------------------------- cancel */

static void expect_cancel(fake *fake, int socket, int number) {
    request first;
    request cancel;
    imaged_cancel_request target;
    imaged_rpc_status status;
    (void)fake;
    (void)number;
    memset(&status, 0, sizeof status);
    status.code = 1;
    status.message = imaged_text("cancelled; nothing happened");
    if (!CHECK(fake_read(socket, &first))) {
        return;
    }
    if (CHECK(fake_read(socket, &cancel))) {
        const imaged_request_envelope *envelope = &cancel.envelope;
        CHECK_TEXT(envelope->service, "imaged.v1.Daemon");
        CHECK_TEXT(envelope->method, "Cancel");
        CHECK(envelope->metadata.count == 1);
        CHECK_TEXT(envelope->metadata.items[0].value, "ci");
        CHECK(imaged_decode(imaged_find_message("CancelRequest"), envelope->payload.data,
                  envelope->payload.length, &cancel.arena, &target, NULL)
            == IMAGED_CODEC_OK);
        CHECK(target.stream_id == first.frame.stream_id);
        fake_respond(socket, cancel.frame.stream_id, NULL, NULL, NULL);
        fake_respond(socket, first.frame.stream_id, &status, NULL, NULL);
        fake_free(&cancel);
    }
    fake_free(&first);
    answer_versions(fake, socket, number);
}

static void test_cancel(void) {
    scene scene;
    imaged_stream *stream;
    imaged_call_options options;
    begin_scene(&scene, expect_cancel, NULL);
    memset(&options, 0, sizeof options);
    options.account = "ci";
    CHECK(imaged_create_image_send(
              scene.client, &scene.create, &options, &scene.arena, &stream, &scene.error)
        == IMAGED_OK);
    CHECK(imaged_cancel_stream(stream) == IMAGED_OK);
    CHECK(imaged_cancel_stream(stream) == IMAGED_OK); /* asked once */
    CHECK(imaged_create_image_wait(stream, &scene.arena, &scene.image, &scene.error)
        == IMAGED_REFUSED);
    CHECK(scene.error.status == 1);
    CHECK(call_version(&scene) == IMAGED_OK);
    end_scene(&scene);
}

/* A call that is left is not asked to end; its answer is dropped. */
static void test_left_call(void) {
    scene scene;
    imaged_stream *stream;
    begin_scene(&scene, answer_versions, NULL);
    CHECK(imaged_version_send(scene.client, NULL, NULL, &scene.arena, &stream, &scene.error)
        == IMAGED_OK);
    imaged_free_stream(stream);
    imaged_free_stream(NULL);
    CHECK(call_version(&scene) == IMAGED_OK);
    /* One that nobody waits for any more goes with the client. */
    CHECK(imaged_version_send(scene.client, NULL, NULL, &scene.arena, &stream, &scene.error)
        == IMAGED_OK);
    end_scene(&scene);
}

static void test_wrong_operation(void) {
    scene scene;
    imaged_stream *stream;
    imaged_events_response events;
    begin_scene(&scene, answer_versions, NULL);
    CHECK(imaged_version_send(scene.client, NULL, NULL, &scene.arena, &stream, &scene.error)
        == IMAGED_OK);
    CHECK(imaged_next(stream, 0, &scene.arena, &events, &scene.error) == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_ARGUMENT);
    CHECK(imaged_create_image_wait(stream, &scene.arena, &scene.image, &scene.error)
        == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_ARGUMENT);
    CHECK(imaged_call(scene.client, IMAGED_OP_Watch, NULL, NULL, &scene.arena, NULL, &scene.error)
        == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_ARGUMENT);
    CHECK(imaged_call(scene.client, IMAGED_OPERATION_COUNT, NULL, NULL, &scene.arena, NULL,
              &scene.error)
        == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_ARGUMENT);
    end_scene(&scene);
}

const test time_tests[] = {
    {"own clock", test_own_clock},
    {"own clock behind the deadline", test_own_clock_behind_the_deadline},
    {"daemon that reads nothing", test_daemon_that_reads_nothing},
    {"given up in the middle of a frame", test_given_up_in_the_middle_of_a_frame},
    {"given up in the middle of an answer", test_given_up_in_the_middle_of_an_answer},
    {"half a frame on a lost connection", test_half_a_frame_on_a_lost_connection},
    {"close in the middle of a frame", test_close_in_the_middle_of_a_frame},
    {"cancel", test_cancel},
    {"left call", test_left_call},
    {"wrong operation", test_wrong_operation},
    {NULL, NULL},
};
