import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunsReport } from '../../controller/model/runs.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import type { Project } from '../support/mlenv-project.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { until } from '../support/until.ts';

/** What a run wrote outlives its container; runs that shared one are parted by the engine's own clock. */

let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/runs:1';

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host, namespace: sharedEngine().namespace });
  await site.controller();
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

const spec = (script: string): string =>
  JSON.stringify({
    apiVersion: 'mlenv/v1',
    defaults: { image, stopGrace: '1s' },
    environments: { one: { command: ['sh', '-c', script] } },
  });
const runsOf = async (project: Project): Promise<RunsReport['items']> =>
  (JSON.parse(await project.ok('runs', 'one', '-o', 'json')) as RunsReport).items;

test('logs of earlier runs: restarted in place, made anew, removed outside', async () => {
  const talks = (word: string): string =>
    `echo ${word} $(date +%s%N); echo ${word} >&2; sleep 1000000`;
  const project = site.project('runs', spec(talks('first')));
  await project.ok('up', '--no-wait');
  const { containerName } = await project.reaches('one', ({ ready }) => ready);
  await until('it spoke', async () => (await project.ok('logs', 'one')).includes('first'));
  const first = await project.ok('logs', 'one');

  await project.ok('restart', 'one');
  await until(
    'it spoke again',
    async () => (await project.ok('logs', 'one')).length > first.length,
  );
  const both = await project.ok('logs', 'one');
  const second = both.slice(first.length);
  await until('two runs are known', async () => (await runsOf(project)).length === 2);
  expect(await project.ok('logs', 'one', '--run', '1')).toBe(first);
  expect(await project.ok('logs', 'one', '--run', '2')).toBe(second);
  expect(await project.ok('logs', 'one', '--previous')).toBe(first);

  project.save(spec(talks('third')));
  await until('it was made anew', async () => (await project.ok('logs', 'one')).includes('third'));
  // From the copies now: the same to the byte, on both streams.
  expect(await project.ok('logs', 'one', '--run', '1')).toBe(first);
  expect(await project.mlenv('logs', 'one', '--previous')).toMatchObject({
    code: 0,
    stdout: second,
    stderr: 'first\n',
  });
  const logs = join(site.stateDir, 'logs');
  expect(readdirSync(logs)).toHaveLength(2);
  for (const name of readdirSync(logs)) {
    expect(statSync(join(logs, name)).mode & 0o777).toBe(0o600);
  }
  expect(statSync(logs).mode & 0o777).toBe(0o700);

  await docker.remove(containerName);
  await until('it is told', async () => (await runsOf(project)).some(({ run }) => run === 4));
  expect((await runsOf(project)).map(({ run, cause, log }) => [run, cause, log.state])).toEqual([
    [4, null, 'engine'],
    // `docker rm -f` kills first, and a pass may have come between.
    [3, expect.stringMatching(/^(?:stopped|removed)-outside$/), 'none'],
    [2, expect.any(String), 'kept'],
    [1, expect.any(String), 'kept'],
  ]);
  const refused = await project.mlenv('logs', 'one', '--run', '3');
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('removed outside MLEnv before its logs could be copied');
});
