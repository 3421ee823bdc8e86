/**
 * The frames of an exec connection after its upgrade, the same both ways: one byte for the kind, four
 * for the length of the payload (big endian), then the payload.
 */
export type Frame =
  /** To the command's input. */
  | { readonly kind: 'input'; readonly data: Uint8Array }
  | { readonly kind: 'end-input' }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** From the command. */
  | { readonly kind: 'stdout' | 'stderr'; readonly data: Uint8Array }
  | { readonly kind: 'exit'; readonly code: number }
  /** JSON of a Failure; there is no exit code then. */
  | { readonly kind: 'failure'; readonly data: Uint8Array };

export const maxFrameBytes = 1024 * 1024;

export const frameCodes = {
  input: 0,
  'end-input': 1,
  resize: 2,
  stdout: 16,
  stderr: 17,
  exit: 18,
  failure: 19,
} as const satisfies Record<Frame['kind'], number>;

/** One or more frames: data that is longer than one may be is parted. */
export const encodeFrame = (frame: Frame): Uint8Array => {
  const body = payload(frame);
  if (body.length <= maxFrameBytes) return encoded(frame.kind, body);
  const parts: Uint8Array[] = [];
  for (let from = 0; from < body.length; from += maxFrameBytes)
    parts.push(encoded(frame.kind, body.subarray(from, from + maxFrameBytes)));
  return Buffer.concat(parts);
};

/** Throws on an unknown kind, a wrong length, or an end in the middle of a frame. */
export async function* decodeFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let held = Buffer.alloc(0);
  for await (const piece of source) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    for (;;) {
      if (held.length < headerBytes) break;
      const length = held.readUInt32BE(1);
      if (length > maxFrameBytes) throw new Error(`a frame of ${length} bytes is too long`);
      if (held.length < headerBytes + length) break;
      yield decoded(held.readUInt8(0), held.subarray(headerBytes, headerBytes + length));
      held = held.subarray(headerBytes + length);
    }
  }
  if (held.length > 0) throw new Error('the connection ended within a frame');
}

const headerBytes = 5;

const encoded = (kind: Frame['kind'], body: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(frameCodes[kind], 0);
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
};

const payload = (frame: Frame): Uint8Array => {
  switch (frame.kind) {
    case 'input':
    case 'stdout':
    case 'stderr':
    case 'failure':
      return frame.data;
    case 'end-input':
      return new Uint8Array();
    case 'resize': {
      const body = Buffer.alloc(4);
      body.writeUInt16BE(frame.columns, 0);
      body.writeUInt16BE(frame.rows, 2);
      return body;
    }
    case 'exit': {
      const body = Buffer.alloc(4);
      body.writeInt32BE(frame.code, 0);
      return body;
    }
    default:
      return frame satisfies never;
  }
};

const decoded = (code: number, body: Buffer): Frame => {
  switch (code) {
    case frameCodes.input:
      return { kind: 'input', data: body };
    case frameCodes.stdout:
      return { kind: 'stdout', data: body };
    case frameCodes.stderr:
      return { kind: 'stderr', data: body };
    case frameCodes.failure:
      return { kind: 'failure', data: body };
    case frameCodes['end-input']:
      return { kind: 'end-input' };
    case frameCodes.resize:
      return { kind: 'resize', columns: body.readUInt16BE(0), rows: body.readUInt16BE(2) };
    case frameCodes.exit:
      return { kind: 'exit', code: body.readInt32BE(0) };
    default:
      throw new Error(`no frame has the kind ${code}`);
  }
};
