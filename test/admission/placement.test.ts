import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PoolDevice } from '../../controller/admission/gate.ts';
import { place } from '../../controller/admission/placement.ts';
import { topologyOf } from '../../controller/admission/topology.ts';
import { device, gb, twoBoards } from '../support/pool-builders.ts';

const indexes = (
  devices: readonly PoolDevice[],
  count: number,
  { prefers = [], link = twoBoards }: { prefers?: readonly string[]; link?: typeof twoBoards } = {},
): readonly number[] | null =>
  place({
    count,
    devices,
    prefers: new Set(prefers),
    topology: topologyOf(devices, link),
  })?.map(({ index }) => index) ?? null;

const eight = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => device(index));
const without = (...taken: readonly number[]): readonly PoolDevice[] =>
  eight.filter(({ index }) => !taken.includes(index));

describe('the cards for a request', () => {
  it('lie on one board where one has enough', () => {
    expect(indexes(without(0, 1), 4)).toEqual([4, 5, 6, 7]);
    expect(indexes(without(0), 2)).toEqual([1, 2]);
  });

  it('leave a whole board whole', () => {
    expect(indexes(without(0), 3)).toEqual([1, 2, 3]);
    expect(indexes(without(4, 5), 2)).toEqual([6, 7]);
  });

  it('are, for one, the card that later sets miss least', () => {
    expect(indexes(without(0, 1, 2), 1)).toEqual([3]);
    expect(indexes(without(5, 6, 7), 1)).toEqual([4]);
  });

  it('span boards only where no board has enough', () => {
    expect(indexes(without(0, 4), 4)).toHaveLength(4);
    expect(indexes(without(0, 1, 4, 5), 5)).toBeNull();
  });

  it('are the smallest kind that has enough', () => {
    const small = [8, 9].map((index) =>
      device(index, { model: 'NVIDIA L40S', memoryBytes: 44.9 * gb }),
    );
    expect(indexes([...eight, ...small], 1)).toEqual([8]);
    expect(indexes([...eight, ...small], 2)).toEqual([8, 9]);
    expect(indexes([...eight, ...small], 3)).not.toContain(8);
  });

  it('stay the ones it has, with their kind', () => {
    expect(indexes(eight, 2, { prefers: ['GPU-5', 'GPU-2'] })).toEqual([2, 5]);
    expect(indexes(eight, 2, { prefers: ['GPU-5'] })?.includes(5)).toBe(true);
    expect(indexes(eight, 1, { prefers: ['GPU-6', 'GPU-7'] })).toEqual([6]);
  });

  it('do not depend on the order in which the cards are listed', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(eight, { minLength: 1 }),
        fc.integer({ min: 1, max: 8 }),
        (devices, count) => {
          const sorted = devices.toSorted((a, b) => a.index - b.index);
          expect(indexes(devices, count)).toEqual(indexes(sorted, count));
          const chosen = indexes(devices, count);
          if (chosen !== null) expect(new Set(chosen).size).toBe(count);
          else expect(devices.length).toBeLessThan(count);
        },
      ),
    );
  });

  it('are found among 128 as well, on as few boards as can be', () => {
    const many = Array.from({ length: 128 }, (_, index) => device(index));
    expect(indexes(many, 4)).toEqual([0, 1, 2, 3]);
    expect(indexes(many, 100)).toHaveLength(100);
  });
});
