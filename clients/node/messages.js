// Every message of protocol/imaged.proto. A test compares the two in both directions.
import daemon from './messages/daemon.js';
import envelopes from './messages/envelopes.js';
import fixture from './messages/fixture.js';
import images from './messages/images.js';
import jobs from './messages/jobs.js';
import machines from './messages/machines.js';
import resources from './messages/resources.js';
import snapshots from './messages/snapshots.js';
import tags from './messages/tags.js';
import { compile } from './schema.js';

/** All message types by name. */
export const messages = compile({
  ...envelopes, ...resources, ...images, ...snapshots, ...machines, ...tags, ...daemon,
  ...fixture, ...jobs,
});
