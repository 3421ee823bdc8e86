import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doctorChecks } from '../../controller/cli/doctor.ts';
import type { DoctorFacts } from '../../controller/cli/doctor.ts';
import { gatherFacts } from '../../controller/cli/doctor-facts.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { EngineInfo } from '../../controller/model/snapshot.ts';

const info: EngineInfo = {
  id: 'E1',
  name: 'gpu1',
  version: '27.1.1',
  apiVersion: '1.46',
  rootDir: '/var/lib/docker',
  cgroupVersion: '2',
  liveRestore: true,
  cdiDevices: [],
  runtimes: ['io.containerd.runc.v2', 'nvidia'],
  rootless: false,
  runcVersion: '1.2.3',
  bootedAt: null,
};

const disk = { what: 'Docker', path: '/var/lib/docker', freeBytes: 2 ** 40, totalBytes: 2 ** 41 };

const healthy: DoctorFacts = {
  engine: ok(info),
  socket: { path: '/run/docker.sock', access: 'granted' },
  runcVersion: '1.2.3',
  disks: [disk],
  dockerGroup: [],
  state: [
    { path: '/s', kind: 'folder', mode: 0o700, uid: 0 },
    { path: '/s/mlenv.db', kind: 'file', mode: 0o600, uid: 0 },
  ],
  uid: 0,
  host: 'Debian GNU/Linux 12, 2 cores',
  hostHolds: [],
  lockHolder: null,
  lockIsOurs: false,
  secrets: { path: '/run/mlenv/secrets', inMemory: true },
  gpu: true,
  gpus: null,
};

const faults = (changes: Partial<DoctorFacts>): readonly string[] =>
  doctorChecks({ ...healthy, ...changes })
    .filter(({ status }) => status !== 'OK')
    .map(({ status, name }) => `${status} ${name}`);

const engine = (changes: Partial<EngineInfo>): Partial<DoctorFacts> => ({
  engine: ok({ ...info, ...changes }),
});

describe('doctorChecks', () => {
  it('finds nothing wrong with a good machine', () => {
    expect(faults({})).toEqual([]);
    expect(doctorChecks(healthy).every(({ cure }) => cure === '')).toBe(true);
  });

  it.each<[string, Partial<DoctorFacts>, readonly string[]]>([
    [
      'secrets on a disk',
      { secrets: { path: '/s/run/secrets', inMemory: false } },
      ['WARN secrets'],
    ],
    [
      'who only observes',
      { hostHolds: [{ reason: 'Observing', message: 'MLEnv only observes' }] },
      ['WARN observing'],
    ],
    ['no socket', { socket: { path: '/x', access: 'absent' } }, ['FAIL engine socket']],
    ['no permission', { socket: { path: '/x', access: 'denied' } }, ['FAIL engine socket']],
    ['a dead engine', { engine: failed('unknown', 'no answer') }, ['FAIL engine']],
    ['an old API', engine({ apiVersion: '1.40' }), ['FAIL engine API']],
    ['API 1.41', engine({ apiVersion: '1.41' }), []],
    ['cgroup 1', engine({ cgroupVersion: '1' }), ['WARN cgroup']],
    ['no live-restore', engine({ liveRestore: false }), ['WARN live-restore']],
    ['a GPU without runtime', engine({ runtimes: ['runc'] }), ['WARN nvidia runtime']],
    ['no GPU', { ...engine({ runtimes: ['runc'] }), gpu: false }, []],
    ['an old runc', { runcVersion: '1.1.11' }, ['WARN runc']],
    ['an unknown runc', { runcVersion: null }, []],
    [
      'GPUs that cannot be read',
      { gpus: { kind: 'unknown', why: 'version mismatch', todo: 'reboot', readAt: 0 } },
      ['FAIL GPUs'],
    ],
    [
      'a program that went, with the kernel showing a GPU',
      { gpus: { kind: 'none', why: 'there is no program nvidia-smi', readAt: 0 } },
      ['WARN GPUs'],
    ],
    [
      'a small folder of the state with room enough',
      { disks: [{ ...disk, what: 'the state', freeBytes: 3 * 2 ** 20, totalBytes: 4 * 2 ** 20 }] },
      [],
    ],
    [
      'a full folder of the state',
      { disks: [{ ...disk, what: 'the state', freeBytes: 2 ** 19, totalBytes: 4 * 2 ** 20 }] },
      ['FAIL disk of the state'],
    ],
    ['a nearly full disk', { disks: [{ ...disk, freeBytes: 2 ** 33 }] }, ['WARN disk of Docker']],
    ['a full disk', { disks: [{ ...disk, freeBytes: 2 ** 20 }] }, ['FAIL disk of Docker']],
    [
      'an open state',
      { state: [{ path: '/s', kind: 'folder', mode: 0o755, uid: 0 }] },
      ['FAIL state'],
    ],
    [
      "somebody else's state",
      { state: [{ path: '/s', kind: 'folder', mode: 0o700, uid: 7 }] },
      ['FAIL state'],
    ],
    ['no state', { state: [] }, []],
    ['another MLEnv', { lockHolder: 'pid 7 of ada' }, ['WARN lock']],
    ['docker users', { dockerGroup: ['bob', 'eve'] }, ['WARN docker group']],
    ['no docker group', { dockerGroup: null }, []],
  ])('%s', (_name, changes, expected) => {
    expect(faults(changes)).toEqual(expected);
    for (const { status, cure } of doctorChecks({ ...healthy, ...changes }))
      expect(cure === '').toBe(status === 'OK');
  });
});

it('knows its own controller', () => {
  expect(faults({ lockHolder: 'pid 7 of ada', lockIsOurs: true })).toEqual([]);
  expect(faults({ lockHolder: 'pid 7 of ada', lockIsOurs: false })).toEqual(['WARN lock']);
});

describe('gatherFacts', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'mlenv-doctor-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const gather = (changes: Partial<Parameters<typeof gatherFacts>[0]> = {}): Promise<DoctorFacts> =>
    gatherFacts({
      engine: ok({ ...info, rootDir: root }),
      socketPath: join(root, 'docker.sock'),
      stateDir: join(root, 'state'),
      uid: 0,
      hostHolds: [],
      lockHolder: null,
      lockIsOurs: false,
      runcVersion: null,
      host: '',
      secrets: { path: '/run/mlenv/secrets', inMemory: true },
      root,
      ...changes,
    });

  it('names what frees space where it is short', () => {
    const full = { what: 'the state', path: '/s', freeBytes: 1, totalBytes: 2 ** 22 };
    const check = doctorChecks({ ...healthy, disks: [full] }).find(
      ({ status }) => status === 'FAIL',
    );
    expect(check?.cure).toContain('mlenv db vacuum');
    expect(check?.cure).not.toContain('docker');
  });

  it('finds little on an empty machine, and makes nothing', async () => {
    expect(await gather()).toMatchObject({
      socket: { access: 'absent' },
      dockerGroup: null,
      state: [],
      gpu: false,
      disks: [{ what: 'Docker' }, { what: 'the state', path: join(root, 'state') }],
    });
    expect(await gather({ socketPath: null, engine: failed('unknown', 'x') })).toMatchObject({
      socket: null,
      disks: [{ what: 'the state' }],
    });
  });

  it('reads the group, the modes and the devices', async () => {
    await mkdir(join(root, 'etc'));
    await mkdir(join(root, 'dev'));
    await mkdir(join(root, 'state'));
    await chmod(join(root, 'state'), 0o750);
    await writeFile(join(root, 'docker.sock'), '');
    await writeFile(join(root, 'dev/nvidiactl'), '');
    await writeFile(join(root, 'etc/group'), 'root:x:0:\ndocker:x:99:eve,root,bob\n');
    await writeFile(join(root, 'etc/passwd'), 'ada:x:5:99::/:/bin/sh\nzoe:x:6:6::/:/bin/sh\n');
    expect(await gather()).toMatchObject({
      socket: { access: 'granted' },
      dockerGroup: ['ada', 'bob', 'eve'],
      state: [{ kind: 'folder', mode: 0o750 }],
      gpu: true,
    });
  });
});
