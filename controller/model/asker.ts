/** Who asks, as the socket's folder proved it; names are what the name service of the host says. */
export interface Asker {
  readonly uid: number;
  /** Login name; `uid 1234` where there is none. */
  readonly name: string;
  /** Names of the groups; empty where they are not known. */
  readonly groups: readonly string[];
}
