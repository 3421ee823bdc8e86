import { expect, test } from 'vitest';
import { tell, type Story } from '../campaign/story.ts';
import { specOf } from '../support/world-words.ts';
import type { World } from '../support/world.ts';
import { confirm } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, runs as runsInFolder, write } from './vision.ts';

const by = 'ada';
const at = (name: string): string => `/sources/${name}`;
const vision = at('vision');

const app = (image = 'app:1', more: object = {}): string => specOf({ web: { image, ...more } });

const runs =
  (world: World, image: string, path = vision) =>
  (): boolean =>
    world.containers(path, 'web')[0]?.config.image === image &&
    world.containers(path, 'web')[0]?.state === 'running' &&
    world.environment(path, 'web')?.phase === 'running.healthy';

const says =
  (world: World, reason: string, path = vision) =>
  (): boolean =>
    world.environment(path, 'web')?.reason === reason;

const idOf = (world: World, path = vision): string | undefined =>
  world.containers(path, 'web')[0]?.id;

const treeOf = (world: World, path = vision): string | undefined =>
  world
    .containers(path, 'web')[0]
    ?.config.mounts.map((mount) => ('source' in mount ? mount.source : ''))
    .find((source) => source.startsWith(path));

const follow = async (world: World, ...names: readonly string[]): Promise<void> => {
  world.follow(...names);
  await world.start();
};

const rollback = (world: World, revision: string | null, resume = false) =>
  world.ask((api) => api.rollback({ scope: { kind: 'path', path: vision }, revision, resume, by }));

/** Without deaths: what they would meet here, other scenarios of this file meet. */
const once = (name: string, story: Story): void =>
  test(name, async () => void (await tell(story, { passes: 2 })));

scenario('a commit is deployed, and one that changes nothing in the file is not', async (world) => {
  world.sources.push('vision', app());
  await follow(world, 'vision');
  await world.until('it runs', runs(world, 'app:1'));
  // The file names none, and the folder of a commit is no name.
  expect(world.project(vision)?.name).toBe('vision');
  const before = idOf(world);
  const second = world.sources.push('vision', `${app()}# a word\n`);
  await world.until('it is known', () => world.project(vision)?.revision === second);
  await world.advance(200_000);
  expect(idOf(world)).toBe(before);
  const third = world.sources.push('vision', app('app:2'));
  await world.until('it is deployed', runs(world, 'app:2'));
  expect(treeOf(world)).toBe(`${vision}/${third}`);
});

once('a commit with a fault leaves the last good one running', async (world) => {
  world.sources.push('vision', app());
  await follow(world, 'vision');
  await world.until('it runs', runs(world, 'app:1'));
  const before = idOf(world);
  const bad = world.sources.push('vision', app().replace('image', 'imgae'));
  await world.until(
    'it is told',
    () => world.project(vision)?.specError?.includes('imgae') ?? false,
  );
  world.engine.exit(before ?? '', 1);
  await world.until('it runs again', runs(world, 'app:1'));
  expect(world.project(vision)?.revision).toBe(bad);
  world.sources.push('vision', app('app:2'));
  await world.until('it is mended', runs(world, 'app:2'));
});

scenario('history that was written anew waits for confirm', async (world) => {
  const first = world.sources.push('vision', app());
  world.sources.push('vision', app('app:1', { command: ['a'] }));
  await follow(world, 'vision');
  await world.until('it runs', runs(world, 'app:1'));
  const before = idOf(world);
  const anew = world.sources.push('vision', app('app:2'), first);
  const row = () => world.process?.store.sources.get('vision');
  await world.until('it waits', () => row()?.waiting === anew);
  await world.advance(600_000);
  expect(idOf(world)).toBe(before);
  await confirm(world);
  await world.until('it is taken', runs(world, 'app:2'));
  expect(row()).toMatchObject({ newest: anew, waiting: null });
});

scenario(
  'a rollback, killed at any step, ends on the commit; and so does the way back',
  async (world) => {
    const first = world.sources.push('vision', app());
    await follow(world, 'vision');
    await world.until('it runs', runs(world, 'app:1'));
    const second = world.sources.push('vision', app('app:2'));
    await world.until('the second runs', runs(world, 'app:2'));
    await rollback(world, first);
    await world.until('the first runs', runs(world, 'app:1'));
    expect(treeOf(world)).toBe(`${vision}/${first}`);
    await world.advance(300_000);
    expect(runs(world, 'app:1')()).toBe(true);
    expect(world.process?.store.sources.get('vision')).toMatchObject({
      pinned: first,
      newest: second,
    });
    await rollback(world, null, true);
    await world.until('the second runs again', runs(world, 'app:2'));
    expect(treeOf(world)).toBe(`${vision}/${second}`);
  },
);

scenario(
  'a source that left the configuration is pruned, and its mirror after it',
  async (world) => {
    world.sources.push('vision', app());
    await follow(world, 'vision');
    await world.until('it runs', runs(world, 'app:1'));
    world.follow();
    await world.until('it is announced', says(world, 'PruneScheduled'));
    await world.advance(590_000);
    expect(runsAt(world)).toBe('running');
    expect(world.sources.mirrors.has('vision')).toBe(true);
    await world.until('it is gone', () => idOf(world) === undefined, 60_000);
    await world.until('so is the mirror', () => !world.sources.mirrors.has('vision'), 60_000);
    await world.until('and the row', () => world.process?.store.sources.all().length === 0);
    expect(world.project(vision)).toBe(null);
    expect(world.files.text(`${vision}/${'1'.padStart(40, '0')}/mlenv.yaml`)).toBe(null);
  },
);

const runsAt = (world: World): string | undefined => world.containers(vision, 'web')[0]?.state;

once('a source that comes back within the grace is as it was, with its pin', async (world) => {
  const first = world.sources.push('vision', app());
  await follow(world, 'vision');
  await world.until('it runs', runs(world, 'app:1'));
  world.sources.push('vision', app('app:2'));
  await world.until('the second runs', runs(world, 'app:2'));
  await rollback(world, first);
  await world.until('the first runs', runs(world, 'app:1'));
  const before = idOf(world);
  world.follow();
  await world.until('its removal is announced', says(world, 'PruneScheduled'));
  await world.advance(300_000);
  world.follow('vision');
  await world.until('it is as before', () => world.project(vision)?.vanishedAt === null);
  await world.advance(1_200_000);
  expect(idOf(world)).toBe(before);
  expect(world.process?.store.sources.get('vision')?.pinned).toBe(first);
});

once('many sources that leave at once wait for confirm', async (world) => {
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) world.sources.push(name, app());
  await follow(world, ...names);
  for (const name of names) await world.until(`${name} runs`, runs(world, 'app:1', at(name)));
  world.follow();
  await world.until('it waits', says(world, 'MassRemoval', at('a')));
  await world.advance(1_200_000);
  expect(world.ours()).toHaveLength(4);
  expect([...world.sources.mirrors]).toEqual(names);
  await confirm(world);
  await world.until('all are gone', () => world.ours().length === 0, 900_000);
  await world.until('with their mirrors', () => world.sources.mirrors.size === 0);
});

once('two projects with one name stay apart', async (world) => {
  world.sources.push('vision', `project: vision\n${app('app:2')}`.replace(/^(.*\n)(.*\n)/, '$2$1'));
  await bringUp(world, { web: { image: 'app:1' } });
  const folder = world.containers('/srv/vision', 'web')[0]?.id;
  world.follow('vision');
  await world.until('the source runs', runs(world, 'app:2'));
  expect(world.project(vision)?.name).toBe(world.project('/srv/vision')?.name);
  expect(world.containers('/srv/vision', 'web')[0]?.id).toBe(folder);
  // The one goes, and the other stays.
  world.follow();
  await world.until('the source is gone', () => world.project(vision) === null, 900_000);
  expect(runsInFolder(world, 'web')()).toBe(true);
  write(world, { web: { image: 'app:2' } });
  await world.until('the folder counts', runsInFolder(world, 'web', 'app:2'));
});

once(
  'a remote that is down for an hour is asked ever less, said once, and heals by itself',
  async (world) => {
    world.sources.push('vision', app());
    await follow(world, 'vision');
    await world.until('it runs', runs(world, 'app:1'));
    const before = idOf(world);
    const third = world.sources.push('vision', app('app:2'));
    world.sources.down = 'could not connect to server';
    const asked = world.sources.asked.length;
    await world.advance(3_600_000);
    const tries = world.sources.asked.slice(asked);
    // 1, 2, 4, 8 and then every 15 minutes, a tenth more or less.
    expect(tries.length).toBeGreaterThan(5);
    expect(tries.length).toBeLessThan(10);
    const waits = tries.slice(1).map((time, index) => time - (tries[index] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(990_000);
    // What runs is looked after as ever.
    expect(idOf(world)).toBe(before);
    world.engine.exit(before ?? '', 1);
    await world.until('it is started again', runs(world, 'app:1'));
    const told = () =>
      (world.process?.store.events.list({ limit: 1000 }) ?? []).filter(
        ({ reason }) => reason === 'SourceFailed',
      );
    expect(told()).toHaveLength(1);
    const { notices } = await world.ask((api) => api.status({ kind: 'all' }));
    expect(notices).toEqual([
      expect.objectContaining({
        project: 'vision',
        reason: 'SourceFailed',
        message: expect.stringMatching(
          /could not connect to server .*\(last read 6[0-9] min ago; asked again in [0-9]+ (?:s|min)\)$/,
        ) as unknown,
      }),
    ]);
    world.sources.down = null;
    await world.until('it is deployed', runs(world, 'app:2'), 1_200_000);
    expect(world.project(vision)?.revision).toBe(third);
    expect((await world.ask((api) => api.status({ kind: 'all' }))).notices).toEqual([]);
  },
);

once(
  'a tree with changes by hand is told of once, and stays when its source leaves',
  async (world) => {
    const first = world.sources.push('vision', app());
    await follow(world, 'vision');
    await world.until('it runs', runs(world, 'app:1'));
    world.sources.edit('vision', first);
    world.sources.push('vision', app('app:2'));
    await world.until('the second runs', runs(world, 'app:2'));
    await world.advance(600_000);
    world.follow();
    await world.until('nothing is left', () => world.sources.mirrors.size === 0, 1_200_000);
    expect(world.files.text(`${vision}/${first}/mlenv.yaml`)).toBe(app());
    const kept = world.process?.store.events
      .list({ limit: 1000 })
      .filter(({ reason }) => reason === 'TreeKept')
      .map(({ message }) => message);
    expect(kept).toEqual([expect.stringContaining(`${vision}/${first}`)]);
  },
);

once(
  'a commit without the file ends the project after the grace, and makes no other',
  async (world) => {
    world.sources.push('vision', app());
    await follow(world, 'vision');
    await world.until('it runs', runs(world, 'app:1'));
    world.sources.remove('vision');
    await world.until('its removal is announced', says(world, 'PruneScheduled'));
    await world.until('it is gone', () => world.project(vision) === null, 900_000);
    await world.advance(600_000);
    expect(world.project(vision)).toBe(null);
    const row = world.process?.store.sources.get('vision');
    expect(row?.failure).toMatch(/has no mlenv\.yaml$/);
    world.sources.push('vision', app('app:2'));
    await world.until('it is back', runs(world, 'app:2'), 1_200_000);
  },
);

once(
  'a folder in which a merge is under way is waited for, and a generation is of its commit',
  async (world) => {
    const folder = '/srv/vision';
    const [first, second] = ['a'.repeat(40), 'b'.repeat(40)];
    world.sources.checkOut(folder, first);
    await bringUp(world, { web: { image: 'app:1' } });
    const before = idOf(world, folder);
    const told = () =>
      (world.process?.store.events.list({ limit: 1000 }) ?? []).map(({ reason }) => reason);
    world.files.write(`${folder}/mlenv.yaml`, '<<<<<<< HEAD\napiVersion: mlenv/v1\n');
    world.sources.checkOut(folder, first, { busy: 'mlenv.yaml is in conflict' });
    await world.until('it is waited for', () => told().includes('CheckoutBusy'));
    write(world, { web: { image: 'app:2' } });
    await world.advance(120_000);
    expect(idOf(world, folder)).toBe(before);
    // It was never a fault of the file.
    expect(told()).not.toContain('SpecInvalid');
    world.sources.checkOut(folder, second);
    await world.until('it is taken', runsInFolder(world, 'web', 'app:2'));
    const id = world.project(folder)?.id ?? '';
    expect(world.process?.store.generations.ofProject(id, 10)).toMatchObject([
      { generation: 2, revision: second },
      { generation: 1, revision: first },
    ]);
  },
);
