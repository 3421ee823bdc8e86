import type { Api, StatusItem } from '../../model/api.ts';
import { ApiError } from '../../model/api.ts';
import type { Reason } from '../../model/reason.ts';
import type { Clock } from '../../model/ports.ts';
import { sleep } from '../follow.ts';
import { Finding, gpuNames, mainName, stateText, type DrillProject } from './project.ts';
import { runInside } from './inside.ts';
import type { DrillTools } from './tools.ts';
import type { Connection } from '../ports.ts';

/** What the checks work on; the connection may be another one after one of them. */
export interface DrillWorld {
  readonly project: DrillProject;
  readonly tools: DrillTools;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  connection: Connection;
  /** A connection as it would be after a restart; it has the old one's place. */
  reconnect(): Promise<void>;
}

export interface Check {
  readonly name: string;
  /** Answers with what was seen; throws a Finding where that is not as it should be. */
  run(world: DrillWorld): Promise<string>;
}

/** In this order; each begins where the one before it ended. */
export const checks: readonly Check[] = [
  {
    name: 'brings a project up',
    run: async ({ project, connection: { api } }) => {
      await project.up(api, 0);
      const item = await project.reaches(api, mainName, isRunning);
      return `${item.containerName} runs ${item.image}`;
    },
  },
  {
    name: 'repairs what is killed',
    run: async (world) => {
      const { project, connection } = world;
      const before = await project.reaches(connection.api, mainName, isRunning);
      const how = await kill(world, before);
      const after = await project.reaches(
        connection.api,
        mainName,
        (item) => isRunning(item) && isOther(item, before),
        { limitMs: repairMs, isPatient: true },
      );
      return `${how}; it runs again${after.containerId === before.containerId ? '' : ' as a new container'}`;
    },
  },
  {
    name: 'goes on after a restart',
    run: async (world) => {
      const { project } = world;
      const before = await project.reaches(world.connection.api, mainName, isRunning);
      const { mode } = world.connection;
      if (mode === 'process') await world.reconnect();
      else {
        await world.connection.api.reconcile({ path: project.folder, ...here });
        await sleep(world.clock, lookMs, world.signal);
      }
      const after = await project.reaches(world.connection.api, mainName, isRunning);
      if (after.containerId !== before.containerId || isOther(after, before)) {
        throw new Finding(
          'failed',
          `${mainName} was started or made anew, though nothing was wrong`,
        );
      }
      return mode === 'process'
        ? 'another process found everything as it was and touched nothing'
        : 'asked to look again, the controller touched nothing; it was not restarted';
    },
  },
  {
    name: 'restores its database',
    run: async ({ project, tools, connection: { api } }) => {
      const { stateDir } = await api.version();
      const { result, message } = await tools.restoreCopy({
        stateDir,
        projectPath: project.folder,
      });
      if (result !== 'ok') throw new Finding(result, message);
      return message;
    },
  },
  { name: 'keeps GPUs apart', run: (world) => gpuCheck(world) },
];

/** Started again at once after the first crash; a controller may also hear of it late. */
const repairMs = 90_000;
/** A pass that would touch anything has begun by then. */
const lookMs = 3000;

const here = { project: null, environment: mainName };

const isRunning = ({ phase, ready, startedAt }: StatusItem): boolean =>
  phase === 'Running' && ready && startedAt !== null;

const isOther = (item: StatusItem, before: StatusItem): boolean =>
  item.startedAt !== before.startedAt || item.containerId !== before.containerId;

/** Outside of MLEnv, where this user may; else everything in it is killed from within. */
const kill = async (
  { project, tools: { engine }, connection: { api } }: DrillWorld,
  { containerId }: StatusItem,
): Promise<string> => {
  if (typeof engine !== 'string' && containerId !== null) {
    await engine.kill(containerId);
    return 'killed outside MLEnv, as docker kill does';
  }
  // The shell that says so may be gone before it can answer.
  await runInside(api, { path: project.folder, ...here }, ['sh', '-c', 'kill -9 -1']).catch(
    (thrown: unknown) => {
      if (!(thrown instanceof ApiError && thrown.code === 'engine')) throw thrown;
    },
  );
  return 'killed from within, as this user may not use the engine itself';
};

/** A rule or another holder keeps the GPU from it, which says nothing of isolation. */
const isHeld = ({ reason }: StatusItem): boolean => held.has(reason);
const held: ReadonlySet<string> = new Set([
  'GpuPoolFull',
  'GpuUnsuitable',
  'QuotaExceeded',
  'PolicyRefused',
  'HostOverloaded',
] satisfies Reason[]);
const gpuMs = 120_000;

const gpuCheck = async ({ project, connection: { api } }: DrillWorld): Promise<string> => {
  const { state, gpus, why } = await api.gpus();
  if (state === 'none') throw new Finding('skipped', 'no GPUs here');
  if (state === 'unknown') throw new Finding('failed', `the GPUs cannot be read: ${why}`);
  const free = gpus.filter((gpu) => gpu.state === 'free').length;
  if (free === 0) {
    throw new Finding('skipped', `none of ${gpus.length} GPUs is free now`);
  }
  const names = gpuNames.slice(0, free);
  await project.up(api, names.length);
  const seen: { readonly name: string; readonly uuids: readonly string[] }[] = [];
  for (const name of names) {
    const item = await project.reaches(api, name, (one) => isRunning(one) || isHeld(one), {
      limitMs: gpuMs,
    });
    if (!isRunning(item)) {
      throw new Finding('skipped', `${name} has to wait: ${stateText(item)}`);
    }
    const uuids = await uuidsIn(api, project, name);
    if (uuids.join() !== item.gpus.join()) {
      throw new Finding(
        'failed',
        `${name} was given ${item.gpus.join(', ')} and sees ${uuids.join(', ') || 'none'}`,
      );
    }
    seen.push({ name, uuids });
  }
  const [first, second] = seen;
  if (first === undefined) throw new Finding('failed', 'no environment was given a GPU');
  if (second === undefined) {
    return `${first.name} sees ${first.uuids.join()} alone; only one GPU was free, so no second one was compared`;
  }
  if (first.uuids.some((uuid) => second.uuids.includes(uuid))) {
    throw new Finding('failed', `both see ${first.uuids.join()}`);
  }
  const none = await uuidsIn(api, project, mainName);
  if (none.length > 0) {
    throw new Finding('failed', `${mainName} asked for no GPU and sees ${none.join(', ')}`);
  }
  return `${first.name} sees ${first.uuids.join()}, ${second.name} sees ${second.uuids.join()}, ${mainName} none`;
};

/** Slices where there are any, as a sliced GPU's own uuid is of no use; empty: there is no nvidia-smi, or it sees none. */
const uuidsIn = async (
  api: Api,
  { folder }: DrillProject,
  environment: string,
): Promise<readonly string[]> => {
  const ref = { path: folder, project: null, environment };
  const { output } = await runInside(api, ref, ['nvidia-smi', '-L']);
  const slices = output.match(/MIG-[0-9a-zA-Z/-]+/g) ?? [];
  return slices.length > 0 ? slices : (output.match(/GPU-[0-9a-f-]{36}/g) ?? []);
};
