/* tests_daemon.c - the tests of the client against a real daemon, which imaged_spawn starts. */
#define _GNU_SOURCE

#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static imaged_create_image_request image_request(imaged_string instance, const char *name) {
    imaged_create_image_request request;
    memset(&request, 0, sizeof request);
    request.region_id = imaged_text("cn-hangzhou");
    request.instance_id = instance;
    request.image_name = imaged_text(name);
    return request;
}

/* Lets requests of CreateImage be held back. */
static void hold_images(world *world) {
    imaged_add_fault_rule_request request;
    imaged_add_fault_rule_response response;
    memset(&request, 0, sizeof request);
    request.action = imaged_text("hold");
    request.has_times = true;
    CHECK(is_ok(world, imaged_add_fault_rule(world->client, &request, NULL, &world->arena,
                           &response, &world->error)));
}

static int32_t count_images(world *world) {
    imaged_describe_images_request request;
    imaged_describe_images_response response;
    memset(&request, 0, sizeof request);
    request.region_id = imaged_text("cn-hangzhou");
    request.status = imaged_text("Waiting,Creating,Available");
    request.image_owner_alias = imaged_text("self");
    CHECK(is_ok(world, imaged_describe_images(world->client, &request, NULL, &world->arena,
                           &response, &world->error)));
    return response.total_count;
}

/* ------------------------------------------------------------------------------------- calls */

static void test_version(void) {
    world world;
    imaged_version_response version;
    imaged_health_response health;
    begin_world(&world);
    CHECK(is_ok(&world, imaged_version(world.client, NULL, NULL, &world.arena, &version,
                            &world.error)));
    CHECK(version.protocol == IMAGED_PROTOCOL && version.request_id.length == 36);
    CHECK_TEXT(version.version, IMAGED_VERSION);
    CHECK(is_ok(&world, imaged_health(world.client, NULL, NULL, &world.arena, &health,
                            &world.error)));
    CHECK_TEXT(health.mode, "ephemeral");
    CHECK(health.ready && health.process_id == imaged_daemon_pid(world.daemon));
    end_world(&world);
}

static void test_life_of_an_image(void) {
    world world;
    imaged_create_image_response image;
    imaged_create_image_response again;
    imaged_wait_for_image_request wait;
    imaged_wait_for_image_response waited;
    imaged_jobs_response jobs;
    imaged_delete_image_request delete;
    imaged_delete_image_response deleted;
    imaged_request_tag tag;
    begin_world(&world);
    imaged_string instance = register_instance(&world);
    imaged_create_image_request create = image_request(instance, "web-1");
    memset(&tag, 0, sizeof tag);
    tag.key = imaged_text("team");
    tag.has_value = true;
    tag.value = imaged_text("web");
    create.tag.items = &tag;
    create.tag.count = 1;
    create.client_token = imaged_text("token-1");
    CHECK(is_ok(&world, imaged_create_image(world.client, &create, NULL, &world.arena, &image,
                            &world.error)));
    CHECK(is_ok(&world, imaged_create_image(world.client, &create, NULL, &world.arena, &again,
                            &world.error)));
    CHECK_TEXT(again.image_id, image.image_id.data);
    CHECK(count_images(&world) == 1);
    create.image_name = imaged_text("web-2");
    CHECK(imaged_create_image(world.client, &create, NULL, &world.arena, &again, &world.error)
        == IMAGED_REFUSED);
    CHECK_TEXT(world.error.code, "IdempotenceParamNotMatch");
    CHECK(again.image_id.length == 0 && world.error.request_id.length == 36);

    CHECK(is_ok(&world, imaged_finish_jobs(world.client, NULL, NULL, &world.arena, &jobs,
                            &world.error)));
    memset(&wait, 0, sizeof wait);
    wait.region_id = imaged_text("cn-hangzhou");
    wait.image_id = image.image_id;
    CHECK(is_ok(&world, imaged_wait_for_image(world.client, &wait, NULL, &world.arena, &waited,
                            &world.error)));
    if (CHECK(waited.image != NULL)) {
        CHECK_TEXT(waited.image->status, "Available");
        CHECK_TEXT(waited.image->image_name, "web-1");
        CHECK(waited.image->size == 40 && waited.image->tags.count == 1);
        CHECK_TEXT(waited.image->tags.items[0].tag_value, "web");
        CHECK(waited.image->disk_device_mappings.count == 1);
    }
    memset(&delete, 0, sizeof delete);
    delete.region_id = imaged_text("cn-hangzhou");
    delete.image_id = image.image_id;
    CHECK(is_ok(&world, imaged_delete_image(world.client, &delete, NULL, &world.arena, &deleted,
                            &world.error)));
    CHECK(count_images(&world) == 0);
    CHECK(imaged_wait_for_image(world.client, &wait, NULL, &world.arena, &waited, &world.error)
        == IMAGED_REFUSED);
    CHECK_TEXT(world.error.code, "InvalidImageId.NotFound");
    CHECK(world.error.http_status == 404 && world.error.status == 5);
    CHECK_TEXT(world.error.parameter, "ImageId");
    end_world(&world);
}

static void test_explained_error(void) {
    world world;
    imaged_create_image_response image;
    imaged_call_options options;
    imaged_request_tag tag;
    begin_world(&world);
    imaged_create_image_request create = image_request(register_instance(&world), "1");
    memset(&tag, 0, sizeof tag);
    tag.key = imaged_text("aliyun");
    create.tag.items = &tag;
    create.tag.count = 1;
    memset(&options, 0, sizeof options);
    options.explain = true;
    CHECK(imaged_create_image(
              world.client, &create, &options, &world.arena, &image, &world.error)
        == IMAGED_REFUSED);
    CHECK_TEXT(world.error.code, "InvalidImageName.Malformed");
    CHECK_TEXT(world.error.parameter, "ImageName");
    CHECK(world.error.hint.length > 0);
    if (CHECK(world.error.further.count >= 1)) {
        CHECK_TEXT(world.error.further.items[0].code, "InvalidTagKey.Malformed");
        CHECK_TEXT(world.error.further.items[0].parameter, "Tag.1.Key");
    }
    end_world(&world);
}

static void test_accounts(void) {
    world world;
    imaged_create_account_request request;
    imaged_create_account_response account;
    imaged_describe_account_response described;
    imaged_call_options options;
    begin_world(&world);
    memset(&request, 0, sizeof request);
    request.account_id = imaged_text("team-a");
    memset(&options, 0, sizeof options);
    CHECK(is_ok(&world, imaged_create_account(world.client, &request, NULL, &world.arena,
                            &account, &world.error)));
    options.account = "team-a";
    CHECK(is_ok(&world, imaged_describe_account(world.client, NULL, &options, &world.arena,
                            &described, &world.error)));
    CHECK_TEXT(described.account_id, "team-a");
    options.account = "nobody's";
    CHECK(imaged_describe_account(
              world.client, NULL, &options, &world.arena, &described, &world.error)
        == IMAGED_REFUSED);
    CHECK_TEXT(world.error.code, "Forbidden");
    end_world(&world);
}

static void test_deadlines(void) {
    world world;
    imaged_create_image_response image;
    imaged_call_options options;
    imaged_release_requests_response released;
    imaged_watch_request from;
    imaged_events_response events;
    imaged_stream *watch;
    begin_world(&world);
    imaged_create_image_request create = image_request(register_instance(&world), "held-1");
    hold_images(&world);
    memset(&options, 0, sizeof options);
    options.timeout_milliseconds = 30;
    CHECK(imaged_create_image(
              world.client, &create, &options, &world.arena, &image, &world.error)
        == IMAGED_REFUSED);
    CHECK(world.error.status == 4 && world.error.code.length == 0);
    options.timeout_milliseconds = -1;
    CHECK(imaged_create_image(
              world.client, &create, &options, &world.arena, &image, &world.error)
        == IMAGED_REFUSED);
    CHECK(world.error.status == 4);
    /* The client's own clock: the daemon goes on, and the image is there later. */
    options.timeout_milliseconds = IMAGED_FOREVER;
    options.give_up_milliseconds = 30;
    create.image_name = imaged_text("held-2");
    CHECK(imaged_create_image(
              world.client, &create, &options, &world.arena, &image, &world.error)
        == IMAGED_UNKNOWN);
    CHECK(world.error.reason == IMAGED_REASON_TIME);
    memset(&from, 0, sizeof from);
    CHECK(is_ok(&world, imaged_watch(world.client, &from, NULL, &world.arena, &watch,
                            &world.error)));
    CHECK(is_ok(&world, imaged_release_requests(world.client, NULL, NULL, &world.arena,
                            &released, &world.error)));
    CHECK(released.released == 1);
    bool is_there = false;
    while (!is_there
        && is_ok(&world, imaged_next(watch, IMAGED_FOREVER, &world.arena, &events,
                             &world.error))) {
        for (size_t index = 0; index < events.events.count; index++) {
            const imaged_event *event = &events.events.items[index];
            is_there |= event->image != NULL && imaged_is(event->image->image_name, "held-2");
        }
    }
    CHECK(is_there);
    imaged_free_stream(watch);
    end_world(&world);
}

static void test_cancel(void) {
    world world;
    imaged_create_image_response image;
    imaged_events_response events;
    imaged_stream *stream;
    imaged_stream *watch;
    begin_world(&world);
    imaged_create_image_request create = image_request(register_instance(&world), "held-1");
    hold_images(&world);
    CHECK(is_ok(&world, imaged_create_image_send(world.client, &create, NULL, &world.arena,
                            &stream, &world.error)));
    CHECK(imaged_cancel_stream(stream) == IMAGED_OK);
    CHECK(imaged_create_image_wait(stream, &world.arena, &image, &world.error)
        == IMAGED_REFUSED);
    CHECK(world.error.status == 1 && world.error.request_id.length == 36);
    CHECK(count_images(&world) == 0);
    CHECK(is_ok(&world, imaged_watch(world.client, NULL, NULL, &world.arena, &watch,
                            &world.error)));
    CHECK(imaged_cancel_stream(watch) == IMAGED_OK);
    CHECK(imaged_next(watch, IMAGED_FOREVER, &world.arena, &events, &world.error)
        == IMAGED_REFUSED);
    CHECK(world.error.status == 1);
    imaged_free_stream(watch);
    end_world(&world);
}

/* ------------------------------------------------------------------------------------- events */

static void test_watch(void) {
    enum { IMAGES = 10 };
    world world;
    imaged_watch_request from;
    imaged_events_response events;
    imaged_create_image_response images[IMAGES];
    imaged_stream *watch;
    begin_world(&world);
    imaged_string instance = register_instance(&world);
    memset(&from, 0, sizeof from);
    from.has_after_sequence = true; /* 0: from the beginning */
    CHECK(is_ok(&world, imaged_watch(world.client, &from, NULL, &world.arena, &watch,
                            &world.error)));
    for (int index = 0; index < IMAGES; index++) {
        char name[32];
        snprintf(name, sizeof name, "image-%d", index);
        imaged_create_image_request create = image_request(instance, name);
        CHECK(is_ok(&world, imaged_create_image(world.client, &create, NULL, &world.arena,
                                &images[index], &world.error)));
    }
    int64_t sequence = 0;
    int seen = 0;
    while (seen < IMAGES) {
        if (!is_ok(&world, imaged_next(watch, IMAGED_FOREVER, &world.arena, &events,
                               &world.error))) {
            CHECK(false);
            break;
        }
        for (size_t index = 0; index < events.events.count; index++) {
            const imaged_event *event = &events.events.items[index];
            CHECK(event->sequence > sequence);
            sequence = event->sequence;
            if (event->image != NULL && seen < IMAGES
                && imaged_is(event->image->image_id, images[seen].image_id.data)) {
                seen++;
            }
        }
        CHECK(events.sequence >= sequence);
    }
    imaged_free_stream(watch);
    /* It has ended at the daemon too: it does not count as one that waits any more. */
    CHECK(count_images(&world) == IMAGES);
    end_world(&world);
}

/* --------------------------------------------------------------------------- many, event loop */

static void test_many_at_once(void) {
    enum { MANY = 1000 };
    world world;
    static imaged_stream *streams[MANY];
    begin_world(&world);
    for (int index = 0; index < MANY; index++) {
        CHECK(is_ok(&world, imaged_describe_regions_send(world.client, NULL, NULL, &world.arena,
                                &streams[index], &world.error)));
    }
    for (int index = 0; index < MANY; index++) {
        imaged_describe_regions_response response;
        CHECK(is_ok(&world, imaged_describe_regions_wait(streams[index], &world.arena,
                                &response, &world.error)));
        CHECK(response.regions.count > 0);
        imaged_arena_clear(&world.arena);
    }
    end_world(&world);
}

/* A loop that sleeps on the client's descriptor alone, for answers and for the deadline of a call
 * that is never answered. */
static void test_event_loop(void) {
    enum { MANY = 100 };
    world world;
    imaged_stream *stream;
    imaged_call_options options;
    imaged_create_image_response image;
    begin_world(&world);
    imaged_create_image_request create = image_request(register_instance(&world), "held-1");
    hold_images(&world);
    memset(&options, 0, sizeof options);
    options.timeout_milliseconds = IMAGED_FOREVER;
    options.give_up_milliseconds = 60;
    CHECK(is_ok(&world, imaged_create_image_send(world.client, &create, &options, &world.arena,
                            &stream, &world.error)));
    for (int index = 0; index < MANY; index++) {
        imaged_stream *one;
        CHECK(is_ok(&world, imaged_version_send(world.client, NULL, NULL, &world.arena, &one,
                                &world.error)));
    }
    int versions = 0;
    bool is_given_up = false;
    while (versions < MANY || !is_given_up) {
        struct pollfd entry = {imaged_fd(world.client), POLLIN, 0};
        if (!CHECK(poll(&entry, 1, 10000) == 1)) {
            break;
        }
        CHECK(imaged_process(world.client) == IMAGED_OK);
        imaged_stream *next;
        while ((next = imaged_poll(world.client, 0)) != NULL) {
            imaged_version_response version;
            if (next == stream) {
                CHECK(imaged_create_image_wait(next, &world.arena, &image, &world.error)
                    == IMAGED_UNKNOWN);
                is_given_up = true;
            } else {
                CHECK(imaged_version_wait(next, &world.arena, &version, &world.error)
                    == IMAGED_OK);
                versions++;
            }
        }
    }
    end_world(&world);
}

static void *describe_often(void *argument) {
    world own;
    memset(&own, 0, sizeof own);
    own.client = argument;
    for (int turn = 0; turn < 100; turn++) {
        CHECK(count_images(&own) == 1);
        imaged_arena_clear(&own.arena);
    }
    return NULL;
}

static void test_threads(void) {
    enum { THREADS = 8 };
    world world;
    pthread_t threads[THREADS];
    imaged_create_image_response image;
    begin_world(&world);
    imaged_create_image_request create = image_request(register_instance(&world), "one");
    CHECK(is_ok(&world, imaged_create_image(world.client, &create, NULL, &world.arena, &image,
                            &world.error)));
    for (int index = 0; index < THREADS; index++) {
        pthread_create(&threads[index], NULL, describe_often, world.client);
    }
    for (int index = 0; index < THREADS; index++) {
        pthread_join(threads[index], NULL);
    }
    end_world(&world);
}

/* --------------------------------------------------------------------------------- reconnecting */

/* What a daemon leaves of a socket in a directory that the test has made. */
static void remove_socket(const char *path, const char *directory) {
    char lock[80];
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
    unlink(path);
    CHECK(rmdir(directory) == 0);
}

static void test_daemon_is_restarted(void) {
    world world;
    imaged_spawn_options options;
    imaged_version_response version;
    imaged_wait_for_image_request wait;
    imaged_wait_for_image_response waited;
    imaged_create_image_response image;
    imaged_stream *stream;
    char directory[] = "/tmp/imaged-c-XXXXXX";
    char path[64];
    if (mkdtemp(directory) == NULL) {
        abort();
    }
    snprintf(path, sizeof path, "%s/s", directory);
    memset(&world, 0, sizeof world);
    memset(&options, 0, sizeof options);
    options.socket = path;
    CHECK(is_ok(&world, imaged_spawn(&options, &world.arena, &world.daemon, &world.error)));
    CHECK(strcmp(imaged_daemon_socket(world.daemon), path) == 0);
    world.client = connect_to(path);
    CHECK(is_ok(&world, imaged_version(world.client, NULL, NULL, &world.arena, &version,
                            &world.error)));
    imaged_create_image_request create = image_request(register_instance(&world), "one");
    imaged_jobs_response jobs;
    CHECK(is_ok(&world, imaged_hold_jobs(world.client, NULL, NULL, &world.arena, &jobs,
                            &world.error)));
    CHECK(is_ok(&world, imaged_create_image(world.client, &create, NULL, &world.arena, &image,
                            &world.error)));
    memset(&wait, 0, sizeof wait);
    wait.region_id = imaged_text("cn-hangzhou");
    wait.image_id = image.image_id;
    CHECK(is_ok(&world, imaged_wait_for_image_send(world.client, &wait, NULL, &world.arena,
                            &stream, &world.error)));
    kill((pid_t)imaged_daemon_pid(world.daemon), SIGKILL);
    CHECK(imaged_wait_for_image_wait(stream, &world.arena, &waited, &world.error)
        == IMAGED_UNKNOWN);
    CHECK(imaged_stop(world.daemon) == 128 + SIGKILL);
    CHECK(imaged_version(world.client, NULL, NULL, &world.arena, &version, &world.error)
        == IMAGED_NOT_SENT);
    CHECK(world.error.reason == IMAGED_REASON_NO_DAEMON);
    CHECK(is_ok(&world, imaged_spawn(&options, &world.arena, &world.daemon, &world.error)));
    CHECK(is_ok(&world, imaged_version(world.client, NULL, NULL, &world.arena, &version,
                            &world.error)));
    CHECK(count_images(&world) == 0);
    end_world(&world);
    remove_socket(path, directory);
}

static void test_stream_ids_run_out(void) {
    world world;
    imaged_version_response version;
    begin_world(&world);
    for (int turn = 0; turn < 3; turn++) {
        imaged_set_next_stream_id(world.client, 4294967293u);
        for (int call = 0; call < 3; call++) {
            CHECK(is_ok(&world, imaged_version(world.client, NULL, NULL, &world.arena, &version,
                                    &world.error)));
        }
    }
    end_world(&world);
}

/* ------------------------------------------------------------------------------------- process */

static int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_fork(void) {
    world world;
    imaged_version_response version;
    imaged_stream *stream;
    begin_world(&world);
    CHECK(is_ok(&world, imaged_version_send(world.client, NULL, NULL, &world.arena, &stream,
                            &world.error)));
    pid_t child = fork();
    if (child == 0) {
        imaged_stream *other;
        bool is_good = imaged_version(world.client, NULL, NULL, &world.arena, &version,
                           &world.error)
                == IMAGED_NOT_SENT
            && world.error.reason == IMAGED_REASON_FORKED
            && imaged_version_send(world.client, NULL, NULL, &world.arena, &other, NULL)
                == IMAGED_NOT_SENT
            && imaged_version_wait(stream, &world.arena, &version, &world.error)
                == IMAGED_UNKNOWN
            && imaged_process(world.client) == IMAGED_NOT_SENT
            && imaged_poll(world.client, IMAGED_FOREVER) == NULL;
        imaged_free_stream(stream);
        imaged_close(world.client);
        imaged_free(world.client);
        imaged_stop(world.daemon); /* not its own */
        imaged_arena_clear(&world.arena);
        _exit(is_good ? 0 : 1);
    }
    CHECK(wait_for(child) == 0);
    CHECK(is_ok(&world, imaged_version_wait(stream, &world.arena, &version, &world.error)));
    CHECK(is_ok(&world, imaged_version(world.client, NULL, NULL, &world.arena, &version,
                            &world.error)));
    end_world(&world);
}

/* Every descriptor that client and daemon have opened is closed on exec. */
static void test_descriptors_close_on_exec(void) {
    bool was_open[256] = {false};
    for (int descriptor = 0; descriptor < 256; descriptor++) {
        was_open[descriptor] = fcntl(descriptor, F_GETFD) >= 0;
    }
    world world;
    begin_world(&world);
    int opened = 0;
    for (int descriptor = 0; descriptor < 256; descriptor++) {
        int flags = fcntl(descriptor, F_GETFD);
        if (flags >= 0 && !was_open[descriptor]) {
            CHECK((flags & FD_CLOEXEC) != 0);
            opened++;
        }
    }
    CHECK(opened == 4); /* the socket, the timer, epoll, and the daemon's life */
    end_world(&world);
}

static void test_daemon_dies_with_its_parent(void) {
    int ends[2];
    pid_t pid = 0;
    char directory[] = "/tmp/imaged-c-XXXXXX";
    char path[64];
    if (pipe2(ends, O_CLOEXEC) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0
        || mkdtemp(directory) == NULL) {
        abort();
    }
    snprintf(path, sizeof path, "%s/s", directory);
    pid_t child = fork();
    if (child == 0) {
        imaged_daemon *daemon;
        imaged_spawn_options options;
        memset(&options, 0, sizeof options);
        options.socket = path;
        if (imaged_spawn(&options, NULL, &daemon, NULL) == IMAGED_OK) {
            pid = (pid_t)imaged_daemon_pid(daemon);
        }
        bool is_told = write(ends[1], &pid, sizeof pid) == (ssize_t)sizeof pid;
        _exit(is_told && pid != 0 ? 0 : 1);
    }
    CHECK(read(ends[0], &pid, sizeof pid) == (ssize_t)sizeof pid && pid > 0);
    CHECK(wait_for(child) == 0);
    /* It is this process's to wait for now. */
    int status = 0;
    if (pid > 0) {
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    remove_socket(path, directory);
    close(ends[0]);
    close(ends[1]);
}

const test daemon_tests[] = {
    {"daemon: version", test_version},
    {"daemon: life of an image", test_life_of_an_image},
    {"daemon: explained error", test_explained_error},
    {"daemon: accounts", test_accounts},
    {"daemon: deadlines", test_deadlines},
    {"daemon: cancel", test_cancel},
    {"daemon: watch", test_watch},
    {"daemon: many at once", test_many_at_once},
    {"daemon: event loop", test_event_loop},
    {"daemon: threads", test_threads},
    {"daemon: restarted", test_daemon_is_restarted},
    {"daemon: stream ids run out", test_stream_ids_run_out},
    {"daemon: fork", test_fork},
    {"daemon: descriptors close on exec", test_descriptors_close_on_exec},
    {"daemon: dies with its parent", test_daemon_dies_with_its_parent},
    {NULL, NULL},
};
