# fails: a limit is changed in place
# The controller stands still: what is edited now, nobody sees.
spoil() { systemctl kill -s STOP mlenv; }
