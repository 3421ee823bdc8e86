import { describe, expect, it } from 'vitest';
import { bytes, changesText, duration, ordinal, percent } from '../../controller/plan/words.ts';

describe('words', () => {
  it.each([
    [-5, '0 s'],
    [1, '1 s'],
    [40_000, '40 s'],
    [89_001, '2 min'],
    [180_000, '3 min'],
    [5_400_000, '2 h'],
  ])('%s ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [4, '4th'],
    [11, '11th'],
    [12, '12th'],
    [21, '21st'],
    [111, '111th'],
    [122, '122nd'],
  ])('%s is the %s', (n, text) => {
    expect(ordinal(n)).toBe(text);
  });

  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [2 ** 30, '1 GB'],
    [1.5 * 2 ** 30, '1.5 GB'],
    [2 ** 55, '32768 TB'],
  ])('%s is %s', (count, text) => {
    expect(bytes(count)).toBe(text);
  });

  it('leaves a percentage out where the whole is not known', () => {
    expect([percent(1, 0), percent(43, 100), percent(5, 4)]).toEqual(['', ' 43 %', ' 100 %']);
  });

  it('joins changes to one line', () => {
    expect(
      changesText([
        { field: 'image', how: 'recreate', from: 'a', to: 'b' },
        { field: 'pids', how: 'in-place', from: '1', to: '2' },
      ]),
    ).toBe('image: a → b, pids: 1 → 2');
  });
});
