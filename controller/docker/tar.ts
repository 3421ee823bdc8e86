/** As much of ustar as small archives to and from an engine need. */
export type TarEntry = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
} & (
  | { readonly kind: 'file'; readonly data: Uint8Array }
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly to: string }
);

/** Names are at most 100 bytes, or 255 where a slash lets them be parted. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const data = entry.kind === 'file' ? Buffer.from(entry.data) : Buffer.alloc(0);
    const padding = Buffer.alloc((block - (data.length % block)) % block);
    return [header(entry, data.length), data, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * block)]);
}

/** Extended headers are passed over: what is read here is small and has short names. */
export function readTar(archive: Uint8Array): readonly TarEntry[] {
  const bytes = Buffer.from(archive);
  const entries: TarEntry[] = [];
  for (let at = 0; at + block <= bytes.length;) {
    const head = bytes.subarray(at, at + block);
    if (head[0] === 0) break;
    const size = octal(head, 124, 12);
    const data = bytes.subarray(at + block, at + block + size);
    const entry = entryOf(head, data);
    if (entry !== null) entries.push(entry);
    at += block + Math.ceil(size / block) * block;
  }
  return entries;
}

const block = 512;
const typeFlags = { file: '0', folder: '5', link: '2' } as const;

function header(entry: TarEntry, size: number): Buffer {
  const head = Buffer.alloc(block);
  const { prefix, name } = parted(entry.kind === 'folder' ? `${entry.name}/` : entry.name);
  head.write(name, 0);
  writeOctal(head, { at: 100, width: 8, value: entry.mode });
  writeOctal(head, { at: 108, width: 8, value: entry.uid });
  writeOctal(head, { at: 116, width: 8, value: entry.gid });
  writeOctal(head, { at: 124, width: 12, value: size });
  writeOctal(head, { at: 136, width: 12, value: 0 });
  head.write(' '.repeat(8), 148);
  head.write(typeFlags[entry.kind], 156);
  if (entry.kind === 'link') head.write(entry.to, 157, 100);
  head.write('ustar\u000000', 257);
  head.write(prefix, 345);
  writeOctal(head, { at: 148, width: 7, value: head.reduce((sum, byte) => sum + byte, 0) });
  return head;
}

function parted(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  const cuts = [...path.matchAll(/\/(?=.)/g)].map((match) => match.index);
  const cut = cuts.find(
    (at) =>
      Buffer.byteLength(path.slice(at + 1)) <= 100 && Buffer.byteLength(path.slice(0, at)) <= 155,
  );
  if (cut === undefined) throw new RangeError(`a path too long for an archive: ${path}`);
  return { prefix: path.slice(0, cut), name: path.slice(cut + 1) };
}

/** Above 2097151 an id does not fit its seven digits: base 256 then, as GNU tar has it. */
function writeOctal(
  head: Buffer,
  field: { readonly at: number; readonly width: number; readonly value: number },
): void {
  const digits = field.value.toString(8).padStart(field.width - 1, '0');
  if (digits.length < field.width) {
    head.write(digits, field.at);
    return;
  }
  head.fill(0, field.at, field.at + field.width);
  head[field.at] = 0x80;
  head.writeUIntBE(field.value, field.at + field.width - 6, 6);
}

function octal(head: Buffer, at: number, width: number): number {
  if (((head[at] ?? 0) & 0x80) !== 0) return head.readUIntBE(at + width - 6, 6);
  return Number.parseInt(field(head, at, width).trim() || '0', 8);
}

const field = (head: Buffer, at: number, width: number): string => {
  const raw = head.toString('utf8', at, at + width);
  const end = raw.indexOf('\0');
  return end < 0 ? raw : raw.slice(0, end);
};

function entryOf(head: Buffer, data: Buffer): TarEntry | null {
  const prefix = field(head, 345, 155);
  const path = prefix === '' ? field(head, 0, 100) : `${prefix}/${field(head, 0, 100)}`;
  const common = {
    name: path.replace(/\/$/, ''),
    mode: octal(head, 100, 8),
    uid: octal(head, 108, 8),
    gid: octal(head, 116, 8),
  };
  const flag = String.fromCharCode(head[156] ?? 0);
  if (flag === '0' || flag === '\0') return { ...common, kind: 'file', data: new Uint8Array(data) };
  if (flag === '5') return { ...common, kind: 'folder' };
  if (flag === '2') return { ...common, kind: 'link', to: field(head, 157, 100) };
  return null;
}
