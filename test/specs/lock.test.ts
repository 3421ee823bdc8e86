import { expect, test } from 'vitest';
import { lockText, parseLock, type LockEntry } from '../../specs/lock.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const entry: LockEntry = {
  image: 'pytorch@*, cuda >=12.4',
  reference: 'nvcr.io/nvidia/pytorch:24.05-py3',
  digest,
};
const parse = (text: string) => parseLock(new TextEncoder().encode(text), 'a/mlenv.lock');

test('what is written is read again, in the same order whoever wrote it', () => {
  const db = { image: 'postgres:16', reference: 'postgres:16', digest };
  const text = lockText(
    new Map([
      ['train', entry],
      ['db', db],
    ]),
  );
  expect(text).toBe(
    lockText(
      new Map([
        ['db', db],
        ['train', entry],
      ]),
    ),
  );
  const read = parse(text);
  if (read.kind !== 'lock') throw new Error(JSON.stringify(read));
  expect(read.lock.file).toBe('a/mlenv.lock');
  expect(read.lock.entries.get('train')).toEqual({ ...entry, line: 9 });
  expect(text.split('\n')[8]).toBe('  train:');
});

const whole = (more: string): string =>
  `version: 1\nenvironments:\n  db:\n    image: a:1\n    reference: a:1\n    digest: ${digest}\n${more}`;

test.each([
  ['another version', 'version: 2\nenvironments: {}\n', '1:10 version must be 1'],
  ['no environments', 'version: 1\n', '1:1 environments must be a map'],
  ['a field that is none', `${whole('')}more: 1\n`, '7:1 there is no field "more"'],
  ['a field of an entry that is none', whole('    size: 1\n'), '7:5 there is no field "size"'],
  ['a digest cut short', whole('').replace('aaa\n', '\n'), '6:13 digest is none'],
  ['no digest', whole('').replace(/ {4}digest.*\n/, ''), '3:3 digest is missing'],
  ['an entry that is a text', 'version: 1\nenvironments:\n  db: x\n', '3:7 db must be a map of'],
  ['a conflict of two branches', `<<<<<<< mine\n${whole('')}`, '1:'],
])('%s is a fault at its place', (_, text, told) => {
  const read = parse(text);
  if (read.kind !== 'invalid') throw new Error('it was taken');
  const [first] = read.diagnostics;
  expect(`${first?.line}:${first?.column} ${first?.message}`).toContain(told);
  expect(first?.file).toBe('a/mlenv.lock');
});
