import { describe, expect, test } from 'vitest';
import { codes } from '../../specs/codes.ts';
import { committed } from '../support/generated.ts';
import { renderSpec } from '../support/read-spec.ts';

// `=== name`, the file, `--- told`, and exactly what a person sees. UPDATE=1 writes the last part.
const fixture = 'test/fixtures/broken-specs.txt';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly told: string;
}

const parts = committed(fixture).split(/^=== /m).slice(1);

const cases: readonly Case[] = parts.map((part) => {
  const [head = '', told = ''] = part.split('--- told\n');
  const end = head.indexOf('\n');
  return { name: head.slice(0, end), text: head.slice(end + 1), told: told.trimEnd() };
});

const now = await Promise.all(
  cases.map(async (one): Promise<Case> => ({ ...one, told: await renderSpec(one.text) })),
);

committed(
  fixture,
  now.map(({ name, text, told }) => `=== ${name}\n${text}--- told\n${told}\n\n`).join(''),
);

describe('a broken file is told of, exactly', () => {
  test.each(cases.map((one, index) => [one.name, one, now[index]] as const))(
    '%s',
    (_, one, told) => {
      expect(told?.told).toBe(one.told);
      expect(told?.told).toMatch(/ error E_[A-Z_]+: /);
    },
  );
});

test('the corpus is wide', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test('every code that a text can cause is caused here', () => {
  const caused = new Set(now.flatMap(({ told }) => told.match(/\bE_[A-Z_]+(?=: )/g) ?? []));
  const notByText = ['E_FILE_KIND', 'E_FILE_READ', 'E_FILE_SIZE', 'E_ENCODING', 'E_TOO_MANY_KEYS'];
  // These need a host with mount roots: mount-roots.test.ts.
  const byHost = ['E_MOUNT_SOURCE', 'E_MOUNT_READ_ONLY'];
  // This one needs a lock beside the file: image.test.ts.
  const elsewhere = [...notByText, ...byHost, 'E_ENV_SYNTAX', 'E_LOCK'];
  expect([...caused, ...elsewhere].sort()).toEqual(Object.keys(codes).sort());
});
