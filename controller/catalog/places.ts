import type { RegistryConfig } from '../model/registry.ts';
import type { Repository } from './reference.ts';

/** Where a repository is asked for. */
export interface Place extends Repository {
  /** `nvcr.io/nvidia/pytorch` */
  readonly name: string;
  /** Its path ends with a slash. */
  readonly base: URL;
  /** Besides the registry's own: who may be told the login. */
  readonly tokenHosts: readonly string[];
}

/** Said or well known, of this registry. */
export const placeOf = (
  { registry, repository }: Repository,
  registries: readonly RegistryConfig[],
): Place => {
  const given = registries.find(({ name }) => name === registry);
  const usual = wellKnown.find(({ name }) => name === registry);
  const base = new URL(given?.url ?? usual?.url ?? `${schemeOf(registry)}://${registry}`);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return {
    registry,
    repository,
    name: `${registry}/${repository}`,
    base,
    tokenHosts: [...(usual?.tokenHosts ?? []), ...(given?.tokenHosts ?? [])],
  };
};

/** Registries whose own name is not where they are, or whose token server is on another host. */
const wellKnown: readonly RegistryConfig[] = [
  { name: 'docker.io', url: 'https://registry-1.docker.io', tokenHosts: ['auth.docker.io'] },
  { name: 'registry.gitlab.com', url: null, tokenHosts: ['gitlab.com'] },
];

/** As Docker does: this machine's own loopback needs no certificate, all else does. */
const schemeOf = (registry: string): string =>
  /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/.test(registry) ? 'http' : 'https';
