import type { Limits } from './quota.ts';
import type { ProjectUsage } from './record.ts';

/** The document's `users`, the quota profiles, and whom the configuration names as an owner. */
export interface PeopleTable {
  /** By uid. */
  all(): readonly UserRow[];
  get(uid: number): UserRow | null;
  byName(username: string): UserRow | null;
  /** A row for the uid. A name that another uid bore is this one's now; null leaves the name, or the address, as it is. */
  see(uid: number, username: string | null, email: string | null): void;
  /** What the user's own profile says. */
  limitsOf(uid: number): Limits;
  /** By group, what the profiles of groups say. */
  groupLimits(): ReadonlyMap<string, Limits>;
  /** The profile becomes the user's own; one that says nothing goes. */
  setUser(uid: number, limits: Limits): void;
  setGroup(group: string, limits: Limits): void;
  /** Who answers for the project by the configuration; null: the folder's owner does. */
  ownerOf(projectId: string): number | null;
  /** The same of all projects that have one, by project id. */
  owners(): ReadonlyMap<string, number>;
  setOwner(projectId: string, uid: number | null): void;
  /** By uid: what counts for each owner of a project now, as the rows of project_quotas say. */
  usage(): ReadonlyMap<number, ProjectUsage>;
}

export interface UserRow {
  readonly uid: number;
  /** null: the name service had none. */
  readonly username: string | null;
  readonly email: string | null;
}
