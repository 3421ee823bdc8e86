import { describe, expect, it } from 'vitest';
import type { ContainerConfig } from '../../controller/model/container.ts';
import { diffContainer } from '../../controller/plan/diff.ts';
import { fields, mapFields } from '../../controller/plan/fields.ts';
import { configOf, observed } from '../support/plan-builders.ts';

const base = configOf();

const health = {
  argv: ['true'],
  intervalMs: 30_000,
  timeoutMs: 5000,
  retries: 3,
  startPeriodMs: 0,
};

interface FieldCase {
  /** What stands in a diff. */
  readonly name: string;
  readonly how: 'in-place' | 'recreate' | 'none';
  readonly other: Partial<ContainerConfig>;
  /** Its value where the file says nothing; absent: it always says something. */
  readonly unset?: Partial<ContainerConfig>;
}

const cases: Readonly<Record<keyof ContainerConfig, FieldCase>> = {
  name: { name: 'name', how: 'recreate', other: { name: 'another' } },
  image: { name: 'image', how: 'recreate', other: { image: 'pytorch:24.06' } },
  entrypoint: {
    name: 'entrypoint',
    how: 'recreate',
    other: { entrypoint: ['/bin/sh'] },
    unset: { entrypoint: null },
  },
  command: {
    name: 'command',
    how: 'recreate',
    other: { command: ['python', 'train.py'] },
    unset: { command: null },
  },
  capDrop: { name: 'capDrop', how: 'none', other: { capDrop: ['ALL'] } },
  capAdd: { name: 'capAdd', how: 'none', other: { capAdd: ['CHOWN'] } },
  init: { name: 'init', how: 'recreate', other: { init: false } },
  workdir: {
    name: 'workdir',
    how: 'recreate',
    other: { workdir: '/srv' },
    unset: { workdir: null },
  },
  user: { name: 'user', how: 'recreate', other: { user: '7:7' }, unset: { user: null } },
  env: {
    name: 'env.TOKEN',
    how: 'recreate',
    other: { env: { ...base.env, TOKEN: 'other' } },
    unset: { env: { HOME: '/home/ada', USER: 'ada' } },
  },
  labels: {
    name: 'labels.team',
    how: 'recreate',
    other: { labels: { ...base.labels, team: 'audio' } },
    unset: { labels: {} },
  },
  ports: {
    name: 'ports',
    how: 'recreate',
    other: { ports: [{ container: 8888, protocol: 'tcp', hostIp: '0.0.0.0', host: 8888 }] },
    unset: { ports: [] },
  },
  mounts: {
    name: 'mounts',
    how: 'recreate',
    other: { mounts: [{ kind: 'tmpfs', target: '/scratch', sizeBytes: 1024 }] },
    unset: { mounts: [] },
  },
  shmBytes: { name: 'shm', how: 'recreate', other: { shmBytes: 1 } },
  gpus: {
    name: 'gpus',
    how: 'recreate',
    other: { gpus: { ids: ['GPU-a'], injection: 'device-request' } },
  },
  cpus: { name: 'cpus', how: 'in-place', other: { cpus: 1.5 }, unset: { cpus: null } },
  memoryBytes: {
    name: 'memory',
    how: 'in-place',
    other: { memoryBytes: 2 ** 30 },
    unset: { memoryBytes: null },
  },
  pids: { name: 'pids', how: 'in-place', other: { pids: 64 }, unset: { pids: null } },
  ulimits: {
    name: 'ulimits',
    how: 'recreate',
    other: { ulimits: [{ name: 'nofile', soft: 10, hard: 10 }] },
    unset: { ulimits: [] },
  },
  logs: { name: 'logs', how: 'recreate', other: { logs: { maxBytes: 1, maxFiles: 1 } } },
  network: {
    name: 'network',
    how: 'recreate',
    other: { network: { name: 'bridge', alias: 'notebook' } },
    unset: { network: null },
  },
  health: { name: 'health', how: 'recreate', other: { health }, unset: { health: null } },
  stopGraceMs: { name: 'stopGrace', how: 'none', other: { stopGraceMs: 1 } },
};

const rows = Object.entries(cases).map(([key, row]) => ({
  key: key as keyof ContainerConfig,
  ...row,
}));

describe('the table of fields', () => {
  it('holds every field of a container once', () => {
    const inTable = ['name', ...fields.map(({ name }) => name), ...mapFields.map((m) => m.name)];
    // Secrets are no field of a container: their names stand in a label of ours.
    const wanted = [...rows.flatMap(({ name }) => name.split('.').slice(0, 1)), 'secrets'];
    expect([...inTable].sort()).toEqual([...wanted].sort());
  });

  it('ignores stopGrace alone, and says of each why', () => {
    expect(fields.filter(({ how }) => how === 'ignored').map(({ name }) => name)).toEqual([
      'stopGrace',
    ]);
    for (const { why } of fields) expect(why).not.toBe('');
  });
});

describe('drift', () => {
  it('is none where the container is as asked', () => {
    expect(diffContainer(base, observed(base))).toEqual([]);
  });

  it.each(rows)('of $key is $how when the file changed', ({ name, how, other }) => {
    expect(kinds(diffContainer({ ...base, ...other }, observed(base)))).toEqual(
      how === 'none' ? [] : [[name, how]],
    );
  });

  it.each(rows)('of $key is $how when somebody changed it', ({ name, how, other }) => {
    const config = { ...base, ...other };
    const live = observed(config, { name: config.name });
    expect(kinds(diffContainer(base, live))).toEqual(how === 'none' ? [] : [[name, how]]);
  });

  const optional = rows.flatMap(({ unset, ...row }) =>
    unset === undefined ? [] : [{ ...row, unset }],
  );
  it.each(optional)('of $key is a recreate when the file names it first', (row) => {
    const before = observed({ ...base, ...row.unset });
    const changes = diffContainer({ ...base, ...row.other }, before);
    expect(kinds(changes)).toContainEqual([row.name, 'recreate']);
  });

  it.each(optional)('of $key is a recreate when the file drops it', (row) => {
    const before = observed({ ...base, ...row.other });
    const changes = diffContainer({ ...base, ...row.unset }, before);
    expect(kinds(changes)).toContainEqual([row.name, 'recreate']);
  });

  it.each(optional)('of $key is none while the file leaves it to the image', (row) => {
    const config = { ...base, ...row.unset };
    expect(diffContainer(config, observed(config))).toEqual([]);
  });

  it('of secrets is a recreate where others are named, and no matter of their values', () => {
    const named = (names: string): ContainerConfig => ({
      ...base,
      labels: { ...base.labels, 'mlenv.secrets': names },
    });
    expect(diffContainer(named('TOKEN'), observed(named('TOKEN')))).toEqual([]);
    for (const [now, before] of [
      [named('KEY,TOKEN'), named('TOKEN')],
      [named('TOKEN'), base],
      [base, named('TOKEN')],
    ] as const) {
      expect(kinds(diffContainer(now, observed(before)))).toEqual([['secrets', 'recreate']]);
    }
  });

  it('sees neither order nor spelling', () => {
    const config: ContainerConfig = {
      ...base,
      mounts: [...base.mounts].reverse(),
      env: Object.fromEntries(Object.entries(base.env).reverse()),
      ulimits: [...base.ulimits].reverse(),
    };
    expect(diffContainer(base, observed(config))).toEqual([]);
  });

  it('of default limits is none: the engine of that day decided whether they could be', () => {
    const limits = (name: string): ContainerConfig => ({
      ...base,
      ulimits: [{ name, soft: 1, hard: 1 }],
    });
    const none = { ...base, ulimits: [] };
    expect(diffContainer(none, observed(limits('memlock')), ['memlock'])).toEqual([]);
    expect(diffContainer(limits('memlock'), observed(none), ['memlock'])).toEqual([]);
    expect(kinds(diffContainer(limits('nofile'), observed(none), ['memlock']))).toEqual([
      ['ulimits', 'recreate'],
    ]);
  });

  it('takes cores as the engine keeps them, in billionths', () => {
    const third = { ...base, cpus: 1 / 3 };
    expect(diffContainer(third, observed({ ...base, cpus: 0.333333333 }))).toEqual([]);
  });
});

const kinds = (changes: ReturnType<typeof diffContainer>): readonly (readonly string[])[] =>
  changes.map(({ field, how }) => [field, how]);
