import { describe, expect, test } from 'vitest';
import { environmentKey } from '../../controller/model/key.ts';
import { profile, worldDevices } from '../support/world-cards.ts';
import { World } from '../support/world.ts';
import { down, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

const [, , h100, otherH100] = worldDevices;
const other = '/srv/other';
const minute = 60_000;

const heldBy = (world: World, path: string, environment: string): readonly string[] => {
  const row = world.environment(path, environment);
  const leases = row === null ? [] : world.process?.store.gpus.of(environmentKey(row));
  return (leases ?? []).map(({ gpuUuid }) => gpuUuid);
};
const conditionOf = (world: World, environment: string): string => {
  const row = world.environment(folder, environment);
  const all = row === null ? [] : (world.process?.store.conditions.of(environmentKey(row)) ?? []);
  const found = all.find(({ type }) => type === 'Idle');
  return found === undefined ? 'none' : `${found.status} ${found.reason}: ${found.message}`;
};
const use = (world: World) => world.usage ?? expect.fail('nobody samples');

scenario(
  'what nobody uses is warned of and stopped, and its card goes to who waits for it',
  async (world) => {
    const gpus = { devices: [h100.id] };
    await bringUp(world, {
      book: { image: 'app:1', gpus, idle: { after: '4m', action: 'release' } },
    });
    write(world, { train: { image: 'app:1', gpus } }, other);
    await world.until('it is warned of', says(world, 'book', 'IdleWarned'), 10 * minute);
    await world.until('it is stopped', says(world, 'book', 'HeldIdle'), 10 * minute);
    expect(heldBy(world, folder, 'book')).toEqual([]);
    await world.until('the other one has the card', () => {
      return heldBy(world, other, 'train').length === 1;
    });
    await down(world, other);
    await world.until('nobody has it', () => heldBy(world, other, 'train').length === 0);
    expect(world.environment(folder, 'book')?.message).toMatch(/^stopped, as nobody used it/);
  },
  { cards: 'best-effort', createsAgain: true, usage: true },
);

describe('what people see', () => {
  const play = async (
    environment: Readonly<Record<string, unknown>>,
    story: (world: World) => Promise<void>,
  ): Promise<void> => {
    const world = new World({ usage: true, cards: 'best-effort' });
    try {
      await bringUp(world, { book: { image: 'app:1', ...environment } });
      await story(world);
    } finally {
      world.close();
    }
  };

  test('a note lies in the workspace for as long as it is warned of', () =>
    play({ idle: '10m' }, async (world) => {
      await world.until('it is warned of', says(world, 'book', 'IdleWarned'), 20 * minute);
      const note = use(world).notes.get('book:/workspace');
      expect(note).toMatch(
        /^MLEnv stops book at \d\d:\d\d, as nobody uses it\.\n.*mlenv keep book/,
      );
      expect(conditionOf(world, 'book')).toMatch(
        /^True Idle: nobody has used it since .* it is stopped at/,
      );
      use(world).cpu.set('book', 40);
      await world.until('it runs on', says(world, 'book', 'Running'));
      expect(use(world).notes.size).toBe(0);
      expect(conditionOf(world, 'book')).toBe('False InUse: it uses the CPU');
      await world.advance(30 * minute);
      expect(runs(world, 'book')()).toBe(true);
    }));

  test('a terminal or a Jupyter kernel is use, whatever the samples say', () =>
    play({ idle: '10m' }, async (world) => {
      use(world).people.set('book', 'jupyter');
      await world.advance(40 * minute);
      expect(world.environment(folder, 'book')?.reason).toBe('Running');
      expect(conditionOf(world, 'book')).toBe('False InUse: its Jupyter server is at work');
      use(world).people.delete('book');
      await world.until('it is stopped', says(world, 'book', 'HeldIdle'), 20 * minute);
    }));

  test('mlenv keep puts it off, and up brings it back', () =>
    play({ idle: '10m' }, async (world) => {
      const ref = { path: folder, project: null, environment: 'book' };
      await world.until('it is warned of', says(world, 'book', 'IdleWarned'), 20 * minute);
      await world.ask((api) => api.keep({ ref, forMs: 2 * 60 * minute, by: 'ada' }));
      await world.until('the warning is taken back', says(world, 'book', 'Running'));
      await world.until('the note is gone', () => use(world).notes.size === 0);
      expect(use(world).notes.size).toBe(0);
      await world.advance(110 * minute);
      expect(runs(world, 'book')()).toBe(true);
      expect(conditionOf(world, 'book')).toMatch(/; ada keeps it until /);
      await world.until('it is stopped', says(world, 'book', 'HeldIdle'), 30 * minute);
      await expect(world.ask((api) => api.keep({ ref, forMs: minute, by: 'ada' }))).rejects.toThrow(
        /book was stopped already/,
      );
      await up(world, folder);
      await world.until('it runs', runs(world, 'book'));
      await world.advance(4 * minute);
      expect(runs(world, 'book')()).toBe(true);
    }));

  test('keep has an upper bound', () =>
    play({}, async (world) => {
      const ref = { path: folder, project: null, environment: 'book' };
      await expect(
        world.ask((api) => api.keep({ ref, forMs: 25 * 60 * minute, by: 'ada' })),
      ).rejects.toThrow(/keeps nothing for longer than 24 h at once \(idle.maxKeep\)/);
    }));

  test('action: notify tells and stops nothing', () =>
    play({ idle: { after: '10m', action: 'notify' } }, async (world) => {
      await world.until('it is told', says(world, 'book', 'Idle'), 20 * minute);
      const before = containerOf(world, 'book');
      await world.advance(60 * minute);
      expect(containerOf(world, 'book')).toEqual(before);
      expect(world.environment(folder, 'book')?.reason).toBe('Idle');
    }));

  test('the cards of a stopped one stay its own for a while', () =>
    play({ idle: '10m', gpus: { devices: [otherH100.id] } }, async (world) => {
      await world.until('it is stopped', says(world, 'book', 'HeldIdle'), 20 * minute);
      expect(heldBy(world, folder, 'book')).toEqual([otherH100.id]);
      await world.advance(14 * minute);
      expect(heldBy(world, folder, 'book')).toEqual([otherH100.id]);
      await world.until('they are given back', () => heldBy(world, folder, 'book').length === 0);
    }));

  test('a life ends, is warned of, and begins again with up', () =>
    play({ maxLifetime: '1h' }, async (world) => {
      use(world).cpu.set('book', 90);
      await world.until('it is warned of', says(world, 'book', 'LifetimeWarned'), 50 * minute);
      world.engine.exit(containerOf(world, 'book')?.id ?? '', 1);
      // A restart is no new life.
      await world.until('it is stopped', says(world, 'book', 'HeldLifetime'), 20 * minute);
      await up(world, folder);
      await world.until('it runs', runs(world, 'book'));
      await world.advance(40 * minute);
      expect(runs(world, 'book')()).toBe(true);
    }));

  test('updates: whenIdle waits for as long as it is used, and no longer', () =>
    play({ updates: 'whenIdle', idle: { after: '10m', action: 'notify' } }, async (world) => {
      use(world).cpu.set('book', 90);
      await world.advance(20 * minute);
      const changed = { updates: 'whenIdle', idle: { after: '10m', action: 'notify' } };
      write(world, { book: { image: 'app:2', ...changed } });
      await world.until('the change waits', says(world, 'book', 'UpdatePending'));
      expect(world.environment(folder, 'book')?.message).toMatch(
        /waits until nobody uses it, it ends, or mlenv approve$/,
      );
      await world.advance(30 * minute);
      expect(runs(world, 'book')()).toBe(true);
      use(world).cpu.set('book', 0);
      await world.until('it is made', runs(world, 'book', 'app:2'), 20 * minute);
    }));

  test('what holds cards has less patience where they are mostly taken', () =>
    play({ idle: '40m', gpus: 3 }, async (world) => {
      // With a slice four of five cards are taken: half the time.
      use(world).cpu.set('part', 90);
      write(world, {
        book: { image: 'app:1', idle: '40m', gpus: 3 },
        part: { image: 'app:1', gpus: { mig: profile } },
      });
      await world.until('it is stopped', says(world, 'book', 'HeldIdle'), 25 * minute);
    }));

  test('what cannot be read is not idle', () =>
    play({ idle: '10m' }, async (world) => {
      use(world).cpu.set('book', null);
      await world.advance(60 * minute);
      expect(runs(world, 'book')()).toBe(true);
      expect(conditionOf(world, 'book')).toMatch(/^Unknown InUse: its use is not known/);
    }));
});
