import { expect, test } from 'vitest';
import { diagnosticAt, formatAnnotation, formatDiagnostic, sourceOf } from '../../specs/point.ts';

const say = { code: 'E_VALUE', message: 'it cannot be', hint: 'write another' } as const;

const at = (text: string, piece: string): ReturnType<typeof diagnosticAt> => {
  const start = text.indexOf(piece);
  return diagnosticAt(sourceOf('mlenv.yaml', text), { start, end: start + piece.length }, say);
};

test('line, column, the line itself, a caret and what to do', () => {
  expect(formatDiagnostic(at('a: 1\r\nbb: two\r\n', 'two'))).toBe(
    [
      'mlenv.yaml:2:5 error E_VALUE: it cannot be',
      '  2 | bb: two',
      '    |     ^^^',
      '  write another',
    ].join('\n'),
  );
});

test('columns count characters, not units of UTF-16', () => {
  expect(at('a: 😀😀 x\n', 'x')).toMatchObject({ line: 1, column: 7, length: 1 });
});

test('tabs and control characters become blanks, so that the caret stands right', () => {
  const shown = formatDiagnostic(at('a:\t\u001b[31m\u202ered x\n', 'x')).split('\n');
  expect(shown[1]).toBe('  1 | a:  [31m red x');
  expect(shown[2]?.indexOf('^')).toBe(shown[1]?.indexOf('x'));
});

test('a long line is a window with the caret in it', () => {
  for (const before of [99, 100, 101, 500, 5000]) {
    const shown = formatDiagnostic(at(`${'a'.repeat(before)}X${'b'.repeat(5000)}`, 'X')).split(
      '\n',
    );
    expect(shown[2]?.indexOf('^')).toBe(shown[1]?.indexOf('X'));
    expect(shown[1]?.length).toBeLessThanOrEqual(168);
  }
});

test('a span over several lines is marked on its first', () => {
  expect(at('a: [x,\n  y]\n', '[x,\n  y]')).toMatchObject({ line: 1, column: 4, length: 3 });
});

test('what is missing at the end is shown behind the last character', () => {
  const source = sourceOf('mlenv.yaml', 'a: {\n\n');
  expect(diagnosticAt(source, { start: 6, end: 6 }, say)).toMatchObject({ line: 1, column: 5 });
});

test('an annotation is one line with everything escaped', () => {
  const one = { ...at('a: b\n', 'b'), file: 'x,y:z.yaml', message: '100 %\nno' };
  expect(formatAnnotation(one)).toBe(
    '::error file=x%2Cy%3Az.yaml,line=1,col=4,endColumn=5,title=E_VALUE::100 %25 no (write another)',
  );
});
