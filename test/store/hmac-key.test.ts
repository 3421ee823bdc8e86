import { readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hmacKey } from '../../controller/store/hmac-key.ts';
import { temporaryFolder } from './support.ts';

const random = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

test('the first key is made for the owner alone, and stays', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'digest.key');
  expect(hmacKey(file, random(1))).toEqual({ key: random(1), created: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(hmacKey(file, random(2))).toEqual({ key: random(1), created: false });
  expect(new Uint8Array(readFileSync(file))).toEqual(random(1));
  expect(readdirSync(folder)).toEqual(['digest.key']);
});

test('what a killed process left half-made is no key', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'digest.key');
  writeFileSync(`${file}.${process.pid}.new`, 'half');
  expect(hmacKey(file, random(3)).created).toBe(true);
  expect(readdirSync(folder)).toEqual(['digest.key']);
});

test('a damaged key is never replaced in silence', () => {
  const file = join(temporaryFolder(), 'digest.key');
  hmacKey(file, random(1));
  truncateSync(file, 31);
  expect(() => hmacKey(file, random(2))).toThrow(/no key of 32 bytes/);
  expect(statSync(file).size).toBe(31);
});

test('a key of another length is not taken', () => {
  const folder = temporaryFolder();
  expect(() => hmacKey(join(folder, 'digest.key'), new Uint8Array(16))).toThrow(RangeError);
  expect(readdirSync(folder)).toEqual([]);
});
