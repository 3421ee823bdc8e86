import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';
import type { FakeCli } from '../support/cli-fake.ts';

let folder: string;
let cli: FakeCli;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlenv-cli-'));
  cli = fakeCli(fakeWorld(), { cwd: folder });
});

afterEach(() => rm(folder, { recursive: true }));

const faulty = 'apiVersion: mlenv/v1\nenvironments:\n  db:\n    imgae: x\n';
const write = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);

describe('mlenv init', () => {
  it.each(['minimal', 'pytorch', 'multi'])('%s writes a valid spec', async (template) => {
    expect((await run(cli, 'init', '--template', template)).code).toBe(0);
    const text = await readFile(join(folder, 'mlenv.yaml'), 'utf8');
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=\/opt\/mlenv\/schema\/mlenv\.schema\.json\n/,
    );
    expect(await run(cli, 'validate')).toEqual({ code: 0, out: 'mlenv.yaml: valid\n', err: '' });
    expect(cli.connections).toEqual([]);
  });

  it('overwrites with --force alone', async () => {
    await write('mlenv.yaml', 'mine');
    expect(await run(cli, 'init')).toMatchObject({ code: 4, out: '' });
    expect(await readFile(join(folder, 'mlenv.yaml'), 'utf8')).toBe('mine');
    expect((await run(cli, 'init', '--force')).code).toBe(0);
    expect(await readFile(join(folder, 'mlenv.yaml'), 'utf8')).toContain('apiVersion');
  });
});

describe('mlenv validate', () => {
  it('points to the fault and exits 5', async () => {
    await write('mlenv.yaml', faulty);
    const { code, out } = await run(cli, 'validate');
    expect(code).toBe(5);
    expect(out).toMatch(/^mlenv\.yaml:4:5 error E_/);
    expect(out).toContain('  4 |     imgae: x\n    |     ^^^^^\n');
  });

  it('takes files and folders, and finds those below', async () => {
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await write('a/b/mlenv.yaml', faulty);
    await write('other.yaml', 'apiVersion: mlenv/v1\nenvironments:\n  x: { image: busybox }\n');
    const { code, out } = await run(cli, 'validate', 'other.yaml', 'a', '-o', 'json');
    expect(code).toBe(5);
    expect(JSON.parse(out)).toMatchObject({
      apiVersion: 'mlenv/v1',
      files: [
        { file: 'other.yaml', diagnostics: [] },
        { file: 'a/b/mlenv.yaml', diagnostics: [{ line: 4, column: 5 }] },
      ],
    });
  });

  it('speaks to GitHub', async () => {
    await write('mlenv.yaml', faulty);
    const { out } = await run(cli, 'validate', '-o', 'github');
    expect(out).toMatch(/^::error file=mlenv\.yaml,line=4,col=5,/);
  });

  it('exits 2 where there is no spec', async () => {
    expect((await run(cli, 'validate')).code).toBe(2);
    expect((await run(cli, 'validate', 'none')).code).toBe(2);
  });
});

describe('the project of a folder', () => {
  it('is the nearest one above', async () => {
    await mkdir(join(folder, 'src/deep'), { recursive: true });
    await write('mlenv.yaml', 'x');
    cli.cwd = join(folder, 'src/deep');
    await run(cli, 'logs', 'db');
    await run(cli, 'status');
    await run(cli, 'plan', join(folder, 'mlenv.yaml'));
    expect(cli.world.asked.map(({ args }) => args[0])).toEqual([
      { path: folder, project: null, environment: 'db' },
      { kind: 'path', path: folder },
      folder,
    ]);
  });
});

describe('completion', () => {
  const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { out } = await run(cli, '__complete', '--', ...words);
    return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
  };

  beforeEach(() =>
    write('mlenv.yaml', 'apiVersion: mlenv/v1\nenvironments:\n  db: {}\n  notebook: {}\n'),
  );

  it.each([
    [['re'], ['restart', 'resume', 'report', 'reconcile']],
    [['__'], []],
    [
      ['logs', ''],
      ['db', 'notebook'],
    ],
    [['logs', '-f', 'no'], ['notebook']],
    [['logs', 'db', ''], []],
    [['up', '-e', 'd'], ['db']],
    [['up', ''], []],
    [
      ['status', '-o', ''],
      ['table', 'wide', 'json', 'yaml'],
    ],
    [['status', '--w'], ['--watch']],
    [['--host', 'x', 'desc'], ['describe']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['exec', 'db', '--', 'l'], []],
    [['nothing', ''], []],
    [['help', 'sus'], ['suspend']],
    [
      ['gpu', ''],
      ['cordon', 'uncordon'],
    ],
    [
      ['quota', ''],
      ['show', 'set', 'check'],
    ],
    [
      ['quota', 'set', '--g'],
      ['--group', '--gpus'],
    ],
    [['gpu', 'cordon', '3', '--re'], ['--reason']],
    [['gpu', 'cordon', ''], []],
    [['config', 'sh'], ['show']],
    [
      ['config', 'show', '-o', ''],
      ['text', 'json'],
    ],
    [['config', 'check', ''], []],
    [['gpu', '-o', 'json', 'un'], ['uncordon']],
  ])('%j offers %j', async (words, offered) => {
    expect(await complete(...words)).toEqual(offered);
  });

  it('offers nothing from a file that cannot be read', async () => {
    await write('mlenv.yaml', 'a: [');
    expect(await complete('logs', '')).toEqual([]);
  });

  it('works in bash, word for word', async () => {
    const { out: script } = await run(cli, 'completion', 'bash');
    const typed = `mlenv() { printf '%s|' "$@" >&2; printf 'db\\tthe base\\nnotebook\\t\\n'; }
      ${script.replace(' 2>/dev/null', '')}
      COMP_WORDS=(mlenv logs -f ''); COMP_CWORD=3; _mlenv 2>words; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const offered = execFileSync('bash', ['-c', typed], { cwd: folder, encoding: 'utf8' });
    expect(offered).toBe('db\nnotebook\n');
    expect(await readFile(join(folder, 'words'), 'utf8')).toBe('__complete|--|logs|-f||');
  });

  it.each(['zsh', 'fish'])('asks the same of %s', async (shell) => {
    const { code, out } = await run(cli, 'completion', shell);
    expect(code).toBe(0);
    expect(out).toContain('mlenv __complete -- ');
  });
});
