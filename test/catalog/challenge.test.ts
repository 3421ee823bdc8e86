import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges, tokenAddress } from '../../controller/catalog/challenge.ts';

const base = new URL('https://nvcr.io/');
const scope = 'repository:nvidia/pytorch:pull';

/** As registries have sent them. */
const recorded = {
  ngcPlain: 'Bearer realm="https://nvcr.io/proxy_auth"',
  ngcScoped:
    'Bearer realm="https://nvcr.io/proxy_auth?scope=repository:nvidia/tensorflow:pull,push"',
  hub: 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"',
  ghcr: 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull",error="invalid_token"',
  harbor:
    'bearer realm="https://harbor.example/service/token", service="harbor-registry", Basic realm="harbor"',
  debian: 'Basic realm="basic-realm"',
};

describe('parseChallenges', () => {
  it('reads a realm with question mark, equals sign and comma in it', () => {
    expect(parseChallenges(recorded.ngcScoped)).toEqual([
      {
        scheme: 'bearer',
        parameters: {
          realm: 'https://nvcr.io/proxy_auth?scope=repository:nvidia/tensorflow:pull,push',
        },
      },
    ]);
  });

  it('reads several challenges in one header', () => {
    expect(parseChallenges(recorded.harbor)).toEqual([
      {
        scheme: 'bearer',
        parameters: { realm: 'https://harbor.example/service/token', service: 'harbor-registry' },
      },
      { scheme: 'basic', parameters: { realm: 'harbor' } },
    ]);
    expect(parseChallenges('Negotiate, NTLM abc==, Basic realm=plain')).toEqual([
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'ntlm', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'plain' } },
    ]);
  });

  it('takes quotes, escapes and blanks as they may be written', () => {
    expect(parseChallenges('Bearer  Realm = "a\\"b" ,  service=x')).toEqual([
      { scheme: 'bearer', parameters: { realm: 'a"b', service: 'x' } },
    ]);
  });

  it('ends where it cannot be read, and never hangs or throws', () => {
    expect(parseChallenges('')).toEqual([]);
    expect(parseChallenges('realm="x"')).toEqual([]);
    expect(parseChallenges('Bearer realm="never closed')).toEqual([
      { scheme: 'bearer', parameters: {} },
    ]);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('B', ' ', ',', '=', '"', '\\', 'a') }),
        (text) => {
          parseChallenges(text);
        },
      ),
    );
  });
});

describe('tokenAddress', () => {
  const address = (header: string): string | undefined => {
    const [challenge] = parseChallenges(header);
    return challenge && tokenAddress(challenge, { base, scope })?.href;
  };
  const asked = 'scope=repository%3Anvidia%2Fpytorch%3Apull';

  it('puts one scope behind one question mark, in both shapes', () => {
    expect(address(recorded.ngcPlain)).toBe(`https://nvcr.io/proxy_auth?${asked}`);
    expect(address(recorded.ngcScoped)).toBe(`https://nvcr.io/proxy_auth?${asked}`);
  });

  it('names the service where there is one, and asks for reading whatever was offered', () => {
    expect(address(recorded.hub)).toBe(
      `https://auth.docker.io/token?${asked}&service=registry.docker.io`,
    );
  });

  it('takes a realm without a host as one of the registry', () => {
    expect(address('Bearer realm="/token"')).toBe(`https://nvcr.io/token?${asked}`);
  });

  it.each([
    'Bearer service="x"',
    'Bearer realm="file:///etc/passwd"',
    'Bearer realm="https://u:p@x/"',
  ])('takes no realm out of %s', (header) => {
    const [challenge] = parseChallenges(header);
    expect(challenge && tokenAddress(challenge, { base, scope })).toBeNull();
  });
});
