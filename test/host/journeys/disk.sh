# The state's disk is full, then the engine's, and free again.

begin() {
  # Each on a disk of its own, small enough to be filled.
  systemctl stop docker.socket docker.service containerd
  small_disk state 200M /var/mlenv && small_disk engine 300M /var/lib/docker2
  cp -a /var/lib/docker/. /var/lib/docker2/
  echo '{ "data-root": "/var/lib/docker2" }' >/etc/docker/daemon.json
  systemctl start docker
  check 'the package installs' install_package
  check 'the service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  train: { image: "busybox:1.36", command: [sleep, "1000000"] }
YAML
  check 'it comes up' at alice work timeout 120 mlenv up --yes

  fill /var/mlenv
  docker kill "$(container work train)" >/dev/null
  check 'state full: it is told' within 60 notice RecordFull
  check 'state full: the service runs on' systemctl is-active mlenv
  spoil
  rm /var/mlenv/fill
  check 'state free again: what was killed runs' within 90 runs work train
  check 'state free again: nothing is told any more' within 60 no_notice RecordFull
  check 'the database is whole' mlenv db check

  fill /var/lib/docker2
  sed -i 's/1000000/1000001/' /home/alice/work/mlenv.yaml
  sleep 20
  check 'engine full: the service runs on and answers' look
  echo "# engine full: $(state work train reason): $(state work train message | head -c 200)"
  rm /var/lib/docker2/fill
  check 'engine free again: the change is made' within 150 changed
}

small_disk() { truncate -s "$2" "/srv/$1.img" && mke2fs -q -t ext4 "/srv/$1.img" && mkdir -p "$3" && mount -o loop "/srv/$1.img" "$3"; }
fill() { dd if=/dev/zero of="$1/fill" bs=1M status=none; sync; }
at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
runs() { [ "$(inspect '{{.State.Running}}' "$1" "$2")" = true ]; }
changed() { has 1000001 "$(inspect '{{.Config.Cmd}}' work train)" && runs work train; }
notice() { mlenv status --all -o json | tee /dev/stderr | jq -e --arg r "$1" '[.. | .reason? // empty] | index($r)'; }
no_notice() { ! notice "$1" >/dev/null 2>&1; }
