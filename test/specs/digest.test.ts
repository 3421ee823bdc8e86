import { describe, expect, test } from 'vitest';
import { canonicalJson, environmentDigest } from '../../specs/digest.ts';
import { readSpec } from '../support/read-spec.ts';

const digestOf = async (
  environment: string,
  beside: Readonly<Record<string, string>> = {},
  top = '',
): Promise<string> => {
  const text = `apiVersion: mlenv/v1\n${top}environments: { one: ${environment} }\n`;
  const read = await readSpec(text, beside);
  return read.ok ? (read.wish.environments[0]?.wish.digest ?? '') : JSON.stringify(read);
};

// An upgrade that changes one of these would recreate everybody's containers.
describe('pinned: the same text has had this digest since the first release', () => {
  test.each([
    ['{ image: x }', {}, 'mle1:3e4684fca31c05c26a9ce05edf64f70e'],
    [
      '{ image: x, ports: [8888, "1:2"], env: { A: b, N: 1 } }',
      {},
      'mle1:8cd50d0f9d7ffcf70f4b4daf3dd68ce8',
    ],
    ['{ image: "x:${TAG}" }', { '.env': 'TAG=1\n' }, 'mle1:374030ef61557d0f37d95cf5df20e7f7'],
    [
      '{ image: x, envFile: a.env }',
      { 'a.env': 'SECRET=hunter2\n' },
      'mle1:b4318baa3c4eee7b6d710281f80b5c94',
    ],
    ['{ image: x, restart: never, maxLifetime: 1d }', {}, 'mle1:a5fa775163c8427fc745616f969e24a8'],
  ])('%s', async (environment, beside, digest) => {
    expect(await digestOf(environment, beside)).toBe(digest);
  });
});

test('order of keys, comments, quotes and own fields do not count', async () => {
  const plain = await digestOf('{ image: x, cpus: 2 }');
  expect(await digestOf('{ cpus: 2.0, image: "x" }')).toBe(plain);
  expect(await digestOf('{ image: x, cpus: 2, x-note: hello }')).toBe(plain);
  expect(await digestOf('{ image: x }', {}, 'defaults: { cpus: 2 }\n')).toBe(plain);
});

test('what the user writes counts, even where it says what is so anyhow', async () => {
  expect(await digestOf('{ image: x, init: true }')).not.toBe(await digestOf('{ image: x }'));
});

test('values from outside count, by what they are used for', async () => {
  const text = '{ image: "x:${TAG:-1}" }';
  const unset = await digestOf(text);
  expect(await digestOf(text, { '.env': 'TAG=1\nOTHER=9\n' })).toBe(unset);
  expect(await digestOf(text, { '.env': 'TAG=2\n' })).not.toBe(unset);
  const file = '{ image: x, envFile: a.env }';
  const one = await digestOf(file, { 'a.env': 'A=1\n' });
  expect(await digestOf(file, { 'a.env': '# comment\nA="1"\n' })).toBe(one);
  expect(await digestOf(file, { 'a.env': 'A=2\n' })).not.toBe(one);
});

test('the key counts where values come from outside, and only there', () => {
  const none = {
    replaced: new Map<string, string>(),
    envFile: new Map<string, string>(),
    secrets: new Map<string, string>(),
  };
  const some = { ...none, envFile: new Map([['A', '1']]) };
  const [a, b] = [new Uint8Array([1]), new Uint8Array([2])];
  expect(environmentDigest({ image: 'x' }, none, a)).toBe(
    environmentDigest({ image: 'x' }, none, b),
  );
  expect(environmentDigest({ image: 'x' }, some, a)).not.toBe(
    environmentDigest({ image: 'x' }, some, b),
  );
  const secret = { ...none, secrets: new Map([['A', '1']]) };
  const digests = [secret, some, { ...none, secrets: new Map([['A', '2']]) }].map((intake) =>
    environmentDigest({ image: 'x' }, intake, a),
  );
  expect(new Set(digests).size).toBe(3);
});

test('canonical JSON sorts keys at every depth and nothing else', () => {
  expect(canonicalJson({ b: [2, 1, { d: null, c: 'ü"' }], a: true, z: undefined })).toBe(
    '{"a":true,"b":[2,1,{"c":"ü\\"","d":null}]}',
  );
});
