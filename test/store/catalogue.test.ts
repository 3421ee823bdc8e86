import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ImageSearch } from '../../controller/model/catalogue.ts';
import { storeOf } from '../../controller/store/sqlite-store.ts';
import { versionRange } from '../../controller/model/version-range.ts';
import { catalogueImage, catalogueVersion } from '../support/image-builders.ts';
import { container, noon, openTestStore, project, type TestStore } from './support.ts';

let opened: TestStore;
beforeEach(() => {
  opened = openTestStore();
});

const range = (text: string) => {
  const read = versionRange(text);
  if (!read.ok) throw new Error(read.message);
  return read.range;
};

const any: ImageSearch = {
  text: null,
  image: null,
  category: null,
  cuda: null,
  python: null,
  architecture: null,
  cachedOnly: false,
  limit: 100,
};

const found = (query: Partial<ImageSearch>): readonly string[] =>
  opened.store.catalogue
    .search({ ...any, ...query })
    .map(({ organization, team, name, tag }) =>
      [organization, team, `${name}:${tag}`].filter((part) => part !== '').join('/'),
    );

const fill = (): void => {
  opened.store.catalogue.put(
    [
      {
        image: catalogueImage(),
        versions: [
          catalogueVersion('9.09-py3', { cuda: '11.8', python: '3.8' }),
          catalogueVersion('24.05-py3'),
          catalogueVersion('24.10-py3', { cuda: '12.6', architectures: ['arm64'] }),
          catalogueVersion('25.01-py3', { cuda: null, python: null, architectures: [] }),
        ],
      },
      {
        image: catalogueImage({ team: 'serving', name: 'torchserve', displayName: 'TorchServe' }),
        versions: [catalogueVersion('0.9', { cuda: '12.10' })],
      },
      {
        image: catalogueImage({
          name: 'cuda',
          displayName: null,
          category: 'cuda',
          description: '100% of it, without torch',
        }),
        versions: [catalogueVersion('12.4.1-devel', { python: null })],
      },
    ],
    'import',
    noon,
  );
};

describe('a search', () => {
  beforeEach(fill);

  test('finds by a part of the name first, the newest tag of each first', () => {
    expect(found({ text: 'torch' })).toEqual([
      'nvidia/pytorch:25.01-py3',
      'nvidia/pytorch:24.10-py3',
      'nvidia/pytorch:24.05-py3',
      'nvidia/pytorch:9.09-py3',
      'nvidia/serving/torchserve:0.9',
      'nvidia/cuda:12.4.1-devel',
    ]);
  });

  test.each<[Partial<ImageSearch>, readonly string[]]>([
    [
      { cuda: range('>=12.4') },
      [
        'nvidia/cuda:12.4.1-devel',
        'nvidia/pytorch:24.10-py3',
        'nvidia/pytorch:24.05-py3',
        'nvidia/serving/torchserve:0.9',
      ],
    ],
    [
      { text: 'torch', cuda: range('>=12.4'), python: range('3.10'), architecture: 'amd64' },
      ['nvidia/pytorch:24.05-py3', 'nvidia/serving/torchserve:0.9'],
    ],
    [{ image: 'pytorch', cuda: range('<12') }, ['nvidia/pytorch:9.09-py3']],
    [{ image: 'serving/torchserve' }, ['nvidia/serving/torchserve:0.9']],
    [{ image: 'nvidia/torchserve' }, []],
    [{ category: 'cuda' }, ['nvidia/cuda:12.4.1-devel']],
    [{ text: '100%' }, ['nvidia/cuda:12.4.1-devel']],
    [{ text: '1%t' }, []],
    [{ limit: 2 }, ['nvidia/cuda:12.4.1-devel', 'nvidia/pytorch:25.01-py3']],
    [{ cachedOnly: true }, []],
  ])('%j', (query, expected) => {
    expect(found(query)).toEqual(expected);
  });

  test('leaves out a hand written row of another CUDA, and finds one that fits', () => {
    opened.hand.exec(
      `INSERT INTO image_versions (image_id, tag, cuda_version) VALUES (1, 'mine', '12.4'), (1, 'old', '9.0')`,
    );
    const read = found({ image: 'pytorch', cuda: range('12.4'), architecture: 'amd64' });
    expect(read).toEqual(['nvidia/pytorch:24.05-py3', 'nvidia/pytorch:mine']);
  });

  test('reads no rows to find them', () => {
    const prepare = vi.spyOn(opened.hand, 'prepare');
    storeOf(opened.hand);
    const sql = prepare.mock.calls
      .map(([text]) => text)
      .find((text) => text.includes('idx_versions_find'));
    prepare.mockRestore();
    const plan = opened.hand
      .prepare<[], { readonly detail: string }>(
        `EXPLAIN QUERY PLAN ${(sql ?? '').replaceAll(/@\w+/g, '1')}`,
      )
      .all();
    expect(plan.map(({ detail }) => detail)).toEqual([
      expect.stringContaining('COVERING INDEX idx_versions_find (image_id=?)'),
    ]);
  });
});

describe("the document's queries", () => {
  beforeEach(fill);

  test.each([
    [
      `SELECT name FROM ngc_images WHERE category = 'pytorch' ORDER BY name`,
      ['pytorch', 'torchserve'],
    ],
    [
      `SELECT name FROM ngc_images WHERE name LIKE '%torch%' ORDER BY name`,
      ['pytorch', 'torchserve'],
    ],
    [
      `SELECT iv.tag, iv.cuda_version, iv.framework_version FROM image_versions iv
       JOIN ngc_images ni ON iv.image_id = ni.id WHERE ni.name = 'pytorch' AND iv.cuda_version = '12.4'`,
      ['24.05-py3'],
    ],
    [`SELECT tag FROM image_versions WHERE cuda_version = '12.6'`, ['24.10-py3']],
  ])('%s', (sql, expected) => {
    expect(opened.hand.prepare(sql).pluck().all()).toEqual(expected);
  });
});

describe('what is put in', () => {
  const put = (origin: 'starter' | 'import', framework: string) =>
    opened.store.catalogue.put(
      [{ image: catalogueImage(), versions: [catalogueVersion('24.05-py3', { framework })] }],
      origin,
      noon,
    );
  const framework = () =>
    opened.hand.prepare('SELECT framework_version FROM image_versions').pluck().all();
  const origin = () => opened.hand.prepare('SELECT origin FROM ngc_images').pluck().get();

  test('by an import is better known than by the starter, and by the registry best', () => {
    put('starter', '1');
    expect([origin(), framework()]).toEqual(['starter', ['1']]);
    put('starter', '2');
    expect(framework()).toEqual(['2']);
    put('import', '3');
    put('starter', '4');
    expect([origin(), framework()]).toEqual(['import', ['3']]);
    opened.hand.exec(`UPDATE image_versions SET checked_at_ms = 1, framework_version = '5'`);
    put('import', '6');
    expect(framework()).toEqual(['5']);
  });

  test('comes out again as it was', () => {
    fill();
    const [first, ...rest] = opened.store.catalogue.after(0, 2);
    expect(first).toEqual({
      id: 1,
      image: catalogueImage(),
      versions: [
        catalogueVersion('25.01-py3', { cuda: null, python: null, architectures: [] }),
        catalogueVersion('24.10-py3', { cuda: '12.6', architectures: ['arm64'] }),
        catalogueVersion('24.05-py3'),
        catalogueVersion('9.09-py3', { cuda: '11.8', python: '3.8' }),
      ],
    });
    expect(rest.map(({ id }) => id)).toEqual([2]);
    expect(opened.store.catalogue.after(2, 5).map(({ image }) => image.name)).toEqual(['cuda']);
  });
});

test('is_cached follows the images of the engine', () => {
  fill();
  const cached = () =>
    opened.hand
      .prepare('SELECT tag FROM image_versions WHERE is_cached ORDER BY tag')
      .pluck()
      .all();
  const listed = (tags: readonly string[], digests: readonly string[] = []) => ({
    id: 'sha256:1',
    tags,
    digests,
    sizeBytes: 1,
    isUsed: false,
  });
  const mark = (...images: readonly ReturnType<typeof listed>[]) =>
    opened.store.catalogue.markCached(images);
  expect(mark(listed(['nvcr.io/nvidia/pytorch:24.05-py3', 'busybox:1']))).toBe(1);
  expect(mark(listed(['nvcr.io/nvidia/pytorch:24.05-py3']))).toBe(0);
  expect(cached()).toEqual(['24.05-py3']);
  expect(found({ cachedOnly: true })).toEqual(['nvidia/pytorch:24.05-py3']);
  mark(listed(['nvcr.io/nvidia/serving/torchserve:0.9', 'nvidia/pytorch:24.10-py3']));
  expect(cached()).toEqual(['0.9']);
  opened.hand.exec(
    `UPDATE image_versions SET digest = 'sha256:${'c'.repeat(64)}' WHERE tag = '24.10-py3'`,
  );
  mark(listed([], [`nvcr.io/nvidia/pytorch@sha256:${'c'.repeat(64)}`]));
  expect(cached()).toEqual(['24.10-py3']);
  mark();
  expect(cached()).toEqual([]);
});

describe('answers of others', () => {
  const at = (path: string, origin = 'https://ngc.test') => ({ origin, path });
  const times = () => opened.hand.prepare('SELECT cached_at, expires_at FROM api_cache').get();

  test('are there with their ETag and their end, and are renewed without being written again', () => {
    const { answers } = opened.store;
    const answer = { response: '1', etag: 'W/"a"', expiresAt: noon + 5000 };
    answers.set(at('a'), answer, noon);
    expect(answers.get(at('a'))).toEqual(answer);
    expect(answers.get(at('b'))).toBeNull();
    expect(times()).toEqual({
      cached_at: '2026-03-01 12:00:00',
      expires_at: '2026-03-01 12:00:05',
    });
    answers.renew(at('a'), noon + 9000);
    answers.renew(at('b'), noon + 9000);
    expect(times()).toEqual({
      cached_at: '2026-03-01 12:00:00',
      expires_at: '2026-03-01 12:00:09',
    });
    answers.set(at('a'), { response: '2', etag: null, expiresAt: noon }, noon);
    expect(answers.get(at('a'))).toEqual({ response: '2', etag: null, expiresAt: noon });
  });

  test('that a hand wrote without an end have expired', () => {
    opened.hand.exec(`INSERT INTO api_cache (endpoint, response) VALUES ('a', '1'), ('b', NULL)`);
    expect(opened.store.answers.get(at('a'))).toEqual({ response: '1', etag: null, expiresAt: 0 });
    expect(opened.store.answers.get(at('b'))).toBeNull();
  });

  test('are found by their path, and go to nobody else’s questions', () => {
    const { answers } = opened.store;
    const answer = { response: '{"images":[]}', etag: '"a"', expiresAt: noon + 5000 };
    answers.set(at('/api/v2/images'), answer, noon);
    const documents = opened.hand
      .prepare(
        `SELECT response FROM api_cache
         WHERE endpoint = '/api/v2/images' AND expires_at > '2026-03-01 12:00:00'`,
      )
      .pluck();
    expect(documents.all()).toEqual(['{"images":[]}']);
    expect(answers.get(at('/api/v2/images', 'https://mirror.test'))).toBeNull();
    answers.renew(at('/api/v2/images', 'https://mirror.test'), noon + 9000);
    expect(answers.get(at('/api/v2/images'))).toEqual(answer);
  });
});

describe('images of the engine', () => {
  test('are known since they were seen first, and until they are gone', () => {
    const { engineImages } = opened.store;
    engineImages.replace(
      [
        { id: 'a', isUsed: true },
        { id: 'b', isUsed: false },
      ],
      1000,
    );
    engineImages.replace([{ id: 'a', isUsed: false }], 2000);
    expect([...engineImages.all()]).toEqual([['a', { seenAt: 1000, usedAt: 1000 }]]);
    engineImages.replace([{ id: 'a', isUsed: true }], 3000);
    expect(engineImages.all().get('a')).toEqual({ seenAt: 1000, usedAt: 3000 });
  });

  test('that containers were made of are remembered when those are gone', () => {
    const { store } = opened;
    store.projects.insert(project());
    store.containers.observe(container());
    store.containers.deleted('c1', noon);
    expect(store.engineImages.madeOf()).toEqual(['pytorch:24.05']);
  });
});
