exec 3<&0
"$@" 3<&- &
child=$!
{ cat <&3; kill $child; } >/dev/null 2>&1 &
watcher=$!
wait $child
code=$?
kill $watcher
exit $code
