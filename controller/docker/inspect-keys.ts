/**
 * Every key of an engine's inspect, and what becomes of it. A key that is in no row is a hole through which a change
 * by hand goes unseen: a test walks what real engines answer and finds such ones.
 */
export type Treatment =
  /** Compared with what is wished, under this name in plan/fields.ts. */
  | { readonly as: 'field'; readonly field: string }
  /** Compared with what MLEnv asks for in every container: observe-strays.ts. */
  | { readonly as: 'stray' }
  /** A right, read before each start and told while it runs: observe-excess.ts. */
  | { readonly as: 'right' }
  /** What the container does now, or who it is. */
  | { readonly as: 'state' }
  | { readonly as: 'ignored'; readonly why: string };

const field = (name: string): Treatment => ({ as: 'field', field: name });
const stray: Treatment = { as: 'stray' };
const right: Treatment = { as: 'right' };
const state: Treatment = { as: 'state' };
const ignored = (why: string): Treatment => ({ as: 'ignored', why });

const paths = ignored('where the engine keeps its own files of it');
const windows = ignored('of Windows alone');
const fixed = ignored(
  'fixed when it was created, and gives no right: MLEnv leaves it to the engine',
);
const address = ignored('the engine chooses it anew at each start');
const summary = ignored('an older form of what NetworkSettings.Networks says');
const measured = ignored('measured, and only where it is asked for');
const image = ignored("the image's own, which nothing changes afterwards");

/** `*` stands for any name, or for each of a list. */
export const inspectKeys: Readonly<Record<string, Treatment>> = {
  Id: state,
  Name: field('name'),
  Created: state,
  Image: state,
  Path: ignored('entrypoint and command once more'),
  Args: ignored('entrypoint and command once more'),
  RestartCount: ignored('of restarts by the engine, which MLEnv never asks for'),
  AppArmorProfile: ignored('of the engine: SecurityOpt is where another one is asked for'),
  ProcessLabel: ignored('of SELinux: SecurityOpt is where another one is asked for'),
  MountLabel: ignored('of SELinux: SecurityOpt is where another one is asked for'),
  Platform: fixed,
  Driver: paths,
  GraphDriver: paths,
  Storage: paths,
  LogPath: paths,
  ResolvConfPath: paths,
  HostnamePath: paths,
  HostsPath: paths,
  ExecIDs: ignored('commands that run in it now, which come and go'),
  SizeRw: measured,
  SizeRootFs: measured,
  ImageManifestDescriptor: ignored('which platform of the image; Image says which image'),

  'State.Status': state,
  'State.ExitCode': state,
  'State.OOMKilled': state,
  'State.Error': state,
  'State.StartedAt': state,
  'State.FinishedAt': state,
  'State.Health': state,
  'State.Running': ignored('said by State.Status'),
  'State.Paused': ignored('said by State.Status'),
  'State.Restarting': ignored('said by State.Status'),
  'State.Dead': ignored('said by State.Status'),
  'State.Pid': ignored('another one at each start'),

  'Config.Image': field('image'),
  'Config.Entrypoint': field('entrypoint'),
  'Config.Cmd': field('command'),
  'Config.WorkingDir': field('workdir'),
  'Config.User': field('user'),
  'Config.Env': field('env'),
  'Config.Labels': field('labels'),
  'Config.Healthcheck': field('health'),
  'Config.StopTimeout': field('stopGrace'),
  'Config.StopSignal': image,
  'Config.OnBuild': image,
  'Config.Shell': image,
  'Config.ArgsEscaped': image,
  'Config.Volumes': image,
  'Config.ExposedPorts': ignored('tells, and publishes nothing: HostConfig.PortBindings does'),
  'Config.Hostname': fixed,
  'Config.Domainname': fixed,
  'Config.AttachStdin': fixed,
  'Config.AttachStdout': fixed,
  'Config.AttachStderr': fixed,
  'Config.Tty': fixed,
  'Config.OpenStdin': fixed,
  'Config.StdinOnce': fixed,
  'Config.NetworkDisabled': fixed,
  'Config.MacAddress': fixed,

  'HostConfig.Init': field('init'),
  'HostConfig.PortBindings': field('ports'),
  'HostConfig.Mounts': field('mounts'),
  'HostConfig.ShmSize': field('shm'),
  'HostConfig.NanoCpus': field('cpus'),
  'HostConfig.Memory': field('memory'),
  'HostConfig.PidsLimit': field('pids'),
  'HostConfig.DeviceRequests': field('gpus'),
  'HostConfig.Ulimits': field('ulimits'),
  'HostConfig.LogConfig': field('logs'),
  'HostConfig.CapDrop': field('capDrop'),
  'HostConfig.CapAdd': field('capAdd'),
  'HostConfig.NetworkMode': field('network'),
  'HostConfig.RestartPolicy': stray,
  'HostConfig.CpuShares': stray,
  'HostConfig.CpuQuota': stray,
  'HostConfig.CpuPeriod': stray,
  'HostConfig.CpuRealtimePeriod': stray,
  'HostConfig.CpuRealtimeRuntime': stray,
  'HostConfig.CpusetCpus': stray,
  'HostConfig.CpusetMems': stray,
  'HostConfig.MemorySwap': stray,
  'HostConfig.MemoryReservation': stray,
  'HostConfig.KernelMemory': stray,
  'HostConfig.KernelMemoryTCP': stray,
  'HostConfig.BlkioWeight': stray,
  'HostConfig.BlkioWeightDevice': stray,
  'HostConfig.BlkioDeviceReadBps': stray,
  'HostConfig.BlkioDeviceReadIOps': stray,
  'HostConfig.BlkioDeviceWriteBps': stray,
  'HostConfig.BlkioDeviceWriteIOps': stray,
  'HostConfig.Runtime': right,
  'HostConfig.Privileged': right,
  'HostConfig.PidMode': right,
  'HostConfig.IpcMode': right,
  'HostConfig.UTSMode': right,
  'HostConfig.UsernsMode': right,
  'HostConfig.CgroupnsMode': right,
  'HostConfig.Cgroup': right,
  'HostConfig.CgroupParent': right,
  'HostConfig.SecurityOpt': right,
  'HostConfig.MaskedPaths': right,
  'HostConfig.ReadonlyPaths': right,
  'HostConfig.Devices': right,
  'HostConfig.DeviceCgroupRules': right,
  'HostConfig.VolumesFrom': right,
  'HostConfig.Sysctls': right,
  'HostConfig.GroupAdd': right,
  'HostConfig.OomKillDisable': right,
  'HostConfig.OomScoreAdj': right,
  'HostConfig.ExtraHosts': right,
  'HostConfig.Dns': right,
  'HostConfig.Links': right,
  'HostConfig.Binds': right,
  'HostConfig.Tmpfs': right,
  'HostConfig.PublishAllPorts': right,
  'HostConfig.AutoRemove': right,
  'HostConfig.Annotations': right,
  'HostConfig.StorageOpt': right,
  'HostConfig.ReadonlyRootfs': ignored('takes away, and gives no right'),
  'HostConfig.DnsOptions': fixed,
  'HostConfig.DnsSearch': fixed,
  'HostConfig.VolumeDriver': ignored(
    'for volumes without a driver: MLEnv makes its own beforehand',
  ),
  'HostConfig.MemorySwappiness': fixed,
  'HostConfig.ContainerIDFile': ignored('where a client wrote the id'),
  'HostConfig.Isolation': windows,
  'HostConfig.ConsoleSize': windows,
  'HostConfig.CpuCount': windows,
  'HostConfig.CpuPercent': windows,
  'HostConfig.IOMaximumIOps': windows,
  'HostConfig.IOMaximumBandwidth': windows,
  // Older and newer names of the same.
  'HostConfig.Capabilities': right,

  'Mounts.*.Type': right,
  'Mounts.*.Source': right,
  'Mounts.*.Destination': right,
  'Mounts.*.Name': state,
  'Mounts.*.Driver': paths,
  'Mounts.*.Mode': ignored('said by HostConfig.Mounts'),
  'Mounts.*.RW': ignored('said by HostConfig.Mounts'),
  'Mounts.*.Propagation': ignored('said by HostConfig.Mounts'),

  'NetworkSettings.Networks.*': stray,
  'NetworkSettings.Networks.*.Aliases': field('network'),
  'NetworkSettings.Networks.*.IPAddress': state,
  'NetworkSettings.Networks.*.IPAMConfig': address,
  'NetworkSettings.Networks.*.Links': ignored('names of other containers of the same network'),
  'NetworkSettings.Networks.*.DNSNames': ignored(
    'the aliases, the name and the short id once more',
  ),
  'NetworkSettings.Networks.*.DriverOpts': ignored(
    'of the bridge driver there are none with a meaning',
  ),
  'NetworkSettings.Networks.*.GwPriority': ignored('of one network there is one gateway'),
  'NetworkSettings.Networks.*.NetworkID': ignored('another one when the network is made anew'),
  'NetworkSettings.Networks.*.EndpointID': address,
  'NetworkSettings.Networks.*.Gateway': address,
  'NetworkSettings.Networks.*.IPPrefixLen': address,
  'NetworkSettings.Networks.*.IPv6Gateway': address,
  'NetworkSettings.Networks.*.GlobalIPv6Address': address,
  'NetworkSettings.Networks.*.GlobalIPv6PrefixLen': address,
  'NetworkSettings.Networks.*.MacAddress': address,
  'NetworkSettings.Ports': ignored('what HostConfig.PortBindings asked for, while it runs'),
  'NetworkSettings.SandboxID': address,
  'NetworkSettings.SandboxKey': address,
  'NetworkSettings.HairpinMode': summary,
  'NetworkSettings.Bridge': summary,
  'NetworkSettings.LinkLocalIPv6Address': summary,
  'NetworkSettings.LinkLocalIPv6PrefixLen': summary,
  'NetworkSettings.SecondaryIPAddresses': summary,
  'NetworkSettings.SecondaryIPv6Addresses': summary,
  'NetworkSettings.EndpointID': summary,
  'NetworkSettings.Gateway': summary,
  'NetworkSettings.GlobalIPv6Address': summary,
  'NetworkSettings.GlobalIPv6PrefixLen': summary,
  'NetworkSettings.IPAddress': summary,
  'NetworkSettings.IPPrefixLen': summary,
  'NetworkSettings.IPv6Gateway': summary,
  'NetworkSettings.MacAddress': summary,
};

/** The keys of one inspect, as they stand in the table; sorted. */
export const keysOf = (inspect: object): readonly string[] => {
  const keys = new Set<string>();
  const names = (prefix: string, value: unknown): void => {
    for (const name of Object.keys(Object(value) as object)) keys.add(`${prefix}${name}`);
  };
  for (const [name, value] of Object.entries(inspect)) {
    if (!(parted as readonly string[]).includes(name)) keys.add(name);
    else if (Array.isArray(value)) for (const one of value) names(`${name}.*.`, one);
    else names(`${name}.`, value);
  }
  if (keys.delete('NetworkSettings.Networks')) {
    keys.add('NetworkSettings.Networks.*');
    const settings = (inspect as { readonly NetworkSettings?: { readonly Networks?: object } })
      .NetworkSettings;
    for (const one of Object.values(settings?.Networks ?? {})) {
      names('NetworkSettings.Networks.*.', one);
    }
  }
  return [...keys].sort();
};

const parted = ['State', 'Config', 'HostConfig', 'Mounts', 'NetworkSettings'] as const;
