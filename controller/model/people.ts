/** Who people are, by the name service: directories are slow, so what was read is kept and read afresh behind. */
export interface People {
  /** As it was read last. */
  of(uid: number): PersonSeen;
  /** As it was read last; null: there is no such user, or it is not known yet. */
  uidOf(name: string): number | null;
  /** Reads those that were never read, and waits a moment for them; what is old is read afresh behind. */
  look(uids: readonly number[], names: readonly string[]): Promise<void>;
  /** null: that cannot be told now. */
  hasGroup(name: string): Promise<boolean | null>;
}

export interface PersonSeen {
  /** Login name. */
  readonly name: string | null;
  /** Of the comment of the account (GECOS), where one stands there; null or left out: none is known. */
  readonly email?: string | null;
  /** Names of all groups; null: they could not be read. */
  readonly groups: readonly string[] | null;
  /** Their numbers, the primary one's among them; left out or null: they could not be read. */
  readonly gids?: readonly number[] | null;
}

/** Where nothing but login names can be asked for. */
export const namesOnly = (loginName: (uid: number) => string | null): People => ({
  of: (uid) => ({ name: loginName(uid), groups: [] }),
  uidOf: () => null,
  look: () => Promise.resolve(),
  hasGroup: () => Promise.resolve(null),
});
