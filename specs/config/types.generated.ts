/* Generated from schema/config.schema.json by `UPDATE=1 vitest run test/specs/types.test.ts`. */

/**
 * Folder
 */
export type ConfigFolder = string;
/**
 * Duration. Numbers with units: ms, s, m, h, d; one after the other they add up (1h30m).
 */
export type ConfigDuration = string;
/**
 * Size. A number with a unit: B, KB, MB, GB, TB (also K, KiB, Ki and so on, in any case). GB is 2^30 bytes, as in Docker.
 */
export type ConfigSize = string;
/**
 * Card
 */
export type ConfigDevice = number | string;
/**
 * User
 */
export type ConfigUser = string;
/**
 * Percentage. Above 0% and at most 100%, or off.
 */
export type ConfigPercentage = string;

/**
 * Host configuration. What an administrator says about one host: /etc/mlenv/config.yaml of the system's instance, ~/.config/mlenv/config.yaml of everybody else's.
 */
export interface ConfigFile {
  /**
   * Version of the file's format. Always mlenv/v1. A newer one is refused by an older MLEnv, so that no field is ignored in silence.
   */
  apiVersion: 'mlenv/v1';
  /**
   * Folders to watch. Projects in and below them are kept as their files say. Absolute.
   *
   * @maxItems 256
   */
  watch?: ConfigFolder[];
  pruneGrace?: ConfigDuration;
  subnets?: ConfigSubnets;
  /**
   * Ports that auto picks from. The first and the last one; at least 1024, as those below are the system's.
   */
  autoPorts?: string;
  gpu?: ConfigGpu;
  defaults?: ConfigDefaults;
  host?: ConfigHost;
  queue?: ConfigQueue;
}
/**
 * Networks
 */
export interface ConfigSubnets {
  /**
   * IPv4 range. Must overlap no other network that this host reaches.
   */
  range?: string;
  /**
   * Prefix of one network. 26 leaves room for 61 environments, 29 for 5.
   */
  prefix?: number;
}
/**
 * Cards of the host
 */
export interface ConfigGpu {
  /**
   * Program that reads the cards. Its name, or its path; none: this host is run without cards.
   */
  nvidiaSmi?: string;
  /**
   * How cards get into a container. auto takes the best way that the engine knows.
   */
  injection?: 'auto' | 'device-request' | 'cdi' | 'runtime' | 'none';
  poll?: ConfigDuration;
  timeout?: ConfigDuration;
  foreignMemory?: ConfigSize;
  /**
   * Good looks until an unhealthy card is offered again. In a row.
   */
  recoverAfter?: number;
  /**
   * Cards that are never given out. By index or uuid; an index moves when a card dies.
   *
   * @maxItems 256
   */
  exclude?: ConfigDevice[];
  /**
   * Cards that several may share. For environments that ask for a shared card; nobody gets one of them alone.
   *
   * @maxItems 256
   */
  shared?: ConfigShared[];
  /**
   * Cards that only some may have. Nobody else gets one of them. A card stands in one of exclude, shared and reserved.
   *
   * @maxItems 256
   */
  reserved?: ConfigReserved[];
}
/**
 * Shared cards
 */
export interface ConfigShared {
  /**
   * Which ones. By index or uuid.
   *
   * @minItems 1
   * @maxItems 256
   */
  gpus: ConfigDevice[];
  /**
   * How many share each
   */
  slots: number;
}
/**
 * Reserved cards
 */
export interface ConfigReserved {
  /**
   * Which ones. By index or uuid.
   *
   * @minItems 1
   * @maxItems 256
   */
  gpus: ConfigDevice[];
  for: ConfigReservedFor;
}
/**
 * For whom
 */
export interface ConfigReservedFor {
  /**
   * Projects. The folders that their files are in.
   *
   * @minItems 1
   * @maxItems 256
   */
  projects?: ConfigFolder[];
  /**
   * Owners of projects. Login names; a number is a uid that has none.
   *
   * @minItems 1
   * @maxItems 256
   */
  users?: ConfigUser[];
}
/**
 * Limits
 */
export interface ConfigDefaults {
  /**
   * CPU cores. Left out, no limit.
   */
  cpus?: number;
  memory?: ConfigSize;
}
/**
 * Thresholds of the host
 */
export interface ConfigHost {
  memory?: ConfigPercentage;
  cpu?: ConfigPercentage;
  /**
   * Load. Load average of one minute, as a multiple of the cores.
   */
  load?: number | 'off';
  /**
   * Least free memory. A size, or off.
   */
  freeMemory?: string;
  freeDisk?: ConfigPercentage;
}
/**
 * Order of the queue
 */
export interface ConfigQueue {
  /**
   * Order. strict: nobody passes the one before who waits for the same cards. best-effort: who fits may pass, until the one before has waited for reserveAfter.
   */
  order?: 'best-effort' | 'strict';
  reserveAfter?: ConfigDuration;
}
