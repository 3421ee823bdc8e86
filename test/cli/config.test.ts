import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  cli = fakeCli(fakeWorld(), { cwd: folder, env: { HOME: folder } });
});

afterEach(() => rm(folder, { recursive: true }));

const write = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);

const good = 'apiVersion: mlenv/v1\n\ngpu: { exclude: [0, GPU-a], poll: 90s }\n';
const bad = 'apiVersion: mlenv/v1\nqueue: { order: strickt }\n';

const line = (out: string, name: string): readonly string[] =>
  (out.split('\n').find((one) => one.startsWith(`${name} `)) ?? '').split(/ {3,}/);

describe('mlenv config show', () => {
  it('says of each value where it comes from, and asks no engine', async () => {
    await write('host.yaml', good);
    cli.env['MLENV_PRUNE_GRACE'] = '90m';
    const { code, out, err } = await run(cli, '--config', 'host.yaml', 'config', 'show');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const file = join(folder, 'host.yaml');
    expect(line(out, 'FIELD')).toEqual(['FIELD', 'VALUE', 'FROM']);
    expect(line(out, 'gpu.poll')).toEqual(['gpu.poll', '1m30s', `${file}:3`]);
    expect(line(out, 'gpu.exclude')).toEqual(['gpu.exclude', '[0, GPU-a]', `${file}:3`]);
    expect(line(out, 'pruneGrace')).toEqual(['pruneGrace', '1h30m', 'MLENV_PRUNE_GRACE']);
    expect(line(out, 'defaults.cpus')).toEqual(['defaults.cpus', '-', 'built in']);
    expect(cli.connections).toEqual([]);
  });

  it('reads the file of the user, and says where it would be', async () => {
    const absent = await run(cli, 'config', 'show');
    expect(absent.code).toBe(0);
    expect(absent.err).toBe(`There is no ${folder}/.config/mlenv/config.yaml.\n`);
    await mkdir(join(folder, 'xdg/mlenv'), { recursive: true });
    await write('xdg/mlenv/config.yaml', good);
    cli.env['XDG_CONFIG_HOME'] = join(folder, 'xdg');
    const { out, err } = await run(cli, 'config', 'show', '-o', 'json');
    expect(err).toBe('');
    const file = join(folder, 'xdg/mlenv/config.yaml');
    expect(JSON.parse(out)).toMatchObject({
      apiVersion: 'mlenv/v1',
      file,
      found: true,
      values: expect.arrayContaining([
        { name: 'gpu.exclude', value: [0, 'GPU-a'], origin: `${file}:3` },
        { name: 'defaults.memory', value: null, origin: 'built in' },
        { name: 'host.load', value: 'off', origin: 'built in' },
      ]),
    });
  });

  it('exits 5 with the faults of the file, and of a variable', async () => {
    await write('host.yaml', bad);
    cli.env['MLENV_CONFIG'] = 'host.yaml';
    cli.env['MLENV_AUTO_PORTS'] = '80';
    const { code, out, err } = await run(cli, 'config', 'show');
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toContain(`${folder}/host.yaml:2:17 error E_VALUE`);
    expect(err).toContain('MLENV_AUTO_PORTS:1:1 error E_FORMAT');
  });
});

describe('mlenv config check', () => {
  it('points to the fault and exits 5, whatever the environment says', async () => {
    await write('bad.yaml', bad);
    await write('good.yaml', good);
    cli.env['MLENV_AUTO_PORTS'] = '80';
    expect(await run(cli, 'config', 'check', 'good.yaml')).toEqual({
      code: 0,
      out: 'good.yaml: valid\n',
      err: '',
    });
    const { code, out } = await run(cli, 'config', 'check', 'bad.yaml');
    expect(code).toBe(5);
    expect(out).toBe(
      [
        'bad.yaml:2:17 error E_VALUE: queue.order cannot be "strickt"',
        '  2 | queue: { order: strickt }',
        '    |                 ^^^^^^^',
        '  did you mean "strict"? one of: best-effort, strict',
        '\n',
      ].join('\n'),
    );
  });

  it('takes the file that is read where none is named', async () => {
    await write('bad.yaml', bad);
    expect((await run(cli, 'config', 'check')).out).toMatch(
      /config\.yaml: not there, which is valid/,
    );
    expect((await run(cli, 'config', 'check', '--config', 'bad.yaml')).code).toBe(5);
  });

  it('exits 2 where the file that was named is not there', async () => {
    expect(await run(cli, 'config', 'check', 'no.yaml')).toEqual({
      code: 2,
      out: '',
      err: 'mlenv: there is no no.yaml\n',
    });
  });
});

it('--config reaches the instance, as an absolute path; else MLENV_CONFIG does', async () => {
  await run(cli, 'controller', '--config', 'host.yaml');
  cli.env['MLENV_CONFIG'] = '/etc/other.yaml';
  await run(cli, 'controller');
  await run(cli, 'status');
  expect(cli.controllers.map(({ config }) => config)).toEqual([
    join(folder, 'host.yaml'),
    '/etc/other.yaml',
  ]);
  expect(cli.connections.map(({ config }) => config)).toEqual(['/etc/other.yaml']);
});
