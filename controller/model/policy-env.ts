/** With any of these a container could take cards that nobody gave it. */
export const cardVariables = [
  'NVIDIA_VISIBLE_DEVICES',
  'NVIDIA_DRIVER_CAPABILITIES',
  'CUDA_VISIBLE_DEVICES',
] as const;

/** Also in another case, and NVIDIA's others by which its hook is told of devices and checks. */
export const isCardVariable = (name: string): boolean =>
  (cardVariables as readonly string[]).includes(name) ||
  /^NVIDIA_(MIG_(CONFIG|MONITOR)_DEVICES|IMEX_CHANNELS|DISABLE_REQUIRE|GDS|MOFED|GDRCOPY|NVSWITCH)$/.test(
    name,
  );

/** What is wrong with a variable of the dynamic loader where cards are; null: nothing. */
export const loaderFault = (name: string, value: string): string | null => {
  if (value === '') return null;
  if (name === 'LD_PRELOAD' || name === 'LD_AUDIT')
    return `${name} loads a library before all others`;
  if (name !== 'LD_LIBRARY_PATH') return null;
  const outside = value.split(/[:;]/).some((folder) => folder !== '' && !isLibraryFolder(folder));
  return outside ? 'LD_LIBRARY_PATH names a folder outside /usr, /lib, /lib64 and /opt' : null;
};

/** /proc, /sys or /dev, or in one of them. */
export const isSystemPath = (path: string): boolean =>
  /^\/+(proc|sys|dev)(\/|$)/.test(path.replace(/\/(\.?\/)+/g, '/'));

const isLibraryFolder = (folder: string): boolean =>
  /^\/(usr|lib|lib64|opt)(\/|$)/.test(folder) && !folder.split('/').includes('..');
