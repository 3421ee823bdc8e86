import { constants } from 'node:fs';
import { access, lstat, readFile, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Result } from '../model/failure.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import type { DiskFact, DoctorFacts, StateFact } from './doctor.ts';

/** Looks at the machine and changes nothing. What cannot be found out is null or left out. */
export const gatherFacts = async (options: {
  /** Of the reader, or the failure to connect. */
  readonly engine: Result<EngineInfo>;
  /** null: the engine is not behind a unix socket. */
  readonly socketPath: string | null;
  readonly stateDir: string;
  readonly uid: number;
  readonly hostHolds: DoctorFacts['hostHolds'];
  readonly lockHolder: string | null;
  readonly lockIsOurs: boolean;
  readonly runcVersion: string | null;
  readonly host: string;
  readonly secrets: DoctorFacts['secrets'];
  readonly gpus?: DoctorFacts['gpus'];
  /** Where the machine's /etc and /dev are; '/' but in tests. */
  readonly root?: string;
}): Promise<DoctorFacts> => {
  const {
    engine,
    socketPath,
    stateDir,
    uid,
    hostHolds,
    lockHolder,
    lockIsOurs,
    runcVersion,
    host,
    secrets,
    gpus = null,
    root = '/',
  } = options;
  const disks = await Promise.all([
    engine.ok ? disk('Docker', engine.value.rootDir) : null,
    disk('the state', stateDir),
  ]);
  const state = await Promise.all([
    stateFact(stateDir, 'folder'),
    stateFact(join(stateDir, 'mlenv.db'), 'file'),
    stateFact(join(stateDir, 'digest.key'), 'file'),
  ]);
  return {
    engine,
    socket: socketPath === null ? null : { path: socketPath, access: await accessOf(socketPath) },
    runcVersion,
    host,
    disks: disks.filter((each) => each !== null),
    dockerGroup: await dockerGroup(root),
    state: state.filter((each) => each !== null),
    uid,
    hostHolds,
    lockHolder,
    lockIsOurs,
    secrets,
    gpus,
    gpu: await exists(join(root, 'dev/nvidiactl')),
  };
};

const accessOf = async (path: string): Promise<'granted' | 'denied' | 'absent'> => {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return 'granted';
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : '';
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'absent';
  }
};

/** Of the path, or of the nearest folder above it that there is. */
const disk = async (what: string, path: string): Promise<DiskFact | null> => {
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => null);
    if (found !== null)
      return {
        what,
        path,
        freeBytes: found.bavail * found.bsize,
        totalBytes: found.blocks * found.bsize,
      };
    if (at === dirname(at)) return null;
  }
};

const stateFact = async (path: string, kind: StateFact['kind']): Promise<StateFact | null> => {
  const found = await lstat(path).catch(() => null);
  return found === null ? null : { path, kind, mode: found.mode & 0o7777, uid: found.uid };
};

/** By the local files: those listed, and those whose own group it is. */
const dockerGroup = async (root: string): Promise<readonly string[] | null> => {
  const group = (await lines(join(root, 'etc/group'))).find(([name]) => name === 'docker');
  if (group === undefined) return null;
  const [, , gid, listed = ''] = group;
  const users = await lines(join(root, 'etc/passwd'));
  const primary = users.filter((fields) => fields[3] === gid).map(([name = '']) => name);
  const members = [...listed.split(','), ...primary].filter((n) => n !== '' && n !== 'root');
  return [...new Set(members)].sort();
};

const lines = async (path: string): Promise<readonly (readonly string[])[]> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
