/** Nothing on this host is changed until an administrator says thaw. */
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
