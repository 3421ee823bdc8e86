import type { Runnable } from '../loop/manager.ts';
import { owned } from '../reconcile/people.ts';
import type { Log } from '../report/log.ts';
import { serveUserSockets } from '../report/user-sockets.ts';
import { createKnownUsers } from './known-users.ts';
import type { Instance } from './open.ts';
import type { Place } from './place.ts';

/** One for each user of this host where it is root's, else for this user alone. */
export const sockets = ({ apiFor, core }: Instance, place: Place, log: Log): Runnable => {
  let close = async (): Promise<void> => {};
  const users = createKnownUsers({ people: core.deps.people, now: () => performance.now() });
  const owns = (uid: number): boolean =>
    owned(core.deps.store).some(
      ({ project, uid: owner }) => owner === uid || project.owner.uid === uid,
    );
  return {
    name: 'sockets',
    start: async () => {
      const served = await serveUserSockets({
        runDir: place.runDir,
        // Root's is the machine's and answers all its users; what each may do is authorize's to say.
        allow: (uid) => uid === place.uid || (place.uid === 0 && (owns(uid) || users.has(uid))),
        isPreferred: owns,
        api: apiFor,
        log,
        ownUid: place.uid,
      });
      close = () => served.close();
      await served.serve(place.uid);
    },
    stop: () => close(),
  };
};
