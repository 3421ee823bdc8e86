import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectEngine, type Engine } from '../../controller/docker/connect.ts';
import type { Result } from '../../controller/model/failure.ts';
import { plainConfig, value } from '../contracts/engine-bench.ts';
import { type CannedEngine, startCannedEngine } from '../support/canned-engine.ts';
import { type Fault, faults, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';

const ms = 60;
const deadlines = {
  readMs: ms,
  createMs: ms,
  startMs: ms,
  stopMs: ms,
  removeMs: ms,
  pullIdleMs: ms,
};
const never = new AbortController().signal;

let target: CannedEngine;
let proxy: FaultProxy;
let patient: Engine;
let hastyReads: Engine;
let hastyWrites: Engine;
/** The one that the calls below use. */
let engine: Engine;

beforeAll(async () => {
  target = await startCannedEngine();
  proxy = await startFaultProxy(target.socket);
});
beforeAll(async () => {
  patient = value(await connectEngine({ host: proxy.host }));
  // Short of time only in what the fault is put on.
  hastyReads = value(await connectEngine({ host: proxy.host, deadlines: { readMs: ms } }));
  const { readMs: _, ...ofWrites } = deadlines;
  hastyWrites = value(await connectEngine({ host: proxy.host, deadlines: ofWrites }));
});
beforeEach(() => {
  proxy.setFault(() => 'none');
  engine = patient;
});
afterAll(async () => {
  patient.close();
  hastyReads.close();
  hastyWrites.close();
  await proxy.close();
  await target.close();
});

const wish = { ...plainConfig, name: 'canned', image: 'img', env: { TOKEN: 'a-secret' } };
const seed = { owner: { uid: 1, gid: 1 }, account: null, volumes: [] };
const network = { name: 'net', subnet: '10.0.0.0/28', labels: {} };

/** Each with the request that the fault is put on. */
const reads: readonly [string, RegExp, () => Promise<Result<unknown>>][] = [
  ['info', /^GET \/info/, () => engine.reader.info()],
  ['list', /^GET \/containers\/json/, () => engine.reader.list({})],
  ['inspect', /^GET \/containers\/c\/json/, () => engine.reader.inspect('c')],
  ['image', /^GET \/images/, () => engine.reader.image('img')],
  ['networks', /^GET \/networks/, () => engine.reader.networks({})],
  ['volumes', /^GET \/volumes/, () => engine.reader.volumes({})],
  ['gpuClaims', /^GET \/containers\/json/, () => engine.reader.gpuClaims()],
  ['writableLayer', /changes/, () => engine.reader.writableLayer('c')],
];
const writes: readonly [string, RegExp, () => Promise<Result<unknown>>][] = [
  ['create', /^POST \/containers\/create/, () => engine.writer.create(wish, [])],
  ['start', /start/, () => engine.writer.start('c')],
  ['stop', /stop/, () => engine.writer.stop('c', 0)],
  ['unpause', /unpause/, () => engine.writer.unpause('c')],
  ['remove', /^DELETE/, () => engine.writer.remove('c', { volumes: true })],
  ['update', /update/, () => engine.writer.update('c', { cpus: 1 })],
  ['seed', /archive/, () => engine.writer.seed('c', seed, ['/data'])],
  ['removeVolume', /^DELETE/, () => engine.writer.removeVolume('v')],
  ['removeNetwork', /^DELETE/, () => engine.writer.removeNetwork('n')],
  ['createVolume', /volumes\/create/, () => engine.writer.createVolume({ name: 'v', labels: {} })],
  ['createNetwork', /networks\/create/, () => engine.writer.createNetwork(network)],
];

const spoil = (pattern: RegExp, fault: Fault, hasty: Engine): void => {
  proxy.setFault((method, path) => (pattern.test(`${method} ${path}`) ? fault : 'none'));
  engine = neverSettling.has(fault) ? hasty : patient;
};

const neverSettling: ReadonlySet<Fault> = new Set([
  'stall',
  'stall-mid-body',
  'reset-mid-body',
  'reset-after-headers',
]);

describe.each(reads)('%s', (_, pattern, call) => {
  test('answers when all is well', async () => {
    expect(await call()).toMatchObject({ ok: true });
  });

  test.each(faults)('ends, and may be repeated, after %s', async (fault) => {
    spoil(pattern, fault, hastyReads);
    expect(await call()).toMatchObject({ ok: false, failure: { kind: 'retry' } });
  });
});

describe.each(writes)('%s', (name, pattern, call) => {
  test('is done when all is well', async () => {
    expect(await call()).toMatchObject({ ok: true });
  });

  test.each(faults)('ends in time after %s', async (fault) => {
    spoil(pattern, fault, hastyWrites);
    const result = await call();
    if (fault === 'error-500') {
      expect(result).toMatchObject({
        ok: false,
        failure: { kind: 'retry', status: 500, message: 'the disk is full' },
      });
    } else if (fault === 'reset-before-headers' || fault === 'stall') {
      expect(result).toMatchObject({ ok: false, failure: { kind: 'unknown' } });
    } else if (!result.ok) {
      expect(result.failure.kind).toBe('unknown');
    } else {
      // The status had come in order, and for all but a create it is all that there is to know.
      expect(name).not.toBe('create');
    }
  });
});

describe.each(faults)('after %s', (fault) => {
  test('a pull ends', async () => {
    spoil(/^POST \/images\/create/, fault, hastyWrites);
    const result = await engine.writer.pull('img', () => {}, never);
    expect(result.ok || result.failure.kind === 'retry' || result.failure.kind === 'unknown').toBe(
      true,
    );
    if (fault !== 'html' && fault !== 'truncated') expect(result.ok).toBe(false);
  });

  test('exec ends', async () => {
    spoil(/^POST \/(exec|containers\/c\/exec)/, fault, hastyWrites);
    const options = { argv: ['x'], tty: false, stdin: false, env: {}, columns: null, rows: null };
    expect((await engine.writer.exec('c', options)).ok).toBe(false);
  });

  test('events and logs end, or wait for the signal and then end', async () => {
    spoil(/^GET \/(events|containers\/c\/logs)/, fault, hastyReads);
    const abort = new AbortController();
    const both = Promise.all([
      drained(engine.reader.events(abort.signal)),
      drained(engine.reader.logs('c', { follow: true, tail: null }, abort.signal)),
    ]);
    if (fault === 'stall-mid-body') setTimeout(() => abort.abort(), ms);
    await both;
  });

  test('connecting ends', async () => {
    spoil(/^GET \/(version|info)/, fault, patient);
    expect((await connectEngine({ host: proxy.host, deadlines })).ok).toBe(false);
  });
});

test('a read is repeated once on a connection that proved dead', async () => {
  let left = 1;
  proxy.setFault((_, path) => {
    if (!path.startsWith('/networks') || left === 0) return 'none';
    left -= 1;
    return 'reset-before-headers';
  });
  expect((await engine.reader.networks({})).ok).toBe(true);
});

test('a write is sent once, whatever becomes of its answer', async () => {
  spoil(/start/, 'reset-before-headers', patient);
  const before = proxy.seen.length;
  await engine.writer.start('c');
  expect(proxy.seen.slice(before)).toEqual(['POST /containers/c/start']);
});

test.each(['broken', 'detailed'])(
  'a pull that fails in a line of a good answer is a failure: %s',
  async (image) => {
    expect(await engine.writer.pull(`${image}:1`, () => {}, never)).toEqual({
      ok: false,
      failure: { kind: 'retry', message: 'unauthorized: no', status: null },
    });
    expect(proxy.seen.at(-1)).toContain(`fromImage=${image}&tag=1`);
  },
);

test('no value of the environment stands in a URL', async () => {
  await engine.writer.create(wish, []);
  expect(proxy.seen.join('\n')).toContain('/containers/create?name=canned');
  expect(proxy.seen.join('\n')).not.toContain('a-secret');
});

async function drained(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count += 1;
  return count;
}
