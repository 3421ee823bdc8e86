import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeFrames, encodeFrame, maxFrameBytes } from '../../controller/report/exec-frames.ts';
import type { Frame } from '../../controller/report/exec-frames.ts';

const data = fc.uint8Array({ maxLength: 40 });
const size = fc.integer({ min: 1, max: 65_535 });
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constantFrom('input', 'stdout', 'stderr', 'failure'), data }),
  fc.constant({ kind: 'end-input' } as const),
  fc.record({ kind: fc.constant('resize'), columns: size, rows: size }),
  fc.record({ kind: fc.constant('exit'), code: fc.integer({ min: -1, max: 255 }) }),
);

it('reads back what was written, however the pieces are cut', () =>
  fc.assert(
    fc.asyncProperty(fc.array(frame), fc.integer({ min: 1, max: 20 }), async (frames, cut) => {
      const wire = Buffer.concat(frames.map((each) => encodeFrame(each)));
      expect((await decoded(pieces(wire, cut))).map(plain)).toEqual(frames.map(plain));
    }),
  ));

it('parts data that is longer than a frame may be', async () => {
  const long = Buffer.alloc(maxFrameBytes * 2 + 1, 'x');
  const frames = await decoded([Buffer.from(encodeFrame({ kind: 'stdout', data: long }))]);
  expect(frames.map((each) => ('data' in each ? each.data.length : 0))).toEqual([
    maxFrameBytes,
    maxFrameBytes,
    1,
  ]);
});

it.each([
  ['an unknown kind', Buffer.from([99, 0, 0, 0, 0]), /kind 99/],
  ['a length beyond the limit', Buffer.from([0, 255, 255, 255, 255]), /too long/],
  ['an end within a frame', Buffer.from([0, 0, 0, 0, 9, 1]), /ended within/],
])('refuses %s', async (_name, wire, words) => {
  await expect(decoded([wire])).rejects.toThrow(words);
});

const pieces = (wire: Buffer, cut: number): readonly Buffer[] =>
  Array.from({ length: Math.ceil(wire.length / cut) }, (_, index) =>
    wire.subarray(index * cut, (index + 1) * cut),
  );

const decoded = async (wire: readonly Buffer[]): Promise<readonly Frame[]> => {
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield* wire;
  };
  const frames: Frame[] = [];
  for await (const each of decodeFrames(source())) frames.push(each);
  return frames;
};

const plain = (each: Frame): unknown => ('data' in each ? { ...each, data: [...each.data] } : each);
