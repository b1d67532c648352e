/* tests_frames.c - the reader and writer of frames, by protocol/vectors/frames.json. */
#include "vectors.h"

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

const test frame_tests[] = {
    {"frame vectors", test_frame_vectors},
    {"frame headers", test_frame_headers},
    {NULL, NULL},
};
