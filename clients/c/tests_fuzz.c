/* tests_fuzz.c - spoiled messages and random frames for the codec. */
#include "vectors.h"

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

const test fuzz_tests[] = {
    {"fuzz: messages", test_fuzz},
    {"fuzz: frames", test_fuzz_frames},
    {NULL, NULL},
};
