import { assert, double, property } from 'fast-check';
import { expect, test } from 'vitest';
import { exponent, ms, ratios } from './figures.ts';
import { warningAt } from './machine.ts';
import { cells, columns, markdown, printed, replaced, type Section } from './report.ts';

const section: Section = {
  id: 'startup',
  title: 'Start',
  figures: [
    { name: 'bare', values: [10], text: ms },
    {
      name: 'ours',
      values: [20, 30, 40],
      text: ms,
      floor: { name: 'bare', values: [10, 10, 40] },
      goal: '1.7 ×',
    },
  ],
};

test('a power law gives its exponent back, whatever its factor', () => {
  assert(
    property(
      double({ min: 0.2, max: 3, noNaN: true }),
      double({ min: 0.1, max: 100, noNaN: true }),
      (power, factor) => {
        const points = [100, 1000, 10_000].map((size) => ({ size, cost: factor * size ** power }));
        expect(exponent(points)).toBeCloseTo(power, 6);
      },
    ),
  );
});

test('a ratio is of one round, and of the median floor where the rounds differ', () => {
  expect(ratios([20, 30, 40], [10, 10, 40])).toEqual([2, 3, 1]);
  expect(ratios([20, 40], [10])).toEqual([2, 4]);
});

test('a figure stands beside its floor with its spread', () => {
  expect(section.figures.map(cells)).toEqual([
    ['bare', '10.0 ms', '', '', '', ''],
    ['ours', '30.0 ms', '20.0 ms … 40.0 ms', '2.00 × bare (1.00 … 3.00)', '1.7 ×', ''],
  ]);
  expect(printed(section).split('\n')).toHaveLength(5);
});

test('the document takes the new table in the place of the old one, and only there', () => {
  const before = 'a\n<!-- measured: startup -->\nold\n<!-- end: startup -->\nb\n';
  const table = markdown(section, 'two cores');
  const after = replaced(before, 'startup', table);
  expect(after).toBe(`a\n<!-- measured: startup -->\n\n${table}\n\n<!-- end: startup -->\nb\n`);
  expect(replaced(after, 'startup', table)).toBe(after);
  expect(table.split('\n')[2]).toBe(`| ${columns.join(' | ')} |`);
  expect(() => replaced(before, 'resident', table)).toThrow('no place for resident');
});

test('a busy machine is told', () => {
  expect(warningAt(0.4, 2)).toBeNull();
  expect(warningAt(3, 2)).toContain('load 3.00 on 2 cores');
});
