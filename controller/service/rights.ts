import type { Api } from '../model/api.ts';
import type { Asker } from '../model/asker.ts';
import type { PeopleConfig } from '../model/config.ts';

/**
 * - `everyone`: says nothing of anybody.
 * - `reader`: the state of projects; of others' only where reading is open.
 * - `owner`: who owns the project, and administrators.
 * - `folder`: who owns the folder that is named, and administrators.
 * - `administrator`: concerns the host as a whole.
 */
export type Right = 'everyone' | 'reader' | 'owner' | 'folder' | 'administrator';

/** Of every method, whose it is. A description shows the file's own text, and so it is the owner's. */
export const rights = {
  version: 'everyone',
  images: 'everyone',
  imageVersions: 'everyone',
  showImage: 'everyone',
  exportImages: 'everyone',
  status: 'reader',
  gpus: 'reader',
  queue: 'reader',
  quotas: 'reader',
  // A repair is an administrator's.
  checkQuotas: 'reader',
  history: 'reader',
  runs: 'reader',
  top: 'reader',
  series: 'reader',
  report: 'reader',
  events: 'reader',
  audit: 'reader',
  describe: 'owner',
  rollback: 'owner',
  plan: 'folder',
  lockImages: 'folder',
  up: 'folder',
  down: 'owner',
  remove: 'owner',
  restart: 'owner',
  keep: 'owner',
  // Of one environment; of all it is as much as is theirs.
  approve: 'owner',
  // Of all, or of another, it is an administrator's.
  confirm: 'owner',
  suspend: 'owner',
  resume: 'owner',
  logs: 'owner',
  exec: 'owner',
  // Of one environment; of all it is an administrator's.
  reconcile: 'owner',
  freeze: 'administrator',
  thaw: 'administrator',
  observe: 'administrator',
  cordon: 'administrator',
  uncordon: 'administrator',
  setQuota: 'administrator',
  notices: 'administrator',
  // Everybody's names, and what the host itself is about.
  scrape: 'administrator',
  syncImages: 'administrator',
  importImages: 'administrator',
  pruneImages: 'administrator',
  testNotice: 'administrator',
} as const satisfies Readonly<Record<keyof Api, Right>>;

export const isAdministrator = (
  { uid, name, groups }: Asker,
  { admins }: PeopleConfig,
  ownUid: number,
): boolean =>
  uid === 0 ||
  uid === ownUid ||
  admins.users.includes(String(uid)) ||
  admins.users.includes(name) ||
  groups.some((group) => admins.groups.includes(group));

/** `root, ada and members of mlenv-admin` */
export const administratorsText = ({ admins }: PeopleConfig): string => {
  const all = [
    'root',
    ...admins.users.map((user) => (/^\d+$/.test(user) ? `uid ${user}` : user)),
    ...(admins.groups.length === 0 ? [] : [`members of ${admins.groups.join(', ')}`]),
  ];
  const last = all.pop() ?? 'root';
  return all.length === 0 ? last : `${all.join(', ')} and ${last}`;
};
