# fails: after the reboot the service runs
# Started, but not enabled: it is gone with the reboot.
then_reboot() {
  systemctl disable mlenv
  next_part "$1"
  systemctl --no-block reboot
  sleep infinity
}
