# fails: and no file but theirs
spoil() { mkdir -p /var/lib/left-behind; }
