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
            ...(options.since == null ? {} : { since: stamp(options.since, '000000') }),
            // The engine means that moment as well.
            ...(options.until == null ? {} : { until: stamp(options.until - 1, '999999') }),
          },
        },
        AbortSignal.any([signal, abortSignal]),
      ),
    read: (reply) => (isStream(reply) ? reply : null),
  });
  if (!opened.ok) {
    options.onFault?.(opened.failure.message);
    return;
  }
  try {
    yield* demux(opened.value);
  } catch (error) {
    options.onFault?.(error instanceof Error ? error.message : String(error));
    // A cut connection is the end of this reading; whoever follows asks again.
  } finally {
    destroy(opened.value);
  }
}

/** The engine takes seconds, with nanoseconds behind the point. */
const stamp = (at: number, below: string): string => `${(at / 1000).toFixed(3)}${below}`;

export function destroy(stream: NodeJS.ReadableStream): void {
  if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
}
