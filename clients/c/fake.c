/* fake.c - a server that plays a daemon, and scenes with it. */
#define _GNU_SOURCE

#include "fake.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

void listen_in_directory(fake *fake, int backlog) {
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

void remove_fake(fake *fake) {
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

bool receive_all(int socket, void *bytes, size_t size) {
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

uint8_t *encoded(const imaged_message *type, const void *message, size_t *size) {
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

void answer_versions(fake *fake, int socket, int number) {
    request request;
    (void)fake;
    (void)number;
    while (fake_read(socket, &request)) {
        fake_answer_version(socket, &request);
        fake_free(&request);
    }
}

void fake_wait_for_end(int socket) {
    char bytes[4096];
    while (recv(socket, bytes, sizeof bytes, 0) > 0) {
    }
}

/* -------------------------------------------------------------------------------------- scene */

void begin_scene_with(
    scene *scene, void (*script)(struct fake *, int, int), void *state, imaged_options *options) {
    memset(scene, 0, sizeof *scene);
    fake_start(&scene->fake, script, state);
    options->socket = scene->fake.path;
    CHECK(imaged_connect(options, NULL, &scene->client, &scene->error) == IMAGED_OK);
    scene->create.region_id = imaged_text("cn-hangzhou");
}

void begin_scene(scene *scene, void (*script)(struct fake *, int, int), void *state) {
    imaged_options options;
    memset(&options, 0, sizeof options);
    begin_scene_with(scene, script, state, &options);
}

void end_scene(scene *scene) {
    imaged_free(scene->client);
    imaged_arena_clear(&scene->arena);
    fake_stop(&scene->fake);
}

char *describe_at_length(scene *scene, size_t size) {
    char *text = malloc(size);
    if (text == NULL) {
        abort();
    }
    memset(text, 'x', size);
    scene->create.description.data = text;
    scene->create.description.length = size;
    return text;
}

imaged_outcome call_version(scene *scene) {
    return imaged_version(
        scene->client, NULL, NULL, &scene->arena, &scene->version, &scene->error);
}

imaged_outcome call_create(scene *scene) {
    return imaged_create_image(
        scene->client, &scene->create, NULL, &scene->arena, &scene->image, &scene->error);
}
