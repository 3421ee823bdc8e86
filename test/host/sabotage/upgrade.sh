# fails: the engine did nothing to any of them
# Somebody restarts one of them meanwhile.
spoil() { docker restart -t 0 "$(container work train)"; }
