#!/bin/sh
# Starts a sentinel of the compose file. What it has learned is in its configuration, which it writes itself: a file of its own,
# made once, so that a sentinel that comes back does not begin with the primary of the first day.
set -eu

conf=/data/sentinel.conf
# By name, because a container that comes back has another address. Two of three have to agree that the primary is away.
[ -s "$conf" ] || cat > "$conf" <<'END'
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel monitor main redis 6379 2
sentinel down-after-milliseconds main 5000
sentinel failover-timeout main 30000
END

exec redis-server "$conf" --sentinel --port 26379
