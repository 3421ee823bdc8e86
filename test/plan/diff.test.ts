import { describe, expect, it } from 'vitest';
import type {
  ContainerConfig,
  ImageDefaults,
  ObservedContainer,
} from '../../controller/model/container.ts';
import { diffContainer, resourceUpdate } from '../../controller/plan/diff.ts';
import { desiredContainer } from '../../controller/plan/desired.ts';
import { fields, mapFields } from '../../controller/plan/fields.ts';
import { context, image, leasesFor, observed, record, wish } from '../support/plan-builders.ts';

const ports = [{ container: 8888, protocol: 'tcp', host: 8888, hostIp: '127.0.0.1' }] as const;
const asked = wish({ ports, env: { TOKEN: 'hunter2' }, labels: { team: 'vision' }, pids: 512 });
const base: ContainerConfig = desiredContainer({
  wish: asked,
  record: record(),
  context: context(),
  leases: leasesFor(asked),
}).config;

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
    const wanted = rows.map(({ name }) => name.split('.')[0]);
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

  it('sees neither order nor spelling', () => {
    const config: ContainerConfig = {
      ...base,
      mounts: [...base.mounts].reverse(),
      env: Object.fromEntries(Object.entries(base.env).reverse()),
      ulimits: [...base.ulimits].reverse(),
    };
    expect(diffContainer(base, observed(config))).toEqual([]);
  });

  it('takes cores as the engine keeps them, in billionths', () => {
    const third = { ...base, cpus: 1 / 3 };
    expect(diffContainer(third, observed({ ...base, cpus: 0.333333333 }))).toEqual([]);
  });
});

describe('the image', () => {
  it('explains what the file leaves open, and where it is gone nothing is drift', () => {
    const open: ContainerConfig = {
      ...base,
      entrypoint: null,
      command: null,
      workdir: null,
      user: null,
      health: null,
    };
    const live = observed(open, {
      image: image({ health, env: { A: '1' }, labels: { vendor: 'acme' } }),
    });
    expect(diffContainer(open, live)).toEqual([]);
    expect(diffContainer(open, { ...live, image: null })).toEqual([]);
  });

  it('has its command dropped by an entrypoint of our own', () => {
    const config = { ...base, entrypoint: ['/bin/sh'], command: null };
    expect(diffContainer(config, observed({ ...config, command: [] }))).toEqual([]);
    expect(kinds(diffContainer(config, observed({ ...config, command: ['bash'] })))).toEqual([
      ['command', 'recreate'],
    ]);
  });

  const unnamed = {
    kind: 'volume',
    source: 'a'.repeat(64),
    target: '/var/lib/data',
    readOnly: false,
  } as const;
  const withVolume = (from: ImageDefaults | null): ObservedContainer =>
    observed({ ...base, mounts: [...base.mounts, unnamed] }, { image: from });

  it('brings volumes of its own, which are no drift', () => {
    expect(diffContainer(base, withVolume(image({ volumes: ['/var/lib/data'] })))).toEqual([]);
  });

  it('is gone: then nobody knows whose an unnamed volume is, and it is no drift either', () => {
    expect(diffContainer(base, withVolume(null))).toEqual([]);
  });

  it('does not bring this one, so it is drift', () => {
    expect(kinds(diffContainer(base, withVolume(image())))).toEqual([['mounts', 'recreate']]);
  });

  it('may set a variable that the file sets too: the file is right', () => {
    const live = observed(base, { image: image({ env: { TOKEN: 'image' } }) });
    expect(diffContainer(base, live)).toEqual([]);
  });

  it('shows a variable that somebody else put in', () => {
    const live = observed({ ...base, env: { ...base.env, EXTRA: '1' } });
    expect(kinds(diffContainer(base, live))).toEqual([['env.EXTRA', 'recreate']]);
  });
});

describe('what is shown', () => {
  it('never holds the value of a variable', () => {
    const live = observed({ ...base, env: { ...base.env, TOKEN: 'old-secret', GONE: 'x-secret' } });
    const changes = diffContainer({ ...base, env: { ...base.env, NEW: 'n-secret' } }, live);
    expect(changes.map(({ field }) => field)).toEqual(['env.GONE', 'env.NEW', 'env.TOKEN']);
    expect(JSON.stringify(changes)).not.toMatch(/secret|hunter2/);
  });

  it('is what a person reads', () => {
    const changes = diffContainer(
      { ...base, memoryBytes: 2 ** 36, command: [], labels: { team: 'audio' } },
      observed(base),
    );
    expect(changes).toEqual([
      { field: 'command', how: 'recreate', from: 'jupyter lab', to: '(none)' },
      { field: 'memory', how: 'in-place', from: '32 GB', to: '64 GB' },
      { field: 'labels.team', how: 'recreate', from: 'vision', to: 'audio' },
    ]);
  });
});

describe('our own labels', () => {
  it('age without being drift', () => {
    const live = observed({
      ...base,
      labels: { ...base.labels, 'mlenv.generation': '7', 'mlenv.digest': 'x', 'mlenv.new': 'y' },
    });
    expect(diffContainer(base, live)).toEqual([]);
  });
});

describe('the update', () => {
  it('takes what can be taken in place and nothing else', () => {
    const config = { ...base, memoryBytes: 2 ** 30, cpus: 1, pids: null, image: 'x' };
    expect(resourceUpdate(config, diffContainer(config, observed(base)))).toEqual({
      memoryBytes: 2 ** 30,
      cpus: 1,
    });
  });

  it('is none where nothing of it changed', () => {
    const config = { ...base, image: 'x' };
    expect(resourceUpdate(config, diffContainer(config, observed(base)))).toBeNull();
  });
});

describe('the default ulimits', () => {
  const limited = { ...base, ulimits: [{ name: 'memlock', soft: -1, hard: -1 }] };
  const bare = { ...base, ulimits: [] };

  it('are no drift, whether or not the engine allowed them when the container was made', () => {
    expect(diffContainer(limited, observed(bare), ['memlock'])).toEqual([]);
    expect(diffContainer(bare, observed(limited), ['memlock'])).toEqual([]);
  });

  it('are drift where the file asks for them', () => {
    expect(kinds(diffContainer(limited, observed(bare)))).toEqual([['ulimits', 'recreate']]);
  });
});

const kinds = (changes: ReturnType<typeof diffContainer>): readonly (readonly string[])[] =>
  changes.map(({ field, how }) => [field, how]);
