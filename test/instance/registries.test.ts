import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRegistries } from '../../controller/instance/registries.ts';
import { systemClock } from '../../controller/loop/clock.ts';
import { systemRandom } from '../../controller/loop/random.ts';
import { defaultHostConfig, type HostConfig } from '../../controller/model/config.ts';

let server: Server;
let address = '';
const seen: string[] = [];

beforeEach(async () => {
  seen.length = 0;
  server = createServer((request, response) => {
    seen.push(request.url?.split('?')[0] ?? '');
    response.end('{"name":"x","tags":["1.0"],"results":[],"resultTotal":0,"resultPageTotal":0}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
});

it('asks where the configuration says, and follows it when it changes', async () => {
  let config: HostConfig = {
    ...defaultHostConfig,
    registries: [{ name: 'nvcr.io', url: `${address}/one`, tokenHosts: [] }],
    catalogueUrl: `${address}/two`,
  };
  const { reader, search } = openRegistries({
    config: { current: () => config },
    clock: systemClock(),
    random: systemRandom(),
    env: {},
    shared: false,
    answers: null,
  });
  const { signal } = new AbortController();
  const ask = async () => {
    const pages: unknown[] = [];
    for await (const page of reader.tags('nvcr.io/nvidia/pytorch', { signal })) pages.push(page);
    for await (const page of search.pages({ org: null, query: null, signal })) pages.push(page);
    return pages;
  };
  expect(await ask()).toMatchObject([
    { ok: true, value: { tags: ['1.0'] } },
    { ok: true, value: { complete: true } },
  ]);
  config = {
    ...config,
    registries: [{ name: 'nvcr.io', url: address, tokenHosts: [] }],
    catalogueUrl: `${address}/three/`,
  };
  await ask();
  expect(seen).toEqual([
    '/one/v2/nvidia/pytorch/tags/list',
    '/two/v2/search/catalog/resources/CONTAINER',
    '/v2/nvidia/pytorch/tags/list',
    '/three/v2/search/catalog/resources/CONTAINER',
  ]);
});
