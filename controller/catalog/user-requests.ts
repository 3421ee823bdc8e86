import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LoginFor, RegistryConfig, RegistryReader } from '../model/registry.ts';
import type { Credentials } from './docker-config.ts';
import { fault, ok } from './fault.ts';
import { guardedKind } from './guarded-addresses.ts';
import { placeOf } from './places.ts';
import { parseReference } from './reference.ts';

/** What the configuration says now. */
export type Registries = () => readonly RegistryConfig[];

/** Whether the configuration names this host: only then it may be anywhere. */
export const isNamedIn =
  (registries: Registries, more: () => readonly string[] = () => []) =>
  ({ host, protocol }: URL): boolean => {
    const hosts = [
      ...registries().flatMap(({ name, url, tokenHosts }) => [
        ...(url === null ? [hostOf(`${protocol}//${name}`)] : [hostOf(url)]),
        ...tokenHosts.map((one) => hostOf(`${protocol}//${one}`)),
      ]),
      ...more().map(hostOf),
    ];
    return hosts.includes(host);
  };

const hostOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).host : null);

/** Root's logins, for users' requests: of the registries alone for which an administrator shares them. */
export const sharedCredentials = (
  credentials: Credentials,
  registries: Registries,
): Credentials => ({
  of: (registry, signal) =>
    registries().some(({ name, sharedLogin }) => name === registry && sharedLogin === true)
      ? credentials.of(registry, signal)
      : Promise.resolve(ok(null)),
});

/** A digest is looked up before the policy judges the spec, so the registry is judged here. */
export const allowedOnly = (
  reader: RegistryReader,
  refusal: (reference: string) => string | null,
): RegistryReader => ({
  ...reader,
  digest: (reference, options) => {
    const why = refusal(reference);
    return why === null
      ? reader.digest(reference, options)
      : Promise.resolve(fault({ code: 'NotAllowed', message: why }));
  },
});

/**
 * The engine connects by itself, as root: where the name leads to this machine it is not told to. The engine looks
 * the name up once more, so that this tells a mistake, and keeps a name server of the user's from a registry alone.
 */
export const guardedLogins =
  (loginFor: LoginFor, registries: Registries): LoginFor =>
  async (reference, signal) => {
    const read = parseReference(reference);
    if (!read.ok) return loginFor(reference, signal);
    const { base } = placeOf(read.value, registries());
    if (!isNamedIn(registries)(base)) {
      const host = base.hostname.replace(/^\[(.*)\]$/, '$1');
      const found =
        isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
      const kind = found.map(({ address }) => guardedKind(address)).find((one) => one !== null);
      if (kind != null)
        return fault({ code: 'AddressRefused', message: `${base.host} is ${kind}: ${reference}` });
    }
    return loginFor(reference, signal);
  };
