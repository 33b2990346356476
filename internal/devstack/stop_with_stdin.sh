exec 3<&0
"$@" 3<&- &
child=$!
trap 'kill $child' TERM
{ cat <&3 >/dev/null; kill $child; } &
watcher=$!
wait $child
code=$?
if kill -0 $child; then # the signal ended the wait, not the child
    wait $child
    code=$?
fi
kill $watcher
exit $code
