import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Env } from './variables.ts';

export interface ConfigPlace {
  /** Absolute. */
  readonly file: string;
  /** Somebody named it, so that it must be there. */
  readonly required: boolean;
  /** What ~ stands for; null: for nothing, in the machine's own instance. */
  readonly home: string | null;
  /** A user's own instance, and not the machine's. */
  readonly own: boolean;
}

/** The one file that is read: the one that was named, the system's for root, the user's own for all others. */
export const configPlace = ({
  env,
  uid,
  home,
  given,
}: {
  readonly env: Env;
  readonly uid: number;
  readonly home: string;
  /** `--config` */
  readonly given: string | null;
}): ConfigPlace => {
  const named = given ?? env['MLENV_CONFIG'] ?? '';
  const users = uid === 0 ? null : home === '' ? homedir() : home;
  // A state folder that was chosen makes an instance of its own, root's too.
  const own = uid !== 0 || (env['MLENV_STATE_DIR'] ?? '') !== '';
  const rest = { home: users, own };
  if (named !== '') return { file: resolve(named), required: true, ...rest };
  if (users === null) return { file: '/etc/mlenv/config.yaml', required: false, ...rest };
  const xdg = env['XDG_CONFIG_HOME'] ?? '';
  // The standard has a path that is not absolute ignored.
  const base = isAbsolute(xdg) ? xdg : join(users, '.config');
  return { file: join(base, 'mlenv', 'config.yaml'), required: false, ...rest };
};
