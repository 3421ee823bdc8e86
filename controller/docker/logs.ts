import type { LogChunk, LogOptions } from '../model/ports.ts';
import { demux } from './chunks.ts';
import { type Connection, isStream, openStream } from './client.ts';
import { call } from './call.ts';
import { isContainerRef } from './names.ts';

export interface LogRequest {
  readonly connection: Connection;
  readonly id: string;
  readonly options: LogOptions;
}

/** Ends, without throwing, also where there is no such container or the connection is lost. */
export async function* logs(
  { connection, id, options }: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  if (!isContainerRef(id) || signal.aborted) return;
  const opened = await call({
    what: `logs of ${id}`,
    kind: 'read',
    deadlineMs: connection.deadlines.readMs,
    send: (abortSignal) =>
      openStream(
        connection.docker,
        {
          path: `/containers/${id}/logs`,
          query: {
            stdout: '1',
            stderr: '1',
            follow: options.follow ? '1' : '0',
            tail: options.tail === null ? 'all' : String(options.tail),
          },
        },
        AbortSignal.any([signal, abortSignal]),
      ),
    read: (reply) => (isStream(reply) ? reply : null),
  });
  if (!opened.ok) return;
  try {
    yield* demux(opened.value);
  } catch {
    // A cut connection is the end of this reading; whoever follows asks again.
  } finally {
    destroy(opened.value);
  }
}

export function destroy(stream: NodeJS.ReadableStream): void {
  if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
}
