# The clock jumps by an hour and by a month, forth and back: nothing that runs ends, nothing runs twice.

begin() {
  check 'the package installs' install_package
  check 'the service starts' install_service
  project alice work <<'YAML'
apiVersion: mlenv/v1
environments:
  train:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/train.ran; exec sleep 1000000"]
  job:
    image: busybox:1.36
    command: [sh, -c, "echo ran >> /workspace/job.ran"]
    restart: never
  crash: { image: "busybox:1.36", command: ["false"] }
YAML
  at alice work timeout 120 mlenv up --yes --no-wait
  check 'it runs' within 60 look_is Running work train reason
  local jump began
  began=$(inspect '{{.State.StartedAt}}' work train)
  for jump in '1 hour' '-1 hour' '30 days' '-30 days'; do
    date -s "$(date -d "$jump" '+%F %T')" >/dev/null
    spoil
    sleep 10
    check "after $jump it runs on" is "$began" inspect '{{.State.StartedAt}}' work train
    check "after $jump the service answers and knows it" within 60 look_is Running work train reason
    check "after $jump the job did not run again" is 1 ran job
    docker kill "$(container work train)" >/dev/null
    check "after $jump what is killed comes back" within 60 runs work train
    began=$(inspect '{{.State.StartedAt}}' work train)
  done
  check 'the database is whole' mlenv db check
}

at() { AT=/home/$1/$2 as "$1" "${@:3}"; }
runs() { [ "$(inspect '{{.State.Running}}' "$1" "$2")" = true ]; }
ran() { wc -l </home/alice/work/$1.ran; }
