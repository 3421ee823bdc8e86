import type { ContainerConfig, ImageDefaults, Mount } from '../model/container.ts';
import { label } from '../model/labels.ts';
import type { FieldChange } from '../model/plan.ts';
import { bytes } from './words.ts';

/**
 * How each field of a container follows a change. In place is what `docker update` can do to a
 * running container; the engine reads a zero there as "leave it", so a limit can be changed in place
 * but neither set for the first time nor lifted.
 */
export interface Field {
  readonly name: string;
  readonly how: 'in-place' | 'recreate' | 'ignored';
  /** The value that should be seen live; `skip` where the image that knows it is gone. */
  readonly wished: (config: ContainerConfig, image: ImageDefaults | null) => unknown;
  readonly live: (config: ContainerConfig, image: ImageDefaults | null) => unknown;
  readonly why: string;
  /** How a person reads the value; as it is unless given. */
  readonly show?: (value: unknown) => string;
}

export const skip = Symbol('not known');

export const fields: readonly Field[] = [
  same('image', 'recreate', (c) => c.image, 'another image is another container'),
  {
    name: 'entrypoint',
    how: 'recreate',
    wished: (c, image) => c.entrypoint ?? image?.entrypoint ?? skip,
    live: (c) => c.entrypoint ?? [],
    why: 'fixed at create',
  },
  {
    name: 'command',
    how: 'recreate',
    // An entrypoint of our own drops the image's command, as in Docker.
    wished: (c, image) => c.command ?? (c.entrypoint === null ? (image?.command ?? skip) : []),
    live: (c) => c.command ?? [],
    why: 'fixed at create',
  },
  same('init', 'recreate', (c) => c.init, 'fixed at create'),
  {
    name: 'workdir',
    how: 'recreate',
    wished: (c, image) => c.workdir ?? image?.workdir ?? skip,
    live: (c) => c.workdir ?? '',
    why: 'fixed at create',
  },
  {
    name: 'user',
    how: 'recreate',
    wished: (c, image) => c.user ?? image?.user ?? skip,
    live: (c) => c.user ?? '',
    why: 'fixed at create',
  },
  same('ports', 'recreate', (c) => c.ports.map(portText).sort(), 'bound at start'),
  {
    name: 'mounts',
    how: 'recreate',
    wished: (c) => c.mounts.map((mount) => mountText(mount, c)).sort(),
    // The image's own volumes, attached again on recreate, are no wish of the file.
    live: (c, image) =>
      c.mounts
        .filter((mount) => !(isUnnamed(mount) && image?.volumes.includes(mount.target) !== false))
        .map((mount) => mountText(mount, c))
        .sort(),
    why: 'fixed at create',
  },
  same(
    'secrets',
    'recreate',
    // A new value is laid out at the next start; another set of them is another container.
    (c) => c.labels[label.secrets] ?? '',
    'laid out before a start',
  ),
  { ...same('shm', 'recreate', (c) => c.shmBytes, 'fixed at create'), show: size },
  same('cpus', 'in-place', (c) => inBillionths(c.cpus), 'docker update'),
  { ...same('memory', 'in-place', (c) => c.memoryBytes, 'docker update'), show: size },
  same('pids', 'in-place', (c) => c.pids, 'docker update'),
  {
    name: 'gpus',
    how: 'recreate',
    // How they get in is the engine's matter: another way to the same cards is no change.
    wished: (c) => c.gpus?.ids ?? null,
    live: (c) => c.gpus?.ids ?? null,
    why: 'given at create',
    show: gpuText,
  },
  same(
    'ulimits',
    'recreate',
    (c) => c.ulimits.map((u) => `${u.name}=${u.soft}:${u.hard}`).sort(),
    'fixed at create',
  ),
  same(
    'logs',
    'recreate',
    (c) => `${c.logs.maxFiles} × ${c.logs.maxBytes} bytes`,
    'fixed at create',
  ),
  same('capDrop', 'recreate', (c) => [...c.capDrop].sort(), 'fixed at create'),
  same('capAdd', 'recreate', (c) => [...c.capAdd].sort(), 'fixed at create'),
  same(
    'network',
    'recreate',
    (c) => (c.network === null ? 'none' : `${c.network.name} as ${c.network.alias}`),
    'joined at create',
  ),
  {
    name: 'health',
    how: 'recreate',
    wished: (c, image) => c.health ?? (image === null ? skip : image.health),
    live: (c) => c.health,
    why: 'fixed at create',
  },
  same('stopGrace', 'ignored', (c) => c.stopGraceMs, 'given with each stop'),
];

/** Maps are compared key by key, so that a change names the variable and not the whole map. */
export const mapFields: readonly {
  readonly name: 'env' | 'labels';
  readonly wished: (config: ContainerConfig) => Readonly<Record<string, string>>;
  readonly fromImage: (image: ImageDefaults) => Readonly<Record<string, string>>;
  readonly ignored: (key: string) => boolean;
  /** Values may be secrets: only names are shown. */
  readonly secret: boolean;
}[] = [
  {
    name: 'env',
    wished: (c) => c.env,
    fromImage: (image) => image.env,
    ignored: () => false,
    secret: true,
  },
  {
    name: 'labels',
    wished: (c) => c.labels,
    fromImage: (image) => image.labels,
    // Ours tell of the time of creation; that they age is no drift.
    ignored: (key) => key.startsWith('mlenv.'),
    secret: false,
  },
];

/** In place is possible only from one limit to another. */
export const howFor = (field: Field, from: unknown, to: unknown): FieldChange['how'] =>
  field.how === 'in-place' && from !== null && to !== null ? 'in-place' : 'recreate';

function same(
  name: string,
  how: Field['how'],
  read: (config: ContainerConfig) => unknown,
  why: string,
): Field {
  return { name, how, wished: read, live: read, why };
}

/** As the engine keeps cores: a third of one would differ for ever. */
function inBillionths(cpus: number | null): number | null {
  return cpus === null ? null : Math.round(cpus * 1e9) / 1e9;
}

function gpuText(value: unknown): string {
  if (!Array.isArray(value)) return '(none)';
  return value.length === 0 ? '(to be granted)' : value.map(String).join(' ');
}

function size(value: unknown): string {
  return typeof value === 'number' ? bytes(value) : '(none)';
}

const portText = (port: ContainerConfig['ports'][number]): string =>
  `${port.hostIp}:${port.host}:${port.container}/${port.protocol}`;

/**
 * Another commit of a project that follows a remote lies in another folder. Its container keeps the tree that
 * it was made with, unless the file asks for more.
 */
const sourceText = (source: string, { labels }: ContainerConfig): string => {
  const project = labels[label.projectPath];
  if (project === undefined || labels[label.workspaceUpdate] === 'recreate') return source;
  const below = source.startsWith(`${project}/`) ? source.slice(project.length + 1) : '';
  return /^[0-9a-f]{40}/.test(below) ? `${project}/…${below.replace(/^[0-9a-f]+/, '')}` : source;
};

const mountText = (mount: Mount, config: ContainerConfig): string => {
  switch (mount.kind) {
    case 'bind':
    case 'volume':
      return `${sourceText(mount.source, config)}:${mount.target}${mount.readOnly ? ':ro' : ''}`;
    case 'tmpfs':
      return `tmpfs:${mount.target}${mount.sizeBytes === null ? '' : `:${mount.sizeBytes}`}`;
    default:
      return mount satisfies never;
  }
};

const isUnnamed = (mount: Mount): boolean =>
  mount.kind === 'volume' && /^[0-9a-f]{64}$/.test(mount.source);
