/**
 * How a remote is reached, from its address; null: in no way that is allowed. An address with a password in
 * it is none of ours: it would show in status, logs and process lists.
 */
export const protocolOf = (url: string): 'https' | 'ssh' | 'file' | 'http' | null => {
  if (url.length > 2048 || /[\s\p{Cc}\\]/u.test(url) || url.startsWith('-')) return null;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(url)?.[1];
  if (scheme === undefined) {
    // host:path of ssh; never `ext::…` or another helper, and no host that reads as an option.
    return /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!:)[^:]/.test(url)
      ? 'ssh'
      : null;
  }
  if (!URL.canParse(url)) return null;
  const { hostname, username, password } = new URL(url);
  if (password !== '' || hostname.startsWith('-') || username.startsWith('-')) return null;
  switch (scheme) {
    case 'https':
    case 'http':
      // A name alone before the @ is most often a token.
      return hostname === '' || username !== '' ? null : scheme;
    case 'ssh':
      return hostname === '' ? null : 'ssh';
    case 'file':
      return hostname === '' ? 'file' : null;
    default:
      return null;
  }
};

/** What a source follows. A name alone is a branch's: a tag is followed where it is asked for, as `refs/tags/NAME`. */
export interface FollowedRef {
  /** As git is asked for it; a name alone would let a tag come before the branch. */
  readonly full: string;
  readonly name: string;
  /** Whether a person wrote the name alone, and may have meant a tag. */
  readonly isShort: boolean;
}

export const followedRef = (ref: string): FollowedRef =>
  ref.startsWith('refs/')
    ? { full: ref, name: ref.replace(/^refs\/(?:heads\/|tags\/)?/, ''), isShort: false }
    : { full: `refs/heads/${ref}`, name: ref, isShort: true };

/** The rules of git-check-ref-format for one branch or tag, and nothing that reads as an option or a refspec. */
export const isRef = (ref: string): boolean =>
  ref.length > 0 &&
  ref.length <= 255 &&
  !/[\s\p{Cc}~^:?*[\\]/u.test(ref) &&
  !/^[-+/.]|[/.]$|\/\/|\.\.|@\{|\/\.|\.lock(?:\/|$)/.test(ref) &&
  ref !== '@';
