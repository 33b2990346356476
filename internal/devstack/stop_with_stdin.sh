exec 3<&0
"$@" 3<&- &
child=$!
trap 'kill $child' TERM
{ cat <&3; kill $child; } >/dev/null 2>&1 &
watcher=$!
wait $child
code=$?
if kill -0 $child 2>/dev/null; then # the signal ended the wait, not the child
    wait $child
    code=$?
fi
kill $watcher
exit $code
