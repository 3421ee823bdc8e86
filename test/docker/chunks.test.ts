import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { demux, LineSplitter } from '../../controller/docker/chunks.ts';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const data = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(data.length, 4);
  return Buffer.concat([head, data]);
};

/** Cut at any places, as a socket would. */
const pieces = (whole: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => whole.subarray(at[index], end));
};

test('frames come out whole and in order, however the bytes arrive', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.string()), { maxLength: 10 }),
      fc.array(fc.nat(), { maxLength: 10 }),
      async (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(([stream, text]) => frame(stream, text)));
        const seen: [number, string][] = [];
        for await (const chunk of demux(from(pieces(bytes, cuts)))) {
          seen.push([chunk.stream === 'stdout' ? 1 : 2, Buffer.from(chunk.data).toString()]);
        }
        expect(seen).toEqual(
          frames.map(([stream, text]) => [stream, Buffer.from(text).toString()]),
        );
      },
    ),
  );
});

test('lines come out whole, however the bytes arrive, and garbage is passed over', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.jsonValue(), fc.constant('{garbage')), { maxLength: 10 }),
      fc.array(fc.nat(), { maxLength: 10 }),
      (values, cuts) => {
        const lines = values.map((value) =>
          value === '{garbage' ? '{garbage' : JSON.stringify(value),
        );
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const splitter = new LineSplitter();
        const seen = pieces(bytes, cuts).flatMap((piece) => splitter.push(piece));
        expect(JSON.stringify(seen)).toBe(
          JSON.stringify(values.filter((value) => value !== '{garbage')),
        );
      },
    ),
  );
});

test('a line without end does not fill the memory', () => {
  const splitter = new LineSplitter();
  for (let index = 0; index < 20; index += 1) splitter.push('x'.repeat(100_000));
  expect(splitter.push('\n{"after":1}\n')).toEqual([{ after: 1 }]);
});

async function* from(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield await Promise.resolve(part);
}
