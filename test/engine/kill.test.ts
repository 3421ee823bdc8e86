import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { type ControllerProcess, createSite, outcomeOf, type Site } from '../support/mlenv.ts';
import { type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';
import { createSeededRandom } from '../support/random.ts';

/** kill -9 of the controller in the midst of its work, again and again: it always ends where the file says. */

const kills = Number(process.env['KILLS'] ?? 8);
/** After so many kills it is let come to rest, and looked at. */
const between = 5;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const names = ['a', 'b', 'c', 'd'];
const image = 'mlenv.test/kill:1';

let docker: DockerHand;
let site: Site;
let project: Project;
let controller: ControllerProcess;

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host });
  project = site.project('killed', spec(0));
  controller = await site.controller();
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

function spec(round: number): string {
  const one = (dependsOn: readonly string[]): object => ({
    env: { ROUND: String(round) },
    dependsOn,
  });
  return JSON.stringify({
    apiVersion: 'mlenv/v1',
    defaults: { image, stopGrace: '1s' },
    environments: { a: one([]), b: one(['a']), c: one([]), d: one(['c']) },
  });
}

const ours = async () =>
  (await docker.containers()).filter(({ labels }) => 'mlenv.environment' in labels);

/** Once at rest, all is as the last wish says, and another new controller leaves it be. */
async function atRest(wanted: { readonly round: number; readonly absent: boolean }): Promise<void> {
  if (wanted.absent) {
    await until('all is gone', async () => (await ours()).length === 0);
    return;
  }
  for (const name of names) {
    await project.reaches(
      name,
      (item) => item.ready && item.observedGeneration === item.generation,
    );
  }
  const look = async () => {
    const all = await Promise.all((await ours()).map(({ id }) => docker.inspect(id)));
    return all
      .map(({ Config, State, Id }) => ({
        name: Config.Labels['mlenv.environment'],
        env: Config.Env.find((line) => line.startsWith('ROUND=')),
        status: State.Status,
        start: `${Id} ${State.StartedAt}`,
      }))
      .sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''));
  };
  const seen = await look();
  expect(seen.map(({ start: _start, ...rest }) => rest)).toEqual(
    names.map((name) => ({ name, env: `ROUND=${wanted.round}`, status: 'running' })),
  );
  await controller.kill9();
  controller = await site.controller();
  await project.ok('reconcile');
  expect(await look()).toEqual(seen);
}

test(`killed ${kills} times in the midst of it (SEED=${seed})`, { timeout: 400_000 }, async () => {
  const random = createSeededRandom(seed);
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  let absent = true;
  let round = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    const choice = below(4);
    if (choice === 0 && !absent) {
      await project.mlenv('rm');
      absent = true;
    } else if (choice === 1 || absent) {
      await project.ok('up', '--no-wait');
      absent = false;
    } else if (choice === 2) {
      round += 1;
      project.save(spec(round));
    } else {
      const running = await ours();
      const victim = running[below(Math.max(1, running.length))];
      // It may be on its way out already.
      if (victim !== undefined) await docker.remove(victim.id).catch(() => {});
    }
    await sleep(below(1200));
    await controller.kill9();
    const seen = (await ours()).map(({ name }) => name);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeLessThanOrEqual(names.length);
    controller = await site.controller();
    if (kill % between === 0) await atRest({ round, absent });
  }
});

test(
  `mlenv up, killed again and again, is finished by the next one (SEED=${seed})`,
  { timeout: 400_000 },
  async () => {
    await controller.stop();
    const random = createSeededRandom(seed + 1);
    project.save(spec(1000));
    for (let kill = 0; kill < 6; kill += 1) {
      const up = site.begin(['up', '--yes'], project.folder);
      // Waited for from the start: one that is done before it is killed has ended then.
      const ended = outcomeOf(up);
      await sleep(300 + random.fraction() * 1500);
      up.kill('SIGKILL');
      await ended;
    }
    await project.ok('up', '--yes');
    const items = await project.status();
    expect(items.map(({ ready }) => ready)).toEqual(names.map(() => true));
    const ids = new Set((await ours()).map(({ id }) => id));
    expect(ids).toEqual(new Set(items.map(({ containerId }) => containerId)));
    expect(ids.size).toBe(names.length);
    controller = await site.controller();
    await atRest({ round: 1000, absent: false });
  },
);
