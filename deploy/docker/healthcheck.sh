#!/usr/bin/env bash
# The image's health check: exits 0 when the path given as the only argument answers 200 on the internal port, else 1. Bash
# alone, which the base image has, though neither curl nor wget: a Node started for each check took seconds on a busy machine,
# longer than a check may. The container runtime bounds the time.
exec 3<>"/dev/tcp/127.0.0.1/$OUTCRY_INTERNAL_PORT" &&
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3 &&
  mapfile -t answer <&3 &&
  [[ ${answer[0]} == *' 200 '* ]]
