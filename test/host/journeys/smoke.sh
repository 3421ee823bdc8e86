# The whole path once: install, service, two users, one environment each, reboot.

begin() {
  check 'the package installs' install_package
  check 'the service starts on a host that never had it' install_service
  check 'the unit is as systemd wants it' verify_unit
  check_not 'alice is in no docker group' bash -c 'id -nG alice | grep -qw docker'

  project alice vision <<'YAML'
apiVersion: mlenv/v1
environments:
  web:
    image: busybox:1.36
    command: [sh, -c, "id -u > /workspace/whoami; exec sleep 1000000"]
    memory: 64MB
YAML
  # A clone: its commit is read as her, from inside the unit's sandbox.
  AT=/home/alice/vision as alice sh -c 'git init -q && git add . && git -c user.name=alice -c user.email=a@host commit -qm one'
  project bob speech <<'YAML'
apiVersion: mlenv/v1
environments:
  train:
    image: busybox:1.36
    command: [sh, -c, "exec sleep 1000000"]
    memory: 64MB
YAML
  check 'alice brings her environment up' up alice vision
  check 'bob brings his up' up bob speech
  check 'hers runs' is true inspect '{{.State.Running}}' vision web
  check 'as herself' within 60 grep -qx "$(id -u alice)" /home/alice/vision/whoami
  check 'with the limit that she wrote' is 67108864 inspect '{{.HostConfig.Memory}}' vision web
  check_not 'bob does not remove what is hers' attack_rm
  check 'and is told whose it is' has 'alice' "$(cat $ATTACK)"
  check 'hers runs on' is true inspect '{{.State.Running}}' vision web

  container vision web >/var/lib/bench/out/id
  then_reboot after
}

after() {
  check 'after the reboot the service runs' within 300 systemctl is-active mlenv
  check 'and knows her environment' within 300 look_is Running vision web reason
  check 'and his' within 300 look_is Running speech train reason
  check 'in the same container' is "$(cat /var/lib/bench/out/id)" container vision web
  check 'which runs' is true inspect '{{.State.Running}}' vision web
  check 'nothing failed at boot' no_failed_unit
}

up() { AT=/home/$1/$2 as "$1" timeout 300 mlenv up --yes; }
ATTACK=/var/lib/bench/out/attack
attack_rm() { AT=/home/alice/vision as bob mlenv rm --volumes >$ATTACK 2>&1; }
verify_unit() {
  local words
  words=$(systemd-analyze verify /etc/systemd/system/mlenv.service 2>&1 | grep -F mlenv.service | grep -vF "'man ") || return 0
  echo "$words"
  return 1
}
no_failed_unit() { is '' systemctl list-units --failed --plain --no-legend; }
