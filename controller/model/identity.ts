import type { PolicyRuleId } from './policy.ts';

/** Who a project's owner is on the host. */
export interface OwnIds {
  readonly uid: number;
  /** Of all groups, by the name service; null: they could not be read. */
  readonly gids: readonly number[] | null;
}

export interface HostBind {
  readonly source: string;
  readonly readOnly: boolean;
}

/**
 * What a container would have of the host that its owner does not: whoever it runs as there has, on the
 * folders that it binds, the rights of that number. A program that root owns with the setuid bit in a folder of
 * one's own makes one root; another's uid reads what is that one's below a mount root.
 */
export const identityFault = ({
  user,
  owner,
  binds,
}: {
  /** `uid:gid`; null: the image's own. Of a container, as the engine tells it. */
  readonly user: string | null;
  /** null: nothing is asked, as who runs this MLEnv has no more rights than the owner, or the owner is root. */
  readonly owner: OwnIds | null;
  readonly binds: readonly HostBind[];
}): { readonly rule: PolicyRuleId; readonly message: string } | null => {
  if (owner === null) return null;
  const written = binds.find(({ readOnly }) => !readOnly);
  const bind = written ?? binds[0];
  if (bind === undefined) return null;
  const stranger = strangerIn(user, owner);
  if (stranger === null) return null;
  return written === undefined
    ? { rule: 'MLE-SEC-036', message: `${stranger}, and could read ${bind.source} as that` }
    : { rule: 'MLE-SEC-035', message: `${stranger}, and could write to ${bind.source} as that` };
};

/** `it would run as root`; null: it is the owner. Only numbers are believed: what a name means the image says. */
const strangerIn = (user: string | null, { uid, gids }: OwnIds): string | null => {
  if (user === null) return 'it would run as whoever its image says';
  const [, asUid, asGid] = /^(\d+):(\d+)$/.exec(user) ?? [];
  if (asUid === undefined)
    return `it would run as ${user === '' ? 'root' : `${user} of its image`}`;
  if (Number(asUid) !== uid) {
    return Number(asUid) === 0
      ? 'it would run as root'
      : `it would run as uid ${asUid}, and the project belongs to uid ${uid}`;
  }
  if (gids === null)
    return `the name service tells no groups of uid ${uid} (id -G ${uid} says why), so that ${asGid} may be none of its own`;
  return gids.includes(Number(asGid))
    ? null
    : `it would run with the group ${asGid}, which uid ${uid} is not in`;
};
