import type { Result } from '../model/failure.ts';
import type { HostHold } from '../model/freeze.ts';
import { sizeText } from '../model/size-text.ts';
import type { GpuInventory } from '../model/gpu.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import { gpuHealthChecks } from './doctor-gpus.ts';
import { holdChecks } from './doctor-holds.ts';
import type { DoctorCheck } from './ports.ts';

/** What `gatherFacts` found; null stands for what could not be found out. */
export interface DoctorFacts {
  readonly engine: Result<EngineInfo>;
  /** The engine's unix socket; null: it is reached another way. */
  readonly socket: {
    readonly path: string;
    readonly access: 'granted' | 'denied' | 'absent';
  } | null;
  readonly runcVersion: string | null;
  readonly disks: readonly DiskFact[];
  /** Members of the docker group, without root. */
  readonly dockerGroup: readonly string[] | null;
  /** Paths of the state that are there. */
  readonly state: readonly StateFact[];
  readonly uid: number;
  /** Of the machine; '' where nothing could be found out. */
  readonly host: string;
  /** What keeps this host as it is: MLEnv only observes, or somebody froze it. */
  readonly hostHolds: readonly HostHold[];
  /** Another MLEnv that holds the engine's lock, in words. */
  readonly lockHolder: string | null;
  /** It is the one that works with this state folder. */
  readonly lockIsOurs: boolean;
  /** Where secrets are laid out for containers. */
  readonly secrets: { readonly path: string; readonly inMemory: boolean };
  /** The kernel shows a GPU of NVIDIA's. */
  readonly gpu: boolean;
  /** As nvidia-smi tells of them; null: nobody looked. */
  readonly gpus: GpuInventory | null;
}

export interface DiskFact {
  readonly what: string;
  readonly path: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface StateFact {
  readonly path: string;
  readonly kind: 'folder' | 'file';
  readonly mode: number;
  readonly uid: number;
}

/** Every check with its cure, in the order in which one would mend them. */
export const doctorChecks = (facts: DoctorFacts): readonly DoctorCheck[] => [
  ...(facts.host === '' ? [] : [ok('host', facts.host)]),
  ...socketCheck(facts),
  engineCheck(facts),
  ...(facts.engine.ok ? engineDetails(facts, facts.engine.value) : []),
  ...gpuHealthChecks(facts.gpus, facts.gpu),
  ...facts.disks.map(diskCheck),
  ...stateChecks(facts),
  secretsCheck(facts),
  lockCheck(facts),
  ...holdChecks(facts.hostHolds),
  bypassCheck(facts),
];

const ok = (name: string, message: string): DoctorCheck => ({
  name,
  status: 'OK',
  message,
  cure: '',
});

const warn = (name: string, message: string, cure: string): DoctorCheck => ({
  name,
  status: 'WARN',
  message,
  cure,
});

const fail = (name: string, message: string, cure: string): DoctorCheck => ({
  name,
  status: 'FAIL',
  message,
  cure,
});

const socketCheck = ({ socket }: DoctorFacts): readonly DoctorCheck[] => {
  const name = 'engine socket';
  if (socket === null) return [];
  switch (socket.access) {
    case 'granted':
      return [ok(name, `${socket.path} may be used`)];
    case 'denied':
      return [
        fail(
          name,
          `${socket.path} may not be used by this user`,
          'ask for the system instance of MLEnv, or run it as root: sudo mlenv …',
        ),
      ];
    case 'absent':
      return [
        fail(
          name,
          `${socket.path} is not there`,
          'install Docker Engine and start it: systemctl start docker; or set DOCKER_HOST',
        ),
      ];
    default:
      return socket.access satisfies never;
  }
};

const engineCheck = ({ engine }: DoctorFacts): DoctorCheck =>
  engine.ok
    ? ok('engine', `Docker ${engine.value.version} on ${engine.value.name} answers`)
    : fail('engine', engine.failure.message, 'systemctl status docker; journalctl -u docker');

const engineDetails = (facts: DoctorFacts, info: EngineInfo): readonly DoctorCheck[] => [
  apiCheck(info),
  info.cgroupVersion === '2'
    ? ok('cgroup', 'version 2')
    : warn(
        'cgroup',
        `version ${info.cgroupVersion}: some limits are not enforced well`,
        'boot with systemd.unified_cgroup_hierarchy=1',
      ),
  info.liveRestore
    ? ok('live-restore', 'containers outlive a restart of the engine')
    : warn(
        'live-restore',
        'a restart of the engine stops every container, trainings too',
        'put "live-restore": true into /etc/docker/daemon.json and systemctl reload docker',
      ),
  runcCheck(facts.runcVersion),
  gpuCheck(facts, info),
];

const apiCheck = ({ apiVersion }: EngineInfo): DoctorCheck =>
  atLeast(apiVersion, leastApi)
    ? ok('engine API', apiVersion)
    : fail(
        'engine API',
        `${apiVersion} is older than ${leastApi.join('.')}`,
        'update Docker Engine to 20.10 or newer',
      );

const leastApi = [1, 41] as const;

const runcCheck = (version: string | null): DoctorCheck => {
  if (version === null) return ok('runc', 'version not known');
  return atLeast(version, safeRunc)
    ? ok('runc', version)
    : warn(
        'runc',
        `${version} lets a container break out of itself (CVE-2024-21626)`,
        `update runc to ${safeRunc.join('.')} or newer`,
      );
};

/** CVE-2024-21626 is mended from here on. */
const safeRunc = [1, 1, 12] as const;

const gpuCheck = ({ gpu }: DoctorFacts, { runtimes }: EngineInfo): DoctorCheck => {
  const runtime = runtimes.includes('nvidia');
  if (!gpu) return ok('nvidia runtime', 'no GPU here');
  return runtime
    ? ok('nvidia runtime', 'present')
    : warn(
        'nvidia runtime',
        'there is a GPU, and the engine has no nvidia runtime',
        'install nvidia-container-toolkit, then nvidia-ctk runtime configure and restart docker',
      );
};

const diskCheck = ({ what, path, freeBytes, totalBytes }: DiskFact): DoctorCheck => {
  const name = `disk of ${what}`;
  const share = totalBytes === 0 ? 0 : freeBytes / totalBytes;
  const free = `${sizeText(freeBytes)} (${Math.round(share * 100)} %) free at ${path}`;
  const isState = what === 'the state';
  // Images lie elsewhere, and a folder of its own may be small.
  const cure = isState
    ? `mlenv db prune, then mlenv db vacuum; ${path}/backups has copies, of which the newest is enough; du -xah ${path} | sort -h shows the rest`
    : 'docker system df shows what takes it; docker image prune frees unused images';
  const least = isState ? Math.min(64 * 2 ** 20, totalBytes / 4) : 2 ** 30;
  if (freeBytes < least) return fail(name, free, cure);
  return share < 0.1 && freeBytes < 50 * 2 ** 30 ? warn(name, free, cure) : ok(name, free);
};

const stateChecks = ({ state, uid }: DoctorFacts): readonly DoctorCheck[] => {
  if (state.length === 0) return [ok('state', 'none yet; the first mlenv up makes it')];
  return state.map(({ path, kind, mode, uid: owner }) => {
    const wanted = kind === 'folder' ? 0o700 : 0o600;
    if (owner !== uid)
      return fail('state', `${path} belongs to uid ${owner}`, `chown ${uid} ${path}`);
    return (mode & 0o077) === 0
      ? ok('state', `${path} is private`)
      : fail(
          'state',
          `${path} has mode ${mode.toString(8)}: others may read it`,
          `chmod ${wanted.toString(8)} ${path}`,
        );
  });
};

const secretsCheck = ({ secrets: { path, inMemory } }: DoctorFacts): DoctorCheck =>
  inMemory
    ? ok('secrets', `laid out in memory, in ${path}`)
    : warn(
        'secrets',
        `${path} is on a disk, which may keep what was removed from it`,
        'mount a tmpfs at /run or /dev/shm',
      );

const lockCheck = ({ lockHolder, lockIsOurs }: DoctorFacts): DoctorCheck => {
  if (lockHolder === null) return ok('lock', 'no other MLEnv works on this engine');
  return lockIsOurs
    ? ok('lock', `held by the MLEnv of this state: ${lockHolder}`)
    : warn('lock', `the engine is held by ${lockHolder}`, 'one MLEnv an engine: use that one');
};

const bypassCheck = ({ dockerGroup }: DoctorFacts): DoctorCheck => {
  const name = 'docker group';
  if (dockerGroup === null) return ok(name, 'there is none');
  return dockerGroup.length === 0
    ? ok(name, 'empty: nobody but root can bypass MLEnv')
    : warn(
        name,
        `${dockerGroup.join(', ')} can bypass MLEnv, and are as good as root`,
        'gpasswd -d USER docker',
      );
};

const atLeast = (version: string, least: readonly number[]): boolean => {
  const parts = version.split(/[^0-9]+/).map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
};
