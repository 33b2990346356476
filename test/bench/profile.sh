#!/usr/bin/env bash
# Writes docker/nova.pgo, by which the compiler builds the image and the benchmark's peer: CPU profiles of the groups
# while they catch up, in both flows. It needs the broker and the data that run.sh leaves behind with KEEP=1.
#
#   PB_TOPIC=data-4-101500 test/bench/profile.sh       PB_TOPIC as run.sh has printed it ("loaded … into …")
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
: "${PB_TOPIC:?the topic with the events}"
work="$(mktemp -d)"
peer=
trap 'kill $peer 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
(cd "$root" && go build -pgo=off -trimpath -o "$work/peer" ./test/bench/peer)
export PB_TOPIC PB_BROKERS="${PB_BROKERS:-127.0.0.1:19092}" PB_HTTP=127.0.0.1:18081 PB_CLOCK=stream
applied() { curl -sf "http://$PB_HTTP/progress" | sed 's/.*"applied":\([0-9]*\).*/\1/'; }
for flow in lean whole; do
  export PB_RUN="profile-$flow-$$" PB_STATE="$work/state-$flow"
  mkdir "$PB_STATE"
  "$work/peer" -flow "$flow" -pprof 127.0.0.1:18082 & peer=$!
  until [ "$(applied || echo 0)" -gt 100000 ]; do sleep 0.2; done
  curl -sf -o "$work/$flow.cpu" "http://127.0.0.1:18082/debug/pprof/profile?seconds=10"
  kill "$peer"; wait "$peer" || true
done
go tool pprof -proto -output="$root/docker/nova.pgo" "$work"/*.cpu 2>/dev/null
echo "docker/nova.pgo: $(wc -c <"$root/docker/nova.pgo") bytes"
