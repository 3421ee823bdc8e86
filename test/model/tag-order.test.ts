import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byTag, tagOrder } from '../../controller/model/tag-order.ts';

describe('the order of tags', () => {
  it('is that of their numbers, the newest first', () => {
    const tags = ['9.9', 'latest', '24.05-py3', '23.10-py3', 'v1.2.3', '24.10-py3', '24.5.1-py3'];
    expect(tags.toSorted(byTag)).toEqual([
      '24.10-py3',
      '24.5.1-py3',
      '24.05-py3',
      '23.10-py3',
      '9.9',
      'v1.2.3',
      'latest',
    ]);
  });

  it('puts the plain one before its variants, and a release before what led to it', () => {
    expect(['25.01-py3-igpu', '25.01-py3-min', '25.01-py3'].toSorted(byTag)[0]).toBe('25.01-py3');
    expect(['1.2.0-rc1', '1.2.0'].toSorted(byTag)).toEqual(['1.2.0', '1.2.0-rc1']);
  });

  it('reads no number out of the digits of a commit', () => {
    expect(tagOrder('0d4fab1')).toBe('');
    expect(tagOrder('20240501')).not.toBe('');
  });

  it('sorts as text as the numbers do', () => {
    const part = fc.integer({ min: 0, max: 999_999_999 });
    fc.assert(
      fc.property(fc.tuple(part, part), fc.tuple(part, part), (a, b) => {
        const [left, right] = [tagOrder(a.join('.')), tagOrder(b.join('.'))];
        const order = a[0] - b[0] || a[1] - b[1];
        expect(Math.sign(left < right ? -1 : left > right ? 1 : 0)).toBe(Math.sign(order));
      }),
    );
  });
});
