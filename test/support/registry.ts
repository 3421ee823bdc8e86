import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Registry {
  /** host:port, as it stands before the slash of a reference. */
  readonly address: string;
  close(): void;
}

/**
 * A registry of one image (…/pullable:1) on the loopback of an engine's own network namespace: the
 * only place from which a private engine can pull, and engines trust loopback without TLS.
 */
export async function startRegistry(
  namespace: string,
  /** Who may pull; left out: anybody. */
  login: { readonly user: string; readonly secret: string } | null = null,
): Promise<Registry> {
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${namespace}`, process.execPath, '--input-type=module', '-e', server],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, LOGIN: login === null ? '' : `${login.user}:${login.secret}` },
    },
  );
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { address: `127.0.0.1:${port.toString().trim()}`, close: () => child.stdin.end() };
}

/** Runs in the namespace, and ends with its standard input. */
const server = `
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
const digest = (data) => 'sha256:' + createHash('sha256').update(data).digest('hex');
const header = Buffer.alloc(512);
header.write('blob', 0); header.write('0000644', 100); header.write('0000000', 108);
header.write('0000000', 116); header.write((1 << 21).toString(8).padStart(11, '0'), 124);
header.write('00000000000', 136); header.write(' '.repeat(8), 148); header.write('0', 156);
header.write('ustar\\0' + '00', 257);
header.write(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(7, '0'), 148);
const tar = Buffer.concat([header, randomBytes(1 << 21), Buffer.alloc(1024)]);
const layer = gzipSync(tar);
const arch = { x64: 'amd64' }[process.arch] ?? process.arch;
const config = Buffer.from(JSON.stringify({ architecture: arch, os: 'linux', config: { Cmd: ['x'] },
  rootfs: { type: 'layers', diff_ids: [digest(tar)] } }));
const type = 'application/vnd.docker.';
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2,
  mediaType: type + 'distribution.manifest.v2+json',
  config: { mediaType: type + 'container.image.v1+json', size: config.length, digest: digest(config) },
  layers: [{ mediaType: type + 'image.rootfs.diff.tar.gzip', size: layer.length, digest: digest(layer) }] }));
const blobs = new Map([config, layer].map((data) => [digest(data), data]));
createServer((request, response) => {
  const path = request.url ?? '';
  const shown = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64');
  if (process.env.LOGIN !== '' && shown.toString() !== process.env.LOGIN) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="tests"', 'Content-Type': 'application/json' });
    return response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'log in' }] }));
  }
  const send = (data, kind) => {
    response.writeHead(200, { 'Content-Type': kind, 'Content-Length': data.length,
      'Docker-Content-Digest': digest(data) });
    response.end(request.method === 'HEAD' ? undefined : data);
  };
  if (path === '/v2/') return send(Buffer.from('{}'), 'application/json');
  const blob = blobs.get(path.split('/blobs/')[1]);
  if (blob) return send(blob, 'application/octet-stream');
  if (path.includes('/pullable/manifests/')) return send(manifest, type + 'distribution.manifest.v2+json');
  response.writeHead(404, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
process.stdin.on('end', () => process.exit(0)).resume();
`;
