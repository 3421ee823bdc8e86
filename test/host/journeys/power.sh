# The power goes, again and again: nothing is lost, no job runs twice, what was held stays so.

KILLS=3
OUT=/var/lib/bench/out

begin() {
  check 'the package installs' install_package
  check 'the service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  train:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/train.ran; exec sleep 1000000"]
    restart: always
  done:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/done.ran"]
    restart: never
  long:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/long.ran; exec sleep 1000000"]
    restart: never
  held:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/held.ran; exec sleep 1000000"]
  pending:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/pending.ran; exec sleep 1000000"]
    updates: manual
YAML
  check 'all come up' at alice work mlenv up --yes --timeout 3m
  check 'one is held' at alice work mlenv down -e held
  sed -i '/echo ran >> .workspace.pending.ran/s/1000000/1000001/' /home/alice/work/mlenv.yaml
  check 'a change of one waits' within 60 look_is UpdatePending work pending reason
  container work pending >$OUT/pending
  echo 0 >$OUT/kills
  # At a moment of its own each time: while it settles, and when it has.
  then_kill after $((RANDOM % 3000))
}

after() {
  local n=$(($(cat $OUT/kills) + 1)) reason
  echo $n >$OUT/kills
  check "after cut $n the service runs" within 180 systemctl is-active mlenv
  check "after cut $n the training runs" within 180 runs work train
  look
  check "after cut $n it is known so" within 60 look_is Running work train reason
  check "after cut $n the completed job is completed" is Completed state work 'done' reason
  check "after cut $n the job that was cut is told so" is Interrupted state work long reason
  check "after cut $n the hold stands" is false inspect '{{.State.Running}}' work held
  check "after cut $n no job ran twice" is '1 1 1' ran_each 'done' long held
  check "after cut $n the database is whole" mlenv db check
  check "after cut $n nobody is there twice" is '' twice
  if [ $n -lt $KILLS ]; then then_kill after $((RANDOM % 20000)); fi
  check 'the training ran once a boot' is $((KILLS + 1)) ran_each train
  check 'the change waited no longer than its container ran' has '^(1|2)$' "$(ran_each pending | sort -u | head -n 1)"
  check 'and is made' has 1000001 "$(inspect '{{.Config.Cmd}}' work pending)"
}

at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
runs() { [ "$(inspect '{{.State.Running}}' "$1" "$2")" = true ]; }
ran_each() { for each; do wc -l </home/alice/work/$each.ran; done | paste -sd' '; }
twice() { docker ps -a --format '{{.Label "mlenv.environment"}}' | sort | uniq -d; }
