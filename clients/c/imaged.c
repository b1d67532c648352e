/* imaged.c - the C client of imaged. imaged.h says how it is used, protocol/README.md how it
 * speaks.
 *
 * In this file, from top to bottom: memory, the tables of messages and operations, the codec that
 * they drive, frames, errors, and the client: streams, connections, the waiting threads; then
 * imaged_spawn.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2; what POSIX has is hidden by -std=c11 otherwise */
#endif

#include "imaged.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *imaged_library_version(void) {
    return IMAGED_VERSION;
}

int imaged_library_version_number(void) {
    return IMAGED_VERSION_NUMBER;
}

/* ------------------------------------------------------------------------------------- memory */

static imaged_allocator chosen(const imaged_allocator *allocator) {
    imaged_allocator none = {NULL, NULL, NULL};
    return allocator != NULL && allocator->allocate != NULL ? *allocator : none;
}

static void *take_memory(const imaged_allocator *allocator, size_t size) {
    if (allocator->allocate == NULL) {
        return malloc(size);
    }
    return allocator->allocate(allocator->context, size);
}

static void give_memory(const imaged_allocator *allocator, void *memory, size_t size) {
    if (memory == NULL) {
        return;
    }
    if (allocator->allocate == NULL) {
        free(memory);
    } else {
        allocator->release(allocator->context, memory, size);
    }
}

/* An arena's piece of memory; what it hands out lies behind. */
struct arena_block {
    struct arena_block *next;
    size_t size; /* this header included */
};

enum {
    ARENA_ALIGNMENT = _Alignof(max_align_t),
    ARENA_HEADER = (sizeof(struct arena_block) + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1),
    ARENA_FIRST = 1024,
    ARENA_MOST = 64 << 10
};

void imaged_arena_init(
    imaged_arena *arena, const imaged_allocator *allocator, void *buffer, size_t size) {
    memset(arena, 0, sizeof *arena);
    arena->allocator = chosen(allocator);
    arena->buffer = buffer;
    arena->buffer_size = buffer != NULL ? size : 0;
    arena->next = arena->buffer;
    arena->left = arena->buffer_size;
}

void imaged_arena_clear(imaged_arena *arena) {
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *next = block->next;
        give_memory(&arena->allocator, block, block->size);
        block = next;
    }
    arena->blocks = NULL;
    arena->next = arena->buffer;
    arena->left = arena->buffer_size;
    arena->used = 0;
}

/* Gets a block with room for `size` bytes; blocks double, up to ARENA_MOST. */
static bool arena_grow(imaged_arena *arena, size_t size) {
    struct arena_block *newest = arena->blocks;
    size_t room = newest == NULL ? ARENA_FIRST : newest->size - ARENA_HEADER;
    if (newest != NULL && room < ARENA_MOST) {
        room *= 2;
    }
    if (room > ARENA_MOST) {
        room = ARENA_MOST;
    }
    if (room < size) {
        room = size;
    }
    if (room > SIZE_MAX - ARENA_HEADER) {
        return false;
    }
    struct arena_block *block = take_memory(&arena->allocator, room + ARENA_HEADER);
    if (block == NULL) {
        return false;
    }
    block->next = newest;
    block->size = room + ARENA_HEADER;
    arena->blocks = block;
    arena->next = (unsigned char *)block + ARENA_HEADER;
    arena->left = room;
    return true;
}

/* `size` bytes, not zeroed. alignment: a power of two, at most ARENA_ALIGNMENT. */
static void *arena_take(imaged_arena *arena, size_t size, size_t alignment) {
    size_t limit = arena->limit != 0 ? arena->limit : IMAGED_ARENA_LIMIT;
    if (arena->used > limit || size > limit - arena->used) {
        return NULL;
    }
    size_t skipped = (size_t)(-(uintptr_t)arena->next & (alignment - 1));
    if (arena->next == NULL || skipped > arena->left || size > arena->left - skipped) {
        if (!arena_grow(arena, size)) {
            return NULL;
        }
        skipped = 0;
    }
    unsigned char *memory = arena->next + skipped;
    arena->next = memory + size;
    arena->left -= skipped + size;
    arena->used += size;
    return memory;
}

void *imaged_arena_allocate(imaged_arena *arena, size_t size) {
    void *memory = arena_take(arena, size, ARENA_ALIGNMENT);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

/* A copy with a NUL behind it; false: no memory, and the string is as it was. */
static bool arena_copy(imaged_arena *arena, const void *bytes, size_t size, imaged_string *string) {
    char *copy = size < SIZE_MAX ? arena_take(arena, size + 1, 1) : NULL;
    if (copy == NULL) {
        return false;
    }
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    copy[size] = 0;
    string->data = copy;
    string->length = size;
    return true;
}

/* ------------------------------------------------------------------------------------- tables
 *
 * A line is FIELD(message, name, number). The offset is taken through _Generic, so that a field
 * whose type here is not its type in imaged.h does not compile.
 */

#define OFFSET(owner, field, ctype) \
    (uint16_t) _Generic(((imaged_##owner *)0)->field, ctype: offsetof(imaged_##owner, field))
#define PLAIN(owner, field, number, ctype, type, label, message) \
    {#field, number, type, label, OFFSET(owner, field, ctype), 0, message}
#define OPTIONAL(owner, field, number, ctype, type) \
    {#field, number, type, IMAGED_OPTIONAL, OFFSET(owner, field, ctype), \
     OFFSET(owner, has_##field, bool), NULL}

#define STRING(o, f, n) PLAIN(o, f, n, imaged_string, IMAGED_TEXT, IMAGED_PLAIN, NULL)
#define BYTES(o, f, n) PLAIN(o, f, n, imaged_bytes, IMAGED_BINARY, IMAGED_PLAIN, NULL)
#define BOOL(o, f, n) PLAIN(o, f, n, bool, IMAGED_BOOL, IMAGED_PLAIN, NULL)
#define INT32(o, f, n) PLAIN(o, f, n, int32_t, IMAGED_INT32, IMAGED_PLAIN, NULL)
#define INT64(o, f, n) PLAIN(o, f, n, int64_t, IMAGED_INT64, IMAGED_PLAIN, NULL)
#define MESSAGE(o, f, n, m) \
    PLAIN(o, f, n, const imaged_##m *, IMAGED_MESSAGE, IMAGED_PLAIN, &m##_message)
#define STRINGS(o, f, n) PLAIN(o, f, n, imaged_string_list, IMAGED_TEXT, IMAGED_REPEATED, NULL)
#define MESSAGES(o, f, n, m) \
    PLAIN(o, f, n, imaged_##m##_list, IMAGED_MESSAGE, IMAGED_REPEATED, &m##_message)
#define OPTIONAL_STRING(o, f, n) OPTIONAL(o, f, n, imaged_string, IMAGED_TEXT)
#define OPTIONAL_BOOL(o, f, n) OPTIONAL(o, f, n, bool, IMAGED_BOOL)
#define OPTIONAL_INT32(o, f, n) OPTIONAL(o, f, n, int32_t, IMAGED_INT32)
#define OPTIONAL_INT64(o, f, n) OPTIONAL(o, f, n, int64_t, IMAGED_INT64)

#define DESCRIBE(m, name, is_envelope) \
    static const imaged_message m##_message = { \
        name, sizeof(imaged_##m), m##_fields, COUNT(m##_fields), is_envelope}
#define TABLE(m, name) DESCRIBE(m, name, false)
#define ENVELOPE(m, name) DESCRIBE(m, name, true)
#define EMPTY(m, name) \
    static const imaged_message m##_message = {name, sizeof(imaged_##m), NULL, 0, false}

static const imaged_field key_value_fields[] = {
    STRING(key_value, key, 1),
    STRING(key_value, value, 2),
};
ENVELOPE(key_value, "KeyValue");

static const imaged_field request_envelope_fields[] = {
    STRING(request_envelope, service, 1),
    STRING(request_envelope, method, 2),
    BYTES(request_envelope, payload, 3),
    INT64(request_envelope, timeout_nano, 4),
    MESSAGES(request_envelope, metadata, 5, key_value),
};
ENVELOPE(request_envelope, "Request");

static const imaged_field any_fields[] = {
    STRING(any, type_url, 1),
    BYTES(any, value, 2),
};
ENVELOPE(any, "Any");

static const imaged_field rpc_status_fields[] = {
    INT32(rpc_status, code, 1),
    STRING(rpc_status, message, 2),
    MESSAGES(rpc_status, details, 3, any),
};
ENVELOPE(rpc_status, "Status");

static const imaged_field response_envelope_fields[] = {
    MESSAGE(response_envelope, status, 1, rpc_status),
    BYTES(response_envelope, payload, 2),
};
ENVELOPE(response_envelope, "Response");

static const imaged_field error_detail_fields[] = {
    INT32(error_detail, http_status, 1),
    STRING(error_detail, code, 2),
    STRING(error_detail, message, 3),
    STRING(error_detail, request_id, 4),
    STRING(error_detail, parameter, 5),
    STRING(error_detail, hint, 6),
};
TABLE(error_detail, "Error");

static const imaged_field tag_fields[] = {
    STRING(tag, tag_key, 1),
    STRING(tag, tag_value, 2),
};
TABLE(tag, "Tag");

static const imaged_field image_features_fields[] = {
    STRING(image_features, imds_support, 1),
    STRING(image_features, nvme_support, 2),
    STRING(image_features, cpu_online_upgrade, 3),
    STRING(image_features, memory_online_upgrade, 4),
};
TABLE(image_features, "ImageFeatures");

static const imaged_field detection_item_fields[] = {
    STRING(detection_item, name, 1),
    STRING(detection_item, value, 2),
    STRING(detection_item, risk_code, 3),
    STRING(detection_item, risk_level, 4),
};
TABLE(detection_item, "DetectionItem");

static const imaged_field detection_options_fields[] = {
    STRING(detection_options, status, 1),
    MESSAGES(detection_options, items, 2, detection_item),
};
TABLE(detection_options, "DetectionOptions");

static const imaged_field image_disk_fields[] = {
    STRING(image_disk, snapshot_id, 1),
    STRING(image_disk, size, 2),
    STRING(image_disk, device, 3),
    STRING(image_disk, type, 4),
    STRING(image_disk, format, 5),
    STRING(image_disk, progress, 6),
    INT32(image_disk, remain_time, 7),
    BOOL(image_disk, encrypted, 8),
    STRING(image_disk, import_oss_bucket, 9),
    STRING(image_disk, import_oss_object, 10),
};
TABLE(image_disk, "ImageDisk");

static const imaged_field secure_boot_options_fields[] = {
    STRING(secure_boot_options, secure_boot_support, 1),
};
TABLE(secure_boot_options, "SecureBootOptions");

static const imaged_field image_fields[] = {
    STRING(image, image_id, 1),
    STRING(image, image_name, 2),
    STRING(image, image_family, 3),
    STRING(image, image_version, 4),
    STRING(image, description, 5),
    STRING(image, status, 6),
    BOOL(image, usable, 7),
    STRING(image, progress, 8),
    STRING(image, creation_time, 9),
    INT32(image, size, 10),
    STRING(image, architecture, 11),
    STRING(image, platform, 12),
    STRING(image, boot_mode, 13),
    STRING(image, os_type, 14),
    STRING(image, os_name, 15),
    STRING(image, os_name_en, 16),
    STRING(image, image_owner_alias, 17),
    STRING(image, image_owner_id, 18),
    BOOL(image, is_copied, 19),
    BOOL(image, is_public, 20),
    STRING(image, is_self_shared, 21),
    BOOL(image, is_subscribed, 22),
    BOOL(image, is_support_cloudinit, 23),
    BOOL(image, is_support_io_optimized, 24),
    BOOL(image, login_as_non_root_supported, 25),
    STRING(image, product_code, 26),
    STRING(image, resource_group_id, 27),
    STRING(image, license_type, 28),
    STRING(image, supplier_name, 29),
    STRING(image, usage, 30),
    MESSAGE(image, features, 31, image_features),
    MESSAGE(image, detection_options, 32, detection_options),
    MESSAGES(image, disk_device_mappings, 33, image_disk),
    MESSAGES(image, tags, 34, tag),
    MESSAGE(image, secure_boot_options, 35, secure_boot_options),
    STRING(image, failure_reason, 1000),
};
TABLE(image, "Image");

static const imaged_field snapshot_fields[] = {
    STRING(snapshot, snapshot_id, 1),
    STRING(snapshot, snapshot_name, 2),
    STRING(snapshot, description, 3),
    STRING(snapshot, status, 4),
    STRING(snapshot, progress, 5),
    INT32(snapshot, remain_time, 6),
    STRING(snapshot, creation_time, 7),
    STRING(snapshot, last_modified_time, 8),
    STRING(snapshot, source_disk_id, 9),
    STRING(snapshot, source_disk_size, 10),
    STRING(snapshot, source_disk_type, 11),
    STRING(snapshot, category, 12),
    STRING(snapshot, snapshot_type, 13),
    STRING(snapshot, usage, 14),
    BOOL(snapshot, encrypted, 15),
    STRING(snapshot, kms_key_id, 16),
    STRING(snapshot, region_id, 17),
    STRING(snapshot, resource_group_id, 18),
    INT32(snapshot, retention_days, 19),
    BOOL(snapshot, available, 20),
    BOOL(snapshot, instant_access, 21),
    STRING(snapshot, product_code, 22),
    STRING(snapshot, snapshot_link_id, 23),
    STRING(snapshot, snapshot_sn, 24),
    MESSAGES(snapshot, tags, 25, tag),
    INT64(snapshot, full_snapshot_size_in_bytes, 26),
    INT64(snapshot, size_bytes, 1000),
    STRING(snapshot, consistency, 1001),
    STRING(snapshot, failure_reason, 1002),
    INT64(snapshot, stored_bytes, 1003),
    STRING(snapshot, damage, 1004),
};
TABLE(snapshot, "Snapshot");

static const imaged_field operation_lock_fields[] = {
    STRING(operation_lock, lock_reason, 1),
    STRING(operation_lock, lock_msg, 2),
};
TABLE(operation_lock, "OperationLock");

static const imaged_field hibernation_options_fields[] = {
    BOOL(hibernation_options, configured, 1),
};
TABLE(hibernation_options, "HibernationOptions");

static const imaged_field instance_fields[] = {
    STRING(instance, instance_id, 1),
    STRING(instance, instance_name, 2),
    STRING(instance, status, 3),
    STRING(instance, region_id, 4),
    STRING(instance, zone_id, 5),
    STRING(instance, image_id, 6),
    STRING(instance, instance_type, 7),
    STRING(instance, creation_time, 8),
    STRING(instance, start_time, 9),
    MESSAGES(instance, operation_locks, 10, operation_lock),
    MESSAGE(instance, hibernation_options, 11, hibernation_options),
    STRING(instance, resource_group_id, 12),
    MESSAGES(instance, tags, 13, tag),
};
TABLE(instance, "Instance");

static const imaged_field disk_fields[] = {
    STRING(disk, disk_id, 1),
    STRING(disk, disk_name, 2),
    STRING(disk, type, 3),
    STRING(disk, status, 4),
    STRING(disk, category, 5),
    INT32(disk, size, 6),
    STRING(disk, device, 7),
    STRING(disk, instance_id, 8),
    STRING(disk, image_id, 9),
    STRING(disk, source_snapshot_id, 10),
    STRING(disk, attached_time, 11),
    STRING(disk, detached_time, 12),
    BOOL(disk, delete_with_instance, 13),
    BOOL(disk, encrypted, 14),
    STRING(disk, kms_key_id, 15),
    BOOL(disk, portable, 16),
    STRING(disk, zone_id, 17),
    STRING(disk, region_id, 18),
    STRING(disk, creation_time, 19),
    MESSAGES(disk, tags, 20, tag),
    STRING(disk, description, 21),
    STRING(disk, resource_group_id, 22),
    STRING(disk, path, 1000),
    INT64(disk, size_bytes, 1001),
};
TABLE(disk, "Disk");

static const imaged_field disk_device_mapping_fields[] = {
    STRING(disk_device_mapping, snapshot_id, 1),
    OPTIONAL_INT32(disk_device_mapping, size, 2),
    STRING(disk_device_mapping, device, 3),
    STRING(disk_device_mapping, disk_type, 4),
};
TABLE(disk_device_mapping, "DiskDeviceMapping");

static const imaged_field request_tag_fields[] = {
    STRING(request_tag, key, 1),
    OPTIONAL_STRING(request_tag, value, 2),
    STRING(request_tag, legacy_key, 3),
    OPTIONAL_STRING(request_tag, legacy_value, 4),
};
TABLE(request_tag, "RequestTag");

static const imaged_field image_request_features_fields[] = {
    STRING(image_request_features, imds_support, 1),
};
TABLE(image_request_features, "ImageRequestFeatures");

static const imaged_field create_image_request_fields[] = {
    STRING(create_image_request, region_id, 1),
    STRING(create_image_request, instance_id, 2),
    STRING(create_image_request, snapshot_id, 3),
    STRING(create_image_request, image_name, 4),
    STRING(create_image_request, image_family, 5),
    STRING(create_image_request, image_version, 6),
    STRING(create_image_request, description, 7),
    STRING(create_image_request, platform, 8),
    STRING(create_image_request, boot_mode, 9),
    STRING(create_image_request, architecture, 10),
    STRING(create_image_request, client_token, 11),
    STRING(create_image_request, resource_group_id, 12),
    MESSAGES(create_image_request, disk_device_mapping, 13, disk_device_mapping),
    MESSAGES(create_image_request, tag, 14, request_tag),
    STRING(create_image_request, detection_strategy, 15),
    MESSAGE(create_image_request, features, 16, image_request_features),
    OPTIONAL_BOOL(create_image_request, dry_run, 17),
    OPTIONAL_BOOL(create_image_request, allow_live, 1000),
};
TABLE(create_image_request, "CreateImageRequest");

static const imaged_field create_image_response_fields[] = {
    STRING(create_image_response, request_id, 1),
    STRING(create_image_response, image_id, 2),
};
TABLE(create_image_response, "CreateImageResponse");

static const imaged_field filter_fields[] = {
    STRING(filter, key, 1),
    STRING(filter, value, 2),
};
TABLE(filter, "Filter");

static const imaged_field describe_images_request_fields[] = {
    STRING(describe_images_request, region_id, 1),
    STRING(describe_images_request, image_id, 2),
    STRING(describe_images_request, image_name, 3),
    STRING(describe_images_request, image_family, 4),
    STRING(describe_images_request, snapshot_id, 5),
    STRING(describe_images_request, status, 6),
    OPTIONAL_BOOL(describe_images_request, usable, 7),
    STRING(describe_images_request, image_owner_alias, 8),
    STRING(describe_images_request, architecture, 9),
    STRING(describe_images_request, os_type, 10),
    STRING(describe_images_request, resource_group_id, 11),
    MESSAGES(describe_images_request, tag, 12, request_tag),
    OPTIONAL_INT32(describe_images_request, page_number, 13),
    OPTIONAL_INT32(describe_images_request, page_size, 14),
    STRING(describe_images_request, usage, 15),
    STRING(describe_images_request, action_type, 16),
    STRING(describe_images_request, instance_type, 17),
    OPTIONAL_BOOL(describe_images_request, is_support_cloudinit, 18),
    OPTIONAL_BOOL(describe_images_request, is_support_io_optimized, 19),
    OPTIONAL_BOOL(describe_images_request, show_expired, 20),
    MESSAGES(describe_images_request, filter, 21, filter),
    OPTIONAL_BOOL(describe_images_request, dry_run, 22),
};
TABLE(describe_images_request, "DescribeImagesRequest");

static const imaged_field describe_images_response_fields[] = {
    STRING(describe_images_response, request_id, 1),
    MESSAGES(describe_images_response, images, 2, image),
    INT32(describe_images_response, total_count, 3),
    INT32(describe_images_response, page_number, 4),
    INT32(describe_images_response, page_size, 5),
    STRING(describe_images_response, region_id, 6),
};
TABLE(describe_images_response, "DescribeImagesResponse");

static const imaged_field describe_image_from_family_request_fields[] = {
    STRING(describe_image_from_family_request, region_id, 1),
    STRING(describe_image_from_family_request, image_family, 2),
};
TABLE(describe_image_from_family_request, "DescribeImageFromFamilyRequest");

static const imaged_field describe_image_from_family_response_fields[] = {
    STRING(describe_image_from_family_response, request_id, 1),
    MESSAGE(describe_image_from_family_response, image, 2, image),
};
TABLE(describe_image_from_family_response, "DescribeImageFromFamilyResponse");

static const imaged_field delete_image_request_fields[] = {
    STRING(delete_image_request, region_id, 1),
    STRING(delete_image_request, image_id, 2),
    OPTIONAL_BOOL(delete_image_request, force, 3),
    OPTIONAL_BOOL(delete_image_request, dry_run, 4),
};
TABLE(delete_image_request, "DeleteImageRequest");

static const imaged_field delete_image_response_fields[] = {
    STRING(delete_image_response, request_id, 1),
};
TABLE(delete_image_response, "DeleteImageResponse");

static const imaged_field modify_image_attribute_request_fields[] = {
    STRING(modify_image_attribute_request, region_id, 1),
    STRING(modify_image_attribute_request, image_id, 2),
    STRING(modify_image_attribute_request, image_name, 3),
    STRING(modify_image_attribute_request, image_family, 4),
    STRING(modify_image_attribute_request, description, 5),
    STRING(modify_image_attribute_request, status, 6),
    STRING(modify_image_attribute_request, boot_mode, 7),
    MESSAGE(modify_image_attribute_request, features, 8, image_features),
    STRING(modify_image_attribute_request, license_type, 9),
    OPTIONAL_BOOL(modify_image_attribute_request, dry_run, 10),
};
TABLE(modify_image_attribute_request, "ModifyImageAttributeRequest");

static const imaged_field modify_image_attribute_response_fields[] = {
    STRING(modify_image_attribute_response, request_id, 1),
};
TABLE(modify_image_attribute_response, "ModifyImageAttributeResponse");

static const imaged_field copy_image_request_fields[] = {
    STRING(copy_image_request, region_id, 1),
    STRING(copy_image_request, image_id, 2),
    STRING(copy_image_request, destination_region_id, 3),
    STRING(copy_image_request, destination_image_name, 4),
    STRING(copy_image_request, destination_description, 5),
    OPTIONAL_BOOL(copy_image_request, encrypted, 6),
    STRING(copy_image_request, kms_key_id, 7),
    STRING(copy_image_request, resource_group_id, 8),
    STRING(copy_image_request, client_token, 9),
    MESSAGES(copy_image_request, tag, 10, request_tag),
    OPTIONAL_BOOL(copy_image_request, dry_run, 11),
};
TABLE(copy_image_request, "CopyImageRequest");

static const imaged_field copy_image_response_fields[] = {
    STRING(copy_image_response, request_id, 1),
    STRING(copy_image_response, image_id, 2),
};
TABLE(copy_image_response, "CopyImageResponse");

static const imaged_field cancel_copy_image_request_fields[] = {
    STRING(cancel_copy_image_request, region_id, 1),
    STRING(cancel_copy_image_request, image_id, 2),
};
TABLE(cancel_copy_image_request, "CancelCopyImageRequest");

static const imaged_field cancel_copy_image_response_fields[] = {
    STRING(cancel_copy_image_response, request_id, 1),
};
TABLE(cancel_copy_image_response, "CancelCopyImageResponse");

static const imaged_field modify_image_share_permission_request_fields[] = {
    STRING(modify_image_share_permission_request, region_id, 1),
    STRING(modify_image_share_permission_request, image_id, 2),
    STRINGS(modify_image_share_permission_request, add_account, 3),
    STRINGS(modify_image_share_permission_request, remove_account, 4),
    OPTIONAL_BOOL(modify_image_share_permission_request, is_public, 5),
};
TABLE(modify_image_share_permission_request, "ModifyImageSharePermissionRequest");

static const imaged_field modify_image_share_permission_response_fields[] = {
    STRING(modify_image_share_permission_response, request_id, 1),
};
TABLE(modify_image_share_permission_response, "ModifyImageSharePermissionResponse");

static const imaged_field describe_image_share_permission_request_fields[] = {
    STRING(describe_image_share_permission_request, region_id, 1),
    STRING(describe_image_share_permission_request, image_id, 2),
    OPTIONAL_INT32(describe_image_share_permission_request, page_number, 3),
    OPTIONAL_INT32(describe_image_share_permission_request, page_size, 4),
};
TABLE(describe_image_share_permission_request, "DescribeImageSharePermissionRequest");

static const imaged_field share_account_fields[] = {
    STRING(share_account, aliyun_id, 1),
};
TABLE(share_account, "ShareAccount");

static const imaged_field describe_image_share_permission_response_fields[] = {
    STRING(describe_image_share_permission_response, request_id, 1),
    MESSAGES(describe_image_share_permission_response, accounts, 2, share_account),
    INT32(describe_image_share_permission_response, total_count, 3),
    INT32(describe_image_share_permission_response, page_number, 4),
    INT32(describe_image_share_permission_response, page_size, 5),
    STRING(describe_image_share_permission_response, region_id, 6),
    STRING(describe_image_share_permission_response, image_id, 7),
};
TABLE(describe_image_share_permission_response, "DescribeImageSharePermissionResponse");

static const imaged_field export_image_request_fields[] = {
    STRING(export_image_request, region_id, 1),
    STRING(export_image_request, image_id, 2),
    STRING(export_image_request, oss_bucket, 3),
    STRING(export_image_request, oss_prefix, 4),
    STRING(export_image_request, device, 1000),
    STRING(export_image_request, path, 1001),
};
TABLE(export_image_request, "ExportImageRequest");

static const imaged_field export_image_response_fields[] = {
    STRING(export_image_response, request_id, 1),
    STRING(export_image_response, task_id, 2),
    INT64(export_image_response, size_bytes, 1000),
    INT64(export_image_response, stored_bytes, 1001),
};
TABLE(export_image_response, "ExportImageResponse");

static const imaged_field create_snapshot_request_fields[] = {
    STRING(create_snapshot_request, disk_id, 1),
    STRING(create_snapshot_request, snapshot_name, 2),
    STRING(create_snapshot_request, description, 3),
    OPTIONAL_INT32(create_snapshot_request, retention_days, 4),
    STRING(create_snapshot_request, category, 5),
    OPTIONAL_BOOL(create_snapshot_request, instant_access, 6),
    STRING(create_snapshot_request, resource_group_id, 7),
    STRING(create_snapshot_request, client_token, 8),
    MESSAGES(create_snapshot_request, tag, 9, request_tag),
    OPTIONAL_BOOL(create_snapshot_request, allow_live, 1000),
};
TABLE(create_snapshot_request, "CreateSnapshotRequest");

static const imaged_field create_snapshot_response_fields[] = {
    STRING(create_snapshot_response, request_id, 1),
    STRING(create_snapshot_response, snapshot_id, 2),
};
TABLE(create_snapshot_response, "CreateSnapshotResponse");

static const imaged_field describe_snapshots_request_fields[] = {
    STRING(describe_snapshots_request, region_id, 1),
    STRINGS(describe_snapshots_request, snapshot_ids, 2),
    STRING(describe_snapshots_request, disk_id, 3),
    STRING(describe_snapshots_request, instance_id, 4),
    STRING(describe_snapshots_request, snapshot_name, 5),
    STRING(describe_snapshots_request, status, 6),
    STRING(describe_snapshots_request, snapshot_type, 7),
    STRING(describe_snapshots_request, source_disk_type, 8),
    STRING(describe_snapshots_request, usage, 9),
    STRING(describe_snapshots_request, category, 10),
    OPTIONAL_BOOL(describe_snapshots_request, encrypted, 11),
    STRING(describe_snapshots_request, resource_group_id, 12),
    MESSAGES(describe_snapshots_request, tag, 13, request_tag),
    STRING(describe_snapshots_request, next_token, 14),
    OPTIONAL_INT32(describe_snapshots_request, max_results, 15),
    OPTIONAL_INT32(describe_snapshots_request, page_number, 16),
    OPTIONAL_INT32(describe_snapshots_request, page_size, 17),
    MESSAGES(describe_snapshots_request, filter, 18, filter),
    OPTIONAL_BOOL(describe_snapshots_request, dry_run, 19),
};
TABLE(describe_snapshots_request, "DescribeSnapshotsRequest");

static const imaged_field describe_snapshots_response_fields[] = {
    STRING(describe_snapshots_response, request_id, 1),
    MESSAGES(describe_snapshots_response, snapshots, 2, snapshot),
    STRING(describe_snapshots_response, next_token, 3),
    INT32(describe_snapshots_response, total_count, 4),
    INT32(describe_snapshots_response, page_number, 5),
    INT32(describe_snapshots_response, page_size, 6),
};
TABLE(describe_snapshots_response, "DescribeSnapshotsResponse");

static const imaged_field delete_snapshot_request_fields[] = {
    STRING(delete_snapshot_request, snapshot_id, 1),
    OPTIONAL_BOOL(delete_snapshot_request, force, 2),
};
TABLE(delete_snapshot_request, "DeleteSnapshotRequest");

static const imaged_field delete_snapshot_response_fields[] = {
    STRING(delete_snapshot_response, request_id, 1),
};
TABLE(delete_snapshot_response, "DeleteSnapshotResponse");

static const imaged_field modify_snapshot_attribute_request_fields[] = {
    STRING(modify_snapshot_attribute_request, snapshot_id, 1),
    STRING(modify_snapshot_attribute_request, snapshot_name, 2),
    STRING(modify_snapshot_attribute_request, description, 3),
    OPTIONAL_INT32(modify_snapshot_attribute_request, retention_days, 4),
};
TABLE(modify_snapshot_attribute_request, "ModifySnapshotAttributeRequest");

static const imaged_field modify_snapshot_attribute_response_fields[] = {
    STRING(modify_snapshot_attribute_response, request_id, 1),
};
TABLE(modify_snapshot_attribute_response, "ModifySnapshotAttributeResponse");

static const imaged_field registered_disk_fields[] = {
    STRING(registered_disk, path, 1),
    STRING(registered_disk, format, 2),
    STRING(registered_disk, type, 3),
    STRING(registered_disk, category, 4),
    STRING(registered_disk, device, 5),
    OPTIONAL_INT32(registered_disk, size, 6),
};
TABLE(registered_disk, "RegisteredDisk");

static const imaged_field register_instance_request_fields[] = {
    STRING(register_instance_request, region_id, 1),
    STRING(register_instance_request, instance_name, 2),
    STRING(register_instance_request, status, 3),
    STRING(register_instance_request, platform, 4),
    STRING(register_instance_request, architecture, 5),
    STRING(register_instance_request, boot_mode, 6),
    MESSAGES(register_instance_request, disk, 7, registered_disk),
    MESSAGES(register_instance_request, tag, 8, request_tag),
    STRING(register_instance_request, client_token, 9),
};
TABLE(register_instance_request, "RegisterInstanceRequest");

static const imaged_field register_instance_response_fields[] = {
    STRING(register_instance_response, request_id, 1),
    STRING(register_instance_response, instance_id, 2),
    STRINGS(register_instance_response, disk_ids, 3),
};
TABLE(register_instance_response, "RegisterInstanceResponse");

static const imaged_field system_disk_fields[] = {
    STRING(system_disk, category, 1),
    OPTIONAL_INT32(system_disk, size, 2),
    STRING(system_disk, disk_name, 3),
    STRING(system_disk, description, 4),
    OPTIONAL_BOOL(system_disk, encrypted, 5),
    STRING(system_disk, kms_key_id, 6),
};
TABLE(system_disk, "SystemDisk");

static const imaged_field data_disk_fields[] = {
    STRING(data_disk, category, 1),
    OPTIONAL_INT32(data_disk, size, 2),
    STRING(data_disk, snapshot_id, 3),
    STRING(data_disk, disk_name, 4),
    STRING(data_disk, device, 5),
    OPTIONAL_BOOL(data_disk, delete_with_instance, 6),
    OPTIONAL_BOOL(data_disk, encrypted, 7),
    STRING(data_disk, kms_key_id, 8),
    STRING(data_disk, description, 9),
};
TABLE(data_disk, "DataDisk");

static const imaged_field disk_path_fields[] = {
    STRING(disk_path, device, 1),
    STRING(disk_path, path, 2),
};
TABLE(disk_path, "DiskPath");

static const imaged_field run_instances_request_fields[] = {
    STRING(run_instances_request, region_id, 1),
    STRING(run_instances_request, image_id, 2),
    STRING(run_instances_request, image_family, 3),
    STRING(run_instances_request, instance_type, 4),
    STRING(run_instances_request, instance_name, 5),
    OPTIONAL_INT32(run_instances_request, amount, 6),
    STRING(run_instances_request, zone_id, 7),
    STRING(run_instances_request, security_group_id, 8),
    STRING(run_instances_request, v_switch_id, 9),
    MESSAGE(run_instances_request, system_disk, 10, system_disk),
    MESSAGES(run_instances_request, data_disk, 11, data_disk),
    STRING(run_instances_request, client_token, 12),
    MESSAGES(run_instances_request, tag, 13, request_tag),
    OPTIONAL_BOOL(run_instances_request, dry_run, 14),
    STRING(run_instances_request, http_tokens, 15),
    STRING(run_instances_request, resource_group_id, 16),
    MESSAGE(run_instances_request, hibernation_options, 17, hibernation_options),
    MESSAGES(run_instances_request, disk_path, 1000, disk_path),
};
TABLE(run_instances_request, "RunInstancesRequest");

static const imaged_field run_instances_response_fields[] = {
    STRING(run_instances_response, request_id, 1),
    STRINGS(run_instances_response, instance_id_sets, 2),
};
TABLE(run_instances_response, "RunInstancesResponse");

static const imaged_field describe_instances_request_fields[] = {
    STRING(describe_instances_request, region_id, 1),
    STRINGS(describe_instances_request, instance_ids, 2),
    STRING(describe_instances_request, status, 3),
    STRING(describe_instances_request, image_id, 4),
    STRING(describe_instances_request, zone_id, 5),
    MESSAGES(describe_instances_request, tag, 6, request_tag),
    STRING(describe_instances_request, next_token, 7),
    OPTIONAL_INT32(describe_instances_request, max_results, 8),
    OPTIONAL_INT32(describe_instances_request, page_number, 9),
    OPTIONAL_INT32(describe_instances_request, page_size, 10),
    STRING(describe_instances_request, instance_name, 11),
    STRING(describe_instances_request, resource_group_id, 12),
};
TABLE(describe_instances_request, "DescribeInstancesRequest");

static const imaged_field describe_instances_response_fields[] = {
    STRING(describe_instances_response, request_id, 1),
    MESSAGES(describe_instances_response, instances, 2, instance),
    STRING(describe_instances_response, next_token, 3),
    INT32(describe_instances_response, total_count, 4),
    INT32(describe_instances_response, page_number, 5),
    INT32(describe_instances_response, page_size, 6),
};
TABLE(describe_instances_response, "DescribeInstancesResponse");

static const imaged_field describe_instance_status_request_fields[] = {
    STRING(describe_instance_status_request, region_id, 1),
    STRINGS(describe_instance_status_request, instance_id, 2),
    STRING(describe_instance_status_request, zone_id, 3),
    OPTIONAL_INT32(describe_instance_status_request, page_number, 4),
    OPTIONAL_INT32(describe_instance_status_request, page_size, 5),
};
TABLE(describe_instance_status_request, "DescribeInstanceStatusRequest");

static const imaged_field instance_status_fields[] = {
    STRING(instance_status, instance_id, 1),
    STRING(instance_status, status, 2),
};
TABLE(instance_status, "InstanceStatus");

static const imaged_field describe_instance_status_response_fields[] = {
    STRING(describe_instance_status_response, request_id, 1),
    MESSAGES(describe_instance_status_response, instance_statuses, 2, instance_status),
    INT32(describe_instance_status_response, total_count, 3),
    INT32(describe_instance_status_response, page_number, 4),
    INT32(describe_instance_status_response, page_size, 5),
};
TABLE(describe_instance_status_response, "DescribeInstanceStatusResponse");

static const imaged_field start_instance_request_fields[] = {
    STRING(start_instance_request, instance_id, 1),
    OPTIONAL_BOOL(start_instance_request, dry_run, 2),
};
TABLE(start_instance_request, "StartInstanceRequest");

static const imaged_field start_instance_response_fields[] = {
    STRING(start_instance_response, request_id, 1),
};
TABLE(start_instance_response, "StartInstanceResponse");

static const imaged_field start_instances_request_fields[] = {
    STRING(start_instances_request, region_id, 1),
    STRINGS(start_instances_request, instance_id, 2),
    STRING(start_instances_request, batch_optimization, 3),
    OPTIONAL_BOOL(start_instances_request, dry_run, 4),
};
TABLE(start_instances_request, "StartInstancesRequest");

static const imaged_field instance_response_fields[] = {
    STRING(instance_response, instance_id, 1),
    STRING(instance_response, code, 2),
    STRING(instance_response, message, 3),
    STRING(instance_response, previous_status, 4),
    STRING(instance_response, current_status, 5),
};
TABLE(instance_response, "InstanceResponse");

static const imaged_field start_instances_response_fields[] = {
    STRING(start_instances_response, request_id, 1),
    MESSAGES(start_instances_response, instance_responses, 2, instance_response),
};
TABLE(start_instances_response, "StartInstancesResponse");

static const imaged_field stop_instance_request_fields[] = {
    STRING(stop_instance_request, instance_id, 1),
    OPTIONAL_BOOL(stop_instance_request, force_stop, 2),
    STRING(stop_instance_request, stopped_mode, 3),
    OPTIONAL_BOOL(stop_instance_request, hibernate, 4),
    OPTIONAL_BOOL(stop_instance_request, dry_run, 5),
};
TABLE(stop_instance_request, "StopInstanceRequest");

static const imaged_field stop_instance_response_fields[] = {
    STRING(stop_instance_response, request_id, 1),
};
TABLE(stop_instance_response, "StopInstanceResponse");

static const imaged_field stop_instances_request_fields[] = {
    STRING(stop_instances_request, region_id, 1),
    STRINGS(stop_instances_request, instance_id, 2),
    OPTIONAL_BOOL(stop_instances_request, force_stop, 3),
    STRING(stop_instances_request, stopped_mode, 4),
    STRING(stop_instances_request, batch_optimization, 5),
    OPTIONAL_BOOL(stop_instances_request, hibernate, 6),
    OPTIONAL_BOOL(stop_instances_request, dry_run, 7),
};
TABLE(stop_instances_request, "StopInstancesRequest");

static const imaged_field stop_instances_response_fields[] = {
    STRING(stop_instances_response, request_id, 1),
    MESSAGES(stop_instances_response, instance_responses, 2, instance_response),
};
TABLE(stop_instances_response, "StopInstancesResponse");

static const imaged_field delete_instance_request_fields[] = {
    STRING(delete_instance_request, instance_id, 1),
    OPTIONAL_BOOL(delete_instance_request, force, 2),
    STRING(delete_instance_request, client_token, 3),
    OPTIONAL_BOOL(delete_instance_request, dry_run, 4),
};
TABLE(delete_instance_request, "DeleteInstanceRequest");

static const imaged_field delete_instance_response_fields[] = {
    STRING(delete_instance_response, request_id, 1),
};
TABLE(delete_instance_response, "DeleteInstanceResponse");

static const imaged_field delete_instances_request_fields[] = {
    STRING(delete_instances_request, region_id, 1),
    STRINGS(delete_instances_request, instance_id, 2),
    OPTIONAL_BOOL(delete_instances_request, force, 3),
    STRING(delete_instances_request, client_token, 4),
    OPTIONAL_BOOL(delete_instances_request, dry_run, 5),
};
TABLE(delete_instances_request, "DeleteInstancesRequest");

static const imaged_field delete_instances_response_fields[] = {
    STRING(delete_instances_response, request_id, 1),
};
TABLE(delete_instances_response, "DeleteInstancesResponse");

static const imaged_field replace_system_disk_request_fields[] = {
    STRING(replace_system_disk_request, instance_id, 1),
    STRING(replace_system_disk_request, image_id, 2),
    MESSAGE(replace_system_disk_request, system_disk, 3, system_disk),
    STRING(replace_system_disk_request, client_token, 4),
    OPTIONAL_BOOL(replace_system_disk_request, encrypted, 5),
    STRING(replace_system_disk_request, kms_key_id, 6),
    STRING(replace_system_disk_request, path, 1000),
};
TABLE(replace_system_disk_request, "ReplaceSystemDiskRequest");

static const imaged_field replace_system_disk_response_fields[] = {
    STRING(replace_system_disk_response, request_id, 1),
    STRING(replace_system_disk_response, disk_id, 2),
};
TABLE(replace_system_disk_response, "ReplaceSystemDiskResponse");

static const imaged_field create_disk_request_fields[] = {
    STRING(create_disk_request, region_id, 1),
    STRING(create_disk_request, zone_id, 2),
    STRING(create_disk_request, instance_id, 3),
    OPTIONAL_INT32(create_disk_request, size, 4),
    STRING(create_disk_request, disk_category, 5),
    STRING(create_disk_request, snapshot_id, 6),
    STRING(create_disk_request, disk_name, 7),
    OPTIONAL_BOOL(create_disk_request, encrypted, 8),
    STRING(create_disk_request, kms_key_id, 9),
    STRING(create_disk_request, client_token, 10),
    MESSAGES(create_disk_request, tag, 11, request_tag),
    STRING(create_disk_request, description, 12),
    STRING(create_disk_request, resource_group_id, 13),
    STRING(create_disk_request, path, 1000),
};
TABLE(create_disk_request, "CreateDiskRequest");

static const imaged_field create_disk_response_fields[] = {
    STRING(create_disk_response, request_id, 1),
    STRING(create_disk_response, disk_id, 2),
};
TABLE(create_disk_response, "CreateDiskResponse");

static const imaged_field attach_disk_request_fields[] = {
    STRING(attach_disk_request, instance_id, 1),
    STRING(attach_disk_request, disk_id, 2),
    STRING(attach_disk_request, device, 3),
    OPTIONAL_BOOL(attach_disk_request, delete_with_instance, 4),
    OPTIONAL_BOOL(attach_disk_request, bootable, 5),
};
TABLE(attach_disk_request, "AttachDiskRequest");

static const imaged_field attach_disk_response_fields[] = {
    STRING(attach_disk_response, request_id, 1),
};
TABLE(attach_disk_response, "AttachDiskResponse");

static const imaged_field detach_disk_request_fields[] = {
    STRING(detach_disk_request, instance_id, 1),
    STRING(detach_disk_request, disk_id, 2),
    OPTIONAL_BOOL(detach_disk_request, delete_with_instance, 3),
};
TABLE(detach_disk_request, "DetachDiskRequest");

static const imaged_field detach_disk_response_fields[] = {
    STRING(detach_disk_response, request_id, 1),
};
TABLE(detach_disk_response, "DetachDiskResponse");

static const imaged_field delete_disk_request_fields[] = {
    STRING(delete_disk_request, disk_id, 1),
};
TABLE(delete_disk_request, "DeleteDiskRequest");

static const imaged_field delete_disk_response_fields[] = {
    STRING(delete_disk_response, request_id, 1),
};
TABLE(delete_disk_response, "DeleteDiskResponse");

static const imaged_field describe_disks_request_fields[] = {
    STRING(describe_disks_request, region_id, 1),
    STRING(describe_disks_request, instance_id, 2),
    STRINGS(describe_disks_request, disk_ids, 3),
    STRING(describe_disks_request, disk_type, 4),
    STRING(describe_disks_request, category, 5),
    STRING(describe_disks_request, status, 6),
    STRING(describe_disks_request, zone_id, 7),
    STRING(describe_disks_request, snapshot_id, 8),
    MESSAGES(describe_disks_request, tag, 9, request_tag),
    STRING(describe_disks_request, next_token, 10),
    OPTIONAL_INT32(describe_disks_request, max_results, 11),
    OPTIONAL_INT32(describe_disks_request, page_number, 12),
    OPTIONAL_INT32(describe_disks_request, page_size, 13),
};
TABLE(describe_disks_request, "DescribeDisksRequest");

static const imaged_field describe_disks_response_fields[] = {
    STRING(describe_disks_response, request_id, 1),
    MESSAGES(describe_disks_response, disks, 2, disk),
    STRING(describe_disks_response, next_token, 3),
    INT32(describe_disks_response, total_count, 4),
    INT32(describe_disks_response, page_number, 5),
    INT32(describe_disks_response, page_size, 6),
};
TABLE(describe_disks_response, "DescribeDisksResponse");

static const imaged_field tag_resources_request_fields[] = {
    STRING(tag_resources_request, region_id, 1),
    STRING(tag_resources_request, resource_type, 2),
    STRINGS(tag_resources_request, resource_id, 3),
    MESSAGES(tag_resources_request, tag, 4, request_tag),
};
TABLE(tag_resources_request, "TagResourcesRequest");

static const imaged_field tag_resources_response_fields[] = {
    STRING(tag_resources_response, request_id, 1),
};
TABLE(tag_resources_response, "TagResourcesResponse");

static const imaged_field untag_resources_request_fields[] = {
    STRING(untag_resources_request, region_id, 1),
    STRING(untag_resources_request, resource_type, 2),
    STRINGS(untag_resources_request, resource_id, 3),
    STRINGS(untag_resources_request, tag_key, 4),
    OPTIONAL_BOOL(untag_resources_request, all, 5),
};
TABLE(untag_resources_request, "UntagResourcesRequest");

static const imaged_field untag_resources_response_fields[] = {
    STRING(untag_resources_response, request_id, 1),
};
TABLE(untag_resources_response, "UntagResourcesResponse");

static const imaged_field tag_filter_fields[] = {
    STRING(tag_filter, tag_key, 1),
    STRINGS(tag_filter, tag_values, 2),
};
TABLE(tag_filter, "TagFilter");

static const imaged_field list_tag_resources_request_fields[] = {
    STRING(list_tag_resources_request, region_id, 1),
    STRING(list_tag_resources_request, resource_type, 2),
    STRINGS(list_tag_resources_request, resource_id, 3),
    MESSAGES(list_tag_resources_request, tag, 4, request_tag),
    MESSAGES(list_tag_resources_request, tag_filter, 5, tag_filter),
    STRING(list_tag_resources_request, next_token, 6),
};
TABLE(list_tag_resources_request, "ListTagResourcesRequest");

static const imaged_field tag_resource_fields[] = {
    STRING(tag_resource, resource_id, 1),
    STRING(tag_resource, resource_type, 2),
    STRING(tag_resource, tag_key, 3),
    STRING(tag_resource, tag_value, 4),
};
TABLE(tag_resource, "TagResource");

static const imaged_field list_tag_resources_response_fields[] = {
    STRING(list_tag_resources_response, request_id, 1),
    MESSAGES(list_tag_resources_response, tag_resources, 2, tag_resource),
    STRING(list_tag_resources_response, next_token, 3),
};
TABLE(list_tag_resources_response, "ListTagResourcesResponse");

static const imaged_field add_tags_request_fields[] = {
    STRING(add_tags_request, region_id, 1),
    STRING(add_tags_request, resource_id, 2),
    STRING(add_tags_request, resource_type, 3),
    MESSAGES(add_tags_request, tag, 4, request_tag),
};
TABLE(add_tags_request, "AddTagsRequest");

static const imaged_field add_tags_response_fields[] = {
    STRING(add_tags_response, request_id, 1),
};
TABLE(add_tags_response, "AddTagsResponse");

static const imaged_field join_resource_group_request_fields[] = {
    STRING(join_resource_group_request, resource_id, 1),
    STRING(join_resource_group_request, resource_type, 2),
    STRING(join_resource_group_request, resource_group_id, 3),
    STRING(join_resource_group_request, region_id, 4),
};
TABLE(join_resource_group_request, "JoinResourceGroupRequest");

static const imaged_field join_resource_group_response_fields[] = {
    STRING(join_resource_group_response, request_id, 1),
};
TABLE(join_resource_group_response, "JoinResourceGroupResponse");

EMPTY(describe_regions_request, "DescribeRegionsRequest");

static const imaged_field region_item_fields[] = {
    STRING(region_item, region_id, 1),
    STRING(region_item, local_name, 2),
    STRING(region_item, region_endpoint, 3),
    STRING(region_item, status, 4),
};
TABLE(region_item, "RegionItem");

static const imaged_field describe_regions_response_fields[] = {
    STRING(describe_regions_response, request_id, 1),
    MESSAGES(describe_regions_response, regions, 2, region_item),
};
TABLE(describe_regions_response, "DescribeRegionsResponse");

static const imaged_field wait_for_image_request_fields[] = {
    STRING(wait_for_image_request, region_id, 1),
    STRING(wait_for_image_request, image_id, 2),
};
TABLE(wait_for_image_request, "WaitForImageRequest");

static const imaged_field wait_for_image_response_fields[] = {
    STRING(wait_for_image_response, request_id, 1),
    MESSAGE(wait_for_image_response, image, 2, image),
};
TABLE(wait_for_image_response, "WaitForImageResponse");

static const imaged_field watch_request_fields[] = {
    OPTIONAL_INT64(watch_request, after_sequence, 1),
    STRINGS(watch_request, resource_id, 2),
};
TABLE(watch_request, "WatchRequest");

static const imaged_field read_events_request_fields[] = {
    OPTIONAL_INT64(read_events_request, after_sequence, 1),
    STRINGS(read_events_request, resource_id, 2),
    OPTIONAL_INT32(read_events_request, max_results, 3),
};
TABLE(read_events_request, "ReadEventsRequest");

static const imaged_field event_fields[] = {
    INT64(event, sequence, 1),
    STRING(event, time, 2),
    STRING(event, kind, 3),
    MESSAGE(event, image, 4, image),
    MESSAGE(event, snapshot, 5, snapshot),
    MESSAGE(event, disk, 6, disk),
    MESSAGE(event, instance, 7, instance),
};
TABLE(event, "Event");

static const imaged_field events_response_fields[] = {
    STRING(events_response, request_id, 1),
    MESSAGES(events_response, events, 2, event),
    INT64(events_response, sequence, 3),
};
TABLE(events_response, "EventsResponse");

static const imaged_field cancel_request_fields[] = {
    INT64(cancel_request, stream_id, 1),
};
TABLE(cancel_request, "CancelRequest");

static const imaged_field cancel_response_fields[] = {
    STRING(cancel_response, request_id, 1),
};
TABLE(cancel_response, "CancelResponse");

EMPTY(version_request, "VersionRequest");

static const imaged_field version_response_fields[] = {
    STRING(version_response, request_id, 1),
    STRING(version_response, version, 2),
    INT32(version_response, protocol, 3),
};
TABLE(version_response, "VersionResponse");

EMPTY(health_request, "HealthRequest");

static const imaged_field limit_fields[] = {
    STRING(limit, name, 1),
    INT64(limit, value, 2),
};
TABLE(limit, "Limit");

static const imaged_field health_response_fields[] = {
    STRING(health_response, request_id, 1),
    BOOL(health_response, ready, 2),
    STRING(health_response, mode, 3),
    INT64(health_response, sequence, 4),
    INT64(health_response, free_bytes, 5),
    INT32(health_response, jobs_queued, 6),
    INT32(health_response, jobs_running, 7),
    INT32(health_response, connections, 8),
    INT64(health_response, process_id, 9),
    INT64(health_response, uptime_seconds, 10),
    STRING(health_response, data_directory, 11),
    STRING(health_response, file_system, 12),
    INT64(health_response, total_bytes, 13),
    OPTIONAL_BOOL(health_response, clones, 14),
    OPTIONAL_BOOL(health_response, overwrites_in_place, 15),
    INT32(health_response, connections_max, 16),
    MESSAGES(health_response, limits, 17, limit),
};
TABLE(health_response, "HealthResponse");

static const imaged_field export_snapshot_request_fields[] = {
    STRING(export_snapshot_request, snapshot_id, 1),
    STRING(export_snapshot_request, path, 2),
};
TABLE(export_snapshot_request, "ExportSnapshotRequest");

static const imaged_field export_snapshot_response_fields[] = {
    STRING(export_snapshot_response, request_id, 1),
    INT64(export_snapshot_response, size_bytes, 2),
    INT64(export_snapshot_response, stored_bytes, 3),
};
TABLE(export_snapshot_response, "ExportSnapshotResponse");

static const imaged_field read_snapshot_request_fields[] = {
    STRING(read_snapshot_request, snapshot_id, 1),
    INT64(read_snapshot_request, offset, 2),
    INT64(read_snapshot_request, length, 3),
};
TABLE(read_snapshot_request, "ReadSnapshotRequest");

static const imaged_field read_snapshot_response_fields[] = {
    STRING(read_snapshot_response, request_id, 1),
    BYTES(read_snapshot_response, data, 2),
    INT64(read_snapshot_response, hole_bytes, 3),
    INT64(read_snapshot_response, size_bytes, 4),
};
TABLE(read_snapshot_response, "ReadSnapshotResponse");

static const imaged_field verify_snapshot_request_fields[] = {
    STRING(verify_snapshot_request, snapshot_id, 1),
    STRING(verify_snapshot_request, next_token, 2),
    INT64(verify_snapshot_request, max_bytes, 3),
};
TABLE(verify_snapshot_request, "VerifySnapshotRequest");

static const imaged_field damage_fields[] = {
    STRING(damage, snapshot_id, 1),
    STRING(damage, disk_id, 2),
    INT64(damage, offset, 3),
    INT64(damage, length, 4),
    STRINGS(damage, image_id, 5),
    STRING(damage, reason, 6),
};
TABLE(damage, "Damage");

static const imaged_field verify_snapshot_response_fields[] = {
    STRING(verify_snapshot_response, request_id, 1),
    MESSAGES(verify_snapshot_response, damage, 2, damage),
    STRING(verify_snapshot_response, next_token, 3),
    INT64(verify_snapshot_response, verified_bytes, 4),
    INT64(verify_snapshot_response, done_bytes, 5),
    INT64(verify_snapshot_response, total_bytes, 6),
};
TABLE(verify_snapshot_response, "VerifySnapshotResponse");

static const imaged_field describe_usage_request_fields[] = {
    STRING(describe_usage_request, resource_type, 1),
    STRING(describe_usage_request, next_token, 2),
    OPTIONAL_INT32(describe_usage_request, max_results, 3),
};
TABLE(describe_usage_request, "DescribeUsageRequest");

static const imaged_field usage_fields[] = {
    STRING(usage, resource_id, 1),
    STRING(usage, name, 2),
    INT64(usage, logical_bytes, 3),
    INT64(usage, stored_bytes, 4),
    INT64(usage, reclaimable_bytes, 5),
};
TABLE(usage, "Usage");

static const imaged_field describe_usage_response_fields[] = {
    STRING(describe_usage_response, request_id, 1),
    MESSAGES(describe_usage_response, usage, 2, usage),
    STRING(describe_usage_response, next_token, 3),
    INT64(describe_usage_response, logical_bytes, 4),
    INT64(describe_usage_response, stored_bytes, 5),
    INT64(describe_usage_response, reclaimable_bytes, 6),
    INT64(describe_usage_response, pending_bytes, 7),
};
TABLE(describe_usage_response, "DescribeUsageResponse");

EMPTY(metrics_request, "MetricsRequest");

static const imaged_field metrics_response_fields[] = {
    STRING(metrics_response, request_id, 1),
    STRING(metrics_response, text, 2),
};
TABLE(metrics_response, "MetricsResponse");

static const imaged_field create_account_request_fields[] = {
    STRING(create_account_request, account_id, 1),
};
TABLE(create_account_request, "CreateAccountRequest");

static const imaged_field create_account_response_fields[] = {
    STRING(create_account_response, request_id, 1),
    STRING(create_account_response, account_id, 2),
    STRING(create_account_response, default_resource_group_id, 3),
};
TABLE(create_account_response, "CreateAccountResponse");

static const imaged_field drop_account_request_fields[] = {
    STRING(drop_account_request, account_id, 1),
};
TABLE(drop_account_request, "DropAccountRequest");

static const imaged_field drop_account_response_fields[] = {
    STRING(drop_account_response, request_id, 1),
};
TABLE(drop_account_response, "DropAccountResponse");

EMPTY(describe_account_request, "DescribeAccountRequest");

static const imaged_field account_standing_fields[] = {
    OPTIONAL_BOOL(account_standing, order_allowed, 1),
    STRING(account_standing, enterprise_status, 2),
    OPTIONAL_INT64(account_standing, balance, 3),
    OPTIONAL_INT64(account_standing, minimum_balance, 4),
    OPTIONAL_BOOL(account_standing, snapshot_service_opened, 5),
    OPTIONAL_BOOL(account_standing, data_disk_image_whitelist, 6),
    OPTIONAL_BOOL(account_standing, kms_authorized, 7),
    OPTIONAL_BOOL(account_standing, idempotent_processing, 8),
};
TABLE(account_standing, "AccountStanding");

static const imaged_field account_clock_fields[] = {
    STRING(account_clock, time, 1),
    BOOL(account_clock, is_frozen, 2),
};
TABLE(account_clock, "AccountClock");

static const imaged_field resource_group_fields[] = {
    STRING(resource_group, resource_group_id, 1),
    STRING(resource_group, name, 2),
};
TABLE(resource_group, "ResourceGroup");

static const imaged_field kms_key_fields[] = {
    STRING(kms_key, kms_key_id, 1),
    BOOL(kms_key, enabled, 2),
    BOOL(kms_key, ecs_tag, 3),
};
TABLE(kms_key, "KMSKey");

static const imaged_field describe_account_response_fields[] = {
    STRING(describe_account_response, request_id, 1),
    STRING(describe_account_response, account_id, 2),
    STRING(describe_account_response, default_resource_group_id, 3),
    MESSAGE(describe_account_response, standing, 4, account_standing),
    MESSAGES(describe_account_response, limits, 5, limit),
    MESSAGE(describe_account_response, clock, 6, account_clock),
    MESSAGES(describe_account_response, resource_groups, 7, resource_group),
    MESSAGES(describe_account_response, kms_keys, 8, kms_key),
    STRINGS(describe_account_response, ram_users, 9),
    BOOL(describe_account_response, holds_jobs, 10),
};
TABLE(describe_account_response, "DescribeAccountResponse");

static const imaged_field set_account_request_fields[] = {
    OPTIONAL_BOOL(set_account_request, order_allowed, 1),
    STRING(set_account_request, enterprise_status, 2),
    OPTIONAL_INT64(set_account_request, balance, 3),
    OPTIONAL_INT64(set_account_request, minimum_balance, 4),
    OPTIONAL_BOOL(set_account_request, snapshot_service_opened, 5),
    OPTIONAL_BOOL(set_account_request, data_disk_image_whitelist, 6),
    OPTIONAL_BOOL(set_account_request, kms_authorized, 7),
    OPTIONAL_BOOL(set_account_request, idempotent_processing, 8),
};
TABLE(set_account_request, "SetAccountRequest");

static const imaged_field set_account_response_fields[] = {
    STRING(set_account_response, request_id, 1),
};
TABLE(set_account_response, "SetAccountResponse");

static const imaged_field set_limits_request_fields[] = {
    MESSAGES(set_limits_request, limit, 1, limit),
};
TABLE(set_limits_request, "SetLimitsRequest");

static const imaged_field set_limits_response_fields[] = {
    STRING(set_limits_response, request_id, 1),
    MESSAGES(set_limits_response, limits, 2, limit),
};
TABLE(set_limits_response, "SetLimitsResponse");

static const imaged_field set_clock_request_fields[] = {
    STRING(set_clock_request, time, 1),
    OPTIONAL_BOOL(set_clock_request, is_frozen, 2),
};
TABLE(set_clock_request, "SetClockRequest");

static const imaged_field advance_clock_request_fields[] = {
    OPTIONAL_INT64(advance_clock_request, seconds, 1),
    OPTIONAL_INT64(advance_clock_request, milliseconds, 2),
};
TABLE(advance_clock_request, "AdvanceClockRequest");

static const imaged_field clock_response_fields[] = {
    STRING(clock_response, request_id, 1),
    MESSAGE(clock_response, clock, 2, account_clock),
};
TABLE(clock_response, "ClockResponse");

static const imaged_field set_instance_request_fields[] = {
    STRING(set_instance_request, instance_id, 1),
    STRING(set_instance_request, status, 2),
    MESSAGES(set_instance_request, operation_lock, 3, operation_lock),
    OPTIONAL_BOOL(set_instance_request, is_locked, 4),
    OPTIONAL_BOOL(set_instance_request, hibernation_configured, 5),
    OPTIONAL_BOOL(set_instance_request, needs_restart, 6),
};
TABLE(set_instance_request, "SetInstanceRequest");

static const imaged_field set_instance_response_fields[] = {
    STRING(set_instance_response, request_id, 1),
};
TABLE(set_instance_response, "SetInstanceResponse");

static const imaged_field set_disk_request_fields[] = {
    STRING(set_disk_request, disk_id, 1),
    STRING(set_disk_request, status, 2),
    STRING(set_disk_request, category, 3),
    OPTIONAL_BOOL(set_disk_request, device_invalid, 4),
    OPTIONAL_BOOL(set_disk_request, never_attached, 5),
    OPTIONAL_BOOL(set_disk_request, encrypted, 6),
    STRING(set_disk_request, kms_key_id, 7),
};
TABLE(set_disk_request, "SetDiskRequest");

static const imaged_field set_disk_response_fields[] = {
    STRING(set_disk_response, request_id, 1),
};
TABLE(set_disk_response, "SetDiskResponse");

static const imaged_field set_snapshot_request_fields[] = {
    STRING(set_snapshot_request, snapshot_id, 1),
    STRING(set_snapshot_request, category, 2),
    STRING(set_snapshot_request, storage_location, 3),
    OPTIONAL_BOOL(set_snapshot_request, default_free, 4),
    STRING(set_snapshot_request, creation_time, 5),
    OPTIONAL_BOOL(set_snapshot_request, encrypted, 6),
    STRING(set_snapshot_request, kms_key_id, 7),
};
TABLE(set_snapshot_request, "SetSnapshotRequest");

static const imaged_field set_snapshot_response_fields[] = {
    STRING(set_snapshot_response, request_id, 1),
};
TABLE(set_snapshot_response, "SetSnapshotResponse");

static const imaged_field set_image_request_fields[] = {
    STRING(set_image_request, region_id, 1),
    STRING(set_image_request, image_id, 2),
    STRING(set_image_request, status, 3),
    STRING(set_image_request, image_owner_alias, 4),
    STRING(set_image_request, image_version, 5),
    STRING(set_image_request, product_code, 6),
};
TABLE(set_image_request, "SetImageRequest");

static const imaged_field set_image_response_fields[] = {
    STRING(set_image_response, request_id, 1),
};
TABLE(set_image_response, "SetImageResponse");

static const imaged_field set_kms_key_request_fields[] = {
    STRING(set_kms_key_request, kms_key_id, 1),
    OPTIONAL_BOOL(set_kms_key_request, enabled, 2),
    OPTIONAL_BOOL(set_kms_key_request, ecs_tag, 3),
};
TABLE(set_kms_key_request, "SetKMSKeyRequest");

static const imaged_field set_kms_key_response_fields[] = {
    STRING(set_kms_key_response, request_id, 1),
};
TABLE(set_kms_key_response, "SetKMSKeyResponse");

static const imaged_field create_resource_group_request_fields[] = {
    STRING(create_resource_group_request, name, 1),
};
TABLE(create_resource_group_request, "CreateResourceGroupRequest");

static const imaged_field create_resource_group_response_fields[] = {
    STRING(create_resource_group_response, request_id, 1),
    STRING(create_resource_group_response, resource_group_id, 2),
};
TABLE(create_resource_group_response, "CreateResourceGroupResponse");

static const imaged_field ram_policy_fields[] = {
    STRING(ram_policy, policy_document, 1),
    STRING(ram_policy, resource_group_id, 2),
};
TABLE(ram_policy, "RamPolicy");

static const imaged_field set_ram_user_request_fields[] = {
    STRING(set_ram_user_request, ram_user, 1),
    MESSAGES(set_ram_user_request, policy, 2, ram_policy),
    OPTIONAL_BOOL(set_ram_user_request, is_deleted, 3),
};
TABLE(set_ram_user_request, "SetRamUserRequest");

static const imaged_field set_ram_user_response_fields[] = {
    STRING(set_ram_user_response, request_id, 1),
};
TABLE(set_ram_user_response, "SetRamUserResponse");

EMPTY(describe_jobs_request, "DescribeJobsRequest");

static const imaged_field job_fields[] = {
    STRING(job, snapshot_id, 1),
    STRING(job, image_id, 2),
    STRING(job, disk_id, 3),
    STRING(job, region_id, 4),
    STRING(job, status, 5),
    BOOL(job, is_held, 6),
    STRING(job, progress, 7),
    INT64(job, duration_milliseconds, 8),
};
TABLE(job, "Job");

static const imaged_field jobs_response_fields[] = {
    STRING(jobs_response, request_id, 1),
    MESSAGES(jobs_response, jobs, 2, job),
};
TABLE(jobs_response, "JobsResponse");

static const imaged_field hold_jobs_request_fields[] = {
    STRINGS(hold_jobs_request, resource_id, 1),
    OPTIONAL_INT32(hold_jobs_request, count, 2),
};
TABLE(hold_jobs_request, "HoldJobsRequest");

static const imaged_field release_jobs_request_fields[] = {
    STRINGS(release_jobs_request, resource_id, 1),
    OPTIONAL_INT32(release_jobs_request, count, 2),
};
TABLE(release_jobs_request, "ReleaseJobsRequest");

static const imaged_field step_jobs_request_fields[] = {
    STRINGS(step_jobs_request, resource_id, 1),
    OPTIONAL_INT32(step_jobs_request, count, 2),
};
TABLE(step_jobs_request, "StepJobsRequest");

static const imaged_field finish_jobs_request_fields[] = {
    STRINGS(finish_jobs_request, resource_id, 1),
    OPTIONAL_INT32(finish_jobs_request, count, 2),
};
TABLE(finish_jobs_request, "FinishJobsRequest");

static const imaged_field fail_jobs_request_fields[] = {
    STRINGS(fail_jobs_request, resource_id, 1),
    OPTIONAL_INT32(fail_jobs_request, count, 2),
    STRING(fail_jobs_request, reason, 3),
};
TABLE(fail_jobs_request, "FailJobsRequest");

static const imaged_field add_fault_rule_request_fields[] = {
    STRING(add_fault_rule_request, operation, 1),
    STRING(add_fault_rule_request, action, 2),
    STRING(add_fault_rule_request, code, 3),
    OPTIONAL_INT32(add_fault_rule_request, times, 4),
    OPTIONAL_INT64(add_fault_rule_request, hold_milliseconds, 5),
    STRING(add_fault_rule_request, client_token, 6),
};
TABLE(add_fault_rule_request, "AddFaultRuleRequest");

static const imaged_field add_fault_rule_response_fields[] = {
    STRING(add_fault_rule_response, request_id, 1),
    INT64(add_fault_rule_response, fault_rule_id, 2),
};
TABLE(add_fault_rule_response, "AddFaultRuleResponse");

static const imaged_field remove_fault_rule_request_fields[] = {
    INT64(remove_fault_rule_request, fault_rule_id, 1),
};
TABLE(remove_fault_rule_request, "RemoveFaultRuleRequest");

static const imaged_field remove_fault_rule_response_fields[] = {
    STRING(remove_fault_rule_response, request_id, 1),
};
TABLE(remove_fault_rule_response, "RemoveFaultRuleResponse");

EMPTY(describe_fault_rules_request, "DescribeFaultRulesRequest");

static const imaged_field fault_rule_fields[] = {
    INT64(fault_rule, fault_rule_id, 1),
    STRING(fault_rule, operation, 2),
    STRING(fault_rule, action, 3),
    STRING(fault_rule, code, 4),
    INT32(fault_rule, times_left, 5),
    INT64(fault_rule, hold_milliseconds, 6),
    STRING(fault_rule, client_token, 7),
};
TABLE(fault_rule, "FaultRule");

static const imaged_field held_request_fields[] = {
    INT64(held_request, fault_rule_id, 1),
    STRING(held_request, operation, 2),
    STRING(held_request, client_token, 3),
};
TABLE(held_request, "HeldRequest");

static const imaged_field describe_fault_rules_response_fields[] = {
    STRING(describe_fault_rules_response, request_id, 1),
    MESSAGES(describe_fault_rules_response, fault_rules, 2, fault_rule),
    MESSAGES(describe_fault_rules_response, held_requests, 3, held_request),
};
TABLE(describe_fault_rules_response, "DescribeFaultRulesResponse");

static const imaged_field release_requests_request_fields[] = {
    OPTIONAL_INT64(release_requests_request, fault_rule_id, 1),
    OPTIONAL_INT32(release_requests_request, count, 2),
    STRING(release_requests_request, code, 3),
};
TABLE(release_requests_request, "ReleaseRequestsRequest");

static const imaged_field release_requests_response_fields[] = {
    STRING(release_requests_response, request_id, 1),
    INT32(release_requests_response, released, 2),
};
TABLE(release_requests_response, "ReleaseRequestsResponse");

const imaged_message *const imaged_messages[] = {
    &request_envelope_message,
    &response_envelope_message,
    &key_value_message,
    &rpc_status_message,
    &any_message,
    &error_detail_message,
    &tag_message,
    &image_message,
    &image_features_message,
    &secure_boot_options_message,
    &detection_options_message,
    &detection_item_message,
    &image_disk_message,
    &snapshot_message,
    &instance_message,
    &operation_lock_message,
    &hibernation_options_message,
    &disk_message,
    &create_image_request_message,
    &disk_device_mapping_message,
    &request_tag_message,
    &image_request_features_message,
    &create_image_response_message,
    &describe_images_request_message,
    &filter_message,
    &describe_images_response_message,
    &describe_image_from_family_request_message,
    &describe_image_from_family_response_message,
    &delete_image_request_message,
    &delete_image_response_message,
    &modify_image_attribute_request_message,
    &modify_image_attribute_response_message,
    &copy_image_request_message,
    &copy_image_response_message,
    &cancel_copy_image_request_message,
    &cancel_copy_image_response_message,
    &modify_image_share_permission_request_message,
    &modify_image_share_permission_response_message,
    &describe_image_share_permission_request_message,
    &describe_image_share_permission_response_message,
    &share_account_message,
    &export_image_request_message,
    &export_image_response_message,
    &create_snapshot_request_message,
    &create_snapshot_response_message,
    &describe_snapshots_request_message,
    &describe_snapshots_response_message,
    &delete_snapshot_request_message,
    &delete_snapshot_response_message,
    &modify_snapshot_attribute_request_message,
    &modify_snapshot_attribute_response_message,
    &register_instance_request_message,
    &registered_disk_message,
    &register_instance_response_message,
    &run_instances_request_message,
    &disk_path_message,
    &system_disk_message,
    &data_disk_message,
    &run_instances_response_message,
    &describe_instances_request_message,
    &describe_instances_response_message,
    &describe_instance_status_request_message,
    &describe_instance_status_response_message,
    &instance_status_message,
    &start_instance_request_message,
    &start_instance_response_message,
    &start_instances_request_message,
    &start_instances_response_message,
    &instance_response_message,
    &stop_instance_request_message,
    &stop_instance_response_message,
    &stop_instances_request_message,
    &stop_instances_response_message,
    &delete_instance_request_message,
    &delete_instance_response_message,
    &delete_instances_request_message,
    &delete_instances_response_message,
    &replace_system_disk_request_message,
    &replace_system_disk_response_message,
    &create_disk_request_message,
    &create_disk_response_message,
    &attach_disk_request_message,
    &attach_disk_response_message,
    &detach_disk_request_message,
    &detach_disk_response_message,
    &delete_disk_request_message,
    &delete_disk_response_message,
    &describe_disks_request_message,
    &describe_disks_response_message,
    &tag_resources_request_message,
    &tag_resources_response_message,
    &untag_resources_request_message,
    &untag_resources_response_message,
    &list_tag_resources_request_message,
    &tag_filter_message,
    &list_tag_resources_response_message,
    &tag_resource_message,
    &add_tags_request_message,
    &add_tags_response_message,
    &join_resource_group_request_message,
    &join_resource_group_response_message,
    &describe_regions_request_message,
    &describe_regions_response_message,
    &region_item_message,
    &wait_for_image_request_message,
    &wait_for_image_response_message,
    &watch_request_message,
    &read_events_request_message,
    &events_response_message,
    &event_message,
    &cancel_request_message,
    &cancel_response_message,
    &version_request_message,
    &version_response_message,
    &health_request_message,
    &health_response_message,
    &export_snapshot_request_message,
    &export_snapshot_response_message,
    &read_snapshot_request_message,
    &read_snapshot_response_message,
    &verify_snapshot_request_message,
    &verify_snapshot_response_message,
    &damage_message,
    &describe_usage_request_message,
    &describe_usage_response_message,
    &usage_message,
    &metrics_request_message,
    &metrics_response_message,
    &create_account_request_message,
    &create_account_response_message,
    &drop_account_request_message,
    &drop_account_response_message,
    &describe_account_request_message,
    &describe_account_response_message,
    &account_standing_message,
    &limit_message,
    &account_clock_message,
    &resource_group_message,
    &kms_key_message,
    &set_account_request_message,
    &set_account_response_message,
    &set_limits_request_message,
    &set_limits_response_message,
    &set_clock_request_message,
    &advance_clock_request_message,
    &clock_response_message,
    &set_instance_request_message,
    &set_instance_response_message,
    &set_disk_request_message,
    &set_disk_response_message,
    &set_snapshot_request_message,
    &set_snapshot_response_message,
    &set_image_request_message,
    &set_image_response_message,
    &set_kms_key_request_message,
    &set_kms_key_response_message,
    &create_resource_group_request_message,
    &create_resource_group_response_message,
    &set_ram_user_request_message,
    &ram_policy_message,
    &set_ram_user_response_message,
    &describe_jobs_request_message,
    &jobs_response_message,
    &job_message,
    &hold_jobs_request_message,
    &release_jobs_request_message,
    &step_jobs_request_message,
    &finish_jobs_request_message,
    &fail_jobs_request_message,
    &add_fault_rule_request_message,
    &add_fault_rule_response_message,
    &remove_fault_rule_request_message,
    &remove_fault_rule_response_message,
    &describe_fault_rules_request_message,
    &describe_fault_rules_response_message,
    &fault_rule_message,
    &held_request_message,
    &release_requests_request_message,
    &release_requests_response_message,
};
const size_t imaged_message_count = COUNT(imaged_messages);

const imaged_message *imaged_find_message(const char *name) {
    for (size_t index = 0; index < COUNT(imaged_messages); index++) {
        if (strcmp(imaged_messages[index]->name, name) == 0) {
            return imaged_messages[index];
        }
    }
    return NULL;
}

#define KIND_UNARY false
#define KIND_STREAM true
#define X(service, Name, name, again) \
    {"imaged.v1." #service, #Name, &name##_request_message, &name##_response_message, \
     IMAGED_AGAIN_##again, false},
#define OTHER(service, Name, name, answer, again, kind) \
    {"imaged.v1." #service, #Name, &name##_request_message, &answer##_response_message, \
     IMAGED_AGAIN_##again, KIND_##kind},
const imaged_operation imaged_operations[IMAGED_OPERATION_COUNT] = {IMAGED_OPERATIONS(X, OTHER)};
#undef X
#undef OTHER

imaged_operation_id imaged_find_operation(const char *name) {
    int id = 0;
    while (id < IMAGED_OPERATION_COUNT && strcmp(imaged_operations[id].name, name) != 0) {
        id++;
    }
    return (imaged_operation_id)id;
}

/* ------------------------------------------------------------------------- codec: what both
 * need */

/* What every imaged_..._list looks like. Lists are read and written through memcpy, for each is a
 * type of its own. */
struct list {
    const void *items;
    size_t count;
};

/* Where in a message the codec is: a field, and which element of it. A place with no field stands
 * for the message itself. */
struct place {
    const struct place *outer;
    const imaged_message *message;
    const imaged_field *field;
    size_t element; /* from 1; 0: the field is no list */
};

enum wire_type {
    VARINT = 0,
    EIGHT_BYTES = 1,
    DELIMITED = 2,
    GROUP = 3,
    GROUP_END = 4,
    FOUR_BYTES = 5
};

static const char *const refusal_names[] = {
    "ok", "truncated", "varint_too_long", "wrong_wire_type", "invalid_wire_type", "group_mismatch",
    "invalid_field_number", "invalid_utf8", "too_deep", "no_memory", "too_long",
};

const char *imaged_refusal_name(imaged_refusal refusal) {
    return (size_t)refusal < COUNT(refusal_names) ? refusal_names[refusal] : "unknown";
}

/* Text that grows up to its capacity, NUL included; what does not fit is cut. */
struct text {
    char *bytes;
    size_t capacity;
    size_t length; /* of the whole, cut or not */
};

static void put_bytes(struct text *text, const char *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        if (text->length + 1 < text->capacity) {
            text->bytes[text->length] = bytes[index];
            text->bytes[text->length + 1] = 0;
        }
        text->length++;
    }
}

static void put_text(struct text *text, const char *string) {
    put_bytes(text, string, strlen(string));
}

/* A field's name as ECS spells it: image_id is ImageId, kms_key_id KMSKeyId. */
static void put_ecs_name(struct text *text, const char *name) {
    static const char *const capitals[] = {"kms", "oss", "os", "sn"};
    while (*name != 0) {
        size_t length = strcspn(name, "_");
        bool is_capital = false;
        for (size_t index = 0; index < COUNT(capitals); index++) {
            is_capital |= strlen(capitals[index]) == length
                && memcmp(capitals[index], name, length) == 0;
        }
        for (size_t index = 0; index < length; index++) {
            char letter = name[index];
            if ((index == 0 || is_capital) && letter >= 'a' && letter <= 'z') {
                letter = (char)(letter - 'a' + 'A');
            }
            put_bytes(text, &letter, 1);
        }
        name += length;
        name += *name == '_';
    }
}

static void put_place(struct text *text, const struct place *place) {
    if (place->outer != NULL) {
        put_place(text, place->outer);
    }
    if (place->field == NULL) {
        return;
    }
    if (text->length > 0) {
        put_text(text, ".");
    }
    if (place->message->is_envelope) {
        put_text(text, place->field->name);
    } else {
        put_ecs_name(text, place->field->name);
    }
    if (place->element > 0) {
        char number[24];
        snprintf(number, sizeof number, ".%zu", place->element);
        put_text(text, number);
    }
}

/* Writes the path of `place`, if anyone wants it, and returns the refusal. */
static imaged_refusal refuse(char *path, imaged_refusal refusal, const struct place *place) {
    if (path != NULL) {
        struct text text = {path, IMAGED_PATH_MAX, 0};
        path[0] = 0;
        put_place(&text, place);
    }
    return refusal;
}

/* Fields are in the order of their numbers, and most messages number them from 1 without gaps. */
static const imaged_field *find_field(const imaged_message *type, uint64_t number) {
    if (number <= type->field_count && type->fields[number - 1].number == number) {
        return &type->fields[number - 1];
    }
    size_t low = 0;
    size_t high = type->field_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (type->fields[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < type->field_count && type->fields[low].number == number ? &type->fields[low]
                                                                        : NULL;
}

static size_t element_size(const imaged_field *field) {
    switch ((imaged_type)field->type) {
    case IMAGED_INT32: return sizeof(int32_t);
    case IMAGED_INT64: return sizeof(int64_t);
    case IMAGED_BOOL: return sizeof(bool);
    case IMAGED_TEXT: return sizeof(imaged_string);
    case IMAGED_BINARY: return sizeof(imaged_bytes);
    case IMAGED_MESSAGE: return field->message->size;
    }
    return 0;
}

static enum wire_type wire_type_of(const imaged_field *field) {
    return field->type == IMAGED_INT32 || field->type == IMAGED_INT64 || field->type == IMAGED_BOOL
        ? VARINT
        : DELIMITED;
}

/* How many bytes the character at `next` has, of `left`; 0: it is not UTF-8 (RFC 3629: no overlong
 * forms, no surrogates, nothing past U+10FFFF). */
static size_t character_size(const uint8_t *next, size_t left) {
    uint8_t first = next[0];
    if (first < 0x80) {
        return 1;
    }
    size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (next[1] < least || next[1] > most) {
        return 0;
    }
    for (size_t index = 2; index < size; index++) {
        if ((next[index] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

static bool is_utf8(const void *bytes, size_t size) {
    const uint8_t *next = bytes;
    size_t left = size;
    while (left > 0) {
        uint64_t eight;
        if (left >= sizeof eight) {
            memcpy(&eight, next, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                next += sizeof eight;
                left -= sizeof eight;
                continue;
            }
        }
        size_t count = character_size(next, left);
        if (count == 0) {
            return false;
        }
        next += count;
        left -= count;
    }
    return true;
}

/* ---------------------------------------------------------------------------- codec: decoding */

/* Bytes still to be read. */
struct span {
    const uint8_t *next;
    const uint8_t *end;
};

struct decoder {
    imaged_arena *arena;
    char *path;   /* IMAGED_PATH_MAX bytes, or NULL */
    bool aliases; /* strings and bytes stay where they are, without a NUL behind them */
};

static size_t left_in(const struct span *span) {
    return (size_t)(span->end - span->next);
}

static imaged_refusal read_varint(struct span *span, uint64_t *value) {
    uint64_t result = 0;
    for (unsigned index = 0; index < 10; index++) {
        if (span->next == span->end) {
            return IMAGED_TRUNCATED;
        }
        uint8_t byte = *span->next++;
        /* The tenth byte holds the 64th bit alone. */
        if (index == 9 && byte > 1) {
            return IMAGED_VARINT_TOO_LONG;
        }
        result |= (uint64_t)(byte & 0x7f) << (7 * index);
        if (byte < 0x80) {
            *value = result;
            return IMAGED_CODEC_OK;
        }
    }
    return IMAGED_VARINT_TOO_LONG;
}

static imaged_refusal read_tag(struct span *span, uint64_t *number, enum wire_type *type) {
    uint64_t tag;
    imaged_refusal refusal = read_varint(span, &tag);
    if (refusal != IMAGED_CODEC_OK) {
        return refusal;
    }
    *number = tag >> 3;
    if (*number == 0 || *number > 0x1fffffff) {
        return IMAGED_INVALID_FIELD_NUMBER;
    }
    if ((tag & 7) > FOUR_BYTES) {
        return IMAGED_INVALID_WIRE_TYPE;
    }
    *type = (enum wire_type)(tag & 7);
    return IMAGED_CODEC_OK;
}

static imaged_refusal read_delimited(struct span *span, struct span *inner) {
    uint64_t size;
    imaged_refusal refusal = read_varint(span, &size);
    if (refusal != IMAGED_CODEC_OK) {
        return refusal;
    }
    if (size > left_in(span)) {
        return IMAGED_TRUNCATED;
    }
    inner->next = span->next;
    inner->end = span->next + size;
    span->next = inner->end;
    return IMAGED_CODEC_OK;
}

/* Skips the value of an unknown field that stands in a message or group of level `depth`. */
static imaged_refusal skip_value(
    struct span *span, uint64_t number, enum wire_type type, int depth) {
    uint64_t ignored;
    struct span inner;
    imaged_refusal refusal;
    switch (type) {
    case VARINT: return read_varint(span, &ignored);
    case DELIMITED: return read_delimited(span, &inner);
    case EIGHT_BYTES:
    case FOUR_BYTES: {
        size_t size = type == EIGHT_BYTES ? 8 : 4;
        if (left_in(span) < size) {
            return IMAGED_TRUNCATED;
        }
        span->next += size;
        return IMAGED_CODEC_OK;
    }
    case GROUP_END: return IMAGED_GROUP_MISMATCH;
    case GROUP: break;
    }
    if (depth + 1 > IMAGED_DEPTH_MAX) {
        return IMAGED_TOO_DEEP;
    }
    for (;;) {
        uint64_t inner_number;
        enum wire_type inner_type;
        refusal = read_tag(span, &inner_number, &inner_type);
        if (refusal == IMAGED_CODEC_OK && inner_type == GROUP_END && inner_number == number) {
            return IMAGED_CODEC_OK;
        }
        if (refusal == IMAGED_CODEC_OK) {
            refusal = skip_value(span, inner_number, inner_type, depth + 1);
        }
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    }
}

/* Makes the struct say nothing: zeros, and strings that are "" rather than NULL. */
static void clear_message(const imaged_message *type, void *message) {
    memset(message, 0, type->size);
    for (size_t index = 0; index < type->field_count; index++) {
        const imaged_field *field = &type->fields[index];
        if (field->type == IMAGED_TEXT && field->label != IMAGED_REPEATED) {
            imaged_string empty = {"", 0};
            memcpy((char *)message + field->offset, &empty, sizeof empty);
        }
    }
}

/* Makes room for one more element of the list at `slot` and counts it; NULL: no memory. A list has
 * room for its count rounded up to a power of two, so that it moves when the count is one. */
static void *append(struct decoder *decoder, void *slot, const imaged_field *field) {
    struct list list;
    memcpy(&list, slot, sizeof list);
    size_t size = element_size(field);
    if ((list.count & (list.count - 1)) == 0) {
        size_t capacity = list.count == 0 ? 1 : list.count * 2;
        if (capacity > SIZE_MAX / size) {
            return NULL;
        }
        void *items = arena_take(decoder->arena, capacity * size, ARENA_ALIGNMENT);
        if (items == NULL) {
            return NULL;
        }
        if (list.count > 0) {
            memcpy(items, list.items, list.count * size);
        }
        list.items = items;
    }
    /* The items are the arena's; that the struct shows them as const is for its reader. */
    void *element = (char *)list.items + list.count * size;
    memset(element, 0, size);
    list.count++;
    memcpy(slot, &list, sizeof list);
    return element;
}

static void store_number(const imaged_field *field, void *slot, uint64_t value) {
    if (field->type == IMAGED_BOOL) {
        bool flag = value != 0;
        memcpy(slot, &flag, sizeof flag);
    } else if (field->type == IMAGED_INT32) {
        uint32_t low = (uint32_t)value;
        memcpy(slot, &low, sizeof low);
    } else {
        memcpy(slot, &value, sizeof value);
    }
}

static imaged_refusal decode_fields(
    struct decoder *decoder, const imaged_message *type, struct span span, void *message, int depth,
    const struct place *outer);

/* Numbers, one or packed into a list. */
static imaged_refusal decode_number(
    struct decoder *decoder, struct span *span, enum wire_type wire, void *slot,
    struct place *place) {
    const imaged_field *field = place->field;
    bool is_packed = field->label == IMAGED_REPEATED && wire == DELIMITED;
    if (wire != VARINT && !is_packed) {
        return refuse(decoder->path, IMAGED_WRONG_WIRE_TYPE, place);
    }
    struct span packed = *span;
    if (is_packed) {
        imaged_refusal refusal = read_delimited(span, &packed);
        if (refusal != IMAGED_CODEC_OK) {
            return refuse(decoder->path, refusal, place);
        }
    }
    struct span *source = is_packed ? &packed : span;
    while (!is_packed || packed.next != packed.end) {
        uint64_t value;
        imaged_refusal refusal = read_varint(source, &value);
        if (refusal != IMAGED_CODEC_OK) {
            return refuse(decoder->path, refusal, place);
        }
        void *target = field->label == IMAGED_REPEATED ? append(decoder, slot, field) : slot;
        if (target == NULL) {
            return refuse(decoder->path, IMAGED_NO_MEMORY, place);
        }
        store_number(field, target, value);
        if (!is_packed) {
            break;
        }
        place->element++;
    }
    return IMAGED_CODEC_OK;
}

/* A string or bytes into `target`: both are a pointer and a length. */
static imaged_refusal decode_text(
    struct decoder *decoder, struct span inner, void *target, const struct place *place) {
    size_t size = left_in(&inner);
    if (place->field->type == IMAGED_TEXT && !is_utf8(inner.next, size)) {
        return refuse(decoder->path, IMAGED_INVALID_UTF8, place);
    }
    imaged_string string = {(const char *)inner.next, size};
    if (!decoder->aliases && !arena_copy(decoder->arena, inner.next, size, &string)) {
        return refuse(decoder->path, IMAGED_NO_MEMORY, place);
    }
    if (place->field->type == IMAGED_TEXT) {
        memcpy(target, &string, sizeof string);
    } else {
        imaged_bytes bytes = {(const uint8_t *)string.data, size};
        memcpy(target, &bytes, sizeof bytes);
    }
    return IMAGED_CODEC_OK;
}

/* The struct that a field's message is decoded into: a new element, a new one, or the one that an
 * earlier occurrence has made, for the two are merged. */
static void *message_target(struct decoder *decoder, const imaged_field *field, void *slot) {
    void *target;
    if (field->label == IMAGED_REPEATED) {
        target = append(decoder, slot, field);
    } else {
        memcpy(&target, slot, sizeof target);
        if (target != NULL) {
            return target;
        }
        target = arena_take(decoder->arena, field->message->size, ARENA_ALIGNMENT);
    }
    if (target != NULL) {
        clear_message(field->message, target);
        if (field->label != IMAGED_REPEATED) {
            memcpy(slot, &target, sizeof target);
        }
    }
    return target;
}

static imaged_refusal decode_field(
    struct decoder *decoder, struct span *span, enum wire_type wire, void *message, int depth,
    struct place *place) {
    const imaged_field *field = place->field;
    void *slot = (char *)message + field->offset;
    if (field->label == IMAGED_REPEATED) {
        struct list list;
        memcpy(&list, slot, sizeof list);
        place->element = list.count + 1;
    }
    if (wire_type_of(field) == VARINT) {
        imaged_refusal refusal = decode_number(decoder, span, wire, slot, place);
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    } else {
        if (wire != DELIMITED) {
            return refuse(decoder->path, IMAGED_WRONG_WIRE_TYPE, place);
        }
        struct span inner;
        imaged_refusal refusal = read_delimited(span, &inner);
        if (refusal != IMAGED_CODEC_OK) {
            return refuse(decoder->path, refusal, place);
        }
        bool is_message = field->type == IMAGED_MESSAGE;
        void *target = slot;
        if (is_message) {
            target = message_target(decoder, field, slot);
        } else if (field->label == IMAGED_REPEATED) {
            target = append(decoder, slot, field);
        }
        if (target == NULL) {
            return refuse(decoder->path, IMAGED_NO_MEMORY, place);
        }
        refusal = is_message
            ? decode_fields(decoder, field->message, inner, target, depth + 1, place)
            : decode_text(decoder, inner, target, place);
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    }
    if (field->label == IMAGED_OPTIONAL) {
        bool is_present = true;
        memcpy((char *)message + field->presence, &is_present, sizeof is_present);
    }
    return IMAGED_CODEC_OK;
}

/* Reads the fields in `span` into a message that has been cleared, or holds an earlier part of
 * itself. */
static imaged_refusal decode_fields(
    struct decoder *decoder, const imaged_message *type, struct span span, void *message, int depth,
    const struct place *outer) {
    struct place place = {outer, type, NULL, 0};
    if (depth > IMAGED_DEPTH_MAX) {
        return refuse(decoder->path, IMAGED_TOO_DEEP, &place);
    }
    while (span.next != span.end) {
        uint64_t number;
        enum wire_type wire;
        place.field = NULL;
        place.element = 0;
        imaged_refusal refusal = read_tag(&span, &number, &wire);
        if (refusal != IMAGED_CODEC_OK) {
            return refuse(decoder->path, refusal, &place);
        }
        place.field = find_field(type, number);
        if (place.field == NULL) {
            refusal = skip_value(&span, number, wire, depth);
            if (refusal != IMAGED_CODEC_OK) {
                return refuse(decoder->path, refusal, &place);
            }
            continue;
        }
        refusal = decode_field(decoder, &span, wire, message, depth, &place);
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    }
    return IMAGED_CODEC_OK;
}

static imaged_refusal decode(
    struct decoder *decoder, const imaged_message *type, const void *bytes, size_t size,
    void *message) {
    static const uint8_t nothing = 0;
    struct span span = {size > 0 ? bytes : &nothing, NULL};
    span.end = span.next + size;
    clear_message(type, message);
    imaged_refusal refusal = decode_fields(decoder, type, span, message, 1, NULL);
    if (refusal != IMAGED_CODEC_OK) {
        clear_message(type, message);
    }
    return refusal;
}

imaged_refusal imaged_decode(
    const imaged_message *type, const void *bytes, size_t size, imaged_arena *arena, void *message,
    char *path) {
    struct decoder decoder = {arena, path, false};
    if (path != NULL) {
        path[0] = 0;
    }
    return decode(&decoder, type, bytes, size, message);
}

/* ---------------------------------------------------------------------------- codec: encoding
 *
 * First the size is measured, and everything checked on the way; then the message is written from
 * its end to its beginning. So a message inside has been written when its length is to be, and no
 * size is computed twice.
 */

/* protobuf's own limit: less than 2 GiB. */
#define ENCODED_MAX ((size_t)INT32_MAX)

static size_t varint_size(uint64_t value) {
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}

static size_t tag_size(const imaged_field *field) {
    return varint_size((uint64_t)field->number << 3);
}

/* A number as it travels: int32, too, in two's complement of 64 bits. */
static uint64_t load_number(const imaged_field *field, const void *slot) {
    if (field->type == IMAGED_BOOL) {
        bool flag;
        memcpy(&flag, slot, sizeof flag);
        return flag;
    }
    if (field->type == IMAGED_INT32) {
        int32_t number;
        memcpy(&number, slot, sizeof number);
        return (uint64_t)(int64_t)number;
    }
    int64_t number;
    memcpy(&number, slot, sizeof number);
    return (uint64_t)number;
}

static imaged_bytes load_text(const imaged_field *field, const void *slot) {
    imaged_bytes bytes;
    if (field->type == IMAGED_TEXT) {
        imaged_string string;
        memcpy(&string, slot, sizeof string);
        bytes.data = (const uint8_t *)string.data;
        bytes.length = string.length;
    } else {
        memcpy(&bytes, slot, sizeof bytes);
    }
    if (bytes.data == NULL) {
        bytes.data = (const uint8_t *)"";
        bytes.length = 0;
    }
    return bytes;
}

static struct list load_list(const void *slot) {
    struct list list;
    memcpy(&list, slot, sizeof list);
    if (list.items == NULL) {
        list.count = 0;
    }
    return list;
}

/* Whether a field that is not repeated is written. */
static bool is_written(const imaged_field *field, const void *message) {
    const char *slot = (const char *)message + field->offset;
    if (field->label == IMAGED_OPTIONAL) {
        bool is_present;
        memcpy(&is_present, (const char *)message + field->presence, sizeof is_present);
        return is_present;
    }
    if (field->type == IMAGED_MESSAGE) {
        const void *inner;
        memcpy(&inner, slot, sizeof inner);
        return inner != NULL;
    }
    if (wire_type_of(field) == VARINT) {
        return load_number(field, slot) != 0;
    }
    return load_text(field, slot).length > 0;
}

/* Numbers of a list are written packed. */
static bool is_packed(const imaged_field *field) {
    return field->label == IMAGED_REPEATED && wire_type_of(field) == VARINT;
}

static imaged_refusal measure_fields(
    char *path, const imaged_message *type, const void *message, int depth,
    const struct place *outer, size_t *size);

static imaged_refusal add_size(char *path, const struct place *place, size_t *size, size_t more) {
    if (more > ENCODED_MAX - *size) {
        return refuse(path, IMAGED_TOO_LONG, place);
    }
    *size += more;
    return IMAGED_CODEC_OK;
}

/* One value with its tag: a field, or an element of a list that is not packed. */
static imaged_refusal measure_value(
    char *path, const struct place *place, const void *slot, int depth, size_t *size) {
    const imaged_field *field = place->field;
    if (wire_type_of(field) == VARINT) {
        size_t value_size = varint_size(load_number(field, slot));
        return add_size(path, place, size, tag_size(field) + value_size);
    }
    size_t inner_size = 0;
    if (field->type == IMAGED_MESSAGE) {
        imaged_refusal refusal =
            measure_fields(path, field->message, slot, depth + 1, place, &inner_size);
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    } else {
        imaged_bytes bytes = load_text(field, slot);
        inner_size = bytes.length;
        if (inner_size > ENCODED_MAX) {
            return refuse(path, IMAGED_TOO_LONG, place);
        }
        if (field->type == IMAGED_TEXT && !is_utf8(bytes.data, inner_size)) {
            return refuse(path, IMAGED_INVALID_UTF8, place);
        }
    }
    imaged_refusal refusal =
        add_size(path, place, size, tag_size(field) + varint_size(inner_size));
    return refusal != IMAGED_CODEC_OK ? refusal : add_size(path, place, size, inner_size);
}

static imaged_refusal measure_list(
    char *path, struct place *place, const void *slot, int depth, size_t *size) {
    const imaged_field *field = place->field;
    struct list list = load_list(slot);
    size_t step = element_size(field);
    size_t packed = 0;
    for (size_t index = 0; index < list.count; index++) {
        const char *element = (const char *)list.items + index * step;
        place->element = index + 1;
        imaged_refusal refusal = is_packed(field)
            ? add_size(path, place, &packed, varint_size(load_number(field, element)))
            : measure_value(path, place, element, depth, size);
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    }
    if (packed > 0) {
        imaged_refusal refusal =
            add_size(path, place, size, tag_size(field) + varint_size(packed));
        return refusal != IMAGED_CODEC_OK ? refusal : add_size(path, place, size, packed);
    }
    return IMAGED_CODEC_OK;
}

static imaged_refusal measure_fields(
    char *path, const imaged_message *type, const void *message, int depth,
    const struct place *outer, size_t *size) {
    struct place place = {outer, type, NULL, 0};
    if (depth > IMAGED_DEPTH_MAX) {
        return refuse(path, IMAGED_TOO_DEEP, &place);
    }
    for (size_t index = 0; index < type->field_count; index++) {
        const void *slot = (const char *)message + type->fields[index].offset;
        imaged_refusal refusal = IMAGED_CODEC_OK;
        place.field = &type->fields[index];
        place.element = 0;
        if (place.field->label == IMAGED_REPEATED) {
            refusal = measure_list(path, &place, slot, depth, size);
        } else if (is_written(place.field, message)) {
            const void *inner = slot;
            if (place.field->type == IMAGED_MESSAGE) {
                memcpy(&inner, slot, sizeof inner);
            }
            refusal = measure_value(path, &place, inner, depth, size);
        }
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    }
    return IMAGED_CODEC_OK;
}

/* The writers take the place behind what they write and return its beginning. */

static uint8_t *write_varint(uint64_t value, uint8_t *end) {
    uint8_t *start = end - varint_size(value);
    uint8_t *next = start;
    while (value >= 0x80) {
        *next++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *next = (uint8_t)value;
    return start;
}

static uint8_t *write_tag(const imaged_field *field, enum wire_type type, uint8_t *end) {
    return write_varint((uint64_t)field->number << 3 | type, end);
}

static uint8_t *write_fields(const imaged_message *type, const void *message, uint8_t *end);

static uint8_t *write_value(const imaged_field *field, const void *slot, uint8_t *end) {
    if (wire_type_of(field) == VARINT) {
        return write_tag(field, VARINT, write_varint(load_number(field, slot), end));
    }
    uint8_t *start;
    if (field->type == IMAGED_MESSAGE) {
        start = write_fields(field->message, slot, end);
    } else {
        imaged_bytes bytes = load_text(field, slot);
        start = end - bytes.length;
        memcpy(start, bytes.data, bytes.length);
    }
    return write_tag(field, DELIMITED, write_varint((uint64_t)(end - start), start));
}

static uint8_t *write_list(const imaged_field *field, const void *slot, uint8_t *end) {
    struct list list = load_list(slot);
    size_t step = element_size(field);
    uint8_t *start = end;
    for (size_t index = list.count; index-- > 0;) {
        const char *element = (const char *)list.items + index * step;
        start = is_packed(field) ? write_varint(load_number(field, element), start)
                                 : write_value(field, element, start);
    }
    if (is_packed(field) && start != end) {
        start = write_tag(field, DELIMITED, write_varint((uint64_t)(end - start), start));
    }
    return start;
}

static uint8_t *write_field(const imaged_field *field, const void *message, uint8_t *end) {
    const void *slot = (const char *)message + field->offset;
    if (field->label == IMAGED_REPEATED) {
        return write_list(field, slot, end);
    }
    if (!is_written(field, message)) {
        return end;
    }
    const void *inner = slot;
    if (field->type == IMAGED_MESSAGE) {
        memcpy(&inner, slot, sizeof inner);
    }
    return write_value(field, inner, end);
}

static uint8_t *write_fields(const imaged_message *type, const void *message, uint8_t *end) {
    for (size_t index = type->field_count; index-- > 0;) {
        end = write_field(&type->fields[index], message, end);
    }
    return end;
}

imaged_refusal imaged_encoded_size(
    const imaged_message *type, const void *message, size_t *size, char *path) {
    if (path != NULL) {
        path[0] = 0;
    }
    *size = 0;
    return measure_fields(path, type, message, 1, NULL, size);
}

imaged_refusal imaged_encode(
    const imaged_message *type, const void *message, void *buffer, size_t capacity, size_t *size,
    char *path) {
    imaged_refusal refusal = imaged_encoded_size(type, message, size, path);
    if (refusal == IMAGED_CODEC_OK && *size > capacity) {
        refusal = IMAGED_TOO_LONG;
    }
    if (refusal == IMAGED_CODEC_OK && *size > 0) {
        write_fields(type, message, (uint8_t *)buffer + *size);
    }
    return refusal;
}

/* ------------------------------------------------------------------------------------- frames */

enum { READS_HEADER = 0, READS_DATA, DROPS_DATA, FOUND_RESERVED };

static void put_be32(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static uint32_t get_be32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void imaged_frame_write(const imaged_frame *frame, uint8_t *bytes) {
    put_be32(bytes, frame->data_length);
    put_be32(bytes + 4, frame->stream_id);
    bytes[8] = frame->type;
    bytes[9] = frame->flags;
}

/* The header is whole: what is it? */
static imaged_found take_header(imaged_frame_reader *reader) {
    reader->frame.data_length = get_be32(reader->header);
    reader->frame.stream_id = get_be32(reader->header + 4);
    reader->frame.type = reader->header[8];
    reader->frame.flags = reader->header[9];
    reader->left = reader->frame.data_length;
    if (reader->header[0] != 0) {
        reader->state = FOUND_RESERVED;
        return IMAGED_FOUND_RESERVED;
    }
    reader->header_size = 0;
    reader->state = reader->left > IMAGED_FRAME_DATA_MAX ? DROPS_DATA : READS_DATA;
    return reader->state == DROPS_DATA ? IMAGED_FOUND_TOO_LONG : IMAGED_FOUND_HEADER;
}

imaged_found imaged_frame_read(
    imaged_frame_reader *reader, const uint8_t **bytes, size_t *size, const uint8_t **data,
    size_t *data_size) {
    if (reader->state == FOUND_RESERVED) {
        return IMAGED_FOUND_NOTHING;
    }
    if (reader->state == DROPS_DATA) {
        size_t count = *size < reader->left ? *size : reader->left;
        *bytes += count;
        *size -= count;
        reader->left -= (uint32_t)count;
        if (reader->left > 0) {
            return IMAGED_FOUND_NOTHING;
        }
        reader->state = READS_HEADER;
    }
    if (reader->state == READS_DATA) {
        if (reader->left == 0) {
            reader->state = READS_HEADER;
            return IMAGED_FOUND_END;
        }
        if (*size == 0) {
            return IMAGED_FOUND_NOTHING;
        }
        size_t count = *size < reader->left ? *size : reader->left;
        *data = *bytes;
        *data_size = count;
        *bytes += count;
        *size -= count;
        reader->left -= (uint32_t)count;
        return IMAGED_FOUND_DATA;
    }
    size_t missing = (size_t)(IMAGED_FRAME_HEADER_SIZE - reader->header_size);
    size_t count = *size < missing ? *size : missing;
    if (count > 0) {
        memcpy(reader->header + reader->header_size, *bytes, count);
        reader->header_size = (uint8_t)(reader->header_size + count);
        *bytes += count;
        *size -= count;
    }
    return count == missing ? take_header(reader) : IMAGED_FOUND_NOTHING;
}

/* ------------------------------------------------------------------------------------- errors */

static const char *const outcome_names[] = {
    "ok", "refused", "not sent", "unknown", "not yet", "ended",
};
static const char *const reason_names[] = {
    "none", "argument", "limit", "memory", "system", "no daemon", "lost", "time", "protocol",
    "cancelled", "too slow", "closed", "forked",
};

const char *imaged_outcome_name(imaged_outcome outcome) {
    return (size_t)outcome < COUNT(outcome_names) ? outcome_names[outcome] : "?";
}

const char *imaged_reason_name(imaged_reason reason) {
    return (size_t)reason < COUNT(reason_names) ? reason_names[reason] : "?";
}

static void put_string(
    struct text *text, const char *before, imaged_string string, const char *after) {
    if (string.length > 0) {
        put_text(text, before);
        put_bytes(text, string.data, string.length);
        put_text(text, after);
    }
}

size_t imaged_describe_error(const imaged_error *error, char *buffer, size_t size) {
    struct text text = {buffer, size, 0};
    if (size > 0) {
        buffer[0] = 0;
    }
    if (error->outcome != IMAGED_REFUSED) {
        put_text(&text, imaged_outcome_name(error->outcome));
        if (error->reason != IMAGED_REASON_NONE) {
            put_text(&text, " (");
            put_text(&text, imaged_reason_name(error->reason));
            put_text(&text, ")");
        }
        put_string(&text, ": ", error->message, "");
    } else if (error->code.length > 0) {
        put_string(&text, "", error->code, ": ");
        put_string(&text, "", error->message, "");
    } else {
        char status[32];
        snprintf(status, sizeof status, "status %" PRId32, error->status);
        put_text(&text, status);
        put_string(&text, ": ", error->message, "");
    }
    put_string(&text, " [", error->parameter, "]");
    put_string(&text, " (", error->hint, ")");
    return text.length;
}

static void clear_error(imaged_error *error, imaged_outcome outcome, imaged_reason reason) {
    imaged_string empty = {"", 0};
    memset(error, 0, sizeof *error);
    error->outcome = outcome;
    error->reason = reason;
    error->code = error->message = error->parameter = error->hint = error->request_id = empty;
}

/* Fills in the client's own error and returns its outcome. The format makes the message; without an
 * arena, or memory in it, the message is the reason's name. */
__attribute__((format(printf, 6, 7))) static imaged_outcome fail(
    imaged_arena *arena, imaged_error *error, imaged_outcome outcome, imaged_reason reason,
    int system_error, const char *format, ...) {
    if (error == NULL) {
        return outcome;
    }
    clear_error(error, outcome, reason);
    error->system_error = system_error;
    error->message = imaged_text(imaged_reason_name(reason));
    char buffer[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    if (arena != NULL && length > 0) {
        size_t kept = (size_t)length < sizeof buffer ? (size_t)length : sizeof buffer - 1;
        arena_copy(arena, buffer, kept, &error->message);
    }
    return outcome;
}

/* --------------------------------------------------------------------------- client: its parts
 *
 * A client has streams and connections. A stream is queued until a connection takes it, then open
 * on that one, then done. Mostly there is one connection; a second one while the first, its stream
 * ids used up, still has streams under way. Everything is under the client's mutex.
 *
 * There is no thread. Whoever waits does the work: the first that has to wait drives, which is to
 * sleep in poll on the client's epoll descriptor without the mutex and then to send, receive and
 * expire for everybody. The others sleep on their stream's condition. Who stops driving wakes the
 * next. So a thread's answer is never behind another thread that has left.
 *
 * The epoll descriptor holds the sockets and a timer set to the next deadline: a foreign event loop
 * that watches it needs nothing else, and changes made by other threads reach who sleeps on it.
 */

enum {
    FRAME_REQUEST = 1,
    FRAME_RESPONSE = 2,
    FRAME_DATA = 3,
    FLAG_REMOTE_CLOSED = 1,
    FLAG_NO_DATA = 4,
    BUCKETS = 256,           /* of a connection's streams by id */
    RECEIVE_SIZE = 64 << 10, /* bytes of one recv */
    RECEIVES_MAX = 16,       /* of one turn, so that no connection starves another */
    PARTS_MAX = 64,          /* frames of one sendmsg */
    TRIES_MAX = 3,           /* connections that one call is tried on */
    PATH_BYTES_MAX = 107
};

static const int64_t NEVER = INT64_MAX;
static const int64_t MILLISECOND = 1000000;
/* How soon and how long a daemon is asked again whose queue of callers is full. */
static const int64_t RETRY_EVERY = 20 * 1000000;
static const int64_t RETRY_FOR = 2000 * (int64_t)1000000;

/* A doubly linked ring; an element that is in none points to itself. */
struct link {
    struct link *next;
    struct link *previous;
};

#define OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static void link_reset(struct link *link) {
    link->next = link->previous = link;
}

static bool link_is_alone(const struct link *link) {
    return link->next == link;
}

static void link_remove(struct link *link) {
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link_reset(link);
}

static void link_append(struct link *ring, struct link *link) {
    link->next = ring;
    link->previous = ring->previous;
    ring->previous->next = link;
    ring->previous = link;
}

/* Bytes that came on a stream: a response's data, or one data frame's. */
struct block {
    struct block *next;
    size_t capacity;
    size_t size;
    uint8_t bytes[];
};

enum stream_state { QUEUED, OPEN, DONE };

struct connection;

struct imaged_stream {
    imaged_client *client;
    struct connection *connection; /* while open or partly sent */
    imaged_operation_id operation;
    enum stream_state state;
    uint32_t id;
    struct imaged_stream *next_in_bucket;

    struct link all;     /* of the client */
    struct link queued;  /* in the client's queue */
    struct link open;    /* of the connection, in the order of ids */
    struct link unsent;  /* of the connection: its frame has not wholly left */
    struct link ready;   /* for imaged_poll */
    struct link waiting; /* a thread sleeps on `condition` */
    pthread_cond_t condition;
    bool has_condition;

    bool is_owned;     /* by the caller; else it goes when it is done and sent */
    bool is_announced; /* imaged_poll returns it */
    bool is_repeatable;
    bool is_repeated;  /* it was sent whole on an earlier connection */
    bool is_cancelled;
    bool was_told;     /* a watch's end has been told by imaged_next */
    int tries;
    int64_t deadline;      /* of the client's own clock */
    int64_t wire_deadline; /* what the frame's timeout comes to */
    void *context;

    imaged_outcome outcome; /* when done */
    imaged_reason reason;
    int system_error;
    const char *text;
    struct block *blocks; /* the response, or the events that wait for their reader */
    struct block **blocks_end;
    size_t blocks_size;
    bool has_response; /* the last block is a response frame's */

    size_t allocated;
    size_t sent;           /* bytes of the frame */
    size_t frame_size;     /* header included */
    size_t timeout_offset; /* of the field timeout_nano in the frame; metadata follow it */
    size_t timeout_size;   /* 0: there is none */
    uint8_t frame[];
};

struct connection {
    imaged_client *client;
    struct link link;
    int descriptor;
    int system_error;
    imaged_reason failure;     /* why it is at its end */
    const char *failure_text;  /* NULL: it is not */
    bool waits_for_output;
    uint64_t next_id;
    struct link open;
    struct link unsent;
    size_t unsent_size;
    struct imaged_stream *buckets[BUCKETS];
    imaged_frame_reader reader;
    struct imaged_stream *receiver; /* of the frame being read; NULL: it is dropped */
    struct block *received;
};

struct imaged_client {
    pthread_mutex_t mutex;
    pthread_cond_t announced; /* imaged_poll's sleepers */
    int pollers;
    pid_t owner;
    imaged_allocator allocator;
    size_t allocated;
    char *account; /* both NULL or behind the struct */
    char *ram_user;
    int64_t timeout; /* nanoseconds, as all that follow */
    int64_t grace;
    size_t unsent_max;
    size_t events_max;
    int epoll;
    int timer;
    struct link connections;
    struct connection *current; /* takes new streams; NULL: none */
    struct link streams;
    struct link queue;
    struct link ready;
    struct link waiting;
    bool is_driven; /* a thread sleeps in poll for everybody */
    imaged_stream *driver; /* what that thread waits for; NULL: any announced one */
    bool is_closed;
    int64_t earliest; /* no stream has an earlier deadline */
    int64_t retry_at;
    int64_t retry_until;
    int64_t armed; /* what the timer is set to */
    uint32_t wanted_id;
    char path[PATH_BYTES_MAX + 1];
    uint8_t buffer[RECEIVE_SIZE];
};

/* The numbers of google.rpc.Code that this client decides by. */
enum {
    STATUS_CANCELLED = 1,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_RESOURCE_EXHAUSTED = 8,
    STATUS_UNAVAILABLE = 14
};

/* What begins a stream. */
struct call {
    imaged_operation_id operation;
    const void *request;
    int64_t timeout_nano; /* as it travels */
    imaged_key_value_list metadata;
    struct span raw_metadata; /* instead, encoded already */
};

static int64_t now_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 * MILLISECOND + time.tv_nsec;
}

static int64_t add_saturating(int64_t left, int64_t right) {
    if (right > 0 && left > INT64_MAX - right) {
        return INT64_MAX;
    }
    return left + right;
}

/* Milliseconds as nanoseconds; IMAGED_FOREVER stays the largest number. */
static int64_t nanoseconds(int64_t milliseconds) {
    if (milliseconds > INT64_MAX / MILLISECOND) {
        return INT64_MAX;
    }
    return milliseconds < -INT64_MAX / MILLISECOND ? -INT64_MAX : milliseconds * MILLISECOND;
}

static bool is_foreign(const imaged_client *client) {
    return client->owner != getpid();
}

/* The errors that a socket's user may meet, in words. */
static const char *system_text(int error) {
    switch (error) {
    case 0: return "the daemon closed it";
    case ENOENT: return "nothing is there";
    case ENOTDIR: return "a part of the path is no directory";
    case ECONNREFUSED: return "the socket is there, but no daemon listens on it";
    case EACCES: return "this user may not";
    case EAGAIN: return "the daemon is there, but takes no new connections";
    case ECONNRESET: return "the daemon closed it";
    case EPIPE: return "the daemon closed it";
    case EMFILE: return "this process has no descriptors left";
    case ENFILE: return "the system has no descriptors left";
    case ENOMEM: return "the system has no memory left";
    case EPROTOTYPE: return "the socket is not a stream socket";
    default: return "a system call failed";
    }
}

/* ------------------------------------------------------------------------------ client: streams */

static void free_blocks(imaged_client *client, struct block *block) {
    while (block != NULL) {
        struct block *next = block->next;
        give_memory(&client->allocator, block, sizeof *block + block->capacity);
        block = next;
    }
}

/* Releases a stream that nobody owns, that is done and whose frame is not half on its way. */
static void release_if_unused(imaged_stream *stream) {
    if (stream->is_owned || stream->state != DONE || !link_is_alone(&stream->unsent)) {
        return;
    }
    imaged_client *client = stream->client;
    link_remove(&stream->all);
    link_remove(&stream->ready);
    free_blocks(client, stream->blocks);
    if (stream->has_condition) {
        pthread_cond_destroy(&stream->condition);
    }
    give_memory(&client->allocator, stream, stream->allocated);
}

static bool is_streaming(const imaged_stream *stream) {
    return imaged_operations[stream->operation].is_streaming;
}

static bool is_ready(const imaged_stream *stream) {
    return stream->state == DONE || stream->blocks != NULL;
}

static void set_timer(imaged_client *client, int64_t time);

/* Wakes who waits for the stream, and lets imaged_poll know. */
static void announce(imaged_stream *stream) {
    imaged_client *client = stream->client;
    bool is_for_poll = stream->is_announced && stream->is_owned;
    if (!link_is_alone(&stream->waiting)) {
        pthread_cond_signal(&stream->condition);
    }
    if (is_for_poll && link_is_alone(&stream->ready)) {
        link_append(&client->ready, &stream->ready);
        if (client->pollers > 0) {
            pthread_cond_signal(&client->announced);
        }
    }
    /* Another thread sleeps in poll, and what it waits for has been received by this one. */
    bool is_drivers = client->driver == stream || (client->driver == NULL && is_for_poll);
    if (client->is_driven && is_drivers) {
        set_timer(client, 0);
    }
}

static imaged_stream *find_stream(struct connection *connection, uint32_t id) {
    imaged_stream *stream = connection->buckets[(id >> 1) % BUCKETS];
    while (stream != NULL && stream->id != id) {
        stream = stream->next_in_bucket;
    }
    return stream;
}

/* Takes an open stream from its connection. What is left of a frame that is half on its way stays:
 * the daemon must get it whole. */
static void detach(imaged_stream *stream) {
    struct connection *connection = stream->connection;
    imaged_stream **place = &connection->buckets[(stream->id >> 1) % BUCKETS];
    while (*place != stream) {
        place = &(*place)->next_in_bucket;
    }
    *place = stream->next_in_bucket;
    stream->next_in_bucket = NULL;
    link_remove(&stream->open);
    if (connection->receiver == stream) {
        free_blocks(connection->client, connection->received);
        connection->receiver = NULL;
        connection->received = NULL;
    }
    if (!link_is_alone(&stream->unsent) && stream->sent == 0) {
        link_remove(&stream->unsent);
        connection->unsent_size -= stream->frame_size;
    }
}

static bool is_wholly_sent(const imaged_stream *stream) {
    return stream->sent == stream->frame_size;
}

/* Ends a stream. `text` is a constant. */
static void finish(
    imaged_stream *stream, imaged_outcome outcome, imaged_reason reason, int system_error,
    const char *text) {
    if (stream->state == OPEN) {
        detach(stream);
    } else if (stream->state == QUEUED) {
        link_remove(&stream->queued);
    }
    stream->state = DONE;
    stream->outcome = outcome;
    stream->reason = reason;
    stream->system_error = system_error;
    stream->text = text;
    announce(stream);
    release_if_unused(stream);
}

/* Ends a stream for a reason that says nothing about its request: what is known then is how much of
 * it has left. */
static void finish_early(
    imaged_stream *stream, imaged_reason reason, int system_error, const char *text) {
    bool is_known = stream->sent == 0 && !stream->is_repeated;
    finish(stream, is_known ? IMAGED_NOT_SENT : IMAGED_UNKNOWN, reason, system_error, text);
}

/* How many bytes the call's envelope has around the payload, and the payload; checks both. */
static imaged_refusal measure_call(
    const struct call *call, size_t *payload, size_t *envelope, size_t *timeout, char *path) {
    const imaged_operation *operation = &imaged_operations[call->operation];
    imaged_request_envelope request;
    imaged_refusal refusal;
    *payload = *envelope = *timeout = 0;
    if (call->request != NULL) {
        refusal = imaged_encoded_size(operation->request, call->request, payload, path);
        if (refusal != IMAGED_CODEC_OK) {
            return refusal;
        }
    }
    memset(&request, 0, sizeof request);
    request.timeout_nano = call->timeout_nano;
    refusal = imaged_encoded_size(&request_envelope_message, &request, timeout, path);
    request.service = imaged_text(operation->service);
    request.method = imaged_text(operation->name);
    request.metadata = call->metadata;
    if (refusal == IMAGED_CODEC_OK) {
        refusal = imaged_encoded_size(&request_envelope_message, &request, envelope, path);
    }
    *envelope += left_in(&call->raw_metadata);
    if (*payload > 0) {
        *envelope += 1 + varint_size(*payload);
    }
    return refusal;
}

/* Writes the frame's data into the stream, whose frame_size is right, from the end to the
 * beginning. The header comes when its stream id is known. */
static void write_frame(imaged_stream *stream, const struct call *call, size_t payload_size) {
    const imaged_operation *operation = &imaged_operations[call->operation];
    const imaged_field *fields = request_envelope_fields;
    imaged_request_envelope request;
    memset(&request, 0, sizeof request);
    request.service = imaged_text(operation->service);
    request.method = imaged_text(operation->name);
    request.timeout_nano = call->timeout_nano;
    request.metadata = call->metadata;
    uint8_t *end = stream->frame + stream->frame_size;
    size_t raw_size = left_in(&call->raw_metadata);
    if (raw_size > 0) {
        end -= raw_size;
        memcpy(end, call->raw_metadata.next, raw_size);
    }
    end = write_field(&fields[4], &request, end);
    end = write_field(&fields[3], &request, end);
    stream->timeout_offset = (size_t)(end - stream->frame);
    if (payload_size > 0) {
        end = write_fields(operation->request, call->request, end);
        end = write_tag(&fields[2], DELIMITED, write_varint(payload_size, end));
    }
    end = write_field(&fields[1], &request, end);
    write_field(&fields[0], &request, end);
}

/* Makes a stream with its frame, in no list but the client's. On failure NULL, and the error is
 * said. */
static imaged_stream *make_stream(
    imaged_client *client, const struct call *call, imaged_arena *arena, imaged_error *error) {
    char path[IMAGED_PATH_MAX];
    size_t payload;
    size_t envelope;
    size_t timeout;
    imaged_refusal refusal = measure_call(call, &payload, &envelope, &timeout, path);
    if (refusal != IMAGED_CODEC_OK && refusal != IMAGED_TOO_LONG) {
        fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_ARGUMENT, 0,
            "the request cannot be encoded: %s at %s", imaged_refusal_name(refusal), path);
        if (error != NULL && arena != NULL) {
            arena_copy(arena, path, strlen(path), &error->parameter);
        }
        return NULL;
    }
    if (refusal == IMAGED_TOO_LONG || payload + envelope > IMAGED_FRAME_DATA_MAX) {
        fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_LIMIT, 0, "a request of more than 4 MiB");
        return NULL;
    }
    size_t frame_size = IMAGED_FRAME_HEADER_SIZE + payload + envelope;
    imaged_stream *stream = take_memory(&client->allocator, sizeof *stream + frame_size);
    if (stream == NULL) {
        fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_MEMORY, 0, "no memory for the request");
        return NULL;
    }
    memset(stream, 0, sizeof *stream);
    stream->client = client;
    stream->operation = call->operation;
    stream->allocated = sizeof *stream + frame_size;
    stream->frame_size = frame_size;
    stream->timeout_size = timeout;
    stream->blocks_end = &stream->blocks;
    stream->deadline = stream->wire_deadline = NEVER;
    link_reset(&stream->queued);
    link_reset(&stream->open);
    link_reset(&stream->unsent);
    link_reset(&stream->ready);
    link_reset(&stream->waiting);
    link_append(&client->streams, &stream->all);
    write_frame(stream, call, payload);
    return stream;
}

/* Rewrites the frame's deadline, which has come nearer since it was written first, and so is no
 * longer than it was. */
static void shorten_timeout(imaged_stream *stream, int64_t remaining) {
    uint8_t *start = stream->frame + stream->timeout_offset;
    size_t value_size = varint_size((uint64_t)remaining);
    size_t size = 1 + value_size;
    if (stream->timeout_size == 0 || size > stream->timeout_size) {
        return;
    }
    uint8_t *tail = start + stream->timeout_size;
    size_t tail_size = (size_t)(stream->frame + stream->frame_size - tail);
    write_varint((uint64_t)remaining, start + size);
    memmove(start + size, tail, tail_size);
    stream->frame_size -= stream->timeout_size - size;
    stream->timeout_size = size;
}

/* -------------------------------------------------------------------------- client: connections */

static void set_timer(imaged_client *client, int64_t time) {
    if (time >= client->armed) {
        return;
    }
    struct itimerspec setting;
    memset(&setting, 0, sizeof setting);
    setting.it_value.tv_sec = (time_t)(time / (1000 * MILLISECOND));
    setting.it_value.tv_nsec = (long)(time % (1000 * MILLISECOND));
    if (time <= 0) {
        setting.it_value.tv_sec = 0;
        setting.it_value.tv_nsec = 1; /* zero would disarm it */
    }
    timerfd_settime(client->timer, TFD_TIMER_ABSTIME, &setting, NULL);
    client->armed = time;
}

static void set_output(struct connection *connection, bool is_wanted) {
    if (connection->waits_for_output == is_wanted) {
        return;
    }
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = is_wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
    epoll_ctl(connection->client->epoll, EPOLL_CTL_MOD, connection->descriptor, &event);
    connection->waits_for_output = is_wanted;
}

/* A connected socket that does not block; -1 and the error. */
static int connect_socket(const char *path, int *error) {
    struct sockaddr_un address;
    if (path[0] == 0) {
        *error = ENOENT; /* an empty path would be a name outside of the file system */
        return -1;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        *error = errno;
        return -1;
    }
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, strlen(path));
    while (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        if (errno != EINTR) {
            *error = errno;
            close(descriptor);
            return -1;
        }
    }
    return descriptor;
}

/* Makes the descriptor the client's current connection; takes it over. 0, or an errno. */
static int adopt_socket(imaged_client *client, int descriptor) {
    struct connection *connection = take_memory(&client->allocator, sizeof *connection);
    if (connection == NULL) {
        close(descriptor);
        return ENOMEM;
    }
    memset(connection, 0, sizeof *connection);
    connection->client = client;
    connection->descriptor = descriptor;
    connection->next_id = 1;
    link_reset(&connection->open);
    link_reset(&connection->unsent);
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        int error = errno;
        close(descriptor);
        give_memory(&client->allocator, connection, sizeof *connection);
        return error;
    }
    link_append(&client->connections, &connection->link);
    client->current = connection;
    return 0;
}

/* Releases a connection that has no open streams any more. */
static void drop_connection(struct connection *connection) {
    imaged_client *client = connection->client;
    while (!link_is_alone(&connection->unsent)) {
        imaged_stream *stream = OWNER(connection->unsent.next, imaged_stream, unsent);
        link_remove(&stream->unsent);
        release_if_unused(stream);
    }
    /* A process forked off this one may still hold the socket: say that it is over, and take it
     * from the epoll descriptor, which would keep it. */
    epoll_ctl(client->epoll, EPOLL_CTL_DEL, connection->descriptor, NULL);
    shutdown(connection->descriptor, SHUT_RDWR);
    close(connection->descriptor);
    link_remove(&connection->link);
    if (client->current == connection) {
        client->current = NULL;
    }
    free_blocks(client, connection->received);
    give_memory(&client->allocator, connection, sizeof *connection);
}

/* The stream was open on a connection that is lost, and has been detached. Whether it goes to the
 * next one depends on what the daemon may have seen of it. */
static void recover(imaged_stream *stream, const struct connection *connection, int64_t now) {
    imaged_client *client = stream->client;
    imaged_reason reason = connection->failure;
    bool was_seen = is_wholly_sent(stream);
    /* Nobody wants a cancelled one any more, not even if the daemon has seen only a part of it. */
    bool may_repeat =
        reason == IMAGED_REASON_LOST && stream->tries < TRIES_MAX && !stream->is_cancelled;
    if (was_seen) {
        may_repeat = may_repeat && stream->is_repeatable && !stream->is_repeated
            && stream->wire_deadline > now;
        stream->is_repeated = may_repeat || stream->is_repeated;
    }
    if (may_repeat && !client->is_closed) {
        stream->sent = 0;
        stream->state = QUEUED;
        if (stream->timeout_size > 0 && stream->wire_deadline != NEVER) {
            int64_t remaining = stream->wire_deadline - now;
            shorten_timeout(stream, remaining > 0 ? remaining : 1);
        }
        link_append(&client->queue, &stream->queued);
        return;
    }
    if (!was_seen) {
        stream->sent = 0; /* a frame that was cut off has not been read */
    }
    stream->state = QUEUED; /* in no list that finish would have to look into */
    finish_early(stream, reason, connection->system_error, connection->failure_text);
}

static bool receive(struct connection *connection, bool drains);

/* Ends a connection at which `failure` has been set, or that a send has failed on. Its streams go
 * to the queue or end. */
static void lose_connection(struct connection *connection) {
    int64_t now = now_nanoseconds();
    /* What the daemon said before it went is still there. */
    if (connection->failure_text == NULL) {
        receive(connection, true);
    }
    if (connection->failure_text == NULL) {
        connection->failure = IMAGED_REASON_LOST;
        connection->failure_text = system_text(connection->system_error);
    }
    while (!link_is_alone(&connection->open)) {
        imaged_stream *stream = OWNER(connection->open.next, imaged_stream, open);
        detach(stream);
        if (!link_is_alone(&stream->unsent)) {
            link_remove(&stream->unsent);
        }
        recover(stream, connection, now);
    }
    drop_connection(connection);
}

/* Takes `count` sent bytes off the connection's frames. */
static void count_sent(struct connection *connection, size_t count) {
    connection->unsent_size -= count;
    while (count > 0) {
        imaged_stream *stream = OWNER(connection->unsent.next, imaged_stream, unsent);
        size_t left = stream->frame_size - stream->sent;
        if (count < left) {
            stream->sent += count;
            return;
        }
        count -= left;
        stream->sent = stream->frame_size;
        link_remove(&stream->unsent);
        release_if_unused(stream);
    }
}

/* Sends what the kernel takes; false: the connection is at its end. */
static bool flush(struct connection *connection) {
    while (!link_is_alone(&connection->unsent)) {
        struct iovec parts[PARTS_MAX];
        size_t count = 0;
        struct link *link = connection->unsent.next;
        for (; link != &connection->unsent && count < PARTS_MAX; link = link->next) {
            imaged_stream *stream = OWNER(link, imaged_stream, unsent);
            parts[count].iov_base = stream->frame + stream->sent;
            parts[count].iov_len = stream->frame_size - stream->sent;
            count++;
        }
        struct msghdr message;
        memset(&message, 0, sizeof message);
        message.msg_iov = parts;
        message.msg_iovlen = count;
        ssize_t sent = sendmsg(connection->descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            count_sent(connection, (size_t)sent);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            set_output(connection, true);
            return true;
        } else if (errno != EINTR) {
            connection->system_error = errno;
            return false;
        }
    }
    set_output(connection, false);
    return true;
}

/* Puts a frame behind the others, under the connection's next stream id. */
static void append_frame(struct connection *connection, imaged_stream *stream) {
    imaged_frame header = {
        (uint32_t)(stream->frame_size - IMAGED_FRAME_HEADER_SIZE), (uint32_t)connection->next_id,
        FRAME_REQUEST, is_streaming(stream) ? FLAG_REMOTE_CLOSED : 0};
    imaged_frame_write(&header, stream->frame);
    stream->id = header.stream_id;
    stream->connection = connection;
    connection->next_id += 2;
    link_append(&connection->unsent, &stream->unsent);
    connection->unsent_size += stream->frame_size;
}

static void attach(struct connection *connection, imaged_stream *stream) {
    append_frame(connection, stream);
    stream->state = OPEN;
    stream->tries++;
    imaged_stream **bucket = &connection->buckets[(stream->id >> 1) % BUCKETS];
    stream->next_in_bucket = *bucket;
    *bucket = stream;
    link_append(&connection->open, &stream->open);
}

/* The connection for a new stream, a new one if need be; NULL and why there is none: 0 means not
 * yet. */
static struct connection *usable_connection(imaged_client *client, int64_t now, int *error) {
    struct connection *connection = client->current;
    if (connection != NULL && client->wanted_id > connection->next_id) {
        connection->next_id = client->wanted_id | 1;
    }
    /* The last id is kept for a Cancel. */
    if (connection != NULL && connection->next_id < UINT32_MAX) {
        client->wanted_id = 0;
        return connection;
    }
    if (connection != NULL) {
        client->wanted_id = 0;
    }
    *error = 0;
    if (now < client->retry_at) {
        return NULL;
    }
    int descriptor = connect_socket(client->path, error);
    if (descriptor >= 0) {
        client->retry_at = client->retry_until = 0;
        *error = adopt_socket(client, descriptor);
        if (*error == 0 && client->wanted_id != 0) {
            client->current->next_id = client->wanted_id | 1;
            client->wanted_id = 0;
        }
        return *error == 0 ? client->current : NULL;
    }
    if (*error == EAGAIN) {
        if (client->retry_until == 0) {
            client->retry_until = add_saturating(now, RETRY_FOR);
        }
        if (now < client->retry_until) {
            client->retry_at = add_saturating(now, RETRY_EVERY);
            set_timer(client, client->retry_at);
            *error = 0;
            return NULL;
        }
    }
    client->retry_at = client->retry_until = 0;
    return NULL;
}

/* Gives the queued streams to a connection and sends. */
static void advance_queue(imaged_client *client, int64_t now) {
    while (!link_is_alone(&client->queue)) {
        int error = 0;
        struct connection *connection = usable_connection(client, now, &error);
        if (connection == NULL && error == 0) {
            return;
        }
        if (connection == NULL) {
            imaged_reason reason = error == ENOMEM ? IMAGED_REASON_MEMORY : IMAGED_REASON_NO_DAEMON;
            while (!link_is_alone(&client->queue)) {
                imaged_stream *stream = OWNER(client->queue.next, imaged_stream, queued);
                finish_early(stream, reason, error, system_text(error));
            }
            return;
        }
        do {
            imaged_stream *stream = OWNER(client->queue.next, imaged_stream, queued);
            link_remove(&stream->queued);
            attach(connection, stream);
        } while (!link_is_alone(&client->queue) && connection->next_id < UINT32_MAX);
        if (!connection->waits_for_output && !flush(connection)) {
            lose_connection(connection);
        }
    }
}

/* Asks the daemon to end an open stream, by a frame that nobody waits for: an answer to an id that
 * is not open is dropped. */
static bool send_cancel(imaged_stream *target) {
    struct connection *connection = target->connection;
    if (connection->next_id > UINT32_MAX) {
        return false;
    }
    imaged_cancel_request request;
    memset(&request, 0, sizeof request);
    request.stream_id = target->id;
    struct call call;
    memset(&call, 0, sizeof call);
    call.operation = IMAGED_OP_Cancel;
    call.request = &request;
    /* In the same account. */
    call.raw_metadata.next = target->frame + target->timeout_offset + target->timeout_size;
    call.raw_metadata.end = target->frame + target->frame_size;
    imaged_stream *cancel = make_stream(target->client, &call, NULL, NULL);
    if (cancel == NULL) {
        return false;
    }
    cancel->state = DONE;
    append_frame(connection, cancel);
    return true;
}

/* ---------------------------------------------------------------------------- client: receiving */

static bool violate(struct connection *connection, const char *text) {
    connection->failure = IMAGED_REASON_PROTOCOL;
    connection->failure_text = text;
    return false;
}

/* A header has come: which stream is it for, and is there memory for its data? */
static bool begin_frame(struct connection *connection, const imaged_frame *frame) {
    imaged_client *client = connection->client;
    if (frame->type != FRAME_RESPONSE && frame->type != FRAME_DATA) {
        return violate(connection, "a frame of a type that no daemon sends");
    }
    if (frame->stream_id % 2 == 0 || frame->stream_id >= connection->next_id) {
        return violate(connection, "a frame on a stream that was never opened");
    }
    imaged_stream *stream = find_stream(connection, frame->stream_id);
    if (stream == NULL) {
        return true; /* given up before */
    }
    if (frame->type == FRAME_DATA && !is_streaming(stream)) {
        return violate(connection, "a data frame on a unary stream");
    }
    struct block *block = take_memory(&client->allocator, sizeof *block + frame->data_length);
    if (block == NULL) {
        if (is_streaming(stream)) {
            send_cancel(stream);
        }
        finish(stream, IMAGED_UNKNOWN, IMAGED_REASON_MEMORY, 0, "no memory for the response");
        return true;
    }
    block->next = NULL;
    block->capacity = frame->data_length;
    block->size = 0;
    connection->receiver = stream;
    connection->received = block;
    return true;
}

/* The frame is whole: its stream has something to read, or has ended. */
static void end_frame(struct connection *connection) {
    const imaged_frame *frame = &connection->reader.frame;
    imaged_stream *stream = connection->receiver;
    struct block *block = connection->received;
    connection->receiver = NULL;
    connection->received = NULL;
    if (stream == NULL) {
        return;
    }
    bool is_response = frame->type == FRAME_RESPONSE;
    if (is_response || (frame->flags & FLAG_NO_DATA) == 0) {
        stream->blocks_size += sizeof *block + block->size;
        *stream->blocks_end = block;
        stream->blocks_end = &block->next;
        stream->has_response = is_response;
    } else {
        free_blocks(connection->client, block);
    }
    if (is_response) {
        finish(stream, IMAGED_OK, IMAGED_REASON_NONE, 0, NULL);
    } else if ((frame->flags & FLAG_REMOTE_CLOSED) != 0) {
        finish(stream, IMAGED_ENDED, IMAGED_REASON_NONE, 0, "the stream has ended");
    } else if (stream->blocks_size > connection->client->events_max) {
        send_cancel(stream);
        finish(stream, IMAGED_UNKNOWN, IMAGED_REASON_TOO_SLOW, 0,
            "events came faster than they were taken: describe afresh, watch again");
    } else {
        announce(stream);
    }
}

static bool take_bytes(struct connection *connection, const uint8_t *bytes, size_t size) {
    imaged_frame_reader *reader = &connection->reader;
    for (;;) {
        const uint8_t *data = NULL;
        size_t data_size = 0;
        imaged_stream *stream;
        switch (imaged_frame_read(reader, &bytes, &size, &data, &data_size)) {
        case IMAGED_FOUND_NOTHING: return true;
        case IMAGED_FOUND_HEADER:
            if (!begin_frame(connection, &reader->frame)) {
                return false;
            }
            break;
        case IMAGED_FOUND_DATA:
            if (connection->received != NULL) {
                memcpy(connection->received->bytes + connection->received->size, data, data_size);
                connection->received->size += data_size;
            }
            break;
        case IMAGED_FOUND_END: end_frame(connection); break;
        case IMAGED_FOUND_TOO_LONG:
            stream = find_stream(connection, reader->frame.stream_id);
            if (stream != NULL) {
                finish(stream, IMAGED_UNKNOWN, IMAGED_REASON_PROTOCOL, 0,
                    "a frame of more than 4 MiB");
            }
            break;
        case IMAGED_FOUND_RESERVED: return violate(connection, "bytes that are no frame");
        }
    }
}

/* Reads what is there; false: the connection is at its end. drains: all of it. */
static bool receive(struct connection *connection, bool drains) {
    uint8_t *buffer = connection->client->buffer;
    for (int turn = 0; drains || turn < RECEIVES_MAX; turn++) {
        ssize_t size = recv(connection->descriptor, buffer, RECEIVE_SIZE, MSG_DONTWAIT);
        if (size > 0) {
            if (!take_bytes(connection, buffer, (size_t)size)) {
                return false;
            }
            if (size < RECEIVE_SIZE && !drains) {
                return true;
            }
        } else if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            connection->system_error = size == 0 ? 0 : errno;
            connection->failure = IMAGED_REASON_LOST;
            connection->failure_text = system_text(connection->system_error);
            return false;
        } else if (errno != EINTR) {
            return true;
        }
    }
    return true;
}

/* -------------------------------------------------------------------------------- client: turns */

/* Ends the streams whose time, by the client's own clock, is over. */
static void expire(imaged_client *client, int64_t now) {
    if (now < client->earliest) {
        return;
    }
    client->earliest = NEVER;
    struct link *next;
    for (struct link *link = client->streams.next; link != &client->streams; link = next) {
        imaged_stream *stream = OWNER(link, imaged_stream, all);
        next = link->next;
        if (stream->state == DONE) {
            continue;
        }
        if (stream->deadline > now) {
            if (stream->deadline < client->earliest) {
                client->earliest = stream->deadline;
            }
            continue;
        }
        if (stream->state == OPEN && is_streaming(stream)) {
            send_cancel(stream);
            next = link->next; /* which may be the Cancel */
        }
        finish_early(stream, IMAGED_REASON_TIME, 0, "no answer within the call's time");
    }
}

/* Closes connections whose ids are used up once their last stream has ended. */
static void close_idle(imaged_client *client) {
    struct link *next;
    for (struct link *link = client->connections.next; link != &client->connections; link = next) {
        struct connection *connection = OWNER(link, struct connection, link);
        next = link->next;
        if (connection != client->current && link_is_alone(&connection->open)) {
            drop_connection(connection);
        }
    }
}

static bool receive_some(struct connection *connection) {
    return receive(connection, false);
}

/* Does `act` to each connection; those that are at their end then are lost. */
static void each_connection(imaged_client *client, bool (*act)(struct connection *)) {
    struct link *next;
    for (struct link *link = client->connections.next; link != &client->connections; link = next) {
        struct connection *connection = OWNER(link, struct connection, link);
        next = link->next;
        if (!act(connection)) {
            lose_connection(connection);
        }
    }
}

/* Everything that can be done without waiting. */
static void take_turn(imaged_client *client) {
    int64_t now = now_nanoseconds();
    /* While a thread sleeps on the timer it stays as it is: it may be there to wake that one. */
    if (now >= client->armed && !client->is_driven) {
        uint64_t count;
        while (read(client->timer, &count, sizeof count) < 0 && errno == EINTR) {
        }
        client->armed = NEVER;
    }
    each_connection(client, receive_some);
    expire(client, now);
    each_connection(client, flush);
    advance_queue(client, now);
    close_idle(client);
    if (client->earliest != NEVER) {
        set_timer(client, client->earliest);
    }
    if (client->retry_at != 0 && !link_is_alone(&client->queue)) {
        set_timer(client, client->retry_at);
    }
}

/* Hands driving to a thread that sleeps, if no one drives. */
static void hand_over(imaged_client *client) {
    if (client->is_driven) {
        return;
    }
    if (!link_is_alone(&client->waiting)) {
        pthread_cond_signal(&OWNER(client->waiting.next, imaged_stream, waiting)->condition);
    } else if (client->pollers > 0) {
        pthread_cond_signal(&client->announced);
    }
}

/* Sleeps in poll for everybody, until there is something to do or `until`. */
static void drive(imaged_client *client, imaged_stream *stream, int64_t until) {
    int milliseconds = -1;
    if (until != NEVER) {
        int64_t left = until - now_nanoseconds();
        left = left <= 0 ? 0 : (left - 1) / MILLISECOND + 1;
        milliseconds = left > INT_MAX ? INT_MAX : (int)left;
    }
    struct pollfd entry = {client->epoll, POLLIN, 0};
    client->is_driven = true;
    client->driver = stream;
    pthread_mutex_unlock(&client->mutex);
    poll(&entry, 1, milliseconds);
    pthread_mutex_lock(&client->mutex);
    client->is_driven = false;
    take_turn(client);
}

static void sleep_on(imaged_client *client, pthread_cond_t *condition, int64_t until) {
    if (until == NEVER) {
        pthread_cond_wait(condition, &client->mutex);
        return;
    }
    struct timespec time;
    time.tv_sec = (time_t)(until / (1000 * MILLISECOND));
    time.tv_nsec = (long)(until % (1000 * MILLISECOND));
    pthread_cond_timedwait(condition, &client->mutex, &time);
}

/* Waits until the stream, or with NULL any announced one, is ready. */
static void wait_until_ready(imaged_client *client, imaged_stream *stream, int64_t until) {
    for (;;) {
        bool is_there = stream != NULL ? is_ready(stream) : !link_is_alone(&client->ready);
        if (is_there || client->is_closed || (until != NEVER && now_nanoseconds() >= until)) {
            break;
        }
        if (!client->is_driven) {
            drive(client, stream, until);
        } else if (stream != NULL) {
            link_append(&client->waiting, &stream->waiting);
            sleep_on(client, &stream->condition, until);
            link_remove(&stream->waiting);
        } else {
            client->pollers++;
            sleep_on(client, &client->announced, until);
            client->pollers--;
        }
    }
    hand_over(client);
}

/* ------------------------------------------------------------------------- client: life and
 * calls */

/* Conditions wait by the monotonic clock. */
static bool make_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    bool is_made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0
        && pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return is_made;
}

static int64_t option_time(int64_t milliseconds, int64_t standard) {
    return nanoseconds(milliseconds != 0 ? milliseconds : standard);
}

/* The client's memory, with the two strings behind it, and what needs no system call. */
static imaged_client *make_client(const imaged_options *options) {
    imaged_allocator allocator = chosen(options->allocator);
    size_t account = options->account != NULL ? strlen(options->account) + 1 : 0;
    size_t ram_user = options->ram_user != NULL ? strlen(options->ram_user) + 1 : 0;
    imaged_client *client = NULL;
    if (account <= IMAGED_FRAME_DATA_MAX && ram_user <= IMAGED_FRAME_DATA_MAX) {
        client = take_memory(&allocator, sizeof *client + account + ram_user);
    }
    if (client == NULL) {
        return NULL;
    }
    memset(client, 0, sizeof *client);
    client->allocator = allocator;
    client->allocated = sizeof *client + account + ram_user;
    if (account > 0) {
        client->account = memcpy((char *)(client + 1), options->account, account);
    }
    if (ram_user > 0) {
        client->ram_user = memcpy((char *)(client + 1) + account, options->ram_user, ram_user);
    }
    client->owner = getpid();
    client->timeout = option_time(options->timeout_milliseconds, 60000);
    client->grace = option_time(options->grace_milliseconds, 2000);
    client->unsent_max = options->unsent_bytes_max != 0 ? options->unsent_bytes_max : 16 << 20;
    client->events_max = options->events_bytes_max != 0 ? options->events_bytes_max : 8 << 20;
    client->epoll = client->timer = -1;
    client->earliest = client->armed = NEVER;
    link_reset(&client->connections);
    link_reset(&client->streams);
    link_reset(&client->queue);
    link_reset(&client->ready);
    link_reset(&client->waiting);
    if (pthread_mutex_init(&client->mutex, NULL) != 0) {
        give_memory(&allocator, client, client->allocated);
        return NULL;
    }
    if (!make_condition(&client->announced)) {
        pthread_mutex_destroy(&client->mutex);
        give_memory(&allocator, client, client->allocated);
        return NULL;
    }
    return client;
}

/* Opens the client's own descriptors; 0 or an errno. */
static int open_descriptors(imaged_client *client) {
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (client->epoll < 0) {
        return errno;
    }
    client->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (client->timer < 0) {
        return errno;
    }
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    return epoll_ctl(client->epoll, EPOLL_CTL_ADD, client->timer, &event) == 0 ? 0 : errno;
}

/* A directory from the environment, which must be absolute, as the XDG specification says. */
static const char *directory_variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

/* One place of the search. */
struct place_to_look {
    char path[PATH_BYTES_MAX + 1];
    bool is_too_long;
    bool is_own; /* in a directory of this user: that he may not connect there is an error */
};

static void add_place(
    struct place_to_look *places, size_t *count, const char *directory, const char *rest,
    bool is_own) {
    struct place_to_look *place = &places[(*count)++];
    int length = snprintf(place->path, sizeof place->path, "%s%s", directory, rest);
    place->is_too_long = length < 0 || (size_t)length >= sizeof place->path;
    place->is_own = is_own;
}

/* Where the daemon's socket may be, in the order of protocol/README.md. */
static size_t find_places(const char *named, struct place_to_look *places) {
    size_t count = 0;
    const char *variable = getenv("IMAGED_SOCKET");
    if (named == NULL && variable != NULL && variable[0] != 0) {
        named = variable;
    }
    if (named != NULL) {
        add_place(places, &count, "", named, true);
        return count;
    }
    const char *directory = directory_variable("XDG_RUNTIME_DIR");
    if (directory != NULL) {
        add_place(places, &count, directory, "/imaged/imaged.sock", true);
    }
    add_place(places, &count, "/run/imaged/imaged.sock", "", false);
    if (geteuid() == 0) {
        add_place(places, &count, "/var/lib/imaged/imaged.sock", "", true);
    } else if ((directory = directory_variable("XDG_STATE_HOME")) != NULL) {
        add_place(places, &count, directory, "/imaged/imaged.sock", true);
    } else if ((directory = directory_variable("HOME")) != NULL) {
        add_place(places, &count, directory, "/.local/state/imaged/imaged.sock", true);
    }
    return count;
}

/* Connects to the first place where a daemon listens. 0, or the errno that says most, and its
 * place. */
static int search_daemon(
    imaged_client *client, const struct place_to_look *places, size_t count, size_t *at) {
    int worst = ENOENT;
    *at = 0;
    for (size_t index = 0; index < count; index++) {
        int error = 0;
        int descriptor = -1;
        if (places[index].is_too_long) {
            *at = index;
            return ENAMETOOLONG;
        }
        /* A daemon whose queue of callers is full has room again soon. */
        for (int turn = 0; turn < RETRY_FOR / RETRY_EVERY; turn++) {
            descriptor = connect_socket(places[index].path, &error);
            if (descriptor >= 0 || error != EAGAIN) {
                break;
            }
            poll(NULL, 0, (int)(RETRY_EVERY / MILLISECOND));
        }
        if (descriptor >= 0) {
            memcpy(client->path, places[index].path, sizeof client->path);
            *at = index;
            return adopt_socket(client, descriptor);
        }
        if (worst == ENOENT) {
            worst = error;
            *at = index;
        }
        bool goes_on = error == ENOENT || error == ECONNREFUSED
            || (error == EACCES && !places[index].is_own);
        if (!goes_on) {
            *at = index;
            return error;
        }
    }
    return worst;
}

imaged_outcome imaged_connect_version(
    int version, const imaged_options *options, imaged_arena *arena, imaged_client **client,
    imaged_error *error) {
    imaged_options defaults;
    struct place_to_look places[3];
    *client = NULL;
    memset(&defaults, 0, sizeof defaults);
    if (options == NULL) {
        options = &defaults;
    }
    if (version != IMAGED_VERSION_NUMBER) {
        return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_ARGUMENT, 0,
            "imaged.h is version %d, imaged.c %d", version, IMAGED_VERSION_NUMBER);
    }
    imaged_client *made = make_client(options);
    if (made == NULL) {
        return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_MEMORY, 0, "no memory");
    }
    int system_error = open_descriptors(made);
    if (system_error != 0) {
        imaged_free(made);
        return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_SYSTEM, system_error, "%s",
            system_text(system_error));
    }
    size_t at;
    size_t count = find_places(options->socket, places);
    system_error = search_daemon(made, places, count, &at);
    if (system_error == 0) {
        *client = made;
        if (error != NULL) {
            clear_error(error, IMAGED_OK, IMAGED_REASON_NONE);
        }
        return IMAGED_OK;
    }
    imaged_free(made);
    if (system_error == ENAMETOOLONG) {
        return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_ARGUMENT, 0,
            "a socket's path may have at most %d bytes: %s...", PATH_BYTES_MAX, places[at].path);
    }
    imaged_reason reason = system_error == ENOMEM ? IMAGED_REASON_MEMORY
        : system_error == EMFILE || system_error == ENFILE ? IMAGED_REASON_SYSTEM
                                                           : IMAGED_REASON_NO_DAEMON;
    return fail(arena, error, IMAGED_NOT_SENT, reason, system_error, "no daemon at %s%s: %s",
        places[at].path, count > 1 ? " and elsewhere" : "", system_text(system_error));
}

const char *imaged_socket_path(const imaged_client *client) {
    return client->path;
}

int imaged_fd(const imaged_client *client) {
    return client->epoll;
}

void imaged_close(imaged_client *client) {
    if (is_foreign(client)) {
        return;
    }
    pthread_mutex_lock(&client->mutex);
    client->is_closed = true;
    while (!link_is_alone(&client->connections)) {
        struct connection *connection =
            OWNER(client->connections.next, struct connection, link);
        connection->failure = IMAGED_REASON_CLOSED;
        connection->failure_text = "the client was closed";
        lose_connection(connection);
    }
    while (!link_is_alone(&client->queue)) {
        imaged_stream *stream = OWNER(client->queue.next, imaged_stream, queued);
        finish_early(stream, IMAGED_REASON_CLOSED, 0, "the client was closed");
    }
    pthread_cond_broadcast(&client->announced);
    set_timer(client, 0); /* wakes who drives, and a foreign event loop */
    pthread_mutex_unlock(&client->mutex);
}

void imaged_free(imaged_client *client) {
    if (client == NULL) {
        return;
    }
    bool is_ours = !is_foreign(client);
    if (is_ours) {
        imaged_close(client);
    }
    /* In a child the connections are still there: its copies of their descriptors are given up, and
     * nothing is said to the daemon. */
    while (!link_is_alone(&client->connections)) {
        struct connection *connection =
            OWNER(client->connections.next, struct connection, link);
        close(connection->descriptor);
        link_remove(&connection->link);
        free_blocks(client, connection->received);
        give_memory(&client->allocator, connection, sizeof *connection);
    }
    while (!link_is_alone(&client->streams)) {
        imaged_stream *stream = OWNER(client->streams.next, imaged_stream, all);
        link_remove(&stream->all);
        free_blocks(client, stream->blocks);
        if (stream->has_condition && is_ours) {
            pthread_cond_destroy(&stream->condition);
        }
        give_memory(&client->allocator, stream, stream->allocated);
    }
    if (client->timer >= 0) {
        close(client->timer);
    }
    if (client->epoll >= 0) {
        close(client->epoll);
    }
    if (is_ours) {
        pthread_cond_destroy(&client->announced);
        pthread_mutex_destroy(&client->mutex);
    }
    imaged_allocator allocator = client->allocator;
    give_memory(&allocator, client, client->allocated);
}

/* Whether the request has a client_token. */
static bool has_token(const imaged_message *type, const void *request) {
    for (size_t index = 0; request != NULL && index < type->field_count; index++) {
        const imaged_field *field = &type->fields[index];
        if (field->type == IMAGED_TEXT && strcmp(field->name, "client_token") == 0) {
            return is_written(field, request);
        }
    }
    return false;
}

static const imaged_call_options default_call_options = {NULL, NULL, false, 0, 0, NULL};

/* Begins a stream, with the client locked; NULL, and the error is said. */
static imaged_stream *begin(
    imaged_client *client, imaged_operation_id id, const void *request,
    const imaged_call_options *options, bool is_announced, imaged_arena *arena,
    imaged_error *error) {
    const imaged_operation *operation = &imaged_operations[id];
    imaged_key_value metadata[3];
    size_t count = 0;
    const char *account = options->account != NULL ? options->account : client->account;
    const char *ram_user = options->ram_user != NULL ? options->ram_user : client->ram_user;
    const char *pairs[] = {
        "account", account, "explain", options->explain ? "true" : NULL, "ram-user", ram_user};
    for (size_t index = 0; index < COUNT(pairs); index += 2) {
        if (pairs[index + 1] != NULL) {
            metadata[count].key = imaged_text(pairs[index]);
            metadata[count++].value = imaged_text(pairs[index + 1]);
        }
    }
    int64_t now = now_nanoseconds();
    int64_t timeout = operation->is_streaming ? NEVER : client->timeout;
    if (options->timeout_milliseconds != 0) {
        timeout = nanoseconds(options->timeout_milliseconds);
    }
    struct call call;
    memset(&call, 0, sizeof call);
    call.operation = id;
    call.request = request;
    call.timeout_nano = timeout == NEVER ? 0 : timeout;
    call.metadata.items = metadata;
    call.metadata.count = count;
    imaged_stream *stream = make_stream(client, &call, arena, error);
    if (stream == NULL) {
        return NULL;
    }
    int64_t patience = options->give_up_milliseconds != 0
        ? nanoseconds(options->give_up_milliseconds)
        : add_saturating(timeout > 0 ? timeout : 0, client->grace);
    stream->deadline = add_saturating(now, patience > 0 ? patience : 0);
    stream->wire_deadline = add_saturating(now, timeout > 0 ? timeout : 0);
    stream->context = options->context;
    stream->is_announced = is_announced;
    stream->is_repeatable = operation->again == IMAGED_AGAIN_READS
        || (operation->again == IMAGED_AGAIN_TOKEN && has_token(operation->request, request));
    stream->has_condition = make_condition(&stream->condition);
    struct connection *current = client->current;
    bool is_full = current != NULL
        && (current->unsent_size > client->unsent_max
            || stream->frame_size > client->unsent_max - current->unsent_size);
    if (!stream->has_condition || is_full) {
        stream->state = DONE;
        release_if_unused(stream);
        fail(arena, error, IMAGED_NOT_SENT, is_full ? IMAGED_REASON_LIMIT : IMAGED_REASON_MEMORY, 0,
            is_full ? "the daemon reads nothing, and too much waits for it" : "no memory");
        return NULL;
    }
    stream->is_owned = true;
    link_append(&client->queue, &stream->queued);
    if (stream->deadline < client->earliest) {
        client->earliest = stream->deadline;
        set_timer(client, client->earliest);
    }
    advance_queue(client, now);
    close_idle(client);
    return stream;
}

/* Locks the client for a call; else the error is said and the client is not locked. */
static bool enter(
    imaged_client *client, imaged_operation_id operation, bool is_streaming_wanted,
    imaged_arena *arena, imaged_error *error) {
    if ((unsigned)operation >= IMAGED_OPERATION_COUNT) {
        fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_ARGUMENT, 0, "no such operation");
        return false;
    }
    if (imaged_operations[operation].is_streaming != is_streaming_wanted) {
        fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_ARGUMENT, 0,
            "%s is a stream: use imaged_watch", imaged_operations[operation].name);
        return false;
    }
    if (is_foreign(client)) {
        fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_FORKED, 0,
            "a client is not shared over fork: connect anew");
        return false;
    }
    pthread_mutex_lock(&client->mutex);
    if (client->is_closed) {
        pthread_mutex_unlock(&client->mutex);
        fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_CLOSED, 0, "the client was closed");
        return false;
    }
    return true;
}

/* Whether a request with a token may have been carried out the first time, although its second
 * sending is refused. It would have its token then, and the same answer: but for refusals that come
 * before anyone looks at the token, or while the first is still under way. */
static bool leaves_open(const imaged_error *error) {
    if (error->code.length == 0) {
        return error->status == STATUS_CANCELLED || error->status == STATUS_DEADLINE_EXCEEDED
            || error->status == STATUS_RESOURCE_EXHAUSTED || error->status == STATUS_UNAVAILABLE;
    }
    return error->http_status >= 500 || imaged_is(error->code, "IdempotentProcessing")
        || imaged_is(error->code, "LastTokenProcessing") || imaged_is(error->code, "Throttling")
        || imaged_is(error->code, "Throttling.User")
        || imaged_is(error->code, "Rejected.Throttling");
}

/* What the daemon's status says. */
static imaged_outcome tell_status(
    const imaged_stream *stream, const imaged_rpc_status *status, imaged_arena *arena,
    imaged_error *error) {
    imaged_error told;
    clear_error(&told, IMAGED_REFUSED, IMAGED_REASON_NONE);
    told.status = status->code;
    bool fits = arena_copy(arena, status->message.data, status->message.length, &told.message);
    const imaged_message *type = &error_detail_message;
    imaged_error_detail *details = imaged_arena_allocate(
        arena, (status->details.count > 0 ? status->details.count : 1) * sizeof *details);
    size_t count = 0;
    for (size_t index = 0; details != NULL && index < status->details.count; index++) {
        const imaged_any *any = &status->details.items[index];
        if (!imaged_is(any->type_url, "type.googleapis.com/imaged.v1.Error")) {
            continue;
        }
        imaged_refusal refusal = imaged_decode(
            type, any->value.data, any->value.length, arena, &details[count], NULL);
        count += refusal == IMAGED_CODEC_OK;
        fits = fits && refusal != IMAGED_NO_MEMORY;
    }
    if (details == NULL || !fits) {
        /* That it was refused is definite; only the texts are missing. */
        told.hint = imaged_text("there was no memory for all of the error");
    }
    if (count > 0) {
        told.request_id = details[0].request_id;
    }
    if (count > 0 && details[0].code.length > 0) {
        told.http_status = details[0].http_status;
        told.code = details[0].code;
        told.message = details[0].message;
        told.parameter = details[0].parameter;
        told.hint = details[0].hint;
        told.further.items = details + 1;
        told.further.count = count - 1;
    }
    bool is_token = imaged_operations[stream->operation].again == IMAGED_AGAIN_TOKEN;
    if (stream->is_repeated && is_token && leaves_open(&told)) {
        told.outcome = IMAGED_UNKNOWN;
        told.reason = IMAGED_REASON_LOST;
    }
    if (error != NULL) {
        *error = told;
    }
    return told.outcome;
}

/* Ends a watch whose events cannot be handed on; what waits behind them is dropped. */
static void break_watch(imaged_stream *stream, imaged_reason reason, const char *text) {
    imaged_client *client = stream->client;
    pthread_mutex_lock(&client->mutex);
    free_blocks(client, stream->blocks);
    stream->blocks = NULL;
    stream->blocks_end = &stream->blocks;
    if (stream->state == OPEN) {
        send_cancel(stream);
    }
    if (stream->state != DONE) {
        finish(stream, IMAGED_UNKNOWN, reason, 0, text);
    }
    stream->outcome = IMAGED_UNKNOWN;
    stream->reason = reason;
    stream->text = text;
    stream->was_told = true;
    link_remove(&stream->ready);
    pthread_mutex_unlock(&client->mutex);
}

/* Decodes a response, or tells why there is none. The stream is done, and its owner's alone. */
static imaged_outcome conclude(
    const imaged_stream *stream, imaged_arena *arena, void *response, imaged_error *error) {
    const imaged_operation *operation = &imaged_operations[stream->operation];
    if (stream->outcome != IMAGED_OK) {
        return fail(arena, error, stream->outcome, stream->reason, stream->system_error, "%s",
            stream->text);
    }
    struct block *block = stream->blocks;
    imaged_response_envelope envelope;
    char path[IMAGED_PATH_MAX] = "";
    struct decoder decoder = {arena, path, true};
    imaged_refusal refusal =
        decode(&decoder, &response_envelope_message, block->bytes, block->size, &envelope);
    if (refusal == IMAGED_CODEC_OK && envelope.status != NULL && envelope.status->code != 0) {
        return tell_status(stream, envelope.status, arena, error);
    }
    if (refusal == IMAGED_CODEC_OK && operation->is_streaming) {
        return fail(
            arena, error, IMAGED_ENDED, IMAGED_REASON_NONE, 0, "the stream has ended");
    }
    if (refusal == IMAGED_CODEC_OK && response != NULL) {
        refusal = imaged_decode(operation->response, envelope.payload.data, envelope.payload.length,
            arena, response, path);
    }
    if (refusal == IMAGED_NO_MEMORY) {
        return fail(arena, error, IMAGED_UNKNOWN, IMAGED_REASON_MEMORY, 0,
            "no memory for the response");
    }
    if (refusal != IMAGED_CODEC_OK) {
        return fail(arena, error, IMAGED_UNKNOWN, IMAGED_REASON_PROTOCOL, 0,
            "%s's answer cannot be decoded: %s at \"%s\"", operation->name,
            imaged_refusal_name(refusal), path);
    }
    if (error != NULL) {
        clear_error(error, IMAGED_OK, IMAGED_REASON_NONE);
    }
    return IMAGED_OK;
}

/* Waits for a unary stream's end, concludes it and gives it back. The client is locked before, and
 * unlocked afterwards. */
static imaged_outcome complete(
    imaged_stream *stream, imaged_arena *arena, void *response, imaged_error *error) {
    imaged_client *client = stream->client;
    /* From now on it is this thread's alone, and not for imaged_poll. */
    stream->is_announced = false;
    link_remove(&stream->ready);
    while (stream->state != DONE) {
        wait_until_ready(client, stream, NEVER);
    }
    pthread_mutex_unlock(&client->mutex);
    imaged_outcome outcome = conclude(stream, arena, response, error);
    pthread_mutex_lock(&client->mutex);
    stream->is_owned = false;
    release_if_unused(stream);
    pthread_mutex_unlock(&client->mutex);
    return outcome;
}



imaged_outcome imaged_call(
    imaged_client *client, imaged_operation_id operation, const void *request,
    const imaged_call_options *options, imaged_arena *arena, void *response, imaged_error *error) {
    if (response != NULL && (unsigned)operation < IMAGED_OPERATION_COUNT) {
        clear_message(imaged_operations[operation].response, response);
    }
    if (!enter(client, operation, false, arena, error)) {
        return IMAGED_NOT_SENT;
    }
    options = options != NULL ? options : &default_call_options;
    imaged_stream *stream = begin(client, operation, request, options, false, arena, error);
    if (stream == NULL) {
        pthread_mutex_unlock(&client->mutex);
        return IMAGED_NOT_SENT;
    }
    return complete(stream, arena, response, error);
}

static imaged_outcome send_stream(
    imaged_client *client, imaged_operation_id operation, bool is_streaming_wanted,
    const void *request, const imaged_call_options *options, imaged_arena *arena,
    imaged_stream **stream, imaged_error *error) {
    *stream = NULL;
    if (!enter(client, operation, is_streaming_wanted, arena, error)) {
        return IMAGED_NOT_SENT;
    }
    options = options != NULL ? options : &default_call_options;
    *stream = begin(client, operation, request, options, true, arena, error);
    pthread_mutex_unlock(&client->mutex);
    if (*stream != NULL && error != NULL) {
        clear_error(error, IMAGED_OK, IMAGED_REASON_NONE);
    }
    return *stream != NULL ? IMAGED_OK : IMAGED_NOT_SENT;
}

imaged_outcome imaged_send(
    imaged_client *client, imaged_operation_id operation, const void *request,
    const imaged_call_options *options, imaged_arena *arena, imaged_stream **stream,
    imaged_error *error) {
    return send_stream(client, operation, false, request, options, arena, stream, error);
}

imaged_outcome imaged_watch(
    imaged_client *client, const imaged_watch_request *request, const imaged_call_options *options,
    imaged_arena *arena, imaged_stream **stream, imaged_error *error) {
    return send_stream(
        client, IMAGED_OP_Watch, true, request, options, arena, stream, error);
}

imaged_outcome imaged_wait(
    imaged_stream *stream, imaged_operation_id operation, imaged_arena *arena, void *response,
    imaged_error *error) {
    imaged_client *client = stream->client;
    if (response != NULL && (unsigned)operation < IMAGED_OPERATION_COUNT) {
        clear_message(imaged_operations[operation].response, response);
    }
    if (is_foreign(client)) {
        return fail(arena, error, IMAGED_UNKNOWN, IMAGED_REASON_FORKED, 0,
            "a client is not shared over fork");
    }
    if (operation != stream->operation || is_streaming(stream)) {
        imaged_free_stream(stream);
        return fail(arena, error, IMAGED_UNKNOWN, IMAGED_REASON_ARGUMENT, 0,
            "the stream was begun with another operation");
    }
    pthread_mutex_lock(&client->mutex);
    return complete(stream, arena, response, error);
}

imaged_outcome imaged_next(
    imaged_stream *stream, int64_t milliseconds, imaged_arena *arena,
    imaged_events_response *events, imaged_error *error) {
    imaged_client *client = stream->client;
    clear_message(&events_response_message, events);
    if (is_foreign(client) || !is_streaming(stream)) {
        return fail(arena, error, IMAGED_UNKNOWN,
            is_streaming(stream) ? IMAGED_REASON_FORKED : IMAGED_REASON_ARGUMENT, 0,
            is_streaming(stream) ? "a client is not shared over fork" : "the stream is no watch");
    }
    int64_t until = milliseconds == IMAGED_FOREVER
        ? NEVER
        : add_saturating(now_nanoseconds(), nanoseconds(milliseconds > 0 ? milliseconds : 0));
    pthread_mutex_lock(&client->mutex);
    if (!is_ready(stream) && milliseconds <= 0 && !client->is_closed) {
        take_turn(client);
    }
    wait_until_ready(client, stream, until);
    struct block *block = stream->blocks;
    bool is_event = block != NULL && !(stream->has_response && block->next == NULL);
    if (is_event) {
        stream->blocks = block->next;
        stream->blocks_size -= sizeof *block + block->size;
        if (block->next == NULL) {
            stream->blocks_end = &stream->blocks;
        }
    }
    bool is_done = stream->state == DONE;
    stream->was_told = stream->was_told || (is_done && !is_event);
    if (stream->was_told || !is_ready(stream)) {
        link_remove(&stream->ready);
    }
    pthread_mutex_unlock(&client->mutex);
    if (!is_event) {
        return is_done ? conclude(stream, arena, NULL, error)
                       : fail(arena, error, IMAGED_NOT_YET, IMAGED_REASON_NONE, 0, "no events");
    }
    char path[IMAGED_PATH_MAX];
    imaged_refusal refusal =
        imaged_decode(&events_response_message, block->bytes, block->size, arena, events, path);
    pthread_mutex_lock(&client->mutex);
    block->next = NULL;
    free_blocks(client, block);
    pthread_mutex_unlock(&client->mutex);
    if (refusal != IMAGED_CODEC_OK) {
        imaged_reason reason =
            refusal == IMAGED_NO_MEMORY ? IMAGED_REASON_MEMORY : IMAGED_REASON_PROTOCOL;
        break_watch(stream, reason, "events cannot be decoded");
        return fail(arena, error, IMAGED_UNKNOWN, reason, 0,
            "events cannot be decoded: %s at \"%s\"", imaged_refusal_name(refusal), path);
    }
    if (error != NULL) {
        clear_error(error, IMAGED_OK, IMAGED_REASON_NONE);
    }
    return IMAGED_OK;
}

imaged_stream *imaged_poll(imaged_client *client, int64_t milliseconds) {
    if (is_foreign(client)) {
        return NULL;
    }
    int64_t until = milliseconds == IMAGED_FOREVER
        ? NEVER
        : add_saturating(now_nanoseconds(), nanoseconds(milliseconds > 0 ? milliseconds : 0));
    imaged_stream *stream = NULL;
    pthread_mutex_lock(&client->mutex);
    if (link_is_alone(&client->ready) && !client->is_closed && milliseconds <= 0) {
        take_turn(client);
    }
    wait_until_ready(client, NULL, until);
    if (!link_is_alone(&client->ready)) {
        stream = OWNER(client->ready.next, imaged_stream, ready);
        link_remove(&stream->ready);
    }
    pthread_mutex_unlock(&client->mutex);
    return stream;
}

imaged_outcome imaged_process(imaged_client *client) {
    if (is_foreign(client)) {
        return IMAGED_NOT_SENT;
    }
    pthread_mutex_lock(&client->mutex);
    bool is_closed = client->is_closed;
    take_turn(client);
    pthread_mutex_unlock(&client->mutex);
    return is_closed ? IMAGED_NOT_SENT : IMAGED_OK;
}

imaged_outcome imaged_cancel_stream(imaged_stream *stream) {
    imaged_client *client = stream->client;
    imaged_outcome outcome = IMAGED_OK;
    if (is_foreign(client)) {
        return IMAGED_NOT_SENT;
    }
    pthread_mutex_lock(&client->mutex);
    bool is_open = stream->state == OPEN;
    if (stream->state == QUEUED || (is_open && stream->sent == 0)) {
        finish_early(stream, IMAGED_REASON_CANCELLED, 0, "it was cancelled before it was sent");
    } else if (is_open && !stream->is_cancelled) {
        struct connection *connection = stream->connection;
        stream->is_cancelled = send_cancel(stream);
        outcome = stream->is_cancelled ? IMAGED_OK : IMAGED_NOT_SENT;
        if (!connection->waits_for_output && !flush(connection)) {
            lose_connection(connection);
        }
        advance_queue(client, now_nanoseconds());
    }
    pthread_mutex_unlock(&client->mutex);
    return outcome;
}

void imaged_free_stream(imaged_stream *stream) {
    if (stream == NULL || is_foreign(stream->client)) {
        return;
    }
    imaged_client *client = stream->client;
    if (is_streaming(stream)) {
        imaged_cancel_stream(stream);
    }
    pthread_mutex_lock(&client->mutex);
    stream->is_announced = false;
    link_remove(&stream->ready);
    stream->is_owned = false;
    if (stream->state == DONE) {
        release_if_unused(stream);
    } else {
        finish_early(stream, IMAGED_REASON_CANCELLED, 0, "its caller left it");
    }
    close_idle(client);
    pthread_mutex_unlock(&client->mutex);
}

bool imaged_stream_is_ready(const imaged_stream *stream) {
    if (is_foreign(stream->client)) {
        return false;
    }
    pthread_mutex_lock(&stream->client->mutex);
    bool result = is_ready(stream);
    pthread_mutex_unlock(&stream->client->mutex);
    return result;
}

void *imaged_stream_context(const imaged_stream *stream) {
    return stream->context;
}

imaged_operation_id imaged_stream_operation(const imaged_stream *stream) {
    return stream->operation;
}

imaged_client *imaged_stream_client(const imaged_stream *stream) {
    return stream->client;
}

void imaged_set_next_stream_id(imaged_client *client, uint32_t stream_id) {
    if (is_foreign(client)) {
        return;
    }
    pthread_mutex_lock(&client->mutex);
    client->wanted_id = stream_id;
    pthread_mutex_unlock(&client->mutex);
}

/* ------------------------------------------------------------------------------ a daemon for
 * tests */

enum {
    READY_DESCRIPTOR = 3,
    LIFE_DESCRIPTOR = 4,  /* open as long as the daemon lives, and never written */
    STOP_MILLISECONDS = 10000
};

struct imaged_daemon {
    imaged_allocator allocator;
    pid_t owner;
    pid_t pid;
    int life; /* reads the end of the daemon's life */
    char directory[PATH_BYTES_MAX + 1]; /* made for the socket; empty: none */
    char socket[PATH_BYTES_MAX + 1];
};

/* Finds the program: as named, else $IMAGED, else in PATH. */
static bool find_binary(const char *named, char *binary, size_t size) {
    const char *variable = getenv("IMAGED");
    if (named == NULL && variable != NULL && variable[0] != 0) {
        named = variable;
    }
    if (named != NULL) {
        int length = snprintf(binary, size, "%s", named);
        return length >= 0 && (size_t)length < size && access(binary, X_OK) == 0;
    }
    const char *path = getenv("PATH");
    while (path != NULL && *path != 0) {
        size_t length = strcspn(path, ":");
        int written = snprintf(binary, size, "%.*s/imaged", (int)length, path);
        if (length > 0 && written >= 0 && (size_t)written < size && access(binary, X_OK) == 0) {
            return true;
        }
        path += length;
        path += *path == ':';
    }
    return false;
}

/* A pipe whose descriptors lie above those that the daemon gets. */
static bool make_pipe(int ends[2]) {
    int low[2];
    if (pipe2(low, O_CLOEXEC) != 0) {
        return false;
    }
    ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, LIFE_DESCRIPTOR + 1);
    ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, LIFE_DESCRIPTOR + 1);
    close(low[0]);
    close(low[1]);
    if (ends[0] >= 0 && ends[1] >= 0) {
        return true;
    }
    for (int end = 0; end < 2; end++) {
        if (ends[end] >= 0) {
            close(ends[end]);
        }
    }
    return false;
}

/* What the child does between fork and exec: only what is safe there. Tells an errno on `life`. */
static void become_daemon(
    const char *binary, char *const *arguments, const char *log, pid_t parent, int ready,
    int life) {
    sigset_t none;
    sigemptyset(&none);
    int input = open("/dev/null", O_RDONLY);
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    bool is_prepared = sigprocmask(SIG_SETMASK, &none, NULL) == 0
        && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && input >= 0 && output >= 0
        && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0
        && dup2(output, STDOUT_FILENO) >= 0 && dup2(ready, READY_DESCRIPTOR) >= 0
        && dup2(life, LIFE_DESCRIPTOR) >= 0;
    /* The parent may have gone before it could be asked to take this process along. */
    if (is_prepared && getppid() == parent) {
        if (input > LIFE_DESCRIPTOR) {
            close(input);
        }
        if (output > LIFE_DESCRIPTOR) {
            close(output);
        }
        execv(binary, arguments);
    }
    int error = errno;
    ssize_t written = write(life, &error, sizeof error);
    _exit(written == (ssize_t)sizeof error ? 127 : 126);
}

/* Reads up to `size` bytes, until the end or `until`. */
static size_t read_until(int descriptor, void *buffer, size_t size, int64_t until) {
    size_t done = 0;
    while (done < size) {
        int64_t left = until - now_nanoseconds();
        if (left <= 0) {
            break;
        }
        struct pollfd entry = {descriptor, POLLIN, 0};
        left = (left - 1) / MILLISECOND + 1;
        if (poll(&entry, 1, left > INT_MAX ? INT_MAX : (int)left) <= 0) {
            continue;
        }
        ssize_t count = read(descriptor, (char *)buffer + done, size - done);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            break;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return done;
}

/* Makes the directory for the socket, or takes the path that is given. */
static int choose_socket(imaged_daemon *daemon, const char *named) {
    int length;
    if (named != NULL) {
        length = snprintf(daemon->socket, sizeof daemon->socket, "%s", named);
        return length >= 0 && (size_t)length < sizeof daemon->socket ? 0 : ENAMETOOLONG;
    }
    const char *parent = directory_variable("TMPDIR");
    char directory[sizeof daemon->directory];
    length = snprintf(
        directory, sizeof directory, "%s/imaged-XXXXXX", parent != NULL ? parent : "/tmp");
    if (length < 0 || (size_t)length + sizeof "/imaged.sock" > sizeof daemon->socket) {
        return ENAMETOOLONG;
    }
    if (mkdtemp(directory) == NULL) {
        return errno;
    }
    memcpy(daemon->directory, directory, sizeof directory);
    memcpy(daemon->socket, directory, (size_t)length);
    memcpy(daemon->socket + length, "/imaged.sock", sizeof "/imaged.sock");
    return 0;
}

/* Starts the process. 0, or an errno. */
static int start_daemon(
    imaged_daemon *daemon, const imaged_spawn_options *options, const char *binary, int *ready) {
    size_t extra = 0;
    while (options->arguments != NULL && options->arguments[extra] != NULL) {
        extra++;
    }
    size_t size = (extra + 8) * sizeof(char *);
    const char **arguments = take_memory(&daemon->allocator, size);
    if (arguments == NULL) {
        return ENOMEM;
    }
    size_t count = 0;
    arguments[count++] = binary;
    if (!options->without_defaults) {
        arguments[count++] = "--ephemeral";
        arguments[count++] = "--fixture";
    }
    arguments[count++] = "--socket";
    arguments[count++] = daemon->socket;
    arguments[count++] = "--ready-fd";
    arguments[count++] = "3";
    for (size_t index = 0; index < extra; index++) {
        arguments[count++] = options->arguments[index];
    }
    arguments[count] = NULL;
    int ready_ends[2];
    int life_ends[2];
    int error = make_pipe(ready_ends) ? 0 : errno;
    if (error == 0 && !make_pipe(life_ends)) {
        error = errno;
        close(ready_ends[0]);
        close(ready_ends[1]);
    }
    if (error == 0) {
        pid_t parent = getpid();
        const char *log = options->log_path != NULL ? options->log_path : "/dev/null";
        daemon->pid = fork();
        if (daemon->pid == 0) {
            /* execv does not change its arguments; its type is older than const. */
            char *const *strings = (char *const *)(uintptr_t)arguments;
            become_daemon(binary, strings, log, parent, ready_ends[1], life_ends[1]);
        }
        error = daemon->pid < 0 ? errno : 0;
        close(ready_ends[1]);
        close(life_ends[1]);
        daemon->life = life_ends[0];
        *ready = ready_ends[0];
        if (error != 0) {
            close(*ready);
        }
    }
    give_memory(&daemon->allocator, arguments, size);
    return error;
}

/* Removes what was made for the socket, and what the daemon leaves beside it. */
static void remove_directory(const imaged_daemon *daemon) {
    if (daemon->directory[0] != 0) {
        char lock[sizeof daemon->socket + sizeof ".lock"];
        snprintf(lock, sizeof lock, "%s.lock", daemon->socket);
        unlink(lock);
        unlink(daemon->socket);
        rmdir(daemon->directory);
    }
}

/* Waits for the process, which has ended or is about to. */
static int await_status(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void free_daemon(imaged_daemon *daemon) {
    if (daemon->life >= 0) {
        close(daemon->life);
    }
    imaged_allocator allocator = daemon->allocator;
    give_memory(&allocator, daemon, sizeof *daemon);
}

imaged_outcome imaged_spawn(
    const imaged_spawn_options *options, imaged_arena *arena, imaged_daemon **daemon,
    imaged_error *error) {
    imaged_spawn_options defaults;
    char binary[PATH_MAX];
    *daemon = NULL;
    memset(&defaults, 0, sizeof defaults);
    options = options != NULL ? options : &defaults;
    imaged_allocator allocator = chosen(options->allocator);
    if (!find_binary(options->binary, binary, sizeof binary)) {
        return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_SYSTEM, ENOENT,
            "no program imaged: name it, or set IMAGED");
    }
    imaged_daemon *made = take_memory(&allocator, sizeof *made);
    if (made == NULL) {
        return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_MEMORY, 0, "no memory");
    }
    memset(made, 0, sizeof *made);
    made->allocator = allocator;
    made->owner = getpid();
    made->life = -1;
    int ready = -1;
    int system_error = choose_socket(made, options->socket);
    if (system_error == 0) {
        system_error = start_daemon(made, options, binary, &ready);
    }
    if (system_error != 0) {
        remove_directory(made);
        free_daemon(made);
        imaged_reason reason = system_error == ENAMETOOLONG ? IMAGED_REASON_ARGUMENT
            : system_error == ENOMEM                        ? IMAGED_REASON_MEMORY
                                                            : IMAGED_REASON_SYSTEM;
        return fail(arena, error, IMAGED_NOT_SENT, reason, system_error, "%s",
            system_error == ENAMETOOLONG ? "the socket's path has more than 107 bytes"
                                         : system_text(system_error));
    }
    int64_t patience = option_time(options->ready_milliseconds, 30000);
    int64_t until = add_saturating(now_nanoseconds(), patience);
    char word[5];
    bool is_ready = read_until(ready, word, sizeof word, until) == sizeof word
        && memcmp(word, "ready", sizeof word) == 0;
    close(ready);
    if (is_ready) {
        *daemon = made;
        if (error != NULL) {
            clear_error(error, IMAGED_OK, IMAGED_REASON_NONE);
        }
        return IMAGED_OK;
    }
    kill(made->pid, SIGKILL);
    int exec_error = 0;
    bool was_not_run =
        read_until(made->life, &exec_error, sizeof exec_error, until) == sizeof exec_error;
    int status = await_status(made->pid);
    remove_directory(made);
    free_daemon(made);
    if (was_not_run) {
        return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_SYSTEM, exec_error,
            "%s cannot be run: %s", binary, system_text(exec_error));
    }
    return fail(arena, error, IMAGED_NOT_SENT, IMAGED_REASON_NO_DAEMON, 0,
        "%s was not ready (exit status %d); a log_path tells more", binary, status);
}

const char *imaged_daemon_socket(const imaged_daemon *daemon) {
    return daemon->socket;
}

int imaged_daemon_pid(const imaged_daemon *daemon) {
    return (int)daemon->pid;
}

/* Whether the process has ended, or does so within the time. While it has not been waited for its
 * pid is its own; afterwards it may be another's, and must not be sent a signal. */
static bool has_ended(const imaged_daemon *daemon, int milliseconds) {
    int64_t until = now_nanoseconds() + milliseconds * MILLISECOND;
    struct pollfd entry = {daemon->life, POLLIN, 0};
    int count;
    do {
        int64_t left = (until - now_nanoseconds()) / MILLISECOND;
        count = poll(&entry, 1, left > 0 ? (int)left : 0);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

int imaged_stop(imaged_daemon *daemon) {
    if (daemon == NULL) {
        return -1;
    }
    int status = -1;
    if (daemon->owner == getpid()) {
        if (!has_ended(daemon, 0)) {
            kill(daemon->pid, SIGTERM);
        }
        if (!has_ended(daemon, STOP_MILLISECONDS)) {
            kill(daemon->pid, SIGKILL);
        }
        status = await_status(daemon->pid);
        remove_directory(daemon);
    }
    free_daemon(daemon);
    return status;
}
