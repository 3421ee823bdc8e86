import { describe, expect, test } from 'vitest';
import { dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** The engine goes down around what runs: that is nobody's crash, and nothing is lost by it. */

const image = 'mlenv.test/outage:1';
const spec = JSON.stringify({
  apiVersion: 'mlenv/v1',
  defaults: { image, stopGrace: '1s' },
  environments: {
    steady: {},
    job: { restart: 'never' },
    web: {
      command: ['httpd', '-f', '-p', '80', '-h', '/workspace'],
      health: { http: '80/mlenv.yaml', interval: '1s' },
    },
  },
});

interface World {
  readonly dockerd: PrivateDockerd;
  readonly site: Site;
  readonly project: Project;
}

const inWorld = async (
  liveRestore: boolean,
  story: (world: World) => Promise<void>,
): Promise<void> => {
  const dockerd = await startDockerd({ name: 'mlenv-outage', liveRestore });
  const site = createSite({ host: dockerd.host });
  try {
    await buildStandIn({ host: dockerd.host, refs: [image] });
    const project = site.project('outage', spec);
    await site.controller();
    await project.ok('up');
    await story({ dockerd, site, project });
  } finally {
    await site.cleanup();
    await dockerd.cleanup();
  }
};

/** Name → id and start of each container, as the engine has them. */
async function starts({ dockerd }: World): Promise<Readonly<Record<string, string>>> {
  const docker = dockerHand(dockerd.host);
  const all = await docker.containers();
  const pairs = all.map(async ({ id, labels }) => {
    const { State } = await docker.inspect(id);
    return [labels['mlenv.environment'] ?? '', `${id} ${State.StartedAt}`] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

const unseen = async ({ project, site }: World): Promise<void> => {
  await until('the silence is seen', async () => {
    const { notices, items } = await (
      await site.api()
    ).status({
      kind: 'path',
      path: project.folder,
    });
    return JSON.stringify([notices, items]).includes('EngineUnavailable');
  });
};

const interrupted = async ({ project }: World): Promise<void> => {
  const job = await project.reaches('job', ({ reason }) => reason === 'Interrupted');
  expect(job.phase).toBe('Failed');
};

describe.concurrent('a daemon', () => {
  test('that crashes, with live-restore, changes nothing at all', ({ expect }) =>
    inWorld(true, async (world) => {
      const { dockerd, project } = world;
      const before = await starts(world);
      await dockerd.kill9();
      await unseen(world);
      await dockerd.start();
      for (const name of ['steady', 'job', 'web']) {
        await project.reaches(name, ({ ready, restarts }) => ready && restarts === 0);
      }
      await project.ok('reconcile');
      expect(await starts(world)).toEqual(before);
    }));

  test.each([
    ['crashes', (dockerd: PrivateDockerd) => dockerd.kill9()],
    ['is stopped and started', (dockerd: PrivateDockerd) => dockerd.stop()],
  ])('that %s interrupts a job; the rest runs again without a back-off', (_, down) =>
    inWorld(false, async (world) => {
      const { dockerd, project } = world;
      const before = await starts(world);
      await down(dockerd);
      await unseen(world);
      await dockerd.start();
      await interrupted(world);
      for (const name of ['steady', 'web']) {
        const { containerId, restarts } = await project.reaches(name, ({ ready }) => ready);
        expect([name, restarts]).toEqual([name, 0]);
        expect(before[name]).toContain(containerId);
      }
      expect(await project.ok('events')).not.toContain('BackOff');
      expect((await starts(world))['job']).toBe(before['job']);
      await project.ok('restart', 'job');
      await project.reaches('job', ({ ready }) => ready);
    }),
  );

  test('that restarts while no controller runs does the same', () =>
    inWorld(false, async (world) => {
      await world.site.end();
      await world.dockerd.restart();
      await world.site.controller();
      await interrupted(world);
      for (const name of ['steady', 'web']) {
        const item = await world.project.reaches(name, ({ ready }) => ready);
        expect([name, item.restarts]).toEqual([name, 0]);
      }
    }));
});
