import { join } from 'node:path';

/** The state folder: `MLENV_STATE_DIR` above all, the system's for root, one's own for anybody else. */
export const stateFolder = (who: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home: string;
}): string => {
  const chosen = who.env['MLENV_STATE_DIR'];
  if (chosen !== undefined && chosen !== '') return chosen;
  return who.uid === 0 ? '/var/mlenv/state' : join(who.home, '.mlenv', 'state');
};

export const databaseFile = (folder: string): string => join(folder, 'mlenv.db');

/** Copies of the record: a daily one, and one from before each migration. */
export const backupFolder = (folder: string): string => join(folder, 'backups');

/** Logs of runs whose container is gone. */
export const runLogFolder = (folder: string): string => join(folder, 'logs');

export const hmacKeyFile = (folder: string): string => join(folder, 'digest.key');

/**
 * Where the state can go when its folder is on a network. Not below /var/tmp, which is swept: the key of
 * a controller that runs for months would go.
 */
export const localProposal = (uid: number): string =>
  uid === 0 ? '/var/lib/mlenv/state' : `/var/lib/mlenv-${uid}/state`;
