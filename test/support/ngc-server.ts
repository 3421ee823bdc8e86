import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** NGC's search and registry under one address, with one image of single manifests. */
export interface NgcServer {
  readonly url: string;
  /** As they were asked for: `tags`, `tags unchanged` (304), `manifest 24.05-py3`, `blob`. */
  readonly asked: string[];
  /** Resolves when this is asked for, which then waits for an answer that never comes. */
  hang(what: string): Promise<void>;
  close(): Promise<void>;
}

export const startNgc = async (repository: string, tags: readonly string[]): Promise<NgcServer> => {
  const asked: string[] = [];
  const answer = ngcAnswers(repository, tags);
  let hanging: { readonly what: string; readonly reached: () => void } | null = null;
  const server = createServer((request, response) => {
    const { what, status, headers, data } = answer(
      new URL(request.url ?? '', 'http://ngc').pathname,
    );
    const etag = headers['ETag'];
    const isSame = etag !== undefined && request.headers['if-none-match'] === etag;
    asked.push(isSame ? `${what} unchanged` : what);
    if (hanging?.what === what) return hanging.reached();
    response.writeHead(isSame ? 304 : status, isSame ? { ETag: etag } : headers);
    response.end(request.method === 'HEAD' || isSame ? undefined : data);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    hang: (what) =>
      new Promise((reached) => {
        hanging = { what, reached: () => ((hanging = null), reached()) };
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

export interface NgcAnswer {
  readonly what: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Buffer;
}

/** What is answered to a path. */
export const ngcAnswers = (
  repository: string,
  tags: readonly string[],
): ((path: string) => NgcAnswer) => {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map(tags.map((tag) => [tag, manifestOf(tag, blobs)]));
  return (path) => {
    if (path.includes('/search/')) return found('search', page(repository), 'application/json');
    const [kind = '', name = ''] = path.split(`/v2/${repository}/`).pop()?.split('/') ?? [];
    if (kind === 'tags') return found(kind, bytes({ name: repository, tags }), 'application/json');
    const [what, data] =
      kind === 'manifests' ? [`manifest ${name}`, manifests.get(name)] : [kind, blobs.get(name)];
    return data === undefined
      ? { what, status: 404, headers: {}, data: Buffer.alloc(0) }
      : found(what, data, kind === 'manifests' ? manifestType : 'application/octet-stream');
  };
};

const found = (what: string, data: Buffer, type: string): NgcAnswer => ({
  what,
  status: 200,
  headers: {
    'Content-Type': type,
    'Content-Length': String(data.length),
    'Docker-Content-Digest': digestOf(data),
    ETag: `"${digestOf(data)}"`,
  },
  data,
});

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

const manifestOf = (tag: string, blobs: Map<string, Buffer>): Buffer => {
  const config = bytes({
    architecture: 'amd64',
    os: 'linux',
    created: '2024-05-20T00:00:00Z',
    config: {
      Env: [
        'CUDA_VERSION=12.4.1.003',
        `PYTORCH_VERSION=2.${tag.slice(0, 2)}.0`,
        'NVIDIA_PRODUCT_NAME=PyTorch',
        'PATH=/usr/lib/python3.10/bin',
      ],
    },
  });
  blobs.set(digestOf(config), config);
  const layer = { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 1000 };
  return bytes({
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest: digestOf(config),
    },
    layers: [1, 2].map((n) => ({ ...layer, digest: `sha256:${String(n).repeat(64)}` })),
  });
};

const page = (repository: string): Buffer => {
  const [orgName = ''] = repository.split('/');
  return bytes({
    resultTotal: 1,
    resultPageTotal: 1,
    results: [
      {
        groupValue: 'CONTAINER',
        totalCount: 1,
        resources: [
          {
            resourceId: repository,
            resourceType: 'CONTAINER',
            orgName,
            teamName: '',
            name: repository.split('/').pop(),
            displayName: 'PyTorch',
            description: 'Tensors and networks',
            isPublic: true,
            labels: [],
            attributes: [],
          },
        ],
      },
    ],
  });
};

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const digestOf = (data: Buffer): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;
