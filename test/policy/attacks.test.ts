import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { checkPolicy } from '../../controller/cli/policy-check.ts';
import { defaultHostConfig, type PolicyConfig } from '../../controller/model/config.ts';
import { isPolicyRule, policyRuleIds } from '../../controller/model/policy.ts';
import { memorySpecFiles } from '../support/spec-files.ts';

interface Attack {
  readonly rule: string;
  readonly place: string;
  readonly text: string;
}

const attacks: readonly Attack[] = (() => {
  const found: Attack[] = [];
  let rule = '';
  const lines = readFileSync(new URL('attacks.txt', import.meta.url), 'utf8').split('\n');
  for (const line of lines) {
    if (line.startsWith('# ')) rule = line.split(' ')[1] ?? '';
    const at = line.indexOf(' | ');
    if (at > 0) found.push({ rule, place: line.slice(0, at).trim(), text: line.slice(at + 3) });
  }
  return found;
})();

const digest = `sha256:${'a'.repeat(64)}`;

/** An environment that no rule forbids, in which the attack is all that is wrong. */
const environment = (text: string, more: readonly string[] = []): string => {
  const image = text.startsWith('image:') ? [] : [`image: busybox@${digest}`];
  const lines = [...image, ...more, ...text.split('\\n').map((line) => line.trim())];
  return `environments:\n  web:\n${lines.map((line) => `    ${line}\n`).join('')}`;
};

const surrounded: Readonly<Record<string, (text: string) => string>> = {
  environment,
  strict: environment,
  allowed: environment,
  cards: (text) => environment(text, ['gpus: 1']),
  defaults: (text) => `defaults:\n  ${text}\n${environment('cpus: 1')}`,
  file: (text) => `${text}\n${environment('cpus: 1')}`,
  mount: (text) => environment(`mounts: [${text}]`),
  port: (text) => environment(`ports: [${text}]`),
  gpus: (text) => environment(`gpus: ${text}`),
  logs: (text) => environment(`logs: ${text}`),
  workspace: (text) => environment(`workspace: ${text}`),
  shared: environment,
  health: (text) => environment(`health: ${text}`),
};

const policies: Readonly<Record<string, Partial<PolicyConfig>>> = {
  strict: { level: 'strict' },
  allowed: { images: ['nvcr.io/nvidia/*', 'busybox'] },
};

const checked = ({ place, text }: Pick<Attack, 'place' | 'text'>) =>
  checkPolicy(
    new TextEncoder().encode(`apiVersion: mlenv/v1\n${surrounded[place]?.(text) ?? ''}`),
    {
      file: 'mlenv.yaml',
      folder: '/srv/demo',
      owner: { uid: 1000, gid: 1000 },
      identity: place === 'shared' ? { uid: 1000, gids: [1000, 2000] } : null,
      config: {
        ...defaultHostConfig,
        mountRoots: [{ path: '/data', readOnly: false, projects: null }],
        policy: { ...defaultHostConfig.policy, ...policies[place] },
      },
      files: memorySpecFiles({ '/srv/demo/mlenv.yaml': '', '/data/set/x': '' }),
      now: 0,
    },
  );

describe.each(policyRuleIds)('%s', (id) => {
  it.each(attacks.filter(({ rule }) => rule === id))('refuses in $place: $text', async (attack) => {
    const { refusals } = await checked(attack);
    expect(refusals.map(({ rule }) => rule)).toContain(id);
    const told = refusals.find(({ rule }) => rule === id);
    expect(told?.diagnostic.excerpt).not.toBe('');
    expect(told?.diagnostic.message.startsWith(`${id}: `)).toBe(true);
  });
});

test('there are enough attacks, all different, and each rule has some', () => {
  expect(attacks.length).toBeGreaterThanOrEqual(400);
  expect(new Set(attacks.map(({ place, text }) => `${place} ${text}`)).size).toBe(attacks.length);
  expect(attacks.every(({ rule, place }) => isPolicyRule(rule) && place in surrounded)).toBe(true);
  expect(policyRuleIds.filter((id) => !attacks.some(({ rule }) => rule === id))).toEqual([]);
});

test.each<[string, string]>([
  ['environment', 'cpus: 1'],
  ['strict', 'env: { HF_TOKEN: "${T:-}" }'],
  ['strict', 'command: [echo, --privileged, "/var/run/docker.sock:/x", host]'],
  ['environment', 'env: { privileged: "true", network: host, source: / }'],
  ['environment', 'labels: { cap_add: ALL, network: host, restart: unless-stopped }'],
  ['environment', 'x-mine: { privileged: true, network: host }'],
  ['environment', 'mounts: [{ source: ./etc, target: /x }, { tmpfs: true, target: /run }]'],
  ['environment', 'gpus: { count: 1, devices: [0] }'],
  ['environment', 'network: false'],
  ['environment', 'restart: always'],
  ['file', 'x-all: { devices: [1] }'],
  ['defaults', 'x-all: { devices: [1] }'],
  ['allowed', 'image: nvcr.io/nvidia/pytorch:24.05-py3'],
  ['environment', 'workdir: /development'],
  ['environment', 'user: "0:0"'],
  ['environment', 'user: image'],
  ['shared', 'user: host'],
  ['shared', 'user: "1000:2000"'],
  ['shared', 'user: image\\nworkspace: false'],
  ['shared', 'user: image\\nworkspace: false\\nmounts: [{ volume: db, target: /db }]'],
  ['shared', 'user: "0:0"\\nworkspace: false\\nmounts: [{ tmpfs: true, target: /x }]'],
  ['shared', 'mounts: [{ source: /data/set, target: /set }]'],
])('in %s this is no attack: %s', async (place, text) => {
  expect(await checked({ place, text })).toMatchObject({ refusals: [], faults: [] });
});

test('names of environments are no rights', async () => {
  const names = ['privileged', 'devices', 'network', 'host', 'binds'];
  const lines = names.map((name) => `  ${name}: { image: "busybox" }`);
  const after = '  last: { image: busybox, dependsOn: { privileged: started, devices: started } }';
  const text = `apiVersion: mlenv/v1\nenvironments:\n${lines.join('\n')}\n${after}\n`;
  const check = await checkPolicy(new TextEncoder().encode(text), {
    file: 'mlenv.yaml',
    folder: '/srv/demo',
    owner: { uid: 1000, gid: 1000 },
    config: defaultHostConfig,
    files: memorySpecFiles({ '/srv/demo/mlenv.yaml': '' }),
    now: 0,
  });
  expect(check).toEqual({ file: 'mlenv.yaml', refusals: [], faults: [] });
});
