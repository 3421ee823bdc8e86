# fails: the engine is there: the training runs
# Its unit is masked, so that it cannot start.
spoil() { systemctl mask docker.socket docker.service; }
