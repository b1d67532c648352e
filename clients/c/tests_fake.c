/* tests_fake.c - the tests of the client against a server that plays a daemon, and misbehaves as no
 * daemon would: lost connections, garbage, answers too large, too late, out of order or in single
 * bytes. */
#define _GNU_SOURCE

#include "tests.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------- the fake daemon */

struct visit {
    fake *fake;
    int socket;
    int number;
};

static void *visit(void *argument) {
    struct visit visit = *(struct visit *)argument;
    free(argument);
    visit.fake->script(visit.fake, visit.socket, visit.number);
    close(visit.socket);
    return NULL;
}

static void *accept_all(void *argument) {
    fake *fake = argument;
    for (;;) {
        int socket = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
        struct visit *one = malloc(sizeof *one);
        if (socket < 0 || one == NULL || fake->connections == 64) {
            free(one);
            return NULL;
        }
        one->fake = fake;
        one->socket = socket;
        one->number = fake->connections;
        pthread_create(&fake->threads[fake->connections++], NULL, visit, one);
    }
}

/* Listens in a new directory; the backlog is that of listen(2). */
static void listen_in_directory(fake *fake, int backlog) {
    struct sockaddr_un address;
    memset(fake, 0, sizeof *fake);
    snprintf(fake->directory, sizeof fake->directory, "/tmp/imaged-c-XXXXXX");
    if (mkdtemp(fake->directory) == NULL) {
        abort();
    }
    snprintf(fake->path, sizeof fake->path, "%s/s", fake->directory);
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, fake->path, strlen(fake->path));
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fake->listener, (struct sockaddr *)&address, sizeof address) != 0
        || listen(fake->listener, backlog) != 0) {
        abort();
    }
}

void fake_start(fake *fake, void (*script)(struct fake *, int, int), void *state) {
    listen_in_directory(fake, 64);
    fake->script = script;
    fake->state = state;
    pthread_create(&fake->thread, NULL, accept_all, fake);
}

static void remove_fake(fake *fake) {
    close(fake->listener);
    unlink(fake->path);
    rmdir(fake->directory);
}

void fake_stop(fake *fake) {
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    for (int index = 0; index < fake->connections; index++) {
        pthread_join(fake->threads[index], NULL);
    }
    remove_fake(fake);
}

static bool receive_all(int socket, void *bytes, size_t size) {
    uint8_t *next = bytes;
    while (size > 0) {
        ssize_t count = recv(socket, next, size, 0);
        if (count <= 0) {
            return false;
        }
        next += count;
        size -= (size_t)count;
    }
    return true;
}

bool fake_read(int socket, request *request) {
    uint8_t header[IMAGED_FRAME_HEADER_SIZE];
    memset(request, 0, sizeof *request);
    if (!receive_all(socket, header, sizeof header)) {
        return false;
    }
    imaged_frame_reader reader;
    memset(&reader, 0, sizeof reader);
    const uint8_t *next = header;
    size_t size = sizeof header;
    CHECK(imaged_frame_read(&reader, &next, &size, NULL, NULL) == IMAGED_FOUND_HEADER);
    request->frame = reader.frame;
    size = request->frame.data_length;
    request->data = malloc(size + 1);
    if (request->data == NULL || !receive_all(socket, request->data, size)) {
        free(request->data);
        return false;
    }
    const imaged_message *type = imaged_find_message("Request");
    CHECK(imaged_decode(type, request->data, size, &request->arena, &request->envelope, NULL)
        == IMAGED_CODEC_OK);
    CHECK(request->frame.type == 1 && request->frame.stream_id % 2 == 1);
    return true;
}

void fake_free(request *request) {
    free(request->data);
    imaged_arena_clear(&request->arena);
}

bool fake_send(int socket, const void *bytes, size_t size) {
    const uint8_t *next = bytes;
    while (size > 0) {
        ssize_t count = send(socket, next, size, MSG_NOSIGNAL);
        if (count <= 0) {
            return false;
        }
        next += count;
        size -= (size_t)count;
    }
    return true;
}

bool fake_frame(
    int socket, uint32_t stream_id, uint8_t type, uint8_t flags, const void *data, size_t size) {
    uint8_t header[IMAGED_FRAME_HEADER_SIZE];
    imaged_frame frame = {(uint32_t)size, stream_id, type, flags};
    imaged_frame_write(&frame, header);
    return fake_send(socket, header, sizeof header) && fake_send(socket, data, size);
}

/* A message's bytes; the caller frees them. */
static uint8_t *encoded(const imaged_message *type, const void *message, size_t *size) {
    CHECK(imaged_encoded_size(type, message, size, NULL) == IMAGED_CODEC_OK);
    uint8_t *bytes = malloc(*size + 1);
    if (bytes == NULL) {
        abort();
    }
    CHECK(imaged_encode(type, message, bytes, *size, size, NULL) == IMAGED_CODEC_OK);
    return bytes;
}

bool fake_respond(
    int socket, uint32_t stream_id, const imaged_rpc_status *status, const imaged_message *type,
    const void *payload) {
    imaged_response_envelope response;
    uint8_t *bytes = NULL;
    memset(&response, 0, sizeof response);
    response.status = status;
    if (payload != NULL) {
        bytes = encoded(type, payload, &response.payload.length);
        response.payload.data = bytes;
    }
    size_t size;
    uint8_t *data = encoded(imaged_find_message("Response"), &response, &size);
    bool is_sent = fake_frame(socket, stream_id, 2, 0, data, size);
    free(data);
    free(bytes);
    return is_sent;
}

bool fake_answer_version(int socket, const request *request) {
    imaged_version_response response;
    memset(&response, 0, sizeof response);
    response.request_id = imaged_text("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E");
    response.version = imaged_text("9.9.9");
    response.protocol = 1;
    return fake_respond(
        socket, request->frame.stream_id, NULL, imaged_find_message("VersionResponse"), &response);
}

void fake_wait_for_end(int socket) {
    char bytes[4096];
    while (recv(socket, bytes, sizeof bytes, 0) > 0) {
    }
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

static void begin_scene_with(
    scene *scene, void (*script)(struct fake *, int, int), void *state, imaged_options *options) {
    memset(scene, 0, sizeof *scene);
    fake_start(&scene->fake, script, state);
    options->socket = scene->fake.path;
    CHECK(imaged_connect(options, NULL, &scene->client, &scene->error) == IMAGED_OK);
    scene->create.region_id = imaged_text("cn-hangzhou");
}

static void begin_scene(scene *scene, void (*script)(struct fake *, int, int), void *state) {
    imaged_options options;
    memset(&options, 0, sizeof options);
    begin_scene_with(scene, script, state, &options);
}

static void end_scene(scene *scene) {
    imaged_free(scene->client);
    imaged_arena_clear(&scene->arena);
    fake_stop(&scene->fake);
}

static imaged_outcome call_version(scene *scene) {
    return imaged_version(
        scene->client, NULL, NULL, &scene->arena, &scene->version, &scene->error);
}

static imaged_outcome call_create(scene *scene) {
    return imaged_create_image(
        scene->client, &scene->create, NULL, &scene->arena, &scene->image, &scene->error);
}

/* ------------------------------------------------------------------------------------ answers */

static void answer_versions(fake *fake, int socket, int number) {
    request request;
    (void)fake;
    (void)number;
    while (fake_read(socket, &request)) {
        fake_answer_version(socket, &request);
        fake_free(&request);
    }
}

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

/* The second sending is refused before anything is judged: the first may have been carried out. */
static void test_refusal_of_the_second_sending(void) {
    scene scene;
    imaged_rpc_status status;
    memset(&status, 0, sizeof status);
    status.code = 4;
    struct losses losses = {1, 0, {0}, &status};
    begin_scene(&scene, lose_answers, &losses);
    scene.create.client_token = imaged_text("t-1");
    CHECK(call_create(&scene) == IMAGED_UNKNOWN);
    CHECK(scene.error.reason == IMAGED_REASON_LOST && scene.error.status == 4);
    CHECK(call_create(&scene) == IMAGED_REFUSED);
    end_scene(&scene);
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
    char *text = malloc(SIZE);
    if (text == NULL) {
        abort();
    }
    memset(text, 'x', SIZE);
    scene.create.description.data = text;
    scene.create.description.length = SIZE;
    CHECK(call_create(&scene) == IMAGED_OK && requests == 1);
    free(text);
    end_scene(&scene);
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
    char *text = malloc(SIZE);
    if (text == NULL) {
        abort();
    }
    memset(text, 'x', SIZE);
    scene.create.description.data = text;
    scene.create.description.length = SIZE;
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
    char *text = malloc(SIZE);
    if (text == NULL) {
        abort();
    }
    memset(text, 'x', SIZE);
    scene.create.description.data = text;
    scene.create.description.length = SIZE;
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
    char *text = malloc(SIZE);
    if (text == NULL) {
        abort();
    }
    memset(text, 'x', SIZE);
    scene.create.description.data = text;
    scene.create.description.length = SIZE;
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

/* ------------------------------------------------------------------------------------- events */

/* How a fake watch goes: so many answers, and then an end. */
struct watching {
    int answers;
    /* m: with the last message, n: without one, s: a status, r: a response, c: closed, g:
     * garbage */
    char end;
    bool was_cancelled;
};

static void play_watch(fake *fake, int socket, int number) {
    struct watching *watching = fake->state;
    request request;
    imaged_event event;
    imaged_events_response response;
    imaged_rpc_status status;
    size_t size;
    (void)number;
    if (!fake_read(socket, &request)) {
        return; /* the client had no memory */
    }
    uint32_t id = request.frame.stream_id;
    CHECK(request.frame.flags == 1);
    CHECK_TEXT(request.envelope.method, "Watch");
    CHECK(request.envelope.timeout_nano == 0);
    memset(&event, 0, sizeof event);
    memset(&response, 0, sizeof response);
    memset(&status, 0, sizeof status);
    response.events.items = &event;
    response.events.count = 1;
    for (int index = 1; index <= watching->answers; index++) {
        event.sequence = response.sequence = index;
        uint8_t *data = encoded(imaged_find_message("EventsResponse"), &response, &size);
        bool is_last = index == watching->answers && watching->end == 'm';
        fake_frame(socket, id, 3, is_last ? 1 : 0, data, size);
        free(data);
    }
    status.code = 11;
    status.message = imaged_text("too old");
    switch (watching->end) {
    case 'n': fake_frame(socket, id, 3, 5, NULL, 0); break;
    case 's': fake_respond(socket, id, &status, NULL, NULL); break;
    case 'r': fake_respond(socket, id, NULL, NULL, NULL); break;
    case 'g': fake_frame(socket, id, 3, 0, "\x0a", 1); break;
    default: break;
    }
    fake_free(&request);
    while (watching->end != 'c' && fake_read(socket, &request)) {
        watching->was_cancelled |= imaged_is(request.envelope.method, "Cancel");
        if (imaged_is(request.envelope.method, "Version")) {
            fake_answer_version(socket, &request);
        }
        fake_free(&request);
    }
}

static void check_watch(char end, imaged_outcome outcome, imaged_reason reason, int32_t status) {
    scene scene;
    imaged_stream *watch;
    imaged_events_response events;
    char name[2] = {end, 0};
    about(name);
    struct watching watching = {3, end, false};
    begin_scene(&scene, play_watch, &watching);
    CHECK(imaged_watch(scene.client, NULL, NULL, &scene.arena, &watch, &scene.error)
        == IMAGED_OK);
    for (int index = 1; index <= 3; index++) {
        CHECK(imaged_next(watch, IMAGED_FOREVER, &scene.arena, &events, &scene.error)
            == IMAGED_OK);
        CHECK(events.sequence == index && events.events.count == 1);
    }
    for (int turn = 0; turn < 2; turn++) {
        CHECK(imaged_next(watch, IMAGED_FOREVER, &scene.arena, &events, &scene.error)
            == outcome);
        CHECK(scene.error.reason == reason && scene.error.status == status);
        CHECK(events.events.count == 0);
    }
    CHECK(imaged_poll(scene.client, 0) == NULL);
    imaged_free_stream(watch);
    CHECK(end == 'c' || call_version(&scene) == IMAGED_OK);
    end_scene(&scene);
    about(NULL);
}

static void test_watch_ends(void) {
    check_watch('m', IMAGED_ENDED, IMAGED_REASON_NONE, 0);
    check_watch('n', IMAGED_ENDED, IMAGED_REASON_NONE, 0);
    check_watch('r', IMAGED_ENDED, IMAGED_REASON_NONE, 0);
    check_watch('s', IMAGED_REFUSED, IMAGED_REASON_NONE, 11);
    check_watch('c', IMAGED_UNKNOWN, IMAGED_REASON_LOST, 0);
    check_watch('g', IMAGED_UNKNOWN, IMAGED_REASON_PROTOCOL, 0);
}

static void test_watch_is_polled_and_left(void) {
    scene scene;
    imaged_stream *watch;
    imaged_events_response events;
    struct watching watching = {2, '-', false};
    begin_scene(&scene, play_watch, &watching);
    CHECK(imaged_watch(scene.client, NULL, NULL, &scene.arena, &watch, &scene.error)
        == IMAGED_OK);
    int64_t seen = 0;
    while (seen < 2) {
        CHECK(imaged_poll(scene.client, IMAGED_FOREVER) == watch);
        while (imaged_next(watch, 0, &scene.arena, &events, &scene.error) == IMAGED_OK) {
            CHECK(events.sequence == ++seen);
        }
        CHECK(scene.error.outcome == IMAGED_NOT_YET);
    }
    CHECK(imaged_poll(scene.client, 0) == NULL);
    CHECK(imaged_next(watch, 10, &scene.arena, &events, &scene.error) == IMAGED_NOT_YET);
    CHECK(imaged_poll(scene.client, 10) == NULL);
    imaged_free_stream(watch);
    CHECK(call_version(&scene) == IMAGED_OK);
    end_scene(&scene);
    CHECK(watching.was_cancelled);
}

/* More than may wait for the reader: those that were kept, then the end, and the daemon is told. */
static void test_watch_that_is_read_too_slowly(void) {
    scene scene;
    imaged_stream *watch;
    imaged_options options;
    imaged_events_response events;
    struct watching watching = {1000, '-', false};
    memset(&options, 0, sizeof options);
    options.events_bytes_max = 1000;
    begin_scene_with(&scene, play_watch, &watching, &options);
    CHECK(imaged_watch(scene.client, NULL, NULL, &scene.arena, &watch, &scene.error)
        == IMAGED_OK);
    /* Its answer comes behind the events. */
    CHECK(call_version(&scene) == IMAGED_OK);
    int64_t seen = 0;
    imaged_outcome outcome;
    while ((outcome = imaged_next(watch, 0, &scene.arena, &events, &scene.error)) == IMAGED_OK) {
        CHECK(events.sequence == ++seen);
    }
    CHECK(outcome == IMAGED_UNKNOWN && scene.error.reason == IMAGED_REASON_TOO_SLOW);
    CHECK(seen > 20 && seen < 200);
    imaged_free_stream(watch);
    CHECK(call_version(&scene) == IMAGED_OK);
    end_scene(&scene);
    CHECK(watching.was_cancelled);
}

/* ----------------------------------------------------------------------------------- no memory */

/* Connects, calls, watches and cancels with no memory at the nth allocation; whether all went
 * well. */
static bool try_with(const char *path, const imaged_allocator *allocator) {
    imaged_options options;
    imaged_client *client;
    imaged_arena arena;
    imaged_error error;
    imaged_version_response version;
    imaged_events_response events;
    imaged_stream *watch = NULL;
    imaged_stream *stream = NULL;
    bool is_good = false;
    imaged_arena_init(&arena, allocator, NULL, 0);
    memset(&options, 0, sizeof options);
    options.socket = path;
    options.account = "ci";
    options.allocator = allocator;
    imaged_outcome outcome = imaged_connect(&options, &arena, &client, &error);
    if (outcome == IMAGED_OK) {
        is_good = imaged_watch(client, NULL, NULL, &arena, &watch, &error) == IMAGED_OK
            && imaged_next(watch, IMAGED_FOREVER, &arena, &events, &error) == IMAGED_OK
            && imaged_version_send(client, NULL, NULL, &arena, &stream, &error) == IMAGED_OK
            && imaged_version(client, NULL, NULL, &arena, &version, &error) == IMAGED_OK
            && imaged_is(version.version, "9.9.9");
        if (stream != NULL) {
            is_good = imaged_version_wait(stream, &arena, &version, &error) == IMAGED_OK
                && is_good;
        }
        if (watch != NULL) {
            is_good = imaged_cancel_stream(watch) == IMAGED_OK && is_good;
        }
        imaged_free_stream(watch);
        imaged_free(client);
    } else {
        CHECK(client == NULL);
    }
    CHECK(is_good || error.outcome == IMAGED_OK || error.reason == IMAGED_REASON_MEMORY);
    imaged_arena_clear(&arena);
    return is_good;
}

static void test_no_memory(void) {
    static const bool kinds[] = {false, true};
    for (size_t kind = 0; kind < 2; kind++) {
        bool is_good = false;
        long fails_at = 0;
        while (!is_good && fails_at < 60) {
            fake fake;
            counting counting;
            struct watching watching = {1, '-', false};
            counting_init(&counting, ++fails_at, kinds[kind]);
            imaged_allocator allocator = counting_allocator(&counting);
            fake_start(&fake, play_watch, &watching);
            is_good = try_with(fake.path, &allocator);
            CHECK(counting.outstanding == 0 && counting.bytes == 0);
            fake_stop(&fake);
        }
        CHECK(is_good && fails_at > 8);
    }
}

/* ------------------------------------------------------------------------------------- threads */

static void *call_until_closed(void *argument) {
    imaged_client *client = argument;
    imaged_arena arena;
    imaged_error error;
    imaged_version_response version;
    memset(&arena, 0, sizeof arena);
    CHECK(imaged_version(client, NULL, NULL, &arena, &version, &error) == IMAGED_UNKNOWN);
    CHECK(error.reason == IMAGED_REASON_CLOSED);
    imaged_arena_clear(&arena);
    return NULL;
}

static void *poll_until_closed(void *argument) {
    CHECK(imaged_poll(argument, IMAGED_FOREVER) == NULL);
    return NULL;
}

/* Counts requests, answers none. */
static void count_requests(fake *fake, int socket, int number) {
    int *counted = fake->state;
    request request;
    (void)number;
    while (fake_read(socket, &request)) {
        fake_free(&request);
        CHECK(write(counted[1], "", 1) == 1);
    }
}

static void test_close_ends_other_threads_calls(void) {
    enum { THREADS = 4 };
    scene scene;
    pthread_t threads[THREADS + 1];
    int counted[2];
    char byte;
    imaged_stream *watch;
    if (pipe(counted) != 0) {
        abort();
    }
    begin_scene(&scene, count_requests, counted);
    CHECK(imaged_watch(scene.client, NULL, NULL, &scene.arena, &watch, &scene.error)
        == IMAGED_OK);
    for (int index = 0; index < THREADS; index++) {
        pthread_create(&threads[index], NULL, call_until_closed, scene.client);
    }
    pthread_create(&threads[THREADS], NULL, poll_until_closed, scene.client);
    for (int index = 0; index < THREADS + 1; index++) {
        CHECK(read(counted[0], &byte, 1) == 1);
    }
    /* The poller is given this one, for it has ended; so it is left here before. */
    imaged_free_stream(watch);
    imaged_close(scene.client);
    for (int index = 0; index < THREADS + 1; index++) {
        pthread_join(threads[index], NULL);
    }
    CHECK(call_version(&scene) == IMAGED_NOT_SENT);
    CHECK(scene.error.reason == IMAGED_REASON_CLOSED);
    CHECK(imaged_watch(scene.client, NULL, NULL, &scene.arena, &watch, &scene.error)
        == IMAGED_NOT_SENT);
    CHECK(watch == NULL && imaged_process(scene.client) == IMAGED_NOT_SENT);
    CHECK(imaged_poll(scene.client, IMAGED_FOREVER) == NULL);
    end_scene(&scene);
    close(counted[0]);
    close(counted[1]);
}

static void *call_often(void *argument) {
    imaged_client *client = argument;
    imaged_arena arena;
    imaged_error error;
    imaged_version_response version;
    memset(&arena, 0, sizeof arena);
    for (int turn = 0; turn < 200; turn++) {
        CHECK(imaged_version(client, NULL, NULL, &arena, &version, &error) == IMAGED_OK);
        CHECK_TEXT(version.version, "9.9.9");
        imaged_arena_clear(&arena);
    }
    return NULL;
}

/* Many threads that call, and one that sends and polls, over one connection. */
static void test_threads_share_a_client(void) {
    enum { THREADS = 6 };
    scene scene;
    pthread_t threads[THREADS];
    begin_scene(&scene, answer_versions, NULL);
    for (int index = 0; index < THREADS; index++) {
        pthread_create(&threads[index], NULL, call_often, scene.client);
    }
    for (int turn = 0; turn < 100; turn++) {
        imaged_stream *stream;
        CHECK(imaged_version_send(scene.client, NULL, NULL, &scene.arena, &stream, &scene.error)
            == IMAGED_OK);
        CHECK(imaged_poll(scene.client, IMAGED_FOREVER) == stream);
        CHECK(imaged_version_wait(stream, &scene.arena, &scene.version, &scene.error)
            == IMAGED_OK);
    }
    for (int index = 0; index < THREADS; index++) {
        pthread_join(threads[index], NULL);
    }
    CHECK(scene.fake.connections == 1);
    end_scene(&scene);
}

/* One thread waits in a call, and another's turns receive its answers. */
static void *call_and_tell(void *argument) {
    scene *scene = argument;
    call_often(scene->client);
    shutdown(scene->fake.listener, SHUT_RDWR); /* the sign that it is over */
    return NULL;
}

static void test_another_threads_turn(void) {
    scene scene;
    pthread_t thread;
    struct pollfd entry;
    begin_scene(&scene, answer_versions, NULL);
    pthread_create(&thread, NULL, call_and_tell, &scene);
    entry.fd = scene.fake.listener;
    entry.events = POLLIN;
    do {
        CHECK(imaged_process(scene.client) == IMAGED_OK);
        CHECK(imaged_poll(scene.client, 0) == NULL);
    } while (poll(&entry, 1, 0) == 0);
    pthread_join(thread, NULL);
    end_scene(&scene);
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

const test fake_tests[] = {
    {"call", test_call},
    {"request", test_request},
    {"answer in single bytes", test_answer_in_single_bytes},
    {"many in flight", test_many_in_flight},
    {"errors", test_errors},
    {"reads are sent once more", test_reads_are_sent_once_more},
    {"reads are not sent twice more", test_reads_are_not_sent_twice_more},
    {"changes need a token", test_changes_are_sent_once_more_with_a_token_alone},
    {"refusal of the second sending", test_refusal_of_the_second_sending},
    {"half a frame is sent again", test_half_a_frame_is_sent_again},
    {"closed at once", test_closed_at_once},
    {"no daemon any more", test_no_daemon_any_more},
    {"garbage", test_garbage},
    {"answer too large", test_answer_too_large},
    {"answer of 4 MiB", test_answer_of_4_mib},
    {"request too large", test_request_too_large},
    {"own clock", test_own_clock},
    {"own clock behind the deadline", test_own_clock_behind_the_deadline},
    {"daemon that reads nothing", test_daemon_that_reads_nothing},
    {"given up in the middle of a frame", test_given_up_in_the_middle_of_a_frame},
    {"given up in the middle of an answer", test_given_up_in_the_middle_of_an_answer},
    {"half a frame on a lost connection", test_half_a_frame_on_a_lost_connection},
    {"close in the middle of a frame", test_close_in_the_middle_of_a_frame},
    {"answer before the loss", test_answer_before_the_loss},
    {"stream ids run out", test_stream_ids_run_out},
    {"no id left to cancel", test_no_id_left_to_cancel},
    {"reconnect waits for room", test_reconnect_waits_for_room},
    {"cancel", test_cancel},
    {"left call", test_left_call},
    {"wrong operation", test_wrong_operation},
    {"watch ends", test_watch_ends},
    {"watch is polled and left", test_watch_is_polled_and_left},
    {"watch read too slowly", test_watch_that_is_read_too_slowly},
    {"no memory", test_no_memory},
    {"threads: close ends calls", test_close_ends_other_threads_calls},
    {"threads share a client", test_threads_share_a_client},
    {"threads: another thread's turn", test_another_threads_turn},
    {"search", test_search},
    {NULL, NULL},
};
