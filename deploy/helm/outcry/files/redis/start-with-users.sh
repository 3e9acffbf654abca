#!/bin/sh
# Starts Redis with the users of users.acl, each with its password from the environment, of which only the hash is written.
set -eu

hash() { printf %s "$1" | sha256sum | cut -c 1-64; }

# A user without a password could not log in; one more word on its line is one. `inbound` has none where nothing is brought in,
# `archive` where nothing is archived, `events` where nobody is told.
inbound=${OUTCRY_REDIS_INBOUND_PASSWORD:+#$(hash "$OUTCRY_REDIS_INBOUND_PASSWORD") }
archive=${OUTCRY_REDIS_ARCHIVE_PASSWORD:+#$(hash "$OUTCRY_REDIS_ARCHIVE_PASSWORD") }
events=${OUTCRY_REDIS_EVENTS_PASSWORD:+#$(hash "$OUTCRY_REDIS_EVENTS_PASSWORD") }
sed -e "s/^user gateway on /&#$(hash "$OUTCRY_REDIS_GATEWAY_PASSWORD") /" \
    -e "s/^user publisher on /&#$(hash "$OUTCRY_REDIS_PUBLISHER_PASSWORD") /" \
    -e "s/^user inbound on /&$inbound/" \
    -e "s/^user archive on /&$archive/" \
    -e "s/^user events on /&$events/" \
    /etc/outcry/users.acl > /tmp/users.acl

exec docker-entrypoint.sh "$@" --aclfile /tmp/users.acl
