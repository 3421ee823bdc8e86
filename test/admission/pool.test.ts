import { describe, expect, it } from 'vitest';
import {
  marksOf,
  poolOf,
  reservationsOf,
  type PoolFacts,
} from '../../controller/admission/pool.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import type { Gpu, GpuClaim, GpuLease, GpuProcess } from '../../controller/model/gpu.ts';
import { gb } from '../support/pool-builders.ts';

const card = (index: number, over: Partial<Gpu> = {}): Gpu => ({
  uuid: `GPU-${index}`,
  index,
  model: 'NVIDIA H100 80GB HBM3',
  busId: `0${index}`,
  memoryTotalBytes: 80 * gb,
  memoryUsedBytes: 0,
  utilization: 0,
  temperatureC: 30,
  powerW: 70,
  powerLimitW: 700,
  mig: null,
  health: { state: 'healthy', why: '' },
  processes: [],
  ...over,
});

const lease: GpuLease = {
  gpuUuid: 'GPU-0',
  migUuid: null,
  index: 0,
  containerName: 'vision-train',
  key: 'p1/train',
  sharing: 'exclusive',
  current: true,
  at: 5,
};

const claim = (gpus: GpuClaim['gpus'], containerId = 'c-bob'): GpuClaim => ({
  containerId,
  containerName: 'jupyter-bob',
  labels: {},
  gpus,
});

const process = (containerId: string | null): GpuProcess => ({
  pid: 4711,
  name: '/usr/bin/python',
  memoryBytes: gb,
  containerId,
  uid: 1001,
  user: 'bob',
});

const facts = (gpus: readonly Gpu[], over: Partial<PoolFacts> = {}): PoolFacts => ({
  inventory: {
    kind: 'known',
    readAt: 0,
    driver: null,
    cuda: null,
    gpus,
    links: [{ from: 'GPU-0', to: 'GPU-1', kind: 'NV18', score: 1800 }],
    warnings: [],
  },
  leases: [],
  claims: [],
  cordons: [],
  config: defaultHostConfig.gpu,
  nameOf: (key) => key.replace('p1', 'vision'),
  ours: (id) => (id === 'c-train' ? 'p1/train' : null),
  ...over,
});

const two = [card(0), card(1)];
const marks = (from: PoolFacts): readonly string[] =>
  marksOf(from).map(({ gpuUuid, kind, text }) => `${gpuUuid} ${kind} ${text}`);

describe('cards that are not given out', () => {
  it.each([
    ['none of them when idle', facts(two), []],
    [
      'a cordoned one',
      facts(two, { cordons: [{ gpuUuid: 'GPU-1', by: 'root', why: 'fan', at: 0 }] }),
      ['GPU-1 cordoned cordoned by root: fan'],
    ],
    [
      'an unhealthy one',
      facts([card(0, { health: { state: 'unhealthy', why: 'XID 79' } })]),
      ['GPU-0 unhealthy unhealthy: XID 79'],
    ],
    [
      'an excluded one, by index or uuid',
      facts(two, { config: { ...defaultHostConfig.gpu, exclude: ['0', 'GPU-1'] } }),
      [
        'GPU-0 excluded excluded by the configuration',
        'GPU-1 excluded excluded by the configuration',
      ],
    ],
    [
      'one that another container was given by uuid',
      facts(two, { claims: [claim(['GPU-1'])] }),
      ['GPU-1 foreign used by container jupyter-bob'],
    ],
    [
      'one that another container was given by index',
      facts(two, { claims: [claim(['1'])] }),
      ['GPU-1 foreign used by container jupyter-bob'],
    ],
    [
      'one that another container was given by its CDI name',
      facts(two, { claims: [claim(['nvidia.com/gpu=1'])] }),
      ['GPU-1 foreign used by container jupyter-bob'],
    ],
    [
      'the first so many where a container was given a count',
      facts(two, { claims: [claim(1)] }),
      ['GPU-0 foreign used by container jupyter-bob'],
    ],
    [
      'all where a container was given all',
      facts(two, { claims: [claim('all')] }),
      [
        'GPU-0 foreign used by container jupyter-bob',
        'GPU-1 foreign used by container jupyter-bob',
      ],
    ],
    [
      'one that a process of nobody known uses',
      facts([card(0, { processes: [process(null)] })]),
      ['GPU-0 foreign used by process 4711 (python) of bob'],
    ],
    [
      'one that our container uses without a lease on it',
      facts([card(0, { processes: [process('c-train')] })]),
      ['GPU-0 foreign used by process 4711 (python) of bob'],
    ],
    [
      'one that is full though nothing is seen on it',
      facts([card(0, { memoryUsedBytes: 9.1 * gb })]),
      ['GPU-0 foreign 9.1 GB in use by something that cannot be seen'],
    ],
  ])('are %s', (_, from, expected) => {
    expect(marks(from)).toEqual(expected);
    const blocked = poolOf(from).devices.filter((one) => one.blocked !== null);
    expect(blocked.map(({ id }) => id)).toEqual(expected.map((text) => text.split(' ')[0]));
  });

  it('are not those that a holder uses as it may', () => {
    const busy = card(0, { processes: [process('c-train')], memoryUsedBytes: 70 * gb });
    const from = facts([busy], { leases: [lease], claims: [claim(['GPU-0'], 'c-train')] });
    expect(marks(from)).toEqual([]);
    expect(poolOf(from).devices[0]?.holders).toEqual([
      { key: 'p1/train', name: 'vision/train', since: 5, sharing: 'exclusive' },
    ]);
  });
});

describe('reserved cards', () => {
  const reserved = [{ gpus: ['GPU-1'], for: { projects: ['/srv/vision'], users: ['ada'] } }];
  const from = facts(two, { config: { ...defaultHostConfig.gpu, reserved } });

  it('are kept from whoever asks the record, and never from admission', () => {
    expect(reservationsOf(from)).toEqual([
      { gpuUuid: 'GPU-1', kind: 'excluded', text: 'reserved for ada, /srv/vision' },
    ]);
    expect(marks(from)).toEqual([]);
    expect(poolOf(from).devices.map(({ blocked }) => blocked)).toEqual([null, null]);
  });

  it('are not told where no card was seen', () => {
    expect(reservationsOf({ ...from, inventory: null })).toEqual([]);
  });
});

describe('the pool', () => {
  it('has the slices of a card in MIG mode, and never the card', () => {
    const mig = [0, 1].map((index) => ({
      uuid: `MIG-${index}`,
      index,
      profile: '1g.10gb',
      memoryBytes: 10 * gb,
    }));
    const from = facts([card(0, { mig })], { leases: [{ ...lease, migUuid: 'MIG-1' }] });
    expect(marks(from)).toEqual(['GPU-0 mig in MIG mode: given out by slices']);
    expect(
      poolOf(from).devices.map(({ id, mig: profile, blocked, holders }) => [
        id,
        profile,
        blocked,
        holders.length,
      ]),
    ).toEqual([
      ['MIG-0', '1g.10gb', null, 0],
      ['MIG-1', '1g.10gb', null, 1],
    ]);
  });

  it('lets so many share a card as the configuration says', () => {
    const shared = [{ gpus: ['1'], slots: 4 }];
    const { devices } = poolOf(facts(two, { config: { ...defaultHostConfig.gpu, shared } }));
    expect(devices.map(({ slots }) => slots)).toEqual([1, 4]);
  });

  it('is unknown where nobody has looked, and knows the links where somebody has', () => {
    expect(poolOf(facts([], { inventory: null })).state).toBe('unknown');
    expect(poolOf(facts(two)).link('GPU-0', 'GPU-1')).toBe(1800);
  });
});
