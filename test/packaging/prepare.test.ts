import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from './package.ts';

// A machine as .ci/prepare sees it: the commands on a PATH of our own, and apt-get as a recorder.
let machine = '';

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'mlenv-prepare-'));
  mkdirSync(join(machine, 'bin'));
  for (const tool of ['bash', 'env', 'cat', 'grep', 'realpath', 'rm', 'mkdir', 'true']) link(tool);
  command('id', 'echo 0');
  command('dpkg-query', 'exit 1');
  command('ldd', 'exit 1');
  command('apt-get', `printf '%s\\n' "$*" >>${machine}/apt; exit 0`);
});

afterEach(() => rmSync(machine, { recursive: true }));

test('in CI a machine without an engine gets one, and loses nothing for it', () => {
  appearsWithInstall('dockerd', 'containerd', 'ip', 'iptables', 'busybox');
  expect(prepareEngine({ CI: 'true' })).toMatchObject({ status: 0 });
  const [update, install, ...more] = apt();
  expect(update).toMatch(/ update$/);
  expect(install).toMatch(
    / install -y --no-install-recommends --no-remove docker\.io iproute2 iptables busybox-static$/,
  );
  expect(more).toEqual([]);
});

test('where nobody sits, root installs after one line that says so', () => {
  appearsWithInstall('dockerd', 'containerd', 'ip', 'iptables', 'busybox');
  const { status, stdout } = prepareEngine({});
  expect({ status, said: stdout.split('\n').filter((line) => line !== '') }).toEqual({
    status: 0,
    said: [
      '== A Docker Engine is missing. Installing, as root: apt-get install --no-install-recommends --no-remove docker.io iproute2 iptables busybox-static',
    ],
  });
  expect(apt()).toHaveLength(2);
});

test('where nobody sits, a sudo that asks for nothing is right enough', () => {
  command('id', 'echo 1000');
  command('sudo', `echo "$*" >>${machine}/sudo; shift 2; exec "$@"`);
  appearsWithInstall('dockerd', 'containerd', 'ip', 'iptables', 'busybox');
  expect(prepareEngine({})).toMatchObject({ status: 0 });
  expect(lines('sudo').every((line) => line.startsWith('-n '))).toBe(true);
  expect(apt()).toHaveLength(2);
});

test.each([
  ['y', 0, 2],
  ['n', 1, 0],
  ['', 1, 0],
])('on a terminal it asks, and %j is an answer', (answer, status, calls) => {
  appearsWithInstall('dockerd', 'containerd', 'ip', 'iptables', 'busybox');
  const said = prepareOnTerminal({}, answer);
  expect(said.stdout).toContain('Install it now? [y/N]');
  expect(said.status).toBe(status);
  expect(apt()).toHaveLength(calls);
});

test('on a terminal --yes stands for the answer', () => {
  appearsWithInstall('dockerd', 'containerd', 'ip', 'iptables', 'busybox');
  const { status, stdout } = prepareOnTerminal({ INSTALL_YES: '1' }, '');
  expect(status).toBe(0);
  expect(stdout).not.toContain('[y/N]');
  expect(apt()).toHaveLength(2);
});

test('a docker command alone is not an engine', () => {
  for (const tool of ['docker', 'ip', 'iptables', 'busybox']) command(tool, 'exit 0');
  appearsWithInstall('dockerd', 'containerd');
  expect(prepareEngine({ CI: 'true' })).toMatchObject({ status: 0 });
  expect(apt()[1]).toMatch(/--no-remove docker\.io$/);
});

test('where everything is there, nothing is installed', () => {
  for (const tool of ['dockerd', 'containerd', 'ip', 'iptables', 'busybox'])
    command(tool, 'exit 0');
  expect(prepareEngine({ CI: 'true' })).toMatchObject({ status: 0, stdout: '' });
  expect(apt()).toEqual([]);
});

test('an engine package without its binary is left alone', () => {
  for (const tool of ['ip', 'iptables', 'busybox']) command(tool, 'exit 0');
  command('dpkg-query', "echo 'install ok installed'");
  const { status, stderr } = prepareEngine({ CI: 'true' });
  expect(status).toBe(1);
  expect(stderr).toContain('no dockerd on the PATH');
  expect(apt()).toEqual([]);
});

test('somebody who cannot become root is told what to type, without a password prompt that hangs', () => {
  command('id', 'echo 1000');
  command('sudo', `echo "$*" >>${machine}/sudo; exit 1`);
  const { status, stderr } = prepareEngine({});
  expect(status).toBe(3);
  expect(stderr).toContain('needs root');
  expect(stderr).toContain(
    'Type, as root: apt-get update; apt-get install --no-install-recommends --no-remove docker.io',
  );
  expect(lines('sudo')).toEqual(['-n true']);
  expect(apt()).toEqual([]);
});

test('what needs root itself, and not a package, says how to run it', () => {
  command('id', 'echo 1000');
  const { status, stderr } = prepare("need_root 'A private Docker Engine'", {});
  expect(status).toBe(3);
  expect(stderr).toContain('Type, as root: npm test');
});

test('a download that needs newer lists needs the right to fetch them', () => {
  command('id', 'echo 1000');
  command('apt-get', `echo "$*" >>${machine}/apt; exit 100`);
  const { status, stderr } = prepare('download docker-registry', {});
  expect(status).toBe(3);
  expect(stderr).toContain('Type, as root: apt-get update');
  expect(apt()).toEqual(['download docker-registry']);
});

test('the registry for the tests is unpacked and never installed, as it would run as a service', () => {
  const cache = join(machine, 'checkout');
  mkdirSync(cache);
  symlinkSync(join(root, '.ci'), join(cache, '.ci'));
  link('cp');
  command('apt-get', `echo "$*" >>${machine}/apt; : >docker-registry_1_amd64.deb`);
  command('dpkg-deb', 'mkdir -p "$3/usr/bin"; cp "$0" "$3/usr/bin/docker-registry"');
  const prepare = () =>
    spawnSync('bash', ['-euc', 'NPM_SCRIPT=test; . .ci/prepare; prepare_registry'], {
      cwd: cache,
      env: { PATH: join(machine, 'bin') },
      encoding: 'utf8',
    });
  expect(prepare()).toMatchObject({ status: 0 });
  expect(prepare()).toMatchObject({ status: 0, stdout: '' });
  expect(apt()).toEqual(['download docker-registry']);
});

const prepareEngine = (environment: Readonly<Record<string, string>>) =>
  prepare('prepare_engine', environment);

const prepare = (line: string, environment: Readonly<Record<string, string>>) =>
  spawnSync('bash', ['-euc', `NPM_SCRIPT=test; . .ci/prepare; ${line}`], {
    cwd: root,
    env: { PATH: join(machine, 'bin'), ...environment },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** The same with a terminal, at which somebody types the answer. */
const prepareOnTerminal = (environment: Readonly<Record<string, string>>, answer: string) => {
  const line = "bash -euc 'NPM_SCRIPT=test; . .ci/prepare; prepare_engine'";
  return spawnSync('/usr/bin/script', ['-qec', line, '/dev/null'], {
    cwd: root,
    env: { PATH: join(machine, 'bin'), SHELL: '/bin/bash', ...environment },
    encoding: 'utf8',
    input: `${answer}\n`,
    timeout: 20_000,
  });
};

const command = (name: string, body: string): void => {
  const file = join(machine, 'bin', name);
  rmSync(file, { force: true });
  writeFileSync(file, `#!/bin/bash\n${body}\n`);
  chmodSync(file, 0o755);
};

const link = (tool: string): void => {
  const { stdout } = spawnSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
  const path = stdout.trim().startsWith('/') ? stdout.trim() : `/bin/${tool}`;
  symlinkSync(path, join(machine, 'bin', tool));
};

/** The recorder also puts the commands in place, as the packages would. */
const appearsWithInstall = (...tools: readonly string[]): void => {
  const install = tools.map((tool) => `cp ${machine}/bin/id ${machine}/bin/${tool}`).join('\n');
  link('cp');
  command(
    'apt-get',
    `printf '%s\\n' "$*" >>${machine}/apt\ncase "$*" in *' install '*)\n${install}\nesac`,
  );
};

const apt = (): readonly string[] => lines('apt');

const lines = (file: string): readonly string[] => {
  const { stdout } = spawnSync('cat', [join(machine, file)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
};
