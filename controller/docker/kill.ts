import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import { anyReply, call } from './call.ts';
import type { Connection } from './client.ts';
import { isContainerRef } from './names.ts';

/** As `docker kill` does; beside the writer, as no pass of MLEnv's kills anything. */
export const createKill =
  ({ docker, deadlines }: Connection) =>
  async (id: string): Promise<Result<void>> => {
    if (!isContainerRef(id)) return failed('absent', `No such container: ${id}`, 404);
    const killed = await call({
      what: `kill ${id}`,
      kind: 'write',
      deadlineMs: deadlines.stopMs,
      send: (abortSignal) => docker.getContainer(id).kill({ signal: 'SIGKILL', abortSignal }),
      read: anyReply,
    });
    return killed.ok ? ok(undefined) : killed;
  };
