import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RegistryProxy {
  /** What the engine asked for, `GET http://nvcr.io/v2/…`. */
  readonly asked: string[];
  close(): Promise<void>;
}

/**
 * A proxy at a port of an engine's own network namespace that leads every host to one registry of this machine: so
 * an engine without a route out pulls `nvcr.io/…` from it.
 */
export async function startRegistryProxy(
  namespace: string,
  port: number,
  registry: string,
): Promise<RegistryProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-proxy-'));
  const socket = join(folder, 'sock');
  const asked: string[] = [];
  const [host = '', registryPort = ''] = registry.split(':');
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '', headers } = incoming;
    asked.push(`${method} ${url}`);
    const { pathname, search } = new URL(url, 'http://nowhere');
    const onward = request(
      { host, port: registryPort, method, path: `${pathname}${search}`, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(socket);
  await once(server, 'listening');
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${namespace}`, process.execPath, '--input-type=module', '-e', forwarder],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PROXY_PORT: String(port), PROXY_SOCKET: socket },
    },
  );
  await once(child.stdout, 'data');
  return {
    asked,
    close: async () => {
      child.stdin.end();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs in the namespace, and ends with its standard input: a socket of the file system is of no namespace. */
const forwarder = `
import { connect, createServer } from 'node:net';
createServer((one) => {
  const other = connect(process.env.PROXY_SOCKET);
  one.pipe(other).pipe(one);
  for (const each of [one, other]) each.on('error', () => (one.destroy(), other.destroy()));
}).listen(Number(process.env.PROXY_PORT), '127.0.0.1', () => console.log('ready'));
process.stdin.on('end', () => process.exit(0)).resume();
`;
