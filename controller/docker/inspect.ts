import type { Result } from '../model/failure.ts';
import { call, objectReply } from './call.ts';
import type { Connection } from './client.ts';
import type { Json } from './shape.ts';

/** A container as the engine describes it; the reference has been looked at by who asks. */
export const inspectContainer = (
  { docker, deadlines }: Connection,
  id: string,
): Promise<Result<Json>> =>
  call({
    what: `inspect ${id}`,
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) => docker.getContainer(id).inspect({ abortSignal }),
    read: objectReply,
  });
