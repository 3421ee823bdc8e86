import { nodeSpecFiles } from '../../specs/files.ts';
import { createSpecReader, type TrustOptions } from '../../specs/reader.ts';
import { createRunLogs } from '../act/run-logs.ts';
import { createSecretFolders } from '../act/secret-folders.ts';
import { mountRootsFor, type ConfigSource, type MountRoot } from '../model/config.ts';
import type { RunLogs } from '../model/runs.ts';
import { systemFolderAt } from '../model/system-folders.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import type { EngineUsage } from '../model/metrics.ts';
import { createMountWitness } from '../observe/mount-witness.ts';
import { createMountSources } from '../observe/mount-sources.ts';
import { createSecretFiles } from '../observe/secret-files.ts';
import type { CoreOptions } from '../reconcile/core-options.ts';
import { systemRunDir } from '../report/socket-location.ts';
import { runLogFolder } from '../store/location.ts';
import { createHomes } from './home.ts';
import type { Place } from './place.ts';
import { createPrivateGroups } from './private-groups.ts';
import { secretsRoot } from './secrets.ts';

type HostFiles = Pick<
  CoreOptions,
  'specs' | 'mountSources' | 'secretFiles' | 'secretFolders' | 'runLogs' | 'shared' | 'mountWitness'
>;

/** All that is read of projects and their owners, and the one thing that is written for containers. */
export const openHostFiles = async (options: {
  readonly place: Place;
  readonly config: ConfigSource;
  /** Folders that are watched beside those of the configuration. */
  readonly watch?: readonly string[];
  readonly engine: {
    readonly info: Pick<EngineInfo, 'rootDir'>;
    readonly usage: Pick<EngineUsage, 'pid'>;
  };
  readonly hmacKey: Uint8Array;
}): Promise<HostFiles> => {
  const { place, config, engine, hmacKey } = options;
  const files = nodeSpecFiles();
  // Wherever the engine keeps its data, and we ours: no root may open it.
  const closed = [place.stateDir, place.runDir, engine.info.rootDir];
  const mountRoots = (folder: string): readonly MountRoot[] =>
    mountRootsFor(config.current(), folder).filter(
      ({ path }) => systemFolderAt(path, closed) === null,
    );
  const groups = createPrivateGroups({ now: Date.now });
  const secretFiles = createSecretFiles(
    createHomes({ env: process.env, uid: place.uid, now: Date.now }),
    groups,
  );
  const { path: root } = await secretsRoot({ ...place, systemRunDir });
  return {
    shared: place.uid === 0,
    specs: createSpecReader({
      files,
      hmacKey,
      secrets: secretFiles,
      mountRoots,
      ...(place.uid === 0 ? { trust: { ...trustOf(options), groups } } : {}),
    }),
    mountWitness: createMountWitness({
      pidOf: async (id) => {
        const told = await engine.usage.pid(id);
        return told.ok ? told.value : null;
      },
    }),
    mountSources: createMountSources({ files, mountRoots }),
    secretFiles,
    secretFolders: createSecretFolders({ root, files: secretFiles, uid: place.uid }),
    runLogs: runLogsOf(place),
  };
};

/** Copies of logs of containers that are gone. */
export const runLogsOf = ({ stateDir, uid }: Pick<Place, 'stateDir' | 'uid'>): RunLogs =>
  createRunLogs({ folder: runLogFolder(stateDir), uid, now: Date.now });

/** Of the machine's instance: everybody's folders lie within its reach, so each must be its owner's all the way. */
const trustOf = ({
  place,
  config,
  watch = [],
}: {
  readonly place: Place;
  readonly config: ConfigSource;
  readonly watch?: readonly string[];
}): TrustOptions => ({
  ownUid: place.uid,
  roots: () => [
    // What we lay ourselves, for its owner.
    ...new Set([
      ...watch,
      ...config.current().watch,
      ...config.current().people.roots,
      place.sourcesDir,
    ]),
  ],
});
