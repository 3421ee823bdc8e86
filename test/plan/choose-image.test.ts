import { expect, test } from 'vitest';
import type { KnownImage, KnownVersion } from '../../controller/model/catalogue.ts';
import type { ImageChoice } from '../../controller/model/image-choice.ts';
import { chooseImage } from '../../controller/plan/choose-image.ts';
import { catalogueImage, catalogueVersion } from '../support/image-builders.ts';

const any: ImageChoice = {
  framework: 'pytorch',
  version: null,
  cuda: null,
  python: null,
  org: null,
};

const image = (changes: Partial<KnownImage> = {}): KnownImage => ({
  ...catalogueImage(),
  id: 1,
  origin: 'sync',
  syncedAt: null,
  tags: 1,
  newestTag: null,
  problem: null,
  ...changes,
});

const version = (tag: string, changes: Partial<KnownVersion> = {}): KnownVersion => ({
  ...catalogueVersion(tag),
  organization: 'nvidia',
  team: '',
  name: 'pytorch',
  id: 1,
  category: null,
  origin: 'sync',
  isCached: false,
  checkedAt: null,
  problem: null,
  ...changes,
});

const choose = (
  choice: Partial<ImageChoice>,
  versions: readonly KnownVersion[],
  images: readonly KnownImage[] = [image()],
) =>
  chooseImage(
    { ...any, ...choice },
    { images, versions, similar: ['nvidia/pytorch-geo'] },
    'amd64',
  );

const tagOf = (...given: Parameters<typeof choose>): string => {
  const chosen = choose(...given);
  return chosen.kind === 'none' ? chosen.message : (chosen.reference.split(':')[1] ?? '');
};

test.each<[string, Partial<ImageChoice>, readonly string[], string]>([
  ['the newest by its numbers', {}, ['23.10-py3', '24.05-py3', '9.1'], '24.05-py3'],
  ['the plain build before its variants', {}, ['24.05-py3-igpu', '24.05-py3'], '24.05-py3'],
  ['tf2 before tf1', {}, ['23.03-tf1-py3', '23.03-tf2-py3'], '23.03-tf2-py3'],
  ['a number before none', {}, ['latest', '1.0'], '1.0'],
  [
    'a version in whole parts',
    { version: '24.0' },
    ['24.05-py3'],
    'no nvidia/pytorch of version 24.0',
  ],
  ['a version and what follows it', { version: '24.05' }, ['24.06-py3', '24.05-py3'], '24.05-py3'],
  [
    'the whole tag before longer ones',
    { version: '24.05-py3' },
    ['24.05-py3-igpu', '24.05-py3'],
    '24.05-py3',
  ],
  ['a patch of the version', { version: '24.05' }, ['24.05-py3', '24.05.1-py3'], '24.05.1-py3'],
])('%s', (_, choice, tags, expected) => {
  expect(
    tagOf(
      choice,
      tags.map((tag) => version(tag)),
    ),
  ).toContain(expected);
});

test('what is in it must fit, and be known where it is asked for', () => {
  const all = [
    version('24.06-py3', { cuda: null, python: null }),
    version('24.05-py3', { cuda: '12.4', python: '3.10' }),
    version('23.10-py3', { cuda: '12.2', python: '3.10' }),
  ];
  expect(tagOf({ cuda: '>=12.2', python: '3.10' }, all)).toBe('24.05-py3');
  expect(tagOf({ cuda: '>=12.2,<12.4' }, all)).toBe('23.10-py3');
  expect(tagOf({}, all)).toBe('24.06-py3');
  const [only] = [version('24.07-py3', { architectures: ['arm64'] })];
  expect(tagOf({}, [only, ...all])).toBe('24.06-py3');
});

test('what is missing is told with the nearest there is', () => {
  const all = [version('24.05-py3', { cuda: '12.4', python: '3.10', architectures: ['amd64'] })];
  expect(tagOf({ cuda: '>=14', python: '3.10' }, all)).toBe(
    'the catalogue has no nvidia/pytorch of CUDA >=14, Python 3.10, amd64; the nearest is 24.05-py3 (CUDA 12.4, Python 3.10, amd64)',
  );
  expect(tagOf({}, [])).toContain('no version of nvidia/pytorch is known yet');
  expect(tagOf({ framework: 'pytroch' }, [], [])).toBe(
    'the catalogue has no pytroch; the nearest: nvidia/pytorch-geo',
  );
  expect(tagOf({ org: 'other' }, all)).toContain(
    'no pytorch of other; the nearest: nvidia/pytorch',
  );
});

test("NVIDIA's own comes before others; of others one must be named", () => {
  const others = [
    image({ organization: 'acme', id: 2 }),
    image({ organization: 'nvidia', team: 'clara', id: 3 }),
  ];
  expect(tagOf({}, [version('1.0')], [...others, image()])).toBe('1.0');
  expect(tagOf({}, [version('1.0')], others)).toContain(
    'may be acme/pytorch, nvidia/clara/pytorch: name one of them',
  );
  const acme = version('2.0', { organization: 'acme' });
  expect(choose({ org: 'acme' }, [version('3.0'), acme], others)).toEqual({
    kind: 'chosen',
    reference: 'nvcr.io/acme/pytorch:2.0',
    digest: acme.digest,
  });
});
