#!/usr/bin/env bash
# Runs the product beside the peers of a benchmark kit, on one real Kafka, and prints the kit's table.
#
#   KIT=path test/bench/run.sh [ROUNDS] [MODE...]      modes: catchup steady crash; all of them if none is given
#
# KIT is the folder with the kit's run.sh and peers.conf. It is copied, not changed. Environment:
#   PEERS      peers in the order of a round (default: nova-lean nova-whole ks-alos ks-eos goka-plain floor-log)
#   PARTITIONS of the input, and so of all topics (default 4)
#   EVENTS     size of the data set, made anew by each call (default 2000000; event times age, see the kit)
#   PB_WORK    where everything is built and written (default: peerbench in the temp folder)
#   KEEP=1     leave the broker running
set -euo pipefail
[ -n "${KIT:-}" ] || { sed -n 2,12p "$0"; exit 2; }
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
rounds="${1:-3}"; shift || true
modes=("$@"); [ ${#modes[@]} -gt 0 ] || modes=(catchup steady crash)
read -ra peers <<<"${PEERS:-nova-lean nova-whole ks-alos ks-eos goka-plain floor-log}"
export PB_WORK="${PB_WORK:-${TMPDIR:-/tmp}/peerbench}"
export PB_RESULTS="${PB_RESULTS:-$PB_WORK/results-$(date -u +%Y%m%dT%H%M%S).jsonl}"

kit="$PB_WORK/kit"
rm -rf "$kit"; mkdir -p "$PB_WORK/bin"; cp -r "$KIT" "$kit"; chmod -R u+w "$kit"
sed -i "s/createTopic(ctx, brokers, topic, 4)/createTopic(ctx, brokers, topic, ${PARTITIONS:-4})/" "$kit/gen/kafka.go"
sed -i "s/withNumberOfPartitions(4)/withNumberOfPartitions(${PARTITIONS:-4})/" "$kit"/kstreams/src/main/java/peerbench/*.java
for flow in lean whole; do echo "nova-$flow|\"\$PB_BIN/nova-peer\" -flow $flow"; done >>"$kit/peers.conf"
(cd "$here/../.." && go build -trimpath -pgo=docker/nova.pgo -o "$PB_WORK/bin/nova-peer" ./test/bench/peer)

running=no; [ -f "$PB_WORK/broker/pid" ] && kill -0 "$(cat "$PB_WORK/broker/pid")" 2>/dev/null && running=yes
down() { [ "$running" = yes ] || [ -n "${KEEP:-}" ] || "$kit/broker/down.sh"; }
trap down EXIT
if [ "$running" = no ]; then "$kit/broker/up.sh" fresh; fi
"$kit/run.sh" build
export PB_DATA="data-${PARTITIONS:-4}-$(date -u +%H%M%S)"
"$kit/run.sh" data "${EVENTS:-2000000}"

for mode in "${modes[@]}"; do "$kit/run.sh" "$mode" "$rounds" "${peers[@]}" >"$PB_WORK/$mode.out" || { tail -20 "$PB_WORK/$mode.out" >&2; exit 1; }; done
echo "$(nproc) cores, $(go version | cut -d' ' -f3), nova $(git -C "$here" describe --tags --always --dirty), results in $PB_RESULTS"
"$kit/run.sh" table
