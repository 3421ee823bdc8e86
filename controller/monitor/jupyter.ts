/**
 * Asks the Jupyter servers of the container's user for their kernels, from inside, where their tokens are: a file
 * for each server lies in Jupyter's runtime folder (`jupyter --paths`), and `/api/kernels` tells of each kernel's
 * `execution_state` and `last_activity` (Jupyter Server, REST API). Where Jupyter is, Python is.
 */
const script = `
import glob, json, os, urllib.request
env = os.environ.get
data = env("JUPYTER_DATA_DIR") or os.path.join(
    env("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share"), "jupyter")
runtime = env("JUPYTER_RUNTIME_DIR") or os.path.join(data, "runtime")
for path in glob.glob(runtime + "/jpserver-*.json") + glob.glob(runtime + "/nbserver-*.json"):
    try:
        server = json.load(open(path))
        for part in ("kernels", "terminals"):
            request = urllib.request.Request(
                "http://127.0.0.1:%d%sapi/%s" % (server["port"], server.get("base_url", "/"), part),
                headers={"Authorization": "token " + server.get("token", "")})
            answer = json.loads(urllib.request.urlopen(request, timeout=3).read().decode())
            print(json.dumps([{k: one.get(k) for k in ("execution_state", "last_activity")} for one in answer]))
    except Exception:
        pass
`;

export const jupyterProbe: readonly string[] = ['python3', '-c', script];

/** The last sign of use that the servers tell of, `now` while a kernel works; null: none. Milliseconds. */
export const readJupyter = (output: string, now: number): number | null => {
  const times = output.split('\n').flatMap((line) => timesOf(line, now));
  return times.length === 0 ? null : Math.max(...times);
};

const timesOf = (line: string, now: number): readonly number[] => {
  let list: unknown;
  try {
    list = JSON.parse(line);
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: Readonly<Record<string, unknown>> | null) => {
    if (one?.['execution_state'] === 'busy') return [now];
    const activity = one?.['last_activity'];
    const at = typeof activity === 'string' ? Date.parse(activity) : Number.NaN;
    return Number.isNaN(at) ? [] : [at];
  });
};
