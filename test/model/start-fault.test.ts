import { expect, test } from 'vitest';
import { startFaultOf } from '../../controller/model/start-fault.ts';

/** As Docker 20.10.24 with runc 1.1.5 said it when each of them was tried; those of newer ones are named so. */
const said: readonly (readonly [id: string, blame: 'spec' | 'host', message: string])[] = [
  [
    'network',
    'host',
    'network 74fd565f82278230f876c16de96efaaef506fdeb99e02e6fd412f4483e0dc845 not found',
  ],
  ['network', 'host', 'network mlenv-00112233 not found'],
  [
    'bridge',
    'host',
    'failed to create endpoint net2 on network n1: adding interface vethd9f482b to bridge br-ce17c4c8eff1 failed: could not find bridge br-ce17c4c8eff1: route ip+net: no such network interface',
  ],
  [
    'bind-source',
    'host',
    'invalid mount config for type "bind": bind source path does not exist: /tmp/b1',
  ],
  [
    'volume',
    'host',
    'error evaluating symlinks from mount source "/var/lib/docker/volumes/v1/_data": lstat /var/lib/docker/volumes/v1: no such file or directory',
  ],
  [
    'volume',
    'host',
    "error while mounting volume '/var/lib/docker/volumes/v3/_data': failed to mount local volume: mount /nodev:/var/lib/docker/volumes/v3/_data, flags: 0x1000: no such file or directory",
  ],
  ['volume', 'host', 'create v4: error looking up volume plugin nfsx: plugin "nfsx" not found'],
  ['runtime', 'host', 'Unknown runtime specified nvidia'],
  // Docker 23 and later.
  ['runtime', 'host', 'unknown or invalid runtime name: nvidia'],
  ['gpu', 'host', 'could not select device driver "cdi" with capabilities: []'],
  // Docker 25 and later.
  [
    'gpu',
    'host',
    'CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=GPU-1: unknown',
  ],
  [
    'gpu',
    'host',
    'error gathering device information while adding custom device "/dev/nvidia99": no such file or directory',
  ],
  [
    'gpu',
    'host',
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running hook #0: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy' nvidia-container-cli: device error: GPU-1: unknown device: unknown",
  ],
  [
    'gpu-hook',
    'host',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running hook #0: exit status 1, stdout: , stderr: the card does not answer',
  ],
  [
    'limits',
    'host',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown',
  ],
  [
    'port',
    'host',
    'driver failed programming external connectivity on endpoint p2 (aff2158b): Bind for 127.0.0.1:8099 failed: port is already allocated',
  ],
  [
    'port',
    'host',
    'driver failed programming external connectivity on endpoint p3 (088a5ca3): Error starting userland proxy: listen tcp4 10.99.99.99:8099: bind: cannot assign requested address',
  ],
  [
    'mount-kind',
    'spec',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "/tmp/b1" to rootfs at "/etc/passwd": mount /tmp/b1:/etc/passwd (via /proc/self/fd/6), flags: 0x5000: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type',
  ],
  // The same of the archive that is laid into it before.
  [
    'mount-kind',
    'spec',
    'mount /tmp/b1:/var/lib/docker/overlay2/522a/merged/etc/passwd, flags: 0x5000: not a directory',
  ],
  // The same of its creation.
  [
    'mount-kind',
    'spec',
    'source /var/lib/docker/overlay2/21bb/merged/bin/busybox is not directory',
  ],
  ['mount-kind', 'spec', 'Cannot mkdir: /etc/passwd is not a directory'],
  ['user', 'spec', 'unable to find user nobody1: no matching entries in passwd file'],
  ['user', 'spec', 'unable to find group nogrp1: no matching entries in group file'],
  [
    'command',
    'spec',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown',
  ],
  [
    'command',
    'spec',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/nosuch": stat /nosuch: no such file or directory: unknown',
  ],
  [
    'command',
    'spec',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/etc": permission denied: unknown',
  ],
  ['command', 'spec', 'standard_init_linux.go:228: exec user process caused: exec format error'],
  ['unknown', 'host', 'the shim is in a bad mood'],
  ['unknown', 'host', 'context deadline exceeded'],
];

test.each(said)('%s, which is the %s’s: %s', (id, blame, message) => {
  expect(startFaultOf(message)).toMatchObject({ id, blame });
});

test('only what is looked up anew at each start is waited for with the container as it is', () => {
  const waits = said.filter(([, , message]) => startFaultOf(message).cure === 'wait');
  expect(new Set(waits.map(([id]) => id))).toEqual(new Set(['bind-source']));
});
