import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTags, newestRelease, orderTags, parseTag } from '../../controller/catalog/tags.ts';

describe('parseTag', () => {
  it.each([
    ['24.05-py3', [24, 5], '', 'py3'],
    ['25.01-py3-igpu', [25, 1], '', 'py3-igpu'],
    ['23.08-tf2-py3', [23, 8], '', 'tf2-py3'],
    ['24.09-trtllm-python-py3', [24, 9], '', 'trtllm-python-py3'],
    ['12.4.1-cudnn-devel-ubuntu22.04', [12, 4, 1], '', 'cudnn-devel-ubuntu22.04'],
    ['11.8.0-cudnn8-devel-ubuntu22.04', [11, 8, 0], '', 'cudnn8-devel-ubuntu22.04'],
    ['24.04-cuda12.2-py3.11', [24, 4], '', 'cuda12.2-py3.11'],
    ['24.05.01', [24, 5, 1], '', ''],
    ['v1.2.3', [1, 2, 3], '', ''],
    ['1.2.3-rc1', [1, 2, 3], 'rc1', ''],
    ['1.2.3rc1-slim', [1, 2, 3], 'rc1', 'slim'],
    ['2.6.0a0', [2, 6, 0], 'a0', ''],
    ['1.0-alpine', [1, 0], '', 'alpine'],
    ['1.0-base-ubuntu22.04', [1, 0], '', 'base-ubuntu22.04'],
    ['1.0-devel', [1, 0], '', 'devel'],
    ['3', [3], '', ''],
    ['latest', null, '', ''],
    ['20240501', null, '', ''],
    ['main-4f2a1b', null, '', ''],
    ['4f2a1b9', null, '', ''],
  ])('reads %s', (tag, version, preRelease, variant) => {
    expect(parseTag(tag)).toEqual({ tag, version, preRelease, variant });
  });
});

describe('orderTags', () => {
  it('orders by version, and not as text or as it was pushed', () => {
    expect(
      orderTags([
        'latest',
        '9.10-py3',
        '24.05-py3',
        '24.10-py3-igpu',
        '24.10-py3',
        '24.5.1-py3',
        '24.11-rc1',
        '24.11',
        '24.10-py3-sdk',
        '24.10-py3',
      ]).map(({ tag }) => tag),
    ).toEqual([
      '24.11',
      '24.11-rc1',
      '24.10-py3',
      '24.10-py3-igpu',
      '24.10-py3-sdk',
      '24.5.1-py3',
      '24.05-py3',
      '9.10-py3',
      'latest',
    ]);
  });

  it('leaves signatures out', () => {
    const signature = `sha256-${'0'.repeat(64)}.sig`;
    expect(orderTags([signature, '1.0']).map(({ tag }) => tag)).toEqual(['1.0']);
  });

  it('is one order, whatever order they come in', () => {
    const tag = fc.stringMatching(/^v?\d{1,2}(\.\d{1,2}){0,2}(-rc\d|-py3|-igpu|-a-b)?$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(tag, fc.constantFrom('latest', 'main'))), (tags) => {
        const ordered = orderTags(tags);
        expect(orderTags(tags.toReversed())).toEqual(ordered);
        for (const [at, left] of ordered.entries()) {
          for (const right of ordered.slice(at + 1)) {
            expect(compareTags(left, right)).toBeLessThan(0);
            expect(compareTags(right, left)).toBeGreaterThan(0);
          }
        }
      }),
    );
  });
});

describe('newestRelease', () => {
  it('is what a person means by it: no Jetson, no SDK, no candidate, no latest', () => {
    const tags = ['latest', '25.01-py3-igpu', '25.01-py3-sdk', '24.12-py3', '25.02-rc1'];
    expect(newestRelease(tags)?.tag).toBe('24.12-py3');
    expect(newestRelease(['25.01-py3-igpu', '24.12-py3-igpu'])?.tag).toBe('25.01-py3-igpu');
    expect(newestRelease(['1.0-rc1', '1.0-rc2', 'latest'])?.tag).toBe('1.0-rc2');
    expect(newestRelease(['latest', 'main'])).toBeNull();
  });
});
