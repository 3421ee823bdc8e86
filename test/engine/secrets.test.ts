import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type ControllerProcess, type Site } from '../support/mlenv.ts';
import { giveTo, type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** A secret in a real container: where it is, for whom, and where it must never be. */

let docker: DockerHand;
let site: Site;
let controller: ControllerProcess;
const image = 'mlenv.test/secrets:1';
const home = mkdtempSync(join(tmpdir(), 'mlenv-home-'));
const folder = join(home, '.config', 'mlenv', 'secrets');
const canary = 'canary-of-a-secret-5f1c';

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The projects are of whoever runs the tests, whose home this is.
  site = createSite({ host, env: { HOME: home } });
  controller = await site.controller();
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
  rmSync(home, { recursive: true, force: true });
});

const keep = (name: string, value: string, mode = 0o600): void =>
  writeFileSync(join(folder, name), value, { mode });

const spec = (wish: object): string =>
  JSON.stringify({
    apiVersion: 'mlenv/v1',
    environments: { one: { image, stopGrace: '1s', ...wish } },
  });

const inside = (project: Project, script: string): Promise<string> =>
  project.ok('exec', 'one', '--', 'sh', '-c', script);

const filesBelow = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));

test('a secret is a file in memory for its container alone, and outlives the controller', async () => {
  keep('TOKEN', canary);
  const project = site.project('secret', spec({ secrets: ['TOKEN'] }));
  await project.ok('up');
  expect(await inside(project, 'cat /run/secrets/TOKEN')).toBe(canary);
  expect(await inside(project, 'stat -c "%a %u" /run/secrets/TOKEN')).toBe('400 0\n');
  expect(await inside(project, 'grep " /run/secrets " /proc/mounts | cut -d " " -f 3,4')).toMatch(
    /^tmpfs ro[ ,]/,
  );
  expect((await project.mlenv('exec', 'one', '--', 'touch', '/run/secrets/x')).code).not.toBe(0);

  const before = await project.item('one');
  await controller.kill9();
  keep('TOKEN', `${canary}-renewed`);
  controller = await site.controller();
  const after = await project.reaches('one', ({ ready }) => ready);
  expect(after.containerId).toBe(before.containerId);
  expect(await inside(project, 'cat /run/secrets/TOKEN')).toBe(canary);
  // It only asks: the controller stops and starts it then.
  await project.ok('restart', 'one');
  await until('it has what was renewed', async () => {
    const { stdout } = await project.mlenv('exec', 'one', '--', 'cat', '/run/secrets/TOKEN');
    return stdout === `${canary}-renewed`;
  });

  const described = await project.ok('describe', 'one');
  expect(described).toContain('TOKEN (file)');
  const shown = [
    described,
    await project.ok('validate', '-o', 'json'),
    await project.ok('plan', '-o', 'json'),
    await project.ok('status', '-o', 'json'),
    await project.ok('describe', 'one', '-o', 'json'),
    await project.ok('events', '-o', 'json'),
    JSON.stringify(await docker.inspect(after.containerName)),
    site.log(),
    ...filesBelow(site.stateDir),
  ];
  expect(site.log()).not.toBe('');
  for (const text of shown) expect(text).not.toContain(canary);
});

test('the file is for the user of the container, whoever that is', async () => {
  keep('TOKEN', canary);
  const wish = { secrets: ['TOKEN'], user: '4:5' };
  const project = site.project('numbers', spec(wish));
  await project.ok('up');
  expect(await inside(project, 'stat -c "%a %u" /run/secrets/TOKEN; cat /run/secrets/TOKEN')).toBe(
    `400 4\n${canary}`,
  );
  project.save(spec({ ...wish, user: 'image' }));
  const before = await project.item('one');
  await project.reaches('one', (item) => item.ready && item.containerId !== before.containerId);
  expect(await inside(project, 'stat -c %a /run/secrets/TOKEN; cat /run/secrets/TOKEN')).toBe(
    `444\n${canary}`,
  );
});

test('it waits for a secret, says what to do, and starts once it is there', async () => {
  const project = site.project('waits', spec({ secrets: ['LATER'] }));
  const waiting = await project.reaches('one', ({ reason }) => reason === 'SecretMissing');
  expect(waiting.message).toContain(
    `LATER: there is no ${folder}/LATER; its owner makes it with: install -D -m 600 /dev/stdin`,
  );
  keep('LATER', canary, 0o644);
  await project.reaches('one', ({ message }) => message.includes('chmod 600'));
  rmSync(join(folder, 'LATER'));
  keep('LATER', canary);
  await project.reaches('one', ({ ready }) => ready);
  expect(await inside(project, 'cat /run/secrets/LATER')).toBe(canary);
  await project.ok('rm');
});

test('a secret of somebody else is not to be had', async () => {
  keep('TOKEN', canary);
  const own = join(site.root, 'foreign');
  mkdirSync(own);
  giveTo(54321, own);
  const project = site.project('foreign', spec({ secrets: ['TOKEN'] }));
  const waiting = await project.reaches('one', ({ reason }) => reason === 'SecretMissing');
  expect(waiting).toMatchObject({
    message: 'TOKEN: uid 54321 has no home folder on this host',
    containerId: null,
  });
});
