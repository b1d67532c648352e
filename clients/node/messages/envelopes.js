// What stands around a payload, and errors.
import { bytes, int32, int64, message, repeated, string } from '../schema.js';

export default {
  Request: {
    service: string(1),
    method: string(2),
    payload: bytes(3),
    timeoutNano: int64(4),
    metadata: repeated(message(5, 'KeyValue')),
  },
  Response: {
    status: message(1, 'Status'),
    payload: bytes(2),
  },
  KeyValue: {
    key: string(1),
    value: string(2),
  },
  Status: {
    code: int32(1),
    message: string(2),
    details: repeated(message(3, 'Any')),
  },
  Any: {
    typeUrl: string(1),
    value: bytes(2),
  },
  Error: {
    httpStatus: int32(1),
    code: string(2),
    message: string(3),
    requestId: string(4),
    parameter: string(5),
    hint: string(6),
  },
};
