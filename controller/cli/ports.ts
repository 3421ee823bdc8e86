import type { Api } from '../model/api.ts';
import type { RecordCare } from '../model/record-care.ts';
import type { RegistryLogins } from '../model/registry.ts';
import type { DrillTools } from './drill/tools.ts';
import type { Machine } from '../setup/machine.ts';

/** What the command line needs of the rest of the house; put together in controller/instance.ts. */
export interface CliPorts {
  /**
   * A resident instance behind its socket, or one in this process. `write: false` never takes the lock.
   * Throws ApiError.
   */
  connect(options: ConnectOptions): Promise<Connection>;
  /** Runs until the signal fires; answers with the exit code. Throws ApiError. */
  runController(options: ControllerOptions, signal: AbortSignal): Promise<number>;
  /** The record of this user's own instance, as a file. */
  record(options: Pick<ConnectOptions, 'host' | 'config'>): Promise<RecordCare>;
  /** Of the user that this process is. Throws ApiError. */
  logins(options: Pick<ConnectOptions, 'config'>): Promise<RegistryLogins>;
  /** What setup looks at and changes. */
  machine(): Promise<Machine>;
  /** For `mlenv drill`. Throws ApiError. */
  drill(options: Pick<ConnectOptions, 'host' | 'config'>): Promise<DrillTools>;
  doctor(options: { readonly host: string | null }): Promise<readonly DoctorCheck[]>;
}

export interface ConnectOptions {
  readonly write: boolean;
  /** As in DOCKER_HOST; null: the engine's own default. */
  readonly host: string | null;
  /** The host's configuration file, absolute; null: the usual place. */
  readonly config: string | null;
}

export interface Connection {
  readonly api: Api;
  /** 'process': it reconciles for as long as this connection is open, and nothing does afterwards. */
  readonly mode: 'controller' | 'process';
  close(): Promise<void>;
}

export interface ControllerOptions {
  /** Absolute; projects in and below them are kept as their files say. */
  readonly watch: readonly string[];
  /** It only observes, from its first moment until `mlenv observe off`. */
  readonly observe: boolean;
  readonly host: string | null;
  /** The host's configuration file, absolute; null: the usual place. */
  readonly config: string | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'json' | 'text';
}

export interface DoctorCheck {
  readonly name: string;
  readonly status: 'OK' | 'WARN' | 'FAIL';
  readonly message: string;
  /** What to do; '' where nothing is to be done. */
  readonly cure: string;
}
