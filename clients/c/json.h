/* json.h - JSON for the tests and the conformance program; the client itself needs none.
 *
 * A reader, a writer, and messages to and from the JSON form of protocol/vectors/README.md, by the
 * tables of imaged.h. Memory of what is read is an arena's; a writer that gets no memory ends the
 * program.
 */
#ifndef IMAGED_JSON_H
#define IMAGED_JSON_H

#include "imaged.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------- reading */

typedef enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind;

/* A value. Members and elements are a list, in the order of the text. */
typedef struct json {
    json_kind kind;
    imaged_string text; /* a string's content, a number as it was written */
    imaged_string name; /* of a member */
    struct json *first;
    struct json *next;
    size_t count;
} json;

typedef struct json_reader {
    const char *next;
    const char *end;
    imaged_arena *arena;
    int depth;
} json_reader;

static inline void json_skip_space(json_reader *reader) {
    while (reader->next < reader->end && strchr(" \t\r\n", *reader->next) != NULL
           && *reader->next != 0) {
        reader->next++;
    }
}

static inline bool json_take(json_reader *reader, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->next) < length
        || memcmp(reader->next, word, length) != 0) {
        return false;
    }
    reader->next += length;
    return true;
}

static inline int json_hex_digit(char digit) {
    return digit >= '0' && digit <= '9' ? digit - '0'
        : digit >= 'a' && digit <= 'f'  ? digit - 'a' + 10
        : digit >= 'A' && digit <= 'F'  ? digit - 'A' + 10
                                        : -1;
}

/* The four digits behind \u. */
static inline bool json_code_unit(json_reader *reader, uint32_t *unit) {
    *unit = 0;
    for (int index = 0; index < 4; index++) {
        int digit = reader->next < reader->end ? json_hex_digit(*reader->next++) : -1;
        if (digit < 0) {
            return false;
        }
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

static inline size_t json_put_utf8(char *place, uint32_t code) {
    if (code < 0x80) {
        place[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        place[0] = (char)(0xc0 | code >> 6);
        place[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        place[0] = (char)(0xe0 | code >> 12);
        place[1] = (char)(0x80 | (code >> 6 & 0x3f));
        place[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    place[0] = (char)(0xf0 | code >> 18);
    place[1] = (char)(0x80 | (code >> 12 & 0x3f));
    place[2] = (char)(0x80 | (code >> 6 & 0x3f));
    place[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static inline bool json_escape(json_reader *reader, char *place, size_t *size) {
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    char letter = reader->next < reader->end ? *reader->next++ : 0;
    const char *found = letter != 0 ? strchr(names, letter) : NULL;
    if (found != NULL) {
        place[(*size)++] = values[found - names];
        return true;
    }
    uint32_t code;
    uint32_t low;
    if (letter != 'u' || !json_code_unit(reader, &code)) {
        return false;
    }
    if (code >= 0xd800 && code < 0xdc00) {
        if (!json_take(reader, "\\u") || !json_code_unit(reader, &low) || low < 0xdc00
            || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *size += json_put_utf8(place + *size, code);
    return true;
}

static inline bool json_string(json_reader *reader, imaged_string *string) {
    const char *end = reader->next;
    if (!json_take(reader, "\"")) {
        return false;
    }
    for (end++; end < reader->end && *end != '"'; end++) {
        end += *end == '\\';
    }
    /* No escape is shorter than what it stands for. */
    char *text = imaged_arena_allocate(reader->arena, (size_t)(end - reader->next) + 1);
    size_t size = 0;
    while (text != NULL && reader->next < reader->end) {
        char letter = *reader->next++;
        if (letter == '"') {
            string->data = text;
            string->length = size;
            return true;
        }
        if (letter != '\\') {
            text[size++] = letter;
        } else if (!json_escape(reader, text, &size)) {
            return false;
        }
    }
    return false;
}

static inline json *json_value(json_reader *reader);

/* The rest of an array or object, after its first character. */
static inline bool json_contents(json_reader *reader, json *value, const char *end) {
    json **place = &value->first;
    json_skip_space(reader);
    if (json_take(reader, end)) {
        return true;
    }
    for (;;) {
        imaged_string name = {"", 0};
        json_skip_space(reader);
        if (value->kind == JSON_OBJECT) {
            if (!json_string(reader, &name)) {
                return false;
            }
            json_skip_space(reader);
            if (!json_take(reader, ":")) {
                return false;
            }
        }
        json *inner = json_value(reader);
        if (inner == NULL) {
            return false;
        }
        inner->name = name;
        *place = inner;
        place = &inner->next;
        value->count++;
        json_skip_space(reader);
        if (json_take(reader, end)) {
            return true;
        }
        if (!json_take(reader, ",")) {
            return false;
        }
    }
}

static inline json *json_value(json_reader *reader) {
    json *value = imaged_arena_allocate(reader->arena, sizeof *value);
    json_skip_space(reader);
    if (value == NULL || reader->next == reader->end || reader->depth == 200) {
        return NULL;
    }
    reader->depth++;
    bool is_good = true;
    if (*reader->next == '"') {
        value->kind = JSON_STRING;
        is_good = json_string(reader, &value->text);
    } else if (json_take(reader, "[")) {
        value->kind = JSON_ARRAY;
        is_good = json_contents(reader, value, "]");
    } else if (json_take(reader, "{")) {
        value->kind = JSON_OBJECT;
        is_good = json_contents(reader, value, "}");
    } else if (json_take(reader, "true")) {
        value->kind = JSON_TRUE;
    } else if (json_take(reader, "false")) {
        value->kind = JSON_FALSE;
    } else if (!json_take(reader, "null")) {
        const char *start = reader->next;
        while (reader->next < reader->end && *reader->next != 0
               && strchr("+-0123456789.eE", *reader->next) != NULL) {
            reader->next++;
        }
        value->kind = JSON_NUMBER;
        value->text.length = (size_t)(reader->next - start);
        char *copy = imaged_arena_allocate(reader->arena, value->text.length + 1);
        is_good = copy != NULL && value->text.length > 0;
        if (is_good) {
            memcpy(copy, start, value->text.length);
            value->text.data = copy;
        }
    }
    reader->depth--;
    return is_good ? value : NULL;
}

/* NULL: it is not JSON, or there is no memory. */
static inline json *json_read(imaged_arena *arena, const char *text, size_t size) {
    json_reader reader = {text, text + size, arena, 0};
    json *value = json_value(&reader);
    json_skip_space(&reader);
    return reader.next == reader.end ? value : NULL;
}

/* A member of an object; NULL: there is none, or it is no object. */
static inline json *json_member(const json *object, const char *name) {
    json *member = object != NULL && object->kind == JSON_OBJECT ? object->first : NULL;
    while (member != NULL && !imaged_is(member->name, name)) {
        member = member->next;
    }
    return member;
}

/* A string member's text; NULL: there is none. */
static inline const char *json_text(const json *object, const char *name) {
    const json *member = json_member(object, name);
    return member != NULL && member->kind == JSON_STRING ? member->text.data : NULL;
}

static inline int64_t json_number(const json *object, const char *name, int64_t otherwise) {
    const json *member = json_member(object, name);
    return member != NULL && member->text.data != NULL ? strtoll(member->text.data, NULL, 10)
                                                       : otherwise;
}

static inline bool json_is_true(const json *object, const char *name) {
    const json *member = json_member(object, name);
    return member != NULL && member->kind == JSON_TRUE;
}

/* Whether both say the same; the order of members says nothing. */
static inline bool json_equal(const json *left, const json *right) {
    if (left->kind != right->kind || left->count != right->count
        || left->text.length != right->text.length
        || (left->text.length > 0
            && memcmp(left->text.data, right->text.data, left->text.length) != 0)) {
        return false;
    }
    const json *other = right->first;
    for (const json *inner = left->first; inner != NULL; inner = inner->next) {
        if (left->kind == JSON_OBJECT) {
            other = json_member(right, inner->name.data);
        }
        if (other == NULL || !json_equal(inner, other)) {
            return false;
        }
        other = other->next;
    }
    return true;
}

/* ------------------------------------------------------------------------------------- writing */

/* Text that grows. All zero: empty. Its owner frees `bytes`. */
typedef struct json_writer {
    char *bytes;
    size_t size;
    size_t capacity;
} json_writer;

static inline void json_put_bytes(json_writer *writer, const char *bytes, size_t size) {
    if (writer->capacity - writer->size < size + 1) {
        writer->capacity = (writer->size + size + 1) * 2;
        writer->bytes = realloc(writer->bytes, writer->capacity);
        if (writer->bytes == NULL) {
            abort();
        }
    }
    if (size > 0) {
        memcpy(writer->bytes + writer->size, bytes, size);
    }
    writer->size += size;
    writer->bytes[writer->size] = 0;
}

static inline void json_put(json_writer *writer, const char *text) {
    json_put_bytes(writer, text, strlen(text));
}

static inline void json_put_string(json_writer *writer, imaged_string string) {
    json_put(writer, "\"");
    for (size_t index = 0; index < string.length; index++) {
        unsigned char letter = (unsigned char)string.data[index];
        if (letter < 0x20 || letter == '"' || letter == '\\') {
            char escape[8];
            snprintf(escape, sizeof escape, "\\u%04x", letter);
            json_put(writer, escape);
        } else {
            json_put_bytes(writer, &string.data[index], 1);
        }
    }
    json_put(writer, "\"");
}

static inline void json_put_hex(json_writer *writer, const void *bytes, size_t size) {
    const unsigned char *next = bytes;
    for (size_t index = 0; index < size; index++) {
        char digits[4];
        snprintf(digits, sizeof digits, "%02x", next[index]);
        json_put_bytes(writer, digits, 2);
    }
}

static inline void json_put_number(json_writer *writer, int64_t number) {
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRId64, number);
    json_put(writer, digits);
}

/* Begins a member: `"name":`, with a comma if something stands before it. */
static inline void json_put_name(json_writer *writer, const char *name) {
    if (writer->size > 0 && writer->bytes[writer->size - 1] != '{') {
        json_put(writer, ",");
    }
    json_put_string(writer, imaged_text(name));
    json_put(writer, ":");
}

/* A string member, left out if it is empty. */
static inline void json_put_text_member(
    json_writer *writer, const char *name, imaged_string string) {
    if (string.length > 0) {
        json_put_name(writer, name);
        json_put_string(writer, string);
    }
}

/* ------------------------------------------------------------------------------------ messages */

/* What every imaged_..._list looks like. */
typedef struct json_list {
    const void *items;
    size_t count;
} json_list;

static inline size_t json_element_size(const imaged_field *field) {
    switch (field->type) {
    case IMAGED_INT32: return sizeof(int32_t);
    case IMAGED_INT64: return sizeof(int64_t);
    case IMAGED_BOOL: return sizeof(bool);
    case IMAGED_TEXT: return sizeof(imaged_string);
    case IMAGED_BINARY: return sizeof(imaged_bytes);
    default: return field->message->size;
    }
}

static inline void json_put_message(
    json_writer *writer, const imaged_message *type, const void *message);

static inline void json_put_value(
    json_writer *writer, const imaged_field *field, const void *value) {
    if (field->type == IMAGED_INT32) {
        int32_t number;
        memcpy(&number, value, sizeof number);
        json_put_number(writer, number);
    } else if (field->type == IMAGED_INT64) {
        int64_t number;
        memcpy(&number, value, sizeof number);
        json_put(writer, "\"");
        json_put_number(writer, number);
        json_put(writer, "\"");
    } else if (field->type == IMAGED_BOOL) {
        bool flag;
        memcpy(&flag, value, sizeof flag);
        json_put(writer, flag ? "true" : "false");
    } else if (field->type == IMAGED_TEXT) {
        imaged_string string;
        memcpy(&string, value, sizeof string);
        json_put_string(writer, string);
    } else if (field->type == IMAGED_BINARY) {
        imaged_bytes bytes;
        memcpy(&bytes, value, sizeof bytes);
        json_put(writer, "\"");
        json_put_hex(writer, bytes.data, bytes.length);
        json_put(writer, "\"");
    } else {
        json_put_message(writer, field->message, value);
    }
}

/* Whether a field that is no list is left out. */
static inline bool json_is_absent(const imaged_field *field, const void *message) {
    static const char zeros[sizeof(imaged_string)];
    const char *value = (const char *)message + field->offset;
    if (field->label == IMAGED_OPTIONAL) {
        bool is_present;
        memcpy(&is_present, (const char *)message + field->presence, sizeof is_present);
        return !is_present;
    }
    if (field->type == IMAGED_TEXT || field->type == IMAGED_BINARY) {
        value += offsetof(imaged_string, length);
        return memcmp(value, zeros, sizeof(size_t)) == 0;
    }
    size_t size = field->type == IMAGED_MESSAGE ? sizeof(void *) : json_element_size(field);
    return memcmp(value, zeros, size) == 0;
}

static inline void json_put_message(
    json_writer *writer, const imaged_message *type, const void *message) {
    json_put(writer, "{");
    for (size_t index = 0; index < type->field_count; index++) {
        const imaged_field *field = &type->fields[index];
        const char *value = (const char *)message + field->offset;
        if (field->label == IMAGED_REPEATED) {
            json_list list;
            memcpy(&list, value, sizeof list);
            if (list.count == 0) {
                continue;
            }
            json_put_name(writer, field->name);
            json_put(writer, "[");
            for (size_t element = 0; element < list.count; element++) {
                json_put(writer, element > 0 ? "," : "");
                json_put_value(
                    writer, field, (const char *)list.items + element * json_element_size(field));
            }
            json_put(writer, "]");
        } else if (!json_is_absent(field, message)) {
            const void *target = value;
            if (field->type == IMAGED_MESSAGE) {
                memcpy(&target, value, sizeof target);
            }
            json_put_name(writer, field->name);
            json_put_value(writer, field, target);
        }
    }
    json_put(writer, "}");
}

static inline bool json_get_message(
    imaged_arena *arena, const json *object, const imaged_message *type, void *message);

/* Hexadecimal digits as bytes; false: they are none. */
static inline bool json_get_hex(imaged_arena *arena, imaged_string digits, imaged_bytes *bytes) {
    uint8_t *data = imaged_arena_allocate(arena, digits.length / 2 + 1);
    if (data == NULL || digits.length % 2 != 0) {
        return false;
    }
    for (size_t index = 0; index < digits.length; index++) {
        int digit = json_hex_digit(digits.data[index]);
        if (digit < 0) {
            return false;
        }
        data[index / 2] = (uint8_t)(data[index / 2] << 4 | digit);
    }
    bytes->data = data;
    bytes->length = digits.length / 2;
    return true;
}

static inline bool json_get_value(
    imaged_arena *arena, const json *value, const imaged_field *field, void *place) {
    if (field->type == IMAGED_INT32 || field->type == IMAGED_INT64) {
        bool is_text = field->type == IMAGED_INT64;
        if (value->kind != (is_text ? JSON_STRING : JSON_NUMBER) || value->text.length == 0) {
            return false;
        }
        int64_t number = strtoll(value->text.data, NULL, 10);
        int32_t low = (int32_t)number;
        memcpy(place, is_text ? (void *)&number : (void *)&low, json_element_size(field));
        return is_text || low == number;
    }
    if (field->type == IMAGED_BOOL) {
        bool flag = value->kind == JSON_TRUE;
        memcpy(place, &flag, sizeof flag);
        return flag || value->kind == JSON_FALSE;
    }
    if (field->type == IMAGED_TEXT) {
        memcpy(place, &value->text, sizeof value->text);
        return value->kind == JSON_STRING;
    }
    if (field->type == IMAGED_BINARY) {
        imaged_bytes bytes;
        bool is_good = value->kind == JSON_STRING && json_get_hex(arena, value->text, &bytes);
        if (is_good) {
            memcpy(place, &bytes, sizeof bytes);
        }
        return is_good;
    }
    return json_get_message(arena, value, field->message, place);
}

static inline bool json_get_list(
    imaged_arena *arena, const json *value, const imaged_field *field, void *place) {
    size_t size = json_element_size(field);
    char *items = imaged_arena_allocate(arena, value->count * size + 1);
    json_list list = {items, value->count};
    if (value->kind != JSON_ARRAY || items == NULL) {
        return false;
    }
    for (const json *element = value->first; element != NULL; element = element->next) {
        if (!json_get_value(arena, element, field, items)) {
            return false;
        }
        items += size;
    }
    memcpy(place, &list, sizeof list);
    return true;
}

/* Fills in the struct of `type`, which is all zero; false: the object is not such a message. */
static inline bool json_get_message(
    imaged_arena *arena, const json *object, const imaged_message *type, void *message) {
    if (object->kind != JSON_OBJECT) {
        return false;
    }
    for (const json *member = object->first; member != NULL; member = member->next) {
        const imaged_field *field = NULL;
        for (size_t index = 0; index < type->field_count; index++) {
            if (imaged_is(member->name, type->fields[index].name)) {
                field = &type->fields[index];
            }
        }
        if (field == NULL) {
            return false;
        }
        char *place = (char *)message + field->offset;
        bool is_good;
        if (field->label == IMAGED_REPEATED) {
            is_good = json_get_list(arena, member, field, place);
        } else if (field->type == IMAGED_MESSAGE) {
            void *inner = imaged_arena_allocate(arena, field->message->size);
            is_good = inner != NULL && json_get_message(arena, member, field->message, inner);
            memcpy(place, &inner, sizeof inner);
        } else {
            is_good = json_get_value(arena, member, field, place);
        }
        if (!is_good) {
            return false;
        }
        if (field->label == IMAGED_OPTIONAL) {
            bool is_present = true;
            memcpy((char *)message + field->presence, &is_present, sizeof is_present);
        }
    }
    return true;
}

#endif
