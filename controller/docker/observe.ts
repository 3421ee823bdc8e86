import type {
  AnonymousVolume,
  ContainerHealth,
  ContainerState,
  ImageDefaults,
  ListedContainer,
  ObservedContainer,
} from '../model/container.ts';
import type { LastCheck } from '../model/health.ts';
import type { ObservedNetwork, ObservedVolume } from '../model/ports.ts';
import {
  containerName,
  isAnonymousName,
  observedConfig,
  observedEnv,
  observedHealth,
} from './observe-config.ts';
import { observedExcess } from './observe-excess.ts';
import { observedStrays, type EngineTraits } from './observe-strays.ts';
import { visibleDevices } from './translate.ts';
import { json, type Json, list, number, text, textMap, texts, time } from './shape.ts';

export function observedContainer(
  inspect: Json,
  image: ImageDefaults | null,
  defaultRuntime: string,
  traits: EngineTraits = { swapLimit: false, cpus: null, cgroupVersion: '' },
): ObservedContainer {
  const state = json(inspect['State']);
  const config = observedConfig(inspect);
  const status = containerState(state['Status']);
  const startedAt = time(state['StartedAt']);
  const finishedAt = time(state['FinishedAt']);
  return {
    id: text(inspect['Id']),
    name: config.name,
    state: status,
    // The engine calls everything that has ended unhealthy; a list does not.
    health: isUp(status) ? containerHealth(json(state['Health'])['Status']) : 'none',
    lastCheck: isUp(status) ? lastCheck(json(state['Health'])) : null,
    address: address(inspect),
    exitCode: number(state['ExitCode']),
    oomKilled: state['OOMKilled'] === true,
    error: text(state['Error']),
    createdAt: time(inspect['Created']) ?? 0,
    startedAt,
    finishedAt: isUp(status) ? finishedAt : notBefore(finishedAt, startedAt),
    imageId: text(inspect['Image']),
    labels: config.labels,
    config,
    image,
    excess: observedExcess(inspect, defaultRuntime),
    strays: observedStrays(inspect, traits),
    anonymousVolumes: anonymousVolumes(inspect, image),
  };
}

export function observedImage(inspect: Json): ImageDefaults {
  const config = json(inspect['Config']);
  return {
    id: text(inspect['Id']),
    entrypoint: texts(config['Entrypoint']),
    command: texts(config['Cmd']),
    workdir: text(config['WorkingDir']),
    user: text(config['User']),
    env: withoutVisible(observedEnv(config['Env'])),
    labels: textMap(config['Labels']),
    health: observedHealth(config['Healthcheck']),
    volumes: Object.keys(json(config['Volumes'])).sort(),
  };
}

/** Every container gets its own, so that what the image bakes in is no default of it. */
const withoutVisible = (env: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name !== visibleDevices));

export function listedContainer(line: Json): ListedContainer {
  return {
    id: text(line['Id']),
    name: containerName(ownName(texts(line['Names']))),
    state: containerState(line['State']),
    health: healthInStatus(text(line['Status'])),
    image: text(line['Image']),
    labels: textMap(line['Labels']),
  };
}

export function observedNetwork(line: Json): ObservedNetwork {
  const subnet = json(list(json(line['IPAM'])['Config'])[0])['Subnet'];
  return {
    id: text(line['Id']),
    name: text(line['Name']),
    subnet: text(subnet) || null,
    labels: textMap(line['Labels']),
  };
}

export const observedVolume = (line: Json): ObservedVolume => ({
  name: text(line['Name']),
  labels: textMap(line['Labels']),
});

const isUp = (state: ContainerState): boolean =>
  state === 'running' || state === 'paused' || state === 'restarting';

/** A command that ends at once is sometimes written down as ended 1 ms before it began (20.10). */
const notBefore = (finishedAt: number | null, startedAt: number | null): number | null =>
  finishedAt === null || startedAt === null ? finishedAt : Math.max(finishedAt, startedAt);

const states: ReadonlySet<string> = new Set<ContainerState>([
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
]);

const isState = (value: string): value is ContainerState => states.has(value);

/** A state this version does not know is the one that lets nothing be done but look: dead. */
const containerState = (value: unknown): ContainerState => {
  const read = text(value);
  return isState(read) ? read : 'dead';
};

function containerHealth(value: unknown): ContainerHealth {
  return value === 'starting' || value === 'healthy' || value === 'unhealthy' ? value : 'none';
}

/** The engine keeps the last five, oldest first. */
function lastCheck(health: Json): LastCheck | null {
  const last = json(list(health['Log']).at(-1));
  const [startedAt, endedAt] = [time(last['Start']), time(last['End'])];
  if (startedAt === null || endedAt === null) return null;
  return {
    startedAt,
    endedAt,
    exitCode: number(last['ExitCode']),
    output: text(last['Output']).slice(0, longestOutput),
    failures: number(health['FailingStreak']),
  };
}

const longestOutput = 4096;

function address(inspect: Json): string | null {
  const networks = Object.values(json(json(inspect['NetworkSettings'])['Networks']));
  return networks.map((each) => text(json(each)['IPAddress'])).find((ip) => ip !== '') ?? null;
}

/** A list has the health in its text for people only: "Up 2 minutes (healthy)". */
function healthInStatus(status: string): ContainerHealth {
  if (status.endsWith('(healthy)')) return 'healthy';
  if (status.endsWith('(unhealthy)')) return 'unhealthy';
  return status.endsWith('(health: starting)') ? 'starting' : 'none';
}

/** Links of other containers stand in the list too, with a second slash. */
const ownName = (names: readonly string[]): string =>
  names.find((name) => name.lastIndexOf('/') === 0) ?? '';

function anonymousVolumes(inspect: Json, image: ImageDefaults | null): readonly AnonymousVolume[] {
  const named = new Set(
    list(json(inspect['HostConfig'])['Mounts'])
      .map(json)
      .filter((mount) => !isAnonymousName(text(mount['Source'])))
      .map((mount) => text(mount['Target'])),
  );
  return list(inspect['Mounts'])
    .map(json)
    .filter((mount) => mount['Type'] === 'volume')
    .map((mount) => ({ name: text(mount['Name']), target: text(mount['Destination']) }))
    .filter(({ target }) => !named.has(target))
    .filter(
      ({ name, target }) => isAnonymousName(name) || image?.volumes.includes(target) === true,
    );
}
