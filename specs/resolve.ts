import type {
  DependencyWish,
  Environment,
  RawEnvironment,
  ResolvedEnvironment,
} from '../controller/model/environment.ts';
import { defaultUpdates } from '../controller/model/updates.ts';
import { cardVariables, isSystemPath } from '../controller/model/policy-env.ts';
import { ruleText } from '../controller/model/policy.ts';
import { isReservedLabel } from '../controller/model/labels.ts';
import { withoutOwnFields } from './defaults.ts';
import { environmentDigest } from './digest.ts';
import { fault, fieldName, type Fault } from './fault.ts';
import { interpolate } from './interpolate.ts';
import { cleanTarget, refusedTarget } from './paths.ts';
import { redact } from './redact.ts';
import type { Lock } from './lock.ts';
import { envFilesOf } from './resolve-env.ts';
import { imageOf, type SpecImage } from './resolve-image.ts';
import { secretsOf, type ReadSecret, type SecretsRead } from './resolve-secrets.ts';
import { gpusOf, onGpuLostOf } from './resolve-gpus.ts';
import { healthOf } from './resolve-health.ts';
import { idleOf, lifetimeRange } from './resolve-idle.ts';
import { mountsOf, workspaceOf, type MountPlace } from './resolve-mounts.ts';
import { portsOf } from './resolve-ports.ts';
import { restartOf } from './resolve-restart.ts';
import {
  argvOf,
  cpusOf,
  durationOf,
  refuseNul,
  sizeOf,
  textOf,
  userOf,
  type Range,
  type Report,
} from './resolve-scalars.ts';
import { ulimitsOf } from './resolve-ulimits.ts';
import { quoted } from './safe-text.ts';
import type { SpecDependsOn, SpecEnvironment, SpecTextMap } from './types.generated.ts';
import { validateEnvironment } from './validate.ts';

export interface ResolveContext extends MountPlace {
  /** Enters the digest of what comes from outside the file. */
  readonly hmacKey: Uint8Array;
  /** For `${…}`. */
  readonly variables: ReadonlyMap<string, string>;
  /** Beside the file; left out: there is none, or nobody looks. */
  readonly lock?: Lock | null;
  /** Of the owner of the project's folder. */
  readonly readSecret?: ReadSecret;
}

export type Resolution =
  | { readonly ok: true; readonly resolved: ResolvedEnvironment }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      /** As far as it can be read: good for looking for more faults, and for nothing else. */
      readonly partial: Environment | null;
    };

/** Fills in variables, units and MLEnv's own defaults. Paths of faults begin at the environment. */
export const resolveEnvironment = async (
  name: string,
  given: RawEnvironment,
  context: ResolveContext,
): Promise<Resolution> => {
  const raw = withoutOwnFields(given);
  const { value, replaced, faults: unset } = interpolate(raw, context.variables);
  if (unset.length > 0) return { ok: false, faults: unset, partial: null };
  const valid = validateEnvironment(value);
  if (!valid.ok) return { ok: false, faults: redact(valid.faults, raw), partial: null };
  const faults: Fault[] = [];
  const report: Report = (one) => faults.push(one);
  const { environment: spec } = valid;
  const envFile =
    spec.envFile === undefined
      ? new Map<string, string>()
      : await envFilesOf(spec.envFile, { path: ['envFile'], report, place: context });
  const secrets = await secretsOf(spec, { report, readSecret: context.readSecret });
  const image = imageOf(name, spec, { lock: context.lock ?? null, report });
  const locked = image.image === image.asked ? null : image.image;
  const intake = { replaced, envFile, secrets: secrets.values, locked };
  const digest = environmentDigest(raw, intake, context.hmacKey);
  const wish = await wishOf(spec, { name, digest, image, envFile, secrets, context, report });
  if (faults.length > 0) return { ok: false, faults: redact(faults, raw), partial: wish };
  return { ok: true, resolved: { wish, raw } };
};

interface Given {
  readonly name: string;
  readonly digest: string;
  readonly image: SpecImage;
  readonly envFile: ReadonlyMap<string, string>;
  readonly secrets: SecretsRead;
  readonly context: ResolveContext;
  readonly report: Report;
}

const wishOf = async (spec: SpecEnvironment, given: Given): Promise<Environment> => {
  const { name, digest, image, secrets, context, report } = given;
  const memoryBytes =
    spec.memory === undefined ? null : sizeOf(spec.memory, ['memory'], memoryRange, report);
  const workspace = workspaceOf(spec.workspace ?? true, ['workspace'], report);
  const runs = restartOf(spec, report);
  const { restart } = runs;
  const gpus = spec.gpus === undefined ? null : gpusOf(spec.gpus, ['gpus'], report);
  const updates = spec.updates ?? defaultUpdates(restart, gpus !== null);
  return {
    name,
    ...image,
    pull: spec.pull ?? 'missing',
    entrypoint:
      spec.entrypoint === undefined ? null : argvOf(spec.entrypoint, ['entrypoint'], report),
    command: spec.command === undefined ? null : argvOf(spec.command, ['command'], report),
    init: spec.init ?? true,
    workdir: spec.workdir === undefined ? null : workdirOf(spec.workdir, report),
    user: userOf(spec.user ?? 'host', ['user'], report),
    env: envOf(spec, given),
    ports: portsOfSpec(spec, report),
    workspace,
    mounts: await mountsOf(spec.mounts ?? [], workspace, {
      path: ['mounts'],
      report,
      place: context,
      hasSecrets: secrets.wishes.length > 0,
    }),
    secrets: secrets.wishes,
    shmBytes: shmOf(spec.shm, report),
    cpus: spec.cpus === undefined ? null : cpusOf(spec.cpus, ['cpus'], report),
    memoryBytes,
    gpus,
    onGpuLost: onGpuLostOf(spec.gpus, { updates, restart }),
    priority: spec.priority ?? 0,
    pids: spec.pids === 'unlimited' ? null : (spec.pids ?? 4096),
    ulimits: ulimitsOf(spec.ulimits ?? {}, ['ulimits'], report),
    logs: {
      maxBytes: sizeOf(spec.logs?.maxSize ?? '50MB', ['logs', 'maxSize'], logRange, report),
      maxFiles: spec.logs?.maxFiles ?? 3,
    },
    network: spec.network ?? true,
    health:
      spec.health === undefined
        ? null
        : healthOf(spec.health, ['health'], { restart, updates, report }),
    ...runs,
    stopGraceMs: durationOf(spec.stopGrace ?? '10s', ['stopGrace'], graceRange, report),
    dependsOn: dependenciesOf(spec.dependsOn ?? []),
    prunePolicy: spec.prunePolicy ?? 'keep-volumes',
    idle: idleOf(spec.idle, ['idle'], report),
    maxLifetimeMs:
      spec.maxLifetime === undefined
        ? null
        : durationOf(spec.maxLifetime, ['maxLifetime'], lifetimeRange, report),
    updates,
    state: spec.state ?? 'running',
    labels: labelsOf(spec.labels ?? {}, report),
    digest,
  };
};

const mebibyte = 2 ** 20;
const memoryRange: Range = { min: 6 * mebibyte, max: 2 ** 50, says: '6MB or more' };
const shmRange: Range = { min: 65_536, max: 2 ** 50, says: '64KB or more' };
const logRange: Range = { min: 4096, max: 2 ** 40, says: '4KB to 1TB' };
const graceRange: Range = { min: 0, max: 86_400_000, says: 'at most 24h' };

const workdirOf = (workdir: string, report: Report): string => {
  const refused = refusedTarget(workdir, 'workdir');
  if (refused !== null) {
    const message = `workdir ${refused}`;
    const said = isSystemPath(workdir) ? ruleText('MLE-SEC-022', message) : message;
    report(fault('E_PATH', ['workdir'], { message: said }));
  }
  return cleanTarget(workdir);
};

const envOf = (
  { env = {} }: SpecEnvironment,
  { envFile, secrets, report }: Pick<Given, 'envFile' | 'secrets' | 'report'>,
): Readonly<Record<string, string>> => {
  const own = textMapOf(env);
  for (const [key, value] of own) refuseNul(value, ['env', key], report);
  const all = new Map([...envFile, ...own]);
  for (const key of cardVariables) {
    if (!all.has(key)) continue;
    const message = ruleText(
      'MLE-SEC-021',
      `the variable ${key} says which cards a container sees, and MLEnv sets it`,
    );
    const inFile = Object.hasOwn(env, key);
    report(
      fault('E_RESERVED_VARIABLE', inFile ? ['env', key] : ['envFile'], {
        ...(inFile ? { at: 'key' as const } : {}),
        message,
        hint: 'ask for cards with gpus:',
      }),
    );
  }
  return Object.fromEntries([...all, ...secrets.values]);
};

const labelsOf = (labels: SpecTextMap, report: Report): Readonly<Record<string, string>> => {
  const own = textMapOf(labels);
  for (const [key, value] of own) {
    refuseNul(value, ['labels', key], report);
    if (!isReservedLabel(key)) continue;
    const message = ruleText('MLE-SEC-023', `the label ${quoted(key)} is MLEnv's own`);
    const hint = 'choose a name that does not begin with mlenv.';
    report(fault('E_RESERVED_LABEL', ['labels', key], { at: 'key', message, hint }));
  }
  return Object.fromEntries(own);
};

const textMapOf = (map: SpecTextMap): readonly (readonly [string, string])[] =>
  Object.entries(map).map(([key, value]) => [key, textOf(value ?? '')]);

const portsOfSpec = (spec: SpecEnvironment, report: Report): Environment['ports'] => {
  const ports = portsOf(spec.ports ?? [], ['ports'], report);
  if (ports.length > 0 && spec.network === false) {
    const message = `${fieldName(['ports'])} cannot stand beside network: false`;
    const hint = 'remove ports, or network: false';
    report(fault('E_CONFLICT', ['ports'], { at: 'key', message, hint }));
  }
  return ports;
};

/** Never worked out from memory: a new memory limit would then recreate what it can change in place. */
const shmOf = (shm: string | undefined, report: Report): number =>
  shm === undefined ? 2 * 2 ** 30 : sizeOf(shm, ['shm'], shmRange, report);

const dependenciesOf = (dependsOn: SpecDependsOn): readonly DependencyWish[] =>
  Array.isArray(dependsOn)
    ? [...new Set(dependsOn)].map((environment) => ({ environment, condition: 'started' }))
    : Object.entries(dependsOn).map(([environment, condition]) => ({
        environment,
        condition: condition ?? 'started',
      }));
