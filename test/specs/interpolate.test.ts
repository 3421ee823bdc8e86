import { expect, test } from 'vitest';
import { hasVariables, interpolate } from '../../specs/interpolate.ts';

const variables = new Map([
  ['A', 'one'],
  ['EMPTY', ''],
  ['TRICK', '${A} $$'],
]);

test.each([
  ['${A}', 'one'],
  ['<${A}${A}>', '<oneone>'],
  ['${EMPTY}', ''],
  ['${EMPTY:-x}', 'x'],
  ['${NONE:-}', ''],
  ['${NONE:-a b:c}', 'a b:c'],
  ['$$', '$'],
  ['$${A}', '${A}'],
  ['$$${A}', '$one'],
  ['$A $ 5$', '$A $ 5$'],
  ['${TRICK}', '${A} $$'],
])('%j becomes %j', (text, expected) => {
  expect(interpolate(text, variables)).toMatchObject({ value: expected, faults: [] });
});

test.each(['${', '${}', '${A', '${1}', '${A-x}', '${A:?x}', '${A:-${B}}', '${ A }'])(
  '%j is refused',
  (text) => {
    const { faults } = interpolate({ a: [text] }, variables);
    expect(faults).toMatchObject([{ code: 'E_VARIABLE', path: ['a', 0] }]);
  },
);

test('an unset variable is told of at its path', () => {
  const { faults } = interpolate({ a: { b: '${NONE}' } }, variables);
  expect(faults).toMatchObject([{ code: 'E_VARIABLE_UNSET', path: ['a', 'b'], piece: '${NONE}' }]);
});

test('keys stay, numbers stay, and what was replaced is known', () => {
  const { value, replaced } = interpolate({ '${A}': 5, b: ['${A}', true, null] }, variables);
  expect(value).toEqual({ '${A}': 5, b: ['one', true, null] });
  expect([...replaced]).toEqual([['${A}', 'one']]);
});

test('a short file cannot grow without bound', () => {
  const long = new Map([['A', 'x'.repeat(60_000)]]);
  const { value, faults } = interpolate('${A}'.repeat(10_000), long);
  expect(faults).toMatchObject([{ code: 'E_VARIABLE' }]);
  expect(String(value).length).toBeLessThanOrEqual(1_048_576);
});

test('only ${ is worth reading the file of variables for', () => {
  expect(hasVariables({ a: ['$$', '$A'] })).toBe(false);
  expect(hasVariables({ a: [{ b: '${A}' }] })).toBe(true);
});
