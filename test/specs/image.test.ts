import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../specs/point.ts';
import { lockText, parseLock, type Lock } from '../../specs/lock.ts';
import { readProject } from '../../specs/project.ts';
import { projectFolder, readOne, renderSpec } from '../support/read-spec.ts';
import { memorySpecFiles } from '../support/spec-files.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['pytorch@24.05', 'pytorch@24.05'],
  ['nvidia/pytorch@24.05-py3', 'nvidia/pytorch@24.05-py3'],
  ['{ framework: pytorch, version: "24.05" }', 'pytorch@24.05'],
  ['{ framework: pytorch }', 'pytorch@*'],
  [
    '{ framework: pytorch, cuda: ">= 12.2, <13", python: "3.10", org: nvidia }',
    'pytorch@*, cuda >=12.2,<13, python 3.10, org nvidia',
  ],
])('%s is a choice', async (image, asked) => {
  const wish = await readOne(`{ image: ${image} }`);
  expect(wish).toMatchObject({ image: asked, asked, choice: { framework: expect.any(String) } });
});

test.each(['a', 'a:1', 'nvcr.io/nvidia/pytorch:24.05-py3', `a@${digest}`, `r.io/a:1@${digest}`])(
  '%s is an image',
  async (image) => {
    expect(await readOne(`{ image: "${image}" }`)).toMatchObject({
      image,
      asked: image,
      choice: null,
    });
  },
);

const told = (image: string): Promise<string> =>
  renderSpec(`apiVersion: mlenv/v1\nenvironments:\n  one:\n    image: ${image}\n`);

test.each([
  ['nvcr.io/nvidia/pytorch:24@05', '4:12 error E_FORMAT', "a registry's image takes :TAG"],
  ['a@sha256:12', '4:12 error E_FORMAT', 'write sha256: and 64 hexadecimal digits'],
  ['{ cuda: "12.4" }', '4:5 error E_REQUIRED', 'add framework:'],
  ['{ framework: a, cuda: ">=13,<12" }', '4:34 error E_FORMAT', 'leaves no version'],
  [
    '{ framework: a, cuda: twelve }',
    '4:34 error E_FORMAT',
    'a version or bounds, such as ">=12.4"',
  ],
  ['{ framework: a, python: 3.10 }', '4:36 error E_QUOTE', '"3.10"'],
  ['{ framework: a, tag: b }', '4:28 error E_UNKNOWN_FIELD', 'fields here: framework, version'],
  ['{ framework: A }', '4:25 error E_FORMAT', 'a name of the catalogue, such as pytorch'],
  [
    '[a]',
    '4:12 error E_TYPE',
    'write one of: text such as nvcr.io/nvidia/pytorch:24.05-py3; image map',
  ],
])('image: %s has a fault', async (image, place, hint) => {
  const text = await told(image);
  expect(text).toContain(place);
  expect(text).toContain(hint);
});

const lockOf = (
  entries: Readonly<Record<string, string>>,
  reference = 'nvcr.io/nvidia/pytorch:24.05-py3',
): Lock => {
  const text = lockText(
    new Map(Object.entries(entries).map(([name, image]) => [name, { image, reference, digest }])),
  );
  const read = parseLock(new TextEncoder().encode(text), 'mlenv.lock');
  if (read.kind !== 'lock') throw new Error('the lock has faults');
  return read.lock;
};

const underLock = (environments: string, lock: Lock | null) =>
  readProject(new TextEncoder().encode(`apiVersion: mlenv/v1\nenvironments:\n${environments}`), {
    file: 'mlenv.yaml',
    folder: projectFolder,
    files: memorySpecFiles({ [`${projectFolder}/mlenv.yaml`]: '' }),
    hmacKey: new Uint8Array(32),
    lock,
  });

test('a lock says the digest of what it was written for, and enters the digest of the wish', async () => {
  const text = '  one: { image: pytorch@24.05 }\n';
  const [locked, free] = [
    await underLock(text, lockOf({ one: 'pytorch@24.05' })),
    await underLock(text, null),
  ];
  if (!locked.ok || !free.ok) throw new Error('it has faults');
  expect(locked.wish.environments[0]?.wish).toMatchObject({
    image: `nvcr.io/nvidia/pytorch:24.05-py3@${digest}`,
    asked: 'pytorch@24.05',
    choice: null,
  });
  expect(locked.wish.environments[0]?.wish.digest).not.toBe(free.wish.environments[0]?.wish.digest);
});

test('what is never pulled, or names its digest, needs no entry', async () => {
  const read = await underLock(
    `  one: { image: a:1, pull: never }\n  two: { image: "a@${digest}" }\n`,
    lockOf({}),
  );
  expect(read).toMatchObject({ ok: true });
});

test('another image than the lock was written for, and one without an entry, are faults', async () => {
  const read = await underLock(
    '  one: { image: pytorch@24.06 }\n  two:\n    image: a:1\n',
    lockOf({ one: 'pytorch@24.05' }),
  );
  if (read.ok) throw new Error('it was taken');
  const all = read.diagnostics.map(formatDiagnostic).join('\n');
  expect(all).toContain('mlenv.yaml:3:17 error E_LOCK');
  expect(all).toContain('"pytorch@24.06", and mlenv.lock:5 was written for "pytorch@24.05"');
  expect(all).toContain('mlenv.yaml:5:12 error E_LOCK');
  expect(all).toContain('mlenv.lock has no entry for two');
  expect(all).toContain('mlenv lock writes it anew');
});

test.each([
  ['pytorch@24.05', 'evil.io/nvidia/pytorch:24.05-py3'],
  ['pytorch@24.05', 'nvcr.io/evil/notpytorch:24.05-py3'],
  ['"a:1"', 'a:2'],
  ['"a:1"', 'evil.io/a:1'],
])('a lock cannot turn %s into %s', async (image, reference) => {
  const lock = lockOf({ one: image.replaceAll('"', '') }, reference);
  const read = await underLock(`  one: { image: ${image} }\n`, lock);
  if (read.ok) throw new Error('it was taken');
  const [told] = read.diagnostics;
  expect(told).toMatchObject({ code: 'E_LOCK', line: 3, column: 17 });
  expect(told?.message).toBe(`mlenv.lock:5 says "${reference}", which is not what image asks for`);
});
