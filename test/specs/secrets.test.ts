import { describe, expect, it } from 'vitest';
import type { SecretRead } from '../../controller/model/secret.ts';
import { readProject } from '../../specs/project.ts';
import { projectFolder, readOne, renderSpec } from '../support/read-spec.ts';
import { memorySpecFiles } from '../support/spec-files.ts';

const hmacKey = new TextEncoder().encode('a key of the tests');

/** The one environment, read beside these files of its owner. */
const wishWith = async (secrets: string, kept: Readonly<Record<string, string | Uint8Array>>) => {
  const text = `apiVersion: mlenv/v1\nenvironments: { one: { image: x, secrets: ${secrets} } }\n`;
  const readSecret = async (file: string): Promise<SecretRead> => {
    const value = kept[file];
    return value === undefined
      ? { kind: 'trouble', message: `there is no ${file}` }
      : { kind: 'bytes', bytes: Buffer.from(value) };
  };
  const files = memorySpecFiles({ [`${projectFolder}/mlenv.yaml`]: '' });
  const place = { file: 'mlenv.yaml', folder: projectFolder, files, hmacKey, readSecret };
  const read = await readProject(new TextEncoder().encode(text), place);
  const wish = read.ok ? read.wish.environments[0]?.wish : undefined;
  if (wish === undefined) throw new Error(JSON.stringify(read));
  return wish;
};

describe('a secret', () => {
  it('is a name, or a name and the owner’s file', async () => {
    const { secrets, env } = await readOne(
      '{ image: x, secrets: [A, { name: B, file: b-2.key }] }',
    );
    expect(secrets).toEqual([
      { name: 'A', file: 'A', env: false, trouble: null },
      { name: 'B', file: 'b-2.key', env: false, trouble: null },
    ]);
    expect(env).toEqual({});
  });

  it('that is a variable has its value, without the newline behind it', async () => {
    const wish = await wishWith('[{ name: A, file: a, env: true }, B]', { a: 'x \n', B: 'y' });
    expect(wish.env).toEqual({ A: 'x ' });
  });

  it('that cannot be had is no fault of the file', async () => {
    for (const [kept, trouble] of [
      [{}, 'there is no A'],
      [{ A: 'a\0b' }, 'its file is no text'],
      [{ A: new Uint8Array([0xff, 0xfe]) }, 'its file is no text'],
    ] as const) {
      const wish = await wishWith('[{ name: A, env: true }]', kept);
      expect(wish.env).toEqual({});
      expect(wish.secrets[0]?.trouble).toContain(trouble);
    }
  });

  it('enters the digest where it is a variable, and nowhere else', async () => {
    const digest = async (secrets: string, value: string) =>
      (await wishWith(secrets, { A: value })).digest;
    expect(await digest('[A]', 'one')).toBe(await digest('[A]', 'two'));
    const variable = '[{ name: A, env: true }]';
    expect(await digest(variable, 'one')).not.toBe(await digest(variable, 'two'));
    expect(await digest(variable, 'one')).toBe(await digest(variable, 'one'));
  });
});

it.each([
  ['secrets: [A, A]', 'E_CONFLICT: the secret "A" stands there twice'],
  [
    'secrets: [{ name: A, env: true }], env: { A: 1 }',
    'E_CONFLICT: the variable "A" is set by env',
  ],
  ['secrets: [../etc/shadow]', 'E_FORMAT'],
  ['secrets: [{ name: A, file: ../key }]', 'E_FORMAT: secrets[0].file cannot be "../key"'],
  ['secrets: [{ name: A, file: .hidden }]', 'E_FORMAT'],
  ['secrets: [a.b]', 'E_FORMAT'],
  [
    'secrets: [A], workspace: /run/secrets',
    'E_DUPLICATE_MOUNT: "/run/secrets" is where secrets lie',
  ],
  [
    'secrets: [A], mounts: [{ tmpfs: true, target: /run/secrets/x }]',
    'E_DUPLICATE_MOUNT: "/run/secrets/x" is where secrets lie',
  ],
])('%s is a fault', async (fields, told) => {
  const text = `apiVersion: mlenv/v1\nenvironments:\n  one: { image: x, ${fields} }\n`;
  expect(await renderSpec(text)).toContain(told);
});

it('no reserved variable comes in as a secret', async () => {
  const text =
    'apiVersion: mlenv/v1\nenvironments:\n  one: { image: x, secrets: [{ name: NVIDIA_VISIBLE_DEVICES, env: true }] }\n';
  expect(await renderSpec(text)).toContain('E_RESERVED_VARIABLE');
});
