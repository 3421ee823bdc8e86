# fails: after cut 1 no job ran twice
# Somebody means well, and has a unit start all containers at each boot.
spoil() {
  cat >/etc/systemd/system/well-meant.service <<'UNIT'
[Unit]
After=docker.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'docker start $(docker ps -aq)'
[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable well-meant
}
