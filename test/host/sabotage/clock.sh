# fails: after 1 hour the service answers and knows it
spoil() { systemctl stop mlenv; }
