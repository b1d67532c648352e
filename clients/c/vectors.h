/* vectors.h - the vectors of protocol/vectors, as the tests read them. */
#ifndef IMAGED_VECTORS_H
#define IMAGED_VECTORS_H

#include "tests.h"

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

/* ------------------------------------------------------------------------------- vectors */

/* The files of messages, without their folder and ending. */
enum { MESSAGE_FILES = 4 };
extern const char *const message_files[MESSAGE_FILES];

/* The vectors of a file; ends the program if they cannot be read. */
const json *read_vectors(imaged_arena *arena, const char *file);
const imaged_message *message_of(const json *vector);
imaged_bytes hex_member(imaged_arena *arena, const json *vector, const char *name);
/* A copy in memory of exactly its size, so that reading past the end is seen by the sanitizer. */
uint8_t *exact_copy(imaged_bytes bytes);

#endif
