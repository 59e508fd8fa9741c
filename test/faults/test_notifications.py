"""kill -9 while vulnerabilities are written and notifications sent: each change is told; a second time only where the
process died between the endpoint's answer and its note of it. And whatever an endpoint can do wrong."""

import collections
import json
import socket
import ssl
import threading
import time

import changes
import endpoint
import engines
import instance
import pytest

API = "{port: 0, healthport: 0}"


def config(dialect, engine, url, more=""):
    text = ("database: %s\napi: %s\nupdater: {interval: 0}\nlog: {format: text}\n"
            "notifier: {attempts: 4, renotifyinterval: 0, lease: %ds, http: {endpoint: '%s'%s}}\n"
            % (engine.config, API, instance.LEASE_S, url, more))
    return text if dialect == "2015" else "clair:\n" + "".join("  %s\n" % line for line in text.splitlines())


def key_of(dialect, body):
    """What a receiver can tell notifications apart by."""
    if dialect == "2016":
        return body["Notification"]["Name"]
    return body["Name"], body["Type"], body["Content"].get("NewPriority", "")


def keys_of(dialect, queued, all_changes):
    """The same, from rows of the database."""
    if dialect == "2016":
        return [name for name, _, _, _ in queued]
    by_told = {change.told: change for change in all_changes}
    of = [by_told[old, new] for _, old, new, _ in queued]
    return [(change.name, "VulnerabilityPriorityIncreasedNotification" if change.old else "NewVulnerabilityNotification",
             change.priority if change.old else "") for change in of if change.api == "2015"]  # in its manner, of its own alone


def received(dialect, hook):
    """{key: when it came}"""
    came = collections.defaultdict(list)
    for when, body, action in hook.came:
        if action == 201:
            came[key_of(dialect, body)].append(when)
    return came


def check_doubled(came, held, unsent):
    """Twice came only what was being sent when its sender was killed; or (`unsent` times) what the sender did not hear the answer
    of in time: a POST's time is a third of this short lease. How many did."""
    more = {key: len(times) - 1 for key, times in came.items() if len(times) > 1}
    unexplained = {key: count - held.get(key, 0) for key, count in more.items() if count > held.get(key, 0)}
    assert sum(unexplained.values()) <= unsent, (unexplained, unsent)
    return sum(more.values())


@pytest.mark.parametrize("dialect", ["2015", "2016"])
def test_killed_while_notifications_are_sent(dialect, engine, start):
    if not instance.LONG and (dialect, engine.name) not in (("2015", "sqlite"), ("2016", "postgres")):
        pytest.skip("in the long run only")
    hook = endpoint.Endpoint()
    text = config(dialect, engine, "http://127.0.0.1:%d/" % hook.port)
    one = start(text, cache=engine.cache)
    ran = [one]

    def histories(number):
        # of the manner of 2015, what is told is as it is by then: of what is deleted, nothing
        return [changes.history("CVE-%d-%d" % (number, i), *(("2015", False) if i % 2 else ("2016", dialect == "2016")))
                for i in range(12)]

    written = histories(0)
    all_changes = sum(written, [])
    writing = changes.Writing(one, written)
    writing.join()
    answered, unanswered, held = writing.answered, [], collections.Counter()
    changes.wait_sent(one)
    took = time.monotonic() - one.started
    one.end()
    for number, moment in enumerate(instance.moments(instance.ROUNDS, took, seed=3), 1):
        written = histories(number)
        all_changes += sum(written, [])
        one = start(text, cache=engine.cache, wait=False)
        ran.append(one)
        writing = changes.Writing(one, written)
        one.kill_at(moment, group=number % 2 == 0)
        writing.join()
        held.update(keys_of(dialect, changes.held(engine), all_changes))
        assert instance.leftovers() == []
        answered += writing.answered
        unanswered += writing.unanswered
        changes.check_queued(engine, answered, unanswered)
    one = start(text, cache=engine.cache)
    ran.append(one)
    changes.wait_sent(one)
    assert one.end() == 0
    changes.check_queued(engine, answered, unanswered)
    assert all(sent for _, _, _, sent in changes.notifications(engine))
    came = received(dialect, hook)
    assert set(came) == set(keys_of(dialect, changes.notifications(engine), all_changes))
    doubled = check_doubled(came, held, unsent(ran))
    hook.close()
    print("%s, %s: %d kills, %d changes answered and %d not, %d notifications, %d of them came twice"
          % (engine.name, dialect, instance.ROUNDS, len(answered), len(unanswered), len(changes.notifications(engine)), doubled))


def unsent(instances):
    return sum(one.has("could not send notification") for one in instances)


def one_change(s, name="CVE-1"):
    assert changes.Change(name, "2016", 0, False).make(s) is True


def intervals(times):
    return [second - first for first, second in zip(times, times[1:])]


def test_an_endpoint_that_fails_in_every_way(start, tls, tmp_path):
    """Each failure is tried again after 1, 2, 4 … seconds, until it is accepted; then no more."""
    plain = endpoint.Endpoint([500, "hang", "close", 201])
    # its first two connections fail in the handshake: one for its certificate, one for its version
    wrong = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    wrong.load_cert_chain(tls.path("client.crt"), tls.path("client.key"))
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(tls.path("hook.crt"), tls.path("hook.key"))
    old.set_ciphers("NULL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    right = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    right.load_cert_chain(tls.path("hook.crt"), tls.path("hook.key"))
    connections, contexts = [], [wrong, old, right]

    def context():
        connections.append(time.monotonic())
        return contexts.pop(0) if len(contexts) > 1 else contexts[0]

    secure = endpoint.Endpoint(context=context)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refusing = endpoint.Endpoint(port=port)  # nobody listens yet

    engine = engines.Sqlite(str(tmp_path / "cache"))
    s = [start(config("2016", engine, "http://127.0.0.1:%d/" % plain.port), cache=engine.cache)]
    for url, more in (("https://127.0.0.1:%d/" % secure.port, ", servername: hook.example, cafile: '%s'" % tls.path("ca.crt")),
                      ("http://127.0.0.1:%d/" % refusing.port, "")):
        s.append(start(config("2016", engine, url, more), cache=engine.cache + str(len(s))))
    for one in s:
        one_change(one)
    s[2].wait_line("could not send notification", count=2)
    refusing.listen()
    for one, hook in zip(s, (plain, secure, refusing)):
        one.wait_line("successfully sent", seconds=40)
        assert [action for _, _, action in hook.came][-1] == 201
        assert len({body["Notification"]["Name"] for _, body, _ in hook.came}) == 1
    assert [action for _, _, action in plain.came] == [500, "hang", "close", 201]
    for waited, least in zip(intervals([when for when, _, _ in plain.came]), (1, 2, 4)):
        assert least - 1 <= waited < least + 5, plain.came  # times in the database are whole seconds
    for waited, least in zip(intervals(connections), (1, 2)):
        assert least - 1 <= waited < least + 5, connections
    assert len(connections) == 3 and len(refusing.came) == 1
    assert s[0].has("the endpoint says 500") and s[0].has("could not send notification") == 3
    assert s[1].has("could not send notification") == 2
    time.sleep(1.2)
    assert [len(hook.came) for hook in (plain, secure, refusing)] == [4, 1, 1]
    for one in s:
        assert one.end() == 0
    for hook in (plain, secure, refusing):
        hook.close()
