import { describe, expect, it } from 'vitest';
import { driverFit } from '../../controller/plan/driver-fit.ts';

const image = (cuda: string | null, minDriver: string | null = null) => ({ cuda, minDriver });
const host = (version: string, cuda: string | null = null) => ({ version, cuda });

describe('whether a driver serves an image', () => {
  it('tells what is needed and what there is', () => {
    expect(driverFit(image('12.4'), host('535.183.01', '12.2'))).toEqual({
      verdict: 'minor',
      message: 'needs driver ≥ 550; this host has 535',
    });
  });

  it.each([
    ['as new as its CUDA', image('12.4'), host('550.54.14'), 'fits'],
    ['a newer one', image('12.4'), host('570.133.20', '12.8'), 'fits'],
    ['one that says itself that it serves it', image('12.4'), host('545.1', '12.4'), 'fits'],
    ['too old for the major CUDA', image('12.4'), host('470.57.02', '11.4'), 'too-old'],
    ['of a major CUDA before', image('13.0'), host('570.133.20', '12.8'), 'too-old'],
    [
      'a CUDA that no table has, by what the image says',
      image('14.0', '700.1'),
      host('580.1'),
      'too-old',
    ],
    [
      'a CUDA newer than the table, of a major one before',
      image('13.1'),
      host('570.133.20', '12.8'),
      'too-old',
    ],
    [
      'a CUDA newer than the table, of the same major one',
      image('13.2'),
      host('580.65.06', '13.0'),
      'minor',
    ],
    [
      'a CUDA newer than the table, which the driver serves',
      image('13.1'),
      host('590.1', '13.1'),
      'fits',
    ],
    ['the last part counts as a number', image('12.2'), host('535.104.05'), 'fits'],
  ] as const)('%s', (_, of, on, verdict) => {
    expect(driverFit(of, on).verdict).toBe(verdict);
  });

  it('does not know without cards, and tells what is needed', () => {
    expect(driverFit(image('12.4'), null)).toEqual({
      verdict: 'unknown',
      message: 'needs driver ≥ 550',
    });
    expect(driverFit(image(null), host('535.1'))).toEqual({ verdict: 'unknown', message: '' });
  });
});
