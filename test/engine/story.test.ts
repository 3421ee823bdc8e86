import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { type ControllerProcess, createSite, type Site } from '../support/mlenv.ts';
import { createProject, type Project } from '../support/mlenv-project.ts';

/** A new user's first hour, on one project and a real engine: each test goes on where the last one ended. */

let docker: DockerHand;
let site: Site;
let project: Project;
let controller: ControllerProcess;
const image = 'mlenv.test/story:1';

const spec = (greeting: string): string => `apiVersion: mlenv/v1
environments:
  dev:
    image: ${image}
    env: { GREETING: ${greeting} }
    stopGrace: 1s
  web:
    image: ${image}
    command: [httpd, -f, -p, '8080', -h, /workspace]
    ports: [{ container: 8080, host: auto }]
    health: { http: 8080, interval: 1s }
    stopGrace: 1s
`;

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host });
  project = createProject(site, join(site.root, 'first'), null);
  project.write('index.html', 'Hello from the workspace.');
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

/** One that failed leaves nothing for the next one to go on from. */
let failed = '';
beforeEach(({ task, onTestFailed }) => {
  if (failed !== '') throw new Error(`the story ended at: ${failed}`);
  onTestFailed(() => void (failed = task.name));
});

const ours = async (of: Project = project): Promise<readonly string[]> =>
  (await docker.containers())
    .filter(({ labels }) => labels['mlenv.project-path'] === of.folder)
    .map(({ name }) => name)
    .sort();
const startOf = async (id: string | null): Promise<string> =>
  (await docker.inspect(id ?? '')).State.StartedAt;
const greeting = (): Promise<string> =>
  project.ok('exec', 'dev', '--', 'sh', '-c', 'echo $GREETING');
const ready = (of: { readonly ready: boolean }): boolean => of.ready;

describe('by hand, without a controller', () => {
  test('init writes a file that is valid and planned', async () => {
    expect(await project.ok('init')).toContain('Wrote mlenv.yaml');
    expect((await project.mlenv('validate')).code).toBe(0);
    expect(await project.ok('plan')).toContain('create it from ');
    expect((await project.mlenv('init')).code).not.toBe(0);
  });

  test.each([
    ['a misspelt field', 'imgae: x', ':4:5 error E_UNKNOWN_FIELD: there is no field "imgae"'],
    [
      'a number that is a version',
      'env: { PY: 3.10 }',
      ':4:16 error E_QUOTE: 3.10 was read as the number 3.1',
    ],
    [
      'a unit that is none',
      'memory: 32 apples',
      ':4:13 error E_FORMAT: memory cannot be "32 apples"',
    ],
    [
      'a circle',
      'dependsOn: [one]',
      ':4:17 error E_DEPENDENCY_CYCLE: environments wait for each other: one → one',
    ],
    [
      'a key that stands twice',
      'image: y',
      ':5:5 error E_DUPLICATE_KEY: "image" stands here a second time',
    ],
  ])('broken by %s it says where and what, exits 5 and touches nothing', async (_, line, says) => {
    project.save(`apiVersion: mlenv/v1\nenvironments:\n  one:\n    ${line}\n    image: x\n`);
    const [checked, planned, up] = await Promise.all([
      project.mlenv('validate'),
      project.mlenv('plan'),
      project.mlenv('up'),
    ]);
    expect([checked.code, planned.code, up.code]).toEqual([5, 5, 5]);
    expect(checked.stdout.split('\n')[0]).toBe(`mlenv.yaml${says}`);
    for (const { stderr } of [planned, up]) expect(stderr).toContain(`mlenv.yaml${says}`);
    expect(await ours()).toEqual([]);
  });

  test('up brings it up, waits, and says how to reach it and that nobody watches', async () => {
    project.save(spec('hello'));
    expect((await project.mlenv('plan', '--exit-code')).code).toBe(6);
    const said = await project.ok('up');
    expect(said).toMatch(/web {2}127\.0\.0\.1:\d+ \(8080 in the container\)/);
    expect(said).toMatch(/ssh -L \d+:127\.0\.0\.1:\d+ /);
    expect(said).toContain('Unwatched: ');
    const items = await project.status();
    expect(items.map(({ environment }) => environment)).toEqual(['dev', 'web']);
    expect(items.every(ready)).toBe(true);
    expect(await ours()).toEqual(items.map(({ containerName }) => containerName));
    expect((await project.mlenv('plan', '--exit-code')).code).toBe(0);
  });

  test('a second up does nothing', async () => {
    const before = await project.status();
    const said = await project.ok('up');
    expect(said.match(/nothing to do/g)).toHaveLength(2);
    expect(await project.status()).toEqual(before);
  });

  test('an edit is planned with its fields, then done to what it is about alone', async () => {
    const before = await project.status();
    project.save(spec('edited'));
    const planned = await project.mlenv('plan', '--exit-code');
    expect(planned.code).toBe(6);
    expect(planned.stdout).toContain('web: nothing to do');
    expect(planned.stdout).toContain('~ env.GREETING: (hidden) -> (hidden) (recreate)');
    await project.ok('up');
    const after = await project.status();
    expect(after[0]?.containerId).not.toBe(before[0]?.containerId);
    expect(after[0]?.generation).toBe(2);
    expect(after[1]).toEqual(before[1]);
    expect(await greeting()).toBe('edited\n');
  });
});

describe('with a controller', () => {
  test('it starts beside what runs and touches none of it', async () => {
    const before = await Promise.all(
      (await project.status()).map((each) => startOf(each.containerId)),
    );
    controller = await site.controller();
    const items = await project.status();
    expect(await Promise.all(items.map((each) => startOf(each.containerId)))).toEqual(before);
    expect(await project.ok('status')).not.toContain('Unwatched');
  });

  test('what was killed, stopped or removed behind its back comes back', async () => {
    const web = await project.item('web');
    await docker.kill(web.containerName);
    const killed = await project.reaches(
      'web',
      (item) => item.ready && item.startedAt !== web.startedAt,
    );
    expect(killed.containerId).toBe(web.containerId);
    await docker.stop(web.containerName);
    await project.reaches('web', (item) => item.ready && item.startedAt !== killed.startedAt);
    await docker.remove(web.containerName);
    const removed = await project.reaches(
      'web',
      (item) => item.ready && item.containerId !== web.containerId,
    );
    expect(removed.ports).toEqual(web.ports);
    expect(await ours()).toHaveLength(2);
  });

  test('a saved file is enough: no up', async () => {
    project.save(spec('saved'));
    await project.reaches(
      'dev',
      (item) => item.ready && item.generation === 3 && item.observedGeneration === 3,
    );
    expect(await greeting()).toBe('saved\n');
  });

  test('a broken file changes status alone: the last good one keeps running', async () => {
    const before = await project.item('dev');
    project.save(spec('broken').replace('image', 'imgae'));
    await project.reaches('dev', ({ conditions }) =>
      conditions.some(({ type, status }) => type === 'SpecValid' && status === 'False'),
    );
    expect(await project.ok('status')).toContain('mlenv.yaml:4:5 there is no field "imgae"');
    expect(await project.item('dev')).toMatchObject({
      containerId: before.containerId,
      startedAt: before.startedAt,
      ready: true,
    });
    project.save(spec('saved'));
    await project.reaches('dev', ({ conditions }) =>
      conditions.every(({ type }) => type !== 'SpecValid'),
    );
    expect((await project.item('dev')).containerId).toBe(before.containerId);
  });

  test('kill -9, and a new one goes on where it was', async () => {
    const before = await Promise.all(
      (await project.status()).map((each) => startOf(each.containerId)),
    );
    await controller.kill9();
    controller = await site.controller();
    await project.ok('reconcile');
    const items = await project.status();
    expect(await Promise.all(items.map((each) => startOf(each.containerId)))).toEqual(before);
    expect(items.every(ready)).toBe(true);
  });
});

test('asked to stop, the controller ends well within ten seconds', async () => {
  const { code, tookMs } = await controller.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(10_000);
});
