# From the version that people have: its database and its containers are taken over, and it can go back.

OUT=/var/lib/bench/out
begin() {
  check 'the old version installs' install_old
  mkdir -p /var/mlenv/state && chmod 700 /var/mlenv/state
  check 'its service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  train:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/train.ran; exec sleep 1000000"]
    memory: 64MB
    mounts: [{ volume: data, target: /data }]
  job:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/job.ran"]
    restart: never
  running:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/running.ran; exec sleep 1000000"]
    restart: never
  held: { image: "busybox:1.36", command: [sh, -c, "echo ran >> /workspace/held.ran; exec sleep 1000000"] }
YAML
  check 'all come up' at alice work timeout 180 mlenv up --yes
  check 'one is held' at alice work timeout 60 mlenv down -e held
  engine_events >$OUT/events &
  containers >$OUT/before

  systemctl stop mlenv
  rm -rf /usr/local/lib/node_modules/mlenv
  check 'the new version installs' install_package
  cp /usr/local/lib/node_modules/mlenv/docs/systemd/mlenv.service /etc/systemd/system/ && systemctl daemon-reload
  spoil
  systemctl start mlenv
  check 'it takes the database over' within 120 look_is Running work train reason
  check 'knows what was completed' is Completed state work job reason
  check 'knows the job that runs' is Running state work running reason
  check 'and what is held' has 'Stopped|Held|down' "$(state work held reason)"
  check 'the database is whole' mlenv db check
  sleep 20
  check 'no container was touched' is "$(cat $OUT/before)" containers
  check 'the engine did nothing to any of them' is '' cat $OUT/events
  check 'nothing ran again' is '1 1 1 1' ran_each train job running held

  systemctl stop mlenv
  local began=$SECONDS backup
  backup=$(ls -t /var/mlenv/state/*backup*/* /var/mlenv/state/*.db.* /var/mlenv/state/backups/* 2>/dev/null | grep -v -- '-\(wal\|shm\)$' | head -n 1)
  check 'a backup of the database before lies beside it' test -n "$backup"
  rm -rf /usr/local/lib/node_modules/mlenv
  check 'the old version installs again' install_old
  cp "$backup" /var/mlenv/state/mlenv.db && rm -f /var/mlenv/state/mlenv.db-wal /var/mlenv/state/mlenv.db-shm
  systemctl start mlenv
  check 'the old version runs with its own' within 120 look_is Running work train reason
  echo "# back within $((SECONDS - began)) s"
  check 'and no container was touched' is "$(cat $OUT/before)" containers
  check 'nor did the engine do anything' is '' cat $OUT/events
}
# By hand, as the old version has it.
install_service() {
  mkdir -p /etc/mlenv &&
    printf '%s\n' 'MLENV_ARGS=--watch /home' "MLENV_HOST_GATE=${GATE:-off}" >/etc/mlenv/controller.env &&
    cp /usr/local/lib/node_modules/mlenv/docs/systemd/mlenv.service /etc/systemd/system/ &&
    systemctl daemon-reload && systemctl enable --now mlenv && within 240 mlenv status --all
}

install_old() {
  mkdir -p /usr/local/lib/node_modules && cp -r /bench/old /usr/local/lib/node_modules/mlenv &&
    cp -r /bench/package/node_modules /usr/local/lib/node_modules/mlenv/ && chmod 755 /usr/local/lib/node_modules/mlenv/dist/controller/main.js &&
    ln -sf ../lib/node_modules/mlenv/dist/controller/main.js /usr/local/bin/mlenv && mlenv version
}
at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
containers() { docker ps -aq --no-trunc | sort | xargs docker inspect -f '{{.Id}} {{.Name}} {{.State.Status}} {{.State.StartedAt}} {{.RestartCount}}'; }
engine_events() { exec docker events --filter type=container --filter event=create --filter event=start --filter event=stop --filter event=kill --filter event=die --filter event=destroy --filter event=rename --filter event=update --format '{{.Action}} {{.Actor.Attributes.name}}'; }
ran_each() { for each; do wc -l </home/alice/work/$each.ran; done | paste -sd' '; }
