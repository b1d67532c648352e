/* imaged.h - the C client of imaged, a local image service for Alibaba Cloud ECS.
 *
 * Two files, no dependencies: compile imaged.c (C11, Linux) into your program and include this one,
 * from C or C++. The protocol is protocol/README.md; what operations and fields mean is
 * protocol/imaged.proto and ECS's documentation of API version 2014-05-26. README.md beside this
 * file begins with a whole program.
 *
 * What holds everywhere:
 *
 *  - Outcomes. A function that can fail returns an imaged_outcome, IMAGED_OK being 0, and fills in
 *    the imaged_error that the caller passed (NULL: not wanted). IMAGED_UNKNOWN is the one to look
 *    at twice: whether the request was carried out is not known.
 *  - Memory. What a call returns lives in the imaged_arena that the caller passed and is gone with
 *    imaged_arena_clear; nothing has to be released by itself. Everything else comes from the
 *    imaged_allocator of the client's options, which is malloc and free unless set. Each pointer
 *    that a function hands over says here who releases it and how.
 *  - Structs that the caller fills in are valid when all zero: that is the default of each field.
 *    Copies of what they point to are made before a function returns, unless it says otherwise.
 *  - Text is an imaged_string: bytes in UTF-8 and their number. What the library hands out has a
 *    NUL behind it, not counted, and is never NULL. A string from the daemon may have NULs inside.
 *  - Threads. A client and its streams may be used by several threads at once; a stream by one at
 *    a time. An arena and an error belong to one thread at a time. There is no global state.
 *  - The process. No signal handler, no SIGPIPE, no thread, all descriptors close-on-exec. A client
 *    is not shared over fork: calls in the child are refused (IMAGED_REASON_FORKED).
 *  - Time is in milliseconds of the monotonic clock unless a name says otherwise.
 */
#ifndef IMAGED_H
#define IMAGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What stands before each declaration: define it to build a shared library. */
#ifndef IMAGED_API
#define IMAGED_API
#endif

/* ------------------------------------------------------------------------------------ version */

/* This header's version: major * 1,000,000 + minor * 1,000 + patch. Within a major version
 * functions, fields at the end of structs and constants are only added. */
#define IMAGED_VERSION "0.1.0"
#define IMAGED_VERSION_NUMBER 1000
/* The protocol's version (protocol/README.md, Versions). */
#define IMAGED_PROTOCOL 1

/* The version of imaged.c: IMAGED_VERSION and IMAGED_VERSION_NUMBER as they were there. The two
 * files must be of one version; imaged_connect looks. */
IMAGED_API const char *imaged_library_version(void);
IMAGED_API int imaged_library_version_number(void);

/* -------------------------------------------------------------------------------- basic types */

typedef struct imaged_string {
    const char *data;  /* may be NULL if length is 0 */
    size_t length;     /* in bytes, without a NUL behind it */
} imaged_string;

typedef struct imaged_bytes {
    const uint8_t *data;  /* may be NULL if length is 0 */
    size_t length;
} imaged_bytes;

/* A list of elements: imaged_image_list is IMAGED_LIST(image). */
#define IMAGED_LIST(name) \
    typedef struct imaged_##name##_list { \
        const imaged_##name *items; /* may be NULL if count is 0 */ \
        size_t count; \
    } imaged_##name##_list

IMAGED_LIST(string);

/* A literal's string, as an initialiser: imaged_string region = IMAGED_STRING("cn-hangzhou"); */
#define IMAGED_STRING(literal) {"" literal, sizeof(literal) - 1}

/* A text that ends with NUL, as a string. Nothing is copied. NULL gives the empty string. */
static inline imaged_string imaged_text(const char *text) {
    imaged_string string;
    string.data = text ? text : "";
    string.length = strlen(string.data);
    return string;
}

/* Whether the string is exactly this text. */
static inline bool imaged_is(imaged_string string, const char *text) {
    size_t length = strlen(text);
    return string.length == length && (length == 0 || memcmp(string.data, text, length) == 0);
}

/* ------------------------------------------------------------------------------------- memory */

/* Where memory comes from. Both functions or neither are set; neither means malloc and free. They
 * may be called by any thread that uses the client, one at a time, and must not call this
 * library. */
typedef struct imaged_allocator {
    /* `size` bytes, at least 1, aligned for any type; NULL if there are none. */
    void *(*allocate)(void *context, size_t size);
    /* Gives back what `allocate` returned for the same `size`. Never called with NULL. */
    void (*release)(void *context, void *pointer, size_t size);
    void *context;
} imaged_allocator;

/* Memory that is released at once: each response and error lives in one. All zero is a valid, empty
 * arena that uses malloc and free. The fields below `limit` are the library's. */
typedef struct imaged_arena {
    imaged_allocator allocator;
    /* How many bytes it may hand out in all; 0: IMAGED_ARENA_LIMIT. It bounds what a response of 4
     * MiB can unfold to. */
    size_t limit;
    size_t used;
    void *blocks;
    unsigned char *next;
    size_t left;
    unsigned char *buffer;
    size_t buffer_size;
} imaged_arena;

#define IMAGED_ARENA_LIMIT ((size_t)256 << 20)

/* Makes an empty arena.
 *
 * allocator  copied; NULL: malloc and free
 * buffer     used before anything is allocated; must outlive the arena; NULL: none
 * size       of the buffer, in bytes */
IMAGED_API void imaged_arena_init(
    imaged_arena *arena, const imaged_allocator *allocator, void *buffer, size_t size);

/* `size` bytes, zeroed, aligned for any type, that live until imaged_arena_clear. NULL: no memory,
 * or the limit is reached. Handy for building requests. */
IMAGED_API void *imaged_arena_allocate(imaged_arena *arena, size_t size);

/* Releases all that it has handed out. It may be used again. */
IMAGED_API void imaged_arena_clear(imaged_arena *arena);

/* ----------------------------------------------------------------------------------- messages
 *
 * One struct for each message of imaged.proto: imaged_ and its name in snake_case. Four are named
 * otherwise, for their names are taken: Request, Response (imaged_request_envelope,
 * imaged_response_envelope), Status (imaged_rpc_status) and Error (imaged_error_detail).
 *
 *   .proto                here
 *   string, bytes         imaged_string, imaged_bytes
 *   bool, int32, int64    bool, int32_t, int64_t
 *   optional T x          bool has_x; T x;     x counts only if has_x is true
 *   M x                   const imaged_m *x;   NULL: absent
 *   repeated T x          imaged_t_list x;     items and count
 *
 * A message that is all zero says nothing: every field is absent. In a message that was decoded
 * absent strings are "" with length 0.
 */

typedef struct imaged_key_value {
    imaged_string key;
    imaged_string value;
} imaged_key_value;
IMAGED_LIST(key_value);

/* `Request` of imaged.proto. The data of a request frame (type 1), as ttrpc's request.proto has
 * it. */
typedef struct imaged_request_envelope {
    imaged_string service;
    imaged_string method;
    imaged_bytes payload;
    int64_t timeout_nano;
    imaged_key_value_list metadata;
} imaged_request_envelope;

/* google.protobuf.Any, likewise. */
typedef struct imaged_any {
    imaged_string type_url;
    imaged_bytes value;
} imaged_any;
IMAGED_LIST(any);

/* `Status` of imaged.proto. google.rpc.Status, repeated here so that this file needs no other. */
typedef struct imaged_rpc_status {
    int32_t code;
    imaged_string message;
    imaged_any_list details;
} imaged_rpc_status;

/* `Response` of imaged.proto. The data of a response frame (type 2), as ttrpc's request.proto
 * has it. */
typedef struct imaged_response_envelope {
    const imaged_rpc_status *status;
    imaged_bytes payload;
} imaged_response_envelope;

/* `Error` of imaged.proto. What went wrong, in ECS's terms: the detail of a Status, under the
 * type_url "type.googleapis.com/imaged.v1.Error". */
typedef struct imaged_error_detail {
    int32_t http_status;
    imaged_string code;
    imaged_string message;
    imaged_string request_id;
    /* The parameter at fault as ECS spells it (DiskDeviceMapping.2.Size); empty if none is. */
    imaged_string parameter;
    /* What would be right, or how to go on. For people; it may change. */
    imaged_string hint;
} imaged_error_detail;
IMAGED_LIST(error_detail);

typedef struct imaged_tag {
    imaged_string tag_key;
    imaged_string tag_value;
} imaged_tag;
IMAGED_LIST(tag);

typedef struct imaged_image_features {
    imaged_string imds_support;
    imaged_string nvme_support;
    imaged_string cpu_online_upgrade;
    imaged_string memory_online_upgrade;
} imaged_image_features;

typedef struct imaged_detection_item {
    imaged_string name;
    imaged_string value;
    imaged_string risk_code;
    imaged_string risk_level;
} imaged_detection_item;
IMAGED_LIST(detection_item);

typedef struct imaged_detection_options {
    imaged_string status;
    imaged_detection_item_list items;
} imaged_detection_options;

typedef struct imaged_image_disk {
    imaged_string snapshot_id;
    imaged_string size;  /* GiB */
    imaged_string device;
    imaged_string type;
    imaged_string format;
    imaged_string progress;
    int32_t remain_time;  /* seconds */
    bool encrypted;
    imaged_string import_oss_bucket;
    imaged_string import_oss_object;
} imaged_image_disk;
IMAGED_LIST(image_disk);

typedef struct imaged_secure_boot_options {
    imaged_string secure_boot_support;
} imaged_secure_boot_options;

typedef struct imaged_image {
    imaged_string image_id;
    imaged_string image_name;
    imaged_string image_family;
    imaged_string image_version;
    imaged_string description;
    imaged_string status;  /* Waiting, Creating, Available, UnAvailable, CreateFailed, Deprecated */
    bool usable;
    imaged_string progress;  /* "0%" to "100%" */
    imaged_string creation_time;
    int32_t size;  /* of the system disk, GiB */
    imaged_string architecture;
    imaged_string platform;
    imaged_string boot_mode;
    imaged_string os_type;
    imaged_string os_name;
    imaged_string os_name_en;
    imaged_string image_owner_alias;
    imaged_string image_owner_id;
    bool is_copied;
    bool is_public;
    imaged_string is_self_shared;
    bool is_subscribed;
    bool is_support_cloudinit;
    bool is_support_io_optimized;
    bool login_as_non_root_supported;
    imaged_string product_code;
    imaged_string resource_group_id;
    imaged_string license_type;
    imaged_string supplier_name;
    imaged_string usage;
    const imaged_image_features *features;
    const imaged_detection_options *detection_options;
    imaged_image_disk_list disk_device_mappings;
    imaged_tag_list tags;
    const imaged_secure_boot_options *secure_boot_options;
    /* Ours: why the status is CreateFailed. */
    imaged_string failure_reason;
} imaged_image;
IMAGED_LIST(image);

typedef struct imaged_snapshot {
    imaged_string snapshot_id;
    imaged_string snapshot_name;
    imaged_string description;
    imaged_string status;  /* progressing, accomplished, failed */
    imaged_string progress;
    int32_t remain_time;  /* seconds */
    imaged_string creation_time;
    imaged_string last_modified_time;
    imaged_string source_disk_id;
    imaged_string source_disk_size;  /* GiB */
    imaged_string source_disk_type;
    imaged_string category;
    imaged_string snapshot_type;
    imaged_string usage;  /* image, disk, image_disk, none */
    bool encrypted;
    imaged_string kms_key_id;
    imaged_string region_id;
    imaged_string resource_group_id;
    int32_t retention_days;
    bool available;
    bool instant_access;
    imaged_string product_code;
    imaged_string snapshot_link_id;
    imaged_string snapshot_sn;
    imaged_tag_list tags;
    int64_t full_snapshot_size_in_bytes;
    /* Ours, for a snapshot of a real file. */
    int64_t size_bytes;
    imaged_string consistency;  /* point-in-time, at-rest, live */
    imaged_string failure_reason;
    int64_t stored_bytes;
    /* What of it is known to be unreadable; empty: nothing. */
    imaged_string damage;
} imaged_snapshot;
IMAGED_LIST(snapshot);

typedef struct imaged_operation_lock {
    imaged_string lock_reason;
    imaged_string lock_msg;
} imaged_operation_lock;
IMAGED_LIST(operation_lock);

typedef struct imaged_hibernation_options {
    bool configured;
} imaged_hibernation_options;

typedef struct imaged_instance {
    imaged_string instance_id;
    imaged_string instance_name;
    imaged_string status;  /* Pending, Starting, Running, Stopping, Stopped */
    imaged_string region_id;
    imaged_string zone_id;
    imaged_string image_id;
    imaged_string instance_type;
    imaged_string creation_time;  /* yyyy-MM-ddTHH:mmZ */
    imaged_string start_time;
    imaged_operation_lock_list operation_locks;
    const imaged_hibernation_options *hibernation_options;
    imaged_string resource_group_id;
    imaged_tag_list tags;
} imaged_instance;
IMAGED_LIST(instance);

typedef struct imaged_disk {
    imaged_string disk_id;
    imaged_string disk_name;
    imaged_string type;  /* system, data */
    imaged_string status;
    imaged_string category;
    int32_t size;  /* GiB */
    imaged_string device;
    imaged_string instance_id;
    imaged_string image_id;
    imaged_string source_snapshot_id;
    imaged_string attached_time;
    imaged_string detached_time;
    bool delete_with_instance;
    bool encrypted;
    imaged_string kms_key_id;
    bool portable;
    imaged_string zone_id;
    imaged_string region_id;
    imaged_string creation_time;
    imaged_tag_list tags;
    imaged_string description;
    imaged_string resource_group_id;
    /* Ours, for a disk that is a real file. */
    imaged_string path;
    int64_t size_bytes;
} imaged_disk;
IMAGED_LIST(disk);

typedef struct imaged_disk_device_mapping {
    imaged_string snapshot_id;
    bool has_size;
    int32_t size;  /* GiB */
    imaged_string device;
    imaged_string disk_type;
} imaged_disk_device_mapping;
IMAGED_LIST(disk_device_mapping);

typedef struct imaged_request_tag {
    imaged_string key;
    bool has_value;
    imaged_string value;
    /* ECS's lower-case aliases `key` and `value`; key and value win over them. */
    imaged_string legacy_key;
    bool has_legacy_value;
    imaged_string legacy_value;
} imaged_request_tag;
IMAGED_LIST(request_tag);

typedef struct imaged_image_request_features {
    imaged_string imds_support;
} imaged_image_request_features;

typedef struct imaged_create_image_request {
    imaged_string region_id;
    imaged_string instance_id;
    imaged_string snapshot_id;
    imaged_string image_name;
    imaged_string image_family;
    imaged_string image_version;
    imaged_string description;
    imaged_string platform;
    imaged_string boot_mode;
    imaged_string architecture;
    imaged_string client_token;
    imaged_string resource_group_id;
    imaged_disk_device_mapping_list disk_device_mapping;
    imaged_request_tag_list tag;
    imaged_string detection_strategy;
    const imaged_image_request_features *features;
    bool has_dry_run;
    bool dry_run;
    /* Ours: take a disk that is written while it is copied, with what that means for its
     * content. */
    bool has_allow_live;
    bool allow_live;
} imaged_create_image_request;

typedef struct imaged_create_image_response {
    imaged_string request_id;
    imaged_string image_id;
} imaged_create_image_response;

/* A condition on time: CreationStartTime or CreationEndTime, yyyy-MM-ddTHH:mmZ. */
typedef struct imaged_filter {
    imaged_string key;
    imaged_string value;
} imaged_filter;
IMAGED_LIST(filter);

typedef struct imaged_describe_images_request {
    imaged_string region_id;
    imaged_string image_id;  /* several, separated by commas */
    imaged_string image_name;
    imaged_string image_family;
    imaged_string snapshot_id;
    imaged_string status;
    bool has_usable;
    bool usable;
    imaged_string image_owner_alias;
    imaged_string architecture;
    imaged_string os_type;
    imaged_string resource_group_id;
    imaged_request_tag_list tag;
    bool has_page_number;
    int32_t page_number;
    bool has_page_size;
    int32_t page_size;
    imaged_string usage;
    imaged_string action_type;
    imaged_string instance_type;
    bool has_is_support_cloudinit;
    bool is_support_cloudinit;
    bool has_is_support_io_optimized;
    bool is_support_io_optimized;
    bool has_show_expired;
    bool show_expired;
    imaged_filter_list filter;
    bool has_dry_run;
    bool dry_run;
} imaged_describe_images_request;

typedef struct imaged_describe_images_response {
    imaged_string request_id;
    imaged_image_list images;
    int32_t total_count;
    int32_t page_number;
    int32_t page_size;
    imaged_string region_id;
} imaged_describe_images_response;

typedef struct imaged_describe_image_from_family_request {
    imaged_string region_id;
    imaged_string image_family;
} imaged_describe_image_from_family_request;

typedef struct imaged_describe_image_from_family_response {
    imaged_string request_id;
    const imaged_image *image;
} imaged_describe_image_from_family_response;

typedef struct imaged_delete_image_request {
    imaged_string region_id;
    imaged_string image_id;
    bool has_force;
    bool force;
    bool has_dry_run;
    bool dry_run;
} imaged_delete_image_request;

typedef struct imaged_delete_image_response {
    imaged_string request_id;
} imaged_delete_image_response;

/* What is absent is kept. */
typedef struct imaged_modify_image_attribute_request {
    imaged_string region_id;
    imaged_string image_id;
    imaged_string image_name;
    imaged_string image_family;
    imaged_string description;
    imaged_string status;  /* Available, Deprecated */
    imaged_string boot_mode;
    const imaged_image_features *features;
    imaged_string license_type;
    bool has_dry_run;
    bool dry_run;
} imaged_modify_image_attribute_request;

typedef struct imaged_modify_image_attribute_response {
    imaged_string request_id;
} imaged_modify_image_attribute_response;

typedef struct imaged_copy_image_request {
    imaged_string region_id;
    imaged_string image_id;
    imaged_string destination_region_id;
    imaged_string destination_image_name;
    imaged_string destination_description;
    bool has_encrypted;
    bool encrypted;
    imaged_string kms_key_id;
    imaged_string resource_group_id;
    imaged_string client_token;
    imaged_request_tag_list tag;
    bool has_dry_run;
    bool dry_run;
} imaged_copy_image_request;

typedef struct imaged_copy_image_response {
    imaged_string request_id;
    imaged_string image_id;
} imaged_copy_image_response;

typedef struct imaged_cancel_copy_image_request {
    imaged_string region_id;
    imaged_string image_id;
} imaged_cancel_copy_image_request;

typedef struct imaged_cancel_copy_image_response {
    imaged_string request_id;
} imaged_cancel_copy_image_response;

typedef struct imaged_modify_image_share_permission_request {
    imaged_string region_id;
    imaged_string image_id;
    imaged_string_list add_account;
    imaged_string_list remove_account;
    bool has_is_public;
    bool is_public;
} imaged_modify_image_share_permission_request;

typedef struct imaged_modify_image_share_permission_response {
    imaged_string request_id;
} imaged_modify_image_share_permission_response;

typedef struct imaged_describe_image_share_permission_request {
    imaged_string region_id;
    imaged_string image_id;
    bool has_page_number;
    int32_t page_number;
    bool has_page_size;
    int32_t page_size;
} imaged_describe_image_share_permission_request;

typedef struct imaged_share_account {
    imaged_string aliyun_id;
} imaged_share_account;
IMAGED_LIST(share_account);

typedef struct imaged_describe_image_share_permission_response {
    imaged_string request_id;
    imaged_share_account_list accounts;
    int32_t total_count;
    int32_t page_number;
    int32_t page_size;
    imaged_string region_id;
    imaged_string image_id;
} imaged_describe_image_share_permission_response;

/* To a bucket or to a path (ours), exactly one of them. */
typedef struct imaged_export_image_request {
    imaged_string region_id;
    imaged_string image_id;
    /* A directory that the configuration file names. */
    imaged_string oss_bucket;
    imaged_string oss_prefix;
    /* Ours: which disk of the image (default /dev/xvda), and the new file it is written to. */
    imaged_string device;
    imaged_string path;
} imaged_export_image_request;

typedef struct imaged_export_image_response {
    imaged_string request_id;
    imaged_string task_id;
    /* Ours: bytes of the disk, and how many of them are data rather than holes. */
    int64_t size_bytes;
    int64_t stored_bytes;
} imaged_export_image_response;

typedef struct imaged_create_snapshot_request {
    imaged_string disk_id;
    imaged_string snapshot_name;
    imaged_string description;
    bool has_retention_days;
    int32_t retention_days;
    imaged_string category;
    bool has_instant_access;
    bool instant_access;
    imaged_string resource_group_id;
    imaged_string client_token;
    imaged_request_tag_list tag;
    bool has_allow_live;
    bool allow_live;
} imaged_create_snapshot_request;

typedef struct imaged_create_snapshot_response {
    imaged_string request_id;
    imaged_string snapshot_id;
} imaged_create_snapshot_response;

typedef struct imaged_describe_snapshots_request {
    imaged_string region_id;
    imaged_string_list snapshot_ids;
    imaged_string disk_id;
    imaged_string instance_id;
    imaged_string snapshot_name;
    imaged_string status;
    imaged_string snapshot_type;
    imaged_string source_disk_type;
    imaged_string usage;
    imaged_string category;
    bool has_encrypted;
    bool encrypted;
    imaged_string resource_group_id;
    imaged_request_tag_list tag;
    imaged_string next_token;
    bool has_max_results;
    int32_t max_results;
    bool has_page_number;
    int32_t page_number;
    bool has_page_size;
    int32_t page_size;
    imaged_filter_list filter;
    bool has_dry_run;
    bool dry_run;
} imaged_describe_snapshots_request;

typedef struct imaged_describe_snapshots_response {
    imaged_string request_id;
    imaged_snapshot_list snapshots;
    imaged_string next_token;
    int32_t total_count;
    int32_t page_number;
    int32_t page_size;
} imaged_describe_snapshots_response;

typedef struct imaged_delete_snapshot_request {
    imaged_string snapshot_id;
    bool has_force;
    bool force;
} imaged_delete_snapshot_request;

typedef struct imaged_delete_snapshot_response {
    imaged_string request_id;
} imaged_delete_snapshot_response;

/* What is absent is kept. */
typedef struct imaged_modify_snapshot_attribute_request {
    imaged_string snapshot_id;
    imaged_string snapshot_name;
    imaged_string description;
    bool has_retention_days;
    int32_t retention_days;
} imaged_modify_snapshot_attribute_request;

typedef struct imaged_modify_snapshot_attribute_response {
    imaged_string request_id;
} imaged_modify_snapshot_attribute_response;

typedef struct imaged_registered_disk {
    imaged_string path;
    imaged_string format;
    imaged_string type;
    imaged_string category;
    imaged_string device;
    bool has_size;
    int32_t size;  /* GiB; only of a disk without a path */
} imaged_registered_disk;
IMAGED_LIST(registered_disk);

typedef struct imaged_register_instance_request {
    imaged_string region_id;
    imaged_string instance_name;
    imaged_string status;
    imaged_string platform;
    imaged_string architecture;
    imaged_string boot_mode;
    imaged_registered_disk_list disk;
    imaged_request_tag_list tag;
    imaged_string client_token;
} imaged_register_instance_request;

typedef struct imaged_register_instance_response {
    imaged_string request_id;
    imaged_string instance_id;
    imaged_string_list disk_ids;
} imaged_register_instance_response;

typedef struct imaged_system_disk {
    imaged_string category;
    bool has_size;
    int32_t size;  /* GiB */
    imaged_string disk_name;
    imaged_string description;
    bool has_encrypted;
    bool encrypted;
    imaged_string kms_key_id;
} imaged_system_disk;

typedef struct imaged_data_disk {
    imaged_string category;
    bool has_size;
    int32_t size;  /* GiB */
    imaged_string snapshot_id;
    imaged_string disk_name;
    imaged_string device;
    bool has_delete_with_instance;
    bool delete_with_instance;
    bool has_encrypted;
    bool encrypted;
    imaged_string kms_key_id;
    imaged_string description;
} imaged_data_disk;
IMAGED_LIST(data_disk);

/* Where the file of the disk with this device is made. */
typedef struct imaged_disk_path {
    imaged_string device;
    imaged_string path;
} imaged_disk_path;
IMAGED_LIST(disk_path);

typedef struct imaged_run_instances_request {
    imaged_string region_id;
    imaged_string image_id;
    imaged_string image_family;
    imaged_string instance_type;
    imaged_string instance_name;
    bool has_amount;
    int32_t amount;  /* 1 to 100 */
    imaged_string zone_id;
    imaged_string security_group_id;
    imaged_string v_switch_id;
    const imaged_system_disk *system_disk;
    imaged_data_disk_list data_disk;  /* at most 16 */
    imaged_string client_token;
    imaged_request_tag_list tag;
    bool has_dry_run;
    bool dry_run;
    imaged_string http_tokens;
    imaged_string resource_group_id;
    const imaged_hibernation_options *hibernation_options;
    /* Ours: where the files of disks are made; default: in the data directory. */
    imaged_disk_path_list disk_path;
} imaged_run_instances_request;

typedef struct imaged_run_instances_response {
    imaged_string request_id;
    imaged_string_list instance_id_sets;
} imaged_run_instances_response;

typedef struct imaged_describe_instances_request {
    imaged_string region_id;
    imaged_string_list instance_ids;
    imaged_string status;
    imaged_string image_id;
    imaged_string zone_id;
    imaged_request_tag_list tag;
    imaged_string next_token;
    bool has_max_results;
    int32_t max_results;
    bool has_page_number;
    int32_t page_number;
    bool has_page_size;
    int32_t page_size;
    imaged_string instance_name;
    imaged_string resource_group_id;
} imaged_describe_instances_request;

typedef struct imaged_describe_instances_response {
    imaged_string request_id;
    imaged_instance_list instances;
    imaged_string next_token;
    int32_t total_count;
    int32_t page_number;
    int32_t page_size;
} imaged_describe_instances_response;

typedef struct imaged_describe_instance_status_request {
    imaged_string region_id;
    imaged_string_list instance_id;
    imaged_string zone_id;
    bool has_page_number;
    int32_t page_number;
    bool has_page_size;
    int32_t page_size;
} imaged_describe_instance_status_request;

typedef struct imaged_instance_status {
    imaged_string instance_id;
    imaged_string status;
} imaged_instance_status;
IMAGED_LIST(instance_status);

typedef struct imaged_describe_instance_status_response {
    imaged_string request_id;
    imaged_instance_status_list instance_statuses;
    int32_t total_count;
    int32_t page_number;
    int32_t page_size;
} imaged_describe_instance_status_response;

typedef struct imaged_start_instance_request {
    imaged_string instance_id;
    bool has_dry_run;
    bool dry_run;
} imaged_start_instance_request;

typedef struct imaged_start_instance_response {
    imaged_string request_id;
} imaged_start_instance_response;

typedef struct imaged_start_instances_request {
    imaged_string region_id;
    imaged_string_list instance_id;  /* at most 100 */
    imaged_string batch_optimization;  /* AllTogether, SuccessFirst */
    bool has_dry_run;
    bool dry_run;
} imaged_start_instances_request;

/* What became of one instance of several. */
typedef struct imaged_instance_response {
    imaged_string instance_id;
    imaged_string code;
    imaged_string message;
    imaged_string previous_status;
    imaged_string current_status;
} imaged_instance_response;
IMAGED_LIST(instance_response);

typedef struct imaged_start_instances_response {
    imaged_string request_id;
    imaged_instance_response_list instance_responses;
} imaged_start_instances_response;

typedef struct imaged_stop_instance_request {
    imaged_string instance_id;
    bool has_force_stop;
    bool force_stop;
    imaged_string stopped_mode;  /* KeepCharging, StopCharging */
    bool has_hibernate;
    bool hibernate;
    bool has_dry_run;
    bool dry_run;
} imaged_stop_instance_request;

typedef struct imaged_stop_instance_response {
    imaged_string request_id;
} imaged_stop_instance_response;

typedef struct imaged_stop_instances_request {
    imaged_string region_id;
    imaged_string_list instance_id;  /* at most 100 */
    bool has_force_stop;
    bool force_stop;
    imaged_string stopped_mode;
    imaged_string batch_optimization;
    bool has_hibernate;
    bool hibernate;
    bool has_dry_run;
    bool dry_run;
} imaged_stop_instances_request;

typedef struct imaged_stop_instances_response {
    imaged_string request_id;
    imaged_instance_response_list instance_responses;
} imaged_stop_instances_response;

typedef struct imaged_delete_instance_request {
    imaged_string instance_id;
    bool has_force;
    bool force;
    imaged_string client_token;
    bool has_dry_run;
    bool dry_run;
} imaged_delete_instance_request;

typedef struct imaged_delete_instance_response {
    imaged_string request_id;
} imaged_delete_instance_response;

typedef struct imaged_delete_instances_request {
    imaged_string region_id;
    imaged_string_list instance_id;  /* at most 100 */
    bool has_force;
    bool force;
    imaged_string client_token;
    bool has_dry_run;
    bool dry_run;
} imaged_delete_instances_request;

typedef struct imaged_delete_instances_response {
    imaged_string request_id;
} imaged_delete_instances_response;

typedef struct imaged_replace_system_disk_request {
    imaged_string instance_id;
    imaged_string image_id;
    const imaged_system_disk *system_disk;  /* only its size counts */
    imaged_string client_token;
    bool has_encrypted;
    bool encrypted;
    imaged_string kms_key_id;
    /* Ours: where the new disk's file is made; default: in the data directory. */
    imaged_string path;
} imaged_replace_system_disk_request;

typedef struct imaged_replace_system_disk_response {
    imaged_string request_id;
    imaged_string disk_id;
} imaged_replace_system_disk_response;

typedef struct imaged_create_disk_request {
    imaged_string region_id;
    imaged_string zone_id;
    imaged_string instance_id;
    bool has_size;
    int32_t size;  /* GiB */
    imaged_string disk_category;
    imaged_string snapshot_id;
    imaged_string disk_name;
    bool has_encrypted;
    bool encrypted;
    imaged_string kms_key_id;
    imaged_string client_token;
    imaged_request_tag_list tag;
    imaged_string description;
    imaged_string resource_group_id;
    /* Ours: where the disk's file is made; default: in the data directory. */
    imaged_string path;
} imaged_create_disk_request;

typedef struct imaged_create_disk_response {
    imaged_string request_id;
    imaged_string disk_id;
} imaged_create_disk_response;

typedef struct imaged_attach_disk_request {
    imaged_string instance_id;
    imaged_string disk_id;
    imaged_string device;
    bool has_delete_with_instance;
    bool delete_with_instance;
    bool has_bootable;
    bool bootable;  /* as the system disk */
} imaged_attach_disk_request;

typedef struct imaged_attach_disk_response {
    imaged_string request_id;
} imaged_attach_disk_response;

typedef struct imaged_detach_disk_request {
    imaged_string instance_id;
    imaged_string disk_id;
    bool has_delete_with_instance;
    bool delete_with_instance;
} imaged_detach_disk_request;

typedef struct imaged_detach_disk_response {
    imaged_string request_id;
} imaged_detach_disk_response;

typedef struct imaged_delete_disk_request {
    imaged_string disk_id;
} imaged_delete_disk_request;

typedef struct imaged_delete_disk_response {
    imaged_string request_id;
} imaged_delete_disk_response;

typedef struct imaged_describe_disks_request {
    imaged_string region_id;
    imaged_string instance_id;
    imaged_string_list disk_ids;
    imaged_string disk_type;
    imaged_string category;
    imaged_string status;
    imaged_string zone_id;
    imaged_string snapshot_id;
    imaged_request_tag_list tag;
    imaged_string next_token;
    bool has_max_results;
    int32_t max_results;
    bool has_page_number;
    int32_t page_number;
    bool has_page_size;
    int32_t page_size;
} imaged_describe_disks_request;

typedef struct imaged_describe_disks_response {
    imaged_string request_id;
    imaged_disk_list disks;
    imaged_string next_token;
    int32_t total_count;
    int32_t page_number;
    int32_t page_size;
} imaged_describe_disks_response;

typedef struct imaged_tag_resources_request {
    imaged_string region_id;
    imaged_string resource_type;  /* image, snapshot, disk, instance */
    imaged_string_list resource_id;  /* 1 to 50 */
    imaged_request_tag_list tag;  /* 1 to 20 */
} imaged_tag_resources_request;

typedef struct imaged_tag_resources_response {
    imaged_string request_id;
} imaged_tag_resources_response;

typedef struct imaged_untag_resources_request {
    imaged_string region_id;
    imaged_string resource_type;
    imaged_string_list resource_id;  /* 1 to 50 */
    imaged_string_list tag_key;  /* at most 20 */
    bool has_all;
    bool all;  /* counts when there is no key */
} imaged_untag_resources_request;

typedef struct imaged_untag_resources_response {
    imaged_string request_id;
} imaged_untag_resources_response;

typedef struct imaged_tag_filter {
    imaged_string tag_key;
    imaged_string_list tag_values;
} imaged_tag_filter;
IMAGED_LIST(tag_filter);

typedef struct imaged_list_tag_resources_request {
    imaged_string region_id;
    imaged_string resource_type;
    imaged_string_list resource_id;  /* at most 50 */
    imaged_request_tag_list tag;
    imaged_tag_filter_list tag_filter;
    imaged_string next_token;
} imaged_list_tag_resources_request;

typedef struct imaged_tag_resource {
    imaged_string resource_id;
    imaged_string resource_type;
    imaged_string tag_key;
    imaged_string tag_value;
} imaged_tag_resource;
IMAGED_LIST(tag_resource);

typedef struct imaged_list_tag_resources_response {
    imaged_string request_id;
    imaged_tag_resource_list tag_resources;
    imaged_string next_token;
} imaged_list_tag_resources_response;

/* TagResources' old name, for one resource. */
typedef struct imaged_add_tags_request {
    imaged_string region_id;
    imaged_string resource_id;
    imaged_string resource_type;
    imaged_request_tag_list tag;
} imaged_add_tags_request;

typedef struct imaged_add_tags_response {
    imaged_string request_id;
} imaged_add_tags_response;

typedef struct imaged_join_resource_group_request {
    imaged_string resource_id;
    imaged_string resource_type;  /* image, snapshot, disk, instance */
    imaged_string resource_group_id;
    imaged_string region_id;
} imaged_join_resource_group_request;

typedef struct imaged_join_resource_group_response {
    imaged_string request_id;
} imaged_join_resource_group_response;

typedef struct imaged_describe_regions_request {
    char unused;  /* It has no fields; C wants one. */
} imaged_describe_regions_request;

typedef struct imaged_region_item {
    imaged_string region_id;
    imaged_string local_name;
    imaged_string region_endpoint;
    imaged_string status;
} imaged_region_item;
IMAGED_LIST(region_item);

typedef struct imaged_describe_regions_response {
    imaged_string request_id;
    imaged_region_item_list regions;
} imaged_describe_regions_response;

/* Answers when the image is Available, CreateFailed or deleted (InvalidImageId.NotFound). */
typedef struct imaged_wait_for_image_request {
    imaged_string region_id;
    imaged_string image_id;
} imaged_wait_for_image_request;

typedef struct imaged_wait_for_image_response {
    imaged_string request_id;
    const imaged_image *image;
} imaged_wait_for_image_response;

typedef struct imaged_watch_request {
    /* Events with a greater sequence than this; absent: from now on. */
    bool has_after_sequence;
    int64_t after_sequence;
    /* Only events of these resources; none: all of the account. */
    imaged_string_list resource_id;
} imaged_watch_request;

typedef struct imaged_read_events_request {
    bool has_after_sequence;
    int64_t after_sequence;
    imaged_string_list resource_id;
    bool has_max_results;
    int32_t max_results;  /* 1 to 1000, default 1000 */
} imaged_read_events_request;

typedef struct imaged_event {
    int64_t sequence;
    imaged_string time;
    /* ImageChanged, ImageDeleted, and likewise Snapshot, Disk, Instance. A resource's first
     * change is its creation. */
    imaged_string kind;
    /* The resource after the change; of a deleted one only its id. */
    const imaged_image *image;
    const imaged_snapshot *snapshot;
    const imaged_disk *disk;
    const imaged_instance *instance;
} imaged_event;
IMAGED_LIST(event);

typedef struct imaged_events_response {
    imaged_string request_id;
    imaged_event_list events;
    /* The newest sequence looked at: where the next read goes on, events or none. */
    int64_t sequence;
} imaged_events_response;

typedef struct imaged_cancel_request {
    int64_t stream_id;
} imaged_cancel_request;

typedef struct imaged_cancel_response {
    imaged_string request_id;
} imaged_cancel_response;

typedef struct imaged_version_request {
    char unused;  /* It has no fields; C wants one. */
} imaged_version_request;

typedef struct imaged_version_response {
    imaged_string request_id;
    imaged_string version;
    int32_t protocol;
} imaged_version_response;

typedef struct imaged_health_request {
    char unused;  /* It has no fields; C wants one. */
} imaged_health_request;

typedef struct imaged_limit {
    imaged_string name;  /* as the configuration file spells it: UnfinishedSnapshots */
    int64_t value;
} imaged_limit;
IMAGED_LIST(limit);

typedef struct imaged_health_response {
    imaged_string request_id;
    bool ready;
    imaged_string mode;  /* always, ephemeral */
    int64_t sequence;  /* of the newest change */
    int64_t free_bytes;  /* of the file system with the data directory */
    int32_t jobs_queued;
    int32_t jobs_running;
    int32_t connections;
    int64_t process_id;
    int64_t uptime_seconds;
    imaged_string data_directory;
    /* Of the file system with the data directory: ext4, xfs, btrfs, tmpfs ...; empty: no
     * directory. */
    imaged_string file_system;
    int64_t total_bytes;
    /* Whether files on it can share blocks (FICLONE); absent: not known. */
    bool has_clones;
    bool clones;
    /* Whether what is written over stays in its blocks, as the journal wants it; absent: not
     * known. */
    bool has_overwrites_in_place;
    bool overwrites_in_place;
    int32_t connections_max;
    imaged_limit_list limits;  /* of the account that asks */
} imaged_health_response;

/* Writes the disk's bytes to a new file, as ExportImage does. */
typedef struct imaged_export_snapshot_request {
    imaged_string snapshot_id;
    imaged_string path;
} imaged_export_snapshot_request;

typedef struct imaged_export_snapshot_response {
    imaged_string request_id;
    int64_t size_bytes;  /* of the disk */
    int64_t stored_bytes;  /* of these what is data rather than holes */
} imaged_export_snapshot_response;

typedef struct imaged_read_snapshot_request {
    imaged_string snapshot_id;
    int64_t offset;  /* in the disk */
    int64_t length;  /* at most so much is wanted; 1 MiB at most */
} imaged_read_snapshot_request;

/* What is at the offset: data or a hole. Neither: the offset is the disk's end. */
typedef struct imaged_read_snapshot_response {
    imaged_string request_id;
    imaged_bytes data;
    int64_t hole_bytes;  /* how far the hole goes on; may be more than was asked for */
    int64_t size_bytes;  /* of the disk */
} imaged_read_snapshot_response;

/* Reads what is stored of a snapshot, or of all, and compares the checksums: a step a call. */
typedef struct imaged_verify_snapshot_request {
    imaged_string snapshot_id;  /* absent: all of the account */
    imaged_string next_token;  /* of the step before; absent: the first */
    int64_t max_bytes;  /* how many stored bytes the step reads; 0: the daemon chooses */
} imaged_verify_snapshot_request;

typedef struct imaged_damage {
    imaged_string snapshot_id;
    imaged_string disk_id;
    /* Bytes of the disk; both 0: the whole snapshot, for example its manifest. */
    int64_t offset;
    int64_t length;
    imaged_string_list image_id;  /* that have the snapshot */
    imaged_string reason;
} imaged_damage;
IMAGED_LIST(damage);

typedef struct imaged_verify_snapshot_response {
    imaged_string request_id;
    imaged_damage_list damage;  /* found by this step */
    imaged_string next_token;  /* for the next step; empty: that was the last */
    int64_t verified_bytes;  /* stored bytes that this step read */
    int64_t done_bytes;  /* by all steps so far */
    int64_t total_bytes;  /* of all steps */
} imaged_verify_snapshot_response;

typedef struct imaged_describe_usage_request {
    imaged_string resource_type;  /* disk, snapshot, image */
    imaged_string next_token;
    bool has_max_results;
    int32_t max_results;  /* 1 to 1000, default 100 */
} imaged_describe_usage_request;

/* What one disk's snapshots, one snapshot or one image's snapshots take. */
typedef struct imaged_usage {
    imaged_string resource_id;
    imaged_string name;
    int64_t logical_bytes;
    int64_t stored_bytes;
    int64_t reclaimable_bytes;  /* what would come back if these snapshots alone went */
} imaged_usage;
IMAGED_LIST(usage);

/* The totals are those of the whole account, whatever the type. */
typedef struct imaged_describe_usage_response {
    imaged_string request_id;
    imaged_usage_list usage;
    imaged_string next_token;
    int64_t logical_bytes;  /* the sum of the disks' sizes over all snapshots */
    int64_t stored_bytes;  /* each stored cluster once */
    int64_t reclaimable_bytes;  /* of these, what only one snapshot uses */
    int64_t pending_bytes;  /* what no snapshot uses any more and is being given back */
} imaged_describe_usage_response;

typedef struct imaged_metrics_request {
    char unused;  /* It has no fields; C wants one. */
} imaged_metrics_request;

typedef struct imaged_metrics_response {
    imaged_string request_id;
    imaged_string text;  /* Prometheus's text format, version 0.0.4. */
} imaged_metrics_response;

/* An account of its own for a test, as every account is born. It belongs to the caller's uid. */
typedef struct imaged_create_account_request {
    imaged_string account_id;  /* absent: a new one is made up */
} imaged_create_account_request;

typedef struct imaged_create_account_response {
    imaged_string request_id;
    imaged_string account_id;
    imaged_string default_resource_group_id;
} imaged_create_account_response;

/* Everything that the account has goes. Unknown: ignored. */
typedef struct imaged_drop_account_request {
    imaged_string account_id;
} imaged_drop_account_request;

typedef struct imaged_drop_account_response {
    imaged_string request_id;
} imaged_drop_account_response;

typedef struct imaged_describe_account_request {
    char unused;  /* It has no fields; C wants one. */
} imaged_describe_account_request;

typedef struct imaged_account_standing {
    bool has_order_allowed;
    bool order_allowed;
    imaged_string enterprise_status;  /* normal, revoked, deregistered */
    bool has_balance;
    int64_t balance;
    bool has_minimum_balance;
    int64_t minimum_balance;
    bool has_snapshot_service_opened;
    bool snapshot_service_opened;
    bool has_data_disk_image_whitelist;
    bool data_disk_image_whitelist;
    bool has_kms_authorized;
    bool kms_authorized;
    /* An identical request that meets one in flight is refused (IdempotentProcessing), not kept
     * waiting. */
    bool has_idempotent_processing;
    bool idempotent_processing;
} imaged_account_standing;

typedef struct imaged_account_clock {
    imaged_string time;
    bool is_frozen;
} imaged_account_clock;

typedef struct imaged_resource_group {
    imaged_string resource_group_id;
    imaged_string name;
} imaged_resource_group;
IMAGED_LIST(resource_group);

typedef struct imaged_kms_key {
    imaged_string kms_key_id;
    bool enabled;
    bool ecs_tag;
} imaged_kms_key;
IMAGED_LIST(kms_key);

typedef struct imaged_describe_account_response {
    imaged_string request_id;
    imaged_string account_id;
    imaged_string default_resource_group_id;
    const imaged_account_standing *standing;
    imaged_limit_list limits;
    const imaged_account_clock *clock;
    imaged_resource_group_list resource_groups;
    imaged_kms_key_list kms_keys;
    imaged_string_list ram_users;
    bool holds_jobs;  /* whether new jobs are held */
} imaged_describe_account_response;

/* What is absent is kept. */
typedef struct imaged_set_account_request {
    bool has_order_allowed;
    bool order_allowed;
    imaged_string enterprise_status;
    bool has_balance;
    int64_t balance;
    bool has_minimum_balance;
    int64_t minimum_balance;
    bool has_snapshot_service_opened;
    bool snapshot_service_opened;
    bool has_data_disk_image_whitelist;
    bool data_disk_image_whitelist;
    bool has_kms_authorized;
    bool kms_authorized;
    bool has_idempotent_processing;
    bool idempotent_processing;
} imaged_set_account_request;

typedef struct imaged_set_account_response {
    imaged_string request_id;
} imaged_set_account_response;

typedef struct imaged_set_limits_request {
    imaged_limit_list limit;
} imaged_set_limits_request;

typedef struct imaged_set_limits_response {
    imaged_string request_id;
    imaged_limit_list limits;  /* all, as they are now */
} imaged_set_limits_response;

typedef struct imaged_set_clock_request {
    imaged_string time;  /* yyyy-MM-ddTHH:mm:ssZ; absent: as it is */
    bool has_is_frozen;
    bool is_frozen;
} imaged_set_clock_request;

typedef struct imaged_advance_clock_request {
    bool has_seconds;
    int64_t seconds;
    bool has_milliseconds;
    int64_t milliseconds;
} imaged_advance_clock_request;

typedef struct imaged_clock_response {
    imaged_string request_id;
    const imaged_account_clock *clock;
} imaged_clock_response;

typedef struct imaged_set_instance_request {
    imaged_string instance_id;
    imaged_string status;
    imaged_operation_lock_list operation_lock;  /* instead of those it has */
    bool has_is_locked;
    bool is_locked;  /* false: takes its locks away */
    bool has_hibernation_configured;
    bool hibernation_configured;
    bool has_needs_restart;
    bool needs_restart;
} imaged_set_instance_request;

typedef struct imaged_set_instance_response {
    imaged_string request_id;
} imaged_set_instance_response;

typedef struct imaged_set_disk_request {
    imaged_string disk_id;
    imaged_string status;
    imaged_string category;
    bool has_device_invalid;
    bool device_invalid;
    bool has_never_attached;
    bool never_attached;
    bool has_encrypted;
    bool encrypted;
    imaged_string kms_key_id;
} imaged_set_disk_request;

typedef struct imaged_set_disk_response {
    imaged_string request_id;
} imaged_set_disk_response;

typedef struct imaged_set_snapshot_request {
    imaged_string snapshot_id;
    imaged_string category;  /* standard, flash, archive */
    imaged_string storage_location;  /* Region, CloudBox */
    bool has_default_free;
    bool default_free;
    imaged_string creation_time;
    bool has_encrypted;
    bool encrypted;
    imaged_string kms_key_id;
} imaged_set_snapshot_request;

typedef struct imaged_set_snapshot_response {
    imaged_string request_id;
} imaged_set_snapshot_response;

typedef struct imaged_set_image_request {
    imaged_string region_id;
    imaged_string image_id;
    imaged_string status;  /* Available, UnAvailable, Deprecated, CreateFailed */
    imaged_string image_owner_alias;  /* self, marketplace */
    imaged_string image_version;
    imaged_string product_code;
} imaged_set_image_request;

typedef struct imaged_set_image_response {
    imaged_string request_id;
} imaged_set_image_response;

/* A key that nobody has set is enabled and has the tag. */
typedef struct imaged_set_kms_key_request {
    imaged_string kms_key_id;
    bool has_enabled;
    bool enabled;
    bool has_ecs_tag;
    bool ecs_tag;
} imaged_set_kms_key_request;

typedef struct imaged_set_kms_key_response {
    imaged_string request_id;
} imaged_set_kms_key_response;

typedef struct imaged_create_resource_group_request {
    imaged_string name;
} imaged_create_resource_group_request;

typedef struct imaged_create_resource_group_response {
    imaged_string request_id;
    imaged_string resource_group_id;
} imaged_create_resource_group_response;

typedef struct imaged_ram_policy {
    imaged_string policy_document;  /* JSON: Version "1", Statement, Effect, Action, Resource */
    imaged_string resource_group_id;  /* counts only for this group; absent: for all */
} imaged_ram_policy;
IMAGED_LIST(ram_policy);

/* A RAM user and what it may do: who owns the account acts as one by the metadata `ram-user`. No
 * policy: it may do nothing. */
typedef struct imaged_set_ram_user_request {
    imaged_string ram_user;
    imaged_ram_policy_list policy;
    bool has_is_deleted;
    bool is_deleted;
} imaged_set_ram_user_request;

typedef struct imaged_set_ram_user_response {
    imaged_string request_id;
} imaged_set_ram_user_response;

typedef struct imaged_describe_jobs_request {
    char unused;  /* It has no fields; C wants one. */
} imaged_describe_jobs_request;

/* Making one snapshot, or an image from finished snapshots, or copying an image. */
typedef struct imaged_job {
    imaged_string snapshot_id;
    imaged_string image_id;
    imaged_string disk_id;
    imaged_string region_id;
    imaged_string status;  /* waiting, running, accomplished, failed */
    bool is_held;
    imaged_string progress;
    /* How long it takes in all, of the account's clock; 0 for a real file. */
    int64_t duration_milliseconds;
} imaged_job;
IMAGED_LIST(job);

typedef struct imaged_jobs_response {
    imaged_string request_id;
    imaged_job_list jobs;  /* those it was about, oldest first, as they are now */
} imaged_jobs_response;

/* Which jobs: those of these images and snapshots; none: all, and those to come. The oldest
 * `count` of them. */
typedef struct imaged_hold_jobs_request {
    imaged_string_list resource_id;
    bool has_count;
    int32_t count;
} imaged_hold_jobs_request;

typedef struct imaged_release_jobs_request {
    imaged_string_list resource_id;
    bool has_count;
    int32_t count;
} imaged_release_jobs_request;

/* One move on, and held again: a waiting job starts, a running one ends. */
typedef struct imaged_step_jobs_request {
    imaged_string_list resource_id;
    bool has_count;
    int32_t count;
} imaged_step_jobs_request;

typedef struct imaged_finish_jobs_request {
    imaged_string_list resource_id;
    bool has_count;
    int32_t count;
} imaged_finish_jobs_request;

typedef struct imaged_fail_jobs_request {
    imaged_string_list resource_id;
    bool has_count;
    int32_t count;
    imaged_string reason;
} imaged_fail_jobs_request;

/* Acts on requests to the account right after the token is looked at (V3), before anything is
 * judged by the state. */
typedef struct imaged_add_fault_rule_request {
    imaged_string operation;  /* absent: CreateImage */
    imaged_string action;  /* hold, fail */
    imaged_string code;  /* to fail with: InternalError, ServiceUnavailable, Throttling ... */
    bool has_times;
    int32_t times;  /* absent: once; 0: until it is removed */
    /* How long it holds, in real time, before the request goes on; absent: 60,000. */
    bool has_hold_milliseconds;
    int64_t hold_milliseconds;
    imaged_string client_token;  /* only requests with this one */
} imaged_add_fault_rule_request;

typedef struct imaged_add_fault_rule_response {
    imaged_string request_id;
    int64_t fault_rule_id;
} imaged_add_fault_rule_response;

/* The requests that it holds go on. */
typedef struct imaged_remove_fault_rule_request {
    int64_t fault_rule_id;
} imaged_remove_fault_rule_request;

typedef struct imaged_remove_fault_rule_response {
    imaged_string request_id;
} imaged_remove_fault_rule_response;

typedef struct imaged_describe_fault_rules_request {
    char unused;  /* It has no fields; C wants one. */
} imaged_describe_fault_rules_request;

typedef struct imaged_fault_rule {
    int64_t fault_rule_id;
    imaged_string operation;
    imaged_string action;
    imaged_string code;
    int32_t times_left;  /* 0: without end */
    int64_t hold_milliseconds;
    imaged_string client_token;
} imaged_fault_rule;
IMAGED_LIST(fault_rule);

typedef struct imaged_held_request {
    int64_t fault_rule_id;  /* 0: it waits for the first request with its token */
    imaged_string operation;
    imaged_string client_token;
} imaged_held_request;
IMAGED_LIST(held_request);

typedef struct imaged_describe_fault_rules_response {
    imaged_string request_id;
    imaged_fault_rule_list fault_rules;
    imaged_held_request_list held_requests;  /* oldest first */
} imaged_describe_fault_rules_response;

/* The oldest `count` of the requests that the rule holds; no rule: of all; no count: all of
 * them. */
typedef struct imaged_release_requests_request {
    bool has_fault_rule_id;
    int64_t fault_rule_id;
    bool has_count;
    int32_t count;
    imaged_string code;  /* absent: they go on; else they fail with this */
} imaged_release_requests_request;

typedef struct imaged_release_requests_response {
    imaged_string request_id;
    int32_t released;
} imaged_release_requests_response;

/* ------------------------------------------------------------------------------------- tables */

typedef enum imaged_type {
    IMAGED_INT32,
    IMAGED_INT64,
    IMAGED_BOOL,
    IMAGED_TEXT,     /* imaged_string */
    IMAGED_BINARY,   /* imaged_bytes */
    IMAGED_MESSAGE   /* a pointer to the message's struct; in a list: the structs themselves */
} imaged_type;

typedef enum imaged_label { IMAGED_PLAIN, IMAGED_OPTIONAL, IMAGED_REPEATED } imaged_label;

/* A field of a message. The tables are public so that programs can handle messages that they do not
 * know: print them, read them from a file, compare them. */
typedef struct imaged_field {
    const char *name;  /* as imaged.proto has it: "image_id" */
    uint32_t number;
    uint8_t type;      /* imaged_type */
    uint8_t label;     /* imaged_label; a message that is not repeated is IMAGED_PLAIN */
    uint16_t offset;   /* of the value in the struct; of a list: of {items, count} */
    uint16_t presence; /* offset of has_...; only with IMAGED_OPTIONAL */
    const struct imaged_message *message;  /* only with IMAGED_MESSAGE */
} imaged_field;

typedef struct imaged_message {
    const char *name;            /* as imaged.proto has it: "CreateImageRequest" */
    size_t size;                 /* sizeof its struct */
    const imaged_field *fields;  /* by number, lowest first */
    size_t field_count;
    bool is_envelope;            /* errors name its fields as imaged.proto does, not as ECS */
} imaged_message;

/* All messages, in the order of imaged.proto. */
IMAGED_API extern const imaged_message *const imaged_messages[];
IMAGED_API extern const size_t imaged_message_count;

/* The message with this name in imaged.proto; NULL: there is none. */
IMAGED_API const imaged_message *imaged_find_message(const char *name);

/* -------------------------------------------------------------------------------------- codec
 *
 * For programs that keep messages or speak the protocol themselves; calls need none of it. */

/* Why bytes are not a message, or a message cannot be encoded. */
typedef enum imaged_refusal {
    IMAGED_CODEC_OK = 0,
    IMAGED_TRUNCATED,             /* the bytes end inside a tag, value or group */
    IMAGED_VARINT_TOO_LONG,       /* more than 10 bytes or 64 bits */
    IMAGED_WRONG_WIRE_TYPE,       /* a known field with a wire type other than its own */
    IMAGED_INVALID_WIRE_TYPE,     /* 6 or 7 */
    IMAGED_GROUP_MISMATCH,        /* a group end without its start, or with another number */
    IMAGED_INVALID_FIELD_NUMBER,  /* 0, or more than 2^29 - 1 */
    IMAGED_INVALID_UTF8,          /* a string that is not UTF-8 */
    IMAGED_TOO_DEEP,              /* more than IMAGED_DEPTH_MAX levels */
    IMAGED_NO_MEMORY,             /* the arena has no more */
    IMAGED_TOO_LONG               /* encoding: more bytes than the buffer has, or than can be */
} imaged_refusal;

#define IMAGED_DEPTH_MAX 32
/* Room for the path of any field of imaged.proto, NUL included. A longer one is cut. */
#define IMAGED_PATH_MAX 768

/* "truncated", as protocol/vectors/README.md spells it. */
IMAGED_API const char *imaged_refusal_name(imaged_refusal refusal);

/* Decodes `size` bytes. The bytes are not needed afterwards.
 *
 * message  the struct of `type`; all of it is overwritten, also after a refusal
 * arena    holds what the message points to
 * path     IMAGED_PATH_MAX bytes, or NULL. After a refusal the path of the field at fault, as ECS
 *          spells it: "DiskDeviceMapping.2.Size"; empty for a fault outside of any field */
IMAGED_API imaged_refusal imaged_decode(
    const imaged_message *type, const void *bytes, size_t size, imaged_arena *arena, void *message,
    char *path);

/* How many bytes `message` has when encoded; checks it as well. Only IMAGED_INVALID_UTF8,
 * IMAGED_TOO_DEEP and IMAGED_TOO_LONG are possible; `path` is as for imaged_decode. */
IMAGED_API imaged_refusal imaged_encoded_size(
    const imaged_message *type, const void *message, size_t *size, char *path);

/* Encodes `message` into `buffer`, of which the first *size bytes are the result. Allocates
 * nothing.
 *
 * capacity  of the buffer; imaged_encoded_size tells how much is needed */
IMAGED_API imaged_refusal imaged_encode(
    const imaged_message *type, const void *message, void *buffer, size_t capacity, size_t *size,
    char *path);

/* A frame's header (protocol/README.md, Frame). */
typedef struct imaged_frame {
    uint32_t data_length;
    uint32_t stream_id;
    uint8_t type;   /* 1 request, 2 response, 3 data */
    uint8_t flags;
} imaged_frame;

#define IMAGED_FRAME_HEADER_SIZE 10
#define IMAGED_FRAME_DATA_MAX ((uint32_t)4 << 20)

/* Writes the header's 10 bytes. */
IMAGED_API void imaged_frame_write(const imaged_frame *frame, uint8_t *bytes);

/* Finds frames in bytes that come in pieces of any size. All zero: at the beginning of a frame. */
typedef struct imaged_frame_reader {
    uint8_t header[IMAGED_FRAME_HEADER_SIZE];
    uint8_t header_size;  /* how much of the header is there */
    uint8_t state;
    uint32_t left;        /* how many bytes of the data are still to come */
    imaged_frame frame;   /* the latest header */
} imaged_frame_reader;

typedef enum imaged_found {
    IMAGED_FOUND_NOTHING,   /* all bytes are used up */
    IMAGED_FOUND_HEADER,    /* of a frame whose data follow, in any number of pieces */
    IMAGED_FOUND_DATA,      /* a piece of its data */
    IMAGED_FOUND_END,       /* the frame is whole */
    IMAGED_FOUND_TOO_LONG,  /* a header with a data length over the limit; the data are dropped */
    IMAGED_FOUND_RESERVED   /* a first byte other than zero; nothing is found any more */
} imaged_found;

/* Takes the next thing from *size bytes at *bytes and moves both past it. Call it until it finds
 * nothing.
 *
 * data, data_size  after IMAGED_FOUND_DATA: the piece, inside the bytes that were passed */
IMAGED_API imaged_found imaged_frame_read(
    imaged_frame_reader *reader, const uint8_t **bytes, size_t *size, const uint8_t **data,
    size_t *data_size);

/* --------------------------------------------------------------------------------- operations */

/* Whether a client may send a request a second time by itself, after an unknown outcome. */
typedef enum imaged_again {
    IMAGED_AGAIN_NEVER,
    IMAGED_AGAIN_READS,  /* always: nothing changes */
    IMAGED_AGAIN_TOKEN   /* if the request has a client_token */
} imaged_again;

/* Every operation, in the order of protocol/README.md. X(service, Name, name, again) is answered by
 * NameResponse; OTHER(service, Name, name, answer, again, kind) by another message. */
#define IMAGED_OPERATIONS(X, OTHER) \
    X(ECS, CreateImage, create_image, TOKEN) \
    X(ECS, DescribeImages, describe_images, READS) \
    X(ECS, DescribeImageFromFamily, describe_image_from_family, READS) \
    X(ECS, DeleteImage, delete_image, NEVER) \
    X(ECS, ModifyImageAttribute, modify_image_attribute, NEVER) \
    X(ECS, CopyImage, copy_image, TOKEN) \
    X(ECS, CancelCopyImage, cancel_copy_image, NEVER) \
    X(ECS, ModifyImageSharePermission, modify_image_share_permission, NEVER) \
    X(ECS, DescribeImageSharePermission, describe_image_share_permission, READS) \
    X(ECS, ExportImage, export_image, NEVER) \
    X(ECS, CreateSnapshot, create_snapshot, TOKEN) \
    X(ECS, DescribeSnapshots, describe_snapshots, READS) \
    X(ECS, DeleteSnapshot, delete_snapshot, NEVER) \
    X(ECS, ModifySnapshotAttribute, modify_snapshot_attribute, NEVER) \
    X(ECS, RunInstances, run_instances, TOKEN) \
    X(ECS, DescribeInstances, describe_instances, READS) \
    X(ECS, DescribeInstanceStatus, describe_instance_status, READS) \
    X(ECS, StartInstance, start_instance, NEVER) \
    X(ECS, StartInstances, start_instances, NEVER) \
    X(ECS, StopInstance, stop_instance, NEVER) \
    X(ECS, StopInstances, stop_instances, NEVER) \
    X(ECS, DeleteInstance, delete_instance, TOKEN) \
    X(ECS, DeleteInstances, delete_instances, TOKEN) \
    X(ECS, ReplaceSystemDisk, replace_system_disk, TOKEN) \
    X(ECS, CreateDisk, create_disk, TOKEN) \
    X(ECS, DescribeDisks, describe_disks, READS) \
    X(ECS, AttachDisk, attach_disk, NEVER) \
    X(ECS, DetachDisk, detach_disk, NEVER) \
    X(ECS, DeleteDisk, delete_disk, NEVER) \
    X(ECS, TagResources, tag_resources, NEVER) \
    X(ECS, UntagResources, untag_resources, NEVER) \
    X(ECS, ListTagResources, list_tag_resources, READS) \
    X(ECS, AddTags, add_tags, NEVER) \
    X(ECS, JoinResourceGroup, join_resource_group, NEVER) \
    X(ECS, DescribeRegions, describe_regions, READS) \
    X(Daemon, RegisterInstance, register_instance, TOKEN) \
    X(Daemon, WaitForImage, wait_for_image, READS) \
    OTHER(Daemon, Watch, watch, events, NEVER, STREAM) \
    OTHER(Daemon, ReadEvents, read_events, events, READS, UNARY) \
    X(Daemon, Cancel, cancel, NEVER) \
    X(Daemon, Version, version, READS) \
    X(Daemon, Health, health, READS) \
    X(Daemon, ExportSnapshot, export_snapshot, NEVER) \
    X(Daemon, ReadSnapshot, read_snapshot, READS) \
    X(Daemon, VerifySnapshot, verify_snapshot, READS) \
    X(Daemon, DescribeUsage, describe_usage, READS) \
    X(Daemon, Metrics, metrics, READS) \
    X(Fixture, CreateAccount, create_account, NEVER) \
    X(Fixture, DropAccount, drop_account, NEVER) \
    X(Fixture, DescribeAccount, describe_account, READS) \
    X(Fixture, SetAccount, set_account, NEVER) \
    X(Fixture, SetLimits, set_limits, NEVER) \
    OTHER(Fixture, SetClock, set_clock, clock, NEVER, UNARY) \
    OTHER(Fixture, AdvanceClock, advance_clock, clock, NEVER, UNARY) \
    X(Fixture, SetInstance, set_instance, NEVER) \
    X(Fixture, SetDisk, set_disk, NEVER) \
    X(Fixture, SetSnapshot, set_snapshot, NEVER) \
    X(Fixture, SetImage, set_image, NEVER) \
    X(Fixture, SetKMSKey, set_kms_key, NEVER) \
    X(Fixture, CreateResourceGroup, create_resource_group, NEVER) \
    X(Fixture, SetRamUser, set_ram_user, NEVER) \
    OTHER(Fixture, DescribeJobs, describe_jobs, jobs, READS, UNARY) \
    OTHER(Fixture, HoldJobs, hold_jobs, jobs, NEVER, UNARY) \
    OTHER(Fixture, ReleaseJobs, release_jobs, jobs, NEVER, UNARY) \
    OTHER(Fixture, StepJobs, step_jobs, jobs, NEVER, UNARY) \
    OTHER(Fixture, FinishJobs, finish_jobs, jobs, NEVER, UNARY) \
    OTHER(Fixture, FailJobs, fail_jobs, jobs, NEVER, UNARY) \
    X(Fixture, AddFaultRule, add_fault_rule, NEVER) \
    X(Fixture, RemoveFaultRule, remove_fault_rule, NEVER) \
    X(Fixture, DescribeFaultRules, describe_fault_rules, READS) \
    X(Fixture, ReleaseRequests, release_requests, NEVER)

#define IMAGED_X(service, Name, name, again) IMAGED_OP_##Name,
#define IMAGED_OTHER(service, Name, name, answer, again, kind) IMAGED_OP_##Name,
/* IMAGED_OP_CreateImage and so on: the protocol's own names. */
typedef enum imaged_operation_id {
    IMAGED_OPERATIONS(IMAGED_X, IMAGED_OTHER)
    IMAGED_OPERATION_COUNT
} imaged_operation_id;
#undef IMAGED_X
#undef IMAGED_OTHER

typedef struct imaged_operation {
    const char *service;  /* "imaged.v1.ECS" */
    const char *name;     /* "CreateImage" */
    const imaged_message *request;
    const imaged_message *response;
    imaged_again again;
    bool is_streaming;    /* only Watch is */
} imaged_operation;

/* By imaged_operation_id. */
IMAGED_API extern const imaged_operation imaged_operations[IMAGED_OPERATION_COUNT];

/* The operation with this name; IMAGED_OPERATION_COUNT: there is none. */
IMAGED_API imaged_operation_id imaged_find_operation(const char *name);

/* ------------------------------------------------------------------------------------- errors */

/* What is known of a request after a function has returned. */
typedef enum imaged_outcome {
    IMAGED_OK = 0,     /* it was carried out, and the response is there */
    IMAGED_REFUSED,    /* the daemon said no: nothing has happened. error.code, else error.status */
    IMAGED_NOT_SENT,   /* it never left this process whole: nothing has happened. error.reason */
    IMAGED_UNKNOWN,    /* it may have been carried out, whole, or not at all. error.reason */
    IMAGED_NOT_YET,    /* imaged_next: nothing came in that time; go on */
    IMAGED_ENDED       /* imaged_next: the stream has ended in order */
} imaged_outcome;

/* Why it was not sent, or is not known. */
typedef enum imaged_reason {
    IMAGED_REASON_NONE = 0,
    IMAGED_REASON_ARGUMENT,   /* a parameter is wrong; error.parameter may name the field */
    IMAGED_REASON_LIMIT,      /* a request of more than 4 MiB, or too much waits for the daemon */
    IMAGED_REASON_MEMORY,     /* no memory for the request, or for the response that had come */
    IMAGED_REASON_SYSTEM,     /* a system call failed: error.system_error */
    IMAGED_REASON_NO_DAEMON,  /* no daemon takes the connection */
    IMAGED_REASON_LOST,       /* the connection ended before the answer */
    IMAGED_REASON_TIME,       /* no answer within the call's time, by the client's own clock */
    IMAGED_REASON_PROTOCOL,   /* what came is not the protocol, or cannot be decoded */
    IMAGED_REASON_CANCELLED,  /* imaged_cancel_stream came before a byte of it was sent */
    IMAGED_REASON_TOO_SLOW,   /* the events of a watch came faster than they were taken */
    IMAGED_REASON_CLOSED,     /* imaged_close was called */
    IMAGED_REASON_FORKED      /* the client belongs to this process's parent */
} imaged_reason;

/* How a call ended. Decide by outcome, then by code if there is one, else by status or reason;
 * never by a text. Its strings live in the arena that the call was given, or are constants. */
typedef struct imaged_error {
    imaged_outcome outcome;
    imaged_reason reason;    /* IMAGED_REASON_NONE if the daemon answered */
    int system_error;        /* an errno; 0: none */
    int32_t status;          /* google.rpc's code: 9; 0: the daemon gave none */
    int32_t http_status;     /* as ECS documents it: 403; 0: without an ECS code */
    imaged_string code;      /* ECS's code: "QuotaExceed.Image"; empty: not ECS's error */
    imaged_string message;   /* ECS's message, else the status's, else the client's own */
    imaged_string parameter; /* at fault: "DiskDeviceMapping.2.Size"; may be empty */
    imaged_string hint;      /* what would be right, or how to go on; for people; may be empty */
    imaged_string request_id;
    /* With the option explain: the errors that the same request would have met next. */
    imaged_error_detail_list further;
} imaged_error;

/* "refused", "lost" and so on; never NULL. */
IMAGED_API const char *imaged_outcome_name(imaged_outcome outcome);
IMAGED_API const char *imaged_reason_name(imaged_reason reason);

/* One line for people: "QuotaExceed.Image: The Image Quota exceeds. [Parameter] (hint)".
 *
 * Writes at most `size` bytes, NUL included (`size` 0: nothing), and returns the length of the
 * whole, as snprintf does. */
IMAGED_API size_t imaged_describe_error(const imaged_error *error, char *buffer, size_t size);

/* ------------------------------------------------------------------------------------- client */

/* A client: one connection to the daemon, any number of calls under way at once. When the
 * connection is lost, or its stream ids have run out, it connects anew by itself, to the same
 * socket. A call whose answer was lost is sent once more if that does no harm (imaged_again); else
 * its outcome is unknown. */
typedef struct imaged_client imaged_client;

/* A call under way, or a watch: what the protocol calls a stream. */
typedef struct imaged_stream imaged_stream;

/* No limit, where a number of milliseconds is asked for. */
#define IMAGED_FOREVER INT64_MAX

/* What holds for all calls of a client. All zero: the defaults. */
typedef struct imaged_options {
    /* The daemon's socket. NULL: $IMAGED_SOCKET alone if it is not empty; else the first of
     * $XDG_RUNTIME_DIR/imaged/imaged.sock, /run/imaged/imaged.sock and imaged.sock in the daemon's
     * default data directory where one listens. */
    const char *socket;
    const char *account;   /* NULL: "default" */
    const char *ram_user;  /* only with a daemon's --fixture; NULL: the account's owner itself */
    int64_t timeout_milliseconds;  /* the default of calls; 0: 60,000; IMAGED_FOREVER: none */
    /* How much longer than the daemon's deadline the client waits for its word; 0: 2,000. */
    int64_t grace_milliseconds;
    size_t unsent_bytes_max;  /* how much may wait for a daemon that reads nothing; 0: 16 MiB */
    size_t events_bytes_max;  /* what one watch may keep for its reader; 0: 8 MiB of memory */
    const imaged_allocator *allocator;  /* copied; NULL: malloc and free */
} imaged_options;

/* What holds for one call. NULL or all zero: the client's defaults. */
typedef struct imaged_call_options {
    const char *account;   /* NULL: the client's */
    const char *ram_user;  /* NULL: the client's */
    bool explain;          /* whether an error lists further errors */
    /* After which the daemon refuses what it has not begun: status 4, nothing happened. 0: the
     * client's default; below 0: it is over already; IMAGED_FOREVER: none. */
    int64_t timeout_milliseconds;
    /* After which the client itself stops waiting: IMAGED_UNKNOWN, or IMAGED_NOT_SENT if not a byte
     * had left. 0: the timeout and the client's grace; IMAGED_FOREVER: none. */
    int64_t give_up_milliseconds;
    void *context;         /* for imaged_stream_context */
} imaged_call_options;

/* Connects. The client is the caller's: imaged_free.
 *
 * options  NULL: the defaults
 * arena    for the error's strings; NULL: they are shorter
 * client   NULL after a failure
 *
 * Fails with IMAGED_NOT_SENT: _NO_DAEMON, _ARGUMENT (a path of more than 107 bytes, the files'
 * versions differ), _MEMORY, _SYSTEM. */
#define imaged_connect(options, arena, client, error) \
    imaged_connect_version(IMAGED_VERSION_NUMBER, options, arena, client, error)
IMAGED_API imaged_outcome imaged_connect_version(
    int version, const imaged_options *options, imaged_arena *arena, imaged_client **client,
    imaged_error *error);

/* The path of the socket it is connected to; lives as long as the client. */
IMAGED_API const char *imaged_socket_path(const imaged_client *client);

/* Ends the connection. Calls under way, in other threads too, end with IMAGED_REASON_CLOSED, and so
 * does every later one. For other threads' sake; imaged_free alone is enough otherwise. */
IMAGED_API void imaged_close(imaged_client *client);

/* Closes and releases the client and all of its streams; NULL: nothing. No thread may be inside of
 * one of its functions. In a process forked off the client's owner it releases memory and
 * descriptors, and the owner's connection stays. */
IMAGED_API void imaged_free(imaged_client *client);

/* ---- blocking calls */

/* Makes one call and waits for its end. The typed functions below, imaged_create_image and so on,
 * are this one.
 *
 * request   the struct of the operation's request; NULL: an empty one
 * options   NULL: the client's defaults
 * arena     holds what the response and the error point to; not NULL
 * response  the struct of the operation's response; it says nothing unless IMAGED_OK is returned;
 *           NULL: not wanted
 *
 * Returns IMAGED_OK, _REFUSED, _NOT_SENT or _UNKNOWN. An unknown outcome may come with
 * error.status: the request was sent a second time, and that one was refused for a reason that says
 * nothing of the first: a deadline, a failure of the service, the first still under way. */
IMAGED_API imaged_outcome imaged_call(
    imaged_client *client, imaged_operation_id operation, const void *request,
    const imaged_call_options *options, imaged_arena *arena, void *response, imaged_error *error);

/* ---- many at once, without blocking */

/* Begins a call and returns at once. The frame leaves now as far as the kernel takes it; the rest,
 * and reading, is done by whoever next waits, polls or processes. The typed functions below,
 * imaged_create_image_send and so on, are this one. The stream is the caller's: imaged_wait or
 * imaged_free_stream.
 *
 * arena   for the error's strings; may be NULL
 * stream  NULL after a failure; a thread in imaged_poll may get it before this returns
 *
 * Returns IMAGED_OK or _NOT_SENT. */
IMAGED_API imaged_outcome imaged_send(
    imaged_client *client, imaged_operation_id operation, const void *request,
    const imaged_call_options *options, imaged_arena *arena, imaged_stream **stream,
    imaged_error *error);

/* Waits for the end of a call and releases the stream, whatever the outcome. For one that
 * imaged_poll has returned it does not wait; one that is waited for imaged_poll does not return any
 * more. Parameters and outcomes as for imaged_call; `operation` must be the one the stream was
 * begun with (else IMAGED_UNKNOWN with _ARGUMENT; the stream is released too). */
IMAGED_API imaged_outcome imaged_wait(
    imaged_stream *stream, imaged_operation_id operation, imaged_arena *arena, void *response,
    imaged_error *error);

/* The next stream of imaged_send or imaged_watch that has something to tell: a call that has ended,
 * a watch with events or an end. Each is returned once for that. It stays the caller's.
 *
 * Waits up to `milliseconds` (0: not at all; IMAGED_FOREVER). NULL: there is none, the client is
 * closed, or belongs to this process's parent. */
IMAGED_API imaged_stream *imaged_poll(imaged_client *client, int64_t milliseconds);

/* A descriptor for the caller's own poll, select or epoll: readable when imaged_process has
 * something to do, deadlines included. It stays the same over reconnects and is the client's: do
 * not read it, do not close it. */
IMAGED_API int imaged_fd(const imaged_client *client);

/* Sends, receives and looks at deadlines, as far as that needs no waiting. Then imaged_poll(client,
 * 0) until it returns NULL. IMAGED_OK, or IMAGED_NOT_SENT with nothing else to say: closed or
 * forked. */
IMAGED_API imaged_outcome imaged_process(imaged_client *client);

/* Asks the daemon to end a call or a watch. Its end still has to be waited for: most often
 * IMAGED_REFUSED with status 1 (CANCELLED), or the response, if it was done all the same.
 *
 * IMAGED_OK: asked, or there is nothing to end. IMAGED_NOT_SENT: no memory, or no stream id left to
 * ask with. */
IMAGED_API imaged_outcome imaged_cancel_stream(imaged_stream *stream);

/* Leaves a stream without its end; NULL: nothing. A watch ends at the daemon too. A call is carried
 * out or not, unless it has been cancelled before: its outcome is unknown. */
IMAGED_API void imaged_free_stream(imaged_stream *stream);

/* Whether imaged_wait would return at once, or imaged_next has something. */
IMAGED_API bool imaged_stream_is_ready(const imaged_stream *stream);
/* The option `context` it was begun with. */
IMAGED_API void *imaged_stream_context(const imaged_stream *stream);
IMAGED_API imaged_operation_id imaged_stream_operation(const imaged_stream *stream);
IMAGED_API imaged_client *imaged_stream_client(const imaged_stream *stream);

/* ---- events */

/* Begins to watch: the changes of the account's resources as they become durable. There is no
 * deadline unless the options name one. The stream is the caller's: imaged_free_stream. A watch is
 * never begun again by itself: go on from the last `sequence` with `after_sequence`.
 *
 * Who takes events too slowly loses them: IMAGED_UNKNOWN with _TOO_SLOW behind those that were
 * kept. Something must read: one thread in imaged_next or imaged_poll, or imaged_process again and
 * again. */
IMAGED_API imaged_outcome imaged_watch(
    imaged_client *client, const imaged_watch_request *request, const imaged_call_options *options,
    imaged_arena *arena, imaged_stream **stream, imaged_error *error);

/* The watch's next answer: one turn's events, perhaps none.
 *
 *     while (imaged_next(watch, IMAGED_FOREVER, &arena, &events, &error) == IMAGED_OK) {
 *         ...
 *         imaged_arena_clear(&arena);
 *     }
 *
 * Waits up to `milliseconds`. IMAGED_OK; IMAGED_NOT_YET: none came; anything else is its end, said
 * again by each later call: IMAGED_ENDED, IMAGED_REFUSED (status 1: cancelled; 11: events asked for
 * that are no longer kept, or too slow a reader), IMAGED_UNKNOWN (lost, too slow, closed: whether
 * there were more). */
IMAGED_API imaged_outcome imaged_next(
    imaged_stream *stream, int64_t milliseconds, imaged_arena *arena,
    imaged_events_response *events, imaged_error *error);

/* ---- for tests */

/* The next stream of this connection has this id, made odd, or the next one possible. For tests of
 * what happens when ids run out. */
IMAGED_API void imaged_set_next_stream_id(imaged_client *client, uint32_t stream_id);

/* ------------------------------------------------------------------------------- typed calls */

/* For each unary operation, here CreateImage:
 *
 *     imaged_outcome imaged_create_image(
 *         imaged_client *client, const imaged_create_image_request *request,
 *         const imaged_call_options *options, imaged_arena *arena,
 *         imaged_create_image_response *response, imaged_error *error);
 *     imaged_outcome imaged_create_image_send(
 *         imaged_client *client, const imaged_create_image_request *request,
 *         const imaged_call_options *options, imaged_arena *arena, imaged_stream **stream,
 *         imaged_error *error);
 *     imaged_outcome imaged_create_image_wait(
 *         imaged_stream *stream, imaged_arena *arena, imaged_create_image_response *response,
 *         imaged_error *error);
 *
 * They are imaged_call, imaged_send and imaged_wait. */
#define IMAGED_TYPED_UNARY(Name, name, answer) \
    static inline imaged_outcome imaged_##name( \
        imaged_client *client, const imaged_##name##_request *request, \
        const imaged_call_options *options, imaged_arena *arena, \
        imaged_##answer##_response *response, imaged_error *error) { \
        return imaged_call(client, IMAGED_OP_##Name, request, options, arena, response, error); \
    } \
    static inline imaged_outcome imaged_##name##_send( \
        imaged_client *client, const imaged_##name##_request *request, \
        const imaged_call_options *options, imaged_arena *arena, imaged_stream **stream, \
        imaged_error *error) { \
        return imaged_send(client, IMAGED_OP_##Name, request, options, arena, stream, error); \
    } \
    static inline imaged_outcome imaged_##name##_wait( \
        imaged_stream *stream, imaged_arena *arena, imaged_##answer##_response *response, \
        imaged_error *error) { \
        return imaged_wait(stream, IMAGED_OP_##Name, arena, response, error); \
    }
#define IMAGED_TYPED_STREAM(Name, name, answer)
#define IMAGED_X(service, Name, name, again) IMAGED_TYPED_UNARY(Name, name, name)
#define IMAGED_OTHER(service, Name, name, answer, again, kind) \
    IMAGED_TYPED_##kind(Name, name, answer)
IMAGED_OPERATIONS(IMAGED_X, IMAGED_OTHER)
#undef IMAGED_X
#undef IMAGED_OTHER
#undef IMAGED_TYPED_UNARY
#undef IMAGED_TYPED_STREAM

/* -------------------------------------------------------------------------- a daemon for tests */

/* A daemon that this process has started. */
typedef struct imaged_daemon imaged_daemon;

/* All zero: `imaged --ephemeral --fixture` on a socket of its own. */
typedef struct imaged_spawn_options {
    const char *binary;  /* NULL: $IMAGED if not empty, else imaged in PATH */
    const char *socket;  /* NULL: imaged.sock in a new directory below $TMPDIR, else /tmp */
    /* More arguments, the last followed by NULL. */
    const char *const *arguments;
    bool without_defaults;  /* leave out --ephemeral and --fixture */
    const char *log_path;   /* where its standard error goes, appended; NULL: /dev/null */
    int64_t ready_milliseconds;  /* how long it may take to be ready; 0: 30,000 */
    const imaged_allocator *allocator;  /* copied; NULL: malloc and free */
} imaged_spawn_options;

/* Starts a daemon and returns when it answers requests. It is killed when the thread that called
 * this ends, and so with the process (PR_SET_PDEATHSIG). The daemon is the caller's: imaged_stop.
 *
 * Fails with IMAGED_NOT_SENT: _ARGUMENT, _MEMORY, _SYSTEM (system_error: ENOENT for a binary that
 * is not there), _NO_DAEMON (it ended, or was not ready in time; it is gone then). */
IMAGED_API imaged_outcome imaged_spawn(
    const imaged_spawn_options *options, imaged_arena *arena, imaged_daemon **daemon,
    imaged_error *error);

/* The path of its socket; lives as long as the daemon. */
IMAGED_API const char *imaged_daemon_socket(const imaged_daemon *daemon);
IMAGED_API int imaged_daemon_pid(const imaged_daemon *daemon);

/* Ends it (SIGTERM, after 10 seconds SIGKILL), waits for it, removes what imaged_spawn made and
 * releases the rest; NULL: nothing. Returns its exit status, 128 and the signal's number if a
 * signal ended it, -1 if somebody else has waited for it. */
IMAGED_API int imaged_stop(imaged_daemon *daemon);

#ifdef __cplusplus
}
#endif

#endif
