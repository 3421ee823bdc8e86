import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import type { Api } from '../../controller/model/api.ts';
import { connectApi } from '../../controller/report/http-client.ts';
import { serveApi } from '../../controller/report/http-server.ts';
import type { Served } from '../../controller/report/http-server.ts';
import {
  createBucket,
  createRequestGate,
  hostBounds,
  userBounds,
} from '../../controller/report/request-gate.ts';
import { event, fakeApi, fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';

describe('a bucket', () => {
  it('lets a burst through, then so many a second, whatever the clock does', () => {
    const time = { ms: 0 };
    const take = createBucket(2, 3, () => time.ms);
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
    time.ms = 1000;
    expect([take(), take(), take()]).toEqual([true, true, false]);
    time.ms = 0;
    expect(take()).toBe(false);
    time.ms = 1e9;
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
  });
});

describe('the gate of one user', () => {
  const gate = (host = createRequestGate(hostBounds, { now: () => 0, whose: 'everybody' })) =>
    createRequestGate(
      { ...userBounds, inFlight: 2, streams: 1, perSecond: null },
      { now: () => 0, host, whose: 'uid 7' },
    );

  it('counts requests and streams apart, and frees a place once', () => {
    const one = gate();
    const ends = [one.enter('request'), one.enter('request'), one.enter('stream')];
    expect(() => one.enter('request')).toThrow(/uid 7 has 2 requests in work.*wait/);
    expect(() => one.enter('stream')).toThrow(/uid 7 has 1 streams open.*end a logs/);
    ends[0]?.();
    ends[0]?.();
    one.enter('request');
    expect(() => one.enter('request')).toThrow(ApiError);
  });

  it('stands in nobody’s way but that user’s, until all together are too many', () => {
    const host = createRequestGate(
      { ...hostBounds, inFlight: 3 },
      { now: () => 0, whose: 'everybody' },
    );
    const [mallory, alice] = [gate(host), gate(host)];
    mallory.enter('request');
    mallory.enter('request');
    expect(() => mallory.enter('request')).toThrow('uid 7');
    const end = alice.enter('request');
    expect(() => alice.enter('request')).toThrow('everybody');
    end();
    alice.enter('request');
  });
});

let folder: string;
let socketPath: string;
let served: Served | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlenv-gate-'));
  socketPath = join(folder, 'api.sock');
});

afterEach(async () => {
  await served?.close();
  served = null;
  await rm(folder, { recursive: true });
});

const serve = async (options: {
  readonly api?: Api;
  readonly bounds?: Partial<typeof userBounds>;
  readonly timeouts?: Parameters<typeof serveApi>[0]['timeouts'];
}): Promise<Served> => {
  const now = (): number => performance.now();
  served = await serveApi({
    api: options.api ?? fakeApi(fakeWorld()),
    socketPath,
    gate: createRequestGate({ ...userBounds, ...options.bounds }, { now, whose: 'uid 7' }),
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
  });
  return served;
};

const ask = async (path: string): Promise<IncomingMessage> => {
  const asked = get({ socketPath, path, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
};

const endless = (): Api => ({
  ...fakeApi(fakeWorld()),
  events: async function* (_query, signal) {
    yield event({ id: 1 });
    if (!signal.aborted) await once(signal, 'abort');
  },
});

const followed = '/v1/events?follow=true&limit=0';

describe('a server', () => {
  it('answers 429 with words to one stream too many, and takes one when another has ended', async () => {
    await serve({ api: endless(), bounds: { streams: 5 } });
    const open = await Promise.all(Array.from({ length: 5 }, () => ask(followed)));
    expect(open.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    const refused = await Promise.all(Array.from({ length: 200 }, () => ask(followed)));
    expect(new Set(refused.map(({ statusCode }) => statusCode))).toEqual(new Set([429]));
    expect(refused[0]?.headers['retry-after']).toBe('1');
    for (const response of refused) response.destroy();
    // What is short is answered all the same.
    expect((await ask('/v1/version')).statusCode).toBe(200);
    open[0]?.destroy();
    await vi.waitFor(async () => {
      const again = await ask(followed);
      if (again.statusCode !== 200) again.destroy();
      expect(again.statusCode).toBe(200);
    });
    for (const response of open) response.destroy();
  });

  it('tells the client in its words, and the command line ends with 4', async () => {
    await serve({ api: endless(), bounds: { streams: 0 } });
    const api = await connectApi(socketPath);
    if (api === null) throw new Error('nobody answers');
    const events = api.events({ ref: null, follow: true, limit: 1 }, new AbortController().signal);
    const refusal: unknown = await events[Symbol.asyncIterator]()
      .next()
      .catch((thrown) => thrown);
    expect(refusal).toMatchObject({ code: 'busy' });
    const ref = { path: '/x', project: null, environment: 'a' };
    const options = { argv: ['sh'], tty: false, stdin: false, env: {}, columns: null, rows: null };
    await expect(api.exec(ref, options)).rejects.toMatchObject({ code: 'busy' });
    const cli = fakeCli(fakeWorld(), { connectFault: refusal as Error });
    expect(await run(cli, 'events', '--follow')).toMatchObject({
      code: 4,
      err: expect.stringContaining('uid 7 has 0 streams open, which is the most'),
    });
  });

  it('answers 429 where too many requests are in work or come in a second', async () => {
    let go = (): void => {};
    const gone = new Promise<void>((resolve) => (go = resolve));
    const world = fakeWorld();
    const api: Api = { ...fakeApi(world), version: () => gone.then(() => world.version) };
    await serve({ api, bounds: { inFlight: 3 } });
    const waiting = Array.from({ length: 3 }, () => ask('/v1/version'));
    await vi.waitFor(async () => expect((await ask('/v1/queue')).statusCode).toBe(429));
    go();
    await Promise.all(waiting);
    await vi.waitFor(async () => expect((await ask('/v1/queue')).statusCode).toBe(200));
    await served?.close();
    await serve({ bounds: { perSecond: 1, burst: 10 } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('/v1/queue')));
    expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBeLessThan(15);
  });

  it('holds no more connections than it may, and none that says nothing', async () => {
    await serve({
      bounds: { connections: 20 },
      timeouts: { headersMs: 200, requestMs: 300, checkEveryMs: 50 },
    });
    const silent = Array.from({ length: 100 }, () => createConnection(socketPath));
    for (const socket of silent) {
      socket.on('error', () => undefined);
      socket.resume();
    }
    await vi.waitFor(() => expect(silent.filter((socket) => socket.closed).length).toBe(80));
    expect(served?.activity().connections).toBe(20);
    const slow = silent.filter((socket) => !socket.closed);
    for (const socket of slow) socket.write('GET /v1/version HTTP/1.1\r\nX: ');
    await vi.waitFor(() => expect(slow.every((socket) => socket.closed)).toBe(true));
    expect((await ask('/v1/version')).statusCode).toBe(200);
  });

  it('cuts off an exec whose body does not come', async () => {
    await serve({ timeouts: { requestMs: 200 } });
    const socket = createConnection(socketPath);
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(
      'POST /v1/exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: mlenv-exec/1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    );
    await once(socket, 'close');
  });

  it('cuts off a reader that takes nothing, and what it was sent is bounded', async () => {
    let made = 0;
    const flood: Api = {
      ...fakeApi(fakeWorld()),
      logs: async function* (_ref, _options, signal) {
        while (!signal.aborted) {
          made += 1;
          yield { stream: 'stdout', data: Buffer.alloc(64 * 1024) };
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    };
    await serve({ api: flood, timeouts: { stalledStreamMs: 200, checkEveryMs: 50 } });
    const response = await ask('/v1/logs?path=/x&environment=a&follow=true');
    response.pause();
    await vi.waitFor(() => expect(served?.activity().connections).toBe(0));
    expect(made).toBeLessThan(100);
    response.on('error', () => undefined);
    response.destroy();
  });
});
