import { expect, test } from 'vitest';
import { maxBytes, parseSpec } from '../../specs/parse.ts';
import { child, toValue } from '../../specs/tree.ts';

const parse = (text: string | Uint8Array): ReturnType<typeof parseSpec> =>
  parseSpec(typeof text === 'string' ? new TextEncoder().encode(text) : text, 'mlenv.yaml');

const valueOf = (text: string): unknown => {
  const parsed = parse(text);
  return parsed.ok ? toValue(parsed.root) : parsed.diagnostics;
};

test('YAML 1.2 core: yes, on and 22:22 are text, numbers and booleans are what they look like', () => {
  const text = 'a: yes\nb: on\nc: 22:22\nd: 014\ne: 1.5\nf: true\ng: ~\nh: "5"\ni: 2001-01-01\n';
  expect(valueOf(text)).toEqual({
    a: 'yes',
    b: 'on',
    c: '22:22',
    d: 14,
    e: 1.5,
    f: true,
    g: null,
    h: '5',
    i: '2001-01-01',
  });
});

test('keys are text as written', () => {
  expect(valueOf('8888: a\nyes: b\nnull: c\n0x1: d\n"q": e\n')).toEqual({
    '8888': 'a',
    yes: 'b',
    null: 'c',
    '0x1': 'd',
    q: 'e',
  });
});

test('__proto__ is a key like any other and pollutes nothing', () => {
  const value = valueOf('__proto__: { polluted: 1 }\nconstructor: 2\n') as object;
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(value)).toBeNull();
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test.each([
  ['a NUL', 'a: b\0c\n', 1, 5],
  ['an escape character', 'a: 1\nb: \u001b[31m\n', 2, 4],
  ['a second byte order mark', '\uFEFF\uFEFFa: 1\n', 1, 1],
  ['a byte order mark inside', 'a: \uFEFF1\n', 1, 4],
])('%s is refused where it stands', (_, text, line, column) => {
  const parsed = parse(text);
  expect(parsed).toMatchObject({ ok: false, diagnostics: [{ code: 'E_ENCODING', line, column }] });
});

test('one byte order mark at the very beginning is allowed', () => {
  expect(valueOf('\uFEFFa: 1\n')).toEqual({ a: 1 });
});

test('bytes that are not UTF-8 are refused where they stand', () => {
  const parsed = parse(new Uint8Array([0x61, 0x3a, 0x0a, 0x62, 0xff, 0x0a]));
  expect(parsed).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'E_ENCODING', line: 2, column: 2 }],
  });
});

test('64 KiB are read and one byte more is not', () => {
  const text = 'a: ' + 'b'.repeat(maxBytes - 4) + '\n';
  expect(parse(text).ok).toBe(true);
  expect(parse(`${text}\n`)).toMatchObject({ ok: false, diagnostics: [{ code: 'E_FILE_SIZE' }] });
});

test('2000 keys are read and one more is not', () => {
  const keys = (count: number): string =>
    Array.from({ length: count }, (_, index) => `k${index}: 1\n`).join('');
  expect(parse(keys(2000)).ok).toBe(true);
  expect(parse(keys(2001))).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'E_TOO_MANY_KEYS', line: 2001 }],
  });
});

test('20 levels are read and one more is not', () => {
  const nest = (depth: number): string => `a: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}\n`;
  expect(parse(nest(20)).ok).toBe(true);
  expect(parse(nest(21))).toMatchObject({ ok: false, diagnostics: [{ code: 'E_DEPTH' }] });
});

test('a block text that looks like YAML features is text', () => {
  expect(valueOf('a: |\n  *b &c !!d\n  <<: x\nb: "*x"\nc: \'&y\'\n')).toEqual({
    a: '*b &c !!d\n<<: x\n',
    b: '*x',
    c: '&y',
  });
});

test('the tree knows each place in the text', () => {
  const parsed = parse('a:\n  bb: [1, xyz]\n');
  const list = parsed.ok ? child(child(parsed.root, 'a'), 'bb') : undefined;
  expect(child(list, 1)).toMatchObject({ value: 'xyz', span: { start: 13, end: 16 } });
});
