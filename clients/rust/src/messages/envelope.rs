//! What is around a payload: the data of frames, and the detail of an error.

crate::messages! {
    /// The data of a request frame (type 1), as ttrpc's request.proto has it.
    Request {
        service: String = 1,
        method: String = 2,
        payload: Vec<u8> = 3,
        timeout_nano: i64 = 4,
        metadata: Vec<KeyValue> = 5,
    }

    /// The data of a response frame (type 2), as ttrpc's request.proto has it.
    Response {
        status: Option<Status> = 1,
        payload: Vec<u8> = 2,
    }

    /// One entry of a request's metadata.
    KeyValue {
        key: String = 1,
        value: String = 2,
    }

    /// How a call ended: google.rpc.Status.
    Status {
        code: i32 = 1,
        message: String = 2,
        details: Vec<Any> = 3,
    }

    /// A message and the name of its type: google.protobuf.Any.
    Any {
        type_url: String = 1,
        value: Vec<u8> = 2,
    }

    /// What went wrong, in ECS's terms: the detail of a Status, under the type_url
    /// "type.googleapis.com/imaged.v1.Error".
    Error {
        http_status: i32 = 1,
        code: String = 2,
        message: String = 3,
        request_id: String = 4,
        /// The parameter at fault as ECS spells it (DiskDeviceMapping.2.Size); empty if none
        /// is.
        parameter: String = 5,
        /// What would be right, or how to go on. For people; it may change.
        hint: String = 6,
    }
}
