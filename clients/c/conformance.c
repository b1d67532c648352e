/* conformance.c - carries out scenarios (protocol/scenarios/README.md) through the public
 * interface: a command a line from standard input, an answer a line to standard output.
 *
 *     cc -std=c11 -pthread conformance.c imaged.c -o conformance
 *     conformance --socket PATH
 *
 * Between commands it sleeps on standard input and imaged_fd together, as a program with an event
 * loop of its own would, so that streams move on meanwhile.
 */
#define _POSIX_C_SOURCE 200809L

#include "imaged.h"
#include "json.h"

#include <poll.h>
#include <unistd.h>

enum { NAMED_MAX = 256, TOGETHER_MAX = 4096 };

/* A call or watch that has been begun under a name. */
struct named {
    char name[64]; /* empty: free */
    imaged_stream *stream;
    imaged_outcome outcome; /* if it could not be begun */
    imaged_error error;
    imaged_arena arena;
    json_writer events; /* that have come, each with a NUL behind it */
    size_t events_taken;
};

struct program {
    imaged_client *client;
    struct named named[NAMED_MAX];
    json_writer answer;
};

/* --------------------------------------------------------------------------------- outcomes */

static void put_error(json_writer *out, const imaged_error *error) {
    const imaged_message *type = imaged_find_message("Error");
    json_put_name(out, "error");
    json_put(out, "{");
    if (error->status != 0) {
        json_put_name(out, "status");
        json_put_number(out, error->status);
    }
    if (error->http_status != 0) {
        json_put_name(out, "http_status");
        json_put_number(out, error->http_status);
    }
    json_put_text_member(out, "code", error->code);
    json_put_text_member(out, "message", error->message);
    json_put_text_member(out, "parameter", error->parameter);
    json_put_text_member(out, "hint", error->hint);
    json_put_text_member(out, "request_id", error->request_id);
    if (error->further.count > 0) {
        json_put_name(out, "further");
        json_put(out, "[");
        for (size_t index = 0; index < error->further.count; index++) {
            json_put(out, index > 0 ? "," : "");
            json_put_message(out, type, &error->further.items[index]);
        }
        json_put(out, "]");
    }
    json_put(out, "}");
}

static void put_outcome(
    json_writer *out, imaged_outcome outcome, const imaged_message *type, const void *response,
    const imaged_error *error) {
    json_put(out, "{");
    if (outcome == IMAGED_OK) {
        json_put_name(out, "response");
        json_put_message(out, type, response);
    } else if (outcome == IMAGED_UNKNOWN) {
        json_put_name(out, "unknown");
        json_put(out, "true");
    } else {
        put_error(out, error);
    }
    json_put(out, "}");
}

/* What is wrong with a command; none of a scenario's. */
static void put_complaint(json_writer *out, const char *text) {
    json_put(out, "{");
    json_put_name(out, "error");
    json_put(out, "{");
    json_put_text_member(out, "message", imaged_text(text));
    json_put(out, "}}");
}

/* ------------------------------------------------------------------------------------- calls */

static imaged_call_options options_of(const json *command) {
    imaged_call_options options;
    memset(&options, 0, sizeof options);
    options.account = json_text(command, "account");
    options.explain = json_is_true(command, "explain");
    if (json_member(command, "timeout_ms") != NULL) {
        int64_t timeout = json_number(command, "timeout_ms", 0);
        options.timeout_milliseconds = timeout > 0 ? timeout : -1;
    }
    if (json_member(command, "give_up_ms") != NULL) {
        options.give_up_milliseconds = json_number(command, "give_up_ms", 0);
        if (options.timeout_milliseconds == 0) {
            options.timeout_milliseconds = IMAGED_FOREVER;
        }
    }
    return options;
}

/* Begins the command's call or watch; false: it is no command, and nothing was begun. */
static bool begin(
    struct program *program, const json *command, imaged_operation_id operation,
    struct named *named) {
    const json *request = json_member(command, "request");
    const imaged_message *type = imaged_operations[operation].request;
    void *message = imaged_arena_allocate(&named->arena, type->size);
    if (message == NULL
        || (request != NULL && !json_get_message(&named->arena, request, type, message))) {
        return false;
    }
    imaged_call_options options = options_of(command);
    named->outcome = operation == IMAGED_OP_Watch
        ? imaged_watch(program->client, message, &options, &named->arena, &named->stream,
              &named->error)
        : imaged_send(program->client, operation, message, &options, &named->arena,
              &named->stream, &named->error);
    return true;
}

static imaged_operation_id operation_of(const json *command) {
    const char *name = json_text(command, "call");
    return name != NULL ? imaged_find_operation(name) : IMAGED_OPERATION_COUNT;
}

/* Waits for a call's end and writes its outcome. */
static void finish(json_writer *out, struct named *named, imaged_operation_id operation) {
    const imaged_message *type = imaged_operations[operation].response;
    void *response = imaged_arena_allocate(&named->arena, type->size);
    imaged_outcome outcome = named->outcome;
    if (response == NULL) {
        abort();
    }
    if (named->stream != NULL) {
        outcome = imaged_wait(named->stream, operation, &named->arena, response, &named->error);
        named->stream = NULL;
    }
    put_outcome(out, outcome, type, response, &named->error);
}

static void do_call(struct program *program, const json *command) {
    struct named named;
    imaged_operation_id operation = operation_of(command);
    memset(&named, 0, sizeof named);
    if (operation == IMAGED_OPERATION_COUNT || !begin(program, command, operation, &named)) {
        put_complaint(&program->answer, "no such call, or a request that is not its message");
    } else {
        finish(&program->answer, &named, operation);
    }
    imaged_arena_clear(&named.arena);
}

static void do_together(struct program *program, const json *calls) {
    size_t count = calls->count < TOGETHER_MAX ? calls->count : TOGETHER_MAX;
    struct named *all = calloc(count + 1, sizeof *all);
    if (all == NULL) {
        abort();
    }
    size_t index = 0;
    for (const json *call = calls->first; index < count; call = call->next, index++) {
        imaged_operation_id operation = operation_of(call);
        if (operation == IMAGED_OPERATION_COUNT
            || !begin(program, call, operation, &all[index])) {
            all[index].outcome = IMAGED_NOT_SENT;
        }
    }
    json_put(&program->answer, "{");
    json_put_name(&program->answer, "outcomes");
    json_put(&program->answer, "[");
    index = 0;
    for (const json *call = calls->first; index < count; call = call->next, index++) {
        imaged_operation_id operation = operation_of(call);
        json_put(&program->answer, index > 0 ? "," : "");
        if (operation == IMAGED_OPERATION_COUNT) {
            put_complaint(&program->answer, "no such call");
        } else {
            finish(&program->answer, &all[index], operation);
        }
        imaged_arena_clear(&all[index].arena);
    }
    json_put(&program->answer, "]}");
    free(all);
}

/* ------------------------------------------------------------------------------- named streams */

static struct named *find_named(struct program *program, const char *name) {
    for (size_t index = 0; index < NAMED_MAX; index++) {
        if (name != NULL && strcmp(program->named[index].name, name) == 0) {
            return &program->named[index];
        }
    }
    return NULL;
}

static void release_named(struct named *named) {
    imaged_free_stream(named->stream);
    imaged_arena_clear(&named->arena);
    free(named->events.bytes);
    memset(named, 0, sizeof *named);
}

static void put_said(json_writer *out, const char *said, const char *name) {
    json_put(out, "{");
    json_put_text_member(out, said, imaged_text(name));
    json_put(out, "}");
}

/* "begin" and "watch". */
static void do_begin(
    struct program *program, const json *command, const char *name,
    imaged_operation_id operation) {
    struct named *named = find_named(program, "");
    if (named == NULL || name[0] == 0 || strlen(name) >= sizeof named->name
        || operation == IMAGED_OPERATION_COUNT || find_named(program, name) != NULL
        || !begin(program, command, operation, named)) {
        put_complaint(&program->answer, "nothing to begin");
        return;
    }
    snprintf(named->name, sizeof named->name, "%s", name);
    put_said(&program->answer, "begun", name);
}

static void do_end(struct program *program, const char *name, const json *command) {
    struct named *named = find_named(program, name);
    imaged_operation_id operation =
        named != NULL && named->stream != NULL ? imaged_stream_operation(named->stream)
                                               : operation_of(command);
    if (named == NULL || (named->stream == NULL && named->outcome == IMAGED_OK)) {
        put_complaint(&program->answer, "nothing of that name has begun");
        return;
    }
    if (named->stream != NULL) {
        finish(&program->answer, named, operation);
    } else {
        put_outcome(&program->answer, named->outcome, NULL, NULL, &named->error);
    }
    release_named(named);
}

/* Reads one answer of the watch and keeps its events as JSON. */
static imaged_outcome take_events(struct named *watch) {
    imaged_events_response response;
    const imaged_message *type = imaged_find_message("Event");
    imaged_outcome outcome =
        imaged_next(watch->stream, IMAGED_FOREVER, &watch->arena, &response, &watch->error);
    for (size_t index = 0; outcome == IMAGED_OK && index < response.events.count; index++) {
        json_writer event = {NULL, 0, 0};
        json_put_message(&event, type, &response.events.items[index]);
        json_put_bytes(&watch->events, event.bytes, event.size + 1);
        free(event.bytes);
    }
    return outcome;
}

static void do_next(struct program *program, const char *name, int64_t count) {
    struct named *watch = find_named(program, name);
    json_writer *out = &program->answer;
    if (watch == NULL || watch->stream == NULL) {
        put_complaint(out, "no such watch");
        return;
    }
    json_put(out, "{");
    json_put_name(out, "events");
    json_put(out, "[");
    for (int64_t index = 0; index < count; index++) {
        while (watch->events_taken == watch->events.size) {
            imaged_outcome outcome = take_events(watch);
            if (outcome != IMAGED_OK) {
                out->size = 0;
                put_outcome(out, outcome, NULL, NULL, &watch->error);
                return;
            }
        }
        const char *event = watch->events.bytes + watch->events_taken;
        json_put(out, index > 0 ? "," : "");
        json_put(out, event);
        watch->events_taken += strlen(event) + 1;
    }
    json_put(out, "]}");
}

static void do_leave(struct program *program, const char *name) {
    struct named *watch = find_named(program, name);
    if (watch == NULL) {
        put_complaint(&program->answer, "no such watch");
        return;
    }
    put_said(&program->answer, "left", name);
    release_named(watch);
}

static void do_cancel(struct program *program, const char *name) {
    struct named *named = find_named(program, name);
    if (named == NULL) {
        put_complaint(&program->answer, "nothing of that name has begun");
        return;
    }
    if (named->stream != NULL) {
        imaged_cancel_stream(named->stream);
    }
    put_said(&program->answer, "asked", name);
}

static void put_operations(json_writer *out) {
    static const char *const again[] = {"", "reads", "token"};
    json_put(out, "{");
    json_put_name(out, "operations");
    json_put(out, "[");
    for (int id = 0; id < IMAGED_OPERATION_COUNT; id++) {
        const imaged_operation *operation = &imaged_operations[id];
        json_put(out, id > 0 ? ",{" : "{");
        json_put_name(out, "service");
        json_put_string(out, imaged_text(operation->service));
        json_put_name(out, "name");
        json_put_string(out, imaged_text(operation->name));
        json_put_name(out, "again");
        json_put_string(out, imaged_text(again[operation->again]));
        json_put_name(out, "streaming");
        json_put(out, operation->is_streaming ? "true}" : "false}");
    }
    json_put(out, "]}");
}

/* ------------------------------------------------------------------------------------ commands */

static void carry_out(struct program *program, const json *command) {
    json_writer *out = &program->answer;
    if (json_text(command, "begin") != NULL) {
        do_begin(program, command, json_text(command, "begin"), operation_of(command));
    } else if (json_text(command, "call") != NULL) {
        do_call(program, command);
    } else if (json_member(command, "together") != NULL) {
        do_together(program, json_member(command, "together"));
    } else if (json_text(command, "cancel") != NULL) {
        do_cancel(program, json_text(command, "cancel"));
    } else if (json_text(command, "end") != NULL) {
        do_end(program, json_text(command, "end"), command);
    } else if (json_text(command, "watch") != NULL) {
        do_begin(program, command, json_text(command, "watch"), IMAGED_OP_Watch);
    } else if (json_text(command, "next") != NULL) {
        do_next(program, json_text(command, "next"), json_number(command, "count", 1));
    } else if (json_text(command, "leave") != NULL) {
        do_leave(program, json_text(command, "leave"));
    } else if (json_member(command, "stream_ids_from") != NULL) {
        imaged_set_next_stream_id(
            program->client, (uint32_t)json_number(command, "stream_ids_from", 1));
        json_put(out, "{}");
    } else if (json_member(command, "operations") != NULL) {
        put_operations(out);
    } else {
        put_complaint(out, "no such command");
    }
}

static bool write_all(const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, size);
        if (count < 0) {
            return false;
        }
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

static bool answer_line(struct program *program, const char *line, size_t size) {
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    program->answer.size = 0;
    json *command = json_read(&arena, line, size);
    if (command == NULL) {
        put_complaint(&program->answer, "a line that is not JSON");
    } else {
        carry_out(program, command);
    }
    json_put(&program->answer, "\n");
    imaged_arena_clear(&arena);
    return write_all(program->answer.bytes, program->answer.size);
}

/* Sleeps until there is input, and keeps the client going meanwhile. */
static void wait_for_input(imaged_client *client) {
    for (;;) {
        struct pollfd entries[2] = {
            {STDIN_FILENO, POLLIN, 0}, {imaged_fd(client), POLLIN, 0}};
        if (poll(entries, 2, -1) < 0) {
            continue;
        }
        if (entries[1].revents != 0) {
            imaged_process(client);
        }
        if (entries[0].revents != 0) {
            return;
        }
    }
}

/* Reads lines and answers them until the end of the input. */
static int serve(struct program *program) {
    json_writer input = {NULL, 0, 0};
    size_t taken = 0;
    int status = 0;
    while (status == 0) {
        char *line = input.bytes != NULL ? input.bytes + taken : NULL;
        char *end = line != NULL ? memchr(line, '\n', input.size - taken) : NULL;
        if (end != NULL) {
            status = answer_line(program, line, (size_t)(end - line)) ? 0 : 74;
            taken += (size_t)(end - line) + 1;
            continue;
        }
        if (taken > 0) {
            memmove(input.bytes, line, input.size - taken);
            input.size -= taken;
            taken = 0;
        }
        char buffer[65536];
        wait_for_input(program->client);
        ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
        if (count <= 0) {
            status = count < 0 ? 74 : -1;
        } else {
            json_put_bytes(&input, buffer, (size_t)count);
        }
    }
    free(input.bytes);
    return status < 0 ? 0 : status;
}

int main(int count, char **arguments) {
    static struct program program;
    imaged_options options;
    imaged_arena arena;
    imaged_error error;
    memset(&options, 0, sizeof options);
    imaged_arena_init(&arena, NULL, NULL, 0);
    if (count != 3 || strcmp(arguments[1], "--socket") != 0) {
        fprintf(stderr, "usage: conformance --socket PATH\n");
        return 64;
    }
    options.socket = arguments[2];
    if (imaged_connect(&options, &arena, &program.client, &error) != IMAGED_OK) {
        char text[512];
        imaged_describe_error(&error, text, sizeof text);
        fprintf(stderr, "conformance: %s\n", text);
        imaged_arena_clear(&arena);
        return 73;
    }
    int status = serve(&program);
    for (size_t index = 0; index < NAMED_MAX; index++) {
        release_named(&program.named[index]);
    }
    free(program.answer.bytes);
    imaged_free(program.client);
    imaged_arena_clear(&arena);
    return status;
}
