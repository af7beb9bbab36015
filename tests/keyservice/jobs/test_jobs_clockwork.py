"""The clockwork itself: it catches up when it starts, goes on after faults, and stops when it is told to."""

import asyncio
import threading

from keyservice.jobs.clockwork import Clockwork
from keyservice.model.schedule import Duty
from keyservice.store.port import StoreError
from tests.keyservice.jobs.keys import DAY, leaving_key, rotating_key, rotations, stored
from tests.live import open_service


def clockwork_of(service, **how):
    return Clockwork(service.app.clockwork._ports, service.opened.clock, **how)


async def until(condition, seconds=10.0):
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def test_it_catches_up_at_once_when_it_starts_and_stops_when_it_is_told(service, clock):
    key = leaving_key(service)
    clock.advance(7 * DAY)

    async def live():
        clockwork = clockwork_of(service, interval=3600.0)
        task = asyncio.create_task(clockwork.run())
        await until(lambda: stored(service, key) is None)
        clockwork.stop()
        await asyncio.wait_for(task, 10)

    asyncio.run(live())


def test_it_looks_again_at_every_interval(service, clock):
    key = rotating_key(service)

    async def live():
        clockwork = clockwork_of(service, interval=0.01)
        task = asyncio.create_task(clockwork.run())
        for number in (1, 2):
            clock.advance(365 * DAY)
            await until(lambda number=number: number == len(service.opened.store.backing_keys("us-east-1", key)) - 1)
        clockwork.stop()
        await task

    asyncio.run(live())
    assert 2 == len(rotations(service, key))


def test_a_store_that_fails_is_logged_and_looked_at_again(service, clock, monkeypatch, caplog):
    key = leaving_key(service)
    clock.advance(7 * DAY)
    store, failures = service.opened.store, []
    due_keys = store.due_keys

    def failing(*arguments, **more):
        if len(failures) < 3:
            failures.append(1)
            raise StoreError("the disk is gone")
        return due_keys(*arguments, **more)

    monkeypatch.setattr(store, "due_keys", failing)

    async def live():
        clockwork = clockwork_of(service, interval=0.01)
        task = asyncio.create_task(clockwork.run())
        await until(lambda: stored(service, key) is None)
        clockwork.stop()
        await task

    asyncio.run(live())
    assert "the jobs could not be looked after" in caplog.text


def test_told_to_stop_it_begins_no_other_key_and_the_next_start_does_the_rest(service, clock, monkeypatch, tmp_path):
    keys = [leaving_key(service) for _ in range(20)]
    clock.advance(7 * DAY)
    clockwork = clockwork_of(service)
    deleted = service.opened.store.due_keys

    def stop_at_once(*arguments, **more):
        clockwork._stopping.set()
        return deleted(*arguments, **more)

    with monkeypatch.context() as patched:
        patched.setattr(service.opened.store, "due_keys", stop_at_once)
        assert 0 == clockwork.run_due()[Duty.DELETION].done
    service.opened.close()
    again = open_service(tmp_path / "data", clock)
    assert 20 == again.run_due()[Duty.DELETION].done
    assert [None] * 20 == [stored(again, key) for key in keys]
    again.close()


def test_two_who_run_it_at_once_do_nothing_twice(service, clock):
    key = rotating_key(service)
    for _ in range(5):
        leaving_key(service)
    clock.advance(365 * DAY)
    clockworks = [service.app.clockwork, clockwork_of(service)]
    done = []
    threads = [
        threading.Thread(target=lambda each=each: done.append(each.run_due())) for each in clockworks for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == len(rotations(service, key))
    assert 1 == sum(runs[Duty.ROTATION].done for runs in done)
    assert 5 == sum(runs[Duty.DELETION].done for runs in done)


def test_a_look_that_finds_nothing_writes_nothing(service):
    service.run_due()
    before = service.opened.store.version()
    service.run_due()
    assert before == service.opened.store.version()
