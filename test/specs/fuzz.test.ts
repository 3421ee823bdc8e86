import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { codes } from '../../specs/codes.ts';
import { maxBytes, parseSpec } from '../../specs/parse.ts';
import { formatAnnotation, formatDiagnostic } from '../../specs/point.ts';
import { readSpec } from '../support/read-spec.ts';

const template = `apiVersion: mlenv/v1
project: vision
defaults: { restart: on-failure, env: { A: b } }
environments:
  one:
    image: "x:\${TAG:-1}"
    command: echo 'a b'
    ports: [8888, "16006:6006", { container: 22, host: auto }]
    mounts:
      - { source: ./data, target: /data, readOnly: true }
      - { tmpfs: true, target: /tmp, size: 1GB }
    health: { http: 8888/api, interval: 10s }
    dependsOn: { two: healthy }
  two: { image: y, ulimits: { nofile: { soft: 1, hard: 2 } } }
`;

const lines = (text: string): number => text.split('\n').length;

const isSound = async (bytes: Uint8Array): Promise<void> => {
  const text = new TextDecoder().decode(bytes);
  const read = await readSpec(bytes);
  if (read.ok) return;
  expect(read.diagnostics.length).toBeGreaterThan(0);
  for (const one of read.diagnostics) {
    expect(Object.keys(codes)).toContain(one.code);
    expect(one.line).toBeGreaterThanOrEqual(1);
    expect(one.line).toBeLessThanOrEqual(lines(text));
    expect(one.column).toBeGreaterThanOrEqual(1);
    expect(one.column).toBeLessThanOrEqual((text.split('\n')[one.line - 1] ?? '').length + 1);
    expect(one.length).toBeGreaterThanOrEqual(1);
    const shown = formatDiagnostic(one).split('\n');
    expect(shown.join('')).not.toMatch(/\p{Cc}/u);
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(600);
    expect(formatAnnotation(one)).not.toContain('\n');
  }
  const places = read.diagnostics.map(({ line, column }) => line * 100_000 + column);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
};

test('random bytes are told of or read, and never throw', async () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  await fc.assert(fc.asyncProperty(bytes, isSound), { numRuns: 500 });
});

test('random YAML-like text is told of or read, and never throws', async () => {
  const words =
    'apiVersion:_mlenv/v1|environments:|one:|image:_x|ports:|-_80|__|:|-_|?_|{|}|[|]|,_|"|\'|>|#|&a|*a|!!x|%|---|...|<<|${A}|${A:-b}|$$|3.10|~|null|.nan|0x1';
  const word = fc.constantFrom(
    ...words.split('|').map((one) => one.replaceAll('_', ' ')),
    '|',
    '\n',
    '\n',
    '\t',
    '\r',
    '\u2028',
  );
  const text = fc.array(word, { maxLength: 60 }).map((words) => words.join(''));
  const run = async (it: string): Promise<void> => isSound(new TextEncoder().encode(it));
  await fc.assert(fc.asyncProperty(text, run), { numRuns: 700 });
});

test('a good file with a piece cut out or put in is told of or read', async () => {
  const change = fc.record({
    at: fc.nat({ max: template.length }),
    drop: fc.nat({ max: 12 }),
    put: fc.string({ unit: 'grapheme', maxLength: 6 }),
  });
  const run = async ({ at, drop, put }: { at: number; drop: number; put: string }): Promise<void> =>
    isSound(new TextEncoder().encode(template.slice(0, at) + put + template.slice(at + drop)));
  await fc.assert(fc.asyncProperty(change, run), { numRuns: 700 });
});

test('any JSON in the place of any field is told of or read', async () => {
  const fields = ['image', 'command', 'env', 'ports', 'mounts', 'workspace', 'health', 'user'];
  const more = ['ulimits', 'logs', 'cpus', 'memory', 'dependsOn', 'envFile', 'labels', 'x-mine'];
  const field = fc.constantFrom(...fields, ...more);
  const run = async (one: string, value: unknown): Promise<void> => {
    const environments = { one: { image: 'x', [one]: value } };
    const text = JSON.stringify({ apiVersion: 'mlenv/v1', environments });
    await isSound(new TextEncoder().encode(text));
  };
  await fc.assert(fc.asyncProperty(field, fc.jsonValue({ maxDepth: 3 }), run), { numRuns: 700 });
});

test.each(['[', '{a: ', '- ', '? ', '- ? ', 'a: &a [*a, ', '"', 'a: 1\n', '${', '\t', '!'])(
  'a whole file of %j ends in diagnostics',
  async (piece) => {
    const text = piece.repeat(Math.floor(maxBytes / piece.length));
    await isSound(new TextEncoder().encode(text));
    expect((await readSpec(text)).ok).toBe(false);
  },
);

test('a nest that would exhaust the stack is refused by its depth', () => {
  for (const nest of ['['.repeat(2000), '- '.repeat(30_000), '{a: '.repeat(15_000)]) {
    const parsed = parseSpec(new TextEncoder().encode(nest), 'mlenv.yaml');
    expect(parsed).toMatchObject({ ok: false, diagnostics: [{ code: 'E_DEPTH', line: 1 }] });
  }
});

test('many faults are told up to a bound', async () => {
  const list = Array.from({ length: 1900 }, (_, index) => `  X${index}: {}\n`).join('');
  const read = await readSpec(`apiVersion: mlenv/v1\nenvironments:\n${list}`);
  expect(read).toMatchObject({ ok: false });
  expect(read.ok ? 0 : read.diagnostics.length).toBe(200);
});
