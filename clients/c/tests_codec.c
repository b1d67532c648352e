/* tests_codec.c - the codec, by the vectors of protocol/vectors and by hand; arenas and the text of
 * errors. */
#include "vectors.h"

/* ------------------------------------------------------------------------------- vectors */

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

const test codec_tests[] = {
    {"arena", test_arena},
    {"message vectors", test_message_vectors},
    {"cut vectors", test_cut_vectors},
    {"encoder refuses", test_encoder_refuses},
    {"encoder's depth", test_encoder_depth},
    {"decoded strings end with NUL", test_decoded_strings_end_with_nul},
    {"decoder keeps to the limit", test_decoder_keeps_to_the_limit},
    {"decoder without memory", test_decoder_without_memory},
    {"error text", test_error_text},
    {NULL, NULL},
};
