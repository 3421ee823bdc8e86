import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { withGroup, withUser } from '../../controller/docker/accounts.ts';

const alice = { name: 'alice', uid: 1000, gid: 1001, home: '/home/alice', shell: '/bin/sh' };

test('an account is added at the end', () => {
  expect(withUser('root:x:0:0:root:/root:/bin/sh', alice)).toBe(
    'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1001:alice:/home/alice:/bin/sh\n',
  );
  expect(withGroup('', alice)).toBe('alice:x:1001:\n');
});

test('an id that has an account already keeps it', () => {
  const passwd = 'ubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n';
  expect(withUser(passwd, alice)).toBe(passwd);
  const group = 'users:x:1001:\n';
  expect(withGroup(group, alice)).toBe(group);
});

test('a name that the image gave to another is not taken from it', () => {
  const passwd = 'alice:x:7:7::/:/bin/sh\n';
  expect(withUser(passwd, alice)).toContain('\nalice-1000:x:1000:1001:');
});

test('whatever stands there: the id is found once, and a second time changes nothing', () => {
  const line = fc
    .tuple(fc.constantFrom('alice', 'alice-1000', 'bob', ''), fc.constantFrom(0, 7, 1000))
    .map(([name, uid]) => `${name}:x:${uid}:7::/:/bin/sh`);
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('', '\n'), (lines, end) => {
      const before = lines.length === 0 ? '' : lines.join('\n') + end;
      const after = withUser(before, alice);
      expect(after.startsWith(before)).toBe(true);
      expect(after.split('\n').some((entry) => entry.split(':')[2] === '1000')).toBe(true);
      expect(withUser(after, alice)).toBe(after);
    }),
  );
});
