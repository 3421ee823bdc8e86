import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { resolveHost } from '../docker/connect.ts';
import { ApiError } from '../model/api.ts';
import { socketLocation, systemRunDir, userSocket } from '../report/socket-location.ts';
import { stateFolder } from '../store/location.ts';

/** Where this process finds everything; read from the environment once. */
export interface Place {
  readonly uid: number;
  readonly stateDir: string;
  /** Trees and mirrors of the projects that follow git remotes. */
  readonly sourcesDir: string;
  /** Holds the sockets of an instance of ours. */
  readonly runDir: string;
  /** A system instance may serve us; never where a state folder was chosen by hand. */
  readonly systemRunDir: string | null;
  readonly systemConfigured: boolean;
}

export const placeOf = (env: NodeJS.ProcessEnv): Place => {
  const uid = process.getuid?.() ?? 0;
  const home = env['HOME'] ?? homedir();
  const stateDir = stateFolder({ env, uid, home });
  const chosen = env['MLENV_STATE_DIR'] !== undefined && env['MLENV_STATE_DIR'] !== '';
  const own = socketLocation({ env, uid, home, system: uid === 0 });
  return {
    uid,
    stateDir,
    // Beside the state, which nobody else may enter.
    sourcesDir: chosen ? join(stateDir, 'sources') : join(stateDir, '..', 'sources'),
    runDir: chosen ? join(stateDir, 'run') : own.runDir,
    systemRunDir: chosen ? null : systemRunDir,
    systemConfigured: !chosen && existsSync('/etc/mlenv'),
  };
};

export const ownSocket = ({ runDir, uid }: Place): string => userSocket(runDir, uid).socketPath;

/** The engine's address. Throws ApiError 'prerequisite' where none is to be seen. */
export const hostOf = (env: NodeJS.ProcessEnv, given: string | null): string => {
  const host = given ?? resolveHost(env, existsSync);
  if (host === null) {
    throw new ApiError(
      'prerequisite',
      'no Docker Engine found: neither DOCKER_HOST nor /var/run/docker.sock; mlenv doctor tells more',
    );
  }
  return host;
};
