/** What a quota counts. */
export const quotaFields = ['containers', 'cpus', 'memoryBytes', 'gpus'] as const;
export type QuotaField = (typeof quotaFields)[number];

/** null: it says nothing, and the next in line does. */
export type Limit = number | 'unlimited' | null;

/** Containers, cores, bytes and cards. */
export type Limits = Readonly<Record<QuotaField, Limit>>;

export const noLimits: Limits = { containers: null, cpus: null, memoryBytes: null, gpus: null };

/** `quotas` of the host's configuration. */
export interface QuotaConfig {
  /** For each project by itself. */
  readonly project: Limits;
  /** For the sum over the projects of each person. */
  readonly user: Limits;
  /** By the group's name: what each of its members may have. */
  readonly groups: ReadonlyMap<string, Limits>;
  /** By login name. */
  readonly users: ReadonlyMap<string, Limits>;
  /** By the project's folder: a budget of its own, beside its owner's. */
  readonly projects: ReadonlyMap<string, Limits>;
}
