/* world.c - a real daemon of a test's own, which imaged_spawn starts. */
#include "world.h"

bool is_ok(const world *world, imaged_outcome outcome) {
    if (outcome != IMAGED_OK) {
        char text[512];
        imaged_describe_error(&world->error, text, sizeof text);
        fprintf(stderr, "%s\n", text);
    }
    return outcome == IMAGED_OK;
}

void begin_world(world *world) {
    memset(world, 0, sizeof *world);
    if (!is_ok(world, imaged_spawn(NULL, &world->arena, &world->daemon, &world->error))) {
        exit(1);
    }
    world->client = connect_to(imaged_daemon_socket(world->daemon));
}

void end_world(world *world) {
    imaged_free(world->client);
    CHECK(imaged_stop(world->daemon) == 0);
    imaged_arena_clear(&world->arena);
}

imaged_string register_instance(world *world) {
    imaged_registered_disk disk;
    imaged_register_instance_request request;
    imaged_register_instance_response response;
    memset(&disk, 0, sizeof disk);
    memset(&request, 0, sizeof request);
    disk.type = imaged_text("system");
    disk.has_size = true;
    disk.size = 40;
    request.region_id = imaged_text("cn-hangzhou");
    request.disk.items = &disk;
    request.disk.count = 1;
    CHECK(is_ok(world, imaged_register_instance(world->client, &request, NULL, &world->arena,
                           &response, &world->error)));
    CHECK(response.disk_ids.count == 1);
    return response.instance_id;
}
