import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

// Who may import whom. A folder may always import from itself; what is not listed is not allowed.
const allowed: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  specs: ['controller/model', 'schema'],
  'controller/model': [],
  'controller/plan': ['controller/model'],
  'controller/admission': ['controller/model'],
  'controller/loop': [],
  'controller/docker': ['controller/model'],
  'controller/store': ['controller/model', 'schema'],
  'controller/catalog': ['controller/model'],
  'controller/observe': ['controller/model'],
  'controller/act': ['controller/model'],
  'controller/monitor': ['controller/model'],
  'controller/watch': ['controller/loop', 'controller/model'],
  'controller/reconcile': [
    'controller/observe',
    'controller/plan',
    'controller/admission',
    'controller/act',
    'controller/model',
    // A pass ends in one of the loop's outcomes.
    'controller/loop',
  ],
  // The Api over the loop: what a person asks becomes rows and keys.
  'controller/service': ['controller/reconcile', 'controller/plan', 'controller/model'],
  'controller/report': ['controller/model'],
  'controller/cli': ['specs', 'controller/plan', 'controller/report', 'controller/model', 'schema'],
};

/** Packages that one folder alone may import. */
const owners: Readonly<Record<string, string>> = {
  dockerode: 'controller/docker',
  'better-sqlite3': 'controller/store',
  ajv: 'specs',
  chokidar: 'controller/watch',
};

const sources = ['controller', 'specs', 'schema'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(top, file)),
);

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(20);
});

test('folders import along the table only', () => {
  const strays = sources.flatMap((file) =>
    relativeImports(file)
      .filter((target) => !isAllowed(folderOf(file), folderOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
  expect(strays).toEqual([]);
});

test('a package that has a home is imported there alone', () => {
  const strays = sources.flatMap((file) =>
    importsOf(file)
      .filter((name) => {
        const owner = owners[name.split('/')[0] ?? ''];
        return owner !== undefined && folderOf(file) !== owner;
      })
      .map((name) => `${file} imports ${name}`),
  );
  expect(strays).toEqual([]);
});

test('decisions know no clock, no chance, no process and no waiting', () => {
  const impure = /\bnew Date\b|\bDate\.now\b|\bMath\.random\b|\bprocess\b|\bawait\b|\bnode:/;
  const strays = sources
    .filter((file) => ['controller/plan', 'controller/admission'].includes(folderOf(file)))
    .filter((file) => impure.test(withoutComments(readFileSync(file, 'utf8'))));
  expect(strays).toEqual([]);
});

/** These put the house together, and may import all of it. */
const composition = ['controller', 'controller/instance'];

const isAllowed = (from: string, to: string): boolean =>
  from === to || composition.includes(from) || (allowed[from]?.includes(to) ?? false);

const folderOf = (file: string): string => {
  const parts = dirname(file).split('/');
  return parts.slice(0, parts[0] === 'controller' ? 2 : 1).join('/');
};

const relativeImports = (file: string): readonly string[] =>
  importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)));

const importsOf = (file: string): readonly string[] => {
  const text = withoutComments(readFileSync(file, 'utf8'));
  const statements = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g;
  return [...text.matchAll(statements)].map(([, name = '']) => name);
};

const withoutComments = (text: string): string =>
  text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
