import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { alice, mallory, type Attack } from './attack.ts';
import { told, tryProject } from './ground.ts';

/** A program of node's as this person; it must bear no single quote. */
const node = (program: string): string => `node -e '${program.replaceAll('\n', ' ')}'`;

/** Numbers that nobody has, a few hundred of them. */
const socketFlood: Attack = {
  name: 'a folder in /run for every number',
  prize: 'sockets for users that there are not, until others get none',
  off: 'known-users',
  play: async ({ machine }) => {
    const flood = node(`
      const net = require("net");
      const ask = (uid) => new Promise((done) => {
        const socket = net.connect("/run/mlenv/request.sock", () => socket.write(JSON.stringify({ uid }) + "\\n"));
        socket.on("data", () => socket.end());
        socket.on("error", () => done());
        socket.on("close", () => done());
      });
      (async () => { for (let uid = 900000; uid < 900300; uid += 1) await ask(uid); })();
    `);
    await machine.shell(mallory.name, flood);
    const made = await machine.shell('root', 'ls /run/mlenv/u | wc -l');
    const others = await machine.mlenv(alice.name, ['version']);
    return {
      won: Number(made.stdout) > 20 || others.code !== 0,
      seen: `${made.stdout.trim()} folders; alice: ${told(others)}`,
    };
  },
};

const streamFlood: Attack = {
  name: 'streams without number',
  prize: 'memory of root’s for each stream that one user opens',
  off: 'stream-bound',
  play: async ({ machine }) => {
    // Makes the socket.
    await machine.mlenv(mallory.name, ['version']);
    const flood = node(`
      const http = require("http");
      const codes = {};
      let answers = 0;
      const end = () => { console.log(JSON.stringify(codes)); process.exit(0); };
      const count = (code) => { codes[code] = (codes[code] || 0) + 1; answers += 1; if (answers === 300) end(); };
      setTimeout(end, 20000);
      for (let n = 0; n < 300; n += 1)
        http.get({ socketPath: "/run/mlenv/u/${mallory.uid}/api.sock", path: "/v1/events?follow=true&limit=1", agent: false },
          (response) => { response.resume(); count(response.statusCode); }).on("error", () => count("cut"));
    `);
    const flooded = await machine.shell(mallory.name, flood);
    const codes = JSON.parse(flooded.stdout.trim() || '{}') as Record<string, number>;
    return { won: (codes['200'] ?? 0) > 100, seen: told(flooded) };
  },
};

const removals: Attack = {
  name: 'many removals hold another’s',
  prize: 'what another takes out of their file goes on running until an administrator confirms',
  off: 'removals-per-owner',
  play: async (ground) => {
    const { machine } = ground;
    const many = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, {}]));
    const hers = await tryProject(ground, mallory.name, { folder: 'many', environments: many });
    const others = await tryProject(ground, alice.name, {
      folder: 'few',
      environments: { old: {}, kept: {} },
    });
    const keep = { image: ground.image, stopGrace: '1s', restart: 'never' };
    machine.save(mallory.name, hers.path, { environments: { e: keep } });
    machine.save(alice.name, others.path, { environments: { kept: keep } });
    let seen = '';
    for (
      let tries = 0;
      tries < 60 && !/MassRemoval|PruneScheduled|UpdatePending/.test(seen);
      tries += 1
    ) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const status = await machine.mlenv(alice.name, ['status', '-o', 'json', others.path]);
      const { items } = JSON.parse(status.stdout || '{"items":[]}') as {
        items: readonly { environment: string; reason: string }[];
      };
      seen = items.find(({ environment }) => environment === 'old')?.reason ?? 'gone';
      if (seen === 'gone') break;
    }
    await hers.remove();
    await others.remove();
    await machine.mlenv('root', ['confirm']);
    return { won: seen === 'MassRemoval', seen };
  },
};

const loopback: Attack = {
  name: 'root asks what listens on 127.0.0.1',
  prize: 'a request by root to any service of this machine’s own',
  off: 'guarded-addresses',
  play: async ({ machine }) => {
    const asked: string[] = [];
    const service = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    try {
      const path = machine.project(mallory.name, join(machine.home(mallory.name), 'loopback'), {
        environments: {
          one: { image: `127.0.0.1:${port}/admin:1` },
          two: { image: `localhost:${port}/admin:1` },
        },
      });
      const locked = await machine.mlenv(mallory.name, ['lock', path]);
      return { won: asked.length > 0, seen: `${asked.join(' ')}\n${told(locked)}` };
    } finally {
      service.closeAllConnections();
      service.close();
    }
  },
};

export const requestAttacks: readonly Attack[] = [socketFlood, streamFlood, removals, loopback];
