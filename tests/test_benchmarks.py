"""The benchmarks run, name the peers that are not installed, and judge their figures."""

import json

from benchmarks import decisions
from benchmarks.corpus import CONTEXT, WRONG_CONTEXT, make_work
from benchmarks.decisions import Row, Target, as_json, render, run
from benchmarks.engines import compile_work
from benchmarks.peers import check, find_peers


def without_peers(monkeypatch):
    monkeypatch.setattr(decisions, "find_peers", lambda: ([], ["cedarpy", "casbin", "moto"]))


def test_a_run_without_peers_names_them_and_misses_no_figure(monkeypatch):
    without_peers(monkeypatch)
    report = run((8, 16), budget=0.001)
    assert "not installed (dependency group `peers`): cedarpy, casbin, moto" in render(report)
    assert [None, None] == [target.is_reached for target in report.targets]


def test_a_report_is_json(monkeypatch):
    without_peers(monkeypatch)
    report = json.loads(json.dumps(as_json(run((8, 16), budget=0.001))))
    assert ["wardkey", "wardkey, batch of 100", "wardkey, caller never seen before"] == [
        row["engine"] for row in report["rows"]
    ]


def test_figures_are_ratios_to_cedarpy():
    rows = [Row("wardkey", {8: 4.0, 10_000: 5.0}), Row("cedarpy", {8: 60.0, 10_000: 20_000.0})]
    targets = decisions._targets(rows, {"wardkey": 0.2, "cedarpy": 0.1}, (8, 10_000))
    assert [4 / 60, 5 / 20_000, 5 / 4, 2.0] == [target.measured for target in targets]
    assert [True, True, True, False] == [target.is_reached for target in targets]


def test_a_figure_that_is_missed_says_so():
    assert "MISSED" in decisions._render_target(Target("decision", limit=0.1, measured=0.2))


def test_the_work_has_as_many_statements_as_it_says():
    work = make_work(100)
    statements = [json.loads(policy)["Statement"] for policy in (work.key_policy, work.role_policy)]
    assert 100 == sum(map(len, statements))


def test_every_installed_peer_does_the_work():
    work = make_work(8)
    peers, missing = find_peers()
    assert 3 == len(peers) + len(missing)
    for peer in peers:
        check(peer, peer.read(work))


def test_the_wrong_context_differs_from_the_right_one_in_a_condition_key():
    assert CONTEXT.keys() == WRONG_CONTEXT.keys()
    assert CONTEXT != WRONG_CONTEXT
    assert compile_work(make_work(8)).resource is not None
