import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import schema from '../schema/mlenv.schema.json' with { type: 'json' };
import { buildProgram } from '../controller/cli/program.ts';
import { read, root } from './packaging/package.ts';
import { fakeWorld } from './support/api-fake.ts';
import { fakeCli, run } from './support/cli-fake.ts';

const readme = read('README.md');
const decisions = readdirSync(join(root, 'docs/decisions'))
  .sort()
  .map((name) => `docs/decisions/${name}`);
const byHand = [
  'README.md',
  'CHANGELOG.md',
  'controller/README.md',
  'specs/README.md',
  'test/README.md',
  'docs/install.md',
  'docs/health.md',
  'docs/notices.md',
  'docs/quotas.md',
  'docs/registry.md',
  ...decisions,
];

const folder = mkdtempSync(join(tmpdir(), 'mlenv-readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

const validate = (text: string) => {
  writeFileSync(join(folder, 'mlenv.yaml'), text);
  return run(fakeCli(fakeWorld(), { cwd: folder }), 'validate');
};

const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text]) => text ?? '',
  );

describe('the file, by example', () => {
  const [example = '', ...others] = blocks('yaml');

  it('is one, and valid', async () => {
    expect(others).toEqual([]);
    expect(await validate(example)).toMatchObject({ code: 0, err: '' });
  });

  it('uses most fields of the schema', () => {
    const names = Object.keys(schema.$defs.environment.properties);
    const used = names.filter((name) => new RegExp(`^ +${name}:`, 'm').test(example));
    expect(names.filter((name) => !used.includes(name))).toEqual([
      'entrypoint',
      'init',
      'envFile',
      'network',
    ]);
  });
});

describe('the first two minutes', () => {
  const [session = ''] = blocks('console');
  const [, file = '', told = ''] =
    /cat mlenv\.yaml\n(.*?)\n~\/vision\$ mlenv up\nmlenv: the spec has faults\n\n(.*?)\n~\/vision\$/s.exec(
      session,
    ) ?? [];

  it('begin with a fault that is told as printed', async () => {
    const { code, out, err } = await validate(file);
    expect(code).toBe(5);
    expect(`${out}${err}`.trim()).toBe(told.trim());
  });

  it('go on with a file that is valid', async () => {
    expect(session).toContain('$ sed -i s/imgae/image/ mlenv.yaml');
    expect(await validate(file.replace('imgae', 'image'))).toMatchObject({ code: 0 });
  });
});

describe('promises', () => {
  const [, section = ''] = /^## Promises\n(.*?)^## /ms.exec(readme) ?? [];
  const promises = section.split(/^(?=\d+\. )/m).slice(1);

  it('are numbered', () => {
    expect(promises.length).toBeGreaterThanOrEqual(10);
    expect(promises.map((text) => Number.parseInt(text, 10))).toEqual(
      promises.map((_, index) => index + 1),
    );
  });

  it.each(promises.map((text) => [text.split('\n')[0] ?? '', text] as const))(
    '%s',
    (_, promise) => {
      const tests = [...promise.matchAll(/^ +- \[(test\/[^\]]+)\]\(\1\): `(.+)`$/gm)];
      expect(tests.length).toBe(promise.trimEnd().split('\n').length - 1);
      expect(tests.length).toBeGreaterThan(0);
      for (const [, file = '', name = ''] of tests) {
        expect(testNames(read(file)), file).toContain(name);
      }
    },
  );
});

describe.each(byHand)('%s', (file) => {
  const text = read(file);

  it('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to ?? '');
    const broken = links
      .filter((to) => !/^https?:/.test(to))
      .filter((to) => {
        const [path = '', anchor] = to.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchors(read(target)).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('names files of the source that are there', () => {
    const named = [...text.matchAll(/`((?:controller|specs|schema|test)\/[\w./-]+\.\w+)`/g)];
    const missing = named
      .map(([, path]) => path ?? '')
      .filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  it('names commands and scripts that are there', () => {
    const io = { stdout: silent, stderr: silent, version: '0' };
    const program = buildProgram({ io, start: async () => {} });
    const commands = new Set([...program.commands.map((command) => command.name()), 'help']);
    const code = [...text.matchAll(/```.*?```|`[^`]+`/gs)].map(([each]) => each).join('\n');
    const unknown = [
      ...[...code.matchAll(/(?:^|[`$] )mlenv ([a-z]+)/gm)].filter(
        ([, name]) => !commands.has(name ?? ''),
      ),
      ...[...code.matchAll(/npm run ([\w:-]+)/g)].filter(
        ([, name]) => !((name ?? '') in packageJson.scripts),
      ),
    ].map(([each]) => each);
    expect(unknown).toEqual([]);
  });
});

describe('decisions', () => {
  it('are numbered without a gap, and each says the same four things', () => {
    expect(decisions.length).toBeGreaterThan(0);
    decisions.forEach((path, index) => {
      const number = String(index + 1).padStart(4, '0');
      expect(path).toMatch(new RegExp(`/${number}-[a-z0-9-]+\\.md$`));
      const text = read(path);
      expect(text).toMatch(new RegExp(`^# ${number}: `));
      expect(
        [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title),
        path,
      ).toEqual(['Context', 'Decision', 'Consequence', 'Tried']);
    });
  });
});

const silent = { isTTY: false, write: () => {}, size: () => null, onResize: () => () => {} };

/** The names of a file's tests and scenarios, without the part that a table fills in. */
const testNames = (source: string): readonly string[] =>
  [
    ...source.matchAll(
      /\b(?:test|it|scenario)(?:\.\w+)*\((?:\[.*?\n *\]\)\()?\s*(['"`])((?:\\.|(?!\1).)+)\1/gs,
    ),
  ].map(([, , name]) => (name ?? '').replaceAll('\\', '').replace(/^%s: /, ''));

/** As GitHub makes them of headings, and those that were set by hand. */
const anchors = (text: string): readonly string[] => [
  ...[...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  ),
  ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id ?? ''),
];
