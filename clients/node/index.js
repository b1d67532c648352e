// What users import.
export { Client, connect } from './client.js';
export {
  AbortError, ECSError, ImagedError, NoDaemonError, NotSentError, OutcomeUnknownError, Status,
  StatusError,
} from './errors.js';
export { operations } from './operations.js';
