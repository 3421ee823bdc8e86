import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { packageFolder } from '../../schema/files.ts';
import { account, type DebianRegistry, tokenIssuer, tokenService } from './debian-registry.ts';

export type FrontFault =
  | { readonly kind: 'none' }
  /** With an answer of the registry's making. */
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: 'stall' }
  | { readonly kind: 'stall-mid-body' }
  /** Ends in order, in the middle of a word. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'reset' }
  /** One byte of it is another. */
  | { readonly kind: 'flipped' }
  | { readonly kind: 'html' };

/** How NGC names its token server: both have been seen. */
export type ChallengeShape = 'realm-only' | 'scope-in-realm';

export interface RegistryFront {
  /** host:port */
  readonly address: string;
  /** Where the token server is too, beside `/proxy_auth` of the address itself. */
  readonly tokenAddress: string;
  /** "METHOD /path?query" of each request. */
  readonly seen: readonly string[];
  /** What arrived in `Authorization`: at the token servers, and where blobs are kept. */
  readonly told: readonly {
    readonly at: 'token' | 'storage';
    readonly authorization: string | null;
  }[];
  set(change: Partial<FrontBehaviour>): void;
  close(): Promise<void>;
}

export interface FrontBehaviour {
  readonly fault: (method: string, path: string) => FrontFault;
  readonly shape: ChallengeShape;
  /** The token server on the other port, in place of the one beside the registry. */
  readonly elsewhere: boolean;
  /** Tags on one page. */
  readonly pageSize: number;
  /** What stands before the path of the next page; '' is usual. */
  readonly linkBase: string;
}

const usual: FrontBehaviour = {
  fault: () => ({ kind: 'none' }),
  shape: 'realm-only',
  elsewhere: false,
  pageSize: 1000,
  linkBase: '',
};

/** Stands before a real registry as NGC's does: a token server, blobs on another port, pages; and spoils answers. */
export async function startRegistryFront(registry: DebianRegistry): Promise<RegistryFront> {
  const seen: string[] = [];
  const told: RegistryFront['told'][number][] = [];
  let behaviour = usual;

  const answerToken = (request: IncomingMessage, response: ServerResponse): void => {
    const { authorization = null } = request.headers;
    told.push({ at: 'token', authorization });
    if (authorization !== null && authorization !== basic) {
      return send(response, 401, '{"errors":[{"code":"UNAUTHORIZED","message":"bad key"}]}');
    }
    const scope = new URL(request.url ?? '', 'http://x').searchParams.getAll('scope').join(' ');
    // Nobody is allowed to read what begins with private/.
    const isAllowed = authorization !== null || !scope.startsWith('repository:private/');
    if (!isAllowed) return send(response, 401, '{"errors":[{"code":"UNAUTHORIZED"}]}');
    send(response, 200, JSON.stringify({ token: tokenFor(scope), expires_in: 300 }));
  };

  const token = await listen(answerToken);
  const storage = await listen((request, response) => {
    const { authorization = null } = request.headers;
    told.push({ at: 'storage', authorization });
    const digest = request.url?.split('/').at(-1) ?? '';
    response.end(registry.blob(digest));
  });

  const front = await listen((request, response) => {
    const method = request.method ?? '';
    const path = request.url ?? '';
    seen.push(`${method} ${path}`);
    const fault = behaviour.fault(method, path);
    if (fault.kind !== 'none') return void spoil(fault, request, response);
    if (path.startsWith('/proxy_auth')) return answerToken(request, response);
    void pass(request, response);
  });

  const forward = async (request: IncomingMessage): Promise<Response> => {
    const { authorization, accept } = request.headers;
    return fetch(`http://${registry.token}${request.url}`, {
      method: request.method ?? 'GET',
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(accept === undefined ? {} : { accept }),
      },
    });
  };

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await forward(request);
    const body = Buffer.from(await answer.arrayBuffer());
    const path = request.url ?? '';
    if (answer.status === 401) {
      const host = behaviour.elsewhere ? token.address : front.address;
      const offered = behaviour.shape === 'scope-in-realm' ? '?scope=repository:x/y:pull,push' : '';
      response.setHeader('www-authenticate', `Bearer realm="http://${host}/proxy_auth${offered}"`);
      return send(response, 401, body);
    }
    if (answer.ok && path.includes('/blobs/')) {
      response.writeHead(307, {
        location: `http://${storage.address}/bucket/${path.split('/').at(-1)}`,
      });
      return void response.end();
    }
    if (answer.ok && path.includes('/tags/list')) return paged(path, body, response);
    for (const name of ['content-type', 'docker-content-digest']) {
      const value = answer.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    send(response, answer.status, body);
  };

  /** Debian's version lists all at once; NGC's does not. */
  const paged = (path: string, body: Buffer, response: ServerResponse): void => {
    const { name, tags } = JSON.parse(body.toString()) as { name: string; tags: string[] };
    tags.sort();
    const { pathname, searchParams } = new URL(path, 'http://x');
    const begin = tags.indexOf(searchParams.get('last') ?? '') + 1;
    const page = tags.slice(begin, begin + behaviour.pageSize);
    if (begin + page.length < tags.length) {
      const next = `${behaviour.linkBase}${pathname}?n=1000&last=${page.at(-1)}`;
      response.setHeader('link', `<${next}>; rel="next"`);
    }
    send(response, 200, JSON.stringify({ name, tags: page }));
  };

  const spoil = async (
    fault: Exclude<FrontFault, { kind: 'none' }>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    if (fault.kind === 'stall') return;
    if (fault.kind === 'reset') return void response.destroy();
    if (fault.kind === 'html') return send(response, 200, '<html>Welcome to the proxy</html>');
    if (fault.kind === 'status') {
      response.writeHead(fault.status, fault.headers);
      return void response.end('{"errors":[{"code":"X","message":"said by the registry"}]}');
    }
    const answer = await forward(request);
    // What is spoiled is an answer, not the question for a token.
    if (answer.status === 401) return pass(request, response);
    const body = Buffer.from(await answer.arrayBuffer());
    response.setHeader('content-type', answer.headers.get('content-type') ?? '');
    const half = body.subarray(0, body.length / 2);
    if (fault.kind === 'truncated') return send(response, answer.status, half);
    if (fault.kind === 'stall-mid-body') {
      response.writeHead(answer.status, { 'content-length': body.length });
      return void response.write(half);
    }
    // A digit in a text stays a digit, so that it is JSON still.
    const at = body.findLastIndex((byte) => byte >= 0x30 && byte <= 0x38);
    body[at] = (body[at] ?? 0) + 1;
    const digest = answer.headers.get('docker-content-digest');
    if (digest !== null) response.setHeader('docker-content-digest', digest);
    send(response, answer.status, body);
  };

  return {
    address: front.address,
    tokenAddress: token.address,
    seen,
    told,
    set: (change) => {
      behaviour = { ...usual, ...change };
      seen.length = 0;
      told.length = 0;
    },
    close: async () => {
      await Promise.all([front, token, storage].map(({ server }) => shut(server)));
    },
  };
}

const basic = `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`;

const send = (response: ServerResponse, status: number, body: string | Buffer): void => {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
};

const listen = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly address: string; readonly server: Server }> => {
  const server = createServer(handle);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};

const shut = (server: Server): Promise<void> => {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
};

/** A JWT that the registry takes: signed by the one whose certificate it was given. */
const tokenFor = (scope: string): string => {
  const pem = readFileSync(join(packageFolder(), 'test/fixtures/token-signer.pem'), 'utf8');
  const at = pem.indexOf('-----BEGIN CERT');
  const certificate = new X509Certificate(pem.slice(at));
  const [type = '', name = '', actions = ''] = scope.split(':');
  const now = Math.floor(Date.now() / 1000);
  const parts = [
    { typ: 'JWT', alg: 'ES256', x5c: [certificate.raw.toString('base64')] },
    {
      iss: tokenIssuer,
      sub: '',
      aud: tokenService,
      exp: now + 300,
      nbf: now - 60,
      iat: now,
      jti: randomUUID(),
      access: [{ type, name, actions: actions.split(',') }],
    },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const key = createPrivateKey(pem.slice(pem.indexOf('-----BEGIN PRIV'), at));
  const signature = sign('sha256', Buffer.from(parts.join('.')), {
    key,
    dsaEncoding: 'ieee-p1363',
  });
  return [...parts, signature.toString('base64url')].join('.');
};
