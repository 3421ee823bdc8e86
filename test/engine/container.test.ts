import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { type DockerHand, dockerHand, fetchInside } from '../support/docker-hand.ts';
import { buildStandIn } from '../support/images.ts';
import { builtCommand, createSite, outcomeOf, type Site } from '../support/mlenv.ts';
import { giveTo, type Project } from '../support/mlenv-project.ts';
import { until } from '../support/until.ts';

/** What is inside of a container, and what must never get out of one. */

let docker: DockerHand;
let site: Site;
const image = 'mlenv.test/inside:1';
const withVolume = 'mlenv.test/inside:volume';
/** backup: known to every Debian and Ubuntu, alone in the group of its number. */
const uid = 34;

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  await buildStandIn({ host, refs: [withVolume], volumes: ['/var/lib/data'] });
  site = createSite({ host });
  await site.controller();
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

const spec = (environments: Readonly<Record<string, object>>): string =>
  JSON.stringify({ apiVersion: 'mlenv/v1', defaults: { image, stopGrace: '1s' }, environments });
const inside = (project: Project, script: string): Promise<string> =>
  project.ok('exec', 'one', '--', 'sh', '-c', script);
/** A change that makes the container anew. */
const recreated = async (project: Project, patch: object): Promise<void> => {
  const before = await project.item('one');
  project.save(spec({ one: { ...patch, labels: { again: 'yes' } } }));
  await project.reaches('one', (item) => item.ready && item.containerId !== before.containerId);
};

describe.concurrent('user', () => {
  test('host: files are the owner’s, the user has a name, and the home outlives its container', async ({
    expect,
  }) => {
    const wish = { mounts: [{ volume: 'cache', target: '/deep/cache' }] };
    const project = site.project('owned', spec({ one: wish }));
    giveTo(uid, project.folder, join(project.folder, 'mlenv.yaml'));
    await project.ok('up');
    expect(
      await inside(project, 'id -u; id -g; whoami; id -gn; test -w "$HOME" && echo home'),
    ).toBe(`${uid}\n${uid}\nbackup\nbackup\nhome\n`);
    await inside(
      project,
      'echo mine > /workspace/made; echo kept > ~/kept; echo c > /deep/cache/c',
    );
    expect(statSync(join(project.folder, 'made'))).toMatchObject({ uid, gid: uid });
    await recreated(project, wish);
    expect(await inside(project, 'cat ~/kept /deep/cache/c; stat -c %u /deep/cache')).toBe(
      `kept\nc\n${uid}\n`,
    );
  });

  test('an owner that changes waits', async ({ expect }) => {
    const project = site.project('given', spec({ one: {} }));
    await project.ok('up');
    const before = await project.item('one');
    giveTo(uid, project.folder);
    await project.ok('reconcile', 'one');
    const item = await project.reaches('one', ({ reason }) => reason === 'OwnerChanged');
    expect(item.containerId).toBe(before.containerId);
  });

  test('image, and numbers', async ({ expect }) => {
    const project = site.project('users', spec({ one: { user: '4:5' }, two: { user: 'image' } }));
    await project.ok('up');
    expect(await inside(project, 'id -u; id -g')).toBe('4\n5\n');
    expect(await project.ok('exec', 'two', '--', 'id', '-u')).toBe('0\n');
  });
});

describe.concurrent('what is kept', () => {
  test('the image’s unnamed volume is attached again', async ({ expect }) => {
    const wish = { image: withVolume, user: 'image' };
    const project = site.project('anonymous', spec({ one: wish }));
    await project.ok('up');
    await inside(project, 'echo kept > /var/lib/data/file');
    await recreated(project, wish);
    expect(await inside(project, 'cat /var/lib/data/file')).toBe('kept\n');
    const volumes = (await docker.volumes()).length;
    await project.ok('rm', '--volumes');
    expect((await docker.volumes()).length).toBeLessThan(volumes);
  });

  test('a port found by host: auto, which is on this machine alone', async ({ expect }) => {
    const wish = {
      command: ['httpd', '-f', '-p', '80', '-h', '/workspace'],
      ports: [{ container: 80, host: 'auto' }],
      user: 'image',
    };
    const project = site.project('ports', spec({ one: wish }));
    project.write('index.html', 'reached');
    await project.ok('up');
    const { ports, containerName } = await project.item('one');
    const host = ports[0]?.host ?? 0;
    expect((await docker.inspect(containerName)).HostConfig.PortBindings).toEqual({
      '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(host) }],
    });
    const url = `http://127.0.0.1:${host}/`;
    await until('the port answers', async () => {
      return (await fetchInside(sharedEngine().namespace, url)) === 'reached';
    });
    await recreated(project, wish);
    expect((await project.item('one')).ports).toEqual(ports);
  });

  test('named volumes stay with rm, and go with rm --volumes', async ({ expect }) => {
    const wish = spec({ one: { mounts: [{ volume: 'data', target: '/data' }] } });
    const project = site.project('volumes', wish);
    await project.ok('up');
    await inside(project, 'echo kept > /data/file');
    await project.ok('rm');
    await project.ok('up');
    expect(await inside(project, 'cat /data/file')).toBe('kept\n');
    const { projectId } = await project.item('one');
    await project.ok('rm', '--volumes');
    const left = (await docker.volumes()).filter((name) => name.includes(projectId.slice(0, 8)));
    expect(left).toEqual([]);
  });
});

test('a secret is in the container, and nowhere else', async () => {
  const canaries = ['canary-of-the-file', 'canary-in-the-text', 'canary-changed'];
  const wish = {
    command: ['sh', '-c', 'sleep 1000000'],
    envFile: 'secret.env',
    env: { TEXT: '${TEXT}', PLAIN: 'seen' },
  };
  const project = site.project('secret', spec({ one: wish }));
  project.write('secret.env', 'TOKEN=canary-of-the-file\n');
  project.write('.env', 'TEXT=canary-in-the-text\n');
  await project.ok('up');
  expect(await inside(project, 'echo $TOKEN $TEXT $PLAIN')).toBe(
    'canary-of-the-file canary-in-the-text seen\n',
  );
  const before = await project.item('one');
  project.write('secret.env', 'TOKEN=canary-changed\n');
  const planned = await project.mlenv('plan', '-o', 'json');
  await project.reaches('one', (item) => item.ready && item.containerId !== before.containerId);
  expect(await inside(project, 'echo $TOKEN')).toBe('canary-changed\n');

  const { containerName } = await project.item('one');
  const { Config } = await docker.inspect(containerName);
  const shown = [
    planned.stdout,
    await project.ok('status', '-o', 'json'),
    await project.ok('describe', 'one', '-o', 'json'),
    await project.ok('describe', 'one'),
    await project.ok('plan', '-o', 'json'),
    await project.ok('events', '-o', 'json'),
    JSON.stringify(Config.Labels),
    site.log(),
    ...filesBelow(site.stateDir),
  ];
  expect(Config.Env).toContain('TOKEN=canary-changed');
  expect(site.log()).not.toBe('');
  for (const text of shown) for (const canary of canaries) expect(text).not.toContain(canary);
});

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));

describe('exec, logs and events', () => {
  let project: Project;
  beforeAll(async () => {
    // The two streams come in an order of their own where they are written at once.
    const talk = 'echo one; echo two >&2; sleep 1; printf "\\033[31mred\\n"; sleep 1000000';
    project = site.project('talk', spec({ one: { command: ['sh', '-c', talk] } }));
    await project.ok('up');
    await until('it has said all', async () => (await project.ok('logs', 'one')).includes('red'));
  });

  test('exec passes input, output, error and exit code on', async () => {
    const args = ['exec', 'one', '--', 'sh', '-c', 'cat; echo bad >&2; exit 42'];
    const said = await site.mlenv(args, { cwd: project.folder, input: 'in and out' });
    expect(said).toEqual({ code: 42, stdout: 'in and out', stderr: 'bad\n' });
    // Which of the two it is for a command that is not there differs from engine to engine.
    expect([126, 127]).toContain((await project.mlenv('exec', 'one', '--', 'nonsense')).code);
    expect((await project.mlenv('exec', 'one', '--', '/etc/passwd')).code).toBe(126);
    expect((await project.mlenv('exec', 'none', '--', 'true')).code).toBe(2);
    expect((await site.mlenv(['exec', 'talk/one', '--', 'true'])).code).toBe(0);
  });

  /** As on a terminal of 33 rows and 77 columns. */
  const onTerminal = (args: string): string => {
    const command = `stty rows 33 cols 77; ${process.execPath} ${builtCommand} ${args}`;
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      cwd: project.folder,
      env: { ...process.env, DOCKER_HOST: site.host, MLENV_STATE_DIR: site.stateDir },
      timeout: 60_000,
    });
    return stdout.replaceAll('\r', '');
  };

  test('exec gives a terminal where there is one', () => {
    const whenSized =
      'while [ "$(stty size)" != "33 77" ]; do sleep 0.1; done; test -t 1 && echo it is';
    expect(onTerminal(`exec one -- sh -c '${whenSized}'`)).toContain('it is\n');
  });

  test('logs are whole, end where asked, follow, and keep a terminal safe', async () => {
    const red = '\u001b[31mred\n';
    const all = await project.mlenv('logs', 'one');
    expect(all).toEqual({ code: 0, stdout: `one\n${red}`, stderr: 'two\n' });
    expect(await project.ok('logs', 'one', '--tail', '1')).toBe(red);
    expect(onTerminal('logs one --tail 1')).toBe(`${red}\u001b[0m`);
    const following = site.begin(['logs', 'one', '-f'], project.folder);
    const outcome = outcomeOf(following);
    let seen = '';
    following.stdout?.on('data', (text: string) => (seen += text));
    await until('it has been followed', () => seen.includes('red'));
    following.kill('SIGINT');
    expect(await outcome).toEqual(all);
  });

  test('events tell the story, and follow it', async () => {
    const told = await project.ok('events', 'one');
    for (const reason of ['Created', 'Started', 'Running']) expect(told).toContain(reason);
    const following = site.begin(['events', 'one', '-f', '--limit', '1'], project.folder);
    const outcome = outcomeOf(following);
    let seen = '';
    following.stdout?.on('data', (text: string) => (seen += text));
    await until('it follows', () => seen !== '');
    await project.ok('suspend', 'one');
    await until('it has heard', () => seen.includes('Suspended'));
    following.kill('SIGINT');
    await outcome;
    await project.ok('resume', 'one');
  });
});
