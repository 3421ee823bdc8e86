import { ok, failed, type Result } from '../model/failure.ts';
import type { Session } from '../model/idle.ts';
import { call, objectReply } from './call.ts';
import type { Connection } from './client.ts';
import { inspectContainer } from './inspect.ts';
import { isContainerRef } from './names.ts';
import { json, list, positive, text } from './shape.ts';

/** More are not asked about: one that can be written to is enough. */
const mostAsked = 20;

/** Commands that run in a container beside its own, health checks among them. */
export const sessionsOf = async (
  connection: Connection,
  id: string,
): Promise<Result<readonly Session[]>> => {
  if (!isContainerRef(id)) return failed('absent', `No such container: ${id}`, 404);
  const said = await inspectContainer(connection, id);
  if (!said.ok) return said;
  const ids = list(said.value['ExecIDs'])
    .map(text)
    .filter((one) => one !== '');
  const sessions: Session[] = [];
  for (const exec of ids.slice(0, mostAsked)) {
    const told = await inspectExec(connection, exec);
    // It may have ended by now.
    if (!told.ok || told.value['Running'] !== true) continue;
    sessions.push({
      tty: json(told.value['ProcessConfig'])['tty'] === true,
      interactive: told.value['OpenStdin'] === true,
      pid: positive(told.value['Pid']),
    });
  }
  return ok(sessions);
};

const inspectExec = ({ docker, deadlines }: Connection, id: string) =>
  call({
    what: 'inspect exec',
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) => docker.getExec(id).inspect({ abortSignal }),
    read: objectReply,
  });
