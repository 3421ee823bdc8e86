/** A person's word over the whole host; it stands until an administrator takes it back. */
export interface Freeze {
  /** Login name. */
  readonly by: string;
  readonly at: number;
  /** ''; nobody has to give a reason. */
  readonly why: string;
}

export interface FreezeRequest {
  /** ''; nobody has to give a reason. */
  readonly why: string;
  readonly by: string;
}

export interface ObserveRequest {
  readonly on: boolean;
  readonly by: string;
}

/**
 * Why nothing on this host may be changed now.
 * - `Frozen`: a person stopped everything. What people do in their containers goes on.
 * - `Observing`: MLEnv only looks, and so no command is run in a container either.
 */
export interface HostHold {
  readonly reason: 'Frozen' | 'Observing';
  readonly message: string;
}
