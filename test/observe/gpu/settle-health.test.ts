import { describe, expect, it } from 'vitest';
import type { Gpu, GpuHealth, KnownInventory } from '../../../controller/model/gpu.ts';
import {
  type HealthMemory,
  settleHealth,
  type Settled,
} from '../../../controller/observe/gpu/settle-health.ts';

const healthy: GpuHealth = { state: 'healthy', why: '' };
const ecc: GpuHealth = { state: 'unhealthy', why: 'ecc' };

const gpu = (index: number, over: Partial<Gpu> = {}): Gpu => ({
  uuid: `GPU-${index}`,
  index,
  model: 'NVIDIA L40S',
  busId: `00000000:0${index}:00.0`,
  memoryTotalBytes: 100,
  memoryUsedBytes: 5,
  utilization: 7,
  temperatureC: 30,
  powerW: 40,
  powerLimitW: 350,
  mig: null,
  health: healthy,
  processes: [],
  ...over,
});

const look = (...gpus: readonly Gpu[]): KnownInventory => ({
  kind: 'known',
  readAt: 1,
  driver: null,
  cuda: null,
  gpus,
  links: [],
  warnings: [],
});

/** Settles one look after the other. */
const play = (looks: readonly KnownInventory[], recoverAfter = 3): readonly Settled[] => {
  let before: readonly Gpu[] | null = null;
  let memory: HealthMemory = new Map();
  return looks.map((seen) => {
    const settled = settleHealth({ before, seen, memory, recoverAfter });
    before = settled.inventory.gpus;
    memory = settled.memory;
    return settled;
  });
};

const states = (settled: readonly Settled[], uuid: string): readonly (string | undefined)[] =>
  settled.map(({ inventory }) => inventory.gpus.find((one) => one.uuid === uuid)?.health.state);

const bad = look(gpu(0, { health: ecc }));
const good = look(gpu(0));

describe('a card', () => {
  it('is unhealthy on one sign and healthy again after so many good looks in a row', () => {
    const settled = play([good, bad, good, good, good, good]);
    expect(states(settled, 'GPU-0')).toEqual([
      'healthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'healthy',
      'healthy',
    ]);
    expect(settled[3]?.inventory.gpus[0]?.health.why).toBe('ecc (good again for 2 of 3 looks)');
    expect(settled[4]?.memory.size).toBe(0);
  });

  it('counts afresh after another bad look', () => {
    expect(states(play([bad, good, good, bad, good, good, good]), 'GPU-0')).toEqual([
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'healthy',
    ]);
  });

  it('that was bad before a new controller came must prove itself too', () => {
    const settled = settleHealth({
      before: bad.gpus,
      seen: good,
      memory: new Map(),
      recoverAfter: 2,
    });
    expect(settled.inventory.gpus[0]?.health.state).toBe('unhealthy');
    expect(states(play([bad, good], 1), 'GPU-0')).toEqual(['unhealthy', 'healthy']);
  });

  it('that is missing stays as lost, without what was measured, until it is back for good', () => {
    const both = look(gpu(0), gpu(1, { processes: [] }));
    const settled = play([both, good, good, both, both, both]);
    expect(states(settled, 'GPU-1')).toEqual([
      'healthy',
      'lost',
      'lost',
      'unhealthy',
      'unhealthy',
      'healthy',
    ]);
    expect(settled[2]?.inventory.gpus[1]).toMatchObject({
      index: 1,
      memoryTotalBytes: 100,
      memoryUsedBytes: null,
      utilization: null,
      health: { state: 'lost', why: 'missing from the list of cards' },
    });
  });
});

describe('a card that is known by its place only', () => {
  const placed = (busId: string): Gpu =>
    gpu(1, {
      uuid: `GPU-unread-${busId}`,
      busId,
      model: 'unknown',
      health: { state: 'lost', why: 'no handle' },
    });

  it('is the one that was seen there', () => {
    const [, settled] = play([look(gpu(0), gpu(1)), look(gpu(0), placed(gpu(1).busId))]);
    expect(settled?.inventory.gpus).toHaveLength(2);
    expect(settled?.inventory.gpus[1]).toMatchObject({
      uuid: 'GPU-1',
      model: 'NVIDIA L40S',
      health: { state: 'lost', why: 'no handle' },
    });
  });

  it('is forgotten once a card tells its name there, which then has to prove itself no more than any', () => {
    const settled = play([look(gpu(0), placed(gpu(1).busId)), look(gpu(0), gpu(1))]);
    expect(settled[0]?.inventory.gpus[1]?.uuid).toContain('GPU-unread');
    expect(settled[1]?.inventory.gpus.map(({ uuid }) => uuid)).toEqual(['GPU-0', 'GPU-1']);
  });
});
