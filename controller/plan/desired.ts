import type {
  ContainerConfig,
  HealthCheck,
  Mount,
  ObservedContainer,
  PortBinding,
} from '../model/container.ts';
import type { ProjectContext } from '../model/context.ts';
import type { Environment, HealthWish, MountWish, PortWish } from '../model/environment.ts';
import type { GpuLease } from '../model/gpu.ts';
import { noAsker } from '../model/health.ts';
import { isReservedLabel, label } from '../model/labels.ts';
import { serves } from '../model/lease.ts';
import type { EnvironmentRecord, PortLease } from '../model/record.ts';
import type { SecretSeed } from '../model/secret.ts';
import type { ContainerSeed, VolumeSeed } from '../model/step.ts';
import { capabilitiesOf } from './capabilities.ts';
import { gpusOf, gpuWishText } from './gpus.ts';
import { secretNames, secretSeed, secretsMount } from './secrets.ts';
import { containerName, homeVolumeName, networkName, projectLabels, volumeName } from './names.ts';

export interface Desired {
  readonly config: ContainerConfig;
  readonly volumes: readonly VolumeSeed[];
  readonly seed: ContainerSeed;
  readonly secrets: SecretSeed | null;
  /** Names of those that the file does not ask for. */
  readonly ulimitsByDefault: readonly string[];
}

export interface DesiredInput {
  readonly wish: Environment;
  readonly record: Pick<
    EnvironmentRecord,
    'uid' | 'generation' | 'digest' | 'grantedCpus' | 'grantedMemoryBytes'
  >;
  readonly context: ProjectContext;
  readonly leases: readonly PortLease[];
  /** null: what the wish needs is not granted, so that nobody knows yet which cards it will be. */
  readonly gpuLeases: readonly GpuLease[] | null;
  /** The container that is there; null: none. */
  readonly made: Pick<ObservedContainer, 'labels' | 'config'> | null;
}

/** wish + identity + granted ports → the one container that fulfils it. */
export const desiredContainer = (input: DesiredInput): Desired => {
  const { wish, record, context, leases } = input;
  const gpus = gpusOf(input);
  const account = hostAccount(wish, context);
  const secrets = secretSeed(input, seedOwner(wish, context));
  const mounts = [
    ...allMounts(wish, context, account?.home ?? null),
    ...(secrets === null ? [] : [secretsMount(secrets)]),
  ];
  const named = mounts.filter((mount) => mount.kind === 'volume');
  return {
    secrets,
    ulimitsByDefault: wish.ulimits.flatMap(({ name, byDefault }) => (byDefault ? [name] : [])),
    config: {
      name: containerName(context, wish.name),
      image: wish.image,
      entrypoint: wish.entrypoint,
      command: wish.command,
      init: wish.init,
      workdir: wish.workdir ?? wish.workspace?.target ?? null,
      user: userOf(wish, context),
      env: account === null ? wish.env : { HOME: account.home, USER: account.name, ...wish.env },
      labels: {
        ...unreserved(wish.labels),
        ...projectLabels(context),
        [label.projectPath]: context.path,
        [label.environment]: wish.name,
        [label.uid]: record.uid,
        [label.generation]: String(record.generation),
        [label.digest]: record.digest,
        [label.owner]: `${context.owner.uid}:${context.owner.gid}`,
        [label.revision]: context.revision,
        // Also where they say nothing: one that is left out is the image's to write.
        [label.secrets]: secrets === null ? '' : secretNames(secrets),
        [label.workspaceUpdate]: wish.workspace?.update === 'recreate' ? 'recreate' : '',
        [label.gpus]: gpus?.ids.join(',') ?? '',
        [label.gpuWish]: wish.gpus === null ? '' : gpuWishText(wish.gpus),
        [label.volume]: '',
      },
      ports: wish.ports.map((port) => binding(port, leases)),
      mounts,
      shmBytes: wish.shmBytes,
      cpus: wish.cpus ?? record.grantedCpus,
      memoryBytes: wish.memoryBytes ?? record.grantedMemoryBytes,
      pids: wish.pids,
      gpus,
      ulimits: wish.ulimits
        .filter(({ byDefault }) => context.raisesLimits || !byDefault)
        .map(({ name, soft, hard }) => ({ name, soft, hard })),
      logs: wish.logs,
      ...capabilitiesOf(wish, context),
      network: wish.network ? { name: networkName(context), alias: wish.name } : null,
      health: wish.health === null ? null : healthCheck(wish.health),
      stopGraceMs: wish.stopGraceMs,
    },
    volumes: named.map((mount) => ({
      name: mount.source,
      labels: {
        ...projectLabels(context),
        [label.volume]: nameInFile(mount.source, wish, context),
      },
    })),
    seed: {
      owner: seedOwner(wish, context),
      account,
      volumes: named.map((mount) => ({ name: mount.source, target: mount.target })),
    },
  };
};

/** Whatever the file says, nobody but MLEnv writes its labels. */
const unreserved = (labels: Environment['labels']): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !isReservedLabel(name)));

/** True where every port of the wish has its lease, so that the container can be described. */
export const leasesCover = (wish: Environment, leases: readonly PortLease[]): boolean =>
  wish.ports.every((port) => leases.some((lease) => serves(lease, port)));

/** A port without its lease stands there too, so that it shows as a change: as 0 where any would do. */
const binding = (port: PortWish, leases: readonly PortLease[]): PortBinding => {
  const lease = leases.find((candidate) => serves(candidate, port));
  const { container, protocol, hostIp, host } = port;
  return { container, protocol, hostIp, host: lease?.host ?? (host === 'auto' ? 0 : host) };
};

const userOf = (wish: Environment, context: ProjectContext): string | null => {
  switch (wish.user.kind) {
    case 'host':
      return `${context.owner.uid}:${context.owner.gid}`;
    case 'ids':
      return `${wish.user.uid}:${wish.user.gid}`;
    case 'image':
      return null;
    default:
      return wish.user satisfies never;
  }
};

const seedOwner = (wish: Environment, context: ProjectContext): ContainerSeed['owner'] => {
  switch (wish.user.kind) {
    case 'host':
      return context.owner;
    case 'ids':
      return { uid: wish.user.uid, gid: wish.user.gid };
    case 'image':
      return null;
    default:
      return wish.user satisfies never;
  }
};

const hostAccount = (wish: Environment, context: ProjectContext): ContainerSeed['account'] =>
  wish.user.kind === 'host'
    ? {
        name: context.ownerName,
        home: context.owner.uid === 0 ? '/root' : `/home/${context.ownerName}`,
      }
    : null;

/** The workspace first, then the home volume, then what the file lists: later ones may lie inside earlier ones. */
const allMounts = (wish: Environment, context: ProjectContext, home: string | null): Mount[] => {
  const listed = wish.mounts.map((mount) => engineMount(mount, context));
  const taken = new Set([wish.workspace, ...listed].map((mount) => mount?.target));
  return [
    ...(wish.workspace === null
      ? []
      : [
          {
            kind: 'bind' as const,
            source: context.folder,
            target: wish.workspace.target,
            readOnly: wish.workspace.readOnly,
          },
        ]),
    ...(home === null || taken.has(home)
      ? []
      : [
          {
            kind: 'volume' as const,
            source: homeVolumeName(context, wish.name),
            target: home,
            readOnly: false,
          },
        ]),
    ...listed,
  ];
};

const engineMount = (mount: MountWish, context: ProjectContext): Mount => {
  switch (mount.kind) {
    case 'bind':
    case 'tmpfs':
      return mount;
    case 'volume':
      return {
        kind: 'volume',
        source: volumeName(context, mount.volume),
        target: mount.target,
        readOnly: mount.readOnly,
      };
    default:
      return mount satisfies never;
  }
};

const nameInFile = (source: string, wish: Environment, context: ProjectContext): string => {
  for (const mount of wish.mounts) {
    if (mount.kind === 'volume' && volumeName(context, mount.volume) === source) {
      return mount.volume;
    }
  }
  return `home of ${wish.name}`;
};

const healthCheck = (health: HealthWish): HealthCheck => ({
  argv: health.probe.kind === 'command' ? health.probe.argv : httpProbe(health.probe),
  intervalMs: health.intervalMs,
  timeoutMs: health.timeoutMs,
  retries: health.retries,
  startPeriodMs: health.startPeriodMs,
});

/**
 * Asked from inside, with whatever the image has for it: so it needs no published port, works on a
 * remote engine, and shows in `docker inspect` as any health check does.
 */
const httpProbe = ({ port, path }: { readonly port: number; readonly path: string }): string[] => {
  const url = `http://127.0.0.1:${port}${path}`;
  return [
    'sh',
    '-c',
    [
      'if command -v curl >/dev/null 2>&1; then exec curl -fsS -o /dev/null "$0"; fi',
      'if command -v wget >/dev/null 2>&1; then exec wget -q -O /dev/null "$0"; fi',
      `if command -v python3 >/dev/null 2>&1; then exec python3 -c "import sys,urllib.request as u; u.urlopen(sys.argv[1])" "$0"; fi`,
      `echo "${noAsker}"; exit 1`,
    ].join('\n'),
    url,
  ];
};
