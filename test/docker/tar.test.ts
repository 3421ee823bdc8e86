import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTar, type TarEntry, writeTar } from '../../controller/docker/tar.ts';

const name = fc
  .array(fc.stringMatching(/^[a-z0-9_-]{1,20}$/), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join('/'));
const ids = { uid: fc.nat(2 ** 32 - 2), gid: fc.nat(2 ** 32 - 2), mode: fc.nat(0o7777) };
const entry: fc.Arbitrary<TarEntry> = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    name,
    ...ids,
    data: fc.uint8Array({ maxLength: 2000 }),
  }),
  fc.record({ kind: fc.constant('folder' as const), name, ...ids }),
  fc.record({
    kind: fc.constant('link' as const),
    name,
    ...ids,
    to: name.map((n) => n.slice(0, 99)),
  }),
);

test('what was written is read back, whatever the sizes, names and ids', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
      expect(readTar(writeTar(entries))).toEqual(entries);
    }),
  );
});

test("the system's tar reads it the same", () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-tar-'));
  try {
    const archive = join(folder, 'a.tar');
    const common = { uid: 0, gid: 0, mode: 0o640 };
    writeFileSync(
      archive,
      writeTar([
        { ...common, kind: 'folder', name: 'box', mode: 0o750 },
        { ...common, kind: 'file', name: 'box/note', data: Buffer.from('hello') },
      ]),
    );
    execFileSync('tar', ['-xf', archive, '-C', folder, '--no-same-owner', '-p']);
    expect(readFileSync(join(folder, 'box/note'), 'utf8')).toBe('hello');
    expect(statSync(join(folder, 'box/note')).mode & 0o777).toBe(0o640);
    expect(statSync(join(folder, 'box')).mode & 0o777).toBe(0o750);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a path that ustar cannot hold is an error, not a cut name', () => {
  const long = { kind: 'folder', uid: 0, gid: 0, mode: 0, name: 'x'.repeat(200) } as const;
  expect(() => writeTar([long])).toThrow(RangeError);
});
