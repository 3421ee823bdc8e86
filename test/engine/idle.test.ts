import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectEngine } from '../../controller/docker/connect.ts';
import { databaseFile } from '../../controller/store/location.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { fakeNvidiaSmi } from '../support/fake-nvidia-smi.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { until } from '../support/until.ts';

/** A real engine, samples of real containers, and a recording of cards of which five H100 do nothing. */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/idle:1';
const smi = mkdtempSync(join(tmpdir(), 'mlenv-smi-'));

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-idle' });
  docker = dockerHand(dockerd.host);
  await buildStandIn({ host: dockerd.host, refs: [image] });
  site = createSite({
    host: dockerd.host,
    env: { MLENV_NVIDIA_SMI: fakeNvidiaSmi(smi, 'eight') },
  });
  writeFileSync(
    site.configFile,
    `${readFileSync(site.configFile, 'utf8')}metrics: { interval: 1s }\n`,
  );
  await site.controller();
});
afterAll(async () => {
  await site.cleanup();
  await dockerd.cleanup();
  rmSync(smi, { recursive: true, force: true });
});

const spec = (environment: object): string =>
  JSON.stringify({
    apiVersion: 'mlenv/v1',
    defaults: { image, stopGrace: '1s', gpus: { count: 5, model: 'H100' } },
    environments: { book: environment },
  });

test('an idle environment is warned, used, kept, stopped, and its cards go to the next in the queue', async () => {
  const first = site.project('weekend', spec({ idle: { after: '12s', action: 'release' } }));
  await first.ok('up');
  const second = site.project('queued', spec({ idle: false }));
  await second.ok('up', '--no-wait');
  await second.reaches('book', ({ reason }) => reason === 'GpuPoolFull');

  const warned = await first.reaches('book', ({ reason }) => reason === 'IdleWarned');
  expect(warned.message).toMatch(
    /^nobody has used it since \d\d:\d\d; it is stopped at \d\d:\d\d, unless it is used or mlenv keep$/,
  );
  expect(await first.ok('status')).toMatch(/IdleWarned: nobody has used it since/);
  const note = join(first.folder, 'MLENV-IDLE.txt');
  await until('a note lies in the workspace', async () => existsSync(note));
  expect(readFileSync(note, 'utf8')).toMatch(/mlenv keep book --for 8h/);

  // Somebody comes by: what waits at an open pipe counts as use.
  const connected = await connectEngine({ host: dockerd.host });
  if (!connected.ok) throw new Error(connected.failure.message);
  const opened = await connected.value.writer.exec(warned.containerId ?? '', {
    argv: ['cat'],
    tty: false,
    stdin: true,
    env: {},
    columns: null,
    rows: null,
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  await first.reaches('book', ({ reason }) => reason === 'Running');
  await until('the note is gone', async () => !existsSync(note));
  const told = await first.ok('describe', 'book');
  expect(told).toMatch(/Idle .*False .*InUse.*a terminal into it is open/);
  opened.value.close();
  connected.value.close();

  await first.reaches('book', ({ reason }) => reason === 'IdleWarned');
  expect(await first.ok('keep', 'book', '--for', '1h')).toMatch(/^kept until \d\d:\d\d$/m);
  await first.reaches('book', ({ reason }) => reason === 'Running');
  expect((await first.mlenv('keep', 'book', '--for', '48h')).stderr).toMatch(/idle\.maxKeep/);
  await first.ok('keep', 'book', '--for', '1s');

  const stopped = await first.reaches('book', ({ reason }) => reason === 'HeldIdle');
  expect(stopped.message).toMatch(/^stopped, as nobody used it \(since \d\d:\d\d\); mlenv up/);
  const next = await second.reaches('book', ({ ready }) => ready);
  expect(
    (await docker.inspect(next.containerName)).HostConfig.DeviceRequests?.[0]?.DeviceIDs,
  ).toHaveLength(5);

  const record = new Database(databaseFile(site.stateDir), { readonly: true });
  const reasons = record
    .prepare(
      `SELECT DISTINCT reason FROM events WHERE project_id =
         (SELECT id FROM projects WHERE path = ?) AND reason IN ('IdleWarned', 'Kept', 'HeldIdle')
       ORDER BY reason`,
    )
    .pluck()
    .all(first.folder);
  expect(reasons).toEqual(['HeldIdle', 'IdleWarned', 'Kept']);
  expect(
    record.prepare("SELECT container_name FROM gpu_allocations WHERE kind = 'lease'").pluck().all(),
  ).toEqual(Array(5).fill(next.containerName));
  record.close();

  // Through the queue again.
  await first.ok('up', '--no-wait');
  await first.reaches('book', ({ reason }) => reason === 'GpuPoolFull');
  await second.ok('down');
  await first.reaches('book', ({ ready }) => ready);
  await first.ok('down');
});
