import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import { acquireLock } from '../loop/lock.ts';
import { ApiError } from '../model/api.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import { oneLine } from '../report/text.ts';
import type { Place } from './place.ts';

/** One engine has one MLEnv. Answers with its release. Throws ApiError 'prerequisite' where another holds it. */
export const lockEngine = async (
  engine: EngineInfo,
  place: Place,
): Promise<() => Promise<void>> => {
  const lock = await acquireLock({
    name: lockName(engine),
    holder: JSON.stringify({
      pid: process.pid,
      user: userName(),
      stateDir: place.stateDir,
      since: new Date().toISOString(),
    }),
  });
  if (lock.kind === 'held') return () => lock.release();
  throw new ApiError(
    'prerequisite',
    `another MLEnv works on this Docker Engine: ${holderText(lock.holder)}. One engine has one MLEnv.`,
  );
};

/** What the other one said of itself, as a person reads it. It is not trusted, and so only shown. */
export const holderText = (holder: string | null): string => {
  const said = parsed(holder);
  return said === null
    ? oneLine(holder ?? 'it does not say who it is')
    : oneLine(`pid ${said.pid} of ${said.user}, state in ${said.stateDir}, since ${said.since}`);
};

interface Holder {
  readonly pid: number;
  readonly user: string;
  readonly stateDir: string;
  readonly since: string;
}

export const parsed = (holder: string | null): Holder | null => {
  try {
    const value = JSON.parse(holder ?? '') as Holder;
    return typeof value.stateDir === 'string' ? value : null;
  } catch {
    return null;
  }
};

/**
 * One name an engine. Older daemons take their id from a key file of the machine, so that two of them
 * on one machine share it: the data root tells them apart.
 */
export const lockName = ({ id, rootDir }: Pick<EngineInfo, 'id' | 'rootDir'>): string =>
  `mlenv-engine-${createHash('sha256').update(`${id} ${rootDir}`).digest('hex').slice(0, 24)}`;

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
};
