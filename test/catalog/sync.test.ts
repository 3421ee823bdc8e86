import { beforeEach, describe, expect, it } from 'vitest';
import { scopeOf, syncCatalogue, type SyncEnd } from '../../controller/catalog/sync.ts';
import { noon, openTestStore, type TestStore } from '../store/support.ts';
import { catalogueImage, catalogueVersion } from '../support/image-builders.ts';
import { factsOf, FakeRegistry } from './sync-bench.ts';

const hour = 3_600_000;
const day = 24 * hour;

let opened: TestStore;
let fake: FakeRegistry;
let now: number;

beforeEach(() => {
  opened = openTestStore();
  fake = new FakeRegistry();
  fake.put('nvidia/pytorch', '24.05-py3', '24.10-py3', '9.09-py3');
  fake.put('nvidia/rapidsai/base', '24.04');
  fake.put('nvidia/cuda', '12.4.1-devel', `sha256-${'0'.repeat(64)}.sig`);
  now = noon;
});

const sync = (image: string | null = null, signal = new AbortController().signal) => {
  const { syncs } = opened.store;
  const pass = syncs.begin({ scope: scopeOf('nvidia', image), by: 'ada', at: now });
  const clock = { now: () => now };
  const { registry, search } = fake;
  const options = { table: syncs, registry, search, factsOf, architecture: 'amd64', clock };
  return syncCatalogue(options, pass, signal);
};

const rows = (): readonly string[] =>
  opened.hand
    .prepare(
      `SELECT i.organization || '/' || coalesce(i.team || '/', '') || i.name || ':' || v.tag
         || iif(v.digest IS NULL, ' ?', '') || coalesce(' ' || v.problem, '')
       FROM image_versions v JOIN ngc_images i ON i.id = v.image_id
       ORDER BY i.name, v.tag_order DESC`,
    )
    .pluck()
    .all() as string[];

const all = [
  'nvidia/rapidsai/base:24.04',
  'nvidia/cuda:12.4.1-devel',
  'nvidia/pytorch:24.10-py3',
  'nvidia/pytorch:24.05-py3',
  'nvidia/pytorch:9.09-py3',
];

describe('a sync', () => {
  it('reads all there is, and is complete', async () => {
    expect(await sync()).toEqual({ kind: 'complete', retired: 0 });
    expect(rows()).toEqual(all);
    expect(
      opened.hand
        .prepare(
          `SELECT i.team, i.name, i.category, i.origin, v.digest IS NOT NULL AS known, v.size_bytes,
             v.cuda_version, v.cuda_full, v.python_version, v.framework_version, v.architecture,
             json_extract(v.manifest_json, '$.of') AS manifest
           FROM ngc_images i JOIN image_versions v ON v.image_id = i.id WHERE v.tag = '24.05-py3'`,
        )
        .get(),
    ).toEqual({
      team: null,
      name: 'pytorch',
      category: 'pytorch',
      origin: 'sync',
      known: 1,
      size_bytes: 'nvidia/pytorch:24.05-py3'.length,
      cuda_version: '12.4',
      cuda_full: '12.4.1.003',
      python_version: '3.10',
      framework_version: '2.4.0a0+07cecf4168',
      architecture: 'amd64',
      manifest: 'nvidia/pytorch:24.05-py3',
    });
    expect(opened.store.syncs.get('nvidia')).toMatchObject({ finishedAt: noon, failure: '' });
  });

  it('asks for the newest tags first', async () => {
    await sync('pytorch');
    const resolved = fake.asked.filter((what) => what.startsWith('resolve'));
    expect(resolved.map((what) => what.split(':')[1])).toEqual([
      '24.10-py3',
      '24.05-py3',
      '9.09-py3',
    ]);
  });

  it('reads what is made for another machine alone', async () => {
    fake.put('nvidia/pytorch', '24.05-arm');
    await sync('pytorch');
    expect(rows()).toEqual(['nvidia/pytorch:24.05-arm']);
  });

  it('asks again only what may have changed, for one request each', async () => {
    await sync();
    now += hour;
    fake.asked.length = 0;
    await sync();
    expect(fake.asked.map((what) => what.split(' ')[0])).toEqual([
      'search',
      'tags',
      'tags',
      'tags',
    ]);
    now += 2 * day;
    fake.asked.length = 0;
    fake.images.get('nvidia/pytorch')?.set('24.05-py3', 'moved');
    await sync();
    expect(fake.asked.filter((what) => what.startsWith('resolve'))).toEqual([
      'resolve nvidia/pytorch:24.05-py3',
    ]);
    expect(fake.asked.filter((what) => what.startsWith('digest')).length).toBe(5);
  });

  it('counts the answers that had not changed, anew for each pass', async () => {
    const unchanged = () => opened.store.syncs.get('nvidia')?.unchanged;
    await sync();
    expect(unchanged()).toBe(0);
    fake.isUnchanged = true;
    await sync();
    // Three pages of the search, and two of each image's tags.
    expect(unchanged()).toBe(9);
    fake.isUnchanged = false;
    await sync();
    expect(unchanged()).toBe(0);
  });

  it('takes away what is gone, once it is complete', async () => {
    await sync();
    now += hour;
    fake.put('nvidia/pytorch', '24.10-py3');
    fake.images.delete('nvidia/cuda');
    expect(await sync()).toEqual({ kind: 'complete', retired: 4 });
    expect(rows()).toEqual(['nvidia/rapidsai/base:24.04', 'nvidia/pytorch:24.10-py3']);
  });

  it('takes no image away that a search which did not add up has not shown', async () => {
    await sync();
    now += hour;
    fake.images.delete('nvidia/cuda');
    fake.isWhole = false;
    expect(await sync()).toEqual({ kind: 'complete', retired: 0 });
    expect(rows()).toEqual(all);
  });

  it('of one image leaves the others alone', async () => {
    await sync();
    now += hour;
    fake.images.clear();
    fake.put('nvidia/pytorch', '24.10-py3');
    expect(await sync('pytorch')).toEqual({ kind: 'complete', retired: 2 });
    expect(rows()).toEqual([
      'nvidia/rapidsai/base:24.04',
      'nvidia/cuda:12.4.1-devel',
      'nvidia/pytorch:24.10-py3',
    ]);
  });

  it('knows better than the starter, and takes its inventions away', async () => {
    const version = catalogueVersion('1.0');
    const starter = [
      { image: catalogueImage(), versions: [version] },
      { image: catalogueImage({ name: 'nothing' }), versions: [version] },
      { image: catalogueImage({ organization: 'other' }), versions: [version] },
    ];
    opened.store.catalogue.put(starter, 'starter', noon);
    await sync();
    expect(rows()).toEqual([...all, 'other/pytorch:1.0']);
  });

  it('leaves alone what a hand wrote', async () => {
    opened.hand.exec(`INSERT INTO ngc_images (name, organization) VALUES ('mine', 'nvidia');
      INSERT INTO image_versions (image_id, tag, digest) VALUES (1, '1.0', 'sha256:1')`);
    await sync();
    expect(rows()).toContain('nvidia/mine:1.0');
  });

  it('does not take a name that nobody has for an empty catalogue', async () => {
    await sync();
    expect(await sync('pytroch')).toEqual({
      kind: 'stopped',
      why: 'the catalogue has no image pytroch of nvidia',
    });
    expect(rows()).toEqual(all);
  });
});

describe('two readings of which one stands still', () => {
  it('do not take away what the other has found', async () => {
    fake.faults.set('nvidia/cuda', 'Unreachable');
    expect(await sync()).toMatchObject({ kind: 'stopped' });
    fake.faults.clear();
    fake.put('nvidia/pytorch', '25.01-py3');
    expect(await sync('pytorch')).toMatchObject({ kind: 'complete' });
    expect(await sync()).toEqual({ kind: 'complete', retired: 0 });
    expect(rows()).toEqual([all[0], all[1], 'nvidia/pytorch:25.01-py3']);
  });

  it('go on where one had not begun to find anything', async () => {
    fake.faults.set('search', 'Unreachable');
    expect(await sync('pytorch')).toMatchObject({ kind: 'stopped' });
    fake.faults.clear();
    expect(await sync()).toMatchObject({ kind: 'complete' });
    expect(await sync('pytorch')).toEqual({ kind: 'complete', retired: 0 });
    expect(rows()).toEqual(all);
  });
});

describe('a fault', () => {
  it('of one image is noted, and what was known of it stays', async () => {
    await sync();
    now += 2 * day;
    fake.faults.set('nvidia/pytorch', 'LicenceNeeded');
    fake.put('nvidia/cuda', '12.4.1-devel', '12.6.3-devel');
    expect(await sync()).toEqual({ kind: 'complete', retired: 0 });
    expect(rows()).toEqual([
      'nvidia/rapidsai/base:24.04',
      'nvidia/cuda:12.6.3-devel',
      ...all.slice(1),
    ]);
    const [image] = opened.store.catalogue.named('pytorch');
    expect(image?.problem).toContain('accept the licence');
  });

  it('of one tag is noted, and the rest goes on', async () => {
    fake.faults.set('nvidia/pytorch:24.10-py3', 'DigestMismatch');
    expect(await sync()).toMatchObject({ kind: 'complete' });
    expect(rows()[2]).toMatch(/^nvidia\/pytorch:24\.10-py3 \? What came is not what its digest/);
    now += hour;
    fake.faults.clear();
    await sync();
    expect(rows()).toEqual(all);
  });

  it('of a tag that was known is asked for again, though it is young', async () => {
    await sync();
    now += 2 * day;
    fake.faults.set('nvidia/pytorch:24.10-py3', 'DigestMismatch');
    await sync();
    now += hour;
    fake.faults.clear();
    fake.asked.length = 0;
    await sync();
    expect(fake.asked).toContain('resolve nvidia/pytorch:24.10-py3');
    expect(rows()).toEqual(all);
  });

  it.each(['Unreachable', 'Throttled'] as const)('%s stops it where it is', async (code) => {
    fake.faults.set('nvidia/pytorch:24.05-py3', code);
    expect(await sync()).toMatchObject({ kind: 'stopped' });
    expect(opened.store.syncs.get('nvidia')).toMatchObject({ finishedAt: null });
    expect(opened.store.syncs.get('nvidia')?.failure).not.toBe('');
    fake.faults.clear();
    fake.asked.length = 0;
    now += hour;
    expect(await sync()).toEqual({ kind: 'complete', retired: 0 });
    expect(fake.asked).not.toContain('search');
    expect(fake.asked).not.toContain('resolve nvidia/pytorch:24.10-py3');
    expect(rows()).toEqual(all);
  });

  it('of a registry that fails every time stops it', async () => {
    fake.put('nvidia/pytorch', ...Array.from({ length: 20 }, (_, n) => `1.${n}`));
    for (let n = 0; n < 20; n += 1) fake.faults.set(`nvidia/pytorch:1.${n}`, 'RegistryFailed');
    expect(await sync('pytorch')).toMatchObject({ kind: 'stopped' });
    expect(fake.asked.filter((what) => what.startsWith('resolve')).length).toBe(5);
  });

  it('of the search stops it', async () => {
    fake.faults.set('search', 'Refused');
    expect(await sync()).toMatchObject({ kind: 'stopped' });
    expect(rows()).toEqual([]);
  });

  it('is no request to go on once it was told to stop', async () => {
    const stop = new AbortController();
    fake.onAsk = (number) => {
      if (number === 5) stop.abort();
    };
    expect(await sync(null, stop.signal)).toEqual({ kind: 'stopped', why: 'it was stopped' });
    expect(fake.asked.length).toBe(5);
  });
});

describe('a process that dies', () => {
  it('at any request loses none of the work before it', async () => {
    // What a registry is asked in one undisturbed run.
    await sync();
    const undisturbed = fake.asked.length;
    for (let death = 1; death <= undisturbed; death += 1) {
      opened = openTestStore();
      fake.asked.length = 0;
      fake.onAsk = (number) => {
        if (number === death) throw new Error('killed');
      };
      await expect(sync(), `request ${death}`).rejects.toThrow('killed');
      fake.onAsk = () => undefined;
      now += hour;
      const end: SyncEnd = await sync();
      expect(end).toEqual({ kind: 'complete', retired: 0 });
      expect(rows()).toEqual(all);
      // The one that was cut off, and nothing else, is asked again.
      expect(fake.asked.length).toBe(undisturbed + 1);
    }
  });

  it('between two tags of a thousand goes on behind the last', async () => {
    fake.images.clear();
    fake.put('nvidia/pytorch', ...Array.from({ length: 1000 }, (_, n) => `24.${n}-py3`));
    fake.onAsk = (number) => {
      if (number === 600) throw new Error('killed');
    };
    await expect(sync()).rejects.toThrow('killed');
    fake.onAsk = () => undefined;
    expect(opened.store.syncs.counts(1)).toEqual({
      images: 1,
      listed: 1,
      versions: 1000,
      checked: 597,
    });
    await sync();
    expect(fake.asked.length).toBe(1003);
    expect(rows().length).toBe(1000);
  });
});
