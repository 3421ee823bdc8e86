# What journeys are written with. A journey is a file of functions; `begin` is its first part, and a part ends with the
# journey, with `then_reboot PART` or with `then_kill PART MS`.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
FAILED=/var/lib/bench/failed

ok() { echo "ok $1"; }
not_ok() { # NAME WHY
  touch "$FAILED"
  printf 'not ok %s: %s\n' "$1" "$(tr '\n' '|' <<<"$2" | tail -c 600)"
  # A sabotaged twin has nothing more to say.
  [ "$1" != "${FAILS:-}" ] || { rm -f "$FAILED"; finish; }
}

# check NAME COMMAND...: passes where the command does; else its last words are why.
check() {
  local name=$1 out
  shift
  if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$* -> ${out:-exit without a word}"; fi
}
# check_not NAME COMMAND...: passes where the command fails.
check_not() {
  local name=$1 out
  shift
  if out=$("$@" 2>&1); then not_ok "$name" "$* succeeded: $out"; else ok "$name"; fi
}
# within SECONDS COMMAND...: until it succeeds; what it said last is the answer.
within() {
  local until=$((SECONDS + $1)) out
  shift
  while :; do
    if out=$("$@" 2>&1); then printf '%s\n' "$out"; return 0; fi
    [ $SECONDS -lt $until ] || { printf 'not in time: %s\n' "$out"; return 1; }
    sleep 1
  done
}
has() { grep -qE -- "$1" <<<"$2" || { echo "no /$1/ in: $2"; return 1; }; }

# as USER COMMAND...: as that user, in their home, without root's groups.
as() {
  local user=$1 home
  shift
  home=$(getent passwd "$user" | cut -d: -f6)
  (cd "${AT:-$home}" && exec runuser -u "$user" -- env HOME="$home" USER="$user" LOGNAME="$user" "$@")
}

# mlenv as it is installed from its package.
install_package() {
  if [ -e /bench/mlenv.deb ]; then dpkg -i /bench/mlenv.deb; return; fi
  mkdir -p /usr/local/lib/node_modules && cp -r /bench/package /usr/local/lib/node_modules/mlenv || return 1
  chmod 755 /usr/local/lib/node_modules/mlenv/dist/controller/main.js
  ln -sf ../lib/node_modules/mlenv/dist/controller/main.js /usr/local/bin/mlenv
  [ ! -e /bench/node ] || install -m 755 /bench/node /usr/local/bin/node
  mlenv version
}
# docs/install.md, "Set up the machine". The thresholds for a full host are off: a machine in software is busy by being one.
install_service() {
  mkdir -p /etc/mlenv && echo "MLENV_HOST_GATE=${GATE:-off}" >/etc/mlenv/controller.env || return 1
  # Its exit code is doctor's, which may find the small disk too small.
  mlenv setup --yes --watch /home
  within 240 mlenv status --all
}

# project USER NAME: its folder, with the mlenv.yaml that stands on stdin.
project() {
  local folder
  folder=$(getent passwd "$1" | cut -d: -f6)/$2
  as "$1" mkdir -p "$folder" && as "$1" tee "$folder/mlenv.yaml" >/dev/null
}
# look: keeps what `mlenv status` says as root of all projects; each command takes long in a machine in software.
LOOK=/var/lib/bench/out/status.json
look() { mlenv status --all -o json >"$LOOK"; }
# state PROJECT ENV FIELD: of the last look.
state() { jq -r --arg p "$1" --arg e "$2" ".items[] | select(.project == \$p and .environment == \$e) | .$3" "$LOOK"; }
is() { local got; got=$("${@:2}") && [ "$got" = "$1" ] || { echo "is ${got:-nothing}, not $1"; return 1; }; }
# look_is VALUE PROJECT ENV FIELD: looks first.
look_is() { look && is "$1" state "${@:2}"; }
# container PROJECT ENV: its id.
container() { docker ps -aq --no-trunc --filter "label=mlenv.project=$1" --filter "label=mlenv.environment=$2"; }
inspect() { docker inspect -f "$1" "$(container "$2" "$3")"; }

# What a sabotaged twin puts in the place of this is called before each reboot and cut, and where a journey says so.
spoil() { :; }
next_part() { echo "$1" >/var/lib/bench/part; sync; }
then_reboot() {
  spoil
  next_part "$1"
  echo "# reboots"
  systemctl --no-block reboot
  sleep infinity
}
# then_kill PART MS: the power goes so long after.
then_kill() {
  spoil
  next_part "$1"
  echo "bench: kill $2"
  [ $# -gt 2 ] || sleep infinity
  "${@:3}"
  sleep infinity
}
finish() {
  if [ -e "$FAILED" ]; then
    echo 'bench: journal'
    mlenv status --all
    docker ps -a --no-trunc --format '{{.Names}} {{.Status}} {{.Labels}}' | cut -c1-300
    journalctl --no-pager -o short-monotonic -u mlenv -u docker -n 400 | cut -c1-1000
  fi
  sync
  echo 'bench: end'
  sleep infinity
}
