/* tests.c - the tests' main program, and the tests of what needs no socket: arenas, codec, tables,
 * frames.
 *
 *     tests PROTOCOL [NAME ...]      all tests, or those whose names contain one of these
 *
 * PROTOCOL is the folder protocol/. $IMAGED is the daemon's binary; without it its tests are
 * skipped. test.sh builds and runs everything.
 */
#define _POSIX_C_SOURCE 200809L

#include "tests.h"

#include <dirent.h>

const char *protocol_folder;
const char *daemon_binary;
const char *example_program;

/* ------------------------------------------------------------------------------------- checks */

static atomic_int failures;
static _Thread_local const char *subject;

void about(const char *name) {
    subject = name;
}

bool check(bool is_good, const char *file, int line, const char *what) {
    if (!is_good) {
        atomic_fetch_add(&failures, 1);
        fprintf(stderr, "%s:%d: %s%s%s\n", file, line, what, subject != NULL ? " - " : "",
            subject != NULL ? subject : "");
    }
    return is_good;
}

bool check_text(imaged_string string, const char *text, const char *file, int line) {
    if (imaged_is(string, text)) {
        return true;
    }
    char what[512];
    snprintf(what, sizeof what, "\"%.*s\" is not \"%s\"", (int)string.length, string.data, text);
    return check(false, file, line, what);
}

imaged_string read_protocol_file(imaged_arena *arena, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", protocol_folder, name);
    FILE *file = fopen(path, "rb");
    imaged_string content = {NULL, 0};
    char *bytes = imaged_arena_allocate(arena, 4 << 20);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(66);
    }
    content.length = fread(bytes, 1, (4 << 20) - 1, file);
    content.data = bytes;
    fclose(file);
    return content;
}

static void *count_allocation(void *context, size_t size) {
    counting *counting = context;
    void *memory = NULL;
    pthread_mutex_lock(&counting->mutex);
    counting->count++;
    bool fails = counting->fails_at != 0
        && (counting->fails_once ? counting->count == counting->fails_at
                                 : counting->count >= counting->fails_at);
    if (!fails) {
        memory = malloc(size);
        counting->outstanding++;
        counting->bytes += size;
    }
    pthread_mutex_unlock(&counting->mutex);
    return memory;
}

static void count_release(void *context, void *memory, size_t size) {
    counting *counting = context;
    pthread_mutex_lock(&counting->mutex);
    counting->outstanding--;
    counting->bytes -= size;
    pthread_mutex_unlock(&counting->mutex);
    free(memory);
}

void counting_init(counting *counting, long fails_at, bool fails_once) {
    memset(counting, 0, sizeof *counting);
    pthread_mutex_init(&counting->mutex, NULL);
    counting->fails_at = fails_at;
    counting->fails_once = fails_once;
}

imaged_allocator counting_allocator(counting *counting) {
    imaged_allocator allocator = {count_allocation, count_release, counting};
    return allocator;
}

/* ------------------------------------------------------------- the message of sample.proto */

typedef struct sample sample;
typedef struct sample_list {
    const sample *items;
    size_t count;
} sample_list;
typedef struct number_list {
    const int64_t *items;
    size_t count;
} number_list;

struct sample {
    int32_t int32_value;
    int64_t int64_value;
    bool bool_value;
    imaged_string string_value;
    imaged_bytes bytes_value;
    const sample *message_value;
    imaged_string_list string_list;
    sample_list message_list;
    bool has_optional_int32;
    int32_t optional_int32;
    bool has_optional_int64;
    int64_t optional_int64;
    bool has_optional_bool;
    bool optional_bool;
    bool has_optional_string;
    imaged_string optional_string;
    number_list number_list;
    int32_t two_byte_tag;
    int32_t last_number;
};

extern const imaged_message sample_message;

#define PLAIN(name, number, type) \
    {#name, number, type, IMAGED_PLAIN, offsetof(sample, name), 0, NULL}
#define OPTIONAL(name, number, type) \
    {#name, number, type, IMAGED_OPTIONAL, offsetof(sample, name), offsetof(sample, has_##name), \
     NULL}
static const imaged_field sample_fields[] = {
    PLAIN(int32_value, 1, IMAGED_INT32),
    PLAIN(int64_value, 2, IMAGED_INT64),
    PLAIN(bool_value, 3, IMAGED_BOOL),
    PLAIN(string_value, 4, IMAGED_TEXT),
    PLAIN(bytes_value, 5, IMAGED_BINARY),
    {"message_value", 6, IMAGED_MESSAGE, IMAGED_PLAIN, offsetof(sample, message_value), 0,
     &sample_message},
    {"string_list", 7, IMAGED_TEXT, IMAGED_REPEATED, offsetof(sample, string_list), 0, NULL},
    {"message_list", 8, IMAGED_MESSAGE, IMAGED_REPEATED, offsetof(sample, message_list), 0,
     &sample_message},
    OPTIONAL(optional_int32, 9, IMAGED_INT32),
    OPTIONAL(optional_int64, 10, IMAGED_INT64),
    OPTIONAL(optional_bool, 11, IMAGED_BOOL),
    OPTIONAL(optional_string, 12, IMAGED_TEXT),
    {"number_list", 13, IMAGED_INT64, IMAGED_REPEATED, offsetof(sample, number_list), 0, NULL},
    PLAIN(two_byte_tag, 16, IMAGED_INT32),
    PLAIN(last_number, 536870911, IMAGED_INT32),
};
#undef PLAIN
#undef OPTIONAL
const imaged_message sample_message = {
    "Sample", sizeof(sample), sample_fields, sizeof sample_fields / sizeof sample_fields[0], false};

/* ------------------------------------------------------------------------------- vectors */

static const char *const message_files[] = {"request", "response", "proto", "messages"};
enum { MESSAGE_FILES = 4 };

/* The vectors of a file; ends the program if they cannot be read. */
static const json *read_vectors(imaged_arena *arena, const char *file) {
    char name[64];
    snprintf(name, sizeof name, "vectors/%s.json", file);
    imaged_string text = read_protocol_file(arena, name);
    const json *vectors = json_member(json_read(arena, text.data, text.length), "vectors");
    if (vectors == NULL || vectors->count == 0) {
        fprintf(stderr, "%s has no vectors\n", name);
        exit(66);
    }
    return vectors;
}

static const imaged_message *message_of(const json *vector) {
    const char *name = json_text(vector, "message");
    return strcmp(name, "Sample") == 0 ? &sample_message : imaged_find_message(name);
}

static imaged_bytes hex_member(imaged_arena *arena, const json *vector, const char *name) {
    imaged_bytes bytes = {NULL, 0};
    const json *member = json_member(vector, name);
    CHECK(member != NULL && json_get_hex(arena, member->text, &bytes));
    return bytes;
}

/* A copy in memory of exactly its size, so that reading past the end is seen by the sanitizer. */
static uint8_t *exact_copy(imaged_bytes bytes) {
    uint8_t *copy = malloc(bytes.length > 0 ? bytes.length : 1);
    if (copy == NULL) {
        abort();
    }
    if (bytes.length > 0) {
        memcpy(copy, bytes.data, bytes.length);
    }
    return copy;
}

/* Encodes into memory of exactly the size and compares. */
static void check_encoding(const imaged_message *type, const void *message, imaged_bytes expected) {
    size_t size;
    size_t written;
    CHECK(imaged_encoded_size(type, message, &size, NULL) == IMAGED_CODEC_OK);
    uint8_t *buffer = malloc(size > 0 ? size : 1);
    if (buffer == NULL) {
        abort();
    }
    CHECK(imaged_encode(type, message, buffer, size, &written, NULL) == IMAGED_CODEC_OK);
    CHECK(size == expected.length && written == size);
    CHECK(written != expected.length || size == 0 || memcmp(buffer, expected.data, size) == 0);
    if (size > 0) {
        CHECK(imaged_encode(type, message, buffer, size - 1, &written, NULL) == IMAGED_TOO_LONG);
    }
    free(buffer);
}

static void check_valid_vector(const json *vector) {
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    const imaged_message *type = message_of(vector);
    const json *fields = json_member(vector, "fields");
    imaged_bytes bytes = hex_member(&arena, vector, "hex");
    imaged_bytes canonical = json_member(vector, "canonical") != NULL
        ? hex_member(&arena, vector, "canonical")
        : bytes;
    void *decoded = imaged_arena_allocate(&arena, type->size);
    void *given = imaged_arena_allocate(&arena, type->size);
    uint8_t *copy = exact_copy(bytes);
    char path[IMAGED_PATH_MAX];
    CHECK(imaged_decode(type, copy, bytes.length, &arena, decoded, path) == IMAGED_CODEC_OK);
    free(copy);

    json_writer writer = {NULL, 0, 0};
    json_put_message(&writer, type, decoded);
    const json *shown = json_read(&arena, writer.bytes, writer.size);
    CHECK(shown != NULL && json_equal(shown, fields));
    free(writer.bytes);

    CHECK(json_get_message(&arena, fields, type, given));
    check_encoding(type, given, canonical);
    check_encoding(type, decoded, canonical);
    imaged_arena_clear(&arena);
}

static void check_refused_vector(const json *vector) {
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    const imaged_message *type = message_of(vector);
    imaged_bytes bytes = hex_member(&arena, vector, "hex");
    void *message = imaged_arena_allocate(&arena, type->size);
    uint8_t *copy = exact_copy(bytes);
    char path[IMAGED_PATH_MAX];
    imaged_refusal refusal =
        imaged_decode(type, copy, bytes.length, &arena, message, path);
    CHECK_TEXT(imaged_text(imaged_refusal_name(refusal)), json_text(vector, "refused"));
    CHECK_TEXT(imaged_text(path), json_text(vector, "field"));
    /* The message says nothing then. */
    size_t size;
    CHECK(imaged_encoded_size(type, message, &size, NULL) == IMAGED_CODEC_OK && size == 0);
    free(copy);
    imaged_arena_clear(&arena);
}

static void test_message_vectors(void) {
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    size_t count = 0;
    for (int file = 0; file < MESSAGE_FILES; file++) {
        const json *vector = read_vectors(&arena, message_files[file])->first;
        for (; vector != NULL; vector = vector->next, count++) {
            about(json_text(vector, "name"));
            if (!CHECK(message_of(vector) != NULL)) {
                continue;
            }
            if (json_member(vector, "refused") != NULL) {
                check_refused_vector(vector);
            } else {
                check_valid_vector(vector);
            }
        }
    }
    about(NULL);
    CHECK(count > 1000);
    imaged_arena_clear(&arena);
}

/* Each beginning of each vector is decoded or refused, and never read past. */
static void test_cut_vectors(void) {
    imaged_arena arena;
    imaged_arena scratch;
    imaged_arena_init(&arena, NULL, NULL, 0);
    imaged_arena_init(&scratch, NULL, NULL, 0);
    for (int file = 0; file < MESSAGE_FILES; file++) {
        const json *vector = read_vectors(&arena, message_files[file])->first;
        for (; vector != NULL; vector = vector->next) {
            about(json_text(vector, "name"));
            const imaged_message *type = message_of(vector);
            imaged_bytes bytes = hex_member(&arena, vector, "hex");
            size_t step = bytes.length > 300 ? 17 : 1;
            for (bytes.length -= bytes.length > 0; bytes.length > step; bytes.length -= step) {
                uint8_t *copy = exact_copy(bytes);
                void *message = imaged_arena_allocate(&scratch, type->size);
                imaged_refusal refusal =
                    imaged_decode(type, copy, bytes.length, &scratch, message, NULL);
                CHECK(refusal != IMAGED_NO_MEMORY && refusal != IMAGED_TOO_LONG);
                free(copy);
                imaged_arena_clear(&scratch);
            }
        }
    }
    about(NULL);
    imaged_arena_clear(&arena);
}

/* ------------------------------------------------------------------------------------- frames */

/* What a reader has found, as text: one line each. */
typedef struct findings {
    imaged_frame_reader reader;
    json_writer text;
    bool is_reserved;
    size_t unread; /* after what is reserved */
} findings;

static void put_frame(json_writer *text, const char *found, const imaged_frame *frame) {
    char line[128];
    snprintf(line, sizeof line, "%s %u %u %u %u", found, (unsigned)frame->data_length,
        (unsigned)frame->stream_id, frame->type, frame->flags);
    json_put(text, line);
}

static void feed(findings *findings, const uint8_t *bytes, size_t size) {
    for (;;) {
        const uint8_t *data;
        size_t data_size;
        switch (imaged_frame_read(&findings->reader, &bytes, &size, &data, &data_size)) {
        case IMAGED_FOUND_NOTHING: findings->unread += size; return;
        case IMAGED_FOUND_HEADER:
            put_frame(&findings->text, "frame", &findings->reader.frame);
            json_put(&findings->text, " ");
            break;
        case IMAGED_FOUND_DATA:
            /* The large ones are compared by their lengths alone. */
            if (findings->reader.frame.data_length < 100000) {
                json_put_hex(&findings->text, data, data_size);
            }
            break;
        case IMAGED_FOUND_END: json_put(&findings->text, "\n"); break;
        case IMAGED_FOUND_TOO_LONG:
            put_frame(&findings->text, "too_long", &findings->reader.frame);
            json_put(&findings->text, "\n");
            break;
        case IMAGED_FOUND_RESERVED:
            put_frame(&findings->text, "reserved", &findings->reader.frame);
            json_put(&findings->text, "\n");
            findings->is_reserved = true;
            break;
        }
    }
}

/* How many bytes have come that are of no whole frame. */
static size_t left_over(const findings *findings) {
    const imaged_frame_reader *reader = &findings->reader;
    if (findings->is_reserved) {
        return IMAGED_FRAME_HEADER_SIZE + findings->unread;
    }
    if (reader->header_size > 0) {
        return reader->header_size;
    }
    bool is_inside = reader->left > 0 && reader->frame.data_length <= IMAGED_FRAME_DATA_MAX;
    return is_inside ? IMAGED_FRAME_HEADER_SIZE + reader->frame.data_length - reader->left : 0;
}

/* The frames that a vector expects, as text in the same form. */
static void put_expected(json_writer *text, const json *vector) {
    const json *frame = json_member(vector, "frames")->first;
    for (; frame != NULL; frame = frame->next) {
        imaged_frame header = {
            (uint32_t)json_number(frame, "data_length", 0),
            (uint32_t)json_number(frame, "stream_id", 0), (uint8_t)json_number(frame, "type", 0),
            (uint8_t)json_number(frame, "flags", 0)};
        const char *found = json_text(frame, "found");
        put_frame(text, found, &header);
        if (strcmp(found, "frame") == 0) {
            json_put(text, " ");
            json_put(text, json_text(frame, "data") != NULL ? json_text(frame, "data") : "");
        }
        json_put(text, "\n");
    }
}

/* A frame that is not whole is in the findings, but not in the vectors: cut the last line if it has
 * no end. */
static void cut_last_line(json_writer *text) {
    while (text->size > 0 && text->bytes[text->size - 1] != '\n') {
        text->bytes[--text->size] = 0;
    }
}

/* Whether the bytes end where a frame ends. */
static bool check_pieces(
    const uint8_t *bytes, size_t size, size_t piece, int times, const json_writer *expected,
    size_t left) {
    findings findings;
    memset(&findings, 0, sizeof findings);
    for (int time = 0; time < times; time++) {
        for (size_t offset = 0; offset < size; offset += piece) {
            feed(&findings, bytes + offset, piece < size - offset ? piece : size - offset);
        }
    }
    CHECK(left_over(&findings) == left);
    cut_last_line(&findings.text);
    json_writer all = {NULL, 0, 0};
    for (int time = 0; time < times; time++) {
        json_put_bytes(&all, expected->bytes, expected->size);
    }
    json_put(&findings.text, "");
    CHECK(findings.text.size == all.size && memcmp(findings.text.bytes, all.bytes, all.size) == 0);
    free(all.bytes);
    free(findings.text.bytes);
    return left == 0 && findings.reader.left == 0;
}

static void test_frame_vectors(void) {
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    const json *vector = read_vectors(&arena, "frames")->first;
    for (; vector != NULL; vector = vector->next) {
        about(json_text(vector, "name"));
        json_writer bytes = {NULL, 0, 0};
        json_writer expected = {NULL, 0, 0};
        const json *part = json_member(vector, "parts")->first;
        for (; part != NULL; part = part->next) {
            imaged_bytes piece = hex_member(&arena, part, "hex");
            for (int64_t times = json_number(part, "times", 1); times > 0; times--) {
                json_put_bytes(&bytes, (const char *)piece.data, piece.length);
            }
        }
        json_put(&expected, "");
        put_expected(&expected, vector);
        size_t left = (size_t)json_number(vector, "left", 0);
        const uint8_t *start = (const uint8_t *)bytes.bytes;
        check_pieces(start, bytes.size, bytes.size + 1, 1, &expected, left);
        check_pieces(start, bytes.size, 1, 1, &expected, left);
        bool is_whole = check_pieces(start, bytes.size, 7, 1, &expected, left);
        if (is_whole && bytes.size < 5 << 20) {
            check_pieces(start, bytes.size, 13, 3, &expected, left);
        }
        free(bytes.bytes);
        free(expected.bytes);
    }
    about(NULL);
    imaged_arena_clear(&arena);
}

static void test_frame_headers(void) {
    imaged_frame frame = {0x01020304, 0xfffefdfc, 2, 9};
    uint8_t bytes[IMAGED_FRAME_HEADER_SIZE];
    static const uint8_t expected[] = {1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc, 2, 9};
    imaged_frame_write(&frame, bytes);
    CHECK(memcmp(bytes, expected, sizeof expected) == 0);
}

/* ------------------------------------------------------------------------------------- tables */

/* The words of a .proto file: names, numbers and signs, without comments. */
typedef struct words {
    const char *next;
    char word[128];
} words;

static bool next_word(words *words) {
    const char *next = words->next;
    for (;;) {
        next += strspn(next, " \t\r\n");
        if (strncmp(next, "//", 2) != 0) {
            break;
        }
        next += strcspn(next, "\n");
    }
    size_t length = 0;
    if (*next == '"') {
        length = strcspn(next + 1, "\"") + 2;
    } else {
        while (strchr("{}()=;", next[length]) == NULL && strchr(" \t\r\n", next[length]) == NULL) {
            length++;
        }
        length += length == 0 && *next != 0;
    }
    snprintf(words->word, sizeof words->word, "%.*s", (int)length, next);
    words->next = next + length;
    return length > 0;
}

static bool is_word(const words *words, const char *word) {
    return strcmp(words->word, word) == 0;
}

static const char *type_name(const imaged_field *field) {
    switch (field->type) {
    case IMAGED_INT32: return "int32";
    case IMAGED_INT64: return "int64";
    case IMAGED_BOOL: return "bool";
    case IMAGED_TEXT: return "string";
    case IMAGED_BINARY: return "bytes";
    default: return field->message->name;
    }
}

/* Compares the fields of one message, whose name and { have been read. */
static void check_message(words *words, const imaged_message *type) {
    size_t index = 0;
    uint32_t before = 0;
    while (next_word(words) && !is_word(words, "}")) {
        imaged_label label = is_word(words, "optional") ? IMAGED_OPTIONAL
            : is_word(words, "repeated")                ? IMAGED_REPEATED
                                                        : IMAGED_PLAIN;
        if (label != IMAGED_PLAIN) {
            next_word(words);
        }
        if (!CHECK(index < type->field_count)) {
            return;
        }
        const imaged_field *field = &type->fields[index++];
        CHECK_TEXT(imaged_text(type_name(field)), words->word);
        next_word(words);
        CHECK_TEXT(imaged_text(field->name), words->word);
        next_word(words);
        CHECK(is_word(words, "="));
        next_word(words);
        CHECK(strtoul(words->word, NULL, 10) == field->number && field->number > before);
        before = field->number;
        CHECK(field->label == label);
        next_word(words);
        CHECK(is_word(words, ";"));
    }
    /* Nothing here that is not there. */
    CHECK(index == type->field_count);
}

static void test_tables_are_the_proto_file(void) {
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    words words = {read_protocol_file(&arena, "imaged.proto").data, ""};
    size_t count = 0;
    while (next_word(&words)) {
        if (!is_word(&words, "message")) {
            continue;
        }
        next_word(&words);
        about(NULL);
        if (!CHECK(count < imaged_message_count)) {
            break;
        }
        const imaged_message *type = imaged_messages[count++];
        about(type->name);
        CHECK_TEXT(imaged_text(type->name), words.word);
        CHECK(imaged_find_message(type->name) == type);
        next_word(&words);
        check_message(&words, type);
    }
    about(NULL);
    CHECK(count == imaged_message_count && count > 150);
    CHECK(imaged_find_message("Sample") == NULL);
    imaged_arena_clear(&arena);
}

static void test_operations_are_the_proto_file(void) {
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    words words = {read_protocol_file(&arena, "imaged.proto").data, ""};
    char service[64] = "";
    size_t count = 0;
    while (next_word(&words)) {
        if (is_word(&words, "service")) {
            next_word(&words);
            snprintf(service, sizeof service, "imaged.v1.%.50s", words.word);
        } else if (is_word(&words, "rpc") && count < IMAGED_OPERATION_COUNT) {
            const imaged_operation *operation = &imaged_operations[count];
            about(operation->name);
            next_word(&words);
            CHECK_TEXT(imaged_text(operation->name), words.word);
            CHECK_TEXT(imaged_text(operation->service), service);
            CHECK((size_t)imaged_find_operation(words.word) == count);
            next_word(&words);
            next_word(&words);
            CHECK_TEXT(imaged_text(operation->request->name), words.word);
            next_word(&words);
            next_word(&words);
            CHECK(is_word(&words, "returns"));
            next_word(&words);
            next_word(&words);
            CHECK(operation->is_streaming == is_word(&words, "stream"));
            if (is_word(&words, "stream")) {
                next_word(&words);
            }
            CHECK_TEXT(imaged_text(operation->response->name), words.word);
            count++;
        }
    }
    about(NULL);
    CHECK(count == IMAGED_OPERATION_COUNT);
    CHECK(imaged_find_operation("MakeTea") == IMAGED_OPERATION_COUNT);
    imaged_arena_clear(&arena);
}

/* The table of protocol/README.md, line by line: | `service` | `name` | since | again | streaming
 * | */
static void test_operations_are_the_readme_table(void) {
    static const char *const again[] = {"", "reads", "token"};
    imaged_arena arena;
    imaged_arena_init(&arena, NULL, NULL, 0);
    const char *line = strstr(read_protocol_file(&arena, "README.md").data, "\n## Operations\n");
    size_t count = 0;
    for (; line != NULL && strncmp(line, "\n### ", 5) != 0; line = strchr(line + 1, '\n')) {
        char service[64];
        char name[64];
        char rest[128];
        if (sscanf(line, "\n| `%63[^`]` | `%63[^`]` | 1 |%127[^\n]", service, name, rest) != 3) {
            continue;
        }
        if (!CHECK(count < IMAGED_OPERATION_COUNT)) {
            break;
        }
        const imaged_operation *operation = &imaged_operations[count++];
        char expected[128];
        about(name);
        CHECK_TEXT(imaged_text(operation->service), service);
        CHECK_TEXT(imaged_text(operation->name), name);
        snprintf(expected, sizeof expected, " %s%s|", again[operation->again],
            operation->again != IMAGED_AGAIN_NEVER ? " " : "");
        CHECK(strncmp(rest, expected, strlen(expected)) == 0);
        CHECK(operation->is_streaming == (strstr(rest, "| yes") != NULL));
    }
    about(NULL);
    CHECK(count == IMAGED_OPERATION_COUNT);
    imaged_arena_clear(&arena);
}

/* ------------------------------------------------------------------------------ codec by hand */

static void test_encoder_refuses(void) {
    char path[IMAGED_PATH_MAX];
    size_t size;
    imaged_disk_device_mapping disks[2];
    imaged_create_image_request create;
    memset(&create, 0, sizeof create);
    memset(disks, 0, sizeof disks);
    disks[1].device = imaged_text("/dev/\xff");
    create.disk_device_mapping.items = disks;
    create.disk_device_mapping.count = 2;
    const imaged_message *type = imaged_find_message("CreateImageRequest");
    CHECK(imaged_encoded_size(type, &create, &size, path) == IMAGED_INVALID_UTF8);
    CHECK_TEXT(imaged_text(path), "DiskDeviceMapping.2.Device");

    sample loop;
    memset(&loop, 0, sizeof loop);
    loop.message_value = &loop;
    CHECK(imaged_encoded_size(&sample_message, &loop, &size, path) == IMAGED_TOO_DEEP);

    sample large;
    memset(&large, 0, sizeof large);
    large.bytes_value.data = (const uint8_t *)"";
    large.bytes_value.length = SIZE_MAX;
    CHECK(imaged_encoded_size(&sample_message, &large, &size, path) == IMAGED_TOO_LONG);
    CHECK_TEXT(imaged_text(path), "BytesValue");

    /* A length without a pointer is nothing. */
    sample empty;
    memset(&empty, 0, sizeof empty);
    empty.string_value.length = 7;
    empty.string_list.count = 7;
    CHECK(imaged_encoded_size(&sample_message, &empty, &size, path) == IMAGED_CODEC_OK);
    CHECK(size == 0);
}

/* 32 levels are written, 33 are not. */
static void test_encoder_depth(void) {
    sample levels[33];
    size_t size;
    memset(levels, 0, sizeof levels);
    for (int level = 0; level < 32; level++) {
        levels[level].message_value = &levels[level + 1];
    }
    CHECK(imaged_encoded_size(&sample_message, &levels[1], &size, NULL) == IMAGED_CODEC_OK);
    CHECK(imaged_encoded_size(&sample_message, &levels[0], &size, NULL) == IMAGED_TOO_DEEP);
}

static void test_decoded_strings_end_with_nul(void) {
    static const uint8_t bytes[] = {0x22, 2, 'a', 'b', 0x3a, 1, 'c', 0x62, 0};
    imaged_arena arena;
    sample sample;
    imaged_arena_init(&arena, NULL, NULL, 0);
    CHECK(imaged_decode(&sample_message, bytes, sizeof bytes, &arena, &sample, NULL)
        == IMAGED_CODEC_OK);
    CHECK(strcmp(sample.string_value.data, "ab") == 0);
    CHECK(strcmp(sample.string_list.items[0].data, "c") == 0);
    CHECK(sample.has_optional_string && strcmp(sample.optional_string.data, "") == 0);
    CHECK(imaged_decode(&sample_message, NULL, 0, &arena, &sample, NULL) == IMAGED_CODEC_OK);
    CHECK(!sample.has_optional_string && strcmp(sample.string_value.data, "") == 0);
    imaged_arena_clear(&arena);
}

/* 4 MiB of empty images would unfold to more than a GiB: the arena's limit ends it. */
static void test_decoder_keeps_to_the_limit(void) {
    enum { SIZE = 4 << 20 };
    const imaged_message *type = imaged_find_message("DescribeImagesResponse");
    imaged_describe_images_response response;
    counting counting;
    imaged_arena arena;
    counting_init(&counting, 0, false);
    imaged_allocator allocator = counting_allocator(&counting);
    imaged_arena_init(&arena, &allocator, NULL, 0);
    arena.limit = 8 << 20;
    uint8_t *bytes = malloc(SIZE);
    if (bytes == NULL) {
        abort();
    }
    for (size_t index = 0; index < SIZE; index += 2) {
        bytes[index] = 0x12;
        bytes[index + 1] = 0;
    }
    CHECK(imaged_decode(type, bytes, SIZE, &arena, &response, NULL) == IMAGED_NO_MEMORY);
    CHECK(response.images.count == 0 && counting.bytes < (size_t)9 << 20);
    imaged_arena_clear(&arena);
    CHECK(counting.outstanding == 0 && counting.bytes == 0);
    /* Within the limit all of them are there. */
    CHECK(imaged_decode(type, bytes, 2 * 5000, &arena, &response, NULL) == IMAGED_CODEC_OK);
    CHECK(response.images.count == 5000);
    CHECK_TEXT(response.images.items[4999].image_id, "");
    imaged_arena_clear(&arena);
    CHECK(counting.outstanding == 0);
    free(bytes);
}

/* The same bytes with no memory at the first, second, third ... allocation. */
static void test_decoder_without_memory(void) {
    imaged_arena vectors;
    imaged_arena_init(&vectors, NULL, NULL, 0);
    const json *vector = read_vectors(&vectors, "messages")->first;
    int compared = 0;
    for (; vector != NULL; vector = vector->next) {
        const imaged_message *type = message_of(vector);
        if (json_member(vector, "refused") != NULL || type->size > 4096) {
            continue;
        }
        about(json_text(vector, "name"));
        imaged_bytes bytes = hex_member(&vectors, vector, "hex");
        imaged_refusal refusal = IMAGED_NO_MEMORY;
        for (long fails_at = 1; refusal == IMAGED_NO_MEMORY && fails_at < 100; fails_at++) {
            counting counting;
            imaged_arena arena;
            max_align_t message[4096 / sizeof(max_align_t)];
            counting_init(&counting, fails_at, false);
            imaged_allocator allocator = counting_allocator(&counting);
            imaged_arena_init(&arena, &allocator, NULL, 0);
            refusal = imaged_decode(type, bytes.data, bytes.length, &arena, message, NULL);
            CHECK(refusal == IMAGED_CODEC_OK || refusal == IMAGED_NO_MEMORY);
            CHECK(refusal == IMAGED_CODEC_OK || counting.count >= fails_at);
            imaged_arena_clear(&arena);
            CHECK(counting.outstanding == 0 && counting.bytes == 0);
            compared += refusal == IMAGED_NO_MEMORY;
        }
        CHECK(refusal == IMAGED_CODEC_OK);
    }
    about(NULL);
    CHECK(compared > 100);
    imaged_arena_clear(&vectors);
}

static void test_arena(void) {
    union {
        max_align_t alignment;
        unsigned char bytes[256];
    } buffer;
    counting counting;
    imaged_arena arena;
    counting_init(&counting, 0, false);
    imaged_allocator allocator = counting_allocator(&counting);
    imaged_arena_init(&arena, &allocator, buffer.bytes, sizeof buffer.bytes);
    for (int turn = 0; turn < 2; turn++) {
        /* The buffer first, and no more than it has. */
        unsigned char *first = imaged_arena_allocate(&arena, 100);
        unsigned char *second = imaged_arena_allocate(&arena, 100);
        CHECK(counting.outstanding == 0);
        CHECK(first >= buffer.bytes && second + 100 <= buffer.bytes + sizeof buffer.bytes);
        CHECK(second >= first + 100);
        CHECK((uintptr_t)second % _Alignof(max_align_t) == 0);
        CHECK(imaged_arena_allocate(&arena, 100) != NULL && counting.outstanding == 1);
        unsigned char *large = imaged_arena_allocate(&arena, 1 << 20);
        CHECK(large != NULL && large[(1 << 20) - 1] == 0);
        for (int index = 0; index < 1000; index++) {
            CHECK(imaged_arena_allocate(&arena, (size_t)index) != NULL);
        }
        imaged_arena_clear(&arena);
        CHECK(counting.outstanding == 0 && counting.bytes == 0);
    }
    arena.limit = 1000;
    CHECK(imaged_arena_allocate(&arena, 1000) != NULL);
    CHECK(imaged_arena_allocate(&arena, 1) == NULL);
    imaged_arena_clear(&arena);
    CHECK(imaged_arena_allocate(&arena, SIZE_MAX) == NULL);
    arena.limit = SIZE_MAX;
    CHECK(imaged_arena_allocate(&arena, SIZE_MAX) == NULL);
    imaged_arena_clear(&arena);

    imaged_arena zero;
    memset(&zero, 0, sizeof zero);
    CHECK(imaged_arena_allocate(&zero, 10) != NULL);
    imaged_arena_clear(&zero);
}

static void test_error_text(void) {
    char text[128];
    imaged_error error;
    memset(&error, 0, sizeof error);
    error.outcome = IMAGED_REFUSED;
    error.code = imaged_text("QuotaExceed.Image");
    error.message = imaged_text("The Image Quota exceeds.");
    error.parameter = imaged_text("ImageName");
    error.hint = imaged_text("delete one");
    static const char whole[] =
        "QuotaExceed.Image: The Image Quota exceeds. [ImageName] (delete one)";
    CHECK(imaged_describe_error(&error, text, sizeof text) == sizeof whole - 1);
    CHECK_TEXT(imaged_text(text), whole);
    CHECK(imaged_describe_error(&error, text, 6) == sizeof whole - 1);
    CHECK_TEXT(imaged_text(text), "Quota");
    CHECK(imaged_describe_error(&error, NULL, 0) == sizeof whole - 1);
    memset(&error, 0, sizeof error);
    error.outcome = IMAGED_UNKNOWN;
    error.reason = IMAGED_REASON_LOST;
    imaged_describe_error(&error, text, sizeof text);
    CHECK_TEXT(imaged_text(text), "unknown (lost)");
    error.outcome = IMAGED_REFUSED;
    error.status = 4;
    error.message = imaged_text("late");
    imaged_describe_error(&error, text, sizeof text);
    CHECK_TEXT(imaged_text(text), "status 4: late");
    CHECK(strcmp(imaged_reason_name((imaged_reason)99), "?") == 0);
    CHECK(strcmp(imaged_outcome_name(IMAGED_ENDED), "ended") == 0);
    CHECK(strcmp(imaged_reason_name(IMAGED_REASON_FORKED), "forked") == 0);
    CHECK(strcmp(imaged_refusal_name(IMAGED_TOO_LONG), "too_long") == 0);
    CHECK(imaged_library_version_number() == IMAGED_VERSION_NUMBER);
    CHECK(strcmp(imaged_library_version(), IMAGED_VERSION) == 0);
}

/* --------------------------------------------------------------------------------------- fuzz */

static uint64_t fuzz_state;

static uint32_t random_below(uint32_t bound) {
    fuzz_state ^= fuzz_state << 13;
    fuzz_state ^= fuzz_state >> 7;
    fuzz_state ^= fuzz_state << 17;
    return (uint32_t)((fuzz_state >> 32) % bound);
}

/* Spoils a message: some bytes changed, cut, doubled or put elsewhere. */
static imaged_bytes spoil(imaged_arena *arena, imaged_bytes bytes, imaged_bytes other) {
    uint8_t *copy = imaged_arena_allocate(arena, bytes.length + other.length + 16);
    imaged_bytes result = {copy, bytes.length};
    if (copy == NULL) {
        abort();
    }
    if (bytes.length > 0) {
        memcpy(copy, bytes.data, bytes.length);
    }
    for (uint32_t turns = 1 + random_below(4); turns > 0 && result.length > 0; turns--) {
        size_t at = random_below((uint32_t)result.length);
        switch (random_below(6)) {
        case 0: copy[at] = (uint8_t)random_below(256); break;
        case 1: copy[at] ^= (uint8_t)(1u << random_below(8)); break;
        case 2: result.length = at; break;
        case 3: copy[at] = random_below(2) != 0 ? 0xff : 0x80; break;
        case 4:
            if (other.length > 0 && result.length == bytes.length) {
                memcpy(copy + result.length, other.data, other.length);
                result.length += other.length;
            }
            break;
        default: memmove(copy + at / 2, copy + at, result.length - at); break;
        }
    }
    return result;
}

/* Whatever is decoded can be encoded, and is the same when decoded again. */
static void check_spoiled(imaged_arena *arena, const imaged_message *type, imaged_bytes bytes) {
    uint8_t *copy = exact_copy(bytes);
    void *first = imaged_arena_allocate(arena, type->size);
    void *second = imaged_arena_allocate(arena, type->size);
    size_t size;
    size_t again;
    char path[IMAGED_PATH_MAX];
    imaged_refusal refusal = imaged_decode(type, copy, bytes.length, arena, first, path);
    free(copy);
    if (refusal != IMAGED_CODEC_OK) {
        CHECK(refusal < IMAGED_NO_MEMORY && strlen(path) < sizeof path);
        return;
    }
    if (!CHECK(imaged_encoded_size(type, first, &size, path) == IMAGED_CODEC_OK)) {
        return;
    }
    uint8_t *encoded = malloc(2 * size + 1);
    if (encoded == NULL) {
        abort();
    }
    CHECK(imaged_encode(type, first, encoded, size, &again, path) == IMAGED_CODEC_OK);
    CHECK(imaged_decode(type, encoded, size, arena, second, path) == IMAGED_CODEC_OK);
    CHECK(imaged_encode(type, second, encoded + size, size, &again, path) == IMAGED_CODEC_OK);
    CHECK(again == size && memcmp(encoded, encoded + size, size) == 0);
    free(encoded);
}

static void test_fuzz(void) {
    imaged_arena arena;
    imaged_arena scratch;
    const json *all[2048];
    size_t count = 0;
    imaged_arena_init(&arena, NULL, NULL, 0);
    imaged_arena_init(&scratch, NULL, NULL, 0);
    for (int file = 0; file < MESSAGE_FILES; file++) {
        const json *vector = read_vectors(&arena, message_files[file])->first;
        for (; vector != NULL && count < 2048; vector = vector->next) {
            all[count++] = vector;
        }
    }
    fuzz_state = 0x9e3779b97f4a7c15;
    for (int turn = 0; turn < 30000; turn++) {
        const json *vector = all[random_below((uint32_t)count)];
        const json *other = all[random_below((uint32_t)count)];
        about(json_text(vector, "name"));
        imaged_bytes bytes = hex_member(&scratch, vector, "hex");
        imaged_bytes rest = hex_member(&scratch, other, "hex");
        if (bytes.length < 4000 && rest.length < 4000) {
            const imaged_message *type = message_of(random_below(8) != 0 ? vector : other);
            check_spoiled(&scratch, type, spoil(&scratch, bytes, rest));
        }
        imaged_arena_clear(&scratch);
    }
    about(NULL);
    imaged_arena_clear(&arena);
}

/* Frames of random bytes: the reader finds something or nothing, and never more than there is. */
static void test_fuzz_frames(void) {
    fuzz_state = 0x1234567;
    for (int turn = 0; turn < 20000; turn++) {
        uint8_t bytes[64];
        imaged_frame_reader reader;
        memset(&reader, 0, sizeof reader);
        size_t size = random_below(sizeof bytes);
        for (size_t index = 0; index < size; index++) {
            bytes[index] = random_below(3) != 0 ? 0 : (uint8_t)random_below(20);
        }
        const uint8_t *next = bytes;
        size_t left = size;
        const uint8_t *data;
        size_t data_size = 0;
        size_t found = 0;
        imaged_found what;
        do {
            data_size = 0;
            what = imaged_frame_read(&reader, &next, &left, &data, &data_size);
            found += data_size;
            CHECK(next + left == bytes + size && data_size <= size);
        } while (what != IMAGED_FOUND_NOTHING);
        CHECK(found <= size);
    }
}

const test codec_tests[] = {
    {"arena", test_arena},
    {"message vectors", test_message_vectors},
    {"cut vectors", test_cut_vectors},
    {"frame vectors", test_frame_vectors},
    {"frame headers", test_frame_headers},
    {"tables are imaged.proto", test_tables_are_the_proto_file},
    {"operations are imaged.proto", test_operations_are_the_proto_file},
    {"operations are README's table", test_operations_are_the_readme_table},
    {"encoder refuses", test_encoder_refuses},
    {"encoder's depth", test_encoder_depth},
    {"decoded strings end with NUL", test_decoded_strings_end_with_nul},
    {"decoder keeps to the limit", test_decoder_keeps_to_the_limit},
    {"decoder without memory", test_decoder_without_memory},
    {"error text", test_error_text},
    {"fuzz: messages", test_fuzz},
    {"fuzz: frames", test_fuzz_frames},
    {NULL, NULL},
};

/* --------------------------------------------------------------------------------------- main */

static int count_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

static bool is_chosen(const char *name, int count, char **words) {
    for (int index = 0; index < count; index++) {
        if (strstr(name, words[index]) != NULL) {
            return true;
        }
    }
    return count == 0;
}

int main(int count, char **arguments) {
    const test *const groups[] = {codec_tests, fake_tests, daemon_tests};
    int run = 0;
    int failed = 0;
    int skipped = 0;
    if (count < 2) {
        fprintf(stderr, "usage: tests PROTOCOL [NAME ...]\n");
        return 64;
    }
    protocol_folder = arguments[1];
    daemon_binary = getenv("IMAGED");
    example_program = getenv("IMAGED_EXAMPLE");
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++) {
        for (const test *test = groups[group]; test->name != NULL; test++) {
            if (!is_chosen(test->name, count - 2, arguments + 2)) {
                continue;
            }
            if (groups[group] == daemon_tests && daemon_binary == NULL) {
                printf("skipped: %s (IMAGED is not set)\n", test->name);
                skipped++;
                continue;
            }
            int before = atomic_load(&failures);
            int descriptors = count_descriptors();
            test->run();
            about(test->name);
            CHECK(count_descriptors() == descriptors);
            about(NULL);
            run++;
            if (atomic_load(&failures) != before) {
                printf("failed: %s\n", test->name);
                failed++;
            }
        }
    }
    printf("%d tests, %d failed, %d skipped\n", run, failed, skipped);
    return failed != 0 || run == 0;
}
