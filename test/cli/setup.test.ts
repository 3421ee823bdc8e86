import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine } from '../../controller/setup/machine.ts';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run, type FakeCli } from '../support/cli-fake.ts';
import { factsWith } from '../setup/setup-builders.ts';

/** A machine of files alone, below a folder; its programs are answered from memory. */
let root = '';
let ran: string[] = [];
let up = new Set<string>();
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mlenv-setup-'));
  for (const path of ['etc/systemd/system', 'usr/local/share', 'var', 'srv', 'run/systemd/system'])
    mkdirSync(join(root, path), { recursive: true });
  ran = [];
  up = new Set();
});
afterEach(() => rmSync(root, { recursive: true }));

const program = async (argv: readonly string[]): Promise<string> => {
  const line = argv.join(' ');
  const no = (): never => {
    throw new Error(`${line} says no`);
  };
  if (line === 'systemctl --version' || line === 'getent passwd ada') return '';
  if (line === 'systemctl --user show-environment') return no();
  if (argv[0] === 'getent') return up.has(line) ? '' : no();
  if (line.startsWith('systemctl is-')) return up.has('service') ? '' : no();
  ran.push(line);
  if (line.startsWith('groupadd')) up.add('getent group mlenv-admin');
  if (line.startsWith('groupdel')) up.delete('getent group mlenv-admin');
  if (line.includes('enable --now')) up.add('service');
  if (line.includes('disable --now')) up.delete('service');
  return '';
};

const cliAs = (uid: number, changes: Partial<FakeCli> = {}): FakeCli =>
  fakeCli(fakeWorld(), {
    uid,
    cwd: '/srv',
    checks: [{ name: 'engine', status: 'OK', message: 'answers', cure: '' }],
    machine: createMachine({ root, run: program, command: () => factsWith().command }),
    ...changes,
  });
const at = (path: string): string => join(root, path);
const files = (): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(at(path)).isFile())
    .sort();

const written = [
  'etc/mlenv/config.yaml',
  'etc/mlenv/setup.json',
  'etc/systemd/system/mlenv.service',
  'usr/local/share/bash-completion/completions/mlenv',
  'usr/local/share/fish/vendor_completions.d/mlenv.fish',
  'usr/local/share/man/man1/mlenv.1',
  'usr/local/share/zsh/site-functions/_mlenv',
];

describe('mlenv setup --yes', () => {
  it('sets up a machine, runs doctor, and ends with what people type', async () => {
    const { code, out, err } = await run(
      cliAs(0),
      'setup',
      '--yes',
      '--watch',
      '/srv/projects',
      '--admin',
      'ada',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(files()).toEqual(written);
    expect(readFileSync(at('etc/systemd/system/mlenv.service'), 'utf8')).toBe(
      readFileSync('docs/systemd/mlenv.service', 'utf8'),
    );
    expect(readFileSync(at('etc/mlenv/config.yaml'), 'utf8')).toContain('users: [ada]');
    expect(statSync(at('var/mlenv/state')).mode & 0o777).toBe(0o700);
    expect(statSync(at('srv/projects')).mode & 0o777).toBe(0o755);
    expect(statSync(at('etc/mlenv/config.yaml')).mode & 0o777).toBe(0o644);
    expect(ran).toEqual([
      'groupadd --system mlenv-admin',
      'systemctl daemon-reload',
      'systemctl enable --now mlenv',
    ]);
    expect(out).toContain('OK    engine: answers');
    expect(out.indexOf('mlenv init')).toBeGreaterThan(out.indexOf('engine: answers'));
  });

  it('does nothing the second time, and shows what a new answer changes', async () => {
    await run(cliAs(0), 'setup', '--yes');
    ran = [];
    const before = files().map((path) => [path, statSync(at(path)).mtimeMs]);
    const second = await run(cliAs(0), 'setup', '--yes');
    expect(second.code).toBe(0);
    expect(second.out).toContain('Everything is as it should be.');
    expect(ran).toEqual([]);
    expect(files().map((path) => [path, statSync(at(path)).mtimeMs])).toEqual(before);
    const { out } = await run(cliAs(0), 'setup', '--dry-run', '--watch', '/srv/projects', '/data');
    expect(out).toContain('change  /etc/mlenv/config.yaml');
    expect(out).toContain('+   - /data');
    expect(out).toContain('create  /data/ (0755)');
    expect(existsSync(at('data'))).toBe(false);
    const done = await run(cliAs(0), 'setup', '--yes', '--watch', '/srv/projects', '/data');
    expect(done.out).toContain('+   - /data');
    expect(existsSync(at('data'))).toBe(true);
  });

  it('leaves a folder that nobody speaks of as it starts', async () => {
    const config = (): string => readFileSync(at('etc/mlenv/config.yaml'), 'utf8');
    await run(cliAs(0), 'setup', '--yes', '--watch', '/srv', '--automatic', '/srv/auto');
    expect(config()).toContain('  - /srv\n  - { path: /srv/auto, start: automatic }\n');
    await run(cliAs(0), 'setup', '--yes', '--watch', '/srv/auto', '/home');
    expect(config()).toContain('  - { path: /srv/auto, start: automatic }\n  - /home\n');
    await run(cliAs(0), 'setup', '--yes', '--automatic', '/home');
    expect(config()).toContain('  - /srv/auto\n  - { path: /home, start: automatic }\n');
  });

  it('is taken away again, but for the state and what was edited', async () => {
    await run(cliAs(0), 'setup', '--yes');
    writeFileSync(at('var/mlenv/state/mlenv.db'), 'rows');
    writeFileSync(at('etc/mlenv/config.yaml'), 'apiVersion: mlenv/v1\n');
    ran = [];
    const { code, out } = await run(cliAs(0), 'setup', '--remove', '--yes');
    expect(code).toBe(0);
    expect(files()).toEqual([
      'var/mlenv/kept/config.yaml.20250101-000100',
      'var/mlenv/state/mlenv.db',
    ]);
    expect(existsSync(at('etc/mlenv'))).toBe(false);
    expect(existsSync(at('srv/projects'))).toBe(false);
    expect(existsSync(at('usr/local/share/man'))).toBe(false);
    expect(ran).toEqual([
      'systemctl disable --now mlenv',
      'systemctl daemon-reload',
      'groupdel mlenv-admin',
    ]);
    expect(out).toContain('rm -rf /var/mlenv');
    const again = await run(cliAs(0), 'setup', '--remove', '--yes');
    expect(again.code).toBe(4);
    expect(again.err).toContain('did not set up MLEnv here');
  });

  it("leaves a watched folder with somebody's project in it", async () => {
    await run(cliAs(0), 'setup', '--yes');
    mkdirSync(at('srv/projects/vision'));
    await run(cliAs(0), 'setup', '--remove', '--yes');
    expect(existsSync(at('srv/projects/vision'))).toBe(true);
  });

  it('stops at a program that fails, and goes on from there the next time', async () => {
    const broken = createMachine({
      root,
      run: async (argv) => {
        if (argv.includes('daemon-reload'))
          throw Object.assign(new Error(), { stderr: 'no bus\n' });
        return program(argv);
      },
      command: () => factsWith().command,
    });
    const { code, err } = await run(cliAs(0, { machine: broken }), 'setup', '--yes');
    expect(code).toBe(1);
    expect(err).toContain('systemctl daemon-reload failed: no bus');
    ran = [];
    expect((await run(cliAs(0), 'setup', '--yes')).code).toBe(0);
    expect(ran).toContain('systemctl enable --now mlenv');
  });
});

describe('mlenv setup', () => {
  it('asks on a terminal, and writes after a yes', async () => {
    const cli = cliAs(0, { tty: true, input: ['/srv/projects /data\n', '/data\nada\ny', 'es\n'] });
    const { code, out } = await run(cli, 'setup');
    expect(code).toBe(0);
    expect(out).toContain('Which folders are watched for projects? [/srv/projects] ');
    expect(out).toContain('+ apiVersion: mlenv/v1');
    const config = readFileSync(at('etc/mlenv/config.yaml'), 'utf8');
    expect(config).toContain('  - /srv/projects\n  - { path: /data, start: automatic }\n');
    expect(config).toContain('users: [ada]');
  });

  it.each([[['\n', '\n', '\n', 'n\n']], [['\n']], [[]]])(
    'writes nothing after %j',
    async (input) => {
      const { code, out } = await run(cliAs(0, { tty: true, input }), 'setup');
      expect(code).toBe(0);
      expect(out).toContain('Nothing was changed.');
      expect(files()).toEqual([]);
      expect(ran).toEqual([]);
    },
  );

  it('offers who called sudo as administrator', async () => {
    const cli = cliAs(0, {
      tty: true,
      input: ['\n', '\n', '\n', 'y\n'],
      env: { SUDO_USER: 'ada' },
    });
    await run(cli, 'setup');
    expect(readFileSync(at('etc/mlenv/config.yaml'), 'utf8')).toContain('users: [ada]');
  });

  it('shows all and writes nothing with --dry-run, also to people who are not root', async () => {
    const { code, out } = await run(cliAs(1000), 'setup', '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('+ ExecStart=/usr/local/bin/mlenv controller $MLENV_ARGS');
    expect(out).toMatch(/_mlenv .*\n +\d+ lines more, 0 less/);
    expect(files()).toEqual([]);
  });

  it.each([
    [1000, ['--yes'], 4, 'sudo mlenv setup'],
    [0, [], 2, '--yes'],
    [0, ['--yes', '--admin', 'nobody-here'], 2, 'no user nobody-here'],
    [0, ['--yes', '--watch', '/srv/[a]'], 2, 'cannot be watched'],
    [0, ['--yes', '--watch', '~/projects'], 2, 'write it out'],
    [0, ['--yes', '--user'], 2, 'leave out --user'],
    [0, ['--yes', '--remove', '--watch', '/srv'], 2, 'cannot be used with'],
    [0, ['--yes', '--config', '/x'], 2, 'leave out --config'],
  ])('as uid %i with %j it ends with %i', async (uid, flags, expected, words) => {
    const { code, err } = await run(cliAs(uid), 'setup', ...flags);
    expect({ code, err }).toEqual({ code: expected, err: expect.stringContaining(words) });
    expect(files()).toEqual([]);
  });

  it('has a faulty configuration mended first', async () => {
    mkdirSync(at('etc/mlenv'));
    writeFileSync(at('etc/mlenv/config.yaml'), 'apiVersion: mlenv/v1\nwatc: [/srv]\n');
    const { code, err } = await run(cliAs(0), 'setup', '--yes');
    expect(code).toBe(5);
    expect(err).toContain('/etc/mlenv/config.yaml:2');
  });

  it('ends with the fault where doctor finds one, and where the service does not answer', async () => {
    const sick = cliAs(0, {
      checks: [{ name: 'engine', status: 'FAIL', message: 'no', cure: 'x' }],
    });
    expect((await run(sick, 'setup', '--yes')).code).toBe(3);
    const silent = await run(cliAs(0, { mode: 'process' }), 'setup', '--yes');
    expect(silent.code).toBe(1);
    expect(silent.err).toContain('journalctl -u mlenv');
  });
});

it('sets up an instance of one’s own, with the line to type where no systemd runs', async () => {
  mkdirSync(at('home/ada'), { recursive: true });
  const cli = cliAs(1000, { env: { HOME: '/home/ada' } });
  const { code, out } = await run(cli, 'setup', '--user', '--yes');
  expect(code).toBe(0);
  expect(files().filter((path) => !path.startsWith('home/ada/'))).toEqual([]);
  expect(readFileSync(at('home/ada/.config/mlenv/config.yaml'), 'utf8')).toContain(
    '- /home/ada/projects',
  );
  expect(out).toContain('  mlenv controller\n');
});
