import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';
import { type TarEntry, writeTar } from '../../controller/docker/tar.ts';

export interface StandIn {
  /** `unix://…` */
  readonly host: string;
  readonly refs: readonly string[];
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  /** Seconds between probes; a shell line. */
  readonly health?: { readonly shell: string; readonly intervalMs: number };
  /** Shell scripts by absolute path, say `/usr/bin/jupyter`. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** What it says it is for, in Go's words; left out: this machine's. */
  readonly architecture?: string;
  /** false: an image without /etc/passwd and /etc/group. */
  readonly accounts?: boolean;
}

/**
 * A tiny image out of the machine's own static busybox, under any names asked for: no registry is
 * needed, and none is asked. Gives back the image's id.
 */
export async function buildStandIn(wish: StandIn): Promise<string> {
  const { layer, config } = standInParts(wish);
  const archive = writeTar([
    plainFile('layer.tar', layer),
    plainFile('config.json', Buffer.from(config)),
    plainFile(
      'manifest.json',
      Buffer.from(
        JSON.stringify([
          { Config: 'config.json', RepoTags: wish.refs.map(tagged), Layers: ['layer.tar'] },
        ]),
      ),
    ),
  ]);
  await load(wish.host, archive);
  return `sha256:${sha256(Buffer.from(config))}`;
}

export interface StandInParts {
  /** A tar of all its files. */
  readonly layer: Buffer;
  /** JSON text. */
  readonly config: string;
}

/** What an image is made of, for those who bring it elsewhere than into an engine. */
export function standInParts(wish: Omit<StandIn, 'host' | 'refs'>): StandInParts {
  const layer = writeTar(rootFilesystem(wish));
  return { layer, config: JSON.stringify(imageConfig(wish, sha256(layer))) };
}

function imageConfig(wish: Omit<StandIn, 'host' | 'refs'>, layer: string): object {
  return {
    architecture: wish.architecture ?? goArchitecture[process.arch] ?? process.arch,
    os: 'linux',
    created: '2024-01-01T00:00:00Z',
    config: {
      Env: [
        'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
        ...Object.entries(wish.env ?? {}).map(([name, value]) => `${name}=${value}`),
      ],
      Cmd: wish.command ?? ['sleep', '1000000'],
      ...(wish.entrypoint === undefined ? {} : { Entrypoint: wish.entrypoint }),
      ...(wish.user === undefined ? {} : { User: wish.user }),
      WorkingDir: wish.workdir ?? '/',
      Labels: wish.labels ?? {},
      ...(wish.volumes === undefined
        ? {}
        : { Volumes: Object.fromEntries(wish.volumes.map((target) => [target, {}])) }),
      ...(wish.health === undefined
        ? {}
        : {
            Healthcheck: {
              Test: ['CMD-SHELL', wish.health.shell],
              Interval: wish.health.intervalMs * 1e6,
            },
          }),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    history: [{ created: '2024-01-01T00:00:00Z', created_by: 'mlenv stand-in' }],
  };
}

const goArchitecture: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

function rootFilesystem(wish: Omit<StandIn, 'host' | 'refs'>): readonly TarEntry[] {
  const applets = execFileSync('busybox', ['--list'], { encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox');
  const accounts = wish.accounts ?? true;
  return [
    ...['bin', 'usr', 'usr/bin', 'etc', 'root', 'home'].map((name) => folder(name, 0o755)),
    folder('tmp', 0o1777),
    { ...plainFile('bin/busybox', readFileSync(pathOf('busybox'))), mode: 0o755 },
    ...applets.map((name): TarEntry => ({
      kind: 'link',
      name: `bin/${name}`,
      to: 'busybox',
      mode: 0o777,
      uid: 0,
      gid: 0,
    })),
    ...(accounts
      ? [
          plainFile('etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/sh\n')),
          plainFile('etc/group', Buffer.from('root:x:0:\n')),
        ]
      : []),
    ...Object.entries(wish.scripts ?? {}).map(([path, text]): TarEntry => ({
      ...plainFile(path.slice(1), Buffer.from(`#!/bin/sh\n${text}\n`)),
      mode: 0o755,
    })),
  ];
}

const plainFile = (name: string, data: Uint8Array): TarEntry => ({
  kind: 'file',
  name,
  data,
  mode: 0o644,
  uid: 0,
  gid: 0,
});

const folder = (name: string, mode: number): TarEntry => ({
  kind: 'folder',
  name,
  mode,
  uid: 0,
  gid: 0,
});

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const tagged = (ref: string): string =>
  ref.slice(ref.lastIndexOf('/') + 1).includes(':') ? ref : `${ref}:latest`;

function pathOf(program: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      execFileSync('test', ['-x', path]);
      return path;
    } catch {
      // Not in this one.
    }
  }
  throw new Error(`not on this machine: ${program} (Debian and Ubuntu: busybox-static)`);
}

function load(host: string, archive: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const post = request(
      {
        socketPath: host.replace('unix://', ''),
        method: 'POST',
        path: '/images/load?quiet=1',
        headers: { 'Content-Type': 'application/x-tar', 'Content-Length': archive.length },
      },
      (response) => {
        let said = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (said += part));
        response.on('end', () => {
          if (response.statusCode === 200 && !said.includes('"error"')) resolve();
          else reject(new Error(`loading an image failed: ${response.statusCode} ${said}`));
        });
      },
    );
    post.on('error', reject);
    post.end(archive);
  });
}
