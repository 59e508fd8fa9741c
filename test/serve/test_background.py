"""Updates and notifications."""

import hashlib
import hmac
import json
import os
import signal
import ssl
import time

import program
import service

API = "api: {port: 0, healthport: 0}\n"


def vulnerability(name, priority="High"):
    return {"ID": name, "Link": "http://l", "Priority": priority,
            "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]}


def test_advisories_are_updated_at_the_start_and_not_again(serve, tmp_path):
    mirror, cache = str(tmp_path / "mirror"), str(tmp_path / "cache")
    program.make_feeds(mirror)
    text = API + "updater: {interval: 1h, from: %s}\n" % mirror
    s = serve(text, cache=cache)
    s.wait_line(r"updater service started\. lock identifier: [0-9a-f-]{36}$")
    s.wait_line("updater: updating vulnerabilities")
    s.wait_line(r"updater: debian: 3 advisories")
    s.wait_line(r"I \| updater: update finished$")
    health = json.loads(s.get("/", port=s.health_port)[2])
    assert health["updater"]["Details"]["LatestSuccessfulUpdate"] > "2020"
    assert s.get("/v1/vulnerabilities/CVE-2024-0001")[0] == 200
    assert s.end() == 0
    s = serve(text, cache=cache)
    time.sleep(1)
    assert not any("updating vulnerabilities" in line for line in s.lines)


def test_an_update_that_fails_does_not_spin(serve, tmp_path):
    s = serve(API + "updater: {interval: 1h, from: %s}\n" % (tmp_path / "nowhere"))
    s.wait_line("an error occured when updating")
    s.wait_line("updater: update finished")
    time.sleep(1.5)
    assert sum("updating vulnerabilities" in line for line in s.lines) == 1


def test_an_interval_comes_with_a_signal(serve, tmp_path):
    mirror = str(tmp_path / "mirror")
    program.make_feeds(mirror)
    s = serve(API + "updater: {interval: 0, from: %s}\n" % mirror)
    s.wait_line("updater service is disabled")
    s.write(API + "updater: {interval: 2h}\n")
    s.signal(signal.SIGHUP)
    s.wait_line("update finished")


def test_a_signal_ends_an_update(serve, tmp_path):
    mirror = str(tmp_path / "mirror")
    os.makedirs(mirror + "/tracker/data")
    os.mkfifo(mirror + "/tracker/data/json")  # nobody writes: the update does not end by itself
    s = serve(API + "updater: {interval: 1h, from: %s, feeds: [debian]}\n" % mirror)
    s.wait_line("updating vulnerabilities")
    before = time.monotonic()
    assert s.end() == 0
    assert time.monotonic() - before < 10


def test_notifications_of_2015_have_contents(serve, hook):
    s = serve(API + "updater: {interval: 0}\nnotifier: {http: {endpoint: 'http://127.0.0.1:%d/x'}}\n" % hook.port)
    assert s.ask("POST", "/v1/vulnerabilities", vulnerability("CVE-1"))[0] == 201
    status, headers, body, _ = hook.next()
    assert headers["Content-Type"] == "application/json" and "X-Limpid-Signature" not in headers
    told = json.loads(body)
    assert told["Name"] == "CVE-1" and told["Type"] == "NewVulnerabilityNotification"
    assert told["Content"]["Vulnerability"]["Priority"] == "High"
    s.wait_line("notifier: found and locked a notification: ")
    s.wait_line("notifier: successfully sent notification '")


def test_notifications_of_2016_have_names_and_come_again(serve, hook):
    s = serve("clair:\n  api: {port: 0, healthport: 0}\n  updater: {interval: 0}\n"
              "  notifier: {renotifyinterval: 1s, http: {endpoint: 'http://127.0.0.1:%d', hmac: secret}}\n" % hook.port)
    path = "/v1/namespaces/debian:12/vulnerabilities"
    body = {"Vulnerability": {"Name": "CVE-1", "NamespaceName": "debian:12", "Severity": "High"}}
    assert s.ask("POST", path, body)[0] == 201
    _, headers, first, _ = hook.next()
    name = json.loads(first)["Notification"]["Name"]
    assert json.loads(first) == {"Notification": {"Name": name}}
    sum_ = hmac.new(b"secret", first, hashlib.sha256).hexdigest()
    assert headers["X-Limpid-Signature"] == "sha256=" + sum_
    _, _, again, _ = hook.next()
    assert again == first
    assert s.ask("DELETE", "/v1/notifications/" + name)[0] == 200
    time.sleep(2.5)
    count = hook.bodies.qsize()
    time.sleep(2.5)
    assert hook.bodies.qsize() == count


def test_a_refusal_is_tried_again_and_a_round_given_up(serve, hook):
    hook.answers = [500, 404, 200]
    s = serve(API + "updater: {interval: 0}\nnotifier: {attempts: 5, http: {endpoint: 'http://127.0.0.1:%d/'}}\n" % hook.port)
    assert s.ask("POST", "/v1/vulnerabilities", vulnerability("CVE-1"))[0] == 201
    began = time.monotonic()
    assert [hook.next()[0] for _ in range(3)] == [500, 404, 200]
    assert 2 <= time.monotonic() - began < 15
    s.wait_line("could not send notification '.*': the endpoint says 500")
    s.wait_line("successfully sent")
    assert s.end() == 0
    hook.answers = [500]
    s = serve(API + "updater: {interval: 0}\nnotifier: {attempts: 1, http: {endpoint: 'http://127.0.0.1:%d/'}}\n" % hook.port)
    assert s.ask("POST", "/v1/vulnerabilities", vulnerability("CVE-1"))[0] == 201
    s.wait_line(r"giving up on sending notification '.*': max attempts exceeded \(1\)")


def test_what_was_queued_is_sent_after_a_restart(serve, tmp_path, hook):
    cache = str(tmp_path / "cache")
    s = serve(API + "updater: {interval: 0}\n", cache=cache)
    assert s.ask("POST", "/v1/vulnerabilities", vulnerability("CVE-1"))[0] == 201
    s.end(signal.SIGKILL)
    serve(API + "updater: {interval: 0}\nnotifier: {http: {endpoint: 'http://127.0.0.1:%d/'}}\n" % hook.port, cache=cache)
    assert json.loads(hook.next()[2])["Name"] == "CVE-1"


def test_an_endpoint_with_tls(serve, tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.path("hook.crt"), tls.path("hook.key"))
    context.load_verify_locations(tls.path("ca.crt"))
    context.verify_mode = ssl.CERT_REQUIRED
    receiver = service.Hook(context)
    keys = {"endpoint": "https://127.0.0.1:%d/hook" % receiver.port, "servername": "hook.example",
            "cafile": tls.path("ca.crt"), "certfile": tls.path("client.crt"), "keyfile": tls.path("client.key")}
    s = serve(API + "updater: {interval: 0}\nnotifier: {http: %s}\n" % json.dumps(keys))
    assert s.ask("POST", "/v1/vulnerabilities", vulnerability("CVE-1"))[0] == 201
    _, headers, body, peer = receiver.next()
    assert json.loads(body)["Name"] == "CVE-1" and headers["Host"] == "127.0.0.1:%d" % receiver.port
    assert (("commonName", "client"),) in peer["subject"]
    s.end()
    del keys["servername"]  # the certificate is another host's
    s = serve(API + "updater: {interval: 0}\nnotifier: {http: %s}\n" % json.dumps(keys))
    assert s.ask("POST", "/v1/vulnerabilities", vulnerability("CVE-2"))[0] == 201
    s.wait_line("could not send notification")
    receiver.close()
