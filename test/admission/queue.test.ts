import { describe, expect, it } from 'vitest';
import { decideAdmission } from '../../controller/admission/admission.ts';
import {
  noUsage,
  type AdmissionRequest,
  type Holder,
  type Ledger,
  type PoolDevice,
} from '../../controller/admission/gate.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import type { GpuWish } from '../../controller/model/gpu.ts';
import { ledger, quotas, request, told } from '../support/admission-builders.ts';
import { oneCard } from '../support/plan-builders.ts';
import { device, gb, pool } from '../support/pool-builders.ts';

const asks = (
  environment: string,
  gpus: Partial<GpuWish>,
  over: Partial<AdmissionRequest> = {},
): AdmissionRequest => request({ environment, gpus: { ...oneCard, ...gpus }, ...over });

const heldBy = (
  environment: string,
  since = 0,
  over: Partial<Holder> = {},
): Partial<PoolDevice> => ({
  holders: [
    {
      key: `p1/${environment}`,
      name: `vision/${environment}`,
      since,
      sharing: 'exclusive',
      ...over,
    },
  ],
});

const decide = (
  requests: readonly AdmissionRequest[],
  devices: readonly PoolDevice[],
  over: Partial<Ledger> = {},
): readonly string[] =>
  decideAdmission(requests, ledger({ pool: pool(devices), ...over })).map((answer) => {
    const cards = answer.kind === 'grant' ? answer.gpus.map((g) => g.migUuid ?? g.gpuUuid) : [];
    return [answer.key.slice(3), told(answer), ...cards].join(' ');
  });

const three = [device(0), device(1), device(2, heldBy('old', 7))];
const strict = { order: 'strict', reserveAfterMs: 10 } as const;
const bestEffort = { order: 'best-effort', reserveAfterMs: 10 } as const;
const full = 'wait GpuPoolFull: 1 of 3 GPUs held by vision/old since t7';

describe('the queue for cards', () => {
  it('lets nobody pass under strict', () => {
    expect(
      decide([asks('large', { count: 3 }), asks('small', {})], three, { queue: strict }),
    ).toEqual([
      'large wait GpuPoolFull: 1st of 2; 1 of 3 GPUs held by vision/old since t7',
      'small wait GpuPoolFull: 2nd of 2; 1 of 3 GPUs held by vision/old since t7; 2 kept for who came before',
    ]);
  });

  it('lets a small one pass under best-effort until the large one has waited its time', () => {
    const both = [asks('large', { count: 3 }), asks('small', {})];
    expect(decide(both, three, { queue: bestEffort, now: 9 })).toEqual([
      `large ${full}`,
      'small grant GPU-0',
    ]);
    expect(decide(both, three, { queue: bestEffort, now: 10 })[1]).toContain('2nd of 2');
  });

  it('keeps the fewest cards that will do: free ones, then those that were taken first', () => {
    const devices = [
      device(0, heldBy('late', 9)),
      device(1, heldBy('early', 1)),
      device(2),
      device(3, { ...heldBy('later', 10) }),
    ];
    const at = { queue: bestEffort, now: 50 };
    const [, small] = decide([asks('large', { count: 2 }), asks('small', {})], devices, at);
    expect(small).toContain('1 kept for who came before');
    const freed = devices.map((one) => (one.index === 0 ? device(0) : one));
    expect(decide([asks('large', { count: 3 }), asks('small', {})], freed, at)[1]).toContain('2nd');
    const lateFreed = freed.map((one) => (one.index === 2 ? device(2, heldBy('x', 40)) : one));
    expect(decide([asks('large', { count: 2 }), asks('small', {})], lateFreed, at)[1]).toContain(
      '2nd',
    );
  });

  it('keeps nothing idle for who waits for a card that is blocked', () => {
    const devices = [device(0), device(1), device(2, { blocked: 'cordoned by root: fan' })];
    expect(
      decide([asks('large', { count: 3 }), asks('small', {})], devices, {
        queue: bestEffort,
        now: 50,
      }),
    ).toEqual(['large wait GpuPoolFull: 1 cordoned by root: fan', 'small grant GPU-0']);
  });

  it('never takes from one that asks again for what it holds', () => {
    const devices = [device(0), device(1, heldBy('own'))];
    const own = asks(
      'own',
      {},
      { prefers: ['GPU-1'], requestedAt: 5, held: { ...noUsage, gpus: 1 } },
    );
    expect(decide([asks('large', { count: 2 }), own], devices, { queue: strict })[1]).toBe(
      'own grant GPU-1',
    );
  });

  it('counts one that asks again once where a card is shared', () => {
    const devices = [device(0, { slots: 2, ...heldBy('own', 0, { sharing: 'shared' }) })];
    const shared = { sharing: 'shared' } as const;
    expect(
      decide([asks('own', shared), asks('two', shared), asks('xtra', shared)], devices),
    ).toEqual([
      'own grant GPU-0',
      'two grant GPU-0',
      'xtra wait GpuPoolFull: 1 of 1 GPUs held by vision/own since t0',
    ]);
  });

  it('lets who waits for its quota keep nothing', () => {
    const small = asks('small', {}, { projectPath: '/elsewhere', requestedAt: 1 });
    const [large, other] = decide([asks('large', { count: 'all' }), small], three, {
      queue: strict,
      quotas: quotas({ maxGpus: 2 }),
    });
    expect(large).toContain('QuotaExceeded: this needs 3 GPUs');
    expect(other).toBe('small grant GPU-0');
  });

  it('starts an optional one without rather than let it wait', () => {
    expect(decide([asks('a', { count: 3, optional: true })], three)).toEqual(['a grant']);
    const tight = { quotas: quotas({ maxGpus: 0 }) };
    expect(decide([asks('a', { optional: true })], three, tight)).toEqual(['a grant']);
  });

  it('serves the higher priority first', () => {
    const low = request({ environment: 'low', gpus: oneCard, priority: -1 });
    const high = asks('top', {}, { requestedAt: 9 });
    expect(decide([low, high], [device(0)])[0]).toBe('top grant GPU-0');
  });

  it('tells what can never be from what is not now', () => {
    expect(decide([asks('a', { count: 4 })], three)).toEqual([
      'a wait GpuUnsuitable: asks for 4 and 3 of the 3 cards here fit',
    ]);
    expect(decide([asks('a', { models: ['A100'] })], three)).toEqual([
      'a wait GpuUnsuitable: asks for 1 and 0 of the 3 cards here fit; wanted: model A100; here: NVIDIA H100 80GB HBM3',
    ]);
    const unknown = { ...pool([]), state: 'unknown', why: 'nvidia-smi hangs' } as const;
    expect(decide([asks('a', {})], [], { pool: unknown })).toEqual([
      'a wait GpuUnknown: nvidia-smi hangs',
    ]);
    const blocked = [device(0, { blocked: 'used by process 4711 (python) of bob' })];
    expect(decide([asks('a', { count: 'all' })], blocked)).toEqual([
      'a wait GpuPoolFull: 1 used by process 4711 (python) of bob',
    ]);
  });
});

describe('the queue for memory', () => {
  const host = {
    reading: {
      readAt: 0,
      cores: 8,
      cpuPercent: 5,
      load1: 1,
      load5: 1,
      load15: 1,
      memoryTotalBytes: 100 * gb,
      memoryAvailableBytes: 50 * gb,
      disks: [],
    },
    thresholds: defaultHostConfig.host,
    pending: { cpus: 0, memoryBytes: 0 },
  };
  const all = [
    request({ environment: 'large', memoryBytes: 60 * gb }),
    request({ environment: 'none', memoryBytes: null }),
    request({ environment: 'small', memoryBytes: gb }),
  ];
  const kinds = (over: Partial<Ledger>): readonly string[] =>
    decideAdmission(all, ledger({ host, ...over })).map(({ kind }) => kind);

  it('is passed by nobody who asks for memory once the first has its turn', () => {
    expect(kinds({ queue: strict })).toEqual(['wait', 'grant', 'wait']);
    expect(kinds({ queue: bestEffort, now: 9 })).toEqual(['wait', 'grant', 'grant']);
    expect(kinds({ queue: bestEffort, now: 10 })).toEqual(['wait', 'grant', 'wait']);
  });

  it('counts a grant before the next is asked', () => {
    const pair = ['a', 'b'].map((environment) => request({ environment, memoryBytes: 20 * gb }));
    expect(decideAdmission(pair, ledger({ host })).map(({ kind }) => kind)).toEqual([
      'grant',
      'wait',
    ]);
  });
});
