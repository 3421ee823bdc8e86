import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What a user must not make root ask: null where the address is none of them. */
export const guardedKind = (address: string): string | null => {
  const plain = unmapped(address.split('%')[0] ?? '');
  const family = isIPv4(plain) ? 'ipv4' : isIPv6(plain) ? 'ipv6' : null;
  if (family === null) return 'no address that is understood';
  for (const [kind, list] of kinds) if (list.check(plain, family)) return kind;
  return null;
};

/** An IPv4 address that is written as one of IPv6: `::ffff:7f00:1`, also through NAT64 and 6to4. */
const unmapped = (address: string): string => {
  if (!isIPv6(address)) return address;
  // The URL parser writes an address in its shortest form, and a dotted end in hexadecimal.
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const found =
    /^(?:::ffff:|::ffff:0:|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ??
    /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4}):/.exec(short);
  if (found === null) return short;
  const [high, low] = [Number.parseInt(found[1] ?? '', 16), Number.parseInt(found[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
};

const listOf = (...subnets: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [net, prefix] of subnets)
    list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4');
  return list;
};

const kinds: readonly (readonly [string, BlockList])[] = [
  [
    'an address of this machine itself',
    listOf(['127.0.0.0', 8], ['0.0.0.0', 8], ['::1', 128], ['::', 128]),
  ],
  // Where clouds hand out the machine's own credentials.
  [
    'a metadata address',
    listOf(['169.254.169.254', 32], ['100.100.100.200', 32], ['fd00:ec2::254', 128]),
  ],
  ['an address of the link alone', listOf(['169.254.0.0', 16], ['fe80::', 10])],
  ['an address of several', listOf(['224.0.0.0', 4], ['240.0.0.0', 4], ['ff00::', 8])],
];
