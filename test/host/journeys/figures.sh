# What is measured of known loads is within 10 % of what the kernel and the engine say.

begin() {
  check 'the package installs' install_package
  mkdir -p /etc/mlenv && echo 'metrics: { interval: 5s }' >/etc/mlenv/config.yaml
  check 'the service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  burn: { image: "busybox:1.36", command: [sh, -c, "while :; do :; done"], cpus: 0.2 }
  hold:
    image: busybox:1.36
    command: [sh, -c, "dd if=/dev/zero of=/memory/fill bs=1M count=80; exec sleep 1000000"]
    mounts: [{ tmpfs: true, target: /memory, size: 100MB }]
  write:
    image: busybox:1.36
    command: [sh, -c, "while :; do dd if=/dev/zero of=/data/file bs=1M count=4 conv=fsync 2>/dev/null; sleep 2; done"]
    mounts: [{ volume: data, target: /data }]
  serve:
    image: busybox:1.36
    command: [sh, -c, "dd if=/dev/zero of=/tmp/file bs=1M count=4; exec httpd -f -p 8080 -h /tmp"]
  get:
    image: busybox:1.36
    command: [sh, -c, "while :; do wget -q -O /dev/null http://serve:8080/file; sleep 2; done"]
YAML
  check 'all come up' at alice work timeout 240 mlenv up --yes
  while :; do kernel; sleep 2; done >/var/lib/bench/out/kernel 2>/dev/null &
  sleep 75
  spoil
  kill $!
  mlenv db export resource_metrics -o json >/var/lib/bench/out/rows
  check 'CPU' close burn cpu 10
  check 'memory' close hold memory 10
  check 'disk written' close write written 10
  check 'network received' close get received 10
  check 'network sent' close serve sent 10
  check "memory as docker stats has it" like_docker hold
}

at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
cgroup() { echo "/sys/fs/cgroup$(cut -d: -f3 "/proc/$1/cgroup")"; }
# The kernel's own counters: WHEN CONTAINER NAME CPU-USEC MEMORY WRITTEN RECEIVED SENT
kernel() {
  local name pid group
  for name in burn hold write serve get; do
    [ -n "${ids[$name]:-}" ] || ids[$name]=$(container work $name)
    [ -n "${pids[$name]:-}" ] || pids[$name]=$(inspect '{{.State.Pid}}' work $name)
    pid=${pids[$name]}
    group=$(cgroup "$pid")
    echo "$(date +%s.%N) ${ids[$name]} $name $(awk '$1 == "usage_usec" { print $2 }' "$group/cpu.stat")" \
      "$(($(cat "$group/memory.current") - $(awk '$1 == "inactive_file" { print $2 }' "$group/memory.stat")))" \
      "$(awk '{ for (i = 1; i <= NF; i++) if (sub("wbytes=", "", $i)) n += $i } END { print n + 0 }' "$group/io.stat")" \
      "$(awk '$1 == "eth0:" { print $2, $10 }' "/proc/$pid/net/dev")"
  done
}
declare -A ids pids
close() { python3 /bench/figures.py /var/lib/bench/out/kernel /var/lib/bench/out/rows "$@"; }
like_docker() {
  local says row
  says=$(docker stats --no-stream --format '{{.MemUsage}}' "$(container work "$1")" | sed 's/MiB.*//')
  row=$(tail -n 20 /var/lib/bench/out/kernel | awk -v n="$1" '$3 == n { print $5 / 1048576 }' | tail -n 1)
  echo "docker stats $says MiB, the kernel $row MiB"
  python3 -c "import sys; sys.exit(abs($says - $row) > 0.1 * $row)"
}
