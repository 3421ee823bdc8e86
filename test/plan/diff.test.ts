import { describe, expect, it } from 'vitest';
import type {
  ContainerConfig,
  ImageDefaults,
  ObservedContainer,
} from '../../controller/model/container.ts';
import { diffContainer, resourceUpdate } from '../../controller/plan/diff.ts';
import { configOf, image, observed } from '../support/plan-builders.ts';

const base = configOf();

const health = {
  argv: ['true'],
  intervalMs: 30_000,
  timeoutMs: 5000,
  retries: 3,
  startPeriodMs: 0,
};

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
