import type { ImageConfig } from '../model/registry.ts';
import { parseRequirement, type Requirement } from './requirement.ts';

/** What a person looks for in an image. Where the image does not say, it is null, and never guessed. */
export interface ImageFacts {
  /** `PyTorch`, `Triton Server` */
  readonly framework: string | null;
  /** `2.2.0a0+81ea7a4`: PEP 440, not semver. */
  readonly frameworkVersion: string | null;
  /** NVIDIA's own number of the release: `24.01`. */
  readonly release: string | null;
  /** `12.3` */
  readonly cuda: string | null;
  /** `12.3.2.001` */
  readonly cudaFull: string | null;
  readonly cudnn: string | null;
  readonly nccl: string | null;
  /** `3.10` */
  readonly python: string | null;
  /** The driver that its CUDA comes with: this one or a newer one runs it as it is. */
  readonly driver: string | null;
  /** What NVIDIA's runtime asks of a host before it starts the image; empty: nothing. */
  readonly requires: readonly Requirement[];
  readonly architecture: string;
  readonly createdAt: number | null;
}

/** From Env and history. Labels are left alone: NVIDIA's say CUDA 9.0 in images that have 12.3. */
export const imageFacts = (config: ImageConfig): ImageFacts => {
  const env = variablesOf(config.env);
  const cudaFull = versionIn(env['CUDA_VERSION']);
  const created = Date.parse(config.created ?? '');
  return {
    ...frameworkOf(env),
    cuda: cudaFull === null ? null : twoParts(cudaFull),
    cudaFull,
    cudnn: said(env['CUDNN_VERSION'] ?? env['NV_CUDNN_VERSION']),
    nccl: said(env['NCCL_VERSION'] ?? env['NV_LIBNCCL_PACKAGE_VERSION']),
    python: pythonOf(env, config.history),
    driver: versionIn(env['CUDA_DRIVER_VERSION']),
    requires: parseRequirement(env['NVIDIA_REQUIRE_CUDA'] ?? ''),
    architecture: config.architecture,
    createdAt: Number.isNaN(created) || created <= 0 ? null : created,
  };
};

type Variables = Readonly<Record<string, string | undefined>>;

const variablesOf = (env: readonly string[]): Variables =>
  Object.fromEntries(
    env.map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );

interface Framework {
  readonly name: string;
  /** The product name in NVIDIA's images. */
  readonly product: string;
  /** The first that has a value. */
  readonly version: readonly string[];
  readonly release: string | null;
}

/**
 * In this order where an image bears no product name: those that contain others come first, as an image of
 * PyTorch has a TensorRT too. CUDA alone is last.
 */
const frameworks: readonly Framework[] = [
  {
    name: 'Triton Server',
    product: 'Triton Server',
    version: ['TRITON_SERVER_VERSION'],
    release: 'NVIDIA_TRITON_SERVER_VERSION',
  },
  {
    name: 'PyTorch',
    product: 'PyTorch',
    version: ['PYTORCH_VERSION', 'PYTORCH_BUILD_VERSION'],
    release: 'NVIDIA_PYTORCH_VERSION',
  },
  {
    name: 'TensorFlow',
    product: 'TensorFlow',
    version: ['TENSORFLOW_VERSION'],
    release: 'NVIDIA_TENSORFLOW_VERSION',
  },
  { name: 'JAX', product: 'JAX', version: ['JAX_VERSION'], release: 'NVIDIA_JAX_VERSION' },
  { name: 'vLLM', product: 'vLLM', version: ['VLLM_VERSION'], release: 'NVIDIA_VLLM_VERSION' },
  { name: 'RAPIDS', product: 'RAPIDS', version: ['RAPIDS_VERSION', 'RAPIDS_VER'], release: null },
  {
    name: 'TensorRT',
    product: 'TensorRT',
    version: ['TENSORRT_VERSION', 'TRT_VERSION'],
    release: 'NVIDIA_TENSORRT_VERSION',
  },
  { name: 'CUDA', product: 'CUDA', version: ['CUDA_VERSION'], release: null },
];

const frameworkOf = (
  env: Variables,
): Pick<ImageFacts, 'framework' | 'frameworkVersion' | 'release'> => {
  const product = said(env['NVIDIA_PRODUCT_NAME']);
  const row =
    frameworks.find((row) => row.product === product) ??
    (product === null ? frameworks.find((row) => versionOf(row, env) !== null) : undefined);
  return {
    framework: row?.name ?? product,
    frameworkVersion: row === undefined ? null : versionOf(row, env),
    release: said(row?.release == null ? undefined : env[row.release]),
  };
};

const versionOf = ({ version }: Framework, env: Variables): string | null =>
  said(version.map((name) => env[name]).find((value) => said(value) !== null));

/**
 * The official images of Python say it; NVIDIA's newer ones have it as a build argument in their history, and
 * the older ones only in the folders of their libraries.
 */
const pythonOf = (env: Variables, history: readonly string[]): string | null => {
  const named = versionIn(env['PYTHON_VERSION']) ?? versionIn(env['PYVER']);
  if (named !== null) return twoParts(named);
  const built = history.map((step) => /\bPYVER=(\d+\.\d+)/.exec(step)?.[1]).findLast(isThere);
  if (built !== undefined) return built;
  return (
    ['PYTHONPATH', 'LD_LIBRARY_PATH', 'PATH']
      .map((name) => /\bpython(3\.\d+)\b/.exec(env[name] ?? '')?.[1])
      .find(isThere) ?? null
  );
};

const isThere = (value: string | undefined): value is string => value !== undefined;

const said = (value: string | undefined): string | null => {
  const trimmed = value?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
};

/** Only what begins as a version does. */
const versionIn = (value: string | undefined): string | null =>
  /^\d+(?:\.\d+)+/.exec(value?.trim() ?? '')?.[0] ?? null;

const twoParts = (version: string): string => version.split('.').slice(0, 2).join('.');
