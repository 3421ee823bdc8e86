import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import type { Api, EnvironmentRef } from '../../controller/model/api.ts';
import type { ExecSession, LogChunk } from '../../controller/model/ports.ts';
import { connectApi } from '../../controller/report/http-client.ts';
import { serveApi } from '../../controller/report/http-server.ts';
import type { Served } from '../../controller/report/http-server.ts';
import { event, fakeApi, fakeWorld } from '../support/api-fake.ts';
import type { FakeWorld } from '../support/api-fake.ts';
import { exportedImage } from '../support/image-builders.ts';

const ref: EnvironmentRef = { path: '/srv/vision', project: null, environment: 'notebook' };
const options = { tty: false, stdin: true, env: { A: 'b' }, columns: 80, rows: 24 };

let folder: string;
let socketPath: string;
let world: FakeWorld;
let served: Served;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlenv-http-'));
  socketPath = join(folder, 'api.sock');
  world = fakeWorld();
  served = await serveApi({ api: fakeApi(world), socketPath });
});

afterEach(async () => {
  await served.close();
  await rm(folder, { recursive: true });
});

const connected = async (): Promise<Api> => {
  const api = await connectApi(socketPath);
  if (api === null) throw new Error('nobody answers');
  return api;
};

/** The same promises for the Api itself and for the Api behind a socket. */
describe.each(['direct', 'http'])('the Api, %s', (way) => {
  let api: Api;
  beforeEach(async () => {
    api = way === 'direct' ? fakeApi(world) : await connected();
  });

  it('answers every question with the same value and arguments', async () => {
    expect(await api.version()).toEqual(world.version);
    expect(await api.status({ kind: 'all' })).toEqual(world.statuses[0]);
    await api.status({ kind: 'path', path: '/srv/ä b&c=d' });
    await api.status({ kind: 'project', project: 'vision' });
    expect(await api.describe(ref)).toEqual(world.description);
    expect(await api.plan('/srv/vision')).toEqual(world.plan);
    expect(await api.gpus()).toEqual(world.gpus);
    expect(await api.scrape()).toBe(world.scrape);
    expect(await api.queue()).toEqual(world.queue);
    expect(await api.quotas({ subject: null })).toEqual(world.quotas);
    await api.quotas({ subject: { kind: 'user', user: 'ada' } });
    await api.quotas({ subject: { kind: 'group', group: 'a b&c' } });
    await api.quotas({ subject: { kind: 'project', project: '/srv/vision' } });
    expect(await api.checkQuotas({ repair: true, by: 'ada' })).toEqual(world.quotaCheck);
    const query = { project: 'vision', user: 'ada', since: '2025-01-01T00:00:00.000Z', limit: 5 };
    expect(await api.audit(query)).toEqual(world.audit);
    await api.audit({ project: null, user: null, since: null, limit: 100 });
    const past = { scope: { kind: 'path', path: '/srv/vision' }, limit: 3 } as const;
    expect(await api.history(past)).toEqual(world.history);
    expect(await api.runs({ ref, limit: 3 })).toEqual(world.runs);
    expect(await api.top()).toEqual(world.top);
    const span = { ref, since: '2025-01-01T00:00:00.000Z', until: '2025-01-02T00:00:00.000Z' };
    const often = { ...span, everyMs: 60_000 };
    expect(await api.series(often)).toEqual(world.series);
    await api.series({ ...span, everyMs: null });
    const use = { since: '2025-01-01T00:00:00.000Z', by: 'user' } as const;
    expect(await api.report(use)).toEqual(world.report);
    expect(await api.notices({ limit: 7 })).toEqual(world.notices);
    const some = { text: 'a b&c', category: null, organization: 'nvidia' };
    expect(await api.images(some)).toEqual(world.images);
    const wanted = {
      text: null,
      image: 'nvidia/pytorch',
      category: null,
      cuda: '>=12.4',
      python: '3.10',
      architecture: 'amd64',
      cachedOnly: true,
      limit: 7,
    };
    expect(await api.imageVersions(wanted)).toEqual(world.versions);
    expect(await api.showImage('pytorch:24.05-py3')).toEqual(world.image);
    expect(await api.exportImages(20)).toEqual(world.exported[0]);
    const sync = { organization: 'nvidia', image: null, by: 'ada' };
    expect(await api.syncImages(sync)).toEqual(world.result);
    const brought = { images: [exportedImage()], by: 'ada' };
    expect(await api.importImages(brought)).toEqual(world.imported);
    const unused = { unusedForMs: 1, keep: 2, remove: null, by: 'ada' };
    expect(await api.pruneImages(unused)).toEqual(world.pruned);
    const test = { receiver: 'lab-chat', by: 'ada' };
    expect(await api.testNotice(test)).toEqual(world.testNotice);
    expect(world.asked).toEqual([
      { method: 'version', args: [] },
      { method: 'status', args: [{ kind: 'all' }] },
      { method: 'status', args: [{ kind: 'path', path: '/srv/ä b&c=d' }] },
      { method: 'status', args: [{ kind: 'project', project: 'vision' }] },
      { method: 'describe', args: [ref] },
      { method: 'plan', args: ['/srv/vision'] },
      { method: 'gpus', args: [] },
      { method: 'scrape', args: [] },
      { method: 'queue', args: [] },
      { method: 'quotas', args: [{ subject: null }] },
      { method: 'quotas', args: [{ subject: { kind: 'user', user: 'ada' } }] },
      { method: 'quotas', args: [{ subject: { kind: 'group', group: 'a b&c' } }] },
      { method: 'quotas', args: [{ subject: { kind: 'project', project: '/srv/vision' } }] },
      { method: 'checkQuotas', args: [{ repair: true, by: 'ada' }] },
      { method: 'audit', args: [query] },
      { method: 'audit', args: [{ project: null, user: null, since: null, limit: 100 }] },
      { method: 'history', args: [past] },
      { method: 'runs', args: [{ ref, limit: 3 }] },
      { method: 'top', args: [] },
      { method: 'series', args: [often] },
      { method: 'series', args: [{ ...span, everyMs: null }] },
      { method: 'report', args: [use] },
      { method: 'notices', args: [{ limit: 7 }] },
      { method: 'images', args: [some] },
      { method: 'imageVersions', args: [wanted] },
      { method: 'showImage', args: ['pytorch:24.05-py3'] },
      { method: 'exportImages', args: [20] },
      { method: 'syncImages', args: [sync] },
      { method: 'importImages', args: [brought] },
      { method: 'pruneImages', args: [unused] },
      { method: 'testNotice', args: [test] },
    ]);
  });

  it('carries every action over', async () => {
    const target = { path: '/srv/vision', environment: null, by: 'ada' };
    const up = { ...target, approve: ['notebook'] };
    const named = { ref: { path: null, project: 'vision', environment: 'db' }, by: 'ada' };
    const quota = {
      subject: { kind: 'project', project: 'vision' },
      limits: { cpus: 2.5, memoryBytes: 2 ** 36, gpus: 'inherit' },
      by: 'ada',
    } as const;
    expect(await api.up(up)).toEqual(world.result);
    await api.down({ ...target, environment: 'db' });
    await api.remove({ ...target, volumes: true });
    await api.restart(named);
    await api.approve(named);
    await api.suspend(named);
    await api.resume(named);
    await api.confirm({ user: null, by: 'ada' });
    await api.freeze({ why: 'smoke', by: 'ada' });
    await api.thaw({ by: 'ada' });
    await api.observe({ on: true, by: 'ada' });
    await api.approve({ ref: null, by: 'ada' });
    await api.cordon({ gpu: '3', why: 'fan', by: 'ada' });
    await api.cordon({ gpu: 'GPU-8a', why: '', by: 'ada' });
    await api.uncordon({ gpu: '3', by: 'ada' });
    await api.setQuota(quota);
    await api.reconcile(null);
    await api.reconcile(ref);
    expect(world.asked).toEqual([
      { method: 'up', args: [up] },
      { method: 'down', args: [{ ...target, environment: 'db' }] },
      { method: 'remove', args: [{ ...target, volumes: true }] },
      { method: 'restart', args: [named] },
      { method: 'approve', args: [named] },
      { method: 'suspend', args: [named] },
      { method: 'resume', args: [named] },
      { method: 'confirm', args: [{ user: null, by: 'ada' }] },
      { method: 'freeze', args: [{ why: 'smoke', by: 'ada' }] },
      { method: 'thaw', args: [{ by: 'ada' }] },
      { method: 'observe', args: [{ on: true, by: 'ada' }] },
      { method: 'approve', args: [{ ref: null, by: 'ada' }] },
      { method: 'cordon', args: [{ gpu: '3', why: 'fan', by: 'ada' }] },
      { method: 'cordon', args: [{ gpu: 'GPU-8a', why: '', by: 'ada' }] },
      { method: 'uncordon', args: [{ gpu: '3', by: 'ada' }] },
      { method: 'setQuota', args: [quota] },
      { method: 'reconcile', args: [null] },
      { method: 'reconcile', args: [ref] },
    ]);
  });

  it('throws the same errors', async () => {
    const diagnostic = {
      code: 'unknown-key',
      file: 'mlenv.yaml',
      line: 12,
      column: 7,
      message: 'no such key',
      hint: 'image',
      excerpt: 'imgae: x',
      length: 5,
    };
    world.faults.up = new ApiError('invalid-spec', 'the file has faults', [diagnostic]);
    await expect(
      api.up({ path: '/x', approve: [], environment: null, by: 'ada' }),
    ).rejects.toMatchObject({
      name: 'ApiError',
      code: 'invalid-spec',
      message: 'the file has faults',
      diagnostics: [diagnostic],
    });
    for (const code of ['usage', 'not-found', 'prerequisite', 'refused', 'engine'] as const) {
      world.faults.version = new ApiError(code, `it is ${code}`);
      await expect(api.version()).rejects.toMatchObject({ code, message: `it is ${code}` });
    }
    world.faults.exec = new ApiError('not-found', 'no such environment');
    await expect(api.exec(ref, { ...options, argv: ['sh'] })).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such environment',
    });
  });

  it('streams events to their end, or until aborted when following', async () => {
    world.events = [event({ id: 1 }), event({ id: 2 })];
    expect(await all(api.events({ ref, follow: false, limit: 1 }, never()))).toEqual([
      event({ id: 2 }),
    ]);
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const { id } of api.events({ ref: null, follow: true, limit: 9 }, stop.signal)) {
      seen.push(id);
      if (id === 2) stop.abort();
    }
    expect(seen).toEqual([1, 2]);
  });

  it('throws in the middle of a stream what the source throws', async () => {
    world.streamFault = new ApiError('engine', 'the engine went away');
    const seen: unknown[] = [];
    await expect(
      (async () => {
        for await (const each of api.events({ ref, follow: true, limit: 9 }, never()))
          seen.push(each);
      })(),
    ).rejects.toMatchObject({ code: 'engine', message: 'the engine went away' });
    expect(seen).toEqual([event()]);
  });

  it('streams logs byte for byte', async () => {
    const data = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    world.logs = [
      { stream: 'stdout', data },
      { stream: 'stderr', data: new Uint8Array([10]) },
    ];
    const chunks = await all(api.logs(ref, { follow: false, tail: 10 }, never()));
    expect(chunks.map(({ stream, data: bytes }) => [stream, ...bytes])).toEqual([
      ['stdout', ...data],
      ['stderr', 10],
    ]);
    for (const run of [12, 'previous'] as const)
      await all(api.logs(ref, { follow: false, tail: null, run }, never()));
    expect(world.asked).toEqual([
      { method: 'logs', args: [ref, { follow: false, tail: 10 }] },
      { method: 'logs', args: [ref, { follow: false, tail: null, run: 12 }] },
      { method: 'logs', args: [ref, { follow: false, tail: null, run: 'previous' }] },
    ]);
  });

  it('runs a command with input, resize, both streams and the exit code', async () => {
    const session = await api.exec(ref, { ...options, argv: ['cat'] });
    session.write(Buffer.from('hello '));
    await session.resize(100, 40);
    session.write(Buffer.from([0, 255]));
    session.endInput();
    expect(await outcome(session)).toEqual({
      stdout: Buffer.concat([Buffer.from('hello [100x40]'), Buffer.from([0, 255])]),
      stderr: Buffer.from('ERR'),
      exit: { ok: true, value: 0 },
    });
    expect(world.sessions[0]?.options).toEqual({ ...options, argv: ['cat'] });
  });

  it('passes exit codes and lost connections on', async () => {
    const exited = await api.exec(ref, { ...options, argv: ['exit', '7'] });
    expect((await outcome(exited)).exit).toEqual({ ok: true, value: 7 });
    const lost = await api.exec(ref, { ...options, argv: ['lost'] });
    expect((await outcome(lost)).exit).toMatchObject({
      ok: false,
      failure: { kind: 'unknown', message: 'the engine went away' },
    });
  });

  it('carries megabytes through an exec unharmed', async () => {
    const session = await api.exec(ref, { ...options, argv: ['cat'] });
    const sent = Buffer.alloc(3 * 1024 * 1024, 'mlenv-');
    session.write(sent);
    session.endInput();
    const { stdout } = await outcome(session);
    expect(stdout.equals(sent)).toBe(true);
  });

  it('ends the command when the session is closed', async () => {
    const session = await api.exec(ref, { ...options, argv: ['cat'] });
    session.close();
    await session.exitCode();
    await expect.poll(() => world.sessions[0]?.closed).toBe(true);
  });
});

describe('the socket', () => {
  it('is for its owner alone', async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });

  it('is null to a client when nobody listens', async () => {
    expect(await connectApi(join(folder, 'none.sock'))).toBeNull();
  });

  it('replaces what a killed instance left, and nothing else', async () => {
    const other = join(folder, 'file.sock');
    await writeFile(other, 'mine');
    await expect(serveApi({ api: fakeApi(world), socketPath: other })).rejects.toMatchObject({
      code: 'prerequisite',
    });
    await expect(serveApi({ api: fakeApi(world), socketPath })).rejects.toThrow(/answers at/);
    await expect(
      serveApi({ api: fakeApi(world), socketPath: join(folder, 'x'.repeat(120)) }),
    ).rejects.toThrow(/107 bytes/);
  });

  it('ends open streams and execs when the server closes', async () => {
    const api = await connected();
    const session = await api.exec(ref, { ...options, argv: ['cat'] });
    const events = api.events({ ref: null, follow: true, limit: 9 }, never());
    const stream = events[Symbol.asyncIterator]();
    await stream.next();
    await served.close();
    expect((await outcome(session)).exit.ok).toBe(false);
    const last = await stream.next().catch((error: unknown) => error);
    expect(last instanceof ApiError || (last as IteratorResult<unknown>).done).toBe(true);
    served = await serveApi({ api: fakeApi(world), socketPath });
  });

  it('lets a source clean up when its reader goes away', async () => {
    const cleaned: boolean[] = [];
    const api: Api = {
      ...fakeApi(world),
      events: async function* (_query, signal) {
        try {
          for (let id = 0; ; id += 1) yield event({ id });
        } finally {
          cleaned.push(signal.aborted);
        }
      },
    };
    const other = join(folder, 'endless.sock');
    const endless = await serveApi({ api, socketPath: other });
    const client = await connectApi(other);
    const events = client?.events({ ref: null, follow: true, limit: 9 }, never());
    await events?.[Symbol.asyncIterator]().next();
    await events?.[Symbol.asyncIterator]().return?.(undefined);
    await expect.poll(() => cleaned).toEqual([true]);
    await endless.close();
  });

  it('tells a client that waits on a silent instance', async () => {
    const silent = join(folder, 'silent.sock');
    const { createServer } = await import('node:net');
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      server.listen(silent, resolve);
    });
    await expect(connectApi(silent, { helloMs: 20 })).rejects.toMatchObject({
      code: 'prerequisite',
    });
    server.close();
  });
});

describe('requests that are not well formed', () => {
  it.each([
    { subject: { kind: 'user', user: 'a' }, limits: { cpu: 1 } },
    { subject: { kind: 'user', user: 'a' }, limits: { gpus: 1.5 } },
    { subject: { kind: 'user', user: 'a' }, limits: { gpus: -1 } },
    { subject: { kind: 'user', user: 'a' }, limits: { memoryBytes: '64GB' } },
    { subject: { kind: 'user', group: 'a' }, limits: { gpus: 1 } },
    { subject: { kind: 'user', user: 'a', group: 'a' }, limits: { gpus: 1 } },
    { subject: { kind: 'project', project: './vision' }, limits: { gpus: 1 } },
    { subject: {}, limits: { gpus: 1 } },
  ])('refuses the quota %j', async (quota) => {
    const body = JSON.stringify({ ...quota, by: 'a' });
    const type = 'application/json';
    const answer = await plain({ method: 'POST', path: '/v1/quotas/set', type, body });
    expect(answer.status).toBe(400);
    expect(world.asked).toEqual([]);
  });

  it.each([
    ['/v1/usage/report', 'since must be a text'],
    ['/v1/usage/report?since=soon', 'since must be a time such as'],
    ['/v1/usage/report?since=2025-01-01&by=card', 'by must be user, project or environment'],
    ['/v1/usage/series?project=a&environment=b&since=2025-01-01', 'until must be'],
    [
      '/v1/usage/series?project=a&environment=b&since=2025-01-01&until=2025-01-02&everyMs=5',
      'everyMs must be milliseconds, 1000 or more',
    ],
    ['/v1/usage/series?since=2025-01-01&until=2025-01-02', 'ref must be path or project'],
  ])('refuses %s', async (path, message) => {
    const answer = await plain({ method: 'GET', path, type: '', body: '' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(message);
  });

  it.each([
    ['a mutation that is not JSON', 'POST', '/v1/down', 'text/plain', '{}', 415],
    ['a broken body', 'POST', '/v1/down', 'application/json', '{', 400],
    ['a missing field', 'POST', '/v1/down', 'application/json', '{"path":"/x"}', 400],
    [
      'a relative path',
      'POST',
      '/v1/down',
      'application/json',
      '{"path":"x","environment":null,"by":"a"}',
      400,
    ],
    [
      'a reason that is no text',
      'POST',
      '/v1/gpus/cordon',
      'application/json',
      '{"gpu":"3","why":3,"by":"a"}',
      400,
    ],
    [
      'a card without a name',
      'POST',
      '/v1/gpus/uncordon',
      'application/json',
      '{"gpu":"","by":"a"}',
      400,
    ],
    ['a question after two quotas', 'GET', '/v1/quotas?user=a&group=b', '', '', 400],
    ['a body without end', 'POST', '/v1/up', 'application/json', 'x'.repeat(300_000), 413],
    ['an unknown route', 'GET', '/v1/nothing', '', '', 404],
    ['a missing name', 'GET', '/v1/describe?path=/x', '', '', 400],
    ['an exec without its upgrade', 'POST', '/v1/exec', 'application/json', '{}', 426],
  ])('refuses %s', async (_name, method, path, type, body, status) => {
    const answer = await plain({ method, path, type, body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { message: expect.any(String) } });
    expect(world.asked).toEqual([]);
  });

  it('refuses an exec with a bad body before the switch', async () => {
    const answer = await raw(
      'POST /v1/exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: mlenv-exec/1\r\n' +
        'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"usage"');
  });
});

const never = (): AbortSignal => new AbortController().signal;

const all = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const each of source) items.push(each);
  return items;
};

const outcome = async (
  session: ExecSession,
): Promise<{
  stdout: Buffer;
  stderr: Buffer;
  exit: Awaited<ReturnType<ExecSession['exitCode']>>;
}> => {
  const parts: Record<LogChunk['stream'], Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of session.output) parts[stream].push(data);
  return {
    stdout: Buffer.concat(parts.stdout),
    stderr: Buffer.concat(parts.stderr),
    exit: await session.exitCode(),
  };
};

const plain = (asked: {
  method: string;
  path: string;
  type: string;
  body: string;
}): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    const { method, path, type, body } = asked;
    const headers = type === '' ? {} : { 'content-type': type };
    const sent = request({ socketPath, method, path, headers, agent: false }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });

const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => (answer += piece));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.write(text);
  });
