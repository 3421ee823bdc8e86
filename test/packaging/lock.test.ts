import { expect, test } from 'vitest';
import { manifest, read } from './package.ts';

interface LockEntry {
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockEntry>>;
};

// A lock that was written where one platform's binary was out of reach breaks `npm ci` everywhere.
test('every optional dependency has an entry', () => {
  const wanted = Object.entries(lock.packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).map((name) => ({ path, name })),
  );
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.filter(({ path, name }) => !isFound(path, name))).toEqual([]);
});

test('it names no place to download from', () => {
  const places = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined);
  expect(places).toEqual([]);
  expect(read('package-lock.json')).not.toMatch(/"(resolved|integrity)": "https?:/);
});

test('it is the lock of this package.json', () => {
  const own = lock.packages[''];
  expect(own?.dependencies).toEqual(manifest.dependencies);
  expect(own?.devDependencies).toEqual(manifest.devDependencies);
});

/** Looks where Node would: in the package's own node_modules, then in those above it. */
const isFound = (path: string, name: string): boolean => {
  for (
    let folder = path;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const prefix = folder === '' ? '' : `${folder}/`;
    if (`${prefix}node_modules/${name}` in lock.packages) return true;
    if (folder === '') return false;
  }
};
