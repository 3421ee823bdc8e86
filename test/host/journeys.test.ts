import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const read = (...parts: readonly string[]): string =>
  readFileSync(join(fileURLToPath(new URL('.', import.meta.url)), ...parts), 'utf8');
const journeys = readdirSync(fileURLToPath(new URL('journeys', import.meta.url)));

/** The names of a journey's checks; what a shell would fill in is anything. */
const checksOf = (text: string): readonly RegExp[] =>
  [...text.matchAll(/^\s*check(?:_not)? (?:'([^']+)'|"([^"]+)")/gm)].map(
    ([, plain, filled]) =>
      new RegExp(`^${escape(plain ?? filled ?? '').replaceAll(/\\\$\w+/g, '.+')}$`),
  );

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

test.each(journeys)(
  '%s begins with its title and has a twin that fails at one of its checks',
  (name) => {
    const text = read('journeys', name);
    expect(text).toMatch(/^# [A-Z].*[.]\n/);
    expect(text).toContain('\nbegin() {');
    const fails = /^# fails: (.+)$/m.exec(read('sabotage', name))?.[1] ?? '';
    expect(checksOf(text).some((check) => check.test(fails))).toBe(true);
  },
);
