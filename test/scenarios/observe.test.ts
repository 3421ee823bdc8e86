import { expect } from 'vitest';
import { worldDevices } from '../support/world-cards.ts';
import type { World } from '../support/world.ts';
import { observe } from './people.ts';
import { scenario } from './scenario.ts';
import { bringUp, containerOf, folder, runs, says, write } from './vision.ts';

/** Whatever the engine was asked that changes something, in the whole of the world's history. */
const asked = (world: World): number => world.mutations + world.engine.mutations.length;
const messageOf = (world: World, environment: string, at = folder): string =>
  world.environment(at, environment)?.message ?? '';

scenario(
  'who only observes touches nothing in a rich world, tells what it would do, and does it at one word',
  async (world) => {
    const cpu = { image: 'app:1', updates: 'auto' };
    await bringUp(world, { edited: cpu, ended: cpu, paused: cpu, removed: cpu });
    await observe(world, true);
    const before = asked(world);
    world.engine.addPullable('pulled:1', { ticks: 2, tickMs: 100 });
    world.engine.exit(containerOf(world, 'ended')?.id ?? '', 1);
    world.engine.pause(containerOf(world, 'paused')?.id ?? '');
    world.engine.removeBehindBack(containerOf(world, 'removed')?.id ?? '');
    write(world, {
      edited: { ...cpu, image: 'app:2' },
      ended: cpu,
      paused: cpu,
      removed: cpu,
    });
    const fresh = '/srv/fresh';
    const pulled = { ...cpu, image: 'pulled:1' };
    const volume = { ...cpu, mounts: [{ volume: 'data', target: '/data' }] };
    write(world, { pulled, volume }, fresh);
    await world.until('an edit waits', says(world, 'edited', 'Observing'));
    await world.until('what is new waits', () =>
      messageOf(world, 'pulled', fresh).startsWith('MLEnv would pull'),
    );
    await world.until('what ended waits', says(world, 'ended', 'Observing'));
    await world.advance(65_000);
    world.crash();
    await world.start();
    await world.advance(65_000);
    if (world.process !== null) {
      expect(messageOf(world, 'edited')).toBe(
        'MLEnv would stop it, to be recreated: image: app:1 → app:2',
      );
      expect(messageOf(world, 'ended')).toMatch(/^MLEnv would start it: it ended/);
      expect(messageOf(world, 'paused')).toMatch(/^MLEnv would unpause it/);
      expect(messageOf(world, 'removed')).toBe('MLEnv would create it from app:1');
      expect(messageOf(world, 'pulled', fresh)).toBe('MLEnv would pull pulled:1');
      expect(messageOf(world, 'volume', fresh)).toBe('MLEnv would create it from app:1');
    }
    expect(asked(world)).toBe(before);
    await observe(world, false);
    await world.until(
      'everything is as the file says',
      () =>
        runs(world, 'edited', 'app:2')() &&
        ['pulled', 'volume'].every(
          (name) => world.environment(fresh, name)?.phase === 'running.healthy',
        ) &&
        ['ended', 'paused', 'removed'].every((name) => runs(world, name)()),
    );
  },
  { createsAgain: true },
);

scenario(
  'a host is observed from the first day: who would get which card, and who would wait',
  async (world, promises) => {
    const other = '/srv/other';
    const [a100, , h100] = worldDevices;
    const train = { image: 'app:1', gpus: { devices: [h100.id] } };
    const id = await world.plant({ name: 'somebodys-training' });
    promises.leaveAlone(id);
    world.engine.claimGpus(id, [a100.gpuUuid]);
    await world.start();
    await observe(world, true);
    const before = asked(world);
    write(world, { train, taken: { image: 'app:1', gpus: { devices: [a100.id] } } });
    await world.until('it is told', says(world, 'train', 'Observing'));
    await world.advance(5000);
    write(world, { train }, other);
    const second = (): string => messageOf(world, 'train', other);
    await world.until('the second one is told', () => second().startsWith('MLEnv would let it'));
    await world.advance(120_000);
    if (world.process !== null) {
      expect(messageOf(world, 'train')).toBe('MLEnv would create it from app:1 on GPU 2');
      expect(messageOf(world, 'taken')).toMatch(/^MLEnv would let it wait as .*somebodys-training/);
    }
    expect(asked(world)).toBe(before);
    expect(world.process?.store.gpus.leases() ?? []).toEqual([]);
    await observe(world, false);
    await world.until('the first in the queue has it', runs(world, 'train'));
    expect(world.environment(other, 'train')?.phase).not.toBe('running.healthy');
  },
  { cards: 'best-effort', createsAgain: true },
);
