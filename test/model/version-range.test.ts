import { describe, expect, it } from 'vitest';
import { isWithin, versionOrder, versionRange } from '../../controller/model/version-range.ts';

const fits = (range: string, version: string): boolean => {
  const read = versionRange(range);
  const order = versionOrder(version);
  if (!read.ok) throw new Error(read.message);
  return order !== null && isWithin(read.range, order);
};

describe('a range of versions', () => {
  it.each([
    ['12.4', '12.4.1.003', true],
    ['12.4', '12.40', false],
    ['=12.4', '12.4', true],
    ['12', '12.0', true],
    ['12', '12.8', true],
    ['12', '13.0', false],
    ['12.x', '12.6', true],
    ['>=12.4', '12.4', true],
    ['>=12.4', '12.10', true],
    ['>=12.4', '13.0', true],
    ['>=12.4', '12.3.2', false],
    ['>12.4', '12.4.1', false],
    ['>12', '12.9', false],
    ['>12', '13.0', true],
    ['<=12.4', '12.4.1', true],
    ['<12.4', '12.4', false],
    ['<=12', '12.9', true],
    ['>=12.2,<13', '12.8', true],
    ['>=12.2, <13', '13.0', false],
    ['3.10', '3.1', false],
    ['>=3.9', '3.10', true],
  ])('%s and %s: %s', (range, version, expected) => {
    expect(fits(range, version)).toBe(expected);
  });

  it.each(['', 'new', '12.4.1', '~12', '>=', '12.4,'])('is not %j', (text) => {
    expect(versionRange(text)).toEqual({ ok: false, message: expect.stringContaining('12.4') });
  });

  it('says where its parts exclude each other', () => {
    expect(versionRange('>=13,<12')).toMatchObject({
      ok: false,
      message: expect.stringContaining('exclude'),
    });
  });
});
