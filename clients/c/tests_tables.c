/* tests_tables.c - the tables of messages and operations are those of imaged.proto and of
 * protocol/README.md. */
#include "tests.h"

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

const test table_tests[] = {
    {"tables are imaged.proto", test_tables_are_the_proto_file},
    {"operations are imaged.proto", test_operations_are_the_proto_file},
    {"operations are README's table", test_operations_are_the_readme_table},
    {NULL, NULL},
};
