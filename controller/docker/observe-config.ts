import type {
  ContainerConfig,
  GpuAccess,
  HealthCheck,
  Mount,
  PortBinding,
} from '../model/container.ts';
import type { LogLimits, Ulimit } from '../model/environment.ts';
import { json, type Json, list, number, positive, text, textMap, texts } from './shape.ts';
import {
  cdiPrefix,
  driverCapabilities,
  nanoCpus,
  nanosPerMs,
  visibleDevices,
} from './translate.ts';

/** The reverse of `createBody`: what an inspect says, in the words of the wish. */
export function observedConfig(inspect: Json): ContainerConfig {
  const config = json(inspect['Config']);
  const host = json(inspect['HostConfig']);
  return {
    name: containerName(inspect['Name']),
    image: text(config['Image']),
    entrypoint: texts(config['Entrypoint']),
    command: texts(config['Cmd']),
    init: host['Init'] === true,
    workdir: text(config['WorkingDir']),
    user: text(config['User']),
    env: withoutOurs(observedEnv(config['Env']), observedGpus(config, host)),
    labels: textMap(config['Labels']),
    ports: observedPorts(host['PortBindings']),
    mounts: list(host['Mounts']).map(json).filter(isDeclared).map(observedMount),
    shmBytes: number(host['ShmSize']),
    cpus: scaled(positive(host['NanoCpus']), nanoCpus),
    memoryBytes: positive(host['Memory']),
    pids: positive(host['PidsLimit']),
    gpus: observedGpus(config, host),
    ulimits: list(host['Ulimits']).map(observedUlimit),
    logs: observedLogs(json(host['LogConfig'])),
    capDrop: capabilities(host['CapDrop']),
    capAdd: capabilities(host['CapAdd']),
    network: observedNetwork(inspect),
    health: observedHealth(config['Healthcheck']),
    stopGraceMs: (positive(config['StopTimeout']) ?? zeroGrace(config['StopTimeout'])) * 1000,
  };
}

/** Some engines answer with the prefix, whatever they were asked with. */
export const capabilities = (names: unknown): readonly string[] =>
  texts(names).map((name) => name.toUpperCase().replace(/^CAP_/, ''));

export const containerName = (name: unknown): string => text(name).replace(/^\//, '');

/** The engine names a volume that nobody named by 64 hexadecimal digits. */
export const isAnonymousName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

export function observedEnv(env: unknown): Readonly<Record<string, string>> {
  const pairs = texts(env).map((line): readonly [string, string] => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** What the engine was told, not what it did: the injected variables stand in no inspect. */
export function observedGpus(config: Json, host: Json): GpuAccess | null {
  for (const request of cardRequests(host)) {
    const ids = texts(request['DeviceIDs']).map((id) => id.replace(cdiPrefix, ''));
    if (ids.length === 0) continue;
    return { ids: ids.sort(), injection: request['Driver'] === 'cdi' ? 'cdi' : 'device-request' };
  }
  const visible = observedEnv(config['Env'])[visibleDevices] ?? '';
  const runtime = text(host['Runtime']) === 'nvidia';
  const isNone = visible === '' || visible === 'void' || visible === 'none';
  // The image's own `all` gives nothing where no runtime reads it.
  if (isNone || (visible === 'all' && !runtime)) return null;
  return { ids: visible.split(',').sort(), injection: runtime ? 'runtime' : 'none' };
}

/** Device requests that are for NVIDIA's cards: there are such for other makers' and other devices. */
export const cardRequests = (host: Json): readonly Json[] =>
  list(host['DeviceRequests'])
    .map(json)
    .filter((request) => {
      const driver = text(request['Driver']);
      if (driver === 'cdi')
        return texts(request['DeviceIDs']).some((id) => id.startsWith(cdiPrefix));
      if (driver !== '') return driver.startsWith('nvidia');
      return list(request['Capabilities'])
        .flatMap(texts)
        .some((one) => /^(gpu|nvidia)$/.test(one));
    });

/** Variables that MLEnv sets itself are no wish of the file. */
function withoutOurs(
  env: Readonly<Record<string, string>>,
  gpus: GpuAccess | null,
): Readonly<Record<string, string>> {
  const { [visibleDevices]: _visible, ...rest } = env;
  if (gpus?.injection !== 'runtime') return rest;
  const { [driverCapabilities]: _capabilities, ...others } = rest;
  return others;
}

/** Times the image leaves out are Docker's own: 30 s, 30 s, 3 tries. */
export function observedHealth(raw: unknown): HealthCheck | null {
  const health = json(raw);
  const [how, ...rest] = texts(health['Test']);
  if (how === undefined || how === 'NONE') return null;
  const argv = how === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : rest;
  return {
    argv,
    intervalMs: scaled(positive(health['Interval']), nanosPerMs) ?? 30_000,
    timeoutMs: scaled(positive(health['Timeout']), nanosPerMs) ?? 30_000,
    retries: positive(health['Retries']) ?? 3,
    startPeriodMs: number(health['StartPeriod']) / nanosPerMs,
  };
}

/** Volumes that the image's VOLUME lines made, and those of them that were attached again. */
const isDeclared = (mount: Json): boolean =>
  mount['Type'] !== 'volume' || !isAnonymousName(text(mount['Source']));

function observedMount(mount: Json): Mount {
  const target = text(mount['Target']);
  if (mount['Type'] === 'tmpfs') {
    return { kind: 'tmpfs', target, sizeBytes: positive(json(mount['TmpfsOptions'])['SizeBytes']) };
  }
  return {
    kind: mount['Type'] === 'volume' ? 'volume' : 'bind',
    source: text(mount['Source']),
    target,
    readOnly: mount['ReadOnly'] === true,
  };
}

function observedPorts(bindings: unknown): readonly PortBinding[] {
  return Object.entries(json(bindings)).flatMap(([key, hosts]) => {
    const [container = '', protocol] = key.split('/');
    return list(hosts)
      .map(json)
      .map((host): PortBinding => ({
        container: Number(container),
        protocol: protocol === 'udp' ? 'udp' : 'tcp',
        hostIp: text(host['HostIp']),
        host: Number(text(host['HostPort'])),
      }));
  });
}

function observedUlimit(raw: unknown): Ulimit {
  const ulimit = json(raw);
  return { name: text(ulimit['Name']), soft: number(ulimit['Soft']), hard: number(ulimit['Hard']) };
}

/** Zeros where the log driver is not the one that MLEnv sets. */
function observedLogs(log: Json): LogLimits {
  if (log['Type'] !== 'json-file') return { maxBytes: 0, maxFiles: 0 };
  const options = textMap(log['Config']);
  return {
    maxBytes: logSize(options['max-size'] ?? ''),
    maxFiles: Number(options['max-file'] ?? '1') || 0,
  };
}

function logSize(size: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)([kmg]?)b?$/i.exec(size) ?? [];
  const scale = { '': 1, k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? 1;
  return Number(digits) * scale;
}

/**
 * A container that was taken off its network by hand has no endpoint left: its alias reads as '',
 * which no wish equals.
 */
function observedNetwork(inspect: Json): ContainerConfig['network'] {
  const name = text(json(inspect['HostConfig'])['NetworkMode']);
  if (name === 'none' || name === '') return null;
  const endpoint = json(json(json(inspect['NetworkSettings'])['Networks'])[name]);
  // The engine adds the short id. Only the whole of it: "db" may well be how an id begins.
  const ownId = text(inspect['Id']).slice(0, 12);
  const alias = texts(endpoint['Aliases']).find((name) => name !== ownId);
  return { name, alias: alias ?? '' };
}

const scaled = (value: number | null, by: number): number | null =>
  value === null ? null : value / by;

/** No StopTimeout at all means Docker's 10 s; an outright 0 is a 0. */
const zeroGrace = (timeout: unknown): number => (timeout === 0 ? 0 : 10);
