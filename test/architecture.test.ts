import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { blank, importsOf } from './support/source.ts';

/** Folder → the folders it may import from, itself aside. */
const inner: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  specs: ['door', 'model', 'schema'],
  model: [],
  door: ['model'],
  plan: ['model'],
  admission: ['model'],
  loop: [],
  docker: ['model'],
  git: ['door', 'model'],
  notify: ['model'],
  catalog: ['model'],
  store: ['model', 'schema'],
  observe: ['door', 'model'],
  act: ['model'],
  monitor: ['model'],
  watch: ['loop', 'model'],
  reconcile: ['observe', 'plan', 'admission', 'act', 'model', 'loop'],
  service: ['reconcile', 'plan', 'admission', 'model'],
  report: ['model', 'schema'],
  setup: ['specs', 'model', 'schema'],
  cli: ['setup', 'specs', 'plan', 'admission', 'report', 'model', 'schema'],
};

/** `instance` puts the parts together, and `main`, which is what lies in controller/ itself, starts it. */
const table: Readonly<Record<string, readonly string[]>> = {
  ...inner,
  instance: Object.keys(inner),
  main: [...Object.keys(inner), 'instance'],
};

/** Package → the folders that know it. One that is not named here may be imported nowhere. */
const packages: Readonly<Record<string, readonly string[]>> = {
  dockerode: ['docker'],
  'better-sqlite3': ['store'],
  chokidar: ['watch'],
  xstate: ['plan'],
  ajv: ['specs'],
  // The command line writes YAML for `-o yaml`; only specs/ reads it.
  yaml: ['specs', 'cli'],
  systeminformation: ['observe', 'cli'],
  hono: ['report'],
  '@hono/node-server': ['report'],
  pino: ['report'],
  'cli-table3': ['report', 'cli'],
  commander: ['cli'],
};

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders that decide: what they say follows from their arguments alone. */
const pure = ['plan', 'admission'];
const impure =
  /\b(?:Date|process|await|performance|crypto|fetch|queueMicrotask|set(?:Timeout|Interval|Immediate))\b|\bMath\.random\b/;
const pureNodeModules = new Set(['node:path', 'node:path/posix']);

interface Source {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
}

const folderOf = (path: string): string => {
  const [top, second, ...rest] = path.split('/');
  if (top !== 'controller') return top ?? '';
  return rest.length === 0 ? 'main' : (second ?? '');
};

const sources: readonly Source[] = ['controller', 'specs', 'schema'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(top, name);
      return { path, folder: folderOf(path), text: readFileSync(join(root, path), 'utf8') };
    }),
);

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** What is wrong with one import; null: nothing. */
const faultOf = ({ path, folder }: Source, specifier: string | null): string | null => {
  if (specifier === null) return `${path} imports something computed, which no table can judge`;
  if (specifier.startsWith('.')) {
    const target = folderOf(relative(root, join(root, dirname(path), specifier)));
    const isAllowed = target === folder || table[folder]?.includes(target) === true;
    return isAllowed ? null : `${path} (${folder}) imports ${specifier} (${target})`;
  }
  if (specifier.startsWith('node:')) {
    const isAllowed = !pure.includes(folder) || pureNodeModules.has(specifier);
    return isAllowed ? null : `${path} is pure and imports ${specifier}`;
  }
  const isAllowed = packages[packageOf(specifier)]?.includes(folder) === true;
  return isAllowed ? null : `${path} (${folder}) imports the package ${specifier}`;
};

describe('the house', () => {
  it('has every folder in the table', () => {
    expect(sources.length).toBeGreaterThan(100);
    const folders = new Set(sources.map(({ folder }) => folder));
    expect([...folders].filter((folder) => table[folder] === undefined)).toEqual([]);
  });

  it('keeps the import table', () => {
    const faults = sources.flatMap((source) =>
      importsOf(source.text).map((specifier) => faultOf(source, specifier)),
    );
    expect(faults.length).toBeGreaterThan(200);
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it('names no package that is not a dependency', () => {
    expect(Object.keys(packages).filter((name) => !(name in manifest.dependencies))).toEqual([]);
  });

  it.each(pure)('decides in %s/ without clock, chance, process or waiting', (folder) => {
    const code = sources.filter((source) => source.folder === folder);
    expect(code.length).toBeGreaterThan(0);
    const faults = code.flatMap(({ path, text }) =>
      blank(text, { strings: true })
        .split('\n')
        .map((line, at) => ({ place: `${path}:${at + 1}`, word: impure.exec(line)?.[0] }))
        .filter(({ word }) => word !== undefined),
    );
    expect(faults).toEqual([]);
  });

  it('has no file above 250 lines', () => {
    const long = sources
      .filter(({ path }) => !path.endsWith('.generated.ts'))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });
});

describe('the judge itself', () => {
  it('sees imports in every form, and none in comments and strings of other kinds', () => {
    const source = `
      import { a,
        b } from './two-lines.ts';
      import type { C } from "./typed.ts";
      export * from './again.ts';
      import './effect.ts';
      const lazy = await import('./lazy.ts');
      type T = typeof import('./type.ts');
      // import x from './comment.ts';
      /* import('./block.ts') */
      const slash = 'http://example.org'; const more = await import('./after.ts');
      const pattern = /['"\`/]/; import('./regex.ts');
      const half = 4 / 2; import('./division.ts'); const third = 1 / 3;
      const computed = await import(name);
    `;
    expect(new Set(importsOf(source))).toEqual(
      new Set([
        './two-lines.ts',
        './typed.ts',
        './again.ts',
        './effect.ts',
        './lazy.ts',
        './type.ts',
        './after.ts',
        './regex.ts',
        './division.ts',
        null,
      ]),
    );
  });

  it('sees words in code and in templates, and none in comments and strings', () => {
    const judge = (source: string): boolean => impure.test(blank(source, { strings: true }));
    expect(judge('const now = Date.now();')).toBe(true);
    expect(judge('const text = `at ${Date.now()} o’clock`;')).toBe(true);
    expect(judge('const text = `a ${`b ${process.pid}`} c`;')).toBe(true);
    expect(judge('const x = a / b; await c; // d / e')).toBe(true);
    expect(judge('const text = "Date"; // Date')).toBe(false);
    expect(judge('const text = `Date ${x} process`;')).toBe(false);
    expect(judge("const mode = 'process'; /* await */ const r = /Date/;")).toBe(false);
    expect(judge('const update = candidate.dateless;')).toBe(false);
  });

  it('judges by the table', () => {
    const of = (path: string, specifier: string): string | null =>
      faultOf({ path, folder: folderOf(path), text: '' }, specifier);
    expect(of('controller/plan/plan.ts', '../store/open.ts')).toContain('(store)');
    expect(of('controller/plan/plan.ts', '../model/plan.ts')).toBeNull();
    expect(of('controller/plan/plan.ts', 'node:fs')).toContain('pure');
    expect(of('controller/act/execute.ts', 'dockerode')).toContain('package');
    expect(of('controller/docker/client.ts', 'dockerode')).toBeNull();
    expect(of('controller/cli/commands/up.ts', '../../main.ts')).toContain('(main)');
    expect(of('specs/parse.ts', '../controller/model/failure.ts')).toBeNull();
    expect(of('specs/parse.ts', 'left-pad')).toContain('left-pad');
  });
});
