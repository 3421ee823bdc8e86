import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Family } from '../../controller/model/series.ts';
import { exposition } from '../../controller/report/prometheus.ts';
import { readExposition } from '../support/exposition.ts';

it('writes HELP and TYPE once, above all samples of a name', () => {
  const families: readonly Family[] = [
    {
      name: 'a_seconds',
      kind: 'histogram',
      help: 'A \\ and\na line.',
      samples: [
        { labels: { le: '0.1' }, value: 1, suffix: '_bucket' },
        { labels: { le: '+Inf' }, value: 2, suffix: '_bucket' },
        { labels: {}, value: 1.5, suffix: '_sum' },
        { labels: {}, value: 2, suffix: '_count' },
      ],
    },
    { name: 'b', kind: 'gauge', help: '', samples: [{ labels: { x: 'a"\n\\' }, value: Infinity }] },
  ];
  expect(exposition(families)).toBe(
    [
      '# HELP a_seconds A \\\\ and\\na line.',
      '# TYPE a_seconds histogram',
      'a_seconds_bucket{le="0.1"} 1',
      'a_seconds_bucket{le="+Inf"} 2',
      'a_seconds_sum 1.5',
      'a_seconds_count 2',
      '# HELP b ',
      '# TYPE b gauge',
      'b{x="a\\"\\n\\\\"} +Inf',
      '',
    ].join('\n'),
  );
});

it('is read back the same, whatever names and numbers there are', () => {
  const label = fc.string({ unit: 'binary', maxLength: 12 });
  const value = fc.double();
  fc.assert(
    fc.property(fc.array(fc.tuple(label, value), { minLength: 1, maxLength: 5 }), (given) => {
      const samples = given.map(([text, number], index) => ({
        labels: { text, index: String(index) },
        value: number === 0 ? 0 : number,
      }));
      const text = exposition([{ name: 'x', kind: 'gauge', help: 'h', samples }]);
      const [family] = readExposition(text);
      expect(family?.samples.map(({ labels, value: read }) => ({ labels, value: read }))).toEqual(
        samples,
      );
    }),
  );
});

it.each([
  ['a 1', 'of nothing'],
  ['# HELP a h\n# TYPE a gauge\na 1\n# HELP b h\n# TYPE b gauge\nb 1\na 2', 'stands among'],
  ['# HELP a h\n# TYPE a gauge\na 1\na 1', 'comes twice'],
  ['# HELP a h\n# TYPE a gauge\na{x="1} 1', 'no sample'],
  ['# HELP a h\n# TYPE a gauge\na{x="\\q"} 1', 'no escape'],
  ['# HELP a h\n# TYPE a gauge\na 1,5', 'value'],
])('the reader of the tests refuses %j', (text, why) => {
  expect(() => readExposition(`${text}\n`)).toThrow(why);
});
