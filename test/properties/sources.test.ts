import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { label } from '../../controller/model/labels.ts';
import { specOf } from '../support/world-words.ts';
import { World } from '../support/world.ts';

const followed = '/sources/vision';
const pulled = '/srv/audio';

/** What may come by a commit. `same`: nothing that counts is another. */
const commit = fc.constantFrom('same', 'image', 'command', 'fault', 'back', 'anew');
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), commit }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pull' as const), commit }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'down' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
);

/** One line of commits: what each kind of commit makes of the text before. */
const createLine = () => {
  let [image, command, word] = [1, 0, 0];
  const good = (): string =>
    `${specOf({ web: { image: `app:${image}`, command: [`${command}`] } })}# ${(word += 1)}\n`;
  return (kind: string): string => {
    if (kind === 'image' || kind === 'back') image = kind === 'back' ? 1 : 3 - image;
    if (kind === 'command') command += 1;
    return kind === 'fault' ? good().replace('image', 'imgae') : good();
  };
};

test('nothing is made anew unless its digest is another or it was seen to drift', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 12 }), async (acts) => {
      const world = new World();
      const lines = new Map([followed, pulled].map((path) => [path, createLine()]));
      /** Every container that was ever seen for a project, by its digest, in order. */
      const seen = new Map<string, { readonly id: string; readonly digest: string }[]>();
      const note = (): void => {
        for (const path of [followed, pulled]) {
          const [container] = world.containers(path, 'web');
          const before = seen.get(path) ?? [];
          seen.set(path, before);
          if (container === undefined || before.at(-1)?.id === container.id) continue;
          const digest = container.labels[label.digest] ?? '';
          expect(digest, `${path} is made anew`).not.toBe(before.at(-1)?.digest);
          before.push({ id: container.id, digest });
        }
      };
      world.watch({ step: note });
      try {
        let first: string | null = null;
        let pulls = 0;
        const write = (path: string, kind: string): void => {
          const text = lines.get(path)?.(kind) ?? '';
          if (path === followed) {
            const id = world.sources.push('vision', text, kind === 'anew' ? first : undefined);
            first ??= id;
          } else {
            world.files.write(`${pulled}/mlenv.yaml`, text);
            world.sources.checkOut(pulled, `${(pulls += 1)}`.padStart(40, 'c'));
          }
        };
        for (const path of [followed, pulled]) write(path, 'same');
        world.follow('vision');
        await world.start();
        for (const one of acts) {
          if (one.kind === 'push') write(followed, one.commit);
          if (one.kind === 'pull') write(pulled, one.commit);
          if (one.kind === 'restart') {
            for (const { id } of world.ours()) world.engine.exit(id, 1);
          }
          if (one.kind === 'down') world.sources.down = world.sources.down === null ? 'down' : null;
          if (one.kind === 'kill') {
            world.crash();
            await world.start();
          }
          await world.advance(150_000);
        }
        await world.settle();
        expect(seen.get(followed)?.length).toBeGreaterThan(0);
        expect(seen.get(pulled)?.length).toBeGreaterThan(0);
      } finally {
        world.close();
      }
    }),
    { numRuns: 12, seed: 20_260 },
  );
});
