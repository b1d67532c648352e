// Uses of what the declarations declare, right and wrong; only compiled.
import {
  AbortError, CallOptions, Client, CreateImageRequest, ECSError, Image, ImageFeaturesInput,
  NoDaemonError, NotSentError, OutcomeUnknownError, Status, StatusError, connect, operations,
} from 'imaged';
import { Daemon, imagedWorld, startDaemon } from 'imaged/testing';

async function calls(client: Client, options: CallOptions): Promise<string[]> {
  const request: CreateImageRequest = {
    regionId: 'cn-hangzhou', instanceId: 'i-1', imageName: undefined, dryRun: true,
    diskDeviceMapping: [{ size: 40, device: '/dev/xvda' }], tag: [{ key: 'stage', value: 'test' }],
  };
  const { imageId, requestId } = await client.createImage(request, { timeoutMs: 5_000 });
  const features: ImageFeaturesInput = { imdsSupport: 'v2' };
  await client.modifyImageAttribute({ imageId, features }, options);
  const { images, totalCount } = await client.describeImages({ pageSize: 10 });
  const names: string[] = images.map((image: Image) => image.imageName);
  const risk: string | undefined = images[0]?.detectionOptions?.items[0]?.riskCode;
  const { sequence } = await client.call('Health', {}, options);
  const later: bigint = sequence + 1n;
  await client.readSnapshot({ snapshotId: 's-1', offset: 0, length: 65_536n });
  const { data, holeBytes } = await client.call('ReadSnapshot', { snapshotId: 's-1' });
  const bytes: Uint8Array = data;
  await client.setAccount({ balance: later });
  return [...names, requestId, `${totalCount} ${risk} ${holeBytes} ${bytes.length}`];
}

async function watch(client: Client, signal: AbortSignal): Promise<void> {
  const changes = client.watch({ afterSequence: 0, resourceId: ['m-1'] }, { signal });
  for await (const event of changes) {
    const kind: string = event.kind;
    const image: Image | undefined = event.image;
    if (kind === 'ImageDeleted' || image?.status === 'Available') break;
  }
  const goesOn: bigint | undefined = changes.sequence;
  await client.watch(goesOn === undefined ? {} : { afterSequence: goesOn }).return();
}

function told(error: unknown): string {
  if (error instanceof ECSError) {
    const further: string[] = error.further.map((each) => each.code);
    return `${error.code} ${error.httpStatus} ${error.parameter} ${error.hint} ${further}`;
  }
  if (error instanceof StatusError) {
    return error.status === Status.DEADLINE_EXCEEDED ? 'late' : error.requestId;
  }
  if (error instanceof OutcomeUnknownError) return error.reason;
  if (error instanceof NoDaemonError) return error.tried.map(({ path }) => path).join();
  if (error instanceof NotSentError) return error.reason;
  if (error instanceof AbortError) return `${error.code} ${error.cause}`;
  throw error;
}

async function all(): Promise<void> {
  const client = await connect({ socket: '/run/imaged/imaged.sock', account: 'ci' });
  try {
    const { signal } = new AbortController();
    await calls(client, { giveUpMs: 100, explain: true, signal });
    await watch(client, signal);
  } catch (error) {
    console.log(told(error));
  } finally {
    await client.close();
    await client[Symbol.asyncDispose]();
  }
  for (const { name, method, again } of operations) console.log(name, method, again);
}

async function tests(t: { after(fn: () => Promise<void>): void }): Promise<void> {
  const daemon: Daemon = await startDaemon({ args: ['--workers', '1'] });
  const world = await imagedWorld(t, { daemon });
  const { instanceId, diskIds } = await world.registerInstance({ status: 'Running' });
  await world.client.holdJobs({ resourceId: diskIds });
  await (await world.connect({ timeoutMs: 100 })).describeInstances({ instanceIds: [instanceId] });
  await daemon.kill();
  await daemon.start();
  await world.close();
  await daemon.stop();
}

async function wrong(client: Client): Promise<void> {
  // @ts-expect-error: instanceId
  await client.createImage({ instance_id: 'i-1' });
  // @ts-expect-error: a string
  await client.createImage({ imageName: 7 });
  // @ts-expect-error: timeoutMs
  await client.createImage({}, { timeout: 5 });
  // @ts-expect-error: a bigint
  (await client.health()).sequence * 2;
  // @ts-expect-error: perhaps there is none
  (await client.describeImages()).images[0].imageId;
  // @ts-expect-error: watch()
  await client.call('Watch');
  // @ts-expect-error: connect()
  new Client();
  // @ts-expect-error: socket
  await connect({ path: '/run/imaged/imaged.sock' });
}

export { all, tests, wrong };
