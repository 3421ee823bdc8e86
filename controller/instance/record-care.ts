import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectOptions } from '../cli/ports.ts';
import { connectEngine } from '../docker/connect.ts';
import { systemClock } from '../loop/clock.ts';
import { ApiError } from '../model/api.ts';
import type { AuditFacts } from '../model/audit.ts';
import type { ConfigSource } from '../model/config.ts';
import type { RecordCare } from '../model/record-care.ts';
import { keptTables } from '../model/store-upkeep.ts';
import type { Store } from '../model/store.ts';
import { audit } from '../reconcile/audit.ts';
import { limitsOf, upkeepSteps } from '../reconcile/retention.ts';
import { recordDifferences } from '../service/record-differences.ts';
import { backupName, backupsIn } from '../store/backup.ts';
import {
  bytesOf,
  checkFile,
  givesBackInSteps,
  rowsOf,
  vacuumFile,
  versionOf,
} from '../store/care.ts';
import { freeBytesAt } from '../store/filesystem.ts';
import { backupFolder, databaseFile } from '../store/location.ts';
import { readMigrations } from '../store/migrate.ts';
import { openStore } from '../store/open.ts';
import { isUnused, restore } from '../store/restore.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { readConfig } from './config.ts';
import { loginName } from './login-name.ts';
import { lockEngine } from './engine-lock.ts';
import { runLogsOf } from './host-files.ts';
import { hostOf, placeOf, type Place } from './place.ts';
import { openStateToRead } from './state.ts';

type Options = Pick<ConnectOptions, 'host' | 'config'>;

/** A controller of the same record may live: between two steps it has the record to itself. */
const breathMs = 25;

export const careOf = (env: NodeJS.ProcessEnv, options: Options): RecordCare => {
  const place = placeOf(env);
  const file = databaseFile(place.stateDir);
  const clock = systemClock();
  const config = (): Promise<ConfigSource> =>
    readConfig({ env, uid: place.uid, given: options.config });
  const note = (store: Store, action: string, after: AuditFacts): void =>
    audit(
      { store, clock },
      {
        uid: place.uid,
        by: loginName(place.uid) ?? String(place.uid),
        action,
        project: null,
        environment: null,
        resource: { type: 'record', id: file },
        after,
      },
    );
  return {
    check: async () => {
      demandReadable(file);
      const backups = backupFolder(place.stateDir);
      return {
        file,
        ...checkFile(file),
        newestVersion: newest(),
        freeDiskBytes: freeBytesAt(place.stateDir),
        backups: existsSync(backups)
          ? [...backupsIn(backups, 'daily'), ...backupsIn(backups, 'migration')]
          : [],
      };
    },
    differences: async () => {
      demandReadable(file);
      const engine = await connectEngine({ host: hostOf(env, options.host) });
      if (!engine.ok) throw new ApiError('prerequisite', engine.failure.message);
      const state = openStateToRead(place.stateDir, clock.now());
      try {
        const { reader } = engine.value;
        const found = await recordDifferences({ ...state, reader });
        if (!found.ok) throw new ApiError('engine', found.failure.message);
        return found.value;
      } finally {
        state.close();
        engine.value.close();
      }
    },
    backup: async (given) => {
      const target = given ?? `${backupFolder(place.stateDir)}/${backupName(clock.now())}`;
      if (existsSync(target)) throw new ApiError('usage', `${target} is there already`);
      if (given === null) mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      return withStore(file, clock.now(), async (store) => {
        await store.upkeep.backup(target, { inOneGo: true });
        return target;
      });
    },
    restore: (backup) =>
      alone(env, options, place, async () => {
        if (!existsSync(backup)) throw new ApiError('usage', `${backup} is not there`);
        const done = restore({ file, backup, newest: newest(), now: clock.now() });
        if (done.kind === 'refused') throw new ApiError('refused', done.message);
        // An older one is migrated now, as it would be by the next controller.
        await opened(file, clock.now(), async (store) => {
          note(store, 'db restore', { from: backup, aside: done.aside });
        });
        return done.aside;
      }),
    prune: async ({ dryRun }) => {
      const current = await config();
      return withStore(file, clock.now(), async (store) => {
        const deps = { store, clock, config: current, runLogs: runLogsOf(place) };
        const count = () =>
          keptTables.map((table) => ({
            table,
            rows: store.upkeep.due(table, limitsOf(deps)[table]),
          }));
        // Samples may go once their hours are counted, which is a step of the round itself.
        const due = count();
        if (dryRun) return due;
        for (const _ of upkeepSteps(deps)) await pause(breathMs);
        note(store, 'db prune', Object.fromEntries(due.map(({ table, rows }) => [table, rows])));
        return due;
      });
    },
    vacuum: async () => {
      demandReadable(file);
      const bytesBefore = bytesOf(file);
      if (!isUnused(file)) {
        if (!givesBackInSteps(file)) {
          throw new ApiError(
            'refused',
            `${file} was made before space could be given back in steps; stop its controller and run this once`,
          );
        }
        await withStore(file, clock.now(), async (store) => {
          while (store.upkeep.reclaim(256) > 0) await pause(breathMs);
          note(store, 'db vacuum', { kind: 'steps', bytesBefore });
          store.upkeep.checkpoint();
        });
        return { kind: 'steps', bytesBefore, bytesAfter: bytesOf(file) };
      }
      return alone(env, options, place, async () => {
        const free = freeBytesAt(place.stateDir);
        if (free !== null && free < bytesBefore * 2) {
          throw new ApiError(
            'refused',
            `the whole record is written anew, for which ${megabytes(bytesBefore * 2)} must be free beside it, and ${megabytes(free)} are`,
          );
        }
        vacuumFile(file);
        await opened(file, clock.now(), async (store) => {
          note(store, 'db vacuum', { kind: 'whole', bytesBefore });
        });
        return { kind: 'whole', bytesBefore, bytesAfter: bytesOf(file) } as const;
      });
    },
    rows: async (table) => {
      demandReadable(file);
      const found = rowsOf(file, table);
      if ('columns' in found) return found;
      throw new ApiError(
        'usage',
        `there is no table ${table}; there are ${found.known.join(', ')}`,
      );
    },
  };
};

const newest = (): number => readMigrations(migrationsFolder()).length;

/** For a record of this very version: a controller that lives is never migrated under its feet. */
const withStore = async <T>(
  file: string,
  now: number,
  use: (store: Store) => Promise<T>,
): Promise<T> => {
  demandReadable(file);
  const version = versionOf(file);
  if (version !== newest()) {
    throw new ApiError(
      'prerequisite',
      `${file} is of schema ${version}, and this MLEnv knows ${newest()}; start the controller of this version first`,
    );
  }
  return opened(file, now, use);
};

const opened = async <T>(
  file: string,
  now: number,
  use: (store: Store) => Promise<T>,
): Promise<T> => {
  const found = openStore({ file, migrationsFolder: migrationsFolder(), now });
  if (found.kind !== 'open') throw new ApiError('prerequisite', found.message);
  try {
    return await use(found.store);
  } finally {
    found.store.close();
  }
};

/** With the engine's lock, so that no controller begins meanwhile. An engine that is silent has none either. */
const alone = async <T>(
  env: NodeJS.ProcessEnv,
  { host }: Options,
  place: Place,
  run: () => Promise<T>,
): Promise<T> => {
  const engine = await engineOf(env, host);
  const release = engine === null ? async () => {} : await lockEngine(engine.info, place);
  try {
    return await run();
  } finally {
    await release();
    engine?.close();
  }
};

const engineOf = async (env: NodeJS.ProcessEnv, given: string | null) => {
  try {
    const connected = await connectEngine({ host: hostOf(env, given) });
    return connected.ok ? connected.value : null;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'prerequisite') return null;
    throw error;
  }
};

const demandReadable = (file: string): void => {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EACCES'
      ? new ApiError('refused', `${file} may be read by its owner alone; sudo mlenv db …`)
      : new ApiError(
          'prerequisite',
          `${file} is not there; the record of the system's instance is root's: sudo mlenv db …`,
        );
  }
};

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`;
