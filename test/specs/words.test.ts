import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitWords } from '../../specs/words.ts';

test.each([
  ['jupyter lab', ['jupyter', 'lab']],
  ['  a\t b \n c ', ['a', 'b', 'c']],
  [`echo "a b" 'c d'`, ['echo', 'a b', 'c d']],
  [`a"b"'c'`, ['abc']],
  [`'' ""`, ['', '']],
  ['a\\ b', ['a b']],
  [`"a\\"b\\n"`, ['a"b\\n']],
  [`'a\\b'`, ['a\\b']],
  ['$HOME | * && `x`', ['$HOME', '|', '*', '&&', '`x`']],
])('%j', (text, words) => {
  expect(splitWords(text)).toEqual({ ok: true, words });
});

test.each([`a 'b`, 'a "b', 'a \\', '', '   '])('%j is refused', (text) => {
  expect(splitWords(text).ok).toBe(false);
});

test('words in single quotes come back as they were', () => {
  const word = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const text = words.map((one) => `'${one.replace(/'/g, `'\\''`)}'`).join(' ');
      expect(splitWords(text)).toEqual({ ok: true, words });
    }),
  );
});
