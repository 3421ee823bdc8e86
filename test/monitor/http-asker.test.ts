import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { askHttp } from '../../controller/monitor/http-asker.ts';

const asked = async (answer: RequestListener, timeoutMs = 5000) => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const { kind, message } = await askHttp({ host: '127.0.0.1', port, path: '/api', timeoutMs });
    return { kind, message };
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

test.each([
  [200, 'good'],
  [302, 'good'],
  [404, 'bad'],
  [503, 'bad'],
] as const)('an answer of %i is %s', async (status, kind) => {
  const said = await asked(({ url, method }, reply) => {
    reply.writeHead(url === '/api' && method === 'GET' ? status : 500).end();
  });
  expect(said).toEqual({ kind, message: `it answered ${status}` });
});

test('who is connected and says nothing is bad; who hangs up, too', async () => {
  expect(await asked(() => {}, 30)).toEqual({ kind: 'bad', message: 'no answer within 30 ms' });
  expect(await asked(({ socket }) => socket.destroy())).toMatchObject({ kind: 'bad' });
});

test('a path is sent as it can be sent', async () => {
  const paths: (string | undefined)[] = [];
  const path = '/ü b?x=%20\r\nX-Evil: 1';
  const server = createServer(({ url, headers }, reply) => {
    paths.push(url, String(headers['x-evil']));
    reply.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await askHttp({ host: '127.0.0.1', port, path, timeoutMs: 5000 })).toMatchObject({
    kind: 'good',
    isConnected: true,
  });
  expect(paths).toEqual(['/%C3%BC%20b?x=%20%0D%0AX-Evil:%201', 'undefined']);
  server.closeAllConnections();
  server.close();
});

test('who refuses is bad', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  expect(await askHttp({ host: '127.0.0.1', port, path: '/', timeoutMs: 5000 })).toMatchObject({
    kind: 'bad',
    message: `connect ECONNREFUSED 127.0.0.1:${port}`,
  });
});
