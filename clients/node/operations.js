// The operations (protocol/README.md § Operations), in its order. A test compares the two.
import { messages } from './messages.js';

/**
 * @typedef {object} Operation
 * @property {string} name - As the wire and ECS spell it, `CreateImage`.
 * @property {string} method - The client's method, `createImage`.
 * @property {string} service - `imaged.v1.ECS`.
 * @property {''|'reads'|'token'} again - When the request may be sent again by itself after an
 *   unknown outcome: always, with a client token, never.
 * @property {boolean} isStreaming
 * @property {import('./schema.js').MessageType} request
 * @property {import('./schema.js').MessageType} response
 */

const TABLE = {
  ECS: `
    CreateImage token
    DescribeImages reads
    DescribeImageFromFamily reads
    DeleteImage
    ModifyImageAttribute
    CopyImage token
    CancelCopyImage
    ModifyImageSharePermission
    DescribeImageSharePermission reads
    ExportImage
    CreateSnapshot token
    DescribeSnapshots reads
    DeleteSnapshot
    ModifySnapshotAttribute
    RunInstances token
    DescribeInstances reads
    DescribeInstanceStatus reads
    StartInstance
    StartInstances
    StopInstance
    StopInstances
    DeleteInstance token
    DeleteInstances token
    ReplaceSystemDisk token
    CreateDisk token
    DescribeDisks reads
    AttachDisk
    DetachDisk
    DeleteDisk
    TagResources
    UntagResources
    ListTagResources reads
    AddTags
    JoinResourceGroup
    DescribeRegions reads
  `,
  Daemon: `
    RegisterInstance token
    WaitForImage reads
    Watch streaming EventsResponse
    ReadEvents reads EventsResponse
    Cancel
    Version reads
    Health reads
    ExportSnapshot
    ReadSnapshot reads
    VerifySnapshot reads
    DescribeUsage reads
    Metrics reads
  `,
  Fixture: `
    CreateAccount
    DropAccount
    DescribeAccount reads
    SetAccount
    SetLimits
    SetClock ClockResponse
    AdvanceClock ClockResponse
    SetInstance
    SetDisk
    SetSnapshot
    SetImage
    SetKMSKey
    CreateResourceGroup
    SetRamUser
    DescribeJobs reads JobsResponse
    HoldJobs JobsResponse
    ReleaseJobs JobsResponse
    StepJobs JobsResponse
    FinishJobs JobsResponse
    FailJobs JobsResponse
    AddFaultRule
    RemoveFaultRule
    DescribeFaultRules reads
    ReleaseRequests
  `,
};

/** A line of the table: the name, what a client may do, and an answer with a name of its own. */
function operation(service, [name, ...words]) {
  const response = words.find((word) => word.endsWith('Response')) ?? `${name}Response`;
  return Object.freeze({
    name,
    method: name[0].toLowerCase() + name.slice(1),
    service: `imaged.v1.${service}`,
    again: words.find((word) => word === 'reads' || word === 'token') ?? '',
    isStreaming: words.includes('streaming'),
    request: messages.get(`${name}Request`),
    response: messages.get(response),
  });
}

/** All operations, in the order of protocol/README.md. @type {readonly Operation[]} */
export const operations = Object.freeze(Object.entries(TABLE).flatMap(([service, lines]) => (
  lines.trim().split('\n').map((line) => operation(service, line.trim().split(' ')))
)));

/** All operations by name. */
export const operationsByName = new Map(operations.map((entry) => [entry.name, entry]));
