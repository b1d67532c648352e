/* vectors.c - the vectors of protocol/vectors, and the message of its sample.proto. */
#include "vectors.h"

/* ------------------------------------------------------------- the message of sample.proto */

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

const char *const message_files[MESSAGE_FILES] = {"request", "response", "proto", "messages"};

const json *read_vectors(imaged_arena *arena, const char *file) {
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

const imaged_message *message_of(const json *vector) {
    const char *name = json_text(vector, "message");
    return strcmp(name, "Sample") == 0 ? &sample_message : imaged_find_message(name);
}

imaged_bytes hex_member(imaged_arena *arena, const json *vector, const char *name) {
    imaged_bytes bytes = {NULL, 0};
    const json *member = json_member(vector, name);
    CHECK(member != NULL && json_get_hex(arena, member->text, &bytes));
    return bytes;
}

uint8_t *exact_copy(imaged_bytes bytes) {
    uint8_t *copy = malloc(bytes.length > 0 ? bytes.length : 1);
    if (copy == NULL) {
        abort();
    }
    if (bytes.length > 0) {
        memcpy(copy, bytes.data, bytes.length);
    }
    return copy;
}
