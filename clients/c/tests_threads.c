/* tests_threads.c - several threads that share a client. */
#define _POSIX_C_SOURCE 200809L

#include "fake.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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

const test thread_tests[] = {
    {"threads: close ends calls", test_close_ends_other_threads_calls},
    {"threads share a client", test_threads_share_a_client},
    {"threads: another thread's turn", test_another_threads_turn},
    {NULL, NULL},
};
