"""An instance that was asleep (SIGSTOP) for longer than its lease: another one takes over, and its late write is refused."""

import signal
import time

import changes
import endpoint
import instance
import mirror
import pytest
import test_notifications
import test_updates

# A lease ends at a whole second, and whoever waits looks at it a while later.
TAKEN_OVER_S = instance.LEASE_S * 2 + 3


@pytest.mark.parametrize("late", [201, 500], ids=["accepted", "refused"])
def test_a_notification_of_one_that_slept(postgres, start, tmp_path, late):
    hook = endpoint.Endpoint(["hang", 201])
    text = test_notifications.config("2016", postgres, "http://127.0.0.1:%d/" % hook.port)
    one = start(text, cache=str(tmp_path / "one"))
    assert changes.Change("CVE-1", "2016", 0, False).make(one) is True
    hook.wait(1)
    one.signal(signal.SIGSTOP)  # its request still hangs
    hook.late = late
    other = start(text, cache=str(tmp_path / "other"))
    other.wait_line("successfully sent notification", TAKEN_OVER_S + 10)
    before = postgres.rows("SELECT notified_s, retry_s, attempts, lease_s, fence FROM notification")
    assert before[0][0] != "0" and before[0][1:4] == ("0", "0", "0")
    hook.free.set()
    one.signal(signal.SIGCONT)
    one.wait_line("what became of it here is not noted", 20)
    assert postgres.rows("SELECT notified_s, retry_s, attempts, lease_s, fence FROM notification") == before
    assert not other.has("not noted")
    # and both go on with what comes
    assert changes.Change("CVE-2", "2016", 0, False).make(one) is True
    came = hook.wait(3)
    names = [body["Notification"]["Name"] for _, body, _ in came]
    assert names[0] == names[1] != names[2] and len(came) == 3
    changes.wait_sent(one)
    postgres.check()
    hook.close()


def test_an_update_of_one_that_slept(postgres, start, tmp_path):
    """Its child waits for a document all the time, and finishes while it sleeps. The other one has published its own update."""
    hook = endpoint.Endpoint()
    source = mirror.Mirror(tmp_path / "mirror", web=True)
    posted = mirror.make_layers(tmp_path / "layers")
    source.write(1)
    text = test_updates.config(postgres, source, "1h", hook)
    caches = [str(tmp_path / name) for name in ("one", "other")]
    one = start(text, cache=caches[0])
    test_updates.updated(one)
    assert [layer.post(one) for layer in posted.values()] == [201, 201]
    assert one.end() == 0
    source.write(2)
    source.hold = 1
    test_updates.forget_time(postgres)
    one = start(text, cache=caches[0])
    one.wait_line("updating vulnerabilities")
    lease = "SELECT %s, fence FROM lease WHERE %s LIKE 'updater%%'" % (postgres.text("owner"), postgres.text("name"))
    other = start(text, cache=caches[1])
    time.sleep(instance.LEASE_S * 2)
    owner, fence = postgres.rows(lease)[0]
    assert one.has(owner.split()[0]) and not other.has("updating vulnerabilities")  # the lease is renewed
    one.signal(signal.SIGSTOP)
    other.wait_line("updating vulnerabilities", TAKEN_OVER_S + 10)
    test_updates.updated(other)
    changes.wait_sent(other)
    source.held.set()
    time.sleep(1)  # for the child of the one that sleeps
    one.signal(signal.SIGCONT)
    one.wait_line("an error occured when updating: another instance has taken over", 20)
    assert int(postgres.rows(lease)[0][1]) >= int(fence) + 1
    assert test_updates.check_told(postgres, posted, 2) == 2 * mirror.COUNT
    assert test_updates.check_received(postgres, hook, {}, test_notifications.unsent([one, other])) == 0
    for each in (one, other):
        assert {mirror.generation(each, layer) for layer in posted.values()} == {2}
    postgres.check()
    source.close()
    hook.close()
