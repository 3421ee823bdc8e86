import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CannedEngine {
  readonly socket: string;
  close(): Promise<void>;
}

/** Says yes to everything in the shape of a Docker Engine, and does nothing. */
export async function startCannedEngine(): Promise<CannedEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-canned-'));
  const socket = join(folder, 'engine.sock');
  const server = createServer((incoming, outgoing) => {
    const url = (incoming.url ?? '').replace(/^\/v1\.\d+/, '');
    // What a pull is of stands in the query.
    const path = url.startsWith('/images/create') ? url : url.replace(/\?.*/, '');
    const [, status, body] = answers.find(([pattern]) =>
      pattern.test(`${incoming.method ?? ''} ${path}`),
    ) ?? [null, 404, { message: `no such route: ${path}` }];
    incoming.resume();
    incoming.on('end', () => {
      outgoing.writeHead(status, { 'Content-Type': 'application/json' });
      outgoing.end(status === 204 ? undefined : `${JSON.stringify(body)}\n`);
    });
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

const container = {
  Id: 'c'.repeat(64),
  Name: '/canned',
  Image: `sha256:${'1'.repeat(64)}`,
  Created: '2024-01-01T00:00:00Z',
  State: { Status: 'paused' },
  Config: {},
  HostConfig: {},
};

const answers: readonly (readonly [RegExp, number, unknown])[] = [
  [/^GET \/version$/, 200, { ApiVersion: '1.41' }],
  [/^GET \/info$/, 200, { ID: 'CANNED', Name: 'canned', ServerVersion: '20.10.24' }],
  [/^GET \/containers\/json$/, 200, [{ Id: 'c', Names: ['/canned'], State: 'running' }]],
  [/^GET \/containers\/[^/]+\/changes$/, 200, [{ Path: '/x', Kind: 1 }]],
  [/^GET \/containers\/[^/]+\/logs$/, 200, 'a log that never was framed'],
  [/^GET \/containers\/[^/]+\/json$/, 200, container],
  [/^GET \/images\/.+\/json$/, 200, { Id: container.Image, Config: {} }],
  [/^GET \/networks$/, 200, [{ Name: 'n' }]],
  [/^GET \/volumes$/, 200, { Volumes: [{ Name: 'v' }] }],
  [/^GET \/events$/, 200, { Type: 'container', Action: 'start', Actor: { ID: 'c' }, time: 1 }],
  [/^POST \/containers\/create$/, 201, { Id: container.Id }],
  [/^POST \/containers\/[^/]+\/update$/, 200, { Warnings: [] }],
  [/^POST \/containers\/[^/]+\/exec$/, 201, { Id: 'e' }],
  [/^POST \/containers\/[^/]+\/(start|stop|unpause)$/, 204, null],
  [/^DELETE \/(containers|networks|volumes)\/[^/]+$/, 204, null],
  [/^POST \/volumes\/create$/, 201, { Name: 'v' }],
  [/^POST \/networks\/create$/, 201, { Id: 'n' }],
  [/^PUT \/containers\/[^/]+\/archive$/, 200, {}],
  [/^POST \/images\/create.*broken/, 200, { error: 'unauthorized:\nno' }],
  [/^POST \/images\/create.*detailed/, 200, { errorDetail: { message: 'unauthorized:\nno' } }],
  [/^POST \/images\/create/, 200, { status: 'Pull complete', id: 'a' }],
];
