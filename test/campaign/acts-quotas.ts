import { groups } from '../support/world-host.ts';
import type { World } from '../support/world.ts';
import type { Act } from './acts.ts';
import type { Played } from './played.ts';

/** What an administrator says of who may have how much. */
export const quotaActs: readonly (readonly [weight: number, name: string, act: Act])[] = [
  [
    3,
    'set a quota of cards',
    ({ world, dice, projects }) => {
      world.step();
      const path = dice.any([...projects.keys()]);
      const most = dice.pick([null, null, 0, 1, 2]);
      if (path !== null) setQuota(world, path, most, dice.chance(0.3));
    },
  ],
  [
    3,
    'set a quota of a user',
    (played) => {
      played.world.step();
      setUserQuota(played.world, 1000, anyProfile(played));
    },
  ],
  [
    2,
    'set a quota of a group',
    (played) => {
      played.world.step();
      setGroupQuota(played.world, played.dice.pick([groups[0], groups[1]]), anyProfile(played));
    },
  ],
];

/** null: it says nothing of it; -1: no limit. */
export interface Profile {
  readonly containers?: number | null;
  readonly memoryGb?: number | null;
  readonly gpus?: number | null;
}

const anyProfile = ({ dice }: Played): Profile => ({
  containers: dice.pick([null, null, null, 2, 3, -1]),
  // A file that names no memory waits under such a limit.
  memoryGb: dice.chance(0.1) ? dice.pick([2, 3]) : null,
  gpus: dice.pick([null, 1, 2, 3, -1]),
});

/** As an administrator does it in the document's table. */
export const setQuota = (
  world: World,
  path: string,
  maxGpus: number | null,
  isOwnBudget = false,
): void =>
  world.record.byHand(
    'UPDATE project_quotas SET max_gpus = ?, overrides = ? WHERE project_path = ?',
    maxGpus,
    isOwnBudget ? '{"gpus":"set"}' : '{}',
    path,
  );

export const setUserQuota = (world: World, uid: number, profile: Profile): void => {
  writeProfile(world, `of ${uid}`, profile);
  world.record.byHand(
    `INSERT INTO users (id, quota_profile_id) SELECT ?, id FROM quota_profiles WHERE name = ?
     ON CONFLICT (id) DO UPDATE SET quota_profile_id = excluded.quota_profile_id`,
    uid,
    `of ${uid}`,
  );
};

export const setGroupQuota = (world: World, group: string, profile: Profile): void => {
  writeProfile(world, `of ${group}`, profile);
  world.record.byHand(
    `INSERT INTO group_quotas SELECT ?, id FROM quota_profiles WHERE name = ?
     ON CONFLICT (group_name) DO UPDATE SET quota_profile_id = excluded.quota_profile_id`,
    group,
    `of ${group}`,
  );
};

const writeProfile = (
  world: World,
  name: string,
  { containers = null, memoryGb = null, gpus = null }: Profile,
): void =>
  world.record.byHand(
    `INSERT INTO quota_profiles (name, max_containers, max_memory_gb, max_gpus) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET max_containers = excluded.max_containers,
       max_memory_gb = excluded.max_memory_gb, max_gpus = excluded.max_gpus`,
    name,
    containers,
    memoryGb,
    gpus,
  );
