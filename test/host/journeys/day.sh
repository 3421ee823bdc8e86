# What a day brings: edits, a pull, limits, crashes, memory and processes that run out, and people who try.

begin() {
  check 'the package installs' install_package
  check 'the service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  app:
    image: busybox:1.36
    command: [sh, -c, "echo $$LR > /workspace/lr; exec sleep 1000000"]
    env: { LR: "0.1" }
    memory: 64MB
  crash:
    image: busybox:1.36
    command: [sh, -c, "exit 3"]
  many:
    image: busybox:1.36
    command: [sleep, "1000000"]
    pids: 24
YAML
  project bob memory <<'YAML'
apiVersion: mlenv/v1
environments:
  main:
    image: busybox:1.36
    command: [dd, if=/dev/zero, of=/dev/null, bs=200M, count=1]
    memory: 32MB
    restart: never
  child:
    image: busybox:1.36
    command: [sh, -c, "dd if=/dev/zero of=/dev/null bs=200M count=1; while [ ! -e /workspace/go ]; do sleep 1; done; exit 7"]
    memory: 32MB
    restart: never
YAML
  mkdir -p /srv/git && git init -q --bare -b main /srv/git/repo.git && chown -R alice:alice /srv/git
  as alice git config --global user.email alice@host
  as alice git config --global user.name alice
  as alice git clone -q /srv/git/repo.git push
  commit one
  as alice git clone -q /srv/git/repo.git cloned

  at alice work timeout 100 mlenv up --yes --no-wait
  at bob memory timeout 100 mlenv up --yes --no-wait
  at alice cloned timeout 100 mlenv up --yes --no-wait
  check 'an environment comes up' within 60 runs work app
  check 'a program that ends at once is in back-off' within 60 look_is BackOff work crash reason
  check 'out of memory is called so' within 20 look_is OutOfMemory memory main reason
  check 'where it was a child the container runs on' runs memory child
  check 'and the kernel counted it' has 'oom_kill [1-9]' "$(cat "$(cgroup memory child)/memory.events")"
  check 'and it is told' has 'OutOfMemory' "$(mlenv describe memory/child)"
  docker exec "$(container work many)" sh -c 'while :; do sleep 1000000 & done' >/dev/null 2>&1
  check 'the limit of processes holds' has '^(2[0-4])$' "$(cat "$(cgroup work many)/pids.current")"
  spoil

  container work app >/var/lib/bench/out/app
  sed -i 's/memory: 64MB/memory: 96MB/' /home/alice/work/mlenv.yaml
  check 'a limit is changed in place' within 60 memory_is 100663296
  check 'and the kernel has it' is 100663296 cat "$(cgroup work app)/memory.max"
  check 'in the same container' is "$(cat /var/lib/bench/out/app)" container work app
  sed -i 's/LR: "0.1"/LR: "0.2"/' /home/alice/work/mlenv.yaml
  check 'an edit makes a new container' within 60 has 0.2 "$(within 60 grep 0.2 /home/alice/work/lr)"
  kill -9 "$(inspect '{{.State.Pid}}' work app)"
  check 'a process that root kills is back' within 60 eval 'runs work app && [ "$(restarts)" -gt 0 ]'

  touch /home/bob/memory/go
  check 'a program that later ends by itself is not called out of memory' within 60 look_is Failed memory child reason

  check 'a clone runs its commit' within 120 is one cat /home/alice/cloned/out
  commit two
  AT=/home/alice/cloned as alice git pull -q
  check 'a pull is taken' within 120 is two cat /home/alice/cloned/out

  attacks
}

attacks() {
  local ground=/home/mallory/ground
  project mallory ground <<'YAML'
apiVersion: mlenv/v1
environments:
  root: { image: "busybox:1.36", user: "0:0", command: [sleep, "1000000"] }
  image: { image: "busybox:1.36", user: image, command: [sleep, "1000000"] }
  alice: { image: "busybox:1.36", user: "1000:1000", command: [sleep, "1000000"] }
  docker: { image: "busybox:1.36", user: "1002:docker", command: [sleep, "1000000"] }
YAML
  sed -i "s/1002:docker/1002:$(getent group docker | cut -d: -f3)/" $ground/mlenv.yaml
  at mallory ground timeout 60 mlenv up --yes --no-wait
  check 'nobody becomes root, another, or of the docker group by a container' within 30 refused 4
  check 'none of them was made' is '' container ground root
  ln -s /home/alice/work $ground/link && chown -h mallory: $ground/link
  cat >$ground/mlenv.yaml <<'YAML'
apiVersion: mlenv/v1
environments:
  see: { image: "busybox:1.36", command: [sleep, "1000000"], mounts: [{ source: ./link, target: /see }] }
YAML
  check_not 'a link out of the folder is no source' at mallory ground timeout 60 mlenv up --yes --timeout 20s
  check 'and nothing was made of it' is '' container ground see
  check_not "mallory does not enter alice's socket" as mallory ls /run/mlenv/u/1000/
  check_not "nor reads the state" as mallory ls /var/mlenv/state/
  check_not "nor the engine's socket" as mallory docker ps
}

at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
runs() { [ "$(inspect '{{.State.Running}}' "$1" "$2")" = true ]; }
cgroup() { echo "/sys/fs/cgroup$(cut -d: -f3 "/proc/$(inspect '{{.State.Pid}}' "$1" "$2")/cgroup")"; }
memory_is() { is "$1" inspect '{{.HostConfig.Memory}}' work app; }
restarts() { look && state work app restarts; }
refused() { look && is "$1" jq '[.items[] | select(.project == "ground" and .reason == "PolicyRefused")] | length' "$LOOK"; }
commit() { # WORD: what the repository's environment writes
  cat >/home/alice/push/mlenv.yaml <<YAML
apiVersion: mlenv/v1
environments:
  out: { image: "busybox:1.36", command: [sh, -c, "echo $1 > /workspace/out; exec sleep 1000000"] }
YAML
  chown alice: /home/alice/push/mlenv.yaml
  AT=/home/alice/push as alice sh -c 'git add . && git commit -qm change && git push -q origin HEAD:main'
}
