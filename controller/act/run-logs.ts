import { readdirSync, rmSync, statSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok } from '../model/failure.ts';
import type { LogChunk } from '../model/ports.ts';
import type { RunLogs } from '../model/runs.ts';
import { ownFolder } from './secret-folders.ts';

const youngMs = 600_000;
/** As the engine frames it: the stream, three zeros, the length; then the bytes. */
const headerBytes = 8;

/** Copies of logs below the state folder, each whole under its name or not there; only we may read them. */
export const createRunLogs = ({
  folder,
  uid,
  now,
}: {
  readonly folder: string;
  /** Who we are. */
  readonly uid: number;
  readonly now: () => number;
}): RunLogs => ({
  write: async (name, chunks, maxBytes) => {
    const draft = join(folder, `${name}.new`);
    try {
      const end = await endOf(chunks, maxBytes);
      await ownFolder(folder, uid);
      await rm(draft, { force: true });
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(Buffer.concat(end.chunks.flatMap(framed)));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, join(folder, name));
      await syncFolder(folder);
      return ok({ bytes: end.bytes, cutBytes: end.cutBytes });
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      return failed('retry', textOf(error));
    }
  },
  read: async (name) => {
    try {
      return chunksOf(await readFile(join(folder, name)));
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  },
  list: () => {
    try {
      return readdirSync(folder).map((name) => ({
        name,
        isYoung: isYoung(join(folder, name), now()),
      }));
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  },
  remove: (names) => {
    for (const name of names) rmSync(join(folder, name), { force: true });
  },
});

/** The last so many bytes, frames included, beginning with a whole chunk where one fits. */
export const endOf = async (
  source: AsyncIterable<LogChunk>,
  maxBytes: number,
): Promise<{
  readonly chunks: readonly LogChunk[];
  readonly bytes: number;
  readonly cutBytes: number;
}> => {
  let chunks: LogChunk[] = [];
  let first = 0;
  let bytes = 0;
  let cutBytes = 0;
  for await (const { stream, data } of source) {
    const kept = data.subarray(Math.max(0, data.length + headerBytes - maxBytes));
    cutBytes += data.length - kept.length;
    // Of its own memory: what the engine sent comes as pieces of larger buffers.
    chunks.push({ stream, data: Uint8Array.from(kept) });
    bytes += kept.length + headerBytes;
    while (bytes > maxBytes) {
      const gone = chunks[first]?.data.length ?? 0;
      first += 1;
      bytes -= gone + headerBytes;
      cutBytes += gone;
    }
    if (first > 1000 && first * 2 > chunks.length) {
      chunks = chunks.slice(first);
      first = 0;
    }
  }
  return { chunks: chunks.slice(first), bytes, cutBytes };
};

const framed = ({ stream, data }: LogChunk): readonly Uint8Array[] => {
  const header = Buffer.alloc(headerBytes);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(data.length, 4);
  return [header, data];
};

async function* chunksOf(file: Buffer): AsyncGenerator<LogChunk> {
  for (let at = 0; at + headerBytes <= file.length;) {
    const end = at + headerBytes + file.readUInt32BE(at + 4);
    yield {
      stream: file[at] === 2 ? 'stderr' : 'stdout',
      data: new Uint8Array(file.subarray(at + headerBytes, end)),
    };
    at = end;
  }
}

const isYoung = (path: string, now: number): boolean => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && now - found.mtimeMs <= youngMs;
};

const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
