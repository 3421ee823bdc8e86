# fails: after the reboot the service runs
# Started, but not enabled: it is gone with the reboot.
spoil() { systemctl disable mlenv; }
