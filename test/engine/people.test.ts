import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditReport } from '../../controller/model/audit.ts';
import type { StatusItem, StatusList } from '../../controller/model/status.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { buildStandIn } from '../support/images.ts';
import type { Outcome } from '../support/mlenv.ts';
import { createSharedMachine, type SharedMachine } from '../support/shared-machine.ts';
import { until } from '../support/until.ts';

/** Several people, one machine: the system's instance by root, everybody else through their own socket. */

let machine: SharedMachine;
let dockerd: PrivateDockerd;
let docker: DockerHand;
let controller: { kill9(): Promise<void> };
const image = 'mlenv.test/people:1';
const canary = 'canary-of-alice-77b0';
const alice = { name: 'alice', uid: 54_001 };
const bob = { name: 'bob', uid: 54_002 };
const eve = { name: 'eve', uid: 54_003, groups: ['mlenv-admin'] };

const environment = (wish: object = {}): object => ({ image, stopGrace: '1s', ...wish });
const speech = (more: object = {}): object => ({
  environments: { small: environment({ cpus: 1 }), large: environment({ cpus: 2 }), ...more },
});

beforeAll(async () => {
  machine = await createSharedMachine({
    people: [alice, bob, eve],
    config: (homes) => ({
      apiVersion: 'mlenv/v1',
      watch: [homes],
      quotas: { users: { bob: { cpus: 2 } } },
    }),
  });
  // In the same mounts, as the folders that it binds into containers lie below /run/mlenv.
  dockerd = await startDockerd({ name: 'mlenv-people', mounts: machine.mounts });
  docker = dockerHand(dockerd.host);
  await buildStandIn({ host: dockerd.host, refs: [image] });
  controller = await machine.controller(dockerd.host);
});
afterAll(async () => {
  await dockerd?.cleanup();
  await machine?.cleanup();
});

const done = async (running: Promise<Outcome>): Promise<string> => {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`exit ${code}\n${stdout}\n${stderr}`);
  return stdout;
};
const items = async (name: string, path: string): Promise<readonly StatusItem[]> =>
  (JSON.parse(await done(machine.mlenv(name, ['status', path, '-o', 'json']))) as StatusList).items;
const item = async (name: string, path: string, wanted: string): Promise<StatusItem> => {
  const found = (await items(name, path)).find((one) => one.environment === wanted);
  if (found === undefined) throw new Error(`${path} has no ${wanted}`);
  return found;
};
const reaches = async (
  path: string,
  wanted: string,
  holds: (item: StatusItem) => boolean,
): Promise<StatusItem> => {
  let last: StatusItem | null = null;
  await until(
    () => `${wanted} is as wished: ${JSON.stringify(last)}\n${machine.log().slice(-3000)}`,
    async () => {
      last = await item('eve', path, wanted);
      return holds(last);
    },
  );
  return item('eve', path, wanted);
};
const audit = async (name: string, ...args: readonly string[]): Promise<AuditReport['items']> =>
  (JSON.parse(await done(machine.mlenv(name, ['audit', ...args, '-o', 'json']))) as AuditReport)
    .items;
const running = async (): Promise<readonly string[]> =>
  (await docker.containers()).filter(({ state }) => state === 'running').map(({ id }) => id);

test('people share a machine: each has what is theirs, and no more', async () => {
  const secrets = join(machine.home('alice'), '.config', 'mlenv', 'secrets');
  await done(
    machine.shell(
      'alice',
      `mkdir -p -m 700 .config .config/mlenv .config/mlenv/secrets && umask 077 && printf ${canary} >${secrets}/TOKEN`,
    ),
  );
  const vision = machine.project('alice', join(machine.home('alice'), 'vision'), {
    environments: { train: environment({ secrets: ['TOKEN'], user: 'host' }) },
  });

  // alice's own.
  await done(machine.mlenv('alice', ['up'], vision));
  const inside = ['exec', 'train', '--', 'sh', '-c', 'id -u; cat /run/secrets/TOKEN'];
  expect(await done(machine.mlenv('alice', inside, vision))).toBe(`${alice.uid}\n${canary}`);
  const train = await item('bob', vision, 'train');
  expect(train).toMatchObject({ ready: true, reason: 'Running' });

  // bob may look at it and no more.
  const refusal: Readonly<Record<string, string>> = {
    quota: 'is for administrators',
    // The same for a folder that is there and for one that is not.
    up: `${vision} is no folder of bob's`,
  };
  for (const args of [
    ['down', vision],
    ['down', vision],
    ['rm', '--volumes', vision],
    ['restart', 'vision/train'],
    ['exec', 'vision/train', '--', 'cat', '/run/secrets/TOKEN'],
    ['logs', 'vision/train'],
    ['quota', 'set', '--user', 'bob', '--cpus', 'unlimited'],
    ['up', vision],
  ]) {
    const { code, stdout, stderr } = await machine.mlenv('bob', args);
    expect([args, code === 125 ? 'as exec says it' : code, stdout], stderr).toEqual([
      args,
      args[0] === 'exec' ? 'as exec says it' : 4,
      '',
    ]);
    expect(stderr).toContain(refusal[args[0] ?? ''] ?? `belongs to alice (uid ${alice.uid})`);
  }
  expect(await running()).toEqual([train.containerId]);
  const refusals = (await audit('eve', '--user', 'bob')).map(({ action, outcome, count = 1 }) => [
    action,
    outcome,
    count,
  ]);
  expect(refusals).toEqual([
    ['down', 'refused', 2],
    ['rm', 'refused', 1],
    ['restart', 'refused', 1],
    ['exec', 'refused', 1],
    ['logs', 'refused', 1],
    ['quota set', 'refused', 1],
    // up plans first.
    ['plan', 'refused', 1],
  ]);
  expect((await audit('alice', '--user', 'bob')).map(({ action }) => action)).toEqual(
    refusals.map(([action]) => action).filter((action) => action !== 'quota set'),
  );

  // bob may have two cores, until an administrator gives him more.
  const his = machine.project('bob', join(machine.home('bob'), 'speech'), {
    environments: { small: environment({ cpus: 1 }) },
  });
  await done(machine.mlenv('bob', ['up'], his));
  // Later than the other: the folder is watched, and of two at once the larger might be served first.
  machine.save('bob', his, speech());
  await done(machine.mlenv('bob', ['up', '--no-wait'], his));
  const waiting = await reaches(his, 'large', ({ reason }) => reason === 'QuotaExceeded');
  expect(waiting.message).toBe(
    'bob has 1 of 2 CPU cores in use (speech/small) and this needs 2; limit of bob',
  );
  await done(machine.mlenv('eve', ['quota', 'set', '--user', 'bob', '--cpus', '3']));
  await reaches(his, 'large', ({ ready }) => ready);

  // An administrator acts on both.
  for (const [name, path] of [
    ['vision/train', vision],
    ['speech/small', his],
  ] as const) {
    await done(machine.mlenv('eve', ['suspend', name]));
    const [, wanted = ''] = name.split('/');
    await reaches(path, wanted, ({ reason }) => reason === 'Suspended');
    await done(machine.mlenv('eve', ['resume', name]));
    await reaches(path, wanted, ({ ready }) => ready);
  }

  // What could be led elsewhere by others is nobody's.
  const open = join(machine.homes, 'open');
  mkdirSync(open);
  chownSync(open, alice.uid, alice.uid);
  const led = machine.project('bob', join(open, 'led'), speech());
  const untrusted = await machine.mlenv('bob', ['up'], led);
  expect(untrusted.code).not.toBe(0);
  expect(untrusted.stderr).toContain(`${open} belongs to uid ${alice.uid}`);
  chmodSync(his, 0o777);
  await done(machine.mlenv('bob', ['reconcile', 'speech/small']));
  await reaches(his, 'small', ({ conditions, reason }) =>
    [reason, ...conditions.map((one) => one.reason)].includes('FolderUntrusted'),
  );
  chmodSync(his, 0o755);

  // A file that asks for the host harms nothing.
  const before = await running();
  machine.save('bob', his, speech({ root: environment({ privileged: true }) }));
  const privileged = await machine.mlenv('bob', ['up'], his);
  expect(privileged.code).toBe(5);
  expect(privileged.stderr + privileged.stdout).toContain('E_POLICY: MLE-SEC-001');
  expect((await running()).toSorted()).toEqual(before.toSorted());

  // alice's secret is alice's.
  machine.save('bob', his, speech({ thief: environment({ secrets: ['TOKEN'] }) }));
  await machine.mlenv('bob', ['up', '--no-wait'], his);
  await reaches(his, 'thief', ({ reason }) => reason === 'SecretMissing');
  expect((await machine.shell('bob', 'ls /run/mlenv/secrets')).code).not.toBe(0);
  expect((await machine.shell('bob', `ls /run/mlenv/u/${alice.uid}`)).code).not.toBe(0);
  const state = await done(machine.shell('root', 'cat /var/mlenv/state/mlenv.db*'));
  const told = [
    state,
    await done(machine.mlenv('alice', ['describe', 'train'], vision)),
    await done(machine.mlenv('alice', ['status', '--all', '-o', 'json'])),
    await done(machine.mlenv('alice', ['events', '-o', 'json'])),
    JSON.stringify(await docker.inspect(train.containerName)),
    machine.log(),
  ];
  for (const text of told) expect(text).not.toContain(canary);
  expect(state.length).toBeGreaterThan(0);
  expect(machine.log().length).toBeGreaterThan(0);

  // Nobody's rights are in the head of one process.
  await controller.kill9();
  controller = await machine.controller(dockerd.host);
  expect((await machine.mlenv('bob', ['down', vision])).code).toBe(4);
  expect(await done(machine.mlenv('alice', inside, vision))).toBe(`${alice.uid}\n${canary}`);
  expect((await item('bob', vision, 'train')).containerId).toBe(train.containerId);
  await done(machine.mlenv('eve', ['down', his]));
  await done(machine.mlenv('alice', ['rm', vision]));
  expect(await running()).toEqual([]);
});
