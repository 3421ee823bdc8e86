import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import type { PullProgress } from '../model/ports.ts';
import type { Credential } from '../model/registry.ts';
import { LineSplitter } from './chunks.ts';
import { call } from './call.ts';
import { type Connection, isStream } from './client.ts';
import { classify, oneLine } from './errors.ts';
import { destroy } from './logs.ts';
import { isImageRef } from './names.ts';
import { json, number, text } from './shape.ts';

export interface PullRequest {
  readonly connection: Connection;
  readonly reference: string;
  readonly onProgress: (progress: PullProgress) => void;
}

/**
 * The engine answers 200 and tells of a failure in a line of the body. A pull may take hours, so
 * what is bounded is the silence. The caller looks for the image afterwards.
 */
export async function pull(request: PullRequest, signal: AbortSignal): Promise<Result<void>> {
  const { connection, reference } = request;
  const { docker, deadlines } = connection;
  if (!isImageRef(reference)) {
    return failed('terminal', `Not an image reference: ${oneLine(reference)}`);
  }
  if (signal.aborted) return failed('retry', 'The pull was cancelled');
  const login = await connection.loginFor(reference, signal);
  if (!login.ok) return failed('retry', `${login.fault.message}; ${login.fault.cure}`);
  const authconfig = login.value === null ? {} : { authconfig: authOf(login.value) };
  const opened = await call({
    what: `pull ${reference}`,
    kind: 'write',
    deadlineMs: deadlines.pullIdleMs,
    send: (abortSignal) =>
      docker.pull(reference, {
        ...authconfig,
        abortSignal: AbortSignal.any([signal, abortSignal]),
      }),
    read: (reply) => (isStream(reply) ? reply : null),
  });
  if (!opened.ok) return signal.aborted ? failed('retry', 'The pull was cancelled') : opened;
  return follow({ ...request, stream: opened.value, idleMs: deadlines.pullIdleMs }, signal);
}

/** Goes in a header, as `docker pull` sends it (Engine API, X-Registry-Auth). */
const authOf = ({
  registry,
  credential,
}: {
  readonly registry: string;
  readonly credential: Credential;
}): object => {
  const serveraddress = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
  return credential.kind === 'password'
    ? { username: credential.user, password: credential.secret, serveraddress }
    : { username: credential.user, identitytoken: credential.token, serveraddress };
};

function follow(
  from: PullRequest & { readonly stream: NodeJS.ReadableStream; readonly idleMs: number },
  signal: AbortSignal,
): Promise<Result<void>> {
  const { stream, idleMs, reference, onProgress } = from;
  return new Promise((resolve) => {
    const splitter = new LineSplitter();
    const layers = createLayers();
    let timer: NodeJS.Timeout | undefined;
    const settle = (result: Result<void>): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      resolve(result);
      destroy(stream);
    };
    const cancel = (): void => settle(failed('retry', 'The pull was cancelled'));
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(
        () => settle(failed('retry', `No byte in ${idleMs} ms while pulling ${reference}`)),
        idleMs,
      );
    };
    signal.addEventListener('abort', cancel, { once: true });
    stream.on('data', (part: Buffer) => {
      watch();
      for (const line of splitter.push(part)) {
        const said = json(line);
        // The second is all that newer engines may say.
        const error = text(said['error']) || text(json(said['errorDetail'])['message']);
        if (error !== '') settle(failed('retry', oneLine(error)));
        else if (layers.take(line)) onProgress(layers.sum());
      }
    });
    stream.on('error', (error: unknown) => settle({ ok: false, failure: classify(error, 'read') }));
    stream.on('end', () => settle(ok(undefined)));
    stream.on('close', () => settle(failed('retry', 'The connection was lost while pulling')));
    watch();
  });
}

interface Layers {
  /** true where the line moved the figures. */
  take(line: unknown): boolean;
  sum(): PullProgress;
}

/** Only downloading counts: extracting tells the same bytes a second time. */
function createLayers(): Layers {
  const layers = new Map<string, PullProgress>();
  return {
    take: (line) => {
      const id = text(json(line)['id']);
      const status = text(json(line)['status']);
      const known = layers.get(id);
      if (status === 'Downloading') {
        const detail = json(json(line)['progressDetail']);
        const doneBytes = number(detail['current']);
        layers.set(id, { doneBytes, totalBytes: Math.max(number(detail['total']), doneBytes) });
        return true;
      }
      if ((status === 'Download complete' || status === 'Pull complete') && known !== undefined) {
        layers.set(id, { ...known, doneBytes: known.totalBytes });
        return true;
      }
      return false;
    },
    sum: () => {
      const all = [...layers.values()];
      return {
        doneBytes: all.reduce((sum, layer) => sum + layer.doneBytes, 0),
        totalBytes: all.reduce((sum, layer) => sum + layer.totalBytes, 0),
      };
    },
  };
}
