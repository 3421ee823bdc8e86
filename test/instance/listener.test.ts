import { createHmac } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createListener, type Listener } from '../../controller/instance/listener.ts';
import type { ListenConfig } from '../../controller/model/config.ts';
import { defaultGitLimits, type SourceConfig } from '../../controller/model/git.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const secret = 'a secret of the lab';
const push = JSON.stringify({ ref: 'refs/heads/main' });

let folder: string;
let file: string;
let listen: ListenConfig | null;
let sources: SourceConfig[];
let metrics: { prometheus: boolean; tokenFile: string | null };
let looked: string[];
let troubles: string[];
let listener: Listener;
const clock = createSimulatedClock();

const source = (name: string, hookSecretFile: string | null): SourceConfig => ({
  name,
  url: 'https://git.lab/vision.git',
  ref: 'main',
  path: '',
  owner: null,
  pollMs: 60_000,
  credentials: { kind: 'none' },
  limits: defaultGitLimits,
  hookSecretFile,
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mlenv-listener-'));
  file = join(folder, 'vision.hook');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  listen = { host: '127.0.0.1', port: 0 };
  sources = [source('vision', file), source('plain', null)];
  metrics = { prometheus: false, tokenFile: null };
  [looked, troubles] = [[], []];
  listener = createListener({
    clock,
    listen: () => listen,
    sources: () => sources,
    look: (name) => looked.push(name),
    metrics: () => metrics,
    scrape: () => 'mlenv_engine_up 1\n',
    onTrouble: (message) => troubles.push(message),
  });
  await listener.apply();
});
afterEach(async () => {
  await listener.close();
  rmSync(folder, { recursive: true });
});

const send = async (
  path: string,
  { body = push, key = secret, event = 'push', method = 'POST' } = {},
): Promise<number> => {
  const answer = await fetch(`http://${listener.address()}${path}`, {
    method,
    ...(method === 'POST' ? { body } : {}),
    headers: {
      'x-github-event': event,
      'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    },
  });
  expect(await answer.text()).toBe('');
  return answer.status;
};

describe('the listener', () => {
  it('has a remote looked at when its forge tells of a push', async () => {
    expect(await send('/hooks/git/vision')).toBe(202);
    expect(looked).toEqual(['vision']);
    expect(await send('/hooks/git/vision', { event: 'ping' })).toBe(200);
    expect(await send('/hooks/git/vision', { event: 'issues' })).toBe(204);
    expect(looked).toEqual(['vision']);
  });

  it('answers a wrong secret, a source without one, and no source alike', async () => {
    expect(await send('/hooks/git/vision', { key: 'guessed' })).toBe(401);
    expect(await send('/hooks/git/plain')).toBe(401);
    expect(await send('/hooks/git/nobody')).toBe(401);
    expect(looked).toEqual([]);
  });

  it('serves nothing else', async () => {
    expect(await send('/v1/status', { method: 'GET' })).toBe(404);
    expect(await send('/hooks/git/../v1', { method: 'GET' })).toBe(404);
    expect(await send('/hooks/git/vision', { method: 'GET' })).toBe(405);
    expect(await send('/healthz', { method: 'GET' })).toBe(200);
  });

  it('makes one look of a burst, and one more for what came during it', async () => {
    for (let count = 0; count < 5; count += 1) await send('/hooks/git/vision');
    expect(looked).toEqual(['vision']);
    await clock.advance(10_000);
    expect(looked).toEqual(['vision', 'vision']);
    await send('/hooks/git/vision');
    expect(looked).toEqual(['vision', 'vision', 'vision']);
  });

  it('takes a new secret at once, and says which file it cannot take', async () => {
    writeFileSync(file, 'another');
    expect(await send('/hooks/git/vision')).toBe(401);
    expect(await send('/hooks/git/vision', { key: 'another' })).toBe(202);
    chmodSync(file, 0o644);
    expect(await send('/hooks/git/vision', { key: 'another' })).toBe(401);
    expect(listener.faults()).toEqual([expect.stringContaining(`chmod 600 ${file}`)]);
    expect(troubles).toHaveLength(1);
    chmodSync(file, 0o600);
    await listener.apply();
    expect(listener.faults()).toEqual([]);
  });

  it('refuses what is too long, whether it says so or not', async () => {
    const { port } = new URL(`http://${listener.address()}`);
    const answers = async (headers: Record<string, string | number>): Promise<unknown> => {
      const asked = httpRequest({ port, path: '/hooks/git/vision', method: 'POST', headers });
      const answered = new Promise<unknown>((resolve) => {
        asked.on('response', ({ statusCode }) => resolve(statusCode));
        asked.on('error', () => resolve('cut off'));
      });
      asked.on('error', () => {});
      const part = Buffer.alloc(2 ** 20);
      for (let count = 0; count < 30 && !asked.destroyed; count += 1) asked.write(part);
      asked.end();
      return answered;
    };
    expect([413, 'cut off']).toContain(await answers({ 'content-length': 30 * 2 ** 20 }));
    expect([400, 'cut off']).toContain(await answers({ 'transfer-encoding': 'chunked' }));
    expect(looked).toEqual([]);
  });

  it('serves metrics where it is told to, and with a token only to who bears it', async () => {
    const scrape = (token?: string) =>
      fetch(`http://${listener.address()}/metrics`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
    expect((await scrape()).status).toBe(404);
    metrics = { prometheus: true, tokenFile: null };
    const open = await scrape();
    expect(open.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await open.text()).toBe('mlenv_engine_up 1\n');
    expect(await send('/metrics')).toBe(405);
    metrics = { prometheus: true, tokenFile: file };
    for (const guessed of [undefined, '', 'guessed', `${secret}x`]) {
      const refused = await scrape(guessed);
      expect([refused.status, await refused.text()]).toEqual([401, '']);
    }
    expect((await scrape(secret)).status).toBe(200);
    // A token that cannot be read lets nobody in.
    chmodSync(file, 0o644);
    expect((await scrape(secret)).status).toBe(401);
    await listener.apply();
    expect(listener.faults()).toContainEqual(expect.stringMatching(/^GET \/metrics is refused: /));
    metrics = { prometheus: true, tokenFile: null };
    [listen, sources] = [null, []];
    await listener.apply();
    expect(listener.faults()).toEqual(['listen: is not set, so that Prometheus cannot scrape']);
  });

  it('is not kept by what is no HTTP', async () => {
    const { port } = new URL(`http://${listener.address()}`);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('SSH-2.0-x\r\n\r\n');
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'close');
    expect(await send('/hooks/git/vision')).toBe(202);
  });

  it('follows the configuration, and says what it cannot have', async () => {
    const other: Server = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    listen = { host: '127.0.0.1', port: (other.address() as AddressInfo).port };
    await listener.apply();
    expect(listener.address()).toBeNull();
    expect(listener.faults()[0]).toContain('cannot be had (EADDRINUSE)');
    other.close();
    await once(other, 'close');
    await listener.apply();
    expect(listener.faults()).toEqual([]);
    expect(await send('/hooks/git/vision')).toBe(202);
    listen = null;
    await listener.apply();
    expect(listener.address()).toBeNull();
    expect(listener.faults()).toEqual([expect.stringContaining('listen: is not set')]);
    sources = [];
    await listener.apply();
    expect(listener.faults()).toEqual([]);
  });
});
