#!/bin/sh
# Makes a Redis Cluster of the servers that are named, once: the first half of them with the slots, a replica for each. It ends
# when all of the slots are served.
#
#   start-cluster.sh redis:6379 redis-2:6379 …
set -eu

# A cluster is made of addresses; servers that come back with another one tell each other.
address() { echo "$(getent hosts "${1%:*}" | cut -d ' ' -f 1):${1##*:}"; }
ask() { redis-cli -h "${first%:*}" -p "${first##*:}" cluster info; }

first=$(address "$1")
if ! ask | grep -q '^cluster_slots_assigned:16384'; then
  addresses=
  for server in "$@"; do addresses="$addresses $(address "$server")"; done
  # shellcheck disable=SC2086
  redis-cli --cluster create $addresses --cluster-replicas 1 --cluster-yes
fi
until ask | grep -q '^cluster_state:ok'; do sleep 1; done
