/* tests_calls.c - calls against a server that plays a daemon: what travels, answers in single bytes
 * and out of order, errors, garbage, and what is too large. */
#define _POSIX_C_SOURCE 200809L

#include "fake.h"

#include <sys/socket.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------ answers */

static void test_call(void) {
    scene scene;
    begin_scene(&scene, answer_versions, NULL);
    CHECK(call_version(&scene) == IMAGED_OK && scene.error.outcome == IMAGED_OK);
    CHECK_TEXT(scene.version.version, "9.9.9");
    CHECK(scene.version.protocol == 1);
    CHECK(strcmp(imaged_socket_path(scene.client), scene.fake.path) == 0);
    /* Neither response nor error wanted. */
    CHECK(imaged_call(scene.client, IMAGED_OP_Version, NULL, NULL, &scene.arena, NULL, NULL)
        == IMAGED_OK);
    end_scene(&scene);
}

/* What travels: service, method, payload, deadline, metadata. */
static void expect_request(fake *fake, int socket, int number) {
    request request;
    imaged_create_image_request create;
    (void)fake;
    (void)number;
    if (CHECK(fake_read(socket, &request))) {
        const imaged_request_envelope *envelope = &request.envelope;
        CHECK(request.frame.stream_id == 1 && request.frame.flags == 0);
        CHECK_TEXT(envelope->service, "imaged.v1.ECS");
        CHECK_TEXT(envelope->method, "CreateImage");
        CHECK(envelope->timeout_nano == INT64_C(1500000000));
        CHECK(envelope->metadata.count == 3);
        CHECK_TEXT(envelope->metadata.items[0].key, "account");
        CHECK_TEXT(envelope->metadata.items[0].value, "ci");
        CHECK_TEXT(envelope->metadata.items[1].key, "explain");
        CHECK_TEXT(envelope->metadata.items[1].value, "true");
        CHECK_TEXT(envelope->metadata.items[2].key, "ram-user");
        CHECK_TEXT(envelope->metadata.items[2].value, "reader");
        CHECK(imaged_decode(imaged_find_message("CreateImageRequest"), envelope->payload.data,
                  envelope->payload.length, &request.arena, &create, NULL)
            == IMAGED_CODEC_OK);
        CHECK_TEXT(create.region_id, "cn-hangzhou");
        CHECK(create.has_dry_run && !create.dry_run);
        fake_respond(socket, 1, NULL, NULL, NULL);
        fake_free(&request);
    }
    if (CHECK(fake_read(socket, &request))) {
        CHECK(request.frame.stream_id == 3 && request.envelope.timeout_nano == 0);
        CHECK(request.envelope.metadata.count == 0 && request.envelope.payload.length == 0);
        fake_answer_version(socket, &request);
        fake_free(&request);
    }
    if (CHECK(fake_read(socket, &request))) {
        CHECK(request.envelope.timeout_nano == INT64_C(60000000000));
        fake_answer_version(socket, &request);
        fake_free(&request);
    }
}

static void test_request(void) {
    scene scene;
    imaged_call_options options;
    begin_scene(&scene, expect_request, NULL);
    memset(&options, 0, sizeof options);
    options.account = "ci";
    options.ram_user = "reader";
    options.explain = true;
    options.timeout_milliseconds = 1500;
    scene.create.has_dry_run = true;
    CHECK(imaged_create_image(scene.client, &scene.create, &options, &scene.arena, &scene.image,
              &scene.error)
        == IMAGED_OK);
    CHECK_TEXT(scene.image.image_id, ""); /* an absent payload is an empty message */
    memset(&options, 0, sizeof options);
    options.timeout_milliseconds = IMAGED_FOREVER;
    CHECK(imaged_version(
              scene.client, NULL, &options, &scene.arena, &scene.version, &scene.error)
        == IMAGED_OK);
    CHECK(call_version(&scene) == IMAGED_OK);
    end_scene(&scene);
}

static void send_bytewise(fake *fake, int socket, int number) {
    request request;
    (void)fake;
    (void)number;
    if (!CHECK(fake_read(socket, &request))) {
        return;
    }
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        abort();
    }
    fake_answer_version(ends[0], &request);
    shutdown(ends[0], SHUT_WR);
    char byte;
    while (recv(ends[1], &byte, 1, 0) == 1) {
        fake_send(socket, &byte, 1);
    }
    close(ends[0]);
    close(ends[1]);
    fake_free(&request);
    fake_wait_for_end(socket);
}

static void test_answer_in_single_bytes(void) {
    scene scene;
    begin_scene(&scene, send_bytewise, NULL);
    CHECK(call_version(&scene) == IMAGED_OK);
    CHECK_TEXT(scene.version.version, "9.9.9");
    end_scene(&scene);
}

enum { MANY = 200 };

/* Reads all requests and answers the last first. */
static void answer_backwards(fake *fake, int socket, int number) {
    static request requests[MANY];
    (void)fake;
    (void)number;
    for (int index = 0; index < MANY; index++) {
        if (!CHECK(fake_read(socket, &requests[index]))) {
            return;
        }
    }
    for (int index = MANY - 1; index >= 0; index--) {
        imaged_describe_images_response response;
        memset(&response, 0, sizeof response);
        response.total_count = (int32_t)requests[index].frame.stream_id;
        fake_respond(socket, requests[index].frame.stream_id, NULL,
            imaged_find_message("DescribeImagesResponse"), &response);
        fake_free(&requests[index]);
    }
    fake_wait_for_end(socket);
}

static void test_many_in_flight(void) {
    scene scene;
    imaged_stream *streams[MANY];
    begin_scene(&scene, answer_backwards, NULL);
    for (size_t index = 0; index < MANY; index++) {
        imaged_call_options options;
        memset(&options, 0, sizeof options);
        options.context = &streams[index];
        CHECK(imaged_describe_images_send(scene.client, NULL, &options, &scene.arena,
                  &streams[index], &scene.error)
            == IMAGED_OK);
    }
    /* Half of them as they come, which is from the last; the others by name. */
    for (int index = MANY - 1; index >= MANY / 2; index--) {
        imaged_describe_images_response response;
        imaged_stream *stream = imaged_poll(scene.client, IMAGED_FOREVER);
        CHECK(stream == streams[index] && imaged_stream_context(stream) == &streams[index]);
        CHECK(imaged_stream_operation(stream) == IMAGED_OP_DescribeImages);
        CHECK(imaged_stream_client(stream) == scene.client && imaged_stream_is_ready(stream));
        CHECK(imaged_describe_images_wait(stream, &scene.arena, &response, &scene.error)
            == IMAGED_OK);
        CHECK(response.total_count == 2 * index + 1);
    }
    for (int index = 0; index < MANY / 2; index++) {
        imaged_describe_images_response response;
        CHECK(imaged_describe_images_wait(
                  streams[index], &scene.arena, &response, &scene.error)
            == IMAGED_OK);
        CHECK(response.total_count == 2 * index + 1);
    }
    CHECK(imaged_poll(scene.client, 0) == NULL);
    end_scene(&scene);
}

/* ------------------------------------------------------------------------------------- errors */

static void answer_with_errors(fake *fake, int socket, int number) {
    request request;
    imaged_error_detail details[2];
    imaged_any anys[3];
    imaged_rpc_status status;
    size_t size;
    (void)fake;
    (void)number;
    memset(details, 0, sizeof details);
    memset(anys, 0, sizeof anys);
    memset(&status, 0, sizeof status);
    details[0].http_status = 403;
    details[0].code = imaged_text("QuotaExceed.Image");
    details[0].message = imaged_text("The Image Quota exceeds.");
    details[0].request_id = imaged_text("R-1");
    details[0].parameter = imaged_text("ImageName");
    details[0].hint = imaged_text("delete one");
    details[1].code = imaged_text("InvalidTagKey.Malformed");
    const imaged_message *type = imaged_find_message("Error");
    uint8_t *first = encoded(type, &details[0], &size);
    anys[0].type_url = imaged_text("type.googleapis.com/google.rpc.DebugInfo");
    anys[1].type_url = imaged_text("type.googleapis.com/imaged.v1.Error");
    anys[1].value.data = first;
    anys[1].value.length = size;
    uint8_t *second = encoded(type, &details[1], &size);
    anys[2] = anys[1];
    anys[2].value.data = second;
    anys[2].value.length = size;
    status.code = 9;
    status.message = imaged_text("QuotaExceed.Image: The Image Quota exceeds.");
    status.details.items = anys;
    status.details.count = 3;
    if (fake_read(socket, &request)) {
        fake_respond(socket, request.frame.stream_id, &status, NULL, NULL);
        fake_free(&request);
    }
    /* Without details; with a detail that cannot be read; with a code nobody knows. */
    status.details.count = 0;
    status.code = 12;
    status.message = imaged_text("no such method");
    if (fake_read(socket, &request)) {
        fake_respond(socket, request.frame.stream_id, &status, NULL, NULL);
        fake_free(&request);
    }
    anys[0] = anys[1];
    anys[0].value.length = 1;
    status.details.count = 1;
    status.code = -7;
    if (fake_read(socket, &request)) {
        fake_respond(socket, request.frame.stream_id, &status, NULL, NULL);
        fake_free(&request);
    }
    status.code = 0; /* that is success */
    if (fake_read(socket, &request)) {
        fake_respond(socket, request.frame.stream_id, &status, NULL, NULL);
        fake_free(&request);
    }
    fake_wait_for_end(socket);
    free(first);
    free(second);
}

static void test_errors(void) {
    scene scene;
    begin_scene(&scene, answer_with_errors, NULL);
    imaged_error *error = &scene.error;
    CHECK(call_create(&scene) == IMAGED_REFUSED);
    CHECK(error->outcome == IMAGED_REFUSED && error->reason == IMAGED_REASON_NONE);
    CHECK(error->status == 9 && error->http_status == 403);
    CHECK_TEXT(error->code, "QuotaExceed.Image");
    CHECK_TEXT(error->message, "The Image Quota exceeds.");
    CHECK_TEXT(error->request_id, "R-1");
    CHECK_TEXT(error->parameter, "ImageName");
    CHECK_TEXT(error->hint, "delete one");
    CHECK(error->further.count == 1);
    CHECK_TEXT(error->further.items[0].code, "InvalidTagKey.Malformed");

    CHECK(call_create(&scene) == IMAGED_REFUSED);
    CHECK(error->status == 12 && error->http_status == 0 && error->code.length == 0);
    CHECK_TEXT(error->message, "no such method");
    CHECK(error->further.count == 0 && error->request_id.length == 0);

    CHECK(call_create(&scene) == IMAGED_REFUSED);
    CHECK(error->status == -7 && error->code.length == 0);
    CHECK_TEXT(error->message, "no such method");
    CHECK(call_create(&scene) == IMAGED_OK);
    end_scene(&scene);
}

/* ------------------------------------------------------------------------------------ garbage */

struct garbage {
    const char *name;
    const char *bytes;
    size_t size;
    imaged_reason reason;
};

#define BYTES(text) text, sizeof(text) - 1
static const struct garbage garbage[] = {
    {"reserved first byte", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), IMAGED_REASON_PROTOCOL},
    {"type 1", BYTES("\0\0\0\0\0\0\0\1\1\0"), IMAGED_REASON_PROTOCOL},
    {"type 0", BYTES("\0\0\0\0\0\0\0\1\0\0"), IMAGED_REASON_PROTOCOL},
    {"even stream", BYTES("\0\0\0\0\0\0\0\2\2\0"), IMAGED_REASON_PROTOCOL},
    {"stream never opened", BYTES("\0\0\0\0\0\0\0\3\2\0"), IMAGED_REASON_PROTOCOL},
    {"data on a unary stream", BYTES("\0\0\0\0\0\0\0\1\3\0"), IMAGED_REASON_PROTOCOL},
    {"response that is none", BYTES("\0\0\0\2\0\0\0\1\2\0\x08\1"), IMAGED_REASON_PROTOCOL},
    {"payload that is none", BYTES("\0\0\0\4\0\0\0\1\2\0\x12\2\x18"), IMAGED_REASON_LOST},
    {"payload not UTF-8", BYTES("\0\0\0\5\0\0\0\1\2\0\x12\3\x12\1\xff"), IMAGED_REASON_PROTOCOL},
    {"half a header", BYTES("\0\0\0"), IMAGED_REASON_LOST},
    {"half an answer", BYTES("\0\0\0\x10\0\0\0\1\2\0\x12"), IMAGED_REASON_LOST},
};

static void send_garbage(fake *fake, int socket, int number) {
    const struct garbage *one = fake->state;
    request request;
    (void)number;
    if (fake_read(socket, &request)) {
        fake_send(socket, one->bytes, one->size);
        fake_free(&request);
    }
}

static void test_garbage(void) {
    for (size_t index = 0; index < sizeof garbage / sizeof garbage[0]; index++) {
        scene scene;
        struct garbage one = garbage[index];
        about(one.name);
        begin_scene(&scene, send_garbage, &one);
        CHECK(call_create(&scene) == IMAGED_UNKNOWN);
        CHECK(scene.error.reason == one.reason && scene.error.message.length > 0);
        CHECK(scene.image.image_id.length == 0);
        end_scene(&scene);
    }
    about(NULL);
}

/* An answer of 4 MiB and a byte is the end of its call, and of no other. */
static void answer_too_large(fake *fake, int socket, int number) {
    enum { SIZE = (4 << 20) + 1 };
    request request;
    (void)fake;
    (void)number;
    char *bytes = calloc(1, SIZE);
    if (bytes != NULL && CHECK(fake_read(socket, &request))) {
        fake_frame(socket, request.frame.stream_id, 2, 0, bytes, SIZE);
        fake_free(&request);
    }
    free(bytes);
    while (fake_read(socket, &request)) {
        fake_answer_version(socket, &request);
        fake_free(&request);
    }
}

static void test_answer_too_large(void) {
    scene scene;
    begin_scene(&scene, answer_too_large, NULL);
    CHECK(call_create(&scene) == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_PROTOCOL);
    CHECK(call_version(&scene) == IMAGED_OK && scene.fake.connections == 1);
    end_scene(&scene);
}

/* The largest that is allowed. */
static void answer_large(fake *fake, int socket, int number) {
    request request;
    imaged_read_snapshot_response response;
    (void)fake;
    (void)number;
    memset(&response, 0, sizeof response);
    response.data.length = (4 << 20) - 10;
    uint8_t *bytes = calloc(1, response.data.length);
    if (bytes == NULL) {
        abort();
    }
    bytes[response.data.length - 1] = 7;
    response.data.data = bytes;
    if (CHECK(fake_read(socket, &request))) {
        fake_respond(socket, request.frame.stream_id, NULL,
            imaged_find_message("ReadSnapshotResponse"), &response);
        fake_free(&request);
    }
    free(bytes);
    fake_wait_for_end(socket);
}

static void test_answer_of_4_mib(void) {
    scene scene;
    imaged_read_snapshot_response response;
    begin_scene(&scene, answer_large, NULL);
    CHECK(imaged_read_snapshot(
              scene.client, NULL, NULL, &scene.arena, &response, &scene.error)
        == IMAGED_OK);
    CHECK(response.data.length == (4 << 20) - 10);
    CHECK(response.data.length > 0 && response.data.data[response.data.length - 1] == 7);
    end_scene(&scene);
}

static void test_request_too_large(void) {
    enum { SIZE = 5 << 20 };
    scene scene;
    begin_scene(&scene, answer_versions, NULL);
    char *text = describe_at_length(&scene, SIZE);
    CHECK(call_create(&scene) == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_LIMIT);
    text[77] = (char)0xff;
    CHECK(call_create(&scene) == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_ARGUMENT);
    CHECK_TEXT(scene.error.parameter, "Description");
    CHECK(call_version(&scene) == IMAGED_OK);
    free(text);
    end_scene(&scene);
}

const test call_tests[] = {
    {"call", test_call},
    {"request", test_request},
    {"answer in single bytes", test_answer_in_single_bytes},
    {"many in flight", test_many_in_flight},
    {"errors", test_errors},
    {"garbage", test_garbage},
    {"answer too large", test_answer_too_large},
    {"answer of 4 MiB", test_answer_of_4_mib},
    {"request too large", test_request_too_large},
    {NULL, NULL},
};
