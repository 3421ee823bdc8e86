import type { LogChunk } from '../model/ports.ts';

const newline = 10;

/** The last so many lines of both streams together; null: all of it, as it comes. */
export async function* lastLines(
  source: AsyncIterable<LogChunk>,
  count: number | null,
): AsyncGenerator<LogChunk> {
  if (count === null) {
    yield* source;
    return;
  }
  // One line is one entry, as it may come in several chunks and a chunk may have several.
  const lines: LogChunk[][] = [];
  let open: LogChunk[] | null = null;
  for await (const chunk of source) {
    for (const part of partsOf(chunk)) {
      if (open === null) lines.push((open = []));
      open.push(part);
      if (part.data.at(-1) === newline) open = null;
      if (lines.length > count && open === null) lines.splice(0, lines.length - count);
    }
  }
  for (const line of count === 0 ? [] : lines.slice(-count)) yield* line;
}

/** Each up to and with its end of line. */
const partsOf = ({ stream, data }: LogChunk): readonly LogChunk[] => {
  const parts: LogChunk[] = [];
  for (let from = 0; from < data.length;) {
    const end = data.indexOf(newline, from);
    const to = end === -1 ? data.length : end + 1;
    parts.push({ stream, data: data.subarray(from, to) });
    from = to;
  }
  return parts;
};
