import { expect } from 'vitest';
import { environmentKey } from '../../controller/model/key.ts';
import { worldDevices } from '../support/world-cards.ts';
import type { World } from '../support/world.ts';
import { down, remove, up } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, isGone, runs, says, write } from './vision.ts';

const [, , h100] = worldDevices;
const other = '/srv/other';
const third = '/srv/third';
const again = { createsAgain: true };
const train = { image: 'app:1', gpus: { devices: [h100.id] } };

const reasonAt = (world: World, path: string): string | undefined =>
  world.environment(path, 'train')?.reason;
const heldBy = (world: World, path: string): readonly string[] => {
  const row = world.environment(path, 'train');
  const leases = row === null ? [] : world.process?.store.gpus.of(environmentKey(row));
  return (leases ?? []).map(({ gpuUuid }) => gpuUuid);
};

scenario(
  "yesterday's backup takes nobody's card: who runs on it keeps it, who had it then gets nothing",
  async (world) => {
    await bringUp(world, { train });
    const backup = world.record.backUp();
    // Since then the card has gone to a project that the backup does not know.
    await down(world, folder);
    await world.until('it ends', () => heldBy(world, folder).length === 0);
    write(world, { train }, other);
    await world.until('the other one runs', () => reasonAt(world, other) === 'Running');
    const before = world.containers(other, 'train')[0];
    await world.stop();
    world.record.restore(backup, world.clock.now());
    // And a third one is asked for at once.
    write(world, { train }, third);
    await world.start();
    await world.until('all are known', () => {
      return reasonAt(world, other) === 'Running' && heldBy(world, other).length === 1;
    });
    await world.advance(180_000);
    expect(world.containers(other, 'train')[0]).toEqual(before);
    expect(heldBy(world, other)).toEqual([h100.id]);
    expect([heldBy(world, folder), heldBy(world, third)]).toEqual([[], []]);
    expect(world.containers(folder, 'train').filter(({ state }) => state === 'running')).toEqual(
      [],
    );
    expect(reasonAt(world, folder)).toBe('Rebuilt');
  },
  { cards: 'best-effort', ...again },
);

scenario(
  'what was stopped, removed or asked to go in the backup and runs now goes on',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1' }, db: { image: 'data:1' } });
    await remove(world, folder, { environment: 'db' });
    await down(world, folder, 'web');
    await world.until('one is gone, one stopped', () => {
      return isGone(world, 'db')() && says(world, 'web', 'HeldDown')();
    });
    const backup = world.record.backUp();
    await up(world, folder);
    await world.until('both run', () => runs(world, 'web')() && runs(world, 'db', 'data:1')());
    const before = [containerOf(world, 'web')?.startedAt, containerOf(world, 'db')?.id];
    await world.stop();
    world.record.restore(backup, world.clock.now());
    await world.start();
    await world.until('both are known', () => {
      return runs(world, 'web')() && runs(world, 'db', 'data:1')();
    });
    await world.advance(120_000);
    expect([containerOf(world, 'web')?.startedAt, containerOf(world, 'db')?.id]).toEqual(before);
  },
  again,
);

scenario(
  'while the disk is full nothing is begun and nothing is ended; with room it goes on by itself',
  async (world) => {
    await bringUp(world, { web: { image: 'app:1' } });
    const before = containerOf(world, 'web');
    world.freeBytes = 1_000_000;
    await world.advance(40_000);
    write(world, { web: { image: 'app:2' }, db: { image: 'data:1' } });
    await world.advance(120_000);
    expect(containerOf(world, 'web')).toEqual(before);
    expect(isGone(world, 'db')()).toBe(true);
    const status = await world.ask((api) => api.status({ kind: 'path', path: folder }));
    expect(status.notices.map(({ reason }) => reason)).toContain('RecordFull');
    world.freeBytes = 2 ** 30;
    await world.until('it goes on', () => {
      return runs(world, 'web', 'app:2')() && runs(world, 'db', 'data:1')();
    });
  },
  again,
);
