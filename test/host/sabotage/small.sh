# fails: an environment comes up, or is told why it waits
spoil() { systemctl stop mlenv; }
