import type { LogChunk } from '../model/ports.ts';

const headerBytes = 8;

/**
 * Parts the engine's framed stream (8 bytes: stream, three zeros, length; then the payload) into its
 * two streams. Pulled by the consumer, so that a slow reader slows the engine and memory stays flat.
 */
export async function* demux(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<LogChunk> {
  let rest = Buffer.alloc(0);
  for await (const part of source) {
    rest = Buffer.concat([rest, Buffer.from(part)]);
    for (;;) {
      if (rest.length < headerBytes) break;
      const end = headerBytes + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield {
        stream: rest[0] === 2 ? 'stderr' : 'stdout',
        data: new Uint8Array(rest.subarray(headerBytes, end)),
      };
      rest = rest.subarray(end);
    }
  }
}

/** Lines of newline-delimited JSON; what does not parse is passed over. Overlong garbage ends it. */
export class LineSplitter {
  #rest = '';
  readonly #decoder = new TextDecoder();

  push(part: Uint8Array | string): readonly unknown[] {
    this.#rest += typeof part === 'string' ? part : this.#decoder.decode(part, { stream: true });
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > longestLine) this.#rest = '';
    return lines.flatMap(parsed);
  }
}

const longestLine = 1_000_000;

function parsed(line: string): readonly unknown[] {
  if (line.trim() === '') return [];
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
