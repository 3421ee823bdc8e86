import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** NGC's search and registry under one address, with one image of single manifests. */
export interface NgcServer {
  readonly url: string;
  /** As they were asked for: `tags`, `manifest 24.05-py3`, `blob`. */
  readonly asked: string[];
  /** Resolves when this is asked for, which then waits for an answer that never comes. */
  hang(what: string): Promise<void>;
  close(): Promise<void>;
}

export const startNgc = async (repository: string, tags: readonly string[]): Promise<NgcServer> => {
  const asked: string[] = [];
  const blobs = new Map<string, Buffer>();
  const manifests = new Map(tags.map((tag) => [tag, manifestOf(tag, blobs)]));
  let hanging: { readonly what: string; readonly reached: () => void } | null = null;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://ngc');
    const [kind, name = ''] = url.pathname.split(`/v2/${repository}/`).pop()?.split('/') ?? [];
    const what = url.pathname.includes('/search/')
      ? 'search'
      : kind === 'manifests'
        ? `manifest ${name}`
        : (kind ?? '');
    asked.push(what);
    if (hanging?.what === what) return hanging.reached();
    const manifest = manifests.get(name);
    const blob = blobs.get(name);
    if (what === 'search') return send(response, page(repository), 'application/json');
    if (kind === 'tags')
      return send(response, bytes({ name: repository, tags }), 'application/json');
    if (manifest !== undefined) return send(response, manifest, manifestType);
    if (blob !== undefined) return send(response, blob, 'application/octet-stream');
    response.writeHead(404).end();
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

const send = (response: ServerResponse, data: Buffer, type: string): void => {
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': data.length,
    'Docker-Content-Digest': digestOf(data),
  });
  response.end(response.req.method === 'HEAD' ? undefined : data);
};
