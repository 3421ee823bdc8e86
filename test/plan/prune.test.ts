import { describe, expect, it } from 'vitest';
import { massRemoval } from '../../controller/plan/prune.ts';
import { minutes, noon } from '../support/plan-builders.ts';

const [ada, bob, mallory] = [1, 2, 3];

const some = (vanished: number, present: number, owner = ada) => [
  ...Array.from({ length: vanished }, () => ({ vanishedAt: noon, owner })),
  ...Array.from({ length: present }, () => ({ vanishedAt: null, owner })),
];
const never = (): null => null;

describe('a mass removal', () => {
  it.each([
    ['three of three: few enough', 3, 0, false],
    ['four of four', 4, 0, true],
    ['four of nineteen: more than a fifth', 4, 15, true],
    ['four of twenty: a fifth', 4, 16, false],
    ['none', 0, 9, false],
  ])('%s', (_, vanished, present, expected) => {
    expect(massRemoval(some(vanished, present), ada, never)).toBe(expected);
  });

  it('is none once a person confirmed what had vanished by then', () => {
    expect(massRemoval(some(9, 0), ada, () => noon)).toBe(false);
    expect(massRemoval(some(9, 0), ada, () => noon - minutes(1))).toBe(true);
  });

  it.each([
    ['fifty of mallory’s', some(50, 0, mallory), some(1, 3, bob), []],
    ['all of mallory’s, and some of two others', some(50, 0, mallory), some(2, 3, bob), some(1, 1)],
    ['three of mallory’s', some(3, 0, mallory), some(1, 3, bob), some(1, 9)],
  ])('of one owner holds nobody else: %s', (_, hers, bobs, others) => {
    const all = [...hers, ...bobs, ...others];
    expect(massRemoval(all, bob, never)).toBe(false);
    expect(massRemoval(all, mallory, never)).toBe(hers.length > 3);
  });

  it('of several owners is an accident of the host, and holds each', () => {
    const all = [...some(2, 0, ada), ...some(2, 0, bob), ...some(2, 0, mallory), ...some(0, 1, 4)];
    for (const owner of [ada, bob, mallory]) expect(massRemoval(all, owner, never)).toBe(true);
    expect(massRemoval(all, 4, never)).toBe(false);
  });

  it('of all that there is on a small host is one as well', () => {
    expect(massRemoval([...some(3, 0, ada), ...some(3, 0, bob)], bob, never)).toBe(true);
    expect(massRemoval([...some(3, 0, ada), ...some(3, 1, bob)], bob, never)).toBe(false);
  });

  it('that one owner confirmed stays held for the others', () => {
    const all = [...some(9, 0, ada), ...some(9, 0, bob)];
    const onlyAda = (owner: number): number | null => (owner === ada ? noon : null);
    expect(massRemoval(all, ada, onlyAda)).toBe(false);
    expect(massRemoval(all, bob, onlyAda)).toBe(true);
  });
});
