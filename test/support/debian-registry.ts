import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { packageFolder } from '../../schema/files.ts';

export interface DebianRegistry {
  /** host:port of the one that wants a name and a password. */
  readonly basic: string;
  /** host:port of the one that wants tokens; it has the same images. */
  readonly token: string;
  /** The bytes of a blob, as they lie on its disk. */
  blob(digest: string): Buffer;
  push(repository: string, image: PushedImage): Promise<Descriptor>;
  pushIndex(repository: string, tag: string, index: object): Promise<Descriptor>;
  close(): Promise<void>;
}

export interface PushedImage {
  /** null: it is only reached through an index. */
  readonly tag: string | null;
  readonly layers: readonly Buffer[];
  readonly config: string;
  readonly kind: 'docker' | 'oci';
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export const account = { user: 'alice', password: 'right horse' } as const;
export const tokenService = 'registry-of-a-test';
export const tokenIssuer = 'token-server-of-a-test';

/** Debian's own `docker-registry`, twice over one disk: a real one, with authentication. */
export async function startDebianRegistry(): Promise<DebianRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-registry-'));
  const signer = readFileSync(join(packageFolder(), 'test/fixtures/token-signer.pem'), 'utf8');
  writeFileSync(join(folder, 'htpasswd'), `${account.user}:${passwordHash}\n`);
  writeFileSync(join(folder, 'signer.pem'), signer.slice(signer.indexOf('-----BEGIN CERT')));
  const basic = await serve(folder, {
    htpasswd: { realm: 'registry', path: join(folder, 'htpasswd') },
  });
  const token = await serve(folder, {
    token: {
      realm: 'http://127.0.0.1/not-here',
      service: tokenService,
      issuer: tokenIssuer,
      rootcertbundle: join(folder, 'signer.pem'),
    },
  });
  const put = putter(`http://${basic.address}`);
  return {
    basic: basic.address,
    token: token.address,
    blob: (digest) => {
      const hex = digest.replace('sha256:', '');
      return readFileSync(
        join(folder, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'),
      );
    },
    push: async (repository, { tag, layers, config, kind }) => {
      const types = mediaTypes[kind];
      const manifest = {
        schemaVersion: 2,
        mediaType: types.manifest,
        config: await put.blob(repository, Buffer.from(config), types.config),
        layers: await Promise.all(layers.map((layer) => put.blob(repository, layer, types.layer))),
      };
      return put.manifest(repository, tag, manifest);
    },
    pushIndex: (repository, tag, index) =>
      put.manifest(repository, tag, { schemaVersion: 2, mediaType: ociIndex, ...index }),
    close: async () => {
      await Promise.all([basic.close(), token.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** bcrypt of the account's password, the only kind that the registry reads. */
const passwordHash = '$2b$05$abcdefghijklmnopqrstuuB05BVy0V7KomGh8K56xgiHLq3Wkqh46';

const ociIndex = 'application/vnd.oci.image.index.v1+json';

const mediaTypes = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const;

const digestOf = (data: Uint8Array): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

interface Putter {
  blob(repository: string, data: Buffer, mediaType: string): Promise<Descriptor>;
  manifest(repository: string, tag: string | null, manifest: object): Promise<Descriptor>;
}

const putter = (base: string): Putter => {
  const authorization = `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`;
  const send = async (method: string, url: string, body?: Buffer, type = ''): Promise<Response> => {
    const answer = await fetch(url, {
      method,
      headers: { authorization, 'content-type': type || 'application/octet-stream' },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  return {
    blob: async (repository, data, mediaType) => {
      const digest = digestOf(data);
      const begun = await send('POST', `${base}/v2/${repository}/blobs/uploads/`);
      const place = new URL(begun.headers.get('location') ?? '', base);
      place.searchParams.set('digest', digest);
      await send('PUT', place.href, data);
      return { mediaType, digest, size: data.length };
    },
    manifest: async (repository, tag, manifest) => {
      const data = Buffer.from(JSON.stringify(manifest));
      const { mediaType } = manifest as { readonly mediaType: string };
      const digest = digestOf(data);
      await send('PUT', `${base}/v2/${repository}/manifests/${tag ?? digest}`, data, mediaType);
      return { mediaType, digest, size: data.length };
    },
  };
};

async function serve(
  folder: string,
  auth: object,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  const file = join(folder, `${Object.keys(auth).join()}.yml`);
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: folder } },
      http: { addr: '127.0.0.1:0', secret: 'shared' },
      auth,
    }),
  );
  const child = spawn(program(), ['serve', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      const found = /listening on (127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`docker-registry did not start: ${said}`)));
  });
  return {
    address,
    close: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/** On the PATH, or where .ci/prepare unpacks it. */
function program(): string {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(packageFolder(), '.cache/docker-registry/bin'),
  ];
  const found = folders
    .map((path) => join(path, 'docker-registry'))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    'not on this machine: docker-registry (npm test fetches it, on Debian and Ubuntu)',
  );
}
