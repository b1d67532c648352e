// What protocol/scenarios/README.md asks of every client: commands from standard input, a line
// each, carried out through the public interface; answers to standard output.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { connect, streamIdsFrom } from './client.js';
import { ImagedError, NotSentError, OutcomeUnknownError, Status } from './errors.js';
import { fromJson, toJson } from './json.js';
import { messages } from './messages.js';
import { operations, operationsByName } from './operations.js';

const EVENT = messages.get('Event');

const { values } = parseArgs({ options: { socket: { type: 'string' } } });
const client = await connect({ socket: values.socket });

/** Calls begun and not waited for, by name: their outcome, and what ends them. */
const begun = new Map();
/** Watches by name. */
const watches = new Map();

/** An error as an OUTCOME. */
function failure(error) {
  if (error instanceof OutcomeUnknownError) return { unknown: true };
  if (!(error instanceof ImagedError)) throw error;
  // Nothing was sent: gRPC's word for it.
  const status = error instanceof NotSentError ? Status.UNAVAILABLE : error.status;
  return { error: errorMembers(error, status) };
}

/** Of an error of the `further` ones the status is its first's. */
function errorMembers(error, status) {
  const { httpStatus, code, message, parameter, hint, requestId, further } = error;
  const members = {
    status, http_status: httpStatus, code: code === 'ABORT_ERR' ? undefined : code, message,
    parameter, hint, request_id: requestId,
    further: further?.length ? further.map((each) => errorMembers(each)) : undefined,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value));
}

/** Makes the call of a command. */
async function outcome({ call: name, request = {}, ...command }, signal) {
  const operation = operationsByName.get(name);
  const giveUpMs = command.give_up_ms;
  const options = {
    account: command.account,
    explain: command.explain,
    giveUpMs,
    signal,
    timeoutMs: command.timeout_ms ?? (giveUpMs === undefined ? undefined : Infinity),
  };
  try {
    const response = await client[operation.method](fromJson(operation.request, request), options);
    return { response: toJson(operation.response, response) };
  } catch (error) {
    return failure(error);
  }
}

async function next(name, count) {
  const events = [];
  try {
    while (events.length < count) {
      const { value, done } = await watches.get(name).next();
      if (done) break;
      events.push(toJson(EVENT, value));
    }
  } catch (error) {
    return failure(error);
  }
  return { events };
}

/** Carries out one command. */
async function answer(command) {
  if (command.begin !== undefined) {
    const controller = new AbortController();
    begun.set(command.begin, { controller, outcome: outcome(command, controller.signal) });
    return { begun: command.begin };
  }
  if (command.call !== undefined) return outcome(command);
  if (command.together !== undefined) {
    return { outcomes: await Promise.all(command.together.map((each) => outcome(each))) };
  }
  if (command.cancel !== undefined) {
    begun.get(command.cancel).controller.abort();
    return { asked: command.cancel };
  }
  if (command.end !== undefined) return begun.get(command.end).outcome;
  if (command.watch !== undefined) {
    const request = fromJson(messages.get('WatchRequest'), command.request ?? {});
    watches.set(command.watch, client.watch(request, { account: command.account }));
    return { begun: command.watch };
  }
  if (command.next !== undefined) return next(command.next, command.count ?? 1);
  if (command.leave !== undefined) {
    await watches.get(command.leave).return();
    return { left: command.leave };
  }
  if (command.stream_ids_from !== undefined) {
    streamIdsFrom(client, command.stream_ids_from);
    return {};
  }
  if (command.operations) {
    return {
      operations: operations.map(({ service, name, again, isStreaming }) => (
        { service, name, again, streaming: isStreaming }
      )),
    };
  }
  throw new Error(`an unknown command: ${JSON.stringify(command)}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue;
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
await client.close();
