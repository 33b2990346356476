#!/usr/bin/env python3
"""Send events to Nova Streams over HTTP: JSON Lines from standard input, in batches. Python's own library is enough.

    ./producer.py --url http://127.0.0.1:8080 --token "$TOKEN" < events.jsonl

A batch is sent again, as it is, until it is taken, and standard error says why: what was written after all is recognised
by its event_id. Events that are rejected are printed; sending them again would not help.
"""

import argparse
import email.utils
import http.client
import itertools
import json
import sys
import time
import urllib.error
import urllib.request


# Answers that say nothing against the request. 502 and 504 are those of a proxy.
AGAIN = {408, 502, 503, 504}

# Seconds before a batch is sent again: the first, and the longest. Each wait is twice the one before.
FIRST_WAIT, LONGEST_WAIT = 0.25, 30


def send(url, token, batch, timeout):
    """Send a batch until it is taken, and return the answer."""
    body = json.dumps(batch).encode()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
    wait = FIRST_WAIT
    while True:
        asked = 0
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code not in AGAIN:
                sys.exit(refused.read().decode())  # the whole request is wrong
            asked, why = retry_after(refused.headers), f"{refused.code} {refused.reason}"
        except (OSError, http.client.HTTPException) as failed:  # nobody is there, or too slow, or the answer was cut: later
            failed = getattr(failed, "reason", failed)
            why = getattr(failed, "strerror", None) or failed
        pause = max(wait, asked)
        print(f"sending again in {pause:g}s: {why}", file=sys.stderr, flush=True)
        time.sleep(pause)
        wait = min(2 * wait, LONGEST_WAIT)


def retry_after(headers):
    """Return the seconds to wait that an answer asks for, as such or as a time; 0 if it asks for none."""
    value = headers.get("Retry-After", "")
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError):
        return 0


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--url", default="http://127.0.0.1:8080", help="of Nova Streams")
    flags.add_argument("--token", default="", help="a service's, or that of the user whose events they are")
    flags.add_argument("--batch", type=int, default=500, help="events of a request, at most 1000")
    flags.add_argument("--timeout", type=float, default=30, help="seconds without an answer; then a request is sent again")
    args = flags.parse_args()
    if not 1 <= args.batch <= 1000:
        sys.exit(f"producer: --batch must be within 1 and 1000, is {args.batch}")

    totals = dict.fromkeys(("accepted", "duplicate", "rejected"), 0)
    events = map(json.loads, filter(str.strip, sys.stdin))
    while batch := list(itertools.islice(events, args.batch)):
        answer = send(args.url + "/v1/events", args.token, batch, args.timeout)
        for key in totals:
            totals[key] += answer[key]
        for event, item in zip(batch, answer["items"]):
            if item["status"] == "rejected":
                print("rejected: {reason}: {detail}:".format(**item), json.dumps(event))
    print(", ".join(f"{n} {key}" for key, n in totals.items()))


if __name__ == "__main__":
    main()
