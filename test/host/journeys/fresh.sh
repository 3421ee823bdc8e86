# A machine that never had it, two people who share it, and all of it taken away again.

OUT=/var/lib/bench/out
begin() {
  files >$OUT/before
  check 'the package installs' install_package
  check 'the service starts' install_service
  check 'doctor finds nothing that stops it' doctor
  project alice vision <<'YAML'
apiVersion: mlenv/v1
environments:
  web:
    image: busybox:1.36
    command: [sh, -c, "id -u > /workspace/whoami; exec httpd -f -p 8080 -h /workspace"]
    ports: [8080]
    mounts: [{ volume: data, target: /data }]
YAML
  project bob speech <<'YAML'
apiVersion: mlenv/v1
environments:
  train: { image: "busybox:1.36", command: [sleep, "1000000"] }
YAML
  check 'alice brings hers up' at alice vision timeout 120 mlenv up --yes
  check 'bob brings his up' at bob speech timeout 120 mlenv up --yes
  check 'hers answers at its port' within 20 busybox wget -q -O /dev/null http://127.0.0.1:8080/whoami
  check 'files are hers' has "^$(id -u alice):$(id -g alice)$" "$(stat -c %u:%g /home/alice/vision/whoami)"
  for verb in 'down' 'rm --volumes' 'up --yes' 'exec web -- id'; do
    check_not "bob may not: mlenv $verb" at alice vision_as_bob mlenv $verb
  done
  check_not "bob does not enter alice's socket" as bob ls /run/mlenv/u/1000/
  check 'hers runs on' is true inspect '{{.State.Running}}' vision web

  check 'alice removes hers' at alice vision timeout 120 mlenv rm --volumes
  check 'bob removes his' at bob speech timeout 120 mlenv rm --volumes
  check 'the service is taken away' uninstall
  check 'no container, volume or network is left' is '' labelled
  spoil
  files >$OUT/after
  check 'and no file but theirs' is '' left
}

at() { if [ "$2" = vision_as_bob ]; then AT=/home/alice/vision as bob timeout 60 "${@:3}"; else AT=/home/$1/$2 as "$1" "${@:3}"; fi; }
doctor() { local out; out=$(mlenv doctor 2>&1); ! grep -E '(^| )(error|fail)' <<<"$out" || { echo "$out"; return 1; }; }
# docs/install.md, "Uninstall".
uninstall() {
  mlenv setup --remove --yes && rm -rf /etc/mlenv /var/mlenv && rm -rf /usr/local/lib/node_modules /usr/local/bin/mlenv
}
labelled() {
  docker ps -aq --filter label=mlenv.instance
  docker volume ls -q --filter label=mlenv.instance
  docker network ls -q --filter label=mlenv.instance
}
files() {
  find /etc /usr /opt /root /home /var /run /srv \
    \( -path /var/lib/docker -o -path /var/lib/containerd -o -path /run/docker -o -path /run/containerd -o -path /var/log \
    -o -path /var/lib/bench -o -path /run/systemd -o -path /run/udev -o -path /var/lib/systemd -o -path /run/user \
    -o -path /home/alice/vision -o -path /home/bob/speech \) -prune -o -print | sort
}
left() { comm -13 $OUT/before $OUT/after; }
