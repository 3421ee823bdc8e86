import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openStore } from '../../controller/store/open.ts';
import type { StoreOptions } from '../../controller/store/open.ts';
import type { EnvironmentRecord, ProjectRecord } from '../../controller/model/record.ts';
import type { ContainerRow, Store } from '../../controller/model/store.ts';
import { migrationsFolder } from '../../schema/files.ts';

/** 2026-03-01 12:00:00 UTC. */
export const noon = Date.UTC(2026, 2, 1, 12);

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-store-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
};

export const optionsIn = (folder: string): StoreOptions => ({
  file: join(folder, 'state', 'mlenv.db'),
  migrationsFolder: migrationsFolder(),
  now: noon,
});

export interface TestStore {
  readonly store: Store;
  readonly file: string;
  /** A second connection, as somebody with the sqlite3 shell has it. */
  readonly hand: Database.Database;
}

export const openTestStore = (): TestStore => {
  const options = optionsIn(temporaryFolder());
  const store = openOk(options);
  const hand = new Database(options.file);
  onTestFinished(() => {
    hand.close();
    store.close();
  });
  return { store, file: options.file, hand };
};

export const openOk = (options: StoreOptions): Store => {
  const opened = openStore(options);
  if (opened.kind !== 'open') throw new Error(opened.message);
  return opened.store;
};

export const project = (over: Partial<ProjectRecord> = {}): ProjectRecord => ({
  id: 'p1',
  name: 'vision',
  path: '/home/ada/vision',
  device: '66306',
  inode: '131074',
  owner: { uid: 1000, gid: 1000 },
  ownerSeen: null,
  subnet: null,
  specError: null,
  firstSeenAt: noon,
  vanishedAt: null,
  revision: '',
  commit: null,
  source: null,
  tree: null,
  driftPolicy: 'repair',
  ...over,
});

export const environment = (over: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  projectId: 'p1',
  environment: 'notebook',
  uid: `uid-${over.projectId ?? 'p1'}-${over.environment ?? 'notebook'}`,
  raw: { image: 'pytorch:24.05', ports: [8888] },
  digest: 'mle1:00',
  generation: 1,
  observedGeneration: 0,
  phase: 'pending',
  reason: 'Pending',
  message: '',
  containerId: null,
  restarts: 0,
  lastFailure: '',
  nextAttemptAt: null,
  vanishedAt: null,
  vanishedBy: null,
  approval: null,
  restartRequestedAt: null,
  grantedAt: null,
  grantedGeneration: null,
  grantedCpus: null,
  grantedMemoryBytes: null,
  requestedAt: null,
  handStop: null,
  unhealthySince: null,
  stopIntent: null,
  lastRun: null,
  oomSeen: null,
  startFailure: null,
  removingId: null,
  handRemovedAt: null,
  repairRequestedAt: null,
  anonymousVolumes: [],
  removeVolumes: false,
  createdAt: noon,
  ...over,
});

export const container = (over: Partial<ContainerRow> = {}): ContainerRow => ({
  containerId: 'c1',
  containerName: 'mlenv-vision-notebook-p1',
  imageName: 'pytorch:24.05',
  projectPath: '/home/ada/vision',
  projectId: 'p1',
  environment: 'notebook',
  made: { generation: 1, digest: 'mle1:00', revision: '' },
  became: null,
  ownerUid: 1000,
  status: 'running',
  cpuLimit: 8,
  memoryLimitBytes: 32 * 2 ** 30,
  gpuDevices: ['0', '1'],
  portMappings: { '8888': '8888' },
  createdAt: noon,
  startedAt: noon + 1000,
  stoppedAt: null,
  exitCode: null,
  ...over,
});
