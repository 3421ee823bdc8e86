import type { SecretRead, SecretWish } from '../controller/model/secret.ts';
import { fault, type Path } from './fault.ts';
import type { Report } from './resolve-scalars.ts';
import { quoted } from './safe-text.ts';
import type { SpecEnvironment, SpecSecret } from './types.generated.ts';

/** One of the owner's files; left out where nobody may read them, as by `mlenv validate`. */
export type ReadSecret = (file: string) => Promise<SecretRead>;

export interface SecretsRead {
  readonly wishes: readonly SecretWish[];
  /** Of those that are variables as well. */
  readonly values: ReadonlyMap<string, string>;
}

/** With any of these a container could take cards that nobody gave it. */
export const reservedVariables: readonly string[] = [
  'NVIDIA_VISIBLE_DEVICES',
  'NVIDIA_DRIVER_CAPABILITIES',
  'CUDA_VISIBLE_DEVICES',
];

/**
 * The names, and the values of those that are to be variables. One that cannot be had is no fault of
 * the file: its environment waits.
 */
export const secretsOf = async (
  { secrets = [], env = {} }: SpecEnvironment,
  { report, readSecret }: { readonly report: Report; readonly readSecret: ReadSecret | undefined },
): Promise<SecretsRead> => {
  const wishes: SecretWish[] = [];
  const values = new Map<string, string>();
  for (const [index, given] of secrets.entries()) {
    const { name, file = name, env: isVariable = false } = mapOf(given);
    const at: Path = typeof given === 'string' ? ['secrets', index] : ['secrets', index, 'name'];
    if (wishes.some((other) => other.name === name)) {
      const message = `the secret ${quoted(name)} stands there twice`;
      report(fault('E_CONFLICT', at, { message, hint: 'keep one of the two' }));
    }
    if (isVariable && reservedVariables.includes(name)) {
      const message = `the variable ${name} says which cards a container sees, and MLEnv sets it`;
      report(fault('E_RESERVED_VARIABLE', at, { message, hint: 'ask for cards with gpus:' }));
    }
    if (isVariable && Object.hasOwn(env, name)) {
      const message = `the variable ${quoted(name)} is set by env and by secrets`;
      report(fault('E_CONFLICT', at, { message, hint: 'remove it from env, or env: true here' }));
    }
    const read = isVariable && readSecret !== undefined ? textOf(await readSecret(file)) : null;
    if (read?.kind === 'text') values.set(name, read.text);
    const trouble = read?.kind === 'trouble' ? read.message : null;
    wishes.push({ name, file, env: isVariable, trouble });
  }
  return { wishes, values };
};

const mapOf = (given: SpecSecret): Exclude<SpecSecret, string> =>
  typeof given === 'string' ? { name: given } : given;

type Text =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'trouble'; readonly message: string };

/** Without the newline that an editor or echo put behind it. */
const textOf = (read: SecretRead): Text => {
  if (read.kind === 'trouble') return read;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(read.bytes).replace(/\r?\n$/, '');
    if (!text.includes('\0')) return { kind: 'text', text };
  } catch {
    // Said below.
  }
  return {
    kind: 'trouble',
    message: 'its file is no text that a variable can hold; write it anew, or remove env: true',
  };
};
