import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatDuration,
  formatSize,
  parseCpus,
  parseDuration,
  parseSize,
} from '../../specs/units.ts';

test.each([
  ['32GB', 32 * 2 ** 30],
  ['512MiB', 512 * 2 ** 20],
  ['1.5g', 1.5 * 2 ** 30],
  ['50 MB', 50 * 2 ** 20],
  ['7k', 7168],
  ['1Ti', 2 ** 40],
  ['100B', 100],
  ['0.5KB', 512],
  ['32', null],
  ['GB', null],
  ['-1GB', null],
  ['1e3GB', null],
  ['1GBB', null],
  ['9999999TB', null],
  ['', null],
])('the size %j is %j bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['1.5s', 1500],
  ['2d', 172_800_000],
  ['0s', 0],
  ['10', null],
  ['s', null],
  ['1h 30m', null],
  ['-1s', null],
  ['1y', null],
])('the duration %j is %j ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  [8, 8],
  ['1.5', 1.5],
  [0.01, 0.01],
  [0, null],
  ['1.2.3', null],
  ['x', null],
  [Number.POSITIVE_INFINITY, null],
])('%j cores are %j', (given, cpus) => {
  expect(parseCpus(given)).toBe(cpus);
});

test('a size that is written is read back the same', () => {
  const bytes = fc.nat({ max: 2 ** 31 - 1 }).map((n) => n * 1024 + (n % 3));
  fc.assert(fc.property(bytes, (n) => parseSize(formatSize(n)) === n));
});

test.each([
  [0, '0s'],
  [500, '500ms'],
  [90_000, '1m30s'],
  [600_000, '10m'],
  [90_061_001, '1d1h1m1s1ms'],
])('%j ms are written %j', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('a duration that is written is read back exactly', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 45 }), (ms) => parseDuration(formatDuration(ms)) === ms),
  );
});
