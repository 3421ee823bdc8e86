import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectEngine } from '../../controller/docker/connect.ts';
import { injectionOf } from '../../controller/docker/injection.ts';
import { value } from '../contracts/engine-bench.ts';

const uuid = 'nvidia.com/gpu=GPU-11111111-2222-3333-4444-555555555555';
const devices = [
  { Source: 'cdi', ID: 'nvidia.com/gpu=0' },
  { Source: 'cdi', ID: uuid },
  { Source: 'other', ID: 'nvidia.com/gpu=GPU-x' },
];

test.each([
  ['1.51', ['nvidia.com/gpu=0', uuid], 'cdi'],
  ['1.47', [], 'runtime'],
])('an engine of API %s tells of the CDI devices %j', async (ApiVersion, seen, injection) => {
  const engine = await startEngine(ApiVersion);
  try {
    const connected = value(await connectEngine({ host: `unix://${engine.socket}` }));
    connected.close();
    const { info } = connected;
    expect(info.cdiDevices).toEqual(seen);
    expect(injectionOf('auto', info)).toBe(injection);
  } finally {
    await engine.close();
  }
});

/** As moby does: who asks in an API before 1.50 is not told of devices. */
async function startEngine(ApiVersion: string): Promise<{
  readonly socket: string;
  close(): Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-info-'));
  const socket = join(folder, 'engine.sock');
  const server = createServer(({ url = '' }, response) => {
    const [, minor = '0', path = url] = /^\/v1\.(\d+)(\/.*)$/.exec(url) ?? [];
    const info = {
      ID: 'STUB',
      Runtimes: { runc: {}, nvidia: {} },
      ...(Number(minor) >= 50 ? { DiscoveredDevices: devices } : {}),
    };
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(path.startsWith('/info') ? info : { ApiVersion }));
  });
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  return {
    socket,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      rmSync(folder, { recursive: true });
    },
  };
}
