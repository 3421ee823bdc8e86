import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectKeys, keysOf } from '../../controller/docker/inspect-keys.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { dockerHand, type DockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import type { Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** What a hand may change with docker, and no file of MLEnv's says anything of. */

const image = 'mlenv.test/strays:1';
const spec = JSON.stringify({
  apiVersion: 'mlenv/v1',
  defaults: { image, stopGrace: '1s' },
  environments: {
    one: { memory: '64MB', gpus: 0, ports: [8080], health: { command: ['true'] } },
    job: { restart: 'never', command: ['sleep', '600'] },
  },
});

let docker: DockerHand;
let site: Site;
let project: Project;
let host: string;

beforeAll(async () => {
  ({ host } = sharedEngine());
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host });
  await site.controller();
  project = site.project('strays', spec);
  await project.ok('up');
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

interface Raw {
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: { readonly Networks: object };
  readonly State: { readonly StartedAt: string; readonly Pid: number };
}

const ask = (method: string, path: string, body?: object): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: host.replace('unix://', ''),
        method,
        path,
        headers: { 'Content-Type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (part: Buffer) => (text += part.toString()));
        answer.on('end', () => {
          if ((answer.statusCode ?? 500) < 400) resolve(text);
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

const idOf = async (environment: string): Promise<string> =>
  (await project.item(environment)).containerId ?? '';
const inspect = async (id: string): Promise<Raw> =>
  JSON.parse(await ask('GET', `/containers/${id}/json`)) as Raw;
const update = (id: string, body: object): Promise<string> =>
  ask('POST', `/containers/${id}/update`, body);

test('every key of a real inspect is in the table, and recorded', async () => {
  const version = JSON.parse(await ask('GET', '/version')) as { readonly Version: string };
  const keys = new Set<string>();
  for (const environment of ['one', 'job']) {
    for (const key of keysOf(await inspect(await idOf(environment)))) keys.add(key);
  }
  expect([...keys].filter((key) => inspectKeys[key] === undefined)).toEqual([]);
  const [major = '', minor = ''] = version.Version.split('.');
  const file = new URL(`../fixtures/inspect/docker-${major}.${minor}.json`, import.meta.url);
  const text = `${JSON.stringify([...keys].sort(), null, 2)}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test('what nobody touched is compared and found as it was asked for', async () => {
  for (const environment of ['one', 'job']) {
    const item = await project.item(environment);
    expect(item.conditions).toContainEqual(
      expect.objectContaining({ type: 'Synced', status: 'True' }),
    );
  }
});

test('a restart policy, a set of cores and a quota are put back in place', async () => {
  const id = await idOf('job');
  const before = await inspect(id);
  await update(id, { RestartPolicy: { Name: 'always' } });
  await until('the restart policy is back', async () => {
    const { HostConfig } = await inspect(id);
    return (HostConfig['RestartPolicy'] as { readonly Name: string }).Name === 'no';
  });
  await update(id, { CpusetCpus: '0' });
  await update(id, { CpuQuota: 20_000, CpuPeriod: 50_000 });
  const cores = spawnSync('nproc', ['--all'], { encoding: 'utf8' }).stdout.trim();
  await until('so are the cores', async () => {
    const { HostConfig } = await inspect(id);
    const all = cores === '1' ? '0' : `0-${Number(cores) - 1}`;
    return (
      [all, ''].includes(String(HostConfig['CpusetCpus'])) &&
      HostConfig['CpuQuota'] === -1 &&
      HostConfig['CpuPeriod'] === 100_000
    );
  });
  const after = await inspect(id);
  expect(after.State.StartedAt).toBe(before.State.StartedAt);
  expect(after.State.Pid).toBe(before.State.Pid);
});

test('a second network is left at once, and nothing restarts', async () => {
  const id = await idOf('one');
  const before = await inspect(id);
  await ask('POST', '/networks/bridge/connect', { Container: id });
  expect(Object.keys((await inspect(id)).NetworkSettings.Networks)).toContain('bridge');
  await until('it is in its own alone', async () => {
    const { NetworkSettings } = await inspect(id);
    return Object.keys(NetworkSettings.Networks).length === 1;
  });
  const after = await inspect(id);
  expect(Object.keys(after.NetworkSettings.Networks)).toEqual(
    Object.keys(before.NetworkSettings.Networks),
  );
  expect(after.State.Pid).toBe(before.State.Pid);
  const events = await project.ok('events');
  expect(events).toContain('Disconnected');
});

test('what no update puts back waits for the end of a protected training', async () => {
  const id = await idOf('job');
  await update(id, { MemoryReservation: 32 * 2 ** 20, Memory: 64 * 2 ** 20, MemorySwap: -1 });
  const item = await project.reaches('job', ({ reason }) => reason === 'UpdatePending');
  expect(item.containerId).toBe(id);
  expect(item.message).toContain('memoryReservation');
});
