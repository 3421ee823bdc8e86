import { expect, onTestFinished, test } from 'vitest';
import type { LogQuery, RunItem } from '../../controller/model/runs.ts';
import { textOf } from '../support/run-builders.ts';
import { World } from '../support/world.ts';
import { remove, restart } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, write } from './vision.ts';

const ref = { path: folder, project: null, environment: 'train' };
const says = (text: string) => ({ image: 'app:1', command: `sh -c "echo ${text}; sleep 100000"` });

const runsOf = async (world: World): Promise<readonly RunItem[]> =>
  (await world.ask((api) => api.runs({ ref, limit: 20 }))).items;
const causes = async (world: World): Promise<readonly (string | null)[]> =>
  (await runsOf(world)).map(({ cause }) => cause);
const logs = async (world: World, query: Partial<LogQuery>): Promise<string> =>
  world.ask(async (api) =>
    textOf(api.logs(ref, { follow: false, tail: null, ...query }, new AbortController().signal)),
  );

const given = (): World => {
  const world = new World();
  onTestFinished(() => world.close());
  return world;
};

scenario('what the container before wrote is read after it was made anew', async (world) => {
  await bringUp(world, { train: says('first') });
  const before = containerOf(world, 'train')?.id;
  write(world, { train: says('second') });
  await world.until('it was made anew', () => containerOf(world, 'train')?.id !== before);
  await world.until('it runs', runs(world, 'train'));
  expect(await logs(world, { run: 'previous' })).toBe('first\n');
  expect(await logs(world, {})).toBe('second\n');
  const [now, first, ...more] = await runsOf(world);
  expect(more).toEqual([]);
  expect(now).toMatchObject({ run: 2, isRunning: true, log: { state: 'engine' } });
  expect(first).toMatchObject({ run: 1, isRunning: false, log: { state: 'kept', note: '' } });
});

scenario('a restart in place is a run of its own, with its own part of the log', async (world) => {
  await bringUp(world, { train: says('hello') });
  await world.advance(5000);
  const container = containerOf(world, 'train');
  await restart(world, folder, 'train');
  await world.until('it was started again', () => {
    const now = containerOf(world, 'train');
    return now?.id === container?.id && now?.startedAt !== container?.startedAt;
  });
  await world.until('it runs', runs(world, 'train'));
  await world.advance(5000);
  expect(await logs(world, {})).toBe('hello\nhello\n');
  expect(await logs(world, { run: 1 })).toBe('hello\n');
  expect(await logs(world, { run: 2 })).toBe('hello\n');
  expect(await logs(world, { run: 'previous' })).toBe('hello\n');
  // Their copies are parted in the same way.
  await remove(world, folder, { environment: 'train' });
  await world.until('it is gone', isGone(world, 'train'));
  await world.settle();
  expect(await logs(world, { run: 1 })).toBe('hello\n');
  expect(await logs(world, { run: 'previous' })).toBe('hello\n');
  expect(await runsOf(world)).toMatchObject([{ run: 2 }, { run: 1 }]);
});

scenario('what was removed outside says so', async (world) => {
  await bringUp(world, { train: says('lost') });
  world.engine.removeBehindBack(containerOf(world, 'train')?.id ?? '');
  await world.until('it runs again', runs(world, 'train'));
  expect(await runsOf(world)).toMatchObject([
    { run: 2, cause: null },
    {
      run: 1,
      cause: 'removed-outside',
      exitCode: null,
      log: {
        state: 'none',
        note: 'its container was removed outside MLEnv before its logs could be copied',
      },
    },
  ]);
  await expect(logs(world, { run: 1 })).rejects.toThrow('removed outside MLEnv before its logs');
});

test('each end is told with its code and its cause', async () => {
  const world = given();
  await bringUp(world, { train: { image: 'app:1' } });
  const ends = [
    (id: string) => world.engine.exit(id, 3),
    (id: string) => world.engine.handStop(id),
  ];
  for (const end of ends) {
    await world.advance(5000);
    const { id = '', startedAt } = containerOf(world, 'train') ?? {};
    end(id);
    await world.until('it runs again', () => containerOf(world, 'train')?.startedAt !== startedAt);
    await world.until('it is well', runs(world, 'train'));
  }
  expect(await causes(world)).toEqual([null, 'stopped-outside', 'failed']);
  expect((await runsOf(world)).map(({ exitCode }) => exitCode)).toEqual([null, 143, 3]);
});

test('where the engine cannot tell its logs a container is removed all the same', async () => {
  const world = given();
  await bringUp(world, { train: says('first') });
  world.weather.verdict = (name) => (name === 'logs' ? 'fail-before' : 'ok');
  write(world, { train: says('second') });
  await world.until('it was made anew', () => world.created.length > 1);
  await world.until('it runs', runs(world, 'train'));
  const [, first] = await runsOf(world);
  expect(first?.log.state).toBe('none');
  expect(first?.log.note).toContain('its log could not be copied: ');
});

test('a run that is not there is told, with what to type', async () => {
  const world = given();
  await bringUp(world, { train: says('first') });
  await world.advance(5000);
  await expect(logs(world, { run: 7 })).rejects.toThrow(
    'no run 7 of train is known; the newest is 1; mlenv runs train lists them',
  );
  await expect(logs(world, { run: 'previous' })).rejects.toThrow('before the present one');
  await remove(world, folder, { environment: 'train' });
  await world.until('it is gone', isGone(world, 'train'));
  await world.settle();
  await expect(logs(world, {})).rejects.toThrow('its last run: mlenv logs train --previous');
  expect(await logs(world, { run: 'previous' })).toBe('first\n');
});

test('runs of what left its file are kept for their time, and their numbers go on', async () => {
  const world = given();
  await bringUp(world, { train: says('first'), web: { image: 'app:1' } });
  write(world, { web: { image: 'app:1' } });
  await world.until('it is forgotten', () => world.environment(folder, 'train') === null, 900_000);
  expect(await logs(world, { run: 1 })).toBe('first\n');
  write(world, { train: says('second'), web: { image: 'app:1' } });
  await world.until('it runs', runs(world, 'train'));
  expect((await runsOf(world)).map(({ run }) => run)).toEqual([2, 1]);
});
