import { beforeEach, describe, expect, it } from 'vitest';
import { createSync } from '../../controller/catalog/sync-job.ts';
import type { CatalogueSync } from '../../controller/model/catalogue-api.ts';
import { noon, openTestStore, type TestStore } from '../store/support.ts';
import { until } from '../support/until.ts';
import { factsOf, FakeRegistry } from './sync-bench.ts';

let opened: TestStore;
let fake: FakeRegistry;
let troubles: string[];
let now: number;

beforeEach(() => {
  opened = openTestStore();
  fake = new FakeRegistry();
  fake.put('nvidia/pytorch', '24.05-py3');
  fake.put('nvidia/cuda', '12.4.1-devel');
  troubles = [];
  now = noon;
});

const job = (): CatalogueSync =>
  createSync({
    table: opened.store.syncs,
    registry: fake.registry,
    search: fake.search,
    factsOf,
    architecture: 'amd64',
    clock: { now: () => now, setTimer: () => () => undefined },
    onTrouble: (message) => troubles.push(message),
  });

const ended = (sync: CatalogueSync, scope: string) =>
  until(`the sync of ${scope} ends`, () => !sync.isRunning(scope));

describe('syncs', () => {
  it('run one after the other, each once', async () => {
    const sync = job();
    const one = { organization: 'nvidia', image: 'pytorch', by: 'ada' };
    const first = sync.start(one);
    expect(sync.start(one)).toMatchObject({ pass: first.pass });
    sync.start({ ...one, image: null });
    expect([sync.isRunning('nvidia/pytorch'), sync.isRunning('nvidia')]).toEqual([true, true]);
    await ended(sync, 'nvidia');
    expect(fake.asked.filter((what) => what === 'search').length).toBe(2);
    expect(opened.store.syncs.all().map(({ finishedAt }) => finishedAt)).toEqual([noon, noon]);
    expect(troubles).toEqual([]);
  });

  it('that were cut off go on in the next process', async () => {
    fake.onAsk = (number) => {
      if (number === 3) throw new Error('out of luck');
    };
    const sync = job();
    sync.start({ organization: 'nvidia', image: null, by: 'ada' });
    await ended(sync, 'nvidia');
    expect(troubles).toEqual(['out of luck']);
    expect(opened.store.syncs.get('nvidia')).toMatchObject({
      finishedAt: null,
      failure: expect.stringContaining('log'),
    });
    const next = job();
    next.resume();
    expect(next.isRunning('nvidia')).toBe(true);
    await ended(next, 'nvidia');
    expect(opened.store.syncs.get('nvidia')).toMatchObject({ finishedAt: noon, failure: '' });
  });

  it('stop with their process', async () => {
    const sync = job();
    fake.onAsk = (number) => {
      if (number === 2) void sync.stop();
    };
    sync.start({ organization: 'nvidia', image: null, by: 'ada' });
    await ended(sync, 'nvidia');
    expect(fake.asked.length).toBe(2);
    expect(troubles).toEqual([]);
  });
});
