import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRunDir, userSocket } from '../../controller/report/socket-location.ts';
import { manifest, read, root } from './package.ts';

const dockerfile = read('Dockerfile').replaceAll('\\\n', '');
let runDir = '';
beforeEach(() => (runDir = mkdtempSync(join(tmpdir(), 'mlenv-health-'))));
afterEach(() => rmSync(runDir, { recursive: true }));

test.each([
  [200, 0],
  [503, 1],
])('the health check asks the socket of its own user: %i ends with %i', async (status, code) => {
  const location = userSocket(runDir, process.getuid?.() ?? 0);
  mkdirSync(location.folder, { recursive: true });
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(status).end();
  }).listen(location.socketPath);
  await once(server, 'listening');
  expect(await healthCheck()).toBe(code);
  expect(asked).toEqual(['/v1/healthz']);
  server.close();
});

test('no socket, no health', async () => {
  expect(await healthCheck()).toBe(1);
});

test('what it copies is there, and let through', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
    ([, words]) => words?.split(' ') ?? [],
  );
  const letThrough = read('.dockerignore').split('\n');
  expect(copied.length).toBeGreaterThan(5);
  for (const path of copied.map((each) => each.replace('/*.json', ''))) {
    expect(existsSync(join(root, path))).toBe(true);
    expect(letThrough).toContain(`!${path.split('/')[0]}`);
  }
});

test('the command in it is the one of the package', () => {
  expect(dockerfile).toContain(`ln -s /opt/mlenv/${manifest.bin['mlenv']} /usr/local/bin/mlenv`);
});

const healthCheck = async (): Promise<unknown> => {
  const words = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile)?.[1];
  const [command = '', ...argv] = JSON.parse(words ?? '[]') as readonly string[];
  const asked = argv.map((word) => word.replace(`${systemRunDir}/`, `${runDir}/`));
  expect(asked).not.toEqual(argv);
  const [code] = (await once(spawn(command, asked), 'exit')) as readonly unknown[];
  return code;
};
