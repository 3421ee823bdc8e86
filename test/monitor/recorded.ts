/** Files in the form that kernels write: those of v1 after a real container's, those of v2 after the kernel's documentation. */
export const id = '7ba26dcb4d08f542b583e6805faa81e2f6a7d977bef2134460200626b5f8db09';

export const hybridMounts = `31 23 0:27 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
32 31 0:28 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate
33 31 0:29 / /sys/fs/cgroup/systemd rw,nosuid shared:11 - cgroup cgroup rw,xattr,name=systemd
36 31 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:16 - cgroup cgroup rw,cpu,cpuacct
37 31 0:33 / /sys/fs/cgroup/memory rw,nosuid shared:17 - cgroup cgroup rw,memory
38 31 0:34 / /sys/fs/cgroup/blkio rw,nosuid shared:18 - cgroup cgroup rw,blkio
`;

export const unifiedMounts = `30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`;

export const v1 = {
  cgroup: `9:name=systemd:/docker/${id}
7:blkio:/docker/${id}
4:memory:/docker/${id}
2:cpu,cpuacct:/docker/${id}
0::/docker/${id}
`,
  cpu: '97149524\n',
  memory: '26472448\n',
  memoryStat: `cache 25165824
inactive_file 4096
hierarchical_memory_limit 67108864
hierarchical_memsw_limit 134217728
total_cache 25165824
total_rss 61440
total_inactive_file 1146880
total_active_file 0
`,
  disk: `254:0 Read 4096
254:0 Write 16777216
254:0 Sync 16777216
254:0 Total 16781312
259:0 Read 8192
259:0 Write 0
Total 16789504
`,
  network: `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    9000       2    0    0    0     0          0         0     9000       2    0    0    0     0       0          0
  eth0: 8394120     600    0    0    0     0          0         0    61002     580    0    0    0     0       0          0
eth1:70 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0
`,
} as const;

export const v2 = {
  cgroup: `0::/system.slice/docker-${id}.scope\n`,
  cpu: `usage_usec 12816549
user_usec 11702110
system_usec 1114438
nr_periods 0
`,
  memory: '41246720\n',
  memoryStat: `anon 20320256
file 18567168
inactive_anon 20316160
active_anon 4096
inactive_file 16502784
active_file 2064384
`,
  memoryMax: 'max\n',
  disk: `254:0 rbytes=2158592 wbytes=1052672 rios=60 wios=12 dbytes=0 dios=0
259:0 rbytes=100 wbytes=0 rios=1 wios=0 dbytes=0 dios=0
`,
} as const;
