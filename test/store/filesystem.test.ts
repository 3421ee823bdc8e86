import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { hostFileSystem, networkFileSystem } from '../../controller/store/filesystem.ts';
import { openStore } from '../../controller/store/open.ts';
import { optionsIn, temporaryFolder } from './support.ts';

test.each([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xff534d42 - 2 ** 32, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0xef53, null],
  [0x58465342, null],
  [0x9123683e, null],
  [0x01021994, null],
])('type %i is %s', (type, name) => {
  expect(networkFileSystem('/', { type: () => type, mounts: () => '' })).toBe(name);
});

test('FUSE is told apart by the mount that is on top there', () => {
  const folder = temporaryFolder();
  for (const name of ['remote', 'with space', 'usb']) mkdirSync(join(folder, name));
  const mounts = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    `40 22 0:40 / ${folder}/remote rw shared:2 master:1 - fuse.rclone cloud: rw`,
    `41 22 0:41 / ${folder}/with\\040space rw - fuse.sshfs ada@server:/ rw`,
    `42 22 0:42 / ${folder}/usb rw - fuseblk /dev/sdb1 rw`,
    `43 22 0:43 / ${folder}/us rw - fuse.s3fs bucket rw`,
  ];
  const on = (name: string, more: readonly string[] = []): string | null =>
    networkFileSystem(join(folder, name), {
      type: () => 0x65735546,
      mounts: () => [...mounts, ...more, ''].join('\n'),
    });
  expect(on('remote/state')).toBe('fuse.rclone');
  expect(on('with space/state')).toBe('fuse.sshfs');
  expect(on('usb/state')).toBeNull();
  expect(on('usb/state', [`50 42 0:50 / ${folder}/usb rw - fuse.s3fs bucket rw`])).toBe(
    'fuse.s3fs',
  );
  expect(networkFileSystem(folder, { type: () => 0x65735546, mounts: () => '' })).toBe('FUSE');
});

test('a folder that is not there yet is judged by the one that will hold it', () => {
  const folder = temporaryFolder();
  const asked: string[] = [];
  networkFileSystem(join(folder, 'a', 'b'), {
    type: (path) => {
      asked.push(path);
      return 0xef53;
    },
    mounts: () => '',
  });
  expect(asked).toEqual([folder]);
  expect(networkFileSystem(folder, hostFileSystem)).toBeNull();
});

test('a store on a network is refused before anything is made, with a local path proposed', () => {
  const options = optionsIn(temporaryFolder());
  const fileSystem = { type: () => 0x6969, mounts: () => '' };
  const opened = openStore({ ...options, uid: 1000, fileSystem });
  expect(opened).toMatchObject({
    kind: 'network-filesystem',
    proposal: '/var/lib/mlenv-1000/state',
    message: expect.stringMatching(
      /is on NFS.*MLENV_STATE_DIR=\/var\/lib\/mlenv-1000\/state.*install -d -m 700 -o 1000/,
    ),
  });
  expect(existsSync(dirname(options.file))).toBe(false);
});
