# A small machine: 1 GB and one core, with the thresholds for a full host as they are built in.
# machine: 1024 MB, 1 core

GATE=on
begin() {
  check 'the package installs' install_package
  check 'the service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  one: { image: "busybox:1.36", command: [sleep, "1000000"], memory: 64MB }
  big: { image: "busybox:1.36", command: [sleep, "1000000"], memory: 64GB }
YAML
  at alice work timeout 120 mlenv up --yes --no-wait
  spoil
  check 'an environment comes up, or is told why it waits' within 150 up_or_told
  check 'one that can never fit is told so' is HostTooSmall state work big reason
  check 'the controller keeps within 200 MB' below 200000000
  check 'and rests' rests
}

at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
up_or_told() { look && has '^(Running|HostOverloaded)$' "$(state work one reason)"; }
below() { [ "$(systemctl show -p MemoryCurrent --value mlenv)" -lt "$1" ] || systemctl show -p MemoryCurrent mlenv; }
# Of a core, over 20 s: emulated, it costs some twenty times what it does.
rests() {
  local before after
  before=$(systemctl show -p CPUUsageNSec --value mlenv)
  sleep 20
  after=$(systemctl show -p CPUUsageNSec --value mlenv)
  echo "# at rest $(((after - before) / 200000000)) % of a core, emulated"
  [ $((after - before)) -lt 12000000000 ]
}
