import type { RegistryConfig } from '../../controller/model/registry.ts';
import { fault, type Path } from '../fault.ts';
import type { Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';
import { eachNamed } from './named.ts';
import type { ConfigRegistry } from './types.generated.ts';

/** Registries of the schema's form to where they are asked. */
export const registriesOf = (
  registries: readonly ConfigRegistry[],
  report: Report,
): readonly RegistryConfig[] =>
  eachNamed(
    registries,
    { list: 'registries', report },
    ({ name, url, tokenHosts, sharedLogin }, path) => ({
      name,
      url: url === undefined ? null : webAddress(url, [...path, 'url'], report),
      tokenHosts: [...new Set(tokenHosts)],
      ...(sharedLogin === true ? { sharedLogin } : {}),
    }),
  );

/** As it would be written. */
export const registryValue = ({
  name,
  url,
  tokenHosts,
  sharedLogin,
}: RegistryConfig): ConfigRegistry => ({
  name,
  ...(url === null ? {} : { url }),
  ...(tokenHosts.length === 0 ? {} : { tokenHosts: [...tokenHosts] }),
  ...(sharedLogin === true ? { sharedLogin } : {}),
});

/** A base, under which paths are asked for: it has no query, and a login is not written into it. */
export const webAddress = (text: string, path: Path, report: Report): string => {
  const address = URL.canParse(text) ? new URL(text) : null;
  const hasLogin = address !== null && (address.username !== '' || address.password !== '');
  if (hasLogin || address === null || !/^https?:$/.test(address.protocol)) {
    report(
      fault('E_FORMAT', path, {
        message: hasLogin
          ? 'an address here bears no login'
          : `${quoted(text)} is no address of http or https`,
        hint: hasLogin
          ? 'take it out: mlenv login keeps it where nobody else reads it'
          : 'write one such as https://mirror.lab/ngc',
      }),
    );
  } else if (address.search !== '' || address.hash !== '') {
    const message = `${quoted(text)} has a ? or a # in it`;
    report(fault('E_FORMAT', path, { message, hint: 'write what stands before it' }));
  }
  return text;
};
