import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { until } from '../support/until.ts';

/** The record on a real disk that is full, and put back from a real backup. */

let docker: DockerHand;
const image = 'mlenv.test/upkeep:1';
let site: Site;
let mounted = '';

beforeAll(async () => {
  docker = dockerHand(sharedEngine().host);
  await docker.sweep();
  await buildStandIn({ host: sharedEngine().host, refs: [image] });
});
afterEach(async () => {
  await site.end();
  if (mounted !== '') execFileSync('umount', ['-l', mounted]);
  mounted = '';
  await site.cleanup();
  await docker.sweep();
});

const spec = (environments: Readonly<Record<string, object>>): string =>
  JSON.stringify({ apiVersion: 'mlenv/v1', defaults: { image, stopGrace: '1s' }, environments });

/** Writes until there is no room for a byte more. */
const fillUp = (file: string): void => {
  for (const size of [2 ** 20, 4096]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
};

test('on a full disk it holds, and goes on when there is room; a backup is put back beside what runs', async () => {
  site = createSite({ host: sharedEngine().host });
  const { stateDir } = site;
  mkdirSync(stateDir, { mode: 0o700 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', stateDir]);
  mounted = stateDir;
  writeFileSync(
    site.configFile,
    `apiVersion: mlenv/v1\npeople: { roots: [${site.root}] }\nretention: { freeDisk: 1MB }\n`,
  );
  const controller = await site.controller();
  const project = site.project('full', spec({ one: {} }));
  await project.ok('up');
  const before = await docker.containers();
  const notices = async (): Promise<readonly string[]> =>
    (await (await site.api()).status({ kind: 'all' })).notices.map(({ reason }) => reason);

  const filler = join(stateDir, 'filler');
  fillUp(filler);
  await site.mlenv(['reconcile']);
  await until('it holds', async () => (await notices()).includes('RecordFull'));
  project.save(spec({ one: { env: { A: '1' } }, two: {} }));
  await site.mlenv(['reconcile']);
  expect(await docker.containers()).toEqual(before);

  rmSync(filler);
  await until('it goes on', async () => {
    await site.mlenv(['reconcile']);
    return !(await notices()).includes('RecordFull');
  });
  await project.reaches('two', (item) => item.ready);
  await project.reaches('one', (item) => item.ready && item.observedGeneration === 2);

  // The first of the day is made at the start, and says nothing of the second environment.
  const backups = join(stateDir, 'backups');
  const [backup = ''] = readdirSync(backups).filter((name) => name.endsWith('.db'));
  const running = await docker.containers();
  const restore = () => site.mlenv(['db', 'restore', join(backups, backup)]);
  expect((await restore()).code).toBe(3);
  expect((await site.mlenv(['db', 'sync', '--check'])).stdout).toContain('what the engine has');
  await controller.stop();
  expect(await restore()).toMatchObject({ code: 0 });
  expect((await site.mlenv(['db', 'sync', '--check'])).code).toBe(1);
  await site.controller();
  await project.reaches('two', (item) => item.ready);
  await project.reaches('one', (item) => item.ready);
  expect((await docker.containers()).map(({ id }) => id).toSorted()).toEqual(
    running.map(({ id }) => id).toSorted(),
  );
  await until('the record is right', async () => {
    return (await site.mlenv(['db', 'sync', '--check'])).code === 0;
  });
});
