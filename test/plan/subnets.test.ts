import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeSubnets, overlaps, subnetsOf } from '../../controller/plan/subnets.ts';

const anyRange = fc
  .record({
    address: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)),
    bits: fc.integer({ min: 8, max: 28 }),
    more: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ address, bits, more }) => ({
    base: `${address.join('.')}/${bits}`,
    prefix: Math.min(30, bits + more),
  }));

describe('the subnets of a range', () => {
  it('fill it, lie inside it and never overlap', () => {
    fc.assert(
      fc.property(anyRange, (range) => {
        const all = [...subnetsOf(range)];
        expect(all).toHaveLength(2 ** (range.prefix - Number(range.base.split('/')[1])));
        all.forEach((one, index) => {
          expect(overlaps(one, range.base)).toBe(true);
          expect(one.endsWith(`/${range.prefix}`)).toBe(true);
          for (const other of all.slice(index + 1)) expect(overlaps(one, other)).toBe(false);
        });
      }),
    );
  });

  it('begin with the lowest', () => {
    const [first, second] = subnetsOf({ base: '10.213.0.0/16', prefix: 26 });
    expect([first, second]).toEqual(['10.213.0.0/26', '10.213.0.64/26']);
  });

  it.each([
    ['a range smaller than one subnet', { base: '10.0.0.0/28', prefix: 26 }],
    ['what is no range', { base: 'ten/8', prefix: 26 }],
    ['an address that cannot be', { base: '10.0.0.256/8', prefix: 26 }],
    ['too many bits', { base: '10.0.0.0/33', prefix: 26 }],
  ])('are none in %s', (_, range) => {
    expect([...subnetsOf(range)]).toEqual([]);
  });
});

describe('the free subnets of a range', () => {
  it('are those that overlap nothing taken, in the same order', () => {
    const taken = fc.array(
      fc.oneof(
        anyRange.map(({ base }) => base),
        // Close to the range, so that most of them matter.
        fc.tuple(fc.nat(255), fc.integer({ min: 20, max: 30 })).map(([c, d]) => `10.1.${c}.0/${d}`),
        fc.constant('fd00::/64'),
      ),
    );
    fc.assert(
      fc.property(taken, (blocks) => {
        const range = { base: '10.1.0.0/16', prefix: 22 };
        const free = [...subnetsOf(range)].filter(
          (one) => !blocks.some((block) => overlaps(one, block)),
        );
        expect([...freeSubnets(range, blocks)]).toEqual(free);
      }),
    );
  });
});

describe('overlap', () => {
  it.each([
    ['10.0.0.0/8', '10.213.0.0/16', true],
    ['10.213.0.64/26', '10.213.0.0/26', false],
    ['10.213.0.77/26', '10.213.0.64/26', true],
    ['0.0.0.0/0', '172.17.0.0/16', true],
    ['fd00::/64', '10.0.0.0/8', false],
  ])('of %s and %s: %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });
});
