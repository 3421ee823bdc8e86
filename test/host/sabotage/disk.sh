# fails: state free again: what was killed runs
spoil() { systemctl stop mlenv; }
