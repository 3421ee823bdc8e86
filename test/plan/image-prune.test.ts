import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListedImage } from '../../controller/model/catalogue.ts';
import { pruneImages, type PruneInput } from '../../controller/plan/image-prune.ts';

const day = 86_400_000;
const now = 1000 * day;
const pytorch = 'nvcr.io/nvidia/pytorch';

const image = (tag: string, changes: Partial<ListedImage> = {}): ListedImage => ({
  id: `sha256:${tag}`,
  tags: [`${pytorch}:${tag}`],
  digests: [`${pytorch}@sha256:${tag}`],
  sizeBytes: 10,
  isUsed: false,
  ...changes,
});

const input = (images: readonly ListedImage[], changes: Partial<PruneInput> = {}): PruneInput => ({
  images,
  named: [],
  seen: new Map(images.map(({ id }) => [id, { seenAt: now - 90 * day, usedAt: null }])),
  isKnown: (repository) => repository === pytorch,
  now,
  unusedForMs: 30 * day,
  keep: 0,
  ...changes,
});

const why = (given: PruneInput): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pruneImages(given).map((item) => [
      item.reference.split(':').pop(),
      `${item.verdict}: ${item.why}`,
    ]),
  );

describe('which images may go', () => {
  it('those that nothing used for long', () => {
    expect(why(input([image('24.05-py3')]))).toEqual({ '24.05-py3': 'remove: unused for 90 days' });
  });

  it('those that were pulled by digest, which have no tag, behind those that have one', () => {
    const digest = (letter: string): string => `${pytorch}@sha256:${letter.repeat(64)}`;
    const bare = (letter: string): ListedImage =>
      image(letter, { tags: [], digests: [digest(letter)] });
    const named = [{ image: `${pytorch}:24.05-py3@sha256:${'a'.repeat(64)}`, by: 'speech/train' }];
    expect(
      pruneImages(input([bare('a'), bare('b'), image('24.06-py3')], { named, keep: 1 })),
    ).toMatchObject([
      { reference: `${pytorch}:24.06-py3`, verdict: 'keep', why: 'the newest here' },
      { reference: digest('a'), verdict: 'keep', why: 'speech/train names it' },
      { reference: digest('b'), verdict: 'remove' },
    ]);
  });

  it.each<[string, Partial<ListedImage>, Partial<PruneInput>, string]>([
    ['a container is made of it', { isUsed: true }, {}, 'a container is made of it'],
    [
      'a spec names it',
      {},
      { named: [{ image: `${pytorch}:24.05-py3`, by: 'speech/train' }] },
      'speech/train names it',
    ],
    [
      'a spec names it with a variable',
      {},
      { named: [{ image: `${pytorch}:\${TAG:-24.05}-py3`, by: 'speech/train' }] },
      'speech/train names it',
    ],
    [
      'a spec names its digest',
      { digests: [`${pytorch}@sha256:${'a'.repeat(64)}`] },
      { named: [{ image: `${pytorch}@sha256:${'a'.repeat(64)}`, by: 'speech/train' }] },
      'speech/train names it',
    ],
    ['a stranger', {}, { isKnown: () => false }, 'MLEnv does not know it'],
    ['built here', { digests: [] }, {}, 'no registry is known that it could be pulled from again'],
    ['the newest', {}, { keep: 1 }, 'the newest here'],
    ['never seen before', {}, { seen: new Map() }, 'not known since when it is here'],
    [
      'used yesterday',
      {},
      { seen: new Map([['sha256:24.05-py3', { seenAt: 0, usedAt: now - day }]]) },
      'used 24 hours ago',
    ],
    [
      'pulled last week',
      {},
      { seen: new Map([['sha256:24.05-py3', { seenAt: now - 7 * day, usedAt: null }]]) },
      'here since 7 days ago',
    ],
  ])('not this: %s', (_, changes, rest, expected) => {
    const given = input([image('24.05-py3', changes)], rest);
    expect(why(given)).toEqual({ '24.05-py3': `keep: ${expected}` });
  });

  it('keeps the newest so many by their numbers', () => {
    const given = input(
      ['9.01-py3', '24.05-py3', '24.10-py3', '23.12-py3'].map((tag) => image(tag)),
      {
        keep: 2,
      },
    );
    expect(pruneImages(given).map(({ verdict }) => verdict)).toEqual([
      'keep',
      'keep',
      'remove',
      'remove',
    ]);
  });

  it('keeps all names of an image of which one is kept', () => {
    const both = image('24.05-py3', { tags: [`${pytorch}:24.05-py3`, `${pytorch}:mine`] });
    const named = [{ image: `${pytorch}:mine`, by: 'speech/train' }];
    expect(why(input([both], { named }))).toEqual({
      '24.05-py3': `keep: the same image as ${pytorch}:mine`,
      mine: 'keep: speech/train names it',
    });
  });

  it('knows a name of Docker Hub in all its forms', () => {
    const hub = image('2.4', {
      tags: ['pytorch/pytorch:latest'],
      digests: ['pytorch/pytorch@sha256:1'],
    });
    const given = input([hub], {
      isKnown: () => true,
      named: [{ image: 'docker.io/pytorch/pytorch', by: 'speech/train' }],
    });
    expect(pruneImages(given)[0]).toMatchObject({ verdict: 'keep', why: 'speech/train names it' });
  });

  it('never takes one that is used or named, whatever else holds', () => {
    const tag = fc.constantFrom('1.0', '2.0', '3.0', '4.0');
    fc.assert(
      fc.property(
        fc.uniqueArray(tag, { minLength: 1 }),
        fc.array(tag),
        fc.array(tag),
        fc.nat({ max: 3 }),
        (tags, usedTags, namedTags, keep) => {
          const images = tags.map((one) => image(one, { isUsed: usedTags.includes(one) }));
          const named = namedTags.map((one) => ({ image: `${pytorch}:${one}`, by: 'a/b' }));
          const gone = pruneImages(input(images, { named, keep, unusedForMs: 0 }))
            .filter(({ verdict }) => verdict === 'remove')
            .map(({ reference }) => reference.split(':').pop() ?? '');
          for (const one of [...usedTags, ...namedTags]) expect(gone).not.toContain(one);
          expect(gone.length).toBeLessThanOrEqual(Math.max(0, tags.length - keep));
        },
      ),
    );
  });
});
