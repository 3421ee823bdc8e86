import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { specFileName } from '../../../specs/index.ts';
import type { Api, StatusItem } from '../../model/api.ts';
import { ApiError } from '../../model/api.ts';
import { isReason, reasons, type Reason } from '../../model/reason.ts';
import type { Clock } from '../../model/ports.ts';
import { oneLine } from '../../report/text.ts';
import { sleep } from '../follow.ts';

/** What a check found, where it did not find everything well. */
export class Finding extends Error {
  readonly result: 'failed' | 'skipped';
  constructor(result: 'failed' | 'skipped', message: string) {
    super(message);
    this.result = result;
  }
}

export class Interrupted extends Error {}

/** The drill's own project, in a folder that is there for it alone. */
export interface DrillProject {
  readonly folder: string;
  readonly name: string;
  /** Its file names these from now on, and they are brought up. `gpus`: how many of them get one each. */
  up(api: Api, gpus: number): Promise<void>;
  /** Waits until the environment is as asked; throws what keeps it from being so. */
  reaches(
    api: Api,
    environment: string,
    holds: (item: StatusItem) => boolean,
    within?: Within,
  ): Promise<StatusItem>;
  items(api: Api): Promise<readonly StatusItem[]>;
  /** Removes environments with all that is theirs, then the folder. Throws where something stays. */
  remove(api: Api, signal: AbortSignal): Promise<void>;
}

export interface Within {
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
  /** Tries that failed are waited out: something is being repaired. */
  readonly isPatient?: boolean;
}

/** A pull of a named image may lie in it. */
const bringUpMs = 300_000;
const removeMs = 120_000;
const forgetMs = 15_000;
const pollMs = 250;

export const mainName = 'main';
export const gpuNames = ['gpu-1', 'gpu-2'] as const;

export const createDrillProject = async (options: {
  /** Where its folder is made. */
  readonly parent: string;
  readonly image: string;
  /** It is on the host, and nothing is to be pulled. */
  readonly isHere: boolean;
  readonly by: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<DrillProject> => {
  const { image, isHere, by, clock } = options;
  const folder = await mkdtemp(join(await realpath(options.parent), 'mlenv-drill-'));
  const name = basename(folder).toLowerCase();
  const target = { path: folder, environment: null, by };

  const items = async (api: Api): Promise<readonly StatusItem[]> =>
    (await api.status({ kind: 'all' })).items.filter(({ projectPath }) => projectPath === folder);

  const waitFor = async <T>(
    what: () => string,
    look: () => Promise<T | null>,
    { limitMs = bringUpMs, signal = options.signal }: Within,
  ): Promise<T> => {
    const deadline = clock.now() + limitMs;
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      if (signal.aborted) throw new Interrupted();
      if (clock.now() >= deadline) throw new Finding('failed', what());
      await sleep(clock, pollMs, signal);
    }
  };

  const spec = (gpus: number): string => {
    const plain = { image };
    const environments = Object.fromEntries([
      [mainName, plain],
      ...gpuNames.slice(0, gpus).map((one) => [one, { ...plain, gpus: 1 }] as const),
    ]);
    const defaults = {
      pull: isHere ? 'never' : 'missing',
      // Whatever the image is for, it only waits.
      entrypoint: ['sleep', '86400'],
      restart: 'always',
      updates: 'auto',
      stopGrace: '1s',
      cpus: 0.5,
      memory: '256MB',
    };
    return `${JSON.stringify({ apiVersion: 'mlenv/v1', project: name, defaults, environments }, null, 2)}\n`;
  };

  return {
    folder,
    name,
    items,
    up: async (api, gpus) => {
      await writeFile(join(folder, specFileName), spec(gpus));
      await api.up({ ...target, approve: [] });
    },
    reaches: (api, environment, holds, within = {}) => {
      let last: StatusItem | null = null;
      const look = async (): Promise<StatusItem | null> => {
        last = (await items(api)).find((item) => item.environment === environment) ?? null;
        if (last === null) return null;
        if (holds(last)) return last;
        const fault = faultOf(last, within.isPatient === true);
        if (fault !== null) throw fault;
        return null;
      };
      return waitFor(
        () => `${environment} is not as it should be: ${stateText(last)}`,
        look,
        within,
      );
    },
    remove: async (api, signal) => {
      await api.remove({ ...target, volumes: true }).catch((thrown: unknown) => {
        // It never came as far as that.
        if (!(thrown instanceof ApiError && thrown.code === 'not-found')) throw thrown;
      });
      const within = { limitMs: removeMs, signal };
      let left: readonly StatusItem[] = [];
      await waitFor(
        () =>
          `still there: ${left.map(({ containerName }) => containerName).join(', ')}; mlenv rm --volumes in ${folder} tries again`,
        async () => {
          left = (await items(api)).filter((item) => !(item.phase === 'Deleted' && item.settled));
          return left.length === 0 ? true : null;
        },
        within,
      );
      await rm(folder, { recursive: true, force: true });
      // The row goes with the file. Where nobody looks just now, the next look forgets it.
      await api.reconcile(null).catch(() => undefined);
      const deadline = clock.now() + forgetMs;
      while (clock.now() < deadline && (await items(api)).length > 0) {
        await sleep(clock, pollMs, signal);
      }
    },
  };
};

const failedOnce: ReadonlySet<Reason> = new Set(['BackOff', 'ImagePullBackOff']);

/** What does not pass by itself, or was tried once and failed. */
const faultOf = (item: StatusItem, isPatient: boolean): Finding | null => {
  const { environment, reason, message } = item;
  if (!isReason(reason)) return null;
  const { kind } = reasons[reason];
  const isOver =
    kind === 'failure' ||
    (kind === 'wait' && item.settled) ||
    (!isPatient && failedOnce.has(reason));
  return isOver ? new Finding('failed', `${environment}: ${reason}: ${oneLine(message)}`) : null;
};

export const stateText = (item: StatusItem | null): string =>
  item === null ? 'nobody knows it' : `${item.reason}: ${oneLine(item.message)}`;
