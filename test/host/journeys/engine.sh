# What becomes of the engine: restarted, not started, installed anew, moved, with other users, without its bridge.

OUT=/var/lib/bench/out
begin() {
  check 'the package installs' install_package
  check 'the service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  train:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/train.ran; exec sleep 1000000"]
  job:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/job.ran; exec sleep 1000000"]
    restart: never
  done:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/done.ran"]
    restart: never
YAML
  check 'all come up' at alice work timeout 180 mlenv up --yes
  container work train >$OUT/train

  systemctl restart docker
  check 'restarted: the training runs again' within 90 runs work train
  check 'restarted: in the same container' is "$(cat $OUT/train)" container work train
  check 'restarted: the job was cut, is told so' within 60 look_is Interrupted work job reason
  check 'restarted: and counts as no restart of the training' is 0 state work train restarts

  # Installed anew while containers run on.
  echo '{ "live-restore": true }' >/etc/docker/daemon.json
  systemctl reload docker
  local began
  began=$(inspect '{{.State.StartedAt}}' work train)
  check 'docker.io is installed anew' bash -c 'dpkg -i /srv/packages/docker.io_*.deb'
  check 'installed anew: the training never ended' within 60 is "$began" inspect '{{.State.StartedAt}}' work train
  check 'installed anew: it is known so' within 60 look_is Running work train reason

  ip link del docker0
  project bob other <<'YAML'
apiVersion: mlenv/v1
environments:
  one: { image: "busybox:1.36", command: [sleep, "1000000"] }
YAML
  check 'without docker0: a project comes up' at bob other timeout 120 mlenv up --yes
  rm /etc/docker/daemon.json
  systemctl disable docker.socket docker.service
  then_reboot no_engine
}

no_engine() {
  check 'no engine at boot: the service runs' within 90 systemctl is-active mlenv
  # The unit wants an engine and starts it, as the unit says: only a masked one stays away.
  systemctl mask --now docker.socket docker.service
  check 'no engine: it is told in words' within 60 has 'engine|Engine' "$(mlenv status --all 2>&1)"
  check 'no engine: the service runs on' systemctl is-active mlenv
  systemctl unmask docker.socket docker.service
  spoil
  systemctl start docker.socket docker.service
  check 'the engine is there: the training runs' within 120 runs work train
  check 'the engine is there: the job did not run twice' is 1 ran job
  check 'nor the one that was completed' is 1 ran 'done'

  # Moved: an engine without anything that was.
  systemctl stop docker.socket docker.service
  echo '{ "data-root": "/srv/docker" }' >/etc/docker/daemon.json
  systemctl start docker.socket docker.service
  check 'data root moved: no job runs again' is '1 1' echo "$(ran job) $(ran 'done')"
  check 'data root moved: it is told' within 60 told_moved
  systemctl stop docker.socket docker.service
  rm /etc/docker/daemon.json
  systemctl start docker.socket docker.service
  check 'data root back: the training runs' within 120 look_is Running work train reason
  check 'data root back: no job ran again' is '1 1' echo "$(ran job) $(ran 'done')"

  # Users of containers are others: files of the project cannot be written by their owner's uid.
  systemctl stop docker.socket docker.service
  useradd -r dockremap 2>/dev/null
  echo 'dockremap:100000:65536' | tee -a /etc/subuid >>/etc/subgid
  echo '{ "userns-remap": "dockremap" }' >/etc/docker/daemon.json
  systemctl start docker.socket docker.service
  check 'userns-remap: works or is refused in words' within 90 remap_told
}

at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
runs() { [ "$(inspect '{{.State.Running}}' "$1" "$2")" = true ]; }
ran() { wc -l </home/alice/work/$1.ran; }
told_moved() { mlenv status --all >$OUT/moved 2>&1; cat $OUT/moved; grep -qiE 'image|missing|pull|Rebuilt' $OUT/moved; }
remap_told() {
  local out
  out=$(mlenv doctor 2>&1; mlenv status --all 2>&1)
  echo "$out"
  grep -qiE 'userns|user namespace|remap' <<<"$out"
}
