import { expect, test } from 'vitest';
import { manifest, read } from './package.ts';

const [, runTime, development] = read('docs/dependencies.md').split(/^## .*$/m);

test.each([
  ['at run time', runTime, manifest.dependencies],
  ['for development', development, manifest.devDependencies],
])(
  'docs/dependencies.md gives a reason for each package %s, and for no other',
  (_, text, wanted) => {
    const rows = [...(text ?? '').matchAll(/^\| `(.+)` \| (.+) \|$/gm)];
    expect(rows.map(([, name]) => name)).toEqual(Object.keys(wanted).sort());
    for (const [, , reason] of rows) expect(reason).toMatch(/^\w.{10,}\.$/);
  },
);
