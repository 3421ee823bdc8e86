import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A bare repository and a clone of it in which a person works, with the real git. */
export interface Repository {
  readonly folder: string;
  /** `file://…` */
  readonly url: string;
  /** Writes, commits and pushes; the commit's hash. */
  commit(files: Readonly<Record<string, string | null>>, subject?: string): string;
  /** git in the person's clone. */
  git(...args: readonly string[]): string;
  readonly work: string;
  remove(): void;
}

export const createRepository = (format: 'sha1' | 'sha256' = 'sha1'): Repository => {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-git-'));
  const bare = join(folder, 'remote.git');
  const work = join(folder, 'work');
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'init.defaultBranch=main', ...args], {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Alice',
        GIT_AUTHOR_EMAIL: 'alice@lab.test',
        GIT_COMMITTER_NAME: 'Alice',
        GIT_COMMITTER_EMAIL: 'alice@lab.test',
      },
    }).trim();
  mkdirSync(work);
  git('init', '--quiet', '--bare', `--object-format=${format}`, bare);
  git('init', '--quiet', `--object-format=${format}`, '.');
  git('remote', 'add', 'origin', bare);
  return {
    folder,
    url: `file://${bare}`,
    work,
    git,
    commit: (files, subject = 'Change something') => {
      for (const [path, text] of Object.entries(files)) {
        const place = join(work, path);
        if (text === null) {
          rmSync(place);
          continue;
        }
        mkdirSync(dirname(place), { recursive: true });
        writeFileSync(place, text);
        if (text.startsWith('#!')) chmodSync(place, 0o755);
      }
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', subject);
      git('push', '--quiet', '--force', 'origin', 'HEAD:refs/heads/main');
      return git('rev-parse', 'HEAD');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** Serves the repositories of a folder over http with a password, by git's own program for it. */
export const serveOverHttp = async (
  folder: string,
  {
    user,
    password,
    stopAfterBytes = Number.POSITIVE_INFINITY,
  }: {
    readonly user: string;
    readonly password: string;
    /** An answer that is longer stops there, and never ends. */
    readonly stopAfterBytes?: number;
  },
): Promise<{
  readonly url: string;
  readonly asked: () => number;
  /** Resolves once the client has hung up on an answer that never ends. */
  readonly hungUp: Promise<void>;
  close(): Promise<void>;
}> => {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  let asked = 0;
  let hangUp = (): void => {};
  const hungUp = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const server: Server = createServer((incoming, outgoing) => {
    asked += 1;
    if (incoming.headers.authorization !== wanted) {
      outgoing.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' });
      outgoing.end();
      return;
    }
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: incoming.method ?? 'GET',
        CONTENT_TYPE: incoming.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: incoming.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(incoming.headers['git-protocol'] ?? ''),
        REMOTE_USER: user,
      },
    });
    incoming.pipe(backend.stdin);
    const parts: Buffer[] = [];
    backend.stdout.on('data', (part: Buffer) => parts.push(part));
    backend.on('close', () => {
      const all = Buffer.concat(parts);
      const end = all.indexOf('\r\n\r\n');
      const headers = all.subarray(0, end).toString().split('\r\n');
      const status = headers.find((line) => line.startsWith('Status: '));
      outgoing.writeHead(
        status === undefined ? 200 : Number(status.slice(8, 11)),
        headers
          .filter((line) => !line.startsWith('Status: '))
          .flatMap((line) => {
            const colon = line.indexOf(': ');
            return [line.slice(0, colon), line.slice(colon + 2)];
          }),
      );
      const body = all.subarray(end + 4);
      if (body.length <= stopAfterBytes) return outgoing.end(body);
      outgoing.once('close', hangUp);
      return outgoing.write(body.subarray(0, stopAfterBytes));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/remote.git`,
    asked: () => asked,
    hungUp,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
};
