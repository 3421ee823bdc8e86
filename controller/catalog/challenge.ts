/** One of the ways in which a registry lets itself be asked. */
export interface Challenge {
  /** `bearer`, `basic` */
  readonly scheme: string;
  /** By lower-case name. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * A `WWW-Authenticate` header (RFC 9110, 11.6.1): several challenges with commas between them, and commas
 * between and inside their parameters. What cannot be read ends the list.
 */
export const parseChallenges = (header: string): readonly Challenge[] => {
  const found: { readonly scheme: string; readonly parameters: Record<string, string> }[] = [];
  let rest = header;
  for (;;) {
    rest = rest.replace(/^[\s,]+/, '');
    if (rest === '') return found;
    const parameter = parameterPattern.exec(rest);
    const current = found.at(-1);
    if (parameter !== null && current !== undefined) {
      const [whole, name = '', quoted, plain = ''] = parameter;
      current.parameters[name.toLowerCase()] ??=
        quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
      rest = rest.slice(whole.length);
      continue;
    }
    const scheme = schemePattern.exec(rest);
    if (scheme === null || parameter !== null) return found;
    found.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters: {} });
    rest = rest.slice(scheme[0].length);
  }
};

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const parameterPattern = new RegExp(
  `^(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))(?=\\s*(?:,|$))`,
);
/** With the token68 some schemes have in place of parameters, which says nothing to us. */
const schemePattern = new RegExp(
  `^(${token})(?:[ ]+[A-Za-z0-9._~+/-]+=*(?=\\s*(?:,|$))|[ ]+|(?=,|$))`,
);

/**
 * Where a token is asked for. NGC puts the scope into the realm's own query, others beside it, so that
 * one question mark and one scope are left in either case: ours, which is of reading alone.
 */
export const tokenAddress = (
  { parameters }: Challenge,
  want: { readonly base: URL; readonly scope: string | null },
): URL | null => {
  const realm = parameters['realm'] ?? '';
  if (realm === '' || !URL.canParse(realm, want.base.href)) return null;
  const address = new URL(realm, want.base);
  if (!/^https?:$/.test(address.protocol) || address.username !== '' || address.password !== '') {
    return null;
  }
  if (want.scope === null) address.searchParams.delete('scope');
  else address.searchParams.set('scope', want.scope);
  const { service } = parameters;
  if (service !== undefined) address.searchParams.set('service', service);
  address.hash = '';
  return address;
};
