import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDotenv } from '../../specs/dotenv.ts';

const read = (text: string): ReturnType<typeof readDotenv> =>
  readDotenv(new TextEncoder().encode(text));

test('what people write is read', () => {
  const { values, faults } = read(
    [
      '# a comment',
      '',
      'A=1',
      'export B = two words # a comment',
      "C='single $X \\n # kept'",
      'D="double \\"q\\" \\n\\t\\$ \\x" # a comment',
      'E=',
      'F=a#b',
      'G=#c',
      '  H.i-j=x=y\r',
      'A=2',
    ].join('\n'),
  );
  expect(faults).toEqual([]);
  expect(Object.fromEntries(values)).toEqual({
    A: '2',
    B: 'two words',
    C: 'single $X \\n # kept',
    D: 'double "q" \n\t$ \\x',
    E: '',
    F: 'a#b',
    G: '',
    'H.i-j': 'x=y',
  });
});

test.each([
  ['A', 1],
  ['1A=hunter2', 1],
  ['  A B=hunter2', 3],
  ['A="hunter2', 3],
  ["A='q' hunter2", 6],
  ['=hunter2', 1],
])('%j is told of at its column, without its text', (line, column) => {
  const { faults } = read(`OK=1\n${line}\n`);
  expect(faults).toEqual([{ line: 2, column, message: expect.any(String) as string }]);
  expect(faults[0]?.message).not.toContain('hunter2');
});

test('bytes that are not text are refused', () => {
  expect(readDotenv(new Uint8Array([0x41, 0x3d, 0xff])).faults).toHaveLength(1);
  expect(read('A=\0').faults).toHaveLength(1);
});

test('any line is read or told of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { faults } = read(text);
      for (const { line, column } of faults) expect(Math.min(line, column)).toBeGreaterThan(0);
    }),
  );
});

test('a value in double quotes comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (value) => {
      const { values } = read(`A="${value.replace(/[\\"]/g, '\\$&')}"`);
      expect(values.get('A')).toBe(value);
    }),
  );
});
