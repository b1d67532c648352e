/* tests_events.c - watches; and a client that calls and watches when there is no memory. */
#include "fake.h"

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

const test event_tests[] = {
    {"watch ends", test_watch_ends},
    {"watch is polled and left", test_watch_is_polled_and_left},
    {"watch read too slowly", test_watch_that_is_read_too_slowly},
    {"no memory", test_no_memory},
    {NULL, NULL},
};
