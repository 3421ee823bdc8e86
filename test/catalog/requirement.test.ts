import { describe, expect, it } from 'vitest';
import { meets, parseRequirement } from '../../controller/catalog/requirement.ts';

const recorded = 'cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=tesla,driver>=535,driver<536';

const host = (driver: string | null, cuda: string | null, brand: string | null = 'tesla') => ({
  driver,
  cuda,
  brand,
  arch: null,
});

describe('requirements of an image', () => {
  it('are groups of conditions', () => {
    expect(parseRequirement(recorded)).toEqual([
      [{ subject: 'cuda', operator: '>=', value: '12.4' }],
      [
        { subject: 'brand', operator: '=', value: 'tesla' },
        { subject: 'driver', operator: '>=', value: '470' },
        { subject: 'driver', operator: '<', value: '471' },
      ],
      [
        { subject: 'brand', operator: '=', value: 'tesla' },
        { subject: 'driver', operator: '>=', value: '535' },
        { subject: 'driver', operator: '<', value: '536' },
      ],
    ]);
  });

  it.each([
    ['a CUDA that is new enough', host('550.54.14', '12.4'), true],
    ['numbers and not text', host('600.1', '12.10'), true],
    ['an older driver of a branch that is kept for data centres', host('535.104.05', '12.2'), true],
    ['the same on another kind of card', host('535.104.05', '12.2', 'geforce'), false],
    ['a driver between the branches', host('545.23.08', '12.3'), false],
    ['a host of which too little is known', host(null, null, null), null],
  ])('are met by %s or not', (_, given, verdict) => {
    expect(meets(parseRequirement(recorded), given)).toBe(verdict);
  });

  it('are met by any host where there are none, and never where they cannot be read', () => {
    expect(meets([], host(null, null))).toBe(true);
    expect(meets(parseRequirement('tegra>=1'), host('1', '1'))).toBeNull();
  });
});
